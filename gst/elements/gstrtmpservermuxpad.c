/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "elements/gstrtmpservermuxpad.h"
#include "media/rtmp-buffer.h"

/* The length field of a message has 24 bits. */
#define MAX_BODY 0xffffffu
/* Composition offsets have 24 bits and a sign. */
#define MAX_COMPOSITION_MS 0x7fffff

G_DEFINE_TYPE (GstRtmpServerMuxPad, gst_rtmp_server_mux_pad, GST_TYPE_AGGREGATOR_PAD)

static GstFlowReturn
gst_rtmp_server_mux_pad_flush (GstAggregatorPad *aggpad, GstAggregator *aggregator)
{
  g_atomic_int_set (&GST_RTMP_SERVER_MUX_PAD (aggpad)->flushed, TRUE);
  return GST_FLOW_OK;
}

static void
gst_rtmp_server_mux_pad_finalize (GObject *object)
{
  GstRtmpServerMuxPad *pad = GST_RTMP_SERVER_MUX_PAD (object);

  g_clear_pointer (&pad->header, g_bytes_unref);
  gst_clear_caps (&pad->caps);
  gst_clear_tag_list (&pad->tags);
  G_OBJECT_CLASS (gst_rtmp_server_mux_pad_parent_class)->finalize (object);
}

static void
gst_rtmp_server_mux_pad_class_init (GstRtmpServerMuxPadClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = gst_rtmp_server_mux_pad_finalize;
  GST_AGGREGATOR_PAD_CLASS (klass)->flush = gst_rtmp_server_mux_pad_flush;
}

static void
gst_rtmp_server_mux_pad_init (GstRtmpServerMuxPad *pad)
{
  pad->last_time = G_MININT64;
  /* encoders leave out what is so by definition: framed, parsed */
  GST_PAD_SET_ACCEPT_INTERSECT (pad);
}

/* caps */

gchar *
gst_rtmp_server_describe_caps (const GstCaps *caps)
{
  g_autoptr (GstCaps) copy = gst_caps_copy (caps);

  for (guint i = 0; i < gst_caps_get_size (copy); i++)
    gst_structure_remove_fields (
        gst_caps_get_structure (copy, i), "streamheader", "codec_data", NULL);
  return gst_caps_to_string (copy);
}

static gboolean
same_header (GBytes *a, GBytes *b)
{
  return a == b || (a != NULL && b != NULL && g_bytes_equal (a, b));
}

gboolean
gst_rtmp_server_mux_pad_set_caps (
    GstRtmpServerMuxPad *pad, GstCaps *caps, gboolean *changed, GError **error)
{
  const RtmpCodec *codec = rtmp_codec_find_by_caps (caps, TRUE);
  g_autoptr (GBytes) header = NULL;
  RtmpTag tag = { 0 };

  if (codec == NULL || codec->video != pad->video) {
    g_autofree gchar *text = gst_rtmp_server_describe_caps (caps);
    g_autofree gchar *accepted = rtmp_codec_describe_accepted (pad->video);

    g_set_error (error, GST_STREAM_ERROR, GST_STREAM_ERROR_WRONG_TYPE,
        "RTMP cannot carry %s; accepted: %s", text, accepted);
    return FALSE;
  }
  tag.video = pad->video;
  tag.codec = codec->codec;
  tag.enhanced = !RTMP_CODEC_IS_LEGACY (codec->codec);
  header = codec->to_header (codec, caps, &tag, error);
  if (header == NULL)
    return FALSE;
  if (g_bytes_get_size (header) == 0)
    g_clear_pointer (&header, g_bytes_unref);

  *changed = codec != pad->codec || !same_header (header, pad->header);
  gst_caps_replace (&pad->caps, caps);
  if (!*changed)
    return TRUE;
  pad->codec = codec;
  pad->tag = tag;
  g_clear_pointer (&pad->header, g_bytes_unref);
  pad->header = g_steal_pointer (&header);
  pad->header_due = pad->header != NULL;
  return TRUE;
}

