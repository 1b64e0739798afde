/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A relaying source with fake publishers and players in virtual time: fan-out,
 * joining late, slow players.
 */
#include "fake.h"

#include <string.h>

/* A publisher of live/in with headers sent. */
static Peer *
begin (World *world)
{
  Peer *publisher = publisher_new (world, "live", "in");

  g_assert_true (publisher->ready);
  peer_send (publisher, metadata (0, "one"));
  peer_send (publisher, video_header (0, 1));
  peer_send (publisher, audio_header (0));
  return publisher;
}

static void
test_fan_out (void)
{
  World *world = world_new (NULL);
  Owner *owner = owner_new (world, SOURCE (.key = "in", .relay = TRUE), NULL);
  Peer *publisher = begin (world);
  Peer *players[5];

  for (guint i = 0; i < 5; i++) {
    players[i] = player_new (world, "live", "in");
    g_assert_true (players[i]->ready);
  }
  peer_send (publisher, video_key (100, 1000));
  peer_send (publisher, audio_frame (110, 10));
  peer_send (publisher, video_inter (133, 200000));
  for (guint i = 0; i < 5; i++)
    assert_taken (peer_take (players[i]), "M0 H100 h100 K100 A110 V133");
  g_assert_cmpuint (owner->n_players, ==, 5);
  g_assert_cmpuint (owner->messages->len, ==, 6);
  peer_hang_up (players[0]);
  g_assert_true (peer_is_gone (players[0]));
  g_assert_cmpuint (owner->n_players, ==, 4);
  owner_free (owner);
  world_free (world);
}

static void
test_bodies_are_whole (void)
{
  World *world = world_new (NULL);
  Owner *owner = owner_new (world, SOURCE (.key = "in", .relay = TRUE), NULL);
  Peer *publisher = begin (world);
  Peer *player = player_new (world, "live", "in");
  const gsize sizes[] = { 1, 127, 128, 65530, 65531, 65532, 131067, 131068, 1000000, 3500000 };

  player->transport->max_write = 1000;
  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++) {
    g_autoptr (RtmpMessage) copy = video_key (i, sizes[i]);
    RtmpMessage *got;
    const guint8 *a, *b;
    gsize n, m;

    peer_send (publisher, video_key (i, sizes[i]));
    got = g_ptr_array_index (player->messages, player->messages->len - 1);
    a = rtmp_message_peek (copy, &n);
    b = rtmp_message_peek (got, &m);
    g_assert_cmpmem (a, n, b, m);
  }
  owner_free (owner);
  world_free (world);
}

static void
test_late_join (void)
{
  World *world = world_new (NULL);
  Owner *owner = owner_new (world, SOURCE (.key = "in", .relay = TRUE), NULL);
  Peer *publisher = begin (world);
  Peer *player;

  for (guint i = 0; i < 3; i++) {
    peer_send (publisher, video_key (1000 * i, 100));
    peer_send (publisher, audio_frame (1000 * i + 10, 100));
    peer_send (publisher, video_inter (1000 * i + 33, 100));
  }
  player = player_new (world, "live", "in");
  assert_taken (peer_take (player), "M0 H2000 h2000 K2000 A2010 V2033");
  peer_send (publisher, video_inter (2066, 100));
  assert_taken (peer_take (player), "V2066");
  g_assert_cmpuint (owner->n_keyframes_wanted, ==, 0);
  owner_free (owner);
  world_free (world);
}

static void
test_join_next_keyframe (void)
{
  World *world = world_new (NULL);
  Owner *owner = owner_new (world, SOURCE (.key = "in", .relay = TRUE), NULL);
  Peer *publisher = begin (world);
  Peer *player;

  owner->mount->join_latest_keyframe = FALSE;
  peer_send (publisher, video_key (0, 100));
  player = player_new (world, "live", "in");
  g_assert_cmpuint (owner->n_keyframes_wanted, ==, 1);
  peer_send (publisher, video_inter (33, 100));
  peer_send (publisher, audio_frame (40, 100));
  assert_taken (peer_take (player), "");
  peer_send (publisher, video_key (66, 100));
  assert_taken (peer_take (player), "M0 H66 h66 K66");
  owner_free (owner);
  world_free (world);
}

