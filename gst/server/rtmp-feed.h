/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * RtmpFeed: the players of one stream on one loop, and the backlog they read.
 * Other threads only append to its inbox, under the stream's lock; the loop takes
 * the inbox over in one post and flushes its players once per turn.
 *
 * Owner and thread: its loop; it lives from the first player to the last.
 */
#pragma once

#include "server/rtmp-outbox.h"
#include "server/rtmp-loop.h"
#include "server/rtmp-stream-private.h"

G_BEGIN_DECLS

struct _RtmpFeed
{
  RtmpStream *stream; /* reference */
  RtmpLoop *loop;

  /* under the stream's lock */
  GArray *inbox; /* of RtmpItem */
  gsize inbox_bytes;
  gboolean posted;
  gboolean skipping; /* the loop is stuck: nothing before the next keyframe */

  /* the loop's */
  RtmpBacklog backlog;
  GArray *taking; /* swapped with the inbox */
  GPtrArray *players;
  GPtrArray *drains;
  RtmpTimer timer;
  RtmpTurnItem turn;
  gint64 flush_us; /* deadline of what waits for company; 0 = nothing waits */
  guint32 waiting_bytes;
  RtmpGather *batch; /* while it flushes: what players at the same place share */
  gboolean dead;
  gboolean flushing;
};

/* On @loop: makes @outbox a player of @stream; there it may start at once. FALSE:
 * the stream has a feed on too many loops. */
gboolean rtmp_feed_join (
    RtmpStream *stream, RtmpLoop *loop, RtmpOutbox *outbox, gboolean latest);
void rtmp_feed_leave (RtmpOutbox *outbox);
static inline gint64
rtmp_feed_get_now (const RtmpFeed *feed)
{
  return rtmp_loop_get_now (feed->loop);
}
/* A player has been sent everything: a drain may be waiting for that. */
void rtmp_feed_check_drains (RtmpFeed *feed);

/* Under the stream's lock: TRUE if the feed needs a post, which the caller makes
 * with rtmp_feed_post() after unlocking. */
gboolean rtmp_feed_append (RtmpFeed *feed, const RtmpItem *item);
void rtmp_feed_post (RtmpFeed *feed);

G_END_DECLS
