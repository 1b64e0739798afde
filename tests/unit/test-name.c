/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Canonical names out of what clients send, and query strings.
 */
#include "protocol/rtmp-name.h"
#include "protocol/rtmp-error.h"

#include <string.h>

typedef struct
{
  const gchar *app, *tc_url, *stream;
  const gchar *application, *key, *query, *vhost;
} NameCase;

static const NameCase name_cases[] = {
  { "live", NULL, "key", "live", "key", "", NULL },
  { "live", "rtmp://h:1935/live", "key?token=a", "live", "key", "token=a", "h" },
  { "live/", "rtmp://h/live/", "/key/", "live", "key", "", "h" },
  { "live//sub", NULL, "key", "live/sub", "key", "", NULL },
  { "live/_definst_", NULL, "key", "live", "key", "", NULL },
  { "live", NULL, "_definst_/key", "live", "key", "", NULL },
  { "vod", NULL, "mp4:a.mp4", "vod", "a.mp4", "", NULL },
  { "vod", NULL, "flv:mp3:a", "vod", "a", "", NULL },
  { "vod", NULL, "mp4:dir/a.mp4", "vod/dir", "a.mp4", "", NULL },
  /* one URL, cut by FFmpeg, librtmp, OBS and GStreamer */
  { "live/a", NULL, "b/key", "live/a/b", "key", "", NULL },
  { "live", NULL, "a/b/key", "live/a/b", "key", "", NULL },
  { "live/a/b", NULL, "key", "live/a/b", "key", "", NULL },
  /* all in one argument */
  { "", NULL, "live/key", "live", "key", "", NULL },
  { NULL, "rtmp://h/live", "key", "live", "key", "", "h" },
  { "", "rtmp://h", "key", "", "key", "", "h" },
  { "live", "rtmp://h/live/key", "", "live", "key", "", "h" },
  { "live", "rtmp://h/other/key", "", "live", "", "", "h" },
  { "live/key", "rtmp://h/live/key", NULL, "live", "key", "", "h" },
  { "", "rtmp://h/live/key?a=1", "", "live", "key", "a=1", "h" },
  { "x", "rtmp://h/x", "", "x", "", "", "h" },
  { NULL, NULL, NULL, "", "", "", NULL },
  /* queries */
  { "live?a=1", NULL, "key?a=2&b=3&", "live", "key", "a=2&b=3&a=1", NULL },
  { "live?a=1", "rtmp://h/live?c=1", "key", "live", "key", "a=1", "h" },
  { "live", "rtmp://h/live?c=1/2", "key", "live", "key", "c=1/2", "h" },
  { "live/x", NULL, "?key=abc", "live", "x", "key=abc", NULL },
  { "live?vhost=v", "rtmp://h/live", "key", "live", "key", "vhost=v", "v" },
  /* quotes, hosts */
  { "\"live\"", "\"rtmp://h/live\"", "'key'", "live", "key", "", "h" },
  { "live", "rtmp://u:p@[fe80::1]:1935/live", "key", "live", "key", "", "fe80::1" },
  { "live", "nonsense", "key", "live", "key", "", NULL },
  { "live", "rtmp:///live", "key", "live", "key", "", NULL },
  /* percent encoding: some clients decode before they send, others do not */
  { "live", NULL, "my%20key", "live", "my key", "", NULL },
  { "live", NULL, "my key", "live", "my key", "", NULL },
  { "live", NULL, "a%2Fb", "live/a", "b", "", NULL },
  { "live", NULL, "50%25%3f%00%0a%zz%", "live", "50%25%3f%00%0a%zz%", "", NULL },
  { "live", NULL, "caf%C3%A9", "live", "caf\xc3\xa9", "", NULL },
  { "live", NULL, "caf%E9", "live", "caf%E9", "", NULL },
  { "live", NULL, "%E9/%2f/%C3%C3%A9%C3%", "live/%E9", "%C3\xc3\xa9%C3%", "", NULL },
  { "live", NULL, "%%341%2541%%%3641", "live", "A%2541%d1", "", NULL },
};

