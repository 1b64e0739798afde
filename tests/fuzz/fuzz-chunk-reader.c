/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Fuzz target: the chunk reader. Any slices of the input are read alike, limits
 * hold, and what was read can be written and read again.
 */
#include "chunk-log.h"
#include "fuzz.h"
#include "protocol/rtmp-chunk-writer.h"

static void
choose_options (ChunkLogOptions *options, guint32 hash)
{
  static const guint32 chunk_sizes[] = { 128, 128, 1, 4, 5, 64, 4096, 0x7fffffff };

  chunk_log_options_init (options);
  options->chunk_size = chunk_sizes[hash % 8];
  options->strict = (hash >> 3) % 8 == 0;
  options->fmt3 = (hash >> 6) % 4 == 0 ? RTMP_FMT3_ZERO : RTMP_FMT3_REPEAT;
  if ((hash >> 8) % 4 == 0) {
    options->limits.max_video_size = 600;
    options->limits.max_partial_bytes = 700;
    options->limits.max_chunk_streams = 3;
  }
}

static void
check_split (const ChunkLogOptions *base, gsize split, GRand *rand, const guint8 *data,
    gsize size, const gchar *expected)
{
  ChunkLogOptions options = *base;
  gchar *log;

  options.split = split;
  options.rand = rand;
  log = chunk_log (&options, data, size);
  g_assert_cmpstr (log, ==, expected);
  g_free (log);
}

/* All messages of the input that do not steer the reader, written by @writer. */
static GString *
rewrite (const ChunkLogOptions *options, const guint8 *data, gsize size,
    RtmpChunkWriter *writer, GByteArray *out)
{
  RtmpChunkReader *reader = rtmp_chunk_reader_new (&options->limits);
  GString *log = g_string_new (NULL);
  gssize n = 0;

  rtmp_chunk_reader_set_chunk_size (reader, options->chunk_size);
  for (; size > 0 && n >= 0; data += n, size -= n) {
    RtmpMessage *message;

    n = rtmp_chunk_reader_push (reader, data, size, NULL);
    while ((message = rtmp_chunk_reader_pull (reader)) != NULL) {
      if (message->type != RTMP_TYPE_SET_CHUNK_SIZE && message->type != RTMP_TYPE_ABORT) {
        chunk_log_message (log, message);
        rtmp_chunk_writer_write (writer, message, out);
      }
      rtmp_message_unref (message);
    }
    if (n < 0)
      break;
  }
  rtmp_chunk_reader_free (reader);
  return log;
}

static void
check_rewrite (
    const ChunkLogOptions *options, gboolean compress, const guint8 *data, gsize size)
{
  RtmpChunkWriter *writer = rtmp_chunk_writer_new (compress);
  GByteArray *out = g_byte_array_new ();
  GString *written = rewrite (options, data, size, writer, out);
  ChunkLogOptions plain;
  gchar *log;

  chunk_log_options_init (&plain);
  log = chunk_log (&plain, out->data, out->len);
  g_assert_cmpstr (log, ==, written->str);
  g_free (log);
  g_string_free (written, TRUE);
  g_byte_array_unref (out);
  rtmp_chunk_writer_free (writer);
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  guint32 hash = fuzz_hash (data, size);
  GRand *rand = g_rand_new_with_seed (hash);
  ChunkLogOptions options;
  gchar *whole;

  choose_options (&options, hash);
  whole = chunk_log (&options, data, size);
  check_split (&options, 1, NULL, data, size, whole);
  check_split (&options, 2 + hash % 200, rand, data, size, whole);
  check_rewrite (&options, FALSE, data, size);
  check_rewrite (&options, TRUE, data, size);
  g_free (whole);
  g_rand_free (rand);
  return 0;
}
