/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * RtmpPush against our own server, over loopback sockets and real threads: publish,
 * drain, reconnect after a takeover of the port, refusal for good.
 */
#include "fake.h"
#include "server/rtmp-push.h"

/* What the callbacks of either side saw; the main thread waits on it. */
typedef struct _Seen
{
  GMutex lock;
  GCond cond;
  GString *published; /* messages at the source mount */
  guint begins;
  guint ends;
  gboolean orderly;
  guint connected;
  guint disconnected;
  gboolean will_retry;
  gchar *error;
  gboolean drained;
  gboolean refuse;
} Seen;

static void
seen_init (Seen *seen)
{
  memset (seen, 0, sizeof (*seen));
  g_mutex_init (&seen->lock);
  g_cond_init (&seen->cond);
  seen->published = g_string_new (NULL);
}

static void
seen_clear (Seen *seen)
{
  g_mutex_clear (&seen->lock);
  g_cond_clear (&seen->cond);
  g_string_free (seen->published, TRUE);
  g_free (seen->error);
}

#define seen_note(seen, statement)                                                             \
  G_STMT_START                                                                                 \
  {                                                                                            \
    g_mutex_lock (&(seen)->lock);                                                              \
    statement;                                                                                 \
    g_cond_broadcast (&(seen)->cond);                                                          \
    g_mutex_unlock (&(seen)->lock);                                                            \
  }                                                                                            \
  G_STMT_END

#define seen_wait(seen, condition)                                                             \
  G_STMT_START                                                                                 \
  {                                                                                            \
    g_mutex_lock (&(seen)->lock);                                                              \
    while (!(condition))                                                                       \
      g_cond_wait (&(seen)->cond, &(seen)->lock);                                              \
    g_mutex_unlock (&(seen)->lock);                                                            \
  }                                                                                            \
  G_STMT_END

static void
on_request (RtmpMount *mount, RtmpRequest *request, gpointer user_data)
{
  Seen *seen = user_data;

  if (seen->refuse)
    rtmp_request_refuse (request, RTMP_REFUSE_DENIED, "not you");
  else
    rtmp_request_accept (request);
}

static void
on_begin (RtmpMount *mount, RtmpClient *client, gboolean takeover, gpointer user_data)
{
  Seen *seen = user_data;

  seen_note (seen, seen->begins++);
}

static gboolean
on_message (RtmpMount *mount, RtmpMessage *message, gpointer user_data)
{
  Seen *seen = user_data;

  seen_note (seen, describe (seen->published, message));
  return TRUE;
}

static void
on_end (RtmpMount *mount, RtmpClient *client, gboolean orderly, const gchar *reason,
    gpointer user_data)
{
  Seen *seen = user_data;

  seen_note (seen, (seen->ends++, seen->orderly = orderly));
}

static const RtmpMountFuncs mount_funcs = {
  .request = on_request,
  .publish_begin = on_begin,
  .publish_message = on_message,
  .publish_end = on_end,
};

static void
on_connected (RtmpPush *push, RtmpClient *client, gpointer user_data)
{
  Seen *seen = user_data;

  seen_note (seen, seen->connected++);
}

static void
on_disconnected (RtmpPush *push, RtmpClient *client, const GError *error, gboolean will_retry,
    gpointer user_data)
{
  Seen *seen = user_data;

  seen_note (seen, (seen->disconnected++, seen->will_retry = will_retry, g_free (seen->error),
                       seen->error = g_strdup (error ? error->message : NULL)));
}

static void
on_drained (gpointer user_data)
{
  Seen *seen = user_data;

  seen_note (seen, seen->drained = TRUE);
}

static const RtmpPushFuncs push_funcs = {
  .connected = on_connected,
  .disconnected = on_disconnected,
};

static RtmpServer *
serve (guint16 port, RtmpMount **mount, Seen *seen)
{
  RtmpServer *server = rtmp_server_acquire ("127.0.0.1", port, NULL, NULL);
  RtmpMountConfig config = SOURCE (.key = "in", .funcs = &mount_funcs, .user_data = seen);

  g_assert_nonnull (server);
  *mount = rtmp_server_mount (server, &config, NULL);
  return server;
}

static RtmpPush *
push_to (guint16 port, RtmpStream *stream, Seen *seen)
{
  g_autofree gchar *text = g_strdup_printf ("rtmp://127.0.0.1:%u/live/in", port);
  const gchar *schemes[] = { "rtmp", NULL };
  g_autoptr (RtmpUrl) url = rtmp_url_parse (text, schemes, NULL);

  return rtmp_push_new (url, stream, NULL, &push_funcs, seen);
}

static void
publish (RtmpStream *stream, RtmpMessage *message)
{
  rtmp_stream_publish (stream, message);
  rtmp_message_unref (message);
}

