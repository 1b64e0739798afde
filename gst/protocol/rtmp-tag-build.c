/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * RtmpTag -> the bytes in front of a packet.
 */
#include "rtmp-tag.h"

#define CODED_FRAMES 1
#define CODED_FRAMES_X 3
#define NOT_SAYABLE 0xff

/* A growing header; all of them are far shorter than the prefix. */
typedef struct
{
  guint8 *data;
  gsize size;
} Header;

static void
put_u8 (Header *header, guint8 byte)
{
  header->data[header->size++] = byte;
}

static void
put_u24 (Header *header, guint32 number)
{
  rtmp_put_u24 (header->data + header->size, number);
  header->size += 3;
}

static void
put_u32 (Header *header, guint32 number)
{
  rtmp_put_u32 (header->data + header->size, number);
  header->size += 4;
}

static void
put_composition (Header *header, gint32 composition_ms)
{
  put_u24 (header, (guint32)CLAMP (composition_ms, -0x800000, 0x7fffff) & 0xffffff);
}

/* ---- legacy ---- */

static gboolean
has_avc_prefix (guint32 codec)
{
  return codec == RTMP_CODEC_AVC || codec == RTMP_CODEC_HEVC_12 ||
         codec == RTMP_CODEC_LEGACY_VIDEO (9) || codec == RTMP_CODEC_LEGACY_VIDEO (13) ||
         codec == RTMP_CODEC_LEGACY_VIDEO (14);
}

static guint8
legacy_packet_type (RtmpPacket packet)
{
  switch (packet) {
    case RTMP_PACKET_HEADER:
      return 0;
    case RTMP_PACKET_FRAMES:
      return 1;
    case RTMP_PACKET_END:
      return 2;
    default:
      return NOT_SAYABLE;
  }
}

static void
build_legacy_video (const RtmpTag *tag, Header *header)
{
  guint8 packet_type = legacy_packet_type (tag->packet);
  guint8 frame_type = tag->frame_type;

  if (tag->packet == RTMP_PACKET_COMMAND) {
    put_u8 (header, (RTMP_FRAME_COMMAND << 4) | (tag->codec & 0x0f));
    put_u8 (header, tag->command);
    return;
  }
  if (packet_type == NOT_SAYABLE ||
      (tag->packet != RTMP_PACKET_FRAMES && !has_avc_prefix (tag->codec)))
    return;
  put_u8 (header, (frame_type & 7) << 4 | (tag->codec & 0x0f));
  if (has_avc_prefix (tag->codec)) {
    put_u8 (header, packet_type);
    put_composition (header, tag->packet == RTMP_PACKET_FRAMES ? tag->composition_ms : 0);
  } else if (tag->codec == RTMP_CODEC_VP6 || tag->codec == RTMP_CODEC_VP6A) {
    put_u8 (header, tag->vp6_adjust);
  }
}

static void
build_legacy_audio (const RtmpTag *tag, Header *header)
{
  if (tag->codec == RTMP_CODEC_AAC) {
    if (tag->packet != RTMP_PACKET_HEADER && tag->packet != RTMP_PACKET_FRAMES)
      return;
    /* these bits of AAC are constant, whatever the stream is */
    put_u8 (header, 0xaf);
    put_u8 (header, tag->packet == RTMP_PACKET_HEADER ? 0 : 1);
    return;
  }
  if (tag->packet != RTMP_PACKET_FRAMES)
    return;
  put_u8 (header, (tag->codec & 0x0f) << 4 | (tag->sound_rate & 3) << 2 |
                      (tag->sound_bits == 16 ? 2 : 0) | (tag->sound_channels == 2 ? 1 : 0));
}

/* ---- enhanced ---- */

static gboolean
has_composition (guint32 codec)
{
  return codec == RTMP_FOURCC_AVC || codec == RTMP_FOURCC_HEVC || codec == RTMP_FOURCC_VVC;
}

static guint8
video_packet_type (const RtmpTag *tag)
{
  switch (tag->packet) {
    case RTMP_PACKET_HEADER:
      return 0;
    case RTMP_PACKET_FRAMES:
      return has_composition (tag->codec) && tag->composition_ms == 0 ? CODED_FRAMES_X
                                                                      : CODED_FRAMES;
    case RTMP_PACKET_END:
      return 2;
    case RTMP_PACKET_METADATA:
      return 4;
    case RTMP_PACKET_TS_HEADER:
      return 5;
    default:
      return NOT_SAYABLE;
  }
}

static guint8
audio_packet_type (const RtmpTag *tag)
{
  switch (tag->packet) {
    case RTMP_PACKET_HEADER:
      return 0;
    case RTMP_PACKET_FRAMES:
      return CODED_FRAMES;
    case RTMP_PACKET_END:
      return 2;
    case RTMP_PACKET_MULTICHANNEL:
      return 4;
    default:
      return NOT_SAYABLE;
  }
}

static void
build_enhanced (const RtmpTag *tag, guint8 track_id, gboolean multitrack, Header *header)
{
  guint8 first = tag->video ? 0x80 | (tag->frame_type & 7) << 4 : 0x90;
  guint8 packet_type = tag->video ? video_packet_type (tag) : audio_packet_type (tag);
  guint8 outer = packet_type;

  if (packet_type == NOT_SAYABLE)
    return;
  if (multitrack)
    outer = tag->video ? 6 : 5;
  if (tag->nano_offset > 0 && tag->nano_offset <= 999999) {
    put_u8 (header, first | 7);
    put_u8 (header, 3 - 1);
    put_u24 (header, tag->nano_offset);
    put_u8 (header, outer);
  } else {
    put_u8 (header, first | outer);
  }
  if (multitrack)
    put_u8 (header, RTMP_MULTITRACK_ONE << 4 | packet_type);
  put_u32 (header, tag->codec);
  if (multitrack)
    put_u8 (header, track_id);
  if (tag->video && packet_type == CODED_FRAMES && has_composition (tag->codec))
    put_composition (header, tag->composition_ms);
}

static void
build_enhanced_command (const RtmpTag *tag, Header *header)
{
  put_u8 (header, 0x80 | RTMP_FRAME_COMMAND << 4 | CODED_FRAMES);
  put_u8 (header, tag->command);
}

gsize
rtmp_tag_build (const RtmpTag *tag, guint8 track_id, gboolean force_multitrack,
    guint8 out[RTMP_MESSAGE_MAX_PREFIX])
{
  Header header = { out, 0 };

  if (RTMP_CODEC_IS_LEGACY (tag->codec) && tag->video)
    build_legacy_video (tag, &header);
  else if (RTMP_CODEC_IS_LEGACY (tag->codec))
    build_legacy_audio (tag, &header);
  else if (tag->video && tag->packet == RTMP_PACKET_COMMAND)
    build_enhanced_command (tag, &header);
  else
    build_enhanced (tag, track_id, force_multitrack || track_id != 0, &header);
  return header.size;
}
