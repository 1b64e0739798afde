/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Listening: port 0, who shares a port, both families, errors that name address
 * and port, no descriptors left; real sockets and threads.
 */
#include "fake.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

/* The resolver's own threads, and a fork, are more than that sanitizer takes. */
static gboolean
skip_under_tsan (void)
{
#ifdef __SANITIZE_THREAD__
  g_test_skip ("not with ThreadSanitizer");
  return TRUE;
#else
  return FALSE;
#endif
}

static GSocketConnection *
connect_to (const gchar *host, guint16 port, GError **error)
{
  g_autoptr (GSocketClient) client = g_socket_client_new ();

  g_socket_client_set_enable_proxy (client, FALSE);
  g_socket_client_set_timeout (client, 20);
  return g_socket_client_connect_to_host (client, host, port, NULL, error);
}

static gboolean
has_ipv6 (void)
{
  g_autoptr (GSocket) socket =
      g_socket_new (G_SOCKET_FAMILY_IPV6, G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_TCP, NULL);
  g_autoptr (GInetAddress) loopback = g_inet_address_new_loopback (G_SOCKET_FAMILY_IPV6);
  g_autoptr (GSocketAddress) address = g_inet_socket_address_new (loopback, 0);

  return socket && g_socket_bind (socket, address, TRUE, NULL);
}

/* C0 and C1 are answered with S0, S1 and S2. */
static gboolean
greets (const gchar *host, guint16 port)
{
  g_autoptr (GSocketConnection) connection = connect_to (host, port, NULL);
  guint8 hello[1537] = { 3 };
  guint8 answer[3073];
  gsize n = 0;

  if (!connection)
    return FALSE;
  g_output_stream_write_all (g_io_stream_get_output_stream (G_IO_STREAM (connection)), hello,
      sizeof (hello), NULL, NULL, NULL);
  g_input_stream_read_all (g_io_stream_get_input_stream (G_IO_STREAM (connection)), answer,
      sizeof (answer), &n, NULL, NULL);
  return n == sizeof (answer) && answer[0] == 3;
}

static void
test_any_port (void)
{
  RtmpServer *a = rtmp_server_acquire ("127.0.0.1", 0, NULL, NULL);
  RtmpServer *b = rtmp_server_acquire ("127.0.0.1", 0, NULL, NULL);
  guint16 port_a = rtmp_server_get_port (a);

  g_assert_cmpuint (port_a, !=, 0);
  g_assert_cmpuint (rtmp_server_get_port (b), !=, port_a);
  g_assert_true (greets ("127.0.0.1", port_a));
  /* the number that came out can be shared */
  g_assert_true (rtmp_server_acquire ("127.0.0.1", port_a, NULL, NULL) == a);
  rtmp_server_release (a);
  g_assert_true (greets ("127.0.0.1", port_a));
  rtmp_server_release (a);
  g_assert_false (greets ("127.0.0.1", port_a));
  rtmp_server_release (b);
}

