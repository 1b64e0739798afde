/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * One canonical name out of what clients send.
 */
#include "rtmp-name.h"
#include "rtmp-error.h"

#include <string.h>

#define DEFAULT_INSTANCE "_definst_"

/* The pieces of one argument; pointers into its copy. */
typedef struct
{
  gchar *text;
  gchar *path;
  gchar *query;
} Piece;

static void
piece_clear (Piece *piece)
{
  g_free (piece->text);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Piece, piece_clear)

static gboolean
is_wrapping (gchar c)
{
  return g_ascii_isspace (c) || c == '"' || c == '\'';
}

/* Without quotes and space around it, in place. */
static gchar *
strip_wrapping (gchar *text)
{
  gsize size;

  while (is_wrapping (*text))
    text++;
  size = strlen (text);
  while (size > 0 && is_wrapping (text[size - 1]))
    text[--size] = '\0';
  return text;
}

static void
piece_init (Piece *piece, const gchar *text)
{
  gchar *question;

  piece->text = g_strdup (text != NULL ? text : "");
  piece->path = strip_wrapping (piece->text);
  piece->query = "";
  question = strchr (piece->path, '?');
  if (question != NULL) {
    *question = '\0';
    piece->query = question + 1;
  }
}

/* Host and path of a tcUrl; @piece->path becomes the path. The host, borrowed and
 * cut out, or NULL. */
static gchar *
split_tc_url (Piece *piece)
{
  gchar *host = strstr (piece->path, "://"), *end;

  if (host == NULL) {
    piece->path = "";
    return NULL;
  }
  host += 3;
  end = strchr (host, '/');
  piece->path = end != NULL ? end + 1 : "";
  if (end != NULL)
    *end = '\0';
  if ((end = strrchr (host, '@')) != NULL)
    host = end + 1;
  if (*host == '[') {
    host++;
    end = strchr (host, ']');
  } else {
    end = strchr (host, ':');
  }
  if (end != NULL)
    *end = '\0';
  return *host != '\0' ? host : NULL;
}

static gboolean
has_type_prefix (const gchar *part)
{
  return g_str_has_prefix (part, "mp4:") || g_str_has_prefix (part, "flv:") ||
         g_str_has_prefix (part, "mp3:") || g_str_has_prefix (part, "f4v:");
}

/* In place, until there is nothing more to take off: a canonical name stays as it
 * is when it comes through again. */
static const gchar *
bare_part (gchar *part)
{
  part = strip_wrapping (part);
  while (has_type_prefix (part))
    part = strip_wrapping (part + 4);
  return strcmp (part, DEFAULT_INSTANCE) != 0 ? part : "";
}

/* Appends the parts of @path that name something. */
static void
add_parts (GPtrArray *parts, const gchar *path)
{
  g_autofree gchar *decoded = rtmp_percent_decode_path (path);
  g_auto (GStrv) split = g_strsplit (decoded, "/", -1);
  guint i;

  for (i = 0; split[i] != NULL; i++) {
    const gchar *part = bare_part (split[i]);

    if (*part != '\0')
      g_ptr_array_add (parts, g_strdup (part));
  }
}

/* What tcUrl adds where app and stream name leave something open. */
static void
complete_from_tc_url (GPtrArray *parts, guint n_app, const gchar *tc_path)
{
  g_autoptr (GPtrArray) tc_parts = g_ptr_array_new_with_free_func (g_free);
  guint n_stream = parts->len - n_app, i;

  add_parts (tc_parts, tc_path);
  if (n_stream == 0 && n_app <= 1) {
    for (i = 0; i < MIN (n_app, tc_parts->len); i++) {
      if (strcmp (parts->pdata[i], tc_parts->pdata[i]) != 0)
        return;
    }
    for (i = n_app; i < tc_parts->len; i++)
      g_ptr_array_add (parts, g_strdup (tc_parts->pdata[i]));
  } else if (n_app == 0 && n_stream == 1 && tc_parts->len > 0) {
    g_ptr_array_insert (parts, 0, g_strdup (tc_parts->pdata[0]));
  }
}

static gchar *
join_parts (GPtrArray *parts, guint n)
{
  GString *path = g_string_new (NULL);
  guint i;

  for (i = 0; i < n; i++) {
    if (i > 0)
      g_string_append_c (path, '/');
    g_string_append (path, parts->pdata[i]);
  }
  return g_string_free (path, FALSE);
}

static void
set_path (RtmpName *name, const Piece *app, const Piece *stream, const Piece *tc_url)
{
  g_autoptr (GPtrArray) parts = g_ptr_array_new_with_free_func (g_free);
  gboolean key_given;
  guint n_app, n_key;

  add_parts (parts, app->path);
  n_app = parts->len;
  add_parts (parts, stream->path);
  key_given = parts->len > n_app;
  complete_from_tc_url (parts, n_app, tc_url->path);
  /* alone, a part is a key only if it came as the stream name */
  n_key = parts->len >= 2 || (parts->len == 1 && key_given) ? 1 : 0;
  name->application = join_parts (parts, parts->len - n_key);
  name->key = g_strdup (n_key > 0 ? parts->pdata[parts->len - 1] : "");
}

static void
add_query (GString *all, const gchar *query)
{
  while (*query == '&' || *query == '?')
    query++;
  if (*query == '\0')
    return;
  if (all->len > 0)
    g_string_append_c (all, '&');
  g_string_append (all, query);
  while (all->len > 0 && all->str[all->len - 1] == '&')
    g_string_truncate (all, all->len - 1);
}

