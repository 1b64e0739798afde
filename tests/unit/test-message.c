/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * RtmpMessage: bodies, references, and the wire form from every offset.
 */
#include "protocol/rtmp-bytes.h"
#include "protocol/rtmp-chunk-writer.h"
#include "protocol/rtmp-message.h"

#define MAX_SLICES 64

static guint8 *
make_data (gsize size)
{
  guint8 *data = g_malloc (size + 1);
  gsize i;

  for (i = 0; i < size; i++)
    data[i] = i * 31 + (i >> 8) * 7;
  return data;
}

static void
count_release (gpointer owner)
{
  (*(guint *)owner)++;
}

static RtmpMessage *
make_foreign (guint8 *data, gsize size, gsize prefix_size, guint32 timestamp, guint *released)
{
  guint8 prefix[RTMP_MESSAGE_MAX_PREFIX];

  memset (prefix, 0xee, sizeof prefix);
  return rtmp_message_new_foreign (
      RTMP_TYPE_VIDEO, timestamp, prefix, prefix_size, data, size, count_release, released);
}

static void
test_new (void)
{
  RtmpMessage *message = rtmp_message_new (RTMP_TYPE_COMMAND, 7, 3);
  RtmpSlice slices[2];
  gsize size = 9;

  g_assert_cmpuint (message->type, ==, RTMP_TYPE_COMMAND);
  g_assert_cmpuint (message->timestamp, ==, 7);
  g_assert_cmpuint (message->msid, ==, 3);
  g_assert_cmpuint (message->size, ==, 0);
  g_assert_cmpuint (message->flags, ==, 0);
  g_assert_cmpint (message->arrival_us, ==, 0);
  g_assert_cmpuint (rtmp_message_get_body (message, slices), ==, 0);
  g_assert_nonnull (rtmp_message_peek (message, &size));
  g_assert_cmpuint (size, ==, 0);
  rtmp_message_unref (message);
}

static void
append_and_check (RtmpMessage *message, gsize piece, gsize total, gsize expected)
{
  guint8 *data = make_data (total);
  gsize at, size;
  const guint8 *body;

  for (at = 0; at < total; at += piece)
    rtmp_message_append (message, data + at, MIN (piece, total - at), expected);
  body = rtmp_message_peek (message, &size);
  g_assert_cmpmem (body, size, data, total);
  g_free (data);
  rtmp_message_unref (message);
}

static void
test_append (void)
{
  static const gsize totals[] = { 0, 1, 127, 4095, 4096, 4097, 8192, 70000 };
  static const gsize pieces[] = { 1, 128, 5000, 100000 };
  guint i, j;

  for (i = 0; i < G_N_ELEMENTS (totals); i++) {
    for (j = 0; j < G_N_ELEMENTS (pieces); j++) {
      gsize total = totals[i], piece = pieces[j];

      append_and_check (rtmp_message_new (9, 0, 1), piece, total, 0);
      append_and_check (rtmp_message_new (9, 0, 1), piece, total, total);
      append_and_check (rtmp_message_new_sized (9, 0, 1, total), piece, total, total);
      /* an announcement that was wrong */
      append_and_check (rtmp_message_new_sized (9, 0, 1, 3), piece, total, 3);
    }
  }
}

