/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Finds the recordings and adds a test for each.
 */
#include "captures.h"

#include <glib/gstdio.h>
#include <json-glib/json-glib.h>

#include <string.h>

static void
test_absent (void)
{
  g_test_skip ("no whole recordings: neither RTMP_CAPTURES nor ../shared/captures");
}

/* The last string of publish or play, up to its query. */
static gchar *
read_key (JsonObject *entry)
{
  JsonArray *list = json_object_get_array_member (entry, "commands");
  gchar *key = NULL;

  for (guint i = 0; i < json_array_get_length (list); i++) {
    JsonArray *command = json_array_get_array_element (list, i);
    const gchar *name = json_array_get_string_element (command, 0);

    if (g_str_equal (name, "publish") || g_str_equal (name, "play")) {
      g_auto (GStrv) parts = g_strsplit (json_array_get_string_element (command, 3), "?", 2);

      g_free (key);
      key = g_strdup (parts[0]);
    }
  }
  return key;
}

static void
capture_free (gpointer data)
{
  Capture *capture = data;

  g_free (capture->path);
  g_free (capture->key);
  g_free (capture);
}

typedef struct _Whole
{
  const gchar *prefix;
  const gchar *folder;
  GTestDataFunc func;
} Whole;

static void
add_whole (JsonObject *manifest, const gchar *file, JsonNode *node, gpointer user_data)
{
  const Whole *whole = user_data;
  JsonObject *entry = json_node_get_object (node);
  Capture *capture = g_new0 (Capture, 1);
  g_autofree gchar *path = g_strdup_printf ("%s/%s", whole->prefix, file);

  capture->path = g_build_filename (whole->folder, file, NULL);
  capture->n_media = json_object_get_int_member (entry, "media_messages");
  capture->truncated = json_object_get_boolean_member (entry, "truncated");
  capture->key = read_key (entry);
  if (g_file_test (capture->path, G_FILE_TEST_EXISTS))
    g_test_add_data_func_full (path, capture, whole->func, capture_free);
  else
    capture_free (capture);
}

/* Where the .bin files are; the archive is unpacked to a temporary folder. */
static gchar *
unpack (const gchar *folder, gchar **temporary)
{
  g_autofree gchar *archive = g_build_filename (folder, "captures.tar.zst", NULL);
  gchar *argv[] = { "tar", "--zstd", "-xf", archive, "-C", NULL, NULL };
  gint status;

  if (!g_file_test (archive, G_FILE_TEST_EXISTS))
    return g_strdup (folder);
  *temporary = g_dir_make_tmp ("captures-XXXXXX", NULL);
  argv[5] = *temporary;
  if (!g_spawn_sync (
          NULL, argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, NULL, &status, NULL) ||
      status != 0)
    g_test_message ("cannot unpack %s", archive);
  return g_strdup (*temporary);
}

gchar *
captures_add_whole (const gchar *prefix, GTestDataFunc func)
{
  g_autofree gchar *beside =
      g_test_build_filename (G_TEST_DIST, "..", "..", "shared", "captures", NULL);
  const gchar *folder = g_getenv ("RTMP_CAPTURES");
  g_autoptr (JsonParser) parser = json_parser_new ();
  g_autofree gchar *manifest = NULL;
  g_autofree gchar *files = NULL;
  gchar *temporary = NULL;
  Whole whole = { .prefix = prefix, .func = func };

  if (folder == NULL)
    folder = beside;
  manifest = g_build_filename (folder, "manifest.json", NULL);
  if (!json_parser_load_from_file (parser, manifest, NULL)) {
    g_test_add_func (prefix, test_absent);
    return NULL;
  }
  whole.folder = files = unpack (folder, &temporary);
  json_object_foreach_member (
      json_node_get_object (json_parser_get_root (parser)), add_whole, &whole);
  return temporary;
}

void
captures_add_short (const gchar *prefix, GTestDataFunc func)
{
  g_autofree gchar *folder = g_test_build_filename (G_TEST_DIST, "captures", NULL);
  GDir *dir = g_dir_open (folder, 0, NULL);
  const gchar *name;

  g_assert_nonnull (dir);
  while ((name = g_dir_read_name (dir)) != NULL) {
    g_autofree gchar *path = g_strdup_printf ("%s/%s", prefix, name);

    if (g_str_has_suffix (name, ".bin"))
      g_test_add_data_func_full (path, g_build_filename (folder, name, NULL), func, g_free);
  }
  g_dir_close (dir);
}

void
captures_remove_folder (gchar *folder)
{
  GDir *dir = folder != NULL ? g_dir_open (folder, 0, NULL) : NULL;
  const gchar *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL) {
    g_autofree gchar *path = g_build_filename (folder, name, NULL);

    g_remove (path);
  }
  g_clear_pointer (&dir, g_dir_close);
  if (folder != NULL)
    g_rmdir (folder);
  g_free (folder);
}
