/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * RtmpOutbox: what one player has yet to be sent: a cursor into the feed of its
 * loop, a reference only to the half-written message, and the policy of joining
 * and dropping (rtmp_outbox_update). No I/O here: gather says what goes next,
 * advance says how much of it went.
 *
 * Owner and thread: its connection, one loop.
 */
#pragma once

#include "server/rtmp-backlog.h"
#include "server/rtmp-transport.h"

G_BEGIN_DECLS

typedef struct _RtmpFeed RtmpFeed;
typedef struct _RtmpOutbox RtmpOutbox;

typedef struct _RtmpOutboxFuncs
{
  /* There may be something to send. */
  void (*flush) (RtmpOutbox *outbox);
  /* A mark was reached, all before it is sent. @notify: the player waited for this
   * begin and does not know yet. */
  void (*mark) (RtmpOutbox *outbox, RtmpItemKind kind, gboolean notify);
  /* It cannot go on without a keyframe that is not there. FALSE: ask again. */
  gboolean (*keyframe_wanted) (RtmpOutbox *outbox);
  /* Over the limits: disconnect. */
  void (*too_slow) (RtmpOutbox *outbox, const gchar *reason);
} RtmpOutboxFuncs;

/* Of all players of one stream; read and written atomically. */
typedef struct _RtmpPlayerLimits
{
  gint soft_ms;
  gint hard_ms;
} RtmpPlayerLimits;

struct _RtmpOutbox
{
  const RtmpOutboxFuncs *funcs;
  RtmpFeed *feed; /* NULL: not joined */
  guint index;    /* among the feed's players */

  guint64 cursor; /* next entry */
  guint64 joined; /* entry at which it joined */
  RtmpMessage *partial;
  gsize offset;          /* written bytes of the partial message */
  RtmpSnapshot *headers; /* to send before the cursor's entry */
  guint next_header;
  RtmpMessage *wrapped; /* metadata as a publisher sends it */
  RtmpMessage *wrapped_of;

  gint64 since_us; /* start, or last jump */
  gint64 soft_us;  /* over the soft limit since; 0 = is not */
  guint64 soft_sent;
  guint32 msid;

  guint waiting : 1;  /* for a keyframe */
  guint off : 1;      /* the player was told, or knows, that nothing is on */
  guint need_key : 1; /* no video frame before the next keyframe */
  guint blocked : 1;  /* its transport takes nothing now: the holder's to set */
  guint paused : 1;
  guint no_audio : 1;
  guint no_video : 1;
  guint latest : 1; /* join at the newest keyframe, else at the next */
  guint wrap : 1;   /* we publish: @setDataFrame in front of metadata */
  guint wanted : 1; /* asked for a keyframe in this wait */

  guint64 sent_messages;
  guint64 sent_bytes;
  guint64 dropped_messages;
  guint32 resyncs;
};

/* Where a walk over headers and entries stands. */
typedef struct _RtmpWalk
{
  guint next_header;
  guint64 cursor;
  gboolean need_key;
  guint wraps;
} RtmpWalk;

/* One batch of slices for one write. */
typedef struct _RtmpGather
{
  guint64 from; /* cursor and budget it was made for */
  gsize budget;
  gboolean whole; /* ends where a message ends */
  RtmpWalk end;   /* after its last whole message */
  guint n_messages;
  guint n_skipped; /* left out before one of those */

  guint n_slices;
  gsize bytes;
  RtmpSlice slices[RTMP_TRANSPORT_MAX_SLICES];
  RtmpWireScratch scratch[RTMP_TRANSPORT_MAX_SLICES];
} RtmpGather;

void rtmp_outbox_init (RtmpOutbox *outbox, const RtmpOutboxFuncs *funcs);
/* It left its feed: as new, but for the half-written message and the counters. */
void rtmp_outbox_reset (RtmpOutbox *outbox);
/* Leaves its feed too. */
void rtmp_outbox_clear (RtmpOutbox *outbox);

/* What goes next, at most about @budget bytes: the rest of a half-written message,
 * then @control (the session's own output), then headers and messages. Nothing is
 * changed. Returns @own, filled; or, while the feed flushes, what another player
 * at the same place was given. */
const RtmpGather *rtmp_outbox_gather (
    RtmpOutbox *outbox, const RtmpSlice *control, gsize budget, RtmpGather *own);
/* @bytes of @gather were written; returns how many of them were @control's. */
gsize rtmp_outbox_advance (
    RtmpOutbox *outbox, const RtmpGather *gather, gsize control, gsize bytes);
/* After nothing was left to gather: passes a mark. FALSE: there is none. */
gboolean rtmp_outbox_step (RtmpOutbox *outbox);
/* Everything was sent. */
gboolean rtmp_outbox_is_empty (const RtmpOutbox *outbox);

/* The policy, at each flush of the feed and before each own write: starts who
 * waits; over the soft limit jumps to the newest keyframe; over the hard one, or
 * over the soft one for the grace time without getting on, too_slow(). FALSE: it
 * was called. */
gboolean rtmp_outbox_update (RtmpOutbox *outbox, gint64 now_us);
/* Play control of the player. What is switched on again starts at a keyframe. */
void rtmp_outbox_control (
    RtmpOutbox *outbox, gboolean paused, gboolean audio, gboolean video, gint64 now_us);

/* Behind the newest message. */
void rtmp_outbox_get_lag (
    const RtmpOutbox *outbox, gint64 now_us, guint64 *bytes, guint32 *lag_ms);

G_END_DECLS
