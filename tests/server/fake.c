/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fake.h"

#include <gst/gst.h>
#include <string.h>

guint fake_transports;

/* ---- transport ------------------------------------------------------- */

static void
fake_attach (RtmpTransport *transport, RtmpLoop *loop)
{
}

static void
fake_set_interest (RtmpTransport *transport, GIOCondition interest)
{
  ((FakeTransport *)transport)->interest = interest;
}

/* TRUE: it broke; else @size is what may still move. */
static gboolean
breaks (FakeTransport *self, gsize *size, GError **error)
{
  if (self->break_after < 0)
    return FALSE;
  *size = MIN (*size, (gsize)self->break_after);
  if (*size == 0) {
    g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_CONNECTION_CLOSED, "reset");
    return TRUE;
  }
  self->break_after -= (gint64)*size;
  return FALSE;
}

static RtmpIo
fake_read (RtmpTransport *transport, guint8 *data, gsize size, gsize *done, GError **error)
{
  FakeTransport *self = (FakeTransport *)transport;
  gsize n = MIN (size, self->to_us->len);

  if (self->max_read)
    n = MIN (n, self->max_read);
  if (n == 0 && self->eof)
    return RTMP_IO_EOF;
  if (n == 0 && self->break_after != 0)
    return RTMP_IO_BLOCKED;
  if (breaks (self, &n, error))
    return RTMP_IO_ERROR;
  memcpy (data, self->to_us->data, n);
  g_byte_array_remove_range (self->to_us, 0, (guint)n);
  *done = n;
  return RTMP_IO_DONE;
}

static RtmpIo
fake_write (RtmpTransport *transport, const RtmpSlice *slices, guint n_slices, gsize *done,
    GError **error)
{
  FakeTransport *self = (FakeTransport *)transport;
  gsize all = 0, n;

  g_assert_cmpuint (n_slices, >, 0);
  g_assert_cmpuint (n_slices, <=, RTMP_TRANSPORT_MAX_SLICES);
  g_assert_false (self->shut);
  self->n_writes++;
  for (guint i = 0; i < n_slices; i++)
    all += slices[i].size;
  g_assert_cmpuint (all, >, 0);
  n = self->max_write ? MIN (all, self->max_write) : all;
  if (self->window >= 0)
    n = MIN (n, (gsize)self->window);
  if (n == 0)
    return RTMP_IO_BLOCKED;
  if (breaks (self, &n, error))
    return RTMP_IO_ERROR;
  if (self->window >= 0)
    self->window -= (gssize)n;
  *done = n;
  for (guint i = 0; n > 0; i++) {
    gsize part = MIN (n, slices[i].size);

    g_byte_array_append (self->to_peer, slices[i].data, (guint)part);
    n -= part;
  }
  return RTMP_IO_DONE;
}

static void
fake_shutdown (RtmpTransport *transport)
{
  ((FakeTransport *)transport)->shut = TRUE;
}

static void
fake_free (RtmpTransport *transport)
{
  FakeTransport *self = (FakeTransport *)transport;

  if (self->freed)
    *self->freed = TRUE;
  g_byte_array_unref (self->to_us);
  g_byte_array_unref (self->to_peer);
  g_free (self);
  fake_transports--;
}

static const RtmpTransportFuncs fake_funcs = {
  .attach = fake_attach,
  .set_interest = fake_set_interest,
  .read = fake_read,
  .write = fake_write,
  .shutdown = fake_shutdown,
  .free = fake_free,
};

FakeTransport *
fake_transport_new (void)
{
  FakeTransport *self = g_new0 (FakeTransport, 1);

  self->base.funcs = &fake_funcs;
  self->to_us = g_byte_array_new ();
  self->to_peer = g_byte_array_new ();
  self->window = -1;
  self->break_after = -1;
  self->eof_after = -1;
  fake_transports++;
  return self;
}

gboolean
fake_transport_poll (FakeTransport *self)
{
  GIOCondition ready = 0;

  if (self->to_us->len > 0 || self->eof || self->break_after == 0)
    ready |= G_IO_IN;
  if (self->window != 0 || self->break_after == 0)
    ready |= G_IO_OUT;
  ready &= self->interest;
  if (self->break_after == 0 && self->interest)
    ready |= G_IO_ERR;
  if (!ready)
    return FALSE;
  self->base.ready (self->base.user_data, ready);
  return TRUE;
}

/* ---- world ----------------------------------------------------------- */

static gint64
world_clock (gpointer data)
{
  return ((World *)data)->now_us;
}

static void peer_free (gpointer data);

