/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * BenchMedia: reads FLV, makes room for stamps, cuts chunks.
 */
#include "bench-media.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct
{
  const uint8_t *data;
  uint32_t size;
  uint32_t timestamp_ms;
  uint8_t type;
} Tag;

static const uint8_t set_data_frame[] = "\x02\x00\x0d@setDataFrame";

static uint8_t
csid_of (uint8_t type)
{
  return type == 9 ? 6 : type == 8 ? 4 : 5;
}

static uint32_t
get24 (const uint8_t *p)
{
  return (uint32_t)p[0] << 16 | p[1] << 8 | p[2];
}

static uint8_t *
read_file (const char *path, size_t *size)
{
  FILE *file = fopen (path, "rb");
  uint8_t *data = NULL;
  long end = -1;

  if (file && fseek (file, 0, SEEK_END) == 0 && (end = ftell (file)) > 0) {
    rewind (file);
    data = malloc (end);
    if (data && fread (data, 1, end, file) != (size_t)end) {
      free (data);
      data = NULL;
    }
  }
  if (file)
    fclose (file);
  *size = end;
  return data;
}

static bool
next_tag (const uint8_t *data, size_t size, size_t *pos, Tag *tag)
{
  const uint8_t *p = data + *pos;

  if (size - *pos < 11 || size - *pos - 11 < get24 (p + 1))
    return false;
  tag->type = p[0] & 0x1f;
  tag->size = get24 (p + 1);
  tag->timestamp_ms = get24 (p + 4) | (uint32_t)p[7] << 24;
  tag->data = p + 11;
  *pos += 11 + tag->size;
  *pos += size - *pos < 4 ? size - *pos : 4;
  return true;
}

/* Writes @body as chunks after the first header; returns bytes written. */
static uint32_t
cut (uint8_t *wire, const uint8_t *body, uint32_t length, uint32_t chunk_size, uint8_t type)
{
  uint32_t done = 0, out = 0;

  while (done < length) {
    uint32_t n = length - done < chunk_size ? length - done : chunk_size;

    if (done > 0)
      wire[out++] = 0xc0 | csid_of (type);
    memcpy (wire + out, body + done, n);
    out += n;
    done += n;
  }
  return out;
}

/* How much padding puts the stamp at the end of @length + padding bytes into one chunk. */
static uint32_t
padding_for (uint32_t length, uint32_t chunk_size)
{
  uint32_t start = length % chunk_size;

  return start + BENCH_STAMP_SIZE > chunk_size ? chunk_size - start : 0;
}

static bool
set_message (BenchMessage *message, const Tag *tag, bool stamped, uint32_t chunk_size)
{
  uint32_t length = tag->size, padding = 0, nal_size;
  uint8_t *body = malloc (tag->size + 64 + chunk_size);
  BenchSum sum = { 0, 0 };

  if (!body)
    return false;
  memcpy (body, tag->data, tag->size);
  if (stamped) {
    uint32_t nal = tag->type == 9 ? 5 : 0;

    padding = padding_for (length + nal, chunk_size);
    if (nal) {
      nal_size = 1 + padding + BENCH_STAMP_SIZE;
      for (int i = 0; i < 4; i++)
        body[length + i] = nal_size >> (24 - 8 * i);
      body[length + 4] = 0x0c;
    }
    memset (body + length + nal, 0xff, padding + BENCH_STAMP_SIZE);
    length += nal + padding;
    bench_sum_add (&sum, body, length);
    length += BENCH_STAMP_SIZE;
  }
  message->type = tag->type;
  message->keyframe = tag->type == 9 && (tag->data[0] >> 4 & 7) == 1;
  message->length = length;
  message->sum = bench_sum_value (&sum);
  message->wire = malloc (length + length / chunk_size + 1);
  if (message->wire)
    message->wire_size = cut (message->wire, body, length, chunk_size, tag->type);
  free (body);
  return message->wire != NULL;
}

static bool
add_metadata (BenchMedia *media, const Tag *tag)
{
  const uint32_t prefix = sizeof set_data_frame - 1;
  uint8_t *body = malloc (prefix + tag->size);
  Tag both = { body, prefix + tag->size, 0, 18 };
  bool ok;

  if (!body)
    return false;
  memcpy (body, set_data_frame, prefix);
  memcpy (body + prefix, tag->data, tag->size);
  ok = set_message (&media->headers[media->n_headers++], &both, false, media->chunk_size);
  free (body);
  return ok;
}

