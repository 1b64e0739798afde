/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Answers to a server's challenge.
 */
#include "rtmp-auth-client.h"
#include "rtmp-auth.h"
#include "rtmp-error.h"

#include <string.h>

#define STEP_USER_SENT 1
#define STEP_RESPONSE_SENT 2

typedef struct _Challenge
{
  gchar *user;
  gchar *salt;
  gchar *challenge;
  gchar *opaque;
  gchar *nonce;
} Challenge;

static gchar *
fail (GError **error, RtmpErrorCode code, const gchar *words)
{
  g_set_error_literal (error, RTMP_ERROR, code, words);
  return NULL;
}

/* The value goes as it is: base64 has '+', '/' and '='. */
static gchar *
get_value (const gchar *query, const gchar *name)
{
  gsize length = strlen (name);

  while (query != NULL) {
    if (strncmp (query, name, length) == 0 && query[length] == '=') {
      const gchar *value = query + length + 1;

      return g_strndup (value, MIN (strcspn (value, "& "), RTMP_AUTH_MAX_VALUE + 1));
    }
    query = strchr (query, '&');
    if (query != NULL)
      query++;
  }
  return NULL;
}

static void
challenge_clear (Challenge *challenge)
{
  g_free (challenge->user);
  g_free (challenge->salt);
  g_free (challenge->challenge);
  g_free (challenge->opaque);
  g_free (challenge->nonce);
}

static gboolean
is_too_long (const gchar *value)
{
  return value != NULL && strlen (value) > RTMP_AUTH_MAX_VALUE;
}

/* FALSE: a value is too long. */
static gboolean
challenge_read (Challenge *challenge, const gchar *query)
{
  challenge->user = get_value (query, "user");
  challenge->salt = get_value (query, "salt");
  challenge->challenge = get_value (query, "challenge");
  challenge->opaque = get_value (query, "opaque");
  challenge->nonce = get_value (query, "nonce");
  return !(is_too_long (challenge->user) || is_too_long (challenge->salt) ||
           is_too_long (challenge->challenge) || is_too_long (challenge->opaque) ||
           is_too_long (challenge->nonce));
}

/* The hash is of the user as the server names it: it may have another form there. */
static gchar *
answer_adobe (const RtmpAuthCredentials *credentials, const Challenge *challenge)
{
  const gchar *user = challenge->user != NULL ? challenge->user : credentials->user;
  const gchar *salt = challenge->salt != NULL ? challenge->salt : "";
  g_autofree gchar *hash = rtmp_auth_adobe_hash (user, salt, credentials->password);
  g_autofree gchar *response = rtmp_auth_adobe_response (
      hash, challenge->opaque, challenge->challenge, credentials->challenge);

  return rtmp_auth_adobe_query (
      credentials->user, credentials->challenge, response, challenge->opaque);
}

static gchar *
answer_llnw (const RtmpAuthCredentials *credentials, const Challenge *challenge)
{
  const gchar *nonce = challenge->nonce != NULL ? challenge->nonce : "";
  g_autofree gchar *response = rtmp_auth_llnw_response (credentials->user,
      credentials->password, credentials->app, nonce, credentials->challenge);

  return rtmp_auth_llnw_query (credentials->user, nonce, credentials->challenge, response);
}

static gchar *
answer_challenge (const RtmpAuthCredentials *credentials, gboolean adobe, guint *step,
    const gchar *query, GError **error)
{
  Challenge challenge = { 0 };
  gchar *answer;

  if (*step >= STEP_RESPONSE_SENT)
    return fail (error, RTMP_ERROR_REFUSED, "wrong user or password");
  *step = STEP_RESPONSE_SENT;
  if (!challenge_read (&challenge, query))
    answer = fail (error, RTMP_ERROR_UNSUPPORTED, "the server's challenge is too long");
  else
    answer =
        adobe ? answer_adobe (credentials, &challenge) : answer_llnw (credentials, &challenge);
  challenge_clear (&challenge);
  return answer;
}

gchar *
rtmp_auth_answer (const RtmpAuthCredentials *credentials, guint *step, const gchar *description,
    GError **error)
{
  gboolean adobe = description != NULL && strstr (description, "authmod=adobe") != NULL;
  gboolean llnw = description != NULL && strstr (description, "authmod=llnw") != NULL;
  const gchar *query;

  if (!adobe && !llnw)
    return fail (error, RTMP_ERROR_UNSUPPORTED, "this is no request for authentication");
  if (credentials->user == NULL || credentials->user[0] == '\0' ||
      credentials->password == NULL)
    return fail (error, RTMP_ERROR_UNSUPPORTED, "the server wants user and password");
  if (strstr (description, "?reason=authfailed") || strstr (description, "?reason=nosuchuser"))
    return fail (error, RTMP_ERROR_REFUSED, "wrong user or password");
  query = strstr (description, "?reason=needauth");
  if (query != NULL)
    return answer_challenge (credentials, adobe, step, query + 1, error);
  if (strstr (description, "code=403 need auth") == NULL)
    return fail (error, RTMP_ERROR_UNSUPPORTED, "this is no request for authentication");
  if (*step >= STEP_USER_SENT)
    return fail (error, RTMP_ERROR_REFUSED, "the server does not go on with authentication");
  *step = STEP_USER_SENT;
  return g_strconcat ("?authmod=", adobe ? "adobe" : "llnw", "&user=", credentials->user, NULL);
}
