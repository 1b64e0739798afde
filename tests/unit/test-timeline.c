/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The wire clock: wraps, limits of what counts as a jump, two tracks around one.
 */
#include "media/rtmp-timeline.h"

#define NOW RTMP_TIMELINE_NOW_UNKNOWN

static void
expect (RtmpTimeline *timeline, guint32 timestamp, gint64 ms, gboolean discont)
{
  gboolean got_discont;
  gint64 got = rtmp_timeline_map (timeline, timestamp, NOW, &got_discont);

  g_assert_cmpint (got, ==, ms);
  g_assert_cmpint (got_discont, ==, discont);
}

static RtmpTimeline
started_at (guint32 timestamp)
{
  RtmpTimeline timeline;

  rtmp_timeline_init (&timeline);
  expect (&timeline, timestamp, 0, FALSE);
  return timeline;
}

static void
test_first_is_zero (void)
{
  RtmpTimeline timeline = started_at (123456789);

  expect (&timeline, 123456789 + 40, 40, FALSE);
  expect (&timeline, 123456789 + 20, 20, FALSE);
  expect (&timeline, 123456789 - 10, -10, FALSE);
  expect (&timeline, 123456789 + 41, 41, FALSE);
}

static void
test_limits (void)
{
  RtmpTimeline timeline = started_at (100000);

  expect (&timeline, 100000 - RTMP_TIMELINE_MAX_BACK_MS + 1, -1999, FALSE);
  expect (&timeline, 100000 - RTMP_TIMELINE_MAX_BACK_MS, -2000, FALSE);
  expect (&timeline, 100000 - RTMP_TIMELINE_MAX_BACK_MS - 1, 0, TRUE);

  timeline = started_at (100000);
  expect (&timeline, 100000 + RTMP_TIMELINE_MAX_FORWARD_MS - 1, 9999, FALSE);
  timeline = started_at (100000);
  expect (&timeline, 100000 + RTMP_TIMELINE_MAX_FORWARD_MS, 10000, FALSE);
  timeline = started_at (100000);
  expect (&timeline, 100000 + RTMP_TIMELINE_MAX_FORWARD_MS + 1, 0, TRUE);
}

static void
test_wrap_32 (void)
{
  RtmpTimeline timeline = started_at (0xfffffff0u);

  expect (&timeline, 0xffffffffu, 15, FALSE);
  expect (&timeline, 0, 16, FALSE);
  expect (&timeline, 0xfffffff8u, 8, FALSE);
  expect (&timeline, 100, 116, FALSE);
}

static void
test_wrap_31 (void)
{
  RtmpTimeline timeline = started_at (0x7ffffff0u);

  expect (&timeline, 0x80000000u, 16, FALSE);
  expect (&timeline, 0x80000010u, 32, FALSE);
}

static void
test_wrap_24 (void)
{
  RtmpTimeline timeline = started_at (0xfffff0u);

  expect (&timeline, 0, 16, FALSE);
  expect (&timeline, 40, 56, FALSE);
  /* a clock that is not cut goes past 2^24 */
  timeline = started_at (0xfffff0u);
  expect (&timeline, 0x1000000u, 16, FALSE);
  expect (&timeline, 0x1000028u, 56, FALSE);
}

static void
test_two_tracks_around_a_jump (void)
{
  RtmpTimeline timeline = started_at (1000);

  expect (&timeline, 1100, 100, FALSE); /* video */
  expect (&timeline, 1090, 90, FALSE);  /* audio */
  expect (&timeline, 900000, 100, TRUE);
  expect (&timeline, 1113, 113, FALSE); /* audio has not jumped yet */
  expect (&timeline, 900040, 140, FALSE);
  expect (&timeline, 1136, 136, FALSE);
  expect (&timeline, 900030, 130, FALSE); /* now it has */
  expect (&timeline, 900080, 180, FALSE);
}

static void
test_restart (void)
{
  RtmpTimeline timeline = started_at (500000);

  expect (&timeline, 505000, 5000, FALSE);
  expect (&timeline, 0, 5000, TRUE);
  expect (&timeline, 40, 5040, FALSE);
}

static void
test_rebase_catches_up (void)
{
  RtmpTimeline timeline = started_at (500000);
  gboolean discont;

  g_assert_cmpint (rtmp_timeline_map (&timeline, 0, 60000, &discont), ==, 60000);
  g_assert_true (discont);
  /* never back, whatever the clock says */
  g_assert_cmpint (rtmp_timeline_map (&timeline, 700000, 1000, &discont), ==, 60000);
  g_assert_true (discont);
}

static void
test_place (void)
{
  RtmpTimeline timeline;

  rtmp_timeline_init (&timeline);
  g_assert_cmpint (rtmp_timeline_place (&timeline, 77777), ==, 0);
  timeline = started_at (500000);
  expect (&timeline, 501000, 1000, FALSE);
  g_assert_cmpint (rtmp_timeline_place (&timeline, 0), ==, 1000);
  g_assert_cmpint (rtmp_timeline_place (&timeline, 500500), ==, 500);
  g_assert_cmpint (rtmp_timeline_place (&timeline, 502000), ==, 2000);
  expect (&timeline, 501040, 1040, FALSE);
}

/* Whatever comes, time stays within what the tracks may be apart. */
static void
test_any_input (void)
{
  RtmpTimeline timeline = started_at (g_test_rand_int ());
  gint64 newest = 0;
  guint i;

  for (i = 0; i < 100000; i++) {
    gboolean discont;
    guint32 timestamp = g_test_rand_int () >> g_test_rand_int_range (0, 31);
    gint64 ms = rtmp_timeline_map (&timeline, timestamp, NOW, &discont);

    g_assert_cmpint (ms, >=, newest - 2 * (gint64)i * RTMP_TIMELINE_MAX_FORWARD_MS - 2000);
    g_assert_cmpint (ms, <=, newest + RTMP_TIMELINE_MAX_FORWARD_MS);
    if (discont)
      g_assert_cmpint (ms, ==, newest);
    newest = MAX (newest, ms);
  }
}

gint
main (gint argc, gchar **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/timeline/first-is-zero", test_first_is_zero);
  g_test_add_func ("/timeline/limits", test_limits);
  g_test_add_func ("/timeline/wrap-32", test_wrap_32);
  g_test_add_func ("/timeline/wrap-31", test_wrap_31);
  g_test_add_func ("/timeline/wrap-24", test_wrap_24);
  g_test_add_func ("/timeline/two-tracks-around-a-jump", test_two_tracks_around_a_jump);
  g_test_add_func ("/timeline/restart", test_restart);
  g_test_add_func ("/timeline/rebase-catches-up", test_rebase_catches_up);
  g_test_add_func ("/timeline/place", test_place);
  g_test_add_func ("/timeline/any-input", test_any_input);
  return g_test_run ();
}
