/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Recorded sessions: what the files hold, that they end where they must, and that
 * nothing is recorded unasked.
 */
#include "fake.h"
#include "protocol/rtmp-chunk-reader.h"
#include "protocol/rtmp-handshake.h"
#include "server/rtmp-record.h"

#include <glib/gstdio.h>

#define VARIABLE "GST_RTMP_SERVER_RECORD"
#define HANDSHAKE (1 + 2 * RTMP_HANDSHAKE_PACKET)

static gchar *
folder_new (void)
{
  gchar *folder = g_dir_make_tmp ("record-XXXXXX", NULL);

  g_assert_nonnull (folder);
  g_setenv (VARIABLE, folder, TRUE);
  return folder;
}

/* Removes it with its files; how many there were. Takes @folder. */
static guint
folder_remove (gchar *folder)
{
  GDir *dir = g_dir_open (folder, 0, NULL);
  const gchar *name;
  guint n = 0;

  while ((name = g_dir_read_name (dir)) != NULL) {
    g_autofree gchar *path = g_build_filename (folder, name, NULL);

    g_assert_cmpint (g_remove (path), ==, 0);
    n++;
  }
  g_dir_close (dir);
  g_rmdir (folder);
  g_free (folder);
  g_unsetenv (VARIABLE);
  return n;
}

/* Letters and times of the media in a file, behind the handshake. */
static gchar *
read_media (const gchar *folder, guint64 id, const gchar *direction)
{
  g_autofree gchar *path =
      g_strdup_printf ("%s/%" G_GUINT64_FORMAT "-%s.bin", folder, id, direction);
  RtmpChunkReader *reader = rtmp_chunk_reader_new (rtmp_limits_default ());
  GString *text = g_string_new (NULL);
  g_autofree gchar *bytes = NULL;
  gsize size, at = HANDSHAKE;

  g_assert_true (g_file_get_contents (path, &bytes, &size, NULL));
  g_assert_cmpuint (size, >, HANDSHAKE);
  g_assert_cmpint (bytes[0], ==, 3);
  while (at < size) {
    gssize n = rtmp_chunk_reader_push (reader, (const guint8 *)bytes + at, size - at, NULL);
    g_autoptr (RtmpMessage) message = rtmp_chunk_reader_pull (reader);

    g_assert_cmpint (n, >, 0);
    at += (gsize)n;
    if (message != NULL && rtmp_message_is_media (message)) {
      rtmp_message_classify (message, rtmp_limits_default ());
      describe (text, message);
    }
  }
  g_assert_cmpuint (rtmp_chunk_reader_get_partial (reader), ==, 0);
  rtmp_chunk_reader_free (reader);
  return g_string_free (text, FALSE);
}

static void
send_some (Peer *publisher)
{
  RtmpMessage *messages[] = { video_header (0, 1), video_key (0, 70000), audio_frame (10, 20) };

  for (guint i = 0; i < G_N_ELEMENTS (messages); i++) {
    messages[i]->msid = publisher->msid;
    rtmp_session_send (publisher->session, messages[i]);
    rtmp_message_unref (messages[i]);
  }
  world_run (publisher->world);
}

static void
run_session (void)
{
  World *world = world_new (NULL);
  Owner *owner = owner_new (world, SOURCE (.key = "in", .relay = TRUE), NULL);
  Peer *publisher = publisher_new (world, "live", "in");

  player_new (world, "live", "in");
  send_some (publisher);
  owner_free (owner);
  world_free (world);
  rtmp_record_finish ();
}

static void
test_both_directions (void)
{
  guint64 first = rtmp_client_next_id () + 1;
  gchar *folder = folder_new ();
  g_autofree gchar *in = NULL, *out = NULL, *nothing = NULL;

  run_session ();
  in = read_media (folder, first, "in");
  nothing = read_media (folder, first, "out");
  out = read_media (folder, first + 1, "out");
  g_test_message ("%s", in);
  g_assert_cmpuint (strlen (in), >, 0);
  g_assert_cmpstr (in, ==, out);
  g_assert_cmpstr (nothing, ==, "");
  g_assert_cmpuint (folder_remove (folder), ==, 4);
}

