/* SPDX-License-Identifier: LGPL-2.1-or-later */

/**
 * SECTION:element-rtmpserversrc
 * @title: rtmpserversrc
 * @see_also: rtmpserversink, rtmp2src, flvdemux
 *
 * rtmpserversrc listens on a port, takes one RTMP publisher (OBS, FFmpeg, a phone,
 * a camera, another pipeline) and outputs its tracks on the sometimes pads `video`
 * and `audio`, with complete caps: muxers and decoders link without a parser.
 *
 * All tracks of a publisher are exposed together, then no-more-pads is signalled,
 * then data flows, each pad in a thread of its own. No queue is needed behind the
 * pads, also not in front of a muxer. Several elements of one process, sources and
 * sinks, may use one port.
 *
 * When the publisher leaves, the pads get EOS, unless #GstRtmpServerSrc:keep-listening
 * is set; then the next publisher goes on where the last one stopped.
 *
 * The element is live: data is timestamped with the running time at which the
 * publisher's first message came, plus the publisher's own time since then.
 *
 * `onMetaData` becomes tags and, on all pads, the sticky custom event `GstRtmpMetaData`:
 * a field for each well-known property (`width`, `encoder`, ...; double, boolean or
 * string), `other` (array of `pair` structures with `name` and `value`) for the rest,
 * and `amf` (GBytes, the AMF0 value). Other data messages become custom events
 * `GstRtmpData` on the first pad: `name`, `timestamp` (running time), `arguments`
 * (array of `item` structures with `value`) and `amf` (GBytes, the AMF0 body).
 *
 * ## Example launch lines
 * |[
 * gst-launch-1.0 -e rtmpserversrc port=1935 name=s \
 *   s.video ! mp4mux name=m ! filesink location=in.mp4 \
 *   s.audio ! m.
 * ]| Records what is published to rtmp://localhost/live/anything.
 * |[
 * gst-launch-1.0 rtmpserversrc uri=rtmp://[::]:1935/live/in name=s \
 *   s.video ! decodebin ! autovideosink \
 *   s.audio ! decodebin ! autoaudiosink
 * ]| Shows what is published to rtmp://localhost/live/in.
 * |[
 * gst-launch-1.0 rtmpserversrc keep-listening=true name=s \
 *   s.video ! fakesink \
 *   s.audio ! fakesink
 * ]| Takes one publisher after the other.
 */

#include "elements/gstrtmpserversrc.h"
#include "elements/gstrtmpserver.h"

#define DEFAULT_KEEP_LISTENING FALSE
#define DEFAULT_OVERRIDE_PUBLISHER TRUE
#define DEFAULT_RELAY FALSE
#define DEFAULT_LATENCY_MS 200
#define DEFAULT_MAX_TIME (3 * GST_SECOND)
#define DEFAULT_MAX_BYTES (32 * 1024 * 1024)
#define DEFAULT_NO_MORE_PADS_THRESHOLD (2 * GST_SECOND)

enum
{
  PROP_KEEP_LISTENING = GST_RTMP_SERVER_PROP_LAST,
  PROP_OVERRIDE_PUBLISHER,
  PROP_RELAY,
  PROP_LATENCY,
  PROP_MAX_TIME,
  PROP_MAX_BYTES,
  PROP_NO_MORE_PADS_THRESHOLD,
  PROP_CURRENT_STREAM,
};

GST_DEBUG_CATEGORY (gst_rtmp_server_src_debug);
#define GST_CAT_DEFAULT gst_rtmp_server_src_debug

static void gst_rtmp_server_src_uri_init (gpointer iface, gpointer data);

G_DEFINE_TYPE_WITH_CODE (GstRtmpServerSrc, gst_rtmp_server_src, GST_TYPE_ELEMENT,
    G_IMPLEMENT_INTERFACE (GST_TYPE_URI_HANDLER, gst_rtmp_server_src_uri_init))
