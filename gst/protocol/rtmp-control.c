/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Protocol control and user control messages, bytes to struct and back.
 */
#include "rtmp-control.h"
#include "rtmp-bytes.h"

/* Data bytes without which an event says nothing. Events we do not know have
 * none: what some encoders send must not look like an error. */
static gsize
event_data_size (guint16 event)
{
  switch (event) {
    case RTMP_CONTROL_STREAM_BEGIN:
    case RTMP_CONTROL_STREAM_EOF:
    case RTMP_CONTROL_STREAM_DRY:
    case RTMP_CONTROL_STREAM_IS_RECORDED:
    case RTMP_CONTROL_PING_REQUEST:
    case RTMP_CONTROL_PING_RESPONSE:
    case RTMP_CONTROL_BUFFER_EMPTY:
    case RTMP_CONTROL_BUFFER_READY:
      return 4;
    case RTMP_CONTROL_SET_BUFFER_LENGTH:
      return 8;
    default:
      return 0;
  }
}

static gboolean
parse_event (RtmpCursor *cursor, RtmpControl *control)
{
  gsize size;

  if (!rtmp_cursor_u16 (cursor, &control->event))
    return FALSE;
  size = event_data_size (control->event);
  if (cursor->left < size)
    return FALSE;
  if (size >= 4)
    rtmp_cursor_u32 (cursor, &control->event_data);
  if (size >= 8)
    rtmp_cursor_u32 (cursor, &control->event_data2);
  return TRUE;
}

gboolean
rtmp_control_parse (const RtmpMessage *message, RtmpControl *control)
{
  guint8 body[10];
  RtmpCursor cursor = rtmp_cursor (body, rtmp_message_copy_out (message, 0, body, sizeof body));

  memset (control, 0, sizeof *control);
  control->type = message->type;

  switch (message->type) {
    case RTMP_TYPE_SET_CHUNK_SIZE:
    case RTMP_TYPE_ABORT:
    case RTMP_TYPE_ACK:
    case RTMP_TYPE_WINDOW_ACK_SIZE:
      return rtmp_cursor_u32 (&cursor, &control->value);
    case RTMP_TYPE_SET_PEER_BANDWIDTH:
      return rtmp_cursor_u32 (&cursor, &control->value) &&
             rtmp_cursor_u8 (&cursor, &control->limit_type);
    case RTMP_TYPE_USER_CONTROL:
      return parse_event (&cursor, control);
    default:
      return FALSE;
  }
}

static RtmpMessage *
control_message (guint8 type, const guint8 *body, gsize size)
{
  RtmpMessage *message = rtmp_message_new_copy (type, 0, 0, body, size);

  message->csid = RTMP_CSID_CONTROL;
  return message;
}

RtmpMessage *
rtmp_control_new (RtmpType type, guint32 value)
{
  guint8 body[4];

  rtmp_put_u32 (body, value);
  return control_message (type, body, sizeof body);
}

RtmpMessage *
rtmp_control_new_peer_bandwidth (guint32 size, guint8 limit_type)
{
  guint8 body[5];

  rtmp_put_u32 (body, size);
  body[4] = limit_type;
  return control_message (RTMP_TYPE_SET_PEER_BANDWIDTH, body, sizeof body);
}

RtmpMessage *
rtmp_control_new_event (RtmpControlEvent event, guint32 data)
{
  guint8 body[6];

  rtmp_put_u16 (body, event);
  rtmp_put_u32 (body + 2, data);
  return control_message (RTMP_TYPE_USER_CONTROL, body, sizeof body);
}

RtmpMessage *
rtmp_control_new_buffer_length (guint32 msid, guint32 ms)
{
  guint8 body[10];

  rtmp_put_u16 (body, RTMP_CONTROL_SET_BUFFER_LENGTH);
  rtmp_put_u32 (body + 2, msid);
  rtmp_put_u32 (body + 6, ms);
  return control_message (RTMP_TYPE_USER_CONTROL, body, sizeof body);
}
