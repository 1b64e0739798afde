/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Golden cases of the chunk reader (chunk.md), each at every split size.
 */
#include "chunk-log.h"
#include "golden.h"

#include <string.h>

static void
parse_options (const GoldenCase *golden, ChunkLogOptions *options)
{
  gchar **lines = g_strsplit (golden->options, "\n", -1);
  guint i;

  chunk_log_options_init (options);
  for (i = 0; lines[i] != NULL; i++) {
    if (*lines[i] != '\0' && !chunk_log_options_parse (options, lines[i]))
      g_error ("%s: unknown option '%s'", golden->name, lines[i]);
  }
  g_strfreev (lines);
}

static void
run_case (gconstpointer data)
{
  const GoldenCase *golden = data;
  GByteArray *bytes = chunk_log_parse_bytes (golden->hex);
  ChunkLogOptions options;

  parse_options (golden, &options);
  for (options.split = 1; options.split <= bytes->len; options.split++) {
    gchar *log = chunk_log (&options, bytes->data, bytes->len);

    if (strcmp (log, golden->log) != 0)
      g_test_message ("in slices of %" G_GSIZE_FORMAT, options.split);
    g_assert_cmpstr (log, ==, golden->log);
    g_free (log);
  }
  g_byte_array_unref (bytes);
}

int
main (int argc, char *argv[])
{
  GPtrArray *cases;
  guint i;
  gint result;

  g_test_init (&argc, &argv, NULL);
  cases = golden_load ("chunk.md");
  for (i = 0; i < cases->len; i++) {
    GoldenCase *golden = g_ptr_array_index (cases, i);
    gchar *path = g_strdup_printf ("/golden/chunk/%s", golden->name);

    g_test_add_data_func (path, golden, run_case);
    g_free (path);
  }
  result = g_test_run ();
  g_ptr_array_unref (cases);
  return result;
}
