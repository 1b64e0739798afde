/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The client's conversation: connect, createStream, publish or play, and the
 * orderly end. One function per phase. Answers are matched by transaction where
 * servers keep to it (_result), by name where they do not (onStatus).
 */
#include "rtmp-session-private.h"

#define PUBLISHER_FLASH_VER "FMLE/3.0 (compatible; gst-rtmpserver)"
#define PLAYER_FLASH_VER "LNX 9,0,124,2"
/* What FFmpeg and librtmp ask for as players. */
#define PLAYER_CAPABILITIES 15
#define PLAYER_AUDIO_CODECS 4071
#define PLAYER_VIDEO_CODECS 252
#define PLAYER_VIDEO_FUNCTION 1
#define PLAYER_BUFFER_MS 3000

void
rtmp_session_client_start (RtmpSession *session, const RtmpSessionConfig *config)
{
  RtmpDialogue *dialogue = g_new0 (RtmpDialogue, 1);
  gboolean player = config->role == RTMP_SESSION_PLAYER;

  dialogue->application = g_strdup (config->application);
  dialogue->tc_url = g_strdup (config->tc_url);
  dialogue->stream = g_strdup (config->stream);
  dialogue->flash_ver = g_strdup (config->flash_ver != NULL ? config->flash_ver
                                  : player                  ? PLAYER_FLASH_VER
                                                            : PUBLISHER_FLASH_VER);
  session->dialogue = dialogue;
}

void
rtmp_session_client_free (RtmpSession *session)
{
  RtmpDialogue *dialogue = session->dialogue;

  if (dialogue == NULL)
    return;
  g_free (dialogue->application);
  g_free (dialogue->tc_url);
  g_free (dialogue->stream);
  g_free (dialogue->flash_ver);
  g_free (dialogue);
}

static gdouble
next_transaction (RtmpSession *session)
{
  return ++session->dialogue->transaction;
}

static void
set_phase (RtmpSession *session, RtmpDialoguePhase phase, gdouble waiting_for)
{
  session->dialogue->phase = phase;
  session->dialogue->waiting_for = waiting_for;
  rtmp_session_start_phase (session);
}

static void
close_session (RtmpSession *session)
{
  if (rtmp_session_is_open (session))
    session->state = RTMP_STATE_CLOSING;
}

/* What we can do of Enhanced RTMP: so far nothing that has to be announced. */
static void
add_capabilities (RtmpAmf *object)
{
}

void
rtmp_session_client_connect (RtmpSession *session)
{
  RtmpDialogue *dialogue = session->dialogue;
  RtmpAmf *object = rtmp_amf_new_object ();

  rtmp_amf_set_string (object, "app", dialogue->application);
  if (session->role == RTMP_SESSION_PUBLISHER)
    rtmp_amf_set_string (object, "type", "nonprivate");
  rtmp_amf_set_string (object, "flashVer", dialogue->flash_ver);
  rtmp_amf_set_string (object, "tcUrl", dialogue->tc_url);
  if (session->role == RTMP_SESSION_PLAYER) {
    rtmp_amf_set_boolean (object, "fpad", FALSE);
    rtmp_amf_set_number (object, "capabilities", PLAYER_CAPABILITIES);
    rtmp_amf_set_number (object, "audioCodecs", PLAYER_AUDIO_CODECS);
    rtmp_amf_set_number (object, "videoCodecs", PLAYER_VIDEO_CODECS);
    rtmp_amf_set_number (object, "videoFunction", PLAYER_VIDEO_FUNCTION);
  }
  add_capabilities (object);
  set_phase (session, RTMP_DIALOGUE_CONNECT, next_transaction (session));
  rtmp_session_write (session,
      rtmp_command_new (RTMP_CSID_COMMAND, 0, "connect", dialogue->waiting_for, object, NULL));
}

static void
call_with_name (RtmpSession *session, const gchar *name)
{
  rtmp_session_write (session,
      rtmp_command_new (RTMP_CSID_COMMAND, 0, name, next_transaction (session),
          rtmp_amf_new_null (), rtmp_amf_new_string (session->dialogue->stream), NULL));
}

/* Events */

static void
raise_status (RtmpSession *session, RtmpEventType type, guint32 msid, const RtmpAmf *info)
{
  const RtmpAmf *extra = rtmp_amf_get (info, "ex");
  const gchar *redirect = rtmp_amf_get_string (extra, "redirect");
  RtmpEvent event = { .type = type,
    .msid = msid,
    .level = g_strdup (rtmp_amf_get_string (info, "level")),
    .code = g_strdup (rtmp_amf_get_string (info, "code")),
    .description = g_strdup (rtmp_amf_get_string (info, "description")) };

  if (redirect == NULL)
    redirect = rtmp_amf_get_string (info, "tcUrl");
  event.redirect = g_strdup (redirect);
  rtmp_session_raise (session, &event);
}

static void
refused (RtmpSession *session, const RtmpAmf *info)
{
  raise_status (session, RTMP_EVENT_REFUSED, 0, info);
  close_session (session);
}