static void
check_name (const RtmpName *name, const NameCase *expected)
{
  g_assert_cmpstr (name->application, ==, expected->application);
  g_assert_cmpstr (name->key, ==, expected->key);
  g_assert_cmpstr (name->query, ==, expected->query);
  g_assert_cmpstr (name->vhost, ==, expected->vhost);
}

static void
test_cases (void)
{
  guint i;

  for (i = 0; i < G_N_ELEMENTS (name_cases); i++) {
    const NameCase *c = &name_cases[i];
    g_autoptr (GError) error = NULL;
    g_autoptr (RtmpName) name =
        rtmp_name_new (c->app, c->tc_url, c->stream, rtmp_limits_default (), &error);
    g_autoptr (RtmpName) again = NULL, copy = NULL;

    g_test_message ("case %u: %s + %s", i, c->app, c->stream);
    g_assert_no_error (error);
    check_name (name, c);
    copy = rtmp_name_copy (name);
    check_name (copy, c);
    again = rtmp_name_new (name->application, NULL, name->key, rtmp_limits_default (), NULL);
    g_assert_cmpstr (again->application, ==, c->application);
    g_assert_cmpstr (again->key, ==, c->key);
  }
}

static void
test_refused (void)
{
  static const gchar *const bad[] = { "a\nb", "a\x7f", "..", "a/../b", "a..b", "%2e%2e/x",
    "a\\b", "%5c", "\xff\xfe",
    "a\xc2\x85"
    "b",
    "ok?q=\r\nx", "ok?\xff" };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (bad); i++) {
    g_autoptr (GError) error = NULL;
    g_autoptr (GError) app_error = NULL;

    g_test_message ("case %u", i);
    g_assert_null (rtmp_name_new ("live", NULL, bad[i], rtmp_limits_default (), &error));
    g_assert_error (error, RTMP_ERROR, RTMP_ERROR_PROTOCOL);
    g_assert_null (rtmp_name_new (bad[i], NULL, "key", rtmp_limits_default (), &app_error));
    g_assert_error (app_error, RTMP_ERROR, RTMP_ERROR_PROTOCOL);
  }
}

/* What an application sets is found under what clients send. */
static void
test_canonical_path (void)
{
  static const gchar *const cases[][2] = { { "live", "live" }, { "/live/", "live" },
    { "a//b", "a/b" }, { "my%20key", "my key" }, { "mp4:x?token=1", "x" },
    { "live/_definst_", "live" }, { "", "" }, { NULL, "" } };
  g_autofree gchar *name = g_strnfill (257, 'n');
  g_autoptr (GError) bad = NULL, big = NULL;
  guint i;

  for (i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree gchar *path =
        rtmp_name_canonical_path (cases[i][0], rtmp_limits_default (), NULL);

    g_assert_cmpstr (path, ==, cases[i][1]);
  }
  g_assert_null (rtmp_name_canonical_path ("a/../b", rtmp_limits_default (), &bad));
  g_assert_error (bad, RTMP_ERROR, RTMP_ERROR_PROTOCOL);
  g_assert_null (rtmp_name_canonical_path (name, rtmp_limits_default (), &big));
  g_assert_error (big, RTMP_ERROR, RTMP_ERROR_LIMIT);
}

static void
check_limit (const gchar *app, const gchar *tc_url, const gchar *stream,
    const RtmpLimits *limits, gboolean ok)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (RtmpName) name = rtmp_name_new (app, tc_url, stream, limits, &error);

  if (ok)
    g_assert_no_error (error);
  else
    g_assert_error (error, RTMP_ERROR, RTMP_ERROR_LIMIT);
  g_assert_true ((name != NULL) == ok);
}

static void
test_limits (void)
{
  RtmpLimits limits = *rtmp_limits_default ();
  gint step;

  limits.max_name_size = 20;
  limits.max_query_size = 30;
  for (step = -1; step <= 1; step++) {
    g_autofree gchar *name = g_strnfill (20 + step, 'n');
    g_autofree gchar *text = g_strnfill (30 - 2 + step, 'q');
    g_autofree gchar *query = g_strconcat ("key?a=", text, NULL);
    g_autofree gchar *tc_url = g_strnfill (4 * 50 + step, 't');

    check_limit (name, NULL, "key", &limits, step <= 0);
    check_limit ("live", NULL, name, &limits, step <= 0);
    check_limit ("live", NULL, query, &limits, step <= 0);
    check_limit ("live", tc_url, "key", &limits, step <= 0);
  }
}

