/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The mux: caps, pads, ends, latency, metadata and other events.
 */
#include "mux-rig.h"
#include <gst/video/video.h>
#include "media/rtmp-metadata.h"

/* caps */

static void
test_caps_change (MuxRig *f, gconstpointer data)
{
  f->video = mux_rig_add_track (f, "video", AVC_CAPS ("1e"), FALSE);
  mux_rig_push_video (f, 0, 0, 0);
  gst_harness_set_src_caps_str (f->video, AVC_CAPS ("1e") ", colorimetry=(string)bt709");
  mux_rig_push_video (f, 40, 40, 1);
  gst_harness_set_src_caps_str (f->video, AVC_CAPS ("1f"));
  mux_rig_push_video (f, 80, 80, 0);
  gst_harness_set_src_caps_str (f->video, AVC_CAPS ("1f") ", pixel-aspect-ratio=4/3");
  mux_rig_push_video (f, 120, 120, 1);
  mux_rig_assert_out (f, "m0 vh0 v0+0#0! v40+0#1 vh80 v80+0#0! m0 v120+0#1");
}

static void
test_late_track (MuxRig *f, gconstpointer data)
{
  f->video = mux_rig_add_track (f, "video", AVC_CAPS ("1e"), FALSE);
  mux_rig_push_video (f, 0, 0, 0);
  mux_rig_assert_out (f, "m0 vh0 v0+0#0!");
  f->audio = mux_rig_add_track (f, "audio", AAC_CAPS, FALSE);
  mux_rig_push_video (f, 40, 40, 1);
  mux_rig_push_audio (f, 40, 2);
  mux_rig_push_audio (f, 63, 3);
  mux_rig_push_video (f, 80, 80, 4);
  mux_rig_assert_out (f, "m0 ah40 v40+0#1 a40#2 a63#3");
}

static void
test_missing_codec_data (MuxRig *f, gconstpointer data)
{
  g_autofree gchar *text = NULL;

  f->video =
      mux_rig_add_track (f, "video", "video/x-h264, stream-format=avc, alignment=au", FALSE);
  gst_harness_push (f->video, mux_rig_new_frame (TRUE, FALSE, 0));
  text = mux_rig_wait_error (f, GST_MESSAGE_ERROR);
  mux_rig_assert_contains (text, "codec_data");
}

/* Honest to those who ask, as rtmpserversrc does before it accepts a publisher. */
static void
test_accept_caps (MuxRig *f, gconstpointer data)
{
  static const struct
  {
    const gchar *caps;
    gboolean accepted;
  } cases[] = {
    { AVC_CAPS ("1e"), TRUE },
    { "video/x-h264, stream-format=byte-stream, alignment=au", FALSE },
    { "video/x-h264, stream-format=avc, alignment=nal", FALSE },
    { "video/x-vp8", FALSE },
    { AAC_CAPS, FALSE },
  };
  GstPad *pad;

  f->video = mux_rig_add_track (f, "video", NULL, FALSE);
  pad = gst_element_get_static_pad (f->mux, "video");
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    GstCaps *caps = gst_caps_from_string (cases[i].caps);

    g_assert_cmpint (gst_pad_query_accept_caps (pad, caps), ==, cases[i].accepted);
    gst_caps_unref (caps);
  }
  gst_object_unref (pad);
}

/* pads */

static void
test_pads (MuxRig *f, gconstpointer data)
{
  GstPad *pad = gst_element_request_pad_simple (f->mux, "video_0");

  g_assert_nonnull (pad);
  g_assert_null (gst_element_request_pad_simple (f->mux, "video"));
  g_assert_null (gst_element_request_pad_simple (f->mux, "video_1"));
  g_assert_null (gst_element_request_pad_simple (f->mux, "audio_256"));
  gst_element_release_request_pad (f->mux, pad);
  gst_object_unref (pad);
  pad = gst_element_request_pad_simple (f->mux, "video");
  g_assert_nonnull (pad);
  gst_element_release_request_pad (f->mux, pad);
  gst_object_unref (pad);
}

