/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the kernel asks for one to N over TCP and nothing else: the media, paced
 * in real time, is written to N sockets by the simplest loop there is.
 *
 *   kernel-limit --media FILE --count N --batch message|frame|350 [--port P]
 *
 * message: one send for each message and socket; frame: audio rides with the next
 * picture; a number: one send for all that came in so many milliseconds.
 * Prints its port, waits for N connections, sends until SIGTERM. `rtmp-load play
 * --raw` is its other end. What a socket does not take goes with the next send.
 * `--fault drop|flip` leaves out or spoils every 50th message: what rtmp-load must find.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "bench-media.h"
#include "bench-proc.h"

#include <stdio.h>

#define CHUNK_SIZE 65536u
/* later than this, it catches up: the next send takes all that is due */
#define LATE_NS 100000000u
#define RING_SIZE (16u * 1024u * 1024u)

typedef struct
{
  int fd;
  uint64_t sent; /* position in the stream of all bytes */
} Peer;

typedef struct
{
  BenchMedia *media;
  Peer *peers;
  unsigned int n_peers, n_left;
  uint32_t batch_ms; /* 0: by message or frame */
  bool by_frame;
  uint8_t *ring;
  uint64_t written; /* bytes of the stream so far */
  uint32_t seq[2];
  uint64_t flushed_ns;
  bool fault_drop, fault_flip;
} Fanout;

static volatile sig_atomic_t stopped;

static void
on_signal (int number)
{
  stopped = 1;
}

