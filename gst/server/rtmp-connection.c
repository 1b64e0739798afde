/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "server/rtmp-connection.h"

#include "protocol/rtmp-error.h"
#include "server/rtmp-feed.h"
#include "server/rtmp-record.h"

#include <gst/base/gstadapter.h>

/* A peer that is told goodbye has that long to take it, and to hang up. */
#define FLUSH_US (2 * G_USEC_PER_SEC)
#define LINGER_US G_USEC_PER_SEC

#define CONTAINER(pointer, member)                                                             \
  ((RtmpConnection *)((guint8 *)(pointer)-G_STRUCT_OFFSET (RtmpConnection, member)))

static void connection_ended (RtmpConnection *self, const gchar *reason, const GError *error);

static gint64
now (const RtmpConnection *self)
{
  return rtmp_loop_get_now (self->loop);
}

/* ---- deadlines ------------------------------------------------------- */

static gint64
earliest (gint64 due, gint64 other)
{
  return other > 0 ? MIN (due, other) : due;
}

static gint64
next_deadline (RtmpConnection *self)
{
  gint64 due = G_MAXINT64;

  if (self->state != RTMP_CONNECTION_OPEN)
    return self->close_us;
  /* who is held is silent because we do not listen */
  if (!self->held)
    due = rtmp_session_get_deadline (self->session);
  due = earliest (due, self->deadline_us);
  if (self->outbox.blocked && self->limits->write_stall_ms > 0)
    due = MIN (due, self->write_us + (gint64)self->limits->write_stall_ms * 1000);
  return due;
}

/* A deadline that moved away is noticed when the old one comes: cheaper than
 * moving it with every message. */
static void
update_timer (RtmpConnection *self)
{
  gint64 due = next_deadline (self);

  if (due != G_MAXINT64 && (!rtmp_timer_is_armed (&self->timer) || due < self->timer.due_us))
    rtmp_loop_arm (self->loop, &self->timer, due);
}

/* ---- closing --------------------------------------------------------- */

static void
connection_free (RtmpConnection *self)
{
  rtmp_loop_disarm (self->loop, &self->timer);
  rtmp_loop_forget (self->loop, &self->turn);
  rtmp_loop_unregister (self->loop, &self->id);
  rtmp_outbox_clear (&self->outbox);
  self->transport->funcs->free (self->transport);
  self->funcs->freed (self);
  rtmp_session_free (self->session);
  g_clear_pointer (&self->client, rtmp_client_unref);
  g_clear_object (&self->adapter);
  g_free (self);
}

static void
on_free (RtmpTurnItem *turn)
{
  connection_free (CONTAINER (turn, turn));
}

static void
set_closed (RtmpConnection *self)
{
  if (self->state == RTMP_CONNECTION_CLOSED)
    return;
  self->state = RTMP_CONNECTION_CLOSED;
  self->transport->funcs->set_interest (self->transport, 0);
  rtmp_loop_disarm (self->loop, &self->timer);
  rtmp_loop_forget (self->loop, &self->turn);
  self->turn.func = on_free;
  rtmp_loop_free_later (self->loop, &self->turn);
}

/* The transport is broken: nothing can be flushed. */
static void
broken (RtmpConnection *self, const GError *error)
{
  connection_ended (self, error->message, error);
  set_closed (self);
}

static void
connection_ended (RtmpConnection *self, const gchar *reason, const GError *error)
{
  if (self->state != RTMP_CONNECTION_OPEN)
    return;
  self->state = RTMP_CONNECTION_FLUSHING;
  self->close_us = now (self) + FLUSH_US;
  rtmp_connection_update_stats (self);
  rtmp_feed_leave (&self->outbox);
  self->funcs->ended (self, reason, error);
  update_timer (self);
  rtmp_connection_flush_later (self);
}

/* All is written: the peer may read it before the descriptor goes, which would
 * throw away what is on its way if the peer's own bytes were still unread. */
