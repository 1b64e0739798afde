/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Every limit of a session at -1, 0 and +1.
 */
#include "session-rig.h"

static SessionRig *
new_server (const RtmpLimits *limits)
{
  return session_rig_new (RTMP_SESSION_SERVER, limits);
}

static void
assert_limit (SessionRig *rig)
{
  g_assert_error (rig->error, RTMP_ERROR, RTMP_ERROR_LIMIT);
  g_assert_cmpint (rtmp_session_get_state (rig->session), ==, RTMP_STATE_FAILED);
}

/* A command message of exactly @size bytes that does nothing. */
static RtmpMessage *
padded_command (gsize size)
{
  RtmpMessage *message = rtmp_command_new (3, 0, "close", 0, rtmp_amf_new_null (), NULL);
  g_autofree gchar *text = NULL;

  g_assert_cmpuint (size, >=, message->size + 3);
  text = g_strnfill (size - message->size - 3, 'x');
  rtmp_message_unref (message);
  message = rtmp_command_new (
      3, 0, "close", 0, rtmp_amf_new_null (), rtmp_amf_new_string (text), NULL);
  g_assert_cmpuint (message->size, ==, size);
  return message;
}

static void
test_command_size (void)
{
  RtmpLimits limits = *rtmp_limits_default ();

  limits.max_command_size = 300;
  for (gint d = -1; d <= 1; d++) {
    g_autoptr (SessionRig) rig = new_server (&limits);

    session_rig_connect (rig);
    g_assert_cmpint (session_rig_send (rig, padded_command (300 + d)), ==, d <= 0);
    if (d > 0)
      assert_limit (rig);
  }
}

/* Media are small until somebody asks to publish. */
static void
test_guard (void)
{
  RtmpLimits limits = *rtmp_limits_default ();
  g_autofree guint8 *bytes = g_malloc0 (1000);

  limits.max_command_size = 500;
  limits.max_video_size = 1000;
  for (gint publish = 0; publish <= 1; publish++)
    for (gint d = -1; d <= 1; d++) {
      g_autoptr (SessionRig) rig = new_server (&limits);
      gsize size = (publish ? 1000 : 500) + d;
      g_autofree guint8 *body = g_malloc0 (size);

      if (publish)
        session_rig_publish (rig);
      else
        session_rig_play (rig);
      g_assert_cmpint (
          session_rig_send (rig, rtmp_message_new_copy (9, 0, 1, body, size)), ==, d <= 0);
      g_assert_cmpuint (rig->n_media, ==, publish && d <= 0 ? 1 : 0);
    }
}

static void
test_preconnect_bytes (void)
{
  static const guint8 nothing[100];
  RtmpLimits limits = *rtmp_limits_default ();

  limits.max_preconnect_bytes = 1000;
  for (gint d = -1; d <= 1; d++) {
    g_autoptr (SessionRig) rig = new_server (&limits);
    g_autoptr (GByteArray) bytes = g_byte_array_new ();
    g_autoptr (RtmpMessage) message = rtmp_message_new_copy (7, 0, 0, nothing, 100);

    session_rig_handshake (rig);
    while (bytes->len < 1002)
      rtmp_chunk_writer_write (rig->writer, message, bytes);
    g_assert_cmpint (session_rig_feed (rig, bytes->data, 1000 + d), ==, d <= 0);
    if (d > 0)
      assert_limit (rig);
  }
}

/* After connect was accepted there is no such limit. */
static void
test_preconnect_ends (void)
{
  static const guint8 nothing[100];
  RtmpLimits limits = *rtmp_limits_default ();
  g_autoptr (SessionRig) rig = NULL;

  limits.max_preconnect_bytes = 1000;
  rig = new_server (&limits);
  session_rig_connect (rig);
  for (guint i = 0; i < 100; i++)
    g_assert_true (session_rig_send (rig, rtmp_message_new_copy (7, 0, 0, nothing, 100)));
}

