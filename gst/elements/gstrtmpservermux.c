/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "elements/gstrtmpservermux.h"
#include "elements/gstrtmpservermessagebuffer.h"
#include "elements/gstrtmpservermetadata.h"
#include "media/rtmp-metadata.h"

GST_DEBUG_CATEGORY_STATIC (gst_rtmp_server_mux_debug);
#define GST_CAT_DEFAULT gst_rtmp_server_mux_debug

/* How far one track of a file may be ahead of another before its pad blocks: the
 * interleaving of one demuxer thread without queues. Live sources need none. */
#define FILE_INTERLEAVE (2 * GST_SECOND)
/* Data messages without a frame to go with: the oldest is dropped. */
#define MAX_WAITING_DATA 64

enum
{
  PROP_0,
  PROP_ENCODER,
  PROP_METADATACREATOR,
};

static GstStaticPadTemplate src_template = GST_STATIC_PAD_TEMPLATE (
    "src", GST_PAD_SRC, GST_PAD_ALWAYS, GST_STATIC_CAPS (GST_RTMP_SERVER_MESSAGE_CAPS));

G_DEFINE_TYPE (GstRtmpServerMux, gst_rtmp_server_mux, GST_TYPE_AGGREGATOR)

/* output */

static GstFlowReturn
push_message (GstRtmpServerMux *mux, RtmpMessage *message, GstClockTime dts, GstClockTime pts)
{
  GstBuffer *buffer = gst_rtmp_server_message_buffer_new (message);

  GST_BUFFER_DTS (buffer) = dts;
  GST_BUFFER_PTS (buffer) = pts;
  return gst_aggregator_finish_buffer (GST_AGGREGATOR (mux), buffer);
}

static void
describe_track (GstRtmpServerMux *mux, GstRtmpServerMetadata *metadata)
{
  for (GList *item = GST_ELEMENT (mux)->sinkpads; item != NULL; item = item->next) {
    GstRtmpServerMuxPad *pad = item->data;
    GstRtmpServerMetadataTrack *track = pad->video ? &metadata->video : &metadata->audio;

    if (pad->codec != NULL && pad->track == 0)
      *track = (GstRtmpServerMetadataTrack){ pad->codec, pad->caps, pad->tags };
  }
}

static GBytes *
build_metadata (GstRtmpServerMux *mux)
{
  GstRtmpServerMetadata metadata = { .received = mux->received_metadata };
  GBytes *body;

  GST_OBJECT_LOCK (mux);
  metadata.encoder = mux->encoder;
  metadata.metadatacreator = mux->metadatacreator;
  describe_track (mux, &metadata);
  body = gst_rtmp_server_metadata_build (&metadata);
  GST_OBJECT_UNLOCK (mux);
  return body;
}

static void
unref_bytes (gpointer bytes)
{
  g_bytes_unref (bytes);
}

/* At time 0: FFmpeg makes a text stream of onMetaData at any other. */
static RtmpMessage *
new_metadata_message (GBytes *body)
{
  gsize size;
  const guint8 *data = g_bytes_get_data (body, &size);
  RtmpMessage *message = rtmp_message_new_foreign (
      RTMP_TYPE_DATA, 0, NULL, 0, data, size, unref_bytes, g_bytes_ref (body));

  rtmp_message_classify (message, rtmp_limits_default ());
  return message;
}

static GstFlowReturn
push_metadata (GstRtmpServerMux *mux, GstClockTime time)
{
  GBytes *body = build_metadata (mux);

  mux->metadata_due = FALSE;
  if (mux->sent_metadata != NULL && g_bytes_equal (body, mux->sent_metadata)) {
    g_bytes_unref (body);
    return GST_FLOW_OK;
  }
  g_clear_pointer (&mux->sent_metadata, g_bytes_unref);
  mux->sent_metadata = body;
  return push_message (mux, new_metadata_message (body), time, time);
}

/* With references: pads may go while something is pushed. */
static GList *
list_pads (GstRtmpServerMux *mux)
{
  GList *pads = NULL;

  GST_OBJECT_LOCK (mux);
  for (GList *item = GST_ELEMENT (mux)->sinkpads; item != NULL; item = item->next)
    pads = g_list_append (pads, gst_object_ref (item->data));
  GST_OBJECT_UNLOCK (mux);
  return pads;
}

