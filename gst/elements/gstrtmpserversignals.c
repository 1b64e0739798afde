/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Signals, actions and bus messages about clients. The server's callbacks post a
 * job each; the dispatcher emits, so that handlers may take their time and never
 * run on an I/O loop.
 */
#include "elements/gstrtmpserverendpoint.h"
#include "elements/gstrtmpserverclientinfo.h"

/* One set of ids for each element class: the same names on two types. */
enum
{
  SIGNAL_CONNECTING,
  SIGNAL_ADDED,
  SIGNAL_REMOVED,
  SIGNAL_REJECTED,
  SIGNAL_PLAYERS_CHANGED,
  SIGNAL_DISCONNECT,
  SIGNAL_GET_STATS,
  N_SIGNALS
};

static guint signals[2][N_SIGNALS];

static GQuark
endpoint_quark (void)
{
  return g_quark_from_static_string ("gst-rtmp-server-endpoint");
}

static gboolean
first_false_wins (
    GSignalInvocationHint *hint, GValue *result, const GValue *answer, gpointer data)
{
  gboolean accept = g_value_get_boolean (answer);

  g_value_set_boolean (result, accept);
  return accept;
}

static gboolean
on_disconnect_client (GstElement *element, guint64 id)
{
  GstRtmpServerEndpoint *endpoint = g_object_get_qdata (G_OBJECT (element), endpoint_quark ());

  return gst_rtmp_server_endpoint_disconnect (endpoint, id, "disconnected by the application");
}

static GstStructure *
on_get_client_stats (GstElement *element, guint64 id)
{
  return gst_rtmp_server_endpoint_get_client_stats (
      g_object_get_qdata (G_OBJECT (element), endpoint_quark ()), id);
}

static void
install_notifications (GType type, guint *ids)
{
  /**
   * GstRtmpServerSrc::client-connecting:
   * @element: the element
   * @address: address of the client
   * @application: application it wants
   * @stream: stream key it wants
   * @info: id, role (publisher or player), query, parameters (a #GstStructure with the
   *     decoded parameters of the query as strings), tc-url, flash-version, tls
   *
   * Whether the client may come in; the first handler that returns %FALSE decides. It
   * is emitted in a thread of its own; a client that is not answered within 5 seconds
   * is refused. Without handlers clients come in unless `authentication` is %TRUE.
   *
   * Returns: %TRUE to let it in
   */
  ids[SIGNAL_CONNECTING] = g_signal_new ("client-connecting", type, G_SIGNAL_RUN_LAST, 0,
      first_false_wins, NULL, NULL, G_TYPE_BOOLEAN, 4, G_TYPE_SOCKET_ADDRESS, G_TYPE_STRING,
      G_TYPE_STRING, GST_TYPE_STRUCTURE);
  /**
   * GstRtmpServerSrc::client-added:
   * @element: the element
   * @id: id of the client, unique in the process
   * @address: its address
   * @info: as in client-connecting
   */
  ids[SIGNAL_ADDED] = g_signal_new ("client-added", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
      NULL, G_TYPE_NONE, 3, G_TYPE_UINT64, G_TYPE_SOCKET_ADDRESS, GST_TYPE_STRUCTURE);
  /**
   * GstRtmpServerSrc::client-removed:
   * @element: the element
   * @id: id of the client
   * @address: its address
   * @reason: why it is gone
   * @stats: its last statistics
   */
  ids[SIGNAL_REMOVED] =
      g_signal_new ("client-removed", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE,
          4, G_TYPE_UINT64, G_TYPE_SOCKET_ADDRESS, G_TYPE_STRING, GST_TYPE_STRUCTURE);
  /**
   * GstRtmpServerSrc::client-rejected:
   * @element: the element
   * @address: address of the client
   * @reason: why
   * @info: as in client-connecting
   */
  ids[SIGNAL_REJECTED] = g_signal_new ("client-rejected", type, G_SIGNAL_RUN_LAST, 0, NULL,
      NULL, NULL, G_TYPE_NONE, 3, G_TYPE_SOCKET_ADDRESS, G_TYPE_STRING, GST_TYPE_STRUCTURE);
  /**
   * GstRtmpServerSrc::players-changed:
   * @element: the element
   * @n_players: players that play or wait to
   *
   * For applications that start encoders only while somebody watches.
   */
  ids[SIGNAL_PLAYERS_CHANGED] = g_signal_new ("players-changed", type, G_SIGNAL_RUN_LAST, 0,
      NULL, NULL, NULL, G_TYPE_NONE, 1, G_TYPE_UINT);
}

