/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "elements/gstrtmpserversrcpad.h"

GST_DEBUG_CATEGORY_EXTERN (gst_rtmp_server_src_debug);
#define GST_CAT_DEFAULT gst_rtmp_server_src_debug

G_DEFINE_TYPE (GstRtmpServerSrcPad, gst_rtmp_server_src_pad, GST_TYPE_PAD)

static void
gst_rtmp_server_src_pad_finalize (GObject *object)
{
  GstRtmpServerSrcPad *pad = GST_RTMP_SERVER_SRC_PAD (object);

  g_clear_pointer (&pad->queue, gst_rtmp_server_queue_free);
  gst_clear_caps (&pad->caps);
  gst_clear_caps (&pad->first_caps);
  gst_clear_caps (&pad->newest_caps);
  gst_clear_event (&pad->first_tags);
  gst_clear_event (&pad->first_metadata);
  G_OBJECT_CLASS (gst_rtmp_server_src_pad_parent_class)->finalize (object);
}

static void
gst_rtmp_server_src_pad_class_init (GstRtmpServerSrcPadClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = gst_rtmp_server_src_pad_finalize;
}

static void
gst_rtmp_server_src_pad_init (GstRtmpServerSrcPad *pad)
{
}

/* events and queries from downstream */

static gboolean
on_event (GstPad *pad, GstObject *parent, GstEvent *event)
{
  gboolean handled = TRUE;

  switch (GST_EVENT_TYPE (event)) {
    case GST_EVENT_RECONFIGURE:
      g_atomic_int_set (&GST_RTMP_SERVER_SRC_PAD (pad)->recheck, TRUE);
      break;
    case GST_EVENT_QOS:
    case GST_EVENT_LATENCY:
      break;
    default: /* a live publisher cannot seek or be asked for anything */
      handled = FALSE;
      break;
  }
  gst_event_unref (event);
  return handled;
}

static gboolean
on_query (GstPad *pad, GstObject *parent, GstQuery *query)
{
  if (GST_QUERY_TYPE (query) == GST_QUERY_LATENCY || GST_QUERY_TYPE (query) == GST_QUERY_URI)
    return gst_element_query (GST_ELEMENT (parent), query);
  return gst_pad_query_default (pad, parent, query);
}

/* Without a task: it starts when all pads of the session are exposed. */
static gboolean
on_activate_mode (GstPad *pad, GstObject *parent, GstPadMode mode, gboolean active)
{
  if (mode != GST_PAD_MODE_PUSH)
    return FALSE;
  return active || gst_pad_stop_task (pad);
}

GstRtmpServerSrcPad *
gst_rtmp_server_src_pad_new (GstPadTemplate *templ, GstRtmpServerQueueGroup *group,
    gboolean video, guint8 track_id, const GstRtmpServerSrcPadFuncs *funcs)
{
  const gchar *medium = video ? "video" : "audio";
  gchar *name = track_id == 0 ? g_strdup (medium) : g_strdup_printf ("%s_%u", medium, track_id);
  GstRtmpServerSrcPad *pad = g_object_new (GST_TYPE_RTMP_SERVER_SRC_PAD, "name", name,
      "direction", GST_PAD_SRC, "template", templ, NULL);

  g_free (name);
  pad->video = video;
  pad->track_id = track_id;
  pad->funcs = funcs;
  pad->queue = gst_rtmp_server_queue_new (group, video);
  gst_pad_use_fixed_caps (GST_PAD (pad));
  gst_pad_set_event_function (GST_PAD (pad), on_event);
  gst_pad_set_query_function (GST_PAD (pad), on_query);
  gst_pad_set_activatemode_function (GST_PAD (pad), on_activate_mode);
  return pad;
}

static GstElement *
get_element (GstRtmpServerSrcPad *pad)
{
  return GST_ELEMENT (GST_OBJECT_PARENT (pad));
}

static void
set_caps (GstRtmpServerSrcPad *pad, GstCaps *caps)
{
  GST_OBJECT_LOCK (pad);
  gst_caps_replace (&pad->caps, caps);
  GST_OBJECT_UNLOCK (pad);
}