static GstFlowReturn
push_headers (GstRtmpServerMux *mux, guint32 timestamp, GstClockTime time)
{
  g_autolist (GstPad) pads = list_pads (mux);
  GstFlowReturn flow = GST_FLOW_OK;

  mux->headers_due = FALSE;
  if (mux->metadata_due)
    flow = push_metadata (mux, time);
  for (GList *item = pads; item != NULL && flow == GST_FLOW_OK; item = item->next) {
    GstRtmpServerMuxPad *pad = item->data;

    if (!pad->header_due)
      continue;
    pad->header_due = FALSE;
    flow =
        push_message (mux, gst_rtmp_server_mux_pad_build_header (pad, timestamp), time, time);
  }
  return flow;
}

static GstFlowReturn
push_data (GstRtmpServerMux *mux, guint32 timestamp, GstClockTime time)
{
  GstFlowReturn flow = GST_FLOW_OK;
  GstEvent *event;

  while (flow == GST_FLOW_OK && (event = g_queue_pop_head (&mux->data)) != NULL) {
    RtmpMessage *message =
        rtmp_data_message_from_structure (gst_event_get_structure (event), timestamp);

    gst_event_unref (event);
    if (message == NULL)
      continue;
    rtmp_message_classify (message, rtmp_limits_default ());
    flow = push_message (mux, message, time, time);
  }
  return flow;
}

static GstFlowReturn
push_frame (GstRtmpServerMux *mux, GstRtmpServerMuxPad *pad, GstBuffer *buffer,
    const GstRtmpServerTimes *times)
{
  /* what comes before the segment's start is sent at once */
  GstClockTime dts = MAX (times->dts, 0);
  GstClockTime pts = MAX (times->pts, 0);
  GstFlowReturn flow = GST_FLOW_OK;
  gint32 composition_ms;
  RtmpMessage *message;
  guint32 timestamp;

  timestamp = (guint32)gst_rtmp_server_mux_pad_map_times (
      pad, &mux->clock, times, GST_BUFFER_DURATION (buffer), &composition_ms);
  if (mux->headers_due)
    flow = push_headers (mux, timestamp, dts);
  if (flow == GST_FLOW_OK)
    flow = push_data (mux, timestamp, dts);
  if (flow != GST_FLOW_OK)
    return flow;
  message = gst_rtmp_server_mux_pad_build_frame (pad, buffer, timestamp, composition_ms);
  if (message == NULL) {
    GST_ELEMENT_WARNING (mux, STREAM, MUX, (NULL),
        ("A frame of %" G_GSIZE_FORMAT " bytes on pad %s is longer than RTMP can carry",
            gst_buffer_get_size (buffer), GST_PAD_NAME (pad)));
    return GST_FLOW_OK;
  }
  return push_message (mux, message, dts, pts);
}

/* choice */

static void
post_error (GstRtmpServerMux *mux, GError *error)
{
  gst_element_message_full (GST_ELEMENT (mux), GST_MESSAGE_ERROR, error->domain, error->code,
      g_strdup (error->message), NULL, __FILE__, GST_FUNCTION, __LINE__);
  g_error_free (error);
}

/* The first frame of a pad. */
typedef struct _Head
{
  GstRtmpServerMuxPad *pad; /* borrowed */
  gint64 order;             /* ms on the wire; without usable time it comes first, and fails */
  gint64 running_time;      /* ns */
} Head;

static gboolean
get_head (GstRtmpServerMux *mux, GstRtmpServerMuxPad *pad, Head *head)
{
  GstBuffer *buffer = gst_aggregator_pad_peek_buffer (GST_AGGREGATOR_PAD (pad));
  GstRtmpServerTimes times;

  if (buffer == NULL)
    return FALSE;
  *head = (Head){ pad, G_MININT64, 0 };
  if (pad->codec != NULL && gst_rtmp_server_mux_pad_get_times (pad, buffer, &times, NULL)) {
    head->order = gst_rtmp_server_mux_pad_peek_time (pad, &mux->clock, &times);
    head->running_time = times.dts;
  }
  gst_buffer_unref (buffer);
  return TRUE;
}

