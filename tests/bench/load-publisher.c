/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A publisher: sends the media in a loop, each message when it is due, or all as
 * fast as the socket takes it. Bodies are shared; header and stamp are its own.
 */
#include "load.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

#define BATCH 32
/* sends of a publisher at full speed before others get their turn */
#define TURN 8

struct _Publisher
{
  uint64_t start_ns;
  uint32_t index; /* of the next message */
  uint32_t pass;
  uint32_t seq[2];
  uint64_t bytes;
  bool waiting; /* in the heap */
  bool finished;
  /* being sent */
  uint32_t n_messages, payload;
  uint32_t n_iov, first_iov;
  struct iovec iov[BATCH * 3];
  uint8_t header[BATCH][BENCH_HEADER_SIZE];
  uint8_t stamp[BATCH][BENCH_STAMP_SIZE];
};

bool
publisher_new (Conn *conn)
{
  conn->publisher = calloc (1, sizeof *conn->publisher);
  return conn->publisher != NULL;
}

void
publisher_free (Conn *conn)
{
  free (conn->publisher);
  conn->publisher = NULL;
}

static void
heap_swap (Load *load, uint32_t a, uint32_t b)
{
  Conn *conn = load->heap[a];

  load->heap[a] = load->heap[b];
  load->heap[b] = conn;
}

static void
heap_push (Load *load, Conn *conn)
{
  uint32_t i = load->heap_size++;

  load->heap[i] = conn;
  while (i > 0 && load->heap[(i - 1) / 2]->due_ns > load->heap[i]->due_ns) {
    heap_swap (load, i, (i - 1) / 2);
    i = (i - 1) / 2;
  }
}

static Conn *
heap_pop (Load *load)
{
  Conn *top = load->heap[0];
  uint32_t i = 0, child;

  load->heap[0] = load->heap[--load->heap_size];
  while ((child = 2 * i + 1) < load->heap_size) {
    if (child + 1 < load->heap_size &&
        load->heap[child + 1]->due_ns < load->heap[child]->due_ns)
      child++;
    if (load->heap[i]->due_ns <= load->heap[child]->due_ns)
      break;
    heap_swap (load, i, child);
    i = child;
  }
  return top;
}

static void
add_iov (Publisher *publisher, void *data, size_t size)
{
  publisher->iov[publisher->n_iov++] = (struct iovec){ data, size };
}

static uint64_t
timestamp_of (const Load *load, const Publisher *publisher)
{
  return load->media->messages[publisher->index].timestamp_ms +
         (uint64_t)publisher->pass * load->media->duration_ms;
}

static void
add_message (Load *load, Conn *conn, uint64_t now_ns)
{
  Publisher *publisher = conn->publisher;
  const BenchMessage *message = &load->media->messages[publisher->index];
  uint32_t n = publisher->n_messages++;
  BenchStamp stamp = { conn->index, publisher->seq[message->type == 9]++, now_ns,
    message->sum };

  bench_message_write_header (
      message, timestamp_of (load, publisher), conn->stream_id, publisher->header[n]);
  bench_stamp_write (publisher->stamp[n], &stamp);
  add_iov (publisher, publisher->header[n], BENCH_HEADER_SIZE);
  add_iov (publisher, message->wire, message->wire_size - BENCH_STAMP_SIZE);
  add_iov (publisher, publisher->stamp[n], BENCH_STAMP_SIZE);
  publisher->payload += message->length;
  if (++publisher->index == load->media->n_messages) {
    publisher->index = 0;
    publisher->pass++;
  }
}

/* FALSE: nothing to send now. */
static bool
fill (Load *load, Conn *conn)
{
  const LoadOptions *options = &load->options;
  Publisher *publisher = conn->publisher;
  uint32_t limit = options->speed > 0 ? 1 : BATCH;
  uint64_t now_ns = bench_now_ns (), timestamp = 0;

  publisher->n_iov = publisher->first_iov = publisher->n_messages = publisher->payload = 0;
  while (publisher->n_messages < limit) {
    timestamp = timestamp_of (load, publisher);
    /* headers have no extended timestamp */
    publisher->finished =
        timestamp >= 0xffffff || (options->max_bytes && publisher->bytes >= options->max_bytes);
    if (publisher->finished)
      break;
    if (options->speed > 0) {
      conn->due_ns = publisher->start_ns + timestamp * 1e6 / options->speed;
      if (conn->due_ns > now_ns)
        break;
      if (load->phase == LOAD_MEASURE)
        bench_hist_add (&load->late, (now_ns - conn->due_ns) / 1000);
    }
    add_message (load, conn, now_ns);
  }
  if (publisher->n_messages == 0 && !publisher->finished) {
    publisher->waiting = true;
    heap_push (load, conn);
  }
  return publisher->n_messages > 0;
}

