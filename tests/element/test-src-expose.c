/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Pads of rtmpserversrc: when they appear, in which order, with what.
 */
#include "rig.h"

#define BRANCHES "s.video ! fakesink async=false  s.audio ! fakesink async=false"

static void
test_order (void)
{
  g_autoptr (Rig) rig = rig_new ("", BRANCHES);
  g_autoptr (TestPublisher) publisher = NULL;
  g_autofree gchar *video = NULL;
  g_autofree gchar *audio = NULL;

  rig_play (rig);
  publisher = rig_publish (rig, "in");
  g_assert_cmpint (publisher->msid, >, 0);
  test_publisher_send_both (publisher, 0, 1);
  rig_wait (rig, "video buffer 24", 1);
  rig_wait (rig, "audio buffer 49", 1);

  g_assert_cmpint (rig_find (rig, "no-more-pads"), >, rig_find (rig, "video pad"));
  g_assert_cmpint (rig_find (rig, "no-more-pads"), >, rig_find (rig, "audio pad"));
  g_assert_cmpint (rig_find (rig, "no-more-pads"), <, rig_find (rig, "video buffer"));
  g_assert_cmpint (rig_find (rig, "no-more-pads"), <, rig_find (rig, "audio buffer"));
  video = rig_get_events (rig, "video");
  audio = rig_get_events (rig, "audio");
  g_assert_cmpstr (video, ==, "stream-start, caps 176x144, segment, metadata test");
  g_assert_cmpstr (audio, ==, "stream-start, caps audio/mpeg, segment, metadata test");
  g_assert_cmpint (rig_find (rig, "video tag"), <, rig_find (rig, "video buffer 0"));
  g_assert_cmpint (rig_find (rig, "video buffer 0 discont"), >=, 0);
  g_assert_cmpint (rig_find (rig, "video buffer 1 delta"), >=, 0);
}

static void
check_group (GstElement *src, GstPad *pad, gpointer user_data)
{
  g_autoptr (GstEvent) start = gst_pad_get_sticky_event (pad, GST_EVENT_STREAM_START, 0);
  g_autoptr (GstEvent) segment = gst_pad_get_sticky_event (pad, GST_EVENT_SEGMENT, 0);
  g_autoptr (GstCaps) caps = gst_pad_get_current_caps (pad);
  GHashTable *groups = user_data;
  guint group = 0;

  g_assert_nonnull (start);
  g_assert_nonnull (segment);
  g_assert_nonnull (caps);
  g_assert_true (gst_pad_is_active (pad));
  g_assert_true (gst_event_parse_group_id (start, &group));
  g_hash_table_add (groups, GUINT_TO_POINTER (group));
}

/* When an application sees a pad everything sticky is there. */
static void
test_sticky_at_pad_added (void)
{
  g_autoptr (Rig) rig = rig_new ("", BRANCHES);
  g_autoptr (GHashTable) groups = g_hash_table_new (NULL, NULL);
  g_autoptr (TestPublisher) publisher = NULL;

  g_signal_connect (rig->src, "pad-added", G_CALLBACK (check_group), groups);
  rig_play (rig);
  publisher = rig_publish (rig, "in");
  test_publisher_send_both (publisher, 0, 1);
  rig_wait (rig, "video buffer", 1);
  rig_wait (rig, "audio buffer", 1);
  g_assert_cmpint (g_hash_table_size (groups), ==, 1);
}