/* Object lock held. What is to be sent next; FALSE: no pad has anything. */
static gboolean
find_next (GstRtmpServerMux *mux, Head *next, gboolean *all_eos)
{
  gboolean found = FALSE;

  *all_eos = TRUE;
  for (GList *item = GST_ELEMENT (mux)->sinkpads; item != NULL; item = item->next) {
    Head head;

    if (!gst_aggregator_pad_is_eos (item->data))
      *all_eos = FALSE;
    if (!get_head (mux, item->data, &head) || (found && head.order >= next->order))
      continue;
    *next = head;
    found = TRUE;
  }
  return found;
}

static GstClockTime
gst_rtmp_server_mux_get_next_time (GstAggregator *aggregator)
{
  GstRtmpServerMux *mux = GST_RTMP_SERVER_MUX (aggregator);
  gboolean all_eos, found;
  Head next;

  GST_OBJECT_LOCK (mux);
  found = find_next (mux, &next, &all_eos);
  GST_OBJECT_UNLOCK (mux);
  return found ? (GstClockTime)MAX (next.running_time, 0) : GST_CLOCK_TIME_NONE;
}

static gboolean
is_gap (GstBuffer *buffer)
{
  return gst_buffer_get_size (buffer) == 0;
}

static GstFlowReturn
take_frame (GstRtmpServerMux *mux, GstRtmpServerMuxPad *pad, GstBuffer *buffer)
{
  GstRtmpServerTimes times;
  GError *error = NULL;

  if (is_gap (buffer))
    return GST_FLOW_OK;
  if (pad->codec == NULL) {
    GST_ELEMENT_ERROR (mux, STREAM, FORMAT,
        ("No caps came before data on pad %s", GST_PAD_NAME (pad)), (NULL));
    return GST_FLOW_NOT_NEGOTIATED;
  }
  if (!gst_rtmp_server_mux_pad_get_times (pad, buffer, &times, &error)) {
    post_error (mux, error);
    return GST_FLOW_ERROR;
  }
  return push_frame (mux, pad, buffer, &times);
}

static GstFlowReturn
gst_rtmp_server_mux_aggregate (GstAggregator *aggregator, gboolean timeout)
{
  GstRtmpServerMux *mux = GST_RTMP_SERVER_MUX (aggregator);
  gboolean all_eos, found;
  GstFlowReturn flow;
  GstBuffer *buffer;
  Head next;

  GST_OBJECT_LOCK (mux);
  found = find_next (mux, &next, &all_eos);
  if (found)
    gst_object_ref (next.pad);
  GST_OBJECT_UNLOCK (mux);
  if (!found)
    return all_eos ? GST_FLOW_EOS : GST_AGGREGATOR_FLOW_NEED_DATA;
  if (next.order != G_MININT64)
    gst_rtmp_server_wire_clock_start (&mux->clock, next.order);
  buffer = gst_aggregator_pad_pop_buffer (GST_AGGREGATOR_PAD (next.pad));
  flow = buffer != NULL ? take_frame (mux, next.pad, buffer) : GST_FLOW_OK;
  gst_clear_buffer (&buffer);
  gst_object_unref (next.pad);
  return flow;
}

/* input */

static gboolean
on_caps (GstRtmpServerMux *mux, GstRtmpServerMuxPad *pad, GstEvent *event)
{
  GError *error = NULL;
  gboolean changed;
  GstCaps *caps;

  gst_event_parse_caps (event, &caps);
  if (!gst_rtmp_server_mux_pad_set_caps (pad, caps, &changed, &error)) {
    post_error (mux, error);
    return FALSE;
  }
  mux->metadata_due = mux->headers_due = TRUE;
  return TRUE;
}

/* Bitrates of a running stream change all the time and are no news. */
static gboolean
is_news (const GstTagList *tags)
{
  guint bits;
  gint n_rates = gst_tag_list_get_uint (tags, GST_TAG_BITRATE, &bits) +
                 gst_tag_list_get_uint (tags, GST_TAG_MINIMUM_BITRATE, &bits) +
                 gst_tag_list_get_uint (tags, GST_TAG_MAXIMUM_BITRATE, &bits) +
                 gst_tag_list_get_uint (tags, GST_TAG_NOMINAL_BITRATE, &bits);

  return gst_tag_list_n_tags (tags) > n_rates;
}

