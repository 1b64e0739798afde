/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The mux: order of its tracks, and times on the wire.
 */
#include "mux-rig.h"

/* order and start */

static void
test_order (MuxRig *f, gconstpointer data)
{
  mux_rig_push_video (f, 0, 0, 0);
  mux_rig_push_audio (f, 0, 1);
  mux_rig_push_video (f, 40, 40, 2);
  mux_rig_push_audio (f, 23, 3);
  mux_rig_push_audio (f, 46, 4);
  mux_rig_push_video (f, 80, 80, 5);
  mux_rig_push_audio (f, 70, 6);
  mux_rig_assert_out (f, "m0 vh0 ah0 v0+0#0! a0#1 a23#3 v40+0#2 a46#4 a70#6");
  mux_rig_assert_no_error (f);
}

static void
test_video_alone (MuxRig *f, gconstpointer data)
{
  f->video = mux_rig_add_track (f, "video", AVC_CAPS ("1e"), FALSE);
  mux_rig_push_video (f, 0, 0, 0);
  mux_rig_push_video (f, 40, 40, 1);
  mux_rig_assert_out (f, "m0 vh0 v0+0#0! v40+0#1");
}

static void
test_codec_without_header (MuxRig *f, gconstpointer data)
{
  f->audio = mux_rig_add_track (f, "audio", MP3_CAPS, FALSE);
  mux_rig_push_audio (f, 0, 0);
  mux_rig_push_audio (f, 26, 1);
  mux_rig_assert_out (f, "m0 a0#0 a26#1");
}

/* What the encoder made is what is sent. */
static void
test_no_copy (MuxRig *f, gconstpointer data)
{
  GstBuffer *buffer = mux_rig_new_frame (TRUE, FALSE, 0);
  RtmpMessage *message;
  RtmpSlice slices[2];
  GstMapInfo map;

  f->video = mux_rig_add_track (f, "video", AVC_CAPS ("1e"), FALSE);
  gst_buffer_map (buffer, &map, GST_MAP_READ);
  gst_buffer_ref (buffer);
  mux_rig_push (f->video, buffer, 0, 0);
  mux_rig_assert_out (f, "m0 vh0");
  message = mux_rig_pull_message (f);
  g_assert_cmpuint (rtmp_message_get_body (message, slices), ==, 2);
  g_assert_true (slices[1].data == map.data);
  g_assert_cmpuint (slices[1].size, ==, map.size);
  g_assert_cmpuint (slices[0].size, ==, 5);
  gst_buffer_unmap (buffer, &map);
  rtmp_message_unref (message);
  gst_buffer_unref (buffer);
}

/* But a pool gets its buffers back at once: it may have only a few. */
static void
test_pool (MuxRig *f, gconstpointer data)
{
  GstBufferPool *pool = gst_buffer_pool_new ();
  GstStructure *config = gst_buffer_pool_get_config (pool);
  RtmpMessage *message;
  GstBuffer *buffer;

  f->video = mux_rig_add_track (f, "video", AVC_CAPS ("1e"), FALSE);
  gst_buffer_pool_config_set_params (config, NULL, 6, 1, 1);
  gst_buffer_pool_set_config (pool, config);
  gst_buffer_pool_set_active (pool, TRUE);
  gst_buffer_pool_acquire_buffer (pool, &buffer, NULL);
  gst_buffer_fill (buffer, 0, "\0\0\0\2\x65\7", 6);
  mux_rig_push (f->video, buffer, 0, 0);
  mux_rig_assert_out (f, "m0 vh0");
  message = mux_rig_pull_message (f);
  g_assert_cmpuint (words_last_byte (message), ==, 7);
  /* would block if the message had it */
  g_assert_cmpint (gst_buffer_pool_acquire_buffer (pool, &buffer, NULL), ==, GST_FLOW_OK);
  gst_buffer_unref (buffer);
  rtmp_message_unref (message);
  gst_buffer_pool_set_active (pool, FALSE);
  gst_object_unref (pool);
}

/* One thread that has a second of video first, then a second of audio: a file. */
static void
test_coarse_interleave (MuxRig *f, gconstpointer data)
{
  gint audio = 0;

  for (gint second = 0; second < 3; second++) {
    for (gint i = 0; i < 25; i++)
      mux_rig_push_video (f, second * 1000 + i * 40, second * 1000 + i * 40, i != 0);
    for (; audio * 20 < (second + 1) * 1000; audio++)
      mux_rig_push_audio (f, audio * 20, 1);
  }
  mux_rig_assert_out (f, "m0 vh0 ah0 v0+0#0! a0#1 a20#1 v40+0#1 a40#1 a60#1");
}

/* times */

static void
test_reordered (MuxRig *f, gconstpointer data)
{
  f->video = mux_rig_add_track (f, "video", AVC_CAPS ("1e"), FALSE);
  mux_rig_push_video (f, 0, 80, 0);
  mux_rig_push_video (f, 40, 200, 1);
  mux_rig_push_video (f, 80, 120, 2);
  mux_rig_push_video (f, 120, 100, 3);
  mux_rig_assert_out (f, "m0 vh0 v0+80#0! v40+160#1 v80+40#2 v120-20#3");
}

