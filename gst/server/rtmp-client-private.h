/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * RtmpClient as its connection sees it.
 */
#pragma once

#include "server/rtmp-client.h"

G_BEGIN_DECLS

/* Takes @name; copies the strings (NULL = ""); refs @address. */
RtmpClient *rtmp_client_new (guint64 id, RtmpClientRole role, GSocketAddress *address,
    RtmpName *name, const gchar *tc_url, const gchar *flash_ver);
/* By the connection's loop only. */
void rtmp_client_set_stats (RtmpClient *client, const RtmpClientStats *stats);
/* What a player was sent and what it lags; the other fields stay. */
void rtmp_client_set_out_stats (RtmpClient *client, const RtmpClientStats *stats);
/* The next id of a connection; unique in the process, never 0. */
guint64 rtmp_client_next_id (void);

G_END_DECLS
