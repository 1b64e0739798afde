/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Aggregates into messages.
 */
#include "rtmp-aggregate.h"
#include "rtmp-bytes.h"
#include "rtmp-error.h"

#define BACK_POINTER_SIZE 4

typedef struct _SubTag
{
  guint8 type;
  guint32 timestamp;
  const guint8 *data;
  guint32 size;
} SubTag;

static gboolean
is_wanted (guint8 type)
{
  return type == RTMP_TYPE_AUDIO || type == RTMP_TYPE_VIDEO || type == RTMP_TYPE_DATA ||
         type == RTMP_TYPE_DATA_AMF3 || type == RTMP_TYPE_COMMAND;
}

static gboolean
parse_tag (RtmpCursor *cursor, SubTag *tag)
{
  guint32 low;
  guint8 high;

  if (!rtmp_cursor_u8 (cursor, &tag->type) || !rtmp_cursor_u24 (cursor, &tag->size) ||
      !rtmp_cursor_u24 (cursor, &low) || !rtmp_cursor_u8 (cursor, &high) ||
      rtmp_cursor_take (cursor, 3) == NULL)
    return FALSE;
  tag->timestamp = (guint32)high << 24 | low;
  tag->data = rtmp_cursor_take (cursor, tag->size);
  /* the last one may be cut off */
  rtmp_cursor_take (cursor, MIN (cursor->left, BACK_POINTER_SIZE));
  return tag->data != NULL;
}

static RtmpMessage *
new_sub (const RtmpMessage *aggregate, const SubTag *tag, guint32 first)
{
  RtmpMessage *message = rtmp_message_new_copy (tag->type,
      aggregate->timestamp + (tag->timestamp - first), aggregate->msid, tag->data, tag->size);

  message->csid = aggregate->csid;
  message->arrival_us = aggregate->arrival_us;
  return message;
}

static gboolean
unpack (const RtmpMessage *aggregate, RtmpCursor *cursor, guint left, GPtrArray *out,
    GError **error)
{
  gboolean started = FALSE;
  guint32 first = 0;
  SubTag tag;

  for (; cursor->left > 0; left--) {
    if (left == 0) {
      g_set_error_literal (
          error, RTMP_ERROR, RTMP_ERROR_LIMIT, "aggregate of too many messages");
      return FALSE;
    }
    if (!parse_tag (cursor, &tag)) {
      g_set_error_literal (
          error, RTMP_ERROR, RTMP_ERROR_PROTOCOL, "aggregate ends inside a message");
      return FALSE;
    }
    if (!started)
      first = tag.timestamp;
    started = TRUE;
    if (is_wanted (tag.type))
      g_ptr_array_add (out, new_sub (aggregate, &tag, first));
  }
  return TRUE;
}

gboolean
rtmp_aggregate_unpack (
    const RtmpMessage *aggregate, const RtmpLimits *limits, GPtrArray *out, GError **error)
{
  gsize size;
  const guint8 *body = rtmp_message_peek (aggregate, &size);
  guint8 *copy = NULL;
  RtmpCursor cursor;
  gboolean ok;

  if (body == NULL) {
    size = aggregate->size;
    body = copy = g_malloc (size);
    rtmp_message_copy_out (aggregate, 0, copy, size);
  }
  cursor = rtmp_cursor (body, size);
  ok = unpack (aggregate, &cursor, limits->max_aggregate_messages, out, error);
  g_free (copy);
  return ok;
}