static void
test_small_chunks (void)
{
  RtmpLimits limits = *rtmp_limits_default ();

  limits.max_small_chunks_per_s = 50;
  for (gint d = -1; d <= 1; d++) {
    g_autoptr (SessionRig) rig = new_server (&limits);
    g_autoptr (GByteArray) bytes = g_byte_array_new ();
    g_autoptr (RtmpMessage) message = NULL;
    g_autofree guint8 *body = NULL;

    session_rig_publish (rig);
    rtmp_chunk_writer_set_chunk_size (rig->writer, 1, bytes);
    /* the first chunk continues nothing */
    body = g_malloc0 (51 + d);
    message = rtmp_message_new_copy (9, 0, 1, body, 51 + d);
    rtmp_chunk_writer_write (rig->writer, message, bytes);
    g_assert_cmpint (session_rig_feed (rig, bytes->data, bytes->len), ==, d <= 0);
    if (d > 0) {
      assert_limit (rig);
      continue;
    }
    rig->now_us += G_USEC_PER_SEC;
    g_assert_true (session_rig_send (rig, rtmp_message_ref (message)));
  }
}

static void
test_message_streams (void)
{
  RtmpLimits limits = *rtmp_limits_default ();
  g_autoptr (SessionRig) rig = NULL;

  limits.max_message_streams = 3;
  rig = new_server (&limits);
  session_rig_create (rig);
  session_rig_command (rig, 0, "createStream", 3, "null");
  session_rig_command (rig, 0, "createStream", 4, "null");
  session_rig_expect (rig, "< [3/0] _result 3 null 2", "< [3/0] _result 4 null 3");
  g_assert_true (session_rig_command (rig, 0, "createStream", 5, "null"));
  session_rig_expect (rig,
      "< [3/0] _error 5 null {level:\"error\",code:\"NetConnection.Call.Failed\","
      "description:\"Too many streams on this connection.\"}");
  g_assert_true (session_rig_command (rig, 9, "publish", 5, "null,\"key\""));
  session_rig_expect (rig,
      "< [5/9] onStatus 0 null {level:\"error\",code:\"NetStream.Publish.BadName\","
      "description:\"Too many streams on this connection.\"}");
  session_rig_command (rig, 0, "deleteStream", 0, "null,2");
  session_rig_command (rig, 0, "createStream", 6, "null");
  session_rig_expect (rig, "< [3/0] _result 6 null 2");
}

static gboolean
send_commands (SessionRig *rig, guint n)
{
  while (n-- > 0)
    if (!session_rig_command (rig, 0, "close", 0, "null"))
      return FALSE;
  return TRUE;
}

static void
test_commands (void)
{
  RtmpLimits limits = *rtmp_limits_default ();

  limits.max_commands_burst = 10;
  limits.max_commands_per_s = 4;
  for (gint d = -1; d <= 1; d++) {
    g_autoptr (SessionRig) rig = new_server (&limits);

    session_rig_connect (rig);
    g_assert_cmpint (send_commands (rig, 9 + d), ==, d <= 0);
    if (d > 0)
      assert_limit (rig);
  }
  for (gint d = -1; d <= 1; d++) {
    g_autoptr (SessionRig) rig = new_server (&limits);

    session_rig_connect (rig);
    g_assert_true (send_commands (rig, 9));
    rig->now_us += G_USEC_PER_SEC / 2;
    g_assert_cmpint (send_commands (rig, 2 + d), ==, d <= 0);
  }
}

static void
test_controls (void)
{
  RtmpLimits limits = *rtmp_limits_default ();

  limits.max_controls_per_s = 20;
  for (gint d = -1; d <= 1; d++) {
    g_autoptr (SessionRig) rig = new_server (&limits);
    gboolean ok = TRUE;

    session_rig_connect (rig);
    for (gint i = 0; ok && i < 20 + d; i++)
      ok = session_rig_send (rig, rtmp_control_new (RTMP_TYPE_WINDOW_ACK_SIZE, 2500000));
    g_assert_cmpint (ok, ==, d <= 0);
    if (d > 0) {
      assert_limit (rig);
      continue;
    }
    rig->now_us += G_USEC_PER_SEC;
    g_assert_true (session_rig_send (rig, rtmp_control_new (RTMP_TYPE_WINDOW_ACK_SIZE, 1)));
  }
}

