/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What tools/demo runs: one process, one port, two pipelines. A test picture is
 * served at live/test; what is published to live/in is transcoded and served at
 * live/out, for as long as publishers come and go.
 */
#include <gst/gst.h>
#include <glib-unix.h>

typedef struct
{
  GMainLoop *loop;
  gint port;
  gint seconds;
  GstElement *test;
  GstElement *transcode;
  gint exit_status;
} Demo;

static const gchar test_pipeline[] =
    "rtmpsink name=test port=%d application=live stream=test "
    "videotestsrc is-live=true pattern=smpte ! "
    "video/x-raw,width=1280,height=720,framerate=30/1 "
    "! x264enc tune=zerolatency speed-preset=veryfast bitrate=1500 key-int-max=60 ! test. "
    "audiotestsrc is-live=true wave=ticks volume=0.2 ! audio/x-raw,rate=44100,channels=2 "
    "! avenc_aac bitrate=96000 ! test.";

/* Publishers differ in size and rate, and players dislike changes of both: the
 * scaler, the frame rate and the resampler give every session the same form. */
static const gchar transcode_pipeline[] =
    "rtmpserversrc name=in port=%d application=live stream=in keep-listening=true "
    "rtmpsink name=out port=%d application=live stream=out "
    "in.video ! queue ! decodebin ! videoconvert ! videoscale add-borders=true ! videorate "
    "! video/x-raw,format=I420,width=854,height=480,pixel-aspect-ratio=1/1,framerate=30/1 "
    "! x264enc tune=zerolatency speed-preset=veryfast bitrate=1000 key-int-max=60 ! out. "
    "in.audio ! queue ! decodebin ! audioconvert ! audioresample "
    "! audio/x-raw,rate=44100,channels=2 ! avenc_aac bitrate=96000 ! out.";

static void
print_addresses (Demo *demo)
{
  gchar *port = demo->port == 1935 ? g_strdup ("") : g_strdup_printf (":%d", demo->port);

  g_print ("\n"
           "Running. Addresses on this machine:\n"
           "  rtmp://localhost%s/live/test   watch: a test picture and ticks, now\n"
           "  rtmp://localhost%s/live/in     publish here\n"
           "  rtmp://localhost%s/live/out    watch: what is published, as 480p\n"
           "\n"
           "  OBS      Settings > Stream > Service: Custom, Server: rtmp://localhost%s/live, "
           "Stream key: in\n"
           "  FFmpeg   ffmpeg -re -i film.mp4 -c:v libx264 -c:a aac -f flv "
           "rtmp://localhost%s/live/in\n"
           "  ffplay   ffplay rtmp://localhost%s/live/test\n"
           "\n"
           "%s\n\n",
      port, port, port, port, port, port,
      demo->seconds > 0 ? "It ends by itself; Ctrl-C ends it now." : "Ctrl-C ends it.");
  g_free (port);
}

