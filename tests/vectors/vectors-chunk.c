/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Category "chunk" of vectors.json and the chunk vectors found in other
 * projects' tests, each at every split size (short ones) or many.
 */
#include "vectors.h"
#include "protocol/rtmp-aggregate.h"
#include "protocol/rtmp-chunk-reader.h"

#define EVERY_SPLIT_UP_TO 600

/* none */
static const VectorGap gaps[] = { { NULL, NULL } };

typedef struct _Result
{
  GPtrArray *messages;
  GError *error;
  guint32 chunk_size;
  gboolean partial;
} Result;

static RtmpChunkReader *
make_reader (JsonObject *vector, RtmpLimits *limits)
{
  JsonObject *mode = vectors_object (vector, "mode");
  RtmpChunkReader *reader;
  guint32 max = 4 * 1024 * 1024; /* the vectors know one limit for all types */

  if (mode != NULL)
    max = vectors_int (mode, "max_message", max);
  *limits = *rtmp_limits_default ();
  limits->max_video_size = limits->max_audio_size = limits->max_data_size = max;
  limits->max_command_size = limits->max_control_size = max;
  reader = rtmp_chunk_reader_new (limits);
  if (mode != NULL) {
    rtmp_chunk_reader_set_strict (reader, !vectors_boolean (mode, "lenient", TRUE));
    if (g_strcmp0 (vectors_string (mode, "fmt3_after_fmt0"), "zero") == 0)
      rtmp_chunk_reader_set_fmt3 (reader, RTMP_FMT3_ZERO);
  }
  rtmp_chunk_reader_set_chunk_size (
      reader, vectors_int (vector, "initial_chunk_size", vectors_int (vector, "chunk", 128)));
  return reader;
}

static void
pull_all (RtmpChunkReader *reader, GPtrArray *messages)
{
  RtmpMessage *message;

  while ((message = rtmp_chunk_reader_pull (reader)) != NULL)
    g_ptr_array_add (messages, message);
}

static void
read_split (JsonObject *vector, GBytes *input, gsize split, Result *result)
{
  RtmpLimits limits;
  RtmpChunkReader *reader = make_reader (vector, &limits);
  gsize size, at = 0;
  const guint8 *data = g_bytes_get_data (input, &size);

  result->messages = g_ptr_array_new_with_free_func ((GDestroyNotify)rtmp_message_unref);
  result->error = NULL;
  while (at < size && result->error == NULL) {
    gssize n =
        rtmp_chunk_reader_push (reader, data + at, MIN (split, size - at), &result->error);

    pull_all (reader, result->messages);
    if (n > 0)
      at += n;
  }
  result->chunk_size = rtmp_chunk_reader_get_chunk_size (reader);
  rtmp_chunk_reader_free (reader);
}

static void
result_clear (Result *result)
{
  g_ptr_array_unref (result->messages);
  g_clear_error (&result->error);
}

static void
assert_payload (const RtmpMessage *message, const gchar *hex)
{
  GBytes *expected = vectors_from_hex (hex);
  gsize size;
  const guint8 *body = rtmp_message_peek (message, &size);

  vectors_assert_bytes (body, size, expected);
  g_bytes_unref (expected);
}

static void
assert_messages (GPtrArray *messages, JsonArray *expected)
{
  guint i;

  g_assert_cmpuint (messages->len, ==, json_array_get_length (expected));
  for (i = 0; i < messages->len; i++) {
    JsonObject *want = json_array_get_object_element (expected, i);
    const RtmpMessage *have = g_ptr_array_index (messages, i);

    g_assert_cmpuint (have->csid, ==, vectors_int (want, "csid", have->csid));
    g_assert_cmpuint (have->type, ==, vectors_int (want, "type", -1));
    g_assert_cmpuint (have->msid, ==, vectors_int (want, "msid", -1));
    g_assert_cmpuint (have->timestamp, ==, vectors_int (want, "timestamp", -1));
    assert_payload (have, vectors_string (want, "payload_hex"));
  }
}

