/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Aggregates: what is unpacked, what is skipped, what is an error.
 */
#include "chunk-log.h"
#include "protocol/rtmp-aggregate.h"
#include "protocol/rtmp-error.h"

/* Unpacks the body in @text, as own memory or behind a prefix; as log lines. */
static gchar *
unpack (const gchar *text, gsize prefix_size, guint max)
{
  RtmpLimits limits = *rtmp_limits_default ();
  GByteArray *bytes = chunk_log_parse_bytes (text);
  GPtrArray *out = g_ptr_array_new_with_free_func ((GDestroyNotify)rtmp_message_unref);
  GString *log = g_string_new (NULL);
  GError *error = NULL;
  RtmpMessage *aggregate;
  guint i;

  limits.max_aggregate_messages = max;
  if (prefix_size > 0)
    aggregate = rtmp_message_new_foreign (RTMP_TYPE_AGGREGATE, 70000, bytes->data, prefix_size,
        bytes->data + prefix_size, bytes->len - prefix_size, NULL, NULL);
  else
    aggregate = rtmp_message_new_copy (RTMP_TYPE_AGGREGATE, 70000, 3, bytes->data, bytes->len);
  aggregate->msid = 3;
  aggregate->csid = 9;
  aggregate->arrival_us = 77;

  if (rtmp_aggregate_unpack (aggregate, &limits, out, &error))
    g_assert_no_error (error);
  for (i = 0; i < out->len; i++) {
    RtmpMessage *message = g_ptr_array_index (out, i);

    g_assert_cmpint (message->arrival_us, ==, 77);
    chunk_log_message (log, message);
  }
  if (error != NULL) {
    g_assert_true (error->domain == RTMP_ERROR);
    g_string_append_printf (log, "error %d\n", error->code);
    g_error_free (error);
  }
  rtmp_message_unref (aggregate);
  g_ptr_array_unref (out);
  g_byte_array_unref (bytes);
  return g_string_free (log, FALSE);
}

static void
check_max (const gchar *text, guint max, const gchar *expected)
{
  gchar *log = unpack (text, 0, max);

  g_assert_cmpstr (log, ==, expected);
  g_free (log);
  if (*text != '\0') {
    log = unpack (text, 1, max);
    g_assert_cmpstr (log, ==, expected);
    g_free (log);
  }
}

static void
check (const gchar *text, const gchar *expected)
{
  check_max (text, 1024, expected);
}

#define AUDIO "08 000002 001388 00 000000 af01 0000000d "
#define AUDIO_LOG "csid 9 type 8 msid 3 time 70000 size 2: af01\n"
#define VIDEO "09 000003 001395 00 000000 270102 0000000e "
#define VIDEO_LOG "csid 9 type 9 msid 3 time 70013 size 3: 270102\n"
/* as VIDEO_LOG, as the first */
#define VIDEO_FIRST_LOG "csid 9 type 9 msid 3 time 70000 size 3: 270102\n"

static void
test_empty (void)
{
  check ("", "");
}

static void
test_several (void)
{
  check (AUDIO, AUDIO_LOG);
  check (AUDIO VIDEO, AUDIO_LOG VIDEO_LOG);
  /* the first sets the clock, also for what is before it */
  check (VIDEO AUDIO, VIDEO_FIRST_LOG "csid 9 type 8 msid 3 time 69987 size 2: af01\n");
}

static void
test_types (void)
{
  static const gchar *const texts[] = { "0f 000001 000000 00 000000 11 00000000",
    "12 000001 000000 00 000000 11 00000000", "14 000001 000000 00 000000 11 00000000" };
  static const guint types[] = { 15, 18, 20 };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (texts); i++) {
    gchar *expected =
        g_strdup_printf ("csid 9 type %u msid 3 time 70000 size 1: 11\n", types[i]);

    check (texts[i], expected);
    g_free (expected);
  }
}

/* Control, unknown and nested aggregates; they count for the clock. */
static void
test_skipped (void)
{
  check ("01 000004 000000 00 000000 00000001 00000000", "");
  check ("07 000004 000000 00 000000 00000001 00000000", "");
  check ("16 000011 001388 00 000000 " AUDIO "00000000 " VIDEO, VIDEO_LOG);
}

static void
test_extended_timestamps (void)
{
  check ("08 000001 fffff0 00 000000 11 00000000 08 000001 000010 01 000000 12 00000000",
      "csid 9 type 8 msid 3 time 70000 size 1: 11\n"
      "csid 9 type 8 msid 3 time 70032 size 1: 12\n");
}

static void
test_no_body (void)
{
  check ("08 000000 001388 00 000000 0000000b" VIDEO,
      "csid 9 type 8 msid 3 time 70000 size 0\n" VIDEO_LOG);
}

static void
test_back_pointer (void)
{
  /* absent, cut off, and nonsense */
  check ("08 000002 001388 00 000000 af01", AUDIO_LOG);
  check ("08 000002 001388 00 000000 af01 00", AUDIO_LOG);
  check ("08 000002 001388 00 000000 af01 ffffffff" VIDEO, AUDIO_LOG VIDEO_LOG);
}

static void
test_cut (void)
{
  check (AUDIO "09", AUDIO_LOG "error 0\n");
  check (AUDIO "09 000003 001395 00 0000", AUDIO_LOG "error 0\n");
  check (AUDIO "09 000003 001395 00 000000", AUDIO_LOG "error 0\n");
  check (AUDIO "09 000003 001395 00 000000 2701", AUDIO_LOG "error 0\n");
  check (AUDIO "09 ffffff 001395 00 000000 270101", AUDIO_LOG "error 0\n");
}

static void
test_limit (void)
{
  check_max (AUDIO VIDEO, 1, AUDIO_LOG "error 1\n");
  check_max (AUDIO VIDEO, 2, AUDIO_LOG VIDEO_LOG);
  check_max (AUDIO VIDEO, 3, AUDIO_LOG VIDEO_LOG);
}

int
main (int argc, char *argv[])
{
  g_assert_cmpint (RTMP_ERROR_PROTOCOL, ==, 0);
  g_assert_cmpint (RTMP_ERROR_LIMIT, ==, 1);
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/aggregate/empty", test_empty);
  g_test_add_func ("/aggregate/several", test_several);
  g_test_add_func ("/aggregate/types", test_types);
  g_test_add_func ("/aggregate/skipped", test_skipped);
  g_test_add_func ("/aggregate/extended-timestamps", test_extended_timestamps);
  g_test_add_func ("/aggregate/no-body", test_no_body);
  g_test_add_func ("/aggregate/back-pointer", test_back_pointer);
  g_test_add_func ("/aggregate/cut", test_cut);
  g_test_add_func ("/aggregate/limit", test_limit);
  return g_test_run ();
}
