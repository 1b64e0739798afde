/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "server/rtmp-outbox.h"

#include "server/rtmp-feed.h"

/* The AMF0 string "@setDataFrame". */
static const guint8 set_data_frame[] = { 2, 0, 13, '@', 's', 'e', 't', 'D', 'a', 't', 'a', 'F',
  'r', 'a', 'm', 'e' };

void
rtmp_outbox_init (RtmpOutbox *outbox, const RtmpOutboxFuncs *funcs)
{
  *outbox = (RtmpOutbox){ .funcs = funcs, .msid = 1 };
}

static void
clear_headers (RtmpOutbox *outbox)
{
  rtmp_snapshot_replace (&outbox->headers, NULL);
  outbox->next_header = 0;
}

void
rtmp_outbox_reset (RtmpOutbox *outbox)
{
  clear_headers (outbox);
  outbox->feed = NULL;
  outbox->soft_us = 0;
  outbox->waiting = outbox->off = outbox->need_key = outbox->wanted = FALSE;
  outbox->paused = outbox->no_audio = outbox->no_video = FALSE;
}

void
rtmp_outbox_clear (RtmpOutbox *outbox)
{
  rtmp_feed_leave (outbox);
  clear_headers (outbox);
  g_clear_pointer (&outbox->partial, rtmp_message_unref);
  g_clear_pointer (&outbox->wrapped, rtmp_message_unref);
  g_clear_pointer (&outbox->wrapped_of, rtmp_message_unref);
}

static RtmpBacklog *
backlog_of (const RtmpOutbox *outbox)
{
  return &outbox->feed->backlog;
}

static gboolean
is_joined (const RtmpOutbox *outbox)
{
  return outbox->feed && !outbox->waiting && !outbox->paused;
}

/* Frames a decoder can do nothing with, and what the player switched off. */
static gboolean
is_wanted (const RtmpOutbox *outbox, const RtmpMessage *message, gboolean need_key)
{
  if (message->size == 0)
    return FALSE;
  if (message->type == RTMP_TYPE_AUDIO)
    return !outbox->no_audio;
  if (message->type != RTMP_TYPE_VIDEO)
    return TRUE;
  if (outbox->no_video)
    return FALSE;
  return !need_key || (message->flags & (RTMP_MESSAGE_KEYFRAME | RTMP_MESSAGE_HEADER |
                                            RTMP_MESSAGE_METADATA));
}

static gboolean
ends_wait (const RtmpMessage *message)
{
  return (message->flags & RTMP_MESSAGE_KEYFRAME) && message->track == 0;
}

static gboolean
needs_wrap (const RtmpOutbox *outbox, const RtmpMessage *message)
{
  return outbox->wrap && (message->flags & RTMP_MESSAGE_METADATA) &&
         message->type == RTMP_TYPE_DATA;
}

/* The form in which this player gets @message. One of them is kept, so what a
 * batch holds of it stays in place until the batch is written. */
static RtmpMessage *
form_of (RtmpOutbox *outbox, RtmpMessage *message)
{
  RtmpSlice body[2];

  if (!needs_wrap (outbox, message))
    return message;
  if (outbox->wrapped_of == message)
    return outbox->wrapped;
  g_clear_pointer (&outbox->wrapped, rtmp_message_unref);
  g_clear_pointer (&outbox->wrapped_of, rtmp_message_unref);
  if (rtmp_message_get_body (message, body) != 1)
    return message;
  outbox->wrapped_of = rtmp_message_ref (message);
  outbox->wrapped = rtmp_message_new_foreign (RTMP_TYPE_DATA, message->timestamp,
      set_data_frame, sizeof (set_data_frame), body[0].data, body[0].size,
      (GDestroyNotify)rtmp_message_unref, rtmp_message_ref (message));
  rtmp_message_seal (outbox->wrapped);
  return outbox->wrapped;
}

/* A walk goes over what follows the half-written message: headers, then entries up
 * to a mark. */
