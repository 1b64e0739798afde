/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The publisher authentication dialogues: our client and our server against each
 * other, each against texts of other implementations, and against cheats. Virtual
 * time. Quirk 38 and row 35 of what attackers send (docs/interop.md).
 */
#include "protocol/rtmp-auth-client.h"
#include "protocol/rtmp-auth-server.h"
#include "protocol/rtmp-auth.h"
#include "protocol/rtmp-error.h"

#include <string.h>

#define BOTH (RTMP_AUTH_ADOBE | RTMP_AUTH_LLNW)
#define NEED "[ AccessManager.Reject ] : [ code=403 need auth; authmod=adobe ] : "
#define FAILED "[ AccessManager.Reject ] : [ authmod=adobe ] : ?reason=authfailed&opaque=-"

static const guint8 secret[RTMP_AUTH_SECRET_SIZE] = "not so secret";
static const RtmpAuthCredentials ann = { "ann", "pa ss", "live", "0a0b0c0d" };

static RtmpAuthServer *
server_new (void)
{
  return rtmp_auth_server_new (rtmp_limits_default (), secret);
}

/* What the server says to a connect; NULL and @response: a response came. */
static gchar *
ask (RtmpAuthServer *server, RtmpAuthMethod methods, const gchar *app, gint64 now_us,
    RtmpAuthResponse **response)
{
  return rtmp_auth_server_read (server, methods, app, NULL, now_us, response);
}

/* The client's app in the third connect, after two refusals. */
static gchar *
walk (RtmpAuthServer *server, RtmpAuthMethod methods, const RtmpAuthCredentials *who,
    const gchar *app, gint64 now_us)
{
  g_autofree gchar *next = g_strdup (app);
  guint step = 0;

  for (guint i = 0; i < 2; i++) {
    RtmpAuthResponse *response;
    g_autofree gchar *words = ask (server, methods, next, now_us, &response);
    g_autofree gchar *query = NULL;

    g_assert_nonnull (words);
    g_assert_null (response);
    query = rtmp_auth_answer (who, &step, words, NULL);
    g_assert_nonnull (query);
    g_free (next);
    next = g_strconcat (app, query, NULL);
  }
  return g_steal_pointer (&next);
}

static gboolean
log_in (RtmpAuthMethod methods, const RtmpAuthCredentials *who, const gchar *password)
{
  g_autoptr (RtmpAuthServer) server = server_new ();
  g_autofree gchar *app = walk (server, methods, who, who->app, 0);
  g_autoptr (RtmpAuthResponse) response = NULL;
  g_autofree gchar *words = ask (server, methods, app, 0, &response);

  g_assert_null (words);
  g_assert_nonnull (response);
  g_assert_cmpstr (response->user, ==, who->user);
  g_assert_cmpstr (response->app, ==, "live");
  return rtmp_auth_response_check (response, password);
}

static void
test_pair (void)
{
  RtmpAuthCredentials queried = ann;

  queried.app = "live?key=1&b=2";
  for (RtmpAuthMethod method = RTMP_AUTH_ADOBE; method <= BOTH; method++) {
    g_assert_true (log_in (method, &ann, "pa ss"));
    g_assert_true (log_in (method, &queried, "pa ss"));
    g_assert_false (log_in (method, &ann, "pass"));
    g_assert_false (log_in (method, &ann, NULL));
  }
}