static void
assert_sub_messages (GPtrArray *messages, JsonArray *expected)
{
  GPtrArray *subs = g_ptr_array_new_with_free_func ((GDestroyNotify)rtmp_message_unref);
  GError *error = NULL;

  rtmp_aggregate_unpack (
      g_ptr_array_index (messages, messages->len - 1), rtmp_limits_default (), subs, &error);
  g_assert_no_error (error);
  assert_messages (subs, expected);
  g_ptr_array_unref (subs);
}

static void
check_vector (JsonObject *vector, GBytes *input, gsize split)
{
  JsonObject *expected = vectors_object (vector, "expected");
  JsonArray *subs = vectors_array (expected, "sub_messages");
  const gchar *error = vectors_string (expected, "error");
  Result result;

  read_split (vector, input, split, &result);
  assert_messages (result.messages, vectors_array (expected, "messages"));
  g_assert_cmpuint (
      result.chunk_size, ==, vectors_int (expected, "final_in_chunk_size", result.chunk_size));
  if (error == NULL)
    g_assert_no_error (result.error);
  else
    g_assert_true (result.error != NULL && g_str_has_prefix (result.error->message, error));
  if (subs != NULL)
    assert_sub_messages (result.messages, subs);
  result_clear (&result);
}

static void
check_peer_vector (JsonObject *vector, GBytes *input, gsize split)
{
  JsonArray *expected = vectors_array (vector, "messages");
  Result result;
  guint i;

  read_split (vector, input, split, &result);
  g_assert_no_error (result.error);
  g_assert_cmpuint (result.messages->len, ==, json_array_get_length (expected));
  for (i = 0; i < result.messages->len; i++) {
    JsonArray *want = json_array_get_array_element (expected, i);
    const RtmpMessage *have = g_ptr_array_index (result.messages, i);

    g_assert_cmpuint (have->timestamp, ==, json_array_get_int_element (want, 0));
    g_assert_cmpuint (have->type, ==, json_array_get_int_element (want, 1));
    g_assert_cmpuint (have->msid, ==, json_array_get_int_element (want, 2));
    assert_payload (have, json_array_get_string_element (want, 3));
  }
  result_clear (&result);
}

typedef void (*CheckFunc) (JsonObject *vector, GBytes *input, gsize split);

static void
at_every_split (JsonObject *vector, GBytes *input, CheckFunc check)
{
  gsize size = g_bytes_get_size (input), split;

  for (split = 1; split <= MIN (size, EVERY_SPLIT_UP_TO); split++)
    check (vector, input, split);
  if (size > EVERY_SPLIT_UP_TO)
    check (vector, input, size);
}

static void
run_vector (JsonObject *vector)
{
  GBytes *input = vectors_bytes (vector, "input_hex");

  at_every_split (vector, input, check_vector);
  g_bytes_unref (input);
}

static void
run_peer_vector (gconstpointer data)
{
  JsonObject *vector = (JsonObject *)data;
  GBytes *input = vectors_bytes (vector, "bytes");

  at_every_split (vector, input, check_peer_vector);
  g_bytes_unref (input);
}

static guint
add_peer_vectors (void)
{
  JsonArray *vectors = vectors_load ("chunk-vectors.json");
  guint i;

  for (i = 0; i < json_array_get_length (vectors); i++) {
    JsonObject *vector = json_array_get_object_element (vectors, i);
    gchar *path = g_strdup_printf ("/peer-vectors/%u", i);

    g_test_add_data_func (path, vector, run_peer_vector);
    g_free (path);
  }
  return i;
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_assert_cmpuint (vectors_add ("chunk", run_vector, gaps), ==, 71);
  g_assert_cmpuint (add_peer_vectors (), ==, 24);
  return g_test_run ();
}
