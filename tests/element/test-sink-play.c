/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Players of rtmpserversink: what they get, where they begin, how it ends.
 */
#include "rig.h"
#include "sink-rig.h"

#define END "NetStream.Play.UnpublishNotify NetStream.Play.Complete end"

static void
assert_log (TestPlayer *player, const gchar *expected)
{
  g_autofree gchar *log = test_player_take_log (player);

  g_assert_cmpstr (log, ==, expected);
}

static void
wait_eos (SinkRig *rig)
{
  gst_message_unref (sink_rig_wait_message (rig, GST_MESSAGE_EOS));
}

static void
test_everything (void)
{
  g_autoptr (SinkRig) rig = sink_rig_new ("", TRUE);
  g_autoptr (TestPlayer) player = NULL;

  sink_rig_play (rig);
  player = sink_rig_join (rig);
  sink_rig_push_gop (rig, 0, 3);
  sink_rig_push_audio (rig, 20, 7);
  sink_rig_push_audio (rig, 60, 8);
  sink_rig_end (rig);
  test_player_wait (player, "end");
  assert_log (player, "NetStream.Play.PublishNotify m0 vh0 ah0 v0+0#0! a20#7 v40+0#1 a60#8 "
                      "v80+0#2 " END);
  wait_eos (rig);
  sink_rig_assert_quiet (rig);
}

static void
test_late_joiner (void)
{
  g_autoptr (SinkRig) rig = sink_rig_new ("", TRUE);
  g_autoptr (TestPlayer) first = NULL, late = NULL;

  sink_rig_play (rig);
  first = sink_rig_join (rig);
  sink_rig_push_gop (rig, 0, 3);
  sink_rig_push_gop (rig, 120, 3);
  sink_rig_push_audio (rig, 130, 7);
  sink_rig_push_audio (rig, 250, 8);
  test_player_wait (first, "v200+0#2");
  late = sink_rig_join (rig);
  sink_rig_end (rig);
  test_player_wait (late, "end");
  assert_log (late, "m0 vh120 ah120 v120+0#0! a130#7 v160+0#1 v200+0#2 a250#8 " END);
}

/* The newest group is not what it starts with; the encoder is asked for another. */
static void
test_next_keyframe (void)
{
  g_autoptr (SinkRig) rig = sink_rig_new ("sync-method=next-keyframe", FALSE);
  g_autoptr (TestPlayer) first = NULL, late = NULL;

  sink_rig_play (rig);
  first = sink_rig_join (rig);
  sink_rig_push_gop (rig, 0, 3);
  test_player_wait (first, "v80+0#2");
  g_assert_cmpint (g_atomic_int_get (&rig->n_asked), ==, 0);
  late = sink_rig_join (rig);
  sink_rig_push_video (rig, 120, 3);
  test_player_wait (first, "v120+0#3");
  sink_rig_push_gop (rig, 160, 2);
  test_player_wait (late, "v200+0#1");
  assert_log (late, "m0 vh160 v160+0#0! v200+0#1");
  g_assert_cmpint (g_atomic_int_get (&rig->n_asked), ==, 1);
}

/* Several who wait get one keyframe; the next request is a second away. */
static void
test_keyframe_requests (void)
{
  g_autoptr (SinkRig) rig = sink_rig_new ("sync-method=next-keyframe", FALSE);
  g_autoptr (TestPlayer) first = NULL, second = NULL, third = NULL;

  sink_rig_play (rig);
  first = sink_rig_join (rig);
  sink_rig_push_gop (rig, 0, 2);
  test_player_wait (first, "v40+0#1");
  second = sink_rig_join (rig);
  sink_rig_push_video (rig, 80, 2);
  test_player_wait (first, "v80+0#2");
  third = sink_rig_join (rig);
  sink_rig_push_video (rig, 120, 3);
  sink_rig_push_video (rig, 160, 4);
  test_player_wait (first, "v160+0#4");
  g_assert_cmpint (g_atomic_int_get (&rig->n_asked), ==, 1);
}

static void
test_wait_for_connection (void)
{
  g_autoptr (SinkRig) rig = sink_rig_new ("wait-for-connection=true", FALSE);
  g_autoptr (TestPlayer) player = NULL;

  sink_rig_play (rig);
  sink_rig_push_gop (rig, 0, 5);
  sink_rig_end (rig);
  /* not while it waits for players: pausing, and going on */
  g_assert_cmpint (sink_rig_set_state (rig, GST_STATE_PAUSED), !=, GST_STATE_CHANGE_FAILURE);
  sink_rig_play (rig);
  player = sink_rig_join (rig);
  test_player_wait (player, "end");
  assert_log (player, "NetStream.Play.PublishNotify m0 vh0 v0+0#0! v40+0#1 v80+0#2 v120+0#3 "
                      "v160+0#4 " END);
}

