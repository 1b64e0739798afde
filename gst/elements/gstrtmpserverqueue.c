/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "elements/gstrtmpserverqueue.h"

struct _GstRtmpServerQueue
{
  GstRtmpServerQueueGroup *group;
  gboolean delta_frames;
  GCond changed;
  GArray *items; /* of GstRtmpServerItem; the head is at `first` */
  guint first;
  guint n_buffers;
  guint64 bytes;
  gboolean linked;
  gboolean popped; /* somebody takes from here */
  gboolean draining;
  gboolean skip_to_start; /* drop until a buffer that one can start from */
  gboolean discont;       /* something was dropped in front of the next buffer */
  guint64 dropped;
};

/* array positions in front of the head that are worth a move */
#define MAX_SPENT 256

void
gst_rtmp_server_item_clear (GstRtmpServerItem *item)
{
  g_clear_pointer (&item->object, gst_mini_object_unref);
}

static guint
count_items (const GstRtmpServerQueue *queue)
{
  return queue->items->len - queue->first;
}

static GstRtmpServerItem *
peek_item (const GstRtmpServerQueue *queue, guint i)
{
  return &g_array_index (queue->items, GstRtmpServerItem, queue->first + i);
}

/* group */

void
gst_rtmp_server_queue_group_init (GstRtmpServerQueueGroup *group)
{
  memset (group, 0, sizeof *group);
  g_mutex_init (&group->lock);
  group->queues = g_ptr_array_new ();
}

void
gst_rtmp_server_queue_group_clear (GstRtmpServerQueueGroup *group)
{
  g_ptr_array_unref (group->queues);
  g_mutex_clear (&group->lock);
}

static void
wake_all (GstRtmpServerQueueGroup *group)
{
  guint i;

  for (i = 0; i < group->queues->len; i++)
    g_cond_broadcast (&((GstRtmpServerQueue *)g_ptr_array_index (group->queues, i))->changed);
}

void
gst_rtmp_server_queue_group_set_limits (
    GstRtmpServerQueueGroup *group, guint64 max_time, guint64 max_bytes)
{
  g_mutex_lock (&group->lock);
  group->max_time = max_time;
  group->max_bytes = max_bytes;
  g_mutex_unlock (&group->lock);
}

void
gst_rtmp_server_queue_group_set_playing (GstRtmpServerQueueGroup *group, gboolean playing)
{
  g_mutex_lock (&group->lock);
  group->playing = playing;
  wake_all (group);
  g_mutex_unlock (&group->lock);
}

void
gst_rtmp_server_queue_group_set_idle (GstRtmpServerQueueGroup *group, gint64 interval_us)
{
  g_mutex_lock (&group->lock);
  group->idle_interval_us = interval_us;
  wake_all (group);
  g_mutex_unlock (&group->lock);
}

static void
drop_all (GstRtmpServerQueue *queue)
{
  guint i;

  for (i = 0; i < count_items (queue); i++)
    gst_rtmp_server_item_clear (peek_item (queue, i));
  g_array_set_size (queue->items, 0);
  queue->first = queue->n_buffers = 0;
  queue->bytes = 0;
}

void
gst_rtmp_server_queue_group_set_flushing (GstRtmpServerQueueGroup *group, gboolean flushing)
{
  guint i;

  g_mutex_lock (&group->lock);
  group->flushing = flushing;
  group->held = FALSE;
  for (i = 0; flushing && i < group->queues->len; i++)
    drop_all (g_ptr_array_index (group->queues, i));
  wake_all (group);
  g_mutex_unlock (&group->lock);
}

gboolean
gst_rtmp_server_queue_group_get_earliest (GstRtmpServerQueueGroup *group, gint64 *earliest_ns)
{
  gint64 earliest = G_MAXINT64;
  guint i, j;

  g_mutex_lock (&group->lock);
  for (i = 0; i < group->queues->len; i++) {
    const GstRtmpServerQueue *queue = g_ptr_array_index (group->queues, i);

    for (j = 0; j < count_items (queue); j++) {
      const GstRtmpServerItem *item = peek_item (queue, j);

      if (item->type == GST_RTMP_SERVER_ITEM_BUFFER)
        earliest = MIN (earliest, MIN (item->dts_ns, item->pts_ns));
    }
  }
  g_mutex_unlock (&group->lock);
  *earliest_ns = earliest;
  return earliest != G_MAXINT64;
}

void
gst_rtmp_server_queue_group_set_base (GstRtmpServerQueueGroup *group, gint64 base_ns)
{
  guint i, j;

  g_mutex_lock (&group->lock);
  for (i = 0; i < group->queues->len; i++) {
    GstRtmpServerQueue *queue = g_ptr_array_index (group->queues, i);

    for (j = 0; j < count_items (queue); j++) {
      peek_item (queue, j)->dts_ns += base_ns;
      peek_item (queue, j)->pts_ns += base_ns;
    }
  }
  g_mutex_unlock (&group->lock);
}

/* fullness; all with the lock held */