static bool
add_media (BenchMedia *media, const Tag *tag, uint32_t base_ms)
{
  BenchMessage *message;

  if (media->n_messages % 1024 == 0) {
    message = realloc (media->messages, (media->n_messages + 1024) * sizeof *message);
    if (!message)
      return false;
    media->messages = message;
  }
  message = &media->messages[media->n_messages++];
  memset (message, 0, sizeof *message);
  message->timestamp_ms = tag->timestamp_ms - base_ms;
  return set_message (message, tag, true, media->chunk_size);
}

/* Metadata, sequence header, picture or frame; others (end of sequence, ...) are not sent. */
static bool
add_tag (BenchMedia *media, const Tag *tag, uint32_t *base_ms)
{
  bool av = tag->type == 8 || tag->type == 9;

  if (tag->type == 18)
    return media->n_headers >= 3 || media->n_messages > 0 || add_metadata (media, tag);
  if (!av || tag->size < 2)
    return true;
  if (tag->data[1] == 0)
    return media->n_headers >= 3 ||
           set_message (&media->headers[media->n_headers++], tag, false, media->chunk_size);
  if (tag->data[1] != 1)
    return true;
  if (media->n_messages == 0)
    *base_ms = tag->timestamp_ms;
  return tag->timestamp_ms < *base_ms || add_media (media, tag, *base_ms);
}

static void
measure (BenchMedia *media)
{
  uint32_t last[2] = { 0, 0 }, step[2] = { 1, 1 }, keyframe = 0, gap;

  for (unsigned int i = 0; i < media->n_messages; i++) {
    const BenchMessage *message = &media->messages[i];
    int kind = message->type == 9;

    if (message->timestamp_ms > last[kind])
      step[kind] = message->timestamp_ms - last[kind];
    last[kind] = message->timestamp_ms;
    media->payload_bytes += message->length;
    if (message->keyframe) {
      gap = message->timestamp_ms - keyframe;
      media->gop_ms = gap > media->gop_ms ? gap : media->gop_ms;
      keyframe = message->timestamp_ms;
    }
  }
  for (int kind = 0; kind < 2; kind++)
    if (last[kind] + step[kind] > media->duration_ms)
      media->duration_ms = last[kind] + step[kind];
  gap = media->duration_ms - keyframe;
  media->gop_ms = gap > media->gop_ms ? gap : media->gop_ms;
}

BenchMedia *
bench_media_load (const char *path, uint32_t chunk_size)
{
  size_t size, pos = 13;
  uint8_t *data = read_file (path, &size);
  BenchMedia *media = calloc (1, sizeof *media);
  uint32_t base_ms = 0;
  Tag tag;
  bool ok = data && media && size > 13 && memcmp (data, "FLV", 3) == 0;

  if (media)
    media->chunk_size = chunk_size;
  while (ok && next_tag (data, size, &pos, &tag))
    ok = add_tag (media, &tag, &base_ms);
  free (data);
  if (!ok || media->n_messages == 0) {
    fprintf (stderr, "%s: no FLV file with H.264 and AAC\n", path);
    bench_media_free (media);
    return NULL;
  }
  measure (media);
  return media;
}

void
bench_media_free (BenchMedia *media)
{
  if (!media)
    return;
  for (unsigned int i = 0; i < media->n_headers; i++)
    free (media->headers[i].wire);
  for (unsigned int i = 0; i < media->n_messages; i++)
    free (media->messages[i].wire);
  free (media->messages);
  free (media);
}

void
bench_message_write_header (const BenchMessage *message, uint32_t timestamp_ms,
    uint32_t stream_id, uint8_t out[BENCH_HEADER_SIZE])
{
  out[0] = csid_of (message->type);
  for (int i = 0; i < 3; i++) {
    out[1 + i] = timestamp_ms >> (16 - 8 * i);
    out[4 + i] = message->length >> (16 - 8 * i);
  }
  out[7] = message->type;
  for (int i = 0; i < 4; i++)
    out[8 + i] = stream_id >> (8 * i);
}
