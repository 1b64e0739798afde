/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * relay-server [--port P] [--host H] [--application A]: an RTMP relay out of the
 * server core alone: whatever is published can be played. Prints "port N" and one
 * line for each client; ends with SIGINT or SIGTERM.
 */
#include "server/rtmp-server.h"

#include <glib-unix.h>
#include <stdio.h>

static gchar *host = (gchar *)"::";
static gint port = 1935;
static gchar *application = (gchar *)"live";
static gboolean quiet;

static const GOptionEntry entries[] = {
  { "host", 0, 0, G_OPTION_ARG_STRING, &host, "Address to listen on", "ADDRESS" },
  { "port", 'p', 0, G_OPTION_ARG_INT, &port, "Port, 0 = any free", "PORT" },
  { "application", 'a', 0, G_OPTION_ARG_STRING, &application, "Application", "NAME" },
  { "quiet", 'q', 0, G_OPTION_ARG_NONE, &quiet, "Print no clients", NULL },
  { NULL },
};

static void
tell (const gchar *what, RtmpClient *client, const gchar *reason)
{
  if (quiet)
    return;
  printf ("%s %s %s/%s%s%s\n", what,
      client->role == RTMP_CLIENT_PUBLISHER ? "publisher" : "player", client->name->application,
      client->name->key, reason ? ": " : "", reason ? reason : "");
  fflush (stdout);
}

static void
on_added (RtmpMount *mount, RtmpClient *client, gpointer user_data)
{
  tell ("added", client, NULL);
}

static void
on_removed (RtmpMount *mount, RtmpClient *client, const gchar *reason, gpointer user_data)
{
  tell ("removed", client, reason);
}

static void
on_rejected (RtmpMount *mount, RtmpClient *client, const gchar *reason, gpointer user_data)
{
  tell ("rejected", client, reason);
}

static const RtmpMountFuncs funcs = {
  .client_added = on_added,
  .client_removed = on_removed,
  .client_rejected = on_rejected,
};

static gboolean
on_signal (gpointer loop)
{
  g_main_loop_quit (loop);
  return G_SOURCE_CONTINUE;
}

/* One claim takes one publisher; several let as many publish under any key. */
#define N_MOUNTS 64

static gboolean
serve (RtmpServer *server, GError **error)
{
  RtmpMountConfig config = {
    .role = RTMP_MOUNT_SOURCE,
    .application = application,
    .relay = TRUE,
    .override_publisher = TRUE,
    .idle_timeout_ms = 30000,
    .soft_max_ms = 3000,
    .hard_max_ms = 10000,
    .join_latest_keyframe = TRUE,
    .funcs = &funcs,
  };
  RtmpMount *mounts[N_MOUNTS];
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);

  for (guint i = 0; i < N_MOUNTS; i++)
    mounts[i] = rtmp_server_mount (server, &config, error);
  printf ("port %u\n", rtmp_server_get_port (server));
  fflush (stdout);
  g_unix_signal_add (SIGINT, on_signal, loop);
  g_unix_signal_add (SIGTERM, on_signal, loop);
  g_main_loop_run (loop);
  for (guint i = 0; i < N_MOUNTS; i++)
    rtmp_mount_free (mounts[i]);
  return TRUE;
}

int
main (int argc, char **argv)
{
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);
  g_autoptr (GError) error = NULL;
  RtmpServer *server;

  g_option_context_add_main_entries (context, entries, NULL);
  if (!g_option_context_parse (context, &argc, &argv, &error) ||
      !(server = rtmp_server_acquire (host, (guint16)port, NULL, &error))) {
    fprintf (stderr, "%s\n", error->message);
    return 1;
  }
  serve (server, &error);
  rtmp_server_release (server);
  return 0;
}
