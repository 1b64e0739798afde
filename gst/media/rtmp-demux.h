/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * RtmpDemux: the media and data messages of one publish session -> items in
 * order: caps, access units with session times, gaps, metadata, data. All that
 * the source element does with a message and that needs no pad.
 *
 * Owner and thread: the publisher's loop. No clock: the present is given.
 * Bounds: at most RtmpLimits.max_tracks tracks a medium.
 */
#pragma once

#include "media/rtmp-metadata.h"
#include "media/rtmp-timeline.h"
#include "media/rtmp-track.h"

G_BEGIN_DECLS

/* A track that is more behind than this gets gaps. */
#define RTMP_DEMUX_MAX_LAG_MS 1000

typedef struct _RtmpDemux RtmpDemux;

typedef enum
{
  RTMP_DEMUX_CAPS,     /* track, caps */
  RTMP_DEMUX_BUFFER,   /* track, buffer, dts_ns, pts_ns */
  RTMP_DEMUX_GAP,      /* track, dts_ns, duration_ns */
  RTMP_DEMUX_METADATA, /* metadata, new or changed */
  RTMP_DEMUX_DATA,     /* data, dts_ns */
  RTMP_DEMUX_WARNING,  /* track or NULL, error: once for each cause */
} RtmpDemuxItemType;

/* Times are ns since the session's first message; they may be negative. DTS never
 * goes back in a track. */
typedef struct _RtmpItem
{
  RtmpDemuxItemType type;
  const RtmpTrack *track; /* the demuxer's, as long as it lives */
  GstCaps *caps;
  GstBuffer *buffer;
  gint64 dts_ns;
  gint64 pts_ns;
  gint64 duration_ns;
  RtmpCommand *command; /* METADATA, DATA */
  gsize data_size;      /* of it on the wire */
  GError *error;
} RtmpDemuxItem;

void rtmp_demux_item_clear (RtmpDemuxItem *item);
/* Empty array of RtmpDemuxItem that clears them. */
GArray *rtmp_demux_items_new (void);

/* @limits: outlives the demuxer. */
RtmpDemux *rtmp_demux_new (const RtmpLimits *limits);
void rtmp_demux_free (RtmpDemux *demux);

/* Appends what @message (sealed; audio, video, data; others are ignored) yields to
 * @items. @now_ms: the present in ms since the session's first message, or
 * RTMP_TIMELINE_NOW_UNKNOWN. Damaged messages yield nothing, or a WARNING once. */
void rtmp_demux_push (RtmpDemux *demux, RtmpMessage *message, gint64 now_ms, GArray *items);

/* All tracks that are known to come have caps, or were reported as unusable: what
 * metadata announced, or one of each medium. Without metadata a lone track is
 * never complete. */
gboolean rtmp_demux_is_complete (const RtmpDemux *demux);
/* At least one track can be used. */
gboolean rtmp_demux_has_caps (const RtmpDemux *demux);
/* Newest DTS of any track or data. */
gint64 rtmp_demux_get_position_ms (const RtmpDemux *demux);

G_END_DECLS
