/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * rtmpserversink: pads, properties, conflicts, and state changes under load.
 */
#include "rig.h"
#include "sink-rig.h"

#define CYCLES 50

/* pads */

static GstElement *
new_sink (void)
{
  GstElement *sink = gst_element_factory_make ("rtmpserversink", NULL);

  g_assert_nonnull (sink);
  return gst_object_ref_sink (sink);
}

static guint
count_pads (GstElement *sink)
{
  return sink->numsinkpads;
}

static void
test_pads (void)
{
  GstElement *sink = new_sink ();
  GstPad *video, *audio;

  g_assert_cmpuint (count_pads (sink), ==, 1);
  video = gst_element_request_pad_simple (sink, "video");
  audio = gst_element_request_pad_simple (sink, "audio_0");
  g_assert_nonnull (video);
  g_assert_nonnull (audio);
  g_assert_cmpstr (GST_PAD_NAME (audio), ==, "audio_0");
  g_assert_cmpint (GST_BIN (sink)->numchildren, ==, 2);
  g_assert_null (gst_element_request_pad_simple (sink, "video_0"));
  g_assert_null (gst_element_request_pad_simple (sink, "audio"));
  g_assert_null (gst_element_request_pad_simple (sink, "video_1"));
  gst_element_release_request_pad (sink, video);
  gst_element_release_request_pad (sink, audio);
  gst_object_unref (video);
  gst_object_unref (audio);
  /* back to FLV */
  g_assert_cmpint (GST_BIN (sink)->numchildren, ==, 1);
  g_assert_cmpuint (count_pads (sink), ==, 1);
  gst_object_unref (sink);
}

/* Either FLV or typed pads. */
static void
test_pads_exclude (void)
{
  GstElement *sink = new_sink ();
  GstPad *flv = gst_element_get_static_pad (sink, "sink");
  GstPad *peer = gst_pad_new ("peer", GST_PAD_SRC);
  GstPad *video;

  g_assert_cmpint (gst_pad_link (peer, flv), ==, GST_PAD_LINK_OK);
  g_assert_null (gst_element_request_pad_simple (sink, "video"));
  gst_pad_unlink (peer, flv);
  video = gst_element_request_pad_simple (sink, "video");
  g_assert_nonnull (video);
  g_assert_cmpint (gst_pad_link (peer, flv), ==, GST_PAD_LINK_REFUSED);
  gst_element_release_request_pad (sink, video);
  g_assert_cmpint (gst_pad_link (peer, flv), ==, GST_PAD_LINK_OK);
  gst_object_unref (video);
  gst_object_unref (flv);
  gst_object_unref (peer);
  gst_object_unref (sink);
}

/* properties */

static void
test_defaults (void)
{
  GstElement *sink = new_sink ();
  g_autofree gchar *uri = NULL, *stream = NULL, *location = NULL;
  guint64 soft, hard, linger;
  gboolean sync, wait;
  gint sync_method, recover_policy;

  g_object_get (sink, "uri", &uri, "stream", &stream, "location", &location, "soft-max-time",
      &soft, "max-time", &hard, "linger", &linger, "sync", &sync, "wait-for-connection", &wait,
      "sync-method", &sync_method, "recover-policy", &recover_policy, NULL);
  g_assert_cmpstr (stream, ==, "stream");
  g_assert_null (location);
  g_assert_cmpuint (soft, ==, 3 * GST_SECOND);
  g_assert_cmpuint (hard, ==, 10 * GST_SECOND);
  g_assert_cmpuint (linger, ==, GST_SECOND);
  g_assert_true (sync);
  g_assert_false (wait);
  g_assert_cmpint (sync_method, ==, 0);
  g_assert_cmpint (recover_policy, ==, 1);
  gst_object_unref (sink);
}

