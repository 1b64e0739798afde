/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Who owns a key, who may publish, who is refused and how; requests answered
 * later; holding a publisher; ends that are told.
 */
#include "fake.h"
#include "protocol/rtmp-error.h"

/* ---- keys ------------------------------------------------------------ */

static void
test_unclaimed (void)
{
  World *world = world_new (NULL);
  Owner *sink = owner_new (world, SINK (.key = "out"), NULL);
  Owner *source = owner_new (world, SOURCE (.key = "in"), NULL);
  const gchar *const nobody[][2] = { { "live", "x" }, { "other", "in" }, { "live/in", "x" } };

  for (guint i = 0; i < G_N_ELEMENTS (nobody); i++) {
    Peer *publisher = publisher_new (world, nobody[i][0], nobody[i][1]);
    Peer *player = player_new (world, nobody[i][0], nobody[i][1]);

    g_assert_cmpstr (publisher->log->str, ==, "NetStream.Publish.BadName");
    g_assert_true (peer_is_gone (publisher));
    g_assert_cmpstr (player->log->str, ==, "NetStream.Play.StreamNotFound");
  }
  /* a sink takes no publisher; a source without relay has nothing to play */
  g_assert_cmpstr (
      publisher_new (world, "live", "out")->log->str, ==, "NetStream.Publish.BadName");
  g_assert_cmpstr (
      player_new (world, "live", "in")->log->str, ==, "NetStream.Play.StreamNotFound");
  owner_free (sink);
  owner_free (source);
  world_free (world);
}

static void
test_conflicts (void)
{
  World *world = world_new (NULL);
  Owner *sink = owner_new (world, SINK (.key = "x"), NULL);
  Owner *others[3];
  g_autoptr (GError) error = NULL;

  g_assert_null (owner_new (world, SINK (.key = "x"), &error));
  g_assert_error (error, RTMP_ERROR, RTMP_ERROR_LOCAL);
  g_assert_nonnull (strstr (error->message, "\"x\""));
  g_clear_error (&error);
  g_assert_null (owner_new (world, SOURCE (.key = "x", .relay = TRUE), &error));
  g_assert_error (error, RTMP_ERROR, RTMP_ERROR_LOCAL);
  /* publish and watch at one URL; any key; another application */
  others[0] = owner_new (world, SOURCE (.key = "x"), NULL);
  others[1] = owner_new (world, SOURCE (.relay = TRUE), NULL);
  others[2] = owner_new (world, SINK (.key = "y"), NULL);
  for (guint i = 0; i < 3; i++) {
    g_assert_nonnull (others[i]);
    owner_free (others[i]);
  }
  owner_free (sink);
  /* given up, so it can be had */
  sink = owner_new (world, SOURCE (.key = "x", .relay = TRUE), NULL);
  g_assert_nonnull (sink);
  owner_free (sink);
  world_free (world);
}

static void
test_exact_before_any (void)
{
  World *world = world_new (NULL);
  Owner *any = owner_new (world, SOURCE (.key = NULL), NULL);
  Owner *exact = owner_new (world, SOURCE (.key = "cam"), NULL);
  Owner *second = owner_new (world, SOURCE (.key = NULL), NULL);

  publisher_new (world, "live", "cam");
  publisher_new (world, "live", "other");
  publisher_new (world, "live", "third");
  assert_taken (owner_take (exact), "+publisher:cam begin");
  assert_taken (owner_take (any), "+publisher:other begin");
  assert_taken (owner_take (second), "+publisher:third begin");
  /* both any-key sources have somebody */
  g_assert_cmpstr (
      publisher_new (world, "live", "fourth")->log->str, ==, "NetStream.Publish.BadName");
  owner_free (any);
  owner_free (exact);
  owner_free (second);
  world_free (world);
}

/* Clients split "a/b/c" in different places. */
static void
test_slashes (void)
{
  World *world = world_new (NULL);
  RtmpMountConfig config = SOURCE (.key = "c", .relay = TRUE);
  Owner *owner;

  config.application = "a/b";
  owner = owner_new (world, config, NULL);
  g_assert_true (player_new (world, "a/b", "c")->ready);
  g_assert_true (player_new (world, "a", "b/c")->ready);
  g_assert_true (publisher_new (world, "a", "b/c")->ready);
  assert_taken (owner_take (owner), "+player:c +player:c +publisher:c begin");
  owner_free (owner);
  world_free (world);
}

