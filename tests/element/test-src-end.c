/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * How rtmpserversrc ends, and how it goes on: the publisher leaves, dies, is taken
 * over, comes back; EOS is sent to the element.
 */
#include "rig.h"

#define BRANCHES "s.video ! fakesink async=false  s.audio ! fakesink async=false"

static void
send_eos (Rig *rig)
{
  g_assert_true (gst_element_send_event (rig->pipeline, gst_event_new_eos ()));
}

static void
test_eos_when_publisher_leaves (void)
{
  g_autoptr (Rig) rig = rig_new ("", BRANCHES);
  g_autoptr (TestPublisher) publisher = NULL;
  g_autoptr (TestPublisher) late = NULL;

  rig_play (rig);
  publisher = rig_publish (rig, "in");
  test_publisher_send_both (publisher, 0, 2);
  test_publisher_finish (publisher);
  rig_wait (rig, "eos", 1);
  g_assert_cmpint (rig_count (rig, "video buffer"), ==, 50);
  g_assert_cmpint (rig_count (rig, "audio buffer"), ==, 100);
  g_assert_cmpint (rig_count (rig, "error"), ==, 0);

  late = rig_publish (rig, "in");
  g_assert_cmpint (late->msid, ==, 0);
  g_assert_cmpstr (late->status, ==, "NetStream.Publish.BadName");
}

/* A connection that just goes away is an end too. */
static void
test_eos_when_publisher_dies (void)
{
  g_autoptr (Rig) rig = rig_new ("", BRANCHES);
  TestPublisher *publisher;

  rig_play (rig);
  publisher = rig_publish (rig, "in");
  test_publisher_send_both (publisher, 0, 1);
  test_publisher_free (publisher);
  rig_wait (rig, "eos", 1);
  g_assert_cmpint (rig_count (rig, "video buffer"), ==, 25);
}

/* Launch lines link a sometimes pad once. */
static void
link_again (GstElement *src, GstPad *pad, gpointer user_data)
{
  Rig *rig = user_data;
  g_autoptr (GstElement) sink =
      gst_bin_get_by_name (GST_BIN (rig->pipeline), GST_PAD_NAME (pad));
  g_autoptr (GstPad) peer = gst_element_get_static_pad (sink, "sink");

  g_assert_cmpint (gst_pad_link (pad, peer), ==, GST_PAD_LINK_OK);
}

static void
test_restart_through_ready (void)
{
  g_autoptr (Rig) rig =
      rig_new ("", "fakesink name=video async=false  fakesink name=audio async=false");
  guint i;

  g_signal_connect (rig->src, "pad-added", G_CALLBACK (link_again), rig);
  for (i = 1; i <= 3; i++) {
    g_autoptr (TestPublisher) publisher = NULL;

    rig_play (rig);
    publisher = rig_publish (rig, "in");
    g_assert_cmpint (publisher->msid, >, 0);
    test_publisher_send_both (publisher, 0, 1);
    test_publisher_finish (publisher);
    rig_wait (rig, "eos", i);
    g_assert_cmpint (rig_count (rig, "video buffer"), ==, 25 * i);
    gst_element_set_state (rig->pipeline, GST_STATE_READY);
  }
}

/* Somebody who sends nothing was no publisher. */
static void
test_nothing_is_no_end (void)
{
  g_autoptr (Rig) rig = rig_new ("", BRANCHES);
  g_autoptr (TestPublisher) probe = NULL;
  g_autoptr (TestPublisher) publisher = NULL;

  rig_play (rig);
  probe = rig_publish (rig, "in");
  test_publisher_send_metadata (probe, TRUE, TRUE, "x");
  test_publisher_finish (probe);
  publisher = rig_publish (rig, "in");
  test_publisher_send_both (publisher, 0, 1);
  test_publisher_finish (publisher);
  rig_wait (rig, "eos", 1);
  g_assert_cmpint (rig_count (rig, "video buffer"), ==, 25);
}

/* Headers alone show no pads; what the next one is decides. */
static void
test_headers_are_no_end (void)
{
  g_autoptr (Rig) rig = rig_new ("", BRANCHES);
  g_autoptr (TestPublisher) probe = NULL;
  g_autoptr (TestPublisher) publisher = NULL;
  g_autofree gchar *events = NULL;

  rig_play (rig);
  probe = rig_publish (rig, "in");
  test_publisher_send_video_header (probe, TRUE);
  test_publisher_send_audio_header (probe);
  test_publisher_finish (probe);
  publisher = rig_publish (rig, "in");
  g_assert_cmpint (rig_count (rig, "video pad"), ==, 0);
  test_publisher_send_both (publisher, 0, 1);
  rig_wait (rig, "video buffer 24", 1);
  events = rig_get_events (rig, "video");
  g_assert_cmpstr (events, ==, "stream-start, caps 176x144, segment, metadata test");
}

