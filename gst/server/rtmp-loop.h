/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * RtmpLoop: a thread with a GMainContext, a poller, deadlines and the
 * connections that live on it. rtmp_loop_post() is the only door for other
 * threads. One turn: ready sockets, posts, due timers, then everything that
 * asked for the end of the turn (flush, then free).
 *
 * Threads: functions marked "any thread" may be called from any; all others from
 * the loop's own, or, for a loop without a thread (tests), from the one that
 * iterates it.
 */
#pragma once

#include <gio/gio.h>
#include "server/rtmp-poller.h"
#include "server/rtmp-timer.h"

G_BEGIN_DECLS

typedef struct _RtmpLoop RtmpLoop;
typedef void (*RtmpLoopFunc) (RtmpLoop *loop, gpointer data);

typedef struct _RtmpLoopConfig
{
  const gchar *name; /* of the thread */
  gboolean threaded; /* FALSE: the owner calls rtmp_loop_iterate() */
  RtmpPollerKind poller;
  gint64 (*clock) (gpointer); /* microseconds, monotonic; NULL = g_get_monotonic_time */
  gpointer clock_data;
} RtmpLoopConfig;

/* Atomic reference count: who may post after the loop has ended keeps one. */
RtmpLoop *rtmp_loop_new (const RtmpLoopConfig *config);
RtmpLoop *rtmp_loop_ref (RtmpLoop *loop);
void rtmp_loop_unref (RtmpLoop *loop);
/* Runs what was posted, ends and joins the thread. Nothing may be left on it.
 * Any thread but its own. */
void rtmp_loop_end (RtmpLoop *loop);

/* Any thread: @func runs on the loop, in order of posting. Many posts before the
 * loop comes round cost one wake-up; posting from the loop itself costs none.
 * FALSE: the loop has ended, @func will not run. */
gboolean rtmp_loop_post (RtmpLoop *loop, RtmpLoopFunc func, gpointer data);
/* Any thread but the loop's: posts and waits until @func has run. A loop without a
 * thread runs it, and what was posted before it, here. */
void rtmp_loop_call (RtmpLoop *loop, RtmpLoopFunc func, gpointer data);
gboolean rtmp_loop_is_current (RtmpLoop *loop);
gboolean rtmp_loop_is_threaded (RtmpLoop *loop);

/* One turn of a loop without a thread, without waiting; TRUE if it did something. */
gboolean rtmp_loop_iterate (RtmpLoop *loop);

/* Time at the start of this turn. */
gint64 rtmp_loop_get_now (RtmpLoop *loop);
/* Callbacks of other sources of its context call this first: the time moves on. */
void rtmp_loop_touch (RtmpLoop *loop);
GMainContext *rtmp_loop_get_context (RtmpLoop *loop);
RtmpPoller *rtmp_loop_get_poller (RtmpLoop *loop);
/* Scratch for one read, shared by all connections of the loop. */
guint8 *rtmp_loop_get_buffer (RtmpLoop *loop, gsize *size);

void rtmp_loop_arm (RtmpLoop *loop, RtmpTimer *timer, gint64 due_us);
void rtmp_loop_disarm (RtmpLoop *loop, RtmpTimer *timer);

/* Something to do at the end of the turn; embedded, zero-initialised is idle. */
typedef struct _RtmpTurnItem RtmpTurnItem;
struct _RtmpTurnItem
{
  void (*func) (RtmpTurnItem *item);
  GList link;
  guint8 queue; /* 0 = idle */
};
/* Once, at the end of this turn (of the next, if called from such a func). */
void rtmp_loop_flush_later (RtmpLoop *loop, RtmpTurnItem *item);
/* The same, after all flushes of the turn: where things are freed. */
void rtmp_loop_free_later (RtmpLoop *loop, RtmpTurnItem *item);
void rtmp_loop_forget (RtmpLoop *loop, RtmpTurnItem *item);

/* What lives here, by 64-bit id: how others name a connection. */
void rtmp_loop_register (RtmpLoop *loop, guint64 *id, gpointer object);
void rtmp_loop_unregister (RtmpLoop *loop, const guint64 *id);
gpointer rtmp_loop_lookup (RtmpLoop *loop, guint64 id);
/* New array of all objects. */
GPtrArray *rtmp_loop_list (RtmpLoop *loop);

/* Any thread: how many picked it (rtmp_loop_pool_pick) and have not left. */
guint rtmp_loop_get_load (RtmpLoop *loop);
void rtmp_loop_add_load (RtmpLoop *loop, gint change);

/* Process-wide loops, as many as there are processors that the process may run
 * on (at most 8); they start with the first user and end with the last. Any thread
 * but the loops' own. */
typedef struct _RtmpLoopPool
{
  guint n_loops;
  RtmpLoop **loops;
  guint users; /* private */
} RtmpLoopPool;

RtmpLoopPool *rtmp_loop_pool_acquire (void);
/* The last release ends the threads before it returns. */
void rtmp_loop_pool_release (RtmpLoopPool *pool);
/* The least loaded, with one more load: give it back with rtmp_loop_add_load (-1).
 * Any thread, while the pool is held. */
RtmpLoop *rtmp_loop_pool_pick (const RtmpLoopPool *pool);
/* For tests and benchmarks, while there is no user: how many, and of what kind.
 * 0 and NULL are the defaults. */
void rtmp_loop_pool_configure (guint n_loops, const RtmpLoopConfig *config);

G_END_DECLS
