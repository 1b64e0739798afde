/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The server core alone: mounts that take a publisher each and relay to players;
 * no pads, no elements.
 */
#include <glib-unix.h>
#include <stdio.h>

#include "bench-server.h"
#include "server/rtmp-server.h"

static gboolean
on_message (RtmpMount *mount, RtmpMessage *message, gpointer user_data)
{
  return TRUE;
}

static const RtmpMountFuncs funcs = {
  .publish_message = on_message,
};

static gboolean
on_quit (gpointer user_data)
{
  g_main_loop_quit (user_data);
  return G_SOURCE_CONTINUE;
}

static RtmpMount *
add_mount (RtmpServer *server, guint index, guint n_keys, guint flush_ms, GError **error)
{
  gchar *key = n_keys > 1 ? g_strdup_printf ("bench%u", index) : g_strdup ("bench");
  RtmpMountConfig config = {
    .role = RTMP_MOUNT_SOURCE,
    .application = "live",
    .key = key,
    .relay = TRUE,
    .override_publisher = TRUE,
    .idle_timeout_ms = 30000,
    .soft_max_ms = 3000,
    .hard_max_ms = 10000,
    .flush_interval_ms = flush_ms,
    .join_latest_keyframe = TRUE,
    .funcs = &funcs,
  };
  RtmpMount *mount = rtmp_server_mount (server, &config, error);

  g_free (key);
  return mount;
}

int
bench_relay_run (guint n_keys, guint flush_ms)
{
  GError *error = NULL;
  RtmpServer *server = rtmp_server_acquire ("127.0.0.1", 0, NULL, &error);
  GPtrArray *mounts = g_ptr_array_new_with_free_func ((GDestroyNotify)rtmp_mount_free);
  GMainLoop *loop = g_main_loop_new (NULL, FALSE);
  int status = 0;

  for (guint i = 0; server && i < n_keys; i++) {
    RtmpMount *mount = add_mount (server, i, n_keys, flush_ms, &error);

    if (!mount)
      break;
    g_ptr_array_add (mounts, mount);
  }
  if (!error) {
    printf ("{\"event\":\"ready\",\"port\":%u}\n", rtmp_server_get_port (server));
    fflush (stdout);
    g_unix_signal_add (SIGTERM, on_quit, loop);
    g_unix_signal_add (SIGINT, on_quit, loop);
    g_main_loop_run (loop);
  } else {
    fprintf (stderr, "bench-server: %s\n", error->message);
    g_clear_error (&error);
    status = 1;
  }
  g_ptr_array_unref (mounts);
  if (server)
    rtmp_server_release (server);
  g_main_loop_unref (loop);
  return status;
}
