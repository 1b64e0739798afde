/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * RtmpAuthServer: open challenges in the order in which they expire.
 */
#include "rtmp-auth-server.h"
#include "rtmp-auth.h"
#include "rtmp-bytes.h"
#include "rtmp-name.h"

#include <string.h>

#define NONCE_DIGITS 32
#define SALT_DIGITS 16

typedef struct _Challenge
{
  RtmpAuthMethod method;
  gint64 expires_us;
  gchar *user;
  gchar *nonce; /* the key */
  gchar *salt;
  gchar *challenge;
} Challenge;

struct _RtmpAuthServer
{
  const RtmpLimits *limits;
  guint8 secret[RTMP_AUTH_SECRET_SIZE];
  guint64 counter;
  GQueue challenges; /* oldest first */
  GHashTable *links; /* nonce -> GList of `challenges` */
};

/* The parameters of one connect; full transfer. */
typedef struct _Params
{
  gchar *authmod;
  gchar *user;
  gchar *challenge;
  gchar *opaque;
  gchar *nonce;
  gchar *cnonce;
  gchar *nc;
  gchar *response;
} Params;

/* ---- challenges ------------------------------------------------------ */

RtmpAuthServer *
rtmp_auth_server_new (const RtmpLimits *limits, const guint8 secret[RTMP_AUTH_SECRET_SIZE])
{
  RtmpAuthServer *server = g_new0 (RtmpAuthServer, 1);

  server->limits = limits;
  memcpy (server->secret, secret, sizeof server->secret);
  server->links = g_hash_table_new (g_str_hash, g_str_equal);
  return server;
}

static void
challenge_free (Challenge *challenge)
{
  g_free (challenge->user);
  g_free (challenge->nonce);
  g_free (challenge->salt);
  g_free (challenge->challenge);
  g_free (challenge);
}

/* Full transfer. */
static Challenge *
take_link (RtmpAuthServer *server, GList *link)
{
  Challenge *challenge = link->data;

  g_hash_table_remove (server->links, challenge->nonce);
  g_queue_delete_link (&server->challenges, link);
  return challenge;
}

void
rtmp_auth_server_free (RtmpAuthServer *server)
{
  while (server->challenges.head != NULL)
    challenge_free (take_link (server, server->challenges.head));
  g_hash_table_unref (server->links);
  g_free (server);
}

guint
rtmp_auth_server_get_n_challenges (const RtmpAuthServer *server)
{
  return server->challenges.length;
}

static void
drop_expired (RtmpAuthServer *server, gint64 now_us)
{
  GList *head;

  while ((head = server->challenges.head) != NULL &&
         ((Challenge *)head->data)->expires_us <= now_us)
    challenge_free (take_link (server, head));
}

/* 64 hex digits that nobody can foresee, never the same. */
static gchar *
next_random (RtmpAuthServer *server)
{
  guint8 number[8];

  server->counter++;
  rtmp_put_u32 (number, server->counter >> 32);
  rtmp_put_u32 (number + 4, (guint32)(server->counter & 0xffffffffu));
  return g_compute_hmac_for_data (
      G_CHECKSUM_SHA256, server->secret, sizeof server->secret, number, sizeof number);
}

static const Challenge *
add_challenge (RtmpAuthServer *server, RtmpAuthMethod method, const gchar *user, gint64 now_us)
{
  Challenge *challenge = g_new0 (Challenge, 1);
  g_autofree gchar *random = next_random (server);

  challenge->method = method;
  challenge->expires_us = now_us + (gint64)server->limits->auth_challenge_ms * 1000;
  challenge->user = g_strdup (user);
  challenge->nonce = g_strndup (random, NONCE_DIGITS);
  challenge->salt = g_strndup (random + NONCE_DIGITS, SALT_DIGITS);
  challenge->challenge = g_strdup (random + NONCE_DIGITS + SALT_DIGITS);
  while (server->challenges.length >= MAX (server->limits->max_auth_challenges, 1))
    challenge_free (take_link (server, server->challenges.head));
  g_queue_push_tail (&server->challenges, challenge);
  g_hash_table_insert (server->links, challenge->nonce, server->challenges.tail);
  return challenge;
}

