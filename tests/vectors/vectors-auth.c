/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Vectors of the authentication dialogues.
 */
#include "protocol/rtmp-auth.h"
#include "vectors.h"

static void
run_adobe (JsonObject *vector, JsonObject *expected)
{
  const gchar *user = vectors_string (vector, "user");
  const gchar *opaque = vectors_string (vector, "opaque");
  const gchar *own = vectors_string (vector, "client_challenge");
  g_autofree gchar *hash = rtmp_auth_adobe_hash (
      user, vectors_string (vector, "salt"), vectors_string (vector, "password"));
  g_autofree gchar *response =
      rtmp_auth_adobe_response (hash, opaque, vectors_string (vector, "challenge"), own);
  g_autofree gchar *query = rtmp_auth_adobe_query (user, own, response, opaque);

  g_assert_cmpstr (hash, ==, vectors_string (expected, "hash1"));
  g_assert_cmpstr (response, ==, vectors_string (expected, "response"));
  g_assert_cmpstr (query, ==, vectors_string (expected, "query_appended_to_app_and_tcUrl"));
}

static void
run_llnw (JsonObject *vector, JsonObject *expected)
{
  g_autofree gchar *response = rtmp_auth_llnw_response (vectors_string (vector, "user"),
      vectors_string (vector, "password"), vectors_string (vector, "app"),
      vectors_string (vector, "nonce"), vectors_string (vector, "cnonce"));

  g_assert_cmpstr (response, ==, vectors_string (expected, "response"));
}

static void
run_secure_token (JsonObject *vector, JsonObject *expected)
{
  g_autofree gchar *response = rtmp_auth_secure_token (
      vectors_string (vector, "token"), vectors_string (vector, "challenge_hex"));

  g_assert_cmpstr (response, ==, vectors_string (expected, "response"));
}

static void
run (JsonObject *vector)
{
  const gchar *kind = vectors_string (vector, "kind");
  JsonObject *expected = vectors_object (vector, "expected");

  if (g_str_equal (kind, "auth_adobe"))
    run_adobe (vector, expected);
  else if (g_str_equal (kind, "auth_llnw"))
    run_llnw (vector, expected);
  else if (g_str_equal (kind, "auth_secure_token"))
    run_secure_token (vector, expected);
  else
    g_error ("no such kind: %s", kind);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_assert_cmpuint (vectors_add ("auth", run, NULL), ==, 9);
  return g_test_run ();
}
