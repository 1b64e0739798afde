/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "publisher.h"
#include "../unit/hex.h"
#include "protocol/rtmp-bytes.h"
#include "protocol/rtmp-command.h"

/* how long anything may take before the test is given up */
#define TIMEOUT_S 20

static void
take_events (TestPublisher *publisher)
{
  RtmpEvent event = { 0 };

  while (rtmp_session_pull (publisher->session, &event)) {
    if (event.type == RTMP_EVENT_READY)
      publisher->msid = event.msid;
    if (event.code != NULL) {
      g_free (publisher->status);
      g_free (publisher->description);
      publisher->status = g_strdup (event.code);
      publisher->description = g_strdup (event.description);
    }
    rtmp_event_clear (&event);
  }
}

static void
read_some (TestPublisher *publisher)
{
  GSocket *socket = g_socket_connection_get_socket (publisher->connection);
  gchar buffer[4096];
  gssize size = g_socket_receive (socket, buffer, sizeof buffer, NULL, NULL);
  gssize used = 0;

  if (size <= 0) {
    publisher->closed = TRUE;
    return;
  }
  while (used < size) {
    g_autoptr (GError) error = NULL;
    gssize n = rtmp_session_input (publisher->session, (guint8 *)buffer + used, size - used,
        g_get_monotonic_time (), &error);

    if (n < 0) {
      g_printerr ("the client's session failed: %s\n", error->message);
      publisher->closed = TRUE;
      return;
    }
    used += n;
    take_events (publisher);
  }
}

static void
read_pending (TestPublisher *publisher)
{
  GSocket *socket = g_socket_connection_get_socket (publisher->connection);

  while (
      !publisher->closed && g_socket_condition_check (socket, G_IO_IN) & (G_IO_IN | G_IO_HUP))
    read_some (publisher);
}

static void
write_all (TestPublisher *publisher)
{
  GSocket *socket = g_socket_connection_get_socket (publisher->connection);
  const guint8 *data;
  gsize size;

  while (!publisher->closed && (data = rtmp_session_peek_output (publisher->session, &size)) &&
         size > 0) {
    gssize n = g_socket_send (socket, (const gchar *)data, size, NULL, NULL);

    if (n <= 0)
      publisher->closed = TRUE;
    else
      rtmp_session_consume_output (publisher->session, n);
  }
}

static gboolean
has_output (TestPublisher *publisher)
{
  gsize size = 0;

  rtmp_session_peek_output (publisher->session, &size);
  return size > 0;
}

/* What is read may have to be answered. */
gboolean
test_publisher_flush (TestPublisher *publisher)
{
  do {
    write_all (publisher);
    read_pending (publisher);
  } while (!publisher->closed && has_output (publisher));
  return !publisher->closed;
}

static GSocketConnection *
connect_to (guint16 port)
{
  g_autoptr (GSocketClient) client = g_socket_client_new ();
  g_autoptr (GSocketAddress) address =
      g_inet_socket_address_new_from_string ("127.0.0.1", port);

  g_socket_client_set_timeout (client, TIMEOUT_S);
  g_socket_client_set_enable_proxy (client, FALSE);
  return g_socket_client_connect (client, G_SOCKET_CONNECTABLE (address), NULL, NULL);
}

TestPublisher *
test_publisher_try_new (guint16 port, const gchar *application, const gchar *key)
{
  GSocketConnection *connection = connect_to (port);
  TestPublisher *publisher = g_new0 (TestPublisher, 1);
  RtmpSessionConfig config = {
    .role = RTMP_SESSION_PUBLISHER,
    .limits = rtmp_limits_default (),
    .now_us = g_get_monotonic_time (),
    .application = application,
    .tc_url = "rtmp://127.0.0.1/test",
    .stream = key,
  };

  if (connection == NULL) {
    g_free (publisher);
    return NULL;
  }
  publisher->connection = connection;
  publisher->session = rtmp_session_new (&config);
  while (test_publisher_flush (publisher) && publisher->msid == 0 && publisher->status == NULL)
    read_some (publisher);
  test_publisher_flush (publisher);
  return publisher;
}

TestPublisher *
test_publisher_new (guint16 port, const gchar *application, const gchar *key)
{
  TestPublisher *publisher = test_publisher_try_new (port, application, key);

  g_assert_nonnull (publisher);
  return publisher;
}

void
test_publisher_free (TestPublisher *publisher)
{
  g_object_unref (publisher->connection);
  rtmp_session_free (publisher->session);
  g_free (publisher->status);
  g_free (publisher->description);
  g_free (publisher);
}

static void
queue_message (TestPublisher *publisher, RtmpMessage *message)
{
  rtmp_session_send (publisher->session, message);
  rtmp_message_unref (message);
}

gboolean
test_publisher_send (
    TestPublisher *publisher, guint8 type, guint32 timestamp, const guint8 *data, gsize size)
{
  if (publisher->closed)
    return FALSE;
  queue_message (
      publisher, rtmp_message_new_copy (type, timestamp, publisher->msid, data, size));
  return test_publisher_flush (publisher);
}