GST_ELEMENT_REGISTER_DEFINE (
    rtmpserversrc, "rtmpserversrc", GST_RANK_NONE, GST_TYPE_RTMP_SERVER_SRC)

/* ---- properties -------------------------------------------------------- */

static gboolean
set_locked (GstRtmpServerSrc *self, guint id, const GValue *value)
{
  switch (id) {
    case PROP_KEEP_LISTENING:
      self->keep_listening = g_value_get_boolean (value);
      return TRUE;
    case PROP_OVERRIDE_PUBLISHER:
      self->override_publisher = g_value_get_boolean (value);
      return TRUE;
    case PROP_RELAY:
      self->relay = g_value_get_boolean (value);
      return TRUE;
    case PROP_LATENCY:
      self->latency_ms = g_value_get_uint (value);
      return TRUE;
    case PROP_MAX_TIME:
      self->max_time = g_value_get_uint64 (value);
      return TRUE;
    case PROP_MAX_BYTES:
      self->max_bytes = g_value_get_uint64 (value);
      return TRUE;
    case PROP_NO_MORE_PADS_THRESHOLD:
      self->no_more_pads_threshold = g_value_get_uint64 (value);
      return TRUE;
    default:
      return FALSE;
  }
}

static void
apply_property (GstRtmpServerSrc *self, guint id)
{
  switch (id) {
    case PROP_OVERRIDE_PUBLISHER:
      gst_rtmp_server_endpoint_set_override (&self->endpoint, self->override_publisher);
      break;
    case PROP_LATENCY:
      gst_element_post_message (
          GST_ELEMENT (self), gst_message_new_latency (GST_OBJECT (self)));
      break;
    case PROP_MAX_TIME:
    case PROP_MAX_BYTES:
      gst_rtmp_server_queue_group_set_limits (&self->group, self->max_time, self->max_bytes);
      break;
    default:
      break;
  }
}

static void
gst_rtmp_server_src_set_property (
    GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
  GstRtmpServerSrc *self = GST_RTMP_SERVER_SRC (object);
  gboolean mine;

  if (gst_rtmp_server_endpoint_set_property (&self->endpoint, id, value))
    return;
  g_mutex_lock (&self->lock);
  mine = set_locked (self, id, value);
  g_mutex_unlock (&self->lock);
  if (mine)
    apply_property (self, id);
  else
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
}

static gboolean
get_locked (GstRtmpServerSrc *self, guint id, GValue *value)
{
  switch (id) {
    case PROP_KEEP_LISTENING:
      g_value_set_boolean (value, self->keep_listening);
      return TRUE;
    case PROP_OVERRIDE_PUBLISHER:
      g_value_set_boolean (value, self->override_publisher);
      return TRUE;
    case PROP_RELAY:
      g_value_set_boolean (value, self->relay);
      return TRUE;
    case PROP_LATENCY:
      g_value_set_uint (value, self->latency_ms);
      return TRUE;
    case PROP_MAX_TIME:
      g_value_set_uint64 (value, self->max_time);
      return TRUE;
    case PROP_MAX_BYTES:
      g_value_set_uint64 (value, self->max_bytes);
      return TRUE;
    case PROP_NO_MORE_PADS_THRESHOLD:
      g_value_set_uint64 (value, self->no_more_pads_threshold);
      return TRUE;
    case PROP_CURRENT_STREAM:
      g_value_set_string (value, self->current_stream);
      return TRUE;
    default:
      return FALSE;
  }
}

/* What all elements have, and what the queues had to drop. */
static GstStructure *
get_stats (GstRtmpServerSrc *self)
{
  GstStructure *stats = gst_rtmp_server_endpoint_get_stats (&self->endpoint);
  guint64 dropped = 0;
  guint i;

  g_mutex_lock (&self->lock);
  for (i = 0; i < self->pads->len; i++) {
    GstRtmpServerSrcPad *pad = g_ptr_array_index (self->pads, i);

    dropped += gst_rtmp_server_queue_get_dropped (pad->queue);
  }
  g_mutex_unlock (&self->lock);
  gst_structure_set (stats, "dropped-buffers", G_TYPE_UINT64, dropped, NULL);
  return stats;
}

