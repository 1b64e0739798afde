/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The queues in front of the source's pads: limits at -1, 0, +1, who holds the
 * publisher, what is dropped.
 */
#include "elements/gstrtmpserverqueue.h"

#define SIZE 100

typedef struct _Fixture
{
  GstRtmpServerQueueGroup group;
  GstRtmpServerQueue *video;
  GstRtmpServerQueue *audio;
} Fixture;

static void
set_up (Fixture *f, gconstpointer data)
{
  gst_rtmp_server_queue_group_init (&f->group);
  gst_rtmp_server_queue_group_set_playing (&f->group, TRUE);
  f->video = gst_rtmp_server_queue_new (&f->group, TRUE);
  f->audio = gst_rtmp_server_queue_new (&f->group, FALSE);
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  gst_rtmp_server_queue_free (f->video);
  gst_rtmp_server_queue_free (f->audio);
  gst_rtmp_server_queue_group_clear (&f->group);
}

static void
push (GstRtmpServerQueue *queue, gint64 dts_ms, gboolean keyframe)
{
  GstBuffer *buffer = gst_buffer_new ();
  GstRtmpServerItem item = {
    .type = GST_RTMP_SERVER_ITEM_BUFFER,
    .object = GST_MINI_OBJECT_CAST (buffer),
    .dts_ns = dts_ms * GST_MSECOND,
    .pts_ns = dts_ms * GST_MSECOND,
    .size = SIZE,
  };

  if (!keyframe)
    GST_BUFFER_FLAG_SET (buffer, GST_BUFFER_FLAG_DELTA_UNIT);
  gst_rtmp_server_queue_push (queue, &item);
}

static void
push_item (GstRtmpServerQueue *queue, GstRtmpServerItemType type)
{
  GstRtmpServerItem item = { .type = type, .size = SIZE };

  if (type != GST_RTMP_SERVER_ITEM_GAP)
    item.object = GST_MINI_OBJECT_CAST (gst_event_new_eos ());
  gst_rtmp_server_queue_push (queue, &item);
}

/* DTS in ms, -1 for what is no buffer. */
static gint64
pop (GstRtmpServerQueue *queue, gboolean *resume, gboolean *discont)
{
  GstRtmpServerItem item;
  gboolean ignored;
  gint64 dts = -1;

  g_assert_true (gst_rtmp_server_queue_pop (queue, &item, resume != NULL ? resume : &ignored));
  if (item.type == GST_RTMP_SERVER_ITEM_BUFFER) {
    dts = item.dts_ns / (gint64)GST_MSECOND;
    if (discont != NULL)
      *discont =
          GST_BUFFER_FLAG_IS_SET (GST_BUFFER_CAST (item.object), GST_BUFFER_FLAG_DISCONT);
  }
  gst_rtmp_server_item_clear (&item);
  return dts;
}

static gboolean
must_hold (Fixture *f)
{
  return gst_rtmp_server_queue_group_must_hold (&f->group);
}

static void
test_order (Fixture *f, gconstpointer data)
{
  guint i;

  for (i = 0; i < 1000; i++)
    push (f->video, i, TRUE);
  for (i = 0; i < 1000; i++)
    g_assert_cmpint (pop (f->video, NULL, NULL), ==, i);
}

static void
test_time_limit (Fixture *f, gconstpointer data)
{
  gst_rtmp_server_queue_group_set_limits (&f->group, 100 * GST_MSECOND, 0);
  push (f->video, 0, TRUE);
  push (f->video, 99, FALSE);
  g_assert_false (must_hold (f));
  push (f->video, 100, FALSE);
  g_assert_true (must_hold (f));
  push (f->video, 101, FALSE);
  g_assert_true (must_hold (f));
}

static void
test_byte_limit (Fixture *f, gconstpointer data)
{
  gst_rtmp_server_queue_group_set_limits (&f->group, 0, 2 * SIZE + 1);
  push (f->video, 0, TRUE);
  push (f->video, 0, FALSE);
  g_assert_false (must_hold (f));
  gst_rtmp_server_queue_group_set_limits (&f->group, 0, 2 * SIZE);
  g_assert_true (must_hold (f));
  gst_rtmp_server_queue_group_set_limits (&f->group, 0, 2 * SIZE - 1);
  g_assert_true (must_hold (f));
  gst_rtmp_server_queue_group_set_limits (&f->group, 0, 0);
  g_assert_false (must_hold (f));
}

