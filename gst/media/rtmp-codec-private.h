/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The per-codec functions that the table of rtmp-codec.c points to; contracts are
 * those of RtmpCodec's fields.
 */
#pragma once

#include "media/rtmp-codec.h"

G_BEGIN_DECLS

typedef GstCaps *RtmpToCaps (
    const RtmpCodec *codec, const RtmpTrackConfig *config, GError **error);
typedef GBytes *RtmpToHeader (
    const RtmpCodec *codec, const GstCaps *caps, RtmpTag *tag, GError **error);

RtmpToCaps rtmp_codec_h264_to_caps;
RtmpToHeader rtmp_codec_h264_to_header;
GstClockTime rtmp_codec_h264_frame_duration (const RtmpTrackConfig *config);
RtmpToCaps rtmp_codec_h265_to_caps;
RtmpToHeader rtmp_codec_h265_to_header;
RtmpToCaps rtmp_codec_aac_to_caps;
RtmpToHeader rtmp_codec_aac_to_header;
GstClockTime rtmp_codec_aac_frame_duration (const RtmpTrackConfig *config);
RtmpToCaps rtmp_codec_mp3_to_caps;
RtmpToHeader rtmp_codec_mp3_to_header;

/* Bytes of the caps' codec_data of at least @min bytes; else NULL with
 * GST_STREAM_ERROR_FORMAT that names the codec and what to add upstream. */
GBytes *rtmp_codec_get_codec_data (const RtmpCodec *codec, const GstCaps *caps, gsize min,
    const gchar *advice, GError **error);

/* FALSE with GST_STREAM_ERROR_DECODE: "<codec>: <what>". */
gboolean rtmp_codec_fail (const RtmpCodec *codec, GError **error, const gchar *what);

G_END_DECLS
