/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * GstRtmpServerSrcSession: one publisher, from publish to its end. The element
 * owns it and guards it with its lock.
 */
#pragma once

#include "elements/gstrtmpserversrc.h"

G_BEGIN_DECLS

struct _GstRtmpServerSrcSession
{
  RtmpClient *client;
  RtmpDemux *demux;
  GArray *items;       /* RtmpDemuxItem: scratch */
  gint64 first_us;     /* arrival of the first media message, 0 = none yet */
  gint64 base_ns;      /* running time of session time 0 */
  gboolean base_fixed; /* queue items have it in them */
  gboolean has_media;  /* at least one buffer */
  gboolean refused;    /* ended by us: nothing of it can be used */
};

G_END_DECLS
