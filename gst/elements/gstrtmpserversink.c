/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * SECTION:element-rtmpserversink
 * @title: rtmpserversink
 * @short_description: RTMP server that serves a pipeline's output
 *
 * Serves encoded audio and video to any number of RTMP players. `rtmpsink` is its
 * short name. Elements of one process with the same host and port share one
 * listener, whatever their application and stream.
 *
 * Pads `video` and `audio` take what the caps of their templates say; a pad `sink`
 * takes FLV, as flvmux makes it. A sink uses either the one or the others. To what
 * has no caps yet when it is linked, such as a queue after a source, the pad has to
 * be named: `queue ! s.video`. A pad `other_%u` is what everything else is linked
 * to: its only purpose is an error that says what is accepted.
 *
 * With `location` it sends the stream to another RTMP server, reconnecting while the
 * pipeline runs on. Then it listens only if `uri`, `host`, `port`, `application` or
 * `stream` is set too.
 *
 * Timestamps on the wire are running times, so that pausing and seeking never turn
 * them back. FLV keeps the timestamps of its tags.
 *
 * ## Example launch lines
 * |[
 * gst-launch-1.0 rtmpserversink name=s application=live stream=test \
 *   videotestsrc is-live=true ! x264enc tune=zerolatency key-int-max=60 ! s. \
 *   audiotestsrc is-live=true ! avenc_aac ! s.
 * ]| Serves rtmp://localhost/live/test.
 * |[
 * gst-launch-1.0 videotestsrc is-live=true ! x264enc tune=zerolatency key-int-max=60 \
 *   ! rtmpsink location=rtmp://127.0.0.1/live/key
 * ]| Pushes to another server.
 * |[
 * gst-launch-1.0 videotestsrc is-live=true ! x264enc tune=zerolatency \
 *   ! flvmux streamable=true ! rtmpsink uri=rtmp://127.0.0.1:1935/live/flv
 * ]| Serves what flvmux makes.
 */
#include "elements/gstrtmpserversink.h"
#include "elements/gstrtmpserver.h"
#include "elements/gstrtmpservermux.h"
#include "elements/gstrtmpserversinkpolicy.h"

GST_DEBUG_CATEGORY_STATIC (gst_rtmp_server_sink_debug);
#define GST_CAT_DEFAULT gst_rtmp_server_sink_debug

enum
{
  PROP_LOCATION = GST_RTMP_SERVER_PROP_LAST,
  PROP_SYNC_METHOD,
  PROP_RECOVER_POLICY,
  PROP_SOFT_MAX_TIME,
  PROP_MAX_TIME,
  PROP_FLUSH_INTERVAL,
  PROP_WAIT_FOR_CONNECTION,
  PROP_LINGER,
  PROP_ENCODER,
  PROP_METADATACREATOR,
  PROP_SYNC, /* this and those that follow: the base sink's own */
  PROP_ASYNC,
  PROP_QOS,
  PROP_TS_OFFSET,
  PROP_MAX_LATENESS,
  PROP_RENDER_DELAY,
  PROP_PROCESSING_DEADLINE,
};

typedef struct _GstRtmpServerSinkPrivate
{
  GstRtmpServerSinkOutput output;
  GstElement *base; /* owned, as mux: pads are released after the bin let go of them */
  GstElement *mux;  /* NULL until the first request pad */
  gboolean disposing;
  gint n_refusing;
  GstPad *flv_pad; /* ghost `sink`, without target while there is a mux */
  gchar *encoder;  /* for the mux when it is made; object lock */
  gchar *metadatacreator;
} GstRtmpServerSinkPrivate;

static void gst_rtmp_server_sink_uri_init (gpointer iface, gpointer data);

G_DEFINE_TYPE_WITH_CODE (GstRtmpServerSink, gst_rtmp_server_sink, GST_TYPE_BIN,
    G_ADD_PRIVATE (GstRtmpServerSink)
        G_IMPLEMENT_INTERFACE (GST_TYPE_URI_HANDLER, gst_rtmp_server_sink_uri_init))
GST_ELEMENT_REGISTER_DEFINE (
    rtmpserversink, "rtmpserversink", GST_RANK_NONE, GST_TYPE_RTMP_SERVER_SINK)

