/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Numbers of the wire: message types, control events, chunk stream ids by
 * practice, codecs. Sources: RTMP 1.0 sections 5 and 7, Enhanced RTMP v2.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef enum
{
  RTMP_TYPE_SET_CHUNK_SIZE = 1,
  RTMP_TYPE_ABORT = 2,
  RTMP_TYPE_ACK = 3,
  RTMP_TYPE_USER_CONTROL = 4,
  RTMP_TYPE_WINDOW_ACK_SIZE = 5,
  RTMP_TYPE_SET_PEER_BANDWIDTH = 6,
  RTMP_TYPE_AUDIO = 8,
  RTMP_TYPE_VIDEO = 9,
  RTMP_TYPE_DATA_AMF3 = 15,
  RTMP_TYPE_SHARED_OBJECT_AMF3 = 16,
  RTMP_TYPE_COMMAND_AMF3 = 17,
  RTMP_TYPE_DATA = 18,
  RTMP_TYPE_SHARED_OBJECT = 19,
  RTMP_TYPE_COMMAND = 20,
  RTMP_TYPE_AGGREGATE = 22,
} RtmpType;

typedef enum
{
  RTMP_CONTROL_STREAM_BEGIN = 0,
  RTMP_CONTROL_STREAM_EOF = 1,
  RTMP_CONTROL_STREAM_DRY = 2,
  RTMP_CONTROL_SET_BUFFER_LENGTH = 3,
  RTMP_CONTROL_STREAM_IS_RECORDED = 4,
  RTMP_CONTROL_PING_REQUEST = 6,
  RTMP_CONTROL_PING_RESPONSE = 7,
  RTMP_CONTROL_SWF_VERIFY_REQUEST = 26,
  RTMP_CONTROL_SWF_VERIFY_RESPONSE = 27,
  RTMP_CONTROL_BUFFER_EMPTY = 31,
  RTMP_CONTROL_BUFFER_READY = 32,
} RtmpControlEvent;

/* chunk stream ids we send on; all below 64, so one basic header byte */
enum
{
  RTMP_CSID_CONTROL = 2,
  RTMP_CSID_COMMAND = 3,
  RTMP_CSID_AUDIO = 4,
  RTMP_CSID_STATUS = 5,
  RTMP_CSID_VIDEO = 6,
  RTMP_CSID_DATA = 7,
};

#define RTMP_CHUNK_SIZE_DEFAULT 128u
/* What we announce, once per connection and before any reply over 128 bytes.
 * The same for everyone, so that a sealed message is the same bytes for all. */
#define RTMP_CHUNK_SIZE_OUT 65536u
#define RTMP_WINDOW_ACK_SIZE 2500000u

/* One number space for codecs: a FourCC as big-endian value, or a legacy id. */
#define RTMP_FOURCC(a, b, c, d)                                                                \
  (((guint32)(a) << 24) | ((guint32)(b) << 16) | ((guint32)(c) << 8) | (guint32)(d))
#define RTMP_CODEC_LEGACY_VIDEO(id) (0x100u | (id))
#define RTMP_CODEC_LEGACY_AUDIO(id) (0x200u | (id))
#define RTMP_CODEC_IS_LEGACY(codec) ((codec) < 0x300u)

enum
{
  RTMP_CODEC_NONE = 0,
  RTMP_CODEC_FLV1 = RTMP_CODEC_LEGACY_VIDEO (2),
  RTMP_CODEC_SCREEN = RTMP_CODEC_LEGACY_VIDEO (3),
  RTMP_CODEC_VP6 = RTMP_CODEC_LEGACY_VIDEO (4),
  RTMP_CODEC_VP6A = RTMP_CODEC_LEGACY_VIDEO (5),
  RTMP_CODEC_SCREEN2 = RTMP_CODEC_LEGACY_VIDEO (6),
  RTMP_CODEC_AVC = RTMP_CODEC_LEGACY_VIDEO (7),
  RTMP_CODEC_HEVC_12 = RTMP_CODEC_LEGACY_VIDEO (12),
  RTMP_CODEC_PCM_PLATFORM = RTMP_CODEC_LEGACY_AUDIO (0),
  RTMP_CODEC_ADPCM = RTMP_CODEC_LEGACY_AUDIO (1),
  RTMP_CODEC_MP3 = RTMP_CODEC_LEGACY_AUDIO (2),
  RTMP_CODEC_PCM_LE = RTMP_CODEC_LEGACY_AUDIO (3),
  RTMP_CODEC_NELLY_16K = RTMP_CODEC_LEGACY_AUDIO (4),
  RTMP_CODEC_NELLY_8K = RTMP_CODEC_LEGACY_AUDIO (5),
  RTMP_CODEC_NELLY = RTMP_CODEC_LEGACY_AUDIO (6),
  RTMP_CODEC_ALAW = RTMP_CODEC_LEGACY_AUDIO (7),
  RTMP_CODEC_MULAW = RTMP_CODEC_LEGACY_AUDIO (8),
  RTMP_CODEC_AAC = RTMP_CODEC_LEGACY_AUDIO (10),
  RTMP_CODEC_SPEEX = RTMP_CODEC_LEGACY_AUDIO (11),
  RTMP_CODEC_OPUS_13 = RTMP_CODEC_LEGACY_AUDIO (13),
  RTMP_CODEC_MP3_8K = RTMP_CODEC_LEGACY_AUDIO (14),
};

#define RTMP_FOURCC_AVC RTMP_FOURCC ('a', 'v', 'c', '1')
#define RTMP_FOURCC_HEVC RTMP_FOURCC ('h', 'v', 'c', '1')
#define RTMP_FOURCC_VVC RTMP_FOURCC ('v', 'v', 'c', '1')
#define RTMP_FOURCC_AV1 RTMP_FOURCC ('a', 'v', '0', '1')
#define RTMP_FOURCC_VP9 RTMP_FOURCC ('v', 'p', '0', '9')
#define RTMP_FOURCC_VP8 RTMP_FOURCC ('v', 'p', '0', '8')
#define RTMP_FOURCC_OPUS RTMP_FOURCC ('O', 'p', 'u', 's')
#define RTMP_FOURCC_FLAC RTMP_FOURCC ('f', 'L', 'a', 'C')
#define RTMP_FOURCC_AAC RTMP_FOURCC ('m', 'p', '4', 'a')
#define RTMP_FOURCC_MP3 RTMP_FOURCC ('.', 'm', 'p', '3')
#define RTMP_FOURCC_AC3 RTMP_FOURCC ('a', 'c', '-', '3')
#define RTMP_FOURCC_EAC3 RTMP_FOURCC ('e', 'c', '-', '3')

/* A borrowed piece of memory; what an iovec is. */
typedef struct _RtmpSlice
{
  const guint8 *data;
  gsize size;
} RtmpSlice;

G_END_DECLS
