/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Recordings of real clients against the server session. The short ones, each with
 * the log that it must give, at every kind of split; whole ones with the number of
 * media messages and the stream's name that the manifest says.
 */
#include "captures.h"
#include "session-rig.h"

#define HANDSHAKE 3073

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

int
main (int argc, char **argv)
{
  gchar *temporary;
  gint result;

  g_test_init (&argc, &argv, NULL);
  captures_add_short ("/captures/short", test_short);
  temporary = captures_add_whole ("/captures/whole", test_whole);
  result = g_test_run ();
  captures_remove_folder (temporary);
  return result;
}
