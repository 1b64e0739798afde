/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A session between a scripted peer and a scripted holder.
 */
#include "session-rig.h"
#include "session-log.h"
#include "protocol/rtmp-handshake.h"

#define HANDSHAKE_BYTES (1 + 2 * RTMP_HANDSHAKE_PACKET)

SessionRig *
session_rig_new (RtmpSessionRole role, const RtmpLimits *limits)
{
  SessionRig *rig = g_new0 (SessionRig, 1);
  RtmpSessionConfig config = { .role = role,
    .seed = { 1, 2, 3 },
    .application = "live",
    .tc_url = "rtmp://h/live",
    .stream = "key" };

  rig->role = role;
  rig->limits = limits != NULL ? *limits : *rtmp_limits_default ();
  rig->now_us = 1000 * G_USEC_PER_SEC;
  rig->log = g_string_new (NULL);
  rig->writer = rtmp_chunk_writer_new (FALSE);
  rig->reader = rtmp_chunk_reader_new (rtmp_limits_default ());
  rig->handshake_left = HANDSHAKE_BYTES;
  config.limits = &rig->limits;
  config.now_us = rig->now_us;
  rig->session = rtmp_session_new (&config);
  return rig;
}

void
session_rig_free (SessionRig *rig)
{
  rtmp_session_free (rig->session);
  rtmp_chunk_writer_free (rig->writer);
  rtmp_chunk_reader_free (rig->reader);
  g_string_free (rig->log, TRUE);
  g_clear_error (&rig->error);
  g_free (rig);
}

static void
read_chunks (SessionRig *rig, const guint8 *data, gsize size)
{
  while (size > 0) {
    g_autoptr (RtmpMessage) message = NULL;
    GError *error = NULL;
    gssize n = rtmp_chunk_reader_push (rig->reader, data, size, &error);

    g_assert_no_error (error);
    data += n;
    size -= n;
    message = rtmp_chunk_reader_pull (rig->reader);
    if (message != NULL)
      session_log_message (rig->log, message);
    g_assert_true (n > 0 || message != NULL);
  }
}

static void
drain_output (SessionRig *rig)
{
  gsize size;
  const guint8 *data = rtmp_session_peek_output (rig->session, &size);
  gsize skip = MIN (size, rig->handshake_left);

  if (rig->mute || size == 0)
    return;
  rig->handshake_left -= skip;
  rig->out_bytes += size;
  read_chunks (rig, data + skip, size - skip);
  rtmp_session_consume_output (rig->session, size);
}

static gboolean
is_request (const RtmpEvent *event)
{
  return event->type == RTMP_EVENT_CONNECT || event->type == RTMP_EVENT_PUBLISH ||
         event->type == RTMP_EVENT_PLAY;
}

static void
on_event (SessionRig *rig, RtmpEvent *event)
{
  session_log_event (rig->log, event);
  if (event->type == RTMP_EVENT_MEDIA) {
    rig->n_media++;
    rig->media_bytes += event->message->size;
  }
  if (is_request (event))
    rig->last_request = event->request;
  if (is_request (event) && !rig->hold)
    rtmp_session_accept (rig->session, event->request, rig->now_us);
}

void
session_rig_drain (SessionRig *rig)
{
  RtmpEvent event = { 0 };

  drain_output (rig);
  while (rtmp_session_pull (rig->session, &event)) {
    on_event (rig, &event);
    rtmp_event_clear (&event);
    drain_output (rig);
  }
}

static gboolean
check_error (SessionRig *rig, GError *error)
{
  if (error == NULL)
    return TRUE;
  if (rig->error == NULL)
    g_string_append_printf (rig->log, "! %s\n", session_log_error (error));
  g_clear_error (&rig->error);
  rig->error = error;
  return FALSE;
}

gboolean
session_rig_feed (SessionRig *rig, const guint8 *data, gsize size)
{
  gsize done = 0;

  while (done < size) {
    gsize part = rig->split > 0 ? MIN (rig->split, size - done) : size - done;
    GError *error = NULL;
    gssize n;

    /* each slice in its own memory: an overrun does not go unseen */
    g_autofree guint8 *copy = g_memdup2 (data + done, part);
    n = rtmp_session_input (rig->session, copy, part, rig->now_us, &error);
    session_rig_drain (rig);
    if (!check_error (rig, error))
      return FALSE;
    g_assert_cmpint (n, >, 0);
    g_assert_cmpint (n, <=, part);
    done += n;
  }
  return TRUE;
}

void
session_rig_handshake (SessionRig *rig)
{
  g_autofree guint8 *bytes = g_malloc0 (HANDSHAKE_BYTES);

  session_rig_drain (rig);
  bytes[0] = 3;
  g_assert_true (session_rig_feed (rig, bytes, HANDSHAKE_BYTES));
  g_assert_cmpuint (rig->handshake_left, ==, 0);
}

gboolean
session_rig_send (SessionRig *rig, RtmpMessage *message)
{
  g_autoptr (GByteArray) bytes = g_byte_array_new ();

  rtmp_chunk_writer_write (rig->writer, message, bytes);
  rtmp_message_unref (message);
  return session_rig_feed (rig, bytes->data, bytes->len);
}

static RtmpMessage *
new_amf_message (guint8 type, guint32 csid, guint32 msid, GByteArray *body)
{
  RtmpMessage *message = rtmp_message_new_copy (type, 0, msid, body->data, body->len);

  message->csid = csid;
  return message;
}

