/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Authentication answers beyond the vectors: what a hostile server may send.
 */
#include "protocol/rtmp-auth.h"

#include <string.h>

static void
test_adobe_empty_is_absent (void)
{
  g_autofree gchar *a = rtmp_auth_adobe_response ("hash", "", "challenge", "own");
  g_autofree gchar *b = rtmp_auth_adobe_response ("hash", NULL, "challenge", "own");
  g_autofree gchar *c = rtmp_auth_adobe_response ("hash", NULL, NULL, "own");
  g_autofree gchar *d = rtmp_auth_adobe_response ("hash", "", "", "own");
  g_autofree gchar *query = rtmp_auth_adobe_query ("u", "k", "r+/=", "");

  g_assert_cmpstr (a, ==, b);
  g_assert_cmpstr (c, ==, d);
  g_assert_cmpstr (a, !=, c);
  g_assert_cmpstr (query, ==, "?authmod=adobe&user=u&challenge=k&response=r+/=");
}

static void
test_llnw_query (void)
{
  g_autofree gchar *query = rtmp_auth_llnw_query ("u", "n", "c", "r");

  g_assert_cmpstr (query, ==, "?authmod=llnw&user=u&nonce=n&cnonce=c&nc=00000001&response=r");
}

static void
test_secure_token_size (void)
{
  gsize size;

  for (size = 0; size <= RTMP_AUTH_TOKEN_MAX + 4; size++) {
    g_autofree gchar *hex = g_strnfill (size, 'a');
    g_autofree gchar *text = rtmp_auth_secure_token ("token", hex);
    gboolean ok = size % 2 == 0 && size > 8 && size <= RTMP_AUTH_TOKEN_MAX;

    g_assert_true ((text != NULL) == ok);
  }
}

static void
test_secure_token_not_hex (void)
{
  g_assert_null (rtmp_auth_secure_token ("token", "510b59702a1d4fxx"));
  g_assert_null (rtmp_auth_secure_token ("token", "510b59702a1d4f 1"));
}

/* Upper case digits, and a token longer than the key, of which only 16 bytes count. */
static void
test_secure_token_forms (void)
{
  g_autofree gchar *a =
      rtmp_auth_secure_token ("secrettoken12345", "2EAEF2177B6603A781E7C24EF991A56E");
  g_autofree gchar *b =
      rtmp_auth_secure_token ("secrettoken12345 and more", "2eaef2177b6603a781e7c24ef991a56e");

  g_assert_cmpstr (a, ==, "hello world 1234");
  g_assert_cmpstr (b, ==, "hello world 1234");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/auth/adobe-empty-is-absent", test_adobe_empty_is_absent);
  g_test_add_func ("/auth/llnw-query", test_llnw_query);
  g_test_add_func ("/auth/secure-token-size", test_secure_token_size);
  g_test_add_func ("/auth/secure-token-not-hex", test_secure_token_not_hex);
  g_test_add_func ("/auth/secure-token-forms", test_secure_token_forms);
  return g_test_run ();
}
