/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Vectors of AMF0 and AMF3 values: decoded, and encoded again to the same bytes.
 */
#include "protocol/rtmp-error.h"
#include "vectors-amf.h"

#include <string.h>

/* AMF3 forms that we do not write: everything is written inline. */
static gboolean
is_written_otherwise (const gchar *name)
{
  return strstr (name, "reference") != NULL;
}

static void
run (JsonObject *vector, gboolean amf3)
{
  g_autoptr (GBytes) input = vectors_bytes (vector, "input_hex");
  JsonObject *expected = vectors_object (vector, "expected");
  RtmpAmfBudget budget = { .limits = rtmp_limits_default () };
  gsize size;
  const guint8 *data = g_bytes_get_data (input, &size);
  g_autofree guint8 *exact = g_memdup2 (data, size);
  RtmpCursor cursor = rtmp_cursor (exact, size);
  g_autoptr (GError) error = NULL;
  g_autoptr (RtmpAmf) value = amf3 ? rtmp_amf3_parse (&cursor, &budget, NULL, &error)
                                   : rtmp_amf0_parse (&cursor, &budget, &error);
  g_autoptr (GByteArray) again = g_byte_array_new ();

  if (vectors_string (expected, "error") != NULL) {
    g_assert_null (value);
    g_assert_nonnull (error);
    g_assert_true (error->domain == RTMP_ERROR);
    return;
  }
  g_assert_no_error (error);
  vectors_assert_amf (value, vectors_object (expected, "value"));
  g_assert_cmpuint (size - cursor.left, ==, vectors_int (expected, "consumed", -1));
  (amf3 ? rtmp_amf3_build : rtmp_amf0_build) (value, again);
  if (!amf3 || !is_written_otherwise (vectors_string (vector, "name")))
    vectors_assert_bytes (again->data, again->len, input);
}

static void
run_amf0 (JsonObject *vector)
{
  run (vector, FALSE);
}

static void
run_amf3 (JsonObject *vector)
{
  run (vector, TRUE);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_assert_cmpuint (vectors_add ("amf0", run_amf0, NULL), ==, 39);
  g_assert_cmpuint (vectors_add ("amf3", run_amf3, NULL), ==, 43);
  return g_test_run ();
}