static void
publish_headers (RtmpStream *stream)
{
  rtmp_stream_begin (stream);
  publish (stream, metadata (0, "pushed"));
  publish (stream, video_header (0, 1));
  publish (stream, audio_header (0));
}

static void
test_drain (void)
{
  Seen seen;
  RtmpMount *mount;
  RtmpServer *server;
  g_autoptr (RtmpStream) stream = rtmp_stream_new_local ("live", "out", NULL);
  RtmpPush *push;

  seen_init (&seen);
  server = serve (0, &mount, &seen);
  publish_headers (stream);
  publish (stream, video_key (40, 100));
  push = push_to (rtmp_server_get_port (server), stream, &seen);
  seen_wait (&seen, seen.begins == 1);
  publish (stream, audio_frame (50, 10));
  publish (stream, video_inter (73, 300000));
  publish (stream, audio_frame (80, 10));
  rtmp_push_drain (push, 10000, on_drained, &seen);
  seen_wait (&seen, seen.drained && seen.ends == 1);
  /* the metadata came with @setDataFrame, which the session cuts off */
  g_assert_cmpstr (seen.published->str, ==, "M0 H40 h40 K40 A50 V73 A80");
  g_assert_true (seen.orderly);
  g_assert_cmpuint (seen.disconnected, ==, 1);
  g_assert_false (seen.will_retry);
  g_assert_null (seen.error);
  rtmp_push_free (push);
  rtmp_mount_free (mount);
  rtmp_server_release (server);
  seen_clear (&seen);
}

/* The server goes and comes back: a second try finds it. */
static void
test_reconnect (void)
{
  Seen seen;
  RtmpMount *mount;
  RtmpServer *server;
  g_autoptr (RtmpStream) stream = rtmp_stream_new_local ("live", "out", NULL);
  RtmpPush *push;
  guint16 port;

  seen_init (&seen);
  server = serve (0, &mount, &seen);
  port = rtmp_server_get_port (server);
  publish_headers (stream);
  publish (stream, video_key (0, 100));
  push = push_to (port, stream, &seen);
  seen_wait (&seen, seen.begins == 1);
  rtmp_mount_free (mount);
  rtmp_server_release (server);
  seen_wait (&seen, seen.disconnected == 1);
  g_assert_true (seen.will_retry);
  g_assert_nonnull (seen.error);
  seen_note (&seen, g_string_truncate (seen.published, 0));
  server = serve (port, &mount, &seen);
  publish (stream, video_key (1000, 100));
  seen_wait (&seen, seen.begins == 2 && strchr (seen.published->str, 'K'));
  g_assert_cmpstr (seen.published->str, ==, "M0 H1000 h1000 K1000");
  g_assert_cmpuint (seen.connected, ==, 2);
  rtmp_push_free (push);
  rtmp_mount_free (mount);
  rtmp_server_release (server);
  seen_clear (&seen);
}

static void
test_refused (void)
{
  Seen seen;
  RtmpMount *mount;
  RtmpServer *server;
  g_autoptr (RtmpStream) stream = rtmp_stream_new_local ("live", "out", NULL);
  RtmpPush *push;

  seen_init (&seen);
  seen.refuse = TRUE;
  server = serve (0, &mount, &seen);
  push = push_to (rtmp_server_get_port (server), stream, &seen);
  seen_wait (&seen, seen.disconnected == 1);
  g_assert_false (seen.will_retry);
  g_assert_nonnull (strstr (seen.error, "NetStream.Publish.Denied"));
  g_assert_nonnull (strstr (seen.error, "not you"));
  /* nothing to wait for */
  rtmp_push_drain (push, 10000, on_drained, &seen);
  seen_wait (&seen, seen.drained);
  rtmp_push_free (push);
  rtmp_mount_free (mount);
  rtmp_server_release (server);
  seen_clear (&seen);
}

/* Nobody listens; freed while it tries, and while it waits for the next try. */
static void
test_free_any_time (void)
{
  g_autoptr (RtmpStream) stream = rtmp_stream_new_local ("live", "out", NULL);
  RtmpServer *server = rtmp_server_acquire ("127.0.0.1", 0, NULL, NULL);
  guint16 port = rtmp_server_get_port (server);

  rtmp_server_release (server);
  for (guint i = 0; i < 20; i++) {
    Seen seen;
    RtmpPush *push;

    seen_init (&seen);
    push = push_to (port, stream, &seen);
    if (i % 2)
      seen_wait (&seen, seen.disconnected == 1);
    rtmp_push_free (push);
    seen_clear (&seen);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/push/drain", test_drain);
  g_test_add_func ("/push/reconnect", test_reconnect);
  g_test_add_func ("/push/refused", test_refused);
  g_test_add_func ("/push/free-any-time", test_free_any_time);
  return g_test_run ();
}
