/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * RtmpChunkReader: chunk stream bytes in any slices -> complete messages.
 * Source: RTMP 1.0 section 5.3; tolerance as GStreamer, SRS and librtmp read.
 *
 * Owner and thread: its session, one thread. It obeys Set Chunk Size and Abort
 * itself (and still delivers them). Memory: a few bytes of header scratch, one
 * small struct per chunk stream in use (at most max_chunk_streams), and bodies
 * that grow with the bytes that arrived (at most max_partial_bytes).
 *
 * Extended timestamps: a fmt 3 continuation may or may not repeat the field.
 * Its four bytes are compared with the last value until two chunks in a row of
 * that chunk stream agreed on one dialect, which is then taken for granted.
 * Where a message ends on bytes that look like the beginning of the field, it
 * is delivered when the next byte arrives.
 */
#pragma once

#include "rtmp-limits.h"
#include "rtmp-message.h"

G_BEGIN_DECLS

typedef struct _RtmpChunkReader RtmpChunkReader;

typedef enum
{
  RTMP_FMT3_REPEAT, /* fmt 3 after fmt 0 adds the fmt 0 timestamp: the specification */
  RTMP_FMT3_ZERO,   /* adds nothing: nginx-rtmp, gortmplib */
} RtmpFmt3Mode;

/* @limits: copied pointer, must outlive the reader; may be changed between calls
 * with rtmp_chunk_reader_set_limits (lower before authorization). */
RtmpChunkReader *rtmp_chunk_reader_new (const RtmpLimits *limits);
void rtmp_chunk_reader_free (RtmpChunkReader *reader);

void rtmp_chunk_reader_set_limits (RtmpChunkReader *reader, const RtmpLimits *limits);
/* Default RTMP_FMT3_REPEAT. */
void rtmp_chunk_reader_set_fmt3 (RtmpChunkReader *reader, RtmpFmt3Mode mode);
/* TRUE: fmt 1 as the first header of a chunk stream is an error; FALSE, the
 * default: its msid and previous timestamp are 0 (librtmp's first ping). */
void rtmp_chunk_reader_set_strict (RtmpChunkReader *reader, gboolean strict);
/* Default RTMP_CHUNK_SIZE_DEFAULT; 1 to 2^31-1. */
void rtmp_chunk_reader_set_chunk_size (RtmpChunkReader *reader, guint32 size);
guint32 rtmp_chunk_reader_get_chunk_size (const RtmpChunkReader *reader);

/* Takes any slice; returns the bytes consumed: up to the end of the first
 * message that completes, else all; 0 while a message waits to be pulled. -1 on
 * error (RTMP_ERROR_PROTOCOL or _LIMIT; sticky: later calls return the same
 * error); a Set Chunk Size that is the error can still be pulled. */
gssize rtmp_chunk_reader_push (
    RtmpChunkReader *reader, const guint8 *data, gsize size, GError **error);

/* The message that completed, full transfer, unsealed; else NULL. Call it until
 * then: bytes that were kept for a comparison may hold another. An error among
 * those is returned by the next push, also of no bytes. */
RtmpMessage *rtmp_chunk_reader_pull (RtmpChunkReader *reader);

/* For dumps: how the message that the next pull returns began, and how many bytes
 * were read so far (on an error: up to where it was seen). */
typedef struct _RtmpChunkInfo
{
  guint8 fmt;        /* of its first chunk */
  gboolean extended; /* it has an extended timestamp */
  guint64 position;
} RtmpChunkInfo;
void rtmp_chunk_reader_get_info (const RtmpChunkReader *reader, RtmpChunkInfo *info);

/* Bytes of half-received bodies, and chunk streams in use. */
gsize rtmp_chunk_reader_get_partial (const RtmpChunkReader *reader);
guint rtmp_chunk_reader_get_n_streams (const RtmpChunkReader *reader);
/* Chunks so far that continued a message with less than 16 payload bytes. */
guint64 rtmp_chunk_reader_get_small_chunks (const RtmpChunkReader *reader);

G_END_DECLS