static void
test_sharing (void)
{
  RtmpServer *wide = rtmp_server_acquire ("0.0.0.0", 0, NULL, NULL);
  guint16 port = rtmp_server_get_port (wide);
  RtmpServer *narrow = rtmp_server_acquire ("127.0.0.1", port, NULL, NULL);
  g_autoptr (GError) error = NULL;
  RtmpServer *other;

  g_assert_true (narrow == wide);
  rtmp_server_release (narrow);
  rtmp_server_release (wide);
  /* free again at once */
  other = rtmp_server_acquire ("127.0.0.1", port, NULL, &error);
  g_assert_no_error (error);
  /* a wildcard does not fit over one address that is taken */
  g_assert_null (rtmp_server_acquire ("0.0.0.0", port, NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_ADDRESS_IN_USE);
  rtmp_server_release (other);
}

static void
test_in_use (void)
{
  g_autoptr (GSocketListener) taken = g_socket_listener_new ();
  guint16 port = g_socket_listener_add_any_inet_port (taken, NULL, NULL);
  const gchar *const hosts[] = { "::", "0.0.0.0", "127.0.0.1", "localhost" };
  g_autofree gchar *number = g_strdup_printf ("port %u", port);

  if (skip_under_tsan ())
    return;
  for (guint i = 0; i < G_N_ELEMENTS (hosts); i++) {
    g_autoptr (GError) error = NULL;

    g_assert_null (rtmp_server_acquire (hosts[i], port, NULL, &error));
    g_assert_error (error, G_IO_ERROR, G_IO_ERROR_ADDRESS_IN_USE);
    g_assert_nonnull (strstr (error->message, number));
    if (i < 3)
      g_assert_nonnull (strstr (error->message, hosts[i]));
  }
}

static void
test_bad_hosts (void)
{
  const gchar *const hosts[] = { "192.0.2.77", "no.such.host.invalid", "" };

  if (skip_under_tsan ())
    return;
  for (guint i = 0; i < G_N_ELEMENTS (hosts); i++) {
    g_autoptr (GError) error = NULL;

    g_assert_null (rtmp_server_acquire (hosts[i], 0, NULL, &error));
    g_assert_nonnull (error);
  }
}

static void
test_families (void)
{
  RtmpServer *server = rtmp_server_acquire ("::", 0, NULL, NULL);
  guint16 port = rtmp_server_get_port (server);

  g_assert_true (greets ("127.0.0.1", port));
  g_assert_true (greets ("::1", port) == has_ipv6 ());
  /* a wildcard of both covers all */
  g_assert_true (rtmp_server_acquire ("127.0.0.1", port, NULL, NULL) == server);
  rtmp_server_release (server);
  rtmp_server_release (server);

  server = rtmp_server_acquire ("127.0.0.1", 0, NULL, NULL);
  g_assert_false (greets ("::1", rtmp_server_get_port (server)));
  rtmp_server_release (server);
  if (!has_ipv6 ()) {
    g_test_message ("no IPv6 here");
    return;
  }
  server = rtmp_server_acquire ("::1", 0, NULL, NULL);
  g_assert_true (greets ("::1", rtmp_server_get_port (server)));
  g_assert_false (greets ("127.0.0.1", rtmp_server_get_port (server)));
  rtmp_server_release (server);
}

static void
test_name (void)
{
  RtmpServer *server;

  if (skip_under_tsan ())
    return;
  server = rtmp_server_acquire ("localhost", 0, NULL, NULL);
  g_assert_nonnull (server);
  g_assert_true (greets ("localhost", rtmp_server_get_port (server)));
  rtmp_server_release (server);
}

static guint
count_descriptors (void)
{
  g_autoptr (GDir) dir = g_dir_open ("/proc/self/fd", 0, NULL);
  guint n = 0;

  while (dir && g_dir_read_name (dir))
    n++;
  return n;
}

static guint
count_threads (void)
{
  g_autoptr (GDir) dir = g_dir_open ("/proc/self/task", 0, NULL);
  guint n = 0;

  while (dir && g_dir_read_name (dir))
    n++;
  return n;
}

static void
test_balance (void)
{
  guint descriptors, threads;

  /* what GIO opens once */
  test_any_port ();
  descriptors = count_descriptors ();
  threads = count_threads ();
  for (guint i = 0; i < 20; i++) {
    RtmpServer *server = rtmp_server_acquire ("127.0.0.1", 0, NULL, NULL);
    GSocketConnection *connections[10];

    for (guint j = 0; j < 10; j++)
      connections[j] = connect_to ("127.0.0.1", rtmp_server_get_port (server), NULL);
    g_assert_true (greets ("127.0.0.1", rtmp_server_get_port (server)));
    if (i % 2)
      rtmp_server_release (server);
    for (guint j = 0; j < 10; j++)
      g_object_unref (connections[j]);
    if (i % 2 == 0)
      rtmp_server_release (server);
  }
  g_assert_cmpuint (count_descriptors (), ==, descriptors);
  g_assert_cmpuint (count_threads (), ==, threads);
}

/* ---- no descriptors left --------------------------------------------- */

static gdouble
cpu_seconds (void)
{
  struct rusage usage;

  getrusage (RUSAGE_SELF, &usage);
  return (gdouble)usage.ru_utime.tv_sec + (gdouble)usage.ru_utime.tv_usec / 1e6 +
         (gdouble)usage.ru_stime.tv_sec + (gdouble)usage.ru_stime.tv_usec / 1e6;
}

/* In a process of its own: all descriptors but a few are taken, and more clients
 * come than there are. They are shed, at little cost, and when there are
 * descriptors again the next one is served. */
static int
exhaust (guint16 port)
{
  RtmpServer *server;
  GPtrArray *files = g_ptr_array_new ();
  struct rlimit limit = { 128, 128 };
  gdouble cpu;
  gint fd;

  server = rtmp_server_acquire ("127.0.0.1", 0, NULL, NULL);
  if (write (port, &(guint16){ rtmp_server_get_port (server) }, 2) != 2)
    return 10;
  setrlimit (RLIMIT_NOFILE, &limit);
  while ((fd = open ("/dev/null", O_RDONLY)) >= 0)
    g_ptr_array_add (files, GINT_TO_POINTER (fd));
  cpu = cpu_seconds ();
  g_usleep (1500000);
  if (cpu_seconds () - cpu > 0.5)
    return 11;
  for (guint i = 0; i < files->len; i++)
    close (GPOINTER_TO_INT (g_ptr_array_index (files, i)));
  g_usleep (4000000);
  rtmp_server_release (server);
  return 0;
}

static gboolean
is_hung_up (GSocketConnection *connection)
{
  guint8 byte;

  return g_input_stream_read (g_io_stream_get_input_stream (G_IO_STREAM (connection)), &byte, 1,
             NULL, NULL) <= 0;
}

static void
test_exhausted (void)
{
  gint fds[2], status;
  guint16 port = 0;
  GSocketConnection *connection;
  gboolean greeted = FALSE;
  pid_t pid;

  if (skip_under_tsan ())
    return;
  g_assert_cmpint (pipe (fds), ==, 0);
  pid = fork ();
  g_assert_cmpint (pid, >=, 0);
  if (pid == 0)
    _exit (exhaust ((guint16)fds[1]));
  g_assert_cmpint (read (fds[0], &port, 2), ==, 2);
  g_usleep (200000);
  for (guint i = 0; i < 5; i++) {
    connection = connect_to ("127.0.0.1", port, NULL);
    g_assert_nonnull (connection);
    g_assert_true (is_hung_up (connection));
    g_object_unref (connection);
  }
  for (guint i = 0; i < 40 && !greeted; i++) {
    greeted = greets ("127.0.0.1", port);
    g_usleep (100000);
  }
  g_assert_true (greeted);
  g_assert_cmpint (waitpid (pid, &status, 0), ==, pid);
  g_assert_cmpint (status, ==, 0);
  close (fds[0]);
  close (fds[1]);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  /* first, while this process has no threads to fork */
  g_test_add_func ("/listener/exhausted", test_exhausted);
  g_test_add_func ("/listener/in-use", test_in_use);
  g_test_add_func ("/listener/bad-hosts", test_bad_hosts);
  g_test_add_func ("/listener/name", test_name);
  g_test_add_func ("/listener/any-port", test_any_port);
  g_test_add_func ("/listener/sharing", test_sharing);
  g_test_add_func ("/listener/families", test_families);
  g_test_add_func ("/listener/balance", test_balance);
  return g_test_run ();
}