static void
test_join_before_any_keyframe (void)
{
  World *world = world_new (NULL);
  Owner *owner = owner_new (world, SOURCE (.key = "in", .relay = TRUE), NULL);
  Peer *publisher = begin (world);
  Peer *player;

  peer_send (publisher, video_inter (0, 100));
  player = player_new (world, "live", "in");
  g_assert_cmpuint (owner->n_keyframes_wanted, ==, 1);
  /* others who wait do not ask again within the second */
  player_new (world, "live", "in");
  g_assert_cmpuint (owner->n_keyframes_wanted, ==, 1);
  world_pass (world, 1001);
  player_new (world, "live", "in");
  g_assert_cmpuint (owner->n_keyframes_wanted, ==, 2);
  assert_taken (peer_take (player), "");
  peer_send (publisher, video_key (33, 100));
  assert_taken (peer_take (player), "M0 H33 h33 K33");
  owner_free (owner);
  world_free (world);
}

static void
test_audio_only (void)
{
  World *world = world_new (NULL);
  Owner *owner = owner_new (world, SOURCE (.key = "in", .relay = TRUE), NULL);
  Peer *publisher = publisher_new (world, "live", "in");
  Peer *player;

  peer_send (publisher, audio_header (0));
  peer_send (publisher, audio_frame (10, 100));
  player = player_new (world, "live", "in");
  assert_taken (peer_take (player), "h0");
  peer_send (publisher, audio_frame (33, 100));
  assert_taken (peer_take (player), "A33");
  g_assert_cmpuint (owner->n_keyframes_wanted, ==, 0);
  owner_free (owner);
  world_free (world);
}

/* Small audio rides with the next video, but not longer than 20 ms. */
static void
test_audio_rides (void)
{
  World *world = world_new (NULL);
  Owner *owner = owner_new (world, SOURCE (.key = "in", .relay = TRUE), NULL);
  Peer *publisher = begin (world);
  Peer *player = player_new (world, "live", "in");
  guint writes;

  peer_send (publisher, video_key (0, 100));
  assert_taken (peer_take (player), "M0 H0 h0 K0");
  writes = player->transport->n_writes;
  peer_send (publisher, audio_frame (5, 100));
  peer_send (publisher, audio_frame (10, 100));
  assert_taken (peer_take (player), "");
  peer_send (publisher, video_inter (33, 100));
  assert_taken (peer_take (player), "A5 A10 V33");
  g_assert_cmpuint (player->transport->n_writes, ==, writes + 1);

  peer_send (publisher, audio_frame (40, 100));
  world_pass (world, 15);
  assert_taken (peer_take (player), "");
  world_pass (world, 5);
  assert_taken (peer_take (player), "A40");
  /* much audio does not wait */
  peer_send (publisher, audio_frame (50, 9000));
  assert_taken (peer_take (player), "A50");
  owner_free (owner);
  world_free (world);
}

/* A crowd waits for the video of 25 frames a second, a few do not. */
static void
test_audio_rides_in_a_crowd (void)
{
  World *world = world_new (NULL);
  Owner *owner = owner_new (world, SOURCE (.key = "in", .relay = TRUE), NULL);
  Peer *publisher = begin (world);
  Peer *players[50];
  guint writes;

  for (guint i = 0; i < G_N_ELEMENTS (players); i++)
    players[i] = player_new (world, "live", "in");
  peer_send (publisher, video_key (0, 1000));
  writes = players[0]->transport->n_writes;
  peer_send (publisher, audio_frame (1, 100));
  world_pass (world, 30);
  g_assert_cmpuint (players[0]->transport->n_writes, ==, writes);
  peer_send (publisher, video_inter (40, 1000));
  g_assert_cmpuint (players[0]->transport->n_writes, ==, writes + 1);
  peer_send (publisher, audio_frame (41, 100));
  world_pass (world, 50);
  g_assert_cmpuint (players[0]->transport->n_writes, ==, writes + 2);
  for (guint i = 0; i < G_N_ELEMENTS (players); i++)
    assert_taken (peer_take (players[i]), "M0 H0 h0 K0 A1 V40 A41");
  owner_free (owner);
  world_free (world);
}

