/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The server's side of the NetConnection: connect, the table of commands and
 * those that belong to no stream, and the holder's answers to requests.
 */
#include "rtmp-session-private.h"

typedef void (*CommandFunc) (RtmpSession *session, RtmpCommand *command, guint32 msid);

static void
on_create_stream (RtmpSession *session, RtmpCommand *command, guint32 msid)
{
  RtmpNetStream *stream = rtmp_session_create_stream (session);

  if (stream == NULL)
    rtmp_session_write_error (session, command->transaction, "NetConnection.Call.Failed",
        "Too many streams on this connection.");
  else
    rtmp_session_write_result (
        session, command->transaction, rtmp_amf_new_number (stream->msid));
}

static void
on_harmless (RtmpSession *session, RtmpCommand *command, guint32 msid)
{
  rtmp_session_write_result (session, command->transaction, NULL);
}

/* Livestream Studio and some hardware want the transaction in onFCPublish; FMLE
 * wants the message itself. */
static void
on_fc_publish (RtmpSession *session, RtmpCommand *command, guint32 msid)
{
  rtmp_session_write_result (session, command->transaction, NULL);
  rtmp_session_write_fc (session, command->transaction, "onFCPublish",
      "NetStream.Publish.Start", rtmp_amf_to_text (rtmp_command_get (command, 1)));
}

static void
on_fc_subscribe (RtmpSession *session, RtmpCommand *command, guint32 msid)
{
  rtmp_session_write_result (session, command->transaction, NULL);
  rtmp_session_write_fc (session, command->transaction, "onFCSubscribe", "NetStream.Play.Start",
      rtmp_amf_to_text (rtmp_command_get (command, 1)));
}

static void
on_get_stream_length (RtmpSession *session, RtmpCommand *command, guint32 msid)
{
  rtmp_session_write_result (session, command->transaction, rtmp_amf_new_number (0));
}

static void
on_ignored (RtmpSession *session, RtmpCommand *command, guint32 msid)
{
}

static void
on_second_connect (RtmpSession *session, RtmpCommand *command, guint32 msid)
{
  rtmp_session_fail_new (session, RTMP_ERROR_PROTOCOL, "a second connect");
}

static const struct
{
  const gchar *name;
  CommandFunc func;
} commands[] = {
  { "createStream", on_create_stream },
  { "releaseStream", on_harmless },
  { "FCPublish", on_fc_publish },
  { "FCUnpublish", rtmp_session_on_fc_unpublish },
  { "FCSubscribe", on_fc_subscribe },
  { "FCUnsubscribe", on_harmless },
  { "publish", rtmp_session_on_publish },
  { "play", rtmp_session_on_play },
  { "play2", rtmp_session_on_play2 },
  { "pause", rtmp_session_on_pause },
  { "pauseRaw", rtmp_session_on_pause },
  { "seek", rtmp_session_on_seek },
  { "receiveAudio", rtmp_session_on_receive },
  { "receiveVideo", rtmp_session_on_receive },
  { "deleteStream", rtmp_session_on_delete_stream },
  { "closeStream", rtmp_session_on_close_stream },
  { "getStreamLength", on_get_stream_length },
  { "_checkbw", on_harmless },
  { "checkBandwidth", on_harmless },
  { "_onbwcheck", on_harmless },
  { "onBWCheck", on_harmless },
  { "ping", on_harmless },
  { "secureTokenResponse", on_ignored },
  { "set_playlist", on_ignored },
  { "NetStream.Authenticate.UsherToken", on_ignored },
  { "close", on_ignored },
  { "connect", on_second_connect },
  /* answers are never answered: two servers would go on for ever */
  { "_result", on_ignored },
  { "_error", on_ignored },
  { "onStatus", on_ignored },
};

static void
on_unknown (RtmpSession *session, RtmpCommand *command)
{
  g_autofree gchar *text = g_strdup_printf ("Method not found (%.64s).", command->name);

  rtmp_session_write_error (session, command->transaction, "NetConnection.Call.Failed", text);
}

/* Refuses connect: the peer reads why, then the holder closes. */
static void
reject_connect (RtmpSession *session, const gchar *code, const gchar *description)
{
  gdouble transaction = session->connect_transaction;

  /* here even transaction 0 gets an answer: it is the last one */
  rtmp_session_write (session,
      rtmp_command_new (RTMP_CSID_COMMAND, 0, "_error", transaction, rtmp_amf_new_null (),
          rtmp_status_new ("error", code, description, NULL), NULL));
  session->connect_request = 0;
  if (rtmp_session_is_open (session))
    session->state = RTMP_STATE_CLOSING;
}

