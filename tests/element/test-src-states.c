/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * State changes of rtmpserversrc under load; descriptors and threads come back.
 */
#include "rig.h"

#define BRANCHES "s.video ! fakesink async=false  s.audio ! fakesink async=false"
#define CYCLES 50

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
  gint current_port;
  guint n_sessions;
} Load;

/* Connects, publishes, is thrown out, connects again. */
static gpointer
run_load (gpointer user_data)
{
  Load *load = user_data;

  while (!g_atomic_int_get (&load->stop)) {
    gint port = g_atomic_int_get (&load->current_port);
    TestPublisher *publisher = port != 0 ? test_publisher_try_new (port, "live", "in") : NULL;
    guint i;

    if (publisher == NULL) {
      g_thread_yield ();
      continue;
    }
    if (publisher->msid != 0) {
      load->n_sessions++;
      for (i = 0;
           test_publisher_send_both (publisher, i * 1000, 1) && !g_atomic_int_get (&load->stop);
           i++)
        ;
    }
    test_publisher_free (publisher);
  }
  return NULL;
}

static void
cycle (Rig *rig, Load *load, GstState low)
{
  gint port;

  g_assert_cmpint (
      gst_element_set_state (rig->pipeline, GST_STATE_PLAYING), !=, GST_STATE_CHANGE_FAILURE);
  g_object_get (rig->src, "current-port", &port, NULL);
  g_atomic_int_set (&load->current_port, port);
  g_assert_cmpint (gst_element_set_state (rig->pipeline, low), !=, GST_STATE_CHANGE_FAILURE);
}

static void
test_cycles (gconstpointer data)
{
  GstState low = GPOINTER_TO_INT (data);
  g_autoptr (Rig) rig = rig_new ("keep-listening=true", BRANCHES);
  Load load = { 0 };
  GThread *thread;
  guint i, descriptors;

  cycle (rig, &load, GST_STATE_NULL);
  descriptors = count_entries ("/proc/self/fd");
  thread = g_thread_new ("load", run_load, &load);
  for (i = 0; i < CYCLES; i++) {
    cycle (rig, &load, low);
    /* as fast as it can, and now and then with data on its way */
    if (i % 3 == 0) {
      rig_play (rig);
      g_atomic_int_set (&load.current_port, rig->port);
      rig_wait (rig, "video buffer", rig_count (rig, "video buffer") + 1);
    }
  }
  g_atomic_int_set (&load.stop, TRUE);
  rig_stop (rig);
  g_thread_join (thread);
  g_test_message ("%u publish sessions", load.n_sessions);
  g_assert_cmpint (rig_count (rig, "error"), ==, 0);
  g_assert_cmpuint (count_entries ("/proc/self/fd"), <=, descriptors);
}

/* Nobody comes: cheap and quiet. */
static void
test_idle_cycles (void)
{
  g_autoptr (Rig) rig = rig_new ("", BRANCHES);
  guint i, threads;

  rig_play (rig);
  rig_stop (rig);
  threads = count_entries ("/proc/self/task");
  for (i = 0; i < CYCLES; i++) {
    rig_play (rig);
    rig_stop (rig);
  }
  g_assert_cmpuint (count_entries ("/proc/self/task"), <=, threads + 1);
}

static void
stop_at_pad_added (GstElement *src, GstPad *pad, gpointer user_data)
{
  gst_element_set_state (((Rig *)user_data)->pipeline, GST_STATE_NULL);
  rig_log (user_data, "stopped");
}

/* The application stops the pipeline from within our signal. */
static void
test_stop_from_pad_added (void)
{
  g_autoptr (Rig) rig = rig_new ("", BRANCHES);
  g_autoptr (TestPublisher) publisher = NULL;

  g_signal_connect (rig->src, "pad-added", G_CALLBACK (stop_at_pad_added), rig);
  rig_play (rig);
  publisher = rig_publish (rig, "in");
  test_publisher_send_both (publisher, 0, 1);
  rig_wait (rig, "stopped", 1);
}

static void
stop_at_client_added (GstElement *src, guint64 id, GSocketAddress *address,
    const GstStructure *info, gpointer user_data)
{
  gst_element_set_state (((Rig *)user_data)->pipeline, GST_STATE_NULL);
  rig_log (user_data, "stopped");
}

static void
test_stop_from_client_added (void)
{
  g_autoptr (Rig) rig = rig_new ("", BRANCHES);
  g_autoptr (TestPublisher) publisher = NULL;

  g_signal_connect (rig->src, "client-added", G_CALLBACK (stop_at_client_added), rig);
  rig_play (rig);
  publisher = rig_publish (rig, "in");
  rig_wait (rig, "stopped", 1);
}

/* Live: PAUSED gives no data, and its time does not count. */
static void
test_pause_and_go_on (void)
{
  g_autoptr (Rig) rig = rig_new ("", BRANCHES);
  g_autoptr (TestPublisher) publisher = NULL;
  GstState state;

  g_assert_cmpint (
      gst_element_set_state (rig->src, GST_STATE_PAUSED), ==, GST_STATE_CHANGE_NO_PREROLL);
  g_assert_cmpint (
      gst_element_get_state (rig->src, &state, NULL, 0), ==, GST_STATE_CHANGE_NO_PREROLL);
  g_assert_cmpint (state, ==, GST_STATE_PAUSED);
  rig_play (rig);
  publisher = rig_publish (rig, "in");
  test_publisher_send_both (publisher, 0, 1);
  rig_wait (rig, "video buffer 24", 1);
  g_assert_cmpint (
      gst_element_set_state (rig->pipeline, GST_STATE_PAUSED), ==, GST_STATE_CHANGE_NO_PREROLL);
  test_publisher_send_video (publisher, 1000, TRUE, 0, 1000);
  gst_element_set_state (rig->pipeline, GST_STATE_PLAYING);
  rig_wait (rig, "video buffer 1000", 1);
}

static void
test_latency (void)
{
  g_autoptr (Rig) rig = rig_new ("latency=321", BRANCHES);
  GstQuery *query = gst_query_new_latency ();
  GstClockTime min, max;
  gboolean live;

  rig_play (rig);
  g_assert_true (gst_element_query (rig->src, query));
  gst_query_parse_latency (query, &live, &min, &max);
  g_assert_true (live);
  g_assert_cmpuint (min, ==, 321 * GST_MSECOND);
  g_assert_cmpuint (max, ==, GST_CLOCK_TIME_NONE);
  gst_query_unref (query);
}

gint
main (gint argc, gchar **argv)
{
  rig_init (&argc, &argv);
  g_test_add_func ("/src/states/latency", test_latency);
  g_test_add_func ("/src/states/idle-cycles", test_idle_cycles);
  g_test_add_data_func (
      "/src/states/cycles-null", GINT_TO_POINTER (GST_STATE_NULL), test_cycles);
  g_test_add_data_func (
      "/src/states/cycles-ready", GINT_TO_POINTER (GST_STATE_READY), test_cycles);
  g_test_add_data_func (
      "/src/states/cycles-paused", GINT_TO_POINTER (GST_STATE_PAUSED), test_cycles);
  g_test_add_func ("/src/states/stop-from-pad-added", test_stop_from_pad_added);
  g_test_add_func ("/src/states/stop-from-client-added", test_stop_from_client_added);
  g_test_add_func ("/src/states/pause-and-go-on", test_pause_and_go_on);
  return rig_run ();
}