static const gchar *
client_verb (const GstStructure *structure)
{
  static const gchar *const verbs[][2] = {
    { "client-added", "has come" },
    { "client-removed", "has left" },
    { "client-rejected", "was refused" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (verbs); i++)
    if (g_str_has_suffix (gst_structure_get_name (structure), verbs[i][0]))
      return verbs[i][1];
  return NULL;
}

static void
print_client (GstMessage *message)
{
  const GstStructure *structure = gst_message_get_structure (message);
  const gchar *verb = client_verb (structure);
  const gchar *reason = gst_structure_get_string (structure, "reason");
  gchar *stream = NULL;

  if (!verb)
    return;
  g_object_get (GST_MESSAGE_SRC (message), "stream", &stream, NULL);
  g_print ("live/%s: a client %s%s%s\n", stream ? stream : "", verb, reason ? ": " : "",
      reason ? reason : "");
  g_free (stream);
}

static gboolean
restart (gpointer user_data)
{
  GstElement *pipeline = user_data;

  gst_element_set_state (pipeline, GST_STATE_NULL);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  return G_SOURCE_REMOVE;
}

static void
print_problem (GstMessage *message)
{
  gboolean is_error = GST_MESSAGE_TYPE (message) == GST_MESSAGE_ERROR;
  GError *error = NULL;

  if (is_error)
    gst_message_parse_error (message, &error, NULL);
  else
    gst_message_parse_warning (message, &error, NULL);
  g_printerr ("%s: %s: %s\n", is_error ? "error" : "warning",
      GST_OBJECT_NAME (GST_MESSAGE_SRC (message)), error->message);
  g_clear_error (&error);
}

static gboolean
on_message (GstBus *bus, GstMessage *message, gpointer user_data)
{
  Demo *demo = user_data;

  switch (GST_MESSAGE_TYPE (message)) {
    case GST_MESSAGE_WARNING:
      print_problem (message);
      break;
    case GST_MESSAGE_ERROR:
      /* A publisher with something no decoder here understands: the next one
       * starts on a fresh pipeline. */
      print_problem (message);
      if (gst_object_has_as_ancestor (
              GST_MESSAGE_SRC (message), GST_OBJECT (demo->transcode))) {
        g_idle_add (restart, demo->transcode);
      } else {
        demo->exit_status = 1;
        g_main_loop_quit (demo->loop);
      }
      break;
    case GST_MESSAGE_ELEMENT:
      print_client (message);
      break;
    default:
      break;
  }
  return G_SOURCE_CONTINUE;
}

/* Why a pipeline did not even start: the elements have said so on its bus. */
static gboolean
start (GstElement *pipeline)
{
  GstBus *bus;
  GstMessage *message;

  if (gst_element_set_state (pipeline, GST_STATE_PLAYING) != GST_STATE_CHANGE_FAILURE)
    return TRUE;
  bus = gst_element_get_bus (pipeline);
  while ((message = gst_bus_pop_filtered (bus, GST_MESSAGE_ERROR))) {
    print_problem (message);
    gst_message_unref (message);
  }
  gst_object_unref (bus);
  return FALSE;
}

static GstElement *
make_pipeline (const gchar *format, gint port)
{
  GError *error = NULL;
  gchar *description = g_strdup_printf (format, port, port);
  GstElement *pipeline = gst_parse_launch (description, &error);

  g_free (description);
  if (error) {
    g_printerr ("error: %s\n", error->message);
    g_clear_error (&error);
    gst_clear_object (&pipeline);
  }
  return pipeline;
}

static void
watch_bus (Demo *demo, GstElement *pipeline)
{
  GstBus *bus = gst_element_get_bus (pipeline);
  gst_bus_add_watch (bus, on_message, demo);
  gst_object_unref (bus);
}

static gboolean
on_end (gpointer user_data)
{
  Demo *demo = user_data;
  g_main_loop_quit (demo->loop);
  return G_SOURCE_CONTINUE;
}

static void
stop (GstElement *pipeline)
{
  GstBus *bus = gst_element_get_bus (pipeline);
  gst_bus_remove_watch (bus);
  gst_object_unref (bus);
  gst_element_set_state (pipeline, GST_STATE_NULL);
}

static gboolean
run (Demo *demo)
{
  if (!start (demo->test) || !start (demo->transcode))
    return FALSE;
  print_addresses (demo);
  watch_bus (demo, demo->test);
  watch_bus (demo, demo->transcode);
  g_unix_signal_add (SIGINT, on_end, demo);
  g_unix_signal_add (SIGTERM, on_end, demo);
  if (demo->seconds > 0)
    g_timeout_add_seconds (demo->seconds, on_end, demo);
  g_main_loop_run (demo->loop);
  g_print ("Ending.\n");
  return TRUE;
}

int
main (int argc, char **argv)
{
  Demo demo = { .port = 1935 };
  GOptionEntry entries[] = { { "port", 0, 0, G_OPTION_ARG_INT, &demo.port,
                                 "port to listen on, 1935", "PORT" },
    { "seconds", 0, 0, G_OPTION_ARG_INT, &demo.seconds, "end after that time", "N" },
    G_OPTION_ENTRY_NULL };
  GOptionContext *context = g_option_context_new (NULL);
  GError *error = NULL;

  g_option_context_add_main_entries (context, entries, NULL);
  g_option_context_add_group (context, gst_init_get_option_group ());
  if (!g_option_context_parse (context, &argc, &argv, &error)) {
    g_printerr ("error: %s\n", error->message);
    return 2;
  }
  g_option_context_free (context);

  demo.loop = g_main_loop_new (NULL, FALSE);
  demo.test = make_pipeline (test_pipeline, demo.port);
  demo.transcode = demo.test ? make_pipeline (transcode_pipeline, demo.port) : NULL;
  if (!demo.transcode || !run (&demo))
    demo.exit_status = 1;
  if (demo.test)
    stop (demo.test);
  if (demo.transcode)
    stop (demo.transcode);
  gst_clear_object (&demo.test);
  gst_clear_object (&demo.transcode);
  g_main_loop_unref (demo.loop);
  return demo.exit_status;
}
