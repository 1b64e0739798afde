/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * rtmpserversrc: takes an RTMP publisher, outputs its tracks on sometimes pads.
 *
 * Threads: the publisher's loop turns messages into queue items
 * (gstrtmpserversrcsession.c); the exposer, a dispatcher of its own, adds pads
 * (gstrtmpserversrcexpose.c); one task a pad pushes (gstrtmpserversrcpad.c).
 * `lock` guards what they share; order: lock, then group.lock; nothing that can
 * call out is called with either held.
 */
#pragma once

#include <gst/base/gstflowcombiner.h>
#include <gst/gst.h>
#include "elements/gstrtmpserverendpoint.h"
#include "elements/gstrtmpserversrcpad.h"
#include "media/rtmp-demux.h"

G_BEGIN_DECLS

#define GST_TYPE_RTMP_SERVER_SRC (gst_rtmp_server_src_get_type ())
G_DECLARE_FINAL_TYPE (GstRtmpServerSrc, gst_rtmp_server_src, GST, RTMP_SERVER_SRC, GstElement)

typedef struct _GstRtmpServerSrcSession GstRtmpServerSrcSession;

struct _GstRtmpServerSrc
{
  GstElement parent;
  GstRtmpServerEndpoint endpoint;
  GstRtmpServerQueueGroup group;
  GstRtmpServerDispatcher *exposer;

  GMutex lock; /* everything below */
  /* properties */
  gboolean keep_listening;
  gboolean override_publisher;
  gboolean relay;
  guint latency_ms;
  guint64 max_time;
  guint64 max_bytes;
  guint64 no_more_pads_threshold;
  gchar *current_stream;

  /* from READY->PAUSED to PAUSED->READY */
  gboolean running;
  gboolean ended;        /* EOS: nothing comes any more */
  gboolean no_more_pads; /* said so */
  gboolean expose_posted;
  guint group_id;         /* of stream-start, GST_GROUP_ID_INVALID before the first */
  GPtrArray *pads;        /* GstRtmpServerSrcPad, exposed or not */
  GstFlowCombiner *flows; /* of exposed pads */
  gint64 position_ns;     /* newest DTS of all sessions */
  gint64 paused_ns;       /* running time at which PLAYING was left */
  GstRtmpServerSrcSession *session;
  GstEvent *metadata; /* newest GstRtmpMetaData, for pads to come */
  GstEvent *tags[2];  /* of it: audio, video */
};

/* gstrtmpserversrcsession.c */
extern const RtmpMountFuncs gst_rtmp_server_src_mount_funcs;
/* With the lock held: forgets the session without telling downstream. */
void gst_rtmp_server_src_drop_session (GstRtmpServerSrc *self);
/* EOS on all pads behind what waits; publishers get BadName from now on. Any thread
 * but the loops'. */
void gst_rtmp_server_src_finish (GstRtmpServerSrc *self, const gchar *reason);
/* Ends the publisher, if there is one. Any thread but the loops'. @refused: what
 * it sends cannot be used; that is not the end of the stream. */
void gst_rtmp_server_src_end_publisher (
    GstRtmpServerSrc *self, gboolean refused, const gchar *reason);

/* gstrtmpserversrcexpose.c */
/* With the lock held. The new pad is not exposed yet. */
GstRtmpServerSrcPad *gst_rtmp_server_src_find_pad (
    GstRtmpServerSrc *self, gboolean video, guint8 track_id);
GstRtmpServerSrcPad *gst_rtmp_server_src_new_pad (
    GstRtmpServerSrc *self, gboolean video, guint8 track_id);
/* With the lock held: the exposer adds all pads that are not exposed. */
void gst_rtmp_server_src_post_expose (GstRtmpServerSrc *self);
/* After the pads were deactivated. */
void gst_rtmp_server_src_remove_pads (GstRtmpServerSrc *self);

/* gstrtmpserversrcflow.c */
extern const GstRtmpServerSrcPadFuncs gst_rtmp_server_src_pad_funcs;

/* Running time now, or where it stood when PLAYING was left. */
gint64 gst_rtmp_server_src_get_running_time (GstRtmpServerSrc *self);

G_END_DECLS
