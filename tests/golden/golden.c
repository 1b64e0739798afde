/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Markdown to golden cases.
 */
#include "golden.h"

#include <string.h>

#define HEADING "## "
#define FENCE "```"

typedef struct _Parser
{
  const gchar *file;
  guint line;
  GPtrArray *cases;
  GoldenCase *current;
  GString *block; /* inside a fence, else NULL */
  gchar **target; /* where the block goes */
} Parser;

static void G_GNUC_NORETURN
bad_line (const Parser *parser, const gchar *what)
{
  g_error ("%s:%u: %s", parser->file, parser->line, what);
}

static void
end_case (Parser *parser)
{
  const GoldenCase *current = parser->current;

  if (current == NULL)
    return;
  if ((current->hex == NULL && current->input == NULL) || current->log == NULL)
    bad_line (parser, "the case before has no hex and no input, or no log");
  if (current->options == NULL)
    parser->current->options = g_strdup ("");
  g_ptr_array_add (parser->cases, parser->current);
  parser->current = NULL;
}

static void
begin_case (Parser *parser, const gchar *name)
{
  end_case (parser);
  parser->current = g_new0 (GoldenCase, 1);
  parser->current->name = g_strdup (name);
}

static void
begin_block (Parser *parser, const gchar *kind)
{
  if (parser->current == NULL)
    bad_line (parser, "a block outside of a case");
  if (g_str_equal (kind, "hex"))
    parser->target = &parser->current->hex;
  else if (g_str_equal (kind, "input"))
    parser->target = &parser->current->input;
  else if (g_str_equal (kind, "log"))
    parser->target = &parser->current->log;
  else if (g_str_equal (kind, "options"))
    parser->target = &parser->current->options;
  else
    bad_line (parser, "a block that is not options, hex, input or log");
  if (*parser->target != NULL)
    bad_line (parser, "a second block of this kind");
  parser->block = g_string_new (NULL);
}

static void
end_block (Parser *parser)
{
  *parser->target = g_string_free (parser->block, FALSE);
  parser->block = NULL;
}

static void
take_line (Parser *parser, const gchar *line)
{
  if (parser->block != NULL) {
    if (g_str_equal (line, FENCE))
      end_block (parser);
    else
      g_string_append_printf (parser->block, "%s\n", line);
  } else if (g_str_has_prefix (line, HEADING)) {
    begin_case (parser, line + strlen (HEADING));
  } else if (g_str_has_prefix (line, FENCE)) {
    begin_block (parser, line + strlen (FENCE));
  }
}

static void
case_free (gpointer data)
{
  GoldenCase *golden = data;

  g_free (golden->name);
  g_free (golden->options);
  g_free (golden->hex);
  g_free (golden->input);
  g_free (golden->log);
  g_free (golden);
}

GPtrArray *
golden_load (const gchar *file)
{
  gchar *path = g_test_build_filename (G_TEST_DIST, "golden", file, NULL);
  Parser parser = { file, 0, g_ptr_array_new_with_free_func (case_free), NULL, NULL, NULL };
  GError *error = NULL;
  gchar *text, **lines;

  if (!g_file_get_contents (path, &text, NULL, &error))
    g_error ("%s", error->message);
  lines = g_strsplit (text, "\n", -1);
  for (; lines[parser.line] != NULL; parser.line++)
    take_line (&parser, lines[parser.line]);
  if (parser.block != NULL)
    bad_line (&parser, "the block does not end");
  end_case (&parser);
  g_strfreev (lines);
  g_free (text);
  g_free (path);
  return parser.cases;
}
