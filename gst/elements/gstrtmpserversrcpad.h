/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * GstRtmpServerSrcPad: a source pad of rtmpserversrc and the task that feeds it out
 * of its queue.
 *
 * Owner: made for a track of a publish session and kept by the element until
 * PAUSED->READY; the element's pad list once it is exposed. Threads: the task's
 * fields belong to the task; the rest is set before the task starts.
 */
#pragma once

#include <gst/gst.h>
#include "elements/gstrtmpserverqueue.h"
#include "media/rtmp-codec.h"

G_BEGIN_DECLS

#define GST_TYPE_RTMP_SERVER_SRC_PAD (gst_rtmp_server_src_pad_get_type ())
G_DECLARE_FINAL_TYPE (
    GstRtmpServerSrcPad, gst_rtmp_server_src_pad, GST, RTMP_SERVER_SRC_PAD, GstPad)

/* What a pad needs of its element; any of them may be called from the task. */
typedef struct _GstRtmpServerSrcPadFuncs
{
  /* The publisher was held and there is room again. */
  void (*resume) (GstElement *element);
  /* @ret of the last push. FALSE: the task ends. */
  gboolean (*flow) (GstElement *element, GstRtmpServerSrcPad *pad, GstFlowReturn ret);
  /* Linked, but not for @caps. */
  void (*refused) (GstElement *element, GstRtmpServerSrcPad *pad, GstCaps *caps);
} GstRtmpServerSrcPadFuncs;

struct _GstRtmpServerSrcPad
{
  GstPad parent;

  gboolean video;
  guint8 track_id;
  GstRtmpServerQueue *queue;
  const GstRtmpServerSrcPadFuncs *funcs;

  /* element's lock */
  gboolean exposed;
  gboolean has_buffers; /* were queued */
  gint64 last_dts_ns;   /* of the last one */
  GstCaps *first_caps;  /* what it is exposed with */
  GstEvent *first_tags; /* the same; what comes later is in the queue */
  GstEvent *first_metadata;
  GstCaps *newest_caps; /* of what is queued last */

  /* the task's */
  gint64 position_ns;      /* end of what was pushed */
  gboolean wait_for_start; /* drop until a buffer that one can start from */
  gboolean done;           /* downstream wants no more */
  GstFlowReturn last_flow;
  gint refused;  /* atomic: the present caps are not accepted */
  gint recheck;  /* atomic: downstream changed, ask again */
  GstCaps *caps; /* newest, pushed or refused; object lock */
  gint warned;   /* atomic: once a session */
};

/* Floating. @track_id 0 is named "video" or "audio". */
GstRtmpServerSrcPad *gst_rtmp_server_src_pad_new (GstPadTemplate *templ,
    GstRtmpServerQueueGroup *group, gboolean video, guint8 track_id,
    const GstRtmpServerSrcPadFuncs *funcs);

/* stream-start, caps (NULL: none), segment: before the pad is added to its element. */
void gst_rtmp_server_src_pad_store_sticky (
    GstRtmpServerSrcPad *pad, GstElement *element, guint group_id, GstCaps *caps);

/* With the element's lock held: caps that were refused are tried again. */
void gst_rtmp_server_src_pad_begin_session (GstRtmpServerSrcPad *pad);

/* After the application could link: asks downstream about the caps, then pushes
 * what is in the queue. */
void gst_rtmp_server_src_pad_start (GstRtmpServerSrcPad *pad);

G_END_DECLS
