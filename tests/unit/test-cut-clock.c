/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Clocks of 24 bits.
 */
#include "protocol/rtmp-cut-clock.h"

#define PERIOD (1u << 24)
#define NEAR RTMP_CUT_CLOCK_NEAR_MS

static guint32
map (RtmpCutClock *clock, guint32 timestamp)
{
  return rtmp_cut_clock_map (clock, timestamp, TRUE);
}

static void
test_wraps (void)
{
  RtmpCutClock clock = { 0 };

  /* three days of 40 ms, cut */
  for (guint32 ms = 0; ms < 3 * 86400 * 1000u; ms += 40)
    g_assert_cmpuint (map (&clock, ms % PERIOD), ==, ms);
}

static void
test_whole_clock (void)
{
  RtmpCutClock clock = { 0 };

  for (guint32 ms = PERIOD - 100; ms < PERIOD + 100; ms += 10)
    g_assert_cmpuint (map (&clock, ms), ==, ms);
  /* its own wrap, at 2^32 */
  g_assert_cmpuint (map (&clock, 0xfffffff0), ==, 0xfffffff0);
  g_assert_cmpuint (map (&clock, 4), ==, 4);
}

static void
test_two_tracks (void)
{
  RtmpCutClock clock = { 0 };

  g_assert_cmpuint (map (&clock, PERIOD - 30), ==, PERIOD - 30);
  g_assert_cmpuint (map (&clock, 10), ==, PERIOD + 10);
  g_assert_cmpuint (map (&clock, PERIOD - 5), ==, PERIOD - 5);
  g_assert_cmpuint (map (&clock, 30), ==, PERIOD + 30);
  g_assert_cmpuint (map (&clock, PERIOD - 1), ==, PERIOD - 1);
  g_assert_cmpuint (map (&clock, 50), ==, PERIOD + 50);
}

/* A sender that begins again is not one whose clock wrapped. */
static void
test_restart (void)
{
  RtmpCutClock clock = { 0 };

  g_assert_cmpuint (map (&clock, PERIOD - NEAR - 1), ==, PERIOD - NEAR - 1);
  g_assert_cmpuint (map (&clock, 0), ==, 0);
  g_assert_cmpuint (map (&clock, PERIOD - NEAR), ==, PERIOD - NEAR);
  g_assert_cmpuint (map (&clock, NEAR), ==, NEAR);
  g_assert_cmpuint (map (&clock, PERIOD - NEAR), ==, PERIOD - NEAR);
  g_assert_cmpuint (map (&clock, NEAR - 1), ==, PERIOD + NEAR - 1);
}

static void
test_data (void)
{
  RtmpCutClock clock = { 0 };

  map (&clock, PERIOD - 1);
  g_assert_cmpuint (rtmp_cut_clock_map (&clock, 0, FALSE), ==, 0);
  g_assert_cmpuint (map (&clock, 5), ==, PERIOD + 5);
  g_assert_cmpuint (rtmp_cut_clock_map (&clock, 6, FALSE), ==, PERIOD + 6);
}

/* More than 24 bits after a wrap: it was none. */
static void
test_not_cut_after_all (void)
{
  RtmpCutClock clock = { 0 };

  map (&clock, PERIOD - 1);
  map (&clock, 0);
  g_assert_cmpuint (map (&clock, PERIOD), ==, PERIOD);
  g_assert_cmpuint (map (&clock, 7), ==, 7);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/cut-clock/wraps", test_wraps);
  g_test_add_func ("/cut-clock/whole-clock", test_whole_clock);
  g_test_add_func ("/cut-clock/two-tracks", test_two_tracks);
  g_test_add_func ("/cut-clock/restart", test_restart);
  g_test_add_func ("/cut-clock/data", test_data);
  g_test_add_func ("/cut-clock/not-cut-after-all", test_not_cut_after_all);
  return g_test_run ();
}
