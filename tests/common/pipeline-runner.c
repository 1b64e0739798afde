/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Runs a pipeline for a test program and tells it, one JSON object a line, all
 * that happens: ports, buffers (hash, times), caps, events, messages. Takes
 * commands on stdin; the end of stdin stops it, so it never outlives a test.
 *
 * The last object is "end", with the number of open descriptors and threads
 * after the pipeline went to NULL, to compare with those before it.
 */
#include <gst/gst.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef struct
{
  GstElement *pipeline;
  GMainLoop *loop;
  gchar **logged;
  gchar **refused;
  gboolean keep, same_port, hash;
  gint exit_status;
} Runner;

/* One watched pad. Its streaming thread is the only user. */
typedef struct
{
  gchar *name;
  gboolean hash;
  GstSegment segment;
} Watch;

static void
add_string (GString *line, const gchar *key, const gchar *value)
{
  g_string_append_printf (line, ",\"%s\":", key);
  if (!value) {
    g_string_append (line, "null");
    return;
  }
  g_string_append_c (line, '"');
  for (; *value; value++) {
    if (*value == '"' || *value == '\\')
      g_string_append_printf (line, "\\%c", *value);
    else if ((guchar)*value < 0x20)
      g_string_append_printf (line, "\\u%04x", *value);
    else
      g_string_append_c (line, *value);
  }
  g_string_append_c (line, '"');
}

static void
add_number (GString *line, const gchar *key, gint64 value)
{
  g_string_append_printf (line, ",\"%s\":%" G_GINT64_FORMAT, key, value);
}

/* Running time, negative before the segment's start. */
static void
add_time (GString *line, const gchar *key, const GstSegment *segment, GstClockTime time)
{
  guint64 running = 0;
  gint sign = gst_segment_to_running_time_full (segment, GST_FORMAT_TIME, time, &running);

  if (sign != 0)
    add_number (line, key, sign * (gint64)running);
  else
    g_string_append_printf (line, ",\"%s\":null", key);
}

static GString *
begin (const gchar *type)
{
  GString *line = g_string_new ("{\"t\":");
  g_string_append_printf (line, "\"%s\"", type);
  return line;
}

/* One write a line: lines of several threads do not mix. */
static void
finish (GString *line)
{
  g_string_append (line, "}\n");
  fputs (line->str, stdout);
  fflush (stdout);
  g_string_free (line, TRUE);
}

static void
log_buffer (Watch *watch, GstBuffer *buffer)
{
  GString *line = begin ("buffer");

  add_string (line, "at", watch->name);
  add_time (line, "pts", &watch->segment, GST_BUFFER_PTS (buffer));
  add_time (line, "dts", &watch->segment, GST_BUFFER_DTS (buffer));
  add_number (line, "size", (gint64)gst_buffer_get_size (buffer));
  add_number (line, "flags", GST_BUFFER_FLAGS (buffer));
  add_number (line, "key", !GST_BUFFER_FLAG_IS_SET (buffer, GST_BUFFER_FLAG_DELTA_UNIT));
  add_number (line, "discont", GST_BUFFER_FLAG_IS_SET (buffer, GST_BUFFER_FLAG_DISCONT));
  if (watch->hash) {
    GstMapInfo map;
    if (gst_buffer_map (buffer, &map, GST_MAP_READ)) {
      gchar *hash = g_compute_checksum_for_data (G_CHECKSUM_SHA256, map.data, map.size);
      add_string (line, "sha256", hash);
      g_free (hash);
      gst_buffer_unmap (buffer, &map);
    }
  }
  finish (line);
}

static gboolean
log_list_buffer (GstBuffer **buffer, guint index, gpointer watch)
{
  log_buffer (watch, *buffer);
  return TRUE;
}

static void
log_event (Watch *watch, GstEvent *event)
{
  GString *line = begin ("event");
  const GstStructure *structure = gst_event_get_structure (event);
  gchar *text = structure ? gst_structure_to_string (structure) : NULL;

  add_string (line, "at", watch->name);
  add_string (line, "event", GST_EVENT_TYPE_NAME (event));
  if (GST_EVENT_TYPE (event) == GST_EVENT_SEGMENT)
    gst_event_copy_segment (event, &watch->segment);
  if (GST_EVENT_TYPE (event) == GST_EVENT_CAPS) {
    GstCaps *caps;
    gst_event_parse_caps (event, &caps);
    g_free (text);
    text = gst_caps_to_string (caps);
  }
  add_string (line, "text", text);
  finish (line);
  g_free (text);
}

