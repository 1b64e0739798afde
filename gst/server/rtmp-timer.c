/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "server/rtmp-timer.h"

static RtmpTimer *
timer_at (const RtmpTimers *timers, guint slot)
{
  return g_ptr_array_index (timers->heap, slot - 1);
}

static void
put (RtmpTimers *timers, RtmpTimer *timer, guint slot)
{
  g_ptr_array_index (timers->heap, slot - 1) = timer;
  timer->slot = slot;
}

static void
sift_up (RtmpTimers *timers, RtmpTimer *timer, guint slot)
{
  while (slot > 1 && timer_at (timers, slot / 2)->due_us > timer->due_us) {
    put (timers, timer_at (timers, slot / 2), slot);
    slot /= 2;
  }
  put (timers, timer, slot);
}

static void
sift_down (RtmpTimers *timers, RtmpTimer *timer, guint slot)
{
  guint n = timers->heap->len;

  while (2 * slot <= n) {
    guint child = 2 * slot;

    if (child < n && timer_at (timers, child + 1)->due_us < timer_at (timers, child)->due_us)
      child++;
    if (timer_at (timers, child)->due_us >= timer->due_us)
      break;
    put (timers, timer_at (timers, child), slot);
    slot = child;
  }
  put (timers, timer, slot);
}

void
rtmp_timers_init (RtmpTimers *timers)
{
  timers->heap = g_ptr_array_new ();
}

void
rtmp_timers_clear (RtmpTimers *timers)
{
  g_clear_pointer (&timers->heap, g_ptr_array_unref);
}

void
rtmp_timers_arm (RtmpTimers *timers, RtmpTimer *timer, gint64 due_us)
{
  gint64 before = timer->due_us;

  timer->due_us = due_us;
  if (!rtmp_timer_is_armed (timer)) {
    g_ptr_array_add (timers->heap, timer);
    sift_up (timers, timer, timers->heap->len);
  } else if (due_us < before) {
    sift_up (timers, timer, timer->slot);
  } else if (due_us > before) {
    sift_down (timers, timer, timer->slot);
  }
}

void
rtmp_timers_disarm (RtmpTimers *timers, RtmpTimer *timer)
{
  guint slot = timer->slot;
  RtmpTimer *last;

  if (slot == 0)
    return;
  timer->slot = 0;
  last = timer_at (timers, timers->heap->len);
  g_ptr_array_set_size (timers->heap, timers->heap->len - 1);
  if (last == timer)
    return;
  if (slot > 1 && timer_at (timers, slot / 2)->due_us > last->due_us)
    sift_up (timers, last, slot);
  else
    sift_down (timers, last, slot);
}

gint64
rtmp_timers_next (const RtmpTimers *timers)
{
  return timers->heap->len ? timer_at (timers, 1)->due_us : G_MAXINT64;
}

void
rtmp_timers_run (RtmpTimers *timers, gint64 now_us)
{
  /* What is armed while this runs may be due already; as many rounds as there
   * were timers bound the work of one call. */
  guint rounds = timers->heap->len;

  while (rounds-- > 0 && rtmp_timers_next (timers) <= now_us) {
    RtmpTimer *timer = timer_at (timers, 1);

    rtmp_timers_disarm (timers, timer);
    timer->func (timer, now_us);
  }
}