/* times */

static gint64
to_running_time (GstRtmpServerMuxPad *pad, GstClockTime time)
{
  const GstSegment *segment = &GST_AGGREGATOR_PAD (pad)->segment;
  guint64 running;
  gint sign;

  /* no TIME segment, no running time: the timestamps are all there is */
  if (segment->format != GST_FORMAT_TIME)
    return time;
  sign = gst_segment_to_running_time_full (segment, GST_FORMAT_TIME, time, &running);
  return sign == 0 ? (gint64)time : sign * (gint64)running;
}

/* What makes timestamps for this codec, and what makes a DTS. */
static const gchar *
parser_for (const RtmpCodec *codec)
{
  if (g_str_equal (codec->media_type, "video/x-h264"))
    return "h264parse";
  if (g_str_equal (codec->media_type, "video/x-h265"))
    return "h265parse";
  return g_str_equal (codec->name, "AAC") ? "aacparse" : "mpegaudioparse";
}

static const gchar *
timestamper_for (const RtmpCodec *codec)
{
  return g_str_equal (codec->media_type, "video/x-h265") ? "h265timestamper"
                                                         : "h264timestamper";
}

static gboolean
get_missing_times (GstRtmpServerMuxPad *pad, GstRtmpServerTimes *times, GError **error)
{
  if (pad->last_time != G_MININT64 && pad->last_duration == 0) {
    g_set_error (error, GST_STREAM_ERROR, GST_STREAM_ERROR_FORMAT,
        "%s on pad %s has no timestamps; add a parser that makes them (%s) or set them at "
        "the source",
        pad->codec->name, GST_PAD_NAME (pad), parser_for (pad->codec));
    return FALSE;
  }
  times->dts = pad->last_time != G_MININT64 ? pad->last_time + pad->last_duration : 0;
  times->pts = times->dts;
  return TRUE;
}

/* Presentation order is decoding order as long as it does not go back. */
static gboolean
check_reordering (GstRtmpServerMuxPad *pad, gint64 pts, GError **error)
{
  if (!pad->codec->has_composition || pts >= pad->last_time || g_atomic_int_get (&pad->flushed))
    return TRUE;
  g_set_error (error, GST_STREAM_ERROR, GST_STREAM_ERROR_FORMAT,
      "%s on pad %s has reordered frames but no DTS; add %s before it, or an encoder or "
      "demuxer that sets DTS",
      pad->codec->name, GST_PAD_NAME (pad), timestamper_for (pad->codec));
  return FALSE;
}

gboolean
gst_rtmp_server_mux_pad_get_times (
    GstRtmpServerMuxPad *pad, GstBuffer *buffer, GstRtmpServerTimes *times, GError **error)
{
  GstClockTime dts = GST_BUFFER_DTS (buffer);
  GstClockTime pts = GST_BUFFER_PTS (buffer);

  if (!GST_CLOCK_TIME_IS_VALID (dts) && !GST_CLOCK_TIME_IS_VALID (pts))
    return get_missing_times (pad, times, error);
  if (!GST_CLOCK_TIME_IS_VALID (pts))
    pts = dts;
  times->pts = to_running_time (pad, pts);
  if (!pad->codec->has_composition) {
    times->dts = times->pts;
    return TRUE;
  }
  if (!GST_CLOCK_TIME_IS_VALID (dts)) {
    times->dts = times->pts;
    return check_reordering (pad, times->pts, error);
  }
  times->dts = to_running_time (pad, dts);
  return TRUE;
}

/* Of absolute times, so that rounding never adds up. */
static gint64
round_to_ms (gint64 time)
{
  gint64 half = GST_MSECOND / 2;

  return time >= 0 ? (time + half) / (gint64)GST_MSECOND
                   : -((-time + half) / (gint64)GST_MSECOND);
}