/* A fast player acknowledges hundreds of times a second. */
static void
test_acks_are_free (void)
{
  g_autoptr (SessionRig) rig = new_server (NULL);

  session_rig_play (rig);
  for (guint i = 0; i < 1000; i++)
    g_assert_true (session_rig_send (rig, rtmp_control_new (RTMP_TYPE_ACK, i)));
}

static void
test_pings (void)
{
  RtmpLimits limits = *rtmp_limits_default ();
  g_autoptr (SessionRig) rig = NULL;

  limits.max_pings_per_s = 2;
  rig = new_server (&limits);
  session_rig_connect (rig);
  for (guint i = 1; i <= 4; i++)
    session_rig_send (rig, rtmp_control_new_event (RTMP_CONTROL_PING_REQUEST, i));
  session_rig_expect (rig, "< [2/0] PingResponse 1", "< [2/0] PingResponse 2");
  rig->now_us += G_USEC_PER_SEC;
  session_rig_send (rig, rtmp_control_new_event (RTMP_CONTROL_PING_REQUEST, 5));
  session_rig_expect (rig, "< [2/0] PingResponse 5");
}

static void
test_peer_bandwidth (void)
{
  RtmpLimits limits = *rtmp_limits_default ();
  g_autoptr (SessionRig) rig = NULL;

  limits.max_peer_bandwidth_replies = 3;
  rig = new_server (&limits);
  session_rig_connect (rig);
  for (guint i = 1; i <= 5; i++)
    session_rig_send (rig, rtmp_control_new_peer_bandwidth (100000 * i, 0));
  session_rig_expect (rig, "< [2/0] WindowAckSize 100000", "< [2/0] WindowAckSize 200000",
      "< [2/0] WindowAckSize 300000");
}

/* Output that the peer does not read: an error, and what was written stays. */
static void
test_session_output (void)
{
  RtmpLimits limits = *rtmp_limits_default ();
  gsize ping = 12 + 6;

  for (gint d = -1; d <= 1; d++) {
    g_autoptr (SessionRig) rig = NULL;
    GError *error = NULL;
    gsize size;

    limits.max_session_output = 20 * ping;
    limits.max_pings_per_s = limits.max_controls_per_s = 1000;
    rig = new_server (&limits);
    /* answers to connect are longer than what this allows */
    rig->limits.max_session_output = 10000;
    session_rig_connect (rig);
    rig->limits.max_session_output = 20 * ping;
    rig->mute = TRUE;
    for (gint i = 0; i < 20 + d; i++)
      session_rig_send (rig, rtmp_control_new_event (RTMP_CONTROL_PING_REQUEST, i));
    g_assert_cmpint (rig->error == NULL, ==, d <= 0);
    rtmp_session_peek_output (rig->session, &size);
    g_assert_cmpuint (size, ==, (20 + d) * ping);
    if (d <= 0)
      continue;
    assert_limit (rig);
    g_assert_cmpint (
        rtmp_session_input (rig->session, (const guint8 *)"x", 1, rig->now_us, &error), ==, -1);
    g_assert_error (error, RTMP_ERROR, RTMP_ERROR_LIMIT);
    g_clear_error (&error);
    rtmp_session_consume_output (rig->session, size - 5);
    rtmp_session_peek_output (rig->session, &size);
    g_assert_cmpuint (size, ==, 5);
  }
}

static void
test_waiting_commands (void)
{
  for (gint d = -1; d <= 1; d++) {
    g_autoptr (SessionRig) rig = new_server (NULL);
    gboolean ok = TRUE;

    rig->hold = TRUE;
    session_rig_handshake (rig);
    session_rig_command (rig, 0, "connect", 1, "{app:\"live\"}");
    for (gint i = 0; ok && i < 16 + d; i++)
      ok = session_rig_command (rig, 0, "releaseStream", 0, "null,\"x\"");
    g_assert_cmpint (ok, ==, d <= 0);
    if (d > 0)
      assert_limit (rig);
    else
      g_assert_true (rtmp_session_accept (rig->session, 1, rig->now_us));
  }
}

