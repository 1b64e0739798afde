/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What a chunk reader makes of some bytes, as text: one line per message, the
 * error, what stayed incomplete. Two inputs were read alike if the texts are equal.
 */
#pragma once

#include "protocol/rtmp-chunk-reader.h"

G_BEGIN_DECLS

typedef struct _ChunkLogOptions
{
  RtmpLimits limits;
  gboolean strict;
  RtmpFmt3Mode fmt3;
  guint32 chunk_size;
  /* the reader gets slices of this many bytes; with @rand, of 1 to that many */
  gsize split;
  GRand *rand;
} ChunkLogOptions;

/* The defaults of the reader, everything in one slice. */
void chunk_log_options_init (ChunkLogOptions *options);

/* TRUE if @line is one: "strict", "fmt3 zero", "chunk-size N", "max-video N",
 * -audio, -data, -command, -control, -partial, -streams. */
gboolean chunk_log_options_parse (ChunkLogOptions *options, const gchar *line);

/* To be freed. Asserts the invariants of the reader while it reads. */
gchar *chunk_log (const ChunkLogOptions *options, const guint8 *data, gsize size);

/* The same for what @reader makes of further bytes; FALSE if it failed. */
gboolean chunk_log_push (RtmpChunkReader *reader, const ChunkLogOptions *options,
    const guint8 *data, gsize size, GString *log);

/* Appends one line. */
void chunk_log_message (GString *log, const RtmpMessage *message);

/* Hex with runs of eight or more equal bytes as "00*128". */
void chunk_log_bytes (GString *log, const guint8 *data, gsize size);

/* Hex digits with white space, "# comments" to the end of the line, and bytes
 * repeated as "00*128". Aborts on anything else. */
GByteArray *chunk_log_parse_bytes (const gchar *text);

G_END_DECLS