static void
test_times (void)
{
  static const gint compositions[] = { 80, -33, 0, 160 };
  g_autoptr (Rig) rig = rig_new ("", BRANCHES);
  g_autoptr (TestPublisher) publisher = NULL;
  g_autoptr (GArray) video = NULL;
  g_autoptr (GArray) audio = NULL;
  GstClockTime base;
  guint i;

  rig_play (rig);
  publisher = rig_publish (rig, "in");
  test_publisher_send_video_header (publisher, FALSE);
  test_publisher_send_audio_header (publisher);
  for (i = 0; i < 100; i++) {
    test_publisher_send_video (
        publisher, 1000000 + i * 40, i % 25 == 0, compositions[(i + 1) % 4], i);
    test_publisher_send_audio (publisher, 1000010 + i * 40, i);
  }
  rig_wait (rig, "video buffer 99", 1);
  rig_wait (rig, "audio buffer 99", 1);
  video = rig_get_buffers (rig, TRUE);
  audio = rig_get_buffers (rig, FALSE);
  base = g_array_index (video, RigBuffer, 0).dts;
  for (i = 0; i < 100; i++) {
    RigBuffer *v = &g_array_index (video, RigBuffer, i);
    RigBuffer *a = &g_array_index (audio, RigBuffer, i);

    g_assert_cmpuint (v->number, ==, i);
    g_assert_cmpuint (v->dts - base, ==, i * 40 * GST_MSECOND);
    g_assert_cmpint (
        (gint64)(v->pts - v->dts), ==, compositions[(i + 1) % 4] * (gint64)GST_MSECOND);
    g_assert_cmpuint (a->number, ==, i);
    g_assert_cmpuint (a->dts - base, ==, (i * 40 + 10) * GST_MSECOND);
  }
}

/* One medium, nothing announced: after the threshold, by the wire's clock. */
static void
test_threshold (void)
{
  g_autoptr (Rig) rig = rig_new ("no-more-pads-threshold=500000000", BRANCHES);
  g_autoptr (TestPublisher) publisher = NULL;
  guint i;

  rig_play (rig);
  publisher = rig_publish (rig, "in");
  test_publisher_send_video_header (publisher, FALSE);
  for (i = 0; i < 20; i++)
    test_publisher_send_video (publisher, i * 40, i == 0, 0, i);
  rig_wait (rig, "video buffer 19", 1);
  g_assert_cmpint (rig_count (rig, "audio pad"), ==, 0);
  g_assert_cmpint (rig_count (rig, "no-more-pads"), ==, 1);

  /* a late track still gets its pad */
  test_publisher_send_audio_header (publisher);
  test_publisher_send_audio (publisher, 800, 7);
  rig_wait (rig, "audio buffer 7", 1);
  g_assert_cmpint (rig_count (rig, "no-more-pads"), ==, 1);
}

static void
test_announced (void)
{
  g_autoptr (Rig) rig = rig_new ("no-more-pads-threshold=3600000000000", BRANCHES);
  g_autoptr (TestPublisher) publisher = NULL;

  rig_play (rig);
  publisher = rig_publish (rig, "in");
  test_publisher_send_metadata (publisher, TRUE, FALSE, "x");
  test_publisher_send_video_header (publisher, FALSE);
  test_publisher_send_video (publisher, 0, TRUE, 0, 0);
  rig_wait (rig, "video buffer 0", 1);
}

/* A queue that is full before all tracks came shows what is there. */
static void
test_full_before_complete (void)
{
  g_autoptr (Rig) rig =
      rig_new ("no-more-pads-threshold=3600000000000 max-time=400000000", BRANCHES);
  g_autoptr (TestPublisher) publisher = NULL;
  guint i;

  rig_play (rig);
  publisher = rig_publish (rig, "in");
  test_publisher_send_video_header (publisher, FALSE);
  for (i = 0; i < 30; i++)
    test_publisher_send_video (publisher, i * 40, i == 0, 0, i);
  rig_wait (rig, "video buffer 29", 1);
}

