/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "elements/gstrtmpservermetadata.h"

#define DEFAULT_ENCODER "GStreamer rtmpserversink"
#define DEFAULT_CREATOR "GStreamer rtmpserversink"

/* What belongs to tracks: true of what was received, not of what is sent. */
static const gchar *const track_keys[] = { "width", "height", "framerate", "videocodecid",
  "videodatarate", "AspectRatioX", "AspectRatioY", "audiocodecid", "audiodatarate",
  "audiosamplerate", "audiosamplesize", "audiochannels", "stereo", "duration", "filesize" };

static gboolean
is_track_key (const gchar *key)
{
  for (gsize i = 0; i < G_N_ELEMENTS (track_keys); i++)
    if (g_str_equal (key, track_keys[i]))
      return TRUE;
  return FALSE;
}

static void
copy_received (RtmpAmf *array, const RtmpAmf *received)
{
  if (received == NULL || !rtmp_amf_is_object (received) || received->properties == NULL)
    return;
  for (guint i = 0; i < received->properties->len; i++) {
    RtmpAmfProperty *property = &g_array_index (received->properties, RtmpAmfProperty, i);

    if (!is_track_key (property->key))
      rtmp_amf_set (array, property->key, rtmp_amf_copy (property->value));
  }
}

/* Legacy ids as they are in the tag header, others as FourCC. */
static gdouble
codec_number (const RtmpCodec *codec)
{
  return RTMP_CODEC_IS_LEGACY (codec->codec) ? codec->codec & 0xff : codec->codec;
}

static void
set_data_rate (RtmpAmf *array, const gchar *key, const GstTagList *tags)
{
  guint bits = 0;

  if (tags == NULL)
    return;
  if (gst_tag_list_get_uint (tags, GST_TAG_NOMINAL_BITRATE, &bits) ||
      gst_tag_list_get_uint (tags, GST_TAG_BITRATE, &bits) ||
      gst_tag_list_get_uint (tags, GST_TAG_MAXIMUM_BITRATE, &bits))
    rtmp_amf_set_number (array, key, bits / 1000.0);
}

static void
set_fraction (RtmpAmf *array, const GstStructure *structure)
{
  gint n, d;

  if (gst_structure_get_fraction (structure, "framerate", &n, &d) && n > 0 && d > 0)
    rtmp_amf_set_number (array, "framerate", (gdouble)n / d);
  if (gst_structure_get_fraction (structure, "pixel-aspect-ratio", &n, &d) && n > 0 && d > 0) {
    rtmp_amf_set_number (array, "AspectRatioX", n);
    rtmp_amf_set_number (array, "AspectRatioY", d);
  }
}

static void
set_video (RtmpAmf *array, const GstRtmpServerMetadataTrack *track)
{
  const GstStructure *structure = gst_caps_get_structure (track->caps, 0);
  gint value;

  if (gst_structure_get_int (structure, "width", &value))
    rtmp_amf_set_number (array, "width", value);
  if (gst_structure_get_int (structure, "height", &value))
    rtmp_amf_set_number (array, "height", value);
  set_fraction (array, structure);
  rtmp_amf_set_number (array, "videocodecid", codec_number (track->codec));
  set_data_rate (array, "videodatarate", track->tags);
}

static void
set_audio (RtmpAmf *array, const GstRtmpServerMetadataTrack *track)
{
  const GstStructure *structure = gst_caps_get_structure (track->caps, 0);
  gint value;

  rtmp_amf_set_number (array, "audiocodecid", codec_number (track->codec));
  if (gst_structure_get_int (structure, "rate", &value))
    rtmp_amf_set_number (array, "audiosamplerate", value);
  rtmp_amf_set_number (array, "audiosamplesize", 16);
  if (gst_structure_get_int (structure, "channels", &value)) {
    rtmp_amf_set_number (array, "audiochannels", value);
    rtmp_amf_set_boolean (array, "stereo", value == 2);
  }
  set_data_rate (array, "audiodatarate", track->tags);
}

static void
set_tag (RtmpAmf *array, const gchar *key, const GstTagList *tags, const gchar *tag)
{
  g_autofree gchar *text = NULL;

  if (tags != NULL && gst_tag_list_get_string (tags, tag, &text))
    rtmp_amf_set_string (array, key, text);
}

static void
set_text (RtmpAmf *array, const gchar *key, const gchar *text, const gchar *fallback)
{
  if (text != NULL)
    rtmp_amf_set_string (array, key, text);
  else if (rtmp_amf_get (array, key) == NULL)
    rtmp_amf_set_string (array, key, fallback);
}

GBytes *
gst_rtmp_server_metadata_build (const GstRtmpServerMetadata *metadata)
{
  g_autoptr (RtmpAmf) name = rtmp_amf_new_string ("onMetaData");
  g_autoptr (RtmpAmf) array = rtmp_amf_new_ecma_array ();
  GByteArray *body = g_byte_array_new ();

  rtmp_amf_set_number (array, "duration", 0);
  copy_received (array, metadata->received);
  set_tag (array, "title", metadata->audio.tags, GST_TAG_TITLE);
  set_tag (array, "title", metadata->video.tags, GST_TAG_TITLE);
  set_tag (array, "creator", metadata->audio.tags, GST_TAG_ARTIST);
  set_tag (array, "creator", metadata->video.tags, GST_TAG_ARTIST);
  if (metadata->video.codec != NULL)
    set_video (array, &metadata->video);
  if (metadata->audio.codec != NULL)
    set_audio (array, &metadata->audio);
  set_text (array, "encoder", metadata->encoder, DEFAULT_ENCODER);
  set_text (array, "metadatacreator", metadata->metadatacreator, DEFAULT_CREATOR);
  rtmp_amf0_build (name, body);
  rtmp_amf0_build (array, body);
  return g_byte_array_free_to_bytes (body);
}
