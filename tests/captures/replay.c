/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Recordings of real clients against the server session. Always: the short ones
 * beside this file, each with the log that it must give, at every kind of split.
 * And whole recordings with a manifest.json, from the folder in RTMP_CAPTURES or
 * from ../shared/captures beside the checkout: number of media messages and the
 * stream's name as the manifest says; skipped where there are none.
 */
#include "session-rig.h"

#include <glib/gstdio.h>
#include <json-glib/json-glib.h>

#define HANDSHAKE 3073

typedef struct _Capture
{
  gchar *path;
  gchar *name;
  guint n_media;
  gboolean truncated;
  gchar *key; /* of publish or play */
} Capture;

static gchar *
replay (const gchar *path, gsize split, guint *n_media)
{
  g_autoptr (SessionRig) rig = session_rig_new (RTMP_SESSION_SERVER, NULL);
  g_autofree gchar *bytes = NULL;
  g_autoptr (GError) error = NULL;
  gsize size;

  g_file_get_contents (path, &bytes, &size, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (size, >, HANDSHAKE);
  rig->split = split;
  session_rig_feed (rig, (const guint8 *)bytes, size);
  g_assert_no_error (rig->error);
  session_rig_eof (rig);
  if (n_media != NULL)
    *n_media = rig->n_media;
  return session_rig_log_without_acks (rig);
}

static void
test_short (gconstpointer data)
{
  static const gsize splits[] = { 0, 1, 2, 3, 7, 127, 128, 129, 1460, 4096, 16384 };
  const gchar *path = data;
  g_autofree gchar *log_path = g_strdup_printf ("%.*s.log", (gint)strlen (path) - 4, path);
  g_autofree gchar *expected = NULL;

  if (g_getenv ("RTMP_CAPTURES_WRITE") != NULL) {
    expected = replay (path, 0, NULL);
    g_test_message ("written, not compared");
    g_assert_true (g_file_set_contents (log_path, expected, -1, NULL));
    return;
  }
  g_assert_true (g_file_get_contents (log_path, &expected, NULL, NULL));
  for (guint i = 0; i < G_N_ELEMENTS (splits); i++) {
    g_autofree gchar *log = replay (path, splits[i], NULL);

    g_assert_cmpstr (log, ==, expected);
  }
}

static void
test_whole (gconstpointer data)
{
  static const gsize splits[] = { 1, 1460, 65536 };
  const Capture *capture = data;
  g_autofree gchar *name = g_strdup_printf (" key=%s", capture->key);
  guint n_media;
  g_autofree gchar *first = replay (capture->path, 0, &n_media);

  g_assert_nonnull (strstr (first, name));
  g_test_message ("%u media messages", n_media);
  if (capture->truncated)
    g_assert_cmpuint (n_media, >, 0);
  else
    g_assert_cmpuint (n_media, ==, capture->n_media);
  for (guint i = 0; i < G_N_ELEMENTS (splits); i++) {
    g_autofree gchar *log = replay (capture->path, splits[i], NULL);

    g_assert_true (g_str_equal (log, first));
  }
}

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
add_whole (JsonObject *manifest, const gchar *file, JsonNode *node, gpointer folder)
{
  JsonObject *entry = json_node_get_object (node);
  Capture *capture = g_new0 (Capture, 1);
  g_autofree gchar *path = g_strdup_printf ("/captures/whole/%s", file);

  capture->path = g_build_filename (folder, file, NULL);
  capture->n_media = json_object_get_int_member (entry, "media_messages");
  capture->truncated = json_object_get_boolean_member (entry, "truncated");
  capture->key = read_key (entry);
  if (g_file_test (capture->path, G_FILE_TEST_EXISTS))
    g_test_add_data_func (path, capture, test_whole);
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

static void
add_whole_folder (gchar **temporary)
{
  g_autofree gchar *beside =
      g_test_build_filename (G_TEST_DIST, "..", "..", "shared", "captures", NULL);
  const gchar *folder = g_getenv ("RTMP_CAPTURES");
  g_autoptr (JsonParser) parser = json_parser_new ();
  g_autofree gchar *manifest = NULL;
  g_autofree gchar *files = NULL;

  if (folder == NULL)
    folder = beside;
  manifest = g_build_filename (folder, "manifest.json", NULL);
  if (!json_parser_load_from_file (parser, manifest, NULL)) {
    g_test_add_func ("/captures/whole", test_absent);
    return;
  }
  files = unpack (folder, temporary);
  json_object_foreach_member (
      json_node_get_object (json_parser_get_root (parser)), add_whole, files);
}

static void
add_short (void)
{
  g_autofree gchar *folder = g_test_build_filename (G_TEST_DIST, "captures", NULL);
  GDir *dir = g_dir_open (folder, 0, NULL);
  const gchar *name;

  g_assert_nonnull (dir);
  while ((name = g_dir_read_name (dir)) != NULL) {
    g_autofree gchar *path = g_strdup_printf ("/captures/short/%s", name);

    if (g_str_has_suffix (name, ".bin"))
      g_test_add_data_func_full (
          path, g_build_filename (folder, name, NULL), test_short, g_free);
  }
  g_dir_close (dir);
}

static void
remove_folder (const gchar *folder)
{
  GDir *dir = g_dir_open (folder, 0, NULL);
  const gchar *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL) {
    g_autofree gchar *path = g_build_filename (folder, name, NULL);

    g_remove (path);
  }
  g_clear_pointer (&dir, g_dir_close);
  g_rmdir (folder);
}

int
main (int argc, char **argv)
{
  g_autofree gchar *temporary = NULL;
  gint result;

  g_test_init (&argc, &argv, NULL);
  add_short ();
  add_whole_folder (&temporary);
  result = g_test_run ();
  if (temporary != NULL)
    remove_folder (temporary);
  return result;
}