static void
linger (RtmpConnection *self)
{
  if (self->eof) {
    set_closed (self);
    return;
  }
  self->transport->funcs->shutdown (self->transport);
  self->state = RTMP_CONNECTION_LINGERING;
  self->close_us = now (self) + LINGER_US;
  self->transport->funcs->set_interest (self->transport, G_IO_IN);
  update_timer (self);
}

void
rtmp_connection_close (RtmpConnection *self, const gchar *reason)
{
  connection_ended (self, reason, NULL);
}

static void
fail (RtmpConnection *self, GError *error)
{
  connection_ended (self, error->message, error);
  g_error_free (error);
}

/* The session may have come to its end by what was read or answered. */
static void
check_state (RtmpConnection *self)
{
  RtmpSessionState state = rtmp_session_get_state (self->session);

  if (self->state == RTMP_CONNECTION_OPEN &&
      (state == RTMP_STATE_CLOSING || state == RTMP_STATE_FAILED))
    connection_ended (self, "the session ended", NULL);
}

/* ---- writing --------------------------------------------------------- */

static void
set_interest (RtmpConnection *self)
{
  GIOCondition interest = 0;

  if (self->state == RTMP_CONNECTION_CLOSED || self->hung_up)
    return;
  if (self->state == RTMP_CONNECTION_LINGERING ||
      (self->state == RTMP_CONNECTION_OPEN && !self->held && !self->eof))
    interest |= G_IO_IN;
  if (self->outbox.blocked)
    interest |= G_IO_OUT;
  /* held: HUP and ERR still tell of a peer that is gone */
  if (interest == 0 && self->state == RTMP_CONNECTION_OPEN && !self->eof)
    interest = G_IO_HUP;
  self->transport->funcs->set_interest (self->transport, interest);
}

static void
set_blocked (RtmpConnection *self)
{
  self->outbox.blocked = TRUE;
  set_interest (self);
  update_timer (self);
}

/* One write; FALSE: no more now. */
static gboolean
write_some (RtmpConnection *self, const RtmpGather *gather, gsize control, gsize *budget)
{
  GError *error = NULL;
  gsize done = 0;
  RtmpIo io = self->transport->funcs->write (
      self->transport, gather->slices, gather->n_slices, &done, &error);

  if (io == RTMP_IO_ERROR || io == RTMP_IO_EOF) {
    broken (self, error);
    g_error_free (error);
    return FALSE;
  }
  if (io == RTMP_IO_DONE && done > 0) {
    control = rtmp_outbox_advance (&self->outbox, gather, control, done);
    if (control > 0)
      rtmp_session_consume_output (self->session, control);
    self->write_us = now (self);
    *budget -= MIN (*budget, done);
  }
  if (io == RTMP_IO_DONE && done == gather->bytes)
    return TRUE;
  if (!self->outbox.blocked && done == 0)
    self->write_us = now (self);
  set_blocked (self);
  return FALSE;
}

/* TRUE: all is written. */
static gboolean
write_out (RtmpConnection *self)
{
  gsize budget = self->limits->write_budget;
  RtmpGather own;

  while (!self->outbox.blocked && self->state < RTMP_CONNECTION_LINGERING) {
    const RtmpGather *gather;
    RtmpSlice control;

    if (budget == 0) {
      rtmp_connection_flush_later (self);
      return FALSE;
    }
    control.data = rtmp_session_peek_output (self->session, &control.size);
    if (control.size == 0 && rtmp_outbox_is_empty (&self->outbox))
      return TRUE;
    gather = rtmp_outbox_gather (&self->outbox, &control, budget, &own);
    if (gather->n_slices > 0) {
      if (!write_some (self, gather, control.size, &budget))
        return FALSE;
    } else if (!rtmp_outbox_step (&self->outbox)) {
      return TRUE;
    }
  }
  return FALSE;
}

static void
get_out_stats (RtmpConnection *self, RtmpClientStats *stats)
{
  guint64 behind;

  stats->out_bytes = self->outbox.sent_bytes;
  stats->out_messages = self->outbox.sent_messages;
  stats->dropped_messages = self->outbox.dropped_messages;
  stats->resyncs = self->outbox.resyncs;
  rtmp_outbox_get_lag (&self->outbox, now (self), &behind, &stats->queued_ms);
  stats->queued_bytes = (guint32)MIN (behind, G_MAXUINT32);
}

