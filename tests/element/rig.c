/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rig.h"
#include "protocol/rtmp-bytes.h"

#define TIMEOUT_S 20

static void
add_line (Rig *rig, gchar *line)
{
  g_mutex_lock (&rig->lock);
  g_ptr_array_add (rig->log, line);
  g_cond_broadcast (&rig->changed);
  g_mutex_unlock (&rig->lock);
}

void
rig_log (Rig *rig, const gchar *format, ...)
{
  va_list args;

  va_start (args, format);
  add_line (rig, g_strdup_vprintf (format, args));
  va_end (args);
}

/* ---- pads --------------------------------------------------------------- */

static void
log_caps (Rig *rig, const gchar *name, GstCaps *caps)
{
  const GstStructure *structure = gst_caps_get_structure (caps, 0);
  gint a = 0, b = 0;

  if (gst_structure_get_int (structure, "width", &a) &&
      gst_structure_get_int (structure, "height", &b))
    rig_log (rig, "%s caps %dx%d", name, a, b);
  else
    rig_log (rig, "%s caps %s", name, gst_structure_get_name (structure));
}

static void
log_custom (Rig *rig, const gchar *name, GstEvent *event)
{
  const GstStructure *structure = gst_event_get_structure (event);

  if (gst_structure_has_name (structure, "GstRtmpMetaData"))
    rig_log (rig, "%s metadata %s", name, gst_structure_get_string (structure, "encoder"));
  else
    rig_log (rig, "%s data %s", name, gst_structure_get_string (structure, "name"));
}

static void
log_event (Rig *rig, const gchar *name, GstEvent *event)
{
  GstCaps *caps;

  switch (GST_EVENT_TYPE (event)) {
    case GST_EVENT_CAPS:
      gst_event_parse_caps (event, &caps);
      log_caps (rig, name, caps);
      break;
    case GST_EVENT_CUSTOM_DOWNSTREAM:
    case GST_EVENT_CUSTOM_DOWNSTREAM_STICKY:
      log_custom (rig, name, event);
      break;
    default:
      rig_log (rig, "%s %s", name, GST_EVENT_TYPE_NAME (event));
      break;
  }
}

static void
log_buffer (Rig *rig, const gchar *name, GstBuffer *buffer)
{
  gboolean video = g_str_has_prefix (name, "video");
  RigBuffer entry = { video, 0, GST_BUFFER_PTS (buffer), GST_BUFFER_DTS (buffer) };
  guint8 number[4] = { 0 };

  gst_buffer_extract (buffer, video ? 6 : 0, number, sizeof number);
  entry.number = rtmp_get_u32 (number);
  g_mutex_lock (&rig->lock);
  g_array_append_val (rig->buffers, entry);
  g_mutex_unlock (&rig->lock);
  rig_log (rig, "%s buffer %u%s%s", name, entry.number,
      GST_BUFFER_FLAG_IS_SET (buffer, GST_BUFFER_FLAG_DISCONT) ? " discont" : "",
      GST_BUFFER_FLAG_IS_SET (buffer, GST_BUFFER_FLAG_DELTA_UNIT) ? " delta" : "");
}

static GstPadProbeReturn
on_data (GstPad *pad, GstPadProbeInfo *info, gpointer user_data)
{
  if (info->type & GST_PAD_PROBE_TYPE_BUFFER)
    log_buffer (user_data, GST_PAD_NAME (pad), GST_PAD_PROBE_INFO_BUFFER (info));
  else
    log_event (user_data, GST_PAD_NAME (pad), GST_PAD_PROBE_INFO_EVENT (info));
  return GST_PAD_PROBE_OK;
}

static void
on_pad_added (GstElement *src, GstPad *pad, gpointer user_data)
{
  rig_log (user_data, "%s pad", GST_PAD_NAME (pad));
  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM,
      on_data, user_data, NULL);
}

static void
on_no_more_pads (GstElement *src, gpointer user_data)
{
  rig_log (user_data, "no-more-pads");
}

/* ---- bus ---------------------------------------------------------------- */

static void
log_text (Rig *rig, GstMessage *message, const gchar *kind,
    void (*parse) (GstMessage *, GError **, gchar **))
{
  g_autoptr (GError) error = NULL;

  parse (message, &error, NULL);
  rig_log (rig, "%s: %s", kind, error->message);
}

