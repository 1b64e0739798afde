/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Tag headers -> RtmpTag, legacy and enhanced, and the walk over their tracks.
 */
#include "rtmp-tag.h"
#include "rtmp-error.h"

/* packet type nibbles of enhanced headers that lead to another one */
#define VIDEO_MULTITRACK 6
#define AUDIO_MULTITRACK 5
#define MODEX 7

#define VIDEO_METADATA 4
#define MODEX_NANO 0
#define NANO_MAX 999999

static gboolean
fail (GError **error, const gchar *what)
{
  g_set_error (error, RTMP_ERROR, RTMP_ERROR_PROTOCOL, "media header: %s", what);
  return FALSE;
}

static gboolean
fail_truncated (GError **error)
{
  return fail (error, "truncated");
}

/* ---- legacy ---- */

/* AVC, and what private conventions made like it: a packet type and a composition
 * time follow. */
static gboolean
has_avc_prefix (guint8 id)
{
  return id == 7 || id == 9 || (id >= 12 && id <= 14);
}

static RtmpPacket
avc_packet (guint8 packet_type)
{
  switch (packet_type) {
    case 0:
      return RTMP_PACKET_HEADER;
    case 1:
      return RTMP_PACKET_FRAMES;
    case 2:
      return RTMP_PACKET_END;
    default:
      return RTMP_PACKET_RESERVED;
  }
}

static gboolean
parse_avc_prefix (RtmpCursor *cursor, RtmpTag *tag, GError **error)
{
  const guint8 *prefix = rtmp_cursor_take (cursor, 4);

  if (prefix == NULL)
    return fail_truncated (error);
  tag->packet_type = prefix[0];
  tag->packet = avc_packet (prefix[0]);
  if (tag->packet == RTMP_PACKET_FRAMES)
    tag->composition_ms = rtmp_get_s24 (prefix + 1);
  return TRUE;
}

static gboolean
parse_legacy_video (RtmpCursor *cursor, guint8 first, RtmpTag *tag, GError **error)
{
  guint8 id = first & 0x0f;

  tag->frame_type = first >> 4;
  tag->codec = RTMP_CODEC_LEGACY_VIDEO (id);
  tag->packet = RTMP_PACKET_FRAMES;
  if (tag->frame_type == RTMP_FRAME_COMMAND) {
    tag->packet = RTMP_PACKET_COMMAND;
    return rtmp_cursor_u8 (cursor, &tag->command) || fail_truncated (error);
  }
  if (has_avc_prefix (id))
    return parse_avc_prefix (cursor, tag, error);
  if (tag->codec == RTMP_CODEC_VP6 || tag->codec == RTMP_CODEC_VP6A)
    return rtmp_cursor_u8 (cursor, &tag->vp6_adjust) || fail_truncated (error);
  return TRUE;
}

static gboolean
parse_legacy_audio (RtmpCursor *cursor, guint8 first, RtmpTag *tag, GError **error)
{
  tag->codec = RTMP_CODEC_LEGACY_AUDIO (first >> 4);
  tag->sound_rate = (first >> 2) & 3;
  tag->sound_bits = first & 2 ? 16 : 8;
  tag->sound_channels = first & 1 ? 2 : 1;
  tag->packet = RTMP_PACKET_FRAMES;
  if (tag->codec != RTMP_CODEC_AAC)
    return TRUE;
  if (!rtmp_cursor_u8 (cursor, &tag->packet_type))
    return fail_truncated (error);
  if (tag->packet_type == 0)
    tag->packet = RTMP_PACKET_HEADER;
  return TRUE;
}

/* ---- enhanced ---- */

static RtmpPacket
video_packet (guint8 packet_type)
{
  static const RtmpPacket packets[] = { RTMP_PACKET_HEADER, RTMP_PACKET_FRAMES, RTMP_PACKET_END,
    RTMP_PACKET_FRAMES, RTMP_PACKET_METADATA, RTMP_PACKET_TS_HEADER };

  return packet_type < G_N_ELEMENTS (packets) ? packets[packet_type] : RTMP_PACKET_RESERVED;
}

static RtmpPacket
audio_packet (guint8 packet_type)
{
  static const RtmpPacket packets[] = { RTMP_PACKET_HEADER, RTMP_PACKET_FRAMES, RTMP_PACKET_END,
    RTMP_PACKET_RESERVED, RTMP_PACKET_MULTICHANNEL };

  return packet_type < G_N_ELEMENTS (packets) ? packets[packet_type] : RTMP_PACKET_RESERVED;
}

