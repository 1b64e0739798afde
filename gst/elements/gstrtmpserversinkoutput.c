/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "elements/gstrtmpserversinkoutput.h"
#include "protocol/rtmp-error.h"

/* Drains end by themselves after `linger`; this is for a loop that is stuck. */
#define DRAIN_MARGIN_US (2 * G_USEC_PER_SEC)
#define DEFAULT_SOFT_MAX_TIME (3 * GST_SECOND)
#define DEFAULT_MAX_TIME (10 * GST_SECOND)
#define DEFAULT_LINGER GST_SECOND

static const gchar *const location_schemes[] = { "rtmp", NULL };

void
gst_rtmp_server_sink_output_init (
    GstRtmpServerSinkOutput *output, GstElement *element, GstRtmpServerBaseSink *base)
{
  gst_rtmp_server_endpoint_init (&output->endpoint, element, RTMP_MOUNT_SINK);
  output->base = base;
  output->sync_method = GST_RTMP_SERVER_SYNC_LATEST_KEYFRAME;
  output->recover_policy = GST_RTMP_SERVER_RECOVER_KEYFRAME;
  output->soft_max_time = DEFAULT_SOFT_MAX_TIME;
  output->max_time = DEFAULT_MAX_TIME;
  output->linger = DEFAULT_LINGER;
  g_mutex_init (&output->lock);
  g_cond_init (&output->drained);
}

void
gst_rtmp_server_sink_output_clear (GstRtmpServerSinkOutput *output)
{
  gst_rtmp_server_endpoint_clear (&output->endpoint);
  g_free (output->location);
  g_free (output->location_options);
  g_clear_pointer (&output->url, rtmp_url_free);
  g_clear_error (&output->location_error);
  g_mutex_clear (&output->lock);
  g_cond_clear (&output->drained);
}

/* location */

static RtmpUrl *
parse_location (const gchar *text, GError **error)
{
  RtmpUrl *url = rtmp_url_parse (text, location_schemes, error);

  if (url == NULL || url->stream != NULL)
    return url;
  rtmp_url_free (url);
  g_set_error (error, RTMP_ERROR, RTMP_ERROR_LOCAL,
      "location \"%s\" has no stream key; accepted: rtmp://host[:port]/application/stream",
      text);
  return NULL;
}

void
gst_rtmp_server_sink_output_set_location (
    GstRtmpServerSinkOutput *output, const gchar *location)
{
  gsize url_size = location != NULL ? strcspn (location, " \t") : 0;
  gchar *text = url_size > 0 ? g_strndup (location, url_size) : NULL;
  gchar *options = url_size > 0 ? g_strstrip (g_strdup (location + url_size)) : NULL;
  GError *error = NULL;
  RtmpUrl *url = text != NULL ? parse_location (text, &error) : NULL;

  if (error != NULL)
    GST_WARNING_OBJECT (output->endpoint.element, "%s", error->message);
  g_mutex_lock (&output->endpoint.lock);
  g_free (output->location);
  g_free (output->location_options);
  g_clear_pointer (&output->url, rtmp_url_free);
  g_clear_error (&output->location_error);
  output->location = text != NULL ? g_strdup (location) : NULL;
  output->location_options = options;
  output->url = url;
  output->location_error = error;
  g_mutex_unlock (&output->endpoint.lock);
  g_free (text);
}

/* FALSE: posted. */
static gboolean
check_location (GstRtmpServerSinkOutput *output)
{
  g_autoptr (GError) error = NULL;
  g_autofree gchar *options = NULL;

  g_mutex_lock (&output->endpoint.lock);
  if (output->location_error != NULL)
    error = g_error_copy (output->location_error);
  options = g_strdup (output->location_options);
  g_mutex_unlock (&output->endpoint.lock);
  if (error != NULL) {
    GST_ELEMENT_ERROR (
        output->endpoint.element, RESOURCE, SETTINGS, ("%s", error->message), (NULL));
    return FALSE;
  }
  if (options != NULL && *options != '\0')
    GST_ELEMENT_WARNING (output->endpoint.element, RESOURCE, SETTINGS,
        ("Options after the URL in location are ignored: %s", options), (NULL));
  return TRUE;
}

/* players */

static void
tell_players (GstRtmpServerSinkOutput *output)
{
  gst_rtmp_server_base_sink_set_players (
      output->base, (guint)(g_atomic_int_get (&output->n_players) +
                            g_atomic_int_get (&output->push_connected)));
}

static void
on_players_changed (RtmpMount *mount, guint n_players, gpointer user_data)
{
  GstRtmpServerSinkOutput *output = user_data;

  g_atomic_int_set (&output->n_players, (gint)n_players);
  tell_players (output);
  gst_rtmp_server_endpoint_on_players_changed (mount, n_players, user_data);
}