static void
install_actions (GType type, guint *ids)
{
  /**
   * GstRtmpServerSrc::disconnect-client:
   * @element: the element
   * @id: id of the client
   *
   * Returns: %FALSE if there is no such client
   */
  ids[SIGNAL_DISCONNECT] = g_signal_new_class_handler ("disconnect-client", type,
      G_SIGNAL_RUN_LAST | G_SIGNAL_ACTION, G_CALLBACK (on_disconnect_client), NULL, NULL, NULL,
      G_TYPE_BOOLEAN, 1, G_TYPE_UINT64);
  /**
   * GstRtmpServerSrc::get-client-stats:
   * @element: the element
   * @id: id of the client
   *
   * Returns: (nullable): statistics of the client as in `stats`, or %NULL
   */
  ids[SIGNAL_GET_STATS] = g_signal_new_class_handler ("get-client-stats", type,
      G_SIGNAL_RUN_LAST | G_SIGNAL_ACTION, G_CALLBACK (on_get_client_stats), NULL, NULL, NULL,
      GST_TYPE_STRUCTURE, 1, G_TYPE_UINT64);
}

void
gst_rtmp_server_endpoint_install_signals (GType type, RtmpMountRole role)
{
  install_notifications (type, signals[role]);
  install_actions (type, signals[role]);
}

void
gst_rtmp_server_endpoint_connect_actions (GstRtmpServerEndpoint *endpoint)
{
  g_object_set_qdata (G_OBJECT (endpoint->element), endpoint_quark (), endpoint);
}

/* What one job needs; everything in it is its own. */
typedef struct _ClientJob
{
  GstRtmpServerEndpoint *endpoint; /* lives as long as `element` */
  GstElement *element;
  RtmpClient *client;
  RtmpRequest *request;
  gchar *reason;
  guint number;
} ClientJob;

static void
client_job_free (gpointer data)
{
  ClientJob *job = data;

  g_clear_pointer (&job->client, rtmp_client_unref);
  g_clear_pointer (&job->request, rtmp_request_unref);
  g_free (job->reason);
  gst_object_unref (job->element);
  g_free (job);
}

static void
post_job (GstRtmpServerEndpoint *endpoint, GstRtmpServerJob run, RtmpClient *client,
    RtmpRequest *request, const gchar *reason, guint number)
{
  ClientJob *job = g_new0 (ClientJob, 1);

  job->endpoint = endpoint;
  job->element = gst_object_ref (endpoint->element);
  job->client = client != NULL ? rtmp_client_ref (client) : NULL;
  job->request = request != NULL ? rtmp_request_ref (request) : NULL;
  job->reason = g_strdup (reason);
  job->number = number;
  gst_rtmp_server_dispatcher_post (endpoint->dispatcher, run, job, client_job_free);
}

static void
post_message (ClientJob *job, const gchar *name, GstStructure *details, const gchar *field)
{
  GstStructure *structure = gst_rtmp_server_client_get_info (job->client);

  gst_structure_set_name (structure, name);
  if (job->reason != NULL)
    gst_structure_set (structure, "reason", G_TYPE_STRING, job->reason, NULL);
  if (details != NULL)
    gst_structure_set (structure, field, GST_TYPE_STRUCTURE, details, NULL);
  gst_element_post_message (
      job->element, gst_message_new_element (GST_OBJECT (job->element), structure));
}

/* request */

static gboolean
ask_application (ClientJob *job)
{
  GstRtmpServerEndpoint *endpoint = job->endpoint;
  GstStructure *info = gst_rtmp_server_client_get_info (job->client);
  gboolean accept = FALSE;

  g_signal_emit (job->element, signals[endpoint->role][SIGNAL_CONNECTING], 0,
      job->client->address, gst_structure_get_string (info, "application"),
      gst_structure_get_string (info, "stream"), info, &accept);
  gst_structure_free (info);
  return accept;
}

static gboolean
has_handler (GstRtmpServerEndpoint *endpoint)
{
  return g_signal_has_handler_pending (
      endpoint->element, signals[endpoint->role][SIGNAL_CONNECTING], 0, FALSE);
}

