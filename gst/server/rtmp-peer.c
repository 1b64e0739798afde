/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * RtmpPeer: the server's side of a connection: what its events mean to mounts.
 * It publishes or plays one stream at a time.
 */
#include "server/rtmp-connection.h"
#include "server/rtmp-feed.h"
#include "server/rtmp-server-private.h"

#include <string.h>

typedef enum
{
  PEER_IDLE,
  PEER_ASKED,   /* the application has to answer */
  PEER_WAITING, /* accepted; the publisher before it has to go first */
  PEER_PUBLISHING,
  PEER_PLAYING,
} PeerState;

typedef struct _RtmpPeer
{
  RtmpConnection *connection;
  RtmpServer *server;
  RtmpTicket *ticket;
  GSocketAddress *address;

  /* from a publish or play on; all NULL while idle */
  RtmpMount *mount;
  RtmpStream *stream; /* played, or relayed to; NULL without relay */
  RtmpClient *client;
  RtmpRequest *request;
  guint32 session_request;
  guint32 msid;
  PeerState state;
} RtmpPeer;

static const RtmpConnectionFuncs peer_funcs;

static RtmpSession *
session_of (RtmpPeer *peer)
{
  return peer->connection->session;
}

static gint64
now_of (RtmpPeer *peer)
{
  return rtmp_loop_get_now (peer->connection->loop);
}

static RtmpPeer *
find_peer (RtmpLoop *loop, guint64 id)
{
  RtmpConnection *connection = rtmp_loop_lookup (loop, id);

  if (!connection || connection->funcs != &peer_funcs ||
      connection->state != RTMP_CONNECTION_OPEN)
    return NULL;
  return connection->owner;
}

/* ---- ends ------------------------------------------------------------ */

/* Idle again: nothing of the mount is left here. */
static void
clear_role (RtmpPeer *peer)
{
  if (peer->request) {
    RtmpAnswer answer = rtmp_request_close (peer->request);

    g_free (answer.description);
    g_clear_pointer (&peer->request, rtmp_request_let_go);
  }
  rtmp_connection_set_deadline (peer->connection, 0);
  if (peer->stream)
    rtmp_mount_drop_stream (peer->mount, peer->stream);
  g_clear_pointer (&peer->connection->client, rtmp_client_unref);
  g_clear_pointer (&peer->stream, rtmp_stream_unref);
  g_clear_pointer (&peer->client, rtmp_client_unref);
  g_clear_pointer (&peer->mount, rtmp_mount_unref);
  peer->state = PEER_IDLE;
  peer->session_request = 0;
}

static void
tell_removed (RtmpPeer *peer, const gchar *reason)
{
  RtmpMount *mount = peer->mount;

  if (rtmp_mount_remove_client (mount, peer->client) && mount->funcs->client_removed)
    mount->funcs->client_removed (mount, peer->client, reason, mount->user_data);
}

static void
end_publish (RtmpPeer *peer, gboolean orderly, const gchar *reason)
{
  RtmpMount *mount = peer->mount;
  gboolean taken_over;

  rtmp_connection_update_stats (peer->connection);
  peer->connection->held = FALSE;
  if (mount->funcs->publish_end)
    mount->funcs->publish_end (mount, peer->client, orderly, reason, mount->user_data);
  tell_removed (peer, reason);
  taken_over = rtmp_mount_release (mount, peer->connection->id);
  if (peer->stream && !taken_over)
    rtmp_stream_end (peer->stream);
  clear_role (peer);
}

static void
end_play (RtmpPeer *peer, const gchar *reason)
{
  rtmp_connection_update_stats (peer->connection);
  rtmp_feed_leave (&peer->connection->outbox);
  tell_removed (peer, reason);
  rtmp_mount_count_player (peer->mount, -1);
  clear_role (peer);
}

/* Whatever it is doing ends now. */
static void
end_role (RtmpPeer *peer, gboolean orderly, const gchar *reason)
{
  switch (peer->state) {
    case PEER_PUBLISHING:
      end_publish (peer, orderly, reason);
      break;
    case PEER_PLAYING:
      end_play (peer, reason);
      break;
    case PEER_WAITING:
      rtmp_mount_release (peer->mount, peer->connection->id);
      clear_role (peer);
      break;
    case PEER_ASKED:
      clear_role (peer);
      break;
    case PEER_IDLE:
      break;
  }
}