static void
test_flush_interval (void)
{
  World *world = world_new (NULL);
  Owner *owner =
      owner_new (world, SOURCE (.key = "in", .relay = TRUE, .flush_interval_ms = 100), NULL);
  Peer *publisher = begin (world);
  Peer *player = player_new (world, "live", "in");
  guint writes;

  peer_send (publisher, video_key (0, 1000));
  world_pass (world, 110);
  assert_taken (peer_take (player), "M0 H0 h0 K0");
  writes = player->transport->n_writes;
  for (guint i = 0; i < 4; i++) {
    peer_send (publisher, video_inter (40 + i, 1000));
    peer_send (publisher, audio_frame (40 + i, 100));
    world_pass (world, 10);
  }
  assert_taken (peer_take (player), "");
  g_assert_cmpuint (player->transport->n_writes, ==, writes);
  world_pass (world, 70);
  assert_taken (peer_take (player), "V40 A40 V41 A41 V42 A42 V43 A43");
  g_assert_cmpuint (player->transport->n_writes, ==, writes + 1);
  rtmp_stream_set_flush_interval (owner->mount->stream, 0);
  peer_send (publisher, video_inter (50, 1000));
  assert_taken (peer_take (player), "V50");
  owner_free (owner);
  world_free (world);
}

/* What waits for the interval makes nobody slow. */
static void
test_flush_interval_is_no_lag (void)
{
  World *world = world_new (NULL);
  Owner *owner = owner_new (world,
      SOURCE (.key = "in", .relay = TRUE, .flush_interval_ms = 5000, .soft_max_ms = 200,
          .hard_max_ms = 400),
      NULL);
  Peer *publisher = begin (world);
  Peer *player = player_new (world, "live", "in");

  peer_send (publisher, video_key (0, 1000));
  world_pass (world, RTMP_STREAM_MAX_FLUSH_INTERVAL_MS + 10);
  assert_taken (peer_take (player), "M0 H0 h0 K0");
  for (guint i = 1; i <= 9; i++) {
    peer_send (publisher, video_inter (i * 100, 1000));
    world_pass (world, 100);
  }
  world_pass (world, 110);
  assert_taken (peer_take (player), "V100 V200 V300 V400 V500 V600 V700 V800 V900");
  owner_free (owner);
  world_free (world);
}

static void
test_headers_change (void)
{
  World *world = world_new (NULL);
  Owner *owner = owner_new (world, SOURCE (.key = "in", .relay = TRUE), NULL);
  Peer *publisher = begin (world);
  Peer *early = player_new (world, "live", "in");
  Peer *late;

  peer_send (publisher, video_key (0, 100));
  peer_send (publisher, video_header (10, 1)); /* nothing new */
  peer_send (publisher, video_header (20, 2));
  peer_send (publisher, video_key (20, 100));
  peer_send (publisher, metadata (30, "two"));
  assert_taken (peer_take (early), "M0 H0 h0 K0 H20 K20 M30");
  late = player_new (world, "live", "in");
  assert_taken (peer_take (late), "M0 H20 h20 K20 M30");
  owner_free (owner);
  world_free (world);
}

/* ---- slow players ---------------------------------------------------- */

static void
send_seconds (World *world, Peer *publisher, guint from_s, guint n, guint gop_s)
{
  for (guint s = from_s; s < from_s + n; s++)
    for (guint i = 0; i < 10; i++) {
      guint32 time = s * 1000 + i * 100;

      peer_send (publisher,
          i == 0 && s % gop_s == 0 ? video_key (time, 100) : video_inter (time, 100));
      world_pass (world, 100);
    }
}

