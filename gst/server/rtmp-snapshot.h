/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * RtmpSnapshot: what a decoder must know before the first frame: metadata and
 * the sequence header of each track, in the order in which players get them.
 *
 * Immutable, atomic reference count, any thread. NULL is the empty one.
 */
#pragma once

#include "protocol/rtmp-limits.h"
#include "protocol/rtmp-message.h"

G_BEGIN_DECLS

typedef struct _RtmpSnapshot
{
  gatomicrefcount ref_count;
  guint n_messages;
  RtmpMessage *messages[]; /* sealed */
} RtmpSnapshot;

RtmpSnapshot *rtmp_snapshot_ref (RtmpSnapshot *snapshot);
void rtmp_snapshot_unref (RtmpSnapshot *snapshot);
/* Sets *@place to a reference of @snapshot (both may be NULL). */
void rtmp_snapshot_replace (RtmpSnapshot **place, RtmpSnapshot *snapshot);

/* TRUE: @message (a header or metadata) says nothing new. */
gboolean rtmp_snapshot_has (const RtmpSnapshot *snapshot, const RtmpMessage *message);
/* New one in which @message stands in the place of its kind and track. NULL if
 * it would hold more than @limits allow. */
RtmpSnapshot *rtmp_snapshot_with (
    const RtmpSnapshot *snapshot, RtmpMessage *message, const RtmpLimits *limits);
/* New one with all messages at @timestamp; NULL for NULL. */
RtmpSnapshot *rtmp_snapshot_retimed (const RtmpSnapshot *snapshot, guint32 timestamp);

G_END_DECLS
