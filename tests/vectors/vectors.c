/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Reads test vectors and makes tests of them.
 */
#include "vectors.h"

#include <string.h>

gchar *
vectors_read (const gchar *file)
{
  gchar *path = g_test_build_filename (G_TEST_DIST, "data", file, NULL);
  gchar *text = NULL;
  GError *error = NULL;

  if (!g_file_get_contents (path, &text, NULL, &error))
    g_error ("%s", error->message);
  g_free (path);
  return text;
}

/* Keeps @vectors for the process and reachable: borrowed everywhere else. */
static JsonArray *
keep (JsonArray *vectors)
{
  static GPtrArray *kept;

  if (kept == NULL)
    kept = g_ptr_array_new ();
  g_ptr_array_add (kept, json_array_ref (vectors));
  return vectors;
}

JsonArray *
vectors_load (const gchar *file)
{
  gchar *text = vectors_read (file);
  GError *error = NULL;
  JsonNode *root = json_from_string (text, &error);
  JsonArray *vectors;

  if (root == NULL)
    g_error ("%s: %s", file, error != NULL ? error->message : "empty");
  vectors = vectors_array (json_node_get_object (root), "vectors");
  if (vectors == NULL)
    g_error ("%s: no vectors", file);
  keep (vectors);
  json_node_unref (root);
  g_free (text);
  return vectors;
}

static JsonNode *
get_node (JsonObject *object, const gchar *member)
{
  JsonNode *node = json_object_get_member (object, member);

  return node == NULL || JSON_NODE_HOLDS_NULL (node) ? NULL : node;
}

const gchar *
vectors_string (JsonObject *object, const gchar *member)
{
  JsonNode *node = get_node (object, member);

  return node != NULL ? json_node_get_string (node) : NULL;
}

JsonObject *
vectors_object (JsonObject *object, const gchar *member)
{
  JsonNode *node = get_node (object, member);

  return node != NULL ? json_node_get_object (node) : NULL;
}

JsonArray *
vectors_array (JsonObject *object, const gchar *member)
{
  JsonNode *node = get_node (object, member);

  return node != NULL ? json_node_get_array (node) : NULL;
}

gint64
vectors_int (JsonObject *object, const gchar *member, gint64 fallback)
{
  JsonNode *node = get_node (object, member);

  return node != NULL ? json_node_get_int (node) : fallback;
}

gboolean
vectors_boolean (JsonObject *object, const gchar *member, gboolean fallback)
{
  JsonNode *node = get_node (object, member);

  return node != NULL ? json_node_get_boolean (node) : fallback;
}

GBytes *
vectors_bytes (JsonObject *object, const gchar *member)
{
  const gchar *hex = vectors_string (object, member);

  return hex != NULL ? vectors_from_hex (hex) : NULL;
}

GBytes *
vectors_from_hex (const gchar *hex)
{
  GByteArray *bytes = g_byte_array_new ();
  gint high = -1;

  for (; *hex != '\0'; hex++) {
    gint digit = g_ascii_xdigit_value (*hex);

    if (g_ascii_isspace (*hex))
      continue;
    if (digit < 0)
      g_error ("not hex: '%.20s'", hex);
    if (high < 0) {
      high = digit;
    } else {
      guint8 byte = high << 4 | digit;

      g_byte_array_append (bytes, &byte, 1);
      high = -1;
    }
  }
  if (high >= 0)
    g_error ("odd number of hex digits");
  return g_byte_array_free_to_bytes (bytes);
}

gchar *
vectors_to_hex (gconstpointer data, gsize size)
{
  const guint8 *bytes = data;
  GString *hex = g_string_sized_new (2 * size);
  gsize i;

  for (i = 0; i < size; i++)
    g_string_append_printf (hex, "%02x", bytes[i]);
  return g_string_free (hex, FALSE);
}

void
vectors_assert_bytes (gconstpointer data, gsize size, GBytes *expected)
{
  gsize expected_size;
  gconstpointer expected_data = g_bytes_get_data (expected, &expected_size);
  gchar *have, *want;

  if (size == expected_size && (size == 0 || memcmp (data, expected_data, size) == 0))
    return;
  have = vectors_to_hex (data, size);
  want = vectors_to_hex (expected_data, expected_size);
  g_assert_cmpstr (have, ==, want);
  g_free (have);
  g_free (want);
}

typedef struct _VectorCase
{
  JsonObject *vector;
  VectorFunc func;
  const gchar *gap;
} VectorCase;

static void
run_case (gconstpointer data)
{
  const VectorCase *vector_case = data;

  if (vector_case->gap != NULL)
    g_test_skip (vector_case->gap);
  else
    vector_case->func (vector_case->vector);
}

static void
fail_gap (gconstpointer name)
{
  g_test_message ("no vector is named %s", (const gchar *)name);
  g_test_fail ();
}

static const gchar *
find_gap (const VectorGap *gaps, const gchar *name)
{
  for (; gaps != NULL && gaps->name != NULL; gaps++) {
    if (g_str_equal (gaps->name, name))
      return gaps->reason;
  }
  return NULL;
}

guint
vectors_add (const gchar *category, VectorFunc func, const VectorGap *gaps)
{
  JsonArray *vectors = vectors_load ("vectors.json");
  GHashTable *names = g_hash_table_new (g_str_hash, g_str_equal);
  guint i, n = 0;

  for (i = 0; i < json_array_get_length (vectors); i++) {
    JsonObject *vector = json_array_get_object_element (vectors, i);
    const gchar *name = vectors_string (vector, "name");
    VectorCase *vector_case;
    gchar *path;

    if (!g_str_equal (vectors_string (vector, "category"), category))
      continue;
    vector_case = g_new (VectorCase, 1);
    vector_case->vector = vector;
    vector_case->func = func;
    vector_case->gap = find_gap (gaps, name);
    path = g_strdup_printf ("/vectors/%s/%s", category, name);
    g_test_add_data_func_full (path, vector_case, run_case, g_free);
    g_free (path);
    g_hash_table_add (names, (gpointer)name);
    n++;
  }
  for (; gaps != NULL && gaps->name != NULL; gaps++) {
    if (!g_hash_table_contains (names, gaps->name))
      g_test_add_data_func (gaps->name, gaps->name, fail_gap);
  }
  g_hash_table_unref (names);
  return n;
}