/* What a property says in another form than clients do is the same name. */
static void
test_names_as_set (void)
{
  World *world = world_new (NULL);
  RtmpMountConfig config = SOURCE (.key = "my%20key?token=1", .relay = TRUE);
  g_autoptr (GError) error = NULL;
  Owner *owner;

  config.application = "/a//b/";
  owner = owner_new (world, config, NULL);
  g_assert_true (player_new (world, "a/b", "my key")->ready);
  g_assert_true (player_new (world, "a/b", "my%20key")->ready);
  owner_free (owner);
  config.application = "a\\b";
  g_assert_null (owner_new (world, config, &error));
  g_assert_error (error, RTMP_ERROR, RTMP_ERROR_LOCAL);
  world_free (world);
}

static void
test_any_key_relay (void)
{
  World *world = world_new (NULL);
  Owner *owner = owner_new (world, SOURCE (.relay = TRUE), NULL);
  Peer *waits = player_new (world, "live", "b");
  Peer *publisher = publisher_new (world, "live", "a");
  Peer *player = player_new (world, "live", "a");

  peer_send (publisher, video_header (0, 1));
  peer_send (publisher, video_key (0, 100));
  assert_taken (peer_take (player), "H0 K0");
  assert_taken (peer_take (waits), "");
  peer_hang_up (publisher);
  publisher = publisher_new (world, "live", "b");
  peer_send (publisher, video_header (5, 1));
  peer_send (publisher, video_key (5, 100));
  assert_taken (peer_take (waits), "H5 K5");
  assert_taken (peer_take (player), "");
  g_assert_cmpuint (g_hash_table_size (owner->mount->streams), ==, 2);
  peer_hang_up (player);
  peer_hang_up (waits);
  peer_hang_up (publisher);
  g_assert_cmpuint (g_hash_table_size (owner->mount->streams), ==, 0);
  owner_free (owner);
  world_free (world);
}

/* A source without relay and a sink: what is played is the sink's. */
static void
test_publish_and_watch_at_one_url (void)
{
  World *world = world_new (NULL);
  Owner *source = owner_new (world, SOURCE (.key = "x"), NULL);
  Owner *sink = owner_new (world, SINK (.key = "x"), NULL);
  Peer *player = player_new (world, "live", "x");
  Peer *publisher = publisher_new (world, "live", "x");
  RtmpStream *stream = rtmp_mount_get_stream (sink->mount);
  RtmpMessage *messages[] = { video_header (1, 9), video_key (1, 10) };

  peer_send (publisher, video_header (0, 1));
  assert_taken (peer_take (player), "");
  rtmp_stream_begin (stream);
  for (guint i = 0; i < 2; i++) {
    rtmp_stream_publish (stream, messages[i]);
    rtmp_message_unref (messages[i]);
  }
  world_run (world);
  assert_taken (peer_take (player), "H1 K1");
  assert_taken (owner_take (source), "+publisher:x begin");
  assert_taken (owner_take (sink), "+player:x");
  owner_free (source);
  g_assert_false (peer_is_gone (player));
  owner_free (sink);
  world_run (world);
  g_assert_true (g_str_has_suffix (player->log->str, "NetStream.Play.UnpublishNotify "
                                                     "NetStream.Play.Complete eof"));
  g_assert_true (peer_is_gone (player));
  g_assert_true (peer_is_gone (publisher));
  world_free (world);
}

static void
test_default_stream (void)
{
  World *world = world_new (NULL);
  Owner *owner = owner_new (world, SINK (.key = "stream"), NULL);

  g_assert_true (player_new (world, "live", "")->ready);
  g_assert_cmpstr (
      publisher_new (world, "live", "")->log->str, ==, "NetStream.Publish.BadName");
  owner_free (owner);
  world_free (world);
}

/* ---- takeover -------------------------------------------------------- */