static void
test_resync (void)
{
  World *world = world_new (NULL);
  Owner *owner = owner_new (world, SOURCE (.key = "in", .relay = TRUE), NULL);
  Peer *publisher = begin (world);
  Peer *slow = player_new (world, "live", "in");
  Peer *good = player_new (world, "live", "in");
  RtmpClientStats stats;
  g_autoptr (GPtrArray) clients = NULL;
  g_autofree gchar *seen = NULL;

  send_seconds (world, publisher, 0, 1, 1);
  g_free (peer_take (slow));
  g_free (peer_take (good));
  peer_stop_reading (slow);
  /* 3 s of lag are allowed */
  send_seconds (world, publisher, 1, 3, 1);
  peer_send (publisher, video_header (4000, 2));
  send_seconds (world, publisher, 4, 1, 1);
  peer_go_on_reading (slow);
  /* lag went over 3 s at 4.1 s, with the newest keyframe at 4.0 s; the header
   * that was skipped comes again, the others do not */
  seen = peer_take (slow);
  g_assert_true (g_str_has_prefix (seen, "H4000 K4000 V4100"));
  g_assert_true (g_str_has_suffix (seen, "V4900"));
  clients = rtmp_mount_list_clients (owner->mount);
  for (guint i = 0; i < clients->len; i++) {
    rtmp_client_get_stats (g_ptr_array_index (clients, i), &stats);
    g_assert_cmpuint (stats.resyncs, <=, 1);
  }
  g_assert_cmpuint (good->messages->len, ==, 41);
  g_assert_false (peer_is_gone (slow));
  owner_free (owner);
  world_free (world);
}

static void
test_hard_limit (void)
{
  World *world = world_new (NULL);
  Owner *owner = owner_new (world, SOURCE (.key = "in", .relay = TRUE), NULL);
  Peer *publisher = begin (world);
  Peer *slow = player_new (world, "live", "in");
  Peer *good = player_new (world, "live", "in");

  send_seconds (world, publisher, 0, 1, 60);
  g_free (owner_take (owner));
  peer_stop_reading (slow);
  send_seconds (world, publisher, 1, 9, 60);
  assert_taken (owner_take (owner), "");
  /* no keyframe to jump to, and 10 s are over */
  g_assert_cmpuint (owner->n_keyframes_wanted, >=, 1);
  send_seconds (world, publisher, 10, 2, 60);
  assert_taken (owner_take (owner), "-player:in(the player is too slow)");
  g_assert_cmpuint (good->messages->len, ==, 3 + 120);
  /* its goodbye cannot be sent either: gone after the time for that */
  world_pass (world, 2100);
  g_assert_true (peer_is_gone (slow));
  owner_free (owner);
  world_free (world);
}

/* Over the soft limit and never again taking a byte: the grace time. */
static void
test_grace (void)
{
  World *world = world_new (NULL);
  Owner *owner = owner_new (world, SOURCE (.key = "in", .relay = TRUE), NULL);
  Peer *publisher = begin (world);
  Peer *slow = player_new (world, "live", "in");

  send_seconds (world, publisher, 0, 1, 1);
  g_free (owner_take (owner));
  peer_stop_reading (slow);
  send_seconds (world, publisher, 1, 12, 1);
  assert_taken (owner_take (owner), "");
  send_seconds (world, publisher, 13, 2, 1);
  assert_taken (owner_take (owner), "-player:in(the player is too slow)");
  owner_free (owner);
  world_free (world);
}

/* Takes most of it: is resynchronised again and again, and stays. */
static void
test_slow_but_alive (void)
{
  World *world = world_new (NULL);
  Owner *owner = owner_new (world, SOURCE (.key = "in", .relay = TRUE), NULL);
  Peer *publisher = begin (world);
  Peer *slow = player_new (world, "live", "in");
  g_autoptr (GPtrArray) clients = NULL;
  guint resyncs = 0;

  for (guint i = 0; i < 600; i++) {
    slow->transport->window = 60;
    peer_send (publisher, i % 10 == 0 ? video_key (i * 100, 100) : video_inter (i * 100, 100));
    world_pass (world, 100);
  }
  g_assert_false (peer_is_gone (slow));
  clients = rtmp_mount_list_clients (owner->mount);
  for (guint i = 0; i < clients->len; i++) {
    RtmpClient *client = g_ptr_array_index (clients, i);
    RtmpClientStats stats;

    rtmp_client_get_stats (client, &stats);
    if (client->role == RTMP_CLIENT_PLAYER) {
      resyncs = stats.resyncs;
      g_assert_cmpuint (stats.dropped_messages, >, 100);
    }
  }
  g_assert_cmpuint (resyncs, >, 3);
  owner_free (owner);
  world_free (world);
}

