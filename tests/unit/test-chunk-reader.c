/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * RtmpChunkReader: limits, calling rules, memory. What it makes of bytes is in
 * the golden cases and the vectors.
 */
#include "chunk-log.h"
#include "protocol/rtmp-bytes.h"
#include "protocol/rtmp-error.h"

#include <malloc.h>
#include <string.h>

/* At once and byte by byte; both must agree. */
static gchar *
read_text (const ChunkLogOptions *base, const gchar *text)
{
  ChunkLogOptions options = *base;
  GByteArray *bytes = chunk_log_parse_bytes (text);
  gchar *whole, *single;

  options.split = G_MAXSIZE;
  whole = chunk_log (&options, bytes->data, bytes->len);
  options.split = 1;
  single = chunk_log (&options, bytes->data, bytes->len);
  g_assert_cmpstr (single, ==, whole);
  g_free (single);
  g_byte_array_unref (bytes);
  return whole;
}

static void
assert_reads (const ChunkLogOptions *options, const gchar *text, const gchar *expected)
{
  gchar *log = read_text (options, text);

  g_assert_cmpstr (log, ==, expected);
  g_free (log);
}

static void
assert_log_has (const ChunkLogOptions *options, const gchar *text, const gchar *part)
{
  gchar *log = read_text (options, text);

  if (strstr (log, part) == NULL)
    g_error ("'%s' is not in: %s", part, log);
  g_free (log);
}

static const guint8 all_types[] = { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 15, 16, 17, 18, 19, 20,
  21, 22, 23, 255 };

static guint32 *
limit_of_type (RtmpLimits *limits, guint8 type)
{
  if (type == 9 || type == 22)
    return &limits->max_video_size;
  if (type == 8)
    return &limits->max_audio_size;
  if (type == 20 || type == 17)
    return &limits->max_command_size;
  if (type >= 1 && type <= 6)
    return &limits->max_control_size;
  return &limits->max_data_size;
}

static void
test_message_limits (void)
{
  guint i;
  gint d;

  for (i = 0; i < G_N_ELEMENTS (all_types); i++) {
    for (d = -1; d <= 1; d++) {
      guint8 type = all_types[i];
      ChunkLogOptions options;
      gchar *text, *expected;

      chunk_log_options_init (&options);
      options.limits.max_video_size = options.limits.max_audio_size = 10;
      options.limits.max_data_size = options.limits.max_command_size = 10;
      options.limits.max_control_size = 10;
      *limit_of_type (&options.limits, type) = 50;

      text = g_strdup_printf ("03 000001 %06x %02x 00000000 07*%d", 50 + d, type, 50 + d);
      if (d <= 0)
        expected = g_strdup_printf (
            "csid 3 type %u msid 0 time 1 size %d: 07*%d\n", type, 50 + d, 50 + d);
      else
        expected = g_strdup_printf (
            "error limit: message too long: type %u, 51 bytes, limit 50\n", type);
      /* a chunk size message of these bytes is fine: 0x07070707 */
      if (type == 1 && d <= 0) {
        gchar *more = g_strconcat (expected, "chunk-size 117901063\n", NULL);

        g_free (expected);
        expected = more;
      }
      assert_reads (&options, text, expected);
      g_free (text);
      g_free (expected);
    }
  }
}

/* The length of a fmt 2 or 3 was checked with its fmt 0, but limits may sink. */
static void
test_limits_sink (void)
{
  RtmpLimits low = *rtmp_limits_default ();
  ChunkLogOptions options;
  RtmpChunkReader *reader;
  GByteArray *bytes = chunk_log_parse_bytes ("04 000000 00000a 08 01000000 33*10");
  GString *log = g_string_new (NULL);
  static const guint8 next[] = { 0xc4 };

  chunk_log_options_init (&options);
  reader = rtmp_chunk_reader_new (&options.limits);
  g_assert_true (chunk_log_push (reader, &options, bytes->data, bytes->len, log));
  low.max_audio_size = 9;
  rtmp_chunk_reader_set_limits (reader, &low);
  g_assert_false (chunk_log_push (reader, &options, next, 1, log));
  g_assert_nonnull (strstr (log->str, "error limit: message too long"));
  rtmp_chunk_reader_free (reader);
  g_string_free (log, TRUE);
  g_byte_array_unref (bytes);
}