static RtmpWalk
walk_start (const RtmpOutbox *outbox)
{
  return (RtmpWalk){ outbox->next_header, outbox->cursor, outbox->need_key, 0 };
}

/* The next message to send, or NULL; *@skipped counts those left out before it. */
static RtmpMessage *
walk_next (RtmpOutbox *outbox, RtmpWalk *walk, guint *skipped)
{
  RtmpMessage *message = NULL;

  *skipped = 0;
  while (outbox->headers && walk->next_header < outbox->headers->n_messages && !message) {
    message = outbox->headers->messages[walk->next_header++];
    if (!is_wanted (outbox, message, FALSE))
      message = NULL;
  }
  while (!message && is_joined (outbox) && walk->cursor < backlog_of (outbox)->tail) {
    const RtmpEntry *entry = rtmp_backlog_at (backlog_of (outbox), walk->cursor);

    if (entry->kind != RTMP_ITEM_MESSAGE)
      return NULL;
    walk->cursor++;
    if (is_wanted (outbox, entry->message, walk->need_key))
      message = entry->message;
    else
      (*skipped)++;
  }
  if (!message || (needs_wrap (outbox, message) && walk->wraps++ > 0))
    return NULL;
  if (ends_wait (message))
    walk->need_key = FALSE;
  return form_of (outbox, message);
}

static gboolean
add_message (const RtmpOutbox *outbox, const RtmpMessage *message, gsize offset, RtmpGather *g)
{
  gsize bytes = 0;

  if (g->n_slices == RTMP_TRANSPORT_MAX_SLICES)
    return FALSE;
  g->n_slices +=
      rtmp_message_wire_slices (message, outbox->msid, offset, g->slices + g->n_slices,
          RTMP_TRANSPORT_MAX_SLICES - g->n_slices, g->scratch + g->n_slices, &bytes);
  g->bytes += bytes;
  return offset + bytes == rtmp_message_wire_size (message);
}

static void
gather_messages (RtmpOutbox *outbox, gsize budget, RtmpGather *gather)
{
  RtmpWalk walk = walk_start (outbox);
  RtmpMessage *message;
  guint skipped;

  while (gather->bytes < budget && (message = walk_next (outbox, &walk, &skipped))) {
    if (!add_message (outbox, message, 0, gather))
      return;
    gather->end = walk;
    gather->n_messages++;
    gather->n_skipped += skipped;
  }
  gather->whole = TRUE;
}

static void
gather_start (const RtmpOutbox *outbox, gsize budget, RtmpGather *gather)
{
  gather->from = outbox->cursor;
  gather->budget = budget;
  gather->whole = FALSE;
  gather->n_messages = 0;
  gather->n_skipped = 0;
  gather->n_slices = 0;
  gather->bytes = 0;
}

static void
gather_own (RtmpOutbox *outbox, const RtmpSlice *control, gsize budget, RtmpGather *gather)
{
  gather_start (outbox, budget, gather);
  if (outbox->partial && !add_message (outbox, outbox->partial, outbox->offset, gather))
    return;
  if (control && control->size > 0) {
    if (gather->n_slices == RTMP_TRANSPORT_MAX_SLICES)
      return;
    gather->slices[gather->n_slices++] = *control;
    gather->bytes += control->size;
  }
  gather_messages (outbox, budget, gather);
}

/* Nothing of its own comes first, and it wants everything in the common form. */
static gboolean
is_plain (const RtmpOutbox *outbox)
{
  return is_joined (outbox) && !outbox->partial && !outbox->headers && !outbox->need_key &&
         !outbox->no_audio && !outbox->no_video && !outbox->wrap && outbox->msid == 1;
}

const RtmpGather *
rtmp_outbox_gather (RtmpOutbox *outbox, const RtmpSlice *control, gsize budget, RtmpGather *own)
{
  RtmpGather *shared = outbox->feed ? outbox->feed->batch : NULL;

  if (!shared || (control && control->size > 0) || !is_plain (outbox)) {
    gather_own (outbox, control, budget, own);
    return own;
  }
  if (shared->from != outbox->cursor || shared->budget != budget) {
    gather_start (outbox, budget, shared);
    gather_messages (outbox, budget, shared);
  }
  return shared;
}