static void
test_takeover (void)
{
  World *world = world_new (NULL);
  Owner *owner = owner_new (world, SOURCE (.key = "in", .relay = TRUE), NULL);
  Peer *old = publisher_new (world, "live", "in");
  Peer *player = player_new (world, "live", "in");
  Peer *new;

  peer_send (old, video_header (0, 1));
  peer_send (old, video_key (0, 100));
  new = publisher_new (world, "live", "in");
  g_assert_true (new->ready);
  g_assert_cmpstr (old->log->str, ==, "ready NetStream.Publish.BadName");
  g_assert_true (peer_is_gone (old));
  assert_taken (owner_take (owner),
      "+publisher:in begin +player:in broken "
      "-publisher:in(another publisher took over) +publisher:in begin-takeover");
  peer_send (new, video_header (7, 2));
  peer_send (new, video_inter (7, 100));
  peer_send (new, video_key (8, 100));
  /* no end in between, and no frame that needs what was not sent */
  assert_taken (peer_take (player), "H0 K0 H7 K8");
  g_assert_cmpstr (player->log->str, ==, "ready NetStream.Play.PublishNotify");
  owner_free (owner);
  world_free (world);
}

static void
test_no_takeover (void)
{
  World *world = world_new (NULL);
  Owner *owner = owner_new (world, SOURCE (.key = "in"), NULL);
  Peer *first = publisher_new (world, "live", "in");
  Peer *second;

  rtmp_mount_set_override (owner->mount, FALSE);
  second = publisher_new (world, "live", "in");
  g_assert_cmpstr (second->log->str, ==, "NetStream.Publish.BadName");
  g_assert_true (peer_is_gone (second));
  g_assert_false (peer_is_gone (first));
  rtmp_mount_set_accepting (owner->mount, FALSE);
  peer_hang_up (first);
  g_assert_cmpstr (
      publisher_new (world, "live", "in")->log->str, ==, "NetStream.Publish.BadName");
  rtmp_mount_set_accepting (owner->mount, TRUE);
  g_assert_true (publisher_new (world, "live", "in")->ready);
  owner_free (owner);
  world_free (world);
}

/* A dead publisher does not block its reconnect, and is found by itself. */
static void
test_silent_publisher (void)
{
  World *world = world_new (NULL);
  Owner *owner = owner_new (world, SOURCE (.key = "in"), NULL);
  Peer *dead = publisher_new (world, "live", "in");

  peer_stop_reading (dead);
  world_pass (world, 29900);
  g_free (owner_take (owner));
  g_assert_false (peer_is_gone (dead));
  world_pass (world, 200);
  assert_taken (owner_take (owner), "broken -publisher:in(the publisher fell silent)");
  world_pass (world, 2100);
  g_assert_true (peer_is_gone (dead));
  owner_free (owner);
  world_free (world);
}

/* ---- requests -------------------------------------------------------- */

static void
test_answer_later (void)
{
  World *world = world_new (NULL);
  Owner *owner = owner_new (world, SOURCE (.key = "in"), NULL);
  Peer *peer;

  owner->hold_requests = TRUE;
  peer = publisher_new (world, "live", "in");
  g_assert_false (peer->ready);
  g_assert_cmpstr (rtmp_request_get_client (owner->request)->name->key, ==, "in");
  g_assert_true (rtmp_request_accept (owner->request));
  g_assert_false (rtmp_request_refuse (owner->request, RTMP_REFUSE_DENIED, NULL));
  world_run (world);
  g_assert_true (peer->ready);
  owner_free (owner);
  world_free (world);
}

