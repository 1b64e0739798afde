/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * RtmpServer: one listening (address, port) of the process, shared by all who
 * acquire it; and RtmpMount: an element's claim on an (application, key) there.
 *
 * Threads: functions here may be called from any thread but the loops' own.
 * Callbacks of RtmpMountFuncs run on a loop thread and must not block, take a
 * lock that is held across a call into server/, or call back into the mount
 * except where said. None of server/'s locks is held while they run.
 *
 * Errors: GIO's (G_IO_ERROR_ADDRESS_IN_USE ...) with a message that names
 * address and port; RTMP_ERROR_LOCAL for claims that conflict.
 */
#pragma once

#include <gio/gio.h>
#include "protocol/rtmp-limits.h"
#include "protocol/rtmp-session.h"
#include "server/rtmp-client.h"
#include "server/rtmp-stream.h"

G_BEGIN_DECLS

typedef struct _RtmpServer RtmpServer;
typedef struct _RtmpMount RtmpMount;
typedef struct _RtmpRequest RtmpRequest;

/* @host: address or name to listen on; "::" is dual stack, and IPv4 where there
 * is no IPv6. @port: 0 = any free port, never shared. Same (address, port)
 * shares; a wildcard listener covers specific addresses.
 * @limits: copied; of sharers the most permissive handshake limits count; NULL =
 * defaults. */
RtmpServer *rtmp_server_acquire (
    const gchar *host, guint16 port, const RtmpLimits *limits, GError **error);
/* The last release closes the listener and all connections, and returns when
 * the port is free. */
void rtmp_server_release (RtmpServer *server);
guint16 rtmp_server_get_port (RtmpServer *server);

typedef enum
{
  RTMP_MOUNT_SOURCE, /* takes a publisher */
  RTMP_MOUNT_SINK,   /* serves what its element publishes */
} RtmpMountRole;

typedef struct _RtmpMountFuncs
{
  /* Somebody wants to publish or play here; limits and slots were checked.
   * Answer with rtmp_request_accept/refuse from any thread, also from within.
   * NULL = accept. */
  void (*request) (RtmpMount *mount, RtmpRequest *request, gpointer user_data);
  /* An accepted client of either role is there / is gone. */
  void (*client_added) (RtmpMount *mount, RtmpClient *client, gpointer user_data);
  void (*client_removed) (
      RtmpMount *mount, RtmpClient *client, const gchar *reason, gpointer user_data);
  /* A client was refused: by us or by the application. @client may be anonymous. */
  void (*client_rejected) (
      RtmpMount *mount, RtmpClient *client, const gchar *reason, gpointer user_data);

  /* Source. A publisher's session begins; @takeover: it replaces one that
   * did not end. Then its messages (classified, sealed), then end.
   * All three of one publisher in order, on its loop. */
  void (*publish_begin) (
      RtmpMount *mount, RtmpClient *client, gboolean takeover, gpointer user_data);
  /* FALSE: full; the publisher is not read (TCP holds it) until
   * rtmp_mount_resume(). @message itself was taken. */
  gboolean (*publish_message) (RtmpMount *mount, RtmpMessage *message, gpointer user_data);
  /* @orderly: the publisher said goodbye; FALSE: the connection broke, timed
   * out, was disconnected or taken over (@reason says). */
  void (*publish_end) (RtmpMount *mount, RtmpClient *client, gboolean orderly,
      const gchar *reason, gpointer user_data);

  /* A player joined and nothing it can start from is in the feed, or it was
   * resynchronised: ask the encoder. Rate-limited by the caller of this. */
  void (*keyframe_wanted) (RtmpMount *mount, gpointer user_data);
  /* Number of playing or waiting players changed. */
  void (*players_changed) (RtmpMount *mount, guint n_players, gpointer user_data);
} RtmpMountFuncs;

typedef struct _RtmpMountConfig
{
  RtmpMountRole role;
  const gchar *application;    /* copied */
  const gchar *key;            /* copied; source: NULL = any key */
  gboolean relay;              /* source: players may play what is published */
  gboolean override_publisher; /* source: a new publisher takes over */
  guint max_clients;           /* 0 = no limit of its own */
  guint idle_timeout_ms;       /* publisher without a byte; 0 = never */
  /* sink and relay: players */
  guint soft_max_ms;
  guint hard_max_ms;
  guint flush_interval_ms;       /* rtmp_stream_set_flush_interval */
  gboolean join_latest_keyframe; /* FALSE: live from the next keyframe on */
  const RtmpMountFuncs *funcs;   /* static */
  gpointer user_data;            /* outlives the mount */
} RtmpMountConfig;

/* Claims. Conflict (two sinks, or a sink and a relaying source, on one
 * (application, key)), or a name that no client could say: NULL, RTMP_ERROR_LOCAL.
 * Names are canonical from here on (rtmp_name_canonical_path). */
RtmpMount *rtmp_server_mount (
    RtmpServer *server, const RtmpMountConfig *config, GError **error);
/* Gives the claim up: its clients are told and disconnected. When this returns no
 * callback of the mount runs or will run. */
void rtmp_mount_free (RtmpMount *mount);

/* Sink: where its element publishes. Borrowed, lives as long as the mount. */
RtmpStream *rtmp_mount_get_stream (RtmpMount *mount);

/* Source: publishers are refused (BadName) until set back. Used after EOS. */
void rtmp_mount_set_accepting (RtmpMount *mount, gboolean accepting);
/* Source: another publisher waits to take the place of the present one. For
 * publish_end, from within it. */
gboolean rtmp_mount_is_taken_over (RtmpMount *mount);
/* Source: read the held publisher again. From any thread, never blocks. */
void rtmp_mount_resume (RtmpMount *mount);
/* Properties that may change while running. */
void rtmp_mount_set_max_clients (RtmpMount *mount, guint max_clients);
void rtmp_mount_set_override (RtmpMount *mount, gboolean override_publisher);
void rtmp_mount_set_player_limits (RtmpMount *mount, guint soft_max_ms, guint hard_max_ms);

/* Newly allocated array of RtmpClient references. */
GPtrArray *rtmp_mount_list_clients (RtmpMount *mount);
/* Status with @reason, flush, close. FALSE: no such client on this mount. */
gboolean rtmp_mount_disconnect (RtmpMount *mount, guint64 client_id, const gchar *reason);
/* Sink: ends the stream (rtmp_stream_end) and calls @done (@user_data) on a loop
 * thread when every player got it all, or after @linger_ms. */
void rtmp_mount_drain (
    RtmpMount *mount, guint linger_ms, GDestroyNotify done, gpointer user_data);

/* Request: reference-counted, any thread; unanswered for answer_timeout_ms it is
 * refused; the last unref of an unanswered one refuses it. */
RtmpRequest *rtmp_request_ref (RtmpRequest *request);
void rtmp_request_unref (RtmpRequest *request);
RtmpClient *rtmp_request_get_client (RtmpRequest *request); /* borrowed */
/* TRUE: the answer counts; FALSE: too late (timeout, peer gone, already answered). */
gboolean rtmp_request_accept (RtmpRequest *request);
gboolean rtmp_request_refuse (
    RtmpRequest *request, RtmpRefusal reason, const gchar *description);

G_END_DECLS
