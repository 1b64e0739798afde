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

/* A handshake that takes longer gives its place to one who waits for it. */
#define STALE_US (2 * G_USEC_PER_SEC)
#define STALE_CHECK_US (G_USEC_PER_SEC / 4)
#define MAX_STALE 64

typedef struct _Start
{
  RtmpServer *server;
  RtmpTicket *ticket;
} Start;

static void
start_here (RtmpServer *server, RtmpLoop *loop, RtmpTicket *ticket)
{
  RtmpTransport *transport = g_steal_pointer (&ticket->transport);
  GSocketAddress *address = g_steal_pointer (&ticket->address);

  rtmp_peer_new (server, loop, transport, address, ticket);
  g_clear_object (&address);
}

static void
on_start (RtmpLoop *loop, gpointer data)
{
  Start *start = data;

  start_here (start->server, loop, start->ticket);
  g_free (start);
}

static void
start_anywhere (RtmpServer *server, RtmpTicket *ticket)
{
  Start *start = g_new (Start, 1);

  start->server = server;
  start->ticket = ticket;
  rtmp_loop_post (rtmp_loop_pool_pick (server->pool), on_start, start);
}

static RtmpTicket *
enter (RtmpServer *server, RtmpTransport *transport, GSocketAddress *address, gint64 now_us,
    gboolean *waits)
{
  const gchar *reason = NULL;
  RtmpTicket *ticket;

  g_mutex_lock (&server->lock);
  ticket =
      rtmp_admission_enter (server->admission, address, server->limits, now_us, waits, &reason);
  if (ticket) {
    ticket->transport = transport;
    ticket->address = address ? g_object_ref (address) : NULL;
  }
  g_mutex_unlock (&server->lock);
  if (ticket)
    return ticket;
  g_debug ("port %u: connection refused: %s", server->port, reason);
  transport->funcs->free (transport);
  return NULL;
}

static void
watch_waiting (RtmpServer *server)
{
  gint64 now_us = rtmp_loop_get_now (server->home);

  if (!rtmp_timer_is_armed (&server->timer))
    rtmp_loop_arm (server->home, &server->timer, now_us + STALE_CHECK_US);
}

static void
on_timer (RtmpTimer *timer, gint64 now_us)
{
  RtmpServer *server = (RtmpServer *)((guint8 *)timer - G_STRUCT_OFFSET (RtmpServer, timer));
  RtmpTicket *stale[MAX_STALE];
  struct
  {
    RtmpLoop *loop;
    guint64 id;
  } found[MAX_STALE];
  guint n, waiting;

  g_mutex_lock (&server->lock);
  n = rtmp_admission_find_stale (server->admission, now_us, STALE_US, stale, MAX_STALE);
  for (guint i = 0; i < n; i++) {
    found[i].loop = stale[i]->loop;
    found[i].id = stale[i]->id;
  }
  waiting = rtmp_admission_get_n_waiting (server->admission);
  g_mutex_unlock (&server->lock);
  for (guint i = 0; i < n; i++)
    if (found[i].loop)
      rtmp_peer_post_stale (found[i].loop, found[i].id);
  if (waiting > 0)
    watch_waiting (server);
}

static void
on_accepted (RtmpListener *listener, GSocket *socket, gpointer user_data)
{
  RtmpServer *server = user_data;
  g_autoptr (GSocketAddress) address = g_socket_get_remote_address (socket, NULL);
  gint64 now_us = rtmp_loop_get_now (server->home);
  gboolean waits;
  RtmpTicket *ticket =
      enter (server, rtmp_transport_new_tcp (socket, TRUE), address, now_us, &waits);

  if (ticket && waits)
    watch_waiting (server);
  else if (ticket)
    start_anywhere (server, ticket);
}

gboolean
rtmp_server_adopt (
    RtmpServer *server, RtmpLoop *loop, RtmpTransport *transport, GSocketAddress *address)
{
  gboolean waits;
  RtmpTicket *ticket = enter (server, transport, address, rtmp_loop_get_now (loop), &waits);

  if (ticket && waits) {
    watch_waiting (server);
  } else if (ticket) {
    rtmp_loop_add_load (loop, 1);
    start_here (server, loop, ticket);
  }
  return ticket != NULL;
}

static void
start_waiting (RtmpServer *server, gint64 now_us)
{
  RtmpTicket *ticket;

  do {
    g_mutex_lock (&server->lock);
    ticket = rtmp_admission_next (server->admission, server->limits, now_us);
    g_mutex_unlock (&server->lock);
    if (ticket)
      start_anywhere (server, ticket);
  } while (ticket);
}

void
rtmp_server_pass (RtmpServer *server, RtmpTicket *ticket, gint64 now_us)
{
  gboolean others;

  g_mutex_lock (&server->lock);
  rtmp_admission_pass (server->admission, ticket);
  others = rtmp_admission_get_n_waiting (server->admission) > 0;
  g_mutex_unlock (&server->lock);
  if (others)
    start_waiting (server, now_us);
}

void
rtmp_server_forget (RtmpServer *server, RtmpTicket *ticket, gint64 now_us)
{
  gboolean others;

  g_mutex_lock (&server->lock);
  rtmp_admission_leave (server->admission, ticket);
  others = rtmp_admission_get_n_waiting (server->admission) > 0;
  g_mutex_unlock (&server->lock);
  if (others)
    start_waiting (server, now_us);
}

static void
drop_waiting (RtmpServer *server)
{
  GPtrArray *transports = g_ptr_array_new ();
  RtmpTicket *ticket;

  g_mutex_lock (&server->lock);
  while ((ticket = rtmp_admission_take_waiting (server->admission))) {
    g_ptr_array_add (transports, ticket->transport);
    g_clear_object (&ticket->address);
    rtmp_admission_leave (server->admission, ticket);
  }
  g_mutex_unlock (&server->lock);
  for (guint i = 0; i < transports->len; i++) {
    RtmpTransport *transport = g_ptr_array_index (transports, i);

    transport->funcs->free (transport);
  }
  g_ptr_array_unref (transports);
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
  server->timer.func = on_timer;
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
  RtmpServer *server = data;

  g_clear_pointer (&server->listener, rtmp_listener_free);
  rtmp_loop_disarm (loop, &server->timer);
  drop_waiting (server);
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
