/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Decoder configuration records: what can be told of them without decoding.
 * Bytes only; sources: ISO 14496-3 1.6.2.1, ISO 14496-15. Pure functions, no
 * allocation; slices borrow the record. FALSE with RTMP_ERROR_PROTOCOL.
 */
#pragma once

#include "rtmp-types.h"

G_BEGIN_DECLS

/* AudioSpecificConfig. What follows it, which is often garbage, is ignored. */
typedef struct _RtmpAacConfig
{
  guint8 object_type; /* of the core: 2 = AAC-LC */
  guint32 rate;       /* of the core, Hz */
  guint8 channel_config;
  guint8 channels; /* by channel_config; 0: in the stream itself */
  gboolean sbr;
  gboolean ps;
  guint32 extension_rate; /* Hz with SBR, else 0 */
  guint16 frame_samples;  /* of one frame, at the core's rate; 0: not known */
} RtmpAacConfig;

gboolean rtmp_aac_config_parse (
    const guint8 *data, gsize size, RtmpAacConfig *config, GError **error);

/* AVCDecoderConfigurationRecord. Every count and length is checked; a record
 * without parameter sets is legal (they come in-band). */
typedef struct _RtmpAvcConfig
{
  guint8 profile;
  guint8 compatibility;
  guint8 level;
  guint8 length_size; /* 1, 2 or 4 */
  guint n_sps, n_pps;
  RtmpSlice sps, pps; /* the first ones, without length; data NULL if there is none */
} RtmpAvcConfig;

gboolean rtmp_avc_config_parse (
    const guint8 *data, gsize size, RtmpAvcConfig *config, GError **error);

/* HEVCDecoderConfigurationRecord; version 0 of some encoders is accepted. */
typedef struct _RtmpHevcConfig
{
  guint8 profile_space;
  gboolean high_tier;
  guint8 profile;
  guint32 compatibility;
  guint8 level;
  guint8 chroma;
  guint8 luma_depth, chroma_depth;
  guint8 length_size; /* 1, 2 or 4 */
  guint n_vps, n_sps, n_pps;
  RtmpSlice vps, sps, pps; /* the first ones; data NULL if there is none */
} RtmpHevcConfig;

gboolean rtmp_hevc_config_parse (
    const guint8 *data, gsize size, RtmpHevcConfig *config, GError **error);

G_END_DECLS
