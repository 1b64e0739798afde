/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Acknowledgements and windows of a session, its errors and its output.
 */
#include "session-rig.h"
#include "protocol/rtmp-session-private.h"

static const guint8 nothing[65536];

/* Bytes of unknown messages, so that exactly @size more were received. */
static void
feed_bytes (SessionRig *rig, gsize size)
{
  while (size > 0) {
    g_autoptr (GByteArray) bytes = g_byte_array_new ();
    g_autoptr (RtmpMessage) message =
        rtmp_message_new_copy (7, 0, 0, nothing, size >= 20000 ? 10000 : size - 12);

    rtmp_chunk_writer_write (rig->writer, message, bytes);
    g_assert_cmpuint (bytes->len, <=, size);
    g_assert_true (session_rig_feed (rig, bytes->data, bytes->len));
    size -= bytes->len;
  }
}

static SessionRig *
new_connected (void)
{
  SessionRig *rig = session_rig_new (RTMP_SESSION_SERVER, NULL);
  g_autoptr (GByteArray) bytes = g_byte_array_new ();

  session_rig_connect (rig);
  rtmp_chunk_writer_set_chunk_size (rig->writer, 65536, bytes);
  session_rig_feed (rig, bytes->data, bytes->len);
  return rig;
}

/* The default window serves peers that never announce one (FFmpeg). */
static void
test_default_window (void)
{
  for (gint d = -1; d <= 0; d++) {
    g_autoptr (SessionRig) rig = new_connected ();

    feed_bytes (rig, 1250000 + d - rig->session->in_bytes);
    if (d < 0)
      session_rig_expect (rig, NULL);
    else
      session_rig_expect (rig, "< [2/0] Ack 1250000");
  }
}

static void
test_own_window (void)
{
  g_autoptr (SessionRig) rig = new_connected ();

  session_rig_send (rig, rtmp_control_new (RTMP_TYPE_WINDOW_ACK_SIZE, 100000));
  feed_bytes (rig, 50000 - rig->session->in_bytes);
  session_rig_expect (rig, "< [2/0] Ack 50000");
  feed_bytes (rig, 49999);
  session_rig_expect (rig, NULL);
  feed_bytes (rig, 12);
  session_rig_expect (rig, "< [2/0] Ack 100011");
}

/* 0, 1 and huge windows: no storm of acknowledgements, and no silence. */
static void
test_window_is_clamped (void)
{
  static const guint32 windows[] = { 0, 1, 32767, 32768 };
  g_autoptr (SessionRig) huge = new_connected ();

  for (guint i = 0; i < G_N_ELEMENTS (windows); i++) {
    g_autoptr (SessionRig) rig = new_connected ();

    session_rig_send (rig, rtmp_control_new (RTMP_TYPE_WINDOW_ACK_SIZE, windows[i]));
    feed_bytes (rig, 16383 - rig->session->in_bytes);
    session_rig_expect (rig, NULL);
    feed_bytes (rig, 12);
    session_rig_expect (rig, "< [2/0] Ack 16395");
  }
  session_rig_send (huge, rtmp_control_new (RTMP_TYPE_WINDOW_ACK_SIZE, 0xffffffff));
  feed_bytes (huge, 8 * 1024 * 1024 - huge->session->in_bytes);
  session_rig_expect (huge, "< [2/0] Ack 8388608");
}

/* One read, one acknowledgement, however many windows it held. */
static void
test_one_ack_a_read (void)
{
  g_autoptr (SessionRig) rig = new_connected ();
  g_autoptr (GByteArray) bytes = g_byte_array_new ();
  g_autoptr (RtmpMessage) message = rtmp_message_new_copy (7, 0, 0, nothing, 60000);

  session_rig_send (rig, rtmp_control_new (RTMP_TYPE_WINDOW_ACK_SIZE, 32768));
  rtmp_chunk_writer_write (rig->writer, message, bytes);
  g_assert_true (session_rig_feed (rig, bytes->data, bytes->len));
  g_assert_cmpuint (strlen (rig->log->str), ==, strlen ("< [2/0] Ack 60000\n"));
}