static void
on_keyframe_wanted (RtmpMount *mount, gpointer user_data)
{
  GstRtmpServerSinkOutput *output = user_data;

  gst_rtmp_server_base_sink_want_keyframe (output->base);
}

static const RtmpMountFuncs mount_funcs = {
  .request = gst_rtmp_server_endpoint_on_request,
  .client_added = gst_rtmp_server_endpoint_on_client_added,
  .client_removed = gst_rtmp_server_endpoint_on_client_removed,
  .client_rejected = gst_rtmp_server_endpoint_on_client_rejected,
  .keyframe_wanted = on_keyframe_wanted,
  .players_changed = on_players_changed,
};

static void
get_player_limits (GstRtmpServerSinkOutput *output, guint *soft_ms, guint *hard_ms)
{
  g_mutex_lock (&output->endpoint.lock);
  *hard_ms = (guint)MIN (output->max_time / GST_MSECOND, G_MAXINT);
  *soft_ms = (guint)MIN (output->soft_max_time / GST_MSECOND, *hard_ms);
  if (output->recover_policy == GST_RTMP_SERVER_RECOVER_NONE)
    *soft_ms = *hard_ms;
  g_mutex_unlock (&output->endpoint.lock);
}

void
gst_rtmp_server_sink_output_apply_limits (GstRtmpServerSinkOutput *output)
{
  GstRtmpServerEndpoint *endpoint = &output->endpoint;
  guint soft_ms, hard_ms;

  get_player_limits (output, &soft_ms, &hard_ms);
  g_mutex_lock (&endpoint->mount_lock);
  if (endpoint->mount != NULL)
    rtmp_mount_set_player_limits (endpoint->mount, soft_ms, hard_ms);
  g_mutex_unlock (&endpoint->mount_lock);
}

/* push */

typedef struct _PushReport
{
  GstElement *element; /* borrowed: the dispatcher is the element's */
  gchar *text;
} PushReport;

static void
free_report (gpointer data)
{
  PushReport *report = data;

  gst_object_unref (report->element);
  g_free (report->text);
  g_free (report);
}

static void
post_report (gpointer data)
{
  PushReport *report = data;

  GST_ELEMENT_WARNING (report->element, RESOURCE, WRITE, ("%s", report->text), (NULL));
}

static void
on_push_connected (RtmpPush *push, RtmpClient *client, gpointer user_data)
{
  GstRtmpServerSinkOutput *output = user_data;

  g_atomic_int_set (&output->push_connected, 1);
  tell_players (output);
}

static void
on_push_disconnected (RtmpPush *push, RtmpClient *client, const GError *error,
    gboolean will_retry, gpointer user_data)
{
  GstRtmpServerSinkOutput *output = user_data;
  PushReport *report;

  g_atomic_int_set (&output->push_connected, 0);
  tell_players (output);
  if (error == NULL)
    return;
  report = g_new (PushReport, 1);
  report->element = gst_object_ref (output->endpoint.element);
  report->text = g_strdup_printf ("Pushing to %s failed: %s%s", output->url->host,
      error->message, will_retry ? "; trying again" : "");
  gst_rtmp_server_dispatcher_post (
      output->endpoint.dispatcher, post_report, report, free_report);
}

static void
on_push_keyframe_wanted (RtmpPush *push, gpointer user_data)
{
  GstRtmpServerSinkOutput *output = user_data;

  gst_rtmp_server_base_sink_want_keyframe (output->base);
}

static const RtmpPushFuncs push_funcs = {
  .connected = on_push_connected,
  .disconnected = on_push_disconnected,
  .keyframe_wanted = on_push_keyframe_wanted,
};

static void
start_push (GstRtmpServerSinkOutput *output)
{
  if (output->url != NULL)
    output->push = rtmp_push_new (
        output->url, output->stream, rtmp_limits_default (), &push_funcs, output);
}

static void
stop_push (GstRtmpServerSinkOutput *output)
{
  g_clear_pointer (&output->push, rtmp_push_free);
  output->push_ended = FALSE;
  g_atomic_int_set (&output->push_connected, 0);
  g_mutex_lock (&output->lock);
  output->push_drains = FALSE;
  g_mutex_unlock (&output->lock);
}

/* the end */

static void
on_mount_drained (gpointer user_data)
{
  GstRtmpServerSinkOutput *output = user_data;

  g_mutex_lock (&output->lock);
  output->n_mount_drains--;
  g_cond_broadcast (&output->drained);
  g_mutex_unlock (&output->lock);
}

static void
on_push_drained (gpointer user_data)
{
  GstRtmpServerSinkOutput *output = user_data;

  g_mutex_lock (&output->lock);
  output->push_drains = FALSE;
  g_cond_broadcast (&output->drained);
  g_mutex_unlock (&output->lock);
}

