/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * RtmpSession's driver: handshake, then chunks; queue of events; output.
 */
#include "rtmp-session-private.h"

/* What a peer that did not ask to publish may cost: commands and control. */
static void
guard_limits (RtmpLimits *guarded, const RtmpLimits *limits)
{
  *guarded = *limits;
  guarded->max_video_size = MIN (limits->max_video_size, limits->max_command_size);
  guarded->max_audio_size = MIN (limits->max_audio_size, limits->max_command_size);
  guarded->max_data_size = MIN (limits->max_data_size, limits->max_command_size);
  guarded->max_partial_bytes = MIN (limits->max_partial_bytes, limits->max_preconnect_bytes);
}

void
rtmp_session_unguard (RtmpSession *session)
{
  rtmp_chunk_reader_set_limits (session->reader, session->limits);
}

static RtmpHandshakeRole
handshake_role (const RtmpSessionConfig *config)
{
  if (config->role == RTMP_SESSION_SERVER)
    return RTMP_HANDSHAKE_SERVER;
  return config->digest ? RTMP_HANDSHAKE_CLIENT_DIGEST : RTMP_HANDSHAKE_CLIENT_SIMPLE;
}

static void
append_output (RtmpSession *session, const guint8 *data, gsize size)
{
  if (size == 0)
    return;
  if (session->output == NULL)
    session->output = g_byte_array_new ();
  g_byte_array_append (session->output, data, size);
}

static void
take_handshake_output (RtmpSession *session)
{
  gsize size;
  const guint8 *data = rtmp_handshake_take_output (session->handshake, &size);

  append_output (session, data, size);
}

RtmpSession *
rtmp_session_new (const RtmpSessionConfig *config)
{
  RtmpSession *session = g_new0 (RtmpSession, 1);

  session->role = config->role;
  session->limits = config->limits;
  guard_limits (&session->guarded, config->limits);
  session->handshake =
      rtmp_handshake_new (handshake_role (config), config->epoch_ms, config->seed);
  session->reader = rtmp_chunk_reader_new (&session->guarded);
  session->writer = rtmp_chunk_writer_new (FALSE);
  session->streams = g_ptr_array_new_with_free_func ((GDestroyNotify)rtmp_net_stream_free);
  session->in_window = CLAMP (
      RTMP_WINDOW_ACK_SIZE, config->limits->min_ack_window, config->limits->max_ack_window);
  rtmp_session_init_time (session, config->now_us);
  if (config->role != RTMP_SESSION_SERVER)
    rtmp_session_client_start (session, config);
  take_handshake_output (session);
  return session;
}

void
rtmp_session_free (RtmpSession *session)
{
  RtmpEvent event = { 0 };

  while (rtmp_session_pull (session, &event))
    rtmp_event_clear (&event);
  g_clear_pointer (&session->handshake, rtmp_handshake_free);
  rtmp_chunk_reader_free (session->reader);
  rtmp_chunk_writer_free (session->writer);
  g_clear_pointer (&session->output, g_byte_array_unref);
  g_clear_pointer (&session->waiting, g_ptr_array_unref);
  g_clear_pointer (&session->info.object, rtmp_amf_free);
  g_ptr_array_unref (session->streams);
  rtmp_session_client_free (session);
  g_clear_error (&session->error);
  g_free (session);
}

gboolean
rtmp_session_is_open (const RtmpSession *session)
{
  return session->state < RTMP_STATE_CLOSING;
}

void
rtmp_session_fail (RtmpSession *session, GError *error)
{
  if (session->error != NULL) {
    g_error_free (error);
    return;
  }
  session->error = error;
  session->state = RTMP_STATE_FAILED;
}

void
rtmp_session_fail_new (RtmpSession *session, RtmpErrorCode code, const gchar *format, ...)
{
  va_list args;

  va_start (args, format);
  rtmp_session_fail (session, g_error_new_valist (RTMP_ERROR, code, format, args));
  va_end (args);
}

/* Events */

void
rtmp_event_clear (RtmpEvent *event)
{
  g_clear_pointer (&event->name, rtmp_name_free);
  g_clear_pointer (&event->message, rtmp_message_unref);
  g_clear_pointer (&event->level, g_free);
  g_clear_pointer (&event->code, g_free);
  g_clear_pointer (&event->description, g_free);
  g_clear_pointer (&event->redirect, g_free);
}