/* x264enc: the first DTS is before the segment's start. Shifted, for all tracks. */
static void
test_negative_dts (MuxRig *f, gconstpointer data)
{
  GstSegment segment;
  const gint start = 3600 * 1000;

  gst_segment_init (&segment, GST_FORMAT_TIME);
  segment.start = segment.time = MS (start);
  gst_harness_push_event (f->video, gst_event_new_segment (&segment));
  mux_rig_push_video (f, start - 80, start, 0);
  mux_rig_push_audio (f, 0, 1);
  mux_rig_push_video (f, start - 40, start + 120, 2);
  mux_rig_push_audio (f, 23, 3);
  mux_rig_push_video (f, start, start + 40, 4);
  mux_rig_push_video (f, start + 40, start + 80, 5);
  mux_rig_push_audio (f, 46, 6);
  mux_rig_assert_out (f, "m0 vh0 ah0 v0+80#0! v40+160#2 v80+40#4 a80#1 a103#3 v120+40#5");
}

/* Rounded from absolutes: no error adds up in an hour of 29.97 fps. */
static void
test_rounding (MuxRig *f, gconstpointer data)
{
  f->video = mux_rig_add_track (f, "video", AVC_CAPS ("1e"), FALSE);
  for (guint i = 0; i < 2000; i++) {
    guint64 n = i * 54;
    GstClockTime dts = gst_util_uint64_scale (n, 1001 * GST_SECOND, 30000);
    GstClockTime pts = gst_util_uint64_scale (n + 2, 1001 * GST_SECOND, 30000);
    gint32 composition;
    RtmpMessage *message;
    guint8 prefix[5];

    mux_rig_push (f->video, mux_rig_new_frame (TRUE, i > 0, 1), dts, pts);
    if (i == 0)
      mux_rig_assert_out (f, "m0 vh0");
    message = mux_rig_pull_message (f);
    rtmp_message_copy_out (message, 0, prefix, 5);
    composition = rtmp_get_s24 (prefix + 2);
    g_assert_cmpint (
        ABS ((gint64)message->timestamp * 1000000 - (gint64)dts), <=, GST_MSECOND / 2);
    g_assert_cmpint (ABS (((gint64)message->timestamp + composition) * 1000000 - (gint64)pts),
        <=, GST_MSECOND / 2);
    rtmp_message_unref (message);
  }
}

static void
test_pts_only (MuxRig *f, gconstpointer data)
{
  f->video = mux_rig_add_track (f, "video", AVC_CAPS ("1e"), FALSE);
  mux_rig_push (f->video, mux_rig_new_frame (TRUE, FALSE, 0), GST_CLOCK_TIME_NONE, 0);
  mux_rig_push (f->video, mux_rig_new_frame (TRUE, TRUE, 1), GST_CLOCK_TIME_NONE, MS (40));
  mux_rig_push (f->video, mux_rig_new_frame (TRUE, TRUE, 2), GST_CLOCK_TIME_NONE, MS (40));
  mux_rig_assert_out (f, "m0 vh0 v0+0#0! v40+0#1 v40+0#2");
  mux_rig_assert_no_error (f);
}

static void
test_pts_goes_back (MuxRig *f, gconstpointer data)
{
  g_autofree gchar *text = NULL;

  f->video = mux_rig_add_track (f, "video", AVC_CAPS ("1e"), FALSE);
  mux_rig_push (f->video, mux_rig_new_frame (TRUE, FALSE, 0), GST_CLOCK_TIME_NONE, 0);
  mux_rig_push (f->video, mux_rig_new_frame (TRUE, TRUE, 1), GST_CLOCK_TIME_NONE, MS (120));
  mux_rig_push (f->video, mux_rig_new_frame (TRUE, TRUE, 2), GST_CLOCK_TIME_NONE, MS (40));
  text = mux_rig_wait_error (f, GST_MESSAGE_ERROR);
  mux_rig_assert_contains (text, "h264timestamper");
  mux_rig_assert_contains (text, "DTS");
  mux_rig_assert_contains (text, "pad video");
}

static void
test_no_times (MuxRig *f, gconstpointer data)
{
  GstBuffer *buffer = mux_rig_new_frame (FALSE, FALSE, 0);
  g_autofree gchar *text = NULL;

  f->audio = mux_rig_add_track (f, "audio", MP3_CAPS, FALSE);
  GST_BUFFER_DURATION (buffer) = MS (26);
  mux_rig_push (f->audio, buffer, GST_CLOCK_TIME_NONE, GST_CLOCK_TIME_NONE);
  mux_rig_push (
      f->audio, mux_rig_new_frame (FALSE, FALSE, 1), GST_CLOCK_TIME_NONE, GST_CLOCK_TIME_NONE);
  mux_rig_assert_out (f, "m0 a0#0 a26#1");
  mux_rig_push (
      f->audio, mux_rig_new_frame (FALSE, FALSE, 2), GST_CLOCK_TIME_NONE, GST_CLOCK_TIME_NONE);
  text = mux_rig_wait_error (f, GST_MESSAGE_ERROR);
  mux_rig_assert_contains (text, "mpegaudioparse");
}