/* ---- parameters ------------------------------------------------------ */

/* Clients append "?authmod=..." also to what has a query already. */
static gchar *
get_param (const gchar *text, const gchar *name, gsize max)
{
  gsize length = strlen (name);

  while (text != NULL && (text = strpbrk (text, "?&")) != NULL) {
    text++;
    if (strncmp (text, name, length) == 0 && text[length] == '=') {
      const gchar *value = text + length + 1;
      gsize size = strcspn (value, "?&");

      return size <= max ? g_strndup (value, size) : NULL;
    }
  }
  return NULL;
}

static void
params_clear (Params *params)
{
  g_free (params->authmod);
  g_free (params->user);
  g_free (params->challenge);
  g_free (params->opaque);
  g_free (params->nonce);
  g_free (params->cnonce);
  g_free (params->nc);
  g_free (params->response);
}

/* The user is repeated to the peer, and told to the application. */
static gboolean
is_clean (const gchar *user)
{
  if (user[0] == '\0' || !g_utf8_validate (user, -1, NULL))
    return FALSE;
  for (; *user != '\0'; user++)
    if (g_ascii_iscntrl (*user))
      return FALSE;
  return TRUE;
}

static void
read_params (Params *params, const RtmpLimits *limits, const gchar *app, const gchar *tc_url)
{
  gsize max = limits->max_auth_value_size;
  const gchar *text = app;

  params->authmod = get_param (text, "authmod", max);
  if (params->authmod == NULL) {
    text = tc_url;
    params->authmod = get_param (text, "authmod", max);
  }
  if (params->authmod == NULL)
    return;
  params->user = get_param (text, "user", max);
  params->challenge = get_param (text, "challenge", max);
  params->opaque = get_param (text, "opaque", max);
  params->nonce = get_param (text, "nonce", max);
  params->cnonce = get_param (text, "cnonce", max);
  params->nc = get_param (text, "nc", max);
  params->response = get_param (text, "response", max);
  if (params->user != NULL && !is_clean (params->user))
    g_clear_pointer (&params->user, g_free);
}

static const gchar *
method_name (RtmpAuthMethod method)
{
  return method == RTMP_AUTH_LLNW ? "llnw" : "adobe";
}

/* 0: none of @methods. */
static RtmpAuthMethod
read_method (const Params *params, RtmpAuthMethod methods)
{
  if ((methods & RTMP_AUTH_ADOBE) && g_strcmp0 (params->authmod, "adobe") == 0)
    return RTMP_AUTH_ADOBE;
  if ((methods & RTMP_AUTH_LLNW) && g_strcmp0 (params->authmod, "llnw") == 0)
    return RTMP_AUTH_LLNW;
  return 0;
}

/* ---- the dialogue ---------------------------------------------------- */

static gchar *
describe_methods (RtmpAuthMethod methods)
{
  RtmpAuthMethod first = methods & RTMP_AUTH_ADOBE ? RTMP_AUTH_ADOBE : RTMP_AUTH_LLNW;

  return g_strdup_printf (
      "[ AccessManager.Reject ] : [ code=403 need auth; authmod=%s ] : ", method_name (first));
}

static gchar *
describe_challenge (const Challenge *challenge)
{
  if (challenge->method == RTMP_AUTH_LLNW)
    return g_strdup_printf (
        "[ AccessManager.Reject ] : [ authmod=llnw ] : ?reason=needauth&user=%s&nonce=%s",
        challenge->user, challenge->nonce);
  return g_strdup_printf ("[ AccessManager.Reject ] : [ authmod=adobe ] : "
                          "?reason=needauth&user=%s&salt=%s&challenge=%s&opaque=%s",
      challenge->user, challenge->salt, challenge->challenge, challenge->nonce);
}

static gchar *
describe_failure (RtmpAuthMethod method)
{
  return g_strdup_printf (
      "[ AccessManager.Reject ] : [ authmod=%s ] : ?reason=authfailed&opaque=-",
      method_name (method));
}

/* The challenge that is answered: gone from now on, right or wrong. NULL: there is
 * none, or it was another's. Clients that know no opaque have no challenge of ours. */
