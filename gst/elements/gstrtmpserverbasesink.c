/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "elements/gstrtmpserverbasesink.h"
#include "elements/gstrtmpservermessagebuffer.h"
#include "media/rtmp-metadata.h"
#include <gst/video/video.h>

GST_DEBUG_CATEGORY_STATIC (gst_rtmp_server_base_sink_debug);
#define GST_CAT_DEFAULT gst_rtmp_server_base_sink_debug

/* Each request costs bits, and one keyframe serves all who wait. */
#define KEYFRAME_INTERVAL_US G_USEC_PER_SEC

static GstStaticPadTemplate sink_template = GST_STATIC_PAD_TEMPLATE ("sink", GST_PAD_SINK,
    GST_PAD_ALWAYS, GST_STATIC_CAPS ("video/x-flv; " GST_RTMP_SERVER_MESSAGE_CAPS));

G_DEFINE_TYPE (GstRtmpServerBaseSink, gst_rtmp_server_base_sink, GST_TYPE_BASE_SINK)

/* publishing */

static void
publish (RtmpMessage *message, gpointer user_data)
{
  GstRtmpServerBaseSink *self = user_data;

  if (self->stream == NULL)
    return;
  if (!self->on) {
    self->began (self->user_data);
    rtmp_stream_begin (self->stream);
  }
  self->on = TRUE;
  rtmp_stream_publish (self->stream, message);
}

static void
ask_for_keyframe (GstRtmpServerBaseSink *self)
{
  gint64 now_us = g_get_monotonic_time ();

  if (self->asked_us != 0 && now_us - self->asked_us < KEYFRAME_INTERVAL_US)
    return;
  if (!g_atomic_int_compare_and_exchange (&self->keyframe_wanted, TRUE, FALSE))
    return;
  self->asked_us = now_us;
  GST_DEBUG_OBJECT (self, "asking upstream for a keyframe");
  gst_pad_push_event (GST_BASE_SINK_PAD (self),
      gst_video_event_new_upstream_force_key_unit (GST_CLOCK_TIME_NONE, TRUE, self->n_asked++));
}

/* wait-for-connection. Like fdsink: a pause in the middle is a preroll. */
static GstFlowReturn
wait_for_players (GstRtmpServerBaseSink *self)
{
  GstFlowReturn flow = GST_FLOW_OK;

  g_mutex_lock (&self->lock);
  while (flow == GST_FLOW_OK && self->wait_for_connection && self->n_players == 0) {
    if (!self->unlocked) {
      g_cond_wait (&self->changed, &self->lock);
      continue;
    }
    g_mutex_unlock (&self->lock);
    flow = gst_base_sink_wait_preroll (GST_BASE_SINK (self));
    g_mutex_lock (&self->lock);
  }
  g_mutex_unlock (&self->lock);
  return flow;
}

static GstFlowReturn
render_flv (GstRtmpServerBaseSink *self, GstBuffer *buffer)
{
  GError *error = NULL;

  if (gst_rtmp_server_flv_input_push (self->flv, buffer, &error))
    return GST_FLOW_OK;
  GST_ELEMENT_ERROR (self, STREAM, DEMUX, ("The input is not FLV: %s", error->message), (NULL));
  g_error_free (error);
  return GST_FLOW_ERROR;
}

static GstFlowReturn
gst_rtmp_server_base_sink_render (GstBaseSink *sink, GstBuffer *buffer)
{
  GstRtmpServerBaseSink *self = GST_RTMP_SERVER_BASE_SINK (sink);
  RtmpMessage *message = gst_rtmp_server_message_buffer_peek (buffer);
  GstFlowReturn flow = wait_for_players (self);

  if (flow != GST_FLOW_OK)
    return flow;
  if (g_atomic_int_get (&self->keyframe_wanted))
    ask_for_keyframe (self);
  if (self->is_flv)
    return render_flv (self, buffer);
  if (message != NULL)
    publish (message, self);
  return GST_FLOW_OK;
}

/* caps and events */

static gboolean
gst_rtmp_server_base_sink_set_caps (GstBaseSink *sink, GstCaps *caps)
{
  GstRtmpServerBaseSink *self = GST_RTMP_SERVER_BASE_SINK (sink);
  const GstStructure *structure = gst_caps_get_structure (caps, 0);

  self->is_flv = gst_structure_has_name (structure, "video/x-flv");
  gst_rtmp_server_flv_input_set_headers (
      self->flv, gst_structure_get_value (structure, "streamheader"));
  return TRUE;
}

/* Only beside FLV, which brings its own onMetaData; the mux takes them itself. */
static void
on_custom (GstRtmpServerBaseSink *self, GstEvent *event)
{
  const GstStructure *structure = gst_event_get_structure (event);
  RtmpMessage *message;

  if (!self->is_flv || structure == NULL)
    return;
  message = rtmp_data_message_from_structure (structure, 0);
  if (message == NULL)
    return;
  gst_rtmp_server_flv_input_insert (self->flv, message);
  rtmp_message_unref (message);
}

static gboolean
gst_rtmp_server_base_sink_event (GstBaseSink *sink, GstEvent *event)
{
  GstRtmpServerBaseSink *self = GST_RTMP_SERVER_BASE_SINK (sink);

  switch (GST_EVENT_TYPE (event)) {
    case GST_EVENT_FLUSH_STOP:
      gst_rtmp_server_flv_input_flush (self->flv);
      break;
    case GST_EVENT_CUSTOM_DOWNSTREAM:
      on_custom (self, event);
      break;
    default:
      break;
  }
  return GST_BASE_SINK_CLASS (gst_rtmp_server_base_sink_parent_class)->event (sink, event);
}

