/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * TestPlayer: a client that plays over a real loopback socket, driven by its
 * caller. One thread. What it gets is logged in words (words.h); status codes
 * as they are, and "end" when the stream or the connection ended.
 */
#pragma once

#include <gio/gio.h>
#include "protocol/rtmp-session.h"

G_BEGIN_DECLS

typedef struct _TestPlayer
{
  GSocketConnection *connection;
  RtmpSession *session;
  gboolean ready;
  gboolean closed;
  gchar *refused; /* code and description */
  GString *log;
} TestPlayer;

/* Returns when the server accepted or refused play, or closed. */
TestPlayer *test_player_new (guint16 port, const gchar *application, const gchar *key);
/* NULL: nobody listens. */
TestPlayer *test_player_try_new (guint16 port, const gchar *application, const gchar *key);
void test_player_free (TestPlayer *player);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (TestPlayer, test_player_free)

/* Reads until the log contains @word; it has to come. */
void test_player_wait (TestPlayer *player, const gchar *word);
/* Reads until the server closes or @word comes; FALSE: it closed. */
gboolean test_player_read_until (TestPlayer *player, const gchar *word);
/* The log so far, which starts anew; free it. */
gchar *test_player_take_log (TestPlayer *player);

G_END_DECLS
