/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Engine to engine: our server session against our publisher and player client
 * sessions through byte buffers, at every split size.
 */
#include "session-log.h"
#include "protocol/rtmp-command.h"
#include "protocol/rtmp-error.h"

typedef struct _End
{
  RtmpSession *session;
  GString *log;
  gsize written;
} End;

typedef struct _Pair
{
  End server;
  End client;
  gsize split;
  RtmpRefusal refuse; /* of publish and play, if refusing */
  gboolean refusing;
  gint64 now_us;
} Pair;

static void
end_init (End *end, RtmpSessionRole role, gboolean digest)
{
  RtmpSessionConfig config = { .role = role,
    .limits = rtmp_limits_default (),
    .now_us = 1,
    .seed = { role, 7 },
    .application = "app/inst",
    .tc_url = "rtmp://h/app/inst",
    .stream = "key?token=1",
    .digest = digest };

  end->session = rtmp_session_new (&config);
  end->log = g_string_new (NULL);
}

static void
end_clear (End *end)
{
  rtmp_session_free (end->session);
  g_string_free (end->log, TRUE);
}

static Pair *
pair_new (RtmpSessionRole role, gboolean digest, gsize split)
{
  Pair *pair = g_new0 (Pair, 1);

  end_init (&pair->server, RTMP_SESSION_SERVER, FALSE);
  end_init (&pair->client, role, digest);
  pair->split = split;
  pair->now_us = 1;
  return pair;
}

static void
pair_free (Pair *pair)
{
  end_clear (&pair->server);
  end_clear (&pair->client);
  g_free (pair);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Pair, pair_free)

static void
answer (Pair *pair, RtmpSession *session, const RtmpEvent *event)
{
  gboolean refuse = pair->refusing && event->type != RTMP_EVENT_CONNECT;

  if (event->type != RTMP_EVENT_CONNECT && event->type != RTMP_EVENT_PUBLISH &&
      event->type != RTMP_EVENT_PLAY)
    return;
  if (refuse)
    rtmp_session_refuse (session, event->request, pair->refuse, NULL, pair->now_us);
  else
    rtmp_session_accept (session, event->request, pair->now_us);
}

static void
pull (Pair *pair, End *end)
{
  RtmpEvent event = { 0 };

  while (rtmp_session_pull (end->session, &event)) {
    session_log_event (end->log, &event);
    answer (pair, end->session, &event);
    rtmp_event_clear (&event);
  }
}

/* One slice from one to the other; FALSE: there was nothing to move. */
static gboolean
move (Pair *pair, End *from, End *to)
{
  GError *error = NULL;
  gsize size;
  const guint8 *data = rtmp_session_peek_output (from->session, &size);
  gssize n;

  if (size == 0)
    return FALSE;
  size = MIN (size, pair->split);
  n = rtmp_session_input (to->session, data, size, pair->now_us, &error);
  g_assert_no_error (error);
  g_assert_cmpint (n, >, 0);
  from->written += n;
  rtmp_session_consume_output (from->session, n);
  pull (pair, to);
  return TRUE;
}

static void
settle (Pair *pair)
{
  gboolean moved;

  do {
    moved = move (pair, &pair->client, &pair->server);
    moved |= move (pair, &pair->server, &pair->client);
  } while (moved);
}

static void
assert_log (End *end, const gchar *expected)
{
  g_assert_cmpstr (end->log->str, ==, expected);
  g_string_truncate (end->log, 0);
}

/* As a holder sends media: wire slices beside the session's own output. */
static void
send_media (End *end, guint8 type, guint32 timestamp, gsize size)
{
  g_autofree guint8 *body = g_malloc (size);
  g_autoptr (RtmpMessage) message = NULL;

  memset (body, 0xab, size);
  body[0] = type == RTMP_TYPE_VIDEO ? 0x17 : 0xaf;
  body[1] = 1;
  message = rtmp_message_new_copy (type, timestamp, 1, body, size);
  message->csid = type == RTMP_TYPE_VIDEO ? RTMP_CSID_VIDEO : RTMP_CSID_AUDIO;
  rtmp_session_send (end->session, message);
}

static void
publish_once (gsize split, gboolean digest)
{
  g_autoptr (Pair) pair = pair_new (RTMP_SESSION_PUBLISHER, digest, split);
  g_autoptr (RtmpMessage) data = rtmp_data_new (
      1, 0, "@setDataFrame", rtmp_amf_new_string ("onMetaData"), rtmp_amf_new_object (), NULL);

  settle (pair);
  assert_log (&pair->server, "* connect #1 app=app key=inst\n"
                             "* publish [1] #2 app=app/inst key=key query=token=1\n");
  assert_log (&pair->client, "* ready [1]\n");
  rtmp_session_send (pair->client.session, data);
  send_media (&pair->client, RTMP_TYPE_VIDEO, 0, 200);
  send_media (&pair->client, RTMP_TYPE_AUDIO, 0xffffff, 20);
  settle (pair);
  assert_log (&pair->server, "* media [1] 0 onMetaData {} metadata\n"
                             "* media [1] 0 video avc 200 bytes keyframe\n"
                             "* media [1] 16777215 audio aac 20 bytes\n");
  rtmp_session_finish (pair->client.session);
  settle (pair);
  assert_log (&pair->server, "* publish-end [1]\n");
  assert_log (&pair->client, "");
  g_assert_cmpint (rtmp_session_get_state (pair->client.session), ==, RTMP_STATE_CLOSING);
}