/* Comes with each write, so it leaves the session alone. */
static void
update_out_stats (RtmpConnection *self)
{
  RtmpClientStats stats;

  if (!self->client)
    return;
  get_out_stats (self, &stats);
  rtmp_client_set_out_stats (self->client, &stats);
}

static void
flush (RtmpConnection *self)
{
  gboolean through;

  if (self->state >= RTMP_CONNECTION_LINGERING)
    return;
  through = write_out (self);
  update_out_stats (self);
  if (through && self->state == RTMP_CONNECTION_FLUSHING)
    linger (self);
  else if (through && self->funcs->written)
    self->funcs->written (self);
}

void
rtmp_connection_flush_later (RtmpConnection *self)
{
  if (self->state < RTMP_CONNECTION_LINGERING)
    rtmp_loop_flush_later (self->loop, &self->turn);
}

/* ---- reading --------------------------------------------------------- */

static void
drain_events (RtmpConnection *self)
{
  RtmpEvent event;

  if (self->in_events)
    return;
  self->in_events = TRUE;
  while (self->state == RTMP_CONNECTION_OPEN && !self->held &&
         rtmp_session_pull (self->session, &event)) {
    if (event.type == RTMP_EVENT_MEDIA)
      self->in_messages++;
    self->funcs->event (self, &event);
    rtmp_event_clear (&event);
  }
  self->in_events = FALSE;
}

/* Consumed bytes: less than @size only if it was held or closed. */
static gsize
input (RtmpConnection *self, const guint8 *data, gsize size)
{
  gsize done = 0;

  drain_events (self);
  while (done < size && self->state == RTMP_CONNECTION_OPEN && !self->held) {
    GError *error = NULL;
    gssize n = rtmp_session_input (self->session, data + done, size - done, now (self), &error);

    if (n < 0) {
      fail (self, error);
      return size;
    }
    done += (gsize)n;
    drain_events (self);
    check_state (self);
  }
  return done;
}

static void
keep (RtmpConnection *self, const guint8 *data, gsize size)
{
  if (self->state != RTMP_CONNECTION_OPEN || size == 0)
    return;
  if (!self->adapter)
    self->adapter = gst_adapter_new ();
  gst_adapter_push (self->adapter, gst_buffer_new_memdup (data, size));
}

/* What was held back; FALSE: held again, or closed. */
static gboolean
input_kept (RtmpConnection *self)
{
  gsize available;

  drain_events (self);
  while (self->state == RTMP_CONNECTION_OPEN && !self->held && self->adapter &&
         (available = gst_adapter_available_fast (self->adapter)) > 0) {
    const guint8 *data = gst_adapter_map (self->adapter, available);
    gsize done = input (self, data, available);

    gst_adapter_unmap (self->adapter);
    gst_adapter_flush (self->adapter, done);
  }
  if (self->held || self->state != RTMP_CONNECTION_OPEN)
    return FALSE;
  g_clear_object (&self->adapter);
  return TRUE;
}

static void
on_eof (RtmpConnection *self)
{
  g_autoptr (GError) error = NULL;

  self->eof = TRUE;
  rtmp_session_input_eof (self->session);
  drain_events (self);
  g_set_error_literal (&error, RTMP_ERROR, RTMP_ERROR_CLOSED, "the peer hung up");
  connection_ended (self, error->message, error);
}

static void
read_in (RtmpConnection *self)
{
  gsize size, budget = self->limits->read_budget;
  guint8 *buffer = rtmp_loop_get_buffer (self->loop, &size);

  while (self->state == RTMP_CONNECTION_OPEN && !self->held && budget > 0) {
    GError *error = NULL;
    gsize n = 0, done;
    RtmpIo io =
        self->transport->funcs->read (self->transport, buffer, MIN (size, budget), &n, &error);

    if (io == RTMP_IO_BLOCKED)
      return;
    if (io == RTMP_IO_EOF) {
      on_eof (self);
      return;
    }
    if (io == RTMP_IO_ERROR) {
      broken (self, error);
      g_error_free (error);
      return;
    }
    self->in_bytes += n;
    done = input (self, buffer, n);
    keep (self, buffer + done, n - done);
    /* a short read was all there is */
    if (n < MIN (size, budget))
      return;
    budget -= n;
  }
}

