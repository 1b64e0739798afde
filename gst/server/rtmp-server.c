/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * RtmpServer: the process's table of listening addresses, and what becomes of
 * accepted sockets.
 */
#include "server/rtmp-server-private.h"

static GMutex table_lock;
static GCond table_cond; /* a server has closed */
static GPtrArray *table; /* of RtmpServer; NULL while empty */

/* ---- addresses ------------------------------------------------------- */

static gboolean
is_any (const gchar *host)
{
  return g_str_equal (host, "::") || g_str_equal (host, "0.0.0.0");
}

/* TRUE: who listens on @wide hears those who connect to @host. */
static gboolean
covers (const gchar *wide, const gchar *host)
{
  g_autoptr (GInetAddress) address = NULL;

  if (g_ascii_strcasecmp (wide, host) == 0 || g_str_equal (wide, "::"))
    return TRUE;
  if (!is_any (wide))
    return FALSE;
  address = g_inet_address_new_from_string (host);
  return address && g_inet_address_get_family (address) == G_SOCKET_FAMILY_IPV4;
}

static RtmpServer *
find_server (const gchar *host, guint16 port)
{
  for (guint i = 0; table && port != 0 && i < table->len; i++) {
    RtmpServer *server = g_ptr_array_index (table, i);

    if (server->port == port && covers (server->host, host))
      return server;
  }
  return NULL;
}

/* ---- limits ---------------------------------------------------------- */

/* 0 is no limit at all where it means that. */
static guint
laxer (guint a, guint b)
{
  return a == 0 || b == 0 ? 0 : MAX (a, b);
}

/* Handshake limits of the most permissive of the sharers. Sessions go on reading
 * what they began with, so limits are replaced, and old ones kept. */
static void
share_limits (RtmpServer *server, const RtmpLimits *other)
{
  RtmpLimits *limits;

  g_mutex_lock (&server->lock);
  limits = g_memdup2 (server->limits, sizeof (RtmpLimits));
  limits->handshake_timeout_ms =
      laxer (limits->handshake_timeout_ms, other->handshake_timeout_ms);
  limits->connect_timeout_ms = laxer (limits->connect_timeout_ms, other->connect_timeout_ms);
  limits->request_timeout_ms = laxer (limits->request_timeout_ms, other->request_timeout_ms);
  limits->answer_timeout_ms = laxer (limits->answer_timeout_ms, other->answer_timeout_ms);
  limits->max_connections = laxer (limits->max_connections, other->max_connections);
  limits->max_connections_per_address =
      laxer (limits->max_connections_per_address, other->max_connections_per_address);
  limits->max_handshakes_per_address =
      laxer (limits->max_handshakes_per_address, other->max_handshakes_per_address);
  limits->max_preconnect_bytes =
      MAX (limits->max_preconnect_bytes, other->max_preconnect_bytes);
  g_ptr_array_add (server->old_limits, limits);
  server->limits = limits;
  g_mutex_unlock (&server->lock);
}

const RtmpLimits *
rtmp_server_get_limits (RtmpServer *server)
{
  const RtmpLimits *limits;

  g_mutex_lock (&server->lock);
  limits = server->limits;
  g_mutex_unlock (&server->lock);
  return limits;
}

/* ---- connections ----------------------------------------------------- */

static RtmpTicket *
get_ticket (RtmpServer *server, GSocketAddress *address)
{
  GInetAddress *inet = NULL;
  const gchar *reason = NULL;
  RtmpTicket *ticket;

  if (G_IS_INET_SOCKET_ADDRESS (address))
    inet = g_inet_socket_address_get_address (G_INET_SOCKET_ADDRESS (address));
  g_mutex_lock (&server->lock);
  ticket = rtmp_admission_enter (server->admission, inet, server->limits, &reason);
  g_mutex_unlock (&server->lock);
  if (!ticket)
    g_debug ("port %u: connection refused: %s", server->port, reason);
  return ticket;
}

typedef struct _Handoff
{
  RtmpServer *server;
  GSocket *socket;
  GSocketAddress *address;
  RtmpTicket *ticket;
} Handoff;

static void
on_handoff (RtmpLoop *loop, gpointer data)
{
  Handoff *handoff = data;

  rtmp_peer_new (handoff->server, loop, rtmp_transport_new_tcp (handoff->socket),
      handoff->address, handoff->ticket);
  g_object_unref (handoff->socket);
  g_clear_object (&handoff->address);
  g_free (handoff);
}

static void
on_accepted (RtmpListener *listener, GSocket *socket, gpointer user_data)
{
  RtmpServer *server = user_data;
  g_autoptr (GSocketAddress) address = g_socket_get_remote_address (socket, NULL);
  RtmpTicket *ticket = get_ticket (server, address);
  Handoff *handoff;

  if (!ticket) {
    g_socket_close (socket, NULL);
    return;
  }
  handoff = g_new (Handoff, 1);
  handoff->server = server;
  handoff->socket = g_object_ref (socket);
  handoff->address = g_steal_pointer (&address);
  handoff->ticket = ticket;
  rtmp_loop_post (rtmp_loop_pool_pick (server->pool), on_handoff, handoff);
}

