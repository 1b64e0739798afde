/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The server's side of a NetStream: publish, play and what ends or changes them.
 */
#include "rtmp-session-private.h"

/* The name as sent; NULL if it is no text. */
static const gchar *
get_name (const RtmpCommand *command)
{
  return rtmp_amf_to_text (rtmp_command_get (command, 1));
}

/* publish(false), play(false): Wirecast's and Flash's way to stop. */
static gboolean
is_false (const RtmpAmf *value)
{
  return value != NULL && value->type == RTMP_AMF_BOOLEAN && !value->boolean;
}

void
rtmp_session_refuse_stream (
    RtmpSession *session, RtmpNetStream *stream, RtmpRefusal reason, const gchar *description)
{
  gboolean publish = rtmp_net_stream_is_publish (stream);
  const gchar *code =
      publish ? rtmp_refusal_publish_code (reason) : rtmp_refusal_play_code (reason);

  rtmp_session_write_status (session, stream->msid, "error", code, description, stream->name);
  rtmp_session_reset_stream (session, stream);
  if (publish && rtmp_session_is_open (session))
    session->state = RTMP_STATE_CLOSING;
}

/* The stream that publish or play names in its header; NULL after telling the
 * peer that there are too many, or that it is busy publishing. */
static RtmpNetStream *
open_stream (RtmpSession *session, guint32 msid, const gchar *code)
{
  RtmpNetStream *stream = rtmp_session_use_stream (session, msid);

  if (stream != NULL && !rtmp_net_stream_is_publish (stream))
    return stream;
  rtmp_session_write_status (session, stream != NULL ? stream->msid : msid, "error", code,
      stream != NULL ? "This stream is already publishing."
                     : "Too many streams on this connection.",
      NULL);
  return NULL;
}

static void
ask (RtmpSession *session, RtmpNetStream *stream, RtmpEvent *event)
{
  stream->request = ++session->last_request;
  event->request = stream->request;
  event->msid = stream->msid;
  rtmp_session_raise (session, event);
}

/* Publish */

static void
stop_publish (RtmpSession *session, RtmpNetStream *stream)
{
  g_autofree gchar *name = g_strdup (stream->name);

  rtmp_session_end_stream (session, stream, FALSE);
  rtmp_session_write_status (session, stream->msid, "status", "NetStream.Unpublish.Success",
      "Publishing stopped.", name);
}

void
rtmp_session_on_publish (RtmpSession *session, RtmpCommand *command, guint32 msid)
{
  RtmpEvent event = { .type = RTMP_EVENT_PUBLISH };
  const gchar *name = get_name (command);
  RtmpNetStream *stream;

  if (is_false (rtmp_command_get (command, 1))) {
    stream = rtmp_session_find_stream (session, msid == 0 ? 1 : msid);
    if (stream != NULL && rtmp_net_stream_is_publish (stream))
      stop_publish (session, stream);
    return;
  }
  stream = open_stream (session, msid, "NetStream.Publish.BadName");
  if (stream == NULL)
    return;
  rtmp_session_end_stream (session, stream, FALSE);
  stream->state = RTMP_NET_STREAM_PUBLISH_ASKED;
  stream->name = g_strdup (name);
  if (name != NULL)
    event.name =
        rtmp_name_new (session->info.app, session->info.tc_url, name, session->limits, NULL);
  if (event.name == NULL || event.name->key[0] == '\0') {
    g_clear_pointer (&event.name, rtmp_name_free);
    rtmp_session_refuse_stream (
        session, stream, RTMP_REFUSE_BAD_NAME, "This is not a usable stream name.");
    return;
  }
  rtmp_session_unguard (session);
  ask (session, stream, &event);
}

void
rtmp_session_on_fc_unpublish (RtmpSession *session, RtmpCommand *command, guint32 msid)
{
  const gchar *name = get_name (command);
  RtmpNetStream *stream = rtmp_session_find_name (session, name);

  rtmp_session_write_result (session, command->transaction, NULL);
  rtmp_session_write_fc (
      session, command->transaction, "onFCUnpublish", "NetStream.Unpublish.Success", name);
  if (stream != NULL && rtmp_net_stream_is_publish (stream))
    rtmp_session_end_stream (session, stream, FALSE);
}

/* Play */

/* Seconds or milliseconds, nobody agrees: -2000 and -1000 are FFmpeg's -2 and -1;
 * any other negative number means "as it comes". */
static gint64
play_start (const RtmpAmf *value)
{
  gint64 start;

  if (!rtmp_amf_to_int (value, G_MININT32, G_MAXINT32, &start))
    return -2;
  if (start >= 0)
    return start;
  return start == -1 || start == -1000 ? -1 : -2;
}

/* Negative and absent: to the end. */
static gint64
play_length (const RtmpAmf *value)
{
  gint64 length;

  return rtmp_amf_to_int (value, 0, G_MAXINT32, &length) ? length : -1;
}

/* Absent means TRUE; Flash documents a boolean, some send a number. */
static gboolean
play_reset (const RtmpAmf *value)
{
  if (value == NULL)
    return TRUE;
  if (value->type == RTMP_AMF_BOOLEAN)
    return value->boolean;
  return !(value->type == RTMP_AMF_NUMBER || value->type == RTMP_AMF_INTEGER) ||
         value->number != 0;
}

