/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * RtmpTransport: the bytes under a connection: TCP, a fake for tests (TLS takes
 * the same place). Never blocks.
 *
 * Owner and thread: its connection, the loop it was attached to.
 */
#pragma once

#include <gio/gio.h>
#include "protocol/rtmp-types.h"
#include "server/rtmp-loop.h"

G_BEGIN_DECLS

/* Most slices one write takes; what is over it is left to the next. */
#define RTMP_TRANSPORT_MAX_SLICES 64

typedef struct _RtmpTransport RtmpTransport;

typedef enum
{
  RTMP_IO_DONE,    /* some bytes moved */
  RTMP_IO_BLOCKED, /* none now: ready() tells when */
  RTMP_IO_EOF,     /* the peer ended its direction (reading only) */
  RTMP_IO_ERROR,   /* broken for good */
} RtmpIo;

typedef void (*RtmpTransportReady) (gpointer user_data, GIOCondition ready);

typedef struct _RtmpTransportFuncs
{
  /* Calls the transport's ready() on @loop for what set_interest() asked; G_IO_HUP
   * and G_IO_ERR always. */
  void (*attach) (RtmpTransport *transport, RtmpLoop *loop);
  /* 0: nothing at all, not even HUP and ERR, which would be told for ever. */
  void (*set_interest) (RtmpTransport *transport, GIOCondition interest);
  RtmpIo (*read) (
      RtmpTransport *transport, guint8 *data, gsize size, gsize *done, GError **error);
  RtmpIo (*write) (RtmpTransport *transport, const RtmpSlice *slices, guint n_slices,
      gsize *done, GError **error);
  /* No more writes: the peer reads to the end. */
  void (*shutdown) (RtmpTransport *transport);
  /* Detaches, closes, frees. */
  void (*free) (RtmpTransport *transport);
} RtmpTransportFuncs;

struct _RtmpTransport
{
  const RtmpTransportFuncs *funcs;
  RtmpTransportReady ready; /* set by the connection before attach */
  gpointer user_data;
  gboolean tls;
};

/* No delay, keepalive. Where sockets inherit that from the one that accepts them it
 * is enough to set that one up. */
void rtmp_transport_set_up_tcp (GSocket *socket);
/* Takes a reference to @socket; sets it up unless it was @accepted and inherits. */
RtmpTransport *rtmp_transport_new_tcp (GSocket *socket, gboolean accepted);

G_END_DECLS
