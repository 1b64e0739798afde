/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Time limits and pings of a session, in virtual time: not a microsecond early.
 */
#include "session-rig.h"

#define MS G_GINT64_CONSTANT (1000)

/* The next deadline is @ms from now; just before it nothing happens, then TIMEOUT. */
static void
assert_times_out (SessionRig *rig, gint64 ms)
{
  g_assert_cmpint (rtmp_session_get_deadline (rig->session), ==, rig->now_us + ms * MS);
  g_assert_true (session_rig_wait (rig, ms * MS - 1));
  g_assert_cmpint (rtmp_session_get_state (rig->session), <, RTMP_STATE_CLOSING);
  g_assert_false (session_rig_wait (rig, 1));
  g_assert_error (rig->error, RTMP_ERROR, RTMP_ERROR_TIMEOUT);
  g_assert_cmpint (rtmp_session_get_deadline (rig->session), ==, G_MAXINT64);
}

static SessionRig *
new_server (guint ping_interval_ms)
{
  RtmpLimits limits = *rtmp_limits_default ();

  limits.ping_interval_ms = ping_interval_ms;
  return session_rig_new (RTMP_SESSION_SERVER, &limits);
}

static void
test_handshake (void)
{
  g_autoptr (SessionRig) rig = new_server (0);
  g_autoptr (SessionRig) slow = new_server (0);
  guint8 byte = 3;

  assert_times_out (rig, 5000);
  /* a byte now and then does not help */
  for (guint i = 0; i < 4; i++) {
    g_assert_true (session_rig_wait (slow, 1000 * MS));
    g_assert_true (session_rig_feed (slow, &byte, 1));
  }
  assert_times_out (slow, 1000);
}

static void
test_connect (void)
{
  g_autoptr (SessionRig) rig = new_server (0);

  g_assert_true (session_rig_wait (rig, 4000 * MS));
  session_rig_handshake (rig);
  g_assert_true (session_rig_wait (rig, 1000 * MS));
  session_rig_send (rig, rtmp_control_new (RTMP_TYPE_WINDOW_ACK_SIZE, 2500000));
  assert_times_out (rig, 4000);
}

/* What our own side owes is not the peer's fault. */
static void
test_own_answers (void)
{
  g_autoptr (SessionRig) rig = new_server (0);

  rig->hold = TRUE;
  session_rig_handshake (rig);
  session_rig_command (rig, 0, "connect", 1, "{app:\"live\"}");
  g_assert_cmpint (rtmp_session_get_deadline (rig->session), ==, G_MAXINT64);
  g_assert_true (session_rig_wait (rig, 3600000 * MS));
  g_assert_true (rtmp_session_accept (rig->session, rig->last_request, rig->now_us));
  session_rig_command (rig, 1, "play", 1, "null,\"key\"");
  g_assert_cmpint (rtmp_session_get_deadline (rig->session), ==, G_MAXINT64);
  g_assert_true (session_rig_wait (rig, 3600000 * MS));
  g_assert_true (rtmp_session_refuse (
      rig->session, rig->last_request, RTMP_REFUSE_TIMEOUT, NULL, rig->now_us));
  assert_times_out (rig, 30000);
}

static void
test_request (void)
{
  g_autoptr (SessionRig) rig = new_server (0);

  session_rig_connect (rig);
  g_assert_true (session_rig_wait (rig, 10000 * MS));
  /* createStream is no request */
  session_rig_command (rig, 0, "createStream", 2, "null");
  assert_times_out (rig, 20000);
}

static void
test_idle_again (void)
{
  g_autoptr (SessionRig) rig = new_server (0);

  session_rig_publish (rig);
  g_assert_true (session_rig_wait (rig, 10000 * MS));
  session_rig_command (rig, 1, "closeStream", 0, "null");
  assert_times_out (rig, 30000);
}

