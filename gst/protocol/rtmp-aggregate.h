/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Aggregate messages (type 22): FLV tags without file header, their timestamps
 * relative to the first. Source: what encoders send (RTMP 1.0 section 7.1.6
 * describes another timestamp layout that nobody uses).
 */
#pragma once

#include "rtmp-limits.h"
#include "rtmp-message.h"

G_BEGIN_DECLS

/* Appends the sub-messages (types 8, 9, 15, 18, 20; others and nested
 * aggregates are skipped) to @out as new messages: csid, msid and arrival of the
 * aggregate, timestamp shifted so that the first has the aggregate's. FALSE with
 * RTMP_ERROR_PROTOCOL if a size points past the end, RTMP_ERROR_LIMIT for more
 * than max_aggregate_messages; what came before stays in @out. A missing last
 * back pointer is no error, and no back pointer is checked. */
gboolean rtmp_aggregate_unpack (
    const RtmpMessage *aggregate, const RtmpLimits *limits, GPtrArray *out, GError **error);

G_END_DECLS
