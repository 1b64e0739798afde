/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * RtmpStream as server/ sees it.
 */
#pragma once

#include "server/rtmp-backlog.h"
#include "server/rtmp-outbox.h"
#include "server/rtmp-stream.h"

G_BEGIN_DECLS

/* Feeds of one stream: one a loop, and there are few loops. */
#define RTMP_STREAM_MAX_FEEDS 16

struct _RtmpStream
{
  gatomicrefcount ref_count;
  gchar *application; /* immutable */
  gchar *key;         /* immutable */
  RtmpLimits limits;  /* immutable */
  RtmpPlayerLimits player_limits;
  gint n_players;         /* atomic */
  gint flush_interval_us; /* atomic: players get what gathered in it; 0 = automatic */
  gint64 (*clock) (void); /* immutable */

  GMutex lock;
  RtmpBacklog backlog; /* from the newest keyframe on */
  RtmpFeed *feeds[RTMP_STREAM_MAX_FEEDS];
  guint n_feeds;
  gboolean begun; /* the next publish begins a session */
};

RtmpStream *rtmp_stream_new (
    const gchar *application, const gchar *key, const RtmpLimits *limits);
void rtmp_stream_set_player_limits (RtmpStream *stream, guint soft_ms, guint hard_ms);
gboolean rtmp_stream_is_on (RtmpStream *stream);

/* Calls @done (@user_data) on a loop thread when all players there are now were
 * sent everything, or after @linger_ms, once. @loop: where to wait. Any thread. */
typedef struct _RtmpDrain RtmpDrain;
RtmpDrain *rtmp_stream_drain (RtmpStream *stream, RtmpLoop *loop, guint linger_ms,
    GDestroyNotify done, gpointer user_data);
/* Calls it now if it was not called yet, and lets go. On @loop. */
void rtmp_drain_finish (RtmpDrain *drain);
/* One of those it waits for has all. */
RtmpDrain *rtmp_drain_ref (RtmpDrain *drain);
void rtmp_drain_release (RtmpDrain *drain);

G_END_DECLS