static void
test_header_changes (void)
{
  g_autoptr (Rig) rig = rig_new ("", BRANCHES);
  g_autoptr (TestPublisher) publisher = NULL;
  g_autofree gchar *events = NULL;

  rig_play (rig);
  publisher = rig_publish (rig, "in");
  test_publisher_send_both (publisher, 0, 1);
  test_publisher_send_video_header (publisher, FALSE);
  test_publisher_send_video (publisher, 1000, TRUE, 0, 100);
  test_publisher_send_video_header (publisher, TRUE);
  test_publisher_send_video (publisher, 1040, TRUE, 0, 101);
  rig_wait (rig, "video buffer 101", 1);
  events = rig_get_events (rig, "video");
  g_assert_cmpstr (
      events, ==, "stream-start, caps 176x144, segment, metadata test, caps 320x240");
  g_assert_cmpint (rig_find (rig, "video caps 320x240"), >, rig_find (rig, "video buffer 100"));
}

static void
test_data_messages (void)
{
  g_autoptr (Rig) rig = rig_new ("", BRANCHES);
  g_autoptr (TestPublisher) publisher = NULL;

  rig_play (rig);
  publisher = rig_publish (rig, "in");
  test_publisher_send_both (publisher, 0, 1);
  test_publisher_send_text (publisher, 1000, "hello");
  test_publisher_send_metadata (publisher, TRUE, TRUE, "changed");
  test_publisher_send_video (publisher, 1040, FALSE, 0, 100);
  rig_wait (rig, "video buffer 100", 1);
  g_assert_cmpint (
      rig_count (rig, "video data onTextData") + rig_count (rig, "audio data onTextData"), ==,
      1);
  rig_wait (rig, "audio metadata changed", 1);
  g_assert_cmpint (rig_count (rig, "video metadata changed"), ==, 1);
}

static void
test_unknown_codec (void)
{
  g_autoptr (Rig) rig = rig_new ("", BRANCHES);
  g_autoptr (TestPublisher) publisher = NULL;

  rig_play (rig);
  publisher = rig_publish (rig, "in");
  test_publisher_send_hex (publisher, RTMP_TYPE_VIDEO, 0, "2400112233");
  test_publisher_send_hex (publisher, RTMP_TYPE_VIDEO, 40, "2400112233");
  test_publisher_send_audio_header (publisher);
  test_publisher_send_audio (publisher, 0, 5);
  rig_wait (rig, "audio buffer 5", 1);
  rig_wait (rig, "warning: Video codec", 1);
  g_assert_cmpint (rig_count (rig, "warning: Video codec"), ==, 1);
  g_assert_cmpint (rig_count (rig, "video pad"), ==, 0);
}

static void
test_only_unknown_codecs (void)
{
  g_autoptr (Rig) rig = rig_new ("", BRANCHES);
  g_autoptr (TestPublisher) publisher = NULL;
  g_autoptr (TestPublisher) next = NULL;

  rig_play (rig);
  publisher = rig_publish (rig, "in");
  test_publisher_send_metadata (publisher, TRUE, FALSE, "x");
  test_publisher_send_hex (publisher, RTMP_TYPE_VIDEO, 0, "2400112233");
  test_publisher_wait_closed (publisher);
  g_assert_cmpint (rig_count (rig, "warning"), ==, 1);
  /* that was not the end of the stream */
  next = rig_publish (rig, "in");
  test_publisher_send_both (next, 0, 1);
  rig_wait (rig, "video buffer 24", 1);
}

gint
main (gint argc, gchar **argv)
{
  rig_init (&argc, &argv);
  g_test_add_func ("/src/expose/order", test_order);
  g_test_add_func ("/src/expose/sticky-at-pad-added", test_sticky_at_pad_added);
  g_test_add_func ("/src/expose/times", test_times);
  g_test_add_func ("/src/expose/threshold", test_threshold);
  g_test_add_func ("/src/expose/announced", test_announced);
  g_test_add_func ("/src/expose/full-before-complete", test_full_before_complete);
  g_test_add_func ("/src/expose/header-changes", test_header_changes);
  g_test_add_func ("/src/expose/data-messages", test_data_messages);
  g_test_add_func ("/src/expose/unknown-codec", test_unknown_codec);
  g_test_add_func ("/src/expose/only-unknown-codecs", test_only_unknown_codecs);
  return rig_run ();
}
