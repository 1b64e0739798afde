/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "player.h"
#include "words.h"

/* how long anything may take before the test is given up */
#define TIMEOUT_S 20

static void
add_word (TestPlayer *player, const gchar *word)
{
  g_string_append_printf (player->log, "%s%s", player->log->len > 0 ? " " : "", word);
}

static void
take_event (TestPlayer *player, RtmpEvent *event)
{
  switch (event->type) {
    case RTMP_EVENT_READY:
      player->ready = TRUE;
      break;
    case RTMP_EVENT_REFUSED:
      player->refused = g_strdup_printf ("%s: %s", event->code, event->description);
      break;
    case RTMP_EVENT_STATUS:
      add_word (player, event->code);
      break;
    case RTMP_EVENT_PLAY_END:
      add_word (player, "end");
      break;
    case RTMP_EVENT_MEDIA:
      words_add (player->log, event->message);
      break;
    default:
      break;
  }
}

static void
write_all (TestPlayer *player)
{
  GSocket *socket = g_socket_connection_get_socket (player->connection);
  const guint8 *data;
  gsize size;

  while (!player->closed && (data = rtmp_session_peek_output (player->session, &size)) &&
         size > 0) {
    gssize n = g_socket_send (socket, (const gchar *)data, size, NULL, NULL);

    if (n <= 0)
      player->closed = TRUE;
    else
      rtmp_session_consume_output (player->session, n);
  }
}

static void
read_some (TestPlayer *player)
{
  GSocket *socket = g_socket_connection_get_socket (player->connection);
  guint8 buffer[4096];
  gssize size = g_socket_receive (socket, (gchar *)buffer, sizeof buffer, NULL, NULL);
  gssize used = 0;

  player->closed = player->closed || size <= 0;
  while (used < size) {
    RtmpEvent event = { 0 };
    gssize n = rtmp_session_input (
        player->session, buffer + used, size - used, g_get_monotonic_time (), NULL);

    g_assert_cmpint (n, >=, 0);
    used += n;
    while (rtmp_session_pull (player->session, &event)) {
      take_event (player, &event);
      rtmp_event_clear (&event);
    }
  }
  write_all (player);
}

TestPlayer *
test_player_try_new (guint16 port, const gchar *application, const gchar *key)
{
  g_autoptr (GSocketClient) client = g_socket_client_new ();
  g_autoptr (GSocketAddress) address =
      g_inet_socket_address_new_from_string ("127.0.0.1", port);
  TestPlayer *player = g_new0 (TestPlayer, 1);
  RtmpSessionConfig config = {
    .role = RTMP_SESSION_PLAYER,
    .limits = rtmp_limits_default (),
    .now_us = g_get_monotonic_time (),
    .application = application,
    .tc_url = "rtmp://127.0.0.1/test",
    .stream = key,
  };

  g_socket_client_set_timeout (client, TIMEOUT_S);
  g_socket_client_set_enable_proxy (client, FALSE);
  player->connection =
      g_socket_client_connect (client, G_SOCKET_CONNECTABLE (address), NULL, NULL);
  if (player->connection == NULL) {
    g_free (player);
    return NULL;
  }
  player->log = g_string_new (NULL);
  player->session = rtmp_session_new (&config);
  write_all (player);
  while (!player->ready && player->refused == NULL && !player->closed)
    read_some (player);
  return player;
}

TestPlayer *
test_player_new (guint16 port, const gchar *application, const gchar *key)
{
  TestPlayer *player = test_player_try_new (port, application, key);

  g_assert_nonnull (player);
  return player;
}

void
test_player_free (TestPlayer *player)
{
  g_object_unref (player->connection);
  rtmp_session_free (player->session);
  g_string_free (player->log, TRUE);
  g_free (player->refused);
  g_free (player);
}

static gboolean
has_word (TestPlayer *player, const gchar *word)
{
  g_auto (GStrv) words = g_strsplit (player->log->str, " ", -1);

  return g_strv_contains ((const gchar *const *)words, word);
}

gboolean
test_player_read_until (TestPlayer *player, const gchar *word)
{
  while (!player->closed && !has_word (player, word))
    read_some (player);
  return has_word (player, word);
}

void
test_player_wait (TestPlayer *player, const gchar *word)
{
  if (!test_player_read_until (player, word))
    g_error ("%s did not come: %s", word, player->log->str);
}

gchar *
test_player_take_log (TestPlayer *player)
{
  gchar *log = g_strdup (player->log->str);

  g_string_truncate (player->log, 0);
  return log;
}
