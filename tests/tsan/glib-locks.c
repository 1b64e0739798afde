/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * GLib's mutexes, conditions, reference counts and thread pools on top of what
 * ThreadSanitizer knows: pthread and compiler atomics. Linked into test programs of such a build,
 * they stand in for GLib's in our code; GLib itself goes on using its own. A program
 * that loads our plugins exports them, so that plugins and GStreamer use them too:
 * a GMutex must not be locked by both kinds.
 */
#include <dlfcn.h>
#include <glib.h>
#include <pthread.h>
#include <sanitizer/tsan_interface.h>
#include <stdlib.h>
#include <time.h>

#pragma GCC visibility push(default)

/* A zeroed GMutex is a valid one: what stands for it is made at first use. */
static gpointer
get_or_make (gpointer *place, gsize size, void (*init) (gpointer object))
{
  gpointer object = __atomic_load_n (place, __ATOMIC_ACQUIRE);
  gpointer expected = NULL;

  if (object)
    return object;
  object = calloc (1, size);
  init (object);
  if (__atomic_compare_exchange_n (
          place, &expected, object, FALSE, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
    return object;
  free (object);
  return expected;
}

static void
init_mutex (gpointer object)
{
  pthread_mutex_init (object, NULL);
}

static void
init_cond (gpointer object)
{
  pthread_condattr_t monotonic;

  pthread_condattr_init (&monotonic);
  pthread_condattr_setclock (&monotonic, CLOCK_MONOTONIC);
  pthread_cond_init (object, &monotonic);
  pthread_condattr_destroy (&monotonic);
}

static pthread_mutex_t *
mutex_of (GMutex *mutex)
{
  return get_or_make (&mutex->p, sizeof (pthread_mutex_t), init_mutex);
}

static pthread_cond_t *
cond_of (GCond *cond)
{
  return get_or_make (&cond->p, sizeof (pthread_cond_t), init_cond);
}

void
g_mutex_init (GMutex *mutex)
{
  mutex->p = NULL;
}

void
g_mutex_clear (GMutex *mutex)
{
  if (mutex->p) {
    pthread_mutex_destroy (mutex->p);
    free (mutex->p);
  }
  mutex->p = NULL;
}

void
g_mutex_lock (GMutex *mutex)
{
  pthread_mutex_lock (mutex_of (mutex));
}

void
g_mutex_unlock (GMutex *mutex)
{
  pthread_mutex_unlock (mutex_of (mutex));
}

gboolean
g_mutex_trylock (GMutex *mutex)
{
  return pthread_mutex_trylock (mutex_of (mutex)) == 0;
}

void
g_cond_init (GCond *cond)
{
  cond->p = NULL;
}

void
g_cond_clear (GCond *cond)
{
  if (cond->p) {
    pthread_cond_destroy (cond->p);
    free (cond->p);
  }
  cond->p = NULL;
}

void
g_cond_wait (GCond *cond, GMutex *mutex)
{
  pthread_cond_wait (cond_of (cond), mutex_of (mutex));
}

gboolean
g_cond_wait_until (GCond *cond, GMutex *mutex, gint64 end_time)
{
  struct timespec end = { .tv_sec = end_time / G_USEC_PER_SEC,
    .tv_nsec = end_time % G_USEC_PER_SEC * 1000 };

  return pthread_cond_timedwait (cond_of (cond), mutex_of (mutex), &end) == 0;
}

void
g_cond_signal (GCond *cond)
{
  pthread_cond_signal (cond_of (cond));
}

void
g_cond_broadcast (GCond *cond)
{
  pthread_cond_broadcast (cond_of (cond));
}

#undef g_atomic_ref_count_init
#undef g_atomic_ref_count_inc
#undef g_atomic_ref_count_dec

void
g_atomic_ref_count_init (gatomicrefcount *count)
{
  __atomic_store_n (count, 1, __ATOMIC_RELAXED);
}

void
g_atomic_ref_count_inc (gatomicrefcount *count)
{
  __atomic_add_fetch (count, 1, __ATOMIC_RELAXED);
}

gboolean
g_atomic_ref_count_dec (gatomicrefcount *count)
{
  return __atomic_sub_fetch (count, 1, __ATOMIC_ACQ_REL) == 0;
}

/* A pool's queue is GLib's own: what is pushed is told to the sanitizer on the way
 * in and out. */
typedef struct _PoolFunc
{
  GFunc func;
  gpointer user_data;
} PoolFunc;

static gpointer
real (const gchar *name)
{
  return dlsym (RTLD_NEXT, name);
}

static void
run_in_pool (gpointer data, gpointer user_data)
{
  PoolFunc *pool_func = user_data;

  __tsan_acquire (data);
  pool_func->func (data, pool_func->user_data);
  __tsan_release (pool_func);
}

GThreadPool *
g_thread_pool_new (
    GFunc func, gpointer user_data, gint max_threads, gboolean exclusive, GError **error)
{
  GThreadPool *(*make) (GFunc, gpointer, gint, gboolean, GError **) =
      (GThreadPool * (*)(GFunc, gpointer, gint, gboolean, GError **))
          real ("g_thread_pool_new");
  PoolFunc *pool_func = g_new (PoolFunc, 1);

  *pool_func = (PoolFunc){ func, user_data };
  return make (run_in_pool, pool_func, max_threads, exclusive, error);
}

gboolean
g_thread_pool_push (GThreadPool *pool, gpointer data, GError **error)
{
  gboolean (*push) (GThreadPool *, gpointer, GError **) =
      (gboolean (*) (GThreadPool *, gpointer, GError **))real ("g_thread_pool_push");

  __tsan_release (data);
  return push (pool, data, error);
}

void
g_thread_pool_free (GThreadPool *pool, gboolean immediate, gboolean wait)
{
  void (*end) (GThreadPool *, gboolean, gboolean) =
      (void (*) (GThreadPool *, gboolean, gboolean))real ("g_thread_pool_free");
  PoolFunc *pool_func = pool->user_data;

  end (pool, immediate, wait);
  if (!wait)
    return;
  __tsan_acquire (pool_func);
  g_free (pool_func);
}
