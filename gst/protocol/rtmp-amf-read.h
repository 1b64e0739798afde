/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the AMF0 and AMF3 parsers share: charging a message's budget and adding
 * parsed parts to a tree. Private to them.
 */
#pragma once

#include "rtmp-amf.h"
#include "rtmp-error.h"
#include "rtmp-types.h"

G_BEGIN_DECLS

/* Each returns FALSE (or NULL) with RTMP_ERROR_LIMIT where a limit is passed. */
gboolean rtmp_amf_charge (RtmpAmfBudget *budget, gsize size, GError **error);
RtmpAmf *rtmp_amf_charge_value (RtmpAmfBudget *budget, RtmpAmfType type, GError **error);
gboolean rtmp_amf_enter (RtmpAmfBudget *budget, GError **error);
void rtmp_amf_leave (RtmpAmfBudget *budget);

/* Sets @value->string from borrowed @bytes. */
gboolean rtmp_amf_charge_string (
    RtmpAmfBudget *budget, RtmpAmf *value, RtmpSlice bytes, GError **error);
/* Adds @key -> @item (taken, may be NULL: error is set already) to @object. */
gboolean rtmp_amf_charge_property (
    RtmpAmfBudget *budget, RtmpAmf *object, RtmpSlice key, RtmpAmf *item, GError **error);
gboolean rtmp_amf_check_key (RtmpAmfBudget *budget, gsize size, GError **error);
/* Adds @item (taken, may be NULL: error is set already) to @array. */
gboolean rtmp_amf_charge_item (
    RtmpAmfBudget *budget, RtmpAmf *array, RtmpAmf *item, GError **error);

gboolean rtmp_amf_fail_truncated (GError **error);

G_END_DECLS