/* The short name: an own type, since a factory is found by its type. */
typedef GstRtmpServerSink GstRtmpServerRtmpSink;
typedef GstRtmpServerSinkClass GstRtmpServerRtmpSinkClass;
GType gst_rtmp_server_rtmp_sink_get_type (void);
G_DEFINE_TYPE (GstRtmpServerRtmpSink, gst_rtmp_server_rtmp_sink, GST_TYPE_RTMP_SERVER_SINK)
GST_ELEMENT_REGISTER_DEFINE (
    rtmpsink, "rtmpsink", GST_RANK_NONE, gst_rtmp_server_rtmp_sink_get_type ())

static void
gst_rtmp_server_rtmp_sink_class_init (GstRtmpServerRtmpSinkClass *klass)
{
}

static void
gst_rtmp_server_rtmp_sink_init (GstRtmpServerRtmpSink *self)
{
}

static GstRtmpServerSinkPrivate *
get_private (gpointer self)
{
  return gst_rtmp_server_sink_get_instance_private (GST_RTMP_SERVER_SINK (self));
}

/* properties */

#define READWRITE (G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS)

static void
set_text (GstRtmpServerSink *self, gchar **where, const gchar *name, const GValue *value)
{
  GstRtmpServerSinkPrivate *priv = get_private (self);

  GST_OBJECT_LOCK (self);
  g_free (*where);
  *where = g_value_dup_string (value);
  GST_OBJECT_UNLOCK (self);
  if (priv->mux != NULL)
    g_object_set_property (G_OBJECT (priv->mux), name, value);
}

/* What output takes under its lock. FALSE: not one of those. */
static gboolean
set_output_property (GstRtmpServerSinkOutput *output, guint id, const GValue *value)
{
  gboolean mine = TRUE;

  g_mutex_lock (&output->endpoint.lock);
  switch (id) {
    case PROP_SYNC_METHOD:
      output->sync_method = g_value_get_enum (value);
      break;
    case PROP_RECOVER_POLICY:
      output->recover_policy = g_value_get_enum (value);
      break;
    case PROP_SOFT_MAX_TIME:
      output->soft_max_time = g_value_get_uint64 (value);
      break;
    case PROP_MAX_TIME:
      output->max_time = g_value_get_uint64 (value);
      break;
    case PROP_FLUSH_INTERVAL:
      output->flush_interval = g_value_get_uint64 (value);
      break;
    case PROP_LINGER:
      output->linger = g_value_get_uint64 (value);
      break;
    default:
      mine = FALSE;
  }
  g_mutex_unlock (&output->endpoint.lock);
  if (mine)
    gst_rtmp_server_sink_output_apply_limits (output);
  return mine;
}

static gboolean
get_output_property (GstRtmpServerSinkOutput *output, guint id, GValue *value)
{
  gboolean mine = TRUE;

  g_mutex_lock (&output->endpoint.lock);
  switch (id) {
    case PROP_LOCATION:
      g_value_set_string (value, output->location);
      break;
    case PROP_SYNC_METHOD:
      g_value_set_enum (value, output->sync_method);
      break;
    case PROP_RECOVER_POLICY:
      g_value_set_enum (value, output->recover_policy);
      break;
    case PROP_SOFT_MAX_TIME:
      g_value_set_uint64 (value, output->soft_max_time);
      break;
    case PROP_MAX_TIME:
      g_value_set_uint64 (value, output->max_time);
      break;
    case PROP_FLUSH_INTERVAL:
      g_value_set_uint64 (value, output->flush_interval);
      break;
    case PROP_LINGER:
      g_value_set_uint64 (value, output->linger);
      break;
    default:
      mine = FALSE;
  }
  g_mutex_unlock (&output->endpoint.lock);
  return mine;
}

