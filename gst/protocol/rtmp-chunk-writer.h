/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * RtmpChunkWriter: messages -> chunk stream bytes, with header compression
 * (fmt 0..3) or always fmt 0. Source: RTMP 1.0 section 5.3.
 *
 * Owner and thread: one. Memory: one small struct per chunk stream. Extended
 * timestamps are repeated in continuations. A message is written whole: there
 * is never a half-sent message, so the chunk size may change between calls.
 */
#pragma once

#include "rtmp-message.h"

G_BEGIN_DECLS

typedef struct _RtmpChunkWriter RtmpChunkWriter;

/* @compress: FALSE writes fmt 0 for each message (what our sessions do: legal,
 * understood by all, context-free); TRUE uses the shortest header that a careful
 * sender may use. */
RtmpChunkWriter *rtmp_chunk_writer_new (gboolean compress);
void rtmp_chunk_writer_free (RtmpChunkWriter *writer);

/* Writes a Set Chunk Size message and uses @size from then on. */
void rtmp_chunk_writer_set_chunk_size (RtmpChunkWriter *writer, guint32 size, GByteArray *out);
guint32 rtmp_chunk_writer_get_chunk_size (const RtmpChunkWriter *writer);

/* Appends the chunks of @message (its csid, msid, timestamp as they stand). */
void rtmp_chunk_writer_write (
    RtmpChunkWriter *writer, const RtmpMessage *message, GByteArray *out);

G_END_DECLS
