/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * RtmpTimeline: the wire clock of one publish session, common to its tracks.
 * 32-bit milliseconds become 64-bit milliseconds since the session's first
 * message. A jump (back more than 2 s, forward more than 10 s) is rebased: what
 * comes out goes on where it was. Peers that cut their clock to 24 bits wrap
 * without a jump.
 *
 * Owner and thread: its RtmpDemux. No clock of its own, no allocation.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define RTMP_TIMELINE_MAX_BACK_MS 2000
#define RTMP_TIMELINE_MAX_FORWARD_MS 10000
/* rtmp_timeline_map(): the present time is not known */
#define RTMP_TIMELINE_NOW_UNKNOWN G_MININT64

/* One linear relation between wire time and session time. */
typedef struct _RtmpTimelineMapping
{
  gboolean valid;
  guint32 newest; /* wire time of the newest message in it */
  gint64 newest_ms;
} RtmpTimelineMapping;

typedef struct _RtmpTimeline
{
  RtmpTimelineMapping current;
  /* before the last jump: for tracks that have not jumped yet */
  RtmpTimelineMapping previous;
} RtmpTimeline;

void rtmp_timeline_init (RtmpTimeline *timeline);

/* DTS of @timestamp in ms since the session's first message; may be negative for
 * messages older than that. @now_ms: the present on the same scale, to which a
 * rebase catches up. @discont: TRUE if the clock was rebased here. */
gint64 rtmp_timeline_map (
    RtmpTimeline *timeline, guint32 timestamp, gint64 now_ms, gboolean *discont);

/* The same for messages whose time means little (headers and metadata are often
 * sent with 0): never starts, moves or rebases the clock. What is not near the
 * present is taken for the present; 0 before the start. */
gint64 rtmp_timeline_place (const RtmpTimeline *timeline, guint32 timestamp);

G_END_DECLS
