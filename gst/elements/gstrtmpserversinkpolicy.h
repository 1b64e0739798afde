/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Where players of a sink start and go on: the values of `sync-method` and
 * `recover-policy`, nicks as multihandlesink has them where it has them.
 */
#pragma once

#include <glib-object.h>

G_BEGIN_DECLS

typedef enum
{
  GST_RTMP_SERVER_SYNC_LATEST_KEYFRAME,
  GST_RTMP_SERVER_SYNC_NEXT_KEYFRAME,
} GstRtmpServerSyncMethod;

typedef enum
{
  GST_RTMP_SERVER_RECOVER_NONE,
  GST_RTMP_SERVER_RECOVER_KEYFRAME,
} GstRtmpServerRecoverPolicy;

GType gst_rtmp_server_sync_method_get_type (void);
GType gst_rtmp_server_recover_policy_get_type (void);

G_END_DECLS