static void
on_tags (GstRtmpServerMux *mux, GstRtmpServerMuxPad *pad, GstEvent *event)
{
  GstTagList *tags, *merged;

  gst_event_parse_tag (event, &tags);
  merged = gst_tag_list_merge (pad->tags, tags, GST_TAG_MERGE_REPLACE);
  gst_clear_tag_list (&pad->tags);
  pad->tags = merged;
  if (mux->sent_metadata == NULL || is_news (tags))
    mux->metadata_due = mux->headers_due = TRUE;
}

static void
on_custom (GstRtmpServerMux *mux, GstEvent *event)
{
  const GstStructure *structure = gst_event_get_structure (event);
  RtmpAmf *object;

  if (structure == NULL)
    return;
  if (gst_structure_has_name (structure, RTMP_DATA_STRUCTURE)) {
    if (g_queue_get_length (&mux->data) >= MAX_WAITING_DATA)
      gst_event_unref (g_queue_pop_head (&mux->data));
    g_queue_push_tail (&mux->data, gst_event_ref (event));
    return;
  }
  object = rtmp_metadata_from_structure (structure, rtmp_limits_default ());
  if (object == NULL)
    return;
  g_clear_pointer (&mux->received_metadata, rtmp_amf_free);
  mux->received_metadata = object;
  mux->metadata_due = mux->headers_due = TRUE;
}

/* Of those who can tell; FALSE also if one of them cannot: it may be live. */
static gboolean
is_file (GstRtmpServerMux *mux)
{
  g_autolist (GstPad) pads = list_pads (mux);
  gboolean file = TRUE;

  for (GList *item = pads; item != NULL && file; item = item->next) {
    GstQuery *query = gst_query_new_latency ();
    gboolean live = TRUE;

    if (gst_pad_peer_query (item->data, query))
      gst_query_parse_latency (query, &live, NULL, NULL);
    file = !live;
    gst_query_unref (query);
  }
  return file;
}

/* A file may be interleaved coarsely, and nobody is in a hurry. The latency is how
 * much GstAggregator queues; of live sources it would be a delay. */
static void
allow_interleave (GstRtmpServerMux *mux)
{
  GstClockTime wanted = is_file (mux) ? FILE_INTERLEAVE : 0;
  GstClockTime latency;

  g_object_get (mux, "latency", &latency, NULL);
  if (latency != wanted)
    g_object_set (mux, "latency", wanted, NULL);
}

static gboolean
gst_rtmp_server_mux_sink_event (
    GstAggregator *aggregator, GstAggregatorPad *aggpad, GstEvent *event)
{
  GstRtmpServerMux *mux = GST_RTMP_SERVER_MUX (aggregator);
  GstRtmpServerMuxPad *pad = GST_RTMP_SERVER_MUX_PAD (aggpad);
  gboolean handled = TRUE;

  switch (GST_EVENT_TYPE (event)) {
    case GST_EVENT_CAPS:
      handled = on_caps (mux, pad, event);
      break;
    case GST_EVENT_TAG:
      on_tags (mux, pad, event);
      break;
    case GST_EVENT_CUSTOM_DOWNSTREAM:
    case GST_EVENT_CUSTOM_DOWNSTREAM_STICKY:
      on_custom (mux, event);
      break;
    case GST_EVENT_SEGMENT:
      pad->last_time = G_MININT64;
      allow_interleave (mux);
      return GST_AGGREGATOR_CLASS (gst_rtmp_server_mux_parent_class)
          ->sink_event (aggregator, aggpad, event);
    case GST_EVENT_STREAM_START:
    case GST_EVENT_EOS:
    case GST_EVENT_GAP:
    case GST_EVENT_FLUSH_START:
    case GST_EVENT_FLUSH_STOP:
      return GST_AGGREGATOR_CLASS (gst_rtmp_server_mux_parent_class)
          ->sink_event (aggregator, aggpad, event);
    default: /* tables of contents and the like have no place here */
      break;
  }
  gst_event_unref (event);
  return handled;
}