static void
start_play (RtmpSession *session, RtmpNetStream *stream, const gchar *name,
    const RtmpAmf *start, const RtmpAmf *length, gboolean reset)
{
  RtmpEvent event = { .type = RTMP_EVENT_PLAY,
    .play_start_ms = play_start (start),
    .play_length_ms = play_length (length) };

  rtmp_session_end_stream (session, stream, FALSE);
  stream->state = RTMP_NET_STREAM_PLAY_ASKED;
  stream->name = g_strdup (name);
  stream->reset = reset;
  if (name != NULL)
    event.name =
        rtmp_name_new (session->info.app, session->info.tc_url, name, session->limits, NULL);
  if (event.name == NULL)
    rtmp_session_refuse_stream (
        session, stream, RTMP_REFUSE_NOT_FOUND, "This is not a usable stream name.");
  else
    ask (session, stream, &event);
}

void
rtmp_session_on_play (RtmpSession *session, RtmpCommand *command, guint32 msid)
{
  RtmpNetStream *stream = open_stream (session, msid, "NetStream.Play.Failed");

  if (stream == NULL)
    return;
  if (is_false (rtmp_command_get (command, 1)))
    rtmp_session_end_stream (session, stream, FALSE);
  else
    start_play (session, stream, get_name (command), rtmp_command_get (command, 2),
        rtmp_command_get (command, 3), play_reset (rtmp_command_get (command, 4)));
}

void
rtmp_session_on_play2 (RtmpSession *session, RtmpCommand *command, guint32 msid)
{
  const RtmpAmf *options = rtmp_command_get (command, 1);
  RtmpNetStream *stream = open_stream (session, msid, "NetStream.Play.Failed");

  if (stream != NULL)
    start_play (session, stream, rtmp_amf_get_string (options, "streamName"),
        rtmp_amf_get (options, "start"), rtmp_amf_get (options, "len"), FALSE);
}

/* The playing stream of a control command, else NULL. */
static RtmpNetStream *
find_playing (RtmpSession *session, guint32 msid)
{
  RtmpNetStream *stream = rtmp_session_find_stream (session, msid == 0 ? 1 : msid);

  return stream != NULL && stream->state == RTMP_NET_STREAM_PLAYING ? stream : NULL;
}

static gboolean
get_flag (const RtmpCommand *command)
{
  const RtmpAmf *value = rtmp_command_get (command, 1);

  return value != NULL && value->type == RTMP_AMF_BOOLEAN && value->boolean;
}

static void
raise_play_control (RtmpSession *session, const RtmpNetStream *stream)
{
  RtmpEvent event = { .type = RTMP_EVENT_PLAY_CONTROL,
    .msid = stream->msid,
    .paused = stream->paused,
    .audio = stream->audio,
    .video = stream->video };

  rtmp_session_raise (session, &event);
}

static void
write_event (RtmpSession *session, RtmpControlEvent event, guint32 msid)
{
  rtmp_session_write (session, rtmp_control_new_event (event, msid));
}

void
rtmp_session_on_pause (RtmpSession *session, RtmpCommand *command, guint32 msid)
{
  RtmpNetStream *stream = find_playing (session, msid);

  if (stream == NULL)
    return;
  stream->paused = get_flag (command);
  if (stream->paused) {
    rtmp_session_write_status (
        session, stream->msid, "status", "NetStream.Pause.Notify", "Paused.", stream->name);
    write_event (session, RTMP_CONTROL_STREAM_EOF, stream->msid);
  } else {
    write_event (session, RTMP_CONTROL_STREAM_BEGIN, stream->msid);
    rtmp_session_write_status (session, stream->msid, "status", "NetStream.Unpause.Notify",
        "Playing again.", stream->name);
  }
  raise_play_control (session, stream);
}

/* Level "status": an error would end FFmpeg's playback. */
void
rtmp_session_on_seek (RtmpSession *session, RtmpCommand *command, guint32 msid)
{
  RtmpNetStream *stream = find_playing (session, msid);

  if (stream != NULL)
    rtmp_session_write_status (session, stream->msid, "status", "NetStream.Seek.Failed",
        "A live stream cannot seek.", stream->name);
}

void
rtmp_session_on_receive (RtmpSession *session, RtmpCommand *command, guint32 msid)
{
  RtmpNetStream *stream = find_playing (session, msid);

  if (stream == NULL)
    return;
  if (g_str_equal (command->name, "receiveAudio"))
    stream->audio = get_flag (command);
  else
    stream->video = get_flag (command);
  raise_play_control (session, stream);
}

/* Both */

/* By id; by name (GStreamer); with neither, by the header or the only one. */
static RtmpNetStream *
find_deleted (RtmpSession *session, const RtmpCommand *command, guint32 msid)
{
  const RtmpAmf *value = rtmp_command_get (command, 1);
  RtmpNetStream *stream;
  gint64 id;

  if (value != NULL && value->type == RTMP_AMF_NUMBER)
    return rtmp_amf_to_int (value, 1, G_MAXUINT32, &id) ? rtmp_session_find_stream (session, id)
                                                        : NULL;
  stream = rtmp_session_find_name (session, rtmp_amf_to_text (value));
  if (stream == NULL && msid != 0)
    stream = rtmp_session_find_stream (session, msid);
  if (stream == NULL && session->streams->len == 1)
    stream = g_ptr_array_index (session->streams, 0);
  return stream;
}

void
rtmp_session_on_delete_stream (RtmpSession *session, RtmpCommand *command, guint32 msid)
{
  RtmpNetStream *stream = find_deleted (session, command, msid);

  if (stream != NULL)
    rtmp_session_delete_stream (session, stream);
}

void
rtmp_session_on_close_stream (RtmpSession *session, RtmpCommand *command, guint32 msid)
{
  RtmpNetStream *stream = msid != 0 ? rtmp_session_find_stream (session, msid)
                                    : find_deleted (session, command, msid);

  if (stream == NULL)
    return;
  if (rtmp_net_stream_is_publish (stream))
    stop_publish (session, stream);
  else
    rtmp_session_end_stream (session, stream, FALSE);
}
