/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * GstRtmpServerWireClock: timestamps of what a sink sends. Times go in as
 * milliseconds of signed running time and come out as milliseconds on the wire:
 * shifted once, so that the first is not negative, and never going back on a track.
 *
 * When a track goes back (flush, seek, a segment that starts again), the shift
 * changes so that it goes on where the stream was, and the other tracks take the
 * same shift as soon as that brings them closer: they stay in step.
 *
 * Owner and thread: its element, the streaming thread; embedded.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct _GstRtmpServerWireClock
{
  gboolean started;
  guint epoch;      /* counts changes of the shift */
  gint64 offset_ms; /* the shift of this epoch */
  gint64 last_ms;   /* the highest that was given out */
} GstRtmpServerWireClock;

/* One track's view; embedded. All zero to begin with. */
typedef struct _GstRtmpServerWireTrack
{
  gboolean started;
  gboolean discont; /* the next time may go back by any amount */
  guint epoch;
  gint64 offset_ms;
  gint64 last_ms;
} GstRtmpServerWireTrack;

/* A step back of less than this is an encoder's inaccuracy: the clock waits. */
#define GST_RTMP_SERVER_WIRE_CLOCK_TOLERANCE_MS 1000

void gst_rtmp_server_wire_clock_init (GstRtmpServerWireClock *clock);
/* Before the first packet: @first_ms is the lowest time that is known of any track. */
void gst_rtmp_server_wire_clock_start (GstRtmpServerWireClock *clock, gint64 first_ms);
/* After a flush: @track may start anywhere. */
void gst_rtmp_server_wire_track_discont (GstRtmpServerWireTrack *track);
/* The decoding time on the wire, >= 0 and not less than the track's last one.
 * Starts the clock if nobody did. A presentation time is its own ms + track->offset_ms. */
gint64 gst_rtmp_server_wire_clock_map (
    GstRtmpServerWireClock *clock, GstRtmpServerWireTrack *track, gint64 dts_ms);
/* What map would return, changing nothing; before the clock was started @dts_ms. */
gint64 gst_rtmp_server_wire_clock_peek (
    const GstRtmpServerWireClock *clock, const GstRtmpServerWireTrack *track, gint64 dts_ms);

G_END_DECLS
