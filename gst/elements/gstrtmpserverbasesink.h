/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * GstRtmpServerBaseSink: the end of rtmpserversink: waits for the clock and
 * publishes to an RtmpStream. Takes the mux's messages, or FLV in buffers of any
 * split. Inside rtmpserversink; not registered. Touches no socket.
 *
 * FLV: the tags' own timestamps are what is sent; the buffers' only say when.
 */
#pragma once

#include <gst/base/gstbasesink.h>
#include "elements/gstrtmpserverflvinput.h"
#include "server/rtmp-stream.h"

G_BEGIN_DECLS

#define GST_TYPE_RTMP_SERVER_BASE_SINK (gst_rtmp_server_base_sink_get_type ())
G_DECLARE_FINAL_TYPE (
    GstRtmpServerBaseSink, gst_rtmp_server_base_sink, GST, RTMP_SERVER_BASE_SINK, GstBaseSink)

struct _GstRtmpServerBaseSink
{
  GstBaseSink parent;

  RtmpStream *stream; /* set while nothing streams */
  void (*began) (gpointer user_data);
  void (*ended) (gpointer user_data);
  gpointer user_data;

  /* streaming thread */
  gboolean on; /* the stream was begun and not ended */
  gboolean is_flv;
  GstRtmpServerFlvInput *flv;
  gint64 asked_us; /* when a keyframe was last asked for; 0 = never */
  guint n_asked;

  gint keyframe_wanted; /* atomic */

  GMutex lock; /* what follows; leaf lock */
  GCond changed;
  gboolean wait_for_connection;
  gboolean unlocked;
  guint n_players;
};

/* READY, nothing streams. @stream: a reference is taken; NULL at the end. Called in
 * the streaming thread: @began before the first message, and before the first one
 * after EOS; @ended at EOS, when all before it was published. */
void gst_rtmp_server_base_sink_set_stream (GstRtmpServerBaseSink *sink, RtmpStream *stream,
    void (*began) (gpointer user_data), void (*ended) (gpointer user_data), gpointer user_data);
/* Any thread, never blocks: the streaming thread sends a GstForceKeyUnit event
 * upstream with the next packet, at most once a second. */
void gst_rtmp_server_base_sink_want_keyframe (GstRtmpServerBaseSink *sink);
/* Any thread: how many are there to send to, for wait-for-connection. */
void gst_rtmp_server_base_sink_set_players (GstRtmpServerBaseSink *sink, guint n_players);
void gst_rtmp_server_base_sink_set_wait (GstRtmpServerBaseSink *sink, gboolean wait);
gboolean gst_rtmp_server_base_sink_get_wait (GstRtmpServerBaseSink *sink);

G_END_DECLS
