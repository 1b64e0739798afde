/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The load generator's parts: one Load, one thread, one epoll descriptor and
 * thousands of connections (Conn) that play or publish.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "bench-hist.h"
#include "bench-media.h"
#include "bench-proc.h"
#include "load-wire.h"

typedef enum
{
  LOAD_PLAY,
  LOAD_PUBLISH,
  LOAD_CONNECT, /* connect, play, close, again */
} LoadMode;

typedef enum
{
  LOAD_RAMP, /* connections are being opened */
  LOAD_WARM,
  LOAD_MEASURE,
  LOAD_END,
} LoadPhase;

/* What ends a connection in LOAD_CONNECT. */
typedef enum
{
  LOAD_GOAL_ANSWER, /* the answer to play */
  LOAD_GOAL_MEDIA,
  LOAD_GOAL_KEYFRAME,
} LoadGoal;

typedef struct _LoadOptions
{
  LoadMode mode;
  const char *host; /* IPv4 address */
  uint16_t port;
  const char *app;
  const char *key;
  bool indexed;     /* keys are key0, key1, ... */
  uint32_t streams; /* players are spread over this many keys */
  uint32_t count;
  uint32_t ramp; /* connections under way at once */
  double ramp_timeout_s;
  double warm_s;
  double seconds; /* 0: until SIGTERM */
  const char *media_path;
  uint32_t chunk_size;
  double speed;         /* 1 real time, 0 as fast as it goes */
  uint64_t max_bytes;   /* of a publisher; 0 no limit */
  uint32_t sum_every;   /* bodies are checksummed for every n-th player; 0 none */
  uint32_t parse_every; /* other players' bytes are only counted */
  bool raw;             /* no handshake, no commands: chunks of 65,536 at once */
  LoadGoal goal;
  BenchPids pids; /* of the server */
} LoadOptions;

typedef struct _Load Load;
typedef struct _Conn Conn;
typedef struct _Publisher Publisher;

typedef enum
{
  CONN_CLOSED,
  CONN_CONNECTING,
  CONN_HANDSHAKE,
  CONN_CONNECT, /* connect was sent */
  CONN_CREATE,  /* createStream was sent */
  CONN_START,   /* play or publish was sent */
  CONN_ACTIVE,
} ConnState;

struct _Conn
{
  Load *load;
  uint32_t index;
  int fd;
  ConnState state;
  bool armed; /* for writability */
  bool was_active;
  WireReader reader;
  WireBuffer out;
  uint8_t *handshake; /* S0 S1 S2 as far as received */
  uint32_t handshake_size;
  uint32_t out_chunk_size;
  uint32_t stream_id;
  uint32_t ack_window;
  uint64_t received, acked;
  uint64_t start_ns; /* of the connect call */
  uint64_t asked_ns; /* play was sent */
  bool got_answer, got_media, got_keyframe, counting_only;
  /* player; [0] audio, [1] video */
  bool have_seq[2];
  uint32_t seq[2];
  uint32_t stream;
  uint64_t newest_ns; /* stamp of the newest video message */
  Publisher *publisher;
  uint64_t due_ns; /* publisher: in the heap with this time */
};

typedef struct _LoadCounters
{
  uint64_t wire_bytes, payload_bytes, parsed_bytes;
  uint64_t messages, headers, unstamped;
  uint64_t gaps, missing, reordered, corrupt, checked;
  uint64_t connections; /* LOAD_CONNECT: that reached the goal */
  uint64_t blocked;     /* publisher: the socket took less than a message */
} LoadCounters;

struct _Load
{
  LoadOptions options;
  BenchMedia *media;
  LoadPhase phase;
  int epoll_fd;
  uint64_t now_ns;
  uint64_t ramp_ns, phase_end_ns, window_start_ns, window_end_ns;
  Conn *conns;
  uint32_t n_opened, n_in_flight, n_active, n_failed, n_closed;
  char first_error[96];
  LoadCounters window; /* in LOAD_MEASURE */
  LoadCounters total;
  BenchHist latency[2];
  BenchHist answer, first_media, first_keyframe, behind, late;
  BenchUsage server_before, server_start, server_end;
  double own_cpu_s;
  uint64_t own_start_us;
  Conn **idle; /* LOAD_CONNECT: closed, to be opened again after this turn */
  uint32_t n_idle;
  Conn **heap;
  uint32_t heap_size;
  uint8_t *scratch;
};

#define LOAD_SCRATCH_SIZE (256u * 1024u)

/* load-conn.c: what players and publishers have in common */
bool conn_open (Conn *conn);
void conn_close (Conn *conn, const char *why);
void conn_on_event (Conn *conn, uint32_t events);
/* FALSE: blocked (armed for writability) or closed. */
bool conn_flush (Conn *conn);
void conn_arm (Conn *conn, bool writable);

/* load-player.c */
void player_on_active (Conn *conn);
bool player_on_media (Conn *conn, WireMessage *message);

/* load-publisher.c */
bool publisher_new (Conn *conn);
void publisher_free (Conn *conn);
void publisher_on_active (Conn *conn);
void publisher_run (Conn *conn);
/* Says that the stream is over, if the socket takes it. */
void publisher_finish (Conn *conn);
/* Runs all whose time has come; returns the next due time or UINT64_MAX. */
uint64_t publisher_run_due (Load *load);

/* load-report.c */
void load_print_report (Load *load, FILE *file);

/* load-options.c: FALSE after a message on stderr */
bool load_parse_options (LoadOptions *options, int argc, char **argv);

/* rtmp-load.c */
void load_on_active (Conn *conn);
void load_on_closed (Conn *conn, const char *why);
void load_count (Load *load, uint64_t *total, uint64_t *window, uint64_t n);
#define LOAD_COUNT(load, field, n)                                                             \
  load_count (load, &(load)->total.field, &(load)->window.field, n)
