/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "media/rtmp-track.h"

/* frames that may come before the header until it is worth a word */
#define MAX_HEADERLESS 50

RtmpTrack *
rtmp_track_new (gboolean video, guint8 id)
{
  RtmpTrack *track = g_new0 (RtmpTrack, 1);

  track->video = video;
  track->id = id;
  track->length_size = RTMP_NAL_LENGTH_SIZE;
  track->frame_duration = GST_CLOCK_TIME_NONE;
  track->discont = TRUE;
  return track;
}

void
rtmp_track_free (RtmpTrack *track)
{
  gst_clear_caps (&track->caps);
  g_clear_pointer (&track->header, g_bytes_unref);
  g_free (track);
}

void
rtmp_track_set_discont (RtmpTrack *track)
{
  track->discont = TRUE;
}

static RtmpTrackResult
report_once (RtmpTrack *track, GError **error, GError *cause)
{
  if (track->reported) {
    g_clear_error (&cause);
    return RTMP_TRACK_NOTHING;
  }
  track->reported = TRUE;
  g_propagate_error (error, cause);
  return RTMP_TRACK_ERROR;
}

/* FALSE: nothing can be done with this packet; *result says what to return. */
static gboolean
choose_codec (
    RtmpTrack *track, const RtmpTrackPacket *packet, RtmpTrackResult *result, GError **error)
{
  if (track->wire_codec != packet->codec) {
    track->wire_codec = packet->codec;
    track->codec = rtmp_codec_find (packet->codec);
    track->reported = FALSE;
    g_clear_pointer (&track->header, g_bytes_unref);
  }
  if (track->codec != NULL && track->codec->video == track->video)
    return TRUE;
  *result = report_once (track, error,
      g_error_new (GST_STREAM_ERROR, GST_STREAM_ERROR_CODEC_NOT_FOUND,
          "%s codec %s is not supported", track->video ? "Video" : "Audio",
          rtmp_codec_name (packet->codec)));
  return FALSE;
}

static const guint8 *
peek_payload (const RtmpTrackPacket *packet)
{
  gsize size;
  const guint8 *body = rtmp_message_peek (packet->message, &size);

  return body != NULL ? body + packet->offset : NULL;
}

static void
fill_config (
    RtmpTrackConfig *config, const RtmpTrackPacket *packet, const RtmpMetadataHints *hints)
{
  *config = (RtmpTrackConfig){
    .codec = packet->codec,
    .sound_rate = packet->tag->sound_rate,
    .sound_bits = packet->tag->sound_bits,
    .sound_channels = packet->tag->sound_channels,
    .width = hints->width,
    .height = hints->height,
    .framerate = hints->framerate,
    .rate = hints->rate,
    .channels = hints->channels,
  };
}

static RtmpTrackResult
take_caps (RtmpTrack *track, GstCaps *caps)
{
  track->reported = FALSE;
  if (track->caps != NULL && gst_caps_is_equal (track->caps, caps)) {
    gst_caps_unref (caps);
    return RTMP_TRACK_NOTHING;
  }
  gst_caps_take (&track->caps, caps);
  return RTMP_TRACK_CAPS;
}

static void
learn_length_size (RtmpTrack *track, const guint8 *data, gsize size)
{
  RtmpNalRecord record;

  if ((track->codec->nal_units == RTMP_NAL_H264 && rtmp_nal_parse_avcc (data, size, &record)) ||
      (track->codec->nal_units == RTMP_NAL_H265 && rtmp_nal_parse_hvcc (data, size, &record)))
    track->length_size = record.length_size;
}

RtmpTrackResult
rtmp_track_take_header (RtmpTrack *track, const RtmpTrackPacket *packet,
    const RtmpMetadataHints *hints, GError **error)
{
  const guint8 *data = peek_payload (packet);
  RtmpTrackResult result = RTMP_TRACK_NOTHING;
  RtmpTrackConfig config;
  GError *cause = NULL;
  GstCaps *caps;

  if (data == NULL || packet->size == 0 || !choose_codec (track, packet, &result, error))
    return result;
  if (track->header != NULL && g_bytes_get_size (track->header) == packet->size &&
      memcmp (g_bytes_get_data (track->header, NULL), data, packet->size) == 0)
    return RTMP_TRACK_NOTHING;

  fill_config (&config, packet, hints);
  config.header = data;
  config.header_size = packet->size;
  caps = track->codec->to_caps (track->codec, &config, &cause);
  if (caps == NULL)
    return report_once (track, error, cause);
  g_clear_pointer (&track->header, g_bytes_unref);
  track->header = g_bytes_new (data, packet->size);
  track->frame_duration = track->codec->frame_duration != NULL
                              ? track->codec->frame_duration (&config)
                              : GST_CLOCK_TIME_NONE;
  learn_length_size (track, data, packet->size);
  return take_caps (track, caps);
}

/* What the caps of a codec without header depend on. */
static guint64
get_frame_key (
    const RtmpCodec *codec, const RtmpTrackPacket *packet, const guint8 *data, gsize size)
{
  guint64 key = ((guint64)1 << 63) | ((guint64)packet->tag->sound_rate << 48) |
                ((guint64)packet->tag->sound_bits << 40) |
                ((guint64)packet->tag->sound_channels << 36);

  if (codec->frame_mask != 0 && size >= 4)
    key |= rtmp_get_u32 (data) & codec->frame_mask;
  return key;
}