/* A vhost is for information: a strange one does no harm. */
static void
test_strange_vhost (void)
{
  g_autoptr (RtmpName) name =
      rtmp_name_new ("live", "rtmp://a\\b..c/live", "key", rtmp_limits_default (), NULL);

  g_assert_nonnull (name);
  g_assert_null (name->vhost);
}

static void
test_query (void)
{
  g_autoptr (GArray) params =
      rtmp_query_parse ("token=a%20b+c&x=1=2&token=second&flag&=nothing&&y=%0a%ff&a%3Db=c");
  static const RtmpParam expected[] = { { "token", "a b+c" }, { "x", "1=2" }, { "flag", "" },
    { "y", "%0a%ff" }, { "a=b", "c" } };
  g_autofree gchar *token = rtmp_query_get ("a=1&token=x%2Fy", "token");
  guint i;

  g_assert_cmpuint (params->len, ==, G_N_ELEMENTS (expected));
  for (i = 0; i < params->len; i++) {
    g_assert_cmpstr (g_array_index (params, RtmpParam, i).name, ==, expected[i].name);
    g_assert_cmpstr (g_array_index (params, RtmpParam, i).value, ==, expected[i].value);
  }
  g_assert_cmpstr (token, ==, "x/y");
  g_assert_null (rtmp_query_get ("a=1", "b"));
}

static void
test_equal_secret (void)
{
  g_assert_true (rtmp_name_equal_secret ("", ""));
  g_assert_true (rtmp_name_equal_secret ("key\xff", "key\xff"));
  g_assert_false (rtmp_name_equal_secret ("key", "kex"));
  g_assert_false (rtmp_name_equal_secret ("Key", "key"));
  g_assert_false (rtmp_name_equal_secret ("key", "key1"));
  g_assert_false (rtmp_name_equal_secret ("", "k"));
}

/* Random text never comes out unclean, and what comes out is a fixed point. */
static void
test_random (void)
{
  static const gchar alphabet[] = "ab/?&=%%%%2f3c456..:'\"\\ mp4_definst_\n\xc3\xa9";
  g_autoptr (GRand) rand = g_rand_new_with_seed (5);
  guint i, j, n_ok = 0;

  for (i = 0; i < 20000; i++) {
    gchar text[3][16];
    g_autoptr (RtmpName) name = NULL, again = NULL;

    for (j = 0; j < 3; j++) {
      guint size = g_rand_int_range (rand, 0, 15), k;

      for (k = 0; k < size; k++)
        text[j][k] = alphabet[g_rand_int_range (rand, 0, sizeof alphabet - 1)];
      text[j][size] = '\0';
    }
    name = rtmp_name_new (text[0], text[1], text[2], rtmp_limits_default (), NULL);
    if (name == NULL)
      continue;
    n_ok++;
    g_assert_null (strpbrk (name->application, "\\\n"));
    g_assert_null (strpbrk (name->key, "\\\n/"));
    g_assert_null (strstr (name->key, ".."));
    again = rtmp_name_new (name->application, NULL, name->key, rtmp_limits_default (), NULL);
    g_assert_nonnull (again);
    g_assert_cmpstr (again->application, ==, name->application);
    g_assert_cmpstr (again->key, ==, name->key);
  }
  g_assert_cmpuint (n_ok, >, 500);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/name/cases", test_cases);
  g_test_add_func ("/name/refused", test_refused);
  g_test_add_func ("/name/canonical-path", test_canonical_path);
  g_test_add_func ("/name/limits", test_limits);
  g_test_add_func ("/name/strange-vhost", test_strange_vhost);
  g_test_add_func ("/name/query", test_query);
  g_test_add_func ("/name/equal-secret", test_equal_secret);
  g_test_add_func ("/name/random", test_random);
  return g_test_run ();
}