static void
test_never_while_another_is_empty (Fixture *f, gconstpointer data)
{
  gst_rtmp_server_queue_group_set_limits (&f->group, 0, SIZE);
  push (f->video, 0, TRUE);
  g_assert_true (must_hold (f)); /* audio is not linked: nobody waits for it */
  gst_rtmp_server_queue_set_linked (f->audio, TRUE);
  g_assert_false (must_hold (f));
  push (f->audio, 0, TRUE);
  g_assert_true (must_hold (f));
}

static void
test_resume (Fixture *f, gconstpointer data)
{
  gboolean resume;

  gst_rtmp_server_queue_set_linked (f->audio, TRUE);
  gst_rtmp_server_queue_group_set_limits (&f->group, 0, 2 * SIZE);
  push (f->audio, 0, TRUE);
  push (f->video, 0, TRUE);
  push (f->video, 1, FALSE);
  push (f->video, 2, FALSE);
  pop (f->video, &resume, NULL);
  g_assert_false (resume); /* nobody was held */
  g_assert_true (must_hold (f));
  pop (f->audio, &resume, NULL);
  g_assert_true (resume); /* audio ran empty */
  pop (f->video, &resume, NULL);
  g_assert_false (resume); /* told once */
  push (f->audio, 0, TRUE);
  push (f->video, 3, FALSE);
  g_assert_true (must_hold (f));
  pop (f->video, &resume, NULL);
  g_assert_true (resume); /* room */
}

/* Over twice the maximum: the oldest group of pictures goes, whole. */
static void
test_hard_limit (Fixture *f, gconstpointer data)
{
  gboolean discont;
  guint i;

  gst_rtmp_server_queue_group_set_limits (&f->group, 0, 5 * SIZE);
  push (f->video, 0, TRUE);
  g_assert_cmpint (pop (f->video, NULL, NULL), ==, 0);
  for (i = 1; i < 9; i++)
    push (f->video, i, i % 4 == 0);
  push_item (f->video, GST_RTMP_SERVER_ITEM_EVENT);
  g_assert_cmpuint (gst_rtmp_server_queue_get_dropped (f->video), ==, 0);
  push (f->video, 9, FALSE); /* 10 items: the limit */
  g_assert_cmpuint (gst_rtmp_server_queue_get_dropped (f->video), ==, 3);
  g_assert_cmpint (pop (f->video, NULL, &discont), ==, 4);
  g_assert_true (discont);
  g_assert_cmpint (pop (f->video, NULL, &discont), ==, 5);
  g_assert_false (discont);
  g_assert_cmpint (pop (f->video, NULL, NULL), ==, 6);
  g_assert_cmpint (pop (f->video, NULL, NULL), ==, 7);
  g_assert_cmpint (pop (f->video, NULL, NULL), ==, 8);
  g_assert_cmpint (pop (f->video, NULL, NULL), ==, -1);
  g_assert_cmpint (pop (f->video, NULL, NULL), ==, 9);
}

/* One endless group: it goes, its events stay, and what depends on it goes too. */
static void
test_hard_limit_without_keyframe (Fixture *f, gconstpointer data)
{
  gboolean discont;
  guint i;

  gst_rtmp_server_queue_group_set_limits (&f->group, 0, 2 * SIZE);
  push (f->video, 0, TRUE);
  push_item (f->video, GST_RTMP_SERVER_ITEM_EVENT);
  for (i = 1; i < 20; i++)
    push (f->video, i, FALSE);
  push (f->video, 20, TRUE);
  g_assert_cmpint (pop (f->video, NULL, NULL), ==, -1);
  g_assert_cmpint (pop (f->video, NULL, &discont), ==, 20);
  g_assert_true (discont);
}

static void
test_hard_limit_of_audio (Fixture *f, gconstpointer data)
{
  guint i;

  gst_rtmp_server_queue_group_set_limits (&f->group, 100 * GST_MSECOND, 0);
  for (i = 0; i < 100; i++)
    push (f->audio, i * 20, TRUE);
  g_assert_cmpint (pop (f->audio, NULL, NULL), >=, 99 * 20 - 200);
}

