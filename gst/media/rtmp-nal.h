/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * NAL units: decoder configuration records, and frames whose NAL units have
 * length prefixes (or, from some encoders, Annex B start codes). Sources:
 * ISO/IEC 14496-15; what hardware encoders send. Pure functions, any thread.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* What our buffers have, whatever the peer sent. */
#define RTMP_NAL_LENGTH_SIZE 4

/* Where lengthSizeMinusOne is in the records. */
#define RTMP_NAL_AVCC_LENGTH_AT 4
#define RTMP_NAL_HVCC_LENGTH_AT 21

typedef enum
{
  RTMP_NAL_NONE, /* not a codec with NAL units */
  RTMP_NAL_H264,
  RTMP_NAL_H265,
} RtmpNalKind;

/* Borrows from what was parsed. */
typedef struct _RtmpNalRecord
{
  guint8 length_size; /* 1, 2 or 4 */
  const guint8 *sps;  /* the first, or NULL: parameter sets come in-band */
  gsize sps_size;
} RtmpNalRecord;

/* FALSE: too short, a length past the end (parsers downstream would refuse the
 * caps), or a length size of 3. What follows the parameter sets is not looked at. */
gboolean rtmp_nal_parse_avcc (const guint8 *data, gsize size, RtmpNalRecord *record);
gboolean rtmp_nal_parse_hvcc (const guint8 *data, gsize size, RtmpNalRecord *record);

typedef enum
{
  RTMP_NAL_FRAME_OK,      /* a chain of lengths of the size asked for */
  RTMP_NAL_FRAME_SHORT,   /* a chain of 2 byte lengths */
  RTMP_NAL_FRAME_ANNEX_B, /* start codes */
  RTMP_NAL_FRAME_BROKEN,  /* a length points past the end */
} RtmpNalForm;

typedef struct _RtmpNalFrame
{
  RtmpNalForm form;
  gboolean keyframe; /* holds an IDR (H.264), IRAP (H.265) picture */
  gboolean picture;  /* holds a slice at all: not only SEI, AUD, parameter sets */
} RtmpNalFrame;

/* What @data is, and what it holds. */
void rtmp_nal_inspect (
    RtmpNalKind kind, guint length_size, const guint8 *data, gsize size, RtmpNalFrame *frame);

/* The same NAL units with 4 byte lengths, newly allocated; NULL if @form is
 * broken. At most 5/2 of @size. */
guint8 *rtmp_nal_to_length4 (
    RtmpNalForm form, guint length_size, const guint8 *data, gsize size, gsize *out_size);

G_END_DECLS
