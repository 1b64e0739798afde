/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * RtmpPush: sends a local RtmpStream to a remote server as a publisher: connect,
 * publish, headers first and from a keyframe, reconnect with back-off (1, 2, 4
 * .. 30 s) while the stream goes on. To the stream it is one more player.
 *
 * Threads: new/free from any thread but the loops'; callbacks on a loop thread,
 * must not block.
 */
#pragma once

#include "server/rtmp-server.h"

G_BEGIN_DECLS

typedef struct _RtmpPush RtmpPush;

typedef struct _RtmpPushFuncs
{
  void (*connected) (RtmpPush *push, RtmpClient *client, gpointer user_data);
  /* @will_retry FALSE: it gave up (refused for good, or finished). @error says why. */
  void (*disconnected) (RtmpPush *push, RtmpClient *client, const GError *error,
      gboolean will_retry, gpointer user_data);
  void (*keyframe_wanted) (RtmpPush *push, gpointer user_data);
} RtmpPushFuncs;

/* @url: copied. @stream: kept. */
RtmpPush *rtmp_push_new (const RtmpUrl *url, RtmpStream *stream, const RtmpLimits *limits,
    const RtmpPushFuncs *funcs, gpointer user_data);
/* No callback runs after it returns. Does not wait for the peer. */
void rtmp_push_free (RtmpPush *push);
/* Sends what is queued, FCUnpublish and deleteStream, then @done (@user_data);
 * at most @linger_ms. */
void rtmp_push_drain (RtmpPush *push, guint linger_ms, GDestroyNotify done, gpointer user_data);
/* Newest connection's client or NULL; full transfer. */
RtmpClient *rtmp_push_get_client (RtmpPush *push);

/* A stream that no server knows: what a sink publishes to when it only pushes. */
RtmpStream *rtmp_stream_new_local (
    const gchar *application, const gchar *key, const RtmpLimits *limits);

G_END_DECLS