gboolean
test_publisher_send_some (TestPublisher *publisher, guint8 type, guint32 timestamp,
    const guint8 *data, gsize size, guint stall_ms)
{
  GSocket *socket = g_socket_connection_get_socket (publisher->connection);
  gboolean sent;

  g_socket_set_timeout (socket, 0);
  queue_message (
      publisher, rtmp_message_new_copy (type, timestamp, publisher->msid, data, size));
  while (rtmp_session_peek_output (publisher->session, &size) && size > 0) {
    gssize n;

    if (!g_socket_condition_timed_wait (socket, G_IO_OUT, (gint64)stall_ms * 1000, NULL, NULL))
      break;
    g_socket_set_blocking (socket, FALSE);
    data = rtmp_session_peek_output (publisher->session, &size);
    n = g_socket_send (socket, (const gchar *)data, size, NULL, NULL);
    g_socket_set_blocking (socket, TRUE);
    if (n < 0)
      break;
    rtmp_session_consume_output (publisher->session, n);
  }
  rtmp_session_peek_output (publisher->session, &size);
  sent = size == 0;
  g_socket_set_timeout (socket, TIMEOUT_S);
  return sent;
}

gboolean
test_publisher_send_hex (
    TestPublisher *publisher, guint8 type, guint32 timestamp, const gchar *hex)
{
  g_autoptr (GBytes) bytes = hex_to_bytes (hex);
  gsize size;
  const guint8 *data = g_bytes_get_data (bytes, &size);

  return test_publisher_send (publisher, type, timestamp, data, size);
}

gboolean
test_publisher_send_metadata (
    TestPublisher *publisher, gboolean video, gboolean audio, const gchar *encoder)
{
  RtmpAmf *object = rtmp_amf_new_ecma_array ();

  if (video)
    rtmp_amf_set_number (object, "videocodecid", 7);
  if (audio)
    rtmp_amf_set_number (object, "audiocodecid", 10);
  rtmp_amf_set_string (object, "encoder", encoder);
  queue_message (publisher, rtmp_data_new (publisher->msid, 0, "@setDataFrame",
                                rtmp_amf_new_string ("onMetaData"), object, NULL));
  return test_publisher_flush (publisher);
}

gboolean
test_publisher_send_text (TestPublisher *publisher, guint32 timestamp, const gchar *text)
{
  queue_message (publisher, rtmp_data_new (publisher->msid, timestamp, "onTextData",
                                rtmp_amf_new_string (text), NULL));
  return test_publisher_flush (publisher);
}

gboolean
test_publisher_send_video_header (TestPublisher *publisher, gboolean high)
{
  return test_publisher_send_hex (publisher, RTMP_TYPE_VIDEO, 0,
      high ? "1700000000"
             "0164000dffe100196764000dacd94141fb011000000300100000030320f142996001000668ebe3"
             "cb22c0fdf8f800"
           : "1700000000"
             "0142c00affe100166742c00ad902c4ec0440000003004000000783c4899201000568cb83cb20");
}

gboolean
test_publisher_send_audio_header (TestPublisher *publisher)
{
  return test_publisher_send_hex (publisher, RTMP_TYPE_AUDIO, 0, "af001210");
}

gboolean
test_publisher_send_video (TestPublisher *publisher, guint32 timestamp, gboolean keyframe,
    gint composition_ms, guint32 number)
{
  guint8 data[5 + 4 + 6] = { keyframe ? 0x17 : 0x27, 1, 0, 0, 0, 0, 0, 0, 6,
    keyframe ? 0x65 : 0x41, 0x88 };

  rtmp_put_u24 (data + 2, composition_ms & 0xffffff);
  rtmp_put_u32 (data + 11, number);
  return test_publisher_send (publisher, RTMP_TYPE_VIDEO, timestamp, data, sizeof data);
}

gboolean
test_publisher_send_audio (TestPublisher *publisher, guint32 timestamp, guint32 number)
{
  guint8 data[2 + 4] = { 0xaf, 1 };

  rtmp_put_u32 (data + 2, number);
  return test_publisher_send (publisher, RTMP_TYPE_AUDIO, timestamp, data, sizeof data);
}

gboolean
test_publisher_send_both (TestPublisher *publisher, guint32 start_ms, guint seconds)
{
  gboolean ok;
  guint i;

  ok = test_publisher_send_metadata (publisher, TRUE, TRUE, "test") &&
       test_publisher_send_video_header (publisher, FALSE) &&
       test_publisher_send_audio_header (publisher);
  for (i = 0; ok && i < seconds * 25; i++) {
    guint32 timestamp = start_ms + i * 40;

    ok = test_publisher_send_video (publisher, timestamp, i % 25 == 0, 0, i) &&
         test_publisher_send_audio (publisher, timestamp, 2 * i) &&
         test_publisher_send_audio (publisher, timestamp + 20, 2 * i + 1);
  }
  return ok;
}

void
test_publisher_finish (TestPublisher *publisher)
{
  rtmp_session_finish (publisher->session);
  test_publisher_flush (publisher);
  g_socket_shutdown (g_socket_connection_get_socket (publisher->connection), FALSE, TRUE, NULL);
  test_publisher_wait_closed (publisher);
}

void
test_publisher_wait_closed (TestPublisher *publisher)
{
  while (!publisher->closed)
    read_some (publisher);
}