static void
test_round_trip (void)
{
  static const gchar *const settings[][2] = { { "location", "rtmp://h/a/b live=1" },
    { "sync-method", "next-keyframe" }, { "recover-policy", "none" },
    { "soft-max-time", "1000000" }, { "max-time", "2000000" },
    { "wait-for-connection", "true" }, { "linger", "7" }, { "encoder", "x" },
    { "metadatacreator", "y" }, { "sync", "false" }, { "async", "false" }, { "qos", "true" },
    { "ts-offset", "5" }, { "max-lateness", "6" }, { "render-delay", "7" },
    { "processing-deadline", "8" } };
  GstElement *sink = new_sink ();

  for (gsize i = 0; i < G_N_ELEMENTS (settings); i++) {
    GParamSpec *spec = g_object_class_find_property (G_OBJECT_GET_CLASS (sink), settings[i][0]);
    g_auto (GValue) set = G_VALUE_INIT, got = G_VALUE_INIT;

    g_assert_nonnull (spec);
    gst_util_set_object_arg (G_OBJECT (sink), settings[i][0], settings[i][1]);
    g_value_init (&set, spec->value_type);
    g_value_init (&got, spec->value_type);
    g_assert_true (gst_value_deserialize (&set, settings[i][1]));
    g_object_get_property (G_OBJECT (sink), settings[i][0], &got);
    if (gst_value_compare (&set, &got) != GST_VALUE_EQUAL)
      g_error ("%s is not %s", settings[i][0], settings[i][1]);
  }
  gst_object_unref (sink);
}

/* The base sink's: not only stored. */
static void
test_base_properties (void)
{
  GstElement *sink = new_sink ();
  g_autoptr (GstElement) base = gst_bin_get_by_name (GST_BIN (sink), "sink");
  gboolean sync;
  gint64 offset;

  g_object_set (sink, "sync", FALSE, "ts-offset", (gint64)-40, NULL);
  g_object_get (base, "sync", &sync, "ts-offset", &offset, NULL);
  g_assert_false (sync);
  g_assert_cmpint (offset, ==, -40);
  gst_object_unref (sink);
}

/* conflicts */

static void
test_one_key_two_sinks (void)
{
  g_autoptr (SinkRig) first = sink_rig_new ("", FALSE);
  g_autoptr (SinkRig) second = NULL, other = NULL;
  g_autofree gchar *properties = NULL, *more = NULL, *text = NULL;

  sink_rig_play (first);
  properties = g_strdup_printf ("host=127.0.0.1 port=%u stream=out", first->port);
  second = sink_rig_new_bare (properties, FALSE);
  g_assert_cmpint (sink_rig_set_state (second, GST_STATE_PAUSED), ==, GST_STATE_CHANGE_FAILURE);
  text = sink_rig_wait_text (second, GST_MESSAGE_ERROR);
  g_assert_nonnull (strstr (text, "out"));
  g_assert_cmpint (sink_rig_set_state (second, GST_STATE_NULL), ==, GST_STATE_CHANGE_SUCCESS);
  /* another key on that port is fine */
  more = g_strdup_printf ("host=127.0.0.1 port=%u stream=other", first->port);
  other = sink_rig_new_bare (more, FALSE);
  sink_rig_play (other);
  g_assert_cmpuint (other->port, ==, first->port);
  /* and that one once it is free */
  sink_rig_set_state (first, GST_STATE_NULL);
  sink_rig_play (second);
}

static void
test_codec (void)
{
  static const gchar *const launches[] = {
    "appsrc name=v caps=video/x-vp8 ! rtmpserversink name=s host=127.0.0.1 port=0",
    "videotestsrc num-buffers=1 ! rtmpserversink name=s host=127.0.0.1 port=0",
  };

  for (gsize i = 0; i < G_N_ELEMENTS (launches); i++) {
    GstElement *pipeline = gst_parse_launch (launches[i], NULL);
    g_autoptr (GstElement) appsrc = gst_bin_get_by_name (GST_BIN (pipeline), "v");
    g_autoptr (GstBus) bus = gst_element_get_bus (pipeline);
    g_autoptr (GstMessage) message = NULL;
    g_autoptr (GError) error = NULL;

    gst_element_set_state (pipeline, GST_STATE_PLAYING);
    if (appsrc != NULL) {
      GstBuffer *buffer = gst_buffer_new_allocate (NULL, 10, NULL);
      GstFlowReturn flow;

      g_signal_emit_by_name (appsrc, "push-buffer", buffer, &flow);
      gst_buffer_unref (buffer);
    }
    message = gst_bus_timed_pop_filtered (bus, 20 * GST_SECOND, GST_MESSAGE_ERROR);
    g_assert_nonnull (message);
    gst_message_parse_error (message, &error, NULL);
    g_assert_nonnull (strstr (error->message, i == 0 ? "video/x-vp8" : "video/x-raw"));
    g_assert_nonnull (strstr (error->message, "video/x-h264"));
    g_assert_nonnull (strstr (error->message, "audio/mpeg"));
    gst_element_set_state (pipeline, GST_STATE_NULL);
    gst_object_unref (pipeline);
  }
}