/* The exact texts: GStreamer's pattern wants the brackets, FFmpeg's the words. */
static void
test_texts (void)
{
  g_autoptr (RtmpAuthServer) server = server_new ();
  RtmpAuthResponse *response;
  g_autofree gchar *need = ask (server, BOTH, "live", 0, &response);
  g_autofree gchar *llnw = ask (server, RTMP_AUTH_LLNW, "live", 0, &response);
  g_autofree gchar *adobe = ask (server, BOTH, "live?authmod=adobe&user=u", 0, &response);
  g_autofree gchar *nonce = ask (server, BOTH, "live?authmod=llnw&user=u", 0, &response);

  g_assert_cmpstr (need, ==, NEED);
  g_assert_cmpstr (
      llnw, ==, "[ AccessManager.Reject ] : [ code=403 need auth; authmod=llnw ] : ");
  g_assert_true (g_regex_match_simple (
      "^\\[ AccessManager\\.Reject \\] : \\[ authmod=adobe \\] : "
      "\\?reason=needauth&user=u&salt=[0-9a-f]{16}&challenge=[0-9a-f]{16}&opaque=[0-9a-f]{32}$",
      adobe, 0, 0));
  g_assert_true (
      g_regex_match_simple ("^\\[ AccessManager\\.Reject \\] : \\[ authmod=llnw \\] : "
                            "\\?reason=needauth&user=u&nonce=[0-9a-f]{32}$",
          nonce, 0, 0));
  g_assert_cmpuint (rtmp_auth_server_get_n_challenges (server), ==, 2);
}

static void
assert_refused (RtmpAuthServer *server, const gchar *app, gint64 now_us, const gchar *expected)
{
  g_autoptr (RtmpAuthResponse) response = NULL;
  g_autofree gchar *words = ask (server, RTMP_AUTH_ADOBE, app, now_us, &response);

  g_assert_cmpstr (words, ==, expected);
  g_assert_null (response);
}

static void
test_single_use (void)
{
  g_autoptr (RtmpAuthServer) server = server_new ();
  g_autofree gchar *app = walk (server, RTMP_AUTH_ADOBE, &ann, "live", 0);
  g_autoptr (RtmpAuthResponse) response = NULL;

  g_assert_null (ask (server, RTMP_AUTH_ADOBE, app, 0, &response));
  g_assert_true (rtmp_auth_response_check (response, "pa ss"));
  assert_refused (server, app, 0, FAILED);
  g_assert_cmpuint (rtmp_auth_server_get_n_challenges (server), ==, 0);
}

/* A wrong response uses the challenge up as well. */
static void
test_wrong_uses_up (void)
{
  g_autoptr (RtmpAuthServer) server = server_new ();
  g_autofree gchar *app = walk (server, RTMP_AUTH_ADOBE, &ann, "live", 0);
  g_autofree gchar *opaque = g_strdup (strstr (app, "&opaque="));
  g_autofree gchar *guess =
      g_strconcat ("live?authmod=adobe&user=ann&challenge=1&response=x", opaque, NULL);
  g_autofree gchar *stolen =
      g_strconcat ("live?authmod=adobe&user=bob&challenge=1&response=x", opaque, NULL);
  g_autoptr (RtmpAuthResponse) response = NULL;

  g_assert_null (ask (server, RTMP_AUTH_ADOBE, guess, 0, &response));
  g_assert_false (rtmp_auth_response_check (response, "pa ss"));
  assert_refused (server, app, 0, FAILED);
  assert_refused (server, stolen, 0, FAILED);
}

static void
test_another_user (void)
{
  g_autoptr (RtmpAuthServer) server = server_new ();
  g_autofree gchar *app = walk (server, RTMP_AUTH_ADOBE, &ann, "live", 0);
  g_autofree gchar *stolen = g_strconcat (
      "live?authmod=adobe&user=bob&challenge=1&response=x", strstr (app, "&opaque="), NULL);

  assert_refused (server, stolen, 0, FAILED);
  assert_refused (server, app, 0, FAILED);
}

/* A challenge of one method is none of the other. */
static void
test_another_method (void)
{
  g_autoptr (RtmpAuthServer) server = server_new ();
  g_autofree gchar *app = walk (server, RTMP_AUTH_ADOBE, &ann, "live", 0);
  g_autofree gchar *other =
      g_strconcat ("live?authmod=llnw&user=ann&cnonce=1&nc=00000001&response=x&nonce=",
          strstr (app, "&opaque=") + strlen ("&opaque="), NULL);
  g_autoptr (RtmpAuthResponse) response = NULL;
  g_autofree gchar *words = ask (server, BOTH, other, 0, &response);

  g_assert_nonnull (strstr (words, "authmod=llnw ] : ?reason=authfailed"));
  g_assert_null (response);
}

