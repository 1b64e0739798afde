/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * RtmpBacklog: a bounded run of messages and marks in order, numbered without
 * end, that remembers the newest keyframe and the headers that go with it. A
 * stream has one from its newest keyframe on; each of its feeds has one that
 * reaches back to its slowest player.
 *
 * Owner and thread: one (a stream: under its lock; a feed: its loop). One
 * reference per message. Limits: feed_max_messages, feed_max_bytes, feed_max_ms.
 */
#pragma once

#include "server/rtmp-snapshot.h"

G_BEGIN_DECLS

#define RTMP_NO_SEQUENCE G_MAXUINT64

typedef enum
{
  RTMP_ITEM_MESSAGE,
  RTMP_ITEM_BEGIN, /* a publisher begins, maybe in place of one that did not end */
  RTMP_ITEM_END,
} RtmpItemKind;

/* What travels from a stream to its feeds. */
typedef struct _RtmpItem
{
  RtmpItemKind kind;
  RtmpMessage *message;
  RtmpSnapshot *snapshot; /* the new one, if @message changed it */
} RtmpItem;

void rtmp_item_clear (RtmpItem *item);
RtmpItem rtmp_item_copy (const RtmpItem *item);

typedef struct _RtmpEntry
{
  RtmpMessage *message; /* NULL for marks */
  RtmpItemKind kind;
  guint64 bytes_before; /* of all messages before this one */
  gint64 arrival_us;
} RtmpEntry;

typedef struct _RtmpBacklog
{
  const RtmpLimits *limits;
  RtmpEntry *entries; /* a ring */
  guint capacity;     /* power of two, or 0 */
  guint64 head;       /* oldest */
  guint64 tail;       /* next */
  guint64 bytes;      /* of all messages ever */
  guint64 keyframe;   /* newest since the last mark, or RTMP_NO_SEQUENCE */
  RtmpSnapshot *snapshot;
  RtmpSnapshot *keyframe_snapshot; /* as it was at the keyframe */
  gboolean retimed;                /* keyframe_snapshot has the keyframe's time */
  gint64 last_video_us;            /* 0 = none since the last mark */
  gboolean on;
} RtmpBacklog;

/* @limits: outlives the backlog. */
void rtmp_backlog_init (RtmpBacklog *backlog, const RtmpLimits *limits);
void rtmp_backlog_clear (RtmpBacklog *backlog);
/* Into an empty one. */
void rtmp_backlog_copy (RtmpBacklog *backlog, const RtmpBacklog *other);

/* Takes references of its own. Over a limit the oldest entries go. */
void rtmp_backlog_push (RtmpBacklog *backlog, const RtmpItem *item, gint64 now_us);
/* Drops entries before @sequence. */
void rtmp_backlog_trim (RtmpBacklog *backlog, guint64 sequence);
/* Where trimming may go without losing the newest keyframe. */
guint64 rtmp_backlog_get_keep (const RtmpBacklog *backlog);

/* What a player that starts at the keyframe gets first, at the keyframe's time;
 * borrowed, may be NULL. */
RtmpSnapshot *rtmp_backlog_get_start (RtmpBacklog *backlog);

static inline const RtmpEntry *
rtmp_backlog_at (const RtmpBacklog *backlog, guint64 sequence)
{
  return &backlog->entries[sequence & (backlog->capacity - 1)];
}

/* TRUE if there was video lately: a player then waits for a keyframe. */
gboolean rtmp_backlog_has_video (const RtmpBacklog *backlog, gint64 now_us);

G_END_DECLS