/* The info object of _error and onStatus: the first argument that is one. */
static const RtmpAmf *
get_info (const RtmpCommand *command)
{
  for (guint i = 1; i < command->args->len; i++)
    if (rtmp_amf_is_object (rtmp_command_get (command, i)))
      return rtmp_command_get (command, i);
  return NULL;
}

static gboolean
is_error (const RtmpAmf *info)
{
  return g_strcmp0 (rtmp_amf_get_string (info, "level"), "error") == 0;
}

/* Phases: what _result means */

/* releaseStream and FCPublish may stay unanswered (Wowza): nothing waits for them. */
static void
on_connected (RtmpSession *session, const RtmpCommand *command)
{
  session->state = RTMP_STATE_CONNECTED;
  rtmp_session_write_chunk_size (session);
  if (session->role == RTMP_SESSION_PUBLISHER) {
    call_with_name (session, "releaseStream");
    call_with_name (session, "FCPublish");
  } else {
    rtmp_session_write_window (session, RTMP_WINDOW_ACK_SIZE);
  }
  set_phase (session, RTMP_DIALOGUE_CREATE, next_transaction (session));
  rtmp_session_write (session, rtmp_command_new (RTMP_CSID_COMMAND, 0, "createStream",
                                   session->dialogue->waiting_for, rtmp_amf_new_null (), NULL));
}

static void
write_publish (RtmpSession *session, RtmpNetStream *stream, gdouble transaction)
{
  stream->state = RTMP_NET_STREAM_PUBLISH_ASKED;
  rtmp_session_write (
      session, rtmp_command_new (RTMP_CSID_AUDIO, stream->msid, "publish", transaction,
                   rtmp_amf_new_null (), rtmp_amf_new_string (session->dialogue->stream),
                   rtmp_amf_new_string ("live"), NULL));
}

/* Start is said explicitly: strict servers ignore a play with a name only. */
static void
write_play (RtmpSession *session, RtmpNetStream *stream, gdouble transaction)
{
  stream->state = RTMP_NET_STREAM_PLAY_ASKED;
  rtmp_session_unguard (session);
  rtmp_session_write (
      session, rtmp_command_new (RTMP_CSID_AUDIO, stream->msid, "play", transaction,
                   rtmp_amf_new_null (), rtmp_amf_new_string (session->dialogue->stream),
                   rtmp_amf_new_number (-2), NULL));
  rtmp_session_write (session, rtmp_control_new_buffer_length (stream->msid, PLAYER_BUFFER_MS));
}

static void
on_created (RtmpSession *session, const RtmpCommand *command)
{
  gdouble transaction = next_transaction (session);
  RtmpNetStream *stream;
  gint64 msid;

  if (!rtmp_amf_to_int (rtmp_command_get (command, 1), 1, G_MAXUINT32, &msid)) {
    rtmp_session_fail_new (
        session, RTMP_ERROR_PROTOCOL, "createStream was answered without a stream id");
    return;
  }
  stream = rtmp_session_use_stream (session, msid);
  if (stream == NULL) {
    rtmp_session_fail_new (session, RTMP_ERROR_LIMIT, "no message stream is allowed");
    return;
  }
  set_phase (session, RTMP_DIALOGUE_START, transaction);
  if (session->role == RTMP_SESSION_PUBLISHER)
    write_publish (session, stream, transaction);
  else
    write_play (session, stream, transaction);
}

/* Command handlers */

static void
on_result (RtmpSession *session, const RtmpCommand *command)
{
  RtmpDialogue *dialogue = session->dialogue;

  if (command->transaction != dialogue->waiting_for)
    return;
  if (dialogue->phase == RTMP_DIALOGUE_CONNECT)
    on_connected (session, command);
  else if (dialogue->phase == RTMP_DIALOGUE_CREATE)
    on_created (session, command);
}

static void
on_error (RtmpSession *session, const RtmpCommand *command)
{
  if (command->transaction == session->dialogue->waiting_for &&
      session->dialogue->phase != RTMP_DIALOGUE_READY)
    refused (session, get_info (command));
}

static void
on_start (RtmpSession *session)
{
  RtmpNetStream *stream = g_ptr_array_index (session->streams, 0);
  RtmpEvent event = { .type = RTMP_EVENT_READY, .msid = stream->msid };

  stream->state = session->role == RTMP_SESSION_PUBLISHER ? RTMP_NET_STREAM_PUBLISHING
                                                          : RTMP_NET_STREAM_PLAYING;
  set_phase (session, RTMP_DIALOGUE_READY, 0);
  rtmp_session_raise (session, &event);
}

static gboolean
is_start (const RtmpSession *session, const gchar *code)
{
  if (session->role == RTMP_SESSION_PUBLISHER)
    return g_strcmp0 (code, "NetStream.Publish.Start") == 0;
  return g_strcmp0 (code, "NetStream.Play.Start") == 0 ||
         g_strcmp0 (code, "NetStream.Play.PublishNotify") == 0;
}

