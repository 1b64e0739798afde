/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Deadlines, posts, the order of a turn, both pollers, the pool.
 */
#include "server/rtmp-loop.h"

#include <sys/socket.h>

/* ---- timers ---------------------------------------------------------- */

typedef struct _Alarm
{
  RtmpTimer timer;
  gint64 rang_us;
} Alarm;

static void
on_alarm (RtmpTimer *timer, gint64 now_us)
{
  ((Alarm *)timer)->rang_us = now_us;
}

/* Against a plain list: random arming, moving, disarming; each rings once, when it
 * is due. */
static void
test_timers (void)
{
  enum
  {
    N = 200
  };
  Alarm alarms[N] = { 0 };
  RtmpTimers timers;
  gint64 now_us = 0;

  rtmp_timers_init (&timers);
  for (guint i = 0; i < N; i++)
    alarms[i].timer.func = on_alarm;
  for (guint round = 0; round < 5000; round++) {
    Alarm *alarm = &alarms[g_test_rand_int_range (0, N)];
    gint64 next = G_MAXINT64;

    if (g_test_rand_bit () && rtmp_timer_is_armed (&alarm->timer))
      rtmp_timers_disarm (&timers, &alarm->timer);
    else
      rtmp_timers_arm (&timers, &alarm->timer, now_us + g_test_rand_int_range (0, 100));
    for (guint i = 0; i < N; i++)
      if (rtmp_timer_is_armed (&alarms[i].timer))
        next = MIN (next, alarms[i].timer.due_us);
    g_assert_cmpint (rtmp_timers_next (&timers), ==, next);
    now_us++;
    rtmp_timers_run (&timers, now_us);
    for (guint i = 0; i < N; i++) {
      gboolean rang = alarms[i].rang_us == now_us;

      g_assert_true (
          !rtmp_timer_is_armed (&alarms[i].timer) || alarms[i].timer.due_us > now_us);
      g_assert_true (!rang || alarms[i].timer.due_us <= now_us);
    }
  }
  rtmp_timers_clear (&timers);
}

static RtmpTimers *again_timers;

static void
on_again (RtmpTimer *timer, gint64 now_us)
{
  rtmp_timers_arm (again_timers, timer, now_us);
  ((Alarm *)timer)->rang_us++;
}

/* Time that stands still does not trap the loop. */
static void
test_timer_armed_again (void)
{
  RtmpTimers timers;
  Alarm alarm = { .timer.func = on_again };

  again_timers = &timers;
  rtmp_timers_init (&timers);
  rtmp_timers_arm (&timers, &alarm.timer, 5);
  rtmp_timers_run (&timers, 10);
  g_assert_cmpint (alarm.rang_us, ==, 1);
  rtmp_timers_disarm (&timers, &alarm.timer);
  rtmp_timers_clear (&timers);
}

/* ---- posts and turns ------------------------------------------------- */

static gint64
frozen_clock (gpointer data)
{
  return *(gint64 *)data;
}

typedef struct _Trace
{
  RtmpLoop *loop;
  GString *text;
  RtmpTurnItem flush, free;
} Trace;

static Trace *trace;

static void
on_post (RtmpLoop *loop, gpointer data)
{
  g_string_append (trace->text, data);
}

static void
on_post_twice (RtmpLoop *loop, gpointer data)
{
  g_string_append (trace->text, "p");
  rtmp_loop_post (loop, on_post, (gpointer) "q");
  rtmp_loop_free_later (loop, &trace->free);
  rtmp_loop_flush_later (loop, &trace->flush);
  rtmp_loop_flush_later (loop, &trace->flush);
}

static void
on_flush (RtmpTurnItem *item)
{
  g_string_append (trace->text, "f");
  if (trace->text->len < 6)
    rtmp_loop_flush_later (trace->loop, item);
}

static void
on_free (RtmpTurnItem *item)
{
  g_string_append (trace->text, "d");
}

