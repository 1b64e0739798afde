/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * RtmpRequest: one question to the application, answered once, from any thread.
 * The answer is kept here and the connection is told by a post.
 */
#include "server/rtmp-server-private.h"

typedef enum
{
  REQUEST_OPEN,
  REQUEST_ANSWERED,
  REQUEST_CLOSED,
} RequestState;

struct _RtmpRequest
{
  gatomicrefcount ref_count; /* of the application */
  gatomicrefcount holders;   /* the connection, and the application as a whole */
  RtmpClient *client;
  RtmpLoop *loop;
  guint64 id;

  GMutex lock;
  RequestState state;
  gboolean accepted;
  RtmpRefusal reason;
  gchar *description;
};

RtmpRequest *
rtmp_request_new (RtmpClient *client, RtmpLoop *loop, guint64 id)
{
  RtmpRequest *request = g_new0 (RtmpRequest, 1);

  g_atomic_ref_count_init (&request->ref_count);
  g_atomic_ref_count_init (&request->holders);
  g_atomic_ref_count_inc (&request->holders);
  request->client = rtmp_client_ref (client);
  request->loop = rtmp_loop_ref (loop);
  request->id = id;
  g_mutex_init (&request->lock);
  return request;
}

RtmpRequest *
rtmp_request_ref (RtmpRequest *request)
{
  g_atomic_ref_count_inc (&request->ref_count);
  return request;
}

void
rtmp_request_let_go (RtmpRequest *request)
{
  if (!g_atomic_ref_count_dec (&request->holders))
    return;
  rtmp_client_unref (request->client);
  rtmp_loop_unref (request->loop);
  g_mutex_clear (&request->lock);
  g_free (request->description);
  g_free (request);
}

void
rtmp_request_unref (RtmpRequest *request)
{
  if (!g_atomic_ref_count_dec (&request->ref_count))
    return;
  rtmp_request_refuse (request, RTMP_REFUSE_DENIED, "the application did not answer");
  rtmp_request_let_go (request);
}

RtmpClient *
rtmp_request_get_client (RtmpRequest *request)
{
  return request->client;
}

static gboolean
answer (RtmpRequest *request, gboolean accepted, RtmpRefusal reason, const gchar *description)
{
  gboolean counts;

  g_mutex_lock (&request->lock);
  counts = request->state == REQUEST_OPEN;
  if (counts) {
    request->state = REQUEST_ANSWERED;
    request->accepted = accepted;
    request->reason = reason;
    request->description = g_strdup (description);
  }
  g_mutex_unlock (&request->lock);
  if (counts)
    rtmp_peer_post_answered (request->loop, request->id);
  return counts;
}

gboolean
rtmp_request_accept (RtmpRequest *request)
{
  return answer (request, TRUE, RTMP_REFUSE_DENIED, NULL);
}

gboolean
rtmp_request_refuse (RtmpRequest *request, RtmpRefusal reason, const gchar *description)
{
  return answer (request, FALSE, reason, description);
}

gboolean
rtmp_request_is_answered (RtmpRequest *request)
{
  gboolean answered;

  g_mutex_lock (&request->lock);
  answered = request->state == REQUEST_ANSWERED;
  g_mutex_unlock (&request->lock);
  return answered;
}

RtmpAnswer
rtmp_request_close (RtmpRequest *request)
{
  RtmpAnswer result = { 0 };

  g_mutex_lock (&request->lock);
  result.answered = request->state == REQUEST_ANSWERED;
  result.accepted = request->accepted;
  result.reason = request->reason;
  result.description = g_steal_pointer (&request->description);
  request->state = REQUEST_CLOSED;
  g_mutex_unlock (&request->lock);
  return result;
}