static void
set_query (RtmpName *name, const Piece *app, const Piece *stream, const Piece *tc_url)
{
  GString *all = g_string_new (NULL);

  add_query (all, stream->query);
  add_query (all, *app->query != '\0' ? app->query : tc_url->query);
  name->query = g_string_free (all, FALSE);
}

static gboolean
is_clean (const gchar *text)
{
  const gchar *p;

  if (!g_utf8_validate (text, -1, NULL))
    return FALSE;
  for (p = text; *p != '\0'; p = g_utf8_next_char (p)) {
    if (g_unichar_iscntrl (g_utf8_get_char (p)))
      return FALSE;
  }
  return TRUE;
}

static gboolean
check_size (const gchar *text, gsize max, const gchar *what, GError **error)
{
  if (strlen (text) <= max)
    return TRUE;
  g_set_error (error, RTMP_ERROR, RTMP_ERROR_LIMIT, "%s longer than %" G_GSIZE_FORMAT " bytes",
      what, max);
  return FALSE;
}

static gboolean
check_path (const gchar *text, gsize max, const gchar *what, GError **error)
{
  if (!check_size (text, max, what, error))
    return FALSE;
  if (is_clean (text) && strstr (text, "..") == NULL && strchr (text, '\\') == NULL)
    return TRUE;
  g_set_error (
      error, RTMP_ERROR, RTMP_ERROR_PROTOCOL, "%s has characters that no name may have", what);
  return FALSE;
}

static gboolean
check_query (const gchar *text, gsize max, GError **error)
{
  if (!check_size (text, max, "query", error))
    return FALSE;
  if (is_clean (text))
    return TRUE;
  g_set_error_literal (
      error, RTMP_ERROR, RTMP_ERROR_PROTOCOL, "query has characters that none may have");
  return FALSE;
}

/* Long before anything is copied or split; what is left out may take some room. */
static gboolean
check_raw_size (const gchar *text, const RtmpLimits *limits, GError **error)
{
  gsize max = 4 * ((gsize)limits->max_name_size + limits->max_query_size);

  return text == NULL || check_size (text, max, "name", error);
}

/* For information only: what is not clean is left out instead of refused. */
static void
set_vhost (RtmpName *name, const gchar *host, const RtmpLimits *limits)
{
  name->vhost = rtmp_query_get (name->query, "vhost");
  if (name->vhost == NULL)
    name->vhost = g_strdup (host);
  if (name->vhost != NULL && !check_path (name->vhost, limits->max_name_size, "vhost", NULL))
    g_clear_pointer (&name->vhost, g_free);
}

RtmpName *
rtmp_name_new (const gchar *app, const gchar *tc_url, const gchar *stream,
    const RtmpLimits *limits, GError **error)
{
  g_autoptr (RtmpName) name = g_new0 (RtmpName, 1);
  g_auto (Piece) app_piece = { .text = NULL }, stream_piece = { .text = NULL };
  g_auto (Piece) tc_piece = { .text = NULL };
  const gchar *host;

  if (!check_raw_size (app, limits, error) || !check_raw_size (stream, limits, error) ||
      !check_raw_size (tc_url, limits, error))
    return NULL;
  piece_init (&app_piece, app);
  piece_init (&stream_piece, stream);
  piece_init (&tc_piece, tc_url);
  host = split_tc_url (&tc_piece);
  set_path (name, &app_piece, &stream_piece, &tc_piece);
  set_query (name, &app_piece, &stream_piece, &tc_piece);
  if (!check_path (name->application, limits->max_name_size, "application", error) ||
      !check_path (name->key, limits->max_name_size, "stream name", error) ||
      !check_query (name->query, limits->max_query_size, error))
    return NULL;
  set_vhost (name, host, limits);
  return g_steal_pointer (&name);
}

gchar *
rtmp_name_canonical_path (const gchar *path, const RtmpLimits *limits, GError **error)
{
  g_autoptr (GPtrArray) parts = g_ptr_array_new_with_free_func (g_free);
  g_auto (Piece) piece = { .text = NULL };
  g_autofree gchar *canonical = NULL;

  if (!check_raw_size (path, limits, error))
    return NULL;
  piece_init (&piece, path);
  add_parts (parts, piece.path);
  canonical = join_parts (parts, parts->len);
  return check_path (canonical, limits->max_name_size, "name", error)
             ? g_steal_pointer (&canonical)
             : NULL;
}

RtmpName *
rtmp_name_copy (const RtmpName *name)
{
  RtmpName *copy = g_new0 (RtmpName, 1);

  copy->application = g_strdup (name->application);
  copy->key = g_strdup (name->key);
  copy->query = g_strdup (name->query);
  copy->vhost = g_strdup (name->vhost);
  return copy;
}

void
rtmp_name_free (RtmpName *name)
{
  if (name == NULL)
    return;
  g_free (name->application);
  g_free (name->key);
  g_free (name->query);
  g_free (name->vhost);
  g_free (name);
}

gboolean
rtmp_name_equal_secret (const gchar *a, const gchar *b)
{
  gsize size = strlen (a), i;
  volatile guint8 difference = 0;

  if (size != strlen (b))
    return FALSE;
  for (i = 0; i < size; i++)
    difference |= (guint8)(a[i] ^ b[i]);
  return difference == 0;
}