/* Too short for the threshold: shown at its end. */
static void
test_short_session (void)
{
  g_autoptr (Rig) rig =
      rig_new ("no-more-pads-threshold=3600000000000", "s.video ! fakesink async=false");
  g_autoptr (TestPublisher) publisher = NULL;

  rig_play (rig);
  publisher = rig_publish (rig, "in");
  test_publisher_send_video_header (publisher, FALSE);
  test_publisher_send_video (publisher, 0, TRUE, 0, 1);
  test_publisher_finish (publisher);
  rig_wait (rig, "eos", 1);
  g_assert_cmpint (rig_count (rig, "video buffer 1"), ==, 1);
}

static void
test_eos_while_silent (void)
{
  g_autoptr (Rig) rig = rig_new ("", BRANCHES);
  g_autoptr (TestPublisher) publisher = NULL;

  rig_play (rig);
  publisher = rig_publish (rig, "in");
  test_publisher_send_both (publisher, 0, 1);
  rig_wait (rig, "video buffer 24", 1);
  rig_wait (rig, "audio buffer 49", 1);
  send_eos (rig);
  rig_wait (rig, "eos", 1);
  test_publisher_wait_closed (publisher);
}

static void
test_eos_before_any_publisher (void)
{
  g_autoptr (Rig) rig = rig_new ("", BRANCHES);
  g_autoptr (TestPublisher) publisher = NULL;

  rig_play (rig);
  send_eos (rig);
  rig_wait (rig, "eos", 1);
  publisher = rig_publish (rig, "in");
  g_assert_cmpstr (publisher->status, ==, "NetStream.Publish.BadName");
}

/* Announced, not complete: nothing was shown yet. */
static void
test_eos_before_exposure (void)
{
  g_autoptr (Rig) rig =
      rig_new ("no-more-pads-threshold=3600000000000", "s.video ! fakesink async=false");
  g_autoptr (TestPublisher) publisher = NULL;

  rig_play (rig);
  publisher = rig_publish (rig, "in");
  test_publisher_send_video_header (publisher, FALSE);
  test_publisher_send_video (publisher, 0, TRUE, 0, 9);
  rig_wait (rig, "GstRtmpServerClientAdded", 1);
  send_eos (rig);
  rig_wait (rig, "eos", 1);
}

static GstClockTime
newest_dts (Rig *rig)
{
  g_autoptr (GArray) buffers = rig_get_buffers (rig, TRUE);

  return g_array_index (buffers, RigBuffer, buffers->len - 1).dts;
}

/* Every buffer of a pad is later than the one before, across publishers. */
static void
assert_monotonic (Rig *rig, gboolean video)
{
  g_autoptr (GArray) buffers = rig_get_buffers (rig, video);
  guint i;

  for (i = 1; i < buffers->len; i++)
    g_assert_cmpuint (g_array_index (buffers, RigBuffer, i).dts, >,
        g_array_index (buffers, RigBuffer, i - 1).dts);
}

static void
test_keep_listening (void)
{
  g_autoptr (Rig) rig = rig_new ("keep-listening=true", BRANCHES);
  g_autofree gchar *events = NULL;
  guint i;

  rig_play (rig);
  for (i = 1; i <= 3; i++) {
    g_autoptr (TestPublisher) publisher = rig_publish (rig, "in");
    GstClockTime before = i > 1 ? newest_dts (rig) : 0;

    g_assert_cmpint (publisher->msid, >, 0);
    /* each with a clock of its own */
    test_publisher_send_both (publisher, 10000000 / i, 1);
    if (i == 2) {
      test_publisher_finish (publisher);
      rig_wait (rig, "video buffer 24", i);
    } else {
      rig_wait (rig, "video buffer 24", i);
      rig_wait (rig, "audio buffer 49", i);
    }
    g_assert_cmpuint (newest_dts (rig), >, before);
  }
  rig_wait (rig, "audio buffer 49", 3);
  assert_monotonic (rig, TRUE);
  assert_monotonic (rig, FALSE);
  events = rig_get_events (rig, "video");
  g_assert_cmpstr (events, ==, "stream-start, caps 176x144, segment, metadata test");
  g_assert_cmpint (rig_count (rig, "video pad"), ==, 1);
  g_assert_cmpint (rig_count (rig, "eos"), ==, 0);
  g_assert_cmpint (rig_count (rig, "video buffer 0 discont"), ==, 3);
}

/* The second publisher's audio begins before its video, and comes after it. */
static void
test_audio_older_than_the_first_message (void)
{
  g_autoptr (Rig) rig = rig_new ("keep-listening=true", BRANCHES);
  g_autoptr (GArray) audio = NULL;
  guint i, j;

  rig_play (rig);
  for (i = 0; i < 3; i++) {
    g_autoptr (TestPublisher) publisher = rig_publish (rig, "in");

    test_publisher_send_video_header (publisher, FALSE);
    test_publisher_send_audio_header (publisher);
    for (j = 0; j < 50; j++) {
      test_publisher_send_video (publisher, 100000 + j * 40, j == 0, 0, i * 100 + j);
      test_publisher_send_audio (publisher, (i == 1 ? 99000 : 100000) + j * 40, i * 100 + j);
    }
    test_publisher_finish (publisher);
  }
  rig_wait (rig, "audio buffer 249", 1);
  rig_wait (rig, "video buffer 249", 1);
  assert_monotonic (rig, TRUE);
  audio = rig_get_buffers (rig, FALSE);
  g_assert_cmpuint (audio->len, ==, 150);
  for (i = 1; i < audio->len; i++) {
    g_assert_cmpuint (g_array_index (audio, RigBuffer, i).dts, >=,
        g_array_index (audio, RigBuffer, i - 1).dts);
    g_assert_cmpuint (g_array_index (audio, RigBuffer, i).pts, >=,
        g_array_index (audio, RigBuffer, i - 1).pts);
  }
}

