/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * One function per state of the way out: resolve and connect (GIO), the session's
 * dialogue, publishing, waiting for the next try, done. All on one loop.
 */
#include "server/rtmp-push.h"

#include "protocol/rtmp-error.h"
#include "server/rtmp-connection.h"
#include "server/rtmp-feed.h"

#include <string.h>

#define CONNECT_TIMEOUT_US (10 * G_USEC_PER_SEC)
#define MIN_BACKOFF_US G_USEC_PER_SEC
#define MAX_BACKOFF_US (30 * G_USEC_PER_SEC)

typedef enum
{
  PUSH_CONNECTING, /* GIO is at it */
  PUSH_TALKING,    /* there is a connection, the server has not accepted yet */
  PUSH_PUBLISHING,
  PUSH_WAITING, /* for the next try, or for the old connection to be gone */
  PUSH_DONE,
} PushState;

struct _RtmpPush
{
  gatomicrefcount ref_count; /* the owner, and an attempt to connect under way */
  RtmpUrl *url;
  gchar *tc_url;
  RtmpStream *stream;
  RtmpLimits limits;
  const RtmpPushFuncs *funcs;
  gpointer user_data;
  RtmpLoopPool *pool;
  RtmpLoop *loop;

  /* the loop's */
  PushState state;
  RtmpConnection *connection; /* also while it closes */
  GCancellable *cancellable;  /* of the attempt */
  RtmpTimer timer;
  gint64 backoff_us;
  gint64 ready_us;
  gint64 keyframe_us;
  GError *refusal; /* what the server said */
  gboolean for_good;
  gboolean freed;
  gboolean draining;
  gint64 drain_us;
  GDestroyNotify drained;
  gpointer drained_data;

  GMutex lock;
  GCond cond;
  RtmpClient *client;  /* under lock */
  gboolean attempting; /* under lock */
};

static void push_connect (RtmpPush *push);
static const RtmpConnectionFuncs push_funcs;

static RtmpPush *
push_ref (RtmpPush *push)
{
  g_atomic_ref_count_inc (&push->ref_count);
  return push;
}

static void
push_unref (RtmpPush *push)
{
  if (!g_atomic_ref_count_dec (&push->ref_count))
    return;
  rtmp_url_free (push->url);
  g_free (push->tc_url);
  rtmp_stream_unref (push->stream);
  g_clear_pointer (&push->client, rtmp_client_unref);
  g_clear_error (&push->refusal);
  g_clear_object (&push->cancellable);
  g_mutex_clear (&push->lock);
  g_cond_clear (&push->cond);
  g_free (push);
}

static gint64
now_of (const RtmpPush *push)
{
  return rtmp_loop_get_now (push->loop);
}

/* ---- drain ----------------------------------------------------------- */

static void
finish_drain (RtmpPush *push)
{
  GDestroyNotify drained = push->drained;

  push->drained = NULL;
  if (drained)
    drained (push->drained_data);
}

/* Everything the stream had for us is written: say goodbye, then close. */
static void
say_goodbye (RtmpPush *push)
{
  RtmpConnection *connection = push->connection;

  if (!push->draining || push->state != PUSH_PUBLISHING ||
      !rtmp_outbox_is_empty (&connection->outbox) || connection->outbox.blocked)
    return;
  rtmp_session_finish (connection->session);
  rtmp_connection_close (connection, "the end");
}

/* ---- tries ----------------------------------------------------------- */

static void
arm (RtmpPush *push, gint64 due_us)
{
  if (push->draining)
    due_us = MIN (due_us, push->drain_us);
  rtmp_loop_arm (push->loop, &push->timer, due_us);
}

static gboolean
may_retry (const RtmpPush *push)
{
  return !push->for_good && !push->draining && !push->freed;
}

/* @error: NULL = we ended it. */
static void
lost (RtmpPush *push, RtmpClient *client, const GError *error)
{
  gboolean retry = may_retry (push);

  push->state = retry ? PUSH_WAITING : PUSH_DONE;
  if (!push->freed && push->funcs->disconnected)
    push->funcs->disconnected (push, client, error, retry, push->user_data);
  g_clear_error (&push->refusal);
  if (retry && !push->connection)
    arm (push, now_of (push) + push->backoff_us);
  else if (!retry && !push->connection)
    finish_drain (push);
}

