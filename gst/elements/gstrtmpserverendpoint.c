/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "elements/gstrtmpserverendpoint.h"
#include "protocol/rtmp-error.h"

#define DEFAULT_HOST "::"
#define DEFAULT_PORT 1935
#define DEFAULT_APPLICATION "live"
#define DEFAULT_SINK_STREAM "stream"
#define DEFAULT_TIMEOUT_S 5
#define DEFAULT_IDLE_TIMEOUT_S 30
/* jobs are signal handlers of the application: one that hangs must not hang us */
#define DRAIN_TIMEOUT_MS 2000

static const gchar *const url_schemes[] = { "rtmp", "rtmpserver", NULL };
static const gchar *const handler_schemes[] = { "rtmpserver", NULL };

#define READWRITE (G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS)
#define READONLY (G_PARAM_READABLE | G_PARAM_STATIC_STRINGS)
#define INSTALL(id, spec)                                                                      \
  g_object_class_install_property (klass, GST_RTMP_SERVER_PROP_##id, spec)

static void
install_address_properties (GObjectClass *klass, RtmpMountRole role)
{
  INSTALL (
      URI, g_param_spec_string ("uri", "URI",
               "rtmp://host[:port]/application[/stream] or rtmpserver://...; sets host, port, "
               "application and stream",
               "rtmp://[::]:1935/live", READWRITE | GST_PARAM_MUTABLE_READY));
  INSTALL (HOST,
      g_param_spec_string ("host", "Host",
          "Address or name to listen on; :: is IPv6 and IPv4, and IPv4 where there is no IPv6",
          DEFAULT_HOST, READWRITE | GST_PARAM_MUTABLE_READY));
  INSTALL (PORT, g_param_spec_int ("port", "Port", "Port to listen on, 0 = any free port", 0,
                     65535, DEFAULT_PORT, READWRITE | GST_PARAM_MUTABLE_READY));
  INSTALL (CURRENT_PORT,
      g_param_spec_int ("current-port", "Current port",
          "Port that is listened on, 0 while there is none", 0, 65535, 0, READONLY));
  INSTALL (
      APPLICATION, g_param_spec_string ("application", "Application", "RTMP application path",
                       DEFAULT_APPLICATION, READWRITE | GST_PARAM_MUTABLE_READY));
  INSTALL (
      STREAM, g_param_spec_string ("stream", "Stream",
                  role == RTMP_MOUNT_SOURCE ? "Stream key to accept, NULL = any, one at a time"
                                            : "Stream key to serve",
                  role == RTMP_MOUNT_SOURCE ? NULL : DEFAULT_SINK_STREAM,
                  READWRITE | GST_PARAM_MUTABLE_READY));
}

static void
install_client_properties (GObjectClass *klass, RtmpMountRole role)
{
  INSTALL (AUTHENTICATION, g_param_spec_boolean ("authentication", "Authentication",
                               "Let nobody in unless a client-connecting handler returns TRUE",
                               FALSE, READWRITE | GST_PARAM_MUTABLE_PLAYING));
  INSTALL (TIMEOUT, g_param_spec_uint ("timeout", "Timeout",
                        "Seconds that a peer may take for its handshake, and again to connect",
                        1, 3600, DEFAULT_TIMEOUT_S, READWRITE | GST_PARAM_MUTABLE_READY));
  /* a sink's clients have nothing to say */
  if (role == RTMP_MOUNT_SOURCE)
    INSTALL (IDLE_TIMEOUT,
        g_param_spec_uint ("idle-timeout", "Idle timeout",
            "Seconds after which a silent publisher is disconnected, 0 = never", 0, 86400,
            DEFAULT_IDLE_TIMEOUT_S, READWRITE | GST_PARAM_MUTABLE_READY));
  INSTALL (MAX_CLIENTS,
      g_param_spec_uint ("max-clients", "Maximum clients",
          "Clients of this element at a time, 0 = as many as there are descriptors", 0,
          G_MAXUINT, 0, READWRITE | GST_PARAM_MUTABLE_PLAYING));
  INSTALL (NUM_CLIENTS, g_param_spec_uint ("num-clients", "Number of clients",
                            "Clients that are connected", 0, G_MAXUINT, 0, READONLY));
  INSTALL (STATS,
      g_param_spec_boxed ("stats", "Statistics",
          "Bytes and clients; field names as rtmp2src and rtmp2sink have them, and `clients`",
          GST_TYPE_STRUCTURE, READONLY));
}

void
gst_rtmp_server_endpoint_class_init (GObjectClass *klass, RtmpMountRole role)
{
  install_address_properties (klass, role);
  install_client_properties (klass, role);
  gst_rtmp_server_endpoint_install_signals (G_OBJECT_CLASS_TYPE (klass), role);
}

void
gst_rtmp_server_endpoint_init (
    GstRtmpServerEndpoint *endpoint, GstElement *element, RtmpMountRole role)
{
  endpoint->element = element;
  endpoint->role = role;
  endpoint->dispatcher = gst_rtmp_server_dispatcher_new ();
  g_mutex_init (&endpoint->lock);
  g_mutex_init (&endpoint->mount_lock);
  endpoint->host = g_strdup (DEFAULT_HOST);
  endpoint->port = DEFAULT_PORT;
  endpoint->application = g_strdup (DEFAULT_APPLICATION);
  endpoint->stream = role == RTMP_MOUNT_SINK ? g_strdup (DEFAULT_SINK_STREAM) : NULL;
  endpoint->timeout_s = DEFAULT_TIMEOUT_S;
  endpoint->idle_timeout_s = DEFAULT_IDLE_TIMEOUT_S;
  gst_rtmp_server_endpoint_connect_actions (endpoint);
}

void
gst_rtmp_server_endpoint_clear (GstRtmpServerEndpoint *endpoint)
{
  gst_rtmp_server_dispatcher_free (endpoint->dispatcher);
  g_clear_error (&endpoint->uri_error);
  g_free (endpoint->bound_host);
  g_free (endpoint->host);
  g_free (endpoint->application);
  g_free (endpoint->stream);
  g_mutex_clear (&endpoint->lock);
  g_mutex_clear (&endpoint->mount_lock);
}

/* "" and NULL mean "not set": the default for @fallback, else NULL. */
static void
replace_string (gchar **where, const gchar *value, const gchar *fallback)
{
  if (value == NULL || *value == '\0')
    value = fallback;
  g_free (*where);
  *where = g_strdup (value);
}

static void
set_uri_from_property (GstRtmpServerEndpoint *endpoint, const gchar *uri)
{
  GError *error = NULL;

  if (uri != NULL && !gst_rtmp_server_endpoint_set_uri (endpoint, uri, &error))
    GST_WARNING_OBJECT (endpoint->element, "%s", error->message);
  /* kept even if a handler asked for it: the state change reports it */
  g_mutex_lock (&endpoint->lock);
  g_clear_error (&endpoint->uri_error);
  endpoint->uri_error = error;
  g_mutex_unlock (&endpoint->lock);
}

static gboolean
set_locked (GstRtmpServerEndpoint *endpoint, guint id, const GValue *value)
{
  gboolean source = endpoint->role == RTMP_MOUNT_SOURCE;

  switch (id) {
    case GST_RTMP_SERVER_PROP_HOST:
      replace_string (&endpoint->host, g_value_get_string (value), DEFAULT_HOST);
      break;
    case GST_RTMP_SERVER_PROP_PORT:
      endpoint->port = g_value_get_int (value);
      break;
    case GST_RTMP_SERVER_PROP_APPLICATION:
      replace_string (&endpoint->application, g_value_get_string (value), DEFAULT_APPLICATION);
      break;
    case GST_RTMP_SERVER_PROP_STREAM:
      replace_string (
          &endpoint->stream, g_value_get_string (value), source ? NULL : DEFAULT_SINK_STREAM);
      break;
    case GST_RTMP_SERVER_PROP_AUTHENTICATION:
      endpoint->authentication = g_value_get_boolean (value);
      return TRUE;
    case GST_RTMP_SERVER_PROP_TIMEOUT:
      endpoint->timeout_s = g_value_get_uint (value);
      return TRUE;
    case GST_RTMP_SERVER_PROP_IDLE_TIMEOUT:
      endpoint->idle_timeout_s = g_value_get_uint (value);
      return TRUE;
    case GST_RTMP_SERVER_PROP_MAX_CLIENTS:
      endpoint->max_clients = g_value_get_uint (value);
      return TRUE;
    default:
      return FALSE;
  }
  endpoint->address_set = TRUE;
  return TRUE;
}

static void
apply_max_clients (GstRtmpServerEndpoint *endpoint, guint max_clients)
{
  g_mutex_lock (&endpoint->mount_lock);
  if (endpoint->mount != NULL)
    rtmp_mount_set_max_clients (endpoint->mount, max_clients);
  g_mutex_unlock (&endpoint->mount_lock);
}

gboolean
gst_rtmp_server_endpoint_set_property (
    GstRtmpServerEndpoint *endpoint, guint id, const GValue *value)
{
  gboolean mine;

  if (id == GST_RTMP_SERVER_PROP_URI) {
    set_uri_from_property (endpoint, g_value_get_string (value));
    return TRUE;
  }
  g_mutex_lock (&endpoint->lock);
  mine = set_locked (endpoint, id, value);
  g_mutex_unlock (&endpoint->lock);
  if (id == GST_RTMP_SERVER_PROP_MAX_CLIENTS)
    apply_max_clients (endpoint, g_value_get_uint (value));
  return mine;
}

static gboolean
get_locked (GstRtmpServerEndpoint *endpoint, guint id, GValue *value)
{
  switch (id) {
    case GST_RTMP_SERVER_PROP_HOST:
      g_value_set_string (value, endpoint->host);
      return TRUE;
    case GST_RTMP_SERVER_PROP_PORT:
      g_value_set_int (value, endpoint->port);
      return TRUE;
    case GST_RTMP_SERVER_PROP_CURRENT_PORT:
      g_value_set_int (value, endpoint->current_port);
      return TRUE;
    case GST_RTMP_SERVER_PROP_APPLICATION:
      g_value_set_string (value, endpoint->application);
      return TRUE;
    case GST_RTMP_SERVER_PROP_STREAM:
      g_value_set_string (value, endpoint->stream);
      return TRUE;
    case GST_RTMP_SERVER_PROP_AUTHENTICATION:
      g_value_set_boolean (value, endpoint->authentication);
      return TRUE;
    case GST_RTMP_SERVER_PROP_TIMEOUT:
      g_value_set_uint (value, endpoint->timeout_s);
      return TRUE;
    case GST_RTMP_SERVER_PROP_IDLE_TIMEOUT:
      g_value_set_uint (value, endpoint->idle_timeout_s);
      return TRUE;
    case GST_RTMP_SERVER_PROP_MAX_CLIENTS:
      g_value_set_uint (value, endpoint->max_clients);
      return TRUE;
    case GST_RTMP_SERVER_PROP_NUM_CLIENTS:
      g_value_set_uint (value, endpoint->num_clients);
      return TRUE;
    default:
      return FALSE;
  }
}

gboolean
gst_rtmp_server_endpoint_get_property (GstRtmpServerEndpoint *endpoint, guint id, GValue *value)
{
  gboolean mine;

  if (id == GST_RTMP_SERVER_PROP_URI) {
    g_value_take_string (value, gst_rtmp_server_endpoint_get_uri (endpoint));
    return TRUE;
  }
  if (id == GST_RTMP_SERVER_PROP_STATS) {
    g_value_take_boxed (value, gst_rtmp_server_endpoint_get_stats (endpoint));
    return TRUE;
  }
  g_mutex_lock (&endpoint->lock);
  mine = get_locked (endpoint, id, value);
  g_mutex_unlock (&endpoint->lock);
  return mine;
}

/* GstURIHandler */

const gchar *const *
gst_rtmp_server_endpoint_get_protocols (GType type)
{
  return handler_schemes;
}

gchar *
gst_rtmp_server_endpoint_get_uri (GstRtmpServerEndpoint *endpoint)
{
  GString *uri = g_string_new ("rtmp://");
  gboolean v6;

  g_mutex_lock (&endpoint->lock);
  v6 = strchr (endpoint->host, ':') != NULL;
  g_string_append_printf (uri, v6 ? "[%s]:%d/%s" : "%s:%d/%s", endpoint->host, endpoint->port,
      endpoint->application);
  if (endpoint->stream != NULL)
    g_string_append_printf (uri, "/%s", endpoint->stream);
  else if (strchr (endpoint->application, '/') != NULL)
    g_string_append_c (uri, '/'); /* the last part is not a stream */
  g_mutex_unlock (&endpoint->lock);
  return g_string_free (uri, FALSE);
}

gboolean
gst_rtmp_server_endpoint_set_uri (
    GstRtmpServerEndpoint *endpoint, const gchar *uri, GError **error)
{
  g_autoptr (GError) cause = NULL;
  g_autoptr (RtmpUrl) url = rtmp_url_parse (uri, url_schemes, &cause);

  if (url == NULL) {
    g_set_error (error, GST_URI_ERROR, GST_URI_ERROR_BAD_URI,
        "Invalid URI \"%s\": %s; accepted is rtmp://host[:port]/application[/stream]", uri,
        cause != NULL ? cause->message : "not understood");
    return FALSE;
  }
  g_mutex_lock (&endpoint->lock);
  replace_string (&endpoint->host, url->host, DEFAULT_HOST);
  endpoint->port = url->port;
  replace_string (&endpoint->application, url->application, DEFAULT_APPLICATION);
  replace_string (&endpoint->stream, url->stream,
      endpoint->role == RTMP_MOUNT_SOURCE ? NULL : DEFAULT_SINK_STREAM);
  endpoint->address_set = TRUE;
  g_clear_error (&endpoint->uri_error);
  g_mutex_unlock (&endpoint->lock);
  return TRUE;
}

/* listener and claim */

static void
set_server (GstRtmpServerEndpoint *endpoint, RtmpServer *server, gchar *host, gint port)
{
  g_mutex_lock (&endpoint->lock);
  endpoint->server = server;
  g_free (endpoint->bound_host);
  endpoint->bound_host = host;
  endpoint->bound_port = port;
  endpoint->current_port = server != NULL ? rtmp_server_get_port (server) : 0;
  g_mutex_unlock (&endpoint->lock);
  g_object_notify (G_OBJECT (endpoint->element), "current-port");
}

static void
release_server (GstRtmpServerEndpoint *endpoint)
{
  RtmpServer *server = endpoint->server;

  if (server == NULL)
    return;
  set_server (endpoint, NULL, NULL, 0);
  rtmp_server_release (server);
}

static RtmpServer *
acquire_server (GstRtmpServerEndpoint *endpoint, const gchar *host, gint port, GError **error)
{
  RtmpLimits limits = *rtmp_limits_default ();

  g_mutex_lock (&endpoint->lock);
  limits.handshake_timeout_ms = endpoint->timeout_s * 1000;
  limits.connect_timeout_ms = endpoint->timeout_s * 1000;
  g_mutex_unlock (&endpoint->lock);
  return rtmp_server_acquire (host, port, &limits, error);
}

static gboolean
post_bind_error (GstRtmpServerEndpoint *endpoint, GError *error, const gchar *host, gint port)
{
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_ADDRESS_IN_USE))
    GST_ELEMENT_ERROR (endpoint->element, RESOURCE, BUSY,
        ("Port %d of %s is in use by another program", port, host),
        ("%s. Set another port, or 0 for any free one", error->message));
  else
    GST_ELEMENT_ERROR (endpoint->element, RESOURCE, OPEN_READ_WRITE,
        ("Cannot listen on %s port %d: %s", host, port, error->message), (NULL));
  g_error_free (error);
  return FALSE;
}

