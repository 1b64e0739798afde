/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * rtmp-load: thousands of RTMP players or publishers in one thread, which check
 * what arrives and measure how old it is. Prints one JSON line when all
 * connections are there, {"event":"ready",...}, and one with the results.
 */
#include "load.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

#define MAX_EVENTS 512

static volatile sig_atomic_t stopped;

static void
on_signal (int number)
{
  stopped = 1;
}

void
load_count (Load *load, uint64_t *total, uint64_t *window, uint64_t n)
{
  *total += n;
  if (load->phase == LOAD_MEASURE)
    *window += n;
}

void
load_on_active (Conn *conn)
{
  Load *load = conn->load;

  conn->state = CONN_ACTIVE;
  conn->was_active = true;
  load->n_in_flight--;
  load->n_active++;
  load->now_ns = bench_now_ns ();
  if (load->options.mode == LOAD_PUBLISH) {
    publisher_on_active (conn);
    return;
  }
  player_on_active (conn);
  if (load->options.mode == LOAD_CONNECT && load->options.goal == LOAD_GOAL_ANSWER)
    conn_close (conn, NULL);
}

/* @why NULL: it reached its goal. */
void
load_on_closed (Conn *conn, const char *why)
{
  Load *load = conn->load;

  if (conn->was_active)
    load->n_active--;
  else
    load->n_in_flight--;
  if (!why)
    LOAD_COUNT (load, connections, 1);
  else if (conn->was_active)
    load->n_closed++;
  else
    load->n_failed++;
  if (why && load->first_error[0] == 0)
    snprintf (load->first_error, sizeof load->first_error, "%s", why);
  if (load->options.mode == LOAD_CONNECT)
    load->idle[load->n_idle++] = conn;
}

static void
start (Conn *conn)
{
  conn->load->n_in_flight++;
  conn_open (conn);
}

static void
open_more (Load *load)
{
  const LoadOptions *options = &load->options;

  /* only those that are idle now: a refused one is idle again at once */
  for (uint32_t n = load->n_idle; n > 0 && load->phase != LOAD_END; n--) {
    Conn *conn = load->idle[--load->n_idle];

    start (conn);
  }
  while (load->phase == LOAD_RAMP && load->n_opened < options->count &&
         load->n_in_flight < options->ramp)
    start (&load->conns[load->n_opened++]);
}

static uint64_t
seconds_ns (double seconds)
{
  return seconds * 1e9;
}

static void
enter_warm (Load *load, uint64_t now_ns)
{
  load->phase = LOAD_WARM;
  load->ramp_ns = now_ns - load->ramp_ns;
  load->phase_end_ns = now_ns + seconds_ns (load->options.warm_s);
  printf ("{\"event\":\"ready\",\"active\":%u,\"failed\":%u,\"first_error\":\"%s\"}\n",
      load->n_active, load->n_failed, load->first_error);
  fflush (stdout);
}

static void
enter_measure (Load *load)
{
  bench_usage_read (&load->options.pids, &load->server_start);
  load->own_start_us = bench_own_cpu_us ();
  load->phase = LOAD_MEASURE;
  load->window_start_ns = bench_now_ns ();
  load->phase_end_ns = load->options.seconds > 0
                           ? load->window_start_ns + seconds_ns (load->options.seconds)
                           : UINT64_MAX;
}

static void
enter_end (Load *load)
{
  if (load->phase == LOAD_MEASURE) {
    load->window_end_ns = bench_now_ns ();
    bench_usage_read (&load->options.pids, &load->server_end);
    load->own_cpu_s = (bench_own_cpu_us () - load->own_start_us) / 1e6;
  }
  load->phase = LOAD_END;
}

