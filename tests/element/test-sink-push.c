/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * rtmpserversink location=...: to a relaying source of ours, watched by a player.
 */
#include "rig.h"
#include "sink-rig.h"

#define END "NetStream.Play.UnpublishNotify NetStream.Play.Complete end"

typedef struct _Receiver
{
  GstElement *pipeline;
  guint16 port;
} Receiver;

/* @port 0: any. */
static Receiver
receiver_start (guint port)
{
  g_autofree gchar *launch =
      g_strdup_printf ("rtmpserversrc host=127.0.0.1 port=%u stream=in relay=true "
                       "keep-listening=true",
          port);
  GstElement *source = gst_parse_launch (launch, NULL);
  Receiver receiver = { gst_pipeline_new (NULL), 0 };
  gint bound;

  gst_bin_add (GST_BIN (receiver.pipeline), source);
  g_assert_cmpint (gst_element_set_state (receiver.pipeline, GST_STATE_PLAYING), !=,
      GST_STATE_CHANGE_FAILURE);
  g_object_get (source, "current-port", &bound, NULL);
  receiver.port = (guint16)bound;
  return receiver;
}

static void
receiver_stop (Receiver *receiver)
{
  gst_element_set_state (receiver->pipeline, GST_STATE_NULL);
  gst_clear_object (&receiver->pipeline);
}

static SinkRig *
new_pusher (const Receiver *receiver, const gchar *more)
{
  g_autofree gchar *properties =
      g_strdup_printf ("location=\"rtmp://127.0.0.1:%u/live/in%s", receiver->port, more);

  return sink_rig_new_bare (properties, FALSE);
}

static void
wait_eos (SinkRig *rig)
{
  gst_message_unref (sink_rig_wait_message (rig, GST_MESSAGE_EOS));
}

/* Everything arrives, headers first, and it ends in order. */
static void
test_push (void)
{
  Receiver receiver = receiver_start (0);
  g_autoptr (SinkRig) rig = new_pusher (&receiver, "\" sync=false wait-for-connection=true");
  g_autoptr (TestPlayer) player = test_player_new (receiver.port, "live", "in");
  g_autofree gchar *log = NULL;

  sink_rig_play (rig);
  g_assert_cmpuint (rig->port, ==, 0);
  sink_rig_push_gop (rig, 0, 5);
  sink_rig_end (rig);
  test_player_wait (player, "end");
  log = test_player_take_log (player);
  g_assert_cmpstr (log, ==,
      "NetStream.Play.PublishNotify m0 vh0 v0+0#0! v40+0#1 v80+0#2 v120+0#3 v160+0#4 " END);
  wait_eos (rig);
  sink_rig_assert_quiet (rig);
  receiver_stop (&receiver);
}

static void
test_options_of_librtmp (void)
{
  Receiver receiver = receiver_start (0);
  g_autoptr (SinkRig) rig =
      new_pusher (&receiver, " live=1 timeout=5\" sync=false wait-for-connection=true");
  g_autoptr (TestPlayer) player = test_player_new (receiver.port, "live", "in");
  g_autofree gchar *text = NULL;

  sink_rig_play (rig);
  text = sink_rig_wait_text (rig, GST_MESSAGE_WARNING);
  g_assert_nonnull (strstr (text, "live=1 timeout=5"));
  sink_rig_push_gop (rig, 0, 1);
  test_player_wait (player, "v0+0#0!");
  receiver_stop (&receiver);
}

