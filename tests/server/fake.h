/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A server without sockets and without real time: one loop that the test turns,
 * a clock that the test sets, transports whose every byte the test controls, and
 * peers that are the engine's own client role.
 */
#pragma once

#include "protocol/rtmp-command.h"
#include "protocol/rtmp-tag.h"
#include "server/rtmp-connection.h"
#include "server/rtmp-server-private.h"

/* ---- transport ------------------------------------------------------- */

typedef struct _FakeTransport
{
  RtmpTransport base;
  GByteArray *to_us;   /* what the connection will read */
  GByteArray *to_peer; /* what it wrote */
  gssize window;       /* bytes it may still write; -1 = any number */
  gsize max_write;     /* of one call; 0 = any number */
  gsize max_read;      /* of one call; 0 = any number */
  gint64 break_after;  /* reading and writing fail after that many bytes; -1 = never */
  gint64 eof_after;    /* the peer ends after that many bytes; -1 = never */
  gboolean eof;        /* after to_us is read */
  gboolean shut;       /* the connection shut its direction down */
  GIOCondition interest;
  guint n_writes;
  gboolean *freed;
} FakeTransport;

FakeTransport *fake_transport_new (void);
/* Calls ready() for what it is interested in and can do; TRUE if it did. */
gboolean fake_transport_poll (FakeTransport *transport);
/* Live transports: descriptors, so to say. */
extern guint fake_transports;

/* ---- world ----------------------------------------------------------- */

typedef struct _World
{
  gint64 now_us;
  RtmpLoop *loop;
  RtmpServer *server;
  GPtrArray *peers;
} World;

World *world_new (const RtmpLimits *limits);
/* Frees peers and server; checks that no transport is left. */
void world_free (World *world);
/* Turns loop and peers until nothing moves. */
void world_run (World *world);
/* Lets time pass, in steps of 5 ms or a fiftieth, and runs. */
void world_pass (World *world, guint ms);

/* ---- peer ------------------------------------------------------------ */

typedef struct _Peer
{
  World *world;
  FakeTransport *transport; /* NULL: gone */
  gboolean transport_freed;
  RtmpSession *session;
  gboolean ready;
  guint32 msid;
  GString *log;        /* events, one word each */
  GPtrArray *messages; /* RtmpMessage */
  gboolean reading;    /* FALSE: the peer's socket buffer is full */
} Peer;

Peer *peer_new (World *world, RtmpSessionRole role, const gchar *app, const gchar *key);
#define publisher_new(world, app, key) peer_new (world, RTMP_SESSION_PUBLISHER, app, key)
#define player_new(world, app, key) peer_new (world, RTMP_SESSION_PLAYER, app, key)
/* From another address. */
Peer *peer_new_from (World *world, RtmpSessionRole role, const gchar *app, const gchar *key,
    const gchar *address);
/* The peer's descriptor goes; without a goodbye unless it said one. */
void peer_hang_up (Peer *peer);
/* Sends as a publisher; takes @message. */
void peer_send (Peer *peer, RtmpMessage *message);
gboolean peer_is_gone (Peer *peer);
/* "H123 K124 A125 ..." of what was received, with timestamps; clears it. */
gchar *peer_take (Peer *peer);
void peer_stop_reading (Peer *peer);
void peer_go_on_reading (Peer *peer);

/* ---- media ----------------------------------------------------------- */

/* H.264 and AAC, @size bytes of payload; not sealed. */
RtmpMessage *video_header (guint32 timestamp, guint8 variant);
RtmpMessage *video_key (guint32 timestamp, gsize size);
RtmpMessage *video_inter (guint32 timestamp, gsize size);
RtmpMessage *audio_header (guint32 timestamp);
RtmpMessage *audio_frame (guint32 timestamp, gsize size);
RtmpMessage *metadata (guint32 timestamp, const gchar *title);
/* A letter and the time: M, H (video header), K, V, h (audio header), A. */
void describe (GString *text, const RtmpMessage *message);

/* ---- mount ----------------------------------------------------------- */

/* Logs its callbacks. */
typedef struct _Owner
{
  RtmpMount *mount;
  GString *log;
  GPtrArray *messages;
  guint room; /* publish_message returns FALSE when there are that many; 0 = never */
  gboolean hold_requests;
  RtmpRequest *request; /* the last, if held */
  gboolean refuse;
  guint n_keyframes_wanted;
  guint n_players;
} Owner;

/* With override_publisher and join_latest_keyframe. */
Owner *owner_new (World *world, RtmpMountConfig config, GError **error);
#define SOURCE(...)                                                                            \
  (RtmpMountConfig)                                                                            \
  {                                                                                            \
    .role = RTMP_MOUNT_SOURCE, .application = "live", __VA_ARGS__                              \
  }
#define SINK(...)                                                                              \
  (RtmpMountConfig)                                                                            \
  {                                                                                            \
    .role = RTMP_MOUNT_SINK, .application = "live", __VA_ARGS__                                \
  }
void owner_free (Owner *owner);
/* The log since the last call. */
gchar *owner_take (Owner *owner);

#define assert_taken(call, expected)                                                           \
  G_STMT_START                                                                                 \
  {                                                                                            \
    g_autofree gchar *taken_ = (call);                                                         \
    g_assert_cmpstr (taken_, ==, expected);                                                    \
  }                                                                                            \
  G_STMT_END