static void
test_answer_too_late (void)
{
  World *world = world_new (NULL);
  Owner *owner = owner_new (world, SOURCE (.key = "in"), NULL);
  Peer *peer;

  owner->hold_requests = TRUE;
  peer = publisher_new (world, "live", "in");
  world_pass (world, 4995);
  g_assert_cmpstr (peer->log->str, ==, "");
  world_pass (world, 10);
  g_assert_true (g_str_has_prefix (peer->log->str, "NetStream.Publish."));
  g_assert_false (rtmp_request_accept (owner->request));
  assert_taken (owner_take (owner), "!publisher:in(no answer in time)");
  g_clear_pointer (&owner->request, rtmp_request_unref);
  /* the peer has gone before the answer */
  peer = publisher_new (world, "live", "in");
  peer_hang_up (peer);
  g_assert_false (rtmp_request_accept (owner->request));
  g_clear_pointer (&owner->request, rtmp_request_unref);
  /* the application lets go without an answer */
  peer = publisher_new (world, "live", "in");
  g_clear_pointer (&owner->request, rtmp_request_unref);
  world_run (world);
  g_assert_cmpstr (peer->log->str, ==, "NetStream.Publish.Denied");
  owner_free (owner);
  world_free (world);
}

static void
test_refused_by_application (void)
{
  World *world = world_new (NULL);
  Owner *owner = owner_new (world, SOURCE (.key = "in", .relay = TRUE), NULL);
  Peer *peer;

  owner->refuse = TRUE;
  peer = publisher_new (world, "live", "in");
  g_assert_cmpstr (peer->log->str, ==, "NetStream.Publish.Denied");
  g_assert_true (peer_is_gone (peer));
  peer = player_new (world, "live", "in");
  g_assert_cmpstr (peer->log->str, !=, "");
  g_assert_false (peer->ready);
  assert_taken (owner_take (owner), "!publisher:in(no) !player:in(no)");
  owner->refuse = FALSE;
  g_assert_true (publisher_new (world, "live", "in")->ready);
  owner_free (owner);
  world_free (world);
}

/* Two wait for the application; the second answer comes first. */
static void
test_answers_cross (void)
{
  World *world = world_new (NULL);
  Owner *owner = owner_new (world, SOURCE (.key = "in"), NULL);
  RtmpRequest *first;
  Peer *a, *b;

  owner->hold_requests = TRUE;
  a = publisher_new (world, "live", "in");
  first = g_steal_pointer (&owner->request);
  b = publisher_new (world, "live", "in");
  rtmp_request_accept (owner->request);
  world_run (world);
  g_assert_true (b->ready);
  rtmp_request_accept (first);
  rtmp_request_unref (first);
  world_run (world);
  g_assert_true (a->ready);
  g_assert_true (peer_is_gone (b));
  rtmp_mount_set_override (owner->mount, FALSE);
  owner_free (owner);
  world_free (world);
}

/* Two want the place at the same time: the later has it. */
static void
test_takeover_twice (void)
{
  World *world = world_new (NULL);
  Owner *owner = owner_new (world, SOURCE (.key = "in"), NULL);
  Peer *a = publisher_new (world, "live", "in");
  RtmpRequest *first;
  Peer *b, *c;

  owner->hold_requests = TRUE;
  b = publisher_new (world, "live", "in");
  first = g_steal_pointer (&owner->request);
  c = publisher_new (world, "live", "in");
  rtmp_request_accept (first);
  rtmp_request_unref (first);
  rtmp_request_accept (owner->request);
  g_free (owner_take (owner));
  world_run (world);
  g_assert_true (peer_is_gone (a));
  g_assert_cmpstr (b->log->str, ==, "NetStream.Publish.BadName");
  g_assert_true (c->ready);
  assert_taken (owner_take (owner),
      "broken -publisher:in(another publisher took over) "
      "!publisher:in(another publisher came) +publisher:in begin-takeover");
  owner_free (owner);
  world_free (world);
}

/* ---- limits ---------------------------------------------------------- */

static void
test_max_clients (void)
{
  World *world = world_new (NULL);
  Owner *owner = owner_new (world, SINK (.key = "out", .max_clients = 2), NULL);
  Peer *first = player_new (world, "live", "out");

  g_assert_true (first->ready);
  g_assert_true (player_new (world, "live", "out")->ready);
  g_free (owner_take (owner));
  g_assert_false (player_new (world, "live", "out")->ready);
  assert_taken (owner_take (owner), "!player:out(too many clients)");
  rtmp_mount_set_max_clients (owner->mount, 3);
  g_assert_true (player_new (world, "live", "out")->ready);
  peer_hang_up (first);
  g_assert_true (player_new (world, "live", "out")->ready);
  g_assert_false (player_new (world, "live", "out")->ready);
  owner_free (owner);
  world_free (world);
}

