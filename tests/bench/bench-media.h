/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * BenchMedia: an FLV file (H.264, AAC) read once and cut into RTMP messages that
 * any number of publishers share. Every picture and every audio frame ends in
 * room for a BenchStamp: video in a filler NAL unit, audio behind the AAC frame.
 *
 * Immutable after load; any thread. Loops: message i of pass p has the timestamp
 * messages[i].timestamp_ms + p * duration_ms.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bench-stamp.h"

typedef struct _BenchMessage
{
  uint8_t type; /* 8 audio, 9 video, 18 data */
  bool keyframe;
  uint32_t timestamp_ms; /* from the first media message of the file */
  uint32_t length;       /* body, stamp included */
  uint32_t sum;          /* checksum of the body without the stamp */
  /* Chunks after the first chunk's header: body pieces with fmt-3 headers between
   * them. The stamp's room is the last BENCH_STAMP_SIZE bytes, never cut. */
  uint8_t *wire;
  uint32_t wire_size;
} BenchMessage;

typedef struct _BenchMedia
{
  uint32_t chunk_size;
  BenchMessage headers[3]; /* metadata and sequence headers, unstamped */
  unsigned int n_headers;
  BenchMessage *messages;
  unsigned int n_messages;
  uint32_t duration_ms;
  uint32_t gop_ms;        /* longest distance of keyframes */
  uint64_t payload_bytes; /* of one pass */
} BenchMedia;

/* NULL and a line on stderr when the file cannot be used. */
BenchMedia *bench_media_load (const char *path, uint32_t chunk_size);
void bench_media_free (BenchMedia *media);

#define BENCH_HEADER_SIZE 12u
/* The first chunk's header: fmt 0, 1-byte csid, timestamp below 0xffffff. */
void bench_message_write_header (const BenchMessage *message, uint32_t timestamp_ms,
    uint32_t stream_id, uint8_t out[BENCH_HEADER_SIZE]);
