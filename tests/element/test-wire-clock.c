/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The sink's timestamps: shifted once, never back, tracks in step.
 */
#include "elements/gstrtmpserverwireclock.h"

static void
test_keeps_running_time (void)
{
  GstRtmpServerWireClock clock;
  GstRtmpServerWireTrack track = { 0 };

  gst_rtmp_server_wire_clock_init (&clock);
  g_assert_cmpint (gst_rtmp_server_wire_clock_map (&clock, &track, 5000), ==, 5000);
  g_assert_cmpint (gst_rtmp_server_wire_clock_map (&clock, &track, 5040), ==, 5040);
  g_assert_cmpint (clock.offset_ms, ==, 0);
}

static void
test_shifts_once (void)
{
  GstRtmpServerWireClock clock;
  GstRtmpServerWireTrack video = { 0 }, audio = { 0 };

  gst_rtmp_server_wire_clock_init (&clock);
  gst_rtmp_server_wire_clock_start (&clock, -80);
  gst_rtmp_server_wire_clock_start (&clock, -500);
  g_assert_cmpint (gst_rtmp_server_wire_clock_map (&clock, &audio, 0), ==, 80);
  g_assert_cmpint (gst_rtmp_server_wire_clock_map (&clock, &video, -80), ==, 0);
  g_assert_cmpint (gst_rtmp_server_wire_clock_map (&clock, &video, -40), ==, 40);
  g_assert_cmpint (video.offset_ms, ==, 80);
  g_assert_cmpint (audio.offset_ms, ==, 80);
}

/* A track whose first packet is earlier than all that was known. */
static void
test_never_negative (void)
{
  GstRtmpServerWireClock clock;
  GstRtmpServerWireTrack video = { 0 }, audio = { 0 };

  gst_rtmp_server_wire_clock_init (&clock);
  g_assert_cmpint (gst_rtmp_server_wire_clock_map (&clock, &audio, 0), ==, 0);
  g_assert_cmpint (gst_rtmp_server_wire_clock_map (&clock, &video, -80), ==, 0);
  g_assert_cmpint (gst_rtmp_server_wire_clock_map (&clock, &video, -40), ==, 0);
  g_assert_cmpint (gst_rtmp_server_wire_clock_map (&clock, &video, 0), ==, 0);
  g_assert_cmpint (gst_rtmp_server_wire_clock_map (&clock, &video, 40), ==, 40);
}

static void
test_small_steps_back (void)
{
  const gint64 tolerance = GST_RTMP_SERVER_WIRE_CLOCK_TOLERANCE_MS;
  GstRtmpServerWireClock clock;
  GstRtmpServerWireTrack track = { 0 };

  gst_rtmp_server_wire_clock_init (&clock);
  gst_rtmp_server_wire_clock_map (&clock, &track, 5000);
  g_assert_cmpint (
      gst_rtmp_server_wire_clock_map (&clock, &track, 5000 - tolerance + 1), ==, 5000);
  g_assert_cmpint (gst_rtmp_server_wire_clock_map (&clock, &track, 5000 - tolerance), ==, 5000);
  g_assert_cmpuint (clock.epoch, ==, 0);
  g_assert_cmpint (
      gst_rtmp_server_wire_clock_map (&clock, &track, 5000 - tolerance - 1), ==, 5001);
  g_assert_cmpuint (clock.epoch, ==, 1);
}

/* Both tracks start again: the second takes the shift of the first. */
static void
test_tracks_stay_in_step (void)
{
  GstRtmpServerWireClock clock;
  GstRtmpServerWireTrack video = { 0 }, audio = { 0 };

  gst_rtmp_server_wire_clock_init (&clock);
  gst_rtmp_server_wire_clock_map (&clock, &video, 10000);
  gst_rtmp_server_wire_clock_map (&clock, &audio, 10020);
  g_assert_cmpint (gst_rtmp_server_wire_clock_map (&clock, &video, 0), ==, 10021);
  /* not yet there: goes on in the old way */
  g_assert_cmpint (gst_rtmp_server_wire_clock_map (&clock, &audio, 10040), ==, 10040);
  g_assert_cmpint (gst_rtmp_server_wire_clock_map (&clock, &audio, 60), ==, 10081);
  g_assert_cmpint (gst_rtmp_server_wire_clock_map (&clock, &video, 40), ==, 10061);
  g_assert_cmpint (audio.offset_ms, ==, video.offset_ms);
  /* and once more */
  g_assert_cmpint (gst_rtmp_server_wire_clock_map (&clock, &audio, -5000), ==, 10082);
  g_assert_cmpint (gst_rtmp_server_wire_clock_map (&clock, &video, -4990), ==, 10092);
}