/* What is announced costs nothing; what arrives at most doubles. */
static void
test_growth (void)
{
  RtmpMessage *message = rtmp_message_new_sized (9, 0, 1, RTMP_MESSAGE_MAX_SIZE);
  guint8 *data = make_data (20000);

  g_assert_cmpuint (message->allocated, ==, 0);
  rtmp_message_append (message, data, 1, RTMP_MESSAGE_MAX_SIZE);
  g_assert_cmpuint (message->allocated, ==, 4096);
  rtmp_message_append (message, data, 4096, RTMP_MESSAGE_MAX_SIZE);
  g_assert_cmpuint (message->allocated, ==, 8192);
  rtmp_message_append (message, data, 5000, 10000);
  g_assert_cmpuint (message->allocated, ==, 10000);
  rtmp_message_unref (message);

  message = rtmp_message_new_sized (9, 0, 1, 4096);
  g_assert_cmpuint (message->allocated, ==, 4096);
  rtmp_message_unref (message);
  message = rtmp_message_new_sized (9, 0, 1, 4097);
  g_assert_cmpuint (message->allocated, ==, 0);
  memcpy (rtmp_message_extend (message, 4097, 4097), data, 4097);
  g_assert_cmpuint (message->allocated, ==, 4097);
  g_assert_cmpmem (message->body, message->size, data, 4097);
  rtmp_message_extend (message, 0, 4097);
  g_assert_cmpuint (message->allocated, ==, 4097);
  rtmp_message_unref (message);
  g_free (data);
}

static void
test_foreign (void)
{
  guint8 *data = make_data (100);
  guint released = 0;
  RtmpMessage *message = make_foreign (data, 100, 5, 1, &released);
  RtmpSlice slices[2];
  gsize size;

  g_assert_cmpuint (message->size, ==, 105);
  g_assert_cmpuint (rtmp_message_get_body (message, slices), ==, 2);
  g_assert_cmpuint (slices[0].size, ==, 5);
  g_assert_true (slices[1].data == data);
  g_assert_cmpuint (slices[1].size, ==, 100);
  g_assert_null (rtmp_message_peek (message, &size));
  rtmp_message_ref (message);
  rtmp_message_unref (message);
  g_assert_cmpuint (released, ==, 0);
  rtmp_message_unref (message);
  g_assert_cmpuint (released, ==, 1);

  message = make_foreign (data, 0, RTMP_MESSAGE_MAX_PREFIX, 1, &released);
  g_assert_cmpuint (rtmp_message_get_body (message, slices), ==, 1);
  g_assert_cmpuint (slices[0].size, ==, RTMP_MESSAGE_MAX_PREFIX);
  rtmp_message_unref (message);

  message = rtmp_message_new_foreign (8, 0, NULL, 0, data, 100, NULL, NULL);
  g_assert_true (rtmp_message_peek (message, &size) == data);
  rtmp_message_unref (message);
  g_free (data);
}

static void
test_copy_out (void)
{
  guint8 *data = make_data (10);
  guint released = 0;
  RtmpMessage *message = make_foreign (data, 10, 3, 0, &released);
  guint8 all[13], out[20];
  gsize offset, size;

  memset (all, 0xee, 3);
  memcpy (all + 3, data, 10);
  for (offset = 0; offset <= 15; offset++) {
    for (size = 0; size <= sizeof out; size++) {
      gsize want = MIN (size, 13 - MIN (offset, 13));

      g_assert_cmpuint (rtmp_message_copy_out (message, offset, out, size), ==, want);
      g_assert_cmpint (memcmp (out, all + MIN (offset, 13), want), ==, 0);
    }
  }
  rtmp_message_unref (message);
  g_free (data);
}

static void
test_default_csids (void)
{
  g_assert_cmpuint (rtmp_message_default_csid (RTMP_TYPE_AUDIO), ==, RTMP_CSID_AUDIO);
  g_assert_cmpuint (rtmp_message_default_csid (RTMP_TYPE_VIDEO), ==, RTMP_CSID_VIDEO);
  g_assert_cmpuint (rtmp_message_default_csid (RTMP_TYPE_DATA), ==, RTMP_CSID_DATA);
  g_assert_cmpuint (rtmp_message_default_csid (RTMP_TYPE_COMMAND), ==, RTMP_CSID_COMMAND);
  g_assert_cmpuint (rtmp_message_default_csid (RTMP_TYPE_ACK), ==, RTMP_CSID_CONTROL);
  g_assert_cmpuint (rtmp_message_default_csid (200), ==, RTMP_CSID_COMMAND);
}