/* Stream time between the first and the last buffer. */
static guint64
get_time (const GstRtmpServerQueue *queue)
{
  const GstRtmpServerItem *first = NULL, *last = NULL;
  guint i;

  if (queue->n_buffers < 2)
    return 0;
  for (i = 0; first == NULL; i++) {
    if (peek_item (queue, i)->type == GST_RTMP_SERVER_ITEM_BUFFER)
      first = peek_item (queue, i);
  }
  for (i = count_items (queue); last == NULL; i--) {
    if (peek_item (queue, i - 1)->type == GST_RTMP_SERVER_ITEM_BUFFER)
      last = peek_item (queue, i - 1);
  }
  return MAX (0, last->dts_ns - first->dts_ns);
}

static gboolean
is_over (const GstRtmpServerQueue *queue, guint factor)
{
  const GstRtmpServerQueueGroup *group = queue->group;

  return (group->max_bytes > 0 && queue->bytes >= group->max_bytes * factor) ||
         (group->max_time > 0 && get_time (queue) >= group->max_time * factor);
}

static gboolean
is_starving (const GstRtmpServerQueue *queue)
{
  return queue->linked && count_items (queue) == 0;
}

static gboolean
must_hold (const GstRtmpServerQueueGroup *group)
{
  gboolean full = FALSE;
  guint i;

  for (i = 0; i < group->queues->len; i++) {
    const GstRtmpServerQueue *queue = g_ptr_array_index (group->queues, i);

    if (is_starving (queue))
      return FALSE;
    full |= is_over (queue, 1);
  }
  return full;
}

gboolean
gst_rtmp_server_queue_group_must_hold (GstRtmpServerQueueGroup *group)
{
  gboolean hold;

  g_mutex_lock (&group->lock);
  hold = !group->flushing && must_hold (group);
  group->held |= hold;
  g_mutex_unlock (&group->lock);
  return hold;
}

gboolean
gst_rtmp_server_queue_group_is_full (GstRtmpServerQueueGroup *group)
{
  gboolean full = FALSE;
  guint i;

  g_mutex_lock (&group->lock);
  for (i = 0; i < group->queues->len; i++) {
    const GstRtmpServerQueue *queue = g_ptr_array_index (group->queues, i);

    full |= !queue->popped && is_over (queue, 1);
  }
  g_mutex_unlock (&group->lock);
  return full;
}

/* queue */

GstRtmpServerQueue *
gst_rtmp_server_queue_new (GstRtmpServerQueueGroup *group, gboolean delta_frames)
{
  GstRtmpServerQueue *queue = g_new0 (GstRtmpServerQueue, 1);

  queue->group = group;
  queue->delta_frames = delta_frames;
  queue->items = g_array_new (FALSE, FALSE, sizeof (GstRtmpServerItem));
  g_cond_init (&queue->changed);
  g_mutex_lock (&group->lock);
  g_ptr_array_add (group->queues, queue);
  g_mutex_unlock (&group->lock);
  return queue;
}

void
gst_rtmp_server_queue_free (GstRtmpServerQueue *queue)
{
  g_mutex_lock (&queue->group->lock);
  g_ptr_array_remove (queue->group->queues, queue);
  drop_all (queue);
  g_mutex_unlock (&queue->group->lock);
  g_array_unref (queue->items);
  g_cond_clear (&queue->changed);
  g_free (queue);
}

static gboolean
is_start (const GstRtmpServerQueue *queue, const GstRtmpServerItem *item)
{
  return item->type == GST_RTMP_SERVER_ITEM_BUFFER &&
         (!queue->delta_frames || !GST_BUFFER_FLAG_IS_SET (GST_BUFFER_CAST (item->object),
                                      GST_BUFFER_FLAG_DELTA_UNIT));
}

/* What a peer can send without end; caps and gaps are limited where they are made. */
static gboolean
is_droppable (const GstRtmpServerItem *item)
{
  return item->type == GST_RTMP_SERVER_ITEM_BUFFER || item->type == GST_RTMP_SERVER_ITEM_DATA;
}

/* Drops what may be dropped of the first @n items; the others stay in order. */
static void
drop_head (GstRtmpServerQueue *queue, guint n)
{
  guint i, kept = n;

  for (i = n; i > 0; i--) {
    GstRtmpServerItem *item = peek_item (queue, i - 1);

    if (is_droppable (item)) {
      queue->bytes -= item->size;
      queue->n_buffers -= item->type == GST_RTMP_SERVER_ITEM_BUFFER;
      queue->dropped++;
      gst_rtmp_server_item_clear (item);
    } else if (--kept != i - 1) {
      *peek_item (queue, kept) = *item;
    }
  }
  queue->first += kept;
  queue->discont = TRUE;
}

/* Items up to the second place to start from: at least one that may be dropped; 0 if
 * there is none. */
static guint
count_first_group (const GstRtmpServerQueue *queue)
{
  gboolean passed = FALSE;
  guint i, n = count_items (queue);

  for (i = 0; i < n && !(passed && is_start (queue, peek_item (queue, i))); i++)
    passed |= is_droppable (peek_item (queue, i));
  return passed ? i : 0;
}

