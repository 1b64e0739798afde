/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * RtmpMount: an element's claim: its clients, the publisher's place, the streams
 * it serves.
 */
#include "server/rtmp-server-private.h"
#include "protocol/rtmp-error.h"

/* An encoder is asked for a keyframe that often at most. */
#define KEYFRAME_INTERVAL_US G_USEC_PER_SEC

typedef struct _Client
{
  RtmpClient *client;
  RtmpLoop *loop;
} Client;

static void
client_free (gpointer data)
{
  Client *entry = data;

  rtmp_client_unref (entry->client);
  g_free (entry);
}

RtmpMount *
rtmp_mount_ref (RtmpMount *mount)
{
  g_atomic_ref_count_inc (&mount->ref_count);
  return mount;
}

void
rtmp_mount_unref (RtmpMount *mount)
{
  if (!g_atomic_ref_count_dec (&mount->ref_count))
    return;
  g_hash_table_unref (mount->streams);
  g_hash_table_unref (mount->clients);
  g_ptr_array_unref (mount->drains);
  g_clear_pointer (&mount->stream, rtmp_stream_unref);
  g_free (mount->application);
  g_free (mount->key);
  g_free (mount->publisher.key);
  g_free (mount->next.key);
  g_free (mount);
}

static RtmpStream *
new_stream (RtmpMount *mount, const gchar *key)
{
  RtmpStream *stream = rtmp_stream_new (mount->application, key, mount->server->limits);

  rtmp_stream_set_player_limits (stream, mount->soft_max_ms, mount->hard_max_ms);
  rtmp_stream_set_flush_interval (stream, mount->flush_interval_ms);
  return stream;
}

static RtmpMount *
mount_new (RtmpServer *server, const RtmpMountConfig *config)
{
  RtmpMount *mount = g_new0 (RtmpMount, 1);

  g_atomic_ref_count_init (&mount->ref_count);
  mount->server = server;
  mount->role = config->role;
  mount->relay = config->role == RTMP_MOUNT_SOURCE && config->relay;
  mount->idle_timeout_ms = config->idle_timeout_ms;
  mount->join_latest_keyframe = config->join_latest_keyframe;
  mount->funcs = config->funcs;
  mount->user_data = config->user_data;
  mount->accepting = TRUE;
  mount->override_publisher = config->override_publisher;
  mount->max_clients = config->max_clients;
  mount->soft_max_ms = config->soft_max_ms;
  mount->hard_max_ms = config->hard_max_ms;
  mount->flush_interval_ms = config->flush_interval_ms;
  mount->streams = g_hash_table_new_full (
      g_str_hash, g_str_equal, g_free, (GDestroyNotify)rtmp_stream_unref);
  mount->clients = g_hash_table_new_full (g_int64_hash, g_int64_equal, NULL, client_free);
  mount->drains = g_ptr_array_new ();
  return mount;
}

/* In the form in which clients' names are looked up. */
static gchar *
canonical (RtmpServer *server, const gchar *text, const gchar *what, GError **error)
{
  g_autoptr (GError) cause = NULL;
  gchar *path = rtmp_name_canonical_path (text, server->limits, &cause);

  if (!path)
    g_set_error (
        error, RTMP_ERROR, RTMP_ERROR_LOCAL, "%s \"%s\": %s", what, text, cause->message);
  return path;
}

static gboolean
set_names (RtmpMount *mount, const RtmpMountConfig *config, GError **error)
{
  mount->application = canonical (mount->server, config->application, "application", error);
  if (mount->application && config->key)
    mount->key = canonical (mount->server, config->key, "stream name", error);
  return mount->application && (mount->key || !config->key);
}

RtmpMount *
rtmp_server_mount (RtmpServer *server, const RtmpMountConfig *config, GError **error)
{
  RtmpMount *mount;

  g_return_val_if_fail (config->role != RTMP_MOUNT_SINK || config->key, NULL);
  mount = mount_new (server, config);
  if (!set_names (mount, config, error)) {
    rtmp_mount_unref (mount);
    return NULL;
  }
  g_mutex_lock (&server->lock);
  if (mount->key && (mount->role == RTMP_MOUNT_SINK || mount->relay))
    mount->stream = new_stream (mount, mount->key);
  g_mutex_unlock (&server->lock);
  if (!rtmp_registry_add (server, mount, error))
    g_clear_pointer (&mount, rtmp_mount_unref);
  return mount;
}

