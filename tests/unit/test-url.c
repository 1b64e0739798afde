/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * URLs: parts, errors with words, and that every client's cut of one URL gives the
 * server the same name.
 */
#include "protocol/rtmp-name.h"
#include "protocol/rtmp-error.h"

#include <string.h>

static const gchar *const schemes[] = { "rtmp", "rtmps", "rtmpserver", "rtmpsserver", NULL };

typedef struct
{
  const gchar *text;
  gboolean tls;
  const gchar *host;
  guint16 port;
  const gchar *user, *password, *application, *stream, *tc_url;
} UrlCase;

static const UrlCase url_cases[] = {
  { "rtmp://h/live/key", FALSE, "h", 1935, NULL, NULL, "live", "key", "rtmp://h/live" },
  { "RTMP://h:1936/live/key?token=a/b", FALSE, "h", 1936, NULL, NULL, "live", "key?token=a/b",
      "rtmp://h:1936/live" },
  { "rtmps://h/live/a/b", TRUE, "h", 443, NULL, NULL, "live/a", "b", "rtmps://h/live/a" },
  { "rtmps://h:1935/live/k", TRUE, "h", 1935, NULL, NULL, "live", "k", "rtmps://h:1935/live" },
  { "rtmpserver://[::]:0/live", FALSE, "::", 0, NULL, NULL, "live", NULL,
      "rtmp://[::]:0/live" },
  { "rtmpsserver://[fe80::1%25eth0]/a/b", TRUE, "fe80::1%25eth0", 443, NULL, NULL, "a", "b",
      "rtmps://[fe80::1%25eth0]/a" },
  { "rtmp://u%40x:p%3aw:d@h/live/key", FALSE, "h", 1935, "u@x", "p:w:d", "live", "key",
      "rtmp://h/live" },
  { "rtmp://user@h", FALSE, "h", 1935, "user", NULL, "", NULL, "rtmp://h/" },
  { "rtmp://h/", FALSE, "h", 1935, NULL, NULL, "", NULL, "rtmp://h/" },
  { "rtmp://h//live//key/", FALSE, "h", 1935, NULL, NULL, "live", "key", "rtmp://h/live" },
  { "rtmp://h/live?a=1/2", FALSE, "h", 1935, NULL, NULL, "live?a=1/2", NULL,
      "rtmp://h/live?a=1/2" },
};

static void
test_cases (void)
{
  guint i;

  for (i = 0; i < G_N_ELEMENTS (url_cases); i++) {
    const UrlCase *c = &url_cases[i];
    g_autoptr (GError) error = NULL;
    g_autoptr (RtmpUrl) url = rtmp_url_parse (c->text, schemes, &error);
    g_autofree gchar *tc_url = NULL;

    g_test_message ("%s", c->text);
    g_assert_no_error (error);
    g_assert_cmpint (url->tls, ==, c->tls);
    g_assert_cmpstr (url->host, ==, c->host);
    g_assert_cmpuint (url->port, ==, c->port);
    g_assert_cmpstr (url->user, ==, c->user);
    g_assert_cmpstr (url->password, ==, c->password);
    g_assert_cmpstr (url->application, ==, c->application);
    g_assert_cmpstr (url->stream, ==, c->stream);
    tc_url = rtmp_url_get_tc_url (url);
    g_assert_cmpstr (tc_url, ==, c->tc_url);
  }
}

static void
test_refused (void)
{
  static const struct
  {
    const gchar *text, *why;
  } cases[] = {
    { "", "rtmp://, rtmps://" },
    { "live/key", "rtmp://, rtmps://" },
    { "http://h/live", "rtmp://, rtmps://" },
    { "rtmp:/h/live", "rtmp://, rtmps://" },
    { "rtmp://", "host" },
    { "rtmp:///live", "host" },
    { "rtmp://:1935/live", "host" },
    { "rtmp://h:/live", "host" },
    { "rtmp://h:x/live", "host" },
    { "rtmp://h:65536/live", "host" },
    { "rtmp://h:-1/live", "host" },
    { "rtmp://[::1/live", "host" },
    { "rtmp://[::1]x/live", "host" },
    { "rtmp://::1/live", "host" },
    { "rtmp://a b/live", "host" },
    { "rtmp://h/li\nve", "control" },
    { "rtmp://h/\xff", "UTF-8" },
  };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (GError) error = NULL;

    g_test_message ("case %u", i);
    g_assert_null (rtmp_url_parse (cases[i].text, schemes, &error));
    g_assert_error (error, RTMP_ERROR, RTMP_ERROR_LOCAL);
    g_assert_nonnull (strstr (error->message, cases[i].why));
  }
}

static void
check_same_name (const gchar *text)
{
  g_autoptr (RtmpUrl) url = rtmp_url_parse (text, schemes, NULL);
  g_autofree gchar *app = NULL, *stream = NULL;
  g_autoptr (RtmpName) ours = NULL, ffmpeg = NULL;

  g_test_message ("%s", text);
  g_assert_true (rtmp_url_split_like_ffmpeg (text, &app, &stream));
  ours = rtmp_name_new (url->application, NULL, url->stream, rtmp_limits_default (), NULL);
  ffmpeg = rtmp_name_new (app, NULL, stream, rtmp_limits_default (), NULL);
  g_assert_cmpstr (ours->application, ==, ffmpeg->application);
  g_assert_cmpstr (ours->key, ==, ffmpeg->key);
  g_assert_cmpstr (ours->query, ==, ffmpeg->query);
}

static void
test_every_cut_is_one_name (void)
{
  check_same_name ("rtmp://h/live");
  check_same_name ("rtmp://h/live/key");
  check_same_name ("rtmp://h/live/key?a=1&b=2");
  check_same_name ("rtmp://h/live/inst/key");
  check_same_name ("rtmp://h/live/a/b/c/key");
  check_same_name ("rtmp://h/ondemand/x/y");
  check_same_name ("rtmp://h/vod/clip.mp4");
  check_same_name ("rtmp://h/vod/mp4:dir/clip.mp4");
  check_same_name ("rtmp://h/live/_definst_/key");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/url/cases", test_cases);
  g_test_add_func ("/url/refused", test_refused);
  g_test_add_func ("/url/every-cut-is-one-name", test_every_cut_is_one_name);
  return g_test_run ();
}
