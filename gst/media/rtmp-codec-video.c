/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Caps of H.264 and H.265 out of their decoder configuration records and back.
 * Sources: ISO/IEC 14496-15 5.3.3.1 and 8.3.3.1.
 */
#include "media/rtmp-codec-private.h"
#include "media/rtmp-nal.h"
#include "media/rtmp-sps.h"
#include <gst/pbutils/codec-utils.h>
#include <gst/video/video.h>

/* What the bitstream says wins; hints fill what it leaves open. */
static void
set_picture (GstCaps *caps, const RtmpSps *sps, const RtmpTrackConfig *config)
{
  gint width = sps != NULL ? sps->width : config->width;
  gint height = sps != NULL ? sps->height : config->height;

  if (width > 0 && height > 0)
    gst_caps_set_simple (caps, "width", G_TYPE_INT, width, "height", G_TYPE_INT, height, NULL);
  if (sps != NULL)
    gst_caps_set_simple (
        caps, "pixel-aspect-ratio", GST_TYPE_FRACTION, sps->par_n, sps->par_d, NULL);
}

static void
set_framerate (GstCaps *caps, const RtmpSps *sps, const RtmpTrackConfig *config)
{
  gint n = sps != NULL ? sps->fps_n : 0;
  gint d = sps != NULL ? sps->fps_d : 1;

  if (n == 0 && config->framerate >= 1 && config->framerate <= 1000)
    gst_video_guess_framerate (GST_SECOND / config->framerate, &n, &d);
  if (n > 0)
    gst_caps_set_simple (caps, "framerate", GST_TYPE_FRACTION, n, d, NULL);
}

static void
set_colorimetry (GstCaps *caps, const RtmpSps *sps)
{
  GstVideoColorimetry color;
  gchar *text;

  color.range = sps->full_range ? GST_VIDEO_COLOR_RANGE_0_255 : GST_VIDEO_COLOR_RANGE_16_235;
  color.primaries = gst_video_color_primaries_from_iso (sps->primaries);
  color.transfer = gst_video_transfer_function_from_iso (sps->transfer);
  color.matrix = gst_video_color_matrix_from_iso (sps->matrix);
  text = gst_video_colorimetry_to_string (&color);
  if (text != NULL)
    gst_caps_set_simple (caps, "colorimetry", G_TYPE_STRING, text, NULL);
  g_free (text);
}

static void
set_format (GstCaps *caps, const RtmpSps *sps)
{
  static const gchar *const chroma_formats[] = { "4:0:0", "4:2:0", "4:2:2", "4:4:4" };

  gst_caps_set_simple (caps, "chroma-format", G_TYPE_STRING, chroma_formats[sps->chroma_format],
      "bit-depth-luma", G_TYPE_UINT, sps->luma_bits, "bit-depth-chroma", G_TYPE_UINT,
      sps->chroma_bits, NULL);
  if (!sps->interlaced)
    gst_caps_set_simple (caps, "interlace-mode", G_TYPE_STRING, "progressive", NULL);
  if (sps->has_color)
    set_colorimetry (caps, sps);
}

/* The record as codec_data, with the NAL length size that our buffers have. */
static void
set_codec_data (GstCaps *caps, const RtmpTrackConfig *config, gsize length_size_at)
{
  guint8 *data = g_memdup2 (config->header, config->header_size);
  GstBuffer *buffer;

  data[length_size_at] |= RTMP_NAL_LENGTH_SIZE - 1;
  buffer = gst_buffer_new_wrapped (data, config->header_size);
  gst_caps_set_simple (caps, "codec_data", GST_TYPE_BUFFER, buffer, NULL);
  gst_buffer_unref (buffer);
}

static GstCaps *
new_caps (const RtmpCodec *codec, const RtmpTrackConfig *config, const RtmpSps *sps,
    gsize length_size_at)
{
  GstCaps *caps = gst_caps_from_string (codec->caps);

  set_picture (caps, sps, config);
  set_framerate (caps, sps, config);
  if (sps != NULL)
    set_format (caps, sps);
  set_codec_data (caps, config, length_size_at);
  return caps;
}

GstCaps *
rtmp_codec_h264_to_caps (const RtmpCodec *codec, const RtmpTrackConfig *config, GError **error)
{
  RtmpNalRecord record;
  gboolean has_sps;
  RtmpSps sps;
  GstCaps *caps;

  if (!rtmp_nal_parse_avcc (config->header, config->header_size, &record)) {
    rtmp_codec_fail (codec, error, "broken AVCDecoderConfigurationRecord");
    return NULL;
  }
  has_sps = record.sps != NULL;
  if (has_sps && !rtmp_sps_parse_h264 (record.sps, record.sps_size, &sps)) {
    rtmp_codec_fail (codec, error,
        "the configuration record holds no usable SPS (other codecs sent as H.264 are "
        "not supported)");
    return NULL;
  }
  caps = new_caps (codec, config, has_sps ? &sps : NULL, RTMP_NAL_AVCC_LENGTH_AT);
  gst_codec_utils_h264_caps_set_level_and_profile (caps, config->header + 1, 3);
  return caps;
}

GstClockTime
rtmp_codec_h264_frame_duration (const RtmpTrackConfig *config)
{
  RtmpNalRecord record;
  RtmpSps sps;

  if (!rtmp_nal_parse_avcc (config->header, config->header_size, &record) ||
      record.sps == NULL || !rtmp_sps_parse_h264 (record.sps, record.sps_size, &sps) ||
      !sps.fixed_rate)
    return GST_CLOCK_TIME_NONE;
  return gst_util_uint64_scale_round (GST_SECOND, sps.fps_d, sps.fps_n);
}

GstCaps *
rtmp_codec_h265_to_caps (const RtmpCodec *codec, const RtmpTrackConfig *config, GError **error)
{
  RtmpNalRecord record;
  gboolean has_sps;
  RtmpSps sps;
  GstCaps *caps;

  if (!rtmp_nal_parse_hvcc (config->header, config->header_size, &record)) {
    rtmp_codec_fail (codec, error, "broken HEVCDecoderConfigurationRecord");
    return NULL;
  }
  has_sps = record.sps != NULL;
  if (has_sps && !rtmp_sps_parse_h265 (record.sps, record.sps_size, &sps)) {
    rtmp_codec_fail (codec, error, "the configuration record holds no usable SPS");
    return NULL;
  }
  caps = new_caps (codec, config, has_sps ? &sps : NULL, RTMP_NAL_HVCC_LENGTH_AT);
  gst_codec_utils_h265_caps_set_level_tier_and_profile (caps, config->header + 1, 12);
  return caps;
}

GBytes *
rtmp_codec_h264_to_header (
    const RtmpCodec *codec, const GstCaps *caps, RtmpTag *tag, GError **error)
{
  return rtmp_codec_get_codec_data (codec, caps, 7, "add h264parse in front", error);
}

GBytes *
rtmp_codec_h265_to_header (
    const RtmpCodec *codec, const GstCaps *caps, RtmpTag *tag, GError **error)
{
  return rtmp_codec_get_codec_data (codec, caps, 23, "add h265parse in front", error);
}