gint64
gst_rtmp_server_mux_pad_peek_time (GstRtmpServerMuxPad *pad,
    const GstRtmpServerWireClock *clock, const GstRtmpServerTimes *times)
{
  return gst_rtmp_server_wire_clock_peek (clock, &pad->wire, round_to_ms (times->dts));
}

gint64
gst_rtmp_server_mux_pad_map_times (GstRtmpServerMuxPad *pad, GstRtmpServerWireClock *clock,
    const GstRtmpServerTimes *times, GstClockTime duration, gint32 *composition_ms)
{
  gint64 dts_ms, composition;

  if (g_atomic_int_compare_and_exchange (&pad->flushed, TRUE, FALSE))
    gst_rtmp_server_wire_track_discont (&pad->wire);
  dts_ms = gst_rtmp_server_wire_clock_map (clock, &pad->wire, round_to_ms (times->dts));
  composition = round_to_ms (times->pts) + pad->wire.offset_ms - dts_ms;
  *composition_ms = CLAMP (composition, -MAX_COMPOSITION_MS, MAX_COMPOSITION_MS);
  if (!pad->codec->has_composition)
    *composition_ms = 0;
  pad->last_time = times->dts;
  pad->last_duration = GST_CLOCK_TIME_IS_VALID (duration) ? duration : 0;
  return dts_ms;
}

/* messages */

static guint8
message_type (GstRtmpServerMuxPad *pad)
{
  return pad->video ? RTMP_TYPE_VIDEO : RTMP_TYPE_AUDIO;
}

static void
unref_bytes (gpointer bytes)
{
  g_bytes_unref (bytes);
}

RtmpMessage *
gst_rtmp_server_mux_pad_build_header (GstRtmpServerMuxPad *pad, guint32 timestamp)
{
  guint8 prefix[RTMP_MESSAGE_MAX_PREFIX];
  RtmpTag tag = pad->tag;
  RtmpMessage *message;
  const guint8 *data;
  gsize prefix_size, size;

  tag.packet = RTMP_PACKET_HEADER;
  tag.frame_type = RTMP_FRAME_KEY;
  prefix_size = rtmp_tag_build (&tag, pad->track, FALSE, prefix);
  data = g_bytes_get_data (pad->header, &size);
  message = rtmp_message_new_foreign (message_type (pad), timestamp, prefix, prefix_size, data,
      size, unref_bytes, g_bytes_ref (pad->header));
  rtmp_message_classify (message, rtmp_limits_default ());
  return message;
}

/* A buffer of a pool goes back to it late, after the newest group of pictures:
 * an encoder with few of them would wait for ever. */
static GstBuffer *
take_out_of_pool (GstBuffer *buffer)
{
  return buffer->pool != NULL ? gst_buffer_copy_deep (buffer) : gst_buffer_ref (buffer);
}

RtmpMessage *
gst_rtmp_server_mux_pad_build_frame (
    GstRtmpServerMuxPad *pad, GstBuffer *buffer, guint32 timestamp, gint32 composition_ms)
{
  guint8 prefix[RTMP_MESSAGE_MAX_PREFIX];
  gboolean delta = GST_BUFFER_FLAG_IS_SET (buffer, GST_BUFFER_FLAG_DELTA_UNIT);
  RtmpTag tag = pad->tag;
  RtmpMessage *message;
  GstBuffer *body;
  gsize prefix_size;

  tag.packet = RTMP_PACKET_FRAMES;
  tag.frame_type = pad->codec->delta_frames && delta ? RTMP_FRAME_INTER : RTMP_FRAME_KEY;
  tag.composition_ms = composition_ms;
  prefix_size = rtmp_tag_build (&tag, pad->track, FALSE, prefix);
  if (gst_buffer_get_size (buffer) > MAX_BODY - prefix_size)
    return NULL;
  body = take_out_of_pool (buffer);
  message =
      rtmp_message_new_from_buffer (message_type (pad), timestamp, prefix, prefix_size, body);
  gst_buffer_unref (body);
  if (message != NULL)
    rtmp_message_classify (message, rtmp_limits_default ());
  return message;
}
