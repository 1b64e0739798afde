/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "server/rtmp-stream-private.h"

#include "server/rtmp-feed.h"

RtmpStream *
rtmp_stream_new (const gchar *application, const gchar *key, const RtmpLimits *limits)
{
  RtmpStream *stream = g_new0 (RtmpStream, 1);

  g_atomic_ref_count_init (&stream->ref_count);
  stream->application = g_strdup (application);
  stream->key = g_strdup (key);
  stream->limits = limits ? *limits : *rtmp_limits_default ();
  stream->player_limits.soft_ms = (gint)stream->limits.player_soft_ms;
  stream->player_limits.hard_ms = (gint)stream->limits.player_hard_ms;
  stream->clock = g_get_monotonic_time;
  g_mutex_init (&stream->lock);
  rtmp_backlog_init (&stream->backlog, &stream->limits);
  return stream;
}

RtmpStream *
rtmp_stream_ref (RtmpStream *stream)
{
  g_atomic_ref_count_inc (&stream->ref_count);
  return stream;
}

void
rtmp_stream_unref (RtmpStream *stream)
{
  if (!g_atomic_ref_count_dec (&stream->ref_count))
    return;
  rtmp_backlog_clear (&stream->backlog);
  g_mutex_clear (&stream->lock);
  g_free (stream->application);
  g_free (stream->key);
  g_free (stream);
}

void
rtmp_stream_set_player_limits (RtmpStream *stream, guint soft_ms, guint hard_ms)
{
  g_atomic_int_set (&stream->player_limits.soft_ms, (gint)MIN (soft_ms, G_MAXINT));
  g_atomic_int_set (&stream->player_limits.hard_ms, (gint)MIN (hard_ms, G_MAXINT));
}

void
rtmp_stream_set_flush_interval (RtmpStream *stream, guint interval_ms)
{
  g_atomic_int_set (&stream->flush_interval_us,
      (gint)MIN (interval_ms, RTMP_STREAM_MAX_FLUSH_INTERVAL_MS) * 1000);
}

/* Feeds to post to once the lock is let go: waking a loop is a system call. */
typedef struct _Posts
{
  RtmpFeed *feeds[RTMP_STREAM_MAX_FEEDS];
  guint n;
} Posts;

static void
distribute (RtmpStream *stream, const RtmpItem *item, gint64 now_us, Posts *posts)
{
  rtmp_backlog_push (&stream->backlog, item, now_us);
  rtmp_backlog_trim (&stream->backlog, rtmp_backlog_get_keep (&stream->backlog));
  for (guint i = 0; i < stream->n_feeds; i++)
    if (rtmp_feed_append (stream->feeds[i], item))
      posts->feeds[posts->n++] = stream->feeds[i];
}

static void
send_posts (const Posts *posts)
{
  for (guint i = 0; i < posts->n; i++)
    rtmp_feed_post (posts->feeds[i]);
}

static void
mark (RtmpStream *stream, RtmpItemKind kind, gint64 now_us, Posts *posts)
{
  const RtmpItem item = { .kind = kind };

  distribute (stream, &item, now_us, posts);
}

/* Headers and metadata make a new snapshot; a header that says nothing new is not
 * passed on: decoders would start over. FALSE: nothing to pass on. */
static gboolean
note_headers (RtmpStream *stream, RtmpItem *item)
{
  RtmpMessage *message = item->message;

  if (!(message->flags & (RTMP_MESSAGE_HEADER | RTMP_MESSAGE_METADATA)))
    return TRUE;
  if (rtmp_snapshot_has (stream->backlog.snapshot, message))
    return (message->flags & RTMP_MESSAGE_METADATA) != 0;
  if ((message->flags & RTMP_MESSAGE_METADATA) &&
      message->size > stream->limits.max_metadata_size)
    return TRUE;
  item->snapshot = rtmp_snapshot_with (stream->backlog.snapshot, message, &stream->limits);
  return TRUE;
}

void
rtmp_stream_publish (RtmpStream *stream, RtmpMessage *message)
{
  RtmpItem item = { RTMP_ITEM_MESSAGE, message, NULL };
  Posts posts = { .n = 0 };
  gint64 now_us = message->arrival_us;

  if (now_us == 0)
    now_us = stream->clock ();
  if (!(message->flags & RTMP_MESSAGE_SEALED)) {
    message->arrival_us = now_us;
    rtmp_message_seal (message);
  }
  g_mutex_lock (&stream->lock);
  if (stream->begun)
    mark (stream, RTMP_ITEM_BEGIN, now_us, &posts);
  stream->begun = FALSE;
  if (stream->backlog.on && note_headers (stream, &item))
    distribute (stream, &item, now_us, &posts);
  g_mutex_unlock (&stream->lock);
  send_posts (&posts);
  g_clear_pointer (&item.snapshot, rtmp_snapshot_unref);
}

void
rtmp_stream_begin (RtmpStream *stream)
{
  g_mutex_lock (&stream->lock);
  stream->begun = TRUE;
  g_mutex_unlock (&stream->lock);
}

void
rtmp_stream_end (RtmpStream *stream)
{
  Posts posts = { .n = 0 };

  g_mutex_lock (&stream->lock);
  stream->begun = FALSE;
  if (stream->backlog.on)
    mark (stream, RTMP_ITEM_END, stream->clock (), &posts);
  g_mutex_unlock (&stream->lock);
  send_posts (&posts);
}

gboolean
rtmp_stream_is_on (RtmpStream *stream)
{
  gboolean on;

  g_mutex_lock (&stream->lock);
  on = stream->backlog.on;
  g_mutex_unlock (&stream->lock);
  return on;
}

guint
rtmp_stream_get_n_players (RtmpStream *stream)
{
  return (guint)g_atomic_int_get (&stream->n_players);
}
