/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "media/rtmp-sps.h"
#include <string.h>
#include <gst/base/gstbitreader.h>

#define MAX_EXP_GOLOMB_ZEROS 31
#define EXTENDED_SAR 255

/* The payload without emulation prevention bytes. A read past its end yields
 * zeros and sets `failed`, so that parsers need to look only where it matters. */
typedef struct _Bits
{
  GstBitReader reader;
  gboolean failed;
  guint8 payload[RTMP_SPS_MAX_SIZE];
} Bits;

static void
bits_init (Bits *bits, const guint8 *data, gsize size)
{
  guint zeros = 0;
  guint used = 0;
  gsize i;

  for (i = 0; i < size && used < sizeof bits->payload; i++) {
    if (zeros >= 2 && data[i] == 3) {
      zeros = 0;
      continue;
    }
    zeros = data[i] == 0 ? zeros + 1 : 0;
    bits->payload[used++] = data[i];
  }
  gst_bit_reader_init (&bits->reader, bits->payload, used);
  bits->failed = FALSE;
}

static guint32
get_bits (Bits *bits, guint n)
{
  guint32 value = 0;

  if (!gst_bit_reader_get_bits_uint32 (&bits->reader, &value, n))
    bits->failed = TRUE;
  return bits->failed ? 0 : value;
}

static void
skip_bits (Bits *bits, guint n)
{
  if (!gst_bit_reader_skip (&bits->reader, n))
    bits->failed = TRUE;
}

static guint32
get_ue (Bits *bits)
{
  guint zeros = 0;

  while (!bits->failed && get_bits (bits, 1) == 0) {
    if (++zeros > MAX_EXP_GOLOMB_ZEROS)
      bits->failed = TRUE;
  }
  if (bits->failed)
    return 0;
  return (guint32)((G_GUINT64_CONSTANT (1) << zeros) - 1) +
         (zeros ? get_bits (bits, zeros) : 0);
}

static gint32
get_se (Bits *bits)
{
  guint32 value = get_ue (bits);

  return value & 1 ? (gint32)(value / 2) + 1 : -(gint32)(value / 2);
}

/* Table E-1 of both; index is aspect_ratio_idc. */
static const guint8 aspect_ratios[][2] = { { 1, 1 }, { 1, 1 }, { 12, 11 }, { 10, 11 },
  { 16, 11 }, { 40, 33 }, { 24, 11 }, { 20, 11 }, { 32, 11 }, { 80, 33 }, { 18, 11 },
  { 15, 11 }, { 64, 33 }, { 160, 99 }, { 4, 3 }, { 3, 2 }, { 2, 1 } };

/* What both VUIs begin with, up to and including the chroma location. */
static void
parse_vui_picture (Bits *bits, RtmpSps *sps)
{
  if (get_bits (bits, 1)) { /* aspect_ratio_info_present */
    guint idc = get_bits (bits, 8);
    gint n = 1, d = 1;

    if (idc == EXTENDED_SAR) {
      n = get_bits (bits, 16);
      d = get_bits (bits, 16);
    } else if (idc < G_N_ELEMENTS (aspect_ratios)) {
      n = aspect_ratios[idc][0];
      d = aspect_ratios[idc][1];
    }
    if (!bits->failed && n > 0 && d > 0) {
      sps->par_n = n;
      sps->par_d = d;
    }
  }
  if (get_bits (bits, 1)) /* overscan_info_present */
    skip_bits (bits, 1);
  if (get_bits (bits, 1)) { /* video_signal_type_present */
    gboolean full_range;

    skip_bits (bits, 3);
    full_range = get_bits (bits, 1);
    if (get_bits (bits, 1)) { /* colour_description_present */
      guint8 primaries = get_bits (bits, 8);
      guint8 transfer = get_bits (bits, 8);
      guint8 matrix = get_bits (bits, 8);

      if (!bits->failed) {
        sps->has_color = TRUE;
        sps->primaries = primaries;
        sps->transfer = transfer;
        sps->matrix = matrix;
        sps->full_range = full_range;
      }
    }
  }
  if (get_bits (bits, 1)) { /* chroma_loc_info_present */
    get_ue (bits);
    get_ue (bits);
  }
}