/* Headers before the answer to publish: 4 * max_tracks + 1 kinds, bytes in all. */
static void
test_early_headers (void)
{
  RtmpLimits limits = *rtmp_limits_default ();
  g_autoptr (SessionRig) rig = NULL;
  g_autofree guint8 *body = g_malloc0 (1000);

  limits.max_data_size = 1000;
  for (gint d = -1; d <= 1; d++) {
    g_autoptr (SessionRig) r = new_server (&limits);

    session_rig_create (r);
    r->hold = TRUE;
    session_rig_command (r, 1, "publish", 3, "null,\"key\"");
    session_rig_media (r, 8, 1, 0, "af001190");
    body[0] = 0x17;
    session_rig_send (r, rtmp_message_new_copy (9, 0, 1, body, 996 + d));
    session_rig_forget (r);
    g_assert_true (rtmp_session_accept (r->session, r->last_request, r->now_us));
    session_rig_drain (r);
    g_assert_cmpuint (r->n_media, ==, d <= 0 ? 2 : 1);
  }
  limits.max_tracks = 0;
  rig = new_server (&limits);
  session_rig_create (rig);
  rig->hold = TRUE;
  session_rig_command (rig, 1, "publish", 3, "null,\"key\"");
  session_rig_media (rig, 8, 1, 0, "af001190");
  session_rig_media (rig, 9, 1, 0, "17000000000142c01e");
  rtmp_session_accept (rig->session, rig->last_request, rig->now_us);
  session_rig_drain (rig);
  g_assert_cmpuint (rig->n_media, ==, 1);
}

static void
test_aggregate (void)
{
  RtmpLimits limits = *rtmp_limits_default ();

  limits.max_aggregate_messages = 5;
  for (gint d = -1; d <= 1; d++) {
    g_autoptr (SessionRig) rig = new_server (&limits);
    g_autoptr (GString) hex = g_string_new (NULL);

    session_rig_publish (rig);
    for (gint i = 0; i < 5 + d; i++)
      g_string_append (hex, "0800000300000000000000af01cc0000000e");
    g_assert_cmpint (session_rig_media (rig, RTMP_TYPE_AGGREGATE, 1, 0, hex->str), ==, d <= 0);
    if (d > 0)
      assert_limit (rig);
    else
      g_assert_cmpuint (rig->n_media, ==, 5 + d);
  }
}

/* Names are bounded by rtmp_name_new; here: what the peer is told. */
static void
test_names (void)
{
  RtmpLimits limits = *rtmp_limits_default ();

  limits.max_name_size = 8;
  for (gint d = -1; d <= 1; d++) {
    g_autoptr (SessionRig) rig = new_server (&limits);
    g_autofree gchar *name = g_strnfill (8 + d, 'a');
    g_autofree gchar *values = g_strdup_printf ("null,\"%s\"", name);

    session_rig_create (rig);
    g_assert_true (session_rig_command (rig, 1, "publish", 3, values));
    g_assert_cmpint (rtmp_session_get_state (rig->session), ==,
        d <= 0 ? RTMP_STATE_CONNECTED : RTMP_STATE_CLOSING);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/session/limits/command-size", test_command_size);
  g_test_add_func ("/session/limits/guard", test_guard);
  g_test_add_func ("/session/limits/preconnect-bytes", test_preconnect_bytes);
  g_test_add_func ("/session/limits/preconnect-ends", test_preconnect_ends);
  g_test_add_func ("/session/limits/small-chunks", test_small_chunks);
  g_test_add_func ("/session/limits/message-streams", test_message_streams);
  g_test_add_func ("/session/limits/commands", test_commands);
  g_test_add_func ("/session/limits/controls", test_controls);
  g_test_add_func ("/session/limits/acks-are-free", test_acks_are_free);
  g_test_add_func ("/session/limits/pings", test_pings);
  g_test_add_func ("/session/limits/peer-bandwidth", test_peer_bandwidth);
  g_test_add_func ("/session/limits/session-output", test_session_output);
  g_test_add_func ("/session/limits/waiting-commands", test_waiting_commands);
  g_test_add_func ("/session/limits/early-headers", test_early_headers);
  g_test_add_func ("/session/limits/aggregate", test_aggregate);
  g_test_add_func ("/session/limits/names", test_names);
  return g_test_run ();
}
