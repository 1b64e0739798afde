/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "media/rtmp-nal.h"
#include "protocol/rtmp-bytes.h"

#define H265_SPS 33

gboolean
rtmp_nal_parse_avcc (const guint8 *data, gsize size, RtmpNalRecord *record)
{
  RtmpCursor cursor = rtmp_cursor (data, size);
  const guint8 *fixed = rtmp_cursor_take (&cursor, 6);
  guint16 length;
  guint n;

  memset (record, 0, sizeof *record);
  if (fixed == NULL || fixed[0] != 1)
    return FALSE;
  record->length_size = (fixed[RTMP_NAL_AVCC_LENGTH_AT] & 3) + 1;
  if (record->length_size == 3)
    return FALSE;
  /* without an SPS to tell by: an H.265 record has no reserved ones here */
  if ((fixed[5] & 0x1f) == 0 && (fixed[4] < 0xfc || fixed[5] < 0xe0))
    return FALSE;
  for (n = fixed[5] & 0x1f; n > 0; n--) {
    const guint8 *sps;

    if (!rtmp_cursor_u16 (&cursor, &length) ||
        (sps = rtmp_cursor_take (&cursor, length)) == NULL)
      return FALSE;
    if (record->sps == NULL && length > 0) {
      record->sps = sps;
      record->sps_size = length;
    }
  }
  return TRUE;
}

static gboolean
parse_hvcc_array (RtmpCursor *cursor, RtmpNalRecord *record)
{
  guint8 type;
  guint16 count, length;

  if (!rtmp_cursor_u8 (cursor, &type) || !rtmp_cursor_u16 (cursor, &count))
    return FALSE;
  for (; count > 0; count--) {
    const guint8 *nal;

    if (!rtmp_cursor_u16 (cursor, &length) || (nal = rtmp_cursor_take (cursor, length)) == NULL)
      return FALSE;
    if ((type & 0x3f) == H265_SPS && record->sps == NULL && length > 0) {
      record->sps = nal;
      record->sps_size = length;
    }
  }
  return TRUE;
}

gboolean
rtmp_nal_parse_hvcc (const guint8 *data, gsize size, RtmpNalRecord *record)
{
  RtmpCursor cursor = rtmp_cursor (data, size);
  const guint8 *fixed = rtmp_cursor_take (&cursor, 23);
  guint n;

  memset (record, 0, sizeof *record);
  if (fixed == NULL || fixed[0] > 1) /* some encoders leave the version 0 */
    return FALSE;
  record->length_size = (fixed[RTMP_NAL_HVCC_LENGTH_AT] & 3) + 1;
  if (record->length_size == 3)
    return FALSE;
  for (n = fixed[22]; n > 0; n--) {
    if (!parse_hvcc_array (&cursor, record))
      return FALSE;
  }
  /* without an SPS to tell by: the reserved ones */
  return record->sps != NULL || (fixed[13] >= 0xf0 && fixed[15] >= 0xfc);
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