static void
test_chunk_streams (void)
{
  const gchar *two = "04 000000 000001 08 01000000 11 05 000000 000001 08 01000000 12 ";
  const gchar *both = "csid 4 type 8 msid 1 time 0 size 1: 11\n"
                      "csid 5 type 8 msid 1 time 0 size 1: 12\n";
  gchar *text = g_strconcat (two, "84 000000 21", NULL);
  gchar *three = g_strconcat (two, "01 ffff 000000 000001 08 01000000 13", NULL);
  gchar *expected = g_strconcat (both, "csid 4 type 8 msid 1 time 0 size 1: 21\n", NULL);
  ChunkLogOptions options;

  chunk_log_options_init (&options);
  options.limits.max_chunk_streams = 2;
  assert_reads (&options, text, expected);
  assert_log_has (&options, three, "error limit: too many chunk streams: limit 2");
  options.limits.max_chunk_streams = 3;
  assert_log_has (&options, three, "csid 65599 type 8 msid 1 time 0 size 1: 13\n");
  options.limits.max_chunk_streams = 1;
  assert_log_has (&options, two, "error limit: too many chunk streams: limit 1");
  g_free (text);
  g_free (three);
  g_free (expected);
}

static void
test_partial_limit (void)
{
  const gchar *text = "06 000000 000100 09 01000000 11*128 "
                      "04 000000 000020 08 01000000 12*32";
  ChunkLogOptions options;

  chunk_log_options_init (&options);
  options.limits.max_partial_bytes = 159;
  assert_reads (
      &options, text, "error limit: too many bytes of incomplete messages: limit 159\n");
  options.limits.max_partial_bytes = 160;
  assert_reads (&options, text, "csid 4 type 8 msid 1 time 0 size 32: 12*32\npartial 128\n");
  options.limits.max_partial_bytes = 161;
  assert_reads (&options, text, "csid 4 type 8 msid 1 time 0 size 32: 12*32\npartial 128\n");
}

/* The same where the chunks of one message lie ready. */
static void
test_partial_limit_in_one (void)
{
  const gchar *text = "06 000000 000190 09 01000000 11*128 c6 12*128 c6 13*128 c6 14*16";
  const gchar *whole = "csid 6 type 9 msid 1 time 0 size 400: 11*128 12*128 13*128 14*16\n";
  ChunkLogOptions options;
  guint max;

  chunk_log_options_init (&options);
  for (max = 100; max < 400; max += 1) {
    gchar *expected =
        g_strdup_printf ("error limit: too many bytes of incomplete messages: limit %u\n", max);

    options.limits.max_partial_bytes = max;
    assert_reads (&options, text, expected);
    g_free (expected);
  }
  options.limits.max_partial_bytes = 400;
  assert_reads (&options, text, whole);
}

static void
push_text (RtmpChunkReader *reader, const gchar *text)
{
  GByteArray *bytes = chunk_log_parse_bytes (text);
  ChunkLogOptions options;
  GString *log = g_string_new (NULL);

  chunk_log_options_init (&options);
  g_assert_true (chunk_log_push (reader, &options, bytes->data, bytes->len, log));
  g_string_free (log, TRUE);
  g_byte_array_unref (bytes);
}

static void
test_partial_count (void)
{
  RtmpChunkReader *reader = rtmp_chunk_reader_new (rtmp_limits_default ());

  g_assert_cmpuint (rtmp_chunk_reader_get_partial (reader), ==, 0);
  push_text (reader, "06 000000 000100 09 01000000 11*100");
  g_assert_cmpuint (rtmp_chunk_reader_get_partial (reader), ==, 100);
  push_text (reader, "11*28 04 000000 000090 08 01000000 12*128");
  g_assert_cmpuint (rtmp_chunk_reader_get_partial (reader), ==, 256);
  g_assert_cmpuint (rtmp_chunk_reader_get_n_streams (reader), ==, 2);
  /* abort of one, end of the other */
  push_text (reader, "02 000000 000004 02 00000000 00000004");
  g_assert_cmpuint (rtmp_chunk_reader_get_partial (reader), ==, 128);
  push_text (reader, "c6 11*128");
  g_assert_cmpuint (rtmp_chunk_reader_get_partial (reader), ==, 0);
  g_assert_cmpuint (rtmp_chunk_reader_get_n_streams (reader), ==, 3);
  rtmp_chunk_reader_free (reader);
}