/* @ticks: clock ticks a frame lasts. */
static void
parse_vui_timing (Bits *bits, guint ticks, RtmpSps *sps)
{
  guint64 units = (guint64)get_bits (bits, 32) * ticks;
  guint64 scale = get_bits (bits, 32);

  if (bits->failed || units == 0 || scale == 0 || scale > units * 1000 || units > scale * 100)
    return;
  while (units > G_MAXINT || scale > G_MAXINT) {
    units /= 2;
    scale /= 2;
  }
  sps->fps_n = scale;
  sps->fps_d = units;
}

static void
set_defaults (RtmpSps *sps)
{
  memset (sps, 0, sizeof *sps);
  sps->par_n = sps->par_d = 1;
  sps->fps_d = 1;
  sps->chroma_format = 1;
  sps->luma_bits = sps->chroma_bits = 8;
}

static gboolean
subsampled_x (const RtmpSps *sps)
{
  return sps->chroma_format == 1 || sps->chroma_format == 2;
}

/* Crop and the other unsigned sums are done in 64 bit: no value can wrap. */
static gboolean
set_size (RtmpSps *sps, gint64 width, gint64 height, gint64 crop_x, gint64 crop_y)
{
  width -= crop_x;
  height -= crop_y;
  if (width < 1 || height < 1 || width > RTMP_SPS_MAX_DIMENSION ||
      height > RTMP_SPS_MAX_DIMENSION)
    return FALSE;
  sps->width = width;
  sps->height = height;
  return TRUE;
}

/* H.264 */

static void
skip_scaling_list (Bits *bits, guint size)
{
  gint last = 8, next = 8;
  guint i;

  for (i = 0; i < size && !bits->failed; i++) {
    if (next != 0)
      next = (last + (get_se (bits) & 0xff)) & 0xff;
    if (next != 0)
      last = next;
  }
}

static gboolean
has_chroma_info (guint profile)
{
  static const guint8 profiles[] = { 100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134,
    135 };

  return memchr (profiles, profile, sizeof profiles) != NULL;
}

static void
parse_h264_chroma (Bits *bits, RtmpSps *sps)
{
  guint i, lists;

  sps->chroma_format = get_ue (bits);
  if (sps->chroma_format == 3)
    skip_bits (bits, 1); /* separate_colour_plane: crop units are 1 either way */
  sps->luma_bits = 8 + get_ue (bits);
  sps->chroma_bits = 8 + get_ue (bits);
  skip_bits (bits, 1);
  if (!get_bits (bits, 1)) /* seq_scaling_matrix_present */
    return;
  lists = sps->chroma_format == 3 ? 12 : 8;
  for (i = 0; i < lists && !bits->failed; i++) {
    if (get_bits (bits, 1))
      skip_scaling_list (bits, i < 6 ? 16 : 64);
  }
}

static void
skip_h264_poc (Bits *bits)
{
  guint type = get_ue (bits);
  guint i, n;

  if (type == 0) {
    get_ue (bits);
  } else if (type == 1) {
    skip_bits (bits, 1);
    get_se (bits);
    get_se (bits);
    n = MIN (get_ue (bits), 255);
    for (i = 0; i < n && !bits->failed; i++)
      get_se (bits);
  }
}

static gboolean
parse_h264_size (Bits *bits, RtmpSps *sps)
{
  gint64 width, height, left, right, top, bottom;
  gboolean frames_only;
  gint unit_x, unit_y;

  width = ((gint64)get_ue (bits) + 1) * 16;
  height = ((gint64)get_ue (bits) + 1) * 16;
  frames_only = get_bits (bits, 1);
  if (!frames_only) {
    height *= 2;
    skip_bits (bits, 1);
    sps->interlaced = TRUE;
  }
  skip_bits (bits, 1);
  left = right = top = bottom = 0;
  if (get_bits (bits, 1)) { /* frame_cropping */
    left = get_ue (bits);
    right = get_ue (bits);
    top = get_ue (bits);
    bottom = get_ue (bits);
  }
  unit_x = subsampled_x (sps) ? 2 : 1;
  unit_y = (sps->chroma_format == 1 ? 2 : 1) * (frames_only ? 1 : 2);
  return !bits->failed &&
         set_size (sps, width, height, (left + right) * unit_x, (top + bottom) * unit_y);
}

