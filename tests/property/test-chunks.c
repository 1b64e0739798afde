/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What was written is what is read, for anything that may be written and any
 * slices of it. The seed of a failure is in the output: --seed repeats it.
 */
#include "chunk-log.h"
#include "chunk-sender.h"
#include "protocol/rtmp-chunk-writer.h"

#include <string.h>

#define ROUNDS 60
#define STEPS 120

static GRand *
new_rand (void)
{
  return g_rand_new_with_seed (g_test_rand_int ());
}

static void
assert_log (const ChunkLogOptions *options, const GByteArray *bytes, const gchar *expected)
{
  gchar *log = chunk_log (options, bytes->data, bytes->len);

  if (strcmp (log, expected) != 0) {
    gsize at = 0;

    while (log[at] == expected[at])
      at++;
    while (at > 0 && log[at - 1] != '\n')
      at--;
    g_error ("read:    %.200s\nwritten: %.200s", log + at, expected + at);
  }
  g_free (log);
}

static void
assert_any_split (const GByteArray *bytes, const gchar *expected, GRand *rand)
{
  static const gsize splits[] = { 1, 2, 3, 7, 200, 3000 };
  ChunkLogOptions options;
  guint i;

  chunk_log_options_init (&options);
  options.limits.max_data_size = 1 << 20;
  assert_log (&options, bytes, expected);
  for (i = 0; i < G_N_ELEMENTS (splits); i++) {
    options.split = splits[i];
    options.rand = NULL;
    if (splits[i] > 3)
      options.rand = rand;
    assert_log (&options, bytes, expected);
  }
}

static void
append_state (GString *log, guint32 chunk_size)
{
  if (chunk_size != RTMP_CHUNK_SIZE_DEFAULT)
    g_string_append_printf (log, "chunk-size %u\n", chunk_size);
}

static void
run_sender (guint steps)
{
  GRand *rand = new_rand ();
  ChunkSender *sender = chunk_sender_new (rand);
  GByteArray *bytes = g_byte_array_new ();
  GString *log = g_string_new (NULL);

  for (; steps > 0; steps--)
    chunk_sender_step (sender, bytes, log);
  chunk_sender_finish (sender, bytes, log);
  append_state (log, chunk_sender_get_chunk_size (sender));
  if (!chunk_sender_is_ambiguous (sender, bytes))
    assert_any_split (bytes, log->str, rand);
  chunk_sender_free (sender);
  g_byte_array_unref (bytes);
  g_string_free (log, TRUE);
  g_rand_free (rand);
}

static void
test_sender (void)
{
  guint round;

  for (round = 0; round < ROUNDS; round++)
    run_sender (STEPS);
}

/* What a reader decides once for a chunk stream is decided in many. */
static void
test_beginnings (void)
{
  guint round;

  for (round = 0; round < 30 * ROUNDS; round++)
    run_sender (15);
}

static RtmpMessage *
random_message (GRand *rand, RtmpMessage *previous)
{
  static const guint8 types[] = { 8, 9, 18, 20 };
  static const guint32 csids[] = { 3, 4, 6, 63, 64, 319, 320, 65599 };
  gboolean again = previous != NULL && g_rand_boolean (rand);
  gsize size = again ? previous->size : (gsize)g_rand_int_range (rand, 0, 700), i;
  guint32 timestamp = previous != NULL ? previous->timestamp : 0;
  RtmpMessage *message;

  timestamp += g_rand_int_range (rand, 0, 8) == 0 ? g_rand_int (rand)
                                                  : 20u * g_rand_int_range (rand, 0, 2);
  message = rtmp_message_new (again ? previous->type : types[g_rand_int_range (rand, 0, 4)],
      timestamp, g_rand_int_range (rand, 0, 3));
  message->csid = again ? previous->csid : csids[g_rand_int_range (rand, 0, 8)];
  for (i = 0; i < size; i++) {
    guint8 byte = g_rand_int (rand) >> 24;

    rtmp_message_append (message, &byte, 1, size);
  }
  return message;
}

static void
log_chunk_size (GString *log, guint32 size)
{
  g_string_append_printf (log, "csid 2 type 1 msid 0 time 0 size 4: %08x\n", size);
}

static void
run_writer (gboolean compress)
{
  GRand *rand = new_rand ();
  RtmpChunkWriter *writer = rtmp_chunk_writer_new (compress);
  GByteArray *bytes = g_byte_array_new ();
  GString *log = g_string_new (NULL);
  RtmpMessage *previous = NULL;
  guint step;

  for (step = 0; step < STEPS; step++) {
    RtmpMessage *message = random_message (rand, previous);

    if (g_rand_int_range (rand, 0, 10) == 0) {
      guint32 size = g_rand_int_range (rand, 4, 300);

      rtmp_chunk_writer_set_chunk_size (writer, size, bytes);
      log_chunk_size (log, size);
    }
    rtmp_chunk_writer_write (writer, message, bytes);
    chunk_log_message (log, message);
    g_clear_pointer (&previous, rtmp_message_unref);
    previous = message;
  }
  append_state (log, rtmp_chunk_writer_get_chunk_size (writer));
  assert_any_split (bytes, log->str, rand);

  g_clear_pointer (&previous, rtmp_message_unref);
  rtmp_chunk_writer_free (writer);
  g_byte_array_unref (bytes);
  g_string_free (log, TRUE);
  g_rand_free (rand);
}

static void
test_writer (gconstpointer compress)
{
  guint round;

  for (round = 0; round < ROUNDS; round++)
    run_writer (GPOINTER_TO_INT (compress));
}

/* Noise is read alike in any slices, whatever it is read as. */
static void
test_noise (void)
{
  guint round, i;

  for (round = 0; round < 3 * ROUNDS; round++) {
    GRand *rand = new_rand ();
    ChunkSender *sender = chunk_sender_new (rand);
    GByteArray *bytes = g_byte_array_new ();
    GString *ignored = g_string_new (NULL);
    ChunkLogOptions options;
    gchar *log;

    for (i = 0; i < 40; i++)
      chunk_sender_step (sender, bytes, ignored);
    for (i = g_rand_int_range (rand, 0, 6); i > 0; i--)
      bytes->data[g_rand_int_range (rand, 0, bytes->len)] = g_rand_int (rand) >> 24;
    chunk_log_options_init (&options);
    log = chunk_log (&options, bytes->data, bytes->len);
    options.split = 1;
    assert_log (&options, bytes, log);
    options.split = 50;
    options.rand = rand;
    assert_log (&options, bytes, log);

    g_free (log);
    chunk_sender_free (sender);
    g_byte_array_unref (bytes);
    g_string_free (ignored, TRUE);
    g_rand_free (rand);
  }
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/property/chunks/sender", test_sender);
  g_test_add_func ("/property/chunks/beginnings", test_beginnings);
  g_test_add_data_func ("/property/chunks/writer", GINT_TO_POINTER (FALSE), test_writer);
  g_test_add_data_func (
      "/property/chunks/writer-compressed", GINT_TO_POINTER (TRUE), test_writer);
  g_test_add_func ("/property/chunks/noise", test_noise);
  return g_test_run ();
}
