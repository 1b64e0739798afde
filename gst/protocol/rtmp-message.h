/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * RtmpMessage: one RTMP message, type and timestamp and body.
 *
 * Owner and thread: atomic reference count, any thread. Written by its creator
 * only, until rtmp_message_seal(); immutable from then on. Who gets a message
 * from the chunk reader or from rtmp_message_new_foreign() and passes it to
 * another thread seals it first.
 *
 * Body: either its own memory, that grows as bytes arrive (never by an
 * announced length), or a short prefix of its own (tag header) followed by
 * foreign memory with a destroy notify (encoder output is not copied).
 */
#pragma once

#include "rtmp-types.h"

G_BEGIN_DECLS

typedef struct _RtmpMessage RtmpMessage;

typedef enum
{
  RTMP_MESSAGE_KEYFRAME = 1 << 0, /* a player may start here */
  RTMP_MESSAGE_HEADER = 1 << 1,   /* sequence header: kept for late joiners */
  RTMP_MESSAGE_METADATA = 1 << 2, /* onMetaData, prefix stripped */
  RTMP_MESSAGE_EMPTY = 1 << 3,    /* carries no media (end of sequence, command frame) */
  RTMP_MESSAGE_ENHANCED = 1 << 4, /* enhanced tag header */
  /* what a track's header does not say (colorInfo, channel layout): kept for late
   * joiners beside it */
  RTMP_MESSAGE_SIDE_INFO = 1 << 5,
  RTMP_MESSAGE_SEALED = 1 << 7,
} RtmpMessageFlags;

/* Longest own prefix in front of a foreign body: the longest tag header we build. */
#define RTMP_MESSAGE_MAX_PREFIX 32
/* Wire header of a sealed message: fmt 0 basic + message + extended timestamp. */
#define RTMP_MESSAGE_MAX_HEADER 16
/* ... and of its continuations: fmt 3 basic + extended timestamp. */
#define RTMP_MESSAGE_MAX_NEXT_HEADER 5
/* Longest body that the 24-bit length field can say. */
#define RTMP_MESSAGE_MAX_SIZE 0xffffffu

/* Fields are read-only for everybody but the creator before sealing. */
struct _RtmpMessage
{
  gatomicrefcount ref_count;
  guint8 type;  /* RtmpType */
  guint8 flags; /* RtmpMessageFlags */
  guint8 track; /* E-RTMP track id of a single-track message, else 0 */
  guint8 prefix_size;
  guint8 header_size; /* of the wire header, after seal */
  guint8 next_size;   /* of the wire header of continuations, after seal */
  guint32 csid;       /* as received; set by kind when sealed */
  guint32 timestamp;  /* ms, wraps at 2^32 */
  guint32 msid;       /* message stream id as received, 1 when sealed */
  guint32 size;       /* of the body, prefix included */
  guint32 codec;      /* RTMP_CODEC_* or FourCC of media, after classify */
  gint64 arrival_us;  /* monotonic time at which the holder got it; 0 = unknown */

  /*< private >*/
  guint8 *body;           /* own: malloc or behind this struct; foreign: of `owner` */
  GDestroyNotify release; /* NULL for an own body */
  gpointer owner;
  guint32 allocated;
  guint8 prefix[RTMP_MESSAGE_MAX_PREFIX];
  guint8 header[RTMP_MESSAGE_MAX_HEADER];
  guint8 next_header[RTMP_MESSAGE_MAX_NEXT_HEADER];
};

/* The csid that practice gives to a message type: what seal chooses, and what a
 * writer uses for a message that has none. */
guint32 rtmp_message_default_csid (guint8 type);

/* New, unsealed, empty own body. @type: RtmpType or any byte; @timestamp: ms. */
RtmpMessage *rtmp_message_new (guint8 type, guint32 timestamp, guint32 msid);

/* As rtmp_message_new, for a body of which @expected bytes are announced: up to
 * 4 KiB they share one allocation with the struct, more is left to append. */
RtmpMessage *rtmp_message_new_sized (
    guint8 type, guint32 timestamp, guint32 msid, gsize expected);

/* As rtmp_message_new, with @size bytes of @data copied in (one allocation).
 * @size: at most RTMP_MESSAGE_MAX_SIZE. */
RtmpMessage *rtmp_message_new_copy (
    guint8 type, guint32 timestamp, guint32 msid, gconstpointer data, gsize size);

/* Body = @prefix (copied, at most RTMP_MESSAGE_MAX_PREFIX) + @data (borrowed
 * until the last reference goes, then @release (@owner) is called, in whatever
 * thread that happens; @release must not block; NULL = static data). @size and
 * @prefix_size together: at most RTMP_MESSAGE_MAX_SIZE. */
RtmpMessage *rtmp_message_new_foreign (guint8 type, guint32 timestamp, const guint8 *prefix,
    gsize prefix_size, const guint8 *data, gsize size, GDestroyNotify release, gpointer owner);

RtmpMessage *rtmp_message_ref (RtmpMessage *message);
void rtmp_message_unref (RtmpMessage *message);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (RtmpMessage, rtmp_message_unref)

/* Appends to an own, unsealed body. Grows by doubling from 4 KiB, never above
 * @expected (the announced length, 0 = unknown) rounded up. */
void rtmp_message_append (RtmpMessage *message, const guint8 *data, gsize size, gsize expected);

/* As rtmp_message_append, but returns where the caller puts the @size bytes. */
guint8 *rtmp_message_extend (RtmpMessage *message, gsize size, gsize expected);

/* Chooses the csid by type, msid 1, and builds the wire header (fmt 0).
 * Idempotent; afterwards the message is immutable. */
void rtmp_message_seal (RtmpMessage *message);

/* A sealed message of the same body (shared by reference) with another
 * timestamp. @message may be sealed or not; nothing may be appended to it
 * afterwards. */
RtmpMessage *rtmp_message_retimed (RtmpMessage *message, guint32 timestamp);

/* Body as up to two slices (prefix, rest); returns how many. */
guint rtmp_message_get_body (const RtmpMessage *message, RtmpSlice out[2]);

/* Contiguous body of a message without prefix; NULL if it has one. Never NULL
 * for an empty body. */
const guint8 *rtmp_message_peek (const RtmpMessage *message, gsize *size);

/* Copies body bytes [offset, offset + size); returns how many there were. */
gsize rtmp_message_copy_out (
    const RtmpMessage *message, gsize offset, guint8 *dest, gsize size);

/* Audio or video; data messages are not. */
gboolean rtmp_message_is_media (const RtmpMessage *message);

/* The wire form at RTMP_CHUNK_SIZE_OUT of a sealed message: fmt 0 header, then
 * body, with a fmt 3 header (extended timestamp repeated) every 65,536 bytes. */

/* Bytes of the whole wire form. */
gsize rtmp_message_wire_size (const RtmpMessage *message);

/* Scratch that a caller keeps alive as long as the slices; only touched when
 * @msid != 1 (then the header is the player's own, the body stays shared). */
typedef struct _RtmpWireScratch
{
  guint8 header[RTMP_MESSAGE_MAX_HEADER];
} RtmpWireScratch;

/* Fills @out with the wire form from byte @offset on, at most @max slices;
 * returns how many, and in @bytes how many bytes they hold. Any @offset, so that
 * a partial write can go on; 0 slices from the end on. @message must be sealed. */
guint rtmp_message_wire_slices (const RtmpMessage *message, guint32 msid, gsize offset,
    RtmpSlice *out, guint max, RtmpWireScratch *scratch, gsize *bytes);

G_END_DECLS
