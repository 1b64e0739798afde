/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What a message is, by its first bytes: once per message, for all players.
 */
#include "rtmp-tag.h"

#include "rtmp-error.h"

/* enough for any header we build in front of foreign memory, and a NAL unit's start */
#define PEEK_MAX 64
/* parameter sets, delimiters and SEI in front of the picture */
#define MAX_NALS 8

#define CLASSIFIED                                                                             \
  (RTMP_MESSAGE_KEYFRAME | RTMP_MESSAGE_HEADER | RTMP_MESSAGE_METADATA |                       \
      RTMP_MESSAGE_ENHANCED | RTMP_MESSAGE_SIDE_INFO)

typedef enum
{
  NAL_OTHER,
  NAL_KEY,
  NAL_INTER,
} NalKind;

static NalKind
h264_kind (guint8 byte)
{
  guint8 type = byte & 0x1f;

  if (type == 5)
    return NAL_KEY;
  return type >= 1 && type <= 4 ? NAL_INTER : NAL_OTHER;
}

static NalKind
hevc_kind (guint8 byte)
{
  guint8 type = (byte >> 1) & 0x3f;

  if (type >= 16 && type <= 21)
    return NAL_KEY;
  return type < 32 ? NAL_INTER : NAL_OTHER;
}

/* Some encoders flag key frames as inter: the first picture NAL unit tells. */
static gboolean
starts_with_key (const guint8 *data, gsize size, NalKind (*kind) (guint8 byte))
{
  RtmpCursor cursor = rtmp_cursor (data, size);
  guint i;

  for (i = 0; i < MAX_NALS; i++) {
    guint32 length;

    if (!rtmp_cursor_u32 (&cursor, &length) || cursor.left == 0)
      return FALSE;
    switch (length > 0 ? kind (cursor.data[0]) : NAL_OTHER) {
      case NAL_KEY:
        return TRUE;
      case NAL_INTER:
        return FALSE;
      case NAL_OTHER:
        if (rtmp_cursor_take (&cursor, length) == NULL)
          return FALSE;
    }
  }
  return FALSE;
}

static gboolean
is_keyframe (const RtmpTag *tag, const guint8 *data, gsize size)
{
  if (tag->frame_type == RTMP_FRAME_KEY || tag->frame_type == RTMP_FRAME_GENERATED_KEY)
    return TRUE;
  data += tag->header_size;
  size -= tag->header_size;
  switch (tag->codec) {
    case RTMP_CODEC_AVC:
    case RTMP_FOURCC_AVC:
      return starts_with_key (data, size, h264_kind);
    case RTMP_CODEC_HEVC_12:
    case RTMP_FOURCC_HEVC:
      return starts_with_key (data, size, hevc_kind);
    default:
      return FALSE;
  }
}

/* Codecs whose sequence header may have no bytes. */
static gboolean
may_have_empty_header (guint32 codec)
{
  return codec == RTMP_FOURCC_OPUS || codec == RTMP_FOURCC_AC3 || codec == RTMP_FOURCC_EAC3 ||
         codec == RTMP_FOURCC_MP3;
}

static guint8
packet_flags (const RtmpTag *tag, const guint8 *data, gsize size)
{
  gboolean has_body = size > tag->header_size;

  switch (tag->packet) {
    case RTMP_PACKET_FRAMES:
      if (!has_body)
        return RTMP_MESSAGE_EMPTY;
      return tag->video && is_keyframe (tag, data, size) ? RTMP_MESSAGE_KEYFRAME : 0;
    case RTMP_PACKET_HEADER:
      return has_body || may_have_empty_header (tag->codec) ? RTMP_MESSAGE_HEADER
                                                            : RTMP_MESSAGE_EMPTY;
    case RTMP_PACKET_TS_HEADER:
      return has_body ? RTMP_MESSAGE_HEADER : RTMP_MESSAGE_EMPTY;
    case RTMP_PACKET_METADATA:
    case RTMP_PACKET_MULTICHANNEL:
      return has_body ? RTMP_MESSAGE_SIDE_INFO : RTMP_MESSAGE_EMPTY;
    default:
      return RTMP_MESSAGE_EMPTY;
  }
}

static void
classify_media (RtmpMessage *message, const guint8 *data, gsize size, const RtmpLimits *limits)
{
  RtmpTag tag;

  message->flags &= ~RTMP_MESSAGE_EMPTY;
  message->track = 0;
  message->codec = RTMP_CODEC_NONE;
  if (!rtmp_tag_parse (message->type, data, size, limits, &tag, NULL)) {
    message->flags |= RTMP_MESSAGE_EMPTY;
    return;
  }
  if (tag.enhanced)
    message->flags |= RTMP_MESSAGE_ENHANCED;
  if (tag.multitrack == RTMP_MULTITRACK_ONE)
    message->track = tag.track_id;
  message->codec = tag.codec;
  message->flags |= packet_flags (&tag, data, size);
}

static void
classify_data (RtmpMessage *message, const guint8 *data, gsize size)
{
  static const guint8 on_metadata[] = "\x02\x00\x0aonMetaData";
  const gsize name_size = sizeof on_metadata - 1;

  if (message->type == RTMP_TYPE_DATA_AMF3 && size > 0 && data[0] == 0) {
    data++;
    size--;
  }
  if (size >= name_size && memcmp (data, on_metadata, name_size) == 0)
    message->flags |= RTMP_MESSAGE_METADATA;
}

void
rtmp_message_classify (RtmpMessage *message, const RtmpLimits *limits)
{
  gsize size;
  const guint8 *data = rtmp_message_peek (message, &size);
  guint8 start[PEEK_MAX];

  if (data == NULL) {
    size = rtmp_message_copy_out (message, 0, start, sizeof start);
    data = start;
  }
  message->flags &= ~CLASSIFIED;
  switch (message->type) {
    case RTMP_TYPE_AUDIO:
    case RTMP_TYPE_VIDEO:
      classify_media (message, data, size, limits);
      break;
    case RTMP_TYPE_DATA:
    case RTMP_TYPE_DATA_AMF3:
      classify_data (message, data, size);
      break;
    default:
      break;
  }
}
