/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Control messages: each form built, parsed back, and cut short.
 */
#include "chunk-log.h"
#include "protocol/rtmp-bytes.h"
#include "protocol/rtmp-control.h"

static gboolean
parse_cut (const RtmpMessage *message, gsize size, RtmpControl *control)
{
  RtmpMessage *cut = rtmp_message_new (message->type, 0, 0);
  gboolean ok;
  gsize have;

  rtmp_message_append (cut, rtmp_message_peek (message, &have), size, 0);
  ok = rtmp_control_parse (cut, control);
  rtmp_message_unref (cut);
  return ok;
}

/* @message (taken) has @body, parses at that size and longer, not shorter. */
static RtmpControl
check (RtmpMessage *message, const gchar *body)
{
  GByteArray *bytes = chunk_log_parse_bytes (body);
  RtmpControl control, longer;
  gsize size;
  const guint8 *data = rtmp_message_peek (message, &size);

  g_assert_cmpmem (data, size, bytes->data, bytes->len);
  g_assert_cmpuint (message->csid, ==, RTMP_CSID_CONTROL);
  g_assert_cmpuint (message->msid, ==, 0);
  g_assert_cmpuint (message->timestamp, ==, 0);

  g_assert_true (rtmp_control_parse (message, &control));
  g_assert_cmpuint (control.type, ==, message->type);
  g_assert_false (parse_cut (message, size - 1, &longer));
  g_assert_false (parse_cut (message, 0, &longer));
  rtmp_message_append (message, (const guint8 *)"\x55\x55", 2, 0);
  g_assert_true (rtmp_control_parse (message, &longer));
  g_assert_cmpmem (&control, sizeof control, &longer, sizeof longer);

  rtmp_message_unref (message);
  g_byte_array_unref (bytes);
  return control;
}

static void
test_values (void)
{
  static const RtmpType types[] = { RTMP_TYPE_SET_CHUNK_SIZE, RTMP_TYPE_ABORT, RTMP_TYPE_ACK,
    RTMP_TYPE_WINDOW_ACK_SIZE };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (types); i++) {
    RtmpControl control = check (rtmp_control_new (types[i], 0x81020304), "81020304");

    g_assert_cmpuint (control.type, ==, types[i]);
    g_assert_cmpuint (control.value, ==, 0x81020304);
  }
}

static void
test_peer_bandwidth (void)
{
  RtmpControl control = check (rtmp_control_new_peer_bandwidth (2500000, 2), "002625a0 02");

  g_assert_cmpuint (control.type, ==, RTMP_TYPE_SET_PEER_BANDWIDTH);
  g_assert_cmpuint (control.value, ==, 2500000);
  g_assert_cmpuint (control.limit_type, ==, 2);
}

static void
test_events (void)
{
  static const RtmpControlEvent events[] = { RTMP_CONTROL_STREAM_BEGIN, RTMP_CONTROL_STREAM_EOF,
    RTMP_CONTROL_STREAM_DRY, RTMP_CONTROL_STREAM_IS_RECORDED, RTMP_CONTROL_PING_REQUEST,
    RTMP_CONTROL_PING_RESPONSE, RTMP_CONTROL_BUFFER_EMPTY, RTMP_CONTROL_BUFFER_READY };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (events); i++) {
    gchar *body = g_strdup_printf ("%04x 01020304", events[i]);
    RtmpControl control = check (rtmp_control_new_event (events[i], 0x01020304), body);

    g_assert_cmpuint (control.event, ==, events[i]);
    g_assert_cmpuint (control.event_data, ==, 0x01020304);
    g_free (body);
  }
}

static void
test_buffer_length (void)
{
  RtmpControl control =
      check (rtmp_control_new_buffer_length (1, 3000), "0003 00000001 00000bb8");

  g_assert_cmpuint (control.event, ==, RTMP_CONTROL_SET_BUFFER_LENGTH);
  g_assert_cmpuint (control.event_data, ==, 1);
  g_assert_cmpuint (control.event_data2, ==, 3000);
}

/* FMS's request has one data byte, unknown events may have none. */
static void
test_short_events (void)
{
  static const gchar *const bodies[] = { "\x00\x1a\x01", "\x00\x1b\x01", "\x00\x05",
    "\xff\xff" };
  static const gsize sizes[] = { 3, 3, 2, 2 };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (bodies); i++) {
    RtmpMessage *message =
        rtmp_message_new_copy (RTMP_TYPE_USER_CONTROL, 0, 0, bodies[i], sizes[i]);
    RtmpControl control;

    g_assert_true (rtmp_control_parse (message, &control));
    g_assert_cmpuint (control.event, ==, rtmp_get_u16 ((const guint8 *)bodies[i]));
    g_assert_cmpuint (control.event_data, ==, 0);
    rtmp_message_unref (message);
  }
}

static void
test_not_control (void)
{
  guint type;

  for (type = 0; type < 256; type++) {
    RtmpMessage *message = rtmp_message_new_copy (type, 0, 0, "\0\0\0\0\0\0\0\0\0\0", 10);
    RtmpControl control;

    g_assert_cmpint (rtmp_control_parse (message, &control), ==, type >= 1 && type <= 6);
    rtmp_message_unref (message);
  }
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/control/values", test_values);
  g_test_add_func ("/control/peer-bandwidth", test_peer_bandwidth);
  g_test_add_func ("/control/events", test_events);
  g_test_add_func ("/control/buffer-length", test_buffer_length);
  g_test_add_func ("/control/short-events", test_short_events);
  g_test_add_func ("/control/not-control", test_not_control);
  return g_test_run ();
}