static void
read_connect_info (RtmpConnectInfo *info, RtmpAmf *object)
{
  const gchar *tc_url = rtmp_amf_get_string (object, "tcUrl");
  gint64 caps_ex;

  /* borrowed from the object, which lives as long */
  info->object = object;
  info->app = (gchar *)rtmp_amf_get_string (object, "app");
  info->tc_url = (gchar *)(tc_url != NULL ? tc_url : rtmp_amf_get_string (object, "tcurl"));
  info->flash_ver = (gchar *)rtmp_amf_get_string (object, "flashVer");
  info->swf_url = (gchar *)rtmp_amf_get_string (object, "swfUrl");
  info->page_url = (gchar *)rtmp_amf_get_string (object, "pageUrl");
  info->object_encoding = rtmp_amf_get_number (object, "objectEncoding", 0) == 3 ? 3 : 0;
  if (rtmp_amf_to_int (rtmp_amf_get (object, "capsEx"), 0, G_MAXUINT32, &caps_ex))
    info->caps_ex = caps_ex;
}

static void
on_connect (RtmpSession *session, RtmpCommand *command)
{
  RtmpEvent event = { .type = RTMP_EVENT_CONNECT };
  g_autoptr (GError) error = NULL;

  session->connect_transaction = command->transaction;
  if (!rtmp_amf_is_object (rtmp_command_get (command, 0))) {
    rtmp_session_fail_new (session, RTMP_ERROR_PROTOCOL, "connect without its object");
    return;
  }
  read_connect_info (&session->info, g_ptr_array_steal_index (command->args, 0));
  event.name =
      rtmp_name_new (session->info.app, session->info.tc_url, NULL, session->limits, &error);
  if (event.name == NULL) {
    reject_connect (session, "NetConnection.Connect.InvalidApp", error->message);
    return;
  }
  event.request = session->connect_request = ++session->last_request;
  rtmp_session_raise (session, &event);
}

/* Clients that do not wait for connect's answer: a few commands are kept. */
static void
keep_waiting (RtmpSession *session, const RtmpMessage *message)
{
  if (session->waiting == NULL)
    session->waiting = g_ptr_array_new_with_free_func ((GDestroyNotify)rtmp_message_unref);
  if (session->waiting->len >= RTMP_SESSION_MAX_WAITING)
    rtmp_session_fail_new (session, RTMP_ERROR_LIMIT,
        "more than %d commands before connect was answered", RTMP_SESSION_MAX_WAITING);
  else
    g_ptr_array_add (session->waiting, rtmp_message_ref ((RtmpMessage *)message));
}

static void
release_waiting (RtmpSession *session)
{
  g_autoptr (GPtrArray) waiting = g_steal_pointer (&session->waiting);

  for (guint i = 0; waiting != NULL && i < waiting->len; i++)
    if (rtmp_session_is_open (session))
      rtmp_session_dispatch_command (session, g_ptr_array_index (waiting, i));
}

static void
connecting_command (RtmpSession *session, RtmpCommand *command, const RtmpMessage *message)
{
  if (session->connect_request != 0)
    keep_waiting (session, message);
  else if (g_str_equal (command->name, "connect"))
    on_connect (session, command);
  else
    rtmp_session_fail_new (
        session, RTMP_ERROR_PROTOCOL, "the first command is not connect: %.32s", command->name);
}

void
rtmp_session_server_command (
    RtmpSession *session, RtmpCommand *command, const RtmpMessage *message)
{
  if (session->state == RTMP_STATE_CONNECTING) {
    connecting_command (session, command, message);
    return;
  }
  for (guint i = 0; i < G_N_ELEMENTS (commands); i++) {
    if (g_str_equal (commands[i].name, command->name)) {
      commands[i].func (session, command, message->msid);
      return;
    }
  }
  on_unknown (session, command);
}

/* Answers of the holder */

static void
accept_connect (RtmpSession *session)
{
  session->connect_request = 0;
  session->state = RTMP_STATE_CONNECTED;
  rtmp_session_start_phase (session);
  rtmp_session_write_window (session, RTMP_WINDOW_ACK_SIZE);
  rtmp_session_write (session, rtmp_control_new_peer_bandwidth (RTMP_WINDOW_ACK_SIZE, 2));
  rtmp_session_write_chunk_size (session);
  rtmp_session_write_connect_result (session);
  release_waiting (session);
}

static void
accept_publish (RtmpSession *session, RtmpNetStream *stream)
{
  stream->state = RTMP_NET_STREAM_PUBLISHING;
  session->last_input_us = session->now_us;
  session->ping_us = session->now_us;
  rtmp_session_write (
      session, rtmp_control_new_event (RTMP_CONTROL_STREAM_BEGIN, stream->msid));
  rtmp_session_write_status (session, stream->msid, "status", "NetStream.Publish.Start",
      "Publishing started.", stream->name);
  rtmp_session_release_early (session, stream);
}