static void
test_publish (void)
{
  gsize total = 3073 + 1200;

  for (gsize split = 1; split <= total; split += split < 2000 ? 1 : 61)
    publish_once (split, FALSE);
}

static void
test_publish_digest (void)
{
  for (gsize split = 1; split <= 4000; split += 37)
    publish_once (split, TRUE);
}

static void
play_once (gsize split)
{
  g_autoptr (Pair) pair = pair_new (RTMP_SESSION_PLAYER, FALSE, split);

  settle (pair);
  assert_log (&pair->server, "* connect #1 app=app key=inst\n"
                             "* play [1] #2 app=app/inst key=key query=token=1 start=-2\n");
  assert_log (&pair->client, "* ready [1]\n");
  rtmp_session_play_notify (pair->server.session, 1);
  send_media (&pair->server, RTMP_TYPE_VIDEO, 40, 70000);
  settle (pair);
  assert_log (&pair->client, "* status status NetStream.Play.PublishNotify "
                             "(The stream is now published.)\n"
                             "* media [1] 40 video avc 70000 bytes keyframe\n");
  rtmp_session_play_eof (pair->server.session, 1);
  settle (pair);
  assert_log (&pair->client, "* status status NetStream.Play.UnpublishNotify "
                             "(The stream is no longer published.)\n"
                             "* status [1] status NetStream.Play.Complete\n"
                             "* play-end [1]\n");
  rtmp_session_finish (pair->client.session);
  settle (pair);
  assert_log (&pair->server, "* play-end [1]\n");
}

static void
test_play (void)
{
  for (gsize split = 1; split <= 80000; split += split < 300 ? 1 : split / 3)
    play_once (split);
}

static void
refuse_once (RtmpSessionRole role, RtmpRefusal reason, const gchar *expected)
{
  g_autoptr (Pair) pair = pair_new (role, FALSE, 100);

  pair->refusing = TRUE;
  pair->refuse = reason;
  settle (pair);
  assert_log (&pair->client, expected);
  g_assert_cmpint (rtmp_session_get_state (pair->client.session), ==, RTMP_STATE_CLOSING);
  g_assert_cmpint (rtmp_session_get_state (pair->server.session), ==,
      role == RTMP_SESSION_PUBLISHER ? RTMP_STATE_CLOSING : RTMP_STATE_CONNECTED);
}

static void
test_refusals (void)
{
  refuse_once (RTMP_SESSION_PUBLISHER, RTMP_REFUSE_BAD_NAME,
      "* refused error NetStream.Publish.BadName (This name cannot be published to.)\n");
  refuse_once (RTMP_SESSION_PUBLISHER, RTMP_REFUSE_DENIED,
      "* refused error NetStream.Publish.Denied (Access denied.)\n");
  refuse_once (RTMP_SESSION_PUBLISHER, RTMP_REFUSE_UNSUPPORTED,
      "* refused error NetStream.Publish.Rejected (Codec not supported.)\n");
  refuse_once (RTMP_SESSION_PLAYER, RTMP_REFUSE_NOT_FOUND,
      "* refused error NetStream.Play.StreamNotFound (Stream not found.)\n");
  refuse_once (RTMP_SESSION_PLAYER, RTMP_REFUSE_LIMIT,
      "* refused error NetStream.Play.Failed (Too many clients.)\n");
}

/* Pings of the server are answered by the client. */
static void
test_ping (void)
{
  g_autoptr (Pair) pair = pair_new (RTMP_SESSION_PUBLISHER, FALSE, 4096);

  settle (pair);
  pair->now_us += 15 * G_USEC_PER_SEC;
  g_assert_true (rtmp_session_tick (pair->server.session, pair->now_us, NULL));
  pair->now_us += 1234;
  settle (pair);
  g_assert_cmpint (rtmp_session_get_rtt_us (pair->server.session), ==, 1234);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/session/pair/publish", test_publish);
  g_test_add_func ("/session/pair/publish-digest", test_publish_digest);
  g_test_add_func ("/session/pair/play", test_play);
  g_test_add_func ("/session/pair/refusals", test_refusals);
  g_test_add_func ("/session/pair/ping", test_ping);
  return g_test_run ();
}
