/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "elements/gstrtmpserverwireclock.h"

void
gst_rtmp_server_wire_clock_init (GstRtmpServerWireClock *clock)
{
  *clock = (GstRtmpServerWireClock){ 0 };
}

void
gst_rtmp_server_wire_clock_start (GstRtmpServerWireClock *clock, gint64 first_ms)
{
  if (clock->started)
    return;
  clock->started = TRUE;
  clock->offset_ms = MAX (0, -first_ms);
  clock->last_ms = 0;
}

void
gst_rtmp_server_wire_track_discont (GstRtmpServerWireTrack *track)
{
  track->discont = TRUE;
}

static gboolean
goes_back (const GstRtmpServerWireTrack *track, gint64 dts_ms)
{
  gint64 tolerance = track->discont ? 0 : GST_RTMP_SERVER_WIRE_CLOCK_TOLERANCE_MS;

  return track->started && dts_ms + track->offset_ms < track->last_ms - tolerance;
}

/* 1 ms after what was sent: how long the interruption was, nobody can say. */
static void
begin_epoch (GstRtmpServerWireClock *clock, gint64 dts_ms)
{
  clock->epoch++;
  clock->offset_ms = clock->last_ms + 1 - dts_ms;
}

static void
join_epoch (GstRtmpServerWireClock *clock, GstRtmpServerWireTrack *track)
{
  track->epoch = clock->epoch;
  track->offset_ms = clock->offset_ms;
}

/* Another track began an epoch: is @dts_ms of that one, or a last one of the old? */
static gboolean
is_of_new_epoch (
    const GstRtmpServerWireClock *clock, const GstRtmpServerWireTrack *track, gint64 dts_ms)
{
  return track->epoch != clock->epoch && ABS (dts_ms + clock->offset_ms - clock->last_ms) <
                                             ABS (dts_ms + track->offset_ms - clock->last_ms);
}

gint64
gst_rtmp_server_wire_clock_map (
    GstRtmpServerWireClock *clock, GstRtmpServerWireTrack *track, gint64 dts_ms)
{
  gint64 wire_ms;

  gst_rtmp_server_wire_clock_start (clock, dts_ms);
  if (!track->started || is_of_new_epoch (clock, track, dts_ms)) {
    join_epoch (clock, track);
  } else if (goes_back (track, dts_ms)) {
    if (track->epoch == clock->epoch)
      begin_epoch (clock, dts_ms);
    join_epoch (clock, track);
  }
  wire_ms = MAX (dts_ms + track->offset_ms, track->started ? track->last_ms : 0);
  track->started = TRUE;
  track->discont = FALSE;
  track->last_ms = wire_ms;
  clock->last_ms = MAX (clock->last_ms, wire_ms);
  return wire_ms;
}

gint64
gst_rtmp_server_wire_clock_peek (
    const GstRtmpServerWireClock *clock, const GstRtmpServerWireTrack *track, gint64 dts_ms)
{
  GstRtmpServerWireClock clock_copy = *clock;
  GstRtmpServerWireTrack track_copy = *track;

  if (!clock->started)
    return dts_ms;
  return gst_rtmp_server_wire_clock_map (&clock_copy, &track_copy, dts_ms);
}