/* ---- refusing -------------------------------------------------------- */

static void
refuse (RtmpPeer *peer, RtmpRefusal reason, const gchar *words)
{
  RtmpMount *mount = peer->mount;

  rtmp_session_refuse (session_of (peer), peer->session_request, reason, words, now_of (peer));
  if (mount && mount->funcs->client_rejected)
    mount->funcs->client_rejected (
        mount, peer->client, words ? words : "refused", mount->user_data);
  if (mount)
    rtmp_mount_release (mount, peer->connection->id);
  clear_role (peer);
  rtmp_connection_pump (peer->connection);
}

/* ---- beginning ------------------------------------------------------- */

static gboolean
enter (RtmpPeer *peer)
{
  RtmpMount *mount = peer->mount;

  if (!rtmp_mount_add_client (mount, peer->client, peer->connection->loop)) {
    refuse (peer, RTMP_REFUSE_LIMIT, "too many clients");
    return FALSE;
  }
  rtmp_server_pass (peer->server, peer->ticket, now_of (peer));
  rtmp_session_accept (session_of (peer), peer->session_request, now_of (peer));
  peer->connection->client = rtmp_client_ref (peer->client);
  if (mount->funcs->client_added)
    mount->funcs->client_added (mount, peer->client, mount->user_data);
  return TRUE;
}

static void
begin_publish (RtmpPeer *peer, gboolean takeover)
{
  RtmpMount *mount = peer->mount;

  if (mount->relay)
    peer->stream = rtmp_mount_get_stream_for (mount, peer->client->name->key);
  if (!enter (peer))
    return;
  peer->state = PEER_PUBLISHING;
  rtmp_connection_set_deadline (peer->connection, 0);
  rtmp_session_set_idle_timeout (session_of (peer), mount->idle_timeout_ms);
  if (peer->stream)
    rtmp_stream_begin (peer->stream);
  if (mount->funcs->publish_begin)
    mount->funcs->publish_begin (mount, peer->client, takeover, mount->user_data);
  rtmp_connection_pump (peer->connection);
}

static void
begin_play (RtmpPeer *peer)
{
  RtmpConnection *connection = peer->connection;
  RtmpMount *mount = peer->mount;

  peer->stream = rtmp_mount_get_stream_for (mount, peer->client->name->key);
  if (!enter (peer))
    return;
  peer->state = PEER_PLAYING;
  rtmp_connection_set_deadline (connection, 0);
  connection->outbox.msid = peer->msid;
  if (!rtmp_feed_join (
          peer->stream, connection->loop, &connection->outbox, mount->join_latest_keyframe))
    rtmp_connection_close (connection, "too many loops");
  /* last: what is published once this was heard of is for the player too */
  rtmp_mount_count_player (mount, 1);
  rtmp_connection_pump (connection);
}

static void
proceed (RtmpPeer *peer)
{
  if (peer->client->role == RTMP_CLIENT_PLAYER) {
    begin_play (peer);
    return;
  }
  switch (rtmp_mount_claim (
      peer->mount, peer->connection->id, peer->connection->loop, peer->client->name->key)) {
    case RTMP_CLAIM_GRANTED:
      begin_publish (peer, FALSE);
      break;
    case RTMP_CLAIM_WAIT:
      peer->state = PEER_WAITING;
      break;
    case RTMP_CLAIM_REFUSED:
      refuse (peer, RTMP_REFUSE_BAD_NAME, "somebody is publishing there already");
      break;
  }
}

static void
on_answer (RtmpPeer *peer)
{
  RtmpAnswer answer;

  if (peer->state != PEER_ASKED || !rtmp_request_is_answered (peer->request))
    return;
  answer = rtmp_request_close (peer->request);
  g_clear_pointer (&peer->request, rtmp_request_let_go);
  if (answer.accepted)
    proceed (peer);
  else
    refuse (peer, answer.reason, answer.description);
  g_free (answer.description);
}

