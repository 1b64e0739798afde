/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Backlog and snapshot: numbers, limits at -1, 0 and +1, the newest keyframe, the
 * order of headers.
 */
#include "fake.h"

static void
push (RtmpBacklog *backlog, RtmpMessage *message, gint64 now_us)
{
  RtmpItem item = { RTMP_ITEM_MESSAGE, message, NULL };

  rtmp_message_seal (message);
  rtmp_backlog_push (backlog, &item, now_us);
  rtmp_message_unref (message);
}

static void
push_mark (RtmpBacklog *backlog, RtmpItemKind kind)
{
  RtmpItem item = { .kind = kind };

  rtmp_backlog_push (backlog, &item, 1);
}

static void
test_message_limit (void)
{
  RtmpLimits limits = *rtmp_limits_default ();
  RtmpBacklog backlog;

  limits.feed_max_messages = 100;
  rtmp_backlog_init (&backlog, &limits);
  for (guint i = 0; i < 101; i++) {
    push (&backlog, video_inter (i, 10), 1);
    g_assert_cmpuint (backlog.tail, ==, i + 1);
    g_assert_cmpuint (backlog.head, ==, i < 100 ? 0 : 1);
  }
  for (guint64 i = backlog.head; i < backlog.tail; i++) {
    g_assert_cmpuint (rtmp_backlog_at (&backlog, i)->message->timestamp, ==, i);
    g_assert_cmpuint (rtmp_backlog_at (&backlog, i)->bytes_before, ==, 15 * i);
  }
  rtmp_backlog_clear (&backlog);
}

static void
test_byte_limit (void)
{
  for (gint over = -1; over <= 1; over++) {
    RtmpLimits limits = *rtmp_limits_default ();
    RtmpBacklog backlog;

    limits.feed_max_bytes = (guint32)(3 * 105 - over);
    rtmp_backlog_init (&backlog, &limits);
    for (guint i = 0; i < 3; i++)
      push (&backlog, video_inter (i, 100), 1);
    g_assert_cmpuint (backlog.head, ==, over > 0 ? 1 : 0);
    /* one is kept, however big */
    push (&backlog, video_inter (3, 1000), 1);
    g_assert_cmpuint (backlog.tail - backlog.head, ==, 1);
    rtmp_backlog_clear (&backlog);
  }
}

static void
test_time_limit (void)
{
  for (gint over = -1; over <= 1; over++) {
    RtmpLimits limits = *rtmp_limits_default ();
    RtmpBacklog backlog;

    limits.feed_max_ms = 500;
    rtmp_backlog_init (&backlog, &limits);
    push (&backlog, video_key (0, 10), 1000);
    g_assert_cmpuint (backlog.keyframe, ==, 0);
    push (&backlog, video_inter (1, 10), 1000 + 500000 + over);
    g_assert_cmpuint (backlog.head, ==, over > 0 ? 1 : 0);
    /* a keyframe that is gone is not remembered */
    g_assert_true ((backlog.keyframe == RTMP_NO_SEQUENCE) == (over > 0));
    rtmp_backlog_clear (&backlog);
  }
}

static void
test_keyframes_and_marks (void)
{
  RtmpBacklog backlog, copy;

  rtmp_backlog_init (&backlog, rtmp_limits_default ());
  g_assert_cmpuint (rtmp_backlog_get_keep (&backlog), ==, 0);
  push_mark (&backlog, RTMP_ITEM_BEGIN);
  g_assert_true (backlog.on);
  g_assert_false (rtmp_backlog_has_video (&backlog, 1));
  push (&backlog, video_key (0, 10), 1);
  push (&backlog, audio_frame (1, 10), 1);
  push (&backlog, video_key (2, 10), 1);
  g_assert_true (rtmp_backlog_has_video (&backlog, 1));
  g_assert_cmpuint (backlog.keyframe, ==, 3);
  rtmp_backlog_trim (&backlog, rtmp_backlog_get_keep (&backlog));
  g_assert_cmpuint (backlog.head, ==, 3);
  rtmp_backlog_copy (&copy, &backlog);
  push_mark (&backlog, RTMP_ITEM_END);
  g_assert_false (backlog.on);
  g_assert_cmpuint (backlog.keyframe, ==, RTMP_NO_SEQUENCE);
  g_assert_false (rtmp_backlog_has_video (&backlog, 1));
  /* the copy is its own */
  g_assert_true (copy.on);
  g_assert_cmpuint (copy.keyframe, ==, 3);
  g_assert_cmpuint (rtmp_backlog_at (&copy, 3)->message->timestamp, ==, 2);
  rtmp_backlog_clear (&backlog);
  rtmp_backlog_clear (&copy);
}

static void
replace (RtmpSnapshot **place, RtmpMessage *message)
{
  RtmpSnapshot *with;

  rtmp_message_seal (message);
  with = rtmp_snapshot_with (*place, message, rtmp_limits_default ());
  g_assert_nonnull (with);
  rtmp_snapshot_replace (place, with);
  rtmp_snapshot_unref (with);
  g_assert_true (rtmp_snapshot_has (*place, message));
  rtmp_message_unref (message);
}

static gchar *
describe_all (const RtmpSnapshot *snapshot)
{
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < snapshot->n_messages; i++)
    describe (text, snapshot->messages[i]);
  return g_string_free (text, FALSE);
}

static void
test_snapshot (void)
{
  RtmpSnapshot *snapshot = NULL;
  g_autoptr (RtmpMessage) other = video_header (9, 2);

  replace (&snapshot, audio_header (1));
  replace (&snapshot, video_header (2, 1));
  replace (&snapshot, metadata (3, "a"));
  assert_taken (describe_all (snapshot), "M3 H2 h1");
  g_assert_false (rtmp_snapshot_has (snapshot, other));
  replace (&snapshot, video_header (4, 2));
  replace (&snapshot, metadata (5, "b"));
  assert_taken (describe_all (snapshot), "M5 H4 h1");
  /* equal bytes, whatever the time */
  g_assert_true (rtmp_snapshot_has (snapshot, other));
  rtmp_snapshot_replace (&snapshot, NULL);
  g_assert_null (snapshot);
}

static void
test_snapshot_limit (void)
{
  for (guint n = 3; n <= 5; n++) {
    RtmpLimits limits = *rtmp_limits_default ();
    RtmpSnapshot *snapshot = NULL;
    gboolean fits = TRUE;

    limits.max_tracks = 1;
    for (guint8 track = 0; track <= n && fits; track++) {
      RtmpMessage *message = video_header (0, track);
      RtmpSnapshot *with;

      message->track = track;
      with = rtmp_snapshot_with (snapshot, message, &limits);
      fits = with != NULL;
      g_assert_true (fits == (track < 5));
      if (with)
        rtmp_snapshot_replace (&snapshot, with);
      g_clear_pointer (&with, rtmp_snapshot_unref);
      rtmp_message_unref (message);
    }
    rtmp_snapshot_replace (&snapshot, NULL);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/backlog/message-limit", test_message_limit);
  g_test_add_func ("/backlog/byte-limit", test_byte_limit);
  g_test_add_func ("/backlog/time-limit", test_time_limit);
  g_test_add_func ("/backlog/keyframes-and-marks", test_keyframes_and_marks);
  g_test_add_func ("/snapshot/order", test_snapshot);
  g_test_add_func ("/snapshot/limit", test_snapshot_limit);
  return g_test_run ();
}
