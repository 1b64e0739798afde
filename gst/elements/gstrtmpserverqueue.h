/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * GstRtmpServerQueue: what waits for one pad of the source: buffers, gaps and
 * serialized events in order. GstRtmpServerQueueGroup: the queues of one element,
 * which decide together when the publisher is held.
 *
 * Threads: one pushes (the publisher's loop), one pops a queue (the pad's task);
 * the rest from any. One lock a group, nothing is called with it held.
 *
 * Bounds: a queue is full at max_time or max_bytes. The publisher is held while a
 * queue is full and no other queue whose pad is linked is empty: a muxer that waits
 * for the other pad would never let go. A queue that grows to twice its maximum
 * because of that drops whole groups of pictures from its head (events stay).
 *
 * Times are ns. Until gst_rtmp_server_queue_group_set_base() they count from the
 * session's first message; the base is added to what waits then. Afterwards who
 * pushes adds it.
 */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

/* a full queue may grow to that multiple of its maximum */
#define GST_RTMP_SERVER_QUEUE_HARD_FACTOR 2

typedef struct _GstRtmpServerQueue GstRtmpServerQueue;

typedef enum
{
  GST_RTMP_SERVER_ITEM_BUFFER, /* object: GstBuffer without timestamps */
  GST_RTMP_SERVER_ITEM_EVENT,  /* object: GstEvent */
  GST_RTMP_SERVER_ITEM_DATA,   /* object: GstEvent whose `timestamp` is set when popped */
  GST_RTMP_SERVER_ITEM_GAP,    /* dts_ns, duration_ns */
  GST_RTMP_SERVER_ITEM_IDLE,   /* popped only: nothing came for the idle interval */
} GstRtmpServerItemType;

typedef struct _GstRtmpServerItem
{
  GstRtmpServerItemType type;
  GstMiniObject *object; /* owned, or NULL */
  gint64 dts_ns;
  gint64 pts_ns;
  gint64 duration_ns;
  gsize size;
} GstRtmpServerItem;

typedef struct _GstRtmpServerQueueGroup
{
  GMutex lock;
  GPtrArray *queues; /* borrowed */
  guint64 max_time;  /* ns, 0 = no limit */
  guint64 max_bytes; /* 0 = no limit */
  gboolean playing;  /* FALSE: pops wait */
  gboolean flushing;
  gboolean held;
  gint64 idle_interval_us; /* > 0: pops return IDLE after that long */
} GstRtmpServerQueueGroup;

void gst_rtmp_server_queue_group_init (GstRtmpServerQueueGroup *group);
void gst_rtmp_server_queue_group_clear (GstRtmpServerQueueGroup *group);
void gst_rtmp_server_queue_group_set_limits (
    GstRtmpServerQueueGroup *group, guint64 max_time, guint64 max_bytes);
void gst_rtmp_server_queue_group_set_playing (GstRtmpServerQueueGroup *group, gboolean playing);
/* TRUE: wakes all pops, which return FALSE, and drops everything. */
void gst_rtmp_server_queue_group_set_flushing (
    GstRtmpServerQueueGroup *group, gboolean flushing);
/* @interval_us 0: pops wait for ever. */
void gst_rtmp_server_queue_group_set_idle (GstRtmpServerQueueGroup *group, gint64 interval_us);
/* Earliest PTS or DTS of a buffer that waits; FALSE if there is none. */
gboolean gst_rtmp_server_queue_group_get_earliest (
    GstRtmpServerQueueGroup *group, gint64 *earliest_ns);
void gst_rtmp_server_queue_group_set_base (GstRtmpServerQueueGroup *group, gint64 base_ns);
/* TRUE: hold the publisher. Remembered: a pop tells when to go on. */
gboolean gst_rtmp_server_queue_group_must_hold (GstRtmpServerQueueGroup *group);
/* A queue is full and nobody pops it yet. */
gboolean gst_rtmp_server_queue_group_is_full (GstRtmpServerQueueGroup *group);

/* @delta_frames: not every buffer is a place to start from. */
GstRtmpServerQueue *gst_rtmp_server_queue_new (
    GstRtmpServerQueueGroup *group, gboolean delta_frames);
void gst_rtmp_server_queue_free (GstRtmpServerQueue *queue);

/* Takes the item's object. Buffers that cannot be used because an earlier one was
 * dropped go, too. */
void gst_rtmp_server_queue_push (GstRtmpServerQueue *queue, const GstRtmpServerItem *item);
/* Waits. FALSE: flushing. @resume: the publisher was held and may go on now. */
gboolean gst_rtmp_server_queue_pop (
    GstRtmpServerQueue *queue, GstRtmpServerItem *item, gboolean *resume);
void gst_rtmp_server_item_clear (GstRtmpServerItem *item);

/* Only queues of pads that are linked are waited for. Default FALSE. */
void gst_rtmp_server_queue_set_linked (GstRtmpServerQueue *queue, gboolean linked);
/* Lets pops of this queue go on although the element is not playing (EOS). */
void gst_rtmp_server_queue_set_draining (GstRtmpServerQueue *queue);
guint64 gst_rtmp_server_queue_get_dropped (GstRtmpServerQueue *queue);

G_END_DECLS
