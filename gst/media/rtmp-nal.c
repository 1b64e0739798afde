/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "media/rtmp-nal.h"
#include "protocol/rtmp-bytes.h"
#include "protocol/rtmp-codec-config.h"

static void
set_record (RtmpNalRecord *record, guint8 length_size, RtmpSlice sps)
{
  record->length_size = length_size;
  record->sps = sps.data;
  record->sps_size = sps.size;
}

gboolean
rtmp_nal_parse_avcc (const guint8 *data, gsize size, RtmpNalRecord *record)
{
  RtmpAvcConfig config;

  memset (record, 0, sizeof *record);
  if (!rtmp_avc_config_parse (data, size, &config, NULL))
    return FALSE;
  /* without an SPS to tell by: an H.265 record has no reserved ones here */
  if (config.n_sps == 0 && (data[4] < 0xfc || data[5] < 0xe0))
    return FALSE;
  set_record (record, config.length_size, config.sps);
  return TRUE;
}

gboolean
rtmp_nal_parse_hvcc (const guint8 *data, gsize size, RtmpNalRecord *record)
{
  RtmpHevcConfig config;

  memset (record, 0, sizeof *record);
  if (!rtmp_hevc_config_parse (data, size, &config, NULL))
    return FALSE;
  set_record (record, config.length_size, config.sps);
  /* without an SPS to tell by: the reserved ones */
  return record->sps != NULL || (data[13] >= 0xf0 && data[15] >= 0xfc);
}

static void
note_nal (RtmpNalKind kind, guint8 first, RtmpNalFrame *frame)
{
  guint type;

  if (kind == RTMP_NAL_H264) {
    type = first & 0x1f;
    frame->keyframe |= type == 5;
    frame->picture |= type >= 1 && type <= 5;
  } else {
    type = (first >> 1) & 0x3f;
    frame->keyframe |= type >= 16 && type <= 21;
    frame->picture |= type <= 31;
  }
}

static guint32
get_length (const guint8 *data, guint length_size)
{
  switch (length_size) {
    case 1:
      return data[0];
    case 2:
      return rtmp_get_u16 (data);
    default:
      return rtmp_get_u32 (data);
  }
}

/* FALSE if a length points past the end. Ends: each step takes at least
 * @length_size bytes. */
static gboolean
walk_lengths (
    RtmpNalKind kind, guint length_size, const guint8 *data, gsize size, RtmpNalFrame *frame)
{
  frame->keyframe = frame->picture = FALSE;
  while (size > 0) {
    guint32 length;

    if (size < length_size)
      return FALSE;
    length = get_length (data, length_size);
    data += length_size;
    size -= length_size;
    if (length > size)
      return FALSE;
    if (length > 0)
      note_nal (kind, data[0], frame);
    data += length;
    size -= length;
  }
  return TRUE;
}

/* Bytes of the start code at @data: 3, 4 or 0. */
static guint
start_code (const guint8 *data, gsize size)
{
  if (size >= 3 && data[0] == 0 && data[1] == 0 && data[2] == 1)
    return 3;
  if (size >= 4 && rtmp_get_u32 (data) == 1)
    return 4;
  return 0;
}

/* Takes the next NAL unit behind a start code; FALSE at the end. */
static gboolean
next_annex_b (RtmpCursor *cursor, const guint8 **nal, gsize *nal_size)
{
  const guint8 *end, *p;
  guint code = start_code (cursor->data, cursor->left);

  if (code == 0 || !rtmp_cursor_take (cursor, code))
    return FALSE;
  *nal = cursor->data;
  end = cursor->data + cursor->left;
  for (p = cursor->data; p < end && start_code (p, end - p) == 0; p++) {
    const guint8 *zero = memchr (p, 0, end - p);

    if (zero == NULL) {
      p = end;
      break;
    }
    if (zero > p)
      p = zero - 1;
  }
  *nal_size = p - cursor->data;
  rtmp_cursor_take (cursor, *nal_size);
  return TRUE;
}

static void
walk_annex_b (RtmpNalKind kind, const guint8 *data, gsize size, RtmpNalFrame *frame)
{
  RtmpCursor cursor = rtmp_cursor (data, size);
  const guint8 *nal;
  gsize nal_size;

  frame->keyframe = frame->picture = FALSE;
  while (next_annex_b (&cursor, &nal, &nal_size)) {
    if (nal_size > 0)
      note_nal (kind, nal[0], frame);
  }
}

void
rtmp_nal_inspect (
    RtmpNalKind kind, guint length_size, const guint8 *data, gsize size, RtmpNalFrame *frame)
{
  if (walk_lengths (kind, length_size, data, size, frame)) {
    frame->form = RTMP_NAL_FRAME_OK;
  } else if (start_code (data, size) != 0) {
    frame->form = RTMP_NAL_FRAME_ANNEX_B;
    walk_annex_b (kind, data, size, frame);
  } else if (length_size != 2 && walk_lengths (kind, 2, data, size, frame)) {
    frame->form = RTMP_NAL_FRAME_SHORT;
  } else {
    frame->form = RTMP_NAL_FRAME_BROKEN;
    frame->keyframe = FALSE;
    frame->picture = TRUE;
  }
}

static void
append_nal (GByteArray *out, const guint8 *nal, gsize size)
{
  guint8 length[4];

  rtmp_put_u32 (length, size);
  g_byte_array_append (out, length, sizeof length);
  g_byte_array_append (out, nal, size);
}

guint8 *
rtmp_nal_to_length4 (
    RtmpNalForm form, guint length_size, const guint8 *data, gsize size, gsize *out_size)
{
  RtmpCursor cursor = rtmp_cursor (data, size);
  GByteArray *out;
  const guint8 *nal, *prefix;
  gsize nal_size;

  if (form == RTMP_NAL_FRAME_BROKEN)
    return NULL;
  out = g_byte_array_sized_new (size + 64);
  if (form == RTMP_NAL_FRAME_ANNEX_B) {
    while (next_annex_b (&cursor, &nal, &nal_size)) {
      if (nal_size > 0)
        append_nal (out, nal, nal_size);
    }
  } else {
    if (form == RTMP_NAL_FRAME_SHORT)
      length_size = 2;
    while ((prefix = rtmp_cursor_take (&cursor, length_size)) != NULL) {
      nal_size = get_length (prefix, length_size);
      nal = rtmp_cursor_take (&cursor, nal_size);
      if (nal == NULL)
        break;
      if (nal_size > 0)
        append_nal (out, nal, nal_size);
    }
  }
  *out_size = out->len;
  return g_byte_array_free (out, FALSE);
}