/* Waiting for players does not hold up the end. */
static void
test_wait_is_interrupted (void)
{
  g_autoptr (SinkRig) rig = sink_rig_new ("wait-for-connection=true", FALSE);

  sink_rig_play (rig);
  sink_rig_push_gop (rig, 0, 5);
  g_assert_cmpint (gst_element_get_state (rig->pipeline, NULL, NULL, GST_CLOCK_TIME_NONE), ==,
      GST_STATE_CHANGE_SUCCESS);
  g_assert_cmpint (sink_rig_set_state (rig, GST_STATE_NULL), ==, GST_STATE_CHANGE_SUCCESS);
}

/* Stopping without EOS: what was rendered is sent, and the players are told. */
static void
test_stop (void)
{
  g_autoptr (SinkRig) rig = sink_rig_new ("", FALSE);
  g_autoptr (TestPlayer) player = NULL;

  sink_rig_play (rig);
  player = sink_rig_join (rig);
  sink_rig_push_gop (rig, 0, 2);
  test_player_wait (player, "v40+0#1");
  sink_rig_set_state (rig, GST_STATE_NULL);
  test_player_wait (player, "end");
  assert_log (player, "NetStream.Play.PublishNotify m0 vh0 v0+0#0! v40+0#1 " END);
}

/* READY and back: another stream, from zero. */
static void
test_start_again (void)
{
  g_autoptr (SinkRig) rig = sink_rig_new ("", FALSE);

  for (guint i = 0; i < 3; i++) {
    TestPlayer *player;

    sink_rig_play (rig);
    player = sink_rig_join (rig);
    sink_rig_push_gop (rig, 40, 2);
    sink_rig_end (rig);
    test_player_wait (player, "end");
    assert_log (player, "NetStream.Play.PublishNotify m0 vh40 v40+0#0! v80+0#1 " END);
    test_player_free (player);
    wait_eos (rig);
    sink_rig_set_state (rig, GST_STATE_READY);
  }
}

/* Somebody who never reads costs no more than `linger`. */
static void
test_linger (void)
{
  g_autoptr (SinkRig) rig = sink_rig_new ("linger=50000000", FALSE);
  g_autoptr (TestPlayer) player = NULL;

  sink_rig_play (rig);
  player = sink_rig_join (rig);
  for (guint i = 0; i < 64; i++) {
    GstBuffer *buffer = gst_buffer_new_allocate (NULL, 1 << 20, NULL);
    GstFlowReturn flow;

    gst_buffer_memset (buffer, 0, 0x41, -1);
    gst_buffer_fill (buffer, 0, "\0\0\0\2\x65\0", 6);
    GST_BUFFER_PTS (buffer) = i * GST_MSECOND;
    g_signal_emit_by_name (rig->video, "push-buffer", buffer, &flow);
    gst_buffer_unref (buffer);
  }
  sink_rig_end (rig);
  wait_eos (rig);
  g_assert_cmpint (sink_rig_set_state (rig, GST_STATE_NULL), ==, GST_STATE_CHANGE_SUCCESS);
}

/* Application data in the pipeline is a data message on the wire. */
static void
test_data (void)
{
  g_autoptr (SinkRig) rig = sink_rig_new ("", FALSE);
  g_autoptr (TestPlayer) player = NULL;
  GstStructure *structure =
      gst_structure_new ("GstRtmpData", "name", G_TYPE_STRING, "onTextData", NULL);

  sink_rig_play (rig);
  player = sink_rig_join (rig);
  sink_rig_push_gop (rig, 0, 2);
  test_player_wait (player, "v40+0#1");
  gst_element_send_event (
      rig->video, gst_event_new_custom (GST_EVENT_CUSTOM_DOWNSTREAM, structure));
  sink_rig_push_video (rig, 80, 2);
  test_player_wait (player, "v80+0#2");
  assert_log (player, "NetStream.Play.PublishNotify m0 vh0 v0+0#0! v40+0#1 d80 v80+0#2");
}

static void
on_players (GstElement *sink, guint n_players, GAsyncQueue *queue)
{
  g_async_queue_push (queue, GUINT_TO_POINTER (n_players + 1));
}

