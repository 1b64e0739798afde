/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Sequence parameter sets of H.264 and H.265, as far as caps need them.
 * Sources: ITU-T H.264 7.3.2.1 and Annex E, H.265 7.3.2.2 and Annex E.
 * Pure functions, any thread, no allocation; at most RTMP_SPS_MAX_SIZE bytes are
 * looked at.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define RTMP_SPS_MAX_SIZE 4096
/* Larger pictures are taken for a broken or hostile SPS. */
#define RTMP_SPS_MAX_DIMENSION 16384

typedef struct _RtmpSps
{
  gint width; /* cropped */
  gint height;
  gint par_n; /* 1/1 if not said */
  gint par_d;
  gint fps_n; /* 0/1 if not said */
  gint fps_d;
  gboolean fixed_rate; /* H.264: no frame lasts longer or shorter */
  gboolean interlaced; /* fields or frames of fields may occur */
  gint chroma_format;  /* 0 mono, 1 4:2:0, 2 4:2:2, 3 4:4:4 */
  gint luma_bits;
  gint chroma_bits;
  gboolean has_color; /* the next three are ISO 23001-8 code points */
  guint8 primaries;
  guint8 transfer;
  guint8 matrix;
  gboolean full_range;
} RtmpSps;

/* @data: one NAL unit with its header, emulation prevention bytes still in.
 * FALSE: not an SPS, truncated before the picture size, or nonsense. A VUI that
 * ends too early is ignored from there on. */
gboolean rtmp_sps_parse_h264 (const guint8 *data, gsize size, RtmpSps *sps);
gboolean rtmp_sps_parse_h265 (const guint8 *data, gsize size, RtmpSps *sps);

G_END_DECLS