static void
gst_rtmp_server_sink_set_property (
    GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
  GstRtmpServerSink *self = GST_RTMP_SERVER_SINK (object);
  GstRtmpServerSinkPrivate *priv = get_private (self);

  if (gst_rtmp_server_endpoint_set_property (&priv->output.endpoint, id, value) ||
      set_output_property (&priv->output, id, value))
    return;
  if (id == PROP_LOCATION)
    gst_rtmp_server_sink_output_set_location (&priv->output, g_value_get_string (value));
  else if (id == PROP_WAIT_FOR_CONNECTION)
    gst_rtmp_server_base_sink_set_wait (priv->output.base, g_value_get_boolean (value));
  else if (id == PROP_ENCODER)
    set_text (self, &priv->encoder, "encoder", value);
  else if (id == PROP_METADATACREATOR)
    set_text (self, &priv->metadatacreator, "metadatacreator", value);
  else if (id >= PROP_SYNC && id <= PROP_PROCESSING_DEADLINE)
    g_object_set_property (G_OBJECT (priv->base), pspec->name, value);
  else
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
}

static void
get_text (GstRtmpServerSink *self, gchar **where, GValue *value)
{
  GST_OBJECT_LOCK (self);
  g_value_set_string (value, *where);
  GST_OBJECT_UNLOCK (self);
}

static void
gst_rtmp_server_sink_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  GstRtmpServerSink *self = GST_RTMP_SERVER_SINK (object);
  GstRtmpServerSinkPrivate *priv = get_private (self);

  if (gst_rtmp_server_endpoint_get_property (&priv->output.endpoint, id, value) ||
      get_output_property (&priv->output, id, value))
    return;
  if (id == PROP_WAIT_FOR_CONNECTION)
    g_value_set_boolean (value, gst_rtmp_server_base_sink_get_wait (priv->output.base));
  else if (id == PROP_ENCODER)
    get_text (self, &priv->encoder, value);
  else if (id == PROP_METADATACREATOR)
    get_text (self, &priv->metadatacreator, value);
  else if (id >= PROP_SYNC && id <= PROP_PROCESSING_DEADLINE)
    g_object_get_property (G_OBJECT (priv->base), pspec->name, value);
  else
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
}

static void
install_player_properties (GObjectClass *klass)
{
  g_object_class_install_property (klass, PROP_SYNC_METHOD,
      g_param_spec_enum ("sync-method", "Sync method", "Where a new player starts",
          gst_rtmp_server_sync_method_get_type (), GST_RTMP_SERVER_SYNC_LATEST_KEYFRAME,
          READWRITE | GST_PARAM_MUTABLE_READY));
  g_object_class_install_property (klass, PROP_RECOVER_POLICY,
      g_param_spec_enum ("recover-policy", "Recover policy",
          "What happens to a player that is soft-max-time behind",
          gst_rtmp_server_recover_policy_get_type (), GST_RTMP_SERVER_RECOVER_KEYFRAME,
          READWRITE | GST_PARAM_MUTABLE_PLAYING));
  g_object_class_install_property (klass, PROP_SOFT_MAX_TIME,
      g_param_spec_uint64 ("soft-max-time", "Soft maximum time",
          "How far behind a player may be before recover-policy is applied, ns", GST_MSECOND,
          GST_CLOCK_TIME_NONE - 1, 3 * GST_SECOND, READWRITE | GST_PARAM_MUTABLE_PLAYING));
  g_object_class_install_property (klass, PROP_MAX_TIME,
      g_param_spec_uint64 ("max-time", "Maximum time",
          "How far behind a player may be before it is disconnected, ns", GST_MSECOND,
          GST_CLOCK_TIME_NONE - 1, 10 * GST_SECOND, READWRITE | GST_PARAM_MUTABLE_PLAYING));
  g_object_class_install_property (klass, PROP_FLUSH_INTERVAL,
      g_param_spec_uint64 ("flush-interval", "Flush interval",
          "Send what gathered in so much time at once, which for many players costs much "
          "less, ns; 0 = video at once, small audio with the next video",
          0, RTMP_STREAM_MAX_FLUSH_INTERVAL_MS * GST_MSECOND, 0,
          READWRITE | GST_PARAM_MUTABLE_READY));
}