static RtmpTrackResult
check_header (RtmpTrack *track, GError **error)
{
  if (track->header != NULL || ++track->headerless < MAX_HEADERLESS)
    return RTMP_TRACK_NOTHING;
  return report_once (track, error,
      g_error_new (GST_STREAM_ERROR, GST_STREAM_ERROR_DECODE,
          "The publisher sends %s without its sequence header; it is dropped",
          track->codec->name));
}

RtmpTrackResult
rtmp_track_check_frame (RtmpTrack *track, const RtmpTrackPacket *packet,
    const RtmpMetadataHints *hints, GError **error)
{
  const guint8 *data = peek_payload (packet);
  RtmpTrackResult result = RTMP_TRACK_NOTHING;
  RtmpTrackConfig config;
  GError *cause = NULL;
  GstCaps *caps;
  guint64 key;

  if (data == NULL || packet->size == 0 || !choose_codec (track, packet, &result, error))
    return result;
  if (track->codec->has_header)
    return check_header (track, error);
  key = get_frame_key (track->codec, packet, data, packet->size);
  if (key == track->frame_key)
    return RTMP_TRACK_NOTHING;
  fill_config (&config, packet, hints);
  config.frame = data;
  config.frame_size = packet->size;
  caps = track->codec->to_caps (track->codec, &config, &cause);
  if (caps == NULL)
    return report_once (track, error, cause);
  track->frame_key = key;
  return take_caps (track, caps);
}

static void
report_odd_nal_units (RtmpTrack *track, RtmpNalForm form, GError **error)
{
  static const gchar *const texts[] = {
    [RTMP_NAL_FRAME_OK] = "NAL units with lengths of less than 4 bytes",
    [RTMP_NAL_FRAME_SHORT] = "NAL units with 2 byte lengths where its header says otherwise",
    [RTMP_NAL_FRAME_ANNEX_B] = "NAL units with Annex B start codes in place of lengths",
    [RTMP_NAL_FRAME_BROKEN] = "NAL units with lengths past the end of the frame",
  };

  if (track->odd_nal_units)
    return;
  track->odd_nal_units = TRUE;
  g_set_error (error, GST_STREAM_ERROR, GST_STREAM_ERROR_FORMAT,
      "The publisher sends %s %s; %s", track->codec->name, texts[form],
      form == RTMP_NAL_FRAME_BROKEN ? "they pass unchanged" : "they are converted");
}

static GstBuffer *
convert_nal_units (RtmpTrack *track, RtmpNalForm form, const guint8 *data, gsize size)
{
  gsize out_size;
  guint8 *out = rtmp_nal_to_length4 (form, track->length_size, data, size, &out_size);

  return out != NULL ? gst_buffer_new_wrapped (out, out_size) : NULL;
}

/* The frame with 4 byte lengths; *keyframe is corrected by what is in it. */
static GstBuffer *
take_nal_units (
    RtmpTrack *track, const RtmpTrackPacket *packet, gboolean *keyframe, GError **error)
{
  const guint8 *data = peek_payload (packet);
  GstBuffer *buffer = NULL;
  RtmpNalFrame frame;

  rtmp_nal_inspect (track->codec->nal_units, track->length_size, data, packet->size, &frame);
  *keyframe = frame.keyframe || (*keyframe && frame.picture);
  if (frame.form != RTMP_NAL_FRAME_OK || track->length_size != RTMP_NAL_LENGTH_SIZE) {
    report_odd_nal_units (track, frame.form, error);
    buffer = convert_nal_units (track, frame.form, data, packet->size);
  }
  if (buffer == NULL)
    buffer = rtmp_buffer_new_from_message (packet->message, packet->offset, packet->size);
  return buffer;
}

static void
set_flags (
    RtmpTrack *track, const RtmpTrackPacket *packet, gboolean keyframe, GstBuffer *buffer)
{
  if (track->codec->delta_frames && !keyframe)
    GST_BUFFER_FLAG_SET (buffer, GST_BUFFER_FLAG_DELTA_UNIT);
  if (track->video && packet->tag->frame_type == RTMP_FRAME_DISPOSABLE)
    GST_BUFFER_FLAG_SET (buffer, GST_BUFFER_FLAG_DROPPABLE);
  if (track->discont)
    GST_BUFFER_FLAG_SET (buffer, GST_BUFFER_FLAG_DISCONT);
  track->discont = FALSE;
}

RtmpTrackResult
rtmp_track_take_frame (
    RtmpTrack *track, const RtmpTrackPacket *packet, GstBuffer **buffer, GError **error)
{
  gboolean keyframe = packet->tag->frame_type == RTMP_FRAME_KEY ||
                      packet->tag->frame_type == RTMP_FRAME_GENERATED_KEY;

  if (packet->size == 0 || track->codec == NULL || track->wire_codec != packet->codec ||
      track->caps == NULL || peek_payload (packet) == NULL ||
      (track->codec->has_header && track->header == NULL))
    return RTMP_TRACK_NOTHING;
  if (track->codec->nal_units != RTMP_NAL_NONE)
    *buffer = take_nal_units (track, packet, &keyframe, error);
  else
    *buffer = rtmp_buffer_new_from_message (packet->message, packet->offset, packet->size);
  if (*buffer == NULL)
    return RTMP_TRACK_NOTHING;
  GST_BUFFER_DURATION (*buffer) = track->frame_duration;
  set_flags (track, packet, keyframe, *buffer);
  return RTMP_TRACK_BUFFER;
}