static void
test_eos (MuxRig *f, gconstpointer data)
{
  GstEvent *event;

  mux_rig_push_video (f, 0, 0, 0);
  mux_rig_push_audio (f, 0, 1);
  gst_harness_push_event (f->audio, gst_event_new_eos ());
  mux_rig_push_video (f, 40, 40, 2);
  mux_rig_push_video (f, 80, 80, 3);
  mux_rig_assert_out (f, "m0 vh0 ah0 v0+0#0! a0#1 v40+0#2 v80+0#3");
  gst_harness_push_event (f->video, gst_event_new_eos ());
  do {
    event = gst_harness_pull_event (f->out);
    g_assert_nonnull (event);
    gst_event_unref (event);
  } while (GST_EVENT_TYPE (event) != GST_EVENT_EOS);
}

static void
test_gap (MuxRig *f, gconstpointer data)
{
  mux_rig_push_video (f, 0, 0, 0);
  mux_rig_push_audio (f, 0, 1);
  gst_harness_push_event (f->audio, gst_event_new_gap (MS (23), MS (100)));
  mux_rig_push_video (f, 40, 40, 2);
  mux_rig_assert_out (f, "m0 vh0 ah0 v0+0#0! a0#1");
  gst_harness_push_event (f->audio, gst_event_new_gap (MS (123), MS (100)));
  mux_rig_assert_out (f, "v40+0#2");
}

/* A released pad is not waited for. */
static void
test_release (MuxRig *f, gconstpointer data)
{
  mux_rig_push_video (f, 0, 0, 0);
  mux_rig_push_audio (f, 0, 1);
  mux_rig_push_video (f, 40, 40, 2);
  mux_rig_assert_out (f, "m0 vh0 ah0 v0+0#0! a0#1");
  g_clear_pointer (&f->audio, gst_harness_teardown);
  mux_rig_push_video (f, 80, 80, 3);
  mux_rig_assert_out (f, "v40+0#2 v80+0#3");
}

/* Live: who has nothing is waited for only as long as the latency says. */
static void
test_live (MuxRig *f, gconstpointer data)
{
  GstTestClock *clock;

  gst_harness_use_testclock (f->out);
  clock = gst_harness_get_testclock (f->out);
  f->video = mux_rig_add_track (f, "video", AVC_CAPS ("1e"), TRUE);
  gst_harness_set_upstream_latency (f->video, MS (100));
  f->audio = mux_rig_add_track (f, "audio", AAC_CAPS, TRUE);
  gst_harness_set_upstream_latency (f->audio, MS (100));
  gst_element_set_clock (f->mux, GST_CLOCK (clock));
  mux_rig_push_video (f, 0, 0, 0);
  gst_test_clock_wait_for_next_pending_id (clock, NULL);
  g_assert_cmpuint (gst_harness_buffers_in_queue (f->out), ==, 0);
  g_assert_cmpuint (gst_test_clock_get_next_entry_time (clock), ==, MS (100));
  gst_test_clock_crank (clock);
  mux_rig_assert_out (f, "m0 vh0 ah0 v0+0#0!");
  gst_object_unref (clock);
}

/* what goes with the media */

static RtmpAmf *
pull_metadata (MuxRig *f)
{
  RtmpMessage *message = mux_rig_pull_message (f);
  RtmpCommand *command = rtmp_command_parse (message, rtmp_limits_default (), NULL);
  RtmpAmf *object;

  g_assert_true (message->flags & RTMP_MESSAGE_METADATA);
  g_assert_nonnull (command);
  g_assert_cmpstr (command->name, ==, "onMetaData");
  g_assert_cmpint (rtmp_command_get (command, 0)->type, ==, RTMP_AMF_ECMA_ARRAY);
  object = rtmp_amf_copy (rtmp_command_get (command, 0));
  rtmp_command_free (command);
  rtmp_message_unref (message);
  return object;
}

