/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "media/rtmp-codec.h"
#include "media/rtmp-codec-private.h"

/* sync, version, layer; sample rate; channel mode */
#define MPEG_AUDIO_FRAME_MASK 0xfffe0cc0u

/* Legacy rows first in each medium; a FourCC row of the same caps comes after. */
static const RtmpCodec codecs[] = {
  {
      .codec = RTMP_CODEC_AVC,
      .video = TRUE,
      .name = "H.264",
      .media_type = "video/x-h264",
      .caps = "video/x-h264, stream-format=(string)avc, alignment=(string)au",
      .has_header = TRUE,
      .has_composition = TRUE,
      .delta_frames = TRUE,
      .nal_units = RTMP_NAL_H264,
      .to_caps = rtmp_codec_h264_to_caps,
      .to_header = rtmp_codec_h264_to_header,
      .frame_duration = rtmp_codec_h264_frame_duration,
  },
  {
      .codec = RTMP_CODEC_HEVC_12,
      .video = TRUE,
      .name = "H.265",
      .media_type = "video/x-h265",
      .caps = "video/x-h265, stream-format=(string)hvc1, alignment=(string)au",
      .has_header = TRUE,
      .has_composition = TRUE,
      .delta_frames = TRUE,
      .nal_units = RTMP_NAL_H265,
      .to_caps = rtmp_codec_h265_to_caps,
      .to_header = rtmp_codec_h265_to_header,
  },
  {
      .codec = RTMP_CODEC_AAC,
      .name = "AAC",
      .media_type = "audio/mpeg",
      .caps = "audio/mpeg, mpegversion=(int){ 4, 2 }, stream-format=(string)raw, "
              "framed=(boolean)true",
      .has_header = TRUE,
      .to_caps = rtmp_codec_aac_to_caps,
      .to_header = rtmp_codec_aac_to_header,
      .frame_duration = rtmp_codec_aac_frame_duration,
  },
  {
      .codec = RTMP_CODEC_MP3,
      .name = "MP3",
      .media_type = "audio/mpeg",
      .caps = "audio/mpeg, mpegversion=(int)1, layer=(int)[ 1, 3 ], parsed=(boolean)true",
      .frame_mask = MPEG_AUDIO_FRAME_MASK,
      .to_caps = rtmp_codec_mp3_to_caps,
      .to_header = rtmp_codec_mp3_to_header,
  },
  {
      .codec = RTMP_CODEC_MP3_8K,
      .name = "MP3",
      .media_type = "audio/mpeg",
      .caps = "audio/mpeg, mpegversion=(int)1, layer=(int)[ 1, 3 ], parsed=(boolean)true, "
              "rate=(int)8000",
      .frame_mask = MPEG_AUDIO_FRAME_MASK,
      .to_caps = rtmp_codec_mp3_to_caps,
      .to_header = rtmp_codec_mp3_to_header,
  },
};

const RtmpCodec *
rtmp_codec_find (guint32 codec)
{
  guint i;

  for (i = 0; i < G_N_ELEMENTS (codecs); i++) {
    if (codecs[i].codec == codec)
      return &codecs[i];
  }
  return NULL;
}

static gboolean
row_accepts (const RtmpCodec *row, const GstCaps *caps)
{
  GstCaps *accepted = gst_caps_from_string (row->caps);
  gboolean ok = gst_caps_can_intersect (accepted, caps);

  gst_caps_unref (accepted);
  return ok;
}

const RtmpCodec *
rtmp_codec_find_by_caps (const GstCaps *caps, gboolean legacy)
{
  const RtmpCodec *other_form = NULL;
  guint i;

  for (i = 0; i < G_N_ELEMENTS (codecs); i++) {
    if (!row_accepts (&codecs[i], caps))
      continue;
    if (RTMP_CODEC_IS_LEGACY (codecs[i].codec) == !!legacy)
      return &codecs[i];
    if (other_form == NULL)
      other_form = &codecs[i];
  }
  return other_form;
}

static GstCaps *
union_of_caps (gboolean video)
{
  GstCaps *all = gst_caps_new_empty ();
  guint i;

  for (i = 0; i < G_N_ELEMENTS (codecs); i++) {
    if (codecs[i].video == !!video)
      all = gst_caps_merge (all, gst_caps_from_string (codecs[i].caps));
  }
  return all;
}

GstCaps *
rtmp_codec_get_sink_caps (gboolean video)
{
  return union_of_caps (video);
}

GstCaps *
rtmp_codec_get_src_caps (gboolean video)
{
  return union_of_caps (video);
}

gchar *
rtmp_codec_describe_accepted (gboolean video)
{
  GString *text = g_string_new (NULL);
  const gchar *last = NULL;
  guint i;

  for (i = 0; i < G_N_ELEMENTS (codecs); i++) {
    if (codecs[i].video != !!video || g_strcmp0 (codecs[i].name, last) == 0)
      continue;
    last = codecs[i].name;
    g_string_append_printf (
        text, "%s%s (%s)", text->len > 0 ? ", " : "", codecs[i].name, codecs[i].caps);
  }
  return g_string_free (text, FALSE);
}

gboolean
rtmp_codec_fail (const RtmpCodec *codec, GError **error, const gchar *what)
{
  g_set_error (error, GST_STREAM_ERROR, GST_STREAM_ERROR_DECODE, "%s: %s", codec->name, what);
  return FALSE;
}

GBytes *
rtmp_codec_get_codec_data (
    const RtmpCodec *codec, const GstCaps *caps, gsize min, const gchar *advice, GError **error)
{
  const GstStructure *structure = gst_caps_get_structure (caps, 0);
  const GValue *value = gst_structure_get_value (structure, "codec_data");
  GstBuffer *buffer = value != NULL ? gst_value_get_buffer (value) : NULL;
  gpointer data;
  gsize size;

  if (buffer == NULL || gst_buffer_get_size (buffer) < min) {
    g_set_error (error, GST_STREAM_ERROR, GST_STREAM_ERROR_FORMAT,
        "%s needs codec_data in its caps: %s", codec->name, advice);
    return NULL;
  }
  gst_buffer_extract_dup (buffer, 0, -1, &data, &size);
  return g_bytes_new_take (data, size);
}