/* Nobody there: warnings, the pipeline goes on, and so does the stream when it comes. */
static void
test_reconnect (void)
{
  Receiver receiver = receiver_start (0);
  guint16 port = receiver.port;
  g_autoptr (SinkRig) rig = new_pusher (&receiver, "\" sync=false");
  g_autofree gchar *text = NULL;
  TestPlayer *player;
  guint ms = 0;

  receiver_stop (&receiver);
  sink_rig_play (rig);
  sink_rig_push_gop (rig, ms, 1);
  text = sink_rig_wait_text (rig, GST_MESSAGE_WARNING);
  g_assert_nonnull (strstr (text, "127.0.0.1"));
  g_assert_nonnull (strstr (text, "trying again"));

  receiver = receiver_start (port);
  player = test_player_new (receiver.port, "live", "in");
  /* from the newest keyframe that there was meanwhile */
  test_player_wait (player, "v0+0#0!");
  g_assert_cmpstr (player->log->str, ==, "NetStream.Play.PublishNotify m0 vh0 v0+0#0!");
  sink_rig_push_gop (rig, ms += 40, 2);
  test_player_wait (player, "v80+0#1");
  test_player_free (player);
  receiver_stop (&receiver);
  sink_rig_push_gop (rig, ms += 80, 2);
  sink_rig_end (rig);
  wait_eos (rig);
}

/* Another run pushes again. */
static void
test_runs (void)
{
  Receiver receiver = receiver_start (0);
  g_autoptr (SinkRig) rig = new_pusher (&receiver, "\" sync=false wait-for-connection=true");

  for (guint i = 0; i < 3; i++) {
    TestPlayer *player = test_player_new (receiver.port, "live", "in");

    sink_rig_play (rig);
    sink_rig_push_gop (rig, 0, 2);
    sink_rig_end (rig);
    test_player_wait (player, "end");
    g_assert_nonnull (strstr (player->log->str, "v40+0#1"));
    test_player_free (player);
    wait_eos (rig);
    sink_rig_set_state (rig, GST_STATE_READY);
  }
  receiver_stop (&receiver);
}

/* With an address of its own it serves as well. */
static void
test_push_and_serve (void)
{
  Receiver receiver = receiver_start (0);
  g_autoptr (SinkRig) rig =
      new_pusher (&receiver, "\" sync=false host=127.0.0.1 port=0 stream=out");
  g_autoptr (TestPlayer) here = NULL, there = NULL;

  sink_rig_play (rig);
  g_assert_cmpuint (rig->port, !=, 0);
  there = test_player_new (receiver.port, "live", "in");
  here = sink_rig_join (rig);
  sink_rig_push_gop (rig, 0, 3);
  test_player_wait (here, "v80+0#2");
  test_player_wait (there, "v80+0#2");
  sink_rig_end (rig);
  test_player_wait (here, "end");
  test_player_wait (there, "end");
  receiver_stop (&receiver);
}

static void
test_bad_location (gconstpointer data)
{
  const gchar *const *texts = data;
  g_autofree gchar *properties = g_strdup_printf ("location=\"%s\"", texts[0]);
  g_autoptr (SinkRig) rig = sink_rig_new_bare (properties, FALSE);
  g_autofree gchar *text = NULL;

  g_assert_cmpint (sink_rig_set_state (rig, GST_STATE_PLAYING), ==, GST_STATE_CHANGE_FAILURE);
  text = sink_rig_wait_text (rig, GST_MESSAGE_ERROR);
  if (strstr (text, texts[1]) == NULL || strstr (text, texts[0]) == NULL)
    g_error ("not so: %s", text);
}

int
main (int argc, char **argv)
{
  static const gchar *const bad[][3] = {
    { "http://127.0.0.1/live/key", "rtmp", "scheme" },
    { "rtmp://127.0.0.1/live", "stream key", "no-key" },
    { "rtmp://127.0.0.1:99999/live/key", "port", "port" },
  };

  rig_init (&argc, &argv);
  g_test_add_func ("/sink/push/push", test_push);
  g_test_add_func ("/sink/push/options-of-librtmp", test_options_of_librtmp);
  g_test_add_func ("/sink/push/reconnect", test_reconnect);
  g_test_add_func ("/sink/push/runs", test_runs);
  g_test_add_func ("/sink/push/push-and-serve", test_push_and_serve);
  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++) {
    g_autofree gchar *path = g_strdup_printf ("/sink/push/bad-location/%s", bad[i][2]);

    g_test_add_data_func (path, bad[i], test_bad_location);
  }
  return rig_run ();
}
