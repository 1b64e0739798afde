/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Who owns a key. Names are compared as one path, application and key: clients
 * split the same URL at different slashes. Exact claims come before those of any
 * key, then the order of the claims counts.
 */
#include "server/rtmp-server-private.h"

#include "protocol/rtmp-error.h"

#include <string.h>

static gchar *
path_of (const gchar *application, const gchar *key)
{
  if (!*application)
    return g_strdup (key);
  return g_strconcat (application, "/", key, NULL);
}

/* The key of @path under @mount's claim, in @path; NULL: it does not claim it. */
static const gchar *
claimed_key (const RtmpMount *mount, const gchar *path)
{
  gsize length = strlen (mount->application);
  const gchar *key = path;

  if (length > 0) {
    if (strncmp (path, mount->application, length) != 0 || path[length] != '/')
      return NULL;
    key = path + length + 1;
  }
  if (!*key || (mount->key && strcmp (key, mount->key) != 0))
    return NULL;
  return key;
}

static gboolean
can_play (const RtmpMount *mount)
{
  return mount->role == RTMP_MOUNT_SINK || mount->relay;
}

/* How well @mount suits a publisher of @path: the lowest wins, 0 = not at all. */
static guint
rank_publish (const RtmpMount *mount, const gchar *path)
{
  const gchar *key = claimed_key (mount, path);

  if (mount->role != RTMP_MOUNT_SOURCE || !key || !mount->accepting)
    return 0;
  /* who comes back goes to where it was */
  if (mount->publisher.id && g_str_equal (mount->publisher.key, key))
    return mount->key ? 1 : 2;
  if (mount->publisher.id)
    return mount->key ? 5 : 6;
  return mount->key ? 3 : 4;
}

/* The same for a player. Of two claims of any key the one where the key is on. */
static guint
rank_play (const RtmpMount *mount, const gchar *path)
{
  const gchar *key = claimed_key (mount, path);

  if (!can_play (mount) || !key)
    return 0;
  if (mount->key)
    return 1;
  return mount->publisher.id && g_str_equal (mount->publisher.key, key) ? 2 : 3;
}

static RtmpMount *
find_best (RtmpServer *server, const gchar *path,
    guint (*rank) (const RtmpMount *mount, const gchar *path), guint *best_rank)
{
  RtmpMount *best = NULL;

  *best_rank = G_MAXUINT;
  for (guint i = 0; i < server->mounts->len; i++) {
    RtmpMount *mount = g_ptr_array_index (server->mounts, i);
    guint value = rank (mount, path);

    if (value > 0 && value < *best_rank) {
      *best_rank = value;
      best = mount;
    }
  }
  return best;
}

static gboolean
is_full (const RtmpMount *mount)
{
  return mount->max_clients > 0 && g_hash_table_size (mount->clients) >= mount->max_clients;
}

/* One that takes over brings no further client. */
static void
check_publish (RtmpMount *mount, const gchar *key, RtmpRefusal *refusal, const gchar **words)
{
  gboolean same =
      mount->publisher.id && (mount->key || g_str_equal (mount->publisher.key, key));

  *refusal = RTMP_REFUSE_BAD_NAME;
  *words = NULL;
  if (mount->publisher.id && !(same && mount->override_publisher))
    *words = "somebody is publishing there already";
  else if (!mount->publisher.id && is_full (mount)) {
    *refusal = RTMP_REFUSE_LIMIT;
    *words = "too many clients";
  }
}

RtmpMount *
rtmp_registry_find_publish (RtmpServer *server, const RtmpName *name, gchar **key,
    RtmpRefusal *refusal, const gchar **words)
{
  g_autofree gchar *path = path_of (name->application, name->key);
  RtmpMount *mount = NULL;
  guint rank;

  *key = NULL;
  *refusal = RTMP_REFUSE_BAD_NAME;
  *words = "nobody takes a publisher there";
  if (!*name->key) {
    *words = "the stream has no name";
    return NULL;
  }
  g_mutex_lock (&server->lock);
  mount = find_best (server, path, rank_publish, &rank);
  if (mount) {
    *key = g_strdup (claimed_key (mount, path));
    check_publish (rtmp_mount_ref (mount), *key, refusal, words);
  }
  g_mutex_unlock (&server->lock);
  return mount;
}