static void
test_is_media (void)
{
  RtmpMessage *message = rtmp_message_new (RTMP_TYPE_AUDIO, 0, 1);

  g_assert_true (rtmp_message_is_media (message));
  message->type = RTMP_TYPE_VIDEO;
  g_assert_true (rtmp_message_is_media (message));
  message->type = RTMP_TYPE_DATA;
  g_assert_false (rtmp_message_is_media (message));
  rtmp_message_unref (message);
}

/* The wire form by the writer, which has its own idea of chunks. */
static GByteArray *
write_wire (const RtmpMessage *message, guint32 msid)
{
  RtmpChunkWriter *writer = rtmp_chunk_writer_new (FALSE);
  GByteArray *wire = g_byte_array_new ();
  RtmpMessage *copy = rtmp_message_new (message->type, message->timestamp, msid);
  guint8 *body = g_malloc (message->size + 1);

  rtmp_chunk_writer_set_chunk_size (writer, RTMP_CHUNK_SIZE_OUT, wire);
  g_byte_array_set_size (wire, 0);
  rtmp_message_copy_out (message, 0, body, message->size);
  rtmp_message_append (copy, body, message->size, 0);
  rtmp_chunk_writer_write (writer, copy, wire);
  rtmp_message_unref (copy);
  rtmp_chunk_writer_free (writer);
  g_free (body);
  return wire;
}

/* Both ends of a long slice are enough: there is where an offset shows. */
static gboolean
is_same (const guint8 *a, const guint8 *b, gsize size, gboolean whole)
{
  const gsize end = 64;

  if (whole || size <= 2 * end)
    return memcmp (a, b, size) == 0;
  return memcmp (a, b, end) == 0 && memcmp (a + size - end, b + size - end, end) == 0;
}

/* Checks the slices from @offset on, @max at a time; returns the bytes they hold. */
static gsize
check_slices (
    const RtmpMessage *message, guint32 msid, GByteArray *wire, gsize offset, guint max)
{
  RtmpSlice out[MAX_SLICES + 1];
  RtmpWireScratch scratch;
  gsize bytes = 1, at = offset;
  guint i, n;

  out[max].size = 12345;
  n = rtmp_message_wire_slices (message, msid, offset, out, max, &scratch, &bytes);
  g_assert_cmpuint (n, <=, max);
  g_assert_cmpuint (out[max].size, ==, 12345);
  for (i = 0; i < n; i++) {
    g_assert_cmpuint (out[i].size, >, 0);
    g_assert_cmpuint (at + out[i].size, <=, wire->len);
    g_assert_true (is_same (out[i].data, wire->data + at, out[i].size, offset == 0));
    at += out[i].size;
  }
  g_assert_cmpuint (bytes, ==, at - offset);
  if (n < max)
    g_assert_cmpuint (at, ==, MAX (offset, wire->len));
  return bytes;
}

/* From every offset around a place where something begins or ends. */
static void
check_around (const RtmpMessage *message, guint32 msid, GByteArray *wire, gsize place)
{
  gsize offset = place > 40 ? place - 40 : 0;

  for (; offset <= place + 40; offset++) {
    check_slices (message, msid, wire, offset, MAX_SLICES);
    check_slices (message, msid, wire, offset, 0);
    check_slices (message, msid, wire, offset, 1);
    check_slices (message, msid, wire, offset, 2);
  }
}

static void
check_wire (RtmpMessage *message)
{
  static const guint32 msids[] = { 1, 2, 0x01020304 };
  guint m, max;
  gsize offset;

  rtmp_message_seal (message);
  rtmp_message_seal (message);
  for (m = 0; m < G_N_ELEMENTS (msids); m++) {
    GByteArray *wire = write_wire (message, msids[m]);

    g_assert_cmpuint (rtmp_message_wire_size (message), ==, wire->len);
    for (offset = 0; offset < wire->len; offset += 65536 + message->next_size)
      check_around (message, msids[m], wire, offset);
    check_around (message, msids[m], wire, wire->len);
    for (max = 1; max <= 3; max++) {
      for (offset = 0; offset < wire->len;)
        offset += check_slices (message, msids[m], wire, offset, max);
    }
    g_byte_array_unref (wire);
  }
  rtmp_message_unref (message);
}