/* One place, and a publisher that takes over needs no second. */
static void
test_max_clients_takeover (void)
{
  World *world = world_new (NULL);
  Owner *owner = owner_new (world, SOURCE (.key = "in", .max_clients = 1), NULL);

  g_assert_true (publisher_new (world, "live", "in")->ready);
  g_assert_true (publisher_new (world, "live", "in")->ready);
  owner_free (owner);
  world_free (world);
}

static void
test_max_held_plays (void)
{
  RtmpLimits limits = *rtmp_limits_default ();
  World *world;
  Owner *owner;

  limits.max_held_plays = 2;
  world = world_new (&limits);
  owner = owner_new (world, SINK (.key = "out"), NULL);
  g_assert_true (player_new (world, "live", "out")->ready);
  g_assert_true (player_new (world, "live", "out")->ready);
  g_assert_false (player_new (world, "live", "out")->ready);
  owner_free (owner);
  world_free (world);
}

static void
test_connection_limits (void)
{
  RtmpLimits limits = *rtmp_limits_default ();
  World *world;
  Owner *owner;
  Peer *peers[3];

  limits.max_connections = 3;
  limits.max_connections_per_address = 2;
  world = world_new (&limits);
  owner = owner_new (world, SINK (.key = "out"), NULL);
  for (guint i = 0; i < 3; i++) {
    peers[i] = peer_new_from (world, RTMP_SESSION_PLAYER, "live", "out", "192.0.2.1");
    g_assert_true (peer_is_gone (peers[i]) == (i == 2));
  }
  peers[2] = peer_new_from (world, RTMP_SESSION_PLAYER, "live", "out", "2001:db8::1");
  g_assert_false (peer_is_gone (peers[2]));
  g_assert_true (
      peer_is_gone (peer_new_from (world, RTMP_SESSION_PLAYER, "live", "out", "2001:db8::2")));
  peer_hang_up (peers[0]);
  g_assert_false (
      peer_is_gone (peer_new_from (world, RTMP_SESSION_PLAYER, "live", "out", "2001:db8::2")));
  world_run (world);
  owner_free (owner);
  world_free (world);
}

/* Too many unfinished from one address: the next waits, not those of others; a
 * burst is served in turn; who dawdles gives its place. */
static void
test_handshake_limit (void)
{
  RtmpLimits limits = *rtmp_limits_default ();
  World *world;
  Owner *owner;
  FakeTransport *silent[3];
  Peer *peers[20];
  gboolean gone[3] = { FALSE };
  g_autoptr (GSocketAddress) address = g_inet_socket_address_new_from_string ("192.0.2.1", 9);

  limits.max_handshakes_per_address = 3;
  world = world_new (&limits);
  owner = owner_new (world, SINK (.key = "out"), NULL);
  for (guint i = 0; i < 20; i++)
    peers[i] = peer_new_from (world, RTMP_SESSION_PLAYER, "live", "out", "192.0.2.1");
  g_assert_cmpuint (rtmp_admission_get_n_waiting (world->server->admission), ==, 17);
  world_run (world);
  for (guint i = 0; i < 20; i++)
    g_assert_true (peers[i]->ready);
  for (guint i = 0; i < 3; i++) {
    silent[i] = fake_transport_new ();
    silent[i]->freed = &gone[i];
    rtmp_server_adopt (world->server, world->loop, &silent[i]->base, address);
  }
  peers[0] = peer_new_from (world, RTMP_SESSION_PLAYER, "live", "out", "192.0.2.1");
  world_run (world);
  g_assert_false (peers[0]->ready);
  g_assert_true (
      peer_new_from (world, RTMP_SESSION_PLAYER, "live", "out", "192.0.2.2") != NULL);
  world_pass (world, 1900);
  g_assert_false (peers[0]->ready);
  world_pass (world, 1500);
  g_assert_true (peers[0]->ready);
  /* one place was needed, one was given up */
  g_assert_true (gone[0]);
  g_assert_false (gone[1]);
  for (guint i = 0; i < 5; i++)
    peer_new_from (world, RTMP_SESSION_PLAYER, "live", "out", "192.0.2.1");
  owner_free (owner);
  /* and some go with the server */
  world_free (world);
}

