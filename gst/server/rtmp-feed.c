/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "server/rtmp-feed.h"

/* Audio that waits for the next video is that much later at most. Each write is a
 * system call a player: to many of them it pays to wait for a whole frame's time
 * (25 a second, and some jitter). */
#define FLUSH_DELAY_US 20000
#define CROWD_DELAY_US 45000
#define CROWD 50
/* Waiting for company ends when that much came together. */
#define FLUSH_BYTES (8 * 1024)

static RtmpFeed *
feed_of_timer (RtmpTimer *timer)
{
  return (RtmpFeed *)((guint8 *)timer - G_STRUCT_OFFSET (RtmpFeed, timer));
}

static RtmpFeed *
feed_of_turn (RtmpTurnItem *turn)
{
  return (RtmpFeed *)((guint8 *)turn - G_STRUCT_OFFSET (RtmpFeed, turn));
}

static void
feed_free (RtmpFeed *feed)
{
  rtmp_loop_forget (feed->loop, &feed->turn);
  rtmp_loop_disarm (feed->loop, &feed->timer);
  rtmp_backlog_clear (&feed->backlog);
  g_array_unref (feed->inbox);
  g_array_unref (feed->taking);
  g_ptr_array_unref (feed->players);
  g_ptr_array_unref (feed->drains);
  rtmp_stream_unref (feed->stream);
  g_free (feed);
}

static gboolean
all_sent (RtmpFeed *feed)
{
  for (guint i = 0; i < feed->players->len; i++) {
    RtmpOutbox *outbox = g_ptr_array_index (feed->players, i);

    if (outbox->blocked || !rtmp_outbox_is_empty (outbox))
      return FALSE;
  }
  return TRUE;
}

void
rtmp_feed_check_drains (RtmpFeed *feed)
{
  if (feed->drains->len > 0 && all_sent (feed))
    g_ptr_array_set_size (feed->drains, 0);
}

/* Everybody has what is before the slowest player and the newest keyframe. */
static void
trim (RtmpFeed *feed)
{
  guint64 keep = rtmp_backlog_get_keep (&feed->backlog);

  for (guint i = 0; i < feed->players->len; i++) {
    RtmpOutbox *outbox = g_ptr_array_index (feed->players, i);

    if (!outbox->waiting && !outbox->paused)
      keep = MIN (keep, outbox->cursor);
  }
  rtmp_backlog_trim (&feed->backlog, keep);
}

static void
feed_end (RtmpFeed *feed)
{
  gboolean posted;

  if (feed->flushing || feed->players->len > 0)
    return;
  g_mutex_lock (&feed->stream->lock);
  for (guint i = 0; i < feed->stream->n_feeds; i++)
    if (feed->stream->feeds[i] == feed) {
      feed->stream->feeds[i] = feed->stream->feeds[--feed->stream->n_feeds];
      break;
    }
  posted = feed->posted;
  g_mutex_unlock (&feed->stream->lock);
  g_ptr_array_set_size (feed->drains, 0);
  feed->dead = TRUE;
  if (!posted)
    feed_free (feed);
}

/* From the end: a player that leaves is replaced by the last, which was served. */
static void
flush (RtmpFeed *feed)
{
  gint64 now_us = rtmp_feed_get_now (feed);
  RtmpGather batch = { .from = RTMP_NO_SEQUENCE };

  rtmp_loop_disarm (feed->loop, &feed->timer);
  feed->flush_us = 0;
  feed->waiting_bytes = 0;
  feed->batch = &batch;
  feed->flushing = TRUE;
  for (guint i = feed->players->len; i-- > 0;) {
    RtmpOutbox *outbox = g_ptr_array_index (feed->players, i);

    if (rtmp_outbox_update (outbox, now_us) && !outbox->blocked)
      outbox->funcs->flush (outbox);
    i = MIN (i, feed->players->len);
  }
  feed->flushing = FALSE;
  feed->batch = NULL;
  rtmp_feed_check_drains (feed);
  trim (feed);
  feed_end (feed);
}

static void
on_timer (RtmpTimer *timer, gint64 now_us)
{
  flush (feed_of_timer (timer));
}

static void
on_turn (RtmpTurnItem *turn)
{
  flush (feed_of_turn (turn));
}

/* Small audio waits for the next video, a short while: the calls are the cost. */
static gboolean
may_ride (RtmpFeed *feed, const RtmpItem *item)
{
  return item->message->type == RTMP_TYPE_AUDIO &&
         !(item->message->flags & RTMP_MESSAGE_HEADER) &&
         feed->waiting_bytes + item->message->size < FLUSH_BYTES &&
         rtmp_backlog_has_video (&feed->backlog, rtmp_feed_get_now (feed));
}

/* How long @item may wait for what comes next. */
static gint
get_delay_us (RtmpFeed *feed, const RtmpItem *item)
{
  gint interval_us = g_atomic_int_get (&feed->stream->flush_interval_us);

  if (item->kind != RTMP_ITEM_MESSAGE)
    return 0;
  if (interval_us > 0)
    return interval_us;
  if (!may_ride (feed, item))
    return 0;
  return feed->players->len < CROWD ? FLUSH_DELAY_US : CROWD_DELAY_US;
}

static gint
take (RtmpFeed *feed, RtmpItem *item)
{
  gint delay_us = get_delay_us (feed, item);

  if (item->message)
    feed->waiting_bytes += item->message->size;
  rtmp_backlog_push (&feed->backlog, item, rtmp_feed_get_now (feed));
  rtmp_item_clear (item);
  return delay_us;
}