static void
skip_sent (Publisher *publisher, size_t sent)
{
  while (publisher->first_iov < publisher->n_iov) {
    struct iovec *iov = &publisher->iov[publisher->first_iov];

    if (sent < iov->iov_len) {
      iov->iov_base = (uint8_t *)iov->iov_base + sent;
      iov->iov_len -= sent;
      return;
    }
    sent -= iov->iov_len;
    publisher->first_iov++;
  }
}

/* FALSE: blocked or closed. */
static bool
send_batch (Conn *conn)
{
  Publisher *publisher = conn->publisher;
  struct msghdr msg = { .msg_iov = publisher->iov + publisher->first_iov,
    .msg_iovlen = publisher->n_iov - publisher->first_iov };
  ssize_t n = sendmsg (conn->fd, &msg, MSG_NOSIGNAL);

  if (n < 0 && errno != EAGAIN) {
    conn_close (conn, strerror (errno));
    return false;
  }
  if (n > 0) {
    skip_sent (publisher, n);
    LOAD_COUNT (conn->load, wire_bytes, n);
  }
  if (publisher->first_iov < publisher->n_iov) {
    LOAD_COUNT (conn->load, blocked, 1);
    conn_arm (conn, true);
    return false;
  }
  LOAD_COUNT (conn->load, messages, publisher->n_messages);
  LOAD_COUNT (conn->load, payload_bytes, publisher->payload);
  publisher->bytes += publisher->payload;
  return true;
}

void
publisher_run (Conn *conn)
{
  Publisher *publisher = conn->publisher;

  if (publisher->waiting || publisher->finished)
    return;
  for (int turn = 0; turn < TURN; turn++) {
    if (publisher->first_iov == publisher->n_iov && !fill (conn->load, conn)) {
      conn_arm (conn, false);
      return;
    }
    if (!send_batch (conn))
      return;
  }
  /* comes back at once */
  conn_arm (conn, true);
}

static void
send_headers (Conn *conn)
{
  const BenchMedia *media = conn->load->media;
  uint8_t header[BENCH_HEADER_SIZE];

  for (uint32_t i = 0; i < media->n_headers; i++) {
    bench_message_write_header (&media->headers[i], 0, conn->stream_id, header);
    wire_buffer_add (&conn->out, header, sizeof header);
    wire_buffer_add (&conn->out, media->headers[i].wire, media->headers[i].wire_size);
  }
}

void
publisher_on_active (Conn *conn)
{
  Load *load = conn->load;
  const LoadOptions *options = &load->options;
  uint64_t spread_ns = 0;

  /* spread over a group of pictures, or all send their keyframes at once */
  if (options->speed > 0)
    spread_ns = load->media->gop_ms * 1e6 / options->speed * conn->index / options->count;
  conn->publisher->start_ns = bench_now_ns () + spread_ns;
  send_headers (conn);
  if (conn_flush (conn))
    publisher_run (conn);
}

void
publisher_finish (Conn *conn)
{
  if (conn->publisher->first_iov < conn->publisher->n_iov)
    return;
  wire_add_delete_stream (&conn->out, conn->out_chunk_size, conn->stream_id);
  conn_flush (conn);
}

uint64_t
publisher_run_due (Load *load)
{
  uint64_t now_ns = bench_now_ns ();

  while (load->heap_size > 0 && load->heap[0]->due_ns <= now_ns) {
    Conn *conn = heap_pop (load);

    conn->publisher->waiting = false;
    if (conn->state == CONN_ACTIVE)
      publisher_run (conn);
  }
  return load->heap_size > 0 ? load->heap[0]->due_ns : UINT64_MAX;
}