/* @next: the packet type that follows the block. */
static gboolean
take_modex (RtmpCursor *cursor, RtmpTagModex *modex, guint8 *next)
{
  guint8 small, last;
  guint16 large;

  if (!rtmp_cursor_u8 (cursor, &small))
    return FALSE;
  modex->size = (gsize)small + 1;
  if (modex->size == 256) {
    if (!rtmp_cursor_u16 (cursor, &large))
      return FALSE;
    modex->size = (gsize)large + 1;
  }
  modex->data = rtmp_cursor_take (cursor, modex->size);
  if (modex->data == NULL || !rtmp_cursor_u8 (cursor, &last))
    return FALSE;
  modex->type = last >> 4;
  *next = last & 0x0f;
  return TRUE;
}

static gboolean
parse_modex (RtmpCursor *cursor, guint8 *packet_type, const RtmpLimits *limits, RtmpTag *tag,
    GError **error)
{
  while (*packet_type == MODEX) {
    RtmpTagModex modex;
    guint32 nano;

    if (tag->n_modex >= limits->max_modex) {
      g_set_error_literal (
          error, RTMP_ERROR, RTMP_ERROR_LIMIT, "media header: too many ModEx blocks");
      return FALSE;
    }
    if (!take_modex (cursor, &modex, packet_type))
      return fail (error, "truncated ModEx");
    tag->n_modex++;
    if (modex.type != MODEX_NANO || modex.size < 3)
      continue;
    nano = rtmp_get_u24 (modex.data);
    if (nano <= NANO_MAX)
      tag->nano_offset = nano;
  }
  return TRUE;
}

/* The byte that says how many tracks; @packet_type becomes the real one. */
static gboolean
parse_multitrack (RtmpCursor *cursor, guint8 *packet_type, RtmpTag *tag, GError **error)
{
  guint8 nested = *packet_type, byte;

  if (!rtmp_cursor_u8 (cursor, &byte))
    return fail_truncated (error);
  *packet_type = byte & 0x0f;
  if (*packet_type == nested || *packet_type == MODEX)
    return fail (error, "nested Multitrack");
  tag->multitrack = byte >> 4;
  return TRUE;
}

static gboolean
has_composition (const RtmpTag *tag, guint32 codec)
{
  return tag->video && tag->packet_type == 1 &&
         (codec == RTMP_FOURCC_AVC || codec == RTMP_FOURCC_HEVC || codec == RTMP_FOURCC_VVC);
}

/* The numbers of legacy ids are no FourCC: nobody may pose as one of them. */
static gboolean
read_fourcc (RtmpCursor *cursor, guint32 *codec, GError **error)
{
  if (!rtmp_cursor_u32 (cursor, codec))
    return fail_truncated (error);
  return !RTMP_CODEC_IS_LEGACY (*codec) || fail (error, "no FourCC");
}

/* One track from its own header on; @start is where the cursor's offsets count from. */
static gboolean
read_track (const RtmpTag *tag, RtmpCursor *cursor, const guint8 *start, RtmpTagTrack *track,
    GError **error)
{
  guint32 size;

  memset (track, 0, sizeof *track);
  track->codec = tag->codec;
  if (tag->multitrack == RTMP_MULTITRACK_MANY_CODECS &&
      !rtmp_cursor_u32 (cursor, &track->codec))
    return fail_truncated (error);
  if (tag->multitrack != RTMP_MULTITRACK_NONE && !rtmp_cursor_u8 (cursor, &track->id))
    return fail_truncated (error);
  track->size = cursor->left;
  if (tag->multitrack == RTMP_MULTITRACK_MANY ||
      tag->multitrack == RTMP_MULTITRACK_MANY_CODECS) {
    if (!rtmp_cursor_u24 (cursor, &size))
      return fail_truncated (error);
    if (size > cursor->left)
      return fail (error, "track size exceeds message");
    track->size = size;
  }
  if (has_composition (tag, track->codec) && track->size > 0) {
    if (track->size < 3)
      return fail_truncated (error);
    track->composition_ms = rtmp_get_s24 (rtmp_cursor_take (cursor, 3));
    track->size -= 3;
  }
  track->offset = cursor->data - start;
  rtmp_cursor_take (cursor, track->size);
  return TRUE;
}

static gboolean
parse_tracks (RtmpCursor *cursor, const guint8 *start, const RtmpLimits *limits, RtmpTag *tag,
    GError **error)
{
  RtmpTagTrack track;
  guint n = 0;

  tag->tracks_offset = tag->header_size = cursor->data - start;
  do {
    if (n >= limits->max_tracks) {
      g_set_error_literal (
          error, RTMP_ERROR, RTMP_ERROR_LIMIT, "media header: too many tracks");
      return FALSE;
    }
    if (!read_track (tag, cursor, start, &track, error))
      return FALSE;
    if (n++ > 0)
      continue;
    tag->header_size = track.offset;
    tag->composition_ms = track.composition_ms;
    tag->track_id = track.id;
  } while (cursor->left > 0);
  return TRUE;
}