/* load */

static guint
count_entries (const gchar *path)
{
  g_autoptr (GDir) dir = g_dir_open (path, 0, NULL);
  guint n = 0;

  while (dir != NULL && g_dir_read_name (dir) != NULL)
    n++;
  return n;
}

typedef struct _Load
{
  gint stop;
  gint port;
  GAsyncQueue *played; /* one item a player that got something */
} Load;

/* Players that come and go. */
static gpointer
run_load (gpointer user_data)
{
  Load *load = user_data;

  while (!g_atomic_int_get (&load->stop)) {
    gint port = g_atomic_int_get (&load->port);
    TestPlayer *player = port != 0 ? test_player_try_new ((guint16)port, "live", "out") : NULL;

    if (player == NULL) {
      g_thread_yield ();
      continue;
    }
    if (player->ready && test_player_read_until (player, "v40+0#1"))
      g_async_queue_push (load->played, load);
    test_player_free (player);
  }
  return NULL;
}

static void
cycle (SinkRig *rig, Load *load, guint i)
{
  static const GstState lows[] = { GST_STATE_NULL, GST_STATE_READY };

  sink_rig_play (rig);
  g_atomic_int_set (&load->port, rig->port);
  sink_rig_push_gop (rig, 0, 5);
  if (i % 4 == 0)
    g_assert_nonnull (g_async_queue_timeout_pop (load->played, 20 * G_USEC_PER_SEC));
  if (i % 5 == 4)
    sink_rig_end (rig);
  if (i % 3 == 2) {
    sink_rig_set_state (rig, GST_STATE_PAUSED);
    sink_rig_play (rig);
  }
  g_assert_cmpint (sink_rig_set_state (rig, lows[i % 2]), !=, GST_STATE_CHANGE_FAILURE);
}

static void
test_cycles (void)
{
  SinkRig *rig = sink_rig_new ("linger=20000000", FALSE);
  guint n_files = count_entries ("/proc/self/fd");
  Load load = { 0, 0, g_async_queue_new () };
  GThread *threads[3];

  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    threads[i] = g_thread_new ("load", run_load, &load);
  for (guint i = 0; i < CYCLES; i++)
    cycle (rig, &load, i);
  sink_rig_play (rig);
  g_atomic_int_set (&load.port, rig->port);
  sink_rig_push_gop (rig, 0, 5);
  g_atomic_int_set (&load.stop, TRUE);
  sink_rig_set_state (rig, GST_STATE_NULL);
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    g_thread_join (threads[i]);
  g_test_message ("%d more played", g_async_queue_length (load.played));
  g_async_queue_unref (load.played);
  g_assert_cmpuint (count_entries ("/proc/self/fd"), ==, n_files);
  sink_rig_free (rig);
}

int
main (int argc, char **argv)
{
  rig_init (&argc, &argv);
  g_test_add_func ("/sink/pads/request", test_pads);
  g_test_add_func ("/sink/pads/exclude", test_pads_exclude);
  g_test_add_func ("/sink/properties/defaults", test_defaults);
  g_test_add_func ("/sink/properties/round-trip", test_round_trip);
  g_test_add_func ("/sink/properties/base", test_base_properties);
  g_test_add_func ("/sink/one-key-two-sinks", test_one_key_two_sinks);
  g_test_add_func ("/sink/codec", test_codec);
  g_test_add_func ("/sink/cycles", test_cycles);
  return rig_run ();
}