static void
install_properties (GObjectClass *klass)
{
  g_object_class_install_property (klass, PROP_LOCATION,
      g_param_spec_string ("location", "Location",
          "rtmp://host[:port]/application/stream of a server to push to; nothing is served "
          "then unless uri, host, port, application or stream is set",
          NULL, READWRITE | GST_PARAM_MUTABLE_READY));
  g_object_class_install_property (klass, PROP_WAIT_FOR_CONNECTION,
      g_param_spec_boolean ("wait-for-connection", "Wait for connection",
          "Block the pipeline while there is nobody to send to", FALSE,
          READWRITE | GST_PARAM_MUTABLE_PLAYING));
  g_object_class_install_property (klass, PROP_LINGER,
      g_param_spec_uint64 ("linger", "Linger",
          "How long what is queued may take to be sent at EOS and at the end, ns", 0,
          GST_CLOCK_TIME_NONE - 1, GST_SECOND, READWRITE | GST_PARAM_MUTABLE_PLAYING));
  g_object_class_install_property (klass, PROP_ENCODER,
      g_param_spec_string ("encoder", "Encoder",
          "onMetaData's encoder; NULL = as received, or a default", NULL,
          READWRITE | GST_PARAM_MUTABLE_READY));
  g_object_class_install_property (klass, PROP_METADATACREATOR,
      g_param_spec_string ("metadatacreator", "Metadata creator",
          "onMetaData's metadatacreator; NULL = as received, or a default", NULL,
          READWRITE | GST_PARAM_MUTABLE_READY));
}

/* GstBaseSink's, by the same names: set on it and read from it. */
static void
install_base_properties (GObjectClass *klass)
{
  g_object_class_install_property (klass, PROP_SYNC,
      g_param_spec_boolean ("sync", "Sync", "Send when the clock says so", TRUE, READWRITE));
  g_object_class_install_property (klass, PROP_ASYNC,
      g_param_spec_boolean ("async", "Async", "Go asynchronously to PAUSED", TRUE, READWRITE));
  g_object_class_install_property (klass, PROP_QOS,
      g_param_spec_boolean (
          "qos", "QoS", "Generate quality-of-service events upstream", FALSE, READWRITE));
  g_object_class_install_property (klass, PROP_TS_OFFSET,
      g_param_spec_int64 ("ts-offset", "Time offset",
          "Added to the time at which something is sent, ns", G_MININT64, G_MAXINT64, 0,
          READWRITE));
  g_object_class_install_property (klass, PROP_MAX_LATENESS,
      g_param_spec_int64 ("max-lateness", "Maximum lateness",
          "What is later than this is dropped, ns; -1 = nothing is", -1, G_MAXINT64, -1,
          READWRITE));
  g_object_class_install_property (klass, PROP_RENDER_DELAY,
      g_param_spec_uint64 ("render-delay", "Render delay", "Additional delay, ns", 0,
          G_MAXUINT64, 0, READWRITE));
  g_object_class_install_property (klass, PROP_PROCESSING_DEADLINE,
      g_param_spec_uint64 ("processing-deadline", "Processing deadline",
          "What a live pipeline may take to process a buffer, ns", 0, G_MAXUINT64,
          20 * GST_MSECOND, READWRITE));
}

/* pads */

static void
post_bad_caps (GstRtmpServerSink *self, GstPad *pad, GstCaps *caps)
{
  g_autofree gchar *text = gst_rtmp_server_describe_caps (caps);
  g_autofree gchar *video = rtmp_codec_describe_accepted (TRUE);
  g_autofree gchar *audio = rtmp_codec_describe_accepted (FALSE);

  GST_ELEMENT_ERROR (self, STREAM, WRONG_TYPE,
      ("Pad %s cannot take %s; accepted on pad video: %s; on pad audio: %s; on pad sink: FLV "
       "(video/x-flv)",
          GST_PAD_NAME (pad), text, video, audio),
      (NULL));
}

/* The answer to accept-caps has to be honest, for those who ask before. Who does
 * not is told by the bus, before the event is refused with a bare not-negotiated. */
static GstPadProbeReturn
on_pad_event (GstPad *pad, GstPadProbeInfo *info, gpointer user_data)
{
  GstEvent *event = GST_PAD_PROBE_INFO_EVENT (info);
  GstCaps *caps;

  if (GST_EVENT_TYPE (event) != GST_EVENT_CAPS)
    return GST_PAD_PROBE_OK;
  gst_event_parse_caps (event, &caps);
  if (!gst_pad_query_accept_caps (pad, caps))
    post_bad_caps (GST_RTMP_SERVER_SINK (user_data), pad, caps);
  return GST_PAD_PROBE_OK;
}

