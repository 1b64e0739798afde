/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Bytes to a chunk reader, a readable log out of it.
 */
#include "chunk-log.h"

#include "protocol/rtmp-error.h"

#include <string.h>

#define MIN_RUN 8

void
chunk_log_options_init (ChunkLogOptions *options)
{
  memset (options, 0, sizeof *options);
  options->limits = *rtmp_limits_default ();
  options->chunk_size = RTMP_CHUNK_SIZE_DEFAULT;
  options->split = G_MAXSIZE;
}

static guint32 *
find_number (ChunkLogOptions *options, const gchar *name)
{
  const struct
  {
    const gchar *name;
    guint32 *number;
  } numbers[] = {
    { "chunk-size", &options->chunk_size },
    { "max-video", &options->limits.max_video_size },
    { "max-audio", &options->limits.max_audio_size },
    { "max-data", &options->limits.max_data_size },
    { "max-command", &options->limits.max_command_size },
    { "max-control", &options->limits.max_control_size },
    { "max-partial", &options->limits.max_partial_bytes },
    { "max-streams", &options->limits.max_chunk_streams },
  };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (numbers); i++) {
    if (g_str_equal (numbers[i].name, name))
      return numbers[i].number;
  }
  return NULL;
}

gboolean
chunk_log_options_parse (ChunkLogOptions *options, const gchar *line)
{
  gchar **words = g_strsplit (line, " ", 2);
  guint32 *number = words[0] != NULL ? find_number (options, words[0]) : NULL;
  gboolean known = TRUE;

  if (g_str_equal (line, "strict"))
    options->strict = TRUE;
  else if (g_str_equal (line, "fmt3 zero"))
    options->fmt3 = RTMP_FMT3_ZERO;
  else if (number != NULL && words[1] != NULL)
    *number = g_ascii_strtoull (words[1], NULL, 10);
  else
    known = FALSE;
  g_strfreev (words);
  return known;
}

void
chunk_log_bytes (GString *log, const guint8 *data, gsize size)
{
  static const gchar digits[] = "0123456789abcdef";
  gsize at = 0;
  gboolean space = FALSE; /* a run is a word of its own */

  while (at < size) {
    gsize run = 1;

    while (at + run < size && data[at + run] == data[at])
      run++;
    if (run < MIN_RUN)
      run = 1;
    if (space || (run > 1 && at > 0))
      g_string_append_c (log, ' ');
    space = run > 1;
    g_string_append_c (log, digits[data[at] >> 4]);
    g_string_append_c (log, digits[data[at] & 15]);
    if (run > 1)
      g_string_append_printf (log, "*%" G_GSIZE_FORMAT, run);
    at += run;
  }
}

void
chunk_log_message (GString *log, const RtmpMessage *message)
{
  gsize size;
  const guint8 *body = rtmp_message_peek (message, &size);

  g_string_append_printf (log, "csid %u type %u msid %u time %u size %" G_GSIZE_FORMAT,
      message->csid, message->type, message->msid, message->timestamp, size);
  if (size > 0)
    g_string_append (log, ": ");
  chunk_log_bytes (log, body, size);
  g_string_append_c (log, '\n');
}

static void
log_error (GString *log, const GError *error)
{
  g_assert_true (error->domain == RTMP_ERROR);
  g_assert_true (error->code == RTMP_ERROR_PROTOCOL || error->code == RTMP_ERROR_LIMIT);
  g_string_append_printf (log, "error %s: %s\n",
      error->code == RTMP_ERROR_LIMIT ? "limit" : "protocol", error->message);
}

static void
check_invariants (RtmpChunkReader *reader, const RtmpLimits *limits)
{
  g_assert_cmpuint (rtmp_chunk_reader_get_partial (reader), <=, limits->max_partial_bytes);
  g_assert_cmpuint (rtmp_chunk_reader_get_n_streams (reader), <=, limits->max_chunk_streams);
}

static void
pull_all (RtmpChunkReader *reader, GString *log)
{
  RtmpMessage *message;

  while ((message = rtmp_chunk_reader_pull (reader)) != NULL) {
    chunk_log_message (log, message);
    rtmp_message_unref (message);
  }
}

