/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Data messages: onMetaData <-> hints, tags and the GstStructure of the custom
 * events that carry data messages through a pipeline.
 *
 * GstRtmpMetaData (sticky custom downstream event), fields:
 *   amf    GBytes: the AMF0 value of onMetaData, as it came
 *   and each property known by name: double, boolean or string
 *   other  GstValueArray of GstStructure `pair` (name, value): all other properties
 * GstRtmpData (custom downstream event), fields:
 *   name      string: the handler, e.g. onTextData
 *   timestamp guint64: running time
 *   arguments GstValueArray of GstStructure `item` (value)
 *   amf       GBytes: the whole AMF0 body, as it came
 * AMF objects inside values are GstValueArrays of `pair`, arrays are GstValueArrays
 * of `item`; null and undefined have no value field. Who makes such an event may
 * leave `amf` out. (Field names of a GstStructure are never freed: what a peer
 * invents must not become one.)
 *
 * Pure functions, any thread.
 */
#pragma once

#include <gst/gst.h>
#include "protocol/rtmp-command.h"

G_BEGIN_DECLS

#define RTMP_METADATA_STRUCTURE "GstRtmpMetaData"
#define RTMP_DATA_STRUCTURE "GstRtmpData"

/* What caps and pads need of onMetaData; 0 = not said. */
typedef struct _RtmpMetadataHints
{
  gint width, height;
  gdouble framerate;
  gint rate, channels;
  gboolean announces; /* says anything about tracks at all */
  gboolean video;     /* announced */
  gboolean audio;
} RtmpMetadataHints;

/* The object of an onMetaData message (with or without @setDataFrame): borrowed
 * from @command; NULL if it is another message. */
const RtmpAmf *rtmp_metadata_get_object (const RtmpCommand *command);
void rtmp_metadata_get_hints (const RtmpAmf *object, RtmpMetadataHints *hints);
/* Stream tags of the video or audio pad; never NULL, maybe empty. */
GstTagList *rtmp_metadata_get_tags (const RtmpAmf *object, gboolean video);

/* Structure of the events above, full transfer. */
GstStructure *rtmp_metadata_to_structure (const RtmpAmf *object);
GstStructure *rtmp_data_to_structure (const RtmpCommand *command, GstClockTime timestamp);

/* The value of onMetaData out of a GstRtmpMetaData structure: `amf` if it is there
 * and parses, else the fields. NULL: not such a structure. */
RtmpAmf *rtmp_metadata_from_structure (const GstStructure *structure, const RtmpLimits *limits);
/* Data message (type 18) out of a GstRtmpData structure; NULL: not one. */
RtmpMessage *rtmp_data_message_from_structure (
    const GstStructure *structure, guint32 timestamp);

G_END_DECLS
