/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Everything at once, over loopback sockets and several loops: publishers and
 * players come and go while claims are made and given up, settings changed,
 * clients listed and disconnected. Nothing to compare; it must not hang, leak or
 * race (build with -Db_sanitize=thread or address).
 */
#include "fake.h"

#include <gst/gst.h>

#define N_PLAYERS 4
#define N_PUBLISHERS 2
#define N_CYCLES 12
#define N_SINK_MESSAGES 300

typedef struct _Stress
{
  RtmpServer *server;
  guint16 port;
  gint stop; /* atomic */
  gint published;
  gint played;
  gint begun;
} Stress;

/* ---- clients --------------------------------------------------------- */

typedef struct _Link
{
  GSocketConnection *connection;
  RtmpSession *session;
  gboolean ready;
  guint32 msid;
  guint received;
  gboolean over;
} Link;

static gint64
now (void)
{
  return g_get_monotonic_time ();
}

static void
link_write (Link *link)
{
  GOutputStream *out = g_io_stream_get_output_stream (G_IO_STREAM (link->connection));
  gsize size;
  const guint8 *data = rtmp_session_peek_output (link->session, &size);

  if (size > 0 && !g_output_stream_write_all (out, data, size, NULL, NULL, NULL))
    link->over = TRUE;
  rtmp_session_consume_output (link->session, size);
}

static void
link_pull (Link *link)
{
  RtmpEvent event;

  while (rtmp_session_pull (link->session, &event)) {
    if (event.type == RTMP_EVENT_READY) {
      link->ready = TRUE;
      link->msid = event.msid;
    } else if (event.type == RTMP_EVENT_MEDIA) {
      link->received++;
    } else {
      link->over |= event.type == RTMP_EVENT_REFUSED || event.type == RTMP_EVENT_PLAY_END;
    }
    rtmp_event_clear (&event);
  }
}

static void
link_read (Link *link)
{
  GInputStream *in = g_io_stream_get_input_stream (G_IO_STREAM (link->connection));
  guint8 buffer[8192];
  gssize n = g_input_stream_read (in, buffer, sizeof (buffer), NULL, NULL);
  gsize done = 0;

  link->over |= n <= 0;
  while (n > 0 && done < (gsize)n) {
    gssize used =
        rtmp_session_input (link->session, buffer + done, (gsize)n - done, now (), NULL);

    link_pull (link);
    if (used < 0) {
      link->over = TRUE;
      return;
    }
    done += (gsize)used;
  }
}

static gboolean
link_open (Link *link, Stress *stress, RtmpSessionRole role, const gchar *key)
{
  g_autoptr (GSocketClient) client = g_socket_client_new ();
  RtmpSessionConfig config = { .role = role,
    .limits = rtmp_limits_default (),
    .now_us = now (),
    .application = "live",
    .tc_url = "rtmp://127.0.0.1/live",
    .stream = key };

  *link = (Link){ 0 };
  g_socket_client_set_enable_proxy (client, FALSE);
  link->connection =
      g_socket_client_connect_to_host (client, "127.0.0.1", stress->port, NULL, NULL);
  if (!link->connection)
    return FALSE;
  link->session = rtmp_session_new (&config);
  while (!link->ready && !link->over) {
    link_write (link);
    link_read (link);
  }
  link_write (link);
  return link->ready && !link->over;
}

static void
link_close (Link *link)
{
  if (link->session)
    rtmp_session_free (link->session);
  g_clear_object (&link->connection);
}

static const gchar *const keys[] = { "in", "out", "any" };

static gpointer
player_main (gpointer data)
{
  Stress *stress = data;
  guint round = 0;

  while (!g_atomic_int_get (&stress->stop)) {
    Link link;

    if (link_open (&link, stress, RTMP_SESSION_PLAYER, keys[round++ % 3]))
      for (guint i = 0; i < 60 && !link.over && !g_atomic_int_get (&stress->stop); i++) {
        link_read (&link);
        link_write (&link);
      }
    g_atomic_int_add (&stress->played, (gint)link.received);
    link_close (&link);
  }
  return NULL;
}

static void
send_message (Link *link, RtmpMessage *message)
{
  message->msid = link->msid;
  rtmp_session_send (link->session, message);
  rtmp_message_unref (message);
  link_write (link);
}

