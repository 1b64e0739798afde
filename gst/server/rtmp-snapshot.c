/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "server/rtmp-snapshot.h"

#include <string.h>

static RtmpSnapshot *
snapshot_new (guint n)
{
  RtmpSnapshot *snapshot =
      g_malloc0 (sizeof (RtmpSnapshot) + (gsize)n * sizeof (RtmpMessage *));

  g_atomic_ref_count_init (&snapshot->ref_count);
  return snapshot;
}

RtmpSnapshot *
rtmp_snapshot_ref (RtmpSnapshot *snapshot)
{
  g_atomic_ref_count_inc (&snapshot->ref_count);
  return snapshot;
}

void
rtmp_snapshot_unref (RtmpSnapshot *snapshot)
{
  if (!g_atomic_ref_count_dec (&snapshot->ref_count))
    return;
  for (guint i = 0; i < snapshot->n_messages; i++)
    rtmp_message_unref (snapshot->messages[i]);
  g_free (snapshot);
}

void
rtmp_snapshot_replace (RtmpSnapshot **place, RtmpSnapshot *snapshot)
{
  RtmpSnapshot *before = *place;

  *place = snapshot ? rtmp_snapshot_ref (snapshot) : NULL;
  if (before)
    rtmp_snapshot_unref (before);
}

/* Metadata first, then video, then audio, each by track. */
static guint
place_of (const RtmpMessage *message)
{
  guint medium = message->type == RTMP_TYPE_VIDEO   ? 2
                 : message->type == RTMP_TYPE_AUDIO ? 3
                                                    : 1;

  if (medium == 1)
    return 0;
  return medium << 9 | (message->flags & RTMP_MESSAGE_METADATA ? 1u << 8 : 0) | message->track;
}

static gboolean
same_body (const RtmpMessage *a, const RtmpMessage *b)
{
  RtmpSlice x[2], y[2];
  guint n, m;

  if (a == b)
    return TRUE;
  if (a->size != b->size || a->prefix_size != b->prefix_size)
    return FALSE;
  n = rtmp_message_get_body (a, x);
  m = rtmp_message_get_body (b, y);
  if (n != m)
    return FALSE;
  for (guint i = 0; i < n; i++)
    if (x[i].size != y[i].size || memcmp (x[i].data, y[i].data, x[i].size) != 0)
      return FALSE;
  return TRUE;
}

gboolean
rtmp_snapshot_has (const RtmpSnapshot *snapshot, const RtmpMessage *message)
{
  for (guint i = 0; snapshot && i < snapshot->n_messages; i++)
    if (place_of (snapshot->messages[i]) == place_of (message))
      return same_body (snapshot->messages[i], message);
  return FALSE;
}

RtmpSnapshot *
rtmp_snapshot_with (
    const RtmpSnapshot *snapshot, RtmpMessage *message, const RtmpLimits *limits)
{
  guint n = snapshot ? snapshot->n_messages : 0;
  RtmpSnapshot *with = snapshot_new (n + 1);
  guint place = place_of (message);
  gboolean placed = FALSE;

  for (guint i = 0; i < n; i++) {
    guint other = place_of (snapshot->messages[i]);

    if (!placed && other >= place) {
      with->messages[with->n_messages++] = rtmp_message_ref (message);
      placed = TRUE;
    }
    if (other != place)
      with->messages[with->n_messages++] = rtmp_message_ref (snapshot->messages[i]);
  }
  if (!placed)
    with->messages[with->n_messages++] = rtmp_message_ref (message);
  /* metadata, and a header and its metadata for each track of two media */
  if (with->n_messages > 1 + 4 * limits->max_tracks)
    g_clear_pointer (&with, rtmp_snapshot_unref);
  return with;
}

RtmpSnapshot *
rtmp_snapshot_retimed (const RtmpSnapshot *snapshot, guint32 timestamp)
{
  RtmpSnapshot *copy;

  if (!snapshot)
    return NULL;
  copy = snapshot_new (snapshot->n_messages);
  for (guint i = 0; i < snapshot->n_messages; i++) {
    RtmpMessage *message = snapshot->messages[i];

    /* FFmpeg makes a text stream of onMetaData at any time but 0 */
    copy->messages[copy->n_messages++] =
        rtmp_message_retimed (message, message->type == RTMP_TYPE_DATA ? 0 : timestamp);
  }
  return copy;
}