World *
world_new (const RtmpLimits *limits)
{
  World *world = g_new0 (World, 1);
  RtmpLoopConfig config = { .clock = world_clock, .clock_data = world };

  gst_init (NULL, NULL);
  world->now_us = 1000 * G_USEC_PER_SEC;
  world->peers = g_ptr_array_new_with_free_func (peer_free);
  rtmp_loop_pool_configure (1, &config);
  world->server = rtmp_server_new_silent (limits);
  world->loop = world->server->home;
  return world;
}

void
world_free (World *world)
{
  world_run (world);
  rtmp_server_release (world->server);
  g_ptr_array_unref (world->peers);
  g_assert_cmpuint (fake_transports, ==, 0);
  rtmp_loop_pool_configure (0, NULL);
  g_free (world);
}

static gboolean peer_turn (Peer *peer);

void
world_run (World *world)
{
  gboolean moved = TRUE;
  guint turns = 0;

  while (moved) {
    g_assert_cmpuint (turns++, <, 100000);
    moved = rtmp_loop_iterate (world->loop);
    for (guint i = 0; i < world->peers->len; i++)
      moved |= peer_turn (g_ptr_array_index (world->peers, i));
  }
}

void
world_pass (World *world, guint ms)
{
  guint step = MAX (ms / 50, 5);

  while (ms > 0) {
    step = MIN (step, ms);
    world->now_us += step * 1000;
    ms -= step;
    world_run (world);
  }
}

/* ---- peer ------------------------------------------------------------ */

static void
peer_free (gpointer data)
{
  Peer *peer = data;

  if (!peer->transport_freed)
    peer->transport->freed = NULL;
  rtmp_session_free (peer->session);
  g_string_free (peer->log, TRUE);
  g_ptr_array_unref (peer->messages);
  g_free (peer);
}

gboolean
peer_is_gone (Peer *peer)
{
  return peer->transport_freed;
}

static void
add_word (GString *log, const gchar *word)
{
  g_string_append_printf (log, "%s%s", log->len ? " " : "", word);
}

static void
peer_event (Peer *peer, RtmpEvent *event)
{
  switch (event->type) {
    case RTMP_EVENT_READY:
      peer->ready = TRUE;
      peer->msid = event->msid;
      add_word (peer->log, "ready");
      break;
    case RTMP_EVENT_STATUS:
    case RTMP_EVENT_REFUSED:
      add_word (peer->log, event->code ? event->code : "refused");
      break;
    case RTMP_EVENT_PLAY_END:
      add_word (peer->log, "eof");
      break;
    case RTMP_EVENT_MEDIA:
      g_ptr_array_add (peer->messages, g_steal_pointer (&event->message));
      break;
    default:
      break;
  }
}

static void
peer_pull (Peer *peer)
{
  RtmpEvent event;

  while (rtmp_session_pull (peer->session, &event)) {
    peer_event (peer, &event);
    rtmp_event_clear (&event);
  }
}

static gboolean
peer_read (Peer *peer)
{
  GByteArray *bytes = peer->transport->to_peer;
  gsize done = 0;

  if (!peer->reading || bytes->len == 0)
    return FALSE;
  while (done < bytes->len) {
    gssize n = rtmp_session_input (
        peer->session, bytes->data + done, bytes->len - done, peer->world->now_us, NULL);

    peer_pull (peer);
    if (n < 0)
      n = (gssize)(bytes->len - done);
    done += (gsize)n;
  }
  g_byte_array_set_size (bytes, 0);
  return TRUE;
}

static gboolean
peer_write (Peer *peer)
{
  FakeTransport *transport = peer->transport;
  gsize all, size;
  const guint8 *data = rtmp_session_peek_output (peer->session, &all);

  if (all == 0 || transport->eof)
    return FALSE;
  size = all;
  if (transport->eof_after >= 0) {
    size = MIN (all, (gsize)transport->eof_after);
    transport->eof_after -= (gint64)size;
    transport->eof = size < all;
  }
  g_byte_array_append (transport->to_us, data, (guint)size);
  rtmp_session_consume_output (peer->session, all);
  return TRUE;
}

static gboolean
peer_turn (Peer *peer)
{
  gboolean moved = FALSE;

  if (peer_is_gone (peer))
    return FALSE;
  moved = peer_read (peer);
  moved |= peer_write (peer);
  /* a polite client hangs up when the server has ended its direction */
  if (peer->transport->shut && peer->reading && !peer->transport->eof)
    peer->transport->eof = moved = TRUE;
  moved |= fake_transport_poll (peer->transport);
  return moved;
}

/* A peer sends whole messages through its session. */
static const RtmpLimits *
peer_limits (void)
{
  static RtmpLimits limits;

  limits = *rtmp_limits_default ();
  limits.max_session_output = 64 * 1024 * 1024;
  return &limits;
}