void
rtmp_session_raise (RtmpSession *session, RtmpEvent *event)
{
  if (session->has_event) {
    g_queue_push_tail (&session->events, g_memdup2 (event, sizeof *event));
    return;
  }
  session->event = *event;
  session->has_event = TRUE;
}

gboolean
rtmp_session_pull (RtmpSession *session, RtmpEvent *event)
{
  RtmpEvent *next;

  if (!session->has_event)
    return FALSE;
  *event = session->event;
  next = g_queue_pop_head (&session->events);
  session->has_event = next != NULL;
  if (next != NULL)
    session->event = *next;
  g_free (next);
  return TRUE;
}

/* Output */

static void
check_output (RtmpSession *session)
{
  if (session->output != NULL &&
      session->output->len - session->output_sent > session->limits->max_session_output)
    rtmp_session_fail_new (session, RTMP_ERROR_LIMIT,
        "the peer does not read our answers: more than %u bytes wait",
        session->limits->max_session_output);
}

static GByteArray *
ensure_output (RtmpSession *session)
{
  if (session->output == NULL)
    session->output = g_byte_array_new ();
  return session->output;
}

/* There are no messages before the handshake is done, nor after the end. */
static gboolean
can_write (const RtmpSession *session)
{
  return session->handshake == NULL && rtmp_session_is_open (session);
}

void
rtmp_session_write (RtmpSession *session, RtmpMessage *message)
{
  if (can_write (session)) {
    rtmp_chunk_writer_write (session->writer, message, ensure_output (session));
    check_output (session);
  }
  rtmp_message_unref (message);
}

void
rtmp_session_write_chunk_size (RtmpSession *session)
{
  if (can_write (session))
    rtmp_chunk_writer_set_chunk_size (
        session->writer, RTMP_CHUNK_SIZE_OUT, ensure_output (session));
}

void
rtmp_session_send (RtmpSession *session, const RtmpMessage *message)
{
  if (!can_write (session))
    return;
  rtmp_chunk_writer_write (session->writer, message, ensure_output (session));
  check_output (session);
}

const guint8 *
rtmp_session_peek_output (RtmpSession *session, gsize *size)
{
  if (session->output == NULL) {
    *size = 0;
    return NULL;
  }
  *size = session->output->len - session->output_sent;
  return session->output->data + session->output_sent;
}

void
rtmp_session_consume_output (RtmpSession *session, gsize size)
{
  if (session->output == NULL)
    return;
  session->output_sent += MIN (size, session->output->len - session->output_sent);
  if (session->output_sent < session->output->len)
    return;
  /* an idle connection holds no buffer */
  g_clear_pointer (&session->output, g_byte_array_unref);
  session->output_sent = 0;
}

/* Input */

static void
enter_chunks (RtmpSession *session)
{
  g_clear_pointer (&session->handshake, rtmp_handshake_free);
  session->state = RTMP_STATE_CONNECTING;
  rtmp_session_start_phase (session);
  if (session->role != RTMP_SESSION_SERVER)
    rtmp_session_client_connect (session);
}

static gsize
input_handshake (RtmpSession *session, const guint8 *data, gsize size)
{
  GError *error = NULL;
  gssize n = rtmp_handshake_input (session->handshake, data, size, &error);

  take_handshake_output (session);
  if (n < 0) {
    rtmp_session_fail (session, error);
    return 0;
  }
  if (rtmp_handshake_is_done (session->handshake))
    enter_chunks (session);
  return n;
}

/* FFmpeg's server sends onFCPublish without a transaction: what cannot be read is
 * ignored, but for a server's first command, and for what passes a limit. */
static void
on_unreadable (RtmpSession *session, GError *error)
{
  if (error->code == RTMP_ERROR_LIMIT ||
      (session->role == RTMP_SESSION_SERVER && session->state == RTMP_STATE_CONNECTING))
    rtmp_session_fail (session, error);
  else
    g_error_free (error);
}

void
rtmp_session_dispatch_command (RtmpSession *session, const RtmpMessage *message)
{
  g_autoptr (RtmpCommand) command = NULL;
  GError *error = NULL;

  command = rtmp_command_parse (message, session->limits, &error);
  if (command == NULL)
    on_unreadable (session, error);
  else if (session->role == RTMP_SESSION_SERVER)
    rtmp_session_server_command (session, command, message);
  else
    rtmp_session_client_command (session, command);
}

