/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Aggregate messages (type 22): FLV tags without file header, their timestamps
 * relative to the first. Source: what encoders send (RTMP 1.0 section 7.1.6
 * describes another timestamp layout that nobody uses).
 */
#pragma once

#include "rtmp-message.h"

G_BEGIN_DECLS

/* Appends the sub-messages (types 8, 9, 15, 18, 20; others and nested
 * aggregates are skipped) to @out as new messages: msid of the aggregate,
 * timestamp shifted so that the first has the aggregate's. FALSE with
 * RTMP_ERROR_PROTOCOL if a size points past the end; what came before stays
 * in @out. A missing last back pointer is no error. */
gboolean rtmp_aggregate_unpack (const RtmpMessage *aggregate, GPtrArray *out, GError **error);

G_END_DECLS
