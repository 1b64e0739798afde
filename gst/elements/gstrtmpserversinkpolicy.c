/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "elements/gstrtmpserversinkpolicy.h"

GType
gst_rtmp_server_sync_method_get_type (void)
{
  static gsize type = 0;
  static const GEnumValue values[] = {
    { GST_RTMP_SERVER_SYNC_LATEST_KEYFRAME, "Start with the newest keyframe that is there",
        "latest-keyframe" },
    { GST_RTMP_SERVER_SYNC_NEXT_KEYFRAME, "Start with the next keyframe to come",
        "next-keyframe" },
    { 0, NULL, NULL },
  };

  if (g_once_init_enter (&type))
    g_once_init_leave (&type, g_enum_register_static ("GstRtmpServerSyncMethod", values));
  return type;
}

GType
gst_rtmp_server_recover_policy_get_type (void)
{
  static gsize type = 0;
  static const GEnumValue values[] = {
    { GST_RTMP_SERVER_RECOVER_NONE, "Send everything until max-time", "none" },
    { GST_RTMP_SERVER_RECOVER_KEYFRAME, "Go on with the newest keyframe", "keyframe" },
    { 0, NULL, NULL },
  };

  if (g_once_init_enter (&type))
    g_once_init_leave (&type, g_enum_register_static ("GstRtmpServerRecoverPolicy", values));
  return type;
}
