/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * bench-server: the process whose CPU and memory the benchmark measures when it
 * is ours, or GStreamer's.
 *
 *   bench-server pipeline DESCRIPTION [--media FILE] [--speed X] [--warm S] [--seconds S]
 *
 * Runs a pipeline and counts what reaches its fakesinks. With --media, elements
 * named "video" and "audio" (identity) are fed. Prints one JSON line when it runs
 * and one with what was measured after --warm for --seconds (0: until SIGTERM).
 *
 *   bench-server relay [--keys N] [--flush-ms N]
 *
 * Runs the server core: see bench-relay.c.
 *
 * Exit status 77: what is asked for is not built.
 */
#include <glib-unix.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "bench-proc.h"
#include "bench-server.h"

typedef struct
{
  GMainLoop *loop;
  GstElement *pipeline;
  BenchMedia *media;
  BenchFeed *feed;
  BenchTally sinks, fed;             /* running */
  BenchTally sinks_start, fed_start; /* at the window's begin */
  BenchUsage usage_before, usage;
  guint64 cpu_start_us;
  gint64 window_start_us;
  gint status;
  gdouble warm_s, seconds;
} Bench;

static gboolean
on_quit (gpointer user_data)
{
  Bench *bench = user_data;

  g_main_loop_quit (bench->loop);
  return G_SOURCE_CONTINUE;
}

static gboolean
on_window (gpointer user_data)
{
  Bench *bench = user_data;

  bench_tally_read (&bench->sinks, &bench->sinks_start);
  bench_tally_read (&bench->fed, &bench->fed_start);
  bench->cpu_start_us = bench_own_cpu_us ();
  bench->window_start_us = g_get_monotonic_time ();
  if (bench->seconds > 0)
    g_timeout_add (bench->seconds * 1000, on_quit, bench);
  return G_SOURCE_REMOVE;
}

static gboolean
on_bus (GstBus *bus, GstMessage *message, gpointer user_data)
{
  Bench *bench = user_data;
  GError *error = NULL;
  gchar *debug = NULL;

  if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_ERROR) {
    gst_message_parse_error (message, &error, &debug);
    fprintf (stderr, "bench-server: %s: %s (%s)\n", GST_MESSAGE_SRC_NAME (message),
        error->message, debug);
    g_clear_error (&error);
    g_free (debug);
    bench->status = 1;
    g_main_loop_quit (bench->loop);
  } else if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_EOS) {
    g_main_loop_quit (bench->loop);
  }
  return G_SOURCE_CONTINUE;
}

static void
print_tally (const gchar *name, BenchTally *tally, const BenchTally *start)
{
  BenchTally now;

  bench_tally_read (tally, &now);
  printf ("\"%s\":{\"payload_bytes\":%" G_GUINT64_FORMAT ",\"messages\":%" G_GUINT64_FORMAT
          ",\"unstamped\":%" G_GUINT64_FORMAT ",\"missing\":%" G_GUINT64_FORMAT
          ",\"reordered\":%" G_GUINT64_FORMAT "},",
      name, now.bytes - start->bytes, now.buffers - start->buffers, now.unstamped, now.missing,
      now.reordered);
}

static void
print_report (Bench *bench)
{
  gboolean measured = bench->window_start_us > 0;
  gdouble cpu_s = measured ? (bench_own_cpu_us () - bench->cpu_start_us) / 1e6 : 0;
  gdouble seconds = measured ? (g_get_monotonic_time () - bench->window_start_us) / 1e6 : 0;
  BenchPids self = { { getpid () }, 1 };

  bench_usage_read (&self, &bench->usage);
  printf ("{\"mode\":\"pipeline\",\"seconds\":%.6f,\"cpu_s\":%.6f,", seconds, cpu_s);
  print_tally ("sinks", &bench->sinks, &bench->sinks_start);
  print_tally ("fed", &bench->fed, &bench->fed_start);
  printf ("\"rss_before_kib\":%" G_GUINT64_FORMAT ",\"rss_kib\":%" G_GUINT64_FORMAT
          ",\"threads\":%" G_GUINT64_FORMAT "}\n",
      bench->usage_before.rss_kib, bench->usage.rss_kib, bench->usage.threads);
  fflush (stdout);
}

