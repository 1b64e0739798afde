/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The `stats` property and actions on single clients.
 */
#include "elements/gstrtmpserverclientinfo.h"
#include "elements/gstrtmpserverendpoint.h"

/* Full transfer, NULL while not mounted. */
static GPtrArray *
list_clients (GstRtmpServerEndpoint *endpoint)
{
  GPtrArray *clients = NULL;

  g_mutex_lock (&endpoint->mount_lock);
  if (endpoint->mount != NULL)
    clients = rtmp_mount_list_clients (endpoint->mount);
  g_mutex_unlock (&endpoint->mount_lock);
  return clients;
}

/* Sums and last values of what is in @client. */
static void
add_totals (GstStructure *client, guint64 *in_bytes, guint64 *out_bytes, guint *chunk_size)
{
  guint64 value = 0;

  gst_structure_get_uint64 (client, "in-bytes-total", &value);
  *in_bytes += value;
  gst_structure_get_uint64 (client, "out-bytes-total", &value);
  *out_bytes += value;
  gst_structure_get_uint (client, "in-chunk-size", chunk_size);
}

GstStructure *
gst_rtmp_server_endpoint_get_stats (GstRtmpServerEndpoint *endpoint)
{
  GstStructure *stats = gst_structure_new_empty ("application/x-rtmp-server-stats");
  GPtrArray *clients = list_clients (endpoint);
  GValue array = G_VALUE_INIT;
  guint64 in_bytes, out_bytes;
  guint chunk_size = RTMP_CHUNK_SIZE_DEFAULT;
  guint i;

  g_mutex_lock (&endpoint->lock);
  in_bytes = endpoint->closed_in_bytes;
  out_bytes = endpoint->closed_out_bytes;
  g_mutex_unlock (&endpoint->lock);
  g_value_init (&array, GST_TYPE_ARRAY);
  for (i = 0; clients != NULL && i < clients->len; i++) {
    GValue item = G_VALUE_INIT;
    GstStructure *client = gst_rtmp_server_client_get_stats (g_ptr_array_index (clients, i));

    add_totals (client, &in_bytes, &out_bytes, &chunk_size);
    g_value_init (&item, GST_TYPE_STRUCTURE);
    g_value_take_boxed (&item, client);
    gst_value_array_append_and_take_value (&array, &item);
  }
  gst_structure_set (stats, "in-chunk-size", G_TYPE_UINT, chunk_size, "out-chunk-size",
      G_TYPE_UINT, RTMP_CHUNK_SIZE_OUT, "out-window-ack-size", G_TYPE_UINT,
      RTMP_WINDOW_ACK_SIZE, "in-bytes-total", G_TYPE_UINT64, in_bytes, "out-bytes-total",
      G_TYPE_UINT64, out_bytes, NULL);
  gst_structure_take_value (stats, "clients", &array);
  g_clear_pointer (&clients, g_ptr_array_unref);
  return stats;
}

GstStructure *
gst_rtmp_server_endpoint_get_client_stats (GstRtmpServerEndpoint *endpoint, guint64 id)
{
  GPtrArray *clients = list_clients (endpoint);
  GstStructure *stats = NULL;
  guint i;

  for (i = 0; clients != NULL && i < clients->len && stats == NULL; i++) {
    RtmpClient *client = g_ptr_array_index (clients, i);

    if (client->id == id)
      stats = gst_rtmp_server_client_get_stats (client);
  }
  g_clear_pointer (&clients, g_ptr_array_unref);
  return stats;
}

gboolean
gst_rtmp_server_endpoint_disconnect (
    GstRtmpServerEndpoint *endpoint, guint64 id, const gchar *reason)
{
  gboolean found = FALSE;

  g_mutex_lock (&endpoint->mount_lock);
  if (endpoint->mount != NULL)
    found = rtmp_mount_disconnect (endpoint->mount, id, reason);
  g_mutex_unlock (&endpoint->mount_lock);
  return found;
}