static void
test_expiry (void)
{
  gint64 limit_us = rtmp_limits_default ()->auth_challenge_ms * G_GINT64_CONSTANT (1000);

  g_assert_cmpint (limit_us, ==, 60 * G_USEC_PER_SEC);
  for (gint over = -1; over <= 1; over++) {
    g_autoptr (RtmpAuthServer) server = server_new ();
    g_autofree gchar *app = walk (server, RTMP_AUTH_ADOBE, &ann, "live", 1000);
    g_autoptr (RtmpAuthResponse) response = NULL;
    g_autofree gchar *words =
        ask (server, RTMP_AUTH_ADOBE, app, 1000 + limit_us + over, &response);

    g_assert_cmpint (words == NULL, ==, over < 0);
    g_assert_cmpuint (rtmp_auth_server_get_n_challenges (server), ==, 0);
  }
}

/* One less than the maximum, the maximum, one more: the oldest goes. */
static void
test_table (void)
{
  RtmpLimits limits = *rtmp_limits_default ();
  const guint max = 4;

  limits.max_auth_challenges = max;
  for (guint n = max - 1; n <= max + 1; n++) {
    g_autoptr (RtmpAuthServer) server = rtmp_auth_server_new (&limits, secret);
    g_autofree gchar *app = walk (server, RTMP_AUTH_ADOBE, &ann, "live", 0);
    g_autoptr (RtmpAuthResponse) response = NULL;
    g_autofree gchar *words = NULL;

    for (guint i = 1; i < n; i++)
      g_free (ask (server, RTMP_AUTH_ADOBE, "live?authmod=adobe&user=x", 0, &response));
    g_assert_cmpuint (rtmp_auth_server_get_n_challenges (server), ==, MIN (n, max));
    words = ask (server, RTMP_AUTH_ADOBE, app, 0, &response);
    g_assert_cmpint (words == NULL, ==, n <= max);
  }
}

static void
test_value_size (void)
{
  g_autoptr (RtmpAuthServer) server = server_new ();
  guint max = rtmp_limits_default ()->max_auth_value_size;

  for (guint size = max - 1; size <= max + 1; size++) {
    g_autofree gchar *user = g_strnfill (size, 'u');
    g_autofree gchar *app = g_strconcat ("live?authmod=adobe&user=", user, NULL);
    RtmpAuthResponse *response;
    g_autofree gchar *words = ask (server, RTMP_AUTH_ADOBE, app, 0, &response);

    g_assert_cmpint (g_str_equal (words, NEED), ==, size > max);
  }
}

/* Nobody learns who exists: the same words, one after the other. */
static void
test_unknown_user (void)
{
  static const gchar *const passwords[] = { NULL, "other" };

  for (guint i = 0; i < G_N_ELEMENTS (passwords); i++) {
    g_autoptr (RtmpAuthServer) server = server_new ();
    g_autofree gchar *app = walk (server, RTMP_AUTH_ADOBE, &ann, "live", 0);
    g_autoptr (RtmpAuthResponse) response = NULL;
    g_autofree gchar *words = NULL;

    g_assert_null (ask (server, RTMP_AUTH_ADOBE, app, 0, &response));
    g_assert_false (rtmp_auth_response_check (response, passwords[i]));
    words = rtmp_auth_response_failed (response);
    g_assert_cmpstr (words, ==, FAILED);
  }
}

/* A user without a password that exists is not one that does not exist. */
static void
test_empty_password (void)
{
  RtmpAuthCredentials who = ann;

  who.password = "";
  g_assert_true (log_in (RTMP_AUTH_ADOBE, &who, ""));
  g_assert_false (log_in (RTMP_AUTH_ADOBE, &who, NULL));
}