static GstFlowReturn
gst_rtmp_server_base_sink_wait_event (GstBaseSink *sink, GstEvent *event)
{
  GstRtmpServerBaseSink *self = GST_RTMP_SERVER_BASE_SINK (sink);
  GstFlowReturn flow =
      GST_BASE_SINK_CLASS (gst_rtmp_server_base_sink_parent_class)->wait_event (sink, event);

  if (flow != GST_FLOW_OK || GST_EVENT_TYPE (event) != GST_EVENT_EOS)
    return flow;
  if (self->on)
    self->ended (self->user_data);
  self->on = FALSE;
  return flow;
}

/* unlock: flush, pause, stop */

static gboolean
set_unlocked (GstRtmpServerBaseSink *self, gboolean unlocked)
{
  g_mutex_lock (&self->lock);
  self->unlocked = unlocked;
  g_cond_broadcast (&self->changed);
  g_mutex_unlock (&self->lock);
  return TRUE;
}

static gboolean
gst_rtmp_server_base_sink_unlock (GstBaseSink *sink)
{
  return set_unlocked (GST_RTMP_SERVER_BASE_SINK (sink), TRUE);
}

static gboolean
gst_rtmp_server_base_sink_unlock_stop (GstBaseSink *sink)
{
  return set_unlocked (GST_RTMP_SERVER_BASE_SINK (sink), FALSE);
}

/* for the bin */

void
gst_rtmp_server_base_sink_set_stream (GstRtmpServerBaseSink *self, RtmpStream *stream,
    void (*began) (gpointer user_data), void (*ended) (gpointer user_data), gpointer user_data)
{
  g_clear_pointer (&self->stream, rtmp_stream_unref);
  self->stream = stream != NULL ? rtmp_stream_ref (stream) : NULL;
  self->began = began;
  self->ended = ended;
  self->user_data = user_data;
  self->on = FALSE;
  self->asked_us = 0;
  g_atomic_int_set (&self->keyframe_wanted, FALSE);
  gst_rtmp_server_flv_input_reset (self->flv);
}

void
gst_rtmp_server_base_sink_want_keyframe (GstRtmpServerBaseSink *self)
{
  g_atomic_int_set (&self->keyframe_wanted, TRUE);
}

void
gst_rtmp_server_base_sink_set_players (GstRtmpServerBaseSink *self, guint n_players)
{
  g_mutex_lock (&self->lock);
  self->n_players = n_players;
  g_cond_broadcast (&self->changed);
  g_mutex_unlock (&self->lock);
}

void
gst_rtmp_server_base_sink_set_wait (GstRtmpServerBaseSink *self, gboolean wait)
{
  g_mutex_lock (&self->lock);
  self->wait_for_connection = wait;
  g_cond_broadcast (&self->changed);
  g_mutex_unlock (&self->lock);
}

gboolean
gst_rtmp_server_base_sink_get_wait (GstRtmpServerBaseSink *self)
{
  gboolean wait;

  g_mutex_lock (&self->lock);
  wait = self->wait_for_connection;
  g_mutex_unlock (&self->lock);
  return wait;
}

/* object */

static void
gst_rtmp_server_base_sink_finalize (GObject *object)
{
  GstRtmpServerBaseSink *self = GST_RTMP_SERVER_BASE_SINK (object);

  g_clear_pointer (&self->stream, rtmp_stream_unref);
  gst_rtmp_server_flv_input_free (self->flv);
  g_mutex_clear (&self->lock);
  g_cond_clear (&self->changed);
  G_OBJECT_CLASS (gst_rtmp_server_base_sink_parent_class)->finalize (object);
}

static void
gst_rtmp_server_base_sink_class_init (GstRtmpServerBaseSinkClass *klass)
{
  GstElementClass *element_class = GST_ELEMENT_CLASS (klass);
  GstBaseSinkClass *sink_class = GST_BASE_SINK_CLASS (klass);

  GST_DEBUG_CATEGORY_INIT (
      gst_rtmp_server_base_sink_debug, "rtmpserverbasesink", 0, "RTMP server base sink");
  G_OBJECT_CLASS (klass)->finalize = gst_rtmp_server_base_sink_finalize;
  sink_class->render = gst_rtmp_server_base_sink_render;
  sink_class->set_caps = gst_rtmp_server_base_sink_set_caps;
  sink_class->event = gst_rtmp_server_base_sink_event;
  sink_class->wait_event = gst_rtmp_server_base_sink_wait_event;
  sink_class->unlock = gst_rtmp_server_base_sink_unlock;
  sink_class->unlock_stop = gst_rtmp_server_base_sink_unlock_stop;
  gst_element_class_add_static_pad_template (element_class, &sink_template);
  gst_element_class_set_static_metadata (element_class, "RTMP server base sink", "Sink/Network",
      "Publishes RTMP messages or FLV", "The gst-rtmp-server authors");
}

static void
gst_rtmp_server_base_sink_init (GstRtmpServerBaseSink *self)
{
  g_mutex_init (&self->lock);
  g_cond_init (&self->changed);
  self->flv = gst_rtmp_server_flv_input_new (publish, self);
  /* it would keep the last frame, and nobody can see it here */
  gst_base_sink_set_last_sample_enabled (GST_BASE_SINK (self), FALSE);
}
