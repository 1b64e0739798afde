/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "server/rtmp-loop.h"

#define READ_BUFFER_SIZE (64 * 1024)

enum
{
  QUEUE_IDLE,
  QUEUE_FLUSH,
  QUEUE_FREE,
};

typedef struct _Post
{
  RtmpLoopFunc func;
  gpointer data;
} Post;

typedef struct _LoopSource
{
  GSource source;
  RtmpLoop *loop;
  GPollFD poll;
} LoopSource;

struct _RtmpLoop
{
  gatomicrefcount ref_count;
  GThread *thread;
  GMainContext *context;
  LoopSource *source;
  RtmpPoller *poller;
  RtmpTimers timers;
  gint64 (*clock) (gpointer);
  gpointer clock_data;
  gint64 now_us;
  GQueue flush;
  GQueue free;
  GHashTable *objects;
  guint8 *buffer;
  GArray *running; /* the batch of posts under way; swapped with `posts` */
  gint load;
  gboolean ended;
  gboolean worked; /* this iteration did something */

  GMutex lock;
  GArray *posts; /* of Post; under lock */
  gboolean deaf; /* under lock: takes no more posts */
  gint n_posts;  /* the same length, read without the lock to decide on waiting */
};

static gint64
monotonic_clock (gpointer data)
{
  return g_get_monotonic_time ();
}

static void
touch (gpointer data)
{
  RtmpLoop *loop = data;

  loop->now_us = loop->clock (loop->clock_data);
  loop->worked = TRUE;
}

static gboolean
has_work (RtmpLoop *loop)
{
  return g_atomic_int_get (&loop->n_posts) > 0 || loop->flush.length > 0 ||
         loop->free.length > 0;
}

static gboolean
source_prepare (GSource *source, gint *timeout_ms)
{
  RtmpLoop *loop = ((LoopSource *)source)->loop;
  gint64 next = rtmp_timers_next (&loop->timers);
  gint64 wait;

  *timeout_ms = -1;
  if (has_work (loop))
    return TRUE;
  if (next == G_MAXINT64)
    return FALSE;
  wait = next - loop->clock (loop->clock_data);
  if (wait <= 0)
    return TRUE;
  *timeout_ms = (gint)MIN (wait / 1000 + 1, G_MAXINT / 2);
  return FALSE;
}

static gboolean
source_check (GSource *source)
{
  LoopSource *self = (LoopSource *)source;
  RtmpLoop *loop = self->loop;
  gint64 next = rtmp_timers_next (&loop->timers);

  return (self->poll.revents & G_IO_IN) || has_work (loop) ||
         (next != G_MAXINT64 && next <= loop->clock (loop->clock_data));
}

static void
run_posts (RtmpLoop *loop)
{
  GArray *batch;

  if (g_atomic_int_get (&loop->n_posts) == 0)
    return;
  g_mutex_lock (&loop->lock);
  batch = loop->posts;
  loop->posts = loop->running;
  loop->running = batch;
  g_atomic_int_set (&loop->n_posts, 0);
  g_mutex_unlock (&loop->lock);
  for (guint i = 0; i < batch->len; i++) {
    Post *post = &g_array_index (batch, Post, i);

    post->func (loop, post->data);
  }
  g_array_set_size (batch, 0);
}

/* What is queued while this runs waits for the next turn. */
static void
run_items (GQueue *queue)
{
  guint n = queue->length;

  while (n-- > 0 && queue->length > 0) {
    RtmpTurnItem *item = g_queue_peek_head (queue);

    g_queue_unlink (queue, &item->link);
    item->queue = QUEUE_IDLE;
    item->func (item);
  }
}

static gboolean
source_dispatch (GSource *source, GSourceFunc callback, gpointer user_data)
{
  LoopSource *self = (LoopSource *)source;
  RtmpLoop *loop = self->loop;

  touch (loop);
  if (self->poll.revents & G_IO_IN)
    rtmp_poller_dispatch (loop->poller);
  /* after the sockets: what they post to this loop itself is done in this turn */
  run_posts (loop);
  rtmp_timers_run (&loop->timers, loop->now_us);
  run_items (&loop->flush);
  run_items (&loop->free);
  return G_SOURCE_CONTINUE;
}

static GSourceFuncs source_funcs = {
  .prepare = source_prepare,
  .check = source_check,
  .dispatch = source_dispatch,
};

static gpointer
loop_main (gpointer data)
{
  RtmpLoop *loop = data;

  g_main_context_push_thread_default (loop->context);
  while (!loop->ended)
    g_main_context_iteration (loop->context, TRUE);
  g_main_context_pop_thread_default (loop->context);
  return NULL;
}

