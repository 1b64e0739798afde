/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "elements/gstrtmpserverdispatcher.h"

typedef struct _Job
{
  GstRtmpServerJob run;
  gpointer data;
  GDestroyNotify destroy;
} Job;

struct _GstRtmpServerDispatcher
{
  gatomicrefcount ref_count; /* owner, and the worker while there is one */
  GMutex lock;
  GCond idle;
  GQueue jobs;
  gboolean running; /* a worker has been pushed to the pool and not left yet */
  gboolean closed;
  GThread *worker;
};

static void worker_run (gpointer data, gpointer user_data);

/* One for the process and never freed. Unlimited, because a handler of one
 * element may block and must not hold up the others. */
static GThreadPool *
get_pool (void)
{
  static gsize pool = 0;

  if (g_once_init_enter (&pool)) {
    GThreadPool *made = g_thread_pool_new (worker_run, NULL, -1, FALSE, NULL);
    g_once_init_leave (&pool, (gsize)made);
  }
  return (GThreadPool *)pool;
}

static void
dispatcher_unref (GstRtmpServerDispatcher *dispatcher)
{
  if (!g_atomic_ref_count_dec (&dispatcher->ref_count))
    return;
  g_cond_clear (&dispatcher->idle);
  g_mutex_clear (&dispatcher->lock);
  g_free (dispatcher);
}

GstRtmpServerDispatcher *
gst_rtmp_server_dispatcher_new (void)
{
  GstRtmpServerDispatcher *dispatcher = g_new0 (GstRtmpServerDispatcher, 1);

  g_atomic_ref_count_init (&dispatcher->ref_count);
  g_mutex_init (&dispatcher->lock);
  g_cond_init (&dispatcher->idle);
  g_queue_init (&dispatcher->jobs);
  return dispatcher;
}

static void
job_free (Job *job)
{
  if (job->destroy != NULL)
    job->destroy (job->data);
  g_free (job);
}

static Job *
next_job (GstRtmpServerDispatcher *dispatcher)
{
  Job *job;

  g_mutex_lock (&dispatcher->lock);
  job = g_queue_pop_head (&dispatcher->jobs);
  dispatcher->worker = job != NULL ? g_thread_self () : NULL;
  if (job == NULL) {
    dispatcher->running = FALSE;
    g_cond_broadcast (&dispatcher->idle);
  }
  g_mutex_unlock (&dispatcher->lock);
  return job;
}

static void
worker_run (gpointer data, gpointer user_data)
{
  GstRtmpServerDispatcher *dispatcher = data;
  Job *job;

  while ((job = next_job (dispatcher)) != NULL) {
    job->run (job->data);
    job_free (job);
  }
  dispatcher_unref (dispatcher);
}

void
gst_rtmp_server_dispatcher_free (GstRtmpServerDispatcher *dispatcher)
{
  GQueue dropped = G_QUEUE_INIT;
  Job *job;

  g_mutex_lock (&dispatcher->lock);
  dispatcher->closed = TRUE;
  dropped = dispatcher->jobs;
  g_queue_init (&dispatcher->jobs);
  g_mutex_unlock (&dispatcher->lock);
  while ((job = g_queue_pop_head (&dropped)) != NULL)
    job_free (job);
  dispatcher_unref (dispatcher);
}

void
gst_rtmp_server_dispatcher_post (GstRtmpServerDispatcher *dispatcher, GstRtmpServerJob run,
    gpointer data, GDestroyNotify destroy)
{
  Job *job = g_new (Job, 1);
  gboolean start;

  job->run = run;
  job->data = data;
  job->destroy = destroy;
  g_mutex_lock (&dispatcher->lock);
  if (dispatcher->closed) {
    g_mutex_unlock (&dispatcher->lock);
    job_free (job);
    return;
  }
  g_queue_push_tail (&dispatcher->jobs, job);
  start = !dispatcher->running;
  dispatcher->running = TRUE;
  g_mutex_unlock (&dispatcher->lock);
  if (start) {
    g_atomic_ref_count_inc (&dispatcher->ref_count);
    g_thread_pool_push (get_pool (), dispatcher, NULL);
  }
}

gboolean
gst_rtmp_server_dispatcher_drain (GstRtmpServerDispatcher *dispatcher, guint timeout_ms)
{
  gint64 deadline = g_get_monotonic_time () + (gint64)timeout_ms * 1000;
  gboolean in_time = TRUE;

  g_mutex_lock (&dispatcher->lock);
  while (dispatcher->running && dispatcher->worker != g_thread_self () && in_time)
    in_time = g_cond_wait_until (&dispatcher->idle, &dispatcher->lock, deadline);
  g_mutex_unlock (&dispatcher->lock);
  return in_time;
}
