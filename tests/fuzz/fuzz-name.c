/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Fuzz target: names, query strings and URLs. The input is app, tcUrl and stream
 * name, each ended by a NUL.
 */
#include "fuzz.h"
#include "protocol/rtmp-auth.h"
#include "protocol/rtmp-name.h"

#include <string.h>

/* The text up to the next NUL, newly allocated; moves on. */
static gchar *
take_text (const guint8 **data, gsize *size)
{
  const guint8 *end = *size > 0 ? memchr (*data, 0, *size) : NULL;
  gsize length = end != NULL ? (gsize)(end - *data) : *size;
  gchar *text = *size > 0 ? g_strndup ((const gchar *)*data, length) : g_strdup ("");

  length = MIN (length + 1, *size);
  *data += length;
  *size -= length;
  return text;
}

static void
check_part (const gchar *text, gsize max)
{
  g_assert_cmpuint (strlen (text), <=, max);
  g_assert_true (g_utf8_validate (text, -1, NULL));
  g_assert_null (strpbrk (text, "\n\r\t\\"));
  g_assert_null (strstr (text, ".."));
}

static void
check_query (const gchar *query)
{
  g_autoptr (GArray) params = rtmp_query_parse (query);
  guint i;

  for (i = 0; i < params->len; i++) {
    const RtmpParam *param = &g_array_index (params, RtmpParam, i);
    g_autofree gchar *value = rtmp_query_get (query, param->name);

    g_assert_cmpstr (value, ==, param->value);
    g_assert_true (g_utf8_validate (value, -1, NULL));
  }
}

static void
check_name (const RtmpName *name)
{
  const RtmpLimits *limits = rtmp_limits_default ();
  g_autoptr (RtmpName) again = rtmp_name_new (name->application, NULL, name->key, limits, NULL);

  check_part (name->application, limits->max_name_size);
  check_part (name->key, limits->max_name_size);
  g_assert_null (strchr (name->key, '/'));
  g_assert_cmpuint (strlen (name->query), <=, limits->max_query_size);
  if (name->vhost != NULL)
    check_part (name->vhost, limits->max_name_size);
  check_query (name->query);
  g_assert_nonnull (again);
  g_assert_cmpstr (again->application, ==, name->application);
  g_assert_cmpstr (again->key, ==, name->key);
}

static void
check_url (const gchar *text)
{
  static const gchar *const schemes[] = { "rtmp", "rtmps", "rtmpserver", "rtmpsserver", NULL };
  g_autofree gchar *app = NULL, *stream = NULL, *tc_url = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (RtmpUrl) url = NULL;

  rtmp_url_split_like_ffmpeg (text, &app, &stream);
  url = rtmp_url_parse (text, schemes, &error);
  g_assert_true ((url == NULL) == (error != NULL));
  if (url == NULL) {
    g_assert_true (g_utf8_validate (error->message, -1, NULL));
    return;
  }
  tc_url = rtmp_url_get_tc_url (url);
  g_assert_nonnull (url->application);
  g_assert_cmpuint (strlen (url->host), >, 0);
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  g_autofree gchar *app = take_text (&data, &size);
  g_autofree gchar *tc_url = take_text (&data, &size);
  g_autofree gchar *stream = take_text (&data, &size);
  g_autofree gchar *answer = rtmp_auth_secure_token (stream, app);
  g_autoptr (GError) error = NULL;
  g_autoptr (RtmpName) name =
      rtmp_name_new (app, tc_url, stream, rtmp_limits_default (), &error);

  g_assert_true (answer == NULL || strlen (app) <= RTMP_AUTH_TOKEN_MAX);
  g_assert_true ((name == NULL) == (error != NULL));
  if (name != NULL)
    check_name (name);
  check_url (app);
  check_url (tc_url);
  return 0;
}
