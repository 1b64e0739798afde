/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * RtmpServer and RtmpMount inside of server/. `server->lock` guards what is
 * marked so, of the server and of all its mounts; it is held for table work only.
 */
#pragma once

#include "server/rtmp-admission.h"
#include "server/rtmp-listener.h"
#include "server/rtmp-server.h"
#include "server/rtmp-stream-private.h"

G_BEGIN_DECLS

struct _RtmpServer
{
  guint users;   /* under the table's lock */
  gboolean busy; /* opening or closing; under the table's lock */
  gchar *host;
  guint16 port;
  RtmpLoopPool *pool;
  RtmpLoop *home; /* of the listener */
  RtmpListener *listener;
  RtmpTimer timer; /* of home, while somebody waits for a handshake's place */

  GMutex lock;
  const RtmpLimits *limits; /* under lock; replaced, never changed */
  GPtrArray *old_limits;    /* sessions may still read them */
  GPtrArray *mounts;        /* in order of their claim */
  RtmpAdmission *admission;
};

/* Who has the publisher's place, or waits for it. */
typedef struct _RtmpSlot
{
  guint64 id; /* of the connection; 0 = nobody */
  RtmpLoop *loop;
  gchar *key;
} RtmpSlot;

struct _RtmpMount
{
  gatomicrefcount ref_count;
  RtmpServer *server;
  RtmpMountRole role;
  gchar *application;
  gchar *key; /* NULL = any */
  gboolean relay;
  guint idle_timeout_ms;
  gboolean join_latest_keyframe;
  const RtmpMountFuncs *funcs;
  gpointer user_data;
  RtmpStream *stream; /* of an exact key that can be played; or NULL */
  gint resume_posted; /* atomic */
  gint count_posted;  /* atomic */
  gint n_players;     /* atomic */
  gint64 keyframe_us; /* atomic: when one was last asked for */

  /* under the server's lock */
  gboolean closed;
  gboolean accepting;
  gboolean override_publisher;
  guint max_clients;
  guint soft_max_ms;
  guint hard_max_ms;
  guint flush_interval_ms;
  RtmpSlot publisher;
  RtmpSlot next;       /* takes over when the publisher has gone */
  GHashTable *streams; /* any key: key -> RtmpStream */
  GHashTable *clients; /* id -> Client */
  GPtrArray *drains;
};

RtmpMount *rtmp_mount_ref (RtmpMount *mount);
void rtmp_mount_unref (RtmpMount *mount);

/* ---- registry: who is asked for a name. Takes the server's lock itself ---- */

/* NULL: nobody claims it. *@words NULL: it may; else @refusal and *@words (static)
 * say why not. @key: of the mount's claim, newly allocated. Full transfer. */
RtmpMount *rtmp_registry_find_publish (RtmpServer *server, const RtmpName *name, gchar **key,
    RtmpRefusal *refusal, const gchar **words);
RtmpMount *rtmp_registry_find_play (RtmpServer *server, const RtmpName *name, gchar **key,
    RtmpRefusal *refusal, const gchar **words);
/* RTMP_ERROR_LOCAL. */
gboolean rtmp_registry_add (RtmpServer *server, RtmpMount *mount, GError **error);
void rtmp_registry_remove (RtmpServer *server, RtmpMount *mount);

/* ---- mount: slot, clients, callbacks. Loops only ---- */

/* The stream that players of @key read and relayed publishers write; reference. */
RtmpStream *rtmp_mount_get_stream_for (RtmpMount *mount, const gchar *key);
/* A stream of an any-key mount that nobody uses goes. */
void rtmp_mount_drop_stream (RtmpMount *mount, RtmpStream *stream);

typedef enum
{
  RTMP_CLAIM_GRANTED,
  RTMP_CLAIM_WAIT, /* rtmp_peer_post_granted comes when the other has gone */
  RTMP_CLAIM_REFUSED,
} RtmpClaim;
RtmpClaim rtmp_mount_claim (RtmpMount *mount, guint64 id, RtmpLoop *loop, const gchar *key);
/* The place, or the waiting for it, is given up. TRUE: another takes over. */
gboolean rtmp_mount_release (RtmpMount *mount, guint64 id);

/* FALSE: full, or closed. */
gboolean rtmp_mount_add_client (RtmpMount *mount, RtmpClient *client, RtmpLoop *loop);
gboolean rtmp_mount_remove_client (RtmpMount *mount, RtmpClient *client);
void rtmp_mount_count_player (RtmpMount *mount, gint change);
/* FALSE: one was asked for just now. */
gboolean rtmp_mount_want_keyframe (RtmpMount *mount, gint64 now_us);

/* ---- peer: a connection of this server. Posts, any thread ---- */

/* Takes @transport and @ticket; refs @address. On @loop. */
void rtmp_peer_new (RtmpServer *server, RtmpLoop *loop, RtmpTransport *transport,
    GSocketAddress *address, RtmpTicket *ticket);
void rtmp_peer_post_granted (RtmpLoop *loop, guint64 id);
void rtmp_peer_post_lost (RtmpLoop *loop, guint64 id);
void rtmp_peer_post_taken_over (RtmpLoop *loop, guint64 id);
void rtmp_peer_post_disconnect (RtmpLoop *loop, guint64 id, const gchar *reason);
/* On @loop: reads on. */
void rtmp_peer_resume (RtmpLoop *loop, guint64 id);
/* Its handshake takes too long for those who wait. */
void rtmp_peer_post_stale (RtmpLoop *loop, guint64 id);
void rtmp_peer_post_answered (RtmpLoop *loop, guint64 id);
/* On the loop: all of a mount, or of a server, go. */
void rtmp_peer_drop_mount (RtmpLoop *loop, RtmpMount *mount);
void rtmp_peer_destroy_all (RtmpLoop *loop, RtmpServer *server);

/* ---- request ---- */

/* One reference for the application, and one hold for the connection. */
RtmpRequest *rtmp_request_new (RtmpClient *client, RtmpLoop *loop, guint64 id);
void rtmp_request_let_go (RtmpRequest *request);
/* The connection's loop: no answer counts any more. Returns whether one did, and
 * which. */
typedef struct _RtmpAnswer
{
  gboolean answered;
  gboolean accepted;
  RtmpRefusal reason;
  gchar *description; /* owned by the caller, or NULL */
} RtmpAnswer;
RtmpAnswer rtmp_request_close (RtmpRequest *request);
gboolean rtmp_request_is_answered (RtmpRequest *request);

/* ---- server ---- */

const RtmpLimits *rtmp_server_get_limits (RtmpServer *server);
/* Its handshake is over; it has gone. Others may begin. */
void rtmp_server_pass (RtmpServer *server, RtmpTicket *ticket, gint64 now_us);
void rtmp_server_forget (RtmpServer *server, RtmpTicket *ticket, gint64 now_us);
/* On a loop: what the listener does with an accepted socket; for fakes in tests.
 * On home, if the address may have to wait. FALSE: over a limit; @transport was
 * freed. */
gboolean rtmp_server_adopt (
    RtmpServer *server, RtmpLoop *loop, RtmpTransport *transport, GSocketAddress *address);
/* Without a listener: for tests. */
RtmpServer *rtmp_server_new_silent (const RtmpLimits *limits);

G_END_DECLS