static void
drop_on_loop (RtmpLoop *loop, gpointer data)
{
  RtmpMount *mount = data;
  GPtrArray *drains = NULL;

  rtmp_peer_drop_mount (loop, mount);
  if (loop != mount->server->home)
    return;
  g_mutex_lock (&mount->server->lock);
  drains = g_steal_pointer (&mount->drains);
  mount->drains = g_ptr_array_new ();
  g_mutex_unlock (&mount->server->lock);
  for (guint i = 0; i < drains->len; i++)
    rtmp_drain_finish (g_ptr_array_index (drains, i));
  g_ptr_array_unref (drains);
}

/* Once the claim is gone nobody new comes; each loop then lets go of those who are
 * here. What a loop had begun with this mount is done when its turn comes. */
void
rtmp_mount_free (RtmpMount *mount)
{
  RtmpServer *server = mount->server;

  rtmp_registry_remove (server, mount);
  for (guint i = 0; i < server->pool->n_loops; i++)
    rtmp_loop_call (server->pool->loops[i], drop_on_loop, mount);
  rtmp_mount_unref (mount);
}

RtmpStream *
rtmp_mount_get_stream (RtmpMount *mount)
{
  return mount->stream;
}

RtmpStream *
rtmp_mount_get_stream_for (RtmpMount *mount, const gchar *key)
{
  RtmpStream *stream;

  if (mount->stream)
    return rtmp_stream_ref (mount->stream);
  g_mutex_lock (&mount->server->lock);
  stream = g_hash_table_lookup (mount->streams, key);
  if (!stream) {
    stream = new_stream (mount, key);
    g_hash_table_insert (mount->streams, g_strdup (key), stream);
  }
  rtmp_stream_ref (stream);
  g_mutex_unlock (&mount->server->lock);
  return stream;
}

void
rtmp_mount_drop_stream (RtmpMount *mount, RtmpStream *stream)
{
  if (stream == mount->stream)
    return;
  g_mutex_lock (&mount->server->lock);
  if (rtmp_stream_get_n_players (stream) == 0 && !rtmp_stream_is_on (stream) &&
      !(mount->publisher.id && g_str_equal (mount->publisher.key, stream->key)) &&
      g_hash_table_lookup (mount->streams, stream->key) == stream)
    g_hash_table_remove (mount->streams, stream->key);
  g_mutex_unlock (&mount->server->lock);
}

/* ---- the publisher's place ------------------------------------------- */

static void
set_slot (RtmpSlot *slot, guint64 id, RtmpLoop *loop, const gchar *key)
{
  g_free (slot->key);
  slot->id = id;
  slot->loop = loop;
  slot->key = g_strdup (key);
}

/* @lost, @leaver: who has to be told, once the lock is let go. */
static RtmpClaim
claim (RtmpMount *mount, guint64 id, RtmpLoop *loop, const gchar *key, RtmpSlot *lost,
    RtmpSlot *leaver)
{
  if (mount->closed || !mount->accepting)
    return RTMP_CLAIM_REFUSED;
  if (mount->publisher.id == 0) {
    set_slot (&mount->publisher, id, loop, key);
    return RTMP_CLAIM_GRANTED;
  }
  if (!mount->override_publisher || (!mount->key && !g_str_equal (mount->publisher.key, key)))
    return RTMP_CLAIM_REFUSED;
  if (mount->next.id != 0)
    *lost = (RtmpSlot){ mount->next.id, mount->next.loop, NULL };
  else
    *leaver = (RtmpSlot){ mount->publisher.id, mount->publisher.loop, NULL };
  set_slot (&mount->next, id, loop, key);
  return RTMP_CLAIM_WAIT;
}