/* A track that was hardly there follows too, though it does not go back itself. */
static void
test_sparse_track_follows (void)
{
  GstRtmpServerWireClock clock;
  GstRtmpServerWireTrack video = { 0 }, audio = { 0 };

  gst_rtmp_server_wire_clock_init (&clock);
  gst_rtmp_server_wire_clock_map (&clock, &audio, 0);
  gst_rtmp_server_wire_clock_map (&clock, &video, 5000);
  g_assert_cmpint (gst_rtmp_server_wire_clock_map (&clock, &video, 0), ==, 5001);
  g_assert_cmpint (gst_rtmp_server_wire_clock_map (&clock, &audio, 40), ==, 5041);
}

static void
test_flush (void)
{
  GstRtmpServerWireClock clock;
  GstRtmpServerWireTrack video = { 0 }, audio = { 0 };

  gst_rtmp_server_wire_clock_init (&clock);
  gst_rtmp_server_wire_clock_map (&clock, &video, 200);
  gst_rtmp_server_wire_clock_map (&clock, &audio, 210);
  gst_rtmp_server_wire_track_discont (&video);
  gst_rtmp_server_wire_track_discont (&audio);
  /* 200 ms are within the tolerance, but a flush is no inaccuracy */
  g_assert_cmpint (gst_rtmp_server_wire_clock_map (&clock, &audio, 0), ==, 211);
  g_assert_cmpint (gst_rtmp_server_wire_clock_map (&clock, &video, 0), ==, 211);
  g_assert_cmpint (gst_rtmp_server_wire_clock_map (&clock, &video, 40), ==, 251);
}

/* A flush after which running time goes on changes nothing. */
static void
test_flush_forward (void)
{
  GstRtmpServerWireClock clock;
  GstRtmpServerWireTrack track = { 0 };

  gst_rtmp_server_wire_clock_init (&clock);
  gst_rtmp_server_wire_clock_map (&clock, &track, 200);
  gst_rtmp_server_wire_track_discont (&track);
  g_assert_cmpint (gst_rtmp_server_wire_clock_map (&clock, &track, 900), ==, 900);
}

/* Whatever comes in, no track goes back and none is negative. */
static void
test_random (void)
{
  GstRtmpServerWireClock clock;
  GstRtmpServerWireTrack tracks[3] = { { 0 } };
  gint64 last[3] = { 0 };

  gst_rtmp_server_wire_clock_init (&clock);
  for (guint i = 0; i < 100000; i++) {
    guint n = g_test_rand_int_range (0, 3);
    gint64 wire;

    if (g_test_rand_int_range (0, 100) == 0)
      gst_rtmp_server_wire_track_discont (&tracks[n]);
    wire = gst_rtmp_server_wire_clock_map (
        &clock, &tracks[n], g_test_rand_int_range (-20000, 20000));
    g_assert_cmpint (wire, >=, last[n]);
    last[n] = wire;
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/wire-clock/running-time", test_keeps_running_time);
  g_test_add_func ("/wire-clock/shifts-once", test_shifts_once);
  g_test_add_func ("/wire-clock/never-negative", test_never_negative);
  g_test_add_func ("/wire-clock/small-steps-back", test_small_steps_back);
  g_test_add_func ("/wire-clock/tracks-stay-in-step", test_tracks_stay_in_step);
  g_test_add_func ("/wire-clock/sparse-track-follows", test_sparse_track_follows);
  g_test_add_func ("/wire-clock/flush", test_flush);
  g_test_add_func ("/wire-clock/flush-forward", test_flush_forward);
  g_test_add_func ("/wire-clock/random", test_random);
  return g_test_run ();
}
