/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Names: one canonical (application, key, query) out of what clients send in
 * app, tcUrl and stream name; and the client's own split of a URL. Sources:
 * behaviour of FFmpeg, librtmp, OBS, GStreamer, SRS. Pure functions.
 */
#pragma once

#include "rtmp-limits.h"

G_BEGIN_DECLS

/* Owned by its holder; plain strings, never NULL except vhost. */
typedef struct _RtmpName
{
  gchar *application;
  gchar *key;   /* may be "" */
  gchar *query; /* "a=b&c=d" as sent, key's parameters first; "" if none */
  gchar *vhost; /* query `vhost`, else host of tcUrl, else NULL */
} RtmpName;

/* Normalises what the peer sent; any argument may be NULL. NULL with
 * RTMP_ERROR_PROTOCOL or _LIMIT: control characters, "..", backslash, no UTF-8, too
 * long (application and key max_name_size each, query max_query_size).
 *
 * Clients cut one URL path differently into app and stream name, so both are
 * joined: the last part is the key, all others the application, as in RtmpUrl. If
 * the stream name is empty and app has one part, the key is "" (or what tcUrl has
 * after app). Quotes, empty parts, "_definst_" and the prefixes mp4: flv: mp3: f4v:
 * go; %XX is decoded (rtmp_percent_decode_path), as some clients do before they send.
 * What comes out stays the same when it comes through again. Names that the
 * application sets must come through rtmp_name_canonical_path, to be found. */
RtmpName *rtmp_name_new (const gchar *app, const gchar *tc_url, const gchar *stream,
    const RtmpLimits *limits, GError **error);
/* An application, or a stream name, that the application sets: in the form in which
 * its parts come out of rtmp_name_new, without query; it may keep slashes. NULL with
 * errors as above. */
gchar *rtmp_name_canonical_path (const gchar *path, const RtmpLimits *limits, GError **error);
RtmpName *rtmp_name_copy (const RtmpName *name);
void rtmp_name_free (RtmpName *name);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (RtmpName, rtmp_name_free)

/* Query parameters, newly allocated strings in order of appearance; percent
 * decoded except '+' and %XX that would give control characters or no UTF-8. A
 * parameter that appears twice: the first (the key's) wins. */
typedef struct _RtmpParam
{
  gchar *name;
  gchar *value;
} RtmpParam;
GArray *rtmp_query_parse (const gchar *query); /* of RtmpParam, frees its strings */
/* Value of @name, newly allocated, or NULL. */
gchar *rtmp_query_get (const gchar *query, const gchar *name);
/* Percent decoding as above; full transfer. */
gchar *rtmp_percent_decode (const gchar *text);
/* The same but of %25 and %3F, again and again until nothing is left to decode. */
gchar *rtmp_percent_decode_path (const gchar *text);

/* Constant time for equal lengths. */
gboolean rtmp_name_equal_secret (const gchar *a, const gchar *b);

/* rtmp[s]://[user:pass@]host[:port]/app[/instance]/key[?query] and the
 * rtmpserver[s] forms. Owner: one. */
typedef struct _RtmpUrl
{
  gboolean tls;
  gchar *host;  /* without brackets */
  guint16 port; /* 1935, 443 for TLS, if the URL has none */
  gboolean has_port;
  gchar *user; /* percent decoded, or NULL */
  gchar *password;
  gchar *application; /* all path parts but the last; the only part; or "" */
  gchar *stream;      /* the last of two or more parts with its query, or NULL */
} RtmpUrl;

/* @schemes: NULL-terminated list of accepted schemes. NULL with
 * RTMP_ERROR_LOCAL that says what is wrong and what is accepted. */
RtmpUrl *rtmp_url_parse (const gchar *text, const gchar *const *schemes, GError **error);
void rtmp_url_free (RtmpUrl *url);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (RtmpUrl, rtmp_url_free)
/* The (app, stream name) that FFmpeg's client makes of a URL: for tests and tools
 * that speak like it. Newly allocated strings; FALSE if @text has no "://". */
gboolean rtmp_url_split_like_ffmpeg (const gchar *text, gchar **app, gchar **stream);
/* tcUrl for connect: scheme://host[:port]/application, default ports left out. */
gchar *rtmp_url_get_tc_url (const RtmpUrl *url);

G_END_DECLS
