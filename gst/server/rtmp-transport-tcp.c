/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * RtmpTransport over a GSocket. Where there is sendmsg it is called directly: GIO
 * makes a GError of every EAGAIN, and EAGAIN is what a full player answers.
 */
#include "server/rtmp-transport.h"

#include <errno.h>
#include <gio/gnetworking.h>
#ifdef G_OS_UNIX
#include <sys/socket.h>
#include <sys/uio.h>
#endif

/* A dead peer that never says so: found after about KEEPALIVE_IDLE_S +
 * KEEPALIVE_COUNT * KEEPALIVE_INTERVAL_S. */
#define KEEPALIVE_IDLE_S 20
#define KEEPALIVE_INTERVAL_S 5
#define KEEPALIVE_COUNT 4

typedef struct _TcpTransport
{
  RtmpTransport base;
  RtmpLoop *loop;
  GSocket *socket;
  gint fd; /* of the socket: asking it costs more than one would think */
  RtmpWatch watch;
} TcpTransport;

static void
on_watch (RtmpWatch *watch, GIOCondition ready)
{
  TcpTransport *self =
      (TcpTransport *)((guint8 *)watch - G_STRUCT_OFFSET (TcpTransport, watch));

  self->base.ready (self->base.user_data, ready);
}

static void
tcp_attach (RtmpTransport *transport, RtmpLoop *loop)
{
  TcpTransport *self = (TcpTransport *)transport;

  self->loop = loop;
  self->watch.func = on_watch;
}

static void
tcp_set_interest (RtmpTransport *transport, GIOCondition interest)
{
  TcpTransport *self = (TcpTransport *)transport;
  RtmpPoller *poller = rtmp_loop_get_poller (self->loop);

  if (interest == 0)
    rtmp_poller_remove (poller, &self->watch);
  else if (self->watch.added)
    rtmp_poller_change (poller, &self->watch, interest);
  else
    rtmp_poller_add (poller, &self->watch, self->socket, interest);
}

#ifdef G_OS_UNIX

G_STATIC_ASSERT (sizeof (RtmpSlice) == sizeof (struct iovec));
G_STATIC_ASSERT (G_STRUCT_OFFSET (RtmpSlice, data) == G_STRUCT_OFFSET (struct iovec, iov_base));
G_STATIC_ASSERT (G_STRUCT_OFFSET (RtmpSlice, size) == G_STRUCT_OFFSET (struct iovec, iov_len));

static RtmpIo
failed (const gchar *what, GError **error)
{
  if (errno == EAGAIN || errno == EWOULDBLOCK)
    return RTMP_IO_BLOCKED;
  g_set_error (
      error, G_IO_ERROR, g_io_error_from_errno (errno), "%s: %s", what, g_strerror (errno));
  return RTMP_IO_ERROR;
}

static RtmpIo
tcp_read (RtmpTransport *transport, guint8 *data, gsize size, gsize *done, GError **error)
{
  TcpTransport *self = (TcpTransport *)transport;
  gssize n;

  do
    n = recv (self->fd, data, size, MSG_DONTWAIT);
  while (n < 0 && errno == EINTR);
  if (n < 0)
    return failed ("Reading", error);
  *done = (gsize)n;
  return n == 0 ? RTMP_IO_EOF : RTMP_IO_DONE;
}

static RtmpIo
tcp_write (RtmpTransport *transport, const RtmpSlice *slices, guint n_slices, gsize *done,
    GError **error)
{
  TcpTransport *self = (TcpTransport *)transport;
  struct msghdr message = { .msg_iov = (struct iovec *)slices, .msg_iovlen = n_slices };
  gssize n;

  do
    n = sendmsg (self->fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
  while (n < 0 && errno == EINTR);
  if (n < 0)
    return failed ("Writing", error);
  *done = (gsize)n;
  return RTMP_IO_DONE;
}

#else

static RtmpIo
moved (gssize n, gsize *done, GError *failure, GError **error)
{
  if (n >= 0) {
    *done = (gsize)n;
    return RTMP_IO_DONE;
  }
  if (g_error_matches (failure, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK)) {
    g_error_free (failure);
    return RTMP_IO_BLOCKED;
  }
  g_propagate_error (error, failure);
  return RTMP_IO_ERROR;
}

static RtmpIo
tcp_read (RtmpTransport *transport, guint8 *data, gsize size, gsize *done, GError **error)
{
  TcpTransport *self = (TcpTransport *)transport;
  GError *failure = NULL;
  gssize n =
      g_socket_receive_with_blocking (self->socket, (gchar *)data, size, FALSE, NULL, &failure);
  RtmpIo io = moved (n, done, failure, error);

  return io == RTMP_IO_DONE && n == 0 ? RTMP_IO_EOF : io;
}

static RtmpIo
tcp_write (RtmpTransport *transport, const RtmpSlice *slices, guint n_slices, gsize *done,
    GError **error)
{
  TcpTransport *self = (TcpTransport *)transport;
  GOutputVector vectors[RTMP_TRANSPORT_MAX_SLICES];
  GError *failure = NULL;
  gssize n;

  for (guint i = 0; i < n_slices; i++) {
    vectors[i].buffer = slices[i].data;
    vectors[i].size = slices[i].size;
  }
  n = g_socket_send_message (
      self->socket, NULL, vectors, (gint)n_slices, NULL, 0, G_SOCKET_MSG_NONE, NULL, &failure);
  return moved (n, done, failure, error);
}

#endif

static void
tcp_shutdown (RtmpTransport *transport)
{
  g_socket_shutdown (((TcpTransport *)transport)->socket, FALSE, TRUE, NULL);
}

static void
tcp_free (RtmpTransport *transport)
{
  TcpTransport *self = (TcpTransport *)transport;

  if (self->loop)
    rtmp_poller_remove (rtmp_loop_get_poller (self->loop), &self->watch);
  g_socket_close (self->socket, NULL);
  g_object_unref (self->socket);
  g_free (self);
}

static const RtmpTransportFuncs tcp_funcs = {
  .attach = tcp_attach,
  .set_interest = tcp_set_interest,
  .read = tcp_read,
  .write = tcp_write,
  .shutdown = tcp_shutdown,
  .free = tcp_free,
};

void
rtmp_transport_set_up_tcp (GSocket *socket)
{
  g_socket_set_keepalive (socket, TRUE);
  g_socket_set_option (socket, IPPROTO_TCP, TCP_NODELAY, 1, NULL);
#ifdef TCP_KEEPIDLE
  g_socket_set_option (socket, IPPROTO_TCP, TCP_KEEPIDLE, KEEPALIVE_IDLE_S, NULL);
#endif
#ifdef TCP_KEEPINTVL
  g_socket_set_option (socket, IPPROTO_TCP, TCP_KEEPINTVL, KEEPALIVE_INTERVAL_S, NULL);
#endif
#ifdef TCP_KEEPCNT
  g_socket_set_option (socket, IPPROTO_TCP, TCP_KEEPCNT, KEEPALIVE_COUNT, NULL);
#endif
}

RtmpTransport *
rtmp_transport_new_tcp (GSocket *socket, gboolean accepted)
{
  TcpTransport *self = g_new0 (TcpTransport, 1);

  self->base.funcs = &tcp_funcs;
  self->socket = g_object_ref (socket);
  self->fd = g_socket_get_fd (socket);
  g_socket_set_blocking (socket, FALSE);
#ifdef __linux__
  if (!accepted)
#endif
    rtmp_transport_set_up_tcp (socket);
  return &self->base;
}