static void
gst_rtmp_server_src_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  GstRtmpServerSrc *self = GST_RTMP_SERVER_SRC (object);
  gboolean mine;

  if (id == GST_RTMP_SERVER_PROP_STATS) {
    g_value_take_boxed (value, get_stats (self));
    return;
  }
  if (gst_rtmp_server_endpoint_get_property (&self->endpoint, id, value))
    return;
  g_mutex_lock (&self->lock);
  mine = get_locked (self, id, value);
  g_mutex_unlock (&self->lock);
  if (!mine)
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
}

/* ---- states ------------------------------------------------------------ */

gint64
gst_rtmp_server_src_get_running_time (GstRtmpServerSrc *self)
{
  GstClockTime now = GST_CLOCK_TIME_NONE;
  gint64 paused_ns;
  gboolean playing;

  g_mutex_lock (&self->group.lock);
  playing = self->group.playing;
  g_mutex_unlock (&self->group.lock);
  if (playing)
    now = gst_element_get_current_running_time (GST_ELEMENT (self));
  if (GST_CLOCK_TIME_IS_VALID (now))
    return now;
  g_mutex_lock (&self->lock);
  paused_ns = self->paused_ns;
  g_mutex_unlock (&self->lock);
  return paused_ns;
}

static void
reset (GstRtmpServerSrc *self)
{
  g_mutex_lock (&self->lock);
  gst_rtmp_server_src_drop_session (self);
  self->ended = self->no_more_pads = self->expose_posted = FALSE;
  self->group_id = GST_GROUP_ID_INVALID;
  self->position_ns = self->paused_ns = 0;
  gst_clear_event (&self->metadata);
  gst_clear_event (&self->tags[0]);
  gst_clear_event (&self->tags[1]);
  gst_flow_combiner_clear (self->flows);
  g_mutex_unlock (&self->lock);
}

static gboolean
start (GstRtmpServerSrc *self)
{
  RtmpMountConfig config = {
    .soft_max_ms = rtmp_limits_default ()->player_soft_ms,
    .hard_max_ms = rtmp_limits_default ()->player_hard_ms,
    .join_latest_keyframe = TRUE,
    .funcs = &gst_rtmp_server_src_mount_funcs,
  };

  reset (self);
  gst_rtmp_server_queue_group_set_flushing (&self->group, FALSE);
  gst_rtmp_server_queue_group_set_idle (&self->group, 0);
  g_mutex_lock (&self->lock);
  self->running = TRUE;
  config.relay = self->relay;
  config.override_publisher = self->override_publisher;
  g_mutex_unlock (&self->lock);
  return gst_rtmp_server_endpoint_mount (&self->endpoint, &config);
}

/* After this nothing pushes or adds pads, and tasks do not wait for data. */
static void
stop (GstRtmpServerSrc *self)
{
  g_mutex_lock (&self->lock);
  self->running = FALSE;
  g_mutex_unlock (&self->lock);
  gst_rtmp_server_queue_group_set_flushing (&self->group, TRUE);
  gst_rtmp_server_endpoint_unmount (&self->endpoint);
  gst_rtmp_server_dispatcher_drain (self->exposer, G_MAXUINT);
}

static void
leave_playing (GstRtmpServerSrc *self)
{
  gint64 now_ns = gst_rtmp_server_src_get_running_time (self);

  g_mutex_lock (&self->lock);
  self->paused_ns = now_ns;
  g_mutex_unlock (&self->lock);
  gst_rtmp_server_queue_group_set_playing (&self->group, FALSE);
}