static void
step_phase (Load *load)
{
  uint64_t now_ns = bench_now_ns ();
  bool all = load->n_opened == load->options.count &&
             (load->n_in_flight == 0 || load->options.mode == LOAD_CONNECT);

  if (stopped || load->n_failed > 1000 + 10 * load->options.count) {
    enter_end (load);
    return;
  }
  if (load->phase == LOAD_RAMP && (all || now_ns >= load->phase_end_ns))
    enter_warm (load, now_ns);
  else if (load->phase == LOAD_WARM && now_ns >= load->phase_end_ns)
    enter_measure (load);
  else if (load->phase == LOAD_MEASURE && now_ns >= load->phase_end_ns)
    enter_end (load);
}

static void
turn (Load *load, struct epoll_event *events)
{
  uint64_t until_ns = publisher_run_due (load), now_ns = bench_now_ns ();
  struct timespec timeout;
  int n;

  if (load->phase_end_ns < until_ns)
    until_ns = load->phase_end_ns;
  if (until_ns > now_ns + 100000000u)
    until_ns = now_ns + 100000000u;
  until_ns = until_ns > now_ns ? until_ns - now_ns : 0;
  timeout.tv_sec = until_ns / 1000000000u;
  timeout.tv_nsec = until_ns % 1000000000u;
  n = epoll_pwait2 (load->epoll_fd, events, MAX_EVENTS, &timeout, NULL);
  for (int i = 0; i < n; i++) {
    Conn *conn = events[i].data.ptr;

    if (conn->state != CONN_CLOSED)
      conn_on_event (conn, events[i].events);
  }
}

static bool
init (Load *load)
{
  const LoadOptions *options = &load->options;

  if (options->mode == LOAD_PUBLISH) {
    load->media = bench_media_load (options->media_path, options->chunk_size);
    if (!load->media)
      return false;
  }
  load->epoll_fd = epoll_create1 (EPOLL_CLOEXEC);
  load->conns = calloc (options->count, sizeof *load->conns);
  load->heap = calloc (options->count, sizeof *load->heap);
  load->idle = calloc (options->count, sizeof *load->idle);
  load->scratch = malloc (LOAD_SCRATCH_SIZE);
  if (load->epoll_fd < 0 || !load->conns || !load->heap || !load->idle || !load->scratch)
    return false;
  for (uint32_t i = 0; i < options->count; i++) {
    Conn *conn = &load->conns[i];

    conn->load = load;
    conn->index = i;
    conn->fd = -1;
    if (options->mode == LOAD_PUBLISH && !publisher_new (conn))
      return false;
  }
  return true;
}

static void
finish (Load *load)
{
  for (uint32_t i = 0; i < load->options.count; i++) {
    Conn *conn = &load->conns[i];

    if (conn->publisher && conn->state == CONN_ACTIVE)
      publisher_finish (conn);
    if (conn->state != CONN_CLOSED)
      conn_close (conn, "end");
    publisher_free (conn);
  }
  bench_media_free (load->media);
  free (load->conns);
  free (load->heap);
  free (load->idle);
  free (load->scratch);
  close (load->epoll_fd);
}

int
main (int argc, char **argv)
{
  static Load load;
  static struct epoll_event events[MAX_EVENTS];
  struct sigaction action = { .sa_handler = on_signal };
  uint64_t start_ns = bench_now_ns ();

  if (!load_parse_options (&load.options, argc, argv) ||
      !bench_need_descriptors (load.options.count + 64))
    return 2;
  if (!init (&load)) {
    fprintf (stderr, "rtmp-load: cannot start\n");
    return 1;
  }
  sigaction (SIGTERM, &action, NULL);
  sigaction (SIGINT, &action, NULL);
  bench_usage_read (&load.options.pids, &load.server_before);
  load.ramp_ns = start_ns;
  load.phase_end_ns = start_ns + seconds_ns (load.options.ramp_timeout_s);
  while (load.phase != LOAD_END) {
    open_more (&load);
    turn (&load, events);
    step_phase (&load);
  }
  load_print_report (&load, stdout);
  finish (&load);
  return 0;
}
