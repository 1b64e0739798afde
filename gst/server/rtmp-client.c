/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "server/rtmp-client-private.h"

guint64
rtmp_client_next_id (void)
{
  static guint64 last;

  return __atomic_add_fetch (&last, 1, __ATOMIC_RELAXED);
}

RtmpClient *
rtmp_client_new (guint64 id, RtmpClientRole role, GSocketAddress *address, RtmpName *name,
    const gchar *tc_url, const gchar *flash_ver)
{
  RtmpClient *client = g_new0 (RtmpClient, 1);

  g_atomic_ref_count_init (&client->ref_count);
  client->id = id;
  client->role = role;
  client->address = address ? g_object_ref (address) : NULL;
  client->name = name;
  client->tc_url = g_strdup (tc_url ? tc_url : "");
  client->flash_ver = g_strdup (flash_ver ? flash_ver : "");
  client->stats.rtt_us = -1;
  return client;
}

RtmpClient *
rtmp_client_ref (RtmpClient *client)
{
  g_atomic_ref_count_inc (&client->ref_count);
  return client;
}

void
rtmp_client_unref (RtmpClient *client)
{
  if (!g_atomic_ref_count_dec (&client->ref_count))
    return;
  g_clear_object (&client->address);
  rtmp_name_free (client->name);
  g_free (client->tc_url);
  g_free (client->flash_ver);
  g_free (client);
}

/* One writer: each counter is whole, all together are as of about now. */
#define COPY(to, from, field)                                                                  \
  __atomic_store_n (                                                                           \
      &(to)->field, __atomic_load_n (&(from)->field, __ATOMIC_RELAXED), __ATOMIC_RELAXED)

static void
copy_out_stats (RtmpClientStats *to, const RtmpClientStats *from)
{
  COPY (to, from, out_bytes);
  COPY (to, from, out_messages);
  COPY (to, from, dropped_messages);
  COPY (to, from, resyncs);
  COPY (to, from, queued_bytes);
  COPY (to, from, queued_ms);
}

static void
copy_stats (RtmpClientStats *to, const RtmpClientStats *from)
{
  copy_out_stats (to, from);
  COPY (to, from, in_bytes);
  COPY (to, from, in_messages);
  COPY (to, from, in_chunk_size);
  COPY (to, from, rtt_us);
}

void
rtmp_client_set_stats (RtmpClient *client, const RtmpClientStats *stats)
{
  copy_stats (&client->stats, stats);
}

void
rtmp_client_set_out_stats (RtmpClient *client, const RtmpClientStats *stats)
{
  copy_out_stats (&client->stats, stats);
}

void
rtmp_client_get_stats (RtmpClient *client, RtmpClientStats *stats)
{
  copy_stats (stats, &client->stats);
}
