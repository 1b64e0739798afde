/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Golden cases in Markdown:
 *
 *     ## name of the case
 *     Why it is so, and who does it.
 *     ```options        (may be absent)
 *     ```
 *     ```hex            (or input: actions, one a line, for its runner)
 *     04 000000 ...     # comments; bytes repeated as 00*128
 *     ```
 *     ```log
 *     what must come out, line by line
 *     ```
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct _GoldenCase
{
  gchar *name;
  gchar *options; /* "" if there are none */
  gchar *hex;     /* or NULL: then there is an input */
  gchar *input;
  gchar *log;
} GoldenCase;

/* The cases of a file in tests/golden, each complete; aborts with the file's
 * line on anything else. To be unreffed after the tests. */
GPtrArray *golden_load (const gchar *file);

G_END_DECLS