/* "rtmp://host/app" alone: the first that can be played in the application. */
static RtmpMount *
find_default (RtmpServer *server, const gchar *application)
{
  for (guint i = 0; i < server->mounts->len; i++) {
    RtmpMount *mount = g_ptr_array_index (server->mounts, i);

    if (can_play (mount) && mount->key && g_str_equal (mount->application, application))
      return mount;
  }
  return NULL;
}

static gboolean
is_held_full (const RtmpMount *mount, const gchar *key, guint max)
{
  RtmpStream *stream = mount->stream;

  if (!stream)
    stream = g_hash_table_lookup (mount->streams, key);
  return stream && !rtmp_stream_is_on (stream) && rtmp_stream_get_n_players (stream) >= max;
}

static const gchar *
check_play (RtmpServer *server, RtmpMount *mount, const gchar *key)
{
  if (is_full (mount))
    return "too many clients";
  if (is_held_full (mount, key, server->limits->max_held_plays))
    return "too many players wait for this stream";
  if (!mount->stream && !g_hash_table_contains (mount->streams, key) &&
      g_hash_table_size (mount->streams) >= server->limits->max_streams)
    return "too many streams";
  return NULL;
}

RtmpMount *
rtmp_registry_find_play (RtmpServer *server, const RtmpName *name, gchar **key,
    RtmpRefusal *refusal, const gchar **words)
{
  g_autofree gchar *path = path_of (name->application, name->key);
  RtmpMount *mount;
  guint rank;

  *key = NULL;
  g_mutex_lock (&server->lock);
  if (*name->key)
    mount = find_best (server, path, rank_play, &rank);
  else
    mount = find_default (server, name->application);
  if (mount) {
    *key = g_strdup (mount->key ? mount->key : claimed_key (mount, path));
    *refusal = RTMP_REFUSE_LIMIT;
    *words = check_play (server, rtmp_mount_ref (mount), *key);
  } else {
    *refusal = RTMP_REFUSE_NOT_FOUND;
    *words = "nobody serves such a stream";
  }
  g_mutex_unlock (&server->lock);
  return mount;
}

/* Two that would serve different things at one address. */
static gboolean
conflicts (const RtmpMount *a, const RtmpMount *b)
{
  g_autofree gchar *path_a = NULL;
  g_autofree gchar *path_b = NULL;

  if (!a->key || !b->key || !can_play (a) || !can_play (b))
    return FALSE;
  if (a->role == RTMP_MOUNT_SOURCE && b->role == RTMP_MOUNT_SOURCE)
    return FALSE;
  path_a = path_of (a->application, a->key);
  path_b = path_of (b->application, b->key);
  return g_str_equal (path_a, path_b);
}

gboolean
rtmp_registry_add (RtmpServer *server, RtmpMount *mount, GError **error)
{
  gboolean ok = TRUE;

  g_mutex_lock (&server->lock);
  for (guint i = 0; i < server->mounts->len && ok; i++)
    ok = !conflicts (g_ptr_array_index (server->mounts, i), mount);
  if (ok)
    g_ptr_array_add (server->mounts, mount);
  g_mutex_unlock (&server->lock);
  if (!ok)
    g_set_error (error, RTMP_ERROR, RTMP_ERROR_LOCAL,
        "Stream \"%s\" of application \"%s\" on port %u is served already", mount->key,
        mount->application, server->port);
  return ok;
}

void
rtmp_registry_remove (RtmpServer *server, RtmpMount *mount)
{
  g_mutex_lock (&server->lock);
  mount->closed = TRUE;
  g_ptr_array_remove (server->mounts, mount);
  g_mutex_unlock (&server->lock);
}
