/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Decoder configuration records of AAC, H.264 and HEVC.
 */
#include "rtmp-codec-config.h"
#include "rtmp-bytes.h"
#include "rtmp-error.h"

#define AAC_SBR 5
#define AAC_PS 29
#define AAC_ESCAPE 31
#define SYNC_EXTENSION 0x2b7

#define HEVC_VPS 32
#define HEVC_SPS 33
#define HEVC_PPS 34

static gboolean
fail (GError **error, const gchar *what)
{
  g_set_error (error, RTMP_ERROR, RTMP_ERROR_PROTOCOL, "decoder configuration: %s", what);
  return FALSE;
}

/* ---- AAC ---- */

typedef struct
{
  const guint8 *data;
  gsize n_bits, position;
  gboolean failed;
} Bits;

static guint32
read_bits (Bits *bits, guint n)
{
  guint32 value = 0;

  if (bits->n_bits - bits->position < n) {
    bits->failed = TRUE;
    bits->position = bits->n_bits;
    return 0;
  }
  for (; n > 0; n--, bits->position++)
    value = value << 1 | ((bits->data[bits->position / 8] >> (7 - bits->position % 8)) & 1);
  return value;
}

static guint8
read_object_type (Bits *bits)
{
  guint8 type = read_bits (bits, 5);

  return type == AAC_ESCAPE ? 32 + read_bits (bits, 6) : type;
}

/* 0: a reserved index. */
static guint32
read_rate (Bits *bits)
{
  static const guint32 rates[] = { 96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050,
    16000, 12000, 11025, 8000, 7350 };
  guint index = read_bits (bits, 4);

  if (index == 15)
    return read_bits (bits, 24);
  return index < G_N_ELEMENTS (rates) ? rates[index] : 0;
}

/* Backward compatible signalling of SBR and PS, behind what older readers need. */
static void
read_sync_extension (Bits *bits, RtmpAacConfig *config)
{
  guint32 rate;

  /* frame length and core coder flags; with a core coder or an extension the
   * position of what follows would need a whole parser */
  if (config->object_type != 2 || config->channel_config == 0 || read_bits (bits, 3) != 0)
    return;
  if (read_bits (bits, 11) != SYNC_EXTENSION || read_object_type (bits) != AAC_SBR ||
      read_bits (bits, 1) != 1)
    return;
  rate = read_rate (bits);
  if (bits->failed || rate == 0)
    return;
  config->sbr = TRUE;
  config->extension_rate = rate;
  config->ps = read_bits (bits, 11) == 0x548 && read_bits (bits, 1) == 1;
}

static guint8
channels_of (guint8 channel_config)
{
  static const guint8 channels[16] = { 0, 1, 2, 3, 4, 5, 6, 8, 0, 0, 0, 7, 8, 24, 8, 0 };

  return channels[channel_config];
}

/* Source: ISO 14496-3 4.4.1, frameLengthFlag of GASpecificConfig. @bits stays. */
static guint16
frame_samples_of (Bits bits, guint8 object_type)
{
  if (object_type == 0 || object_type > 7 || object_type == AAC_SBR)
    return 0;
  return read_bits (&bits, 1) != 0 ? 960 : 1024;
}

gboolean
rtmp_aac_config_parse (const guint8 *data, gsize size, RtmpAacConfig *config, GError **error)
{
  Bits bits = { data, MIN (size, 64) * 8, 0, FALSE };

  memset (config, 0, sizeof *config);
  config->object_type = read_object_type (&bits);
  config->rate = read_rate (&bits);
  config->channel_config = read_bits (&bits, 4);
  config->channels = channels_of (config->channel_config);
  if (config->object_type == AAC_SBR || config->object_type == AAC_PS) {
    config->sbr = TRUE;
    config->ps = config->object_type == AAC_PS;
    config->extension_rate = read_rate (&bits);
    config->object_type = read_object_type (&bits);
    if (config->extension_rate == 0)
      return fail (error, bits.failed ? "truncated" : "reserved sample rate");
  }
  if (bits.failed)
    return fail (error, "truncated");
  if (config->rate == 0)
    return fail (error, "reserved sample rate");
  if (config->object_type == 0)
    return fail (error, "no audio object type");
  config->frame_samples = frame_samples_of (bits, config->object_type);
  if (!config->sbr)
    read_sync_extension (&bits, config);
  return TRUE;
}

