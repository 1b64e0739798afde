/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * GLib's mutexes, conditions and reference counts on top of what ThreadSanitizer
 * knows: pthread and compiler atomics. Linked into test programs of such a build,
 * they stand in for GLib's in our code; GLib itself goes on using its own.
 */
#include <glib.h>
#include <pthread.h>
#include <stdlib.h>

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
  pthread_cond_init (object, NULL);
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
