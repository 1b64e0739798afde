/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The client's side of the publisher authentication dialogues: what a refused
 * connect asks for, and what the next one has to say. Adobe and Limelight; each
 * step is a new connection. Sources: FFmpeg, librtmp, GStreamer, gortmplib.
 * Pure functions.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Longest value of a server's challenge that is answered. */
#define RTMP_AUTH_MAX_VALUE 512

typedef struct _RtmpAuthCredentials
{
  const gchar *user; /* NULL or empty: none were set */
  const gchar *password;
  const gchar *app;       /* as in the first connect; a query is ignored */
  const gchar *challenge; /* the client's own, new for each dialogue: 8 hex digits */
} RtmpAuthCredentials;

/* @description: of the _error that refused connect. Returns what to append to app
 * and to tcUrl of the next connect, "?authmod=...", full transfer. @step: 0 at
 * first, then left to this function: a server that asks again for what it got is
 * not asked for ever. NULL with RTMP_ERROR_UNSUPPORTED: it asks for nothing we
 * know, or no credentials were set; RTMP_ERROR_REFUSED: they are wrong. */
gchar *rtmp_auth_answer (const RtmpAuthCredentials *credentials, guint *step,
    const gchar *description, GError **error);

G_END_DECLS
