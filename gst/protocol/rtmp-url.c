/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * URLs that a user gives us.
 */
#include "rtmp-name.h"
#include "rtmp-error.h"

#include <string.h>

#define PORT_RTMP 1935
#define PORT_RTMPS 443

static gboolean
fail (GError **error, const gchar *text, const gchar *why)
{
  g_set_error (error, RTMP_ERROR, RTMP_ERROR_LOCAL, "invalid URL \"%s\": %s", text, why);
  return FALSE;
}

static gboolean
is_plain (const gchar *text)
{
  if (!g_utf8_validate (text, -1, NULL))
    return FALSE;
  for (; *text != '\0'; text++) {
    if (g_ascii_iscntrl (*text))
      return FALSE;
  }
  return TRUE;
}

/* The text after "://", or NULL. */
static const gchar *
parse_scheme (RtmpUrl *url, const gchar *text, const gchar *const *schemes, GError **error)
{
  const gchar *colon = strstr (text, "://");
  g_autofree gchar *scheme = NULL, *accepted = NULL, *why = NULL;
  guint i;

  scheme = colon != NULL ? g_ascii_strdown (text, colon - text) : g_strdup ("");
  for (i = 0; schemes[i] != NULL; i++) {
    if (strcmp (scheme, schemes[i]) == 0) {
      url->tls = strcmp (scheme, "rtmps") == 0 || strcmp (scheme, "rtmpsserver") == 0;
      return colon + 3;
    }
  }
  accepted = g_strjoinv ("://, ", (gchar **)schemes);
  why = g_strdup_printf ("it must start with one of %s://", accepted);
  fail (error, text, why);
  return NULL;
}

static void
parse_user (RtmpUrl *url, const gchar *user, gsize size)
{
  g_autofree gchar *text = g_strndup (user, size);
  gchar *colon = strchr (text, ':');

  if (colon != NULL) {
    *colon = '\0';
    url->password = rtmp_percent_decode (colon + 1);
  }
  url->user = rtmp_percent_decode (text);
}

static gboolean
parse_port (RtmpUrl *url, const gchar *digits)
{
  guint64 port;

  if (!g_ascii_string_to_unsigned (digits, 10, 0, G_MAXUINT16, &port, NULL))
    return FALSE;
  url->port = port;
  url->has_port = TRUE;
  return TRUE;
}

static gboolean
parse_host (RtmpUrl *url, gchar *host)
{
  gchar *end = strchr (host, ':'), *port = end;

  if (*host == '[') {
    host++;
    end = strchr (host, ']');
    if (end == NULL)
      return FALSE;
    port = end + 1;
    if (*port != '\0' && *port != ':')
      return FALSE;
  }
  if (port != NULL && *port == ':' && !parse_port (url, port + 1))
    return FALSE;
  url->host = end != NULL ? g_strndup (host, end - host) : g_strdup (host);
  return *url->host != '\0' && strpbrk (url->host, " []") == NULL;
}

static gboolean
parse_authority (RtmpUrl *url, const gchar *start, gsize size)
{
  g_autofree gchar *authority = g_strndup (start, size);
  gchar *at = strrchr (authority, '@');

  if (at != NULL)
    parse_user (url, authority, at - authority);
  return parse_host (url, at != NULL ? at + 1 : authority);
}

/* Slashes in the query separate nothing. */
static void
parse_path (RtmpUrl *url, const gchar *text)
{
  const gchar *query = strchr (text, '?');
  g_autofree gchar *path = query != NULL ? g_strndup (text, query - text) : g_strdup (text);
  gchar *start = path, *end = path + strlen (path), *last;

  if (query == NULL)
    query = "";
  while (*start == '/')
    start++;
  while (end > start && end[-1] == '/')
    *--end = '\0';
  last = strrchr (start, '/');
  if (last == NULL) {
    url->application = g_strconcat (start, query, NULL);
    return;
  }
  url->stream = g_strconcat (last + 1, query, NULL);
  while (last > start && last[-1] == '/')
    last--;
  *last = '\0';
  url->application = g_strdup (start);
}

RtmpUrl *
rtmp_url_parse (const gchar *text, const gchar *const *schemes, GError **error)
{
  g_autoptr (RtmpUrl) url = g_new0 (RtmpUrl, 1);
  const gchar *rest;
  gsize size;

  if (!is_plain (text)) {
    fail (error, "...", "it has control characters or is not UTF-8");
    return NULL;
  }
  rest = parse_scheme (url, text, schemes, error);
  if (rest == NULL)
    return NULL;
  size = strcspn (rest, "/?");
  if (!parse_authority (url, rest, size)) {
    fail (error, text, "after :// it needs host or host:port, an IPv6 address in brackets");
    return NULL;
  }
  if (!url->has_port)
    url->port = url->tls ? PORT_RTMPS : PORT_RTMP;
  parse_path (url, rest + size);
  return g_steal_pointer (&url);
}

void
rtmp_url_free (RtmpUrl *url)
{
  if (url == NULL)
    return;
  g_free (url->host);
  g_free (url->user);
  g_free (url->password);
  g_free (url->application);
  g_free (url->stream);
  g_free (url);
}

gchar *
rtmp_url_get_tc_url (const RtmpUrl *url)
{
  GString *text = g_string_new (url->tls ? "rtmps://" : "rtmp://");
  gboolean is_ipv6 = strchr (url->host, ':') != NULL;

  g_string_append_printf (text, is_ipv6 ? "[%s]" : "%s", url->host);
  if (url->port != (url->tls ? PORT_RTMPS : PORT_RTMP))
    g_string_append_printf (text, ":%u", url->port);
  g_string_append_printf (text, "/%s", url->application);
  return g_string_free (text, FALSE);
}

/* Where its application ends and its stream name starts. */
static void
cut_like_ffmpeg (const gchar *path, gsize *app_size, const gchar **stream)
{
  const gchar *slash = strchr (path, '/'), *second, *colon;

  *app_size = slash != NULL ? (gsize)(slash - path) : strlen (path);
  *stream = slash != NULL ? slash + 1 : "";
  if (slash == NULL || g_str_has_prefix (path, "ondemand/"))
    return;
  second = strchr (slash + 1, '/');
  colon = strchr (slash + 1, ':');
  if (second == NULL || (colon != NULL && colon < second))
    return;
  *app_size = second - path;
  *stream = second + 1;
}

gboolean
rtmp_url_split_like_ffmpeg (const gchar *text, gchar **app, gchar **stream)
{
  const gchar *path = strstr (text, "://"), *name;
  gsize app_size, size;

  if (path == NULL)
    return FALSE;
  path += 3;
  path += strcspn (path, "/");
  if (*path == '/')
    path++;
  cut_like_ffmpeg (path, &app_size, &name);
  *app = g_strndup (path, app_size);
  size = strlen (name);
  if (strchr (name, ':') == NULL &&
      (g_str_has_suffix (name, ".mp4") || g_str_has_suffix (name, ".f4v")))
    *stream = g_strconcat ("mp4:", name, NULL);
  else
    *stream = g_strndup (name, g_str_has_suffix (name, ".flv") ? size - 4 : size);
  return TRUE;
}
