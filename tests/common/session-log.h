/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What a session says, as lines of text.
 */
#pragma once

#include "protocol/rtmp-session.h"

G_BEGIN_DECLS

void session_log_message (GString *log, const RtmpMessage *message);
void session_log_event (GString *log, const RtmpEvent *event);
/* "LIMIT", "PROTOCOL" ... */
const gchar *session_log_error (const GError *error);

G_END_DECLS
