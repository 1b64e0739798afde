/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The process-wide loops: shared by all servers and pushes, gone with the last.
 */
#ifdef __linux__
#include <sched.h>
#endif

#include "server/rtmp-loop.h"

#define MAX_LOOPS 8

static GMutex pool_lock;
static RtmpLoopPool *current; /* NULL: no users */
static guint configured_loops;
static RtmpLoopConfig configured = { .threaded = TRUE };

/* Loops beyond the processors that we may run on only take turns. */
static guint
count_processors (void)
{
#ifdef __linux__
  cpu_set_t allowed;

  if (sched_getaffinity (0, sizeof (allowed), &allowed) == 0)
    return (guint)CPU_COUNT (&allowed);
#endif
  return g_get_num_processors ();
}

static RtmpLoopPool *
pool_new (void)
{
  RtmpLoopPool *pool = g_new0 (RtmpLoopPool, 1);

  pool->n_loops = configured_loops;
  if (pool->n_loops == 0)
    pool->n_loops = CLAMP (count_processors (), 1, MAX_LOOPS);
  pool->loops = g_new0 (RtmpLoop *, pool->n_loops);
  for (guint i = 0; i < pool->n_loops; i++)
    pool->loops[i] = rtmp_loop_new (&configured);
  return pool;
}

RtmpLoopPool *
rtmp_loop_pool_acquire (void)
{
  RtmpLoopPool *pool;

  g_mutex_lock (&pool_lock);
  if (!current)
    current = pool_new ();
  pool = current;
  pool->users++;
  g_mutex_unlock (&pool_lock);
  return pool;
}

/* What is left on the loops runs without the lock; who acquires meanwhile gets
 * new ones. */
void
rtmp_loop_pool_release (RtmpLoopPool *pool)
{
  gboolean last;

  g_mutex_lock (&pool_lock);
  last = --pool->users == 0;
  if (last)
    current = NULL;
  g_mutex_unlock (&pool_lock);
  if (!last)
    return;
  for (guint i = 0; i < pool->n_loops; i++)
    rtmp_loop_end (pool->loops[i]);
  for (guint i = 0; i < pool->n_loops; i++)
    rtmp_loop_unref (pool->loops[i]);
  g_free (pool->loops);
  g_free (pool);
}

RtmpLoop *
rtmp_loop_pool_pick (const RtmpLoopPool *loops)
{
  RtmpLoop *best = loops->loops[0];

  for (guint i = 1; i < loops->n_loops; i++)
    if (rtmp_loop_get_load (loops->loops[i]) < rtmp_loop_get_load (best))
      best = loops->loops[i];
  rtmp_loop_add_load (best, 1);
  return best;
}

void
rtmp_loop_pool_configure (guint n_loops, const RtmpLoopConfig *config)
{
  static const RtmpLoopConfig defaults = { .threaded = TRUE };

  g_mutex_lock (&pool_lock);
  g_warn_if_fail (current == NULL);
  configured_loops = n_loops;
  configured = config ? *config : defaults;
  g_mutex_unlock (&pool_lock);
}