static void
test_small_chunks (void)
{
  RtmpChunkReader *reader = rtmp_chunk_reader_new (rtmp_limits_default ());

  rtmp_chunk_reader_set_chunk_size (reader, 16);
  push_text (reader, "06 000000 000028 09 01000000 11*16 c6 11*16");
  g_assert_cmpuint (rtmp_chunk_reader_get_small_chunks (reader), ==, 0);
  push_text (reader, "c6 11*8");
  g_assert_cmpuint (rtmp_chunk_reader_get_small_chunks (reader), ==, 1);
  rtmp_chunk_reader_set_chunk_size (reader, 15);
  push_text (reader, "06 000000 00002d 09 01000000 11*15 c6 11*15 c6 11*15");
  g_assert_cmpuint (rtmp_chunk_reader_get_small_chunks (reader), ==, 3);
  rtmp_chunk_reader_free (reader);
}

/* One message per push, and none while one waits. */
static void
test_calling_rules (void)
{
  RtmpChunkReader *reader = rtmp_chunk_reader_new (rtmp_limits_default ());
  GByteArray *bytes = chunk_log_parse_bytes ("04 000000 000002 08 01000000 af01 c4 af02 c4");
  RtmpMessage *message;
  GError *error = NULL;

  g_assert_null (rtmp_chunk_reader_pull (reader));
  g_assert_cmpint (rtmp_chunk_reader_push (reader, NULL, 0, &error), ==, 0);
  g_assert_cmpint (rtmp_chunk_reader_push (reader, bytes->data, bytes->len, &error), ==, 14);
  g_assert_cmpint (rtmp_chunk_reader_push (reader, bytes->data + 14, 4, &error), ==, 0);
  message = rtmp_chunk_reader_pull (reader);
  g_assert_cmpuint (message->size, ==, 2);
  g_assert_cmpuint (message->flags, ==, 0);
  g_assert_cmpuint (message->codec, ==, 0);
  rtmp_message_unref (message);
  g_assert_null (rtmp_chunk_reader_pull (reader));
  g_assert_cmpint (rtmp_chunk_reader_push (reader, bytes->data + 14, 4, &error), ==, 3);
  g_assert_no_error (error);
  /* freed with a message that nobody pulled, and one begun */
  rtmp_chunk_reader_free (reader);

  reader = rtmp_chunk_reader_new (rtmp_limits_default ());
  g_assert_cmpint (rtmp_chunk_reader_push (reader, bytes->data, 13, &error), ==, 13);
  rtmp_chunk_reader_free (reader);
  g_byte_array_unref (bytes);
}

/* Bytes taken for an extended timestamp hold whole messages: pull finds them. */
static void
test_replayed_message (void)
{
  ChunkLogOptions options;

  chunk_log_options_init (&options);
  options.chunk_size = 1;
  /* csid 4 has a header with length 0, so c4 alone is a message; csid 6's field
   * begins with 44 c4 c4 */
  assert_reads (&options,
      "04 000009 000000 08 01000000 06 ffffff 000002 09 01000000 44c4c400 11 c6 44 c4 c4 c4",
      "csid 4 type 8 msid 1 time 9 size 0\n"
      "csid 6 type 9 msid 1 time 1153745920 size 2: 1144\n"
      "csid 4 type 8 msid 1 time 18 size 0\n"
      "csid 4 type 8 msid 1 time 27 size 0\n"
      "csid 4 type 8 msid 1 time 36 size 0\n");
}

