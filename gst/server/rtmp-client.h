/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * RtmpClient: what others may know of a connection: immutable identity and
 * running counters. Reference-counted, any thread; outlives the connection.
 */
#pragma once

#include <gio/gio.h>
#include "protocol/rtmp-name.h"

G_BEGIN_DECLS

typedef enum
{
  RTMP_CLIENT_PUBLISHER,
  RTMP_CLIENT_PLAYER,
  RTMP_CLIENT_PUSH, /* our own connection to a remote server */
} RtmpClientRole;

typedef struct _RtmpClientStats
{
  guint64 in_bytes; /* wire bytes */
  guint64 out_bytes;
  guint64 in_messages; /* media */
  guint64 out_messages;
  guint64 dropped_messages; /* skipped for a slow player */
  guint64 resyncs;          /* times it jumped to a newer keyframe */
  guint32 in_chunk_size;
  guint32 queued_bytes; /* behind the newest message */
  guint32 queued_ms;
  gint64 rtt_us; /* -1 unknown */
} RtmpClientStats;

typedef struct _RtmpClient
{
  gatomicrefcount ref_count;
  /* immutable */
  guint64 id; /* unique in the process, never 0 */
  RtmpClientRole role;
  GSocketAddress *address; /* remote */
  RtmpName *name;
  gchar *tc_url; /* as sent, or "" */
  gchar *flash_ver;
  gboolean tls;
  gint64 connected_us; /* g_get_monotonic_time of the accept */

  /*< private: written by the connection's loop alone, without a lock; read
   * through rtmp_client_get_stats() >*/
  RtmpClientStats stats;
} RtmpClient;

RtmpClient *rtmp_client_ref (RtmpClient *client);
void rtmp_client_unref (RtmpClient *client);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (RtmpClient, rtmp_client_unref)
void rtmp_client_get_stats (RtmpClient *client, RtmpClientStats *stats);

G_END_DECLS