static void
test_byte_limits (void)
{
  RtmpLimits limits = *rtmp_limits_default ();
  World *world;
  Owner *owner;
  Peer *publisher, *slow;

  limits.player_soft_bytes = 20000;
  limits.player_hard_bytes = 50000;
  limits.max_video_size = 100000;
  world = world_new (&limits);
  owner = owner_new (world, SOURCE (.key = "in", .relay = TRUE), NULL);
  publisher = begin (world);
  slow = player_new (world, "live", "in");
  peer_send (publisher, video_key (0, 100));
  g_free (owner_take (owner));
  g_free (peer_take (slow));
  peer_stop_reading (slow);
  peer_send (publisher, video_inter (1, 100));
  peer_send (publisher, video_inter (2, 19000));
  peer_send (publisher, video_key (3, 100));
  peer_send (publisher, video_inter (4, 700));
  peer_go_on_reading (slow);
  assert_taken (peer_take (slow), "V1 V2 K3 V4");
  peer_stop_reading (slow);
  peer_send (publisher, video_inter (5, 20000));
  peer_send (publisher, video_key (6, 1000));
  peer_go_on_reading (slow);
  assert_taken (peer_take (slow), "K6");
  peer_stop_reading (slow);
  for (guint i = 0; i < 3; i++)
    peer_send (publisher, video_inter (7, 20000));
  assert_taken (owner_take (owner), "-player:in(the player is too slow)");
  owner_free (owner);
  world_free (world);
}

/* A feed keeps no more than its limit; who stood before it starts anew. */
static void
test_feed_overrun (void)
{
  RtmpLimits limits = *rtmp_limits_default ();
  World *world;
  Owner *owner;
  Peer *publisher, *slow;

  limits.feed_max_messages = 10;
  world = world_new (&limits);
  owner = owner_new (world, SOURCE (.key = "in", .relay = TRUE), NULL);
  publisher = begin (world);
  slow = player_new (world, "live", "in");
  peer_send (publisher, video_key (0, 100));
  g_free (peer_take (slow));
  peer_stop_reading (slow);
  for (guint i = 1; i <= 20; i++)
    peer_send (publisher, video_inter (i, 100));
  peer_send (publisher, audio_frame (21, 100));
  peer_go_on_reading (slow);
  assert_taken (peer_take (slow), "");
  g_assert_cmpuint (owner->n_keyframes_wanted, >=, 1);
  peer_send (publisher, video_key (22, 100));
  assert_taken (peer_take (slow), "M0 H22 h22 K22");
  owner_free (owner);
  world_free (world);
}

/* A loop that does not come round holds a bounded number of messages; what it
 * misses ends at a keyframe. */
static void
test_stuck_loop (void)
{
  RtmpLimits limits = *rtmp_limits_default ();
  World *world;
  Owner *owner;
  RtmpStream *stream;
  Peer *player;

  limits.max_queued_posts = 4;
  world = world_new (&limits);
  owner = owner_new (world, SINK (.key = "in"), NULL);
  player = player_new (world, "live", "in");
  stream = rtmp_mount_get_stream (owner->mount);
  rtmp_stream_begin (stream);
  for (guint i = 0; i < 20; i++) {
    RtmpMessage *message = i == 0    ? video_header (0, 1)
                           : i == 10 ? video_header (10, 2)
                           : i == 11 ? video_key (11, 10)
                                     : video_inter (i, 10);

    if (i == 15)
      world_run (world);
    if (i == 17) {
      rtmp_message_unref (message);
      message = video_key (i, 10);
    }
    rtmp_stream_publish (stream, message);
    rtmp_message_unref (message);
  }
  world_run (world);
  /* begin and three messages; the header that came meanwhile; from the next key on */
  assert_taken (peer_take (player), "H0 H10 K17 V18 V19");
  owner_free (owner);
  world_free (world);
}

/* ---- begin and end --------------------------------------------------- */