gboolean
gst_rtmp_server_endpoint_bind (GstRtmpServerEndpoint *endpoint)
{
  g_autoptr (GError) uri_error = NULL;
  GError *error = NULL;
  RtmpServer *server;
  gchar *host;
  gint port;

  g_mutex_lock (&endpoint->lock);
  uri_error = endpoint->uri_error != NULL ? g_error_copy (endpoint->uri_error) : NULL;
  host = g_strdup (endpoint->host);
  port = endpoint->port;
  g_mutex_unlock (&endpoint->lock);
  if (uri_error != NULL) {
    GST_ELEMENT_ERROR (
        endpoint->element, RESOURCE, SETTINGS, ("%s", uri_error->message), (NULL));
    g_free (host);
    return FALSE;
  }
  server = acquire_server (endpoint, host, port, &error);
  if (server == NULL) {
    post_bind_error (endpoint, error, host, port);
    g_free (host);
    return FALSE;
  }
  set_server (endpoint, server, host, port);
  return TRUE;
}

void
gst_rtmp_server_endpoint_unbind (GstRtmpServerEndpoint *endpoint)
{
  release_server (endpoint);
  if (!gst_rtmp_server_dispatcher_drain (endpoint->dispatcher, DRAIN_TIMEOUT_MS))
    GST_WARNING_OBJECT (endpoint->element, "a signal handler has not returned yet");
}

