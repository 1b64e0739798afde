/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * RtmpAdmission: counts connections of a server, in all and by remote address,
 * against the limits. Who comes while too many of its address are still in their
 * handshake waits its turn: a burst of honest players is served, and garbage
 * blocks its own address only.
 *
 * Owner: its server, under the server's lock.
 */
#pragma once

#include "server/rtmp-transport.h"
#include "protocol/rtmp-limits.h"

G_BEGIN_DECLS

typedef struct _RtmpAdmission RtmpAdmission;
typedef struct _RtmpSource RtmpSource;

/* One connection. */
typedef struct _RtmpTicket
{
  RtmpSource *source; /* private */
  GList link;         /* private: among those who wait, or are in their handshake */
  gboolean passed;
  gint64 since_us; /* start of the handshake */
  /* while it waits */
  RtmpTransport *transport;
  GSocketAddress *address;
  /* from then on */
  RtmpLoop *loop;
  guint64 id;
} RtmpTicket;

RtmpAdmission *rtmp_admission_new (void);
void rtmp_admission_free (RtmpAdmission *admission);

/* One more from @address (NULL = unknown). NULL: over a limit, @reason says which
 * (static). *@waits: it may not begin yet. */
RtmpTicket *rtmp_admission_enter (RtmpAdmission *admission, GSocketAddress *address,
    const RtmpLimits *limits, gint64 now_us, gboolean *waits, const gchar **reason);
/* The handshake is over: it publishes or plays. */
void rtmp_admission_pass (RtmpAdmission *admission, RtmpTicket *ticket);
/* Frees @ticket. */
void rtmp_admission_leave (RtmpAdmission *admission, RtmpTicket *ticket);

/* One who waited and may begin now; NULL: nobody. Call until then after pass and
 * leave. */
RtmpTicket *rtmp_admission_next (
    RtmpAdmission *admission, const RtmpLimits *limits, gint64 now_us);
/* Any who waits, out of turn: to let it go. */
RtmpTicket *rtmp_admission_take_waiting (RtmpAdmission *admission);
/* Those whose handshake takes longer than @age_us while others wait for their place;
 * at most @max, returns how many. */
guint rtmp_admission_find_stale (
    RtmpAdmission *admission, gint64 now_us, gint64 age_us, RtmpTicket **stale, guint max);

guint rtmp_admission_get_n (RtmpAdmission *admission);
guint rtmp_admission_get_n_waiting (RtmpAdmission *admission);

G_END_DECLS
