/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Vectors of names: what a client makes of a URL, and what the server makes of what
 * clients send.
 */
#include "protocol/rtmp-name.h"
#include "vectors.h"

static void
run_client (JsonObject *vector, JsonObject *expected)
{
  g_autofree gchar *app = NULL, *stream = NULL;

  g_assert_true (rtmp_url_split_like_ffmpeg (vectors_string (vector, "url"), &app, &stream));
  g_assert_cmpstr (app, ==, vectors_string (expected, "app"));
  g_assert_cmpstr (stream, ==, vectors_string (expected, "stream"));
}

static void
run_server (JsonObject *vector, JsonObject *expected)
{
  JsonObject *query = vectors_object (expected, "query");
  g_autoptr (GError) error = NULL;
  g_autoptr (RtmpName) name = rtmp_name_new (vectors_string (vector, "app"), NULL,
      vectors_string (vector, "stream"), rtmp_limits_default (), &error);
  g_autoptr (GArray) params = NULL;
  guint i;

  g_assert_no_error (error);
  g_assert_cmpstr (name->application, ==, vectors_string (expected, "app"));
  g_assert_cmpstr (name->key, ==, vectors_string (expected, "stream"));
  params = rtmp_query_parse (name->query);
  g_assert_cmpuint (params->len, ==, json_object_get_size (query));
  for (i = 0; i < params->len; i++) {
    const RtmpParam *param = &g_array_index (params, RtmpParam, i);

    g_assert_cmpstr (param->value, ==, vectors_string (query, param->name));
  }
}

static void
run (JsonObject *vector)
{
  JsonObject *expected = vectors_object (vector, "expected");

  if (g_str_equal (vectors_string (vector, "kind"), "client_url"))
    run_client (vector, expected);
  else
    run_server (vector, expected);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_assert_cmpuint (vectors_add ("url", run, NULL), ==, 19);
  return g_test_run ();
}