static void
test_turn (void)
{
  gint64 now_us = 1;
  RtmpLoopConfig config = { .clock = frozen_clock, .clock_data = &now_us };
  Trace self = { .flush.func = on_flush, .free.func = on_free };
  Alarm alarm = { .timer.func = on_alarm };

  trace = &self;
  self.loop = rtmp_loop_new (&config);
  self.text = g_string_new (NULL);
  rtmp_loop_post (self.loop, on_post_twice, NULL);
  g_assert_true (rtmp_loop_iterate (self.loop));
  g_assert_cmpstr (self.text->str, ==, "pfd");
  g_assert_true (rtmp_loop_iterate (self.loop));
  g_assert_cmpstr (self.text->str, ==, "pfdqf");
  g_assert_true (rtmp_loop_iterate (self.loop));
  g_assert_cmpstr (self.text->str, ==, "pfdqff");
  g_assert_false (rtmp_loop_iterate (self.loop));
  rtmp_loop_arm (self.loop, &alarm.timer, 100);
  g_assert_false (rtmp_loop_iterate (self.loop));
  now_us = 100;
  g_assert_true (rtmp_loop_iterate (self.loop));
  g_assert_cmpint (alarm.rang_us, ==, 100);
  g_string_free (self.text, TRUE);
  rtmp_loop_ref (self.loop);
  rtmp_loop_end (self.loop);
  g_assert_false (rtmp_loop_post (self.loop, on_post, NULL));
  rtmp_loop_unref (self.loop);
  rtmp_loop_unref (self.loop);
}

#define N_POSTS 20000

typedef struct _Count
{
  RtmpLoop *loop;
  guint next[4];
  gint total;
} Count;

typedef struct _Numbered
{
  Count *count;
  guint thread;
  guint number;
} Numbered;

static void
on_numbered (RtmpLoop *loop, gpointer data)
{
  Numbered *numbered = data;
  Count *count = numbered->count;

  g_assert_true (rtmp_loop_is_current (loop));
  /* in order of each thread */
  g_assert_cmpuint (count->next[numbered->thread]++, ==, numbered->number);
  count->total++;
  g_free (numbered);
}

static gpointer
poster (gpointer data)
{
  Numbered *first = data;

  for (guint i = 0; i < N_POSTS; i++) {
    Numbered *numbered = g_new (Numbered, 1);

    *numbered = (Numbered){ first->count, first->thread, i };
    rtmp_loop_post (first->count->loop, on_numbered, numbered);
  }
  return NULL;
}

static void
read_total (RtmpLoop *loop, gpointer data)
{
  Count *count = data;

  g_assert_cmpint (count->total, ==, 4 * N_POSTS);
}

static void
test_posts_from_threads (void)
{
  RtmpLoopConfig config = { .threaded = TRUE, .name = "test" };
  Count count = { .loop = rtmp_loop_new (&config) };
  Numbered firsts[4];
  GThread *threads[4];

  for (guint i = 0; i < 4; i++) {
    firsts[i] = (Numbered){ &count, i, 0 };
    threads[i] = g_thread_new ("poster", poster, &firsts[i]);
  }
  for (guint i = 0; i < 4; i++)
    g_thread_join (threads[i]);
  rtmp_loop_call (count.loop, read_total, &count);
  rtmp_loop_end (count.loop);
  rtmp_loop_unref (count.loop);
}

/* ---- pollers --------------------------------------------------------- */

typedef struct _Pair
{
  RtmpWatch watch;
  RtmpLoop *loop;
  GSocket *ours;
  GSocket *theirs;
  GIOCondition ready;
  guint calls;
  struct _Pair *removes;
} Pair;

static void
on_ready (RtmpWatch *watch, GIOCondition ready)
{
  Pair *pair = (Pair *)watch;

  pair->ready |= ready;
  pair->calls++;
  if (pair->removes)
    rtmp_poller_remove (rtmp_loop_get_poller (pair->loop), &pair->removes->watch);
}

static void
pair_init (Pair *pair, RtmpLoop *loop)
{
  gint fds[2];

  memset (pair, 0, sizeof (*pair));
  g_assert_cmpint (socketpair (AF_UNIX, SOCK_STREAM, 0, fds), ==, 0);
  pair->ours = g_socket_new_from_fd (fds[0], NULL);
  pair->theirs = g_socket_new_from_fd (fds[1], NULL);
  g_socket_set_blocking (pair->ours, FALSE);
  pair->loop = loop;
  pair->watch.func = on_ready;
}

static void
pair_clear (Pair *pair)
{
  rtmp_poller_remove (rtmp_loop_get_poller (pair->loop), &pair->watch);
  g_clear_object (&pair->ours);
  g_clear_object (&pair->theirs);
}

static GIOCondition
turn (Pair *pair)
{
  pair->ready = 0;
  for (guint i = 0; i < 3; i++)
    rtmp_loop_iterate (pair->loop);
  return pair->ready;
}