static void
append_values (GByteArray *body, const gchar *values)
{
  g_autoptr (GPtrArray) list = test_amf_values (values);

  for (guint i = 0; i < list->len; i++)
    rtmp_amf0_build (g_ptr_array_index (list, i), body);
}

static void
append_string (GByteArray *body, const gchar *string)
{
  g_autoptr (RtmpAmf) value = rtmp_amf_new_string (string);

  rtmp_amf0_build (value, body);
}

gboolean
session_rig_command (
    SessionRig *rig, guint32 msid, const gchar *name, gdouble transaction, const gchar *values)
{
  g_autoptr (GByteArray) body = g_byte_array_new ();
  g_autoptr (RtmpAmf) number = rtmp_amf_new_number (transaction);

  append_string (body, name);
  rtmp_amf0_build (number, body);
  append_values (body, values);
  return session_rig_send (rig, new_amf_message (RTMP_TYPE_COMMAND, 3, msid, body));
}

gboolean
session_rig_data (SessionRig *rig, guint32 msid, const gchar *name, const gchar *values)
{
  g_autoptr (GByteArray) body = g_byte_array_new ();

  append_string (body, name);
  append_values (body, values);
  return session_rig_send (rig, new_amf_message (RTMP_TYPE_DATA, 4, msid, body));
}

gboolean
session_rig_media (
    SessionRig *rig, guint8 type, guint32 msid, guint32 timestamp, const gchar *hex)
{
  g_autoptr (GByteArray) body = test_hex (hex);
  RtmpMessage *message = rtmp_message_new_copy (type, timestamp, msid, body->data, body->len);

  message->csid = type == RTMP_TYPE_VIDEO ? 6 : 4;
  return session_rig_send (rig, message);
}

gboolean
session_rig_wait (SessionRig *rig, gint64 us)
{
  GError *error = NULL;

  rig->now_us += us;
  if (rtmp_session_tick (rig->session, rig->now_us, &error))
    g_assert_cmpint (rtmp_session_get_deadline (rig->session), >, rig->now_us);
  session_rig_drain (rig);
  return check_error (rig, error);
}

void
session_rig_eof (SessionRig *rig)
{
  rtmp_session_input_eof (rig->session);
  session_rig_drain (rig);
}

void
session_rig_expect_at (SessionRig *rig, const gchar *file, gint line, ...)
{
  g_autoptr (GString) expected = g_string_new (NULL);
  const gchar *text;
  va_list args;

  va_start (args, line);
  while ((text = va_arg (args, const gchar *)) != NULL)
    g_string_append_printf (expected, "%s\n", text);
  va_end (args);
  if (!g_string_equal (expected, rig->log)) {
    g_test_message ("%s:%d\nexpected:\n%sfound:\n%s", file, line, expected->str, rig->log->str);
    g_printerr (
        "# %s:%d\n# expected:\n%s# found:\n%s", file, line, expected->str, rig->log->str);
    g_test_fail ();
  }
  session_rig_forget (rig);
}

gchar *
session_rig_log_without_acks (SessionRig *rig)
{
  g_auto (GStrv) lines = g_strsplit (rig->log->str, "\n", -1);
  GString *kept = g_string_new (NULL);

  for (guint i = 0; lines[i] != NULL && lines[i][0] != '\0'; i++)
    if (!g_str_has_prefix (lines[i], "< [2/0] Ack "))
      g_string_append_printf (kept, "%s\n", lines[i]);
  return g_string_free (kept, FALSE);
}

/* The longest single answer repeats a name of the peer's. */
#define LONGEST_ANSWER 70000

void
session_rig_check (SessionRig *rig)
{
  RtmpSessionState state = rtmp_session_get_state (rig->session);
  gsize size;

  rtmp_session_peek_output (rig->session, &size);
  g_assert_cmpuint (size, <=, rig->limits.max_session_output + LONGEST_ANSWER);
  if (state >= RTMP_STATE_CLOSING)
    g_assert_cmpint (rtmp_session_get_deadline (rig->session), ==, G_MAXINT64);
  if (rig->error != NULL)
    g_assert_cmpint (state, ==, RTMP_STATE_FAILED);
}

void
session_rig_forget (SessionRig *rig)
{
  g_string_truncate (rig->log, 0);
}

void
session_rig_connect (SessionRig *rig)
{
  session_rig_handshake (rig);
  g_assert_true (session_rig_command (
      rig, 0, "connect", 1, "{app:\"live\",flashVer:\"t\",tcUrl:\"rtmp://h/live\"}"));
  g_assert_cmpint (rtmp_session_get_state (rig->session), ==, RTMP_STATE_CONNECTED);
  session_rig_forget (rig);
}

void
session_rig_create (SessionRig *rig)
{
  session_rig_connect (rig);
  g_assert_true (session_rig_command (rig, 0, "createStream", 2, "null"));
  session_rig_expect (rig, "< [3/0] _result 2 null 1");
}

void
session_rig_publish (SessionRig *rig)
{
  session_rig_create (rig);
  g_assert_true (session_rig_command (rig, 1, "publish", 3, "null,\"key\",\"live\""));
  session_rig_forget (rig);
}

void
session_rig_play (SessionRig *rig)
{
  session_rig_create (rig);
  g_assert_true (session_rig_command (rig, 1, "play", 3, "null,\"key\",-2"));
  session_rig_forget (rig);
}