static Challenge *
take_challenge (RtmpAuthServer *server, RtmpAuthMethod method, const Params *params)
{
  const gchar *nonce = method == RTMP_AUTH_LLNW ? params->nonce : params->opaque;
  GList *link = nonce != NULL ? g_hash_table_lookup (server->links, nonce) : NULL;
  Challenge *challenge = link != NULL ? take_link (server, link) : NULL;

  if (challenge == NULL ||
      (challenge->method == method && g_str_equal (challenge->user, params->user)))
    return challenge;
  challenge_free (challenge);
  return NULL;
}

/* Takes @challenge; what the parameters say is moved. */
static RtmpAuthResponse *
make_response (Challenge *challenge, Params *params, const gchar *app)
{
  RtmpAuthResponse *response = g_new0 (RtmpAuthResponse, 1);
  gchar **own = challenge->method == RTMP_AUTH_LLNW ? &params->cnonce : &params->challenge;

  response->method = challenge->method;
  response->app = app != NULL ? g_strndup (app, strcspn (app, "?")) : g_strdup ("");
  response->user = g_steal_pointer (&challenge->user);
  response->nonce = g_steal_pointer (&challenge->nonce);
  response->salt = g_steal_pointer (&challenge->salt);
  response->challenge = g_steal_pointer (&challenge->challenge);
  response->client_challenge = g_steal_pointer (own);
  response->response = g_steal_pointer (&params->response);
  challenge_free (challenge);
  return response;
}

static gboolean
is_complete (RtmpAuthMethod method, const Params *params)
{
  if (method == RTMP_AUTH_LLNW)
    return params->cnonce != NULL && g_strcmp0 (params->nc, "00000001") == 0;
  return params->challenge != NULL;
}

gchar *
rtmp_auth_server_read (RtmpAuthServer *server, RtmpAuthMethod methods, const gchar *app,
    const gchar *tc_url, gint64 now_us, RtmpAuthResponse **response)
{
  Params params = { 0 };
  RtmpAuthMethod method;
  Challenge *challenge = NULL;
  gchar *description = NULL;

  *response = NULL;
  drop_expired (server, now_us);
  read_params (&params, server->limits, app, tc_url);
  method = read_method (&params, methods);
  if (method == 0 || params.user == NULL)
    description = describe_methods (methods);
  else if (params.response == NULL)
    description = describe_challenge (add_challenge (server, method, params.user, now_us));
  else if ((challenge = take_challenge (server, method, &params)) == NULL)
    description = describe_failure (method);
  else if (is_complete (method, &params))
    *response = make_response (g_steal_pointer (&challenge), &params, app);
  else
    description = describe_failure (method);
  if (challenge != NULL)
    challenge_free (challenge);
  params_clear (&params);
  return description;
}

/* ---- responses ------------------------------------------------------- */

static gchar *
expected_response (const RtmpAuthResponse *response, const gchar *password)
{
  g_autofree gchar *hash = NULL;

  if (response->method == RTMP_AUTH_LLNW)
    return rtmp_auth_llnw_response (
        response->user, password, response->app, response->nonce, response->client_challenge);
  hash = rtmp_auth_adobe_hash (response->user, response->salt, password);
  return rtmp_auth_adobe_response (
      hash, response->nonce, response->challenge, response->client_challenge);
}

gboolean
rtmp_auth_response_check (const RtmpAuthResponse *response, const gchar *password)
{
  g_autofree gchar *expected = expected_response (response, password != NULL ? password : "");
  gboolean equal = rtmp_name_equal_secret (expected, response->response);

  return equal && password != NULL;
}

gchar *
rtmp_auth_response_failed (const RtmpAuthResponse *response)
{
  return describe_failure (response->method);
}

void
rtmp_auth_response_free (RtmpAuthResponse *response)
{
  if (response == NULL)
    return;
  g_free (response->user);
  g_free (response->app);
  g_free (response->salt);
  g_free (response->nonce);
  g_free (response->challenge);
  g_free (response->client_challenge);
  g_free (response->response);
  g_free (response);
}