/* ... also when the slice ends there, and when an error is among them. */
static void
test_replayed_end (void)
{
  const gchar *begin =
      "04 000009 000000 08 01000000 06 ffffff 000002 09 01000000 44c4c911 11 c6 44 c4";
  ChunkLogOptions options;
  gchar *text = g_strconcat (begin, " c4", NULL);

  chunk_log_options_init (&options);
  options.chunk_size = 1;
  assert_reads (&options, text,
      "csid 4 type 8 msid 1 time 9 size 0\n"
      "csid 6 type 9 msid 1 time 1153747217 size 2: 1144\n"
      "csid 4 type 8 msid 1 time 18 size 0\n"
      "csid 4 type 8 msid 1 time 27 size 0\n");
  g_free (text);
  text = g_strconcat (begin, " c9 c4", NULL);
  assert_reads (&options, text,
      "csid 4 type 8 msid 1 time 9 size 0\n"
      "csid 6 type 9 msid 1 time 1153747217 size 2: 1144\n"
      "csid 4 type 8 msid 1 time 18 size 0\n"
      "error protocol: fresh chunk stream must start with fmt 0: csid 9, fmt 3\n");
  g_free (text);
}

static void
test_strict (void)
{
  const gchar *text = "49 000005 000002 08 af01";
  ChunkLogOptions options;

  chunk_log_options_init (&options);
  assert_reads (&options, text, "csid 9 type 8 msid 0 time 5 size 2: af01\n");
  options.strict = TRUE;
  assert_reads (&options, text,
      "error protocol: fresh chunk stream must start with fmt 0: csid 9, fmt 1\n");
}

static void
test_fresh_fmt3 (void)
{
  ChunkLogOptions options;

  chunk_log_options_init (&options);
  assert_reads (&options, "c0 24 00",
      "error protocol: fresh chunk stream must start with fmt 0: csid 100, fmt 3\n");
}

static void
test_fmt3_zero (void)
{
  const gchar *text = "04 00001a 000001 08 01000000 11 c4 12 84 000005 13 c4 14";
  ChunkLogOptions options;

  chunk_log_options_init (&options);
  options.fmt3 = RTMP_FMT3_ZERO;
  assert_reads (&options, text,
      "csid 4 type 8 msid 1 time 26 size 1: 11\ncsid 4 type 8 msid 1 time 26 size 1: 12\n"
      "csid 4 type 8 msid 1 time 31 size 1: 13\ncsid 4 type 8 msid 1 time 36 size 1: 14\n");
  options.fmt3 = RTMP_FMT3_REPEAT;
  assert_reads (&options, text,
      "csid 4 type 8 msid 1 time 26 size 1: 11\ncsid 4 type 8 msid 1 time 52 size 1: 12\n"
      "csid 4 type 8 msid 1 time 57 size 1: 13\ncsid 4 type 8 msid 1 time 62 size 1: 14\n");
}

static void
test_chunk_size_values (void)
{
  ChunkLogOptions options;

  chunk_log_options_init (&options);
  assert_log_has (&options, "02 000000 000004 01 00000000 00000001", "chunk-size 1\n");
  assert_log_has (&options, "02 000000 000004 01 00000000 7fffffff", "chunk-size 2147483647\n");
  assert_log_has (&options, "02 000000 000004 01 00000000 80000000",
      "error protocol: chunk size top bit set");
  /* a tail is ignored, and so is what is too short */
  assert_log_has (&options, "02 000000 000005 01 00000000 0000010000", "chunk-size 256\n");
  assert_reads (&options, "02 000000 000003 01 00000000 000001",
      "csid 2 type 1 msid 0 time 0 size 3: 000001\n");
  assert_reads (&options, "02 000000 000003 02 00000000 000001",
      "csid 2 type 2 msid 0 time 0 size 3: 000001\n");
}

static void
test_chunk_size_setter (void)
{
  RtmpChunkReader *reader = rtmp_chunk_reader_new (rtmp_limits_default ());

  g_assert_cmpuint (rtmp_chunk_reader_get_chunk_size (reader), ==, 128);
  rtmp_chunk_reader_set_chunk_size (reader, 0);
  g_assert_cmpuint (rtmp_chunk_reader_get_chunk_size (reader), ==, 1);
  rtmp_chunk_reader_set_chunk_size (reader, G_MAXUINT32);
  g_assert_cmpuint (rtmp_chunk_reader_get_chunk_size (reader), ==, G_MAXINT32);
  rtmp_chunk_reader_free (reader);
}

