/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sink-rig.h"
#include <gst/video/video.h>

#define TIMEOUT (20 * GST_SECOND)
#define LAUNCH_VIDEO                                                                           \
  "appsrc name=v format=time is-live=false caps=\"" SINK_RIG_VIDEO_CAPS "\" ! s.video "
#define LAUNCH_AUDIO                                                                           \
  "appsrc name=a format=time is-live=false caps=\"" SINK_RIG_AUDIO_CAPS "\" ! s.audio "

static GstPadProbeReturn
on_upstream_event (GstPad *pad, GstPadProbeInfo *info, gpointer user_data)
{
  SinkRig *rig = user_data;

  if (gst_video_event_is_force_key_unit (GST_PAD_PROBE_INFO_EVENT (info)))
    g_atomic_int_inc (&rig->n_asked);
  return GST_PAD_PROBE_OK;
}

SinkRig *
sink_rig_new_bare (const gchar *properties, gboolean audio)
{
  g_autofree gchar *launch = g_strdup_printf (
      "rtmpserversink name=s %s  %s %s", properties, LAUNCH_VIDEO, audio ? LAUNCH_AUDIO : "");
  g_autoptr (GError) error = NULL;
  SinkRig *rig = g_new0 (SinkRig, 1);
  GstPad *pad;

  rig->pipeline = gst_parse_launch (launch, &error);
  g_assert_no_error (error);
  rig->sink = gst_bin_get_by_name (GST_BIN (rig->pipeline), "s");
  rig->video = gst_bin_get_by_name (GST_BIN (rig->pipeline), "v");
  rig->audio = audio ? gst_bin_get_by_name (GST_BIN (rig->pipeline), "a") : NULL;
  pad = gst_element_get_static_pad (rig->video, "src");
  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_EVENT_UPSTREAM, on_upstream_event, rig, NULL);
  gst_object_unref (pad);
  return rig;
}

SinkRig *
sink_rig_new (const gchar *properties, gboolean audio)
{
  g_autofree gchar *all =
      g_strdup_printf ("host=127.0.0.1 port=0 stream=out sync=false %s", properties);

  return sink_rig_new_bare (all, audio);
}

void
sink_rig_free (SinkRig *rig)
{
  gst_element_set_state (rig->pipeline, GST_STATE_NULL);
  gst_object_unref (rig->sink);
  gst_object_unref (rig->video);
  gst_clear_object (&rig->audio);
  gst_object_unref (rig->pipeline);
  g_free (rig);
}

GstStateChangeReturn
sink_rig_set_state (SinkRig *rig, GstState state)
{
  GstStateChangeReturn result = gst_element_set_state (rig->pipeline, state);
  gint port;

  g_object_get (rig->sink, "current-port", &port, NULL);
  rig->port = (guint16)port;
  return result;
}

void
sink_rig_play (SinkRig *rig)
{
  g_assert_cmpint (sink_rig_set_state (rig, GST_STATE_PLAYING), !=, GST_STATE_CHANGE_FAILURE);
}

TestPlayer *
sink_rig_join (SinkRig *rig)
{
  return test_player_new (rig->port, "live", "out");
}

static void
push (GstElement *appsrc, GstBuffer *buffer, guint ms)
{
  GstFlowReturn flow;

  GST_BUFFER_PTS (buffer) = GST_BUFFER_DTS (buffer) = ms * GST_MSECOND;
  g_signal_emit_by_name (appsrc, "push-buffer", buffer, &flow);
  gst_buffer_unref (buffer);
}

void
sink_rig_push_video (SinkRig *rig, guint ms, guint8 number)
{
  const guint8 unit[6] = { 0, 0, 0, 2, number != 0 ? 0x41 : 0x65, number };
  GstBuffer *buffer = gst_buffer_new_memdup (unit, sizeof unit);

  if (number != 0)
    GST_BUFFER_FLAG_SET (buffer, GST_BUFFER_FLAG_DELTA_UNIT);
  push (rig->video, buffer, ms);
}

void
sink_rig_push_audio (SinkRig *rig, guint ms, guint8 number)
{
  const guint8 frame[2] = { 0x21, number };

  push (rig->audio, gst_buffer_new_memdup (frame, sizeof frame), ms);
}

void
sink_rig_push_gop (SinkRig *rig, guint ms, guint n)
{
  for (guint i = 0; i < n; i++)
    sink_rig_push_video (rig, ms + i * 40, (guint8)i);
}

void
sink_rig_end (SinkRig *rig)
{
  GstFlowReturn flow;

  g_signal_emit_by_name (rig->video, "end-of-stream", &flow);
  if (rig->audio != NULL)
    g_signal_emit_by_name (rig->audio, "end-of-stream", &flow);
}

GstMessage *
sink_rig_wait_message (SinkRig *rig, GstMessageType type)
{
  g_autoptr (GstBus) bus = gst_element_get_bus (rig->pipeline);
  GstMessage *message = gst_bus_timed_pop_filtered (bus, TIMEOUT, type | GST_MESSAGE_ERROR);

  g_assert_nonnull (message);
  if (GST_MESSAGE_TYPE (message) != type) {
    GError *error = NULL;

    gst_message_parse_error (message, &error, NULL);
    g_error ("unexpected: %s", error->message);
  }
  return message;
}

gchar *
sink_rig_wait_text (SinkRig *rig, GstMessageType type)
{
  GstMessage *message = sink_rig_wait_message (rig, type);
  GError *error = NULL;
  gchar *debug = NULL, *text;

  if (type == GST_MESSAGE_ERROR)
    gst_message_parse_error (message, &error, &debug);
  else
    gst_message_parse_warning (message, &error, &debug);
  text = g_strdup_printf ("%s %s", error->message, debug);
  g_error_free (error);
  g_free (debug);
  gst_message_unref (message);
  return text;
}

gchar *
sink_rig_wait_element (SinkRig *rig, const gchar *name, const gchar *field)
{
  while (TRUE) {
    g_autoptr (GstMessage) message = sink_rig_wait_message (rig, GST_MESSAGE_ELEMENT);
    const GstStructure *structure = gst_message_get_structure (message);

    if (gst_structure_has_name (structure, name))
      return gst_value_serialize (gst_structure_get_value (structure, field));
  }
}

void
sink_rig_assert_quiet (SinkRig *rig)
{
  g_autoptr (GstBus) bus = gst_element_get_bus (rig->pipeline);
  GstMessage *message = gst_bus_pop_filtered (bus, GST_MESSAGE_ERROR | GST_MESSAGE_WARNING);

  g_assert_null (message);
}