/* Keys that players of an any-key source made up. */
static void
test_max_streams (void)
{
  RtmpLimits limits = *rtmp_limits_default ();
  World *world;
  Owner *owner;
  Peer *first;

  limits.max_streams = 2;
  world = world_new (&limits);
  owner = owner_new (world, SOURCE (.relay = TRUE), NULL);
  first = player_new (world, "live", "a");
  g_assert_true (first->ready);
  g_assert_true (player_new (world, "live", "b")->ready);
  g_assert_true (player_new (world, "live", "b")->ready);
  g_assert_false (player_new (world, "live", "c")->ready);
  peer_hang_up (first);
  g_assert_true (player_new (world, "live", "c")->ready);
  owner_free (owner);
  world_free (world);
}

/* ---- holding --------------------------------------------------------- */

static void
test_hold (void)
{
  World *world = world_new (NULL);
  Owner *owner = owner_new (world, SOURCE (.key = "in"), NULL);
  Peer *publisher = publisher_new (world, "live", "in");

  owner->room = 3;
  for (guint i = 0; i < 10; i++) {
    RtmpMessage *message = video_inter (i, 1000);

    message->msid = publisher->msid;
    rtmp_session_send (publisher->session, message);
    rtmp_message_unref (message);
  }
  world_run (world);
  g_assert_cmpuint (owner->messages->len, ==, 3);
  /* held input is silent for our sake: no timeout */
  world_pass (world, 60000);
  g_assert_false (peer_is_gone (publisher));
  /* more stays with the transport */
  peer_send (publisher, video_inter (10, 1000));
  g_assert_cmpuint (publisher->transport->to_us->len, >, 1000);
  for (guint i = 0; i < 4; i++) {
    g_ptr_array_set_size (owner->messages, 0);
    rtmp_mount_resume (owner->mount);
    rtmp_mount_resume (owner->mount);
    world_run (world);
    g_assert_cmpuint (owner->messages->len, ==, i < 2 ? 3 : i == 2 ? 2 : 0);
  }
  g_assert_cmpuint (publisher->transport->to_us->len, ==, 0);
  owner_free (owner);
  world_free (world);
}

/* What came before the peer hung up is delivered before the end. */
static void
test_hold_then_hang_up (void)
{
  World *world = world_new (NULL);
  Owner *owner = owner_new (world, SOURCE (.key = "in"), NULL);
  Peer *publisher = publisher_new (world, "live", "in");

  owner->room = 1;
  for (guint i = 0; i < 5; i++)
    peer_send (publisher, video_inter (i, 100));
  rtmp_session_finish (publisher->session);
  world_run (world);
  peer_hang_up (publisher);
  g_free (owner_take (owner));
  owner->room = 0;
  rtmp_mount_resume (owner->mount);
  world_run (world);
  g_assert_cmpuint (owner->messages->len, ==, 5);
  assert_taken (owner_take (owner), "end -publisher:in(the peer ended it)");
  g_assert_true (peer_is_gone (publisher));
  owner_free (owner);
  world_free (world);
}

/* ---- ends ------------------------------------------------------------ */

static void
test_republish (void)
{
  World *world = world_new (NULL);
  Owner *owner = owner_new (world, SOURCE (.key = "in"), NULL);
  Peer *publisher = publisher_new (world, "live", "in");
  RtmpMessage *command;

  command =
      rtmp_command_new (RTMP_CSID_COMMAND, 1, "closeStream", 0, rtmp_amf_new_null (), NULL);
  peer_send (publisher, command);
  assert_taken (owner_take (owner), "+publisher:in begin end -publisher:in(the peer ended it)");
  command = rtmp_command_new (RTMP_CSID_COMMAND, 1, "publish", 0, rtmp_amf_new_null (),
      rtmp_amf_new_string ("in"), rtmp_amf_new_string ("live"), NULL);
  peer_send (publisher, command);
  assert_taken (owner_take (owner), "+publisher:in begin");
  peer_send (publisher, video_key (0, 10));
  g_assert_cmpuint (owner->messages->len, ==, 1);
  /* a second one on the same connection is refused, which ends it */
  command =
      rtmp_command_new (RTMP_CSID_COMMAND, 0, "createStream", 9, rtmp_amf_new_null (), NULL);
  peer_send (publisher, command);
  command = rtmp_command_new (RTMP_CSID_COMMAND, 2, "publish", 0, rtmp_amf_new_null (),
      rtmp_amf_new_string ("in2"), rtmp_amf_new_string ("live"), NULL);
  command->msid = 2;
  rtmp_session_send (publisher->session, command);
  rtmp_message_unref (command);
  world_run (world);
  assert_taken (owner_take (owner), "broken -publisher:in(the session ended)");
  owner_free (owner);
  world_free (world);
}