static void
ask (RtmpPeer *peer)
{
  RtmpMount *mount = peer->mount;
  RtmpConnection *connection = peer->connection;
  guint64 timeout_us = (guint64)connection->limits->answer_timeout_ms * 1000;
  RtmpRequest *request;

  peer->state = PEER_ASKED;
  rtmp_connection_set_deadline (
      connection, timeout_us ? now_of (peer) + (gint64)timeout_us : 0);
  if (!mount->funcs->request) {
    proceed (peer);
    return;
  }
  request = rtmp_request_new (peer->client, connection->loop, connection->id);
  peer->request = request;
  mount->funcs->request (mount, request, mount->user_data);
  rtmp_request_unref (request);
  /* an answer given in there need not wait for its post */
  on_answer (peer);
}

static RtmpName *
canonical_name (const RtmpMount *mount, const RtmpName *name, const gchar *key)
{
  RtmpName *canonical = rtmp_name_copy (name);

  g_free (canonical->application);
  g_free (canonical->key);
  canonical->application = g_strdup (mount->application);
  canonical->key = g_strdup (key);
  return canonical;
}

static void
on_request (RtmpPeer *peer, RtmpEvent *event, RtmpClientRole role)
{
  const RtmpConnectInfo *info = rtmp_session_get_connect_info (session_of (peer));
  RtmpRefusal refusal = RTMP_REFUSE_BAD_NAME;
  const gchar *words = "this connection is in use already";
  g_autofree gchar *key = NULL;
  RtmpMount *mount = NULL;

  if (peer->state == PEER_IDLE && role == RTMP_CLIENT_PUBLISHER)
    mount = rtmp_registry_find_publish (peer->server, event->name, &key, &refusal, &words);
  else if (peer->state == PEER_IDLE)
    mount = rtmp_registry_find_play (peer->server, event->name, &key, &refusal, &words);
  else if (role == RTMP_CLIENT_PLAYER)
    refusal = RTMP_REFUSE_LIMIT;
  if (!mount) {
    rtmp_session_refuse (session_of (peer), event->request, refusal, words, now_of (peer));
    return;
  }
  peer->mount = mount;
  peer->msid = event->msid;
  peer->session_request = event->request;
  peer->client = rtmp_client_new (peer->connection->id, role, peer->address,
      canonical_name (mount, event->name, key), info->tc_url, info->flash_ver);
  peer->client->tls = peer->connection->transport->tls;
  peer->client->connected_us = peer->connection->created_us;
  if (words)
    refuse (peer, refusal, words);
  else
    ask (peer);
}

/* ---- events ---------------------------------------------------------- */

static void
on_media (RtmpPeer *peer, RtmpMessage *message)
{
  RtmpMount *mount = peer->mount;

  if (peer->state != PEER_PUBLISHING)
    return;
  /* @clearDataFrame: nothing to pass on */
  if ((message->flags & RTMP_MESSAGE_METADATA) && (message->flags & RTMP_MESSAGE_EMPTY) &&
      message->type == RTMP_TYPE_DATA)
    return;
  message->arrival_us = now_of (peer);
  rtmp_message_seal (message);
  if (peer->stream)
    rtmp_stream_publish (peer->stream, message);
  if (mount->funcs->publish_message &&
      !mount->funcs->publish_message (mount, message, mount->user_data))
    rtmp_connection_hold (peer->connection);
}

static void
on_end_event (RtmpPeer *peer, const RtmpEvent *event)
{
  if (peer->state == PEER_IDLE || event->msid != peer->msid)
    return;
  end_role (peer, !event->eof, event->eof ? "the peer hung up" : "the peer ended it");
}

static void
peer_event (RtmpConnection *connection, RtmpEvent *event)
{
  RtmpPeer *peer = connection->owner;

  switch (event->type) {
    case RTMP_EVENT_CONNECT:
      /* whose the application is shows with the whole name */
      rtmp_session_accept (connection->session, event->request, now_of (peer));
      break;
    case RTMP_EVENT_PUBLISH:
      on_request (peer, event, RTMP_CLIENT_PUBLISHER);
      break;
    case RTMP_EVENT_PLAY:
      on_request (peer, event, RTMP_CLIENT_PLAYER);
      break;
    case RTMP_EVENT_PUBLISH_END:
    case RTMP_EVENT_PLAY_END:
      on_end_event (peer, event);
      break;
    case RTMP_EVENT_PLAY_CONTROL:
      if (peer->state == PEER_PLAYING && event->msid == peer->msid)
        rtmp_outbox_control (
            &connection->outbox, event->paused, event->audio, event->video, now_of (peer));
      break;
    case RTMP_EVENT_MEDIA:
      on_media (peer, event->message);
      break;
    default:
      break;
  }
}