static gpointer
publisher_main (gpointer data)
{
  Stress *stress = data;
  guint round = 0;

  while (!g_atomic_int_get (&stress->stop)) {
    Link link;

    if (link_open (&link, stress, RTMP_SESSION_PUBLISHER, keys[(round++ % 2) * 2])) {
      send_message (&link, metadata (0, "stress"));
      send_message (&link, video_header (0, (guint8)round));
      for (guint i = 0; i < 100 && !link.over; i++)
        send_message (
            &link, i % 10 == 0 ? video_key (i * 33, 3000) : video_inter (i * 33, 500));
      if (round % 2)
        rtmp_session_finish (link.session);
      link_write (&link);
    }
    link_close (&link);
  }
  return NULL;
}

/* ---- claims ---------------------------------------------------------- */

static void
on_request (RtmpMount *mount, RtmpRequest *request, gpointer user_data)
{
  rtmp_request_accept (request);
}

static void
on_begin (RtmpMount *mount, RtmpClient *client, gboolean takeover, gpointer user_data)
{
  g_atomic_int_inc (&((Stress *)user_data)->begun);
}

static gboolean
on_message (RtmpMount *mount, RtmpMessage *message, gpointer user_data)
{
  return g_atomic_int_add (&((Stress *)user_data)->published, 1) % 7 != 0;
}

static void
on_count (RtmpMount *mount, guint n_players, gpointer user_data)
{
}

static const RtmpMountFuncs funcs = {
  .request = on_request,
  .publish_begin = on_begin,
  .publish_message = on_message,
  .players_changed = on_count,
};

static void
poke (RtmpMount *mount, guint round)
{
  g_autoptr (GPtrArray) clients = rtmp_mount_list_clients (mount);
  RtmpClientStats stats;

  for (guint i = 0; i < clients->len; i++) {
    RtmpClient *client = g_ptr_array_index (clients, i);

    rtmp_client_get_stats (client, &stats);
    if ((client->id + round) % 5 == 0)
      rtmp_mount_disconnect (mount, client->id, "poked");
  }
  rtmp_mount_resume (mount);
  rtmp_mount_set_max_clients (mount, round % 2 ? 3 : 0);
  rtmp_mount_set_player_limits (mount, 3000, 10000);
}

static void
on_drained (gpointer user_data)
{
  g_atomic_int_inc ((gint *)user_data);
}

static void
cycle (Stress *stress)
{
  RtmpMountConfig configs[] = {
    SOURCE (.key = "in", .relay = TRUE, .override_publisher = TRUE),
    SOURCE (.relay = TRUE, .override_publisher = TRUE),
    SINK (.key = "out", .join_latest_keyframe = TRUE),
  };
  RtmpMount *mounts[3];
  RtmpStream *stream;
  gint drained = 0;

  for (guint i = 0; i < 3; i++) {
    configs[i].funcs = &funcs;
    configs[i].user_data = stress;
    mounts[i] = rtmp_server_mount (stress->server, &configs[i], NULL);
    g_assert_nonnull (mounts[i]);
  }
  stream = rtmp_mount_get_stream (mounts[2]);
  rtmp_stream_begin (stream);
  for (guint i = 0; i < N_SINK_MESSAGES; i++) {
    RtmpMessage *message = i % 10 == 0 ? video_key (i * 33, 3000) : video_inter (i * 33, 500);

    rtmp_stream_publish (stream, message);
    rtmp_message_unref (message);
    if (i % 20 == 0)
      poke (mounts[i / 20 % 3], i);
    g_usleep (500);
  }
  rtmp_mount_drain (mounts[2], 50, on_drained, &drained);
  for (guint i = 0; i < 3; i++)
    rtmp_mount_free (mounts[i]);
  g_assert_cmpint (g_atomic_int_get (&drained), ==, 1);
}

static void
test_stress (void)
{
  Stress stress = { 0 };
  GThread *threads[N_PLAYERS + N_PUBLISHERS];

  gst_init (NULL, NULL);
  rtmp_loop_pool_configure (3, NULL);
  stress.server = rtmp_server_acquire ("127.0.0.1", 0, NULL, NULL);
  stress.port = rtmp_server_get_port (stress.server);
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    threads[i] = g_thread_new ("client", i < N_PLAYERS ? player_main : publisher_main, &stress);
  for (guint i = 0; i < N_CYCLES; i++)
    cycle (&stress);
  g_atomic_int_set (&stress.stop, TRUE);
  rtmp_server_release (stress.server);
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    g_thread_join (threads[i]);
  g_test_message ("%d sessions published %d messages, %d were played", stress.begun,
      stress.published, stress.played);
  g_assert_cmpint (stress.published, >, 0);
  g_assert_cmpint (stress.played, >, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/threads/stress", test_stress);
  return g_test_run ();
}
