/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Audio, video and data that a session receives: which stream it belongs to,
 * aggregates unpacked, data brought to one form, what came too early kept.
 */
#include "rtmp-session-private.h"
#include "rtmp-aggregate.h"
#include "rtmp-metadata.h"
#include "rtmp-tag.h"

/* Node-Media-Server's client sends media on message stream 0: then the only
 * stream that publishes is meant. */
static RtmpNetStream *
find_media_stream (RtmpSession *session, guint32 msid)
{
  RtmpNetStream *found = NULL;

  if (msid != 0)
    return rtmp_session_find_stream (session, msid);
  for (guint i = 0; i < session->streams->len; i++) {
    RtmpNetStream *stream = g_ptr_array_index (session->streams, i);

    if (stream->state == RTMP_NET_STREAM_IDLE)
      continue;
    if (found != NULL)
      return NULL;
    found = stream;
  }
  return found;
}

static gboolean
is_receiving (const RtmpSession *session, const RtmpNetStream *stream)
{
  if (session->role == RTMP_SESSION_PLAYER)
    return stream->state == RTMP_NET_STREAM_PLAYING;
  return session->role == RTMP_SESSION_SERVER && rtmp_net_stream_is_publish (stream);
}

static void
raise_media (RtmpSession *session, RtmpNetStream *stream, RtmpMessage *message)
{
  RtmpEvent event = { .type = RTMP_EVENT_MEDIA, .msid = stream->msid, .message = message };

  rtmp_session_raise (session, &event);
}

#define KEPT (RTMP_MESSAGE_HEADER | RTMP_MESSAGE_METADATA | RTMP_MESSAGE_SIDE_INFO)

/* One place per kind: a repeated header takes the place of the earlier one. */
static gboolean
same_kind (const RtmpMessage *a, const RtmpMessage *b)
{
  return a->type == b->type && a->track == b->track && ((a->flags ^ b->flags) & KEPT) == 0;
}

/* Takes @message. Headers and metadata wait for the answer to publish. */
static void
keep_early (RtmpSession *session, RtmpNetStream *stream, RtmpMessage *message)
{
  const RtmpLimits *limits = session->limits;
  g_autoptr (RtmpMessage) owned = message;

  if (!(message->flags & KEPT))
    return;
  if (stream->early == NULL)
    stream->early = g_ptr_array_new_with_free_func ((GDestroyNotify)rtmp_message_unref);
  for (guint i = 0; i < stream->early->len; i++) {
    RtmpMessage *old = g_ptr_array_index (stream->early, i);

    if (!same_kind (old, message))
      continue;
    stream->early_bytes -= old->size;
    g_ptr_array_remove_index (stream->early, i);
    break;
  }
  if (stream->early->len > 4 * limits->max_tracks ||
      stream->early_bytes + message->size > limits->max_data_size)
    return;
  stream->early_bytes += message->size;
  g_ptr_array_add (stream->early, g_steal_pointer (&owned));
}

void
rtmp_session_release_early (RtmpSession *session, RtmpNetStream *stream)
{
  g_autoptr (GPtrArray) early = g_steal_pointer (&stream->early);

  stream->early_bytes = 0;
  for (guint i = 0; early != NULL && i < early->len; i++)
    raise_media (session, stream, rtmp_message_ref (g_ptr_array_index (early, i)));
}

/* Of a player's server too: it may relay somebody's. */
static void
unwrap_time (RtmpNetStream *stream, RtmpMessage *message)
{
  message->timestamp =
      rtmp_cut_clock_map (&stream->clock, message->timestamp, rtmp_message_is_media (message));
}

/* Takes @message. */
static void
deliver (RtmpSession *session, RtmpNetStream *stream, RtmpMessage *message)
{
  if (message->type == RTMP_TYPE_DATA || message->type == RTMP_TYPE_DATA_AMF3)
    message = rtmp_data_normalize (message, session->limits);
  if (message == NULL)
    return;
  message->msid = stream->msid;
  unwrap_time (stream, message);
  rtmp_message_classify (message, session->limits);
  if (stream->state == RTMP_NET_STREAM_PUBLISH_ASKED)
    keep_early (session, stream, message);
  else if ((message->flags & RTMP_MESSAGE_METADATA) &&
           !rtmp_rate_take (
               &session->metadata, 1, session->limits->max_metadata_per_s, session->now_us))
    rtmp_message_unref (message);
  else if (session->role == RTMP_SESSION_PLAYER && rtmp_session_client_data (session, message))
    rtmp_message_unref (message);
  else
    raise_media (session, stream, message);
}

static void
deliver_aggregate (RtmpSession *session, RtmpNetStream *stream, const RtmpMessage *aggregate)
{
  g_autoptr (GPtrArray) parts =
      g_ptr_array_new_with_free_func ((GDestroyNotify)rtmp_message_unref);
  GError *error = NULL;

  if (!rtmp_aggregate_unpack (aggregate, session->limits, parts, &error))
    rtmp_session_fail (session, error);
  for (guint i = 0; i < parts->len; i++) {
    RtmpMessage *part = g_ptr_array_index (parts, i);

    if (part->size > 0 && part->type != RTMP_TYPE_COMMAND)
      deliver (session, stream, rtmp_message_ref (part));
  }
}

/* Empty messages carry nothing and are skipped: silence of some encoders. */
void
rtmp_session_on_media (RtmpSession *session, RtmpMessage *message)
{
  g_autoptr (RtmpMessage) owned = message;
  RtmpNetStream *stream = find_media_stream (session, message->msid);

  if (message->size == 0 || stream == NULL || !is_receiving (session, stream))
    return;
  if (message->type == RTMP_TYPE_AGGREGATE)
    deliver_aggregate (session, stream, message);
  else
    deliver (session, stream, g_steal_pointer (&owned));
}