/* Some servers send a refused connect, or a redirect, as onStatus (SRS). */
static void
on_status (RtmpSession *session, const RtmpCommand *command)
{
  RtmpDialogue *dialogue = session->dialogue;
  const RtmpAmf *info = get_info (command);
  const gchar *code = rtmp_amf_get_string (info, "code");

  if (dialogue->phase == RTMP_DIALOGUE_READY)
    raise_status (session, RTMP_EVENT_STATUS, 0, info);
  else if (is_error (info) || g_strcmp0 (code, "NetConnection.Connect.Rejected") == 0)
    refused (session, info);
  else if (dialogue->phase == RTMP_DIALOGUE_START && is_start (session, code))
    on_start (session);
}

/* The bandwidth ritual of FMS: tolerated, never waited for. */
static void
on_bw_done (RtmpSession *session, const RtmpCommand *command)
{
  rtmp_session_write (session, rtmp_command_new (RTMP_CSID_COMMAND, 0, "_checkbw",
                                   next_transaction (session), rtmp_amf_new_null (), NULL));
}

static void
on_bw_check (RtmpSession *session, const RtmpCommand *command)
{
  rtmp_session_write_result (session, command->transaction, NULL);
}

static void
on_ping_command (RtmpSession *session, const RtmpCommand *command)
{
  rtmp_session_write (
      session, rtmp_command_new (RTMP_CSID_COMMAND, 0, "pong", 0, rtmp_amf_new_null (), NULL));
}

/* Everything else (onFCPublish, onFCSubscribe, close ...) needs no answer. */
static const struct
{
  const gchar *name;
  void (*func) (RtmpSession *session, const RtmpCommand *command);
} commands[] = {
  { "_result", on_result },
  { "_error", on_error },
  { "onStatus", on_status },
  { "onBWDone", on_bw_done },
  { "_onbwcheck", on_bw_check },
  { "onBWCheck", on_bw_check },
  { "ping", on_ping_command },
};

void
rtmp_session_client_command (RtmpSession *session, RtmpCommand *command)
{
  for (guint i = 0; i < G_N_ELEMENTS (commands); i++) {
    if (g_str_equal (commands[i].name, command->name)) {
      commands[i].func (session, command);
      return;
    }
  }
}

void
rtmp_session_client_stream_eof (RtmpSession *session, guint32 msid)
{
  RtmpNetStream *stream = rtmp_session_find_stream (session, msid);
  RtmpEvent event = { .type = RTMP_EVENT_PLAY_END, .msid = msid };

  if (stream != NULL && stream->state == RTMP_NET_STREAM_PLAYING)
    rtmp_session_raise (session, &event);
}

gboolean
rtmp_session_client_data (RtmpSession *session, const RtmpMessage *message)
{
  g_autoptr (RtmpCommand) data = NULL;
  const RtmpAmf *info = NULL;

  if (message->type != RTMP_TYPE_DATA || (message->flags & RTMP_MESSAGE_METADATA))
    return FALSE;
  data = rtmp_command_parse (message, session->limits, NULL);
  if (data == NULL || g_str_equal (data->name, "|RtmpSampleAccess"))
    return data != NULL;
  if (!g_str_equal (data->name, "onPlayStatus") && !g_str_equal (data->name, "onStatus"))
    return FALSE;
  for (guint i = 0; i < data->args->len && info == NULL; i++)
    if (rtmp_amf_is_object (rtmp_command_get (data, i)))
      info = rtmp_command_get (data, i);
  raise_status (session, RTMP_EVENT_STATUS, message->msid, info);
  return TRUE;
}

/* Twitch, YouTube and Facebook close without a word on a wrong key. */
void
rtmp_session_client_eof (RtmpSession *session)
{
  RtmpDialogue *dialogue = session->dialogue;
  RtmpEvent event = { .type = RTMP_EVENT_REFUSED };

  if (dialogue->phase == RTMP_DIALOGUE_READY)
    return;
  event.description = g_strdup (dialogue->phase == RTMP_DIALOGUE_START
                                    ? "the server closed the connection instead of an answer: "
                                      "is the stream key right?"
                                    : "the server closed the connection");
  rtmp_session_raise (session, &event);
}

void
rtmp_session_finish (RtmpSession *session)
{
  RtmpNetStream *stream = NULL;

  if (session->role == RTMP_SESSION_SERVER || !rtmp_session_is_open (session))
    return;
  if (session->streams->len > 0)
    stream = g_ptr_array_index (session->streams, 0);
  if (stream != NULL && session->role == RTMP_SESSION_PUBLISHER)
    call_with_name (session, "FCUnpublish");
  if (stream != NULL)
    rtmp_session_write (session,
        rtmp_command_new (RTMP_CSID_COMMAND, 0, "deleteStream", next_transaction (session),
            rtmp_amf_new_null (), rtmp_amf_new_number (stream->msid), NULL));
  close_session (session);
}