static void
on_timer (RtmpTimer *timer, gint64 now_us)
{
  RtmpPush *push = (RtmpPush *)((guint8 *)timer - G_STRUCT_OFFSET (RtmpPush, timer));

  if (push->draining && now_us >= push->drain_us) {
    finish_drain (push);
    if (push->cancellable)
      g_cancellable_cancel (push->cancellable);
    if (push->connection)
      rtmp_connection_close (push->connection, "not sent in time");
  } else if (push->state == PUSH_CONNECTING) {
    g_cancellable_cancel (push->cancellable);
  } else if (push->state == PUSH_WAITING) {
    push->backoff_us = MIN (push->backoff_us * 2, MAX_BACKOFF_US);
    push_connect (push);
  }
}

/* ---- the connection -------------------------------------------------- */

/* What more tries will not change. */
static gboolean
is_final (const gchar *code)
{
  static const gchar *const words[] = { "Denied", "Unauthorized", "Rejected", "InvalidApp" };

  for (guint i = 0; code && i < G_N_ELEMENTS (words); i++)
    if (strstr (code, words[i]))
      return TRUE;
  return FALSE;
}

static void
on_refused (RtmpPush *push, const RtmpEvent *event)
{
  g_clear_error (&push->refusal);
  g_set_error (&push->refusal, RTMP_ERROR, RTMP_ERROR_REFUSED, "The server refused: %s%s%s",
      event->code ? event->code : "", event->code && event->description ? ": " : "",
      event->description ? event->description : "");
  push->for_good = is_final (event->code);
  rtmp_connection_close (push->connection, push->refusal->message);
}

static void
on_published (RtmpPush *push, const RtmpEvent *event)
{
  RtmpConnection *connection = push->connection;

  push->state = PUSH_PUBLISHING;
  push->ready_us = now_of (push);
  /* a server need not say anything to a publisher */
  rtmp_session_set_idle_timeout (connection->session, 0);
  connection->outbox.msid = event->msid;
  connection->outbox.wrap = TRUE;
  /* first: what is published once `connected` was heard of is for us too */
  rtmp_feed_join (push->stream, push->loop, &connection->outbox, TRUE);
  if (push->funcs->connected)
    push->funcs->connected (push, connection->client, push->user_data);
  rtmp_connection_flush_later (connection);
}

/* An error status while publishing is the server's way to end it. */
static void
on_status (RtmpPush *push, const RtmpEvent *event)
{
  if (g_strcmp0 (event->level, "error") == 0)
    on_refused (push, event);
}

static void
push_event (RtmpConnection *connection, RtmpEvent *event)
{
  RtmpPush *push = connection->owner;

  if (event->type == RTMP_EVENT_READY)
    on_published (push, event);
  else if (event->type == RTMP_EVENT_REFUSED)
    on_refused (push, event);
  else if (event->type == RTMP_EVENT_STATUS)
    on_status (push, event);
}

static void
push_mark (RtmpConnection *connection, RtmpItemKind kind, gboolean notify)
{
}

static gboolean
push_keyframe_wanted (RtmpConnection *connection)
{
  RtmpPush *push = connection->owner;

  if (!push->funcs->keyframe_wanted)
    return TRUE;
  if (now_of (push) - push->keyframe_us < G_USEC_PER_SEC)
    return FALSE;
  push->keyframe_us = now_of (push);
  push->funcs->keyframe_wanted (push, push->user_data);
  return TRUE;
}

static void
push_written (RtmpConnection *connection)
{
  say_goodbye (connection->owner);
}

static void
push_deadline (RtmpConnection *connection, gint64 now_us)
{
}

static void
push_ended (RtmpConnection *connection, const gchar *reason, const GError *error)
{
  RtmpPush *push = connection->owner;
  g_autoptr (GError) ours = NULL;

  /* one that held for a while is a new start */
  if (push->state == PUSH_PUBLISHING && now_of (push) - push->ready_us > push->backoff_us)
    push->backoff_us = MIN_BACKOFF_US;
  if (!error && !push->draining)
    ours = g_error_new_literal (RTMP_ERROR, RTMP_ERROR_CLOSED, reason);
  lost (push, connection->client, push->refusal ? push->refusal : error ? error : ours);
}

static void
push_freed (RtmpConnection *connection)
{
  RtmpPush *push = connection->owner;

  push->connection = NULL;
  if (push->freed)
    return;
  if (push->state == PUSH_WAITING)
    arm (push, now_of (push) + push->backoff_us);
  else if (push->state == PUSH_DONE) {
    rtmp_loop_disarm (push->loop, &push->timer);
    finish_drain (push);
  }
}

static const RtmpConnectionFuncs push_funcs = {
  .event = push_event,
  .mark = push_mark,
  .keyframe_wanted = push_keyframe_wanted,
  .written = push_written,
  .deadline = push_deadline,
  .ended = push_ended,
  .freed = push_freed,
};