static void
attach_source (RtmpLoop *loop)
{
  LoopSource *source = (LoopSource *)g_source_new (&source_funcs, sizeof (LoopSource));
  gint fd = rtmp_poller_get_fd (loop->poller);

  source->loop = loop;
  if (fd >= 0) {
    source->poll.fd = fd;
    source->poll.events = G_IO_IN;
    g_source_add_poll (&source->source, &source->poll);
  }
  g_source_set_static_name (&source->source, "rtmp-loop");
  /* nothing here iterates the context; otherwise GLib blocks the source around each
   * dispatch and wakes itself for it: two writes, a read and a poll */
  g_source_set_can_recurse (&source->source, TRUE);
  g_source_attach (&source->source, loop->context);
  loop->source = source;
}

RtmpLoop *
rtmp_loop_new (const RtmpLoopConfig *config)
{
  RtmpLoop *loop = g_new0 (RtmpLoop, 1);

  g_atomic_ref_count_init (&loop->ref_count);
  loop->clock = config->clock ? config->clock : monotonic_clock;
  loop->clock_data = config->clock_data;
  loop->now_us = loop->clock (loop->clock_data);
  loop->context = g_main_context_new ();
  loop->poller = rtmp_poller_new (config->poller, loop->context, touch, loop);
  loop->objects = g_hash_table_new (g_int64_hash, g_int64_equal);
  loop->buffer = g_malloc (READ_BUFFER_SIZE);
  loop->posts = g_array_new (FALSE, FALSE, sizeof (Post));
  loop->running = g_array_new (FALSE, FALSE, sizeof (Post));
  rtmp_timers_init (&loop->timers);
  g_queue_init (&loop->flush);
  g_queue_init (&loop->free);
  g_mutex_init (&loop->lock);
  attach_source (loop);
  if (config->threaded)
    loop->thread = g_thread_new (config->name ? config->name : "rtmp-loop", loop_main, loop);
  return loop;
}

RtmpLoop *
rtmp_loop_ref (RtmpLoop *loop)
{
  g_atomic_ref_count_inc (&loop->ref_count);
  return loop;
}

void
rtmp_loop_unref (RtmpLoop *loop)
{
  if (!g_atomic_ref_count_dec (&loop->ref_count))
    return;
  g_array_unref (loop->posts);
  g_mutex_clear (&loop->lock);
  g_free (loop);
}

static void
end_loop (RtmpLoop *loop, gpointer data)
{
  loop->ended = TRUE;
}

void
rtmp_loop_end (RtmpLoop *loop)
{
  if (loop->thread) {
    rtmp_loop_post (loop, end_loop, NULL);
    g_thread_join (loop->thread);
  }
  while (rtmp_loop_iterate (loop))
    ;
  g_warn_if_fail (g_hash_table_size (loop->objects) == 0);
  g_mutex_lock (&loop->lock);
  loop->deaf = TRUE;
  g_mutex_unlock (&loop->lock);
  g_source_destroy (&loop->source->source);
  g_source_unref (&loop->source->source);
  rtmp_timers_clear (&loop->timers);
  rtmp_poller_free (loop->poller);
  g_main_context_unref (loop->context);
  g_hash_table_unref (loop->objects);
  g_array_unref (loop->running);
  g_free (loop->buffer);
}

gboolean
rtmp_loop_post (RtmpLoop *loop, RtmpLoopFunc func, gpointer data)
{
  Post post = { func, data };
  GMainContext *context = NULL;
  gboolean deaf;

  g_mutex_lock (&loop->lock);
  deaf = loop->deaf;
  if (!deaf) {
    if (loop->posts->len == 0 && !rtmp_loop_is_current (loop))
      context = g_main_context_ref (loop->context);
    g_array_append_val (loop->posts, post);
    g_atomic_int_set (&loop->n_posts, (gint)loop->posts->len);
  }
  g_mutex_unlock (&loop->lock);
  if (context) {
    g_main_context_wakeup (context);
    g_main_context_unref (context);
  }
  return !deaf;
}

typedef struct _Call
{
  RtmpLoopFunc func;
  gpointer data;
  GMutex lock;
  GCond cond;
  gboolean done;
} Call;

static void
run_call (RtmpLoop *loop, gpointer data)
{
  Call *call = data;

  call->func (loop, call->data);
  g_mutex_lock (&call->lock);
  call->done = TRUE;
  g_cond_signal (&call->cond);
  g_mutex_unlock (&call->lock);
}