static gsize
advance_partial (RtmpOutbox *outbox, gsize bytes)
{
  gsize left;

  if (!outbox->partial)
    return bytes;
  left = rtmp_message_wire_size (outbox->partial) - outbox->offset;
  if (bytes < left) {
    outbox->offset += bytes;
    return 0;
  }
  g_clear_pointer (&outbox->partial, rtmp_message_unref);
  outbox->offset = 0;
  return bytes - left;
}

static void
apply_walk (RtmpOutbox *outbox, const RtmpWalk *walk)
{
  outbox->next_header = walk->next_header;
  outbox->cursor = walk->cursor;
  outbox->need_key = walk->need_key;
  if (outbox->headers && outbox->next_header == outbox->headers->n_messages)
    clear_headers (outbox);
}

static void
advance_messages (RtmpOutbox *outbox, gsize bytes)
{
  RtmpWalk walk = walk_start (outbox);

  while (bytes > 0) {
    guint skipped;
    RtmpMessage *message = walk_next (outbox, &walk, &skipped);
    gsize size = message ? rtmp_message_wire_size (message) : 0;

    g_return_if_fail (message != NULL);
    outbox->dropped_messages += skipped;
    outbox->sent_messages++;
    if (bytes < size) {
      outbox->partial = rtmp_message_ref (message);
      outbox->offset = bytes;
    }
    bytes -= MIN (bytes, size);
  }
  apply_walk (outbox, &walk);
}

/* All of it went, which is nearly always so. */
static void
advance_whole (RtmpOutbox *outbox, const RtmpGather *gather)
{
  g_clear_pointer (&outbox->partial, rtmp_message_unref);
  outbox->offset = 0;
  outbox->sent_messages += gather->n_messages;
  outbox->dropped_messages += gather->n_skipped;
  if (gather->n_messages > 0)
    apply_walk (outbox, &gather->end);
}

gsize
rtmp_outbox_advance (RtmpOutbox *outbox, const RtmpGather *gather, gsize control, gsize bytes)
{
  gsize left, of_control;

  outbox->sent_bytes += bytes;
  if (gather->whole && bytes == gather->bytes) {
    advance_whole (outbox, gather);
    return control;
  }
  left = advance_partial (outbox, bytes);
  of_control = MIN (left, control);
  if (left > of_control)
    advance_messages (outbox, left - of_control);
  return of_control;
}

static void
pass_mark (RtmpOutbox *outbox, RtmpItemKind kind)
{
  gboolean notify = kind == RTMP_ITEM_BEGIN && outbox->off;

  outbox->cursor++;
  outbox->off = kind == RTMP_ITEM_END;
  outbox->need_key = TRUE;
  outbox->funcs->mark (outbox, kind, notify);
}

/* Nothing was left to gather, so what stands between the cursor and the next mark
 * is what this player does not want. */
gboolean
rtmp_outbox_step (RtmpOutbox *outbox)
{
  RtmpWalk walk = walk_start (outbox);
  guint skipped;

  if (!is_joined (outbox) || outbox->partial)
    return FALSE;
  if (walk_next (outbox, &walk, &skipped))
    return TRUE;
  outbox->dropped_messages += skipped;
  apply_walk (outbox, &walk);
  if (outbox->cursor == backlog_of (outbox)->tail)
    return FALSE;
  pass_mark (outbox, rtmp_backlog_at (backlog_of (outbox), outbox->cursor)->kind);
  return TRUE;
}

gboolean
rtmp_outbox_is_empty (const RtmpOutbox *outbox)
{
  if (outbox->partial || outbox->headers)
    return FALSE;
  return !is_joined (outbox) || outbox->cursor == backlog_of (outbox)->tail;
}

static void
want_keyframe (RtmpOutbox *outbox)
{
  if (!outbox->wanted)
    outbox->wanted = outbox->funcs->keyframe_wanted (outbox);
}

