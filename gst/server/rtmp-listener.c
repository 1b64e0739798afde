/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "server/rtmp-listener.h"

#include "server/rtmp-transport.h"

#include <errno.h>
#include <gio/gnetworking.h>
#ifdef G_OS_UNIX
#include <fcntl.h>
#include <unistd.h>
#endif

#define BACKLOG 4096
/* Accepted in one turn: those who are in already get their turn too. */
#define ACCEPT_BUDGET 32
#define PAUSE_US (100 * 1000)

typedef struct _Port
{
  GSocket *socket;
  RtmpWatch watch;
  RtmpListener *listener;
} Port;

struct _RtmpListener
{
  RtmpLoop *loop;
  GPtrArray *ports;
  guint16 number;
  gint spare; /* descriptor, or -1 */
  RtmpTimer timer;
  gboolean started;
  gboolean paused;
  RtmpListenerFunc func;
  gpointer user_data;
};

static void
port_free (Port *port)
{
  if (port->watch.added)
    rtmp_poller_remove (rtmp_loop_get_poller (port->listener->loop), &port->watch);
  g_socket_close (port->socket, NULL);
  g_object_unref (port->socket);
  g_free (port);
}

static gint
open_spare (void)
{
#ifdef G_OS_UNIX
  return open ("/dev/null", O_RDONLY | O_CLOEXEC);
#else
  return -1;
#endif
}

static void
close_spare (RtmpListener *self)
{
#ifdef G_OS_UNIX
  if (self->spare >= 0)
    close (self->spare);
#endif
  self->spare = -1;
}

static void
set_paused (RtmpListener *self, gboolean paused)
{
  self->paused = paused;
  for (guint i = 0; i < self->ports->len; i++) {
    Port *port = g_ptr_array_index (self->ports, i);
    RtmpPoller *poller = rtmp_loop_get_poller (self->loop);

    if (paused)
      rtmp_poller_remove (poller, &port->watch);
    else if (!port->watch.added)
      rtmp_poller_add (poller, &port->watch, port->socket, G_IO_IN);
  }
  if (paused)
    rtmp_loop_arm (self->loop, &self->timer, rtmp_loop_get_now (self->loop) + PAUSE_US);
  else
    rtmp_loop_disarm (self->loop, &self->timer);
}

/* With the spare closed there is one descriptor: those who wait are taken and let
 * go one by one, so that they learn it now and not by a timeout. */
static void
shed (RtmpListener *self, Port *port)
{
  close_spare (self);
  for (guint i = 0; i < ACCEPT_BUDGET; i++) {
    GSocket *socket = g_socket_accept (port->socket, NULL, NULL);

    if (!socket)
      break;
    g_socket_close (socket, NULL);
    g_object_unref (socket);
  }
  self->spare = open_spare ();
}

static gboolean
is_exhausted (const GError *error)
{
  return g_error_matches (error, G_IO_ERROR, G_IO_ERROR_TOO_MANY_OPEN_FILES) ||
         g_error_matches (error, G_IO_ERROR, G_IO_ERROR_NO_SPACE);
}

static void
on_watch (RtmpWatch *watch, GIOCondition ready)
{
  Port *port = (Port *)((guint8 *)watch - G_STRUCT_OFFSET (Port, watch));
  RtmpListener *self = port->listener;

  for (guint i = 0; i < ACCEPT_BUDGET && !self->paused; i++) {
    g_autoptr (GError) error = NULL;
    GSocket *socket = g_socket_accept (port->socket, NULL, &error);

    if (socket) {
      self->func (self, socket, self->user_data);
      g_object_unref (socket);
      continue;
    }
    if (is_exhausted (error)) {
      shed (self, port);
      set_paused (self, TRUE);
    }
    /* anything else is the fault of the one connection that broke meanwhile */
    return;
  }
}

static void
on_timer (RtmpTimer *timer, gint64 now_us)
{
  RtmpListener *self =
      (RtmpListener *)((guint8 *)timer - G_STRUCT_OFFSET (RtmpListener, timer));

  set_paused (self, FALSE);
}