static void
peer_mark (RtmpConnection *connection, RtmpItemKind kind, gboolean notify)
{
  RtmpPeer *peer = connection->owner;

  if (peer->state != PEER_PLAYING)
    return;
  if (kind == RTMP_ITEM_END)
    rtmp_session_play_eof (connection->session, peer->msid);
  else if (notify)
    rtmp_session_play_notify (connection->session, peer->msid);
}

static gboolean
peer_keyframe_wanted (RtmpConnection *connection)
{
  RtmpPeer *peer = connection->owner;

  return !peer->mount || rtmp_mount_want_keyframe (peer->mount, now_of (peer));
}

static void
peer_deadline (RtmpConnection *connection, gint64 now_us)
{
  RtmpPeer *peer = connection->owner;

  if (peer->state == PEER_ASKED || peer->state == PEER_WAITING)
    refuse (peer, RTMP_REFUSE_TIMEOUT, "no answer in time");
}

static void
peer_ended (RtmpConnection *connection, const gchar *reason, const GError *error)
{
  end_role (connection->owner, FALSE, reason);
}

static void
peer_freed (RtmpConnection *connection)
{
  RtmpPeer *peer = connection->owner;

  rtmp_loop_add_load (connection->loop, -1);
  rtmp_server_forget (peer->server, peer->ticket, now_of (peer));
  g_clear_object (&peer->address);
  g_free (peer);
}

static const RtmpConnectionFuncs peer_funcs = {
  .event = peer_event,
  .mark = peer_mark,
  .keyframe_wanted = peer_keyframe_wanted,
  .deadline = peer_deadline,
  .ended = peer_ended,
  .freed = peer_freed,
};

/* ---- told from elsewhere --------------------------------------------- */

typedef struct _Note
{
  guint64 id;
  void (*func) (RtmpPeer *peer, const gchar *text);
  gchar *text;
} Note;

static void
on_note (RtmpLoop *loop, gpointer data)
{
  Note *note = data;
  RtmpPeer *peer = find_peer (loop, note->id);

  if (peer)
    note->func (peer, note->text);
  g_free (note->text);
  g_free (note);
}

static void
post_note (RtmpLoop *loop, guint64 id, void (*func) (RtmpPeer *peer, const gchar *text),
    const gchar *text)
{
  Note *note = g_new (Note, 1);

  note->id = id;
  note->func = func;
  note->text = g_strdup (text);
  if (!rtmp_loop_post (loop, on_note, note)) {
    g_free (note->text);
    g_free (note);
  }
}

static void
note_granted (RtmpPeer *peer, const gchar *text)
{
  if (peer->state == PEER_WAITING)
    begin_publish (peer, TRUE);
}

static void
note_lost (RtmpPeer *peer, const gchar *text)
{
  if (peer->state == PEER_WAITING)
    refuse (peer, RTMP_REFUSE_BAD_NAME, "another publisher came");
}

/* The peer is told and its connection closed. */
static void
kick (RtmpPeer *peer, RtmpRefusal refusal, const gchar *reason)
{
  RtmpConnection *connection = peer->connection;

  if (peer->state == PEER_PUBLISHING)
    rtmp_session_kick (connection->session, peer->msid, refusal, reason);
  else if (peer->state == PEER_PLAYING && !connection->outbox.off)
    rtmp_session_play_eof (connection->session, peer->msid);
  else if (peer->session_request != 0)
    rtmp_session_refuse (
        connection->session, peer->session_request, refusal, reason, now_of (peer));
  rtmp_connection_close (connection, reason);
}

static void
note_taken_over (RtmpPeer *peer, const gchar *text)
{
  if (peer->state == PEER_PUBLISHING)
    kick (peer, RTMP_REFUSE_BAD_NAME, "another publisher took over");
}