Peer *
peer_new_from (World *world, RtmpSessionRole role, const gchar *app, const gchar *key,
    const gchar *address)
{
  g_autoptr (GSocketAddress) remote = g_inet_socket_address_new_from_string (address, 4711);
  g_autofree gchar *tc_url = g_strconcat ("rtmp://localhost/", app, NULL);
  RtmpSessionConfig config = { .role = role,
    .limits = peer_limits (),
    .now_us = world->now_us,
    .application = app,
    .tc_url = tc_url,
    .stream = key };
  Peer *peer = g_new0 (Peer, 1);

  peer->world = world;
  peer->session = rtmp_session_new (&config);
  peer->log = g_string_new (NULL);
  peer->messages = g_ptr_array_new_with_free_func ((GDestroyNotify)rtmp_message_unref);
  peer->reading = TRUE;
  peer->transport = fake_transport_new ();
  peer->transport->freed = &peer->transport_freed;
  rtmp_loop_touch (world->loop);
  rtmp_server_adopt (world->server, world->loop, &peer->transport->base, remote);
  g_ptr_array_add (world->peers, peer);
  return peer;
}

Peer *
peer_new (World *world, RtmpSessionRole role, const gchar *app, const gchar *key)
{
  Peer *peer = peer_new_from (world, role, app, key, "192.0.2.1");

  world_run (world);
  return peer;
}

void
peer_hang_up (Peer *peer)
{
  if (!peer_is_gone (peer))
    peer->transport->eof = TRUE;
  world_run (peer->world);
}

void
peer_send (Peer *peer, RtmpMessage *message)
{
  message->msid = peer->msid;
  rtmp_session_send (peer->session, message);
  rtmp_message_unref (message);
  world_run (peer->world);
}

gchar *
peer_take (Peer *peer)
{
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < peer->messages->len; i++)
    describe (text, g_ptr_array_index (peer->messages, i));
  g_ptr_array_set_size (peer->messages, 0);
  return g_string_free (text, FALSE);
}

void
peer_stop_reading (Peer *peer)
{
  peer->reading = FALSE;
  peer->transport->window = 0;
}

void
peer_go_on_reading (Peer *peer)
{
  peer->reading = TRUE;
  if (!peer_is_gone (peer))
    peer->transport->window = -1;
  world_run (peer->world);
}

/* ---- media ----------------------------------------------------------- */

static RtmpMessage *
media (RtmpType type, guint32 timestamp, const guint8 *head, gsize head_size, gsize size,
    guint8 fill)
{
  g_autofree guint8 *body = g_malloc (head_size + size);
  RtmpMessage *message;

  memcpy (body, head, head_size);
  memset (body + head_size, fill, size);
  message = rtmp_message_new_copy ((guint8)type, timestamp, 1, body, head_size + size);
  rtmp_message_classify (message, rtmp_limits_default ());
  return message;
}

RtmpMessage *
video_header (guint32 timestamp, guint8 variant)
{
  const guint8 head[] = { 0x17, 0, 0, 0, 0, 1, 66, 0, variant, 0xff, 0xe0, 0 };

  return media (RTMP_TYPE_VIDEO, timestamp, head, sizeof (head), 0, 0);
}

RtmpMessage *
video_key (guint32 timestamp, gsize size)
{
  const guint8 head[] = { 0x17, 1, 0, 0, 0 };

  return media (RTMP_TYPE_VIDEO, timestamp, head, sizeof (head), size, 'k');
}

RtmpMessage *
video_inter (guint32 timestamp, gsize size)
{
  const guint8 head[] = { 0x27, 1, 0, 0, 0 };

  return media (RTMP_TYPE_VIDEO, timestamp, head, sizeof (head), size, 'v');
}

RtmpMessage *
audio_header (guint32 timestamp)
{
  const guint8 head[] = { 0xaf, 0, 0x12, 0x10 };

  return media (RTMP_TYPE_AUDIO, timestamp, head, sizeof (head), 0, 0);
}

RtmpMessage *
audio_frame (guint32 timestamp, gsize size)
{
  const guint8 head[] = { 0xaf, 1 };

  return media (RTMP_TYPE_AUDIO, timestamp, head, sizeof (head), size, 'a');
}

RtmpMessage *
metadata (guint32 timestamp, const gchar *title)
{
  g_autoptr (GByteArray) body = g_byte_array_new ();
  RtmpAmf *name = rtmp_amf_new_string ("onMetaData");
  RtmpAmf *object = rtmp_amf_new_ecma_array ();
  RtmpMessage *message;

  rtmp_amf_set_string (object, "title", title);
  rtmp_amf0_build (name, body);
  rtmp_amf0_build (object, body);
  rtmp_amf_free (name);
  rtmp_amf_free (object);
  message = rtmp_message_new_copy (RTMP_TYPE_DATA, timestamp, 1, body->data, body->len);
  rtmp_message_classify (message, rtmp_limits_default ());
  return message;
}

