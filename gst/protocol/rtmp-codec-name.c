/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Names of codecs for logs. Static: a peer chooses the number, so nothing may be
 * allocated per number.
 */
#include "rtmp-tag.h"

static const gchar *const legacy_video[16] = { "legacy video 0", "legacy video 1", "flv1",
  "screen", "vp6", "vp6a", "screen2", "avc", "legacy video 8", "legacy video 9",
  "legacy video 10", "legacy video 11", "hevc (id 12)", "legacy video 13", "legacy video 14",
  "legacy video 15" };

static const gchar *const legacy_audio[16] = { "pcm", "adpcm", "mp3", "pcm-le",
  "nellymoser 16k", "nellymoser 8k", "nellymoser", "alaw", "mulaw", "legacy audio 9", "aac",
  "speex", "legacy audio 12", "opus (id 13)", "mp3 8k", "legacy audio 15" };

static const gchar *
fourcc_name (guint32 codec)
{
  switch (codec) {
    case RTMP_FOURCC_AVC:
      return "avc1";
    case RTMP_FOURCC_HEVC:
      return "hvc1";
    case RTMP_FOURCC_VVC:
      return "vvc1";
    case RTMP_FOURCC_AV1:
      return "av01";
    case RTMP_FOURCC_VP9:
      return "vp09";
    case RTMP_FOURCC_VP8:
      return "vp08";
    case RTMP_FOURCC_OPUS:
      return "Opus";
    case RTMP_FOURCC_FLAC:
      return "fLaC";
    case RTMP_FOURCC_AAC:
      return "mp4a";
    case RTMP_FOURCC_MP3:
      return ".mp3";
    case RTMP_FOURCC_AC3:
      return "ac-3";
    case RTMP_FOURCC_EAC3:
      return "ec-3";
    default:
      return "unknown FourCC";
  }
}

const gchar *
rtmp_codec_name (guint32 codec)
{
  if (codec == RTMP_CODEC_NONE)
    return "none";
  if (!RTMP_CODEC_IS_LEGACY (codec))
    return fourcc_name (codec);
  if (codec >= RTMP_CODEC_LEGACY_AUDIO (0))
    return legacy_audio[codec & 0x0f];
  if (codec >= RTMP_CODEC_LEGACY_VIDEO (0))
    return legacy_video[codec & 0x0f];
  return "unknown codec";
}
