/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * RtmpTrack: the packets of one track -> caps and buffers, in order.
 *
 * Owner and thread: its RtmpDemux, the publisher's loop. No GIO, no clock.
 */
#pragma once

#include <gst/gst.h>
#include "media/rtmp-buffer.h"
#include "media/rtmp-codec.h"
#include "media/rtmp-metadata.h"

G_BEGIN_DECLS

typedef struct _RtmpTrack
{
  gboolean video;
  guint8 id;              /* 0 unless enhanced multitrack */
  const RtmpCodec *codec; /* NULL until a packet of a codec we carry came */
  GstCaps *caps;          /* of what comes out; NULL until known */
  gint64 last_dts_ms;     /* of the newest buffer or gap; valid once `started` */
  gboolean started;
  gboolean has_frames;

  /*< private >*/
  guint32 wire_codec; /* of the newest packet, carried or not */
  GBytes *header;     /* the newest that was understood */
  GstClockTime frame_duration;
  guint length_size; /* of NAL units on the wire */
  guint64 frame_key; /* what caps depend on in frames of codecs without header */
  gboolean discont;
  gboolean reported;      /* an error of the present codec and header */
  gboolean odd_nal_units; /* reported */
  guint headerless;       /* frames that came before any header */
} RtmpTrack;

/* One packet of a track, as the tag header has it; borrowed. */
typedef struct _RtmpTrackPacket
{
  RtmpMessage *message; /* sealed */
  const RtmpTag *tag;
  guint32 codec;
  gsize offset; /* of the payload in the message's body */
  gsize size;
} RtmpTrackPacket;

typedef enum
{
  RTMP_TRACK_NOTHING, /* no output, nothing to say */
  RTMP_TRACK_CAPS,    /* `caps` changed; of a codec without header: take the frame next */
  RTMP_TRACK_BUFFER,  /* *buffer is one access unit without timestamps */
  RTMP_TRACK_ERROR,   /* worth one warning: *error */
} RtmpTrackResult;

RtmpTrack *rtmp_track_new (gboolean video, guint8 id);
void rtmp_track_free (RtmpTrack *track);

/* The next frame is not continuous with the last one. */
void rtmp_track_set_discont (RtmpTrack *track);

/* RTMP_PACKET_HEADER: CAPS if they changed, NOTHING if not, ERROR once if it is
 * broken or the codec unknown. An empty header is NOTHING. */
RtmpTrackResult rtmp_track_take_header (RtmpTrack *track, const RtmpTrackPacket *packet,
    const RtmpMetadataHints *hints, GError **error);

/* RTMP_PACKET_FRAMES of a codec without header: CAPS if this frame needs other
 * ones. Of all others NOTHING, or ERROR once if frames come and come and the header
 * does not. Call it before take_frame. */
RtmpTrackResult rtmp_track_check_frame (RtmpTrack *track, const RtmpTrackPacket *packet,
    const RtmpMetadataHints *hints, GError **error);

/* RTMP_PACKET_FRAMES: BUFFER (DISCONT, DELTA_UNIT and DROPPABLE are set, timestamps
 * are not), or NOTHING: empty, or before its header. With a BUFFER @error may be
 * set too: repaired, worth one warning. */
RtmpTrackResult rtmp_track_take_frame (
    RtmpTrack *track, const RtmpTrackPacket *packet, GstBuffer **buffer, GError **error);

G_END_DECLS
