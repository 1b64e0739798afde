/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * RtmpChunkTime: which reading of a timestamp field is the one that was meant.
 */
#include "rtmp-chunk-time.h"

#define JUMP_MS 10000
#define NEAR_ABSOLUTE_MS 60000

void
rtmp_chunk_time_set (RtmpChunkTime *time, guint32 value, gboolean repeat)
{
  time->timestamp = value;
  time->field = value;
  time->delta = repeat ? value : 0;
  time->absolute = TRUE;
}

/* A delta of hours that lands next to the previous time was an absolute time;
 * above 2^31 it is a negative delta. */
static gboolean
is_absolute (guint32 previous, guint32 value)
{
  return value <= G_MAXINT32 && previous >= RTMP_CHUNK_TIME_EXTENDED &&
         ABS ((gint64)value - previous) < NEAR_ABSOLUTE_MS;
}

void
rtmp_chunk_time_add (RtmpChunkTime *time, guint32 value)
{
  time->absolute = time->extended && is_absolute (time->timestamp, value);
  time->delta = time->absolute ? value - time->timestamp : value;
  time->timestamp += time->delta;
  time->field = value;
}

void
rtmp_chunk_time_repeat (RtmpChunkTime *time, guint32 value)
{
  if (time->extended && (time->absolute || value != time->field)) {
    rtmp_chunk_time_add (time, value);
  } else {
    time->timestamp += time->delta;
    time->absolute = FALSE;
  }
}

gboolean
rtmp_chunk_time_would_jump (const RtmpChunkTime *time)
{
  return time->absolute && !time->extended && time->delta > JUMP_MS;
}

void
rtmp_chunk_time_stay (RtmpChunkTime *time)
{
  time->delta = 0;
  time->absolute = FALSE;
}

gboolean
rtmp_chunk_time_is_near (const RtmpChunkTime *time, guint32 timestamp)
{
  gint32 distance = (gint32)(time->timestamp - timestamp);

  return distance >= -JUMP_MS && distance <= JUMP_MS;
}

void
rtmp_chunk_time_observe (RtmpChunkTime *time, RtmpChunkTimeDialect dialect)
{
  if (time->observed == dialect)
    time->dialect = dialect;
  time->observed = dialect;
}
