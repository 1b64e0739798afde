/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "server/rtmp-backlog.h"

#define MIN_CAPACITY 32

void
rtmp_item_clear (RtmpItem *item)
{
  g_clear_pointer (&item->message, rtmp_message_unref);
  g_clear_pointer (&item->snapshot, rtmp_snapshot_unref);
}

RtmpItem
rtmp_item_copy (const RtmpItem *item)
{
  RtmpItem copy = *item;

  if (copy.message)
    rtmp_message_ref (copy.message);
  if (copy.snapshot)
    rtmp_snapshot_ref (copy.snapshot);
  return copy;
}

void
rtmp_backlog_init (RtmpBacklog *backlog, const RtmpLimits *limits)
{
  *backlog = (RtmpBacklog){ .limits = limits, .keyframe = RTMP_NO_SEQUENCE };
}

void
rtmp_backlog_clear (RtmpBacklog *backlog)
{
  rtmp_backlog_trim (backlog, backlog->tail);
  g_clear_pointer (&backlog->entries, g_free);
  backlog->capacity = 0;
  rtmp_snapshot_replace (&backlog->snapshot, NULL);
  rtmp_snapshot_replace (&backlog->keyframe_snapshot, NULL);
}

static RtmpEntry *
slot (RtmpBacklog *backlog, guint64 sequence)
{
  return &backlog->entries[sequence & (backlog->capacity - 1)];
}

static void
grow (RtmpBacklog *backlog)
{
  RtmpBacklog old = *backlog;

  backlog->capacity = MAX (old.capacity * 2, MIN_CAPACITY);
  backlog->entries = g_new (RtmpEntry, backlog->capacity);
  for (guint64 i = old.head; i < old.tail; i++)
    *slot (backlog, i) = *slot (&old, i);
  g_free (old.entries);
}

void
rtmp_backlog_copy (RtmpBacklog *backlog, const RtmpBacklog *other)
{
  *backlog = *other;
  backlog->entries = g_memdup2 (other->entries, other->capacity * sizeof (RtmpEntry));
  backlog->snapshot = backlog->keyframe_snapshot = NULL;
  rtmp_snapshot_replace (&backlog->snapshot, other->snapshot);
  rtmp_snapshot_replace (&backlog->keyframe_snapshot, other->keyframe_snapshot);
  for (guint64 i = backlog->head; i < backlog->tail; i++)
    if (slot (backlog, i)->message)
      rtmp_message_ref (slot (backlog, i)->message);
}

static void
forget_keyframe (RtmpBacklog *backlog)
{
  backlog->keyframe = RTMP_NO_SEQUENCE;
  rtmp_snapshot_replace (&backlog->keyframe_snapshot, NULL);
}

void
rtmp_backlog_trim (RtmpBacklog *backlog, guint64 sequence)
{
  sequence = MIN (sequence, backlog->tail);
  while (backlog->head < sequence)
    g_clear_pointer (&slot (backlog, backlog->head++)->message, rtmp_message_unref);
  if (backlog->keyframe != RTMP_NO_SEQUENCE && backlog->keyframe < backlog->head)
    forget_keyframe (backlog);
}

guint64
rtmp_backlog_get_keep (const RtmpBacklog *backlog)
{
  return backlog->keyframe != RTMP_NO_SEQUENCE ? backlog->keyframe : backlog->tail;
}

static gboolean
is_over (RtmpBacklog *backlog, gint64 now_us)
{
  const RtmpLimits *limits = backlog->limits;
  const RtmpEntry *oldest;

  if (backlog->head + 1 >= backlog->tail)
    return FALSE;
  oldest = rtmp_backlog_at (backlog, backlog->head);
  return backlog->tail - backlog->head > limits->feed_max_messages ||
         backlog->bytes - oldest->bytes_before > limits->feed_max_bytes ||
         now_us - oldest->arrival_us > (gint64)limits->feed_max_ms * 1000;
}

/* A mark begins a new count: what was before is only for those still reading it. */
static void
on_mark (RtmpBacklog *backlog, const RtmpItem *item)
{
  forget_keyframe (backlog);
  rtmp_snapshot_replace (&backlog->snapshot, NULL);
  backlog->last_video_us = 0;
  backlog->on = item->kind == RTMP_ITEM_BEGIN;
}

static void
on_message (RtmpBacklog *backlog, const RtmpItem *item, gint64 now_us)
{
  RtmpMessage *message = item->message;

  if (item->snapshot)
    rtmp_snapshot_replace (&backlog->snapshot, item->snapshot);
  if (message->type == RTMP_TYPE_VIDEO)
    backlog->last_video_us = MAX (now_us, 1);
  if ((message->flags & RTMP_MESSAGE_KEYFRAME) && message->track == 0) {
    backlog->keyframe = backlog->tail;
    rtmp_snapshot_replace (&backlog->keyframe_snapshot, backlog->snapshot);
    backlog->retimed = FALSE;
  }
}

void
rtmp_backlog_push (RtmpBacklog *backlog, const RtmpItem *item, gint64 now_us)
{
  RtmpEntry *entry;

  if (item->kind == RTMP_ITEM_MESSAGE)
    on_message (backlog, item, now_us);
  else
    on_mark (backlog, item);
  if (backlog->tail - backlog->head == backlog->capacity)
    grow (backlog);
  entry = slot (backlog, backlog->tail++);
  entry->message = item->message ? rtmp_message_ref (item->message) : NULL;
  entry->kind = item->kind;
  entry->bytes_before = backlog->bytes;
  entry->arrival_us = now_us;
  if (item->message)
    backlog->bytes += item->message->size;
  while (is_over (backlog, now_us))
    rtmp_backlog_trim (backlog, backlog->head + 1);
}

gboolean
rtmp_backlog_has_video (const RtmpBacklog *backlog, gint64 now_us)
{
  return backlog->last_video_us != 0 &&
         now_us - backlog->last_video_us <= (gint64)backlog->limits->feed_max_ms * 1000;
}

/* Made when the first player needs it: most keyframes are nobody's start. */
RtmpSnapshot *
rtmp_backlog_get_start (RtmpBacklog *backlog)
{
  RtmpSnapshot *retimed;

  if (backlog->keyframe != RTMP_NO_SEQUENCE && !backlog->retimed) {
    retimed = rtmp_snapshot_retimed (backlog->keyframe_snapshot,
        rtmp_backlog_at (backlog, backlog->keyframe)->message->timestamp);
    g_clear_pointer (&backlog->keyframe_snapshot, rtmp_snapshot_unref);
    backlog->keyframe_snapshot = retimed;
    backlog->retimed = TRUE;
  }
  return backlog->keyframe_snapshot;
}