static gboolean
before_change (GstRtmpServerSrc *self, GstStateChange transition)
{
  switch (transition) {
    case GST_STATE_CHANGE_NULL_TO_READY:
      return gst_rtmp_server_endpoint_bind (&self->endpoint);
    case GST_STATE_CHANGE_READY_TO_PAUSED:
      return start (self);
    case GST_STATE_CHANGE_PLAYING_TO_PAUSED:
      leave_playing (self);
      return TRUE;
    case GST_STATE_CHANGE_PAUSED_TO_READY:
      stop (self);
      return TRUE;
    default:
      return TRUE;
  }
}

static void
after_change (GstRtmpServerSrc *self, GstStateChange transition)
{
  switch (transition) {
    case GST_STATE_CHANGE_PAUSED_TO_PLAYING:
      gst_rtmp_server_queue_group_set_playing (&self->group, TRUE);
      break;
    case GST_STATE_CHANGE_PAUSED_TO_READY:
      gst_rtmp_server_src_remove_pads (self);
      reset (self);
      break;
    case GST_STATE_CHANGE_READY_TO_NULL:
      gst_rtmp_server_endpoint_unbind (&self->endpoint);
      break;
    default:
      break;
  }
}

static gboolean
is_live_change (GstStateChange transition)
{
  return transition == GST_STATE_CHANGE_READY_TO_PAUSED ||
         transition == GST_STATE_CHANGE_PLAYING_TO_PAUSED;
}

static GstStateChangeReturn
gst_rtmp_server_src_change_state (GstElement *element, GstStateChange transition)
{
  GstRtmpServerSrc *self = GST_RTMP_SERVER_SRC (element);
  GstStateChangeReturn ret;

  if (!before_change (self, transition))
    return GST_STATE_CHANGE_FAILURE;
  ret =
      GST_ELEMENT_CLASS (gst_rtmp_server_src_parent_class)->change_state (element, transition);
  if (ret == GST_STATE_CHANGE_FAILURE)
    return ret;
  after_change (self, transition);
  return is_live_change (transition) ? GST_STATE_CHANGE_NO_PREROLL : ret;
}

/* ---- events and queries ------------------------------------------------ */

static gboolean
gst_rtmp_server_src_send_event (GstElement *element, GstEvent *event)
{
  GstRtmpServerSrc *self = GST_RTMP_SERVER_SRC (element);

  if (GST_EVENT_TYPE (event) != GST_EVENT_EOS)
    return GST_ELEMENT_CLASS (gst_rtmp_server_src_parent_class)->send_event (element, event);
  gst_event_unref (event);
  gst_rtmp_server_src_finish (self, "the pipeline ends");
  return TRUE;
}

static gboolean
gst_rtmp_server_src_query (GstElement *element, GstQuery *query)
{
  GstRtmpServerSrc *self = GST_RTMP_SERVER_SRC (element);
  gchar *uri;
  guint latency_ms;

  switch (GST_QUERY_TYPE (query)) {
    case GST_QUERY_LATENCY:
      g_mutex_lock (&self->lock);
      latency_ms = self->latency_ms;
      g_mutex_unlock (&self->lock);
      /* what does not fit downstream waits at the publisher: no maximum */
      gst_query_set_latency (query, TRUE, latency_ms * GST_MSECOND, GST_CLOCK_TIME_NONE);
      return TRUE;
    case GST_QUERY_URI:
      uri = gst_rtmp_server_endpoint_get_uri (&self->endpoint);
      gst_query_set_uri (query, uri);
      g_free (uri);
      return TRUE;
    default:
      return FALSE;
  }
}

/* ---- class ------------------------------------------------------------- */

#define READWRITE(when) (G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_##when)