/* host or port were changed in READY */
static gboolean
rebind_if_changed (GstRtmpServerEndpoint *endpoint)
{
  gboolean same;

  g_mutex_lock (&endpoint->lock);
  same = endpoint->bound_port == endpoint->port &&
         g_strcmp0 (endpoint->bound_host, endpoint->host) == 0 && endpoint->uri_error == NULL;
  g_mutex_unlock (&endpoint->lock);
  if (same)
    return TRUE;
  release_server (endpoint);
  return gst_rtmp_server_endpoint_bind (endpoint);
}

gboolean
gst_rtmp_server_endpoint_mount (GstRtmpServerEndpoint *endpoint, RtmpMountConfig *config)
{
  g_autoptr (GError) error = NULL;
  g_autofree gchar *application = NULL;
  g_autofree gchar *stream = NULL;
  RtmpMount *mount;

  if (!rebind_if_changed (endpoint))
    return FALSE;
  g_mutex_lock (&endpoint->lock);
  config->role = endpoint->role;
  config->application = application = g_strdup (endpoint->application);
  config->key = stream = g_strdup (endpoint->stream);
  config->max_clients = endpoint->max_clients;
  config->idle_timeout_ms = endpoint->idle_timeout_s * 1000;
  config->user_data = endpoint;
  g_mutex_unlock (&endpoint->lock);

  mount = rtmp_server_mount (endpoint->server, config, &error);
  if (mount == NULL) {
    GST_ELEMENT_ERROR (endpoint->element, RESOURCE, BUSY,
        ("Cannot use application \"%s\", stream \"%s\": %s", application,
            stream != NULL ? stream : "(any)", error->message),
        (NULL));
    return FALSE;
  }
  g_mutex_lock (&endpoint->mount_lock);
  endpoint->mount = mount;
  g_mutex_unlock (&endpoint->mount_lock);
  return TRUE;
}