static void
test_metadata (MuxRig *f, gconstpointer data)
{
  g_autoptr (RtmpAmf) object = NULL;

  g_object_set (f->mux, "encoder", "test encoder", NULL);
  gst_harness_push_event (f->video,
      gst_event_new_tag (
          gst_tag_list_new (GST_TAG_NOMINAL_BITRATE, 2500000, GST_TAG_TITLE, "A title", NULL)));
  gst_harness_push_event (
      f->audio, gst_event_new_tag (gst_tag_list_new (GST_TAG_BITRATE, 128000, NULL)));
  mux_rig_push_video (f, 0, 0, 0);
  mux_rig_push_audio (f, 0, 1);
  object = pull_metadata (f);
  g_assert_cmpfloat (rtmp_amf_get_number (object, "duration", -1), ==, 0);
  g_assert_cmpfloat (rtmp_amf_get_number (object, "width", -1), ==, 320);
  g_assert_cmpfloat (rtmp_amf_get_number (object, "height", -1), ==, 240);
  g_assert_cmpfloat (rtmp_amf_get_number (object, "framerate", -1), ==, 25);
  g_assert_cmpfloat (rtmp_amf_get_number (object, "videocodecid", -1), ==, 7);
  g_assert_cmpfloat (rtmp_amf_get_number (object, "videodatarate", -1), ==, 2500);
  g_assert_cmpfloat (rtmp_amf_get_number (object, "audiocodecid", -1), ==, 10);
  g_assert_cmpfloat (rtmp_amf_get_number (object, "audiosamplerate", -1), ==, 44100);
  g_assert_cmpfloat (rtmp_amf_get_number (object, "audiochannels", -1), ==, 2);
  g_assert_cmpfloat (rtmp_amf_get_number (object, "audiodatarate", -1), ==, 128);
  g_assert_true (rtmp_amf_get_boolean (object, "stereo", FALSE));
  g_assert_cmpstr (rtmp_amf_get_string (object, "encoder"), ==, "test encoder");
  g_assert_cmpstr (rtmp_amf_get_string (object, "title"), ==, "A title");
  g_assert_nonnull (rtmp_amf_get_string (object, "metadatacreator"));
}

static void
test_tags_change (MuxRig *f, gconstpointer data)
{
  f->video = mux_rig_add_track (f, "video", AVC_CAPS ("1e"), FALSE);
  mux_rig_push_video (f, 0, 0, 0);
  gst_harness_push_event (
      f->video, gst_event_new_tag (gst_tag_list_new (GST_TAG_BITRATE, 1000, NULL)));
  mux_rig_push_video (f, 40, 40, 1);
  gst_harness_push_event (
      f->video, gst_event_new_tag (gst_tag_list_new (GST_TAG_TITLE, "Next", NULL)));
  mux_rig_push_video (f, 80, 80, 2);
  mux_rig_assert_out (f, "m0 vh0 v0+0#0! v40+0#1 m0 v80+0#2");
}

static GstEvent *
new_metadata_event (void)
{
  g_autoptr (RtmpAmf) object = rtmp_amf_new_object ();

  rtmp_amf_set_string (object, "encoder", "obs");
  rtmp_amf_set_string (object, "custom", "kept");
  rtmp_amf_set_number (object, "width", 1920);
  rtmp_amf_set_number (object, "videodatarate", 6000);
  return gst_event_new_custom (
      GST_EVENT_CUSTOM_DOWNSTREAM_STICKY, rtmp_metadata_to_structure (object));
}

/* Of a source in the same pipeline: what it says of tracks is not ours. */
static void
test_metadata_event (MuxRig *f, gconstpointer data)
{
  g_autoptr (RtmpAmf) object = NULL;

  f->video = mux_rig_add_track (f, "video", AVC_CAPS ("1e"), FALSE);
  gst_harness_push_event (f->video, new_metadata_event ());
  mux_rig_push_video (f, 0, 0, 0);
  object = pull_metadata (f);
  g_assert_cmpstr (rtmp_amf_get_string (object, "encoder"), ==, "obs");
  g_assert_cmpstr (rtmp_amf_get_string (object, "custom"), ==, "kept");
  g_assert_cmpfloat (rtmp_amf_get_number (object, "width", -1), ==, 320);
  g_assert_null (rtmp_amf_get (object, "videodatarate"));
  gst_harness_push_event (f->video, new_metadata_event ());
  mux_rig_push_video (f, 40, 40, 1);
  mux_rig_assert_out (f, "vh0 v0+0#0! v40+0#1");
}

