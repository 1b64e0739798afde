/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * RtmpConnection: the holder of one RtmpSession: transport, input that was held
 * back, session, outbox, deadlines. What its events mean is its owner's (server
 * side: RtmpPeer; client side: RtmpPush).
 *
 * Owner and thread: its loop, for life; others know it by id and post. It frees
 * itself at the end of the turn in which it is closed.
 *
 * Close is a state: the owner is told at once (ended), then what the session and
 * the outbox's half-written message hold is flushed, the peer reads to the end,
 * and the descriptor goes (freed).
 */
#pragma once

#include "protocol/rtmp-session.h"
#include "server/rtmp-client-private.h"
#include "server/rtmp-outbox.h"
#include "server/rtmp-transport.h"

G_BEGIN_DECLS

typedef struct _RtmpConnection RtmpConnection;

typedef struct _RtmpConnectionFuncs
{
  /* May take the event's message. May close the connection. */
  void (*event) (RtmpConnection *connection, RtmpEvent *event);
  void (*mark) (RtmpConnection *connection, RtmpItemKind kind, gboolean notify);
  gboolean (*keyframe_wanted) (RtmpConnection *connection); /* as of RtmpOutboxFuncs */
  /* Everything there was is written. May be NULL. */
  void (*written) (RtmpConnection *connection);
  /* The owner's deadline has come (rtmp_connection_set_deadline). */
  void (*deadline) (RtmpConnection *connection, gint64 now_us);
  /* Once: no event comes any more. @error NULL: @reason is the owner's own. */
  void (*ended) (RtmpConnection *connection, const gchar *reason, const GError *error);
  /* Once, last: the descriptor is closed. */
  void (*freed) (RtmpConnection *connection);
} RtmpConnectionFuncs;

typedef enum
{
  RTMP_CONNECTION_OPEN,
  RTMP_CONNECTION_FLUSHING,  /* what is left goes out */
  RTMP_CONNECTION_LINGERING, /* the peer reads it; what it still sends is thrown away */
  RTMP_CONNECTION_CLOSED,
} RtmpConnectionState;

struct _RtmpConnection
{
  guint64 id;
  RtmpLoop *loop;
  RtmpTransport *transport;
  RtmpSession *session;
  const RtmpLimits *limits;
  const RtmpConnectionFuncs *funcs;
  gpointer owner;
  gpointer adapter;   /* GstAdapter of input held back, or NULL */
  RtmpClient *client; /* where counters show, or NULL; reference */
  RtmpOutbox outbox;
  RtmpTimer timer;
  RtmpTurnItem turn; /* pump and flush, then free */

  gint64 created_us;
  gint64 write_us;    /* last byte out, or when it began to block */
  gint64 deadline_us; /* the owner's; 0 = none */
  gint64 close_us;    /* when closing must be over */
  guint64 in_bytes;
  guint64 in_messages;

  RtmpConnectionState state;
  guint held : 1;    /* input is not read */
  guint hung_up : 1; /* seen while held */
  guint eof : 1;     /* the peer ended its direction */
  guint in_events : 1;
};

/* On @loop. Takes @transport. @config: limits outlive the connection. */
RtmpConnection *rtmp_connection_new (RtmpLoop *loop, RtmpTransport *transport,
    const RtmpSessionConfig *config, const RtmpConnectionFuncs *funcs, gpointer owner);

/* The session has output, or the outbox something to send: at the end of the turn. */
void rtmp_connection_flush_later (RtmpConnection *connection);
/* After accept, refuse and the like: events they raised, output, end. May be
 * called from within an event. */
void rtmp_connection_pump (RtmpConnection *connection);
/* Stops or goes on reading. */
void rtmp_connection_hold (RtmpConnection *connection);
void rtmp_connection_resume (RtmpConnection *connection);
/* 0 = none. */
void rtmp_connection_set_deadline (RtmpConnection *connection, gint64 due_us);

/* Begins to close; a second call does nothing. */
void rtmp_connection_close (RtmpConnection *connection, const gchar *reason);
/* Closes at once, with one try to write what is left, and frees it before it
 * returns: not from within its own callbacks. */
void rtmp_connection_destroy (RtmpConnection *connection, const gchar *reason);

void rtmp_connection_update_stats (RtmpConnection *connection);

G_END_DECLS