static void
discard (RtmpConnection *self)
{
  gsize size, n;
  guint8 *buffer = rtmp_loop_get_buffer (self->loop, &size);
  RtmpIo io = self->transport->funcs->read (self->transport, buffer, size, &n, NULL);

  if (io == RTMP_IO_EOF || io == RTMP_IO_ERROR)
    set_closed (self);
}

static void
after_input (RtmpConnection *self)
{
  if (self->state == RTMP_CONNECTION_CLOSED)
    return;
  check_state (self);
  set_interest (self);
  update_timer (self);
  rtmp_connection_flush_later (self);
}

void
rtmp_connection_pump (RtmpConnection *self)
{
  drain_events (self);
  rtmp_connection_flush_later (self);
}

static void
on_ready (gpointer user_data, GIOCondition ready)
{
  RtmpConnection *self = user_data;

  if (self->state == RTMP_CONNECTION_LINGERING) {
    discard (self);
    return;
  }
  if (ready & G_IO_OUT) {
    self->outbox.blocked = FALSE;
    if (rtmp_outbox_update (&self->outbox, now (self)))
      flush (self);
    if (self->outbox.feed)
      rtmp_feed_check_drains (self->outbox.feed);
    set_interest (self);
  }
  if (self->state == RTMP_CONNECTION_FLUSHING && (ready & (G_IO_HUP | G_IO_ERR)))
    set_closed (self);
  if (self->state != RTMP_CONNECTION_OPEN || !(ready & (G_IO_IN | G_IO_HUP | G_IO_ERR)))
    return;
  if (self->held) {
    /* told for ever, so look no more until reading goes on and finds it */
    self->hung_up = TRUE;
    self->transport->funcs->set_interest (self->transport, 0);
    return;
  }
  read_in (self);
  after_input (self);
}

void
rtmp_connection_hold (RtmpConnection *self)
{
  if (self->held || self->state != RTMP_CONNECTION_OPEN)
    return;
  self->held = TRUE;
  set_interest (self);
}

void
rtmp_connection_resume (RtmpConnection *self)
{
  if (!self->held || self->state != RTMP_CONNECTION_OPEN)
    return;
  self->held = FALSE;
  self->hung_up = FALSE;
  if (input_kept (self))
    read_in (self);
  after_input (self);
}

static void
on_turn (RtmpTurnItem *turn)
{
  RtmpConnection *self = CONTAINER (turn, turn);

  drain_events (self);
  check_state (self);
  flush (self);
  rtmp_connection_update_stats (self);
  if (self->state < RTMP_CONNECTION_LINGERING)
    update_timer (self);
}

/* ---- time ------------------------------------------------------------ */

static gboolean
check_stall (RtmpConnection *self, gint64 now_us)
{
  g_autoptr (GError) error = NULL;

  if (!self->outbox.blocked || self->limits->write_stall_ms == 0 ||
      now_us - self->write_us < (gint64)self->limits->write_stall_ms * 1000)
    return FALSE;
  g_set_error (&error, RTMP_ERROR, RTMP_ERROR_TIMEOUT, "the peer took nothing for %u ms",
      self->limits->write_stall_ms);
  broken (self, error);
  return TRUE;
}

