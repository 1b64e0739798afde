/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * FLV framing: the same tags for any split of the input, limits, garbage.
 */
#include "protocol/rtmp-bytes.h"
#include "protocol/rtmp-error.h"
#include "protocol/rtmp-flv-reader.h"

typedef struct
{
  guint8 type;
  guint32 timestamp;
  gsize size;
} Tag;

static void
put_header (GByteArray *out, guint8 flags, guint32 size)
{
  guint8 header[9] = { 'F', 'L', 'V', 1, flags };
  gsize extra = size > 9 ? size - 9 : 0;

  rtmp_put_u32 (header + 5, size);
  g_byte_array_append (out, header, 9);
  for (; extra > 0; extra--)
    g_byte_array_append (out, (const guint8 *)"x", 1);
  g_byte_array_append (out, (const guint8 *)"\0\0\0\0", 4);
}

static guint8
body_byte (const Tag *tag, gsize i)
{
  return (guint8)(tag->timestamp * 31 + i);
}

/* @back: the back pointer, which must not be looked at. */
static void
put_tag (GByteArray *out, const Tag *tag, guint32 back)
{
  guint8 header[11] = { tag->type };
  guint8 pointer[4];
  gsize i;

  rtmp_put_u24 (header + 1, tag->size);
  rtmp_put_u24 (header + 4, tag->timestamp & 0xffffff);
  header[7] = tag->timestamp >> 24;
  g_byte_array_append (out, header, sizeof header);
  for (i = 0; i < tag->size; i++) {
    guint8 byte = body_byte (tag, i);

    g_byte_array_append (out, &byte, 1);
  }
  rtmp_put_u32 (pointer, back);
  g_byte_array_append (out, pointer, 4);
}

static void
check_tag (RtmpMessage *message, const Tag *tag)
{
  gsize size, i;
  const guint8 *body = rtmp_message_peek (message, &size);

  g_assert_cmpuint (message->type, ==, tag->type);
  g_assert_cmpuint (message->timestamp, ==, tag->timestamp);
  g_assert_cmpuint (message->msid, ==, 1);
  g_assert_cmpuint (size, ==, tag->size);
  for (i = 0; i < size; i++)
    g_assert_cmpuint (body[i], ==, body_byte (tag, i));
}

/* Pushes @bytes in pieces of at most @piece; returns how many tags came. */
static guint
read_all (RtmpFlvReader *reader, const GByteArray *bytes, gsize piece, const Tag *expected,
    guint n_expected)
{
  gsize offset = 0;
  guint n = 0;

  while (offset < bytes->len) {
    gsize size = MIN (piece, bytes->len - offset);
    g_autofree guint8 *exact = g_memdup2 (bytes->data + offset, size);
    g_autoptr (GError) error = NULL;
    gssize used = rtmp_flv_reader_push (reader, exact, size, &error);
    g_autoptr (RtmpMessage) message = rtmp_flv_reader_pull (reader);

    g_assert_no_error (error);
    g_assert_cmpint (used, >, 0);
    offset += used;
    if (message == NULL)
      continue;
    g_assert_cmpuint (n, <, n_expected);
    check_tag (message, &expected[n++]);
  }
  return n;
}

static const Tag tags[] = { { 18, 0, 20 }, { 9, 0, 5 }, { 8, 0, 4 }, { 9, 40, 6000 },
  { 8, 0x01020304, 0 }, { 9, 0xffffffff, 1 }, { 15, 7, 3 } };

static GByteArray *
new_sample (void)
{
  static const Tag unknown = { 6, 1, 50 }, encrypted = { 9 | 0x20, 1, 50 };
  GByteArray *bytes = g_byte_array_new ();
  guint i;

  put_header (bytes, 5, 9);
  for (i = 0; i < G_N_ELEMENTS (tags); i++) {
    put_tag (bytes, &tags[i], i % 2 ? 0 : 0xdeadbeef);
    if (i == 2)
      put_header (bytes, 4, 13);
    if (i == 3)
      put_tag (bytes, &unknown, 0);
    if (i == 4)
      put_tag (bytes, &encrypted, 0);
  }
  return bytes;
}

static void
test_any_split (void)
{
  g_autoptr (GByteArray) bytes = new_sample ();
  gsize piece;

  for (piece = 1; piece <= bytes->len; piece += piece < 300 ? 1 : 97) {
    g_autoptr (RtmpFlvReader) reader = rtmp_flv_reader_new (rtmp_limits_default ());

    g_assert_cmpuint (rtmp_flv_reader_get_flags (reader), ==, 0);
    g_assert_cmpuint (
        read_all (reader, bytes, piece, tags, G_N_ELEMENTS (tags)), ==, G_N_ELEMENTS (tags));
    g_assert_cmpuint (rtmp_flv_reader_get_flags (reader), ==, 4);
  }
}