void
gst_rtmp_server_src_pad_store_sticky (
    GstRtmpServerSrcPad *pad, GstElement *element, guint group_id, GstCaps *caps)
{
  gchar *stream_id = gst_pad_create_stream_id (GST_PAD (pad), element, GST_PAD_NAME (pad));
  GstEvent *start = gst_event_new_stream_start (stream_id);
  GstSegment segment;

  g_free (stream_id);
  gst_event_set_group_id (start, group_id);
  gst_pad_store_sticky_event (GST_PAD (pad), start);
  gst_event_unref (start);
  if (caps != NULL) {
    GstEvent *event = gst_event_new_caps (caps);

    gst_pad_store_sticky_event (GST_PAD (pad), event);
    gst_event_unref (event);
    set_caps (pad, caps);
  }
  gst_segment_init (&segment, GST_FORMAT_TIME);
  start = gst_event_new_segment (&segment);
  gst_pad_store_sticky_event (GST_PAD (pad), start);
  gst_event_unref (start);
}

/* caps */

/* Not linked counts as accepted: who links later is asked then. */
static gboolean
is_accepted (GstRtmpServerSrcPad *pad, GstCaps *caps)
{
  return !gst_pad_is_linked (GST_PAD (pad)) ||
         gst_pad_peer_query_accept_caps (GST_PAD (pad), caps);
}

static gboolean
check_caps (GstRtmpServerSrcPad *pad, GstCaps *caps)
{
  gboolean accepted = is_accepted (pad, caps);

  g_atomic_int_set (&pad->refused, !accepted);
  if (!accepted) {
    gst_rtmp_server_queue_set_linked (pad->queue, FALSE);
    pad->funcs->refused (get_element (pad), pad, caps);
  }
  return accepted;
}

static void
take_caps (GstRtmpServerSrcPad *pad, GstEvent *event)
{
  GstCaps *caps;

  gst_event_parse_caps (event, &caps);
  set_caps (pad, caps);
  if (check_caps (pad, caps)) {
    gst_rtmp_server_queue_set_linked (pad->queue, gst_pad_is_linked (GST_PAD (pad)));
    gst_pad_push_event (GST_PAD (pad), event);
  } else {
    gst_event_unref (event);
    pad->wait_for_start = TRUE;
  }
}

/* Downstream was linked or changed: what it refused it may take now. */
static void
recheck_caps (GstRtmpServerSrcPad *pad)
{
  GstCaps *caps;

  if (!g_atomic_int_compare_and_exchange (&pad->recheck, TRUE, FALSE))
    return;
  GST_OBJECT_LOCK (pad);
  caps = pad->caps != NULL ? gst_caps_ref (pad->caps) : NULL;
  GST_OBJECT_UNLOCK (pad);
  if (g_atomic_int_get (&pad->refused) && caps != NULL && is_accepted (pad, caps)) {
    g_atomic_int_set (&pad->refused, FALSE);
    gst_pad_push_event (GST_PAD (pad), gst_event_new_caps (caps));
  }
  gst_clear_caps (&caps);
}

/* buffers and events */

static gboolean
is_wanted (GstRtmpServerSrcPad *pad, GstBuffer *buffer)
{
  if (pad->done || g_atomic_int_get (&pad->refused))
    return FALSE;
  if (pad->wait_for_start && GST_BUFFER_FLAG_IS_SET (buffer, GST_BUFFER_FLAG_DELTA_UNIT))
    return FALSE;
  return TRUE;
}

static GstClockTime
to_clock_time (gint64 ns)
{
  return MAX (0, ns);
}

/* FALSE: the task ends. */
static gboolean
push_buffer (GstRtmpServerSrcPad *pad, const GstRtmpServerItem *item)
{
  GstBuffer *buffer = GST_BUFFER_CAST (item->object);
  GstFlowReturn ret;

  if (!is_wanted (pad, buffer)) {
    gst_buffer_unref (buffer);
    return TRUE;
  }
  if (pad->wait_for_start)
    GST_BUFFER_FLAG_SET (buffer, GST_BUFFER_FLAG_DISCONT);
  GST_BUFFER_DTS (buffer) = to_clock_time (item->dts_ns);
  GST_BUFFER_PTS (buffer) = to_clock_time (item->pts_ns);
  pad->position_ns = MAX (pad->position_ns, item->dts_ns);
  ret = gst_pad_push (GST_PAD (pad), buffer);
  pad->wait_for_start = ret != GST_FLOW_OK;
  return pad->funcs->flow (get_element (pad), pad, ret);
}

