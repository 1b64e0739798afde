/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * RtmpAuthServer: the server's side of the publisher authentication dialogues,
 * Adobe and Limelight. Three connections: one that says nothing, one that names
 * its user and gets a challenge, one with the response. Sources: FFmpeg, librtmp,
 * GStreamer (whose pattern wants the brackets), gortmplib.
 *
 * Owner: whoever asks for passwords; one thread at a time. Memory: at most
 * max_auth_challenges open challenges; over it the oldest goes. Each counts for
 * auth_challenge_ms, for one response, for the user and method it was made for.
 * A user that does not exist gets the same answers as a wrong password.
 */
#pragma once

#include "rtmp-limits.h"

G_BEGIN_DECLS

typedef enum
{
  RTMP_AUTH_ADOBE = 1 << 0,
  RTMP_AUTH_LLNW = 1 << 1,
} RtmpAuthMethod;

#define RTMP_AUTH_SECRET_SIZE 32

typedef struct _RtmpAuthServer RtmpAuthServer;

/* What a client answered to our challenge. Immutable, owner: who got it. */
typedef struct _RtmpAuthResponse
{
  RtmpAuthMethod method;
  gchar *user; /* as sent: not percent decoded, as clients hash it so */
  gchar *app;  /* without query */
  gchar *salt;
  gchar *nonce; /* llnw; adobe: opaque */
  gchar *challenge;
  gchar *client_challenge;
  gchar *response;
} RtmpAuthResponse;

/* @limits outlive it. @secret: random, copied. */
RtmpAuthServer *rtmp_auth_server_new (
    const RtmpLimits *limits, const guint8 secret[RTMP_AUTH_SECRET_SIZE]);
void rtmp_auth_server_free (RtmpAuthServer *server);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (RtmpAuthServer, rtmp_auth_server_free)

/* Of a connect, raw app and tcUrl (each may be NULL; parameters count in the first
 * that has some). @methods: accepted ones; the first is what a client that names none
 * is told. Returns the description to refuse connect with (full transfer), or NULL
 * and @response. */
gchar *rtmp_auth_server_read (RtmpAuthServer *server, RtmpAuthMethod methods, const gchar *app,
    const gchar *tc_url, gint64 now_us, RtmpAuthResponse **response);
guint rtmp_auth_server_get_n_challenges (const RtmpAuthServer *server);

/* @password NULL: there is no such user. Takes as long either way. */
gboolean rtmp_auth_response_check (const RtmpAuthResponse *response, const gchar *password);
/* The description to refuse with when that was FALSE; full transfer. */
gchar *rtmp_auth_response_failed (const RtmpAuthResponse *response);
void rtmp_auth_response_free (RtmpAuthResponse *response);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (RtmpAuthResponse, rtmp_auth_response_free)

G_END_DECLS