static void
test_disconnect (void)
{
  World *world = world_new (NULL);
  Owner *owner = owner_new (world, SOURCE (.key = "in", .relay = TRUE), NULL);
  Peer *publisher = publisher_new (world, "live", "in");
  Peer *player = player_new (world, "live", "in");
  GPtrArray *clients;

  g_free (owner_take (owner));
  clients = rtmp_mount_list_clients (owner->mount);
  g_assert_cmpuint (clients->len, ==, 2);
  for (guint i = 0; i < clients->len; i++) {
    RtmpClient *client = g_ptr_array_index (clients, i);

    if (client->role == RTMP_CLIENT_PLAYER)
      g_assert_true (rtmp_mount_disconnect (owner->mount, client->id, "enough"));
  }
  world_run (world);
  g_assert_cmpstr (player->log->str, ==, "ready NetStream.Play.Failed");
  g_assert_true (peer_is_gone (player));
  assert_taken (owner_take (owner), "-player:in(enough)");
  for (guint i = 0; i < clients->len; i++) {
    RtmpClient *client = g_ptr_array_index (clients, i);
    gboolean there = client->role == RTMP_CLIENT_PUBLISHER;

    g_assert_true (rtmp_mount_disconnect (owner->mount, client->id, NULL) == there);
  }
  world_run (world);
  g_assert_cmpstr (publisher->log->str, ==, "ready NetStream.Publish.Denied");
  assert_taken (owner_take (owner), "broken -publisher:in(disconnected)");
  g_ptr_array_unref (clients);
  owner_free (owner);
  world_free (world);
}

static void
on_drained (gpointer user_data)
{
  *(gboolean *)user_data = TRUE;
}

static void
test_drain (void)
{
  World *world = world_new (NULL);
  Owner *owner = owner_new (world, SINK (.key = "out"), NULL);
  RtmpStream *stream = rtmp_mount_get_stream (owner->mount);
  Peer *player = player_new (world, "live", "out");
  RtmpMessage *messages[] = { video_key (0, 100), audio_frame (5, 10) };
  gboolean drained = FALSE;

  peer_stop_reading (player);
  rtmp_stream_begin (stream);
  for (guint i = 0; i < 2; i++) {
    rtmp_stream_publish (stream, messages[i]);
    rtmp_message_unref (messages[i]);
  }
  rtmp_mount_drain (owner->mount, 1000, on_drained, &drained);
  world_pass (world, 500);
  g_assert_false (drained);
  peer_go_on_reading (player);
  world_run (world);
  g_assert_true (drained);
  assert_taken (peer_take (player), "K0 A5");
  g_assert_true (g_str_has_suffix (player->log->str, "NetStream.Play.UnpublishNotify "
                                                     "NetStream.Play.Complete eof"));

  /* nobody takes it: after the time; nobody is there: at once; freed: before that */
  peer_stop_reading (player);
  rtmp_stream_begin (stream);
  messages[0] = video_key (0, 100);
  rtmp_stream_publish (stream, messages[0]);
  rtmp_message_unref (messages[0]);
  drained = FALSE;
  rtmp_mount_drain (owner->mount, 1000, on_drained, &drained);
  world_run (world);
  world_pass (world, 990);
  g_assert_false (drained);
  world_pass (world, 15);
  g_assert_true (drained);
  drained = FALSE;
  rtmp_mount_drain (owner->mount, 100000, on_drained, &drained);
  world_pass (world, 10);
  g_assert_false (drained);
  rtmp_mount_free (g_steal_pointer (&owner->mount));
  g_assert_true (drained);
  owner_free (owner);
  owner = owner_new (world, SINK (.key = "out"), NULL);
  drained = FALSE;
  rtmp_mount_drain (owner->mount, 100000, on_drained, &drained);
  world_run (world);
  g_assert_true (drained);
  owner_free (owner);
  world_free (world);
}

