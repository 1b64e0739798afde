/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * RtmpTag: the header in front of audio and video payloads (FLV tag body),
 * legacy and enhanced: parse, walk its tracks, build. Sources: FLV 10.1 Annex E,
 * Enhanced RTMP v2. Bytes only; caps are media/'s. Pure functions, no allocation.
 */
#pragma once

#include "rtmp-bytes.h"
#include "rtmp-limits.h"
#include "rtmp-message.h"

G_BEGIN_DECLS

typedef enum
{
  RTMP_FRAME_KEY = 1,
  RTMP_FRAME_INTER = 2,
  RTMP_FRAME_DISPOSABLE = 3,
  RTMP_FRAME_GENERATED_KEY = 4,
  RTMP_FRAME_COMMAND = 5,
} RtmpFrameType;

/* What a packet is, whatever header it came in. */
typedef enum
{
  RTMP_PACKET_FRAMES,       /* coded audio or video */
  RTMP_PACKET_HEADER,       /* sequence header: decoder configuration */
  RTMP_PACKET_END,          /* end of sequence */
  RTMP_PACKET_METADATA,     /* video colorInfo */
  RTMP_PACKET_TS_HEADER,    /* MPEG2-TS sequence start (AV1) */
  RTMP_PACKET_MULTICHANNEL, /* audio channel layout */
  RTMP_PACKET_COMMAND,      /* seek start/end marker, no picture */
  RTMP_PACKET_RESERVED,     /* a value the specification reserves: drop */
} RtmpPacket;

typedef enum
{
  RTMP_MULTITRACK_NONE = -1,
  RTMP_MULTITRACK_ONE = 0,
  RTMP_MULTITRACK_MANY = 1,
  RTMP_MULTITRACK_MANY_CODECS = 2,
} RtmpMultitrack;

typedef struct _RtmpTag
{
  gboolean video;
  gboolean enhanced;
  RtmpPacket packet;
  guint8 frame_type;     /* video: RtmpFrameType */
  guint8 packet_type;    /* raw number: AVCPacketType, AAC packet type, Ex packet type */
  guint8 command;        /* of RTMP_PACKET_COMMAND: 0 seek start, 1 seek end */
  guint8 vp6_adjust;     /* VP6: how much smaller than a multiple of 16, width << 4 | height */
  guint8 sound_rate;     /* legacy audio: 0..3 = 5512, 11025, 22050, 44100 Hz */
  guint8 sound_bits;     /* legacy audio: 8 or 16 */
  guint8 sound_channels; /* legacy audio: 1 or 2 */
  RtmpMultitrack multitrack;
  guint32 nano_offset; /* ModEx, 0..999999 ns, added to the presentation time */
  guint8 n_modex;
  guint32 codec;         /* RTMP_CODEC_* or FourCC; NONE for ManyTracksManyCodecs */
  gint32 composition_ms; /* of the (first) track: signed, 0 if it has none */
  gsize header_size;     /* bytes in front of the (first track's) data */
  gsize tracks_offset;   /* enhanced: where the first track's own header is */
  guint8 track_id;       /* of the (first) track, else 0 */
} RtmpTag;

/* One ModEx block. */
typedef struct _RtmpTagModex
{
  guint8 type; /* 0: nanosecond offset */
  const guint8 *data;
  gsize size;
} RtmpTagModex;

/* One track's part of a tag. Offsets are into the same bytes that were parsed. */
typedef struct _RtmpTagTrack
{
  guint8 id;
  guint32 codec;
  gint32 composition_ms;
  gsize offset;
  gsize size;
} RtmpTagTrack;

/* @type: RTMP_TYPE_AUDIO or _VIDEO. Reads the header bytes only, but a message of
 * many tracks is checked to its end (no size past it, at most max_tracks). FALSE
 * with RTMP_ERROR_PROTOCOL (too short, nested multitrack) or _LIMIT (max_modex,
 * max_tracks). An empty body is RTMP_ERROR_PROTOCOL too: callers skip empty
 * messages before. */
gboolean rtmp_tag_parse (guint8 type, const guint8 *data, gsize size, const RtmpLimits *limits,
    RtmpTag *tag, GError **error);

/* Walks the ModEx blocks of an enhanced tag: @position starts at 0. FALSE: there is
 * no more, or it is cut short. */
gboolean rtmp_tag_next_modex (
    const guint8 *data, gsize size, gsize *position, RtmpTagModex *modex);

/* Walks the tracks, also the one of a legacy tag: @position starts at 0. TRUE: @track is one;
 * FALSE: the end, or an error if @error was set (a size past the end). */
gboolean rtmp_tag_next_track (const RtmpTag *tag, const guint8 *data, gsize size,
    gsize *position, RtmpTagTrack *track, GError **error);

/* Builds the header that goes in front of the body of one packet; returns its
 * size, at most RTMP_MESSAGE_MAX_PREFIX; 0 if the header cannot say that. Legacy
 * codecs get legacy headers (track 0, no nanoseconds), FourCC codecs enhanced ones.
 * @tag: video, packet, frame_type, codec, command, vp6_adjust, composition_ms
 * (clamped to 24 bits), nano_offset, sound_*; @track_id: 0 gives a plain header
 * unless @force_multitrack, others OneTrack. */
gsize rtmp_tag_build (const RtmpTag *tag, guint8 track_id, gboolean force_multitrack,
    guint8 out[RTMP_MESSAGE_MAX_PREFIX]);

/* Sets flags, track and codec of an unsealed media or data message by its first
 * bytes: KEYFRAME, HEADER, SIDE_INFO, EMPTY, ENHANCED, METADATA. Audio frames are
 * never KEYFRAME; H.264 and HEVC frames are by their frame type or their first NAL
 * units. A body that does not parse, or has nothing after its header where that
 * means nothing, gets EMPTY. Data: METADATA for "onMetaData" without prefix; EMPTY
 * is left as it is. */
void rtmp_message_classify (RtmpMessage *message, const RtmpLimits *limits);

/* Layout of RTMP_PACKET_MULTICHANNEL. */
typedef struct _RtmpMultichannel
{
  guint8 order;          /* 0 unspecified, 1 native, 2 custom */
  guint8 count;          /* channels */
  guint32 mask;          /* native: bit n = channel id n */
  const guint8 *mapping; /* custom: @count channel ids, borrowed; 0xfe unused, 0xff unknown */
} RtmpMultichannel;

/* FALSE: cut short, or an order that is reserved. */
gboolean rtmp_multichannel_parse (const guint8 *data, gsize size, RtmpMultichannel *layout);

/* "avc1", "aac", "legacy video 9": for logs; static. */
const gchar *rtmp_codec_name (guint32 codec);

G_END_DECLS