gboolean
rtmp_sps_parse_h264 (const guint8 *data, gsize size, RtmpSps *sps)
{
  Bits bits;
  guint profile;

  set_defaults (sps);
  if (size < 5 || (data[0] & 0x1f) != 7)
    return FALSE;
  bits_init (&bits, data + 1, size - 1);
  profile = get_bits (&bits, 8);
  skip_bits (&bits, 16); /* constraints, level */
  get_ue (&bits);        /* id */
  if (has_chroma_info (profile))
    parse_h264_chroma (&bits, sps);
  get_ue (&bits); /* log2_max_frame_num */
  skip_h264_poc (&bits);
  get_ue (&bits); /* max_num_ref_frames */
  skip_bits (&bits, 1);
  if (bits.failed || sps->chroma_format > 3 || sps->luma_bits > 14 || sps->chroma_bits > 14 ||
      !parse_h264_size (&bits, sps))
    return FALSE;
  if (get_bits (&bits, 1)) { /* vui_parameters_present */
    parse_vui_picture (&bits, sps);
    if (get_bits (&bits, 1)) { /* timing_info_present */
      parse_vui_timing (&bits, 2, sps);
      sps->fixed_rate = get_bits (&bits, 1) && sps->fps_n > 0;
    }
  }
  return TRUE;
}

/* H.265 */

static void
skip_h265_profile_tier_level (Bits *bits, guint max_sub_layers_minus1)
{
  guint present[7] = { 0 };
  guint i;

  skip_bits (bits, 88 + 8); /* general profile and level */
  for (i = 0; i < max_sub_layers_minus1; i++)
    present[i] = get_bits (bits, 2);
  if (max_sub_layers_minus1 > 0)
    skip_bits (bits, 2 * (8 - max_sub_layers_minus1));
  for (i = 0; i < max_sub_layers_minus1; i++)
    skip_bits (bits, (present[i] & 2 ? 88 : 0) + (present[i] & 1 ? 8 : 0));
}

static void
skip_h265_scaling_lists (Bits *bits)
{
  guint size_id, matrix_id, i, n;

  for (size_id = 0; size_id < 4; size_id++) {
    for (matrix_id = 0; matrix_id < 6 && !bits->failed; matrix_id += size_id == 3 ? 3 : 1) {
      if (!get_bits (bits, 1)) {
        get_ue (bits);
        continue;
      }
      n = MIN (64, 1 << (4 + (size_id << 1)));
      if (size_id > 1)
        get_se (bits);
      for (i = 0; i < n && !bits->failed; i++)
        get_se (bits);
    }
  }
}

/* One st_ref_pic_set; @n_deltas: NumDeltaPocs of the ones before, and of this. */
static void
skip_h265_ref_pic_set (Bits *bits, guint index, guint *n_deltas)
{
  guint i, negative, positive;

  n_deltas[index] = 0;
  if (index > 0 && get_bits (bits, 1)) { /* inter_ref_pic_set_prediction */
    skip_bits (bits, 1);
    get_ue (bits);
    for (i = 0; i <= n_deltas[index - 1] && !bits->failed; i++) {
      gboolean used = get_bits (bits, 1);
      gboolean use_delta = used ? TRUE : get_bits (bits, 1);

      n_deltas[index] += use_delta;
    }
    return;
  }
  negative = get_ue (bits);
  positive = get_ue (bits);
  if (negative > 16 || positive > 16)
    bits->failed = TRUE;
  for (i = 0; i < negative + positive && !bits->failed; i++) {
    get_ue (bits);
    skip_bits (bits, 1);
  }
  n_deltas[index] = negative + positive;
}

static void
skip_h265_ref_pics (Bits *bits, guint log2_max_poc)
{
  guint n_deltas[64];
  guint i, n;

  n = get_ue (bits);
  if (n > 64)
    bits->failed = TRUE;
  for (i = 0; i < n && !bits->failed; i++) {
    skip_h265_ref_pic_set (bits, i, n_deltas);
    if (n_deltas[i] > 32)
      bits->failed = TRUE;
  }
  if (get_bits (bits, 1)) { /* long_term_ref_pics_present */
    n = MIN (get_ue (bits), 32);
    for (i = 0; i < n && !bits->failed; i++)
      skip_bits (bits, log2_max_poc + 1);
  }
}

