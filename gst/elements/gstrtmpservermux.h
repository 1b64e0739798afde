/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * GstRtmpServerMux: encoded audio and video in, RTMP messages out (as
 * GstBuffers, see gstrtmpservermessagebuffer.h), ordered by DTS as far as the
 * latency allows. Inside rtmpserversink; not registered.
 */
#pragma once

#include <gst/base/gstaggregator.h>
#include "elements/gstrtmpservermuxpad.h"
#include "protocol/rtmp-amf.h"

G_BEGIN_DECLS

#define GST_TYPE_RTMP_SERVER_MUX (gst_rtmp_server_mux_get_type ())
G_DECLARE_FINAL_TYPE (
    GstRtmpServerMux, gst_rtmp_server_mux, GST, RTMP_SERVER_MUX, GstAggregator)

struct _GstRtmpServerMux
{
  GstAggregator parent;

  /* streaming thread */
  GstRtmpServerWireClock clock;
  gboolean metadata_due;
  gboolean headers_due; /* some pad's header, or the metadata */
  GBytes *sent_metadata;
  RtmpAmf *received_metadata;
  GQueue data; /* of GstEvent: data messages that wait for the next frame */

  gchar *encoder; /* properties, under the object lock */
  gchar *metadatacreator;
};

/* Track that a pad of this name and template carries; -1: none that there is. */
gint gst_rtmp_server_mux_parse_track (const gchar *name);

G_END_DECLS