static RtmpName *
name_of (const RtmpPush *push)
{
  RtmpName *name = g_new0 (RtmpName, 1);

  name->application = g_strdup (push->url->application);
  name->key = g_strdup (push->url->stream ? push->url->stream : "");
  name->query = g_strdup ("");
  return name;
}

static void
set_client (RtmpPush *push, RtmpClient *client)
{
  RtmpClient *before;

  g_mutex_lock (&push->lock);
  before = push->client;
  push->client = rtmp_client_ref (client);
  g_mutex_unlock (&push->lock);
  if (before)
    rtmp_client_unref (before);
}

static void
talk (RtmpPush *push, RtmpTransport *transport, GSocketAddress *address)
{
  RtmpSessionConfig config = {
    .role = RTMP_SESSION_PUBLISHER,
    .limits = &push->limits,
    .now_us = now_of (push),
    .application = push->url->application,
    .tc_url = push->tc_url,
    .stream = push->url->stream ? push->url->stream : "",
  };
  RtmpConnection *connection;

  config.epoch_ms = (guint32)(config.now_us / 1000);
  for (guint i = 0; i < sizeof (config.seed); i += 4) {
    guint32 random = g_random_int ();

    memcpy (config.seed + i, &random, sizeof (random));
  }
  push->state = PUSH_TALKING;
  connection = rtmp_connection_new (push->loop, transport, &config, &push_funcs, push);
  push->connection = connection;
  connection->client = rtmp_client_new (
      connection->id, RTMP_CLIENT_PUSH, address, name_of (push), push->tc_url, NULL);
  connection->client->connected_us = connection->created_us;
  set_client (push, connection->client);
}

/* ---- connecting ------------------------------------------------------ */

static void
attempt_over (RtmpPush *push, GSocketConnection *stream, gboolean timed_out, GError *error)
{
  g_autoptr (GSocketAddress) address = NULL;
  g_autoptr (GError) late = NULL;
  GSocket *socket;

  if (!stream || timed_out) {
    late = g_error_new (G_IO_ERROR, G_IO_ERROR_TIMED_OUT,
        "Connecting to %s, port %u, took too long", push->url->host, push->url->port);
    lost (push, NULL, timed_out ? late : error);
    return;
  }
  address = g_socket_connection_get_remote_address (stream, NULL);
  socket = g_socket_connection_get_socket (stream);
  talk (push, rtmp_transport_new_tcp (socket, FALSE), address);
}

static void
on_connected (GObject *source, GAsyncResult *result, gpointer user_data)
{
  RtmpPush *push = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GSocketConnection) stream =
      g_socket_client_connect_to_host_finish (G_SOCKET_CLIENT (source), result, &error);
  gboolean timed_out = g_cancellable_is_cancelled (push->cancellable);

  rtmp_loop_touch (push->loop);
  g_clear_object (&push->cancellable);
  rtmp_loop_disarm (push->loop, &push->timer);
  if (!push->freed) {
    attempt_over (push, stream, timed_out, error);
    if (push->draining && push->drained)
      arm (push, push->drain_us);
  }
  g_mutex_lock (&push->lock);
  push->attempting = FALSE;
  g_cond_broadcast (&push->cond);
  g_mutex_unlock (&push->lock);
  push_unref (push);
}

static void
push_connect (RtmpPush *push)
{
  g_autoptr (GSocketClient) client = g_socket_client_new ();

  push->state = PUSH_CONNECTING;
  push->cancellable = g_cancellable_new ();
  g_mutex_lock (&push->lock);
  push->attempting = TRUE;
  g_mutex_unlock (&push->lock);
  arm (push, now_of (push) + CONNECT_TIMEOUT_US);
  g_socket_client_set_enable_proxy (client, FALSE);
  g_socket_client_connect_to_host_async (client, push->url->host, push->url->port,
      push->cancellable, on_connected, push_ref (push));
}

/* ---- life ------------------------------------------------------------ */

static void
start_on_loop (RtmpLoop *loop, gpointer data)
{
  RtmpPush *push = data;
  g_autoptr (GError) error = NULL;

  if (!push->freed && push->url->tls) {
    push->for_good = TRUE;
    error = g_error_new_literal (
        RTMP_ERROR, RTMP_ERROR_UNSUPPORTED, "Pushing by rtmps:// is not supported");
    lost (push, NULL, error);
  } else if (!push->freed) {
    push_connect (push);
  }
  push_unref (push);
}

