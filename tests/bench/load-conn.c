/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A connection of the load generator: socket, handshake, commands up to play or
 * publish, acknowledgements. One function for each state that is waited in.
 */
#include "load.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define HANDSHAKE_ANSWER_SIZE (1 + 2 * WIRE_HANDSHAKE_SIZE)

void
conn_arm (Conn *conn, bool writable)
{
  struct epoll_event event = { .events = EPOLLIN, .data.ptr = conn };

  if (conn->armed == writable)
    return;
  conn->armed = writable;
  if (writable)
    event.events |= EPOLLOUT;
  epoll_ctl (conn->load->epoll_fd, EPOLL_CTL_MOD, conn->fd, &event);
}

/* A source address of its own for a few connections: neither ports (TIME_WAIT)
 * nor limits per address get in the way. */
static void
bind_source (int fd, uint32_t host, uint32_t index)
{
  struct sockaddr_in address = { .sin_family = AF_INET };
  int on = 1;

  if (host >> 24 != 127)
    return;
  address.sin_addr.s_addr =
      htonl (127u << 24 | 1u << 16 | (index / 250 % 250) << 8 | (1 + index % 250));
  setsockopt (fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
  bind (fd, (struct sockaddr *)&address, sizeof address);
}

static void
reset (Conn *conn)
{
  conn->armed = true;
  conn->was_active = false;
  conn->handshake_size = 0;
  conn->out_chunk_size = 128;
  conn->stream_id = 0;
  conn->ack_window = 0;
  conn->received = conn->acked = 0;
  conn->asked_ns = 0;
  conn->got_answer = conn->got_media = conn->got_keyframe = conn->counting_only = false;
  conn->have_seq[0] = conn->have_seq[1] = false;
  conn->newest_ns = 0;
}

bool
conn_open (Conn *conn)
{
  Load *load = conn->load;
  const LoadOptions *options = &load->options;
  struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons (options->port) };
  struct epoll_event event = { .events = EPOLLIN | EPOLLOUT, .data.ptr = conn };
  int on = 1;

  reset (conn);
  conn->fd = socket (AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (conn->fd < 0) {
    conn_close (conn, "no descriptor");
    return false;
  }
  inet_pton (AF_INET, options->host, &address.sin_addr);
  setsockopt (conn->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  bind_source (conn->fd, ntohl (address.sin_addr.s_addr), conn->index);
  wire_reader_init (
      &conn->reader, options->sum_every > 0 && conn->index % options->sum_every == 0);
  conn->state = CONN_CONNECTING;
  conn->start_ns = bench_now_ns ();
  if (connect (conn->fd, (struct sockaddr *)&address, sizeof address) < 0 &&
      errno != EINPROGRESS) {
    conn_close (conn, strerror (errno));
    return false;
  }
  epoll_ctl (load->epoll_fd, EPOLL_CTL_ADD, conn->fd, &event);
  return true;
}

void
conn_close (Conn *conn, const char *why)
{
  if (conn->fd >= 0)
    close (conn->fd);
  conn->fd = -1;
  conn->state = CONN_CLOSED;
  wire_reader_clear (&conn->reader);
  wire_buffer_clear (&conn->out);
  free (conn->handshake);
  conn->handshake = NULL;
  load_on_closed (conn, why);
}

bool
conn_flush (Conn *conn)
{
  WireBuffer *out = &conn->out;

  while (out->sent < out->size) {
    ssize_t n = send (conn->fd, out->data + out->sent, out->size - out->sent, MSG_NOSIGNAL);

    if (n < 0 && errno == EAGAIN) {
      conn_arm (conn, true);
      return false;
    }
    if (n < 0) {
      conn_close (conn, strerror (errno));
      return false;
    }
    out->sent += n;
  }
  out->size = out->sent = 0;
  return true;
}

static void
key_of (const Conn *conn, char *key, size_t size)
{
  const LoadOptions *options = &conn->load->options;

  if (options->indexed || options->streams > 1)
    snprintf (key, size, "%s%u", options->key,
        options->streams > 1 ? conn->index % options->streams : conn->index);
  else
    snprintf (key, size, "%s", options->key);
}

static void
send_handshake (Conn *conn)
{
  uint8_t bytes[1 + WIRE_HANDSHAKE_SIZE] = { 3 };

  for (uint32_t i = 9; i < sizeof bytes; i++)
    bytes[i] = i * 7 + conn->index;
  wire_buffer_add (&conn->out, bytes, sizeof bytes);
  conn->state = CONN_HANDSHAKE;
  conn->handshake = malloc (HANDSHAKE_ANSWER_SIZE);
  if (!conn->handshake)
    abort ();
  conn_flush (conn);
}

static void
send_connect (Conn *conn)
{
  const LoadOptions *options = &conn->load->options;
  char tc_url[256];

  wire_buffer_add (&conn->out, conn->handshake + 1, WIRE_HANDSHAKE_SIZE);
  if (options->mode == LOAD_PUBLISH) {
    wire_add_control (&conn->out, 1, options->chunk_size);
    conn->out_chunk_size = options->chunk_size;
  }
  snprintf (
      tc_url, sizeof tc_url, "rtmp://%s:%u/%s", options->host, options->port, options->app);
  wire_add_connect (&conn->out, conn->out_chunk_size, options->app, tc_url);
  conn->state = CONN_CONNECT;
}

static void
send_create (Conn *conn)
{
  char key[256];

  key_of (conn, key, sizeof key);
  if (conn->load->options.mode == LOAD_PUBLISH) {
    wire_add_command (&conn->out, conn->out_chunk_size, 0, "releaseStream", 2, key, NULL);
    wire_add_command (&conn->out, conn->out_chunk_size, 0, "FCPublish", 3, key, NULL);
  }
  wire_add_command (&conn->out, conn->out_chunk_size, 0, "createStream", 4, NULL, NULL);
  conn->state = CONN_CREATE;
}

static void
send_start (Conn *conn)
{
  bool publish = conn->load->options.mode == LOAD_PUBLISH;
  char key[256];

  key_of (conn, key, sizeof key);
  wire_add_command (&conn->out, conn->out_chunk_size, conn->stream_id,
      publish ? "publish" : "play", 5, key, publish ? "live" : NULL);
  if (!publish)
    wire_add_user_control (&conn->out, 3, conn->stream_id, true, 3000);
  conn->state = CONN_START;
  conn->asked_ns = bench_now_ns ();
}

static bool
on_status (Conn *conn, const WireAnswer *answer)
{
  const char *good = conn->load->options.mode == LOAD_PUBLISH ? "NetStream.Publish.Start"
                                                              : "NetStream.Play.Start";

  if (conn->state == CONN_START && strcmp (answer->code, good) == 0) {
    load_on_active (conn);
    return conn->state != CONN_CLOSED;
  }
  if (strstr (answer->code, "Reset") || strstr (answer->code, "PublishNotify") ||
      conn->state == CONN_ACTIVE)
    return true;
  conn_close (conn, answer->code);
  return false;
}

static bool
on_command (Conn *conn, WireMessage *message)
{
  WireAnswer answer;

  if (!wire_parse_answer (message, &answer))
    return true;
  if (strcmp (answer.command, "_error") == 0 && conn->state < CONN_ACTIVE &&
      (answer.transaction == 1 || answer.transaction == 4)) {
    conn_close (conn, answer.code[0] ? answer.code : "_error");
    return false;
  }
  if (strcmp (answer.command, "_result") == 0) {
    if (conn->state == CONN_CONNECT && answer.transaction == 1)
      send_create (conn);
    else if (conn->state == CONN_CREATE && answer.transaction == 4) {
      conn->stream_id = answer.number;
      send_start (conn);
    }
    return true;
  }
  return strcmp (answer.command, "onStatus") != 0 || on_status (conn, &answer);
}

static bool
on_control (Conn *conn, WireMessage *message)
{
  uint32_t value = message->length >= 4 ? wire_get32 (message->body) : 0;

  if (message->type == 1 && message->length >= 4) {
    conn->reader.chunk_size = value & 0x7fffffff;
    if (conn->reader.chunk_size == 0) {
      conn_close (conn, "chunk size 0");
      return false;
    }
  } else if (message->type == 5 && message->length >= 4) {
    conn->ack_window = value;
  } else if (message->type == 4 && message->length >= 6 && message->body[1] == 6) {
    wire_add_user_control (&conn->out, 7, wire_get32 (message->body + 2), false, 0);
  }
  return true;
}

static bool
on_message (void *user_data, WireMessage *message)
{
  Conn *conn = user_data;

  switch (message->type) {
    case 8:
    case 9:
      return player_on_media (conn, message);
    case 17:
    case 20:
      return on_command (conn, message);
    case 22:
      conn_close (conn, "aggregate messages are not supported");
      return false;
    default:
      return on_control (conn, message);
  }
}

static void
read_chunks (Conn *conn, const uint8_t *data, size_t size)
{
  LOAD_COUNT (conn->load, wire_bytes, size);
  if (!conn->counting_only) {
    LOAD_COUNT (conn->load, parsed_bytes, size);
    if (!wire_reader_push (&conn->reader, data, size, on_message, conn)) {
      if (conn->state != CONN_CLOSED)
        conn_close (conn, "bad chunk");
      return;
    }
  }
  conn->received += size;
  if (conn->ack_window > 0 && conn->received - conn->acked >= conn->ack_window) {
    conn->acked = conn->received;
    wire_add_control (&conn->out, 3, conn->received);
  }
  if (conn->out.size > 0)
    conn_flush (conn);
}

static void
read_handshake (Conn *conn, const uint8_t *data, size_t size)
{
  uint32_t n = HANDSHAKE_ANSWER_SIZE - conn->handshake_size;

  n = size < n ? size : n;
  memcpy (conn->handshake + conn->handshake_size, data, n);
  conn->handshake_size += n;
  if (conn->handshake_size < HANDSHAKE_ANSWER_SIZE)
    return;
  send_connect (conn);
  free (conn->handshake);
  conn->handshake = NULL;
  if (conn_flush (conn) && size > n)
    read_chunks (conn, data + n, size - n);
}

static void
on_readable (Conn *conn)
{
  Load *load = conn->load;
  /* what is only counted is not even copied */
  ssize_t n = recv (conn->fd, load->scratch, conn->counting_only ? 1 << 22 : LOAD_SCRATCH_SIZE,
      conn->counting_only ? MSG_TRUNC : 0);

  if (n < 0 && (errno == EAGAIN || errno == EINTR))
    return;
  if (n <= 0) {
    conn_close (conn, n < 0 ? strerror (errno) : "closed by the server");
    return;
  }
  load->now_ns = bench_now_ns ();
  if (conn->state == CONN_HANDSHAKE)
    read_handshake (conn, load->scratch, n);
  else
    read_chunks (conn, load->scratch, n);
}

static void
on_connected (Conn *conn)
{
  int error = 0;
  socklen_t size = sizeof error;

  getsockopt (conn->fd, SOL_SOCKET, SO_ERROR, &error, &size);
  if (error) {
    conn_close (conn, strerror (error));
  } else if (conn->load->options.raw) {
    conn_arm (conn, false);
    conn->reader.chunk_size = 65536;
    conn->asked_ns = conn->start_ns;
    load_on_active (conn);
  } else {
    conn_arm (conn, false);
    send_handshake (conn);
  }
}

void
conn_on_event (Conn *conn, uint32_t events)
{
  if (conn->state == CONN_CONNECTING) {
    if (events & (EPOLLOUT | EPOLLERR | EPOLLHUP))
      on_connected (conn);
    return;
  }
  if (events & EPOLLOUT && conn_flush (conn)) {
    if (conn->publisher && conn->state == CONN_ACTIVE)
      publisher_run (conn);
    else
      conn_arm (conn, false);
  }
  if (conn->state != CONN_CLOSED && events & (EPOLLIN | EPOLLERR | EPOLLHUP))
    on_readable (conn);
}
