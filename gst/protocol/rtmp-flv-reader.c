/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * FLV tag framing. One function per state; each takes what it can use.
 */
#include "rtmp-flv-reader.h"
#include "rtmp-bytes.h"
#include "rtmp-error.h"

#define HEADER_SIZE 9
#define TAG_HEADER_SIZE 11
#define BACK_POINTER_SIZE 4
/* no header that exists is longer than 9 bytes */
#define HEADER_SIZE_MAX 1024

typedef enum
{
  STATE_START,      /* 3 bytes tell an FLV header from a tag */
  STATE_HEADER,     /* the rest of an FLV header */
  STATE_TAG_HEADER, /* the rest of a tag's */
  STATE_BODY,
  STATE_SKIP, /* bytes nobody needs, then a new start */
} State;

struct _RtmpFlvReader
{
  const RtmpLimits *limits;
  State state;
  guint8 scratch[TAG_HEADER_SIZE];
  gsize n_scratch;
  gsize skip;
  gsize body_size;
  guint8 flags;
  RtmpMessage *body;
  RtmpMessage *done;
  GError *error;
};

RtmpFlvReader *
rtmp_flv_reader_new (const RtmpLimits *limits)
{
  RtmpFlvReader *reader = g_new0 (RtmpFlvReader, 1);

  reader->limits = limits;
  return reader;
}

void
rtmp_flv_reader_reset (RtmpFlvReader *reader)
{
  g_clear_pointer (&reader->body, rtmp_message_unref);
  g_clear_pointer (&reader->done, rtmp_message_unref);
  g_clear_error (&reader->error);
  reader->state = STATE_START;
  reader->n_scratch = 0;
}

void
rtmp_flv_reader_free (RtmpFlvReader *reader)
{
  if (reader == NULL)
    return;
  rtmp_flv_reader_reset (reader);
  g_free (reader);
}

static gboolean
fail (RtmpFlvReader *reader, RtmpErrorCode code, const gchar *what)
{
  g_set_error (&reader->error, RTMP_ERROR, code, "FLV: %s", what);
  return FALSE;
}

/* TRUE when scratch has @size bytes. */
static gboolean
fill_scratch (RtmpFlvReader *reader, RtmpCursor *cursor, gsize size)
{
  gsize n = MIN (size - reader->n_scratch, cursor->left);

  memcpy (reader->scratch + reader->n_scratch, cursor->data, n);
  rtmp_cursor_take (cursor, n);
  reader->n_scratch += n;
  return reader->n_scratch == size;
}

static void
start_skip (RtmpFlvReader *reader, gsize size)
{
  reader->skip = size;
  reader->n_scratch = 0;
  reader->state = STATE_SKIP;
}

static gboolean
read_start (RtmpFlvReader *reader, RtmpCursor *cursor)
{
  if (!fill_scratch (reader, cursor, 3))
    return TRUE;
  reader->state = memcmp (reader->scratch, "FLV", 3) == 0 ? STATE_HEADER : STATE_TAG_HEADER;
  return TRUE;
}

static gboolean
read_header (RtmpFlvReader *reader, RtmpCursor *cursor)
{
  guint32 size;

  if (!fill_scratch (reader, cursor, HEADER_SIZE))
    return TRUE;
  size = rtmp_get_u32 (reader->scratch + 5);
  if (size < HEADER_SIZE || size > HEADER_SIZE_MAX)
    return fail (reader, RTMP_ERROR_PROTOCOL, "not an FLV header");
  reader->flags = reader->scratch[4];
  start_skip (reader, size - HEADER_SIZE + BACK_POINTER_SIZE);
  return TRUE;
}

/* 0: not a type we know. */
static guint32
max_size (const RtmpFlvReader *reader, guint8 type)
{
  switch (type) {
    case RTMP_TYPE_AUDIO:
      return reader->limits->max_audio_size;
    case RTMP_TYPE_VIDEO:
      return reader->limits->max_video_size;
    case RTMP_TYPE_DATA:
    case RTMP_TYPE_DATA_AMF3:
      return reader->limits->max_data_size;
    default:
      return 0;
  }
}

static gboolean
read_tag_header (RtmpFlvReader *reader, RtmpCursor *cursor)
{
  const guint8 *header = reader->scratch;
  guint8 type;

  if (!fill_scratch (reader, cursor, TAG_HEADER_SIZE))
    return TRUE;
  type = header[0] & 0x1f;
  reader->body_size = rtmp_get_u24 (header + 1);
  if ((header[0] & 0xc0) != 0 || type == 0)
    return fail (reader, RTMP_ERROR_PROTOCOL, "not an FLV tag");
  if ((header[0] & 0x20) != 0 || max_size (reader, type) == 0) {
    start_skip (reader, reader->body_size + BACK_POINTER_SIZE);
    return TRUE;
  }
  if (reader->body_size > max_size (reader, type))
    return fail (reader, RTMP_ERROR_LIMIT, "tag too large");
  reader->body = rtmp_message_new_sized (
      type, rtmp_get_u24 (header + 4) | (guint32)header[7] << 24, 1, reader->body_size);
  reader->state = STATE_BODY;
  return TRUE;
}

static gboolean
read_body (RtmpFlvReader *reader, RtmpCursor *cursor)
{
  gsize n = MIN (reader->body_size - reader->body->size, cursor->left);

  rtmp_message_append (reader->body, cursor->data, n, reader->body_size);
  rtmp_cursor_take (cursor, n);
  if (reader->body->size < reader->body_size)
    return TRUE;
  reader->done = g_steal_pointer (&reader->body);
  start_skip (reader, BACK_POINTER_SIZE);
  return TRUE;
}

static gboolean
read_skip (RtmpFlvReader *reader, RtmpCursor *cursor)
{
  gsize n = MIN (reader->skip, cursor->left);

  rtmp_cursor_take (cursor, n);
  reader->skip -= n;
  if (reader->skip == 0)
    reader->state = STATE_START;
  return TRUE;
}

static gboolean
step (RtmpFlvReader *reader, RtmpCursor *cursor)
{
  switch (reader->state) {
    case STATE_START:
      return read_start (reader, cursor);
    case STATE_HEADER:
      return read_header (reader, cursor);
    case STATE_TAG_HEADER:
      return read_tag_header (reader, cursor);
    case STATE_BODY:
      return read_body (reader, cursor);
    case STATE_SKIP:
      return read_skip (reader, cursor);
  }
  return FALSE;
}

/* A body of no bytes completes without any. */
static gboolean
can_go_on (const RtmpFlvReader *reader, const RtmpCursor *cursor)
{
  return reader->done == NULL &&
         (cursor->left > 0 || (reader->state == STATE_BODY && reader->body_size == 0));
}

gssize
rtmp_flv_reader_push (RtmpFlvReader *reader, const guint8 *data, gsize size, GError **error)
{
  RtmpCursor cursor = rtmp_cursor (data, size);

  while (reader->error == NULL && can_go_on (reader, &cursor)) {
    if (!step (reader, &cursor))
      break;
  }
  if (reader->error != NULL) {
    g_propagate_error (error, g_error_copy (reader->error));
    return -1;
  }
  return size - cursor.left;
}

RtmpMessage *
rtmp_flv_reader_pull (RtmpFlvReader *reader)
{
  return g_steal_pointer (&reader->done);
}

guint8
rtmp_flv_reader_get_flags (const RtmpFlvReader *reader)
{
  return reader->flags;
}