static void
drain_mount (GstRtmpServerSinkOutput *output, guint linger_ms)
{
  GstRtmpServerEndpoint *endpoint = &output->endpoint;

  g_mutex_lock (&output->lock);
  output->n_mount_drains++;
  g_mutex_unlock (&output->lock);
  g_mutex_lock (&endpoint->mount_lock);
  rtmp_mount_drain (endpoint->mount, linger_ms, on_mount_drained, output);
  g_mutex_unlock (&endpoint->mount_lock);
}

static void
drain_push (GstRtmpServerSinkOutput *output, guint linger_ms)
{
  output->push_ended = TRUE;
  g_mutex_lock (&output->lock);
  output->push_drains = TRUE;
  g_mutex_unlock (&output->lock);
  rtmp_push_drain (output->push, linger_ms, on_push_drained, output);
}

/* Does not wait. */
static void
start_drain (GstRtmpServerSinkOutput *output)
{
  guint linger_ms;

  g_mutex_lock (&output->endpoint.lock);
  linger_ms = (guint)MIN (output->linger / GST_MSECOND, G_MAXINT);
  g_mutex_unlock (&output->endpoint.lock);
  if (output->push != NULL)
    drain_push (output, linger_ms);
  if (output->serving)
    drain_mount (output, linger_ms);
  else
    rtmp_stream_end (output->stream);
}

static void
wait_for_drain (GstRtmpServerSinkOutput *output)
{
  gint64 deadline = g_get_monotonic_time () + DRAIN_MARGIN_US;
  gboolean in_time = TRUE;

  g_mutex_lock (&output->endpoint.lock);
  deadline += (gint64)MIN (GST_TIME_AS_USECONDS (output->linger), G_MAXINT32);
  g_mutex_unlock (&output->endpoint.lock);
  g_mutex_lock (&output->lock);
  while ((output->n_mount_drains > 0 || output->push_drains) && in_time)
    in_time = g_cond_wait_until (&output->drained, &output->lock, deadline);
  g_mutex_unlock (&output->lock);
}

/* streaming thread */
static void
on_base_ended (gpointer user_data)
{
  start_drain (user_data);
}

/* Streaming thread: data after EOS, as a flushing seek brings. */
static void
on_base_began (gpointer user_data)
{
  GstRtmpServerSinkOutput *output = user_data;

  if (!output->push_ended)
    return;
  stop_push (output);
  start_push (output);
}

/* states */

gboolean
gst_rtmp_server_sink_output_open (GstRtmpServerSinkOutput *output)
{
  if (!check_location (output))
    return FALSE;
  g_mutex_lock (&output->endpoint.lock);
  output->serving = output->url == NULL || output->endpoint.address_set;
  g_mutex_unlock (&output->endpoint.lock);
  return !output->serving || gst_rtmp_server_endpoint_bind (&output->endpoint);
}

static RtmpStream *
claim (GstRtmpServerSinkOutput *output)
{
  RtmpMountConfig config = { .role = RTMP_MOUNT_SINK, .funcs = &mount_funcs };

  get_player_limits (output, &config.soft_max_ms, &config.hard_max_ms);
  config.join_latest_keyframe = output->sync_method == GST_RTMP_SERVER_SYNC_LATEST_KEYFRAME;
  if (!gst_rtmp_server_endpoint_mount (&output->endpoint, &config))
    return NULL;
  return rtmp_stream_ref (rtmp_mount_get_stream (output->endpoint.mount));
}

gboolean
gst_rtmp_server_sink_output_start (GstRtmpServerSinkOutput *output)
{
  if (output->serving)
    output->stream = claim (output);
  else
    output->stream = rtmp_stream_new_local (
        output->url->application, output->url->stream, rtmp_limits_default ());
  if (output->stream == NULL)
    return FALSE;
  rtmp_stream_set_flush_interval (
      output->stream, (guint)(output->flush_interval / GST_MSECOND));
  output->n_mount_drains = 0;
  start_push (output);
  gst_rtmp_server_base_sink_set_stream (
      output->base, output->stream, on_base_began, on_base_ended, output);
  return TRUE;
}

void
gst_rtmp_server_sink_output_stop (GstRtmpServerSinkOutput *output)
{
  if (output->stream == NULL)
    return;
  if (output->base->on)
    start_drain (output);
  gst_rtmp_server_base_sink_set_stream (output->base, NULL, NULL, NULL, NULL);
  wait_for_drain (output);
  stop_push (output);
  gst_rtmp_server_endpoint_unmount (&output->endpoint);
  g_clear_pointer (&output->stream, rtmp_stream_unref);
  g_atomic_int_set (&output->n_players, 0);
  tell_players (output);
}

void
gst_rtmp_server_sink_output_close (GstRtmpServerSinkOutput *output)
{
  if (output->serving)
    gst_rtmp_server_endpoint_unbind (&output->endpoint);
  output->serving = FALSE;
}
