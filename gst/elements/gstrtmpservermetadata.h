/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * onMetaData of a sink: what caps and tags of its tracks say, on top of what a
 * source in the same pipeline received. An ECMA array: FFmpeg takes the presence
 * of streams only from one. Pure functions, any thread.
 */
#pragma once

#include <gst/gst.h>
#include "media/rtmp-codec.h"
#include "protocol/rtmp-amf.h"

G_BEGIN_DECLS

/* All borrowed. */
typedef struct _GstRtmpServerMetadataTrack
{
  const RtmpCodec *codec; /* NULL: there is no such track */
  const GstCaps *caps;
  const GstTagList *tags; /* or NULL */
} GstRtmpServerMetadataTrack;

typedef struct _GstRtmpServerMetadata
{
  GstRtmpServerMetadataTrack video;
  GstRtmpServerMetadataTrack audio;
  const RtmpAmf *received;      /* of a GstRtmpMetaData event, or NULL */
  const gchar *encoder;         /* NULL: as received, or a default */
  const gchar *metadatacreator; /* likewise */
} GstRtmpServerMetadata;

/* Message body, full transfer. */
GBytes *gst_rtmp_server_metadata_build (const GstRtmpServerMetadata *metadata);

G_END_DECLS