RtmpClaim
rtmp_mount_claim (RtmpMount *mount, guint64 id, RtmpLoop *loop, const gchar *key)
{
  RtmpSlot lost = { 0 }, leaver = { 0 };
  RtmpClaim result;

  g_mutex_lock (&mount->server->lock);
  result = claim (mount, id, loop, key, &lost, &leaver);
  g_mutex_unlock (&mount->server->lock);
  if (lost.id)
    rtmp_peer_post_lost (lost.loop, lost.id);
  if (leaver.id)
    rtmp_peer_post_taken_over (leaver.loop, leaver.id);
  return result;
}

gboolean
rtmp_mount_release (RtmpMount *mount, guint64 id)
{
  RtmpSlot granted = { 0 };

  g_mutex_lock (&mount->server->lock);
  if (mount->next.id == id) {
    set_slot (&mount->next, 0, NULL, NULL);
  } else if (mount->publisher.id == id) {
    set_slot (&mount->publisher, mount->next.id, mount->next.loop, mount->next.key);
    set_slot (&mount->next, 0, NULL, NULL);
    granted = (RtmpSlot){ mount->publisher.id, mount->publisher.loop, NULL };
  }
  g_mutex_unlock (&mount->server->lock);
  if (granted.id)
    rtmp_peer_post_granted (granted.loop, granted.id);
  return granted.id != 0;
}

gboolean
rtmp_mount_is_taken_over (RtmpMount *mount)
{
  gboolean taken_over;

  g_mutex_lock (&mount->server->lock);
  taken_over = mount->next.id != 0;
  g_mutex_unlock (&mount->server->lock);
  return taken_over;
}

void
rtmp_mount_set_accepting (RtmpMount *mount, gboolean accepting)
{
  g_mutex_lock (&mount->server->lock);
  mount->accepting = accepting;
  g_mutex_unlock (&mount->server->lock);
}

static void
resume_on_loop (RtmpLoop *loop, gpointer data)
{
  RtmpMount *mount = data;
  guint64 id = 0;

  g_atomic_int_set (&mount->resume_posted, FALSE);
  g_mutex_lock (&mount->server->lock);
  if (!mount->closed && mount->publisher.loop == loop)
    id = mount->publisher.id;
  g_mutex_unlock (&mount->server->lock);
  if (id)
    rtmp_peer_resume (loop, id);
  rtmp_mount_unref (mount);
}

void
rtmp_mount_resume (RtmpMount *mount)
{
  RtmpLoop *loop;

  if (!g_atomic_int_compare_and_exchange (&mount->resume_posted, FALSE, TRUE))
    return;
  g_mutex_lock (&mount->server->lock);
  loop = mount->publisher.id ? mount->publisher.loop : NULL;
  g_mutex_unlock (&mount->server->lock);
  if (loop && rtmp_loop_post (loop, resume_on_loop, rtmp_mount_ref (mount)))
    return;
  if (loop)
    rtmp_mount_unref (mount);
  g_atomic_int_set (&mount->resume_posted, FALSE);
}

/* ---- clients --------------------------------------------------------- */

gboolean
rtmp_mount_add_client (RtmpMount *mount, RtmpClient *client, RtmpLoop *loop)
{
  Client *entry;
  gboolean ok;

  g_mutex_lock (&mount->server->lock);
  ok = !mount->closed &&
       (mount->max_clients == 0 || g_hash_table_size (mount->clients) < mount->max_clients);
  if (ok) {
    entry = g_new (Client, 1);
    entry->client = rtmp_client_ref (client);
    entry->loop = loop;
    g_hash_table_insert (mount->clients, &client->id, entry);
  }
  g_mutex_unlock (&mount->server->lock);
  return ok;
}

gboolean
rtmp_mount_remove_client (RtmpMount *mount, RtmpClient *client)
{
  gboolean removed;

  g_mutex_lock (&mount->server->lock);
  removed = g_hash_table_remove (mount->clients, &client->id);
  g_mutex_unlock (&mount->server->lock);
  return removed;
}

GPtrArray *
rtmp_mount_list_clients (RtmpMount *mount)
{
  GPtrArray *list = g_ptr_array_new_with_free_func ((GDestroyNotify)rtmp_client_unref);
  GHashTableIter iter;
  gpointer entry;

  g_mutex_lock (&mount->server->lock);
  g_hash_table_iter_init (&iter, mount->clients);
  while (g_hash_table_iter_next (&iter, NULL, &entry))
    g_ptr_array_add (list, rtmp_client_ref (((Client *)entry)->client));
  g_mutex_unlock (&mount->server->lock);
  return list;
}