void
describe (GString *text, const RtmpMessage *message)
{
  gboolean header = (message->flags & RTMP_MESSAGE_HEADER) != 0;
  gboolean key = (message->flags & RTMP_MESSAGE_KEYFRAME) != 0;
  gchar letter = message->type == RTMP_TYPE_DATA    ? 'M'
                 : message->type == RTMP_TYPE_AUDIO ? (header ? 'h' : 'A')
                 : header                           ? 'H'
                 : key                              ? 'K'
                                                    : 'V';

  g_string_append_printf (text, "%s%c%u", text->len ? " " : "", letter, message->timestamp);
}

/* ---- mount ----------------------------------------------------------- */

static const gchar *
who (RtmpClient *client)
{
  return client->role == RTMP_CLIENT_PUBLISHER ? "publisher" : "player";
}

static void
on_request (RtmpMount *mount, RtmpRequest *request, gpointer user_data)
{
  Owner *owner = user_data;

  if (owner->hold_requests)
    owner->request = rtmp_request_ref (request);
  else if (owner->refuse)
    rtmp_request_refuse (request, RTMP_REFUSE_DENIED, "no");
  else
    rtmp_request_accept (request);
}

static void
on_added (RtmpMount *mount, RtmpClient *client, gpointer user_data)
{
  g_autofree gchar *word = g_strdup_printf ("+%s:%s", who (client), client->name->key);

  add_word (((Owner *)user_data)->log, word);
}

static void
on_removed (RtmpMount *mount, RtmpClient *client, const gchar *reason, gpointer user_data)
{
  g_autofree gchar *word =
      g_strdup_printf ("-%s:%s(%s)", who (client), client->name->key, reason);

  add_word (((Owner *)user_data)->log, word);
}

static void
on_rejected (RtmpMount *mount, RtmpClient *client, const gchar *reason, gpointer user_data)
{
  g_autofree gchar *word =
      g_strdup_printf ("!%s:%s(%s)", who (client), client->name->key, reason);

  add_word (((Owner *)user_data)->log, word);
}

static void
on_publish_begin (RtmpMount *mount, RtmpClient *client, gboolean takeover, gpointer user_data)
{
  add_word (((Owner *)user_data)->log, takeover ? "begin-takeover" : "begin");
}

static gboolean
on_publish_message (RtmpMount *mount, RtmpMessage *message, gpointer user_data)
{
  Owner *owner = user_data;

  g_ptr_array_add (owner->messages, rtmp_message_ref (message));
  return owner->room == 0 || owner->messages->len < owner->room;
}

static void
on_publish_end (RtmpMount *mount, RtmpClient *client, gboolean orderly, const gchar *reason,
    gpointer user_data)
{
  add_word (((Owner *)user_data)->log, orderly ? "end" : "broken");
}

static void
on_keyframe_wanted (RtmpMount *mount, gpointer user_data)
{
  ((Owner *)user_data)->n_keyframes_wanted++;
}

static void
on_players_changed (RtmpMount *mount, guint n_players, gpointer user_data)
{
  ((Owner *)user_data)->n_players = n_players;
}

static const RtmpMountFuncs owner_funcs = {
  .request = on_request,
  .client_added = on_added,
  .client_removed = on_removed,
  .client_rejected = on_rejected,
  .publish_begin = on_publish_begin,
  .publish_message = on_publish_message,
  .publish_end = on_publish_end,
  .keyframe_wanted = on_keyframe_wanted,
  .players_changed = on_players_changed,
};

Owner *
owner_new (World *world, RtmpMountConfig config, GError **error)
{
  Owner *owner = g_new0 (Owner, 1);

  owner->log = g_string_new (NULL);
  owner->messages = g_ptr_array_new_with_free_func ((GDestroyNotify)rtmp_message_unref);
  config.override_publisher = TRUE;
  config.join_latest_keyframe = TRUE;
  config.idle_timeout_ms = 30000;
  config.soft_max_ms = 3000;
  config.hard_max_ms = 10000;
  config.funcs = &owner_funcs;
  config.user_data = owner;
  owner->mount = rtmp_server_mount (world->server, &config, error);
  if (!owner->mount)
    g_clear_pointer (&owner, owner_free);
  return owner;
}

void
owner_free (Owner *owner)
{
  if (owner->mount)
    rtmp_mount_free (owner->mount);
  g_clear_pointer (&owner->request, rtmp_request_unref);
  g_string_free (owner->log, TRUE);
  g_ptr_array_unref (owner->messages);
  g_free (owner);
}

gchar *
owner_take (Owner *owner)
{
  gchar *log = g_strdup (owner->log->str);

  g_string_truncate (owner->log, 0);
  return log;
}
