/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * RtmpTrackReader: media messages of one track -> caps and buffers, in order.
 * Owner and thread: one (the publisher's loop feeds it). No GIO, no clock.
 *
 * RtmpTimeline: the wire clock of one publish session, common to its tracks:
 * 32-bit milliseconds unwrapped to 64 bit, rebased with a discontinuity on jumps
 * (back more than 2 s, forward more than 10 s), so that what comes out never
 * goes back by more than the tracks are apart.
 */
#pragma once

#include <gst/gst.h>
#include "media/rtmp-codec.h"
#include "protocol/rtmp-message.h"

G_BEGIN_DECLS

typedef struct _RtmpTimeline
{
  gboolean started;
  gint64 last_ms;   /* unwrapped, of the newest message of any track */
  gint64 offset_ms; /* added to unwrapped time: common base and rebasing */
} RtmpTimeline;

void rtmp_timeline_init (RtmpTimeline *timeline);
/* DTS of @timestamp in ms since the session's first message, plus @base_ms given at
 * rtmp_timeline_start. @discont: TRUE if the clock was rebased here. */
void rtmp_timeline_start (RtmpTimeline *timeline, gint64 base_ms);
gint64 rtmp_timeline_map (RtmpTimeline *timeline, guint32 timestamp, gboolean *discont);

/* GstBuffer whose memory is @size bytes at @offset of @message's body (no copy;
 * holds a reference). @message must be sealed and without prefix. */
GstBuffer *rtmp_buffer_new_from_message (RtmpMessage *message, gsize offset, gsize size);
/* Message with @prefix and @buffer's bytes as foreign body (no copy while the
 * buffer has one memory); keeps @buffer mapped until released. */
RtmpMessage *rtmp_message_new_from_buffer (
    guint8 type, guint32 timestamp, const guint8 *prefix, gsize prefix_size, GstBuffer *buffer);

/* onMetaData object <-> what caps and tags need. */
typedef struct _RtmpMetadataHints
{
  gint width, height;
  gdouble framerate;
  gint video_kbps, audio_kbps;
} RtmpMetadataHints;

G_END_DECLS
