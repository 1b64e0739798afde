/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * RtmpCutClock: 24 bits to 32.
 */
#include "rtmp-cut-clock.h"

#define PERIOD_MS (1u << 24)

static gboolean
is_at_end (guint32 timestamp)
{
  return timestamp < PERIOD_MS && timestamp >= PERIOD_MS - RTMP_CUT_CLOCK_NEAR_MS;
}

static gboolean
is_at_start (guint32 timestamp)
{
  return timestamp < RTMP_CUT_CLOCK_NEAR_MS;
}

guint32
rtmp_cut_clock_map (RtmpCutClock *clock, guint32 timestamp, gboolean moves)
{
  if (timestamp >= PERIOD_MS) {
    clock->base = 0;
    clock->last = timestamp;
    return timestamp;
  }
  if (!moves)
    return timestamp + clock->base;
  /* the other track may still be before the wrap */
  if (clock->base != 0 && is_at_start (clock->last) && is_at_end (timestamp))
    return timestamp + clock->base - PERIOD_MS;
  if (is_at_end (clock->last) && is_at_start (timestamp))
    clock->base += PERIOD_MS;
  clock->last = timestamp;
  return timestamp + clock->base;
}
