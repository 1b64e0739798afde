/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * RtmpCutClock: senders that cut their clock to 24 bits (go2rtc, membrane,
 * Node-Media-Server, each in some versions) start again from 0 after 4 h 39 min;
 * here it goes on. Embedded in its owner, all zero at start. ms, modulo 2^32.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* From how far before the end to how far behind 0 a step back is a wrap. */
#define RTMP_CUT_CLOCK_NEAR_MS 10000

typedef struct _RtmpCutClock
{
  guint32 base; /* multiple of 2^24 */
  guint32 last; /* as sent */
} RtmpCutClock;

/* @timestamp as the sender means it. @moves FALSE: it says nothing of the sender's
 * clock (data messages: many send 0). A timestamp of more than 24 bits shows that
 * nothing is cut. */
guint32 rtmp_cut_clock_map (RtmpCutClock *clock, guint32 timestamp, gboolean moves);

G_END_DECLS
