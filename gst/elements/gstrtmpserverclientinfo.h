/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What applications see of a client: structures for signals, bus messages and
 * the `stats` property. Any thread; all full transfer. Text from the network is
 * made valid UTF-8.
 */
#pragma once

#include <gst/gst.h>
#include "server/rtmp-client.h"

G_BEGIN_DECLS

/* `rtmp-client`: id (uint64), role (publisher, player, push), address, application,
 * stream, query, tc-url, flash-version (strings), tls (boolean). */
GstStructure *gst_rtmp_server_client_get_info (const RtmpClient *client);

/* The same and, named as rtmp2src and rtmp2sink have them, in-chunk-size,
 * out-chunk-size, out-window-ack-size (uint), in-bytes-total, out-bytes-total (uint64);
 * in-messages, out-messages, dropped-messages, resyncs (uint64), queued-bytes,
 * queued-time-ms (uint), rtt-us (int64, -1 unknown), connected-time-ms (uint64). */
GstStructure *gst_rtmp_server_client_get_stats (RtmpClient *client);

G_END_DECLS