static GstPadProbeReturn
on_data (GstPad *pad, GstPadProbeInfo *info, gpointer user_data)
{
  if (GST_PAD_PROBE_INFO_TYPE (info) & GST_PAD_PROBE_TYPE_BUFFER)
    log_buffer (user_data, GST_PAD_PROBE_INFO_BUFFER (info));
  else if (GST_PAD_PROBE_INFO_TYPE (info) & GST_PAD_PROBE_TYPE_BUFFER_LIST)
    gst_buffer_list_foreach (GST_PAD_PROBE_INFO_BUFFER_LIST (info), log_list_buffer, user_data);
  else
    log_event (user_data, GST_PAD_PROBE_INFO_EVENT (info));
  return GST_PAD_PROBE_OK;
}

static void
watch_free (gpointer data)
{
  Watch *watch = data;
  g_free (watch->name);
  g_free (watch);
}

/* @name: an element with a static pad "sink", or else "src". */
static gboolean
watch_element (Runner *runner, const gchar *name)
{
  GstElement *element = gst_bin_get_by_name (GST_BIN (runner->pipeline), name);
  GstPad *pad = element ? gst_element_get_static_pad (element, "sink") : NULL;

  if (element && !pad)
    pad = gst_element_get_static_pad (element, "src");
  if (pad) {
    Watch *watch = g_new0 (Watch, 1);
    watch->name = g_strdup (name);
    watch->hash = runner->hash;
    gst_segment_init (&watch->segment, GST_FORMAT_TIME);
    gst_pad_add_probe (pad,
        GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_BUFFER_LIST |
            GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM,
        on_data, watch, watch_free);
  }
  gst_clear_object (&element);
  g_clear_pointer (&pad, gst_object_unref);
  return TRUE;
}

static gboolean
on_client_connecting (GstElement *element, gpointer address, const gchar *application,
    const gchar *stream, gpointer info, gpointer user_data)
{
  Runner *runner = user_data;
  GString *line = begin ("connecting");
  gboolean refused = stream && runner->refused &&
                     g_strv_contains ((const gchar *const *)runner->refused, stream);

  add_string (line, "element", GST_ELEMENT_NAME (element));
  add_string (line, "application", application);
  add_string (line, "stream", stream);
  finish (line);
  return !refused;
}

static void
report_pad (const gchar *type, GstElement *element, GstPad *pad)
{
  GString *line = begin (type);
  add_string (line, "element", GST_ELEMENT_NAME (element));
  add_string (line, "pad", GST_PAD_NAME (pad));
  finish (line);
}

/* gst_parse_launch() links a sometimes pad once; after a restart it is up to the
 * application: "video" goes to the logged element "v" again, "audio" to "a". */
static void
on_pad_added (GstElement *element, GstPad *pad, gpointer user_data)
{
  Runner *runner = user_data;
  gchar name[] = { GST_PAD_NAME (pad)[0], '\0' };
  GstElement *target = gst_bin_get_by_name (GST_BIN (runner->pipeline), name);
  GstPad *sink = target ? gst_element_get_static_pad (target, "sink") : NULL;

  report_pad ("pad-added", element, pad);
  if (sink && !gst_pad_is_linked (pad) && !gst_pad_is_linked (sink))
    gst_pad_link (pad, sink);
  g_clear_pointer (&sink, gst_object_unref);
  gst_clear_object (&target);
}

static void
on_pad_removed (GstElement *element, GstPad *pad, gpointer user_data)
{
  report_pad ("pad-removed", element, pad);
}

static gboolean
is_ours (GstElement *element)
{
  return g_object_class_find_property (G_OBJECT_GET_CLASS (element), "current-port") &&
         g_object_class_find_property (G_OBJECT_GET_CLASS (element), "application");
}

static GList *
our_elements (Runner *runner)
{
  GstIterator *it = gst_bin_iterate_recurse (GST_BIN (runner->pipeline));
  GValue item = G_VALUE_INIT;
  GList *list = NULL;

  while (gst_iterator_next (it, &item) == GST_ITERATOR_OK) {
    if (is_ours (g_value_get_object (&item)))
      list = g_list_prepend (list, g_value_dup_object (&item));
    g_value_reset (&item);
  }
  g_value_unset (&item);
  gst_iterator_free (it);
  return list;
}

/* Elements are listening in READY: that is when their ports are known. */
static gint
element_port (GstElement *element)
{
  gint port = 0;
  g_object_get (element, "current-port", &port, NULL);
  return port;
}

static void
report_ports (Runner *runner)
{
  GList *list = our_elements (runner);
  for (GList *l = list; l; l = l->next) {
    GString *line = begin ("port");
    add_string (line, "element", GST_ELEMENT_NAME (l->data));
    add_number (line, "port", element_port (l->data));
    finish (line);
  }
  g_list_free_full (list, gst_object_unref);
}

