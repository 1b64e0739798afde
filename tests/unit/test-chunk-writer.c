/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * RtmpChunkWriter: the bytes of each header form, and when it is chosen.
 */
#include "chunk-log.h"
#include "protocol/rtmp-chunk-writer.h"

typedef struct _Fixture
{
  RtmpChunkWriter *writer;
  GByteArray *out;
} Fixture;

static void
set_up (Fixture *fixture, gconstpointer compress)
{
  fixture->writer = rtmp_chunk_writer_new (GPOINTER_TO_INT (compress));
  fixture->out = g_byte_array_new ();
}

static void
tear_down (Fixture *fixture, gconstpointer compress)
{
  rtmp_chunk_writer_free (fixture->writer);
  g_byte_array_unref (fixture->out);
}

/* Writes a message of @size bytes 11 and compares with @expected. */
static void
check (Fixture *fixture, guint32 csid, guint8 type, guint32 msid, guint32 timestamp, gsize size,
    const gchar *expected)
{
  guint8 *data = g_malloc (size + 1);
  RtmpMessage *message;
  GByteArray *bytes = chunk_log_parse_bytes (expected);

  memset (data, 0x11, size);
  message = rtmp_message_new_copy (type, timestamp, msid, data, size);
  message->csid = csid;
  g_byte_array_set_size (fixture->out, 0);
  rtmp_chunk_writer_write (fixture->writer, message, fixture->out);
  g_assert_cmpmem (fixture->out->data, fixture->out->len, bytes->data, bytes->len);
  rtmp_message_unref (message);
  g_byte_array_unref (bytes);
  g_free (data);
}

static void
test_csids (Fixture *fixture, gconstpointer compress)
{
  check (fixture, 2, 8, 1, 10, 1, "02 00000a 000001 08 01000000 11");
  check (fixture, 63, 8, 1, 10, 1, "3f 00000a 000001 08 01000000 11");
  check (fixture, 64, 8, 1, 10, 1, "0000 00000a 000001 08 01000000 11");
  check (fixture, 319, 8, 1, 10, 1, "00ff 00000a 000001 08 01000000 11");
  check (fixture, 320, 8, 1, 10, 1, "010001 00000a 000001 08 01000000 11");
  check (fixture, 65599, 8, 1, 10, 1, "01ffff 00000a 000001 08 01000000 11");
  /* those that cannot be written: the one for the type */
  check (fixture, 0, 8, 1, 11, 1, "04 00000b 000001 08 01000000 11");
  check (fixture, 1, 9, 1, 10, 1, "06 00000a 000001 09 01000000 11");
  check (fixture, 65600, 18, 1, 10, 1, "07 00000a 000001 12 01000000 11");
}

static void
test_fmt0_only (Fixture *fixture, gconstpointer compress)
{
  check (fixture, 4, 8, 0x01020304, 10, 2, "04 00000a 000002 08 04030201 1111");
  check (fixture, 4, 8, 0x01020304, 10, 2, "04 00000a 000002 08 04030201 1111");
  check (fixture, 4, 8, 0x01020304, 10, 0, "04 00000a 000000 08 04030201");
}

static void
test_chunks (Fixture *fixture, gconstpointer compress)
{
  check (fixture, 4, 9, 1, 0, 127, "04 000000 00007f 09 01000000 11*127");
  check (fixture, 5, 9, 1, 0, 128, "05 000000 000080 09 01000000 11*128");
  check (fixture, 6, 9, 1, 0, 129, "06 000000 000081 09 01000000 11*128 c6 11");
  check (
      fixture, 100, 9, 1, 0, 257, "0024 000000 000101 09 01000000 11*128 c024 11*128 c024 11");
}

static void
test_extended (Fixture *fixture, gconstpointer compress)
{
  check (fixture, 4, 9, 1, 0xfffffe, 1, "04 fffffe 000001 09 01000000 11");
  check (fixture, 5, 9, 1, 0xffffff, 129,
      "05 ffffff 000081 09 01000000 00ffffff 11*128 c5 00ffffff 11");
  check (fixture, 6, 9, 1, 0xffffffff, 129,
      "06 ffffff 000081 09 01000000 ffffffff 11*128 c6 ffffffff 11");
}

static void
test_chunk_size (Fixture *fixture, gconstpointer compress)
{
  GByteArray *bytes = chunk_log_parse_bytes ("02 000000 000004 01 00000000 00000004");

  g_assert_cmpuint (rtmp_chunk_writer_get_chunk_size (fixture->writer), ==, 128);
  rtmp_chunk_writer_set_chunk_size (fixture->writer, 4, fixture->out);
  g_assert_cmpmem (fixture->out->data, fixture->out->len, bytes->data, bytes->len);
  g_assert_cmpuint (rtmp_chunk_writer_get_chunk_size (fixture->writer), ==, 4);
  check (fixture, 4, 8, 1, 0, 9, "04 000000 000009 08 01000000 11*4 c4 11*4 c4 11");

  rtmp_chunk_writer_set_chunk_size (fixture->writer, 0, fixture->out);
  g_assert_cmpuint (rtmp_chunk_writer_get_chunk_size (fixture->writer), ==, 1);
  rtmp_chunk_writer_set_chunk_size (fixture->writer, G_MAXUINT32, fixture->out);
  g_assert_cmpuint (rtmp_chunk_writer_get_chunk_size (fixture->writer), ==, G_MAXINT32);
  g_byte_array_unref (bytes);
}

