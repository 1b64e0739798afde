/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * RtmpTimers: the deadlines of one loop in a binary heap. A timer is embedded in
 * what it belongs to; arming and disarming never allocate but for growth of the
 * heap. Owner and thread: one loop.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct _RtmpTimer RtmpTimer;
typedef void (*RtmpTimerFunc) (RtmpTimer *timer, gint64 now_us);

/* Zero-initialised is disarmed. */
struct _RtmpTimer
{
  gint64 due_us;
  RtmpTimerFunc func;
  guint slot; /* 1-based place in the heap; 0 = not armed */
};

typedef struct _RtmpTimers
{
  GPtrArray *heap;
} RtmpTimers;

void rtmp_timers_init (RtmpTimers *timers);
void rtmp_timers_clear (RtmpTimers *timers);

/* Arms or moves. */
void rtmp_timers_arm (RtmpTimers *timers, RtmpTimer *timer, gint64 due_us);
void rtmp_timers_disarm (RtmpTimers *timers, RtmpTimer *timer);
static inline gboolean
rtmp_timer_is_armed (const RtmpTimer *timer)
{
  return timer->slot != 0;
}

/* The earliest deadline; G_MAXINT64 = none. */
gint64 rtmp_timers_next (const RtmpTimers *timers);
/* Runs what is due at @now_us. A timer armed by one that runs waits for the next
 * call, also if it is due already: time that stands still cannot trap us here. */
void rtmp_timers_run (RtmpTimers *timers, gint64 now_us);

G_END_DECLS
