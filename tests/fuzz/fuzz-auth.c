/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Fuzz target: the authentication dialogues. The input is a client's app and tcUrl,
 * then a server's description, each ended by a NUL. What our server says is
 * answered by our client as far as it goes.
 */
#include "fuzz.h"
#include "protocol/rtmp-auth-client.h"
#include "protocol/rtmp-auth-server.h"

#include <string.h>

static const RtmpAuthCredentials who = { "user", "secret", "live", "0a0b0c0d" };

static gchar *
take_text (const guint8 **data, gsize *size)
{
  gsize length = *size > 0 ? strnlen ((const gchar *)*data, *size) : 0;
  gchar *text = g_strndup ((const gchar *)*data, length);

  length = MIN (length + 1, *size);
  *data += length;
  *size -= length;
  return text;
}

static void
check_connect (RtmpAuthServer *server, const gchar *app, const gchar *tc_url, gint64 now_us)
{
  g_autoptr (RtmpAuthResponse) response = NULL;
  g_autofree gchar *words = rtmp_auth_server_read (
      server, RTMP_AUTH_ADOBE | RTMP_AUTH_LLNW, app, tc_url, now_us, &response);
  g_autofree gchar *query = NULL;
  guint step = 0;

  g_assert_true ((words == NULL) == (response != NULL));
  g_assert_cmpuint (rtmp_auth_server_get_n_challenges (server), <=, 4);
  if (response != NULL) {
    g_assert_false (rtmp_auth_response_check (response, NULL));
    rtmp_auth_response_check (response, who.password);
    return;
  }
  g_assert_true (g_utf8_validate (words, -1, NULL));
  query = rtmp_auth_answer (&who, &step, words, NULL);
  g_assert_true (query == NULL || (step > 0 && query[0] == '?'));
}

/* A user that came through to a challenge can always answer it. */
static void
check_dialogue (RtmpAuthServer *server, const gchar *first)
{
  g_autofree gchar *app = g_strdup (first);
  g_autoptr (RtmpAuthResponse) response = NULL;
  guint step = 0;

  for (guint i = 0; i < 2; i++) {
    g_autofree gchar *words =
        rtmp_auth_server_read (server, RTMP_AUTH_ADOBE, app, NULL, 0, &response);
    g_autofree gchar *query = rtmp_auth_answer (&who, &step, words, NULL);

    g_assert_nonnull (query);
    g_free (app);
    app = g_strconcat ("live", query, NULL);
  }
  g_assert_null (rtmp_auth_server_read (server, RTMP_AUTH_ADOBE, app, NULL, 0, &response));
  g_assert_true (rtmp_auth_response_check (response, who.password));
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  static const guint8 secret[RTMP_AUTH_SECRET_SIZE];
  g_autofree gchar *app = take_text (&data, &size);
  g_autofree gchar *tc_url = take_text (&data, &size);
  g_autofree gchar *description = take_text (&data, &size);
  g_autofree gchar *query = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (RtmpAuthServer) server = NULL;
  RtmpLimits limits = *rtmp_limits_default ();
  guint step = 0;

  limits.max_auth_challenges = 4;
  server = rtmp_auth_server_new (&limits, secret);
  for (guint i = 0; i < 3; i++)
    check_connect (server, app, tc_url, i * G_USEC_PER_SEC);
  check_dialogue (server, "live");
  query = rtmp_auth_answer (&who, &step, description, &error);
  g_assert_true ((query == NULL) == (error != NULL));
  return 0;
}