/* Encoders stop at 4 GB where the count does not wrap (quirk 11). */
static void
test_count_wraps (void)
{
  g_autoptr (SessionRig) rig = new_connected ();

  rig->session->in_bytes = G_MAXUINT32 - G_GUINT64_CONSTANT (1000000);
  rig->session->in_acked = rig->session->in_bytes;
  feed_bytes (rig, 1250000);
  session_rig_expect (rig, "< [2/0] Ack 249999");
  feed_bytes (rig, 1250000);
  session_rig_expect (rig, "< [2/0] Ack 1499999");
}

static void
test_acks_received (void)
{
  g_autoptr (SessionRig) rig = new_connected ();

  session_rig_send (rig, rtmp_control_new (RTMP_TYPE_ACK, 4711));
  g_assert_cmpuint (rig->session->out_acked, ==, 4711);
  session_rig_send (rig, rtmp_control_new (RTMP_TYPE_ACK, 3));
  g_assert_cmpuint (rig->session->out_acked, ==, 3);
  session_rig_expect (rig, NULL);
}

static void
test_client_acknowledges (void)
{
  g_autoptr (SessionRig) rig = session_rig_new (RTMP_SESSION_PLAYER, NULL);
  g_autoptr (GByteArray) bytes = g_byte_array_new ();

  session_rig_handshake (rig);
  session_rig_forget (rig);
  rtmp_chunk_writer_set_chunk_size (rig->writer, 65536, bytes);
  session_rig_feed (rig, bytes->data, bytes->len);
  session_rig_send (rig, rtmp_control_new (RTMP_TYPE_WINDOW_ACK_SIZE, 100000));
  feed_bytes (rig, 50000 - rig->session->in_bytes);
  session_rig_expect (rig, "< [2/0] Ack 50000");
}

static void
test_chunk_size_getter (void)
{
  g_autoptr (SessionRig) rig = session_rig_new (RTMP_SESSION_SERVER, NULL);
  g_autoptr (GByteArray) bytes = g_byte_array_new ();

  g_assert_cmpuint (rtmp_session_get_in_chunk_size (rig->session), ==, 128);
  session_rig_handshake (rig);
  rtmp_chunk_writer_set_chunk_size (rig->writer, 4096, bytes);
  session_rig_feed (rig, bytes->data, bytes->len);
  g_assert_cmpuint (rtmp_session_get_in_chunk_size (rig->session), ==, 4096);
}

/* Errors */

static void
test_errors_stick (void)
{
  g_autoptr (SessionRig) rig = session_rig_new (RTMP_SESSION_SERVER, NULL);
  GError *error = NULL;
  gsize size;

  session_rig_connect (rig);
  rig->mute = TRUE;
  session_rig_command (rig, 0, "createStream", 2, "null");
  g_assert_false (session_rig_command (rig, 0, "connect", 1, "{app:\"live\"}"));
  g_assert_cmpint (rtmp_session_input (rig->session, nothing, 1, rig->now_us, &error), ==, -1);
  g_assert_error (error, RTMP_ERROR, RTMP_ERROR_PROTOCOL);
  g_clear_error (&error);
  g_assert_false (rtmp_session_tick (rig->session, rig->now_us + 1, &error));
  g_assert_error (error, RTMP_ERROR, RTMP_ERROR_PROTOCOL);
  g_clear_error (&error);
  g_assert_cmpint (rtmp_session_input (rig->session, nothing, 1, rig->now_us, NULL), ==, -1);
  /* what was written before is still there */
  rtmp_session_peek_output (rig->session, &size);
  g_assert_cmpuint (size, >, 20);
  g_assert_false (rtmp_session_accept (rig->session, 1, rig->now_us));
}

static void
test_wrong_first_byte (void)
{
  static const gchar *const starts[] = { "\x16\x03\x01", "GET / HTTP/1.1\r\n", "\x06", "\0" };

  for (guint i = 0; i < G_N_ELEMENTS (starts); i++) {
    g_autoptr (SessionRig) rig = session_rig_new (RTMP_SESSION_SERVER, NULL);

    g_assert_false (session_rig_feed (rig, (const guint8 *)starts[i], 1));
    g_assert_error (rig->error, RTMP_ERROR, RTMP_ERROR_PROTOCOL);
  }
}