void
gst_rtmp_server_endpoint_unmount (GstRtmpServerEndpoint *endpoint)
{
  RtmpMount *mount;

  g_mutex_lock (&endpoint->mount_lock);
  mount = g_steal_pointer (&endpoint->mount);
  g_mutex_unlock (&endpoint->mount_lock);
  if (mount != NULL)
    rtmp_mount_free (mount);
}

void
gst_rtmp_server_endpoint_set_accepting (GstRtmpServerEndpoint *endpoint, gboolean accepting)
{
  g_mutex_lock (&endpoint->mount_lock);
  if (endpoint->mount != NULL)
    rtmp_mount_set_accepting (endpoint->mount, accepting);
  g_mutex_unlock (&endpoint->mount_lock);
}

void
gst_rtmp_server_endpoint_set_override (
    GstRtmpServerEndpoint *endpoint, gboolean override_publisher)
{
  g_mutex_lock (&endpoint->mount_lock);
  if (endpoint->mount != NULL)
    rtmp_mount_set_override (endpoint->mount, override_publisher);
  g_mutex_unlock (&endpoint->mount_lock);
}

void
gst_rtmp_server_endpoint_resume (GstRtmpServerEndpoint *endpoint)
{
  g_mutex_lock (&endpoint->mount_lock);
  if (endpoint->mount != NULL)
    rtmp_mount_resume (endpoint->mount);
  g_mutex_unlock (&endpoint->mount_lock);
}
