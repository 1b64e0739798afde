/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Fuzz target: AMF0 and AMF3 values. What was decoded keeps to its limits, and its
 * bytes decode to a tree that is written as the same bytes again.
 */
#include "fuzz.h"
#include "protocol/rtmp-amf.h"
#include "protocol/rtmp-error.h"

#define MAX_TEXT 200

typedef struct
{
  RtmpAmf *(*parse) (RtmpCursor *cursor, RtmpAmfBudget *budget, GError **error);
  void (*build) (const RtmpAmf *value, GByteArray *out);
} Encoding;

static RtmpAmf *
parse3 (RtmpCursor *cursor, RtmpAmfBudget *budget, GError **error)
{
  return rtmp_amf3_parse (cursor, budget, NULL, error);
}

static const Encoding encodings[] = { { rtmp_amf0_parse, rtmp_amf0_build },
  { parse3, rtmp_amf3_build } };

static void
check_text (const RtmpAmf *value)
{
  g_autofree gchar *text = rtmp_amf_to_string (value, MAX_TEXT);

  g_assert_cmpuint (strlen (text), <=, MAX_TEXT);
}

/* Written without references, a value may take more table entries than it did. */
static void
check_again (const Encoding *encoding, const RtmpAmf *value)
{
  g_autoptr (GByteArray) first = g_byte_array_new (), second = g_byte_array_new ();
  RtmpAmfBudget budget = { .limits = rtmp_limits_default () };
  g_autoptr (GError) error = NULL;
  g_autoptr (RtmpAmf) again = NULL;
  g_autoptr (RtmpAmf) copy = rtmp_amf_copy (value);
  RtmpCursor cursor;

  g_assert_true (rtmp_amf_equal (copy, value));
  encoding->build (value, first);
  cursor = rtmp_cursor (first->data, first->len);
  again = encoding->parse (&cursor, &budget, &error);
  if (again == NULL) {
    g_assert_error (error, RTMP_ERROR, RTMP_ERROR_LIMIT);
    return;
  }
  g_assert_cmpuint (cursor.left, ==, 0);
  encoding->build (again, second);
  g_assert_cmpmem (first->data, first->len, second->data, second->len);
}

static void
run (const Encoding *encoding, const guint8 *data, gsize size, gboolean lenient)
{
  RtmpAmfBudget budget = { .limits = rtmp_limits_default (), .lenient_end = lenient };
  RtmpCursor cursor = rtmp_cursor (data, size);

  while (cursor.left > 0) {
    g_autoptr (GError) error = NULL;
    g_autoptr (RtmpAmf) value = encoding->parse (&cursor, &budget, &error);

    g_assert_true ((value == NULL) == (error != NULL));
    g_assert_cmpuint (budget.depth, ==, 0);
    g_assert_cmpuint (budget.total, <=, budget.limits->amf_max_total);
    g_assert_cmpuint (budget.values, <=, budget.limits->amf_max_values);
    if (value == NULL)
      return;
    check_text (value);
    check_again (encoding, value);
  }
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  guint i;

  for (i = 0; i < G_N_ELEMENTS (encodings); i++) {
    run (&encodings[i], data, size, FALSE);
    run (&encodings[i], data, size, TRUE);
  }
  return 0;
}
