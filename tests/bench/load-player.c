/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A player: is everything there, in order and intact, and how old is it?
 */
#include "load.h"

#include <string.h>

void
player_on_active (Conn *conn)
{
  Load *load = conn->load;

  if (load->options.raw)
    return;
  conn->got_answer = true;
  if (load->options.mode != LOAD_CONNECT || load->phase == LOAD_MEASURE)
    bench_hist_add (&load->answer, (load->now_ns - conn->start_ns) / 1000);
}

static void
check_sequence (Conn *conn, const BenchStamp *stamp, int kind)
{
  Load *load = conn->load;
  uint32_t expected = conn->seq[kind] + 1;

  if (!conn->have_seq[kind]) {
    conn->have_seq[kind] = true;
    conn->stream = stamp->stream;
  } else if (stamp->stream != conn->stream) {
    LOAD_COUNT (load, corrupt, 1);
  } else if ((int32_t)(stamp->seq - expected) > 0) {
    LOAD_COUNT (load, gaps, 1);
    LOAD_COUNT (load, missing, stamp->seq - expected);
  } else if (stamp->seq != expected) {
    LOAD_COUNT (load, reordered, 1);
  }
  conn->seq[kind] = stamp->seq;
}

static void
check_body (Conn *conn, WireMessage *message, const BenchStamp *stamp)
{
  if (!conn->reader.sum_bodies)
    return;
  LOAD_COUNT (conn->load, checked, 1);
  if (bench_sum_value (&message->sum) != stamp->sum)
    LOAD_COUNT (conn->load, corrupt, 1);
}

/* First messages of a connection. FALSE: it reached its goal and was closed. */
static bool
note_start (Conn *conn, bool keyframe)
{
  Load *load = conn->load;
  uint64_t us = (load->now_ns - conn->start_ns) / 1000;
  bool counts = load->options.mode != LOAD_CONNECT || load->phase == LOAD_MEASURE;

  if (!conn->got_media && counts)
    bench_hist_add (&load->first_media, us);
  if (!conn->got_keyframe && keyframe && counts)
    bench_hist_add (&load->first_keyframe, us);
  conn->got_media = true;
  conn->got_keyframe |= keyframe;
  if (load->options.mode != LOAD_CONNECT ||
      (load->options.goal == LOAD_GOAL_KEYFRAME && !conn->got_keyframe))
    return true;
  conn_close (conn, NULL);
  return false;
}

bool
player_on_media (Conn *conn, WireMessage *message)
{
  Load *load = conn->load;
  bool video = message->type == 9;
  BenchStamp stamp;

  LOAD_COUNT (load, messages, 1);
  LOAD_COUNT (load, payload_bytes, message->length);
  if (message->length < BENCH_STAMP_SIZE || message->head[1] == 0) {
    LOAD_COUNT (load, headers, 1);
    return true;
  }
  if (!bench_stamp_read (message->tail, &stamp)) {
    LOAD_COUNT (load, unstamped, 1);
    return true;
  }
  check_sequence (conn, &stamp, video);
  check_body (conn, message, &stamp);
  if (video)
    conn->newest_ns = stamp.ns;
  /* older ones are what the server kept for those who join */
  if (load->phase == LOAD_MEASURE && stamp.ns >= conn->asked_ns && load->now_ns >= stamp.ns)
    bench_hist_add (&load->latency[video], (load->now_ns - stamp.ns) / 1000);
  if (!note_start (conn, video && (message->head[0] >> 4 & 7) == 1))
    return false;
  conn->counting_only = load->options.parse_every > 1 && conn->got_keyframe &&
                        conn->index % load->options.parse_every != 0;
  return true;
}