/* As one seek makes it: the same seqnum on all pads. */
static void
push_flush (MuxRig *f)
{
  GstEvent *start = gst_event_new_flush_start ();
  GstEvent *stop = gst_event_new_flush_stop (TRUE);
  GstSegment segment;

  gst_segment_init (&segment, GST_FORMAT_TIME);
  gst_event_set_seqnum (stop, gst_event_get_seqnum (start));
  gst_harness_push_event (f->video, gst_event_ref (start));
  gst_harness_push_event (f->audio, start);
  gst_harness_push_event (f->video, gst_event_ref (stop));
  gst_harness_push_event (f->audio, stop);
  gst_harness_push_event (f->video, gst_event_new_segment (&segment));
  gst_harness_push_event (f->audio, gst_event_new_segment (&segment));
}

static void
drop_output (MuxRig *f)
{
  GstBuffer *buffer;

  while ((buffer = gst_harness_try_pull (f->out)) != NULL)
    gst_buffer_unref (buffer);
}

static void
test_flush (MuxRig *f, gconstpointer data)
{
  GstEvent *event;

  mux_rig_push_video (f, 200, 240, 0);
  mux_rig_push_audio (f, 200, 1);
  mux_rig_push_video (f, 240, 280, 2);
  mux_rig_assert_out (f, "m0 vh200 ah200 v200+40#0! a200#1");
  push_flush (f);
  drop_output (f);
  mux_rig_push_video (f, 0, 40, 0);
  mux_rig_push_audio (f, 0, 1);
  mux_rig_push_video (f, 40, 80, 2);
  mux_rig_push_audio (f, 23, 3);
  mux_rig_assert_out (f, "m0 vh201 ah201 v201+40#0! a201#1 a224#3");
  /* time of the base sink starts again too */
  while ((event = gst_harness_try_pull_event (f->out)) != NULL) {
    if (GST_EVENT_TYPE (event) == GST_EVENT_SEGMENT) {
      const GstSegment *segment;

      gst_event_parse_segment (event, &segment);
      g_assert_cmpuint (segment->start, ==, 0);
    }
    gst_event_unref (event);
  }
}

/* A file that is looped without a base in its segments. */
static void
test_segment_starts_again (MuxRig *f, gconstpointer data)
{
  GstSegment segment;

  gst_segment_init (&segment, GST_FORMAT_TIME);
  mux_rig_push_video (f, 8000, 8000, 0);
  mux_rig_push_audio (f, 8010, 1);
  mux_rig_push_video (f, 8040, 8040, 2);
  mux_rig_assert_out (f, "m0 vh8000 ah8000 v8000+0#0! a8010#1");
  gst_harness_push_event (f->audio, gst_event_new_segment (&segment));
  mux_rig_push_audio (f, 20, 3);
  gst_harness_push_event (f->video, gst_event_new_segment (&segment));
  mux_rig_push_video (f, 0, 40, 0);
  mux_rig_push_audio (f, 43, 4);
  mux_rig_assert_out (f, "a8011#3 a8034#4");
  mux_rig_push_audio (f, 66, 5);
  mux_rig_push_video (f, 40, 80, 6);
  /* 20 is 8011 in the new round, so 40 is 8031 */
  mux_rig_assert_out (f, "v8040+0#2 v8040-9#0! v8040+31#6");
}

/* A segment with a base goes on as running time does. */
static void
test_segment_with_base (MuxRig *f, gconstpointer data)
{
  GstSegment segment;

  f->video = mux_rig_add_track (f, "video", AVC_CAPS ("1e"), FALSE);
  mux_rig_push_video (f, 0, 0, 0);
  mux_rig_push_video (f, 40, 40, 1);
  gst_segment_init (&segment, GST_FORMAT_TIME);
  segment.start = MS (5000);
  segment.base = MS (80);
  gst_harness_push_event (f->video, gst_event_new_segment (&segment));
  mux_rig_push_video (f, 5000, 5000, 0);
  mux_rig_assert_out (f, "m0 vh0 v0+0#0! v40+0#1 v80+0#0!");
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
  TEST ("order", test_order);
  TEST_EMPTY ("video-alone", test_video_alone);
  TEST_EMPTY ("codec-without-header", test_codec_without_header);
  TEST_EMPTY ("no-copy", test_no_copy);
  TEST_EMPTY ("pool", test_pool);
  TEST ("coarse-interleave", test_coarse_interleave);
  TEST_EMPTY ("reordered", test_reordered);
  TEST ("negative-dts", test_negative_dts);
  TEST_EMPTY ("rounding", test_rounding);
  TEST_EMPTY ("pts-only", test_pts_only);
  TEST_EMPTY ("pts-goes-back", test_pts_goes_back);
  TEST_EMPTY ("no-times", test_no_times);
  TEST ("flush", test_flush);
  TEST ("segment-starts-again", test_segment_starts_again);
  TEST_EMPTY ("segment-with-base", test_segment_with_base);
  return g_test_run ();
}