static void
start_at (RtmpOutbox *outbox, guint64 sequence, RtmpSnapshot *headers, gint64 now_us)
{
  outbox->cursor = sequence;
  rtmp_snapshot_replace (&outbox->headers, headers);
  outbox->next_header = 0;
  outbox->waiting = FALSE;
  outbox->wanted = FALSE;
  outbox->need_key = FALSE;
  outbox->off = FALSE;
  outbox->since_us = now_us;
}

/* Nothing is on: over before it began for this player, or not yet begun. */
static void
start_off (RtmpOutbox *outbox, guint64 sequence)
{
  gboolean knows = outbox->off;

  outbox->waiting = FALSE;
  outbox->cursor = sequence;
  outbox->off = TRUE;
  if (!knows)
    outbox->funcs->mark (outbox, RTMP_ITEM_END, FALSE);
}

static void
try_start (RtmpOutbox *outbox, gint64 now_us)
{
  RtmpBacklog *backlog = backlog_of (outbox);

  if (!backlog->on) {
    start_off (outbox, backlog->tail);
    return;
  }
  if (backlog->keyframe != RTMP_NO_SEQUENCE &&
      (outbox->latest || backlog->keyframe >= outbox->joined))
    start_at (outbox, backlog->keyframe, rtmp_backlog_get_start (backlog), now_us);
  else if (!rtmp_backlog_has_video (backlog, now_us))
    start_at (outbox, backlog->tail, backlog->snapshot, now_us);
  else
    want_keyframe (outbox);
}

/* Of the headers that go with the keyframe, those that stood in what is skipped. */
static RtmpSnapshot *
skipped_headers (RtmpOutbox *outbox, guint64 to)
{
  RtmpBacklog *backlog = backlog_of (outbox);
  RtmpSnapshot *start = rtmp_backlog_get_start (backlog);
  RtmpSnapshot *changed = NULL;

  for (guint64 i = MAX (outbox->cursor, backlog->head); i < to; i++) {
    RtmpMessage *message = rtmp_backlog_at (backlog, i)->message;
    RtmpSnapshot *with;

    if (!message || !(message->flags & (RTMP_MESSAGE_HEADER | RTMP_MESSAGE_METADATA)) ||
        !rtmp_snapshot_has (start, message))
      continue;
    with = rtmp_snapshot_with (changed, message, backlog->limits);
    g_clear_pointer (&changed, rtmp_snapshot_unref);
    changed = with;
  }
  return changed;
}

/* To the newest keyframe; FALSE if there is none further on. */
static gboolean
jump (RtmpOutbox *outbox, gint64 now_us)
{
  RtmpBacklog *backlog = backlog_of (outbox);
  guint64 to = backlog->keyframe;
  gboolean overrun = outbox->cursor < backlog->head;
  RtmpSnapshot *headers;

  if (to == RTMP_NO_SEQUENCE || to <= outbox->cursor)
    return FALSE;
  /* headers not yet sent are part of what is skipped */
  headers = overrun || outbox->headers ? NULL : skipped_headers (outbox, to);
  outbox->dropped_messages += to - outbox->cursor;
  outbox->resyncs++;
  if (overrun || outbox->headers)
    start_at (outbox, to, rtmp_backlog_get_start (backlog), now_us);
  else
    start_at (outbox, to, headers, now_us);
  g_clear_pointer (&headers, rtmp_snapshot_unref);
  return TRUE;
}

/* The backlog dropped what this player stood at. */
static void
overrun (RtmpOutbox *outbox, gint64 now_us)
{
  RtmpBacklog *backlog = backlog_of (outbox);

  if (jump (outbox, now_us))
    return;
  outbox->dropped_messages += backlog->head - outbox->cursor;
  outbox->resyncs++;
  outbox->waiting = TRUE;
  outbox->joined = outbox->cursor = backlog->tail;
  try_start (outbox, now_us);
}