/* Headers may be among what was flushed; who has them already is not bothered:
 * RtmpStream does not pass on what it knows. */
static void
repeat_headers (GstRtmpServerMux *mux)
{
  g_autolist (GstPad) pads = list_pads (mux);

  for (GList *item = pads; item != NULL; item = item->next) {
    GstRtmpServerMuxPad *pad = item->data;

    pad->header_due = pad->header != NULL;
  }
  g_clear_pointer (&mux->sent_metadata, g_bytes_unref);
  mux->metadata_due = mux->headers_due = TRUE;
}

/* No streaming thread runs. */
static GstFlowReturn
gst_rtmp_server_mux_flush (GstAggregator *aggregator)
{
  GstSegment segment;

  /* running times are what we output: a seek must not shift the segment */
  gst_segment_init (&segment, GST_FORMAT_TIME);
  gst_aggregator_update_segment (aggregator, &segment);
  repeat_headers (GST_RTMP_SERVER_MUX (aggregator));
  return GST_FLOW_OK;
}

/* pads */

gint
gst_rtmp_server_mux_parse_track (const gchar *name)
{
  guint64 id;

  if (name == NULL || g_str_equal (name, "video") || g_str_equal (name, "audio"))
    return 0;
  if (!g_str_has_prefix (name, "video_") && !g_str_has_prefix (name, "audio_"))
    return -1;
  if (!g_ascii_string_to_unsigned (name + strlen ("video_"), 10, 0, 255, &id, NULL))
    return -1;
  /* further tracks need enhanced multitrack messages */
  return id == 0 ? 0 : -1;
}

static gboolean
has_track (GstRtmpServerMux *mux, gboolean video, gint track)
{
  gboolean found = FALSE;

  GST_OBJECT_LOCK (mux);
  for (GList *item = GST_ELEMENT (mux)->sinkpads; item != NULL; item = item->next) {
    GstRtmpServerMuxPad *pad = item->data;

    found = found || (pad->video == video && pad->track == track);
  }
  GST_OBJECT_UNLOCK (mux);
  return found;
}

static GstAggregatorPad *
gst_rtmp_server_mux_create_new_pad (
    GstAggregator *aggregator, GstPadTemplate *templ, const gchar *name, const GstCaps *caps)
{
  GstRtmpServerMux *mux = GST_RTMP_SERVER_MUX (aggregator);
  gboolean video = g_str_has_prefix (templ->name_template, "video");
  gint track = gst_rtmp_server_mux_parse_track (name);
  GstRtmpServerMuxPad *pad;

  if (track < 0 || has_track (mux, video, track)) {
    GST_WARNING_OBJECT (mux, "there is one video and one audio track; %s is not another", name);
    return NULL;
  }
  if (name == NULL)
    name = video ? "video" : "audio";
  pad = g_object_new (GST_TYPE_RTMP_SERVER_MUX_PAD, "name", name, "direction", GST_PAD_SINK,
      "template", templ, NULL);
  pad->video = video;
  pad->track = track;
  return GST_AGGREGATOR_PAD (pad);
}

/* object */

static gboolean
gst_rtmp_server_mux_stop (GstAggregator *aggregator)
{
  GstRtmpServerMux *mux = GST_RTMP_SERVER_MUX (aggregator);

  gst_rtmp_server_wire_clock_init (&mux->clock);
  g_clear_pointer (&mux->sent_metadata, g_bytes_unref);
  g_clear_pointer (&mux->received_metadata, rtmp_amf_free);
  g_queue_clear_full (&mux->data, (GDestroyNotify)gst_event_unref);
  GST_OBJECT_LOCK (mux);
  for (GList *item = GST_ELEMENT (mux)->sinkpads; item != NULL; item = item->next) {
    GstRtmpServerMuxPad *pad = item->data;

    pad->wire = (GstRtmpServerWireTrack){ 0 };
    pad->last_time = G_MININT64;
    pad->codec = NULL;
    g_clear_pointer (&pad->header, g_bytes_unref);
    gst_clear_caps (&pad->caps);
    gst_clear_tag_list (&pad->tags);
  }
  GST_OBJECT_UNLOCK (mux);
  return TRUE;
}

