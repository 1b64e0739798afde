/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * One publisher and one player, with a transport that fails: at every byte a
 * reset or an end, every size of short reads and writes. What the other one sees
 * stays whole, and nothing is left behind.
 */
#include "fake.h"

#define EXPECTED "M0 H0 h0 K0 A10 V33 K66"

static void
send_all (Peer *publisher)
{
  RtmpMessage *messages[] = { metadata (0, "t"), video_header (0, 1), audio_header (0),
    video_key (0, 70000), audio_frame (10, 20), video_inter (33, 300), video_key (66, 10) };

  for (guint i = 0; i < G_N_ELEMENTS (messages); i++) {
    messages[i]->msid = publisher->msid;
    if (!peer_is_gone (publisher))
      rtmp_session_send (publisher->session, messages[i]);
    rtmp_message_unref (messages[i]);
  }
  world_run (publisher->world);
}

typedef struct _Rig
{
  World *world;
  Owner *owner;
  Peer *publisher;
  Peer *player;
  Peer *witness;
} Rig;

static void
rig_init (Rig *rig)
{
  rig->world = world_new (NULL);
  rig->owner = owner_new (rig->world, SOURCE (.key = "in", .relay = TRUE), NULL);
  rig->witness = player_new (rig->world, "live", "in");
}

static void
rig_clear (Rig *rig)
{
  owner_free (rig->owner);
  world_free (rig->world);
}

static void
test_short_writes (void)
{
  for (gsize size = 1; size < 2000; size = size < 40 ? size + 1 : size * 3) {
    Rig rig;

    rig_init (&rig);
    rig.publisher = publisher_new (rig.world, "live", "in");
    rig.player = player_new (rig.world, "live", "in");
    rig.player->transport->max_write = size;
    send_all (rig.publisher);
    assert_taken (peer_take (rig.player), EXPECTED);
    assert_taken (peer_take (rig.witness), EXPECTED);
    rig_clear (&rig);
  }
}

static void
test_short_reads (void)
{
  for (gsize size = 1; size < 2000; size = size < 40 ? size + 1 : size * 3) {
    Rig rig;

    rig_init (&rig);
    rig.publisher =
        peer_new_from (rig.world, RTMP_SESSION_PUBLISHER, "live", "in", "192.0.2.7");
    rig.publisher->transport->max_read = size;
    world_run (rig.world);
    send_all (rig.publisher);
    assert_taken (peer_take (rig.witness), EXPECTED);
    rig_clear (&rig);
  }
}

/* The player's window opens byte by byte in the middle of everything. */
static void
test_window (void)
{
  Rig rig;
  gboolean sent = FALSE;

  rig_init (&rig);
  rig.publisher = publisher_new (rig.world, "live", "in");
  rig.player = peer_new_from (rig.world, RTMP_SESSION_PLAYER, "live", "in", "192.0.2.7");
  for (guint i = 0; i < 200000 && rig.player->messages->len < 7; i++) {
    rig.player->transport->window = 1 + i % 7;
    world_run (rig.world);
    if (rig.player->ready && !sent)
      send_all (rig.publisher);
    sent = rig.player->ready;
  }
  assert_taken (peer_take (rig.player), EXPECTED);
  rig_clear (&rig);
}

/* Bytes of the whole exchange, from a run without fault. */
static gsize
measure (RtmpSessionRole role)
{
  Rig rig;
  Peer *peer;
  gsize moved;

  rig_init (&rig);
  peer = peer_new_from (rig.world, role, "live", "in", "192.0.2.7");
  peer->transport->break_after = G_MAXINT32;
  world_run (rig.world);
  send_all (role == RTMP_SESSION_PUBLISHER ? peer : publisher_new (rig.world, "live", "in"));
  moved = (gsize)(G_MAXINT32 - peer->transport->break_after);
  rig_clear (&rig);
  return moved;
}

static void
break_at (RtmpSessionRole role, gsize at)
{
  Rig rig;
  Peer *peer;
  gboolean publishes = role == RTMP_SESSION_PUBLISHER;

  rig_init (&rig);
  peer = peer_new_from (rig.world, role, "live", "in", "192.0.2.7");
  peer->transport->break_after = (gint64)at;
  world_run (rig.world);
  send_all (publishes ? peer : publisher_new (rig.world, "live", "in"));
  world_pass (rig.world, 3500);
  g_assert_true (peer_is_gone (peer));
  if (!publishes)
    assert_taken (peer_take (rig.witness), EXPECTED);
  g_assert_cmpuint (fake_transports, ==, publishes ? 1 : 2);
  /* its place is free */
  if (publishes)
    g_assert_true (publisher_new (rig.world, "live", "in")->ready);
  rig_clear (&rig);
}

/* Every byte of dialogue and headers; steps through the handshake's filler and the
 * big body, whose bytes are all alike. */
static gsize
next_place (gsize at, gsize size)
{
  gboolean filler = (at > 40 && at < 1500) || (at > 1560 && at < 3040);

  if (filler)
    return at + 23;
  return at + (at < 4500 || at + 500 > size ? 1 : 997);
}

static void
test_reset_everywhere (gconstpointer data)
{
  RtmpSessionRole role = GPOINTER_TO_INT (data);
  gsize size = measure (role);

  for (gsize at = 0; at < size; at = next_place (at, size))
    break_at (role, at);
}

/* The peer says only the first @at bytes of what it would, then ends its direction. */
static void
end_at (gsize at)
{
  Rig rig;
  Peer *peer;

  rig_init (&rig);
  peer = peer_new_from (rig.world, RTMP_SESSION_PUBLISHER, "live", "in", "192.0.2.7");
  peer->transport->eof_after = (gint64)at;
  world_run (rig.world);
  send_all (peer);
  world_pass (rig.world, 3500);
  g_assert_true (peer_is_gone (peer));
  g_assert_cmpuint (fake_transports, ==, 1);
  g_assert_cmpuint (rtmp_admission_get_n (rig.world->server->admission), ==, 1);
  rig_clear (&rig);
}

static void
test_end_everywhere (void)
{
  for (gsize at = 0; at < 70000; at = next_place (at, 70000))
    end_at (at);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/fault/short-writes", test_short_writes);
  g_test_add_func ("/fault/short-reads", test_short_reads);
  g_test_add_func ("/fault/window", test_window);
  g_test_add_data_func ("/fault/reset-publisher", GINT_TO_POINTER (RTMP_SESSION_PUBLISHER),
      test_reset_everywhere);
  g_test_add_data_func (
      "/fault/reset-player", GINT_TO_POINTER (RTMP_SESSION_PLAYER), test_reset_everywhere);
  g_test_add_func ("/fault/end", test_end_everywhere);
  return g_test_run ();
}