static void
prepare_elements (Runner *runner)
{
  GList *list = our_elements (runner);
  gint port = 0;

  for (GList *l = list; l; l = l->next) {
    GstElement *element = l->data;
    if (runner->refused)
      g_signal_connect (
          element, "client-connecting", G_CALLBACK (on_client_connecting), runner);
    g_signal_connect (element, "pad-added", G_CALLBACK (on_pad_added), runner);
    g_signal_connect (element, "pad-removed", G_CALLBACK (on_pad_removed), runner);
    if (!runner->same_port)
      continue;
    if (port)
      g_object_set (element, "port", port, NULL);
    gst_element_set_state (element, GST_STATE_READY);
    port = element_port (element);
  }
  g_list_free_full (list, gst_object_unref);
}

static void
report_state (Runner *runner, GstState state)
{
  GstStateChangeReturn result = gst_element_set_state (runner->pipeline, state);
  GString *line = begin ("state");
  add_string (line, "state", gst_element_state_get_name (state));
  add_string (line, "result", gst_element_state_change_return_get_name (result));
  finish (line);
}

static void
report_property (GstElement *element, const gchar *name)
{
  GValue value = G_VALUE_INIT;
  GString *line = begin ("property");
  gchar *text;

  g_object_get_property (G_OBJECT (element), name, &value);
  text = gst_value_serialize (&value);
  if (!text)
    text = g_strdup_value_contents (&value);
  add_string (line, "element", GST_ELEMENT_NAME (element));
  add_string (line, "name", name);
  add_string (line, "value", text);
  finish (line);
  g_free (text);
  g_value_unset (&value);
}

static void
command_element (Runner *runner, gchar **words)
{
  GstElement *element = gst_bin_get_by_name (GST_BIN (runner->pipeline), words[1]);

  if (!element)
    g_error ("no element %s", words[1]);
  if (strcmp (words[0], "get") == 0)
    report_property (element, words[2]);
  else if (strcmp (words[0], "set") == 0)
    gst_util_set_object_arg (G_OBJECT (element), words[2], words[3]);
  else if (strcmp (words[0], "element-state") == 0)
    gst_element_set_state (element, (GstState)atoi (words[2]));
  else if (strcmp (words[0], "disconnect") == 0)
    g_signal_emit_by_name (
        element, "disconnect-client", g_ascii_strtoull (words[2], NULL, 10), NULL);
  gst_object_unref (element);
}

static void
command (Runner *runner, const gchar *text)
{
  gchar **words = g_strsplit (text, " ", 4);
  guint n = g_strv_length (words);

  if (strcmp (text, "eos") == 0)
    gst_element_send_event (runner->pipeline, gst_event_new_eos ());
  else if (strcmp (text, "stop") == 0)
    g_main_loop_quit (runner->loop);
  else if (n == 2 && strcmp (words[0], "state") == 0)
    report_state (runner, (GstState)atoi (words[1]));
  else if (strcmp (text, "ports") == 0)
    report_ports (runner);
  else if (n >= 3)
    command_element (runner, words);
  g_strfreev (words);
}

static gboolean
on_stdin (GIOChannel *channel, GIOCondition condition, gpointer user_data)
{
  Runner *runner = user_data;
  gchar *text = NULL;
  GIOStatus status = g_io_channel_read_line (channel, &text, NULL, NULL, NULL);

  if (status != G_IO_STATUS_NORMAL) {
    g_main_loop_quit (runner->loop);
    return G_SOURCE_REMOVE;
  }
  command (runner, g_strchomp (text));
  g_free (text);
  return G_SOURCE_CONTINUE;
}

static void
report_problem (Runner *runner, GstMessage *message)
{
  gboolean is_error = GST_MESSAGE_TYPE (message) == GST_MESSAGE_ERROR;
  GString *line = begin (is_error ? "error" : "warning");
  GError *error = NULL;
  gchar *debug = NULL;

  if (is_error)
    gst_message_parse_error (message, &error, &debug);
  else
    gst_message_parse_warning (message, &error, &debug);
  add_string (line, "from", GST_OBJECT_NAME (GST_MESSAGE_SRC (message)));
  add_string (line, "domain", g_quark_to_string (error->domain));
  add_number (line, "code", error->code);
  add_string (line, "text", error->message);
  add_string (line, "debug", debug);
  finish (line);
  g_clear_error (&error);
  g_free (debug);
  if (is_error && !runner->keep) {
    runner->exit_status = 1;
    g_main_loop_quit (runner->loop);
  }
}

static void
report_element_message (GstMessage *message)
{
  GString *line = begin ("message");
  gchar *text = gst_structure_to_string (gst_message_get_structure (message));
  add_string (line, "from", GST_OBJECT_NAME (GST_MESSAGE_SRC (message)));
  add_string (line, "text", text);
  finish (line);
  g_free (text);
}