static void
test_held_play (void)
{
  World *world = world_new (NULL);
  Owner *owner = owner_new (world, SOURCE (.key = "in", .relay = TRUE), NULL);
  Peer *player = player_new (world, "live", "in");
  Peer *publisher;

  g_assert_true (player->ready);
  g_assert_cmpuint (owner->n_players, ==, 1);
  publisher = begin (world);
  peer_send (publisher, video_key (0, 100));
  g_assert_cmpstr (player->log->str, ==, "ready NetStream.Play.PublishNotify");
  assert_taken (peer_take (player), "M0 H0 h0 K0");
  g_string_truncate (player->log, 0);
  rtmp_session_finish (publisher->session);
  world_run (world);
  g_assert_cmpstr (player->log->str, ==,
      "NetStream.Play.UnpublishNotify "
      "NetStream.Play.Complete eof");
  assert_taken (owner_take (owner), "+player:in +publisher:in begin end "
                                    "-publisher:in(the peer ended it)");
  /* and again */
  g_string_truncate (player->log, 0);
  publisher = begin (world);
  peer_send (publisher, video_key (7, 100));
  g_assert_cmpstr (player->log->str, ==, "NetStream.Play.PublishNotify");
  assert_taken (peer_take (player), "M0 H0 h0 K7");
  owner_free (owner);
  world_free (world);
}

/* What was queued for a player that is behind comes before the end. */
static void
test_end_after_queue (void)
{
  World *world = world_new (NULL);
  Owner *owner = owner_new (world, SOURCE (.key = "in", .relay = TRUE), NULL);
  Peer *publisher = begin (world);
  Peer *player = player_new (world, "live", "in");

  peer_send (publisher, video_key (0, 100));
  peer_stop_reading (player);
  for (guint i = 1; i <= 5; i++)
    peer_send (publisher, video_inter (i, 100));
  peer_hang_up (publisher);
  peer_go_on_reading (player);
  assert_taken (peer_take (player), "M0 H0 h0 K0 V1 V2 V3 V4 V5");
  g_assert_cmpstr (player->log->str, ==,
      "ready NetStream.Play.UnpublishNotify "
      "NetStream.Play.Complete eof");
  owner_free (owner);
  world_free (world);
}

/* One connection, one player after the other: nothing of the first is left. */
static void
test_play_again (void)
{
  World *world = world_new (NULL);
  Owner *a = owner_new (world, SINK (.key = "a"), NULL);
  Owner *b = owner_new (world, SINK (.key = "b"), NULL);
  Owner *owners[] = { a, b };
  Peer *player;
  RtmpMessage *command;

  for (guint i = 0; i < 2; i++) {
    RtmpStream *stream = rtmp_mount_get_stream (owners[i]->mount);
    RtmpMessage *messages[] = { video_header (i, 1), video_key (i, 100) };

    rtmp_stream_begin (stream);
    for (guint j = 0; j < 2; j++) {
      rtmp_stream_publish (stream, messages[j]);
      rtmp_message_unref (messages[j]);
    }
  }
  player = player_new (world, "live", "a");
  assert_taken (peer_take (player), "H0 K0");
  command = rtmp_command_new (RTMP_CSID_COMMAND, 1, "pause", 0, rtmp_amf_new_null (),
      rtmp_amf_new_boolean (TRUE), NULL);
  peer_send (player, command);
  command =
      rtmp_command_new (RTMP_CSID_COMMAND, 1, "closeStream", 0, rtmp_amf_new_null (), NULL);
  peer_send (player, command);
  assert_taken (owner_take (a), "+player:a -player:a(the peer ended it)");
  command = rtmp_command_new (
      RTMP_CSID_COMMAND, 1, "play", 0, rtmp_amf_new_null (), rtmp_amf_new_string ("b"), NULL);
  peer_send (player, command);
  assert_taken (peer_take (player), "H1 K1");
  g_assert_cmpuint (a->n_players + b->n_players, ==, 1);
  owner_free (a);
  owner_free (b);
  world_free (world);
}

