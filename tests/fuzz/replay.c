/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Runs a fuzz target without a fuzzer: over the files of corpus/<target>, one of
 * each failure that was found, and over every byte string of the vectors.
 *
 *     fuzz-replay-<target> <target>              as a test
 *     fuzz-replay-<target> <target> --write DIR  the vectors as files, to start a fuzzer with
 *     fuzz-replay-<target> <target> FILE...      these files only
 */
#include "fuzz.h"
#include "vectors.h"

typedef void (*SeedFunc) (const gchar *hex, gpointer user_data);

static void
for_each_string (JsonNode *node, SeedFunc func, gpointer user_data)
{
  guint i;

  if (JSON_NODE_HOLDS_ARRAY (node)) {
    JsonArray *array = json_node_get_array (node);

    for (i = 0; i < json_array_get_length (array); i++)
      for_each_string (json_array_get_element (array, i), func, user_data);
  } else if (JSON_NODE_HOLDS_VALUE (node) && json_node_get_value_type (node) == G_TYPE_STRING) {
    func (json_node_get_string (node), user_data);
  }
}

static void
for_each_seed (const gchar *file, const gchar *member, SeedFunc func, gpointer user_data)
{
  JsonArray *vectors = vectors_load (file);
  guint i;

  for (i = 0; i < json_array_get_length (vectors); i++) {
    JsonNode *node =
        json_object_get_member (json_array_get_object_element (vectors, i), member);

    if (node != NULL)
      for_each_string (node, func, user_data);
  }
}

static void
for_all_seeds (SeedFunc func, gpointer user_data)
{
  for_each_seed ("vectors.json", "input_hex", func, user_data);
  for_each_seed ("chunk-vectors.json", "bytes", func, user_data);
  for_each_seed ("seeds.json", "bytes", func, user_data);
}

static void
run_seed (const gchar *hex, gpointer user_data)
{
  GBytes *bytes = vectors_from_hex (hex);
  gsize size;
  const guint8 *data = g_bytes_get_data (bytes, &size);
  guint *count = user_data;

  LLVMFuzzerTestOneInput (data, size);
  (*count)++;
  g_bytes_unref (bytes);
}

static void
test_seeds (void)
{
  guint count = 0;

  for_all_seeds (run_seed, &count);
  g_assert_cmpuint (count, >, 600);
}

static void
write_seed (const gchar *hex, gpointer folder)
{
  GBytes *bytes = vectors_from_hex (hex);
  gchar *name = g_compute_checksum_for_bytes (G_CHECKSUM_SHA1, bytes);
  gchar *path = g_build_filename (folder, name, NULL);
  GError *error = NULL;

  if (!g_file_set_contents (
          path, g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes), &error))
    g_error ("%s", error->message);
  g_free (path);
  g_free (name);
  g_bytes_unref (bytes);
}

static void
run_file (gconstpointer path)
{
  GError *error = NULL;
  gchar *data;
  gsize size;

  if (!g_file_get_contents (path, &data, &size, &error))
    g_error ("%s", error->message);
  LLVMFuzzerTestOneInput ((const guint8 *)data, size);
  g_free (data);
}

static void
add_corpus (const gchar *target)
{
  gchar *folder = g_test_build_filename (G_TEST_DIST, "fuzz", "corpus", target, NULL);
  GDir *dir = g_dir_open (folder, 0, NULL);
  const gchar *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL) {
    gchar *path = g_strdup_printf ("/fuzz/%s/%s", target, name);

    g_test_add_data_func_full (path, g_build_filename (folder, name, NULL), run_file, g_free);
    g_free (path);
  }
  g_clear_pointer (&dir, g_dir_close);
  g_free (folder);
}

int
main (int argc, char *argv[])
{
  gchar *path;
  int i;

  g_test_init (&argc, &argv, NULL);
  if (argc < 2)
    g_error ("usage: %s <target> [--write DIR | FILE...]", argv[0]);

  if (argc == 4 && g_str_equal (argv[2], "--write")) {
    for_all_seeds (write_seed, argv[3]);
    return 0;
  }
  if (argc > 2) {
    for (i = 2; i < argc; i++)
      run_file (argv[i]);
    return 0;
  }

  path = g_strdup_printf ("/fuzz/%s/seeds", argv[1]);
  g_test_add_func (path, test_seeds);
  g_free (path);
  add_corpus (argv[1]);
  return g_test_run ();
}