static void
install_session_properties (GObjectClass *klass)
{
  /**
   * GstRtmpServerSrc:keep-listening:
   *
   * %FALSE: EOS when the publisher leaves, and no other one is taken until the
   * element went through READY. %TRUE: the pads stay, get GAP events while nobody
   * publishes, and the next publisher goes on in running time.
   */
  g_object_class_install_property (klass, PROP_KEEP_LISTENING,
      g_param_spec_boolean ("keep-listening", "Keep listening",
          "Wait for the next publisher when one leaves, in place of EOS",
          DEFAULT_KEEP_LISTENING, READWRITE (PLAYING)));
  /**
   * GstRtmpServerSrc:override-publisher:
   *
   * Whether a new publisher of the same key replaces the present one. One that died
   * without a word must not block its own return.
   */
  g_object_class_install_property (klass, PROP_OVERRIDE_PUBLISHER,
      g_param_spec_boolean ("override-publisher", "Override publisher",
          "A new publisher of the same stream key takes over", DEFAULT_OVERRIDE_PUBLISHER,
          READWRITE (PLAYING)));
  /**
   * GstRtmpServerSrc:relay:
   *
   * Whether players may play what is published here. It goes past the pipeline,
   * without a copy.
   */
  g_object_class_install_property (klass, PROP_RELAY,
      g_param_spec_boolean ("relay", "Relay",
          "Players may play what is published here, past the pipeline", DEFAULT_RELAY,
          READWRITE (READY)));
  /**
   * GstRtmpServerSrc:current-stream:
   *
   * Stream key of the publisher that is on, or %NULL. It notifies.
   */
  g_object_class_install_property (klass, PROP_CURRENT_STREAM,
      g_param_spec_string ("current-stream", "Current stream",
          "Stream key that is being published, NULL if there is none", NULL,
          G_PARAM_READABLE | G_PARAM_STATIC_STRINGS));
}

static void
install_timing_properties (GObjectClass *klass)
{
  /**
   * GstRtmpServerSrc:latency:
   *
   * What the element answers to latency queries: the jitter of the network that
   * sinks with a clock shall hide.
   */
  g_object_class_install_property (klass, PROP_LATENCY,
      g_param_spec_uint ("latency", "Latency", "Network jitter to allow for, in ms", 0,
          G_MAXUINT, DEFAULT_LATENCY_MS, READWRITE (PLAYING)));
  /**
   * GstRtmpServerSrc:max-time:
   *
   * When that much waits in front of a pad, the publisher is held (by TCP), unless
   * another linked pad has nothing; at twice that much whole groups of pictures are
   * dropped.
   */
  g_object_class_install_property (klass, PROP_MAX_TIME,
      g_param_spec_uint64 ("max-time", "Maximum time",
          "Stream time that may wait in front of a pad, in ns, 0 = any", 0, G_MAXUINT64,
          DEFAULT_MAX_TIME, READWRITE (PLAYING)));
  /**
   * GstRtmpServerSrc:max-bytes:
   *
   * As #GstRtmpServerSrc:max-time, in bytes.
   */
  g_object_class_install_property (klass, PROP_MAX_BYTES,
      g_param_spec_uint64 ("max-bytes", "Maximum bytes",
          "Bytes that may wait in front of a pad, 0 = any", 0, G_MAXUINT64, DEFAULT_MAX_BYTES,
          READWRITE (PLAYING)));
  /**
   * GstRtmpServerSrc:no-more-pads-threshold:
   *
   * How long to wait for tracks that were announced, or for a second medium if
   * nothing was. A track that comes later still gets its pad.
   */
  g_object_class_install_property (klass, PROP_NO_MORE_PADS_THRESHOLD,
      g_param_spec_uint64 ("no-more-pads-threshold", "No more pads threshold",
          "How long to wait for all tracks before pads are exposed, in ns", 0, G_MAXUINT64,
          DEFAULT_NO_MORE_PADS_THRESHOLD, READWRITE (PLAYING)));
}

static void
add_template (GstElementClass *klass, const gchar *name, gboolean video)
{
  GstCaps *caps = rtmp_codec_get_src_caps (video);

  gst_element_class_add_pad_template (
      klass, gst_pad_template_new (name, GST_PAD_SRC, GST_PAD_SOMETIMES, caps));
  gst_caps_unref (caps);
}