static GstElement *
new_seekable (GstElement **sink, guint16 *port)
{
  GstElement *pipeline = gst_parse_launch (
      "videotestsrc ! video/x-raw,width=64,height=64,framerate=25/1 ! x264enc tune=zerolatency "
      "! rtmpserversink name=s host=127.0.0.1 port=0 stream=out sync=false "
      "wait-for-connection=true",
      NULL);
  gint number;

  if (pipeline == NULL)
    return NULL;
  *sink = gst_bin_get_by_name (GST_BIN (pipeline), "s");
  gst_element_set_state (pipeline, GST_STATE_PAUSED);
  gst_element_get_state (pipeline, NULL, NULL, GST_CLOCK_TIME_NONE);
  g_object_get (*sink, "current-port", &number, NULL);
  *port = (guint16)number;
  return pipeline;
}

static void
play_part (GstElement *pipeline)
{
  g_assert_true (gst_element_seek (pipeline, 1.0, GST_FORMAT_TIME, GST_SEEK_FLAG_FLUSH,
      GST_SEEK_TYPE_SET, 0, GST_SEEK_TYPE_SET, 200 * GST_MSECOND));
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
}

/* Of the video header, which has the time of the first frame. */
static guint
first_time (const gchar *log)
{
  const gchar *header = strstr (log, " vh");

  g_assert_nonnull (header);
  return (guint)g_ascii_strtoull (header + 3, NULL, 10);
}

/* A flushing seek after EOS: the players get a new stream with headers, time goes on. */
static void
test_seek_after_eos (void)
{
  g_autoptr (GstElement) sink = NULL;
  g_autoptr (GstBus) bus = NULL;
  GAsyncQueue *queue = g_async_queue_new ();
  guint16 port;
  GstElement *pipeline = new_seekable (&sink, &port);
  guint last = 0;

  if (pipeline == NULL) {
    g_test_skip ("no x264enc here");
    return;
  }
  bus = gst_element_get_bus (pipeline);
  g_signal_connect (sink, "players-changed", G_CALLBACK (on_players), queue);
  for (guint i = 0; i < 3; i++) {
    g_autoptr (GstMessage) message = NULL;
    TestPlayer *player;

    play_part (pipeline);
    player = test_player_new (port, "live", "out");
    test_player_wait (player, "end");
    g_assert_nonnull (strstr (player->log->str, " m"));
    g_assert_cmpuint (first_time (player->log->str), >=, last);
    last = first_time (player->log->str) + 160;
    test_player_free (player);
    while (GPOINTER_TO_UINT (g_async_queue_pop (queue)) != 0 + 1)
      ;
    message =
        gst_bus_timed_pop_filtered (bus, 20 * GST_SECOND, GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
    g_assert_cmpint (GST_MESSAGE_TYPE (message), ==, GST_MESSAGE_EOS);
  }
  gst_element_set_state (pipeline, GST_STATE_NULL);
  gst_object_unref (pipeline);
  g_async_queue_unref (queue);
}

/* For an application that runs its encoder only while somebody watches. */
static void
test_players_changed (void)
{
  g_autoptr (SinkRig) rig = sink_rig_new ("", FALSE);
  GAsyncQueue *queue = g_async_queue_new ();
  TestPlayer *player;

  g_signal_connect (rig->sink, "players-changed", G_CALLBACK (on_players), queue);
  sink_rig_play (rig);
  player = sink_rig_join (rig);
  g_assert_cmpuint (GPOINTER_TO_UINT (g_async_queue_pop (queue)), ==, 1 + 1);
  test_player_free (player);
  g_assert_cmpuint (GPOINTER_TO_UINT (g_async_queue_pop (queue)), ==, 0 + 1);
  sink_rig_set_state (rig, GST_STATE_NULL);
  g_async_queue_unref (queue);
}

int
main (int argc, char **argv)
{
  rig_init (&argc, &argv);
  g_test_add_func ("/sink/play/everything", test_everything);
  g_test_add_func ("/sink/play/late-joiner", test_late_joiner);
  g_test_add_func ("/sink/play/next-keyframe", test_next_keyframe);
  g_test_add_func ("/sink/play/keyframe-requests", test_keyframe_requests);
  g_test_add_func ("/sink/play/wait-for-connection", test_wait_for_connection);
  g_test_add_func ("/sink/play/wait-is-interrupted", test_wait_is_interrupted);
  g_test_add_func ("/sink/play/stop", test_stop);
  g_test_add_func ("/sink/play/start-again", test_start_again);
  g_test_add_func ("/sink/play/linger", test_linger);
  g_test_add_func ("/sink/play/data", test_data);
  g_test_add_func ("/sink/play/seek-after-eos", test_seek_after_eos);
  g_test_add_func ("/sink/play/players-changed", test_players_changed);
  return rig_run ();
}