void
rtmp_loop_call (RtmpLoop *loop, RtmpLoopFunc func, gpointer data)
{
  Call call = { .func = func, .data = data };

  g_return_if_fail (!loop->thread || !rtmp_loop_is_current (loop));
  g_mutex_init (&call.lock);
  g_cond_init (&call.cond);
  rtmp_loop_post (loop, run_call, &call);
  if (!loop->thread)
    while (!call.done)
      rtmp_loop_iterate (loop);
  g_mutex_lock (&call.lock);
  while (!call.done)
    g_cond_wait (&call.cond, &call.lock);
  g_mutex_unlock (&call.lock);
  g_mutex_clear (&call.lock);
  g_cond_clear (&call.cond);
}

gboolean
rtmp_loop_is_current (RtmpLoop *loop)
{
  return loop->thread && g_thread_self () == loop->thread;
}

gboolean
rtmp_loop_is_threaded (RtmpLoop *loop)
{
  return loop->thread != NULL;
}

gboolean
rtmp_loop_iterate (RtmpLoop *loop)
{
  loop->worked = FALSE;
  g_main_context_push_thread_default (loop->context);
  g_main_context_iteration (loop->context, FALSE);
  g_main_context_pop_thread_default (loop->context);
  return loop->worked;
}

gint64
rtmp_loop_get_now (RtmpLoop *loop)
{
  return loop->now_us;
}

void
rtmp_loop_touch (RtmpLoop *loop)
{
  touch (loop);
}

GMainContext *
rtmp_loop_get_context (RtmpLoop *loop)
{
  return loop->context;
}

RtmpPoller *
rtmp_loop_get_poller (RtmpLoop *loop)
{
  return loop->poller;
}

guint8 *
rtmp_loop_get_buffer (RtmpLoop *loop, gsize *size)
{
  *size = READ_BUFFER_SIZE;
  return loop->buffer;
}

void
rtmp_loop_arm (RtmpLoop *loop, RtmpTimer *timer, gint64 due_us)
{
  rtmp_timers_arm (&loop->timers, timer, due_us);
}

void
rtmp_loop_disarm (RtmpLoop *loop, RtmpTimer *timer)
{
  rtmp_timers_disarm (&loop->timers, timer);
}

static GQueue *
queue_of (RtmpLoop *loop, guint8 queue)
{
  return queue == QUEUE_FLUSH ? &loop->flush : &loop->free;
}

static void
enqueue (RtmpLoop *loop, RtmpTurnItem *item, guint8 queue)
{
  if (item->queue != QUEUE_IDLE)
    return;
  item->queue = queue;
  item->link.data = item;
  g_queue_push_tail_link (queue_of (loop, queue), &item->link);
}

void
rtmp_loop_flush_later (RtmpLoop *loop, RtmpTurnItem *item)
{
  enqueue (loop, item, QUEUE_FLUSH);
}

void
rtmp_loop_free_later (RtmpLoop *loop, RtmpTurnItem *item)
{
  enqueue (loop, item, QUEUE_FREE);
}

void
rtmp_loop_forget (RtmpLoop *loop, RtmpTurnItem *item)
{
  if (item->queue == QUEUE_IDLE)
    return;
  g_queue_unlink (queue_of (loop, item->queue), &item->link);
  item->queue = QUEUE_IDLE;
}

void
rtmp_loop_register (RtmpLoop *loop, guint64 *id, gpointer object)
{
  g_hash_table_insert (loop->objects, id, object);
}

void
rtmp_loop_unregister (RtmpLoop *loop, const guint64 *id)
{
  g_hash_table_remove (loop->objects, id);
}

gpointer
rtmp_loop_lookup (RtmpLoop *loop, guint64 id)
{
  return g_hash_table_lookup (loop->objects, &id);
}

GPtrArray *
rtmp_loop_list (RtmpLoop *loop)
{
  GPtrArray *list = g_ptr_array_sized_new (g_hash_table_size (loop->objects));
  GHashTableIter iter;
  gpointer object;

  g_hash_table_iter_init (&iter, loop->objects);
  while (g_hash_table_iter_next (&iter, NULL, &object))
    g_ptr_array_add (list, object);
  return list;
}

guint
rtmp_loop_get_load (RtmpLoop *loop)
{
  return (guint)g_atomic_int_get (&loop->load);
}

void
rtmp_loop_add_load (RtmpLoop *loop, gint change)
{
  g_atomic_int_add (&loop->load, change);
}
