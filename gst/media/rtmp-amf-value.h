/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * One AMF value <-> GValue, as the custom events of rtmp-metadata.h hold them.
 * Depth is bounded by RtmpLimits.amf_max_depth on the way in and by
 * RTMP_AMF_VALUE_MAX_DEPTH on the way out. Pure functions.
 */
#pragma once

#include <gst/gst.h>
#include "protocol/rtmp-amf.h"

G_BEGIN_DECLS

#define RTMP_AMF_VALUE_MAX_DEPTH 32

/* Initialises @value. Invalid UTF-8 is replaced. */
void rtmp_amf_to_value (const RtmpAmf *amf, GValue *value);
/* Full transfer; what has no AMF form becomes its text, else null. */
RtmpAmf *rtmp_amf_from_value (const GValue *value);

/* Append the structure `pair, name=.., value=..`, or `item, value=..`, to a
 * GST_TYPE_ARRAY; null has no value field. */
void rtmp_amf_append_pair (GValue *pairs, const gchar *name, const RtmpAmf *amf);
void rtmp_amf_append_item (GValue *items, const RtmpAmf *amf);
/* Sets the pairs of @pairs in @object; what is not a pair is skipped. */
void rtmp_amf_set_pairs (RtmpAmf *object, const GValue *pairs);

/* "" for NULL. */
gchar *rtmp_text_make_valid (const gchar *text);

G_END_DECLS
