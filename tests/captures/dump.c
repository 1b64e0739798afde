/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * rtmp-dump over recordings of real clients: the short ones give the text beside
 * them; whole ones have as many media messages as the manifest says and no error.
 * And what it makes of files that are not what it expects.
 */
#include "captures.h"

#include <glib/gstdio.h>

#include <string.h>

/* Its standard output; @status: exit status. */
static gchar *
run_dump (const gchar *option, const gchar *path, gint *status)
{
  const gchar *argv[] = { g_getenv ("RTMP_DUMP"), option, path, NULL };
  g_autoptr (GError) error = NULL;
  gchar *text = NULL;
  gint wait_status;

  g_assert_nonnull (argv[0]);
  g_spawn_sync (NULL, (gchar **)argv, NULL, G_SPAWN_DEFAULT, NULL, NULL, &text, NULL,
      &wait_status, &error);
  g_assert_no_error (error);
  g_assert_true (WIFEXITED (wait_status));
  *status = WEXITSTATUS (wait_status);
  return text;
}

static void
test_short (gconstpointer data)
{
  const gchar *path = data;
  g_autofree gchar *golden = g_strdup_printf ("%.*s.dump", (gint)strlen (path) - 4, path);
  g_autofree gchar *expected = NULL;
  gint status;
  g_autofree gchar *text = run_dump ("--media=all", path, &status);

  g_assert_cmpint (status, ==, 0);
  if (g_getenv ("RTMP_CAPTURES_WRITE") != NULL) {
    g_test_message ("written, not compared");
    g_assert_true (g_file_set_contents (golden, text, -1, NULL));
    return;
  }
  g_assert_true (g_file_get_contents (golden, &expected, NULL, NULL));
  g_assert_cmpstr (text, ==, expected);
}

/* Sum of the messages in the summary lines of audio, video and data. */
static guint
count_media (const gchar *text)
{
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);
  guint n = 0;

  for (guint i = 0; lines[i] != NULL; i++) {
    const gchar *colon = strstr (lines[i], ": ");

    if (g_str_has_prefix (lines[i], "# audio") || g_str_has_prefix (lines[i], "# video") ||
        g_str_has_prefix (lines[i], "# data"))
      n += g_ascii_strtoull (colon + 2, NULL, 10);
  }
  return n;
}

static void
test_whole (gconstpointer data)
{
  const Capture *capture = data;
  gint status;
  g_autofree gchar *text = run_dump ("--media=summary", capture->path, &status);

  g_assert_cmpint (status, ==, 0);
  g_assert_null (strstr (text, "unreadable"));
  if (capture->truncated)
    g_assert_cmpuint (count_media (text), >, 0);
  else
    g_assert_cmpuint (count_media (text), ==, capture->n_media);
}

typedef struct _Odd
{
  const gchar *name;
  const gchar *option;
  const gchar *hex;
  gint status;
  const gchar *expected;
} Odd;

static const Odd odd[] = {
  { "empty", "--media=all", "", 1, "       0 ! the recording ends within the handshake\n" },
  { "http", "--media=all", "474554", 1,
      "       0 ! this is no RTMP version 3 (--no-handshake?)\n" },
  { "fresh-chunk-stream", "--no-handshake", "0200000000000401000000000000008083", 1,
      "       0 [2/0] fmt0 0 SetChunkSize 4: 128\n      17 ! fresh chunk stream" },
  /* 12 bytes of header and 4 of body are one message */
  { "error-has-its-offset", "--no-handshake", "02000000000004010000000000000000", 1,
      "       0 [2/0] fmt0 0 SetChunkSize 4: 0\n      16 ! chunk size too small\n" },
  { "cut", "--no-handshake", "020000000000040100000000000000", 0,
      "      15 note the recording ends in mid message: 3 bytes of bodies are incomplete\n" },
  { "no-utf-8", "--no-handshake", "030000000000051201000000 02 0002 01b5", 0,
      "data 5: \\x01\xef\xbf\xbd\n" },
  { "escape", "--no-handshake", "0300000000000712010000000200041b5b324a", 0, "\\x1b[2J" },
  { "json", "--json", "", 1, "{\"offset\":0,\"error\":\"the recording ends within" },
  { "aggregate", "--no-handshake",
      "04 000064 000021 16 01000000 08 000003 000005 00 000000 af0155 0000000e"
      "09 000000 00000a 00 000000 0000000b",
      0, "           | 100 audio 3: aac frames" },
};

static GByteArray *
from_hex (const gchar *hex)
{
  GByteArray *bytes = g_byte_array_new ();

  for (; *hex != '\0'; hex++) {
    guint8 byte;

    if (*hex == ' ')
      continue;
    byte = g_ascii_xdigit_value (hex[0]) << 4 | g_ascii_xdigit_value (hex[1]);
    g_byte_array_append (bytes, &byte, 1);
    hex++;
  }
  return bytes;
}

static void
test_odd (gconstpointer data)
{
  const Odd *this = data;
  g_autoptr (GByteArray) bytes = from_hex (this->hex);
  g_autofree gchar *path = NULL;
  g_autofree gchar *text = NULL;
  gint status, fd = g_file_open_tmp ("dump-XXXXXX", &path, NULL);

  g_assert_cmpint (fd, >=, 0);
  g_close (fd, NULL);
  g_assert_true (g_file_set_contents (path, (const gchar *)bytes->data, bytes->len, NULL));
  text = run_dump (this->option, path, &status);
  g_remove (path);
  g_test_message ("%s", text);
  g_assert_cmpint (status, ==, this->status);
  g_assert_nonnull (strstr (text, this->expected));
}

int
main (int argc, char **argv)
{
  gchar *temporary;
  gint result;

  g_test_init (&argc, &argv, NULL);
  captures_add_short ("/dump/short", test_short);
  temporary = captures_add_whole ("/dump/whole", test_whole);
  for (guint i = 0; i < G_N_ELEMENTS (odd); i++) {
    g_autofree gchar *path = g_strdup_printf ("/dump/odd/%s", odd[i].name);

    g_test_add_data_func (path, &odd[i], test_odd);
  }
  result = g_test_run ();
  captures_remove_folder (temporary);
  return result;
}