/* Whole groups of pictures from the head, until it is not over the hard limit. */
static void
enforce_hard_limit (GstRtmpServerQueue *queue)
{
  guint n;

  while (is_over (queue, GST_RTMP_SERVER_QUEUE_HARD_FACTOR) &&
         (n = count_first_group (queue)) > 0) {
    queue->skip_to_start |= n == count_items (queue);
    drop_head (queue, n);
  }
}

/* TRUE: the buffer is of no use after what was dropped. */
static gboolean
is_skipped (GstRtmpServerQueue *queue, const GstRtmpServerItem *item)
{
  if (!queue->skip_to_start || item->type != GST_RTMP_SERVER_ITEM_BUFFER)
    return FALSE;
  queue->skip_to_start = !is_start (queue, item);
  return queue->skip_to_start;
}

void
gst_rtmp_server_queue_push (GstRtmpServerQueue *queue, const GstRtmpServerItem *item)
{
  GstRtmpServerQueueGroup *group = queue->group;
  gboolean taken;

  g_mutex_lock (&group->lock);
  taken = !group->flushing && !is_skipped (queue, item);
  if (taken) {
    g_array_append_val (queue->items, *item);
    queue->bytes += item->size;
    queue->n_buffers += item->type == GST_RTMP_SERVER_ITEM_BUFFER;
    enforce_hard_limit (queue);
    g_cond_signal (&queue->changed);
  } else if (!group->flushing) {
    queue->dropped++;
  }
  g_mutex_unlock (&group->lock);
  if (!taken && item->object != NULL)
    gst_mini_object_unref (item->object);
}

static void
pop_head (GstRtmpServerQueue *queue, GstRtmpServerItem *item)
{
  *item = *peek_item (queue, 0);
  queue->first++;
  queue->bytes -= item->size;
  queue->n_buffers -= item->type == GST_RTMP_SERVER_ITEM_BUFFER;
  if (queue->first == queue->items->len || queue->first > MAX_SPENT) {
    g_array_remove_range (queue->items, 0, queue->first);
    queue->first = 0;
  }
  if (item->type == GST_RTMP_SERVER_ITEM_BUFFER && queue->discont) {
    queue->discont = FALSE;
    GST_BUFFER_FLAG_SET (GST_BUFFER_CAST (item->object), GST_BUFFER_FLAG_DISCONT);
  }
}

/* FALSE: the idle interval passed. Spurious wake-ups return TRUE. */
static gboolean
wait_for_change (GstRtmpServerQueue *queue, gint64 idle_since)
{
  GstRtmpServerQueueGroup *group = queue->group;

  if (group->idle_interval_us == 0 || !group->playing || queue->draining) {
    g_cond_wait (&queue->changed, &group->lock);
    return TRUE;
  }
  return g_cond_wait_until (
      &queue->changed, &group->lock, idle_since + group->idle_interval_us);
}

static gboolean
can_pop (const GstRtmpServerQueue *queue)
{
  return count_items (queue) > 0 && (queue->group->playing || queue->draining);
}

/* Room appeared, or a pad that is waited for ran empty. */
static gboolean
may_resume (GstRtmpServerQueueGroup *group)
{
  if (!group->held || must_hold (group))
    return FALSE;
  group->held = FALSE;
  return TRUE;
}

gboolean
gst_rtmp_server_queue_pop (GstRtmpServerQueue *queue, GstRtmpServerItem *item, gboolean *resume)
{
  GstRtmpServerQueueGroup *group = queue->group;
  gint64 idle_since = g_get_monotonic_time ();
  gboolean idle = FALSE;
  gboolean ok;

  g_mutex_lock (&group->lock);
  queue->popped = TRUE;
  while (!group->flushing && !idle && !can_pop (queue))
    idle = !wait_for_change (queue, idle_since);
  ok = !group->flushing;
  if (ok && can_pop (queue))
    pop_head (queue, item);
  else
    *item = (GstRtmpServerItem){ .type = GST_RTMP_SERVER_ITEM_IDLE };
  *resume = ok && may_resume (group);
  g_mutex_unlock (&group->lock);
  return ok;
}

void
gst_rtmp_server_queue_set_linked (GstRtmpServerQueue *queue, gboolean linked)
{
  g_mutex_lock (&queue->group->lock);
  queue->linked = linked;
  g_mutex_unlock (&queue->group->lock);
}

void
gst_rtmp_server_queue_set_draining (GstRtmpServerQueue *queue)
{
  g_mutex_lock (&queue->group->lock);
  queue->draining = TRUE;
  g_cond_broadcast (&queue->changed);
  g_mutex_unlock (&queue->group->lock);
}

guint64
gst_rtmp_server_queue_get_dropped (GstRtmpServerQueue *queue)
{
  guint64 dropped;

  g_mutex_lock (&queue->group->lock);
  dropped = queue->dropped;
  g_mutex_unlock (&queue->group->lock);
  return dropped;
}
