/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The one table that maps RTMP codecs to caps and back. Enhanced RTMP adds rows.
 * Pure functions on immutable data, any thread.
 */
#pragma once

#include <gst/gst.h>
#include "media/rtmp-nal.h"
#include "protocol/rtmp-tag.h"

G_BEGIN_DECLS

/* What is known of a track when caps are made; borrowed. */
typedef struct _RtmpTrackConfig
{
  guint32 codec;        /* RTMP_CODEC_* or FourCC */
  const guint8 *header; /* sequence header body, or NULL */
  gsize header_size;
  const guint8 *frame; /* first coded frame's body (codecs without header), or NULL */
  gsize frame_size;
  guint8 sound_rate, sound_bits, sound_channels; /* of a legacy audio tag */
  /* hints of onMetaData, 0 = none; the bitstream wins */
  gint width, height;
  gdouble framerate;
  gint rate, channels;
} RtmpTrackConfig;

typedef struct _RtmpCodec RtmpCodec;
struct _RtmpCodec
{
  guint32 codec;
  gboolean video;
  const gchar *name;        /* "H.264" */
  const gchar *media_type;  /* "video/x-h264" */
  const gchar *caps;        /* what the sink pad accepts, as a caps string */
  gboolean has_header;      /* frames before a sequence header cannot be used */
  gboolean has_composition; /* SI24 composition time in its tag header */
  gboolean delta_frames;    /* has frames that depend on others */
  guint32 frame_mask;       /* no header: bits of a frame's first 4 bytes that caps depend on */
  RtmpNalKind nal_units;    /* frames are NAL units with length prefixes */
  /* Complete caps out of @config; NULL with GST_STREAM_ERROR if the header is broken. */
  GstCaps *(*to_caps) (const RtmpCodec *codec, const RtmpTrackConfig *config, GError **error);
  /* What one frame lasts, for codecs whose frames all last the same; else NULL.
   * GST_CLOCK_TIME_NONE if @config does not tell. */
  GstClockTime (*frame_duration) (const RtmpTrackConfig *config);
  /* Sequence header body out of @caps, empty if the codec has none; NULL with
   * GST_STREAM_ERROR that names what is missing. Also fills the legacy sound fields. */
  GBytes *(*to_header) (
      const RtmpCodec *codec, const GstCaps *caps, RtmpTag *tag, GError **error);
};

/* NULL: not a codec we carry. */
const RtmpCodec *rtmp_codec_find (guint32 codec);
/* The row whose caps accept @caps; @legacy chooses the legacy row where there are both. */
const RtmpCodec *rtmp_codec_find_by_caps (const GstCaps *caps, gboolean legacy);
/* Union of what sink pads accept, full transfer. */
GstCaps *rtmp_codec_get_sink_caps (gboolean video);
/* Union of what source pads may output, full transfer. */
GstCaps *rtmp_codec_get_src_caps (gboolean video);
/* "H.264 (video/x-h264, stream-format=avc, alignment=au), ..." for error texts. */
gchar *rtmp_codec_describe_accepted (gboolean video);

G_END_DECLS