gboolean
rtmp_server_adopt (
    RtmpServer *server, RtmpLoop *loop, RtmpTransport *transport, GSocketAddress *address)
{
  RtmpTicket *ticket = get_ticket (server, address);

  if (!ticket) {
    transport->funcs->free (transport);
    return FALSE;
  }
  rtmp_loop_add_load (loop, 1);
  rtmp_peer_new (server, loop, transport, address, ticket);
  return TRUE;
}

void
rtmp_server_forget (RtmpServer *server, RtmpTicket *ticket)
{
  g_mutex_lock (&server->lock);
  rtmp_admission_leave (server->admission, ticket);
  g_mutex_unlock (&server->lock);
}

/* ---- life ------------------------------------------------------------ */

static RtmpServer *
server_new (const gchar *host, const RtmpLimits *limits)
{
  RtmpServer *server = g_new0 (RtmpServer, 1);

  server->users = 1;
  server->host = g_strdup (host);
  server->pool = rtmp_loop_pool_acquire ();
  server->home = server->pool->loops[0];
  server->limits = g_memdup2 (limits ? limits : rtmp_limits_default (), sizeof (RtmpLimits));
  server->old_limits = g_ptr_array_new_with_free_func (g_free);
  g_ptr_array_add (server->old_limits, (gpointer)server->limits);
  server->mounts = g_ptr_array_new ();
  server->admission = rtmp_admission_new ();
  g_mutex_init (&server->lock);
  return server;
}

static void
server_free (RtmpServer *server)
{
  RtmpLoopPool *pool = server->pool;

  g_warn_if_fail (server->mounts->len == 0);
  rtmp_admission_free (server->admission);
  g_ptr_array_unref (server->mounts);
  g_ptr_array_unref (server->old_limits);
  g_mutex_clear (&server->lock);
  g_free (server->host);
  g_free (server);
  rtmp_loop_pool_release (pool);
}

static void
start_on_home (RtmpLoop *loop, gpointer data)
{
  rtmp_listener_start (((RtmpServer *)data)->listener);
}

static gboolean
server_open (RtmpServer *server, guint16 port, GError **error)
{
  server->listener =
      rtmp_listener_new (server->home, server->host, port, on_accepted, server, error);
  if (!server->listener)
    return FALSE;
  rtmp_loop_call (server->home, start_on_home, server);
  return TRUE;
}

/* With the table's lock. */
static void
table_add (RtmpServer *server)
{
  if (!table)
    table = g_ptr_array_new ();
  g_ptr_array_add (table, server);
}

static void
table_remove (RtmpServer *server)
{
  g_ptr_array_remove (table, server);
  if (table->len == 0)
    g_clear_pointer (&table, g_ptr_array_unref);
  g_cond_broadcast (&table_cond);
}

/* While it binds, a server stands in the table as busy: two who want one port get
 * one server, and no lock is held. */
RtmpServer *
rtmp_server_acquire (const gchar *host, guint16 port, const RtmpLimits *limits, GError **error)
{
  RtmpServer *server;
  gboolean ok;

  g_return_val_if_fail (host != NULL, NULL);
  g_mutex_lock (&table_lock);
  while ((server = find_server (host, port)) && server->busy)
    g_cond_wait (&table_cond, &table_lock);
  if (server) {
    server->users++;
    g_mutex_unlock (&table_lock);
    share_limits (server, limits ? limits : rtmp_limits_default ());
    return server;
  }
  server = server_new (host, limits);
  server->port = port;
  server->busy = TRUE;
  table_add (server);
  g_mutex_unlock (&table_lock);

  ok = server_open (server, port, error);

  g_mutex_lock (&table_lock);
  server->busy = FALSE;
  if (ok)
    server->port = rtmp_listener_get_port (server->listener);
  else
    table_remove (server);
  g_cond_broadcast (&table_cond);
  g_mutex_unlock (&table_lock);
  if (!ok)
    g_clear_pointer (&server, server_free);
  return server;
}

RtmpServer *
rtmp_server_new_silent (const RtmpLimits *limits)
{
  RtmpServer *server = server_new ("", limits);

  g_mutex_lock (&table_lock);
  table_add (server);
  g_mutex_unlock (&table_lock);
  return server;
}

static void
close_on_home (RtmpLoop *loop, gpointer data)
{
  g_clear_pointer (&((RtmpServer *)data)->listener, rtmp_listener_free);
}

static void
destroy_on_loop (RtmpLoop *loop, gpointer data)
{
  rtmp_peer_destroy_all (loop, data);
}

void
rtmp_server_release (RtmpServer *server)
{
  gboolean last;

  g_mutex_lock (&table_lock);
  last = --server->users == 0;
  server->busy |= last;
  g_mutex_unlock (&table_lock);
  if (!last)
    return;
  rtmp_loop_call (server->home, close_on_home, server);
  for (guint i = 0; i < server->pool->n_loops; i++)
    rtmp_loop_call (server->pool->loops[i], destroy_on_loop, server);
  g_mutex_lock (&table_lock);
  table_remove (server);
  g_mutex_unlock (&table_lock);
  server_free (server);
}

guint16
rtmp_server_get_port (RtmpServer *server)
{
  return server->port;
}