static void
gst_rtmp_server_mux_set_property (
    GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
  GstRtmpServerMux *mux = GST_RTMP_SERVER_MUX (object);
  gchar **text = id == PROP_ENCODER ? &mux->encoder : &mux->metadatacreator;

  if (id != PROP_ENCODER && id != PROP_METADATACREATOR) {
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    return;
  }
  GST_OBJECT_LOCK (mux);
  g_free (*text);
  *text = g_value_dup_string (value);
  GST_OBJECT_UNLOCK (mux);
}

static void
gst_rtmp_server_mux_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  GstRtmpServerMux *mux = GST_RTMP_SERVER_MUX (object);

  if (id != PROP_ENCODER && id != PROP_METADATACREATOR) {
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    return;
  }
  GST_OBJECT_LOCK (mux);
  g_value_set_string (value, id == PROP_ENCODER ? mux->encoder : mux->metadatacreator);
  GST_OBJECT_UNLOCK (mux);
}

static void
gst_rtmp_server_mux_finalize (GObject *object)
{
  GstRtmpServerMux *mux = GST_RTMP_SERVER_MUX (object);

  gst_rtmp_server_mux_stop (GST_AGGREGATOR (mux));
  g_free (mux->encoder);
  g_free (mux->metadatacreator);
  G_OBJECT_CLASS (gst_rtmp_server_mux_parent_class)->finalize (object);
}

static void
add_sink_template (GstElementClass *klass, const gchar *name, gboolean video)
{
  GstCaps *caps = rtmp_codec_get_sink_caps (video);

  gst_element_class_add_pad_template (
      klass, gst_pad_template_new_with_gtype (
                 name, GST_PAD_SINK, GST_PAD_REQUEST, caps, GST_TYPE_RTMP_SERVER_MUX_PAD));
  gst_caps_unref (caps);
}

static void
gst_rtmp_server_mux_class_init (GstRtmpServerMuxClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GstElementClass *element_class = GST_ELEMENT_CLASS (klass);
  GstAggregatorClass *aggregator_class = GST_AGGREGATOR_CLASS (klass);
  GParamFlags flags = G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_READY;

  GST_DEBUG_CATEGORY_INIT (gst_rtmp_server_mux_debug, "rtmpservermux", 0, "RTMP server mux");
  object_class->set_property = gst_rtmp_server_mux_set_property;
  object_class->get_property = gst_rtmp_server_mux_get_property;
  object_class->finalize = gst_rtmp_server_mux_finalize;
  aggregator_class->aggregate = gst_rtmp_server_mux_aggregate;
  aggregator_class->get_next_time = gst_rtmp_server_mux_get_next_time;
  aggregator_class->sink_event = gst_rtmp_server_mux_sink_event;
  aggregator_class->flush = gst_rtmp_server_mux_flush;
  aggregator_class->stop = gst_rtmp_server_mux_stop;
  aggregator_class->create_new_pad = gst_rtmp_server_mux_create_new_pad;
  g_object_class_install_property (object_class, PROP_ENCODER,
      g_param_spec_string ("encoder", "Encoder", "onMetaData's encoder", NULL, flags));
  g_object_class_install_property (object_class, PROP_METADATACREATOR,
      g_param_spec_string (
          "metadatacreator", "Metadata creator", "onMetaData's metadatacreator", NULL, flags));
  gst_element_class_add_static_pad_template_with_gtype (
      element_class, &src_template, GST_TYPE_AGGREGATOR_PAD);
  add_sink_template (element_class, "video", TRUE);
  add_sink_template (element_class, "audio", FALSE);
  add_sink_template (element_class, "video_%u", TRUE);
  add_sink_template (element_class, "audio_%u", FALSE);
  gst_element_class_set_static_metadata (element_class, "RTMP server mux", "Codec/Muxer",
      "Makes RTMP messages of encoded audio and video", "The gst-rtmp-server authors");
}

static void
gst_rtmp_server_mux_init (GstRtmpServerMux *mux)
{
  g_queue_init (&mux->data);
  gst_aggregator_set_ignore_inactive_pads (GST_AGGREGATOR (mux), TRUE);
}