static void
watch_pad (GstRtmpServerSink *self, GstPad *pad)
{
  GST_PAD_SET_ACCEPT_INTERSECT (pad); /* as the mux's pads */
  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM, on_pad_event, self, NULL);
}

/* A pad for what no other template takes, so that the link succeeds and the bus says
 * why it is of no use; without it there is only "could not link". */

static gboolean
refuse_event (GstPad *pad, GstObject *parent, GstEvent *event)
{
  GstCaps *caps;

  if (GST_EVENT_TYPE (event) != GST_EVENT_CAPS)
    return gst_pad_event_default (pad, parent, event);
  gst_event_parse_caps (event, &caps);
  post_bad_caps (GST_RTMP_SERVER_SINK (parent), pad, caps);
  gst_event_unref (event);
  return FALSE;
}

static GstFlowReturn
refuse_buffer (GstPad *pad, GstObject *parent, GstBuffer *buffer)
{
  gst_buffer_unref (buffer);
  return GST_FLOW_NOT_NEGOTIATED;
}

static GstPad *
add_refusing_pad (GstRtmpServerSink *self, GstPadTemplate *templ)
{
  GstRtmpServerSinkPrivate *priv = get_private (self);
  g_autofree gchar *name =
      g_strdup_printf ("other_%d", g_atomic_int_add (&priv->n_refusing, 1));
  GstPad *pad = gst_pad_new_from_template (templ, name);

  gst_pad_set_event_function (pad, refuse_event);
  gst_pad_set_chain_function (pad, refuse_buffer);
  gst_pad_set_active (pad, TRUE);
  gst_element_add_pad (GST_ELEMENT (self), pad);
  return pad;
}

static void
set_flv_target (GstRtmpServerSinkPrivate *priv, gboolean on)
{
  g_autoptr (GstPad) target = on ? gst_element_get_static_pad (priv->base, "sink") : NULL;

  gst_ghost_pad_set_target (GST_GHOST_PAD (priv->flv_pad), target);
}

static gboolean
insert_mux (GstRtmpServerSink *self)
{
  GstRtmpServerSinkPrivate *priv = get_private (self);

  if (priv->mux != NULL)
    return TRUE;
  if (gst_pad_is_linked (priv->flv_pad)) {
    GST_WARNING_OBJECT (self, "pad `sink` is in use: no other pads beside FLV");
    return FALSE;
  }
  priv->mux = g_object_new (GST_TYPE_RTMP_SERVER_MUX, "name", "mux", "encoder", priv->encoder,
      "metadatacreator", priv->metadatacreator, NULL);
  gst_object_ref_sink (priv->mux);
  set_flv_target (priv, FALSE);
  gst_bin_add (GST_BIN (self), priv->mux);
  gst_element_link_pads (priv->mux, "src", priv->base, "sink");
  gst_element_sync_state_with_parent (priv->mux);
  return TRUE;
}

/* Back to FLV, when the last request pad went; a running one is left as it is. */
static void
remove_mux (GstRtmpServerSink *self)
{
  GstRtmpServerSinkPrivate *priv = get_private (self);

  if (priv->mux == NULL || priv->disposing || GST_STATE (self) > GST_STATE_READY ||
      GST_ELEMENT (priv->mux)->numsinkpads > 0)
    return;
  gst_element_set_state (priv->mux, GST_STATE_NULL);
  gst_bin_remove (GST_BIN (self), priv->mux);
  gst_clear_object (&priv->mux);
  set_flv_target (priv, TRUE);
}

static GstPad *
gst_rtmp_server_sink_request_new_pad (
    GstElement *element, GstPadTemplate *templ, const gchar *name, const GstCaps *caps)
{
  GstRtmpServerSink *self = GST_RTMP_SERVER_SINK (element);
  GstRtmpServerSinkPrivate *priv = get_private (self);
  GstPadTemplate *mux_templ;
  GstPad *target, *pad;

  if (g_str_has_prefix (templ->name_template, "other"))
    return add_refusing_pad (self, templ);
  if (!insert_mux (self))
    return NULL;
  mux_templ = gst_element_get_pad_template (priv->mux, templ->name_template);
  target = gst_element_request_pad (priv->mux, mux_templ, name, caps);
  if (target == NULL) {
    remove_mux (self);
    return NULL;
  }
  pad = gst_ghost_pad_new_from_template (GST_PAD_NAME (target), target, templ);
  gst_object_unref (target);
  watch_pad (self, pad);
  if (GST_STATE (self) > GST_STATE_READY)
    gst_pad_set_active (pad, TRUE);
  gst_element_add_pad (element, pad);
  return pad;
}