static GSocket *
listen_on (GInetAddress *address, guint16 port, gboolean dual, GError **error)
{
  g_autoptr (GSocketAddress) where = g_inet_socket_address_new (address, port);
  g_autoptr (GSocket) socket = g_socket_new (
      g_inet_address_get_family (address), G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_TCP, error);

  if (!socket)
    return NULL;
#ifdef IPV6_V6ONLY
  if (g_inet_address_get_family (address) == G_SOCKET_FAMILY_IPV6)
    g_socket_set_option (socket, IPPROTO_IPV6, IPV6_V6ONLY, !dual, NULL);
#endif
  g_socket_set_blocking (socket, FALSE);
  g_socket_set_listen_backlog (socket, BACKLOG);
  rtmp_transport_set_up_tcp (socket);
  if (!g_socket_bind (socket, where, TRUE, error) || !g_socket_listen (socket, error))
    return NULL;
  return g_steal_pointer (&socket);
}

static guint16
number_of (GSocket *socket)
{
  g_autoptr (GSocketAddress) address = g_socket_get_local_address (socket, NULL);

  return address ? g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (address)) : 0;
}

static gboolean
add_port (RtmpListener *self, GInetAddress *address, GError **error)
{
  gboolean any6 = g_inet_address_get_is_any (address) &&
                  g_inet_address_get_family (address) == G_SOCKET_FAMILY_IPV6;
  g_autoptr (GInetAddress) any4 = g_inet_address_new_any (G_SOCKET_FAMILY_IPV4);
  g_autoptr (GError) failure = NULL;
  GSocket *socket = listen_on (address, self->number, any6, &failure);
  Port *port;

  if (!socket && any6 && !g_error_matches (failure, G_IO_ERROR, G_IO_ERROR_ADDRESS_IN_USE)) {
    g_clear_error (&failure);
    socket = listen_on (any4, self->number, FALSE, &failure);
  }
  if (!socket) {
    g_autofree gchar *text = g_inet_address_to_string (address);

    g_propagate_prefixed_error (error, g_steal_pointer (&failure),
        "Cannot listen on address %s, port %u: ", text, self->number);
    return FALSE;
  }
  if (self->number == 0)
    self->number = number_of (socket);
  port = g_new0 (Port, 1);
  port->socket = socket;
  port->listener = self;
  port->watch.func = on_watch;
  g_ptr_array_add (self->ports, port);
  return TRUE;
}

static gboolean
add_name (RtmpListener *self, const gchar *host, GError **error)
{
  g_autoptr (GInetAddress) literal = g_inet_address_new_from_string (host);
  g_autoptr (GResolver) resolver = NULL;
  GList *addresses;
  gboolean ok = TRUE;

  if (literal)
    return add_port (self, literal, error);
  resolver = g_resolver_get_default ();
  addresses = g_resolver_lookup_by_name (resolver, host, NULL, error);
  if (!addresses)
    return FALSE;
  for (GList *l = addresses; l && ok; l = l->next) {
    g_autoptr (GError) failure = NULL;

    ok = add_port (self, l->data, &failure);
    /* a name may have an address of a family that this host does not have */
    if (!ok && (l->next || self->ports->len > 0) &&
        !g_error_matches (failure, G_IO_ERROR, G_IO_ERROR_ADDRESS_IN_USE))
      ok = TRUE;
    if (!ok)
      g_propagate_error (error, g_steal_pointer (&failure));
  }
  g_resolver_free_addresses (addresses);
  return ok;
}

RtmpListener *
rtmp_listener_new (RtmpLoop *loop, const gchar *host, guint16 port, RtmpListenerFunc func,
    gpointer user_data, GError **error)
{
  RtmpListener *self = g_new0 (RtmpListener, 1);

  self->loop = loop;
  self->number = port;
  self->func = func;
  self->user_data = user_data;
  self->timer.func = on_timer;
  self->spare = -1;
  self->ports = g_ptr_array_new_with_free_func ((GDestroyNotify)port_free);
  if (!add_name (self, host, error)) {
    rtmp_listener_free (self);
    return NULL;
  }
  self->spare = open_spare ();
  return self;
}

guint16
rtmp_listener_get_port (RtmpListener *self)
{
  return self->number;
}

void
rtmp_listener_start (RtmpListener *self)
{
  self->started = TRUE;
  set_paused (self, FALSE);
}

void
rtmp_listener_free (RtmpListener *self)
{
  if (self->started)
    rtmp_loop_disarm (self->loop, &self->timer);
  g_ptr_array_unref (self->ports);
  close_spare (self);
  g_free (self);
}