static int
listen_on (uint16_t port, uint16_t *actual)
{
  struct sockaddr_in address = {
    .sin_family = AF_INET, .sin_port = htons (port), .sin_addr = { htonl (0x7f000001) }
  };
  socklen_t size = sizeof address;
  int on = 1, fd = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

  setsockopt (fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (fd < 0 || bind (fd, (struct sockaddr *)&address, sizeof address) < 0 ||
      listen (fd, 4096) < 0)
    return -1;
  getsockname (fd, (struct sockaddr *)&address, &size);
  *actual = ntohs (address.sin_port);
  return fd;
}

static bool
accept_all (Fanout *fanout, int listener)
{
  int on = 1;

  for (unsigned int i = 0; i < fanout->n_peers; i++) {
    Peer *peer = &fanout->peers[i];

    peer->fd = accept4 (listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (peer->fd < 0)
      return false;
    setsockopt (peer->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    fanout->n_left++;
  }
  return true;
}

static void
append (Fanout *fanout, const void *data, uint32_t size)
{
  uint64_t at = fanout->written % RING_SIZE;
  uint32_t first = RING_SIZE - at < size ? RING_SIZE - at : size;

  memcpy (fanout->ring + at, data, first);
  memcpy (fanout->ring, (const uint8_t *)data + first, size - first);
  fanout->written += size;
}

static void
append_message (
    Fanout *fanout, const BenchMessage *message, uint64_t timestamp_ms, uint64_t due_ns)
{
  uint8_t header[BENCH_HEADER_SIZE], bytes[BENCH_STAMP_SIZE];
  BenchStamp stamp = { 0, fanout->seq[message->type == 9]++, due_ns, message->sum };

  if (fanout->fault_drop && stamp.seq % 50 == 49)
    return;
  if (fanout->fault_flip && stamp.seq % 50 == 49)
    stamp.sum ^= 1;
  bench_message_write_header (message, timestamp_ms % 0xffffff, 1, header);
  bench_stamp_write (bytes, &stamp);
  append (fanout, header, sizeof header);
  append (fanout, message->wire, message->wire_size - BENCH_STAMP_SIZE);
  append (fanout, bytes, sizeof bytes);
}

static void
drop (Fanout *fanout, Peer *peer)
{
  close (peer->fd);
  peer->fd = -1;
  fanout->n_left--;
}

static void
send_to (Fanout *fanout, Peer *peer)
{
  uint64_t left;
  uint32_t at, size;
  ssize_t n;

  if (peer->fd < 0)
    return;
  if (fanout->written - peer->sent > RING_SIZE) {
    fprintf (stderr, "kernel-limit: a peer is too far behind\n");
    drop (fanout, peer);
    return;
  }
  while ((left = fanout->written - peer->sent) > 0) {
    at = peer->sent % RING_SIZE;
    size = left < RING_SIZE - at ? left : RING_SIZE - at;
    n = send (peer->fd, fanout->ring + at, size, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n < 0 && errno != EAGAIN)
      drop (fanout, peer);
    if (n > 0)
      peer->sent += n;
    /* more than one send only where the ring wraps */
    if (n < (ssize_t)size)
      return;
  }
}

static bool
flush_is_due (Fanout *fanout, const BenchMessage *message)
{
  uint64_t now_ns;

  if (fanout->batch_ms == 0)
    return !fanout->by_frame || message->type == 9;
  now_ns = bench_now_ns ();
  if (now_ns - fanout->flushed_ns < fanout->batch_ms * 1000000ull)
    return false;
  fanout->flushed_ns = now_ns;
  return true;
}

static void
run (Fanout *fanout)
{
  const BenchMedia *media = fanout->media;
  uint64_t start_ns = bench_now_ns ();
  struct timespec due;

  for (uint64_t i = 0; !stopped && fanout->n_left > 0; i++) {
    const BenchMessage *message = &media->messages[i % media->n_messages];
    uint64_t ms = message->timestamp_ms + i / media->n_messages * media->duration_ms;
    uint64_t due_ns = start_ns + ms * 1000000u;

    due.tv_sec = due_ns / 1000000000u;
    due.tv_nsec = due_ns % 1000000000u;
    while (!stopped && clock_nanosleep (CLOCK_MONOTONIC, TIMER_ABSTIME, &due, NULL) == EINTR)
      ;
    append_message (fanout, message, ms, due_ns);
    if (!flush_is_due (fanout, message) || bench_now_ns () > due_ns + LATE_NS)
      continue;
    for (unsigned int j = 0; j < fanout->n_peers; j++)
      send_to (fanout, &fanout->peers[j]);
  }
}

static bool
set_batch (Fanout *fanout, const char *name)
{
  fanout->by_frame = strcmp (name, "frame") == 0;
  fanout->batch_ms = atoi (name);
  return fanout->by_frame || fanout->batch_ms > 0 || strcmp (name, "message") == 0;
}

static bool
set_fault (Fanout *fanout, const char *name)
{
  fanout->fault_drop = strcmp (name, "drop") == 0;
  fanout->fault_flip = strcmp (name, "flip") == 0;
  return fanout->fault_drop || fanout->fault_flip;
}

int
main (int argc, char **argv)
{
  Fanout fanout = { 0 };
  struct sigaction action = { .sa_handler = on_signal };
  uint16_t port = 0;
  int listener;
  bool ok = argc % 2 == 1;

  for (int i = 1; ok && i < argc; i += 2) {
    if (strcmp (argv[i], "--media") == 0)
      ok = (fanout.media = bench_media_load (argv[i + 1], CHUNK_SIZE)) != NULL;
    else if (strcmp (argv[i], "--count") == 0)
      fanout.n_peers = atoi (argv[i + 1]);
    else if (strcmp (argv[i], "--batch") == 0)
      ok = set_batch (&fanout, argv[i + 1]);
    else if (strcmp (argv[i], "--port") == 0)
      port = atoi (argv[i + 1]);
    else if (strcmp (argv[i], "--fault") == 0)
      ok = set_fault (&fanout, argv[i + 1]);
    else
      ok = false;
  }
  if (!ok || !fanout.media || fanout.n_peers == 0) {
    fprintf (
        stderr, "kernel-limit --media FILE --count N --batch message|frame|MS [--port P]\n");
    return 2;
  }
  if (!bench_need_descriptors (fanout.n_peers + 64))
    return 2;
  fanout.peers = calloc (fanout.n_peers, sizeof *fanout.peers);
  fanout.ring = malloc (RING_SIZE);
  listener = listen_on (port, &port);
  if (listener < 0 || !fanout.peers || !fanout.ring) {
    perror ("kernel-limit");
    return 1;
  }
  sigaction (SIGTERM, &action, NULL);
  sigaction (SIGINT, &action, NULL);
  printf ("{\"event\":\"listening\",\"port\":%u}\n", port);
  fflush (stdout);
  if (accept_all (&fanout, listener))
    run (&fanout);
  for (unsigned int i = 0; i < fanout.n_peers; i++)
    if (fanout.peers[i].fd > 0)
      close (fanout.peers[i].fd);
  bench_media_free (fanout.media);
  free (fanout.peers);
  free (fanout.ring);
  return 0;
}