static const gsize wire_sizes[] = { 0, 1, 100, 65535, 65536, 65537, 131071, 131072, 131073,
  200000 };
static const guint32 wire_times[] = { 0, 0xfffffe, 0xffffff, 0x1000000, 0xffffffff };

static void
test_wire_own (void)
{
  guint i, j;

  for (i = 0; i < G_N_ELEMENTS (wire_sizes); i++) {
    guint8 *data = make_data (wire_sizes[i]);

    for (j = 0; j < G_N_ELEMENTS (wire_times); j++)
      check_wire (
          rtmp_message_new_copy (RTMP_TYPE_AUDIO, wire_times[j], 9, data, wire_sizes[i]));
    g_free (data);
  }
}

static void
test_wire_foreign (void)
{
  static const gsize prefixes[] = { 1, 5, RTMP_MESSAGE_MAX_PREFIX };
  guint i, j, k, released = 0;

  for (i = 0; i < G_N_ELEMENTS (wire_sizes); i++) {
    guint8 *data = make_data (wire_sizes[i]);

    for (j = 0; j < G_N_ELEMENTS (wire_times); j += 2) {
      for (k = 0; k < G_N_ELEMENTS (prefixes); k++)
        check_wire (make_foreign (data, wire_sizes[i], prefixes[k], wire_times[j], &released));
    }
    g_free (data);
  }
  g_assert_cmpuint (released, ==, G_N_ELEMENTS (wire_sizes) * 3 * G_N_ELEMENTS (prefixes));
}

static void
test_seal (void)
{
  RtmpMessage *message = rtmp_message_new (RTMP_TYPE_DATA, 5, 9);

  message->csid = 70;
  rtmp_message_append (message, (const guint8 *)"abc", 3, 0);
  rtmp_message_seal (message);
  g_assert_cmpuint (message->flags, ==, RTMP_MESSAGE_SEALED);
  g_assert_cmpuint (message->csid, ==, RTMP_CSID_DATA);
  g_assert_cmpuint (message->msid, ==, 1);
  g_assert_cmpmem (message->header, message->header_size, "\x07\0\0\5\0\0\3\x12\1\0\0\0", 12);
  rtmp_message_unref (message);
}

static void
test_retimed (void)
{
  guint8 *data = make_data (1000);
  guint released = 0;
  RtmpMessage *message = make_foreign (data, 1000, 7, 50, &released);
  RtmpMessage *second, *third;

  message->flags = RTMP_MESSAGE_KEYFRAME;
  message->codec = RTMP_CODEC_AVC;
  message->track = 3;
  message->arrival_us = 99;
  rtmp_message_seal (message);

  second = rtmp_message_retimed (message, 0x1000001);
  rtmp_message_unref (message);
  third = rtmp_message_retimed (second, 8);
  rtmp_message_unref (second);
  g_assert_cmpuint (released, ==, 0);

  g_assert_true (third->body == data);
  g_assert_cmpuint (third->timestamp, ==, 8);
  g_assert_cmpuint (third->flags, ==, RTMP_MESSAGE_KEYFRAME | RTMP_MESSAGE_SEALED);
  g_assert_cmpuint (third->codec, ==, RTMP_CODEC_AVC);
  g_assert_cmpuint (third->track, ==, 3);
  g_assert_cmpint (third->arrival_us, ==, 99);
  check_wire (third);
  g_assert_cmpuint (released, ==, 1);
  g_free (data);
}

static void
test_retimed_own (void)
{
  RtmpMessage *message = rtmp_message_new_copy (RTMP_TYPE_AUDIO, 1, 5, "abcdef", 6);
  RtmpMessage *second = rtmp_message_retimed (message, 2);
  gsize size;

  g_assert_cmpuint (message->flags, ==, 0);
  g_assert_true (rtmp_message_peek (second, &size) == message->body);
  rtmp_message_unref (message);
  g_assert_cmpmem (rtmp_message_peek (second, &size), 6, "abcdef", 6);
  g_assert_cmpuint (second->msid, ==, 1);
  check_wire (second);
}