/* An announced length allocates nothing: 64 messages of 16 MiB cost what came. */
static void
test_memory (void)
{
  RtmpLimits limits = *rtmp_limits_default ();
  gsize before = mallinfo2 ().uordblks + mallinfo2 ().hblkhd;
  RtmpChunkReader *reader;
  guint csid;

  limits.max_video_size = 0xffffff;
  reader = rtmp_chunk_reader_new (&limits);
  for (csid = 3; csid < 67; csid++) {
    guint8 bytes[16] = { csid, 0, 0, 0, 0xff, 0xff, 0xff, 9, 1, 0, 0, 0, 0x11 };
    guint size = 13;

    if (csid >= 64) {
      memmove (bytes + 2, bytes + 1, 12);
      bytes[0] = 0;
      bytes[1] = csid - 64;
      size++;
    }
    rtmp_chunk_reader_set_chunk_size (reader, 1);
    g_assert_cmpint (rtmp_chunk_reader_push (reader, bytes, size, NULL), ==, size);
  }
  g_assert_cmpuint (rtmp_chunk_reader_get_partial (reader), ==, 64);
  g_assert_cmpuint (rtmp_chunk_reader_get_n_streams (reader), ==, 64);
  /* under a sanitizer these are 0 */
  g_assert_cmpuint (
      mallinfo2 ().uordblks + mallinfo2 ().hblkhd - before, <, 64 * (4096 + 512) + 16384);
  rtmp_chunk_reader_free (reader);
}

static void
test_long_message (void)
{
  RtmpChunkReader *reader = rtmp_chunk_reader_new (rtmp_limits_default ());
  gsize size = 4 * 1024 * 1024, at = 0, i;
  guint8 *data = g_malloc (12 + size + size / 128);
  gsize total = 12;
  RtmpMessage *message;
  gsize body_size;
  const guint8 *body;

  memcpy (data, "\x06\0\0\1\0\0\0\x09\1\0\0\0", 12);
  rtmp_put_u24 (data + 4, size);
  for (i = 0; i < size; i++) {
    if (i > 0 && i % 128 == 0)
      data[total++] = 0xc6;
    data[total++] = i * 7 + (i >> 8);
  }
  while (at < total) {
    gssize n = rtmp_chunk_reader_push (reader, data + at, MIN (65536, total - at), NULL);

    g_assert_cmpint (n, >, 0);
    at += n;
  }
  message = rtmp_chunk_reader_pull (reader);
  body = rtmp_message_peek (message, &body_size);
  g_assert_cmpuint (body_size, ==, size);
  g_assert_cmpuint (message->allocated, ==, size);
  for (i = 0; i < size; i++) {
    if (body[i] != (guint8)(i * 7 + (i >> 8)))
      g_error ("byte %" G_GSIZE_FORMAT " differs", i);
  }
  rtmp_message_unref (message);
  rtmp_chunk_reader_free (reader);
  g_free (data);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/chunk-reader/message-limits", test_message_limits);
  g_test_add_func ("/chunk-reader/limits-sink", test_limits_sink);
  g_test_add_func ("/chunk-reader/chunk-streams", test_chunk_streams);
  g_test_add_func ("/chunk-reader/partial-limit", test_partial_limit);
  g_test_add_func ("/chunk-reader/partial-limit-in-one", test_partial_limit_in_one);
  g_test_add_func ("/chunk-reader/partial-count", test_partial_count);
  g_test_add_func ("/chunk-reader/small-chunks", test_small_chunks);
  g_test_add_func ("/chunk-reader/calling-rules", test_calling_rules);
  g_test_add_func ("/chunk-reader/replayed-message", test_replayed_message);
  g_test_add_func ("/chunk-reader/replayed-end", test_replayed_end);
  g_test_add_func ("/chunk-reader/strict", test_strict);
  g_test_add_func ("/chunk-reader/fresh-fmt3", test_fresh_fmt3);
  g_test_add_func ("/chunk-reader/fmt3-zero", test_fmt3_zero);
  g_test_add_func ("/chunk-reader/chunk-size-values", test_chunk_size_values);
  g_test_add_func ("/chunk-reader/chunk-size-setter", test_chunk_size_setter);
  g_test_add_func ("/chunk-reader/memory", test_memory);
  g_test_add_func ("/chunk-reader/long-message", test_long_message);
  return g_test_run ();
}