static void
accept_play (RtmpSession *session, RtmpNetStream *stream)
{
  stream->state = RTMP_NET_STREAM_PLAYING;
  session->ping_us = session->now_us;
  rtmp_session_write (
      session, rtmp_control_new_event (RTMP_CONTROL_STREAM_BEGIN, stream->msid));
  if (stream->reset)
    rtmp_session_write_status (session, stream->msid, "status", "NetStream.Play.Reset",
        "Playing and resetting.", stream->name);
  rtmp_session_write_status (session, stream->msid, "status", "NetStream.Play.Start",
      "Playing started.", stream->name);
  rtmp_session_write_sample_access (session, stream->msid);
}

gboolean
rtmp_session_accept (RtmpSession *session, guint32 request, gint64 now_us)
{
  RtmpNetStream *stream;

  if (!rtmp_session_is_open (session) || request == 0)
    return FALSE;
  session->now_us = now_us;
  if (request == session->connect_request) {
    accept_connect (session);
    return TRUE;
  }
  stream = rtmp_session_find_request (session, request);
  if (stream == NULL)
    return FALSE;
  stream->request = 0;
  if (stream->state == RTMP_NET_STREAM_PUBLISH_ASKED)
    accept_publish (session, stream);
  else
    accept_play (session, stream);
  return TRUE;
}

gboolean
rtmp_session_refuse (RtmpSession *session, guint32 request, RtmpRefusal reason,
    const gchar *description, gint64 now_us)
{
  RtmpNetStream *stream;

  if (!rtmp_session_is_open (session) || request == 0)
    return FALSE;
  session->now_us = now_us;
  if (description == NULL)
    description = rtmp_refusal_description (reason);
  if (request == session->connect_request) {
    reject_connect (session, rtmp_refusal_connect_code (reason), description);
    return TRUE;
  }
  stream = rtmp_session_find_request (session, request);
  if (stream == NULL)
    return FALSE;
  rtmp_session_refuse_stream (session, stream, reason, description);
  return TRUE;
}

void
rtmp_session_play_notify (RtmpSession *session, guint32 msid)
{
  RtmpNetStream *stream = rtmp_session_find_stream (session, msid);

  if (stream != NULL && stream->state == RTMP_NET_STREAM_PLAYING)
    rtmp_session_write_status (session, msid, "status", "NetStream.Play.PublishNotify",
        "The stream is now published.", stream->name);
}

/* As media servers say it at the end, a data message. It is also what keeps the last
 * packet alive in rtmp2src, which holds one message, waits for its reader before it
 * takes the next, and throws away what it holds when StreamEOF comes. */
static void
write_play_complete (RtmpSession *session, guint32 msid)
{
  RtmpAmf *info = rtmp_amf_new_object ();

  rtmp_amf_set_string (info, "level", "status");
  rtmp_amf_set_string (info, "code", "NetStream.Play.Complete");
  rtmp_session_write (session, rtmp_data_new (msid, 0, "onPlayStatus", info, NULL));
}

void
rtmp_session_play_eof (RtmpSession *session, guint32 msid)
{
  RtmpNetStream *stream = rtmp_session_find_stream (session, msid);

  if (stream == NULL || stream->state != RTMP_NET_STREAM_PLAYING)
    return;
  rtmp_session_write_status (session, msid, "status", "NetStream.Play.UnpublishNotify",
      "The stream is no longer published.", stream->name);
  write_play_complete (session, msid);
  rtmp_session_write (session, rtmp_control_new_event (RTMP_CONTROL_STREAM_EOF, msid));
}

void
rtmp_session_status (RtmpSession *session, guint32 msid, const gchar *level, const gchar *code,
    const gchar *description)
{
  RtmpNetStream *stream = rtmp_session_find_stream (session, msid);

  rtmp_session_write_status (
      session, msid, level, code, description, stream != NULL ? stream->name : NULL);
}

void
rtmp_session_kick (
    RtmpSession *session, guint32 msid, RtmpRefusal reason, const gchar *description)
{
  RtmpNetStream *stream = rtmp_session_find_stream (session, msid);
  gboolean plays = stream != NULL && rtmp_net_stream_is_play (stream);

  if (!rtmp_session_is_open (session))
    return;
  rtmp_session_status (session, msid, "error",
      plays ? rtmp_refusal_play_code (reason) : rtmp_refusal_publish_code (reason),
      description != NULL ? description : rtmp_refusal_description (reason));
  if (rtmp_session_is_open (session))
    session->state = RTMP_STATE_CLOSING;
}