static void
on_command (RtmpSession *session, const RtmpMessage *message)
{
  if (message->size == 0)
    return;
  if (!rtmp_session_take_command (session))
    rtmp_session_fail_new (session, RTMP_ERROR_LIMIT, "more than %u commands a second",
        session->limits->max_commands_per_s);
  else
    rtmp_session_dispatch_command (session, message);
}

static void
dispatch (RtmpSession *session, RtmpMessage *message)
{
  message->arrival_us = session->now_us;
  switch (message->type) {
    case RTMP_TYPE_AUDIO:
    case RTMP_TYPE_VIDEO:
    case RTMP_TYPE_DATA:
    case RTMP_TYPE_DATA_AMF3:
    case RTMP_TYPE_AGGREGATE:
      rtmp_session_on_media (session, message);
      return;
    case RTMP_TYPE_COMMAND:
    case RTMP_TYPE_COMMAND_AMF3:
      on_command (session, message);
      break;
    default:
      rtmp_session_on_control (session, message);
      break;
  }
  rtmp_message_unref (message);
}

/* Work that a peer can demand without sending much. */
static void
check_input (RtmpSession *session)
{
  guint64 small = rtmp_chunk_reader_get_small_chunks (session->reader);
  guint64 n = small - session->small_chunks_seen;

  session->small_chunks_seen = small;
  if (n > 0 && !rtmp_rate_take (&session->small_chunks, n,
                   session->limits->max_small_chunks_per_s, session->now_us))
    rtmp_session_fail_new (session, RTMP_ERROR_LIMIT,
        "more than %u chunks of less than 16 bytes a second",
        session->limits->max_small_chunks_per_s);
  if (session->state == RTMP_STATE_CONNECTING &&
      session->preconnect_bytes > session->limits->max_preconnect_bytes)
    rtmp_session_fail_new (session, RTMP_ERROR_LIMIT, "more than %u bytes before connect",
        session->limits->max_preconnect_bytes);
}

static gsize
input_chunks (RtmpSession *session, const guint8 *data, gsize size)
{
  GError *error = NULL;
  RtmpMessage *message;
  gssize n = rtmp_chunk_reader_push (session->reader, data, size, &error);

  if (n < 0) {
    rtmp_session_fail (session, error);
    return 0;
  }
  session->in_bytes += n;
  if (session->state == RTMP_STATE_CONNECTING)
    session->preconnect_bytes += n;
  check_input (session);
  while (rtmp_session_is_open (session) &&
         (message = rtmp_chunk_reader_pull (session->reader)) != NULL)
    dispatch (session, message);
  return n;
}

gssize
rtmp_session_input (
    RtmpSession *session, const guint8 *data, gsize size, gint64 now_us, GError **error)
{
  gsize done = 0;
  gsize step = 1;

  session->now_us = now_us;
  if (size > 0)
    session->last_input_us = now_us;
  while (step > 0 && done < size && !session->has_event && rtmp_session_is_open (session)) {
    if (session->handshake != NULL)
      step = input_handshake (session, data + done, size - done);
    else
      step = input_chunks (session, data + done, size - done);
    done += step;
  }
  rtmp_session_acknowledge (session);
  if (session->error != NULL) {
    g_propagate_error (error, g_error_copy (session->error));
    return -1;
  }
  return session->state == RTMP_STATE_CLOSING ? (gssize)size : (gssize)done;
}

void
rtmp_session_input_eof (RtmpSession *session)
{
  if (!rtmp_session_is_open (session))
    return;
  if (session->role == RTMP_SESSION_SERVER)
    for (guint i = 0; i < session->streams->len; i++)
      rtmp_session_end_stream (session, g_ptr_array_index (session->streams, i), TRUE);
  else
    rtmp_session_client_eof (session);
  session->state = RTMP_STATE_CLOSING;
}

/* Getters */

RtmpSessionState
rtmp_session_get_state (const RtmpSession *session)
{
  return session->state;
}

const RtmpConnectInfo *
rtmp_session_get_connect_info (const RtmpSession *session)
{
  return &session->info;
}

gint64
rtmp_session_get_rtt_us (const RtmpSession *session)
{
  return session->rtt_us;
}

guint32
rtmp_session_get_in_chunk_size (const RtmpSession *session)
{
  return rtmp_chunk_reader_get_chunk_size (session->reader);
}