static gboolean
on_message (GstBus *bus, GstMessage *message, gpointer user_data)
{
  Runner *runner = user_data;

  switch (GST_MESSAGE_TYPE (message)) {
    case GST_MESSAGE_ERROR:
    case GST_MESSAGE_WARNING:
      report_problem (runner, message);
      break;
    case GST_MESSAGE_EOS:
      finish (begin ("eos"));
      if (!runner->keep)
        g_main_loop_quit (runner->loop);
      break;
    case GST_MESSAGE_ELEMENT:
      report_element_message (message);
      break;
    case GST_MESSAGE_LATENCY:
      gst_bin_recalculate_latency (GST_BIN (runner->pipeline));
      break;
    default:
      break;
  }
  return G_SOURCE_CONTINUE;
}

static gint
compare_names (const gchar **a, const gchar **b)
{
  return strcmp (*a, *b);
}

/* Names of all threads but the calling one, sorted. */
static gchar *
list_threads (void)
{
  DIR *dir = opendir ("/proc/self/task");
  GPtrArray *names = g_ptr_array_new_with_free_func (g_free);
  struct dirent *entry;
  gchar *list;

  while (dir && (entry = readdir (dir))) {
    gchar *path = g_strdup_printf ("/proc/self/task/%s/comm", entry->d_name);
    gchar *name;
    if (entry->d_name[0] != '.' && atoi (entry->d_name) != getpid () &&
        g_file_get_contents (path, &name, NULL, NULL))
      g_ptr_array_add (names, g_strchomp (name));
    g_free (path);
  }
  g_clear_pointer (&dir, closedir);
  g_ptr_array_sort (names, (GCompareFunc)compare_names);
  g_ptr_array_add (names, NULL);
  list = g_strjoinv (" ", (gchar **)names->pdata);
  g_ptr_array_unref (names);
  return list;
}

static gint
count_entries (const gchar *folder)
{
  DIR *dir = opendir (folder);
  gint count = -2;

  if (!dir)
    return 0;
  while (readdir (dir))
    count++;
  closedir (dir);
  return count;
}

static void
report_resources (const gchar *type)
{
  GString *line = begin (type);
  gchar *threads = list_threads ();
  add_number (line, "descriptors", count_entries ("/proc/self/fd"));
  add_string (line, "threads", threads);
  finish (line);
  g_free (threads);
}

static void
run (Runner *runner)
{
  GIOChannel *channel = g_io_channel_unix_new (0);
  GstBus *bus = gst_element_get_bus (runner->pipeline);

  g_io_channel_set_encoding (channel, NULL, NULL);
  runner->loop = g_main_loop_new (NULL, FALSE);
  gst_bus_add_watch (bus, on_message, runner);
  prepare_elements (runner);
  for (gchar **name = runner->logged; name && *name; name++)
    watch_element (runner, *name);
  report_state (runner, GST_STATE_READY);
  report_ports (runner);
  report_state (runner, GST_STATE_PLAYING);
  g_io_add_watch (channel, G_IO_IN | G_IO_HUP, on_stdin, runner);
  g_main_loop_run (runner->loop);

  gst_element_set_state (runner->pipeline, GST_STATE_NULL);
  gst_bus_remove_watch (bus);
  gst_object_unref (bus);
  g_io_channel_unref (channel);
  g_main_loop_unref (runner->loop);
}

int
main (int argc, char **argv)
{
  Runner runner = { .hash = TRUE };
  gboolean no_hash = FALSE;
  GOptionEntry entries[] = { { "log", 0, 0, G_OPTION_ARG_STRING_ARRAY, &runner.logged,
                                 "element to watch", "NAME" },
    { "refuse", 0, 0, G_OPTION_ARG_STRING_ARRAY, &runner.refused, "key to refuse", "KEY" },
    { "same-port", 0, 0, G_OPTION_ARG_NONE, &runner.same_port, "one port for all", NULL },
    { "keep", 0, 0, G_OPTION_ARG_NONE, &runner.keep, "go on after EOS and errors", NULL },
    { "no-hash", 0, 0, G_OPTION_ARG_NONE, &no_hash, "do not hash buffers", NULL },
    G_OPTION_ENTRY_NULL };
  GOptionContext *context = g_option_context_new ("PIPELINE");
  GError *error = NULL;
  gchar *description;

  g_option_context_add_main_entries (context, entries, NULL);
  g_option_context_add_group (context, gst_init_get_option_group ());
  if (!g_option_context_parse (context, &argc, &argv, &error))
    g_error ("%s", error->message);
  g_option_context_free (context);
  runner.hash = !no_hash;
  description = g_strjoinv (" ", argv + 1);
  runner.pipeline = gst_parse_launch (description, &error);
  g_free (description);
  if (error) {
    GString *line = begin ("error");
    add_string (line, "text", error->message);
    finish (line);
    return 2;
  }
  report_resources ("begin");
  run (&runner);
  gst_object_unref (runner.pipeline);
  report_resources ("end");
  return runner.exit_status;
}