static GstBusSyncReply
on_message (GstBus *bus, GstMessage *message, gpointer user_data)
{
  Rig *rig = user_data;

  switch (GST_MESSAGE_TYPE (message)) {
    case GST_MESSAGE_EOS:
      if (GST_MESSAGE_SRC (message) == GST_OBJECT (rig->pipeline))
        rig_log (rig, "eos");
      break;
    case GST_MESSAGE_ERROR:
      log_text (rig, message, "error", gst_message_parse_error);
      break;
    case GST_MESSAGE_WARNING:
      log_text (rig, message, "warning", gst_message_parse_warning);
      break;
    case GST_MESSAGE_ELEMENT:
      rig_log (rig, "%s", gst_structure_get_name (gst_message_get_structure (message)));
      break;
    default:
      break;
  }
  gst_message_unref (message);
  return GST_BUS_DROP;
}

/* ---- rig ---------------------------------------------------------------- */

Rig *
rig_new (const gchar *properties, const gchar *branches)
{
  Rig *rig = g_new0 (Rig, 1);
  g_autofree gchar *line = g_strdup_printf (
      "rtmpserversrc name=s host=127.0.0.1 port=0 %s %s", properties, branches);
  g_autoptr (GError) error = NULL;
  g_autoptr (GstBus) bus = NULL;

  g_mutex_init (&rig->lock);
  g_cond_init (&rig->changed);
  rig->log = g_ptr_array_new_with_free_func (g_free);
  rig->buffers = g_array_new (FALSE, FALSE, sizeof (RigBuffer));
  rig->pipeline = gst_parse_launch (line, &error);
  g_assert_no_error (error);
  if (!GST_IS_PIPELINE (rig->pipeline)) {
    GstElement *pipeline = gst_pipeline_new (NULL);

    gst_bin_add (GST_BIN (pipeline), rig->pipeline);
    rig->pipeline = pipeline;
  }
  rig->src = gst_bin_get_by_name (GST_BIN (rig->pipeline), "s");
  gst_object_unref (rig->src);
  g_signal_connect (rig->src, "pad-added", G_CALLBACK (on_pad_added), rig);
  g_signal_connect (rig->src, "no-more-pads", G_CALLBACK (on_no_more_pads), rig);
  bus = gst_element_get_bus (rig->pipeline);
  gst_bus_set_sync_handler (bus, on_message, rig, NULL);
  return rig;
}

void
rig_play (Rig *rig)
{
  gint port;

  g_assert_cmpint (
      gst_element_set_state (rig->pipeline, GST_STATE_PLAYING), !=, GST_STATE_CHANGE_FAILURE);
  g_object_get (rig->src, "current-port", &port, NULL);
  g_assert_cmpint (port, >, 0);
  rig->port = port;
}

void
rig_stop (Rig *rig)
{
  g_assert_cmpint (
      gst_element_set_state (rig->pipeline, GST_STATE_NULL), ==, GST_STATE_CHANGE_SUCCESS);
}

void
rig_free (Rig *rig)
{
  g_autoptr (GstBus) bus = gst_element_get_bus (rig->pipeline);

  rig_stop (rig);
  gst_bus_set_sync_handler (bus, NULL, NULL, NULL);
  gst_object_unref (rig->pipeline);
  g_ptr_array_unref (rig->log);
  g_array_unref (rig->buffers);
  g_cond_clear (&rig->changed);
  g_mutex_clear (&rig->lock);
  g_free (rig);
}

TestPublisher *
rig_publish (Rig *rig, const gchar *key)
{
  return test_publisher_new (rig->port, "live", key);
}

/* ---- log ---------------------------------------------------------------- */

static guint
count_locked (Rig *rig, const gchar *begin)
{
  guint i, n = 0;

  for (i = 0; i < rig->log->len; i++)
    n += g_str_has_prefix (g_ptr_array_index (rig->log, i), begin);
  return n;
}

guint
rig_count (Rig *rig, const gchar *begin)
{
  guint n;

  g_mutex_lock (&rig->lock);
  n = count_locked (rig, begin);
  g_mutex_unlock (&rig->lock);
  return n;
}

static void
print_log (Rig *rig)
{
  guint i;

  for (i = rig->log->len > 60 ? rig->log->len - 60 : 0; i < rig->log->len; i++)
    g_printerr ("  %s\n", (gchar *)g_ptr_array_index (rig->log, i));
}

