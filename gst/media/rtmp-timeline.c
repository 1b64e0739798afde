/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "media/rtmp-timeline.h"

#define CUT_CLOCK_MS (1 << 24)

void
rtmp_timeline_init (RtmpTimeline *timeline)
{
  timeline->current = timeline->previous = (RtmpTimelineMapping){ FALSE, 0, 0 };
}

static gboolean
is_near (gint64 difference_ms)
{
  return difference_ms >= -RTMP_TIMELINE_MAX_BACK_MS &&
         difference_ms <= RTMP_TIMELINE_MAX_FORWARD_MS;
}

/* TRUE: @timestamp belongs to @mapping, and @ms is its time in it. */
static gboolean
map_near (RtmpTimelineMapping *mapping, guint32 timestamp, gint64 *ms)
{
  gint64 difference = (gint32)(timestamp - mapping->newest);

  if (!mapping->valid)
    return FALSE;
  if (!is_near (difference) && mapping->newest < CUT_CLOCK_MS &&
      is_near (difference + CUT_CLOCK_MS))
    difference += CUT_CLOCK_MS;
  if (!is_near (difference))
    return FALSE;
  *ms = mapping->newest_ms + difference;
  if (difference > 0) {
    mapping->newest = timestamp;
    mapping->newest_ms = *ms;
  }
  return TRUE;
}

static gint64
rebase (RtmpTimeline *timeline, guint32 timestamp, gint64 now_ms)
{
  RtmpTimelineMapping *current = &timeline->current;
  gint64 ms = MAX (current->newest_ms, now_ms);

  if (timeline->previous.valid)
    ms = MAX (ms, timeline->previous.newest_ms);
  timeline->previous = *current;
  *current = (RtmpTimelineMapping){ TRUE, timestamp, ms };
  return ms;
}

gint64
rtmp_timeline_map (RtmpTimeline *timeline, guint32 timestamp, gint64 now_ms, gboolean *discont)
{
  gint64 ms;

  *discont = FALSE;
  if (!timeline->current.valid) {
    timeline->current = (RtmpTimelineMapping){ TRUE, timestamp, 0 };
    return 0;
  }
  if (map_near (&timeline->current, timestamp, &ms) ||
      map_near (&timeline->previous, timestamp, &ms))
    return ms;
  *discont = TRUE;
  return rebase (timeline, timestamp, now_ms);
}

gint64
rtmp_timeline_place (const RtmpTimeline *timeline, guint32 timestamp)
{
  RtmpTimelineMapping current = timeline->current;
  RtmpTimelineMapping previous = timeline->previous;
  gint64 ms;

  if (map_near (&current, timestamp, &ms) || map_near (&previous, timestamp, &ms))
    return ms;
  return timeline->current.newest_ms;
}