static RtmpUrl *
copy_url (const RtmpUrl *url)
{
  RtmpUrl *copy = g_memdup2 (url, sizeof (RtmpUrl));

  copy->host = g_strdup (url->host);
  copy->user = g_strdup (url->user);
  copy->password = g_strdup (url->password);
  copy->application = g_strdup (url->application);
  copy->stream = g_strdup (url->stream);
  return copy;
}

RtmpPush *
rtmp_push_new (const RtmpUrl *url, RtmpStream *stream, const RtmpLimits *limits,
    const RtmpPushFuncs *funcs, gpointer user_data)
{
  RtmpPush *push = g_new0 (RtmpPush, 1);

  g_atomic_ref_count_init (&push->ref_count);
  push->url = copy_url (url);
  push->tc_url = rtmp_url_get_tc_url (url);
  push->stream = rtmp_stream_ref (stream);
  push->limits = limits ? *limits : *rtmp_limits_default ();
  push->funcs = funcs;
  push->user_data = user_data;
  push->backoff_us = MIN_BACKOFF_US;
  push->keyframe_us = G_MININT64 / 2;
  push->timer.func = on_timer;
  g_mutex_init (&push->lock);
  g_cond_init (&push->cond);
  push->pool = rtmp_loop_pool_acquire ();
  push->loop = rtmp_loop_pool_pick (push->pool);
  rtmp_loop_post (push->loop, start_on_loop, push_ref (push));
  return push;
}

static void
free_on_loop (RtmpLoop *loop, gpointer data)
{
  RtmpPush *push = data;

  push->freed = TRUE;
  rtmp_loop_disarm (loop, &push->timer);
  if (push->cancellable)
    g_cancellable_cancel (push->cancellable);
  if (push->connection)
    rtmp_connection_destroy (push->connection, "the push ended");
  finish_drain (push);
}

/* A cancelled attempt is over at once; its callback has to have run before the
 * loop may go. */
static void
wait_for_attempt (RtmpPush *push)
{
  g_mutex_lock (&push->lock);
  while (push->attempting) {
    if (rtmp_loop_is_threaded (push->loop)) {
      g_cond_wait (&push->cond, &push->lock);
    } else {
      g_mutex_unlock (&push->lock);
      rtmp_loop_iterate (push->loop);
      g_mutex_lock (&push->lock);
    }
  }
  g_mutex_unlock (&push->lock);
}

void
rtmp_push_free (RtmpPush *push)
{
  RtmpLoopPool *pool = push->pool;

  rtmp_loop_call (push->loop, free_on_loop, push);
  wait_for_attempt (push);
  rtmp_loop_add_load (push->loop, -1);
  push_unref (push);
  rtmp_loop_pool_release (pool);
}

typedef struct _DrainCall
{
  RtmpPush *push;
  guint linger_ms;
  GDestroyNotify done;
  gpointer user_data;
} DrainCall;

static void
drain_on_loop (RtmpLoop *loop, gpointer data)
{
  DrainCall *call = data;
  RtmpPush *push = call->push;

  finish_drain (push);
  push->draining = TRUE;
  push->drain_us = now_of (push) + (gint64)call->linger_ms * 1000;
  push->drained = call->done;
  push->drained_data = call->user_data;
  if (push->state == PUSH_PUBLISHING) {
    arm (push, push->drain_us);
    rtmp_connection_flush_later (push->connection);
  } else {
    /* what was never accepted is not worth waiting for, but what is under way is */
    if (push->state == PUSH_WAITING && !push->connection)
      push->state = PUSH_DONE;
    if (push->state == PUSH_DONE && !push->connection)
      finish_drain (push);
    else
      arm (push, push->drain_us);
  }
  push_unref (push);
  g_free (call);
}

void
rtmp_push_drain (RtmpPush *push, guint linger_ms, GDestroyNotify done, gpointer user_data)
{
  DrainCall *call = g_new (DrainCall, 1);

  call->push = push_ref (push);
  call->linger_ms = linger_ms;
  call->done = done;
  call->user_data = user_data;
  rtmp_loop_post (push->loop, drain_on_loop, call);
}

RtmpClient *
rtmp_push_get_client (RtmpPush *push)
{
  RtmpClient *client;

  g_mutex_lock (&push->lock);
  client = push->client ? rtmp_client_ref (push->client) : NULL;
  g_mutex_unlock (&push->lock);
  return client;
}

RtmpStream *
rtmp_stream_new_local (const gchar *application, const gchar *key, const RtmpLimits *limits)
{
  return rtmp_stream_new (application, key, limits);
}