/* Events alone are bounded, too: those that a peer can send at will. */
static void
test_data_flood (Fixture *f, gconstpointer data)
{
  guint i;

  gst_rtmp_server_queue_group_set_limits (&f->group, 0, 10 * SIZE);
  for (i = 0; i < 10000; i++)
    push_item (f->video, GST_RTMP_SERVER_ITEM_DATA);
  g_assert_cmpuint (gst_rtmp_server_queue_get_dropped (f->video), >=, 10000 - 20);
}

static void
test_base (Fixture *f, gconstpointer data)
{
  gint64 earliest;

  g_assert_false (gst_rtmp_server_queue_group_get_earliest (&f->group, &earliest));
  push (f->audio, 5, TRUE);
  push (f->video, -7, TRUE);
  g_assert_true (gst_rtmp_server_queue_group_get_earliest (&f->group, &earliest));
  g_assert_cmpint (earliest, ==, -7 * (gint64)GST_MSECOND);
  gst_rtmp_server_queue_group_set_base (&f->group, 10 * GST_MSECOND);
  g_assert_cmpint (pop (f->video, NULL, NULL), ==, 3);
  g_assert_cmpint (pop (f->audio, NULL, NULL), ==, 15);
}

static gpointer
pop_in_thread (gpointer data)
{
  GstRtmpServerItem item;
  gboolean resume;
  gboolean ok = gst_rtmp_server_queue_pop (data, &item, &resume);

  if (ok)
    gst_rtmp_server_item_clear (&item);
  return GINT_TO_POINTER (ok);
}

static void
test_flushing (Fixture *f, gconstpointer data)
{
  GThread *thread = g_thread_new ("pop", pop_in_thread, f->video);

  gst_rtmp_server_queue_group_set_flushing (&f->group, TRUE);
  g_assert_false (GPOINTER_TO_INT (g_thread_join (thread)));
  push (f->video, 0, TRUE);
  gst_rtmp_server_queue_group_set_flushing (&f->group, FALSE);
  push (f->video, 1, TRUE);
  g_assert_cmpint (pop (f->video, NULL, NULL), ==, 1);
}

static void
test_playing_and_draining (Fixture *f, gconstpointer data)
{
  GThread *thread;

  gst_rtmp_server_queue_group_set_playing (&f->group, FALSE);
  push (f->video, 0, TRUE);
  push (f->audio, 0, TRUE);
  thread = g_thread_new ("pop", pop_in_thread, f->video);
  gst_rtmp_server_queue_group_set_playing (&f->group, TRUE);
  g_assert_true (GPOINTER_TO_INT (g_thread_join (thread)));
  gst_rtmp_server_queue_group_set_playing (&f->group, FALSE);
  gst_rtmp_server_queue_set_draining (f->audio);
  g_assert_cmpint (pop (f->audio, NULL, NULL), ==, 0);
}

static void
test_idle (Fixture *f, gconstpointer data)
{
  GstRtmpServerItem item;
  gboolean resume;

  gst_rtmp_server_queue_group_set_idle (&f->group, 1000);
  g_assert_true (gst_rtmp_server_queue_pop (f->video, &item, &resume));
  g_assert_cmpint (item.type, ==, GST_RTMP_SERVER_ITEM_IDLE);
  push (f->video, 3, TRUE);
  g_assert_cmpint (pop (f->video, NULL, NULL), ==, 3);
}

gint
main (gint argc, gchar **argv)
{
  g_test_init (&argc, &argv, NULL);
  gst_init (&argc, &argv);
#define ADD(name, function)                                                                    \
  g_test_add ("/queue/" name, Fixture, NULL, set_up, function, tear_down)
  ADD ("order", test_order);
  ADD ("time-limit", test_time_limit);
  ADD ("byte-limit", test_byte_limit);
  ADD ("never-while-another-is-empty", test_never_while_another_is_empty);
  ADD ("resume", test_resume);
  ADD ("hard-limit", test_hard_limit);
  ADD ("hard-limit-without-keyframe", test_hard_limit_without_keyframe);
  ADD ("hard-limit-of-audio", test_hard_limit_of_audio);
  ADD ("data-flood", test_data_flood);
  ADD ("base", test_base);
  ADD ("flushing", test_flushing);
  ADD ("playing-and-draining", test_playing_and_draining);
  ADD ("idle", test_idle);
  return g_test_run ();
}
