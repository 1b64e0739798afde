/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * RtmpAdmission: counts connections of a server, in all and by remote address,
 * against the limits. Owner: its server, under the server's lock.
 */
#pragma once

#include <gio/gio.h>
#include "protocol/rtmp-limits.h"

G_BEGIN_DECLS

typedef struct _RtmpAdmission RtmpAdmission;
/* What one connection holds of it. */
typedef struct _RtmpTicket RtmpTicket;

RtmpAdmission *rtmp_admission_new (void);
void rtmp_admission_free (RtmpAdmission *admission);

/* One more from @address, in its handshake; NULL: over a limit, @reason says which
 * (static). */
RtmpTicket *rtmp_admission_enter (RtmpAdmission *admission, GInetAddress *address,
    const RtmpLimits *limits, const gchar **reason);
/* The handshake is over: it publishes or plays. */
void rtmp_admission_pass (RtmpAdmission *admission, RtmpTicket *ticket);
void rtmp_admission_leave (RtmpAdmission *admission, RtmpTicket *ticket);
guint rtmp_admission_get_n (RtmpAdmission *admission);

G_END_DECLS