static gboolean
parse_enhanced (RtmpCursor *cursor, const guint8 *start, const RtmpLimits *limits, RtmpTag *tag,
    GError **error)
{
  guint8 packet_type = start[0] & 0x0f;

  tag->enhanced = TRUE;
  if (!parse_modex (cursor, &packet_type, limits, tag, error))
    return FALSE;
  tag->packet_type = packet_type;
  if (tag->video && packet_type != VIDEO_METADATA && tag->frame_type == RTMP_FRAME_COMMAND) {
    tag->packet = RTMP_PACKET_COMMAND;
    return rtmp_cursor_u8 (cursor, &tag->command) || fail_truncated (error);
  }
  if (packet_type == (tag->video ? VIDEO_MULTITRACK : AUDIO_MULTITRACK) &&
      !parse_multitrack (cursor, &packet_type, tag, error))
    return FALSE;
  tag->packet_type = packet_type;
  tag->packet = tag->video ? video_packet (packet_type) : audio_packet (packet_type);
  if (tag->multitrack > RTMP_MULTITRACK_MANY_CODECS)
    tag->packet = RTMP_PACKET_RESERVED;
  if (tag->packet == RTMP_PACKET_RESERVED)
    return TRUE;
  if (tag->multitrack != RTMP_MULTITRACK_MANY_CODECS &&
      !read_fourcc (cursor, &tag->codec, error))
    return FALSE;
  return parse_tracks (cursor, start, limits, tag, error);
}

gboolean
rtmp_tag_parse (guint8 type, const guint8 *data, gsize size, const RtmpLimits *limits,
    RtmpTag *tag, GError **error)
{
  RtmpCursor cursor = rtmp_cursor (data, size);
  guint8 first;
  gboolean ok;

  memset (tag, 0, sizeof *tag);
  tag->video = type == RTMP_TYPE_VIDEO;
  tag->multitrack = RTMP_MULTITRACK_NONE;
  if (!rtmp_cursor_u8 (&cursor, &first))
    return fail (error, "empty");
  if (tag->video ? (first & 0x80) != 0 : first >> 4 == 9) {
    if (tag->video)
      tag->frame_type = (first >> 4) & 7;
    ok = parse_enhanced (&cursor, data, limits, tag, error);
  } else if (tag->video) {
    ok = parse_legacy_video (&cursor, first, tag, error);
  } else {
    ok = parse_legacy_audio (&cursor, first, tag, error);
  }
  if (tag->header_size == 0)
    tag->header_size = cursor.data - data;
  return ok;
}

gboolean
rtmp_tag_next_modex (const guint8 *data, gsize size, gsize *position, RtmpTagModex *modex)
{
  RtmpCursor cursor = rtmp_cursor (data, size);
  guint8 packet_type;

  /* a block ends with the byte that tells what follows it */
  if (*position == 0)
    *position = 1;
  if (rtmp_cursor_take (&cursor, *position) == NULL || (data[*position - 1] & 0x0f) != MODEX ||
      !take_modex (&cursor, modex, &packet_type))
    return FALSE;
  *position = cursor.data - data;
  return TRUE;
}

static void
get_legacy_track (const RtmpTag *tag, gsize size, RtmpTagTrack *track)
{
  memset (track, 0, sizeof *track);
  track->codec = tag->codec;
  track->composition_ms = tag->composition_ms;
  track->offset = tag->header_size;
  track->size = size - tag->header_size;
}

gboolean
rtmp_tag_next_track (const RtmpTag *tag, const guint8 *data, gsize size, gsize *position,
    RtmpTagTrack *track, GError **error)
{
  RtmpCursor cursor = rtmp_cursor (data, size);

  if (tag->packet == RTMP_PACKET_COMMAND || tag->packet == RTMP_PACKET_RESERVED ||
      *position >= size || tag->tracks_offset > size || tag->header_size > size)
    return FALSE;
  if (!tag->enhanced) {
    get_legacy_track (tag, size, track);
    *position = size;
    return TRUE;
  }
  rtmp_cursor_take (&cursor, *position > 0 ? *position : tag->tracks_offset);
  if (!read_track (tag, &cursor, data, track, error))
    return FALSE;
  *position = cursor.data - data;
  return TRUE;
}

gboolean
rtmp_multichannel_parse (const guint8 *data, gsize size, RtmpMultichannel *layout)
{
  RtmpCursor cursor = rtmp_cursor (data, size);

  memset (layout, 0, sizeof *layout);
  if (!rtmp_cursor_u8 (&cursor, &layout->order) || !rtmp_cursor_u8 (&cursor, &layout->count))
    return FALSE;
  switch (layout->order) {
    case 0:
      return TRUE;
    case 1:
      return rtmp_cursor_u32 (&cursor, &layout->mask);
    case 2:
      layout->mapping = rtmp_cursor_take (&cursor, layout->count);
      return layout->mapping != NULL;
    default:
      return FALSE;
  }
}