/* ---- H.264 ---- */

/* @n NAL units with 16-bit lengths; the first one to @first. */
static gboolean
read_units (RtmpCursor *cursor, guint n, RtmpSlice *first, GError **error)
{
  guint i;

  for (i = 0; i < n; i++) {
    guint16 size;
    const guint8 *unit;

    if (!rtmp_cursor_u16 (cursor, &size) || (unit = rtmp_cursor_take (cursor, size)) == NULL)
      return fail (error, "truncated");
    if (first->data == NULL && size > 0) {
      first->data = unit;
      first->size = size;
    }
  }
  return TRUE;
}

static gboolean
set_length_size (guint8 byte, guint8 *length_size, GError **error)
{
  *length_size = (byte & 3) + 1;
  return *length_size != 3 || fail (error, "NAL unit length of 3 bytes");
}

gboolean
rtmp_avc_config_parse (const guint8 *data, gsize size, RtmpAvcConfig *config, GError **error)
{
  RtmpCursor cursor = rtmp_cursor (data, size);
  const guint8 *fixed = rtmp_cursor_take (&cursor, 6);
  guint8 n_pps = 0;

  memset (config, 0, sizeof *config);
  if (fixed == NULL)
    return fail (error, "truncated");
  if (fixed[0] != 1)
    return fail (error, "not an avcC record of version 1");
  config->profile = fixed[1];
  config->compatibility = fixed[2];
  config->level = fixed[3];
  config->n_sps = fixed[5] & 0x1f;
  if (!set_length_size (fixed[4], &config->length_size, error) ||
      !read_units (&cursor, config->n_sps, &config->sps, error))
    return FALSE;
  if (rtmp_cursor_u8 (&cursor, &n_pps) && !read_units (&cursor, n_pps, &config->pps, error))
    return FALSE;
  config->n_pps = n_pps;
  return TRUE;
}

/* ---- HEVC ---- */

static gboolean
read_array (RtmpCursor *cursor, RtmpHevcConfig *config, GError **error)
{
  RtmpSlice other = { NULL, 0 }, *first = &other;
  guint unused = 0, *total = &unused;
  guint8 type;
  guint16 n;

  if (!rtmp_cursor_u8 (cursor, &type) || !rtmp_cursor_u16 (cursor, &n))
    return fail (error, "truncated");
  switch (type & 0x3f) {
    case HEVC_VPS:
      first = &config->vps;
      total = &config->n_vps;
      break;
    case HEVC_SPS:
      first = &config->sps;
      total = &config->n_sps;
      break;
    case HEVC_PPS:
      first = &config->pps;
      total = &config->n_pps;
      break;
    default:
      break;
  }
  *total += n;
  return read_units (cursor, n, first, error);
}

static void
read_hevc_fixed (const guint8 *fixed, RtmpHevcConfig *config)
{
  config->profile_space = fixed[1] >> 6;
  config->high_tier = (fixed[1] & 0x20) != 0;
  config->profile = fixed[1] & 0x1f;
  config->compatibility = rtmp_get_u32 (fixed + 2);
  config->level = fixed[12];
  config->chroma = fixed[16] & 3;
  config->luma_depth = (fixed[17] & 7) + 8;
  config->chroma_depth = (fixed[18] & 7) + 8;
}

gboolean
rtmp_hevc_config_parse (const guint8 *data, gsize size, RtmpHevcConfig *config, GError **error)
{
  RtmpCursor cursor = rtmp_cursor (data, size);
  const guint8 *fixed = rtmp_cursor_take (&cursor, 22);
  guint8 n_arrays;

  memset (config, 0, sizeof *config);
  if (fixed == NULL || !rtmp_cursor_u8 (&cursor, &n_arrays))
    return fail (error, "truncated");
  if (fixed[0] > 1)
    return fail (error, "not an hvcC record of version 1");
  read_hevc_fixed (fixed, config);
  if (!set_length_size (fixed[21], &config->length_size, error))
    return FALSE;
  for (; n_arrays > 0; n_arrays--) {
    if (!read_array (&cursor, config, error))
      return FALSE;
  }
  return TRUE;
}
