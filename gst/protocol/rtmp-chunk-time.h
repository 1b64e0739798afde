/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * RtmpChunkTime: the timestamp state of one chunk stream of a reader: absolute
 * and delta fields, extended fields, what fmt 3 repeats. Source: RTMP 1.0
 * section 5.3; where senders differ, what most readers make of it.
 *
 * Embedded in its owner, all zero at start. ms, modulo 2^32.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* The 24-bit field that announces an extended one. */
#define RTMP_CHUNK_TIME_EXTENDED 0xffffffu

/* Whether continuations (fmt 3) carry the extended field again. */
typedef enum
{
  RTMP_CHUNK_TIME_UNKNOWN,
  RTMP_CHUNK_TIME_REPEATS,
  RTMP_CHUNK_TIME_OMITS,
} RtmpChunkTimeDialect;

typedef struct _RtmpChunkTime
{
  guint32 timestamp;
  guint32 delta; /* what a fmt 3 that starts a message adds */
  guint32 field; /* last value on the wire, 24 or 32 bit */
  gboolean extended : 1;
  gboolean absolute : 1; /* `field` is a timestamp, not a delta */
  guint dialect : 2;     /* RtmpChunkTimeDialect, once two observations agreed */
  guint observed : 2;    /* the last observation */
} RtmpChunkTime;

/* fmt 0. @repeat: a following fmt 3 adds the same value, else nothing. */
void rtmp_chunk_time_set (RtmpChunkTime *time, guint32 value, gboolean repeat);
/* fmt 1 and 2. An extended value may be a negative delta or, from peers that
 * misread the specification, an absolute time. */
void rtmp_chunk_time_add (RtmpChunkTime *time, guint32 value);
/* fmt 3 that starts a message. @value: the extended field if there is one. */
void rtmp_chunk_time_repeat (RtmpChunkTime *time, guint32 value);

/* TRUE if that fmt 3 would repeat the absolute time of a fmt 0, and by that jump
 * more than anybody means to. */
gboolean rtmp_chunk_time_would_jump (const RtmpChunkTime *time);
/* That fmt 3, taken as "no time has passed". */
void rtmp_chunk_time_stay (RtmpChunkTime *time);
gboolean rtmp_chunk_time_is_near (const RtmpChunkTime *time, guint32 timestamp);

void rtmp_chunk_time_observe (RtmpChunkTime *time, RtmpChunkTimeDialect dialect);

G_END_DECLS
