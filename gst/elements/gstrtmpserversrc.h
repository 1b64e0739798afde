/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * rtmpserversrc: takes an RTMP publisher, outputs its tracks on sometimes pads.
 */
#pragma once

#include <gst/gst.h>
#include "elements/gstrtmpserverendpoint.h"

G_BEGIN_DECLS

#define GST_TYPE_RTMP_SERVER_SRC (gst_rtmp_server_src_get_type ())
G_DECLARE_FINAL_TYPE (GstRtmpServerSrc, gst_rtmp_server_src, GST, RTMP_SERVER_SRC, GstElement)

struct _GstRtmpServerSrc
{
  GstElement parent;
  GstRtmpServerEndpoint endpoint;
};

G_END_DECLS