static void
check_sticky (RtmpChunkReader *reader, const GError *error)
{
  static const guint8 byte[] = { 4 };
  GError *again = NULL;

  g_assert_cmpint (rtmp_chunk_reader_push (reader, byte, 1, &again), ==, -1);
  g_assert_error (again, error->domain, error->code);
  g_assert_cmpstr (again->message, ==, error->message);
  g_assert_null (rtmp_chunk_reader_pull (reader));
  g_error_free (again);
}

static gsize
next_split (const ChunkLogOptions *options, gsize left)
{
  gsize split = MIN (options->split, left);

  return options->rand != NULL ? (gsize)g_rand_int_range (options->rand, 1, split + 1) : split;
}

gboolean
chunk_log_push (RtmpChunkReader *reader, const ChunkLogOptions *options, const guint8 *data,
    gsize size, GString *log)
{
  GError *error = NULL;
  gsize at = 0;

  while (at < size && error == NULL) {
    gsize slice = next_split (options, size - at);
    /* a copy of its own size, so that the sanitizer sees a read past its end */
    guint8 *copy = g_malloc (slice);
    gssize n;

    memcpy (copy, data + at, slice);
    n = rtmp_chunk_reader_push (reader, copy, slice, &error);
    g_free (copy);
    g_assert_cmpint (n, <=, slice);
    check_invariants (reader, &options->limits);
    pull_all (reader, log);
    g_assert_cmpint (n, !=, 0);
    at += MAX (n, 0);
  }
  if (error == NULL && rtmp_chunk_reader_push (reader, NULL, 0, &error) == 0)
    return TRUE;
  log_error (log, error);
  check_sticky (reader, error);
  g_error_free (error);
  return FALSE;
}

gchar *
chunk_log (const ChunkLogOptions *options, const guint8 *data, gsize size)
{
  RtmpChunkReader *reader = rtmp_chunk_reader_new (&options->limits);
  GString *log = g_string_new (NULL);

  rtmp_chunk_reader_set_strict (reader, options->strict);
  rtmp_chunk_reader_set_fmt3 (reader, options->fmt3);
  rtmp_chunk_reader_set_chunk_size (reader, options->chunk_size);
  /* how much is incomplete at an error depends on the slices, and matters no more */
  if (chunk_log_push (reader, options, data, size, log) &&
      rtmp_chunk_reader_get_partial (reader) > 0)
    g_string_append_printf (
        log, "partial %" G_GSIZE_FORMAT "\n", rtmp_chunk_reader_get_partial (reader));
  if (rtmp_chunk_reader_get_chunk_size (reader) != options->chunk_size)
    g_string_append_printf (log, "chunk-size %u\n", rtmp_chunk_reader_get_chunk_size (reader));
  rtmp_chunk_reader_free (reader);
  return g_string_free (log, FALSE);
}

static const gchar *
parse_repeat (const gchar *text, GByteArray *bytes)
{
  gchar *end;
  guint64 times = g_ascii_strtoull (text + 1, &end, 10);
  guint8 byte;

  if (end == text + 1 || times == 0 || times > 1 << 24 || bytes->len == 0)
    g_error ("bad repeat: '%.20s'", text);
  byte = bytes->data[bytes->len - 1];
  g_byte_array_set_size (bytes, bytes->len + times - 1);
  memset (bytes->data + bytes->len - (times - 1), byte, times - 1);
  return end;
}

GByteArray *
chunk_log_parse_bytes (const gchar *text)
{
  GByteArray *bytes = g_byte_array_new ();

  while (*text != '\0') {
    if (g_ascii_isspace (*text)) {
      text++;
    } else if (*text == '#') {
      text += strcspn (text, "\n");
    } else if (*text == '*') {
      text = parse_repeat (text, bytes);
    } else if (g_ascii_isxdigit (text[0]) && g_ascii_isxdigit (text[1])) {
      guint8 byte = g_ascii_xdigit_value (text[0]) << 4 | g_ascii_xdigit_value (text[1]);

      g_byte_array_append (bytes, &byte, 1);
      text += 2;
    } else {
      g_error ("not hex: '%.20s'", text);
    }
  }
  return bytes;
}