/* Everything between the picture size and the VUI. */
static void
skip_h265_coding_tools (Bits *bits, guint max_sub_layers_minus1)
{
  guint log2_max_poc, i;

  log2_max_poc = get_ue (bits) + 4;
  if (log2_max_poc > 16)
    bits->failed = TRUE;
  for (i = get_bits (bits, 1) ? 0 : max_sub_layers_minus1; i <= max_sub_layers_minus1; i++) {
    get_ue (bits);
    get_ue (bits);
    get_ue (bits);
  }
  for (i = 0; i < 6; i++) /* block and transform sizes */
    get_ue (bits);
  if (get_bits (bits, 1) && get_bits (bits, 1)) /* scaling_list_enabled, _data_present */
    skip_h265_scaling_lists (bits);
  skip_bits (bits, 2);
  if (get_bits (bits, 1)) { /* pcm_enabled */
    skip_bits (bits, 8);
    get_ue (bits);
    get_ue (bits);
    skip_bits (bits, 1);
  }
  skip_h265_ref_pics (bits, log2_max_poc);
  skip_bits (bits, 2);
}

static void
parse_h265_vui (Bits *bits, RtmpSps *sps)
{
  parse_vui_picture (bits, sps);
  skip_bits (bits, 1);    /* neutral_chroma */
  if (get_bits (bits, 1)) /* field_seq */
    sps->interlaced = TRUE;
  skip_bits (bits, 1);
  if (get_bits (bits, 1)) { /* default_display_window */
    get_ue (bits);
    get_ue (bits);
    get_ue (bits);
    get_ue (bits);
  }
  if (get_bits (bits, 1)) /* timing_info_present */
    parse_vui_timing (bits, 1, sps);
}

static gboolean
parse_h265_size (Bits *bits, RtmpSps *sps)
{
  gint64 width, height, left, right, top, bottom;
  gint unit_x, unit_y;

  sps->chroma_format = get_ue (bits);
  if (sps->chroma_format == 3)
    skip_bits (bits, 1); /* separate_colour_plane: crop units are 1 either way */
  width = get_ue (bits);
  height = get_ue (bits);
  left = right = top = bottom = 0;
  if (get_bits (bits, 1)) { /* conformance_window */
    left = get_ue (bits);
    right = get_ue (bits);
    top = get_ue (bits);
    bottom = get_ue (bits);
  }
  sps->luma_bits = 8 + get_ue (bits);
  sps->chroma_bits = 8 + get_ue (bits);
  unit_x = subsampled_x (sps) ? 2 : 1;
  unit_y = sps->chroma_format == 1 ? 2 : 1;
  return !bits->failed && sps->chroma_format <= 3 && sps->luma_bits <= 16 &&
         sps->chroma_bits <= 16 &&
         set_size (sps, width, height, (left + right) * unit_x, (top + bottom) * unit_y);
}

gboolean
rtmp_sps_parse_h265 (const guint8 *data, gsize size, RtmpSps *sps)
{
  Bits bits;
  guint max_sub_layers_minus1;

  set_defaults (sps);
  if (size < 5 || ((data[0] >> 1) & 0x3f) != 33)
    return FALSE;
  bits_init (&bits, data + 2, size - 2);
  skip_bits (&bits, 4); /* VPS id */
  max_sub_layers_minus1 = get_bits (&bits, 3);
  if (max_sub_layers_minus1 > 6)
    return FALSE;
  skip_bits (&bits, 1);
  skip_h265_profile_tier_level (&bits, max_sub_layers_minus1);
  get_ue (&bits); /* id */
  if (!parse_h265_size (&bits, sps))
    return FALSE;
  skip_h265_coding_tools (&bits, max_sub_layers_minus1);
  if (get_bits (&bits, 1)) /* vui_parameters_present */
    parse_h265_vui (&bits, sps);
  return TRUE;
}
