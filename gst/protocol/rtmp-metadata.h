/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Data messages of a publisher: brought to the form that players get; and
 * onMetaData as a plain struct. Stored metadata is relayed as the bytes that came,
 * never rebuilt from the struct. Sources: FLV 10.1 Annex E.5, Enhanced RTMP v2,
 * what encoders send. Pure functions.
 */
#pragma once

#include "rtmp-amf.h"
#include "rtmp-message.h"

G_BEGIN_DECLS

/* Takes @message (type 18 or 15, unsealed, without prefix). Returns it, or a new
 * one with the same timestamp, msid, csid and arrival: type 15 as 18 in AMF0,
 * "@setDataFrame" cut off (then what follows starts the body). "@clearDataFrame" is
 * cut off too and RTMP_MESSAGE_EMPTY set: what it names is to be forgotten. Sets
 * RTMP_MESSAGE_METADATA for onMetaData. NULL: not readable, or nothing left. */
RtmpMessage *rtmp_data_normalize (RtmpMessage *message, const RtmpLimits *limits);

/* onMetaData; 0, NONE or NULL where it does not say, or not credibly. */
typedef struct _RtmpMetadata
{
  guint width, height;
  gdouble framerate;
  guint32 video_codec, audio_codec; /* RTMP_CODEC_* or FourCC */
  gdouble video_kbps, audio_kbps;
  guint sample_rate, sample_size;
  guint channels; /* audiochannels, or by `stereo` */
  gchar *encoder;
  /* everything as it came, in order, those above included; never NULL; what
   * rtmp_metadata_build starts from */
  RtmpAmf *fields;
} RtmpMetadata;

RtmpMetadata *rtmp_metadata_new (void);
void rtmp_metadata_free (RtmpMetadata *metadata);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (RtmpMetadata, rtmp_metadata_free)

/* @object: the argument of onMetaData, object or ECMA array. Anything else, and
 * NULL, reads as empty. */
RtmpMetadata *rtmp_metadata_new_from_amf (const RtmpAmf *object);
/* Of a message in the form of rtmp_data_normalize. NULL with RTMP_ERROR_PROTOCOL or
 * _LIMIT, also if it is another message. */
RtmpMetadata *rtmp_metadata_parse (
    const RtmpMessage *message, const RtmpLimits *limits, GError **error);

/* An ECMA array (FFmpeg takes the presence of streams only from one): `fields` with
 * the members that say something set, in their old place or at the end. Legacy
 * codecs as their id, others as the number of their FourCC. */
RtmpAmf *rtmp_metadata_to_amf (const RtmpMetadata *metadata);
/* New message "onMetaData", unsealed, flagged METADATA. */
RtmpMessage *rtmp_metadata_build (
    const RtmpMetadata *metadata, guint32 msid, guint32 timestamp);

/* A codec as metadata says it: number of a legacy id or FourCC, or a string of
 * either; NONE if it is nothing of these. Of 0, video is none and audio PCM. */
guint32 rtmp_metadata_read_codec (const RtmpAmf *value, gboolean video);

G_END_DECLS