static void
test_poller (gconstpointer kind)
{
  RtmpLoopConfig config = { .poller = (RtmpPollerKind)GPOINTER_TO_INT (kind) };
  RtmpLoop *loop = rtmp_loop_new (&config);
  RtmpPoller *poller = rtmp_loop_get_poller (loop);
  Pair a, b;
  gchar byte;

#ifdef __linux__
  g_assert_cmpstr (rtmp_poller_get_name (poller), ==,
      config.poller == RTMP_POLLER_BEST ? "epoll" : "source");
#endif
  pair_init (&a, loop);
  pair_init (&b, loop);
  rtmp_poller_add (poller, &a.watch, a.ours, G_IO_IN);
  rtmp_poller_add (poller, &b.watch, b.ours, G_IO_IN);
  g_assert_cmpint (turn (&a), ==, 0);
  g_socket_send (a.theirs, "x", 1, NULL, NULL);
  g_assert_cmpint (turn (&a), ==, G_IO_IN);
  g_assert_cmpint (b.calls, ==, 0);
  /* told again as long as it is there */
  g_assert_cmpint (turn (&a), ==, G_IO_IN);
  g_socket_receive (a.ours, &byte, 1, NULL, NULL);
  g_assert_cmpint (turn (&a), ==, 0);
  rtmp_poller_change (poller, &a.watch, G_IO_IN | G_IO_OUT);
  g_assert_cmpint (turn (&a), ==, G_IO_OUT);
  rtmp_poller_change (poller, &a.watch, G_IO_HUP);
  g_assert_cmpint (turn (&a), ==, 0);
  g_socket_send (a.theirs, "x", 1, NULL, NULL);
  g_assert_cmpint (turn (&a), ==, 0);
  /* who goes is told whatever the interest */
  g_clear_object (&a.theirs);
  g_assert_cmpint (turn (&a) & G_IO_HUP, ==, G_IO_HUP);
  rtmp_poller_remove (poller, &a.watch);
  g_assert_cmpint (turn (&a), ==, 0);
  /* removed by another that was ready in the same turn */
  pair_clear (&a);
  pair_init (&a, loop);
  a.removes = &b;
  b.removes = &a;
  rtmp_poller_add (poller, &a.watch, a.ours, G_IO_IN);
  g_socket_send (a.theirs, "x", 1, NULL, NULL);
  g_socket_send (b.theirs, "x", 1, NULL, NULL);
  a.calls = b.calls = 0;
  rtmp_loop_iterate (loop);
  g_assert_cmpuint (a.calls + b.calls, ==, 1);
  pair_clear (&a);
  pair_clear (&b);
  rtmp_loop_end (loop);
  rtmp_loop_unref (loop);
}

/* ---- pool ------------------------------------------------------------ */

static guint
count_threads (void)
{
  g_autoptr (GDir) dir = g_dir_open ("/proc/self/task", 0, NULL);
  guint n = 0;

  while (dir && g_dir_read_name (dir))
    n++;
  return n;
}

static void
test_pool (void)
{
  guint before = count_threads ();
  RtmpLoopPool *pool;

  rtmp_loop_pool_configure (3, NULL);
  pool = rtmp_loop_pool_acquire ();
  g_assert_cmpuint (pool->n_loops, ==, 3);
  g_assert_true (rtmp_loop_pool_acquire () == pool);
  if (before > 0)
    g_assert_cmpuint (count_threads (), ==, before + 3);
  /* evenly */
  for (guint i = 0; i < 6; i++)
    rtmp_loop_pool_pick (pool);
  for (guint i = 0; i < 3; i++)
    g_assert_cmpuint (rtmp_loop_get_load (pool->loops[i]), ==, 2);
  rtmp_loop_pool_release (pool);
  rtmp_loop_pool_release (pool);
  g_assert_cmpuint (count_threads (), ==, before);
  rtmp_loop_pool_configure (0, NULL);
  pool = rtmp_loop_pool_acquire ();
  g_assert_cmpuint (pool->n_loops, <=, g_get_num_processors ());
  rtmp_loop_pool_release (pool);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/loop/timers", test_timers);
  g_test_add_func ("/loop/timer-armed-again", test_timer_armed_again);
  g_test_add_func ("/loop/turn", test_turn);
  g_test_add_func ("/loop/posts-from-threads", test_posts_from_threads);
  g_test_add_data_func ("/loop/poller/best", GINT_TO_POINTER (RTMP_POLLER_BEST), test_poller);
  g_test_add_data_func (
      "/loop/poller/source", GINT_TO_POINTER (RTMP_POLLER_SOURCE), test_poller);
  g_test_add_func ("/loop/pool", test_pool);
  return g_test_run ();
}
