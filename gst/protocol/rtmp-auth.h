/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Answers of the publisher authentication dialogues: Adobe and Limelight, and
 * Wowza's secureToken. Pure functions, strings newly allocated. Both roles use
 * them: a server computes what it expects. Sources: FFmpeg, librtmp, GStreamer.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Longest challenge text of secureToken that is looked at, in hex digits. */
#define RTMP_AUTH_TOKEN_MAX 512

/* base64 (md5 (user + salt + password)): what a server may store per salt. */
gchar *rtmp_auth_adobe_hash (const gchar *user, const gchar *salt, const gchar *password);
/* The response to the server's @opaque, or its @challenge if that is NULL or
 * empty (both may be), with the client's own @client_challenge. */
gchar *rtmp_auth_adobe_response (const gchar *hash, const gchar *opaque, const gchar *challenge,
    const gchar *client_challenge);
/* "?authmod=adobe&user=...", to be appended to app and tcUrl; nothing is escaped,
 * as no server expects it. @opaque may be NULL. */
gchar *rtmp_auth_adobe_query (const gchar *user, const gchar *client_challenge,
    const gchar *response, const gchar *opaque);

/* @app: as sent, its query is ignored. @cnonce: the client's own. */
gchar *rtmp_auth_llnw_response (const gchar *user, const gchar *password, const gchar *app,
    const gchar *nonce, const gchar *cnonce);
gchar *rtmp_auth_llnw_query (
    const gchar *user, const gchar *nonce, const gchar *cnonce, const gchar *response);

/* The argument of secureTokenResponse for the hex text in the connect result;
 * NULL if that is not hex of at least 8 bytes, or too long. */
gchar *rtmp_auth_secure_token (const gchar *token, const gchar *challenge);

G_END_DECLS