/* Messages need a finished handshake: a kick before it only ends the session. */
static void
test_silent_handshake (void)
{
  g_autoptr (SessionRig) rig = session_rig_new (RTMP_SESSION_SERVER, NULL);
  g_autoptr (RtmpMessage) message = rtmp_message_new_copy (9, 0, 1, "\x17\x01\0\0\0a", 6);
  gsize size;

  rtmp_session_play_notify (rig->session, 1);
  rtmp_session_status (rig->session, 0, "status", "x", "y");
  rtmp_session_send (rig->session, message);
  rtmp_session_kick (rig->session, 0, RTMP_REFUSE_LIMIT, NULL);
  rtmp_session_peek_output (rig->session, &size);
  g_assert_cmpuint (size, ==, 0);
  g_assert_cmpint (rtmp_session_get_state (rig->session), ==, RTMP_STATE_CLOSING);
}

/* Input after the end is swallowed, so that the holder can flush in peace. */
static void
test_closing_swallows (void)
{
  g_autoptr (SessionRig) rig = session_rig_new (RTMP_SESSION_SERVER, NULL);

  session_rig_publish (rig);
  rtmp_session_kick (rig->session, 1, RTMP_REFUSE_BAD_NAME, "taken over");
  session_rig_drain (rig);
  session_rig_expect (rig,
      "< [5/1] onStatus 0 null {level:\"error\",code:\"NetStream.Publish.BadName\","
      "description:\"taken over\",details:\"key\"}");
  g_assert_cmpint (
      rtmp_session_input (rig->session, nothing, 1000, rig->now_us, NULL), ==, 1000);
  session_rig_drain (rig);
  session_rig_expect (rig, NULL);
  g_assert_cmpint (rtmp_session_get_deadline (rig->session), ==, G_MAXINT64);
  rtmp_session_input_eof (rig->session);
  session_rig_drain (rig);
  session_rig_expect (rig, NULL);
}

/* Nothing is taken while events wait. */
static void
test_input_waits_for_events (void)
{
  g_autoptr (SessionRig) rig = session_rig_new (RTMP_SESSION_SERVER, NULL);
  g_autoptr (GByteArray) bytes = g_byte_array_new ();
  g_autoptr (RtmpMessage) message = rtmp_message_new_copy (9, 0, 1, "\x17\x01\0\0\0a", 6);
  RtmpEvent event = { 0 };
  gssize n;

  session_rig_publish (rig);
  rtmp_chunk_writer_write (rig->writer, message, bytes);
  rtmp_chunk_writer_write (rig->writer, message, bytes);
  n = rtmp_session_input (rig->session, bytes->data, bytes->len, rig->now_us, NULL);
  g_assert_cmpint (n, ==, bytes->len / 2);
  g_assert_cmpint (
      rtmp_session_input (rig->session, bytes->data + n, n, rig->now_us, NULL), ==, 0);
  g_assert_true (rtmp_session_pull (rig->session, &event));
  g_assert_cmpint (event.message->arrival_us, ==, rig->now_us);
  rtmp_event_clear (&event);
  g_assert_false (rtmp_session_pull (rig->session, &event));
  g_assert_cmpint (
      rtmp_session_input (rig->session, bytes->data + n, n, rig->now_us, NULL), ==, n);
}

/* An answer burst is one piece of output; an idle session holds no buffer. */
static void
test_output_pieces (void)
{
  g_autoptr (SessionRig) rig = session_rig_new (RTMP_SESSION_SERVER, NULL);
  gsize size;

  session_rig_create (rig);
  rig->mute = rig->hold = TRUE;
  session_rig_command (rig, 1, "play", 3, "null,\"key\"");
  rtmp_session_peek_output (rig->session, &size);
  g_assert_cmpuint (size, ==, 0);
  rtmp_session_accept (rig->session, rig->last_request, rig->now_us);
  rtmp_session_peek_output (rig->session, &size);
  g_assert_cmpuint (size, >, 300);
  rtmp_session_consume_output (rig->session, 100);
  rtmp_session_peek_output (rig->session, &size);
  g_assert_cmpuint (size, >, 200);
  rtmp_session_consume_output (rig->session, size);
  g_assert_null (rtmp_session_peek_output (rig->session, &size));
  g_assert_cmpuint (size, ==, 0);
  g_assert_null (rig->session->output);
  g_assert_null (rig->session->handshake);
}

