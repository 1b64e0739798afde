/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "mux-rig.h"
#include "elements/gstrtmpservermessagebuffer.h"

GstHarness *
mux_rig_add_track (MuxRig *f, const gchar *pad, const gchar *caps, gboolean live)
{
  GstHarness *h = gst_harness_new_with_element (f->mux, pad, NULL);

  gst_harness_set_live (h, live);
  if (caps != NULL)
    gst_harness_set_src_caps_str (h, caps);
  return h;
}

void
mux_rig_set_up_empty (MuxRig *f, gconstpointer data)
{
  f->mux = g_object_new (GST_TYPE_RTMP_SERVER_MUX, "name", "mux", NULL);
  gst_object_ref_sink (f->mux);
  f->bus = gst_bus_new ();
  gst_element_set_bus (f->mux, f->bus);
  f->out = gst_harness_new_with_element (f->mux, NULL, "src");
}

void
mux_rig_set_up (MuxRig *f, gconstpointer data)
{
  mux_rig_set_up_empty (f, data);
  f->video = mux_rig_add_track (f, "video", AVC_CAPS ("1e"), FALSE);
  f->audio = mux_rig_add_track (f, "audio", AAC_CAPS, FALSE);
}

void
mux_rig_tear_down (MuxRig *f, gconstpointer data)
{
  g_clear_pointer (&f->video, gst_harness_teardown);
  g_clear_pointer (&f->audio, gst_harness_teardown);
  gst_harness_teardown (f->out);
  gst_bus_set_flushing (f->bus, TRUE);
  gst_object_unref (f->bus);
  g_assert_cmpint (GST_OBJECT_REFCOUNT (f->mux), ==, 1);
  gst_object_unref (f->mux);
}

/* input: one NAL unit, or one AAC frame, that ends with @number */

GstBuffer *
mux_rig_new_frame (gboolean video, gboolean delta, guint8 number)
{
  const guint8 unit[6] = { 0, 0, 0, 2, delta ? 0x41 : 0x65, number };
  const guint8 frame[2] = { 0x21, number };
  GstBuffer *buffer =
      video ? gst_buffer_new_memdup (unit, 6) : gst_buffer_new_memdup (frame, 2);

  if (delta)
    GST_BUFFER_FLAG_SET (buffer, GST_BUFFER_FLAG_DELTA_UNIT);
  return buffer;
}

void
mux_rig_push (GstHarness *h, GstBuffer *buffer, GstClockTime dts, GstClockTime pts)
{
  GST_BUFFER_DTS (buffer) = dts;
  GST_BUFFER_PTS (buffer) = pts;
  g_assert_cmpint (gst_harness_push (h, buffer), ==, GST_FLOW_OK);
}

void
mux_rig_push_video (MuxRig *f, gint dts_ms, gint pts_ms, guint8 number)
{
  mux_rig_push (
      f->video, mux_rig_new_frame (TRUE, number != 0, number), MS (dts_ms), MS (pts_ms));
}

void
mux_rig_push_audio (MuxRig *f, gint ms, guint8 number)
{
  mux_rig_push (
      f->audio, mux_rig_new_frame (FALSE, FALSE, number), GST_CLOCK_TIME_NONE, MS (ms));
}

/* output */

RtmpMessage *
mux_rig_pull_message (MuxRig *f)
{
  GstBuffer *buffer = gst_harness_pull (f->out);
  RtmpMessage *message;

  g_assert_nonnull (buffer);
  message = rtmp_message_ref (gst_rtmp_server_message_buffer_peek (buffer));
  gst_buffer_unref (buffer);
  return message;
}

void
mux_rig_assert_out (MuxRig *f, const gchar *expected)
{
  g_auto (GStrv) words = g_strsplit (expected, " ", -1);
  GString *log = g_string_new (NULL);

  for (guint i = 0; words[i] != NULL; i++) {
    RtmpMessage *message = mux_rig_pull_message (f);

    words_add (log, message);
    rtmp_message_unref (message);
  }
  g_assert_cmpstr (log->str, ==, expected);
  g_string_free (log, TRUE);
}

void
mux_rig_assert_no_error (MuxRig *f)
{
  GstMessage *message = gst_bus_pop_filtered (f->bus, GST_MESSAGE_ERROR | GST_MESSAGE_WARNING);

  g_assert_null (message);
}

gchar *
mux_rig_wait_error (MuxRig *f, GstMessageType type)
{
  GstMessage *message = gst_bus_timed_pop_filtered (f->bus, 10 * GST_SECOND, type);
  GError *error = NULL;
  gchar *debug = NULL, *text;

  g_assert_nonnull (message);
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

void
mux_rig_assert_contains (const gchar *text, const gchar *part)
{
  if (strstr (text, part) == NULL)
    g_error ("\"%s\" is not in \"%s\"", part, text);
}