static void
test_compression (Fixture *fixture, gconstpointer compress)
{
  check (fixture, 4, 8, 1, 1000, 1, "04 0003e8 000001 08 01000000 11");
  /* nginx-rtmp would add 0, others 1000: no fmt 3 after fmt 0 */
  check (fixture, 4, 8, 1, 2000, 1, "84 0003e8 11");
  check (fixture, 4, 8, 1, 3000, 1, "c4 11");
  check (fixture, 4, 8, 1, 3020, 1, "84 000014 11");
  check (fixture, 4, 8, 1, 3040, 2, "44 000014 000002 08 1111");
  check (fixture, 4, 9, 1, 3060, 2, "44 000014 000002 09 1111");
  check (fixture, 4, 9, 1, 3080, 2, "c4 1111");
  check (fixture, 4, 9, 2, 3100, 2, "04 000c1c 000002 09 02000000 1111");
  /* back in time */
  check (fixture, 4, 9, 2, 3099, 2, "04 000c1b 000002 09 02000000 1111");
  /* another chunk stream knows nothing of this one */
  check (fixture, 5, 9, 2, 3099, 2, "05 000c1b 000002 09 02000000 1111");
}

static void
test_compression_from_zero (Fixture *fixture, gconstpointer compress)
{
  check (fixture, 4, 8, 1, 0, 1, "04 000000 000001 08 01000000 11");
  check (fixture, 4, 8, 1, 0, 1, "c4 11");
  check (fixture, 4, 8, 1, 5, 1, "84 000005 11");
  check (fixture, 4, 8, 1, 10, 1, "c4 11");
}

static void
test_compression_large_delta (Fixture *fixture, gconstpointer compress)
{
  check (fixture, 4, 8, 1, 0, 1, "04 000000 000001 08 01000000 11");
  check (fixture, 4, 8, 1, 0xfffffe, 1, "84 fffffe 11");
  check (fixture, 4, 8, 1, 0x1fffffd, 1, "04 ffffff 000001 08 01000000 01fffffd 11");
  /* a small step after an extended timestamp has no extended field */
  check (fixture, 4, 8, 1, 0x1fffffe, 129, "44 000001 000081 08 11*128 c4 11");
  /* over the wrap */
  check (fixture, 4, 8, 1, 0xfffffff0, 1, "04 ffffff 000001 08 01000000 fffffff0 11");
  check (fixture, 4, 8, 1, 0x10, 1, "84 000020 11");
}

static void
test_foreign_body (Fixture *fixture, gconstpointer compress)
{
  RtmpMessage *message = rtmp_message_new_foreign (
      9, 0, (const guint8 *)"ab", 2, (const guint8 *)"cdef", 4, NULL, NULL);
  GByteArray *bytes = chunk_log_parse_bytes ("06 000000 000006 09 01000000 616263 c6 646566");

  rtmp_chunk_writer_set_chunk_size (fixture->writer, 3, fixture->out);
  g_byte_array_set_size (fixture->out, 0);
  rtmp_chunk_writer_write (fixture->writer, message, fixture->out);
  g_assert_cmpmem (fixture->out->data, fixture->out->len, bytes->data, bytes->len);
  rtmp_message_unref (message);
  g_byte_array_unref (bytes);
}

#define ADD(path, compress, func)                                                              \
  g_test_add (                                                                                 \
      "/chunk-writer/" path, Fixture, GINT_TO_POINTER (compress), set_up, func, tear_down)

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  ADD ("csids", FALSE, test_csids);
  ADD ("csids-compressed", TRUE, test_csids);
  ADD ("fmt0-only", FALSE, test_fmt0_only);
  ADD ("chunks", FALSE, test_chunks);
  ADD ("chunks-compressed", TRUE, test_chunks);
  ADD ("extended", FALSE, test_extended);
  ADD ("extended-compressed", TRUE, test_extended);
  ADD ("chunk-size", FALSE, test_chunk_size);
  ADD ("chunk-size-compressed", TRUE, test_chunk_size);
  ADD ("compression", TRUE, test_compression);
  ADD ("compression-from-zero", TRUE, test_compression_from_zero);
  ADD ("compression-large-delta", TRUE, test_compression_large_delta);
  ADD ("foreign-body", FALSE, test_foreign_body);
  return g_test_run ();
}