static guint32
age_ms (const RtmpOutbox *outbox, gint64 now_us)
{
  const RtmpEntry *entry;
  gint64 age;

  if (!is_joined (outbox) || outbox->cursor >= backlog_of (outbox)->tail ||
      outbox->cursor < backlog_of (outbox)->head)
    return 0;
  entry = rtmp_backlog_at (backlog_of (outbox), outbox->cursor);
  age = now_us - MAX (entry->arrival_us, outbox->since_us);
  return age > 0 ? (guint32)MIN (age / 1000, G_MAXUINT32) : 0;
}

static guint64
behind (const RtmpOutbox *outbox)
{
  const RtmpBacklog *backlog;

  if (!is_joined (outbox))
    return 0;
  backlog = backlog_of (outbox);
  if (outbox->cursor >= backlog->tail || outbox->cursor < backlog->head)
    return 0;
  return backlog->bytes - rtmp_backlog_at (backlog, outbox->cursor)->bytes_before;
}

void
rtmp_outbox_get_lag (const RtmpOutbox *outbox, gint64 now_us, guint64 *bytes, guint32 *lag_ms)
{
  *bytes = behind (outbox);
  *lag_ms = age_ms (outbox, now_us);
}

static gboolean
exceeds (guint64 value, guint64 limit)
{
  return limit != 0 && value > limit;
}

/* Who was over the soft limit and jumped is forgiven when it gets on again. */
static void
forgive (RtmpOutbox *outbox)
{
  if (outbox->soft_us != 0 && outbox->sent_bytes > outbox->soft_sent)
    outbox->soft_us = 0;
}

static gboolean
drop (RtmpOutbox *outbox, gint64 now_us)
{
  const RtmpStream *stream = outbox->feed->stream;
  const RtmpLimits *limits = &stream->limits;
  guint32 held = (guint32)g_atomic_int_get (&stream->flush_interval_us) / 1000;
  guint64 bytes = behind (outbox);
  guint32 age = age_ms (outbox, now_us);
  gboolean over;

  /* what waits for the feed is not this player's fault */
  age -= MIN (age, held);
  over = exceeds (age, (guint64)g_atomic_int_get (&stream->player_limits.soft_ms)) ||
         exceeds (bytes, limits->player_soft_bytes);
  if (exceeds (age, (guint64)g_atomic_int_get (&stream->player_limits.hard_ms)) ||
      exceeds (bytes, limits->player_hard_bytes))
    return FALSE;
  if (!over) {
    forgive (outbox);
  } else {
    if (outbox->soft_us == 0) {
      outbox->soft_us = now_us;
      outbox->soft_sent = outbox->sent_bytes;
    }
    if (!jump (outbox, now_us))
      want_keyframe (outbox);
  }
  return outbox->soft_us == 0 ||
         now_us - outbox->soft_us <= (gint64)limits->player_grace_ms * 1000;
}

gboolean
rtmp_outbox_update (RtmpOutbox *outbox, gint64 now_us)
{
  if (!outbox->feed || outbox->paused)
    return TRUE;
  if (outbox->waiting) {
    try_start (outbox, now_us);
    return TRUE;
  }
  if (outbox->cursor < backlog_of (outbox)->head)
    overrun (outbox, now_us);
  else if (outbox->cursor == backlog_of (outbox)->tail)
    outbox->soft_us = 0;
  else if (!drop (outbox, now_us)) {
    outbox->funcs->too_slow (outbox, "the player is too slow");
    return FALSE;
  }
  return TRUE;
}

void
rtmp_outbox_control (
    RtmpOutbox *outbox, gboolean paused, gboolean audio, gboolean video, gint64 now_us)
{
  gboolean back = (outbox->paused && !paused) || (outbox->no_video && video);

  outbox->paused = paused;
  outbox->no_audio = !audio;
  outbox->no_video = !video;
  if (!back || !outbox->feed || outbox->waiting)
    return;
  outbox->waiting = TRUE;
  outbox->joined = backlog_of (outbox)->tail;
  try_start (outbox, now_us);
}
