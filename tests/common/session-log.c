/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What a session says, as lines of text.
 */
#include "session-log.h"
#include "protocol/rtmp-command.h"
#include "protocol/rtmp-control.h"
#include "protocol/rtmp-error.h"
#include "protocol/rtmp-tag.h"

#define MAX_VALUE 2048

static const gchar *
user_event_name (guint16 event)
{
  switch (event) {
    case RTMP_CONTROL_STREAM_BEGIN:
      return "StreamBegin";
    case RTMP_CONTROL_STREAM_EOF:
      return "StreamEOF";
    case RTMP_CONTROL_SET_BUFFER_LENGTH:
      return "SetBufferLength";
    case RTMP_CONTROL_PING_REQUEST:
      return "PingRequest";
    case RTMP_CONTROL_PING_RESPONSE:
      return "PingResponse";
    default:
      return "UserControl";
  }
}

static void
log_control (GString *log, const RtmpControl *control)
{
  switch (control->type) {
    case RTMP_TYPE_SET_CHUNK_SIZE:
      g_string_append_printf (log, "SetChunkSize %u", control->value);
      break;
    case RTMP_TYPE_ACK:
      g_string_append_printf (log, "Ack %u", control->value);
      break;
    case RTMP_TYPE_WINDOW_ACK_SIZE:
      g_string_append_printf (log, "WindowAckSize %u", control->value);
      break;
    case RTMP_TYPE_SET_PEER_BANDWIDTH:
      g_string_append_printf (
          log, "SetPeerBandwidth %u %u", control->value, control->limit_type);
      break;
    case RTMP_TYPE_USER_CONTROL:
      g_string_append_printf (
          log, "%s %u", user_event_name (control->event), control->event_data);
      if (control->event == RTMP_CONTROL_SET_BUFFER_LENGTH)
        g_string_append_printf (log, " %u", control->event_data2);
      break;
    default:
      g_string_append_printf (log, "control %d", control->type);
      break;
  }
}

static void
log_command (GString *log, const RtmpMessage *message, const RtmpCommand *command)
{
  g_string_append (log, command->name);
  if (message->type == RTMP_TYPE_COMMAND)
    g_string_append_printf (log, " %g", command->transaction);
  for (guint i = 0; i < command->args->len; i++) {
    g_autofree gchar *text = rtmp_amf_to_string (rtmp_command_get (command, i), MAX_VALUE);

    g_string_append_printf (log, " %s", text);
  }
}

static void
log_body (GString *log, const RtmpMessage *message)
{
  g_autoptr (RtmpCommand) command = NULL;
  RtmpControl control;

  if (rtmp_control_parse (message, &control)) {
    log_control (log, &control);
    return;
  }
  if (message->type == RTMP_TYPE_COMMAND || message->type == RTMP_TYPE_DATA)
    command = rtmp_command_parse (message, rtmp_limits_default (), NULL);
  if (command != NULL)
    log_command (log, message, command);
  else
    g_string_append_printf (log, "type %u, %u bytes", message->type, message->size);
}

void
session_log_message (GString *log, const RtmpMessage *message)
{
  g_string_append_printf (log, "< [%u/%u] ", message->csid, message->msid);
  log_body (log, message);
  g_string_append_c (log, '\n');
}

static void
log_media (GString *log, const RtmpMessage *message)
{
  static const struct
  {
    guint flag;
    const gchar *name;
  } flags[] = { { RTMP_MESSAGE_KEYFRAME, "keyframe" }, { RTMP_MESSAGE_HEADER, "header" },
    { RTMP_MESSAGE_METADATA, "metadata" }, { RTMP_MESSAGE_EMPTY, "empty" },
    { RTMP_MESSAGE_ENHANCED, "enhanced" } };

  g_string_append_printf (log, " %u %s", message->timestamp,
      message->type == RTMP_TYPE_AUDIO   ? "audio"
      : message->type == RTMP_TYPE_VIDEO ? "video"
                                         : "");
  if (message->type == RTMP_TYPE_AUDIO || message->type == RTMP_TYPE_VIDEO)
    g_string_append_printf (
        log, " %s %u bytes", rtmp_codec_name (message->codec), message->size);
  else
    log_body (log, message);
  for (guint i = 0; i < G_N_ELEMENTS (flags); i++)
    if (message->flags & flags[i].flag)
      g_string_append_printf (log, " %s", flags[i].name);
}

static void
log_name (GString *log, const RtmpName *name)
{
  if (name == NULL)
    return;
  g_string_append_printf (log, " app=%s", name->application);
  if (name->key[0] != '\0')
    g_string_append_printf (log, " key=%s", name->key);
  if (name->query[0] != '\0')
    g_string_append_printf (log, " query=%s", name->query);
}

static const gchar *const event_names[] = {
  [RTMP_EVENT_CONNECT] = "connect",
  [RTMP_EVENT_PUBLISH] = "publish",
  [RTMP_EVENT_PLAY] = "play",
  [RTMP_EVENT_PUBLISH_END] = "publish-end",
  [RTMP_EVENT_PLAY_END] = "play-end",
  [RTMP_EVENT_PLAY_CONTROL] = "play-control",
  [RTMP_EVENT_MEDIA] = "media",
  [RTMP_EVENT_READY] = "ready",
  [RTMP_EVENT_STATUS] = "status",
  [RTMP_EVENT_REFUSED] = "refused",
};

void
session_log_event (GString *log, const RtmpEvent *event)
{
  g_string_append_printf (log, "* %s", event_names[event->type]);
  if (event->msid != 0)
    g_string_append_printf (log, " [%u]", event->msid);
  if (event->request != 0)
    g_string_append_printf (log, " #%u", event->request);
  log_name (log, event->name);
  if (event->type == RTMP_EVENT_PLAY)
    g_string_append_printf (log, " start=%" G_GINT64_FORMAT, event->play_start_ms);
  if (event->type == RTMP_EVENT_PLAY && event->play_length_ms >= 0)
    g_string_append_printf (log, " length=%" G_GINT64_FORMAT, event->play_length_ms);
  if (event->type == RTMP_EVENT_PLAY_CONTROL)
    g_string_append_printf (
        log, " paused=%d audio=%d video=%d", event->paused, event->audio, event->video);
  if (event->eof)
    g_string_append (log, " eof");
  if (event->message != NULL)
    log_media (log, event->message);
  if (event->level != NULL)
    g_string_append_printf (log, " %s", event->level);
  if (event->code != NULL)
    g_string_append_printf (log, " %s", event->code);
  if (event->description != NULL)
    g_string_append_printf (log, " (%s)", event->description);
  if (event->redirect != NULL)
    g_string_append_printf (log, " -> %s", event->redirect);
  g_string_append_c (log, '\n');
}

const gchar *
session_log_error (const GError *error)
{
  static const gchar *const names[] = { "PROTOCOL", "LIMIT", "TIMEOUT", "UNSUPPORTED",
    "REFUSED", "CLOSED", "LOCAL" };

  g_assert_cmpint (error->domain, ==, RTMP_ERROR);
  g_assert_cmpint (error->code, <, G_N_ELEMENTS (names));
  return names[error->code];
}