static void
test_tc_url (void)
{
  g_autoptr (RtmpAuthServer) server = server_new ();
  RtmpAuthResponse *response;
  g_autofree gchar *words = rtmp_auth_server_read (
      server, RTMP_AUTH_ADOBE, "live", "rtmp://h/live?authmod=adobe&user=ann", 0, &response);
  g_autofree gchar *none =
      rtmp_auth_server_read (server, RTMP_AUTH_ADOBE, NULL, NULL, 0, &response);

  g_assert_nonnull (strstr (words, "&user=ann&"));
  g_assert_cmpstr (none, ==, NEED);
}

static void
test_cheats (void)
{
  static const struct
  {
    const gchar *app;
    const gchar *expected;
  } cheats[] = {
    { "live?authmod=adobe", NEED },
    { "live?authmod=adobe&user=", NEED },
    { "live?authmod=adobe&user=a\nb", NEED },
    { "live?authmod=adobe&user=\xff", NEED },
    { "live?authmod=llnw&user=ann", NEED },
    { "live?authmod=none&user=ann", NEED },
    { "live?xauthmod=adobe&user=ann", NEED },
    { "live&&&???", NEED },
    { "live?authmod=adobe&user=ann&challenge=1&response=", FAILED },
    { "live?authmod=adobe&user=ann&challenge=1&response=x&opaque=", FAILED },
    { "live?authmod=adobe&user=ann&challenge=1&response=x&opaque=zz", FAILED },
  };
  g_autoptr (RtmpAuthServer) server = server_new ();

  for (guint i = 0; i < G_N_ELEMENTS (cheats); i++)
    assert_refused (server, cheats[i].app, 0, cheats[i].expected);
}

static void
test_llnw_count (void)
{
  g_autoptr (RtmpAuthServer) server = server_new ();
  g_autofree gchar *app = walk (server, RTMP_AUTH_LLNW, &ann, "live", 0);
  g_autofree gchar *again = g_strdup (app);
  g_autoptr (RtmpAuthResponse) response = NULL;
  g_autofree gchar *words = NULL;

  strstr (again, "nc=00000001")[10] = '2';
  words = ask (server, RTMP_AUTH_LLNW, again, 0, &response);
  g_assert_nonnull (strstr (words, "authfailed"));
}

static void
test_never_the_same (void)
{
  g_autoptr (RtmpAuthServer) server = server_new ();
  RtmpAuthResponse *response;
  g_autofree gchar *a = ask (server, BOTH, "live?authmod=adobe&user=u", 0, &response);
  g_autofree gchar *b = ask (server, BOTH, "live?authmod=adobe&user=u", 0, &response);

  g_assert_cmpstr (a, !=, b);
}

/* ---- client ---------------------------------------------------------- */

/* The short form of mediamtx, and the numbers of the worked example. */
static void
test_other_servers (void)
{
  const RtmpAuthCredentials who = { "user1", "secret", "live", "0a0b0c0d" };
  guint step = 0;
  g_autofree gchar *first =
      rtmp_auth_answer (&who, &step, "code=403 need auth; authmod=adobe", NULL);
  g_autofree gchar *second = rtmp_auth_answer (&who, &step,
      "authmod=adobe ?reason=needauth&user=user1&salt=UXtJbA==&challenge=MQ9oBg==", NULL);
  g_autofree gchar *llnw = NULL;

  g_assert_cmpstr (first, ==, "?authmod=adobe&user=user1");
  g_assert_cmpstr (second, ==,
      "?authmod=adobe&user=user1&challenge=0a0b0c0d&response=nEx8GD6vohvGeP/JAK+NzQ==");
  step = 0;
  llnw =
      rtmp_auth_answer (&who, &step, "[ authmod=llnw ] : ?reason=needauth&nonce=abc123", NULL);
  g_assert_cmpstr (llnw, ==,
      "?authmod=llnw&user=user1&nonce=abc123&cnonce=0a0b0c0d&nc=00000001"
      "&response=c76572e436cf22e75a88b6bcb79817a0");
}