static void
on_timer (RtmpTimer *timer, gint64 now_us)
{
  RtmpConnection *self = CONTAINER (timer, timer);
  GError *error = NULL;

  if (self->state != RTMP_CONNECTION_OPEN) {
    if (now_us >= self->close_us)
      set_closed (self);
    else
      update_timer (self);
    return;
  }
  if (check_stall (self, now_us))
    return;
  if (!self->held && now_us >= rtmp_session_get_deadline (self->session) &&
      !rtmp_session_tick (self->session, now_us, &error)) {
    fail (self, error);
    return;
  }
  drain_events (self);
  if (self->state == RTMP_CONNECTION_OPEN && self->deadline_us > 0 &&
      now_us >= self->deadline_us) {
    self->deadline_us = 0;
    self->funcs->deadline (self, now_us);
  }
  after_input (self);
}

void
rtmp_connection_set_deadline (RtmpConnection *self, gint64 due_us)
{
  self->deadline_us = due_us;
  if (self->state == RTMP_CONNECTION_OPEN)
    update_timer (self);
}

/* ---- the outbox's side ----------------------------------------------- */

/* What a player is sent moves no deadline but that of a blocked one, which is set
 * where it blocks. */
static void
on_outbox_flush (RtmpOutbox *outbox)
{
  flush (CONTAINER (outbox, outbox));
}

static void
on_outbox_mark (RtmpOutbox *outbox, RtmpItemKind kind, gboolean notify)
{
  RtmpConnection *self = CONTAINER (outbox, outbox);

  self->funcs->mark (self, kind, notify);
}

static gboolean
on_outbox_keyframe_wanted (RtmpOutbox *outbox)
{
  RtmpConnection *self = CONTAINER (outbox, outbox);

  return self->funcs->keyframe_wanted (self);
}

static void
on_outbox_too_slow (RtmpOutbox *outbox, const gchar *reason)
{
  RtmpConnection *self = CONTAINER (outbox, outbox);
  g_autoptr (GError) error = NULL;

  rtmp_session_status (
      self->session, outbox->msid, "error", "NetStream.Play.InsufficientBW", reason);
  g_set_error_literal (&error, RTMP_ERROR, RTMP_ERROR_LIMIT, reason);
  connection_ended (self, reason, error);
}

static const RtmpOutboxFuncs outbox_funcs = {
  .flush = on_outbox_flush,
  .mark = on_outbox_mark,
  .keyframe_wanted = on_outbox_keyframe_wanted,
  .too_slow = on_outbox_too_slow,
};

/* ---- life ------------------------------------------------------------ */

RtmpConnection *
rtmp_connection_new (RtmpLoop *loop, RtmpTransport *transport, const RtmpSessionConfig *config,
    const RtmpConnectionFuncs *funcs, gpointer owner)
{
  RtmpConnection *self = g_new0 (RtmpConnection, 1);

  self->id = rtmp_client_next_id ();
  self->loop = loop;
  self->transport = transport = rtmp_record_wrap (transport, self->id);
  self->limits = config->limits;
  self->funcs = funcs;
  self->owner = owner;
  self->session = rtmp_session_new (config);
  self->created_us = self->write_us = now (self);
  self->timer.func = on_timer;
  self->turn.func = on_turn;
  rtmp_outbox_init (&self->outbox, &outbox_funcs);
  rtmp_loop_register (loop, &self->id, self);
  transport->ready = on_ready;
  transport->user_data = self;
  transport->funcs->attach (transport, loop);
  set_interest (self);
  update_timer (self);
  rtmp_connection_flush_later (self);
  return self;
}

void
rtmp_connection_destroy (RtmpConnection *self, const gchar *reason)
{
  connection_ended (self, reason, NULL);
  if (self->state == RTMP_CONNECTION_FLUSHING)
    flush (self);
  /* unread bytes would make the close a reset */
  if (self->state == RTMP_CONNECTION_LINGERING)
    discard (self);
  connection_free (self);
}

void
rtmp_connection_update_stats (RtmpConnection *self)
{
  RtmpClientStats stats;

  if (!self->client)
    return;
  get_out_stats (self, &stats);
  stats.in_bytes = self->in_bytes;
  stats.in_messages = self->in_messages;
  stats.in_chunk_size = rtmp_session_get_in_chunk_size (self->session);
  stats.rtt_us = rtmp_session_get_rtt_us (self->session);
  rtmp_client_set_stats (self->client, &stats);
}
