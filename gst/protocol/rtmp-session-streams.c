/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The message streams of a connection: a short list, found by id, open request
 * or name.
 */
#include "rtmp-session-private.h"

static void
reset_stream (RtmpNetStream *stream)
{
  stream->state = RTMP_NET_STREAM_IDLE;
  stream->request = 0;
  stream->reset = FALSE;
  stream->paused = FALSE;
  stream->audio = TRUE;
  stream->video = TRUE;
  stream->early_bytes = 0;
  g_clear_pointer (&stream->name, g_free);
  g_clear_pointer (&stream->early, g_ptr_array_unref);
  stream->clock = (RtmpCutClock){ 0 };
}

void
rtmp_net_stream_free (RtmpNetStream *stream)
{
  reset_stream (stream);
  g_free (stream);
}

gboolean
rtmp_net_stream_is_publish (const RtmpNetStream *stream)
{
  return stream->state == RTMP_NET_STREAM_PUBLISH_ASKED ||
         stream->state == RTMP_NET_STREAM_PUBLISHING;
}

gboolean
rtmp_net_stream_is_play (const RtmpNetStream *stream)
{
  return stream->state == RTMP_NET_STREAM_PLAY_ASKED ||
         stream->state == RTMP_NET_STREAM_PLAYING;
}

guint
rtmp_session_count_busy (const RtmpSession *session)
{
  guint n = 0;

  for (guint i = 0; i < session->streams->len; i++) {
    RtmpNetStream *stream = g_ptr_array_index (session->streams, i);

    if (stream->state != RTMP_NET_STREAM_IDLE)
      n++;
  }
  return n;
}

RtmpNetStream *
rtmp_session_find_stream (RtmpSession *session, guint32 msid)
{
  for (guint i = 0; i < session->streams->len; i++) {
    RtmpNetStream *stream = g_ptr_array_index (session->streams, i);

    if (stream->msid == msid)
      return stream;
  }
  return NULL;
}

RtmpNetStream *
rtmp_session_find_request (RtmpSession *session, guint32 request)
{
  for (guint i = 0; request != 0 && i < session->streams->len; i++) {
    RtmpNetStream *stream = g_ptr_array_index (session->streams, i);

    if (stream->request == request)
      return stream;
  }
  return NULL;
}

RtmpNetStream *
rtmp_session_find_name (RtmpSession *session, const gchar *name)
{
  for (guint i = 0; name != NULL && i < session->streams->len; i++) {
    RtmpNetStream *stream = g_ptr_array_index (session->streams, i);

    if (g_strcmp0 (stream->name, name) == 0)
      return stream;
  }
  return NULL;
}

static RtmpNetStream *
add_stream (RtmpSession *session, guint32 msid)
{
  RtmpNetStream *stream;

  if (session->streams->len >= session->limits->max_message_streams)
    return NULL;
  stream = g_new0 (RtmpNetStream, 1);
  stream->msid = msid;
  reset_stream (stream);
  g_ptr_array_add (session->streams, stream);
  return stream;
}

RtmpNetStream *
rtmp_session_use_stream (RtmpSession *session, guint32 msid)
{
  RtmpNetStream *stream;

  if (msid == 0)
    msid = 1;
  stream = rtmp_session_find_stream (session, msid);
  return stream != NULL ? stream : add_stream (session, msid);
}

RtmpNetStream *
rtmp_session_create_stream (RtmpSession *session)
{
  guint32 msid = 1;

  while (rtmp_session_find_stream (session, msid) != NULL)
    msid++;
  return add_stream (session, msid);
}

void
rtmp_session_delete_stream (RtmpSession *session, RtmpNetStream *stream)
{
  rtmp_session_end_stream (session, stream, FALSE);
  g_ptr_array_remove (session->streams, stream);
}

void
rtmp_session_reset_stream (RtmpSession *session, RtmpNetStream *stream)
{
  reset_stream (stream);
  if (rtmp_session_count_busy (session) == 0)
    rtmp_session_start_phase (session);
}

void
rtmp_session_end_stream (RtmpSession *session, RtmpNetStream *stream, gboolean eof)
{
  RtmpEvent event = { .msid = stream->msid, .request = stream->request, .eof = eof };

  if (stream->state == RTMP_NET_STREAM_IDLE)
    return;
  event.type =
      rtmp_net_stream_is_publish (stream) ? RTMP_EVENT_PUBLISH_END : RTMP_EVENT_PLAY_END;
  rtmp_session_reset_stream (session, stream);
  rtmp_session_raise (session, &event);
}