static void
push_gap (GstRtmpServerSrcPad *pad, gint64 from_ns, gint64 to_ns)
{
  from_ns = MAX (from_ns, pad->position_ns);
  if (to_ns <= from_ns || pad->done || g_atomic_int_get (&pad->refused))
    return;
  pad->position_ns = to_ns;
  gst_pad_push_event (
      GST_PAD (pad), gst_event_new_gap (to_clock_time (from_ns), to_ns - from_ns));
}

/* Nothing came for a while and nobody publishes: downstream must not wait. */
static void
push_idle_gap (GstRtmpServerSrcPad *pad)
{
  GstClockTime now = gst_element_get_current_running_time (get_element (pad));

  if (GST_CLOCK_TIME_IS_VALID (now))
    push_gap (pad, pad->position_ns, now);
}

/* FALSE: the task ends. */
static gboolean
push_event (GstRtmpServerSrcPad *pad, GstEvent *event)
{
  switch (GST_EVENT_TYPE (event)) {
    case GST_EVENT_CAPS:
      take_caps (pad, event);
      return TRUE;
    case GST_EVENT_EOS:
      gst_pad_push_event (GST_PAD (pad), event);
      return FALSE;
    default:
      gst_pad_push_event (GST_PAD (pad), event);
      return TRUE;
  }
}

static gboolean
push_data (GstRtmpServerSrcPad *pad, const GstRtmpServerItem *item)
{
  GstEvent *event = gst_event_make_writable (GST_EVENT_CAST (item->object));

  gst_structure_set (gst_event_writable_structure (event), "timestamp", G_TYPE_UINT64,
      to_clock_time (item->dts_ns), NULL);
  return push_event (pad, event);
}

static gboolean
push_item (GstRtmpServerSrcPad *pad, const GstRtmpServerItem *item)
{
  switch (item->type) {
    case GST_RTMP_SERVER_ITEM_BUFFER:
      return push_buffer (pad, item);
    case GST_RTMP_SERVER_ITEM_EVENT:
      return push_event (pad, GST_EVENT_CAST (item->object));
    case GST_RTMP_SERVER_ITEM_DATA:
      return push_data (pad, item);
    case GST_RTMP_SERVER_ITEM_GAP:
      push_gap (pad, item->dts_ns, item->dts_ns + item->duration_ns);
      return TRUE;
    case GST_RTMP_SERVER_ITEM_IDLE:
      push_idle_gap (pad);
      return TRUE;
  }
  return TRUE;
}

static void
run_task (gpointer data)
{
  GstRtmpServerSrcPad *pad = data;
  GstRtmpServerItem item;
  gboolean resume;

  if (!gst_rtmp_server_queue_pop (pad->queue, &item, &resume)) {
    gst_pad_pause_task (GST_PAD (pad));
    return;
  }
  if (resume)
    pad->funcs->resume (get_element (pad));
  recheck_caps (pad);
  if (!push_item (pad, &item))
    gst_pad_pause_task (GST_PAD (pad));
}

void
gst_rtmp_server_src_pad_begin_session (GstRtmpServerSrcPad *pad)
{
  g_atomic_int_set (&pad->warned, FALSE);
  if (g_atomic_int_get (&pad->refused))
    gst_clear_caps (&pad->newest_caps);
}

void
gst_rtmp_server_src_pad_start (GstRtmpServerSrcPad *pad)
{
  GstCaps *caps = gst_pad_get_current_caps (GST_PAD (pad));

  if (caps == NULL || check_caps (pad, caps))
    gst_rtmp_server_queue_set_linked (pad->queue, gst_pad_is_linked (GST_PAD (pad)));
  gst_clear_caps (&caps);
  gst_pad_start_task (GST_PAD (pad), run_task, pad, NULL);
}