static void
gst_rtmp_server_src_finalize (GObject *object)
{
  GstRtmpServerSrc *self = GST_RTMP_SERVER_SRC (object);

  reset (self);
  gst_rtmp_server_dispatcher_free (self->exposer);
  g_ptr_array_unref (self->pads);
  gst_flow_combiner_free (self->flows);
  gst_rtmp_server_queue_group_clear (&self->group);
  gst_rtmp_server_endpoint_clear (&self->endpoint);
  g_mutex_clear (&self->lock);
  G_OBJECT_CLASS (gst_rtmp_server_src_parent_class)->finalize (object);
}

static void
gst_rtmp_server_src_class_init (GstRtmpServerSrcClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GstElementClass *element_class = GST_ELEMENT_CLASS (klass);

  GST_DEBUG_CATEGORY_INIT (gst_rtmp_server_src_debug, "rtmpserversrc", 0, "RTMP server source");
  object_class->set_property = gst_rtmp_server_src_set_property;
  object_class->get_property = gst_rtmp_server_src_get_property;
  object_class->finalize = gst_rtmp_server_src_finalize;
  element_class->change_state = gst_rtmp_server_src_change_state;
  element_class->send_event = gst_rtmp_server_src_send_event;
  element_class->query = gst_rtmp_server_src_query;
  gst_rtmp_server_endpoint_class_init (object_class, RTMP_MOUNT_SOURCE);
  install_session_properties (object_class);
  install_timing_properties (object_class);
  add_template (element_class, "video", TRUE);
  add_template (element_class, "audio", FALSE);
  gst_element_class_set_static_metadata (element_class, "RTMP server source", "Source/Network",
      "Takes an RTMP publisher and outputs its tracks", "The gst-rtmp-server authors");
}

static void
gst_rtmp_server_src_init (GstRtmpServerSrc *self)
{
  gst_rtmp_server_endpoint_init (&self->endpoint, GST_ELEMENT (self), RTMP_MOUNT_SOURCE);
  gst_rtmp_server_queue_group_init (&self->group);
  gst_rtmp_server_queue_group_set_limits (&self->group, DEFAULT_MAX_TIME, DEFAULT_MAX_BYTES);
  self->exposer = gst_rtmp_server_dispatcher_new ();
  g_mutex_init (&self->lock);
  self->keep_listening = DEFAULT_KEEP_LISTENING;
  self->override_publisher = DEFAULT_OVERRIDE_PUBLISHER;
  self->relay = DEFAULT_RELAY;
  self->latency_ms = DEFAULT_LATENCY_MS;
  self->max_time = DEFAULT_MAX_TIME;
  self->max_bytes = DEFAULT_MAX_BYTES;
  self->no_more_pads_threshold = DEFAULT_NO_MORE_PADS_THRESHOLD;
  self->group_id = GST_GROUP_ID_INVALID;
  self->pads = g_ptr_array_new_with_free_func (gst_object_unref);
  self->flows = gst_flow_combiner_new ();
  GST_OBJECT_FLAG_SET (self, GST_ELEMENT_FLAG_SOURCE);
}

/* ---- GstURIHandler ----------------------------------------------------- */

static GstURIType
uri_get_type (GType type)
{
  return GST_URI_SRC;
}

static gchar *
uri_get_uri (GstURIHandler *handler)
{
  return gst_rtmp_server_endpoint_get_uri (&GST_RTMP_SERVER_SRC (handler)->endpoint);
}

static gboolean
uri_set_uri (GstURIHandler *handler, const gchar *uri, GError **error)
{
  return gst_rtmp_server_endpoint_set_uri (
      &GST_RTMP_SERVER_SRC (handler)->endpoint, uri, error);
}

static void
gst_rtmp_server_src_uri_init (gpointer iface, gpointer data)
{
  GstURIHandlerInterface *handler = iface;

  handler->get_type = uri_get_type;
  handler->get_protocols = gst_rtmp_server_endpoint_get_protocols;
  handler->get_uri = uri_get_uri;
  handler->set_uri = uri_set_uri;
}
