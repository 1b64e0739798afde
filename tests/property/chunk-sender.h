/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * ChunkSender: a peer that uses every freedom the chunk stream gives, by chance:
 * all header forms, csids of one to three bytes, interleaved messages, chunk size
 * changes and aborts in mid message, either dialect of extended timestamps. It
 * is written from the specification and shares no code with the writer.
 */
#pragma once

#include "protocol/rtmp-message.h"

G_BEGIN_DECLS

typedef struct _ChunkSender ChunkSender;

/* @rand: borrowed. */
ChunkSender *chunk_sender_new (GRand *rand);
void chunk_sender_free (ChunkSender *sender);

/* Appends one to a few chunks to @bytes, and to @log, in the form of chunk_log(),
 * the messages that they complete. */
void chunk_sender_step (ChunkSender *sender, GByteArray *bytes, GString *log);
/* Completes what is incomplete and ends with a message of no bytes, which settles
 * whether a last payload byte was the beginning of an extended timestamp. */
void chunk_sender_finish (ChunkSender *sender, GByteArray *bytes, GString *log);

/* TRUE if somewhere in @bytes, what follows a continuation without extended
 * timestamp looks like one by accident: no reader can know. */
gboolean chunk_sender_is_ambiguous (const ChunkSender *sender, const GByteArray *bytes);

guint32 chunk_sender_get_chunk_size (const ChunkSender *sender);

G_END_DECLS
