/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * GstRtmpServerMuxPad: one track of the mux: its codec as caps say it, its sequence
 * header, and its place on the wire clock. Owner: the mux. Thread: the mux's
 * streaming thread, but for flush, which only raises a flag.
 */
#pragma once

#include <gst/base/gstaggregator.h>
#include "elements/gstrtmpserverwireclock.h"
#include "media/rtmp-codec.h"
#include "protocol/rtmp-message.h"

G_BEGIN_DECLS

#define GST_TYPE_RTMP_SERVER_MUX_PAD (gst_rtmp_server_mux_pad_get_type ())
G_DECLARE_FINAL_TYPE (
    GstRtmpServerMuxPad, gst_rtmp_server_mux_pad, GST, RTMP_SERVER_MUX_PAD, GstAggregatorPad)

struct _GstRtmpServerMuxPad
{
  GstAggregatorPad parent;

  /* fixed when the pad is made */
  gboolean video;
  guint8 track;

  const RtmpCodec *codec; /* NULL before caps */
  RtmpTag tag;            /* what all frames' tag headers have in common */
  GBytes *header;         /* sequence header; NULL if the codec has none */
  gboolean header_due;    /* to be sent before the next frame */
  GstCaps *caps;
  GstTagList *tags; /* NULL before any */

  GstRtmpServerWireTrack wire;
  gint64 last_time;     /* running time of the newest frame; G_MININT64 = none */
  gint64 last_duration; /* 0 = unknown */
  gint flushed;         /* atomic */
};

/* Running times of one buffer, ns; of earlier than the segment's start negative. */
typedef struct _GstRtmpServerTimes
{
  gint64 dts;
  gint64 pts;
} GstRtmpServerTimes;

/* Caps for an error text, without long binary fields. */
gchar *gst_rtmp_server_describe_caps (const GstCaps *caps);

/* Every new set of caps. FALSE: GST_STREAM_ERROR that names @caps and what is
 * accepted. @changed: codec or header are not what they were. */
gboolean gst_rtmp_server_mux_pad_set_caps (
    GstRtmpServerMuxPad *pad, GstCaps *caps, gboolean *changed, GError **error);

/* When @buffer is to be decoded and shown; does not change the pad. FALSE with
 * GST_STREAM_ERROR: it has no usable time, the text names the element to add. */
gboolean gst_rtmp_server_mux_pad_get_times (
    GstRtmpServerMuxPad *pad, GstBuffer *buffer, GstRtmpServerTimes *times, GError **error);

/* For ordering: where @times.dts would be on the wire, ms. */
gint64 gst_rtmp_server_mux_pad_peek_time (GstRtmpServerMuxPad *pad,
    const GstRtmpServerWireClock *clock, const GstRtmpServerTimes *times);

/* Places @times on @clock. Returns the timestamp, and the composition offset. */
gint64 gst_rtmp_server_mux_pad_map_times (GstRtmpServerMuxPad *pad,
    GstRtmpServerWireClock *clock, const GstRtmpServerTimes *times, GstClockTime duration,
    gint32 *composition_ms);

/* Full transfer, classified. Body of a frame: @buffer's memory, not a copy. NULL:
 * longer than a message can be, or memory that cannot be read. */
RtmpMessage *gst_rtmp_server_mux_pad_build_header (GstRtmpServerMuxPad *pad, guint32 timestamp);
RtmpMessage *gst_rtmp_server_mux_pad_build_frame (
    GstRtmpServerMuxPad *pad, GstBuffer *buffer, guint32 timestamp, gint32 composition_ms);

G_END_DECLS