static void
gst_rtmp_server_sink_release_pad (GstElement *element, GstPad *pad)
{
  GstRtmpServerSink *self = GST_RTMP_SERVER_SINK (element);
  GstRtmpServerSinkPrivate *priv = get_private (self);
  GstPad *target =
      GST_IS_GHOST_PAD (pad) ? gst_ghost_pad_get_target (GST_GHOST_PAD (pad)) : NULL;

  gst_pad_set_active (pad, FALSE);
  if (target != NULL) {
    gst_ghost_pad_set_target (GST_GHOST_PAD (pad), NULL);
    gst_element_release_request_pad (priv->mux, target);
    gst_object_unref (target);
  }
  gst_element_remove_pad (element, pad);
  remove_mux (self);
}

/* Nothing may be linked to `sink` beside the mux: it would have no target. */
static GstPadLinkReturn
link_flv_pad (GstPad *pad, GstObject *parent, GstPad *peer)
{
  GstRtmpServerSinkPrivate *priv = get_private (parent);

  if (priv->mux == NULL)
    return GST_PAD_LINK_OK;
  GST_WARNING_OBJECT (parent, "pads video or audio are in use: no FLV beside them");
  return GST_PAD_LINK_REFUSED;
}

static void
add_flv_pad (GstRtmpServerSink *self)
{
  GstRtmpServerSinkPrivate *priv = get_private (self);
  GstPadTemplate *templ =
      gst_element_class_get_pad_template (GST_ELEMENT_GET_CLASS (self), "sink");

  priv->flv_pad = gst_ghost_pad_new_no_target_from_template ("sink", templ);
  gst_pad_set_link_function (priv->flv_pad, link_flv_pad);
  watch_pad (self, priv->flv_pad);
  set_flv_target (priv, TRUE);
  gst_element_add_pad (GST_ELEMENT (self), priv->flv_pad);
}

/* states */

static gboolean
go_up (GstRtmpServerSinkOutput *output, GstStateChange transition)
{
  if (transition == GST_STATE_CHANGE_NULL_TO_READY)
    return gst_rtmp_server_sink_output_open (output);
  if (transition == GST_STATE_CHANGE_READY_TO_PAUSED)
    return gst_rtmp_server_sink_output_start (output);
  return TRUE;
}

static void
go_down (GstRtmpServerSinkOutput *output, GstStateChange transition)
{
  if (transition == GST_STATE_CHANGE_PAUSED_TO_READY)
    gst_rtmp_server_sink_output_stop (output);
  else if (transition == GST_STATE_CHANGE_READY_TO_NULL)
    gst_rtmp_server_sink_output_close (output);
}

static GstStateChangeReturn
gst_rtmp_server_sink_change_state (GstElement *element, GstStateChange transition)
{
  GstRtmpServerSinkOutput *output = &get_private (element)->output;
  GstStateChangeReturn result;

  if (!go_up (output, transition))
    return GST_STATE_CHANGE_FAILURE;
  result =
      GST_ELEMENT_CLASS (gst_rtmp_server_sink_parent_class)->change_state (element, transition);
  if (result != GST_STATE_CHANGE_FAILURE)
    go_down (output, transition);
  else if (transition == GST_STATE_CHANGE_READY_TO_PAUSED)
    gst_rtmp_server_sink_output_stop (output);
  else if (transition == GST_STATE_CHANGE_NULL_TO_READY)
    gst_rtmp_server_sink_output_close (output);
  return result;
}

/* object */

static void
gst_rtmp_server_sink_dispose (GObject *object)
{
  get_private (object)->disposing = TRUE;
  G_OBJECT_CLASS (gst_rtmp_server_sink_parent_class)->dispose (object);
}

