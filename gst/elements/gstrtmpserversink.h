/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * rtmpserversink, and rtmpsink: serves what the pipeline sends it to players, or
 * pushes it to a remote server, or both. A bin of { mux -> base sink }: its pad
 * `sink` (FLV) is the base sink's until the first request pad inserts the mux.
 *
 * State change thread: children, server, pushes. See gstrtmpserversinkoutput.h for
 * what callbacks may touch.
 */
#pragma once

#include <gst/gst.h>
#include "elements/gstrtmpserversinkoutput.h"

G_BEGIN_DECLS

#define GST_TYPE_RTMP_SERVER_SINK (gst_rtmp_server_sink_get_type ())
G_DECLARE_DERIVABLE_TYPE (
    GstRtmpServerSink, gst_rtmp_server_sink, GST, RTMP_SERVER_SINK, GstBin)

struct _GstRtmpServerSinkClass
{
  GstBinClass parent_class;
};

G_END_DECLS