static gboolean
start (Bench *bench)
{
  BenchPids self = { { getpid () }, 1 };
  GstBus *bus = gst_element_get_bus (bench->pipeline);

  gst_bus_add_watch (bus, on_bus, bench);
  gst_object_unref (bus);
  bench_tally_watch (&bench->sinks, bench->pipeline);
  if (gst_element_set_state (bench->pipeline, GST_STATE_PLAYING) == GST_STATE_CHANGE_FAILURE) {
    /* the bus says why */
    g_main_context_iteration (NULL, FALSE);
    return FALSE;
  }
  if (bench->feed)
    bench_feed_start (bench->feed);
  bench_usage_read (&self, &bench->usage_before);
  printf ("{\"event\":\"ready\",\"pid\":%d}\n", getpid ());
  fflush (stdout);
  g_timeout_add (bench->warm_s * 1000, on_window, bench);
  g_unix_signal_add (SIGTERM, on_quit, bench);
  g_unix_signal_add (SIGINT, on_quit, bench);
  return TRUE;
}

/* gst_parse_launch of GStreamer 1.22 crashes when a missing element is linked by name. */
static gboolean
elements_exist (const gchar *description)
{
  gchar **words = g_strsplit (description, " ", -1);
  gboolean all = TRUE;

  for (guint i = 0; words[i]; i++) {
    GstElementFactory *factory;

    if (!g_str_has_prefix (words[i], "rtmp") || strchr (words[i], '='))
      continue;
    factory = gst_element_factory_find (words[i]);
    if (!factory)
      fprintf (stderr, "bench-server: no element %s\n", words[i]);
    all = all && factory;
    gst_clear_object (&factory);
  }
  g_strfreev (words);
  return all;
}

static int
run_pipeline (Bench *bench, const gchar *description, gdouble speed)
{
  GError *error = NULL;

  if (!elements_exist (description))
    return 77;
  bench->pipeline =
      gst_parse_launch_full (description, NULL, GST_PARSE_FLAG_FATAL_ERRORS, &error);
  if (!bench->pipeline) {
    fprintf (stderr, "bench-server: %s\n", error->message);
    g_clear_error (&error);
    return 1;
  }
  if (bench->media &&
      !(bench->feed = bench_feed_new (bench->pipeline, bench->media, speed, &bench->fed))) {
    fprintf (stderr, "bench-server: --media needs elements named video and audio\n");
    return 2;
  }
  bench->loop = g_main_loop_new (NULL, FALSE);
  if (start (bench)) {
    g_main_loop_run (bench->loop);
    print_report (bench);
  } else {
    bench->status = 1;
  }
  gst_element_set_state (bench->pipeline, GST_STATE_NULL);
  if (bench->feed)
    bench_feed_free (bench->feed);
  gst_object_unref (bench->pipeline);
  g_main_loop_unref (bench->loop);
  return bench->status;
}

static int
run_relay (gint n_keys, gint flush_ms)
{
  return bench_relay_run (n_keys, flush_ms);
}

int
main (int argc, char **argv)
{
  static Bench bench;
  gchar *media_path = NULL, *mode;
  gdouble speed = 1;
  gint n_keys = 1, flush_ms = 0;
  GOptionEntry entries[] = {
    { "media", 0, 0, G_OPTION_ARG_FILENAME, &media_path, "feed this FLV file", "FILE" },
    { "speed", 0, 0, G_OPTION_ARG_DOUBLE, &speed, "times real time; 0: no pace", "X" },
    { "warm", 0, 0, G_OPTION_ARG_DOUBLE, &bench.warm_s, "seconds before measuring", "S" },
    { "seconds", 0, 0, G_OPTION_ARG_DOUBLE, &bench.seconds, "of measuring", "S" },
    { "keys", 0, 0, G_OPTION_ARG_INT, &n_keys, "streams of the relay", "N" },
    { "flush-ms", 0, 0, G_OPTION_ARG_INT, &flush_ms, "of the relay", "N" },
    { NULL },
  };
  GOptionContext *context = g_option_context_new ("relay | pipeline DESCRIPTION");
  GError *error = NULL;
  int status = 2;

  g_option_context_add_main_entries (context, entries, NULL);
  mode = g_option_context_parse (context, &argc, &argv, &error) && argc > 1 ? argv[1] : NULL;
  if (g_strcmp0 (mode, "relay") == 0 && argc == 2) {
    status = run_relay (n_keys, flush_ms);
  } else if (g_strcmp0 (mode, "pipeline") == 0 && argc == 3) {
    gst_init (NULL, NULL);
    if (media_path)
      bench.media = bench_media_load (media_path, 0xffffff);
    status = media_path && !bench.media ? 2 : run_pipeline (&bench, argv[2], speed);
  } else {
    fprintf (stderr, "bench-server relay | pipeline DESCRIPTION (see --help)%s%s\n",
        error ? ": " : "", error ? error->message : "");
  }
  bench_media_free (bench.media);
  g_clear_error (&error);
  g_option_context_free (context);
  g_free (media_path);
  return status;
}
