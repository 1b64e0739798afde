/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Jobs in order, one at a time, whoever posts; drained, dropped, from within.
 */
#include "elements/gstrtmpserverdispatcher.h"

typedef struct _Fixture
{
  GstRtmpServerDispatcher *dispatcher;
  GMutex gate;
  gint running; /* atomic */
  guint n_run;
  guint last;
  gint n_destroyed; /* atomic */
} Fixture;

static void
set_up (Fixture *f, gconstpointer data)
{
  f->dispatcher = gst_rtmp_server_dispatcher_new ();
  g_mutex_init (&f->gate);
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  if (f->dispatcher != NULL)
    gst_rtmp_server_dispatcher_free (f->dispatcher);
  g_mutex_clear (&f->gate);
}

typedef struct _Job
{
  Fixture *f;
  guint number;
} Job;

static void
job_run (gpointer data)
{
  Job *job = data;

  g_assert_true (g_atomic_int_compare_and_exchange (&job->f->running, FALSE, TRUE));
  if (job->number > 0)
    g_assert_cmpuint (job->number, ==, job->f->last + 1);
  job->f->last = job->number;
  job->f->n_run++;
  g_atomic_int_set (&job->f->running, FALSE);
}

static void
job_free (gpointer data)
{
  Job *job = data;

  g_atomic_int_inc (&job->f->n_destroyed);
  g_free (job);
}

static void
post (Fixture *f, guint number, GstRtmpServerJob run)
{
  Job *job = g_new (Job, 1);

  job->f = f;
  job->number = number;
  gst_rtmp_server_dispatcher_post (f->dispatcher, run, job, job_free);
}

static void
test_order (Fixture *f, gconstpointer data)
{
  guint i;

  for (i = 1; i <= 10000; i++)
    post (f, i, job_run);
  g_assert_true (gst_rtmp_server_dispatcher_drain (f->dispatcher, G_MAXUINT));
  g_assert_cmpuint (f->n_run, ==, 10000);
  g_assert_cmpint (g_atomic_int_get (&f->n_destroyed), ==, 10000);
}

static gpointer
post_many (gpointer data)
{
  guint i;

  for (i = 0; i < 2000; i++)
    post (data, 0, job_run);
  return NULL;
}

static void
test_many_threads (Fixture *f, gconstpointer data)
{
  GThread *threads[4];
  guint i;

  for (i = 0; i < G_N_ELEMENTS (threads); i++)
    threads[i] = g_thread_new ("post", post_many, f);
  for (i = 0; i < G_N_ELEMENTS (threads); i++)
    g_thread_join (threads[i]);
  g_assert_true (gst_rtmp_server_dispatcher_drain (f->dispatcher, G_MAXUINT));
  g_assert_cmpuint (f->n_run, ==, 8000);
}

static void
wait_at_gate (gpointer data)
{
  Job *job = data;

  g_mutex_lock (&job->f->gate);
  job->f->n_run++;
  g_mutex_unlock (&job->f->gate);
}

/* One that hangs: others wait for a limited time only, and what had not begun is
 * dropped with the dispatcher. */
static void
test_job_that_hangs (Fixture *f, gconstpointer data)
{
  g_mutex_lock (&f->gate);
  post (f, 0, wait_at_gate);
  post (f, 0, wait_at_gate);
  post (f, 0, wait_at_gate);
  g_assert_false (gst_rtmp_server_dispatcher_drain (f->dispatcher, 50));
  gst_rtmp_server_dispatcher_free (g_steal_pointer (&f->dispatcher));
  g_assert_cmpint (g_atomic_int_get (&f->n_destroyed), ==, 2);
  g_mutex_unlock (&f->gate);
  while (g_atomic_int_get (&f->n_destroyed) < 3)
    g_thread_yield ();
  g_assert_cmpuint (f->n_run, ==, 1);
}

static void
drain_within (gpointer data)
{
  Job *job = data;

  job->f->n_run += gst_rtmp_server_dispatcher_drain (job->f->dispatcher, G_MAXUINT);
}

static void
test_drain_from_within (Fixture *f, gconstpointer data)
{
  post (f, 0, drain_within);
  g_assert_true (gst_rtmp_server_dispatcher_drain (f->dispatcher, G_MAXUINT));
  g_assert_cmpuint (f->n_run, ==, 1);
}

gint
main (gint argc, gchar **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(name, function)                                                                    \
  g_test_add ("/dispatcher/" name, Fixture, NULL, set_up, function, tear_down)
  ADD ("order", test_order);
  ADD ("many-threads", test_many_threads);
  ADD ("job-that-hangs", test_job_that_hangs);
  ADD ("drain-from-within", test_drain_from_within);
  return g_test_run ();
}