static void
test_silent_publisher (void)
{
  g_autoptr (SessionRig) rig = new_server (0);

  session_rig_publish (rig);
  g_assert_cmpint (rtmp_session_get_deadline (rig->session), ==, rig->now_us + 15000 * MS);
  g_assert_true (session_rig_wait (rig, 15000 * MS - 1));
  session_rig_expect (rig, NULL);
  g_assert_true (session_rig_wait (rig, 1));
  session_rig_expect (rig, "< [2/0] PingRequest 1015000");
  assert_times_out (rig, 15000);
  session_rig_expect (rig, "! TIMEOUT");
}

static void
test_answering_publisher (void)
{
  g_autoptr (SessionRig) rig = new_server (0);

  session_rig_publish (rig);
  g_assert_cmpint (rtmp_session_get_rtt_us (rig->session), ==, -1);
  for (guint i = 1; i < 100; i++) {
    g_assert_true (session_rig_wait (rig, 14900 * MS));
    session_rig_forget (rig);
    g_assert_true (session_rig_wait (rig, 100 * MS));
    rig->now_us += 7 * MS;
    session_rig_send (rig, rtmp_control_new_event (RTMP_CONTROL_PING_RESPONSE,
                               (guint32)((rig->now_us - 7 * MS) / 1000)));
    g_assert_cmpint (rtmp_session_get_rtt_us (rig->session), ==, 7 * MS);
    /* the next ping counts from the one before */
    rig->now_us -= 7 * MS;
  }
}

static void
test_stray_ping_response (void)
{
  g_autoptr (SessionRig) rig = new_server (1000);

  session_rig_play (rig);
  session_rig_send (rig, rtmp_control_new_event (RTMP_CONTROL_PING_RESPONSE, 0));
  g_assert_true (session_rig_wait (rig, 1000 * MS));
  session_rig_send (rig, rtmp_control_new_event (RTMP_CONTROL_PING_RESPONSE, 4711));
  g_assert_cmpint (rtmp_session_get_rtt_us (rig->session), ==, -1);
  rig->now_us += 3;
  session_rig_send (rig, rtmp_control_new_event (RTMP_CONTROL_PING_RESPONSE, 1001000));
  g_assert_cmpint (rtmp_session_get_rtt_us (rig->session), ==, 3);
}

static void
test_ping_interval (void)
{
  g_autoptr (SessionRig) rig = new_server (1000);

  session_rig_publish (rig);
  for (guint i = 1; i <= 5; i++)
    g_assert_true (session_rig_wait (rig, 1000 * MS));
  session_rig_expect (rig, "< [2/0] PingRequest 1001000", "< [2/0] PingRequest 1002000",
      "< [2/0] PingRequest 1003000", "< [2/0] PingRequest 1004000",
      "< [2/0] PingRequest 1005000");
}

/* Players may be silent for ever: what they do not read is the holder's matter. */
static void
test_silent_player (void)
{
  g_autoptr (SessionRig) rig = new_server (0);

  session_rig_play (rig);
  for (guint i = 0; i < 100; i++)
    g_assert_true (session_rig_wait (rig, 60000 * MS));
}

static void
test_idle_timeout_setting (void)
{
  g_autoptr (SessionRig) rig = new_server (0);
  g_autoptr (SessionRig) never = new_server (0);

  session_rig_publish (rig);
  rtmp_session_set_idle_timeout (rig->session, 2000);
  g_assert_true (session_rig_wait (rig, 1000 * MS));
  session_rig_expect (rig, "< [2/0] PingRequest 1001000");
  session_rig_media (rig, 8, 1, 0, "af01cc");
  g_assert_true (session_rig_wait (rig, 1000 * MS));
  assert_times_out (rig, 1000);

  session_rig_publish (never);
  rtmp_session_set_idle_timeout (never->session, 0);
  g_assert_cmpint (rtmp_session_get_deadline (never->session), ==, G_MAXINT64);
  g_assert_true (session_rig_wait (never, 3600000 * MS));
}