gboolean
rtmp_mount_disconnect (RtmpMount *mount, guint64 client_id, const gchar *reason)
{
  RtmpLoop *loop = NULL;
  Client *entry;

  g_mutex_lock (&mount->server->lock);
  entry = g_hash_table_lookup (mount->clients, &client_id);
  if (entry)
    loop = entry->loop;
  g_mutex_unlock (&mount->server->lock);
  if (loop)
    rtmp_peer_post_disconnect (loop, client_id, reason);
  return loop != NULL;
}

/* All counts are told from one loop, so that they are told in order. */
static void
tell_players (RtmpLoop *loop, gpointer data)
{
  RtmpMount *mount = data;
  gboolean closed;

  g_atomic_int_set (&mount->count_posted, FALSE);
  g_mutex_lock (&mount->server->lock);
  closed = mount->closed;
  g_mutex_unlock (&mount->server->lock);
  if (!closed)
    mount->funcs->players_changed (
        mount, (guint)g_atomic_int_get (&mount->n_players), mount->user_data);
  rtmp_mount_unref (mount);
}

void
rtmp_mount_count_player (RtmpMount *mount, gint change)
{
  g_atomic_int_add (&mount->n_players, change);
  if (!mount->funcs->players_changed ||
      !g_atomic_int_compare_and_exchange (&mount->count_posted, FALSE, TRUE))
    return;
  if (!rtmp_loop_post (mount->server->home, tell_players, rtmp_mount_ref (mount)))
    rtmp_mount_unref (mount);
}

gboolean
rtmp_mount_want_keyframe (RtmpMount *mount, gint64 now_us)
{
  gint64 last = __atomic_load_n (&mount->keyframe_us, __ATOMIC_RELAXED);

  if (!mount->funcs->keyframe_wanted)
    return TRUE;
  if ((last != 0 && now_us - last < KEYFRAME_INTERVAL_US) ||
      !__atomic_compare_exchange_n (
          &mount->keyframe_us, &last, now_us, FALSE, __ATOMIC_RELAXED, __ATOMIC_RELAXED))
    return FALSE;
  mount->funcs->keyframe_wanted (mount, mount->user_data);
  return TRUE;
}

/* ---- settings -------------------------------------------------------- */

void
rtmp_mount_set_max_clients (RtmpMount *mount, guint max_clients)
{
  g_mutex_lock (&mount->server->lock);
  mount->max_clients = max_clients;
  g_mutex_unlock (&mount->server->lock);
}

void
rtmp_mount_set_override (RtmpMount *mount, gboolean override_publisher)
{
  g_mutex_lock (&mount->server->lock);
  mount->override_publisher = override_publisher;
  g_mutex_unlock (&mount->server->lock);
}

void
rtmp_mount_set_player_limits (RtmpMount *mount, guint soft_max_ms, guint hard_max_ms)
{
  GHashTableIter iter;
  gpointer stream;

  g_mutex_lock (&mount->server->lock);
  mount->soft_max_ms = soft_max_ms;
  mount->hard_max_ms = hard_max_ms;
  if (mount->stream)
    rtmp_stream_set_player_limits (mount->stream, soft_max_ms, hard_max_ms);
  g_hash_table_iter_init (&iter, mount->streams);
  while (g_hash_table_iter_next (&iter, NULL, &stream))
    rtmp_stream_set_player_limits (stream, soft_max_ms, hard_max_ms);
  g_mutex_unlock (&mount->server->lock);
}

void
rtmp_mount_drain (RtmpMount *mount, guint linger_ms, GDestroyNotify done, gpointer user_data)
{
  RtmpDrain *drain;

  rtmp_stream_end (mount->stream);
  drain = rtmp_stream_drain (mount->stream, mount->server->home, linger_ms, done, user_data);
  g_mutex_lock (&mount->server->lock);
  g_ptr_array_add (mount->drains, drain);
  g_mutex_unlock (&mount->server->lock);
}
