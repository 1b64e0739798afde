/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * RtmpListener: the listening sockets of one host and port. When descriptors run
 * out it sheds who waits, by a spare descriptor, and pauses: a full process must
 * not spin on sockets it cannot accept.
 *
 * Owner: its server. Bound by any thread, then its loop's.
 */
#pragma once

#include "server/rtmp-loop.h"

G_BEGIN_DECLS

typedef struct _RtmpListener RtmpListener;
/* @socket: borrowed. */
typedef void (*RtmpListenerFunc) (RtmpListener *listener, GSocket *socket, gpointer user_data);

/* Binds and listens; blocks while a name is resolved. "::" is dual stack, or IPv4
 * where there is no IPv6. @port 0: any free, the same for all addresses of a name.
 * Errors are GIO's, with words that name address and port. */
RtmpListener *rtmp_listener_new (RtmpLoop *loop, const gchar *host, guint16 port,
    RtmpListenerFunc func, gpointer user_data, GError **error);
guint16 rtmp_listener_get_port (RtmpListener *listener);

/* On the loop. */
void rtmp_listener_start (RtmpListener *listener);
/* Closes: the port is free when it returns. */
void rtmp_listener_free (RtmpListener *listener);

G_END_DECLS
