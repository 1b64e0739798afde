/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The client's side of RTMP, no more than a benchmark needs and independent of
 * the server's own code: an incremental chunk reader that keeps no bodies of
 * media, and builders of the few messages that a client sends.
 *
 * One thread. Reader and buffer are embedded in their connection.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bench-stamp.h"

#define WIRE_MAX_CSIDS 10
/* Longest command or control message that is kept; longer ones are an error. */
#define WIRE_MAX_COMMAND 16384u
#define WIRE_HANDSHAKE_SIZE 1536u

typedef struct _WireMessage
{
  uint32_t csid; /* 0: free */
  uint32_t timestamp;
  uint32_t delta;
  uint32_t length;
  uint32_t received;
  uint32_t stream_id;
  uint8_t type;
  bool extended;
  BenchSum sum;    /* of all but the last BENCH_STAMP_SIZE bytes */
  uint8_t head[2]; /* first bytes of a media body */
  uint8_t tail[BENCH_STAMP_SIZE];
  uint8_t *body; /* other messages: the whole body */
} WireMessage;

typedef struct _WireReader
{
  uint32_t chunk_size;
  uint32_t chunk_left;
  bool sum_bodies;
  WireMessage *current; /* NULL: in a header */
  uint8_t header[18];
  uint8_t header_size;
  WireMessage messages[WIRE_MAX_CSIDS];
} WireReader;

/* A message is complete; FALSE: stop reading. */
typedef bool (*WireFunc) (void *user_data, WireMessage *message);

void wire_reader_init (WireReader *reader, bool sum_bodies);
void wire_reader_clear (WireReader *reader);
/* Any split of the input. FALSE: bytes that this reader does not take, or @func said so. */
bool wire_reader_push (
    WireReader *reader, const uint8_t *data, size_t size, WireFunc func, void *user_data);

typedef struct _WireBuffer
{
  uint8_t *data;
  uint32_t size, allocated, sent;
} WireBuffer;

void wire_buffer_add (WireBuffer *buffer, const void *data, uint32_t size);
void wire_buffer_clear (WireBuffer *buffer);

/* One message each, for chunk size 128 as long as none was announced. */
void wire_add_control (WireBuffer *buffer, uint8_t type, uint32_t value);
void wire_add_user_control (
    WireBuffer *buffer, uint16_t event, uint32_t a, bool two, uint32_t b);
void wire_add_connect (
    WireBuffer *buffer, uint32_t chunk_size, const char *app, const char *tc_url);
/* createStream: @argument NULL. releaseStream, FCPublish, play: one string. publish: and
 * "live". */
void wire_add_command (WireBuffer *buffer, uint32_t chunk_size, uint32_t stream_id,
    const char *command, double transaction, const char *argument, const char *second);
/* createStream's counterpart. */
void wire_add_delete_stream (WireBuffer *buffer, uint32_t chunk_size, uint32_t stream_id);

/* Parsed answer: strings NULL-terminated and cut where too long. */
typedef struct _WireAnswer
{
  char command[32];
  char code[64];
  double transaction;
  double number; /* createStream's id, 0 if there is none */
} WireAnswer;

bool wire_parse_answer (const WireMessage *message, WireAnswer *answer);
uint32_t wire_get32 (const uint8_t *p);