/* Half handshakes, garbage, silence: gone in time, and nobody else notices. */
static void
test_garbage (void)
{
  World *world = world_new (NULL);
  Owner *owner = owner_new (world, SOURCE (.key = "in", .relay = TRUE), NULL);
  Peer *publisher = publisher_new (world, "live", "in");
  Peer *player = player_new (world, "live", "in");
  guint before = fake_transports;

  for (guint i = 0; i < 500; i++) {
    g_autofree gchar *address = g_strdup_printf ("198.51.100.%u", i % 250 + 1);
    g_autoptr (GSocketAddress) remote = g_inet_socket_address_new_from_string (address, 1);
    FakeTransport *transport = fake_transport_new ();
    guint8 garbage[3000];

    for (guint j = 0; j < sizeof (garbage); j++)
      garbage[j] = (guint8)g_test_rand_int ();
    if (i % 3 == 0)
      garbage[0] = 3;
    g_byte_array_append (transport->to_us, garbage, i % 3 == 2 ? 0 : sizeof (garbage));
    rtmp_loop_touch (world->loop);
    if (rtmp_server_adopt (world->server, world->loop, &transport->base, remote))
      while (fake_transport_poll (transport) && transport->to_us->len > 0)
        ;
  }
  peer_send (publisher, video_key (0, 100));
  assert_taken (peer_take (player), "K0");
  world_pass (world, 12000);
  g_assert_cmpuint (fake_transports, ==, before);
  peer_send (publisher, video_key (1, 100));
  assert_taken (peer_take (player), "K1");
  owner_free (owner);
  world_free (world);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/mount/unclaimed", test_unclaimed);
  g_test_add_func ("/mount/conflicts", test_conflicts);
  g_test_add_func ("/mount/exact-before-any", test_exact_before_any);
  g_test_add_func ("/mount/slashes", test_slashes);
  g_test_add_func ("/mount/names-as-set", test_names_as_set);
  g_test_add_func ("/mount/any-key-relay", test_any_key_relay);
  g_test_add_func ("/mount/one-url", test_publish_and_watch_at_one_url);
  g_test_add_func ("/mount/default-stream", test_default_stream);
  g_test_add_func ("/mount/takeover", test_takeover);
  g_test_add_func ("/mount/no-takeover", test_no_takeover);
  g_test_add_func ("/mount/silent-publisher", test_silent_publisher);
  g_test_add_func ("/mount/answer-later", test_answer_later);
  g_test_add_func ("/mount/answer-too-late", test_answer_too_late);
  g_test_add_func ("/mount/refused", test_refused_by_application);
  g_test_add_func ("/mount/answers-cross", test_answers_cross);
  g_test_add_func ("/mount/takeover-twice", test_takeover_twice);
  g_test_add_func ("/mount/max-clients", test_max_clients);
  g_test_add_func ("/mount/max-clients-takeover", test_max_clients_takeover);
  g_test_add_func ("/mount/max-held-plays", test_max_held_plays);
  g_test_add_func ("/mount/connection-limits", test_connection_limits);
  g_test_add_func ("/mount/max-streams", test_max_streams);
  g_test_add_func ("/mount/handshake-limit", test_handshake_limit);
  g_test_add_func ("/mount/hold", test_hold);
  g_test_add_func ("/mount/hold-then-hang-up", test_hold_then_hang_up);
  g_test_add_func ("/mount/republish", test_republish);
  g_test_add_func ("/mount/disconnect", test_disconnect);
  g_test_add_func ("/mount/drain", test_drain);
  g_test_add_func ("/mount/garbage", test_garbage);
  return g_test_run ();
}
