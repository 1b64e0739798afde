/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * FLV in buffers of every split -> messages with the tags' timestamps.
 */
#include "elements/gstrtmpserverflvinput.h"
#include "protocol/rtmp-command.h"

static void
put_tag (GByteArray *out, guint8 type, guint32 timestamp, const guint8 *body, guint size)
{
  const guint8 header[11] = { type, (guint8)(size >> 16), (guint8)(size >> 8), (guint8)size,
    (guint8)(timestamp >> 16), (guint8)(timestamp >> 8), (guint8)timestamp,
    (guint8)(timestamp >> 24), 0, 0, 0 };
  const guint8 pointer[4] = { 0, 0, (guint8)((size + 11) >> 8), (guint8)(size + 11) };

  g_byte_array_append (out, header, sizeof header);
  g_byte_array_append (out, body, size);
  g_byte_array_append (out, pointer, sizeof pointer);
}

static void
put_file_header (GByteArray *out)
{
  g_byte_array_append (out, (const guint8 *)"FLV\1\5\0\0\0\11\0\0\0\0", 13);
}

static void
put_metadata (GByteArray *out, const gchar *name)
{
  RtmpAmf *array = rtmp_amf_new_ecma_array ();
  RtmpMessage *message;
  const guint8 *data;
  gsize size;

  rtmp_amf_set_number (array, "width", 320);
  if (g_str_equal (name, "@setDataFrame"))
    message = rtmp_data_new (1, 0, name, rtmp_amf_new_string ("onMetaData"), array, NULL);
  else
    message = rtmp_data_new (1, 0, name, array, NULL);
  data = rtmp_message_peek (message, &size);
  put_tag (out, RTMP_TYPE_DATA, 0, data, size);
  rtmp_message_unref (message);
}

static void
put_headers (GByteArray *out)
{
  const guint8 avc[] = { 0x17, 0, 0, 0, 0, 1, 0x42, 0xc0, 0x1e, 0xff };
  const guint8 asc[] = { 0xaf, 0, 0x12, 0x10 };

  put_file_header (out);
  put_metadata (out, "onMetaData");
  put_tag (out, RTMP_TYPE_VIDEO, 0, avc, sizeof avc);
  put_tag (out, RTMP_TYPE_AUDIO, 0, asc, sizeof asc);
}

static void
put_video (GByteArray *out, guint32 timestamp, gboolean key)
{
  const guint8 body[] = { key ? 0x17 : 0x27, 1, 0, 0, 40, 0, 0, 0, 1, key ? 0x65 : 0x41 };

  put_tag (out, RTMP_TYPE_VIDEO, timestamp, body, sizeof body);
}

static void
put_audio (GByteArray *out, guint32 timestamp)
{
  const guint8 body[] = { 0xaf, 1, 0x21 };

  put_tag (out, RTMP_TYPE_AUDIO, timestamp, body, sizeof body);
}

/* "video 0 header, audio 20, data 20 metadata, ..." */
static void
log_message (RtmpMessage *message, gpointer user_data)
{
  GString *log = user_data;
  const gchar *type = message->type == RTMP_TYPE_VIDEO   ? "video"
                      : message->type == RTMP_TYPE_AUDIO ? "audio"
                                                         : "data";

  g_string_append_printf (log, "%s%s %u", log->len > 0 ? ", " : "", type, message->timestamp);
  if (message->flags & RTMP_MESSAGE_KEYFRAME)
    g_string_append (log, " key");
  if (message->flags & RTMP_MESSAGE_HEADER)
    g_string_append (log, " header");
  if (message->flags & RTMP_MESSAGE_METADATA)
    g_string_append (log, " metadata");
}

static gboolean
push (GstRtmpServerFlvInput *input, const guint8 *data, gsize size, GError **error)
{
  GstBuffer *buffer = gst_buffer_new_memdup (data, size);
  gboolean ok = gst_rtmp_server_flv_input_push (input, buffer, error);

  gst_buffer_unref (buffer);
  return ok;
}

static void
push_all (GstRtmpServerFlvInput *input, GByteArray *bytes)
{
  GError *error = NULL;

  push (input, bytes->data, bytes->len, &error);
  g_assert_no_error (error);
  g_byte_array_set_size (bytes, 0);
}

typedef struct _Fixture
{
  GString *log;
  GByteArray *bytes;
  GstRtmpServerFlvInput *input;
} Fixture;

static void
set_up (Fixture *f, gconstpointer data)
{
  f->log = g_string_new (NULL);
  f->bytes = g_byte_array_new ();
  f->input = gst_rtmp_server_flv_input_new (log_message, f->log);
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  gst_rtmp_server_flv_input_free (f->input);
  g_byte_array_unref (f->bytes);
  g_string_free (f->log, TRUE);
}

#define BEGIN "data 0 metadata, video 0 header, audio 0 header"

static void
assert_log (Fixture *f, const gchar *expected)
{
  g_assert_cmpstr (f->log->str, ==, expected);
  g_string_truncate (f->log, 0);
}

static void
test_every_split (Fixture *f, gconstpointer data)
{
  put_headers (f->bytes);
  put_video (f->bytes, 0, TRUE);
  put_audio (f->bytes, 20);
  put_video (f->bytes, 40, FALSE);
  for (gsize size = 1; size <= f->bytes->len; size++) {
    gst_rtmp_server_flv_input_reset (f->input);
    for (gsize at = 0; at < f->bytes->len; at += size)
      g_assert_true (
          push (f->input, f->bytes->data + at, MIN (size, f->bytes->len - at), NULL));
    assert_log (f, BEGIN ", video 0 key, audio 20, video 40");
  }
}