static gboolean
needs_authentication (GstRtmpServerEndpoint *endpoint)
{
  gboolean authentication;

  g_mutex_lock (&endpoint->lock);
  authentication = endpoint->authentication;
  g_mutex_unlock (&endpoint->lock);
  return authentication;
}

static void
answer_request (gpointer data)
{
  ClientJob *job = data;
  gboolean accept;

  post_message (job, "GstRtmpServerClientConnecting", NULL, NULL);
  accept = has_handler (job->endpoint) ? ask_application (job)
                                       : !needs_authentication (job->endpoint);
  if (accept)
    rtmp_request_accept (job->request);
  else
    rtmp_request_refuse (job->request, RTMP_REFUSE_DENIED, "not allowed");
}

void
gst_rtmp_server_endpoint_on_request (RtmpMount *mount, RtmpRequest *request, gpointer user_data)
{
  GstRtmpServerEndpoint *endpoint = user_data;

  /* the usual case costs no thread switch */
  if (!has_handler (endpoint) && !needs_authentication (endpoint))
    rtmp_request_accept (request);
  else
    post_job (endpoint, answer_request, rtmp_request_get_client (request), request, NULL, 0);
}

/* added, removed, rejected */

static void
count_client (GstRtmpServerEndpoint *endpoint, gint change)
{
  g_mutex_lock (&endpoint->lock);
  endpoint->num_clients += change;
  g_mutex_unlock (&endpoint->lock);
}

static void
emit_added (gpointer data)
{
  ClientJob *job = data;
  GstStructure *info = gst_rtmp_server_client_get_info (job->client);

  g_object_notify (G_OBJECT (job->element), "num-clients");
  g_signal_emit (job->element, signals[job->endpoint->role][SIGNAL_ADDED], 0, job->client->id,
      job->client->address, info);
  post_message (job, "GstRtmpServerClientAdded", NULL, NULL);
  gst_structure_free (info);
}

void
gst_rtmp_server_endpoint_on_client_added (
    RtmpMount *mount, RtmpClient *client, gpointer user_data)
{
  count_client (user_data, 1);
  post_job (user_data, emit_added, client, NULL, NULL, 0);
}

static void
emit_removed (gpointer data)
{
  ClientJob *job = data;
  GstStructure *stats = gst_rtmp_server_client_get_stats (job->client);

  g_object_notify (G_OBJECT (job->element), "num-clients");
  g_signal_emit (job->element, signals[job->endpoint->role][SIGNAL_REMOVED], 0, job->client->id,
      job->client->address, job->reason, stats);
  post_message (job, "GstRtmpServerClientRemoved", stats, "stats");
  gst_structure_free (stats);
}

void
gst_rtmp_server_endpoint_on_client_removed (
    RtmpMount *mount, RtmpClient *client, const gchar *reason, gpointer user_data)
{
  GstRtmpServerEndpoint *endpoint = user_data;
  RtmpClientStats stats;

  rtmp_client_get_stats (client, &stats);
  g_mutex_lock (&endpoint->lock);
  endpoint->closed_in_bytes += stats.in_bytes;
  endpoint->closed_out_bytes += stats.out_bytes;
  g_mutex_unlock (&endpoint->lock);
  count_client (endpoint, -1);
  post_job (endpoint, emit_removed, client, NULL, reason, 0);
}

static void
emit_rejected (gpointer data)
{
  ClientJob *job = data;
  GstStructure *info = gst_rtmp_server_client_get_info (job->client);

  g_signal_emit (job->element, signals[job->endpoint->role][SIGNAL_REJECTED], 0,
      job->client->address, job->reason, info);
  post_message (job, "GstRtmpServerClientRejected", NULL, NULL);
  gst_structure_free (info);
}

void
gst_rtmp_server_endpoint_on_client_rejected (
    RtmpMount *mount, RtmpClient *client, const gchar *reason, gpointer user_data)
{
  post_job (user_data, emit_rejected, client, NULL, reason, 0);
}

static void
emit_players_changed (gpointer data)
{
  ClientJob *job = data;

  g_signal_emit (
      job->element, signals[job->endpoint->role][SIGNAL_PLAYERS_CHANGED], 0, job->number);
}

void
gst_rtmp_server_endpoint_on_players_changed (
    RtmpMount *mount, guint n_players, gpointer user_data)
{
  post_job (user_data, emit_players_changed, NULL, NULL, NULL, n_players);
}
