/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "elements/gstrtmpserverclientinfo.h"
#include "media/rtmp-amf-value.h"
#include "protocol/rtmp-name.h"
#include "protocol/rtmp-types.h"

#include <string.h>

/* Names of fields are never freed, and peers choose these: so many new ones in the
 * life of the process become fields. Those that the application looks for exist
 * since it looked for the first time. */
#define MAX_NEW_NAMES 256

static void
set_text (GstStructure *structure, const gchar *field, const gchar *text)
{
  gchar *valid = rtmp_text_make_valid (text);

  gst_structure_set (structure, field, G_TYPE_STRING, valid, NULL);
  g_free (valid);
}

static const gchar *
role_name (RtmpClientRole role)
{
  switch (role) {
    case RTMP_CLIENT_PUBLISHER:
      return "publisher";
    case RTMP_CLIENT_PLAYER:
      return "player";
    default:
      return "push";
  }
}

static void
set_address (GstStructure *structure, GSocketAddress *address)
{
  gchar *text = NULL;

  /* "127.0.0.1:1935", "[::1]:1935" */
  if (address != NULL && G_IS_SOCKET_CONNECTABLE (address))
    text = g_socket_connectable_to_string (G_SOCKET_CONNECTABLE (address));
  set_text (structure, "address", text);
  g_free (text);
}

static gboolean
is_identifier (const gchar *name)
{
  if (!g_ascii_isalpha (*name) && *name != '_')
    return FALSE;
  while (g_ascii_isalnum (*name) || (*name != '\0' && strchr ("_-.", *name) != NULL))
    name++;
  return *name == '\0';
}

static gboolean
may_be_field (const gchar *name)
{
  static gint n_new; /* atomic */

  if (!is_identifier (name))
    return FALSE;
  if (g_quark_try_string (name) != 0)
    return TRUE;
  return g_atomic_int_get (&n_new) < MAX_NEW_NAMES &&
         g_atomic_int_add (&n_new, 1) < MAX_NEW_NAMES;
}

/* Decoded, the first of equal names. */
static void
set_parameters (GstStructure *structure, const gchar *query)
{
  GstStructure *parameters = gst_structure_new_empty ("rtmp-parameters");
  GArray *list = rtmp_query_parse (query != NULL ? query : "");

  for (guint i = 0; i < list->len; i++) {
    const RtmpParam *param = &g_array_index (list, RtmpParam, i);

    if (may_be_field (param->name) && !gst_structure_has_field (parameters, param->name))
      set_text (parameters, param->name, param->value);
  }
  g_array_unref (list);
  gst_structure_set (structure, "parameters", GST_TYPE_STRUCTURE, parameters, NULL);
  gst_structure_free (parameters);
}

GstStructure *
gst_rtmp_server_client_get_info (const RtmpClient *client)
{
  GstStructure *info =
      gst_structure_new ("rtmp-client", "id", G_TYPE_UINT64, client->id, "role", G_TYPE_STRING,
          role_name (client->role), "tls", G_TYPE_BOOLEAN, client->tls, NULL);

  set_address (info, client->address);
  set_text (info, "application", client->name != NULL ? client->name->application : NULL);
  set_text (info, "stream", client->name != NULL ? client->name->key : NULL);
  set_text (info, "query", client->name != NULL ? client->name->query : NULL);
  set_parameters (info, client->name != NULL ? client->name->query : NULL);
  set_text (info, "tc-url", client->tc_url);
  set_text (info, "flash-version", client->flash_ver);
  return info;
}

GstStructure *
gst_rtmp_server_client_get_stats (RtmpClient *client)
{
  GstStructure *structure = gst_rtmp_server_client_get_info (client);
  guint64 connected_ms = MAX (0, (g_get_monotonic_time () - client->connected_us) / 1000);
  RtmpClientStats stats;

  rtmp_client_get_stats (client, &stats);
  gst_structure_set (structure, "in-chunk-size", G_TYPE_UINT, stats.in_chunk_size,
      "out-chunk-size", G_TYPE_UINT, RTMP_CHUNK_SIZE_OUT, "out-window-ack-size", G_TYPE_UINT,
      RTMP_WINDOW_ACK_SIZE, "in-bytes-total", G_TYPE_UINT64, stats.in_bytes, "out-bytes-total",
      G_TYPE_UINT64, stats.out_bytes, "in-messages", G_TYPE_UINT64, stats.in_messages,
      "out-messages", G_TYPE_UINT64, stats.out_messages, "dropped-messages", G_TYPE_UINT64,
      stats.dropped_messages, "resyncs", G_TYPE_UINT64, stats.resyncs, "queued-bytes",
      G_TYPE_UINT, stats.queued_bytes, "queued-time-ms", G_TYPE_UINT, stats.queued_ms, "rtt-us",
      G_TYPE_INT64, stats.rtt_us, "connected-time-ms", G_TYPE_UINT64, connected_ms, NULL);
  return structure;
}