static void
test_private (void)
{
  guint64 first = rtmp_client_next_id () + 1;
  gchar *folder = folder_new ();
  g_autofree gchar *path = g_strdup_printf ("%s/%" G_GUINT64_FORMAT "-in.bin", folder, first);
  GStatBuf info;

  run_session ();
  g_assert_cmpint (g_stat (path, &info), ==, 0);
  g_assert_cmpuint (info.st_mode & 0777, ==, 0600);
  folder_remove (folder);
}

/* No variable, an empty one, a folder that is not there: the session goes on. */
static void
test_nothing (void)
{
  FakeTransport *fake = fake_transport_new ();

  g_unsetenv (VARIABLE);
  g_assert_true (rtmp_record_wrap (&fake->base, 1) == &fake->base);
  g_setenv (VARIABLE, "", TRUE);
  g_assert_true (rtmp_record_wrap (&fake->base, 1) == &fake->base);
  fake->base.funcs->free (&fake->base);
  g_setenv (VARIABLE, "/nowhere/at/all", TRUE);
  run_session ();
  g_unsetenv (VARIABLE);
}

static void
read_through (RtmpTransport *transport, FakeTransport *fake, gsize size)
{
  g_autofree guint8 *buffer = g_malloc0 (size);
  gsize done;

  g_byte_array_append (fake->to_us, buffer, size);
  g_assert_cmpint (
      transport->funcs->read (transport, buffer, size, &done, NULL), ==, RTMP_IO_DONE);
  g_assert_cmpuint (done, ==, size);
}

/* One byte less than the maximum, the maximum, one more. */
static void
test_longest_file (void)
{
  static const gsize step = 4 * 1024 * 1024;
  gchar *folder = folder_new ();

  for (gint over = -1; over <= 1; over++) {
    FakeTransport *fake = fake_transport_new ();
    RtmpTransport *transport = rtmp_record_wrap (&fake->base, 5);
    g_autofree gchar *path = g_build_filename (folder, "5-in.bin", NULL);
    gsize left = (gsize)(RTMP_RECORD_MAX_FILE + over);
    GStatBuf info;

    while (left > 0) {
      gsize n = MIN (left, step);

      read_through (transport, fake, n);
      rtmp_record_finish ();
      left -= n;
    }
    transport->funcs->free (transport);
    rtmp_record_finish ();
    g_assert_cmpint (g_stat (path, &info), ==, 0);
    g_assert_cmpint (info.st_size, ==, RTMP_RECORD_MAX_FILE + MIN (over, 0));
  }
  g_assert_cmpuint (folder_remove (folder), ==, 1);
}

/* More at once than may wait: the file ends, without a gap. */
static void
test_too_fast (void)
{
  gchar *folder = folder_new ();
  FakeTransport *fake = fake_transport_new ();
  RtmpTransport *transport = rtmp_record_wrap (&fake->base, 6);
  g_autofree gchar *path = g_build_filename (folder, "6-in.bin", NULL);
  GStatBuf info;

  read_through (transport, fake, 1000);
  rtmp_record_finish ();
  read_through (transport, fake, RTMP_RECORD_MAX_WAITING + 1);
  read_through (transport, fake, 1000);
  transport->funcs->free (transport);
  rtmp_record_finish ();
  g_assert_cmpint (g_stat (path, &info), ==, 0);
  g_assert_cmpint (info.st_size, ==, 1000);
  folder_remove (folder);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/record/both-directions", test_both_directions);
  g_test_add_func ("/record/private", test_private);
  g_test_add_func ("/record/nothing", test_nothing);
  g_test_add_func ("/record/longest-file", test_longest_file);
  g_test_add_func ("/record/too-fast", test_too_fast);
  return g_test_run ();
}