static void
test_gaps_while_nobody_publishes (void)
{
  g_autoptr (Rig) rig = rig_new ("keep-listening=true", BRANCHES);
  g_autoptr (TestPublisher) publisher = NULL;

  rig_play (rig);
  publisher = rig_publish (rig, "in");
  test_publisher_send_both (publisher, 0, 1);
  test_publisher_finish (publisher);
  rig_wait (rig, "video gap", 1);
  rig_wait (rig, "audio gap", 1);
  g_assert_cmpint (rig_count (rig, "eos"), ==, 0);
  send_eos (rig);
  rig_wait (rig, "eos", 1);
}

/* The next one has another resolution and no audio. */
static void
test_next_publisher_differs (void)
{
  g_autoptr (Rig) rig = rig_new ("keep-listening=true", BRANCHES);
  g_autoptr (TestPublisher) first = NULL;
  g_autoptr (TestPublisher) second = NULL;
  g_autofree gchar *events = NULL;

  rig_play (rig);
  first = rig_publish (rig, "in");
  test_publisher_send_both (first, 0, 1);
  test_publisher_finish (first);
  second = rig_publish (rig, "in");
  test_publisher_send_video_header (second, TRUE);
  test_publisher_send_video (second, 0, TRUE, 0, 1000);
  rig_wait (rig, "video buffer 1000", 1);
  events = rig_get_events (rig, "video");
  g_assert_cmpstr (
      events, ==, "stream-start, caps 176x144, segment, metadata test, caps 320x240");
}

static void
test_takeover_is_no_eos (void)
{
  g_autoptr (Rig) rig = rig_new ("stream=in", BRANCHES);
  g_autoptr (TestPublisher) first = NULL;
  g_autoptr (TestPublisher) second = NULL;

  rig_play (rig);
  first = rig_publish (rig, "in");
  test_publisher_send_both (first, 5000, 1);
  rig_wait (rig, "video buffer 24", 1);
  rig_wait (rig, "audio buffer 49", 1);
  second = rig_publish (rig, "in");
  g_assert_cmpint (second->msid, >, 0);
  test_publisher_wait_closed (first);
  test_publisher_send_both (second, 0, 1);
  rig_wait (rig, "video buffer 24", 2);
  rig_wait (rig, "audio buffer 49", 2);
  g_assert_cmpint (rig_count (rig, "eos"), ==, 0);
  assert_monotonic (rig, TRUE);
  test_publisher_finish (second);
  rig_wait (rig, "eos", 1);
}

static void
test_no_takeover (void)
{
  g_autoptr (Rig) rig = rig_new ("stream=in override-publisher=false", BRANCHES);
  g_autoptr (TestPublisher) first = NULL;
  g_autoptr (TestPublisher) second = NULL;

  rig_play (rig);
  first = rig_publish (rig, "in");
  test_publisher_send_both (first, 0, 1);
  second = rig_publish (rig, "in");
  g_assert_cmpstr (second->status, ==, "NetStream.Publish.BadName");
  test_publisher_send_video (first, 1000, TRUE, 0, 77);
  rig_wait (rig, "video buffer 77", 1);
}

gint
main (gint argc, gchar **argv)
{
  rig_init (&argc, &argv);
  g_test_add_func ("/src/end/publisher-leaves", test_eos_when_publisher_leaves);
  g_test_add_func ("/src/end/publisher-dies", test_eos_when_publisher_dies);
  g_test_add_func ("/src/end/restart-through-ready", test_restart_through_ready);
  g_test_add_func ("/src/end/nothing-is-no-end", test_nothing_is_no_end);
  g_test_add_func ("/src/end/headers-are-no-end", test_headers_are_no_end);
  g_test_add_func ("/src/end/short-session", test_short_session);
  g_test_add_func ("/src/end/eos-while-silent", test_eos_while_silent);
  g_test_add_func ("/src/end/eos-before-any-publisher", test_eos_before_any_publisher);
  g_test_add_func ("/src/end/eos-before-exposure", test_eos_before_exposure);
  g_test_add_func ("/src/end/keep-listening", test_keep_listening);
  g_test_add_func (
      "/src/end/audio-older-than-the-first", test_audio_older_than_the_first_message);
  g_test_add_func ("/src/end/gaps", test_gaps_while_nobody_publishes);
  g_test_add_func ("/src/end/next-publisher-differs", test_next_publisher_differs);
  g_test_add_func ("/src/end/takeover", test_takeover_is_no_eos);
  g_test_add_func ("/src/end/no-takeover", test_no_takeover);
  return rig_run ();
}