/* As a publisher we say @setDataFrame in front of metadata, of each that comes. */
static void
test_wrapped_metadata (void)
{
  World *world = world_new (NULL);
  Owner *owner = owner_new (world, SOURCE (.key = "in", .relay = TRUE), NULL);
  Peer *player = player_new (world, "live", "in");
  RtmpConnection *connection;
  g_autoptr (GPtrArray) all = rtmp_loop_list (world->loop);
  Peer *publisher;
  guint n = 0;

  connection = g_ptr_array_index (all, 0);
  connection->outbox.wrap = TRUE;
  player->reading = FALSE;
  publisher = begin (world);
  peer_send (publisher, metadata (1, "two"));
  for (guint i = 0; i + 16 < player->transport->to_peer->len; i++)
    n +=
        memcmp (player->transport->to_peer->data + i, "\002\000\015@setDataFrame\002", 17) == 0;
  g_assert_cmpuint (n, ==, 2);
  peer_go_on_reading (player);
  assert_taken (peer_take (player), "M0 H0 h0 M1");
  owner_free (owner);
  world_free (world);
}

static void
test_pause (void)
{
  World *world = world_new (NULL);
  Owner *owner = owner_new (world, SOURCE (.key = "in", .relay = TRUE), NULL);
  Peer *publisher = begin (world);
  Peer *player = player_new (world, "live", "in");
  RtmpMessage *command;

  peer_send (publisher, video_key (0, 100));
  g_free (peer_take (player));
  command = rtmp_command_new (RTMP_CSID_COMMAND, 1, "pause", 0, rtmp_amf_new_null (),
      rtmp_amf_new_boolean (TRUE), rtmp_amf_new_number (0), NULL);
  peer_send (player, command);
  peer_send (publisher, video_inter (33, 100));
  peer_send (publisher, video_key (66, 100));
  peer_send (publisher, video_inter (99, 100));
  assert_taken (peer_take (player), "");
  command = rtmp_command_new (RTMP_CSID_COMMAND, 1, "pause", 0, rtmp_amf_new_null (),
      rtmp_amf_new_boolean (FALSE), rtmp_amf_new_number (0), NULL);
  peer_send (player, command);
  assert_taken (peer_take (player), "M0 H66 h66 K66 V99");
  command = rtmp_command_new (RTMP_CSID_COMMAND, 1, "receiveVideo", 0, rtmp_amf_new_null (),
      rtmp_amf_new_boolean (FALSE), NULL);
  peer_send (player, command);
  peer_send (publisher, video_inter (120, 100));
  peer_send (publisher, audio_frame (121, 10000));
  assert_taken (peer_take (player), "A121");
  owner_free (owner);
  world_free (world);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/relay/fan-out", test_fan_out);
  g_test_add_func ("/relay/whole-bodies", test_bodies_are_whole);
  g_test_add_func ("/relay/late-join", test_late_join);
  g_test_add_func ("/relay/join-next-keyframe", test_join_next_keyframe);
  g_test_add_func ("/relay/join-before-any-keyframe", test_join_before_any_keyframe);
  g_test_add_func ("/relay/audio-only", test_audio_only);
  g_test_add_func ("/relay/audio-rides", test_audio_rides);
  g_test_add_func ("/relay/audio-rides-in-a-crowd", test_audio_rides_in_a_crowd);
  g_test_add_func ("/relay/flush-interval", test_flush_interval);
  g_test_add_func ("/relay/flush-interval-is-no-lag", test_flush_interval_is_no_lag);
  g_test_add_func ("/relay/headers-change", test_headers_change);
  g_test_add_func ("/relay/resync", test_resync);
  g_test_add_func ("/relay/hard-limit", test_hard_limit);
  g_test_add_func ("/relay/grace", test_grace);
  g_test_add_func ("/relay/slow-but-alive", test_slow_but_alive);
  g_test_add_func ("/relay/byte-limits", test_byte_limits);
  g_test_add_func ("/relay/feed-overrun", test_feed_overrun);
  g_test_add_func ("/relay/stuck-loop", test_stuck_loop);
  g_test_add_func ("/relay/held-play", test_held_play);
  g_test_add_func ("/relay/end-after-queue", test_end_after_queue);
  g_test_add_func ("/relay/play-again", test_play_again);
  g_test_add_func ("/relay/wrapped-metadata", test_wrapped_metadata);
  g_test_add_func ("/relay/pause", test_pause);
  return g_test_run ();
}