static void
gst_rtmp_server_sink_finalize (GObject *object)
{
  GstRtmpServerSinkPrivate *priv = get_private (object);

  gst_clear_object (&priv->mux);
  gst_clear_object (&priv->base);
  gst_rtmp_server_sink_output_clear (&priv->output);
  g_free (priv->encoder);
  g_free (priv->metadatacreator);
  G_OBJECT_CLASS (gst_rtmp_server_sink_parent_class)->finalize (object);
}

static void
add_template (GstElementClass *klass, const gchar *name, GstPadPresence presence, GstCaps *caps)
{
  gst_element_class_add_pad_template (
      klass, gst_pad_template_new (name, GST_PAD_SINK, presence, caps));
  gst_caps_unref (caps);
}

static void
gst_rtmp_server_sink_class_init (GstRtmpServerSinkClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GstElementClass *element_class = GST_ELEMENT_CLASS (klass);

  GST_DEBUG_CATEGORY_INIT (gst_rtmp_server_sink_debug, "rtmpserversink", 0, "RTMP server sink");
  object_class->set_property = gst_rtmp_server_sink_set_property;
  object_class->get_property = gst_rtmp_server_sink_get_property;
  object_class->dispose = gst_rtmp_server_sink_dispose;
  object_class->finalize = gst_rtmp_server_sink_finalize;
  element_class->request_new_pad = gst_rtmp_server_sink_request_new_pad;
  element_class->release_pad = gst_rtmp_server_sink_release_pad;
  element_class->change_state = gst_rtmp_server_sink_change_state;
  gst_rtmp_server_endpoint_class_init (object_class, RTMP_MOUNT_SINK);
  install_properties (object_class);
  install_player_properties (object_class);
  install_base_properties (object_class);
  add_template (
      element_class, "sink", GST_PAD_ALWAYS, gst_caps_new_empty_simple ("video/x-flv"));
  add_template (element_class, "video", GST_PAD_REQUEST, rtmp_codec_get_sink_caps (TRUE));
  add_template (element_class, "audio", GST_PAD_REQUEST, rtmp_codec_get_sink_caps (FALSE));
  add_template (element_class, "video_%u", GST_PAD_REQUEST, rtmp_codec_get_sink_caps (TRUE));
  add_template (element_class, "audio_%u", GST_PAD_REQUEST, rtmp_codec_get_sink_caps (FALSE));
  /* last: only what fits nowhere else */
  add_template (element_class, "other_%u", GST_PAD_REQUEST, gst_caps_new_any ());
  gst_element_class_set_static_metadata (element_class, "RTMP server sink", "Sink/Network",
      "Serves players over RTMP, or pushes to an RTMP server (rtmpserversink)",
      "The gst-rtmp-server authors");
}

static void
gst_rtmp_server_sink_init (GstRtmpServerSink *self)
{
  GstRtmpServerSinkPrivate *priv = get_private (self);

  priv->base = g_object_new (GST_TYPE_RTMP_SERVER_BASE_SINK, "name", "sink", NULL);
  gst_object_ref_sink (priv->base);
  gst_rtmp_server_sink_output_init (
      &priv->output, GST_ELEMENT (self), GST_RTMP_SERVER_BASE_SINK (priv->base));
  gst_bin_add (GST_BIN (self), priv->base);
  add_flv_pad (self);
  GST_OBJECT_FLAG_SET (self, GST_ELEMENT_FLAG_SINK);
}

/* GstURIHandler */

static GstURIType
uri_get_type (GType type)
{
  return GST_URI_SINK;
}

static gchar *
uri_get_uri (GstURIHandler *handler)
{
  return gst_rtmp_server_endpoint_get_uri (&get_private (handler)->output.endpoint);
}

static gboolean
uri_set_uri (GstURIHandler *handler, const gchar *uri, GError **error)
{
  return gst_rtmp_server_endpoint_set_uri (&get_private (handler)->output.endpoint, uri, error);
}

static void
gst_rtmp_server_sink_uri_init (gpointer iface, gpointer data)
{
  GstURIHandlerInterface *handler = iface;

  handler->get_type = uri_get_type;
  handler->get_protocols = gst_rtmp_server_endpoint_get_protocols;
  handler->get_uri = uri_get_uri;
  handler->set_uri = uri_set_uri;
}