static void
schedule (RtmpFeed *feed, gint delay_us)
{
  if (delay_us == 0) {
    rtmp_loop_flush_later (feed->loop, &feed->turn);
  } else if (feed->flush_us == 0) {
    feed->flush_us = rtmp_feed_get_now (feed) + delay_us;
    rtmp_loop_arm (feed->loop, &feed->timer, feed->flush_us);
  }
}

static void
on_post (RtmpLoop *loop, gpointer data)
{
  RtmpFeed *feed = data;
  gint delay_us = G_MAXINT;
  GArray *batch;

  g_mutex_lock (&feed->stream->lock);
  batch = feed->inbox;
  feed->inbox = feed->taking;
  feed->taking = batch;
  feed->inbox_bytes = 0;
  feed->posted = FALSE;
  g_mutex_unlock (&feed->stream->lock);

  for (guint i = 0; i < batch->len; i++) {
    gint item_us = take (feed, &g_array_index (batch, RtmpItem, i));

    delay_us = MIN (delay_us, item_us);
  }
  g_array_set_size (batch, 0);
  if (feed->dead)
    feed_free (feed);
  else if (delay_us < G_MAXINT)
    schedule (feed, delay_us);
}

/* A loop that does not come round must not hold an endless queue. */
static gboolean
must_skip (RtmpFeed *feed, const RtmpItem *item)
{
  const RtmpLimits *limits = &feed->stream->limits;
  gboolean full = feed->inbox->len >= limits->max_queued_posts ||
                  feed->inbox_bytes >= limits->feed_max_bytes;

  if (item->kind != RTMP_ITEM_MESSAGE)
    return FALSE;
  /* headers go through as long as they are not the flood themselves */
  if (item->snapshot)
    return feed->inbox->len >= 2 * (guint64)limits->max_queued_posts;
  if (feed->skipping && !full && (item->message->flags & RTMP_MESSAGE_KEYFRAME))
    feed->skipping = FALSE;
  feed->skipping |= full;
  return feed->skipping;
}

gboolean
rtmp_feed_append (RtmpFeed *feed, const RtmpItem *item)
{
  RtmpItem copy;
  gboolean post;

  if (must_skip (feed, item))
    return FALSE;
  copy = rtmp_item_copy (item);
  g_array_append_val (feed->inbox, copy);
  if (item->message)
    feed->inbox_bytes += item->message->size;
  post = !feed->posted;
  feed->posted = TRUE;
  return post;
}

void
rtmp_feed_post (RtmpFeed *feed)
{
  rtmp_loop_post (feed->loop, on_post, feed);
}

static RtmpFeed *
feed_new (RtmpStream *stream, RtmpLoop *loop)
{
  RtmpFeed *feed = g_new0 (RtmpFeed, 1);

  feed->stream = rtmp_stream_ref (stream);
  feed->loop = loop;
  feed->inbox = g_array_new (FALSE, FALSE, sizeof (RtmpItem));
  feed->taking = g_array_new (FALSE, FALSE, sizeof (RtmpItem));
  feed->players = g_ptr_array_new ();
  feed->drains = g_ptr_array_new_with_free_func ((GDestroyNotify)rtmp_drain_release);
  feed->timer.func = on_timer;
  feed->turn.func = on_turn;
  return feed;
}

/* The stream's feed on @loop; a new one takes over what the stream remembers. */
static RtmpFeed *
find_or_add (RtmpStream *stream, RtmpLoop *loop)
{
  RtmpFeed *feed = NULL;

  g_mutex_lock (&stream->lock);
  for (guint i = 0; i < stream->n_feeds && !feed; i++)
    if (stream->feeds[i]->loop == loop)
      feed = stream->feeds[i];
  if (!feed && stream->n_feeds < RTMP_STREAM_MAX_FEEDS) {
    feed = feed_new (stream, loop);
    rtmp_backlog_copy (&feed->backlog, &stream->backlog);
    stream->feeds[stream->n_feeds++] = feed;
  }
  g_mutex_unlock (&stream->lock);
  return feed;
}

gboolean
rtmp_feed_join (RtmpStream *stream, RtmpLoop *loop, RtmpOutbox *outbox, gboolean latest)
{
  RtmpFeed *feed = find_or_add (stream, loop);

  if (!feed)
    return FALSE;
  outbox->feed = feed;
  outbox->index = feed->players->len;
  outbox->latest = latest;
  outbox->off = !feed->backlog.on;
  outbox->waiting = TRUE;
  outbox->joined = feed->backlog.tail;
  g_ptr_array_add (feed->players, outbox);
  g_atomic_int_inc (&stream->n_players);
  rtmp_outbox_update (outbox, rtmp_loop_get_now (loop));
  return TRUE;
}

void
rtmp_feed_leave (RtmpOutbox *outbox)
{
  RtmpFeed *feed = outbox->feed;

  if (!feed)
    return;
  g_ptr_array_remove_index_fast (feed->players, outbox->index);
  if (outbox->index < feed->players->len)
    ((RtmpOutbox *)g_ptr_array_index (feed->players, outbox->index))->index = outbox->index;
  rtmp_outbox_reset (outbox);
  g_atomic_int_add (&feed->stream->n_players, -1);
  rtmp_feed_check_drains (feed);
  feed_end (feed);
}