static void
assert_refused (gpointer message)
{
  g_assert_null (message);
  g_test_assert_expected_messages ();
}

static void
expect_critical (void)
{
  g_test_expect_message ("GstRtmpServer", G_LOG_LEVEL_CRITICAL, "*assertion*failed*");
}

static void
test_maximum (void)
{
  guint8 *data = g_malloc0 (RTMP_MESSAGE_MAX_SIZE + 1);
  guint released = 0;
  RtmpMessage *message = make_foreign (data, RTMP_MESSAGE_MAX_SIZE - 32, 32, 0, &released);

  g_assert_cmpuint (message->size, ==, RTMP_MESSAGE_MAX_SIZE);
  rtmp_message_seal (message);
  g_assert_cmpmem (message->header + 4, 3, "\xff\xff\xff", 3);
  rtmp_message_unref (message);
  message = rtmp_message_new_copy (9, 0, 1, data, RTMP_MESSAGE_MAX_SIZE);
  g_assert_cmpuint (message->size, ==, RTMP_MESSAGE_MAX_SIZE);
  rtmp_message_unref (message);

  expect_critical ();
  assert_refused (make_foreign (data, RTMP_MESSAGE_MAX_SIZE - 31, 32, 0, &released));
  expect_critical ();
  assert_refused (make_foreign (data, 1, RTMP_MESSAGE_MAX_PREFIX + 1, 0, &released));
  expect_critical ();
  assert_refused (rtmp_message_new_copy (9, 0, 1, data, RTMP_MESSAGE_MAX_SIZE + 1));
  g_free (data);
}

static void
test_immutable (void)
{
  RtmpMessage *message = rtmp_message_new_copy (9, 0, 1, "a", 1);

  rtmp_message_seal (message);
  expect_critical ();
  rtmp_message_append (message, (const guint8 *)"b", 1, 0);
  g_test_assert_expected_messages ();
  g_assert_cmpuint (message->size, ==, 1);
  rtmp_message_unref (message);
}

static gpointer
unref_in_thread (gpointer message)
{
  guint i;

  for (i = 0; i < 10000; i++) {
    rtmp_message_ref (message);
    rtmp_message_unref (message);
  }
  rtmp_message_unref (message);
  return NULL;
}

static void
test_threads (void)
{
  guint8 *data = make_data (10);
  guint released = 0, i;
  RtmpMessage *message = make_foreign (data, 10, 1, 0, &released);
  GThread *threads[4];

  for (i = 0; i < G_N_ELEMENTS (threads); i++)
    threads[i] = g_thread_new ("unref", unref_in_thread, rtmp_message_ref (message));
  rtmp_message_unref (message);
  for (i = 0; i < G_N_ELEMENTS (threads); i++)
    g_thread_join (threads[i]);
  g_assert_cmpuint (released, ==, 1);
  g_free (data);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/message/new", test_new);
  g_test_add_func ("/message/append", test_append);
  g_test_add_func ("/message/growth", test_growth);
  g_test_add_func ("/message/foreign", test_foreign);
  g_test_add_func ("/message/copy-out", test_copy_out);
  g_test_add_func ("/message/default-csids", test_default_csids);
  g_test_add_func ("/message/is-media", test_is_media);
  g_test_add_func ("/message/seal", test_seal);
  g_test_add_func ("/message/wire-own", test_wire_own);
  g_test_add_func ("/message/wire-foreign", test_wire_foreign);
  g_test_add_func ("/message/retimed", test_retimed);
  g_test_add_func ("/message/retimed-own", test_retimed_own);
  g_test_add_func ("/message/maximum", test_maximum);
  g_test_add_func ("/message/immutable", test_immutable);
  g_test_add_func ("/message/threads", test_threads);
  return g_test_run ();
}