static void
test_metadata_forms (Fixture *f, gconstpointer data)
{
  put_file_header (f->bytes);
  put_metadata (f->bytes, "@setDataFrame");
  put_video (f->bytes, 1000, TRUE);
  put_metadata (f->bytes, "onTextData");
  put_tag (f->bytes, RTMP_TYPE_AUDIO, 1000, NULL, 0);
  push_all (f->input, f->bytes);
  assert_log (f, "data 0 metadata, video 1000 key, data 1000");
}

/* A live stream that was joined in the middle: headers only in caps. */
static void
test_headers_of_caps (Fixture *f, gconstpointer data)
{
  GValue array = G_VALUE_INIT, item = G_VALUE_INIT;

  put_headers (f->bytes);
  g_value_init (&array, GST_TYPE_ARRAY);
  g_value_init (&item, GST_TYPE_BUFFER);
  gst_value_take_buffer (&item, gst_buffer_new_memdup (f->bytes->data, f->bytes->len));
  gst_value_array_append_and_take_value (&array, &item);

  gst_rtmp_server_flv_input_set_headers (f->input, &array);
  g_byte_array_set_size (f->bytes, 0);
  put_video (f->bytes, 5000, TRUE);
  push_all (f->input, f->bytes);
  assert_log (f, BEGIN ", video 5000 key");
  put_video (f->bytes, 5040, FALSE);
  push_all (f->input, f->bytes);
  assert_log (f, "video 5040");

  /* not when the stream brings them itself, as flvmux does */
  gst_rtmp_server_flv_input_set_headers (f->input, &array);
  put_headers (f->bytes);
  push_all (f->input, f->bytes);
  assert_log (f, "data 5040 metadata, video 5041 header, audio 5041 header");
  gst_rtmp_server_flv_input_set_headers (f->input, NULL);
  g_value_unset (&array);
}

/* Another file after the first one, as after a seek: time goes on. */
static void
test_starts_again (Fixture *f, gconstpointer data)
{
  put_headers (f->bytes);
  put_video (f->bytes, 9960, FALSE);
  put_audio (f->bytes, 9980);
  put_headers (f->bytes);
  put_video (f->bytes, 40, TRUE);
  put_audio (f->bytes, 40);
  push_all (f->input, f->bytes);
  assert_log (f, BEGIN ", video 9960, audio 9980, data 9980 metadata, video 9981 header, "
                       "audio 9981 header, video 10021 key, audio 10021");
}

static void
test_flush (Fixture *f, gconstpointer data)
{
  put_headers (f->bytes);
  put_video (f->bytes, 200, TRUE);
  push_all (f->input, f->bytes);
  assert_log (f, BEGIN ", video 200 key");
  put_video (f->bytes, 240, FALSE);
  g_assert_true (push (f->input, f->bytes->data, f->bytes->len - 7, NULL));
  gst_rtmp_server_flv_input_flush (f->input);
  g_byte_array_set_size (f->bytes, 0);
  put_headers (f->bytes);
  put_video (f->bytes, 40, TRUE);
  push_all (f->input, f->bytes);
  assert_log (f, "data 200 metadata, video 201 header, audio 201 header, video 241 key");
}

/* 2^32 ms are 49.7 days. */
static void
test_wrap (Fixture *f, gconstpointer data)
{
  put_headers (f->bytes);
  put_video (f->bytes, 0x7ffffff0u, TRUE);
  put_video (f->bytes, 0x80000010u, FALSE);
  put_video (f->bytes, 0xfffffff0u, FALSE);
  put_video (f->bytes, 0x00000010u, FALSE);
  push_all (f->input, f->bytes);
  assert_log (f, BEGIN ", video 2147483632 key, video 2147483664, video 4294967280, video 16");
}

static void
test_negative_start (Fixture *f, gconstpointer data)
{
  put_file_header (f->bytes);
  put_video (f->bytes, (guint32)-80, TRUE);
  put_audio (f->bytes, 0);
  put_video (f->bytes, (guint32)-40, FALSE);
  push_all (f->input, f->bytes);
  assert_log (f, "video 0 key, audio 80, video 40");
}

static void
test_garbage (Fixture *f, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  g_assert_false (push (f->input, (const guint8 *)"\0\0\0\30ftypmp42", 12, &error));
  g_assert_nonnull (error);
  assert_log (f, "");
  gst_rtmp_server_flv_input_flush (f->input);
  put_headers (f->bytes);
  push_all (f->input, f->bytes);
  assert_log (f, BEGIN);
}

static void
test_insert (Fixture *f, gconstpointer data)
{
  RtmpMessage *message =
      rtmp_data_new (1, 7, "onTextData", rtmp_amf_new_string ("hello"), NULL);

  put_headers (f->bytes);
  put_video (f->bytes, 3000, TRUE);
  push_all (f->input, f->bytes);
  assert_log (f, BEGIN ", video 3000 key");
  gst_rtmp_server_flv_input_insert (f->input, message);
  rtmp_message_unref (message);
  assert_log (f, "data 3000");
}

int
main (int argc, char **argv)
{
  static const struct
  {
    const gchar *name;
    void (*func) (Fixture *, gconstpointer);
  } tests[] = { { "every-split", test_every_split }, { "metadata", test_metadata_forms },
    { "headers-of-caps", test_headers_of_caps }, { "starts-again", test_starts_again },
    { "flush", test_flush }, { "wrap", test_wrap }, { "negative-start", test_negative_start },
    { "garbage", test_garbage }, { "insert", test_insert } };

  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  for (gsize i = 0; i < G_N_ELEMENTS (tests); i++) {
    g_autofree gchar *path = g_strdup_printf ("/flv-input/%s", tests[i].name);

    g_test_add (path, Fixture, NULL, set_up, tests[i].func, tear_down);
  }
  return g_test_run ();
}