static void
test_held (void)
{
  g_autoptr (SessionRig) rig = new_server (0);

  session_rig_publish (rig);
  g_assert_true (session_rig_wait (rig, 10000 * MS));
  rtmp_session_set_held (rig->session, TRUE, rig->now_us);
  g_assert_cmpint (rtmp_session_get_deadline (rig->session), ==, G_MAXINT64);
  g_assert_true (session_rig_wait (rig, 3600000 * MS));
  session_rig_expect (rig, NULL);
  rtmp_session_set_held (rig->session, FALSE, rig->now_us);
  g_assert_true (session_rig_wait (rig, 15000 * MS));
  assert_times_out (rig, 15000);
}

static void
test_partial_message (void)
{
  static const guint8 begin[] = { 0x05, 0, 0, 0, 0, 0, 10, 20, 0, 0, 0, 0, 1 };
  g_autoptr (SessionRig) rig = new_server (3600000);

  session_rig_play (rig);
  g_assert_true (session_rig_wait (rig, 100000 * MS));
  g_assert_true (session_rig_feed (rig, begin, sizeof begin));
  g_assert_true (session_rig_wait (rig, 20000 * MS));
  g_assert_true (session_rig_feed (rig, begin, 1));
  assert_times_out (rig, 30000);
}

static void
test_client_phases (void)
{
  g_autoptr (SessionRig) rig = session_rig_new (RTMP_SESSION_PUBLISHER, NULL);
  g_autoptr (SessionRig) late = session_rig_new (RTMP_SESSION_PUBLISHER, NULL);
  g_autoptr (SessionRig) mute = session_rig_new (RTMP_SESSION_PUBLISHER, NULL);

  assert_times_out (mute, 5000);
  session_rig_handshake (rig);
  assert_times_out (rig, 5000);
  session_rig_handshake (late);
  session_rig_command (late, 0, "_result", 1, "null,{code:\"NetConnection.Connect.Success\"}");
  g_assert_true (session_rig_wait (late, 10000 * MS));
  session_rig_command (late, 0, "_result", 4, "null,1");
  assert_times_out (late, 30000);
}

static void
test_client_ready (void)
{
  g_autoptr (SessionRig) rig = session_rig_new (RTMP_SESSION_PUBLISHER, NULL);

  session_rig_handshake (rig);
  session_rig_command (rig, 0, "_result", 1, "null,{code:\"NetConnection.Connect.Success\"}");
  session_rig_command (rig, 0, "_result", 4, "null,1");
  session_rig_command (rig, 1, "onStatus", 0, "null,{code:\"NetStream.Publish.Start\"}");
  session_rig_forget (rig);
  /* a server has nothing to say to a publisher */
  g_assert_cmpint (rtmp_session_get_deadline (rig->session), ==, G_MAXINT64);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/session/time/handshake", test_handshake);
  g_test_add_func ("/session/time/connect", test_connect);
  g_test_add_func ("/session/time/own-answers", test_own_answers);
  g_test_add_func ("/session/time/request", test_request);
  g_test_add_func ("/session/time/idle-again", test_idle_again);
  g_test_add_func ("/session/time/silent-publisher", test_silent_publisher);
  g_test_add_func ("/session/time/answering-publisher", test_answering_publisher);
  g_test_add_func ("/session/time/stray-ping-response", test_stray_ping_response);
  g_test_add_func ("/session/time/ping-interval", test_ping_interval);
  g_test_add_func ("/session/time/silent-player", test_silent_player);
  g_test_add_func ("/session/time/idle-timeout-setting", test_idle_timeout_setting);
  g_test_add_func ("/session/time/held", test_held);
  g_test_add_func ("/session/time/partial-message", test_partial_message);
  g_test_add_func ("/session/time/client-phases", test_client_phases);
  g_test_add_func ("/session/time/client-ready", test_client_ready);
  return g_test_run ();
}