static void
note_disconnect (RtmpPeer *peer, const gchar *text)
{
  const gchar *reason = text ? text : "disconnected";

  if (peer->state == PEER_PLAYING) {
    rtmp_session_status (
        session_of (peer), peer->msid, "error", "NetStream.Play.Failed", reason);
    rtmp_connection_close (peer->connection, reason);
  } else if (peer->state != PEER_IDLE) {
    kick (peer, RTMP_REFUSE_DENIED, reason);
  }
}

static void
note_stale (RtmpPeer *peer, const gchar *text)
{
  if (peer->state == PEER_IDLE && !peer->ticket->passed)
    rtmp_connection_close (peer->connection, "others from this address wait");
}

static void
note_answered (RtmpPeer *peer, const gchar *text)
{
  on_answer (peer);
}

void
rtmp_peer_post_granted (RtmpLoop *loop, guint64 id)
{
  post_note (loop, id, note_granted, NULL);
}

void
rtmp_peer_post_lost (RtmpLoop *loop, guint64 id)
{
  post_note (loop, id, note_lost, NULL);
}

void
rtmp_peer_post_taken_over (RtmpLoop *loop, guint64 id)
{
  post_note (loop, id, note_taken_over, NULL);
}

void
rtmp_peer_post_disconnect (RtmpLoop *loop, guint64 id, const gchar *reason)
{
  post_note (loop, id, note_disconnect, reason);
}

void
rtmp_peer_post_stale (RtmpLoop *loop, guint64 id)
{
  post_note (loop, id, note_stale, NULL);
}

void
rtmp_peer_post_answered (RtmpLoop *loop, guint64 id)
{
  post_note (loop, id, note_answered, NULL);
}

void
rtmp_peer_resume (RtmpLoop *loop, guint64 id)
{
  RtmpPeer *peer = find_peer (loop, id);

  if (peer)
    rtmp_connection_resume (peer->connection);
}

/* ---- all of them ----------------------------------------------------- */

void
rtmp_peer_drop_mount (RtmpLoop *loop, RtmpMount *mount)
{
  g_autoptr (GPtrArray) all = rtmp_loop_list (loop);

  for (guint i = 0; i < all->len; i++) {
    RtmpConnection *connection = g_ptr_array_index (all, i);
    RtmpPeer *peer = connection->funcs == &peer_funcs ? connection->owner : NULL;

    if (peer && peer->mount == mount)
      kick (peer,
          peer->client->role == RTMP_CLIENT_PLAYER ? RTMP_REFUSE_NOT_FOUND
                                                   : RTMP_REFUSE_BAD_NAME,
          "the server ended the stream");
  }
}

void
rtmp_peer_destroy_all (RtmpLoop *loop, RtmpServer *server)
{
  g_autoptr (GPtrArray) all = rtmp_loop_list (loop);

  for (guint i = 0; i < all->len; i++) {
    RtmpConnection *connection = g_ptr_array_index (all, i);
    RtmpPeer *peer = connection->funcs == &peer_funcs ? connection->owner : NULL;

    if (peer && peer->server == server)
      rtmp_connection_destroy (connection, "the server stopped");
  }
}

void
rtmp_peer_new (RtmpServer *server, RtmpLoop *loop, RtmpTransport *transport,
    GSocketAddress *address, RtmpTicket *ticket)
{
  RtmpPeer *peer = g_new0 (RtmpPeer, 1);
  RtmpSessionConfig config = { .role = RTMP_SESSION_SERVER };

  peer->server = server;
  peer->ticket = ticket;
  peer->address = address ? g_object_ref (address) : NULL;
  config.limits = rtmp_server_get_limits (server);
  config.now_us = rtmp_loop_get_now (loop);
  config.epoch_ms = (guint32)(config.now_us / 1000);
  for (guint i = 0; i < sizeof (config.seed); i += 4) {
    guint32 random = g_random_int ();

    memcpy (config.seed + i, &random, sizeof (random));
  }
  peer->connection = rtmp_connection_new (loop, transport, &config, &peer_funcs, peer);
  g_mutex_lock (&server->lock);
  ticket->loop = loop;
  ticket->id = peer->connection->id;
  g_mutex_unlock (&server->lock);
}
