/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The chunk reader of the load generator: see load-wire.h.
 */
#include "load-wire.h"

#include <stdlib.h>
#include <string.h>

static const uint8_t message_header_size[4] = { 11, 7, 3, 0 };

uint32_t
wire_get32 (const uint8_t *p)
{
  return (uint32_t)p[0] << 24 | p[1] << 16 | p[2] << 8 | p[3];
}

static uint32_t
get24 (const uint8_t *p)
{
  return (uint32_t)p[0] << 16 | p[1] << 8 | p[2];
}

void
wire_reader_init (WireReader *reader, bool sum_bodies)
{
  memset (reader, 0, sizeof *reader);
  reader->chunk_size = 128;
  reader->sum_bodies = sum_bodies;
}

void
wire_reader_clear (WireReader *reader)
{
  for (unsigned int i = 0; i < WIRE_MAX_CSIDS; i++)
    free (reader->messages[i].body);
  memset (reader, 0, sizeof *reader);
}

static unsigned int
basic_size (uint8_t first)
{
  unsigned int low = first & 0x3f;

  return low == 0 ? 2 : low == 1 ? 3 : 1;
}

static uint32_t
csid_of (const uint8_t *header)
{
  uint32_t low = header[0] & 0x3f;

  return low == 0 ? 64u + header[1] : low == 1 ? 64u + header[1] + 256u * header[2] : low;
}

static WireMessage *
find_message (WireReader *reader, uint32_t csid)
{
  for (unsigned int i = 0; i < WIRE_MAX_CSIDS; i++) {
    WireMessage *message = &reader->messages[i];

    if (message->csid == csid)
      return message;
    if (message->csid == 0) {
      message->csid = csid;
      return message;
    }
  }
  return NULL;
}

/* Size of the header as far as its first @reader->header_size bytes tell. */
static unsigned int
header_needs (WireReader *reader)
{
  unsigned int basic, need, fmt;
  const uint8_t *header = reader->header;
  WireMessage *message;

  if (reader->header_size < 1)
    return 1;
  fmt = header[0] >> 6;
  basic = basic_size (header[0]);
  need = basic + message_header_size[fmt];
  if (reader->header_size < need)
    return need;
  if (fmt < 3)
    return get24 (header + basic) == 0xffffff ? need + 4 : need;
  message = find_message (reader, csid_of (header));
  return message && message->extended ? need + 4 : need;
}

static bool
start_message (WireReader *reader, WireMessage *message, unsigned int fmt, uint32_t value)
{
  if (fmt == 0)
    message->timestamp = value;
  else if (fmt < 3)
    message->delta = value;
  if (fmt > 0)
    message->timestamp += message->delta;
  else
    message->delta = 0;
  message->sum = (BenchSum){ 0, 0 };
  if (message->type == 8 || message->type == 9)
    return true;
  if (message->length > WIRE_MAX_COMMAND)
    return false;
  free (message->body);
  message->body = malloc (message->length + 1);
  return message->body != NULL;
}

/* The header is complete: what follows is the chunk's payload. */
static bool
on_header (WireReader *reader)
{
  const uint8_t *header = reader->header;
  unsigned int fmt = header[0] >> 6, basic = basic_size (header[0]);
  const uint8_t *p = header + basic;
  WireMessage *message = find_message (reader, csid_of (header));
  uint32_t value = 0, left;

  if (!message)
    return false;
  if (fmt < 3) {
    value = get24 (p);
    message->extended = value == 0xffffff;
  }
  if (message->extended)
    value = wire_get32 (p + message_header_size[fmt]);
  if (message->received == 0) {
    if (fmt < 2) {
      message->length = get24 (p + 3);
      message->type = p[6];
    }
    if (fmt == 0)
      message->stream_id =
          p[7] | (uint32_t)p[8] << 8 | (uint32_t)p[9] << 16 | (uint32_t)p[10] << 24;
    if (!start_message (reader, message, fmt, value))
      return false;
  } else if (fmt != 3) {
    return false;
  }
  left = message->length - message->received;
  reader->chunk_left = left < reader->chunk_size ? left : reader->chunk_size;
  reader->current = message;
  reader->header_size = 0;
  return true;
}

static void
keep_media (WireReader *reader, WireMessage *message, const uint8_t *data, uint32_t size)
{
  uint32_t begin = message->received, end = begin + size, tail;

  tail = message->length > BENCH_STAMP_SIZE ? message->length - BENCH_STAMP_SIZE : 0;
  for (uint32_t i = begin; i < 2 && i < end; i++)
    message->head[i] = data[i - begin];
  if (end > tail) {
    uint32_t from = begin > tail ? begin : tail;

    memcpy (message->tail + (from - tail), data + (from - begin), end - from);
  }
  if (reader->sum_bodies && begin < tail)
    bench_sum_add (&message->sum, data, (end < tail ? end : tail) - begin);
}

static bool
on_payload (
    WireReader *reader, const uint8_t *data, uint32_t size, WireFunc func, void *user_data)
{
  WireMessage *message = reader->current;

  if (message->type == 8 || message->type == 9)
    keep_media (reader, message, data, size);
  else
    memcpy (message->body + message->received, data, size);
  message->received += size;
  reader->chunk_left -= size;
  if (reader->chunk_left > 0)
    return true;
  reader->current = NULL;
  if (message->received < message->length)
    return true;
  message->received = 0;
  return func (user_data, message);
}

bool
wire_reader_push (
    WireReader *reader, const uint8_t *data, size_t size, WireFunc func, void *user_data)
{
  uint32_t n;

  while (size > 0 || (reader->current && reader->chunk_left == 0)) {
    if (reader->current) {
      n = size < reader->chunk_left ? size : reader->chunk_left;
      if (!on_payload (reader, data, n, func, user_data))
        return false;
    } else {
      unsigned int missing = header_needs (reader) - reader->header_size;

      n = size < missing ? size : missing;
      memcpy (reader->header + reader->header_size, data, n);
      reader->header_size += n;
      if (reader->header_size == header_needs (reader) && !on_header (reader))
        return false;
    }
    data += n;
    size -= n;
  }
  return true;
}
