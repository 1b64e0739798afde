/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What rtmp-dump says of one message, and of all of them in the end. One thread.
 */
#pragma once

#include "protocol/rtmp-message.h"
#include "protocol/rtmp-tag.h"

G_BEGIN_DECLS

/* "video", "command", ... or "type 77"; appended. */
void dump_append_type (GString *text, guint8 type);
/* What the body says, one line without an end; control characters are escaped. */
void dump_append_body (GString *text, const RtmpMessage *message, const RtmpLimits *limits);
const gchar *dump_packet_name (RtmpPacket packet);

/* Counts by type, codec and track. */
typedef struct _DumpSummary DumpSummary;
DumpSummary *dump_summary_new (void);
void dump_summary_free (DumpSummary *summary);
void dump_summary_add (
    DumpSummary *summary, const RtmpMessage *message, const RtmpLimits *limits);
/* A line for each. */
void dump_summary_print (const DumpSummary *summary);

G_END_DECLS