static void
test_random_split (void)
{
  g_autoptr (GRand) rand = g_rand_new_with_seed (31);
  guint round;

  for (round = 0; round < 300; round++) {
    guint n = g_rand_int_range (rand, 1, 12), i;
    g_autofree Tag *random = g_new0 (Tag, n);
    g_autoptr (GByteArray) bytes = g_byte_array_new ();
    g_autoptr (RtmpFlvReader) reader = rtmp_flv_reader_new (rtmp_limits_default ());

    if (g_rand_boolean (rand))
      put_header (bytes, 1, 9);
    for (i = 0; i < n; i++) {
      random[i].type = g_rand_boolean (rand) ? 8 : 9;
      random[i].timestamp = g_rand_int (rand);
      random[i].size = g_rand_int_range (rand, 0, 500);
      put_tag (bytes, &random[i], g_rand_int (rand));
    }
    g_assert_cmpuint (
        read_all (reader, bytes, g_rand_int_range (rand, 1, 900), random, n), ==, n);
  }
}

static void
test_limits (void)
{
  static const guint8 types[] = { 8, 9, 18, 15 };
  RtmpLimits limits = *rtmp_limits_default ();
  guint i;
  gint step;

  limits.max_audio_size = 100;
  limits.max_video_size = 200;
  limits.max_data_size = 300;
  for (i = 0; i < G_N_ELEMENTS (types); i++) {
    for (step = -1; step <= 1; step++) {
      Tag tag = { types[i], 0, (types[i] == 8 ? 100 : types[i] == 9 ? 200 : 300) + step };
      g_autoptr (GByteArray) bytes = g_byte_array_new ();
      g_autoptr (RtmpFlvReader) reader = rtmp_flv_reader_new (&limits);
      g_autoptr (GError) error = NULL;
      gssize used;

      put_tag (bytes, &tag, 0);
      used = rtmp_flv_reader_push (reader, bytes->data, bytes->len, &error);
      g_assert_true ((used >= 0) == (step <= 0));
      if (step > 0)
        g_assert_error (error, RTMP_ERROR, RTMP_ERROR_LIMIT);
    }
  }
}

static void
test_refused (void)
{
  static const struct
  {
    const gchar *bytes;
    gsize size;
  } cases[] = {
    { "FLV\x01\x05\0\0\0\x08", 9 },
    { "FLV\x01\x05\0\0\x10\x00", 9 },
    { "GET / HTTP/1.1\r\n", 16 },
    { "\0\0\0\0\0\0\0\0\0\0\0", 11 },
  };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (RtmpFlvReader) reader = rtmp_flv_reader_new (rtmp_limits_default ());
    const guint8 *bytes = (const guint8 *)cases[i].bytes;
    g_autoptr (GError) error = NULL, again = NULL;

    g_assert_cmpint (rtmp_flv_reader_push (reader, bytes, cases[i].size, &error), ==, -1);
    g_assert_error (error, RTMP_ERROR, RTMP_ERROR_PROTOCOL);
    g_assert_cmpint (rtmp_flv_reader_push (reader, bytes, 0, &again), ==, -1);
    g_assert_cmpstr (again->message, ==, error->message);
    g_assert_null (rtmp_flv_reader_pull (reader));
  }
}

static void
test_reset (void)
{
  g_autoptr (GByteArray) bytes = new_sample ();
  g_autoptr (RtmpFlvReader) reader = rtmp_flv_reader_new (rtmp_limits_default ());
  gsize size;

  g_assert_cmpint (
      rtmp_flv_reader_push (reader, (const guint8 *)"garbage garbage", 15, NULL), ==, -1);
  for (size = 1; size < 100; size++) {
    rtmp_flv_reader_reset (reader);
    rtmp_flv_reader_push (reader, bytes->data, size, NULL);
  }
  rtmp_flv_reader_reset (reader);
  g_assert_cmpuint (
      read_all (reader, bytes, 1000, tags, G_N_ELEMENTS (tags)), ==, G_N_ELEMENTS (tags));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/flv-reader/any-split", test_any_split);
  g_test_add_func ("/flv-reader/random-split", test_random_split);
  g_test_add_func ("/flv-reader/limits", test_limits);
  g_test_add_func ("/flv-reader/refused", test_refused);
  g_test_add_func ("/flv-reader/reset", test_reset);
  return g_test_run ();
}