/* The server's form of the user's name is hashed, ours is sent. */
static void
test_user_by_the_server (void)
{
  const RtmpAuthCredentials who = { "USER1", "secret", "live", "0a0b0c0d" };
  guint step = 1;
  g_autofree gchar *query = rtmp_auth_answer (&who, &step,
      "authmod=adobe ?reason=needauth&user=user1&salt=UXtJbA==&opaque=MQ9oBg==", NULL);

  g_assert_cmpstr (query, ==,
      "?authmod=adobe&user=USER1&challenge=0a0b0c0d&response=nEx8GD6vohvGeP/JAK+NzQ=="
      "&opaque=MQ9oBg==");
}

static void
assert_no_answer (
    const RtmpAuthCredentials *who, guint step, const gchar *description, RtmpErrorCode code)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (rtmp_auth_answer (who, &step, description, &error));
  g_assert_error (error, RTMP_ERROR, (gint)code);
}

static void
test_no_answer (void)
{
  const RtmpAuthCredentials nobody = { NULL, NULL, "live", "1" };
  const gchar *more = "authmod=adobe ?reason=needauth&salt=s";

  assert_no_answer (&ann, 0, NULL, RTMP_ERROR_UNSUPPORTED);
  assert_no_answer (&ann, 0, "Access denied.", RTMP_ERROR_UNSUPPORTED);
  assert_no_answer (&ann, 0, "authmod=adobe", RTMP_ERROR_UNSUPPORTED);
  assert_no_answer (&nobody, 0, NEED, RTMP_ERROR_UNSUPPORTED);
  assert_no_answer (&ann, 2, FAILED, RTMP_ERROR_REFUSED);
  assert_no_answer (&ann, 1, "authmod=llnw ?reason=nosuchuser", RTMP_ERROR_REFUSED);
  /* asked again for the same: no loop */
  assert_no_answer (&ann, 1, NEED, RTMP_ERROR_REFUSED);
  assert_no_answer (&ann, 2, NEED, RTMP_ERROR_REFUSED);
  assert_no_answer (&ann, 2, more, RTMP_ERROR_REFUSED);
}

static void
test_challenge_size (void)
{
  for (gint over = -1; over <= 1; over++) {
    g_autofree gchar *salt = g_strnfill (RTMP_AUTH_MAX_VALUE + over, 's');
    g_autofree gchar *words =
        g_strconcat ("authmod=adobe ?reason=needauth&salt=", salt, "&opaque=1", NULL);
    guint step = 1;
    g_autofree gchar *query = rtmp_auth_answer (&ann, &step, words, NULL);

    g_assert_cmpint (query != NULL, ==, over <= 0);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/auth-server/pair", test_pair);
  g_test_add_func ("/auth-server/texts", test_texts);
  g_test_add_func ("/auth-server/single-use", test_single_use);
  g_test_add_func ("/auth-server/wrong-uses-up", test_wrong_uses_up);
  g_test_add_func ("/auth-server/another-user", test_another_user);
  g_test_add_func ("/auth-server/another-method", test_another_method);
  g_test_add_func ("/auth-server/expiry", test_expiry);
  g_test_add_func ("/auth-server/table", test_table);
  g_test_add_func ("/auth-server/value-size", test_value_size);
  g_test_add_func ("/auth-server/unknown-user", test_unknown_user);
  g_test_add_func ("/auth-server/empty-password", test_empty_password);
  g_test_add_func ("/auth-server/tc-url", test_tc_url);
  g_test_add_func ("/auth-server/cheats", test_cheats);
  g_test_add_func ("/auth-server/llnw-count", test_llnw_count);
  g_test_add_func ("/auth-server/never-the-same", test_never_the_same);
  g_test_add_func ("/auth-client/other-servers", test_other_servers);
  g_test_add_func ("/auth-client/user-by-the-server", test_user_by_the_server);
  g_test_add_func ("/auth-client/no-answer", test_no_answer);
  g_test_add_func ("/auth-client/challenge-size", test_challenge_size);
  return g_test_run ();
}