static void
test_data_event (MuxRig *f, gconstpointer data)
{
  g_autoptr (RtmpCommand) command = NULL;
  RtmpMessage *message =
      rtmp_data_new (1, 0, "onTextData", rtmp_amf_new_string ("hello"), NULL);

  command = rtmp_command_parse (message, rtmp_limits_default (), NULL);
  f->video = mux_rig_add_track (f, "video", AVC_CAPS ("1e"), FALSE);
  mux_rig_push_video (f, 0, 0, 0);
  gst_harness_push_event (f->video, gst_event_new_custom (GST_EVENT_CUSTOM_DOWNSTREAM,
                                        rtmp_data_to_structure (command, MS (40))));
  gst_harness_push_event (f->video, gst_event_new_custom (GST_EVENT_CUSTOM_DOWNSTREAM,
                                        gst_structure_new_empty ("SomethingElse")));
  mux_rig_push_video (f, 40, 40, 1);
  mux_rig_assert_out (f, "m0 vh0 v0+0#0! d40 v40+0#1");
  rtmp_message_unref (message);
}

/* One message has a 24-bit length. */
static void
test_too_long (MuxRig *f, gconstpointer data)
{
  g_autofree gchar *text = NULL;

  f->video = mux_rig_add_track (f, "video", AVC_CAPS ("1e"), FALSE);
  mux_rig_push_video (f, 0, 0, 0);
  mux_rig_push (
      f->video, gst_buffer_new_allocate (NULL, 0xffffff - 5 + 1, NULL), MS (40), MS (40));
  mux_rig_push_video (f, 80, 80, 1);
  mux_rig_assert_out (f, "m0 vh0 v0+0#0! v80+0#1");
  text = mux_rig_wait_error (f, GST_MESSAGE_WARNING);
  mux_rig_assert_contains (text, "longer than RTMP can carry");
}

static void
test_keyframe_request (MuxRig *f, gconstpointer data)
{
  GstEvent *event;
  gboolean asked = FALSE;

  mux_rig_push_video (f, 0, 0, 0);
  mux_rig_push_audio (f, 0, 1);
  gst_harness_push_upstream_event (
      f->out, gst_video_event_new_upstream_force_key_unit (GST_CLOCK_TIME_NONE, TRUE, 1));
  while ((event = gst_harness_try_pull_upstream_event (f->video)) != NULL) {
    asked = asked || gst_video_event_is_force_key_unit (event);
    gst_event_unref (event);
  }
  g_assert_true (asked);
}

/* A second run begins at zero with headers. */
static void
test_restart (MuxRig *f, gconstpointer data)
{
  f->video = mux_rig_add_track (f, "video", AVC_CAPS ("1e"), FALSE);
  mux_rig_push_video (f, 7000, 7000, 0);
  mux_rig_assert_out (f, "m0 vh7000 v7000+0#0!");
  gst_element_set_state (f->mux, GST_STATE_READY);
  gst_element_set_state (f->mux, GST_STATE_PLAYING);
  gst_harness_teardown (f->video);
  f->video = mux_rig_add_track (f, "video", AVC_CAPS ("1e"), FALSE);
  mux_rig_push_video (f, 40, 40, 0);
  mux_rig_assert_out (f, "m0 vh40 v40+0#0!");
}

#define TEST(name, func)                                                                       \
  g_test_add ("/mux/" name, MuxRig, NULL, mux_rig_set_up, func, mux_rig_tear_down)
#define TEST_EMPTY(name, func)                                                                 \
  g_test_add ("/mux/" name, MuxRig, NULL, mux_rig_set_up_empty, func, mux_rig_tear_down)

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  TEST_EMPTY ("caps-change", test_caps_change);
  TEST_EMPTY ("late-track", test_late_track);
  TEST_EMPTY ("missing-codec-data", test_missing_codec_data);
  TEST_EMPTY ("accept-caps", test_accept_caps);
  TEST_EMPTY ("pads", test_pads);
  TEST ("eos", test_eos);
  TEST ("gap", test_gap);
  TEST ("release", test_release);
  TEST_EMPTY ("live", test_live);
  TEST ("metadata", test_metadata);
  TEST_EMPTY ("tags-change", test_tags_change);
  TEST_EMPTY ("metadata-event", test_metadata_event);
  TEST_EMPTY ("data-event", test_data_event);
  TEST_EMPTY ("too-long", test_too_long);
  TEST ("keyframe-request", test_keyframe_request);
  TEST_EMPTY ("restart", test_restart);
  return g_test_run ();
}
