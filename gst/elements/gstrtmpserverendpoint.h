/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * GstRtmpServerEndpoint: what both elements share: the properties uri, host,
 * port, application, stream, authentication, timeouts, max-clients; the listener
 * (NULL->READY) and the claim on (application, stream) (READY->PAUSED); signals,
 * bus messages and statistics about clients.
 *
 * Owner: its element, embedded in it. Properties: any thread, under `lock`.
 * bind/unbind/mount/unmount: state change thread. on_...: the server's callbacks,
 * loop threads; they only post to the dispatcher, where signals are emitted.
 */
#pragma once

#include <gst/gst.h>
#include "elements/gstrtmpserverdispatcher.h"
#include "server/rtmp-server.h"

G_BEGIN_DECLS

/* Property ids of both elements; an element's own start at ..._PROP_LAST. */
enum
{
  GST_RTMP_SERVER_PROP_0,
  GST_RTMP_SERVER_PROP_URI,
  GST_RTMP_SERVER_PROP_HOST,
  GST_RTMP_SERVER_PROP_PORT,
  GST_RTMP_SERVER_PROP_CURRENT_PORT,
  GST_RTMP_SERVER_PROP_APPLICATION,
  GST_RTMP_SERVER_PROP_STREAM,
  GST_RTMP_SERVER_PROP_AUTHENTICATION,
  GST_RTMP_SERVER_PROP_TIMEOUT,
  GST_RTMP_SERVER_PROP_IDLE_TIMEOUT,
  GST_RTMP_SERVER_PROP_MAX_CLIENTS,
  GST_RTMP_SERVER_PROP_NUM_CLIENTS,
  GST_RTMP_SERVER_PROP_STATS,
  GST_RTMP_SERVER_PROP_LAST,
};

typedef struct _GstRtmpServerEndpoint
{
  GstElement *element; /* borrowed: the owner */
  RtmpMountRole role;
  GstRtmpServerDispatcher *dispatcher;

  GMutex lock; /* what follows; leaf lock, nothing is called with it held */
  gchar *host;
  gint port;
  gchar *application;
  gchar *stream; /* NULL on a source: any key */
  gboolean authentication;
  guint timeout_s;
  guint idle_timeout_s;
  guint max_clients;
  guint num_clients;
  /* bytes of clients that are gone */
  guint64 closed_in_bytes;
  guint64 closed_out_bytes;
  /* an address or name was set, not only left at its default */
  gboolean address_set;
  GError *uri_error; /* of the last uri that was set; raised at NULL->READY */

  RtmpServer *server; /* from bind to unbind */
  gchar *bound_host;
  gint bound_port; /* as asked for; 0 = any */
  gint current_port;

  /* Keeps `mount` alive during a call on it; taken before `lock`, never in a
   * callback of the server. */
  GMutex mount_lock;
  RtmpMount *mount; /* from mount to unmount */
} GstRtmpServerEndpoint;

/* class_init: installs the properties above and the signals of
 * gstrtmpserversignals.c. */
void gst_rtmp_server_endpoint_class_init (GObjectClass *klass, RtmpMountRole role);
void gst_rtmp_server_endpoint_init (
    GstRtmpServerEndpoint *endpoint, GstElement *element, RtmpMountRole role);
/* finalize. */
void gst_rtmp_server_endpoint_clear (GstRtmpServerEndpoint *endpoint);

/* FALSE: not one of the shared properties. */
gboolean gst_rtmp_server_endpoint_set_property (
    GstRtmpServerEndpoint *endpoint, guint id, const GValue *value);
gboolean gst_rtmp_server_endpoint_get_property (
    GstRtmpServerEndpoint *endpoint, guint id, GValue *value);

/* GstURIHandler. Schemes: rtmpserver, and rtmp in the uri property. */
const gchar *const *gst_rtmp_server_endpoint_get_protocols (GType type);
gchar *gst_rtmp_server_endpoint_get_uri (GstRtmpServerEndpoint *endpoint);
/* Sets host, port, application and stream. GST_URI_ERROR_BAD_URI says what is accepted. */
gboolean gst_rtmp_server_endpoint_set_uri (
    GstRtmpServerEndpoint *endpoint, const gchar *uri, GError **error);

/* NULL->READY: listens. FALSE: a GST_RESOURCE_ERROR was posted. */
gboolean gst_rtmp_server_endpoint_bind (GstRtmpServerEndpoint *endpoint);
/* READY->NULL. Also waits for the dispatcher's last jobs. */
void gst_rtmp_server_endpoint_unbind (GstRtmpServerEndpoint *endpoint);

/* READY->PAUSED: claims. @config: the element's own fields and its funcs (whose
 * request, client_added, client_removed, client_rejected and players_changed are
 * the on_... below); role, names, max_clients, idle_timeout_ms and user_data (the
 * endpoint) are filled in here. FALSE: a GST_RESOURCE_ERROR was posted. */
gboolean gst_rtmp_server_endpoint_mount (
    GstRtmpServerEndpoint *endpoint, RtmpMountConfig *config);
/* PAUSED->READY. After it returns no callback runs. */
void gst_rtmp_server_endpoint_unmount (GstRtmpServerEndpoint *endpoint);

/* The mount's setters, nothing while not mounted. Any thread but the loops'. */
void gst_rtmp_server_endpoint_set_accepting (
    GstRtmpServerEndpoint *endpoint, gboolean accepting);
void gst_rtmp_server_endpoint_set_override (
    GstRtmpServerEndpoint *endpoint, gboolean override_publisher);
void gst_rtmp_server_endpoint_resume (GstRtmpServerEndpoint *endpoint);

/* For RtmpMountFuncs, user_data = endpoint: they turn into signals and bus messages
 * (GstRtmpServerClientConnecting, ...Added, ...Removed, ...Rejected: the fields of
 * gst_rtmp_server_client_get_info(), and reason, stats). */
void gst_rtmp_server_endpoint_on_request (
    RtmpMount *mount, RtmpRequest *request, gpointer user_data);
void gst_rtmp_server_endpoint_on_client_added (
    RtmpMount *mount, RtmpClient *client, gpointer user_data);
void gst_rtmp_server_endpoint_on_client_removed (
    RtmpMount *mount, RtmpClient *client, const gchar *reason, gpointer user_data);
void gst_rtmp_server_endpoint_on_client_rejected (
    RtmpMount *mount, RtmpClient *client, const gchar *reason, gpointer user_data);
void gst_rtmp_server_endpoint_on_players_changed (
    RtmpMount *mount, guint n_players, gpointer user_data);

/* Any thread but the loops'. Full transfer; the second NULL if there is no such
 * client. */
GstStructure *gst_rtmp_server_endpoint_get_stats (GstRtmpServerEndpoint *endpoint);
GstStructure *gst_rtmp_server_endpoint_get_client_stats (
    GstRtmpServerEndpoint *endpoint, guint64 id);
gboolean gst_rtmp_server_endpoint_disconnect (
    GstRtmpServerEndpoint *endpoint, guint64 id, const gchar *reason);

/*< private to the endpoint's files >*/
void gst_rtmp_server_endpoint_install_signals (GType type, RtmpMountRole role);
void gst_rtmp_server_endpoint_connect_actions (GstRtmpServerEndpoint *endpoint);

G_END_DECLS