void
rig_wait (Rig *rig, const gchar *begin, guint n)
{
  gint64 deadline = g_get_monotonic_time () + TIMEOUT_S * G_TIME_SPAN_SECOND;
  gboolean in_time = TRUE;

  g_mutex_lock (&rig->lock);
  while (count_locked (rig, begin) < n && in_time)
    in_time = g_cond_wait_until (&rig->changed, &rig->lock, deadline);
  if (!in_time) {
    print_log (rig);
    g_error ("no line \"%s\" (%u times) in %d s", begin, n, TIMEOUT_S);
  }
  g_mutex_unlock (&rig->lock);
}

gint
rig_find (Rig *rig, const gchar *begin)
{
  gint found = -1;
  guint i;

  g_mutex_lock (&rig->lock);
  for (i = 0; i < rig->log->len && found < 0; i++) {
    if (g_str_has_prefix (g_ptr_array_index (rig->log, i), begin))
      found = i;
  }
  g_mutex_unlock (&rig->lock);
  return found;
}

static gboolean
is_data_line (const gchar *rest)
{
  return g_str_has_prefix (rest, "buffer") || g_str_has_prefix (rest, "gap") ||
         g_str_has_prefix (rest, "tag") || g_str_has_prefix (rest, "pad");
}

gchar *
rig_get_events (Rig *rig, const gchar *pad)
{
  g_autofree gchar *begin = g_strconcat (pad, " ", NULL);
  GString *text = g_string_new (NULL);
  guint i;

  g_mutex_lock (&rig->lock);
  for (i = 0; i < rig->log->len; i++) {
    const gchar *line = g_ptr_array_index (rig->log, i);

    if (!g_str_has_prefix (line, begin) || is_data_line (line + strlen (begin)))
      continue;
    g_string_append_printf (text, "%s%s", text->len > 0 ? ", " : "", line + strlen (begin));
  }
  g_mutex_unlock (&rig->lock);
  return g_string_free (text, FALSE);
}

GArray *
rig_get_buffers (Rig *rig, gboolean video)
{
  GArray *copy = g_array_new (FALSE, FALSE, sizeof (RigBuffer));
  guint i;

  g_mutex_lock (&rig->lock);
  for (i = 0; i < rig->buffers->len; i++) {
    RigBuffer *buffer = &g_array_index (rig->buffers, RigBuffer, i);

    if (buffer->video == video)
      g_array_append_val (copy, *buffer);
  }
  g_mutex_unlock (&rig->lock);
  return copy;
}

/* ---- process ------------------------------------------------------------ */

void
rig_init (gint *argc, gchar ***argv)
{
  g_setenv (
      "GST_TRACERS", "leaks(filters=\"GstElement,GstPad,GstBuffer,GstEvent,GstCaps\")", FALSE);
  g_test_init (argc, argv, NULL);
  gst_init (argc, argv);
}

static GstTracer *
find_leak_tracer (void)
{
  GList *tracers = gst_tracing_get_active_tracers ();
  GstTracer *found = NULL;
  GList *l;

  for (l = tracers; l != NULL; l = l->next) {
    if (found == NULL && g_strcmp0 (G_OBJECT_TYPE_NAME (l->data), "GstLeaksTracer") == 0)
      found = gst_object_ref (l->data);
  }
  g_list_free_full (tracers, gst_object_unref);
  return found;
}

/* Caps of pad templates live as long as their class. */
static gboolean
is_leak (const GstStructure *object)
{
  const GValue *value = gst_structure_get_value (object, "object");

  return value != NULL && G_VALUE_TYPE (value) != GST_TYPE_CAPS;
}

static guint
print_leaks (GstTracer *tracer)
{
  GstStructure *info = NULL;
  const GValue *list;
  guint i, n = 0;

  g_signal_emit_by_name (tracer, "get-live-objects", &info);
  list = info != NULL ? gst_structure_get_value (info, "live-objects-list") : NULL;
  for (i = 0; list != NULL && i < gst_value_list_get_size (list); i++) {
    const GstStructure *object = gst_value_get_structure (gst_value_list_get_value (list, i));
    g_autofree gchar *text = NULL;

    if (!is_leak (object))
      continue;
    text = gst_structure_to_string (object);
    g_printerr ("leaked: %s\n", text);
    n++;
  }
  g_clear_pointer (&info, gst_structure_free);
  return n;
}

gint
rig_run (void)
{
  gint result = g_test_run ();
  GstTracer *tracer = find_leak_tracer ();

  if (tracer != NULL && result == 0 && print_leaks (tracer) > 0)
    result = 1;
  gst_clear_object (&tracer);
  return result;
}
