/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * RtmpChunkWriter: headers as short as every known reader understands.
 */
#include "rtmp-chunk-writer.h"
#include "rtmp-bytes.h"
#include "rtmp-control.h"

#define EXTENDED 0xffffffu
#define MAX_BASIC 3

/* What the reader knows of one chunk stream. */
typedef struct _SentHeader
{
  guint32 csid;
  guint32 timestamp;
  guint32 delta;
  guint32 size;
  guint32 msid;
  guint8 type;
  gboolean delta_known; /* fmt 3 would mean `delta` to every reader */
} SentHeader;

struct _RtmpChunkWriter
{
  gboolean compress;
  guint32 chunk_size;
  GArray *sent; /* of SentHeader */
};

RtmpChunkWriter *
rtmp_chunk_writer_new (gboolean compress)
{
  RtmpChunkWriter *writer = g_new0 (RtmpChunkWriter, 1);

  writer->compress = compress;
  writer->chunk_size = RTMP_CHUNK_SIZE_DEFAULT;
  writer->sent = g_array_new (FALSE, TRUE, sizeof (SentHeader));
  return writer;
}

void
rtmp_chunk_writer_free (RtmpChunkWriter *writer)
{
  g_array_unref (writer->sent);
  g_free (writer);
}

guint32
rtmp_chunk_writer_get_chunk_size (const RtmpChunkWriter *writer)
{
  return writer->chunk_size;
}

void
rtmp_chunk_writer_set_chunk_size (RtmpChunkWriter *writer, guint32 size, GByteArray *out)
{
  RtmpMessage *message;

  size = CLAMP (size, 1, G_MAXINT32);
  message = rtmp_control_new (RTMP_TYPE_SET_CHUNK_SIZE, size);
  rtmp_chunk_writer_write (writer, message, out);
  rtmp_message_unref (message);
  writer->chunk_size = size;
}

static guint
put_basic (guint8 *out, guint fmt, guint32 csid)
{
  if (csid < 64) {
    out[0] = fmt << 6 | csid;
    return 1;
  }
  csid -= 64;
  out[1] = csid & 0xff;
  if (csid < 256) {
    out[0] = fmt << 6;
    return 2;
  }
  out[0] = fmt << 6 | 1;
  out[2] = csid >> 8;
  return 3;
}

static SentHeader *
find_sent (RtmpChunkWriter *writer, guint32 csid, gboolean *fresh)
{
  SentHeader *sent;
  guint i;

  for (i = 0; i < writer->sent->len; i++) {
    sent = &g_array_index (writer->sent, SentHeader, i);
    if (sent->csid == csid) {
      *fresh = FALSE;
      return sent;
    }
  }
  *fresh = TRUE;
  g_array_set_size (writer->sent, i + 1);
  sent = &g_array_index (writer->sent, SentHeader, i);
  sent->csid = csid;
  return sent;
}

static guint
choose_fmt (const SentHeader *sent, const RtmpMessage *message)
{
  guint32 delta = message->timestamp - sent->timestamp;

  /* readers disagree about extended deltas, and a large one is a step back */
  if (message->msid != sent->msid || delta >= EXTENDED)
    return 0;
  if (message->type != sent->type || message->size != sent->size)
    return 1;
  /* nginx-rtmp adds nothing in a fmt 3 after fmt 0, others its timestamp: after
   * fmt 0 the two agree for timestamp 0 only */
  return sent->delta_known && delta == sent->delta ? 3 : 2;
}

/* Returns the fmt; @value: what its timestamp field says. */
static guint
compress (RtmpChunkWriter *writer, const RtmpMessage *message, guint32 csid, guint32 *value)
{
  gboolean fresh;
  SentHeader *sent = find_sent (writer, csid, &fresh);
  guint fmt = fresh ? 0 : choose_fmt (sent, message);

  sent->delta = fmt == 0 ? 0 : message->timestamp - sent->timestamp;
  sent->delta_known = fmt != 0 || message->timestamp == 0;
  sent->timestamp = message->timestamp;
  sent->size = message->size;
  sent->msid = message->msid;
  sent->type = message->type;
  *value = fmt == 0 ? message->timestamp : sent->delta;
  return fmt;
}

/* Message header behind the basic header; @value is the timestamp or delta. */
static guint
put_header (guint8 *out, guint fmt, guint32 value, const RtmpMessage *message)
{
  static const guint8 sizes[] = { 11, 7, 3, 0 };

  if (fmt <= 2)
    rtmp_put_u24 (out, MIN (value, EXTENDED));
  if (fmt <= 1) {
    rtmp_put_u24 (out + 3, message->size);
    out[6] = message->type;
  }
  if (fmt == 0)
    rtmp_put_u32_le (out + 7, message->msid);
  return sizes[fmt];
}

static void
append_body (const RtmpMessage *message, gsize offset, gsize size, GByteArray *out)
{
  guint at = out->len;

  g_byte_array_set_size (out, at + size);
  rtmp_message_copy_out (message, offset, out->data + at, size);
}

static gboolean
csid_is_legal (guint32 csid)
{
  return csid >= 2 && csid <= 65599;
}

void
rtmp_chunk_writer_write (RtmpChunkWriter *writer, const RtmpMessage *message, GByteArray *out)
{
  guint32 csid =
      csid_is_legal (message->csid) ? message->csid : rtmp_message_default_csid (message->type);
  guint32 value = message->timestamp;
  guint fmt = writer->compress ? compress (writer, message, csid, &value) : 0;
  gboolean extended = value >= EXTENDED;
  guint8 header[MAX_BASIC + 11 + 4];
  gsize offset = 0, n;

  n = put_basic (header, fmt, csid);
  n += put_header (header + n, fmt, value, message);
  do {
    gsize size = MIN (writer->chunk_size, message->size - offset);

    if (extended) {
      rtmp_put_u32 (header + n, value);
      n += 4;
    }
    g_byte_array_append (out, header, n);
    append_body (message, offset, size, out);
    offset += size;
    n = put_basic (header, 3, csid);
  } while (offset < message->size);
}
