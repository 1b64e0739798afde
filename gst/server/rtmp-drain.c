/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * RtmpDrain: tells when all players of a stream were sent everything. It holds one
 * count for each feed that has not, and one for the post to each.
 */
#include "server/rtmp-feed.h"

struct _RtmpDrain
{
  gatomicrefcount ref_count; /* users and those it waits for */
  gint waiting;              /* atomic: feeds that are not through */
  gint called;               /* atomic */
  RtmpStream *stream;
  RtmpLoop *loop;
  RtmpTimer timer;
  guint linger_ms;
  GDestroyNotify done;
  gpointer user_data;
};

RtmpDrain *
rtmp_drain_ref (RtmpDrain *drain)
{
  g_atomic_ref_count_inc (&drain->ref_count);
  return drain;
}

static void
drain_unref (RtmpDrain *drain)
{
  if (!g_atomic_ref_count_dec (&drain->ref_count))
    return;
  rtmp_stream_unref (drain->stream);
  rtmp_loop_unref (drain->loop);
  g_free (drain);
}

static void
call (RtmpDrain *drain)
{
  if (g_atomic_int_compare_and_exchange (&drain->called, FALSE, TRUE) && drain->done)
    drain->done (drain->user_data);
}

/* The timer is the home loop's: it goes there, whoever was last. */
static void
on_all_through (RtmpLoop *loop, gpointer data)
{
  RtmpDrain *drain = data;

  if (rtmp_timer_is_armed (&drain->timer)) {
    rtmp_loop_disarm (loop, &drain->timer);
    drain_unref (drain);
  }
  call (drain);
  drain_unref (drain);
}

void
rtmp_drain_release (RtmpDrain *drain)
{
  if (g_atomic_int_dec_and_test (&drain->waiting) &&
      !rtmp_loop_post (drain->loop, on_all_through, rtmp_drain_ref (drain)))
    drain_unref (drain);
  drain_unref (drain);
}

static void
on_timer (RtmpTimer *timer, gint64 now_us)
{
  RtmpDrain *drain = (RtmpDrain *)((guint8 *)timer - G_STRUCT_OFFSET (RtmpDrain, timer));

  call (drain);
  drain_unref (drain);
}

static void
on_home (RtmpLoop *loop, gpointer data)
{
  RtmpDrain *drain = data;

  drain->timer.func = on_timer;
  if (!g_atomic_int_get (&drain->called))
    rtmp_loop_arm (
        loop, &drain->timer, rtmp_loop_get_now (loop) + (gint64)drain->linger_ms * 1000);
  else
    drain_unref (drain);
}

/* On each loop: behind all that was published before, as the inbox is. */
static void
on_feed (RtmpLoop *loop, gpointer data)
{
  RtmpDrain *drain = data;
  RtmpFeed *feed = NULL;

  g_mutex_lock (&drain->stream->lock);
  for (guint i = 0; i < drain->stream->n_feeds; i++)
    if (drain->stream->feeds[i]->loop == loop)
      feed = drain->stream->feeds[i];
  g_mutex_unlock (&drain->stream->lock);
  if (!feed) {
    rtmp_drain_release (drain);
    return;
  }
  g_ptr_array_add (feed->drains, drain);
  rtmp_loop_flush_later (loop, &feed->turn);
}

RtmpDrain *
rtmp_stream_drain (RtmpStream *stream, RtmpLoop *loop, guint linger_ms, GDestroyNotify done,
    gpointer user_data)
{
  RtmpDrain *drain = g_new0 (RtmpDrain, 1);
  RtmpLoop *loops[RTMP_STREAM_MAX_FEEDS];
  guint n;

  g_atomic_ref_count_init (&drain->ref_count);
  drain->stream = rtmp_stream_ref (stream);
  drain->loop = rtmp_loop_ref (loop);
  drain->linger_ms = linger_ms;
  drain->done = done;
  drain->user_data = user_data;
  g_mutex_lock (&stream->lock);
  n = stream->n_feeds;
  for (guint i = 0; i < n; i++)
    loops[i] = stream->feeds[i]->loop;
  g_mutex_unlock (&stream->lock);

  drain->waiting = (gint)n + 1;
  rtmp_loop_post (loop, on_home, rtmp_drain_ref (drain));
  for (guint i = 0; i < n; i++)
    rtmp_loop_post (loops[i], on_feed, rtmp_drain_ref (drain));
  rtmp_drain_release (rtmp_drain_ref (drain));
  return drain;
}

void
rtmp_drain_finish (RtmpDrain *drain)
{
  if (rtmp_timer_is_armed (&drain->timer)) {
    rtmp_loop_disarm (drain->loop, &drain->timer);
    drain_unref (drain);
  }
  call (drain);
  drain_unref (drain);
}