static void
test_connect_info (void)
{
  g_autoptr (SessionRig) rig = session_rig_new (RTMP_SESSION_SERVER, NULL);
  const RtmpConnectInfo *info = rtmp_session_get_connect_info (rig->session);

  session_rig_handshake (rig);
  g_assert_null (info->object);
  session_rig_command (rig, 0, "connect", 1,
      "{app:\"a/b\",flashVer:\"f\",tcUrl:\"rtmp://h/a/b\",swfUrl:\"s\",pageUrl:\"p\","
      "objectEncoding:3,capsEx:7,fourCcList:[\"av01\",\"*\"],videoFourCcInfoMap:{hvc1:3}}");
  g_assert_cmpstr (info->app, ==, "a/b");
  g_assert_cmpstr (info->flash_ver, ==, "f");
  g_assert_cmpstr (info->tc_url, ==, "rtmp://h/a/b");
  g_assert_cmpstr (info->swf_url, ==, "s");
  g_assert_cmpstr (info->page_url, ==, "p");
  g_assert_cmpint (info->object_encoding, ==, 3);
  g_assert_cmpuint (info->caps_ex, ==, 7);
  g_assert_cmpuint (rtmp_amf_get (info->object, "fourCcList")->items->len, ==, 2);
  g_assert_cmpfloat (
      rtmp_amf_get_number (rtmp_amf_get (info->object, "videoFourCcInfoMap"), "hvc1", 0), ==,
      3);
}

/* capsEx and objectEncoding are numbers of the peer's choice. */
static void
test_connect_info_nonsense (void)
{
  static const gchar *const values[] = { "-1", "nan", "1e308", "inf", "4294967296", "\"x\"" };

  for (guint i = 0; i < G_N_ELEMENTS (values); i++) {
    g_autoptr (SessionRig) rig = session_rig_new (RTMP_SESSION_SERVER, NULL);
    g_autofree gchar *object =
        g_strdup_printf ("{app:\"a\",capsEx:%s,objectEncoding:%s}", values[i], values[i]);

    session_rig_handshake (rig);
    g_assert_true (session_rig_command (rig, 0, "connect", 1, object));
    g_assert_cmpuint (rtmp_session_get_connect_info (rig->session)->caps_ex, ==, 0);
    g_assert_cmpint (rtmp_session_get_connect_info (rig->session)->object_encoding, ==, 0);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/session/ack/default-window", test_default_window);
  g_test_add_func ("/session/ack/own-window", test_own_window);
  g_test_add_func ("/session/ack/window-is-clamped", test_window_is_clamped);
  g_test_add_func ("/session/ack/one-a-read", test_one_ack_a_read);
  g_test_add_func ("/session/ack/count-wraps", test_count_wraps);
  g_test_add_func ("/session/ack/received", test_acks_received);
  g_test_add_func ("/session/ack/client", test_client_acknowledges);
  g_test_add_func ("/session/chunk-size-getter", test_chunk_size_getter);
  g_test_add_func ("/session/error/sticks", test_errors_stick);
  g_test_add_func ("/session/error/wrong-first-byte", test_wrong_first_byte);
  g_test_add_func ("/session/silent-handshake", test_silent_handshake);
  g_test_add_func ("/session/closing-swallows", test_closing_swallows);
  g_test_add_func ("/session/input-waits-for-events", test_input_waits_for_events);
  g_test_add_func ("/session/output-pieces", test_output_pieces);
  g_test_add_func ("/session/connect-info", test_connect_info);
  g_test_add_func ("/session/connect-info-nonsense", test_connect_info_nonsense);
  return g_test_run ();
}
