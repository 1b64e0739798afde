/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * AMF values: reading and changing trees, limits, build -> parse round trips.
 */
#include "protocol/rtmp-amf.h"
#include "protocol/rtmp-error.h"

#include <math.h>

static RtmpAmf *
parse0 (const void *bytes, gsize size, const RtmpLimits *limits, GError **error)
{
  RtmpCursor cursor = rtmp_cursor (bytes, size);
  RtmpAmfBudget budget = { .limits = limits != NULL ? limits : rtmp_limits_default () };

  return rtmp_amf0_parse (&cursor, &budget, error);
}

static RtmpAmf *
parse3 (const void *bytes, gsize size, const RtmpLimits *limits, GError **error)
{
  RtmpCursor cursor = rtmp_cursor (bytes, size);
  RtmpAmfBudget budget = { .limits = limits != NULL ? limits : rtmp_limits_default () };

  return rtmp_amf3_parse (&cursor, &budget, NULL, error);
}

static void
test_tree (void)
{
  g_autoptr (RtmpAmf) object = rtmp_amf_new_object ();
  g_autoptr (RtmpAmf) copy = NULL;
  g_autoptr (RtmpAmf) array = rtmp_amf_new_strict_array ();

  rtmp_amf_set_string (object, "app", "live");
  rtmp_amf_set_number (object, "n", 2);
  rtmp_amf_set_boolean (object, "yes", 7);
  rtmp_amf_set_string (object, "nothing", NULL);
  rtmp_amf_set_string (object, "app", "other");
  g_assert_cmpuint (object->properties->len, ==, 4);
  g_assert_cmpstr (g_array_index (object->properties, RtmpAmfProperty, 0).key, ==, "app");
  g_assert_cmpstr (rtmp_amf_get_string (object, "app"), ==, "other");
  g_assert_cmpint (rtmp_amf_get (object, "nothing")->type, ==, RTMP_AMF_NULL);
  g_assert_cmpfloat (rtmp_amf_get_number (object, "n", 9), ==, 2);
  g_assert_cmpfloat (rtmp_amf_get_number (object, "app", 9), ==, 9);
  g_assert_cmpint (rtmp_amf_get_boolean (object, "yes", FALSE), ==, TRUE);
  g_assert_true (rtmp_amf_get_boolean (object, "n", TRUE));
  g_assert_null (rtmp_amf_get (object, "App"));
  g_assert_null (rtmp_amf_get (NULL, "app"));
  g_assert_null (rtmp_amf_get_string (object, "n"));
  g_assert_null (rtmp_amf_get (array, "app"));
  copy = rtmp_amf_copy (object);
  g_assert_true (rtmp_amf_equal (copy, object));
  rtmp_amf_set_number (copy, "n", 3);
  g_assert_false (rtmp_amf_equal (copy, object));
  g_assert_true (rtmp_amf_is_object (object));
  g_assert_false (rtmp_amf_is_object (array));
  g_assert_false (rtmp_amf_is_object (NULL));
}

static void
test_to_int (void)
{
  static const struct
  {
    gdouble number;
    gboolean ok;
  } cases[] = { { 0, TRUE }, { 4294967295.0, TRUE }, { 4294967296.0, FALSE }, { -1, FALSE },
    { 0.5, FALSE }, { NAN, FALSE }, { INFINITY, FALSE }, { -INFINITY, FALSE }, { 1e308, FALSE },
    { -0.0, TRUE } };
  g_autoptr (RtmpAmf) text = rtmp_amf_new_string ("1");
  gint64 out = -7;
  guint i;

  for (i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (RtmpAmf) value = rtmp_amf_new_number (cases[i].number);

    g_assert_cmpint (rtmp_amf_to_int (value, 0, G_MAXUINT32, &out), ==, cases[i].ok);
    if (cases[i].ok)
      g_assert_cmpfloat ((gdouble)out, ==, cases[i].number);
  }
  g_assert_false (rtmp_amf_to_int (text, 0, 10, &out));
  g_assert_false (rtmp_amf_to_int (NULL, 0, 10, &out));
}

static void
test_nul_in_text (void)
{
  g_autoptr (RtmpAmf) plain = parse0 ("\x02\x00\x02"
                                      "ab",
      5, NULL, NULL);
  g_autoptr (RtmpAmf) nul = parse0 ("\x02\x00\x03"
                                    "a\0b",
      6, NULL, NULL);

  g_assert_cmpstr (rtmp_amf_to_text (plain), ==, "ab");
  g_assert_nonnull (nul);
  g_assert_cmpuint (nul->size, ==, 3);
  g_assert_null (rtmp_amf_to_text (nul));
}

static void
test_lenient_end (void)
{
  static const guint8 bytes[] = { 8, 0, 0, 0, 1, 0, 1, 'a', 5, 0, 0, 9 };
  gsize size;

  for (size = 9; size <= sizeof bytes; size++) {
    RtmpAmfBudget budget = { .limits = rtmp_limits_default (), .lenient_end = TRUE };
    RtmpCursor cursor = rtmp_cursor (bytes, size);
    g_autoptr (RtmpAmf) lenient = rtmp_amf0_parse (&cursor, &budget, NULL);
    g_autoptr (RtmpAmf) strict = parse0 (bytes, size, NULL, NULL);

    g_assert_nonnull (lenient);
    g_assert_cmpuint (lenient->properties->len, ==, 1);
    g_assert_cmpuint (cursor.left, ==, 0);
    g_assert_true ((strict != NULL) == (size == sizeof bytes));
  }
}

/* ---- limits: at -1, 0 and +1 ---- */

static void
check_limit (GByteArray *bytes, const RtmpLimits *limits, gboolean ok, gboolean amf3)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (RtmpAmf) value =
      (amf3 ? parse3 : parse0) (bytes->data, bytes->len, limits, &error);

  if (ok)
    g_assert_no_error (error);
  else
    g_assert_error (error, RTMP_ERROR, RTMP_ERROR_LIMIT);
  g_assert_true ((value != NULL) == ok);
}

static RtmpAmf *
nested (guint depth)
{
  RtmpAmf *value = rtmp_amf_new_null ();

  while (depth-- > 0) {
    RtmpAmf *outer = depth % 2 ? rtmp_amf_new_object () : rtmp_amf_new_strict_array ();

    if (outer->type == RTMP_AMF_OBJECT)
      rtmp_amf_set (outer, "k", value);
    else
      rtmp_amf_append (outer, value);
    value = outer;
  }
  return value;
}

static RtmpAmf *
wide (guint n_items)
{
  RtmpAmf *value = rtmp_amf_new_strict_array ();

  while (n_items-- > 0)
    rtmp_amf_append (value, rtmp_amf_new_null ());
  return value;
}

static RtmpAmf *
keyed (guint n_properties)
{
  RtmpAmf *value = rtmp_amf_new_object ();
  guint i;

  for (i = 0; i < n_properties; i++) {
    g_autofree gchar *key = g_strdup_printf ("k%u", i);

    rtmp_amf_set (value, key, rtmp_amf_new_null ());
  }
  return value;
}

static RtmpAmf *
long_key (guint size)
{
  RtmpAmf *value = rtmp_amf_new_object ();
  g_autofree gchar *key = g_strnfill (size, 'k');

  rtmp_amf_set (value, key, rtmp_amf_new_null ());
  return value;
}

static RtmpAmf *
long_class (guint size)
{
  RtmpAmf *value = rtmp_amf_new_object ();

  value->class_name = g_strnfill (size, 'c');
  return value;
}

static RtmpAmf *
long_text (guint size)
{
  g_autofree gchar *text = g_strnfill (size, 's');

  return rtmp_amf_new_string (text);
}

static void
check_around (RtmpAmf *(*make) (guint n), guint n, const RtmpLimits *limits, gboolean amf3)
{
  gint step;

  for (step = -1; step <= 1; step++) {
    g_autoptr (RtmpAmf) value = make (n + step);
    g_autoptr (GByteArray) bytes = g_byte_array_new ();

    (amf3 ? rtmp_amf3_build : rtmp_amf0_build) (value, bytes);
    check_limit (bytes, limits, step <= 0, amf3);
  }
}

static void
test_limits (gconstpointer data)
{
  gboolean amf3 = GPOINTER_TO_INT (data);
  RtmpLimits limits = *rtmp_limits_default ();

  limits.amf_max_depth = 5;
  check_around (nested, 5, &limits, amf3);
  limits.amf_max_values = 21;
  check_around (wide, 20, &limits, amf3);
  limits.amf_max_properties = 7;
  check_around (keyed, 7, &limits, amf3);
  limits.amf_max_key_size = 11;
  check_around (long_key, 11, &limits, amf3);
  check_around (long_class, 11, &limits, amf3);
  limits.amf_max_string_size = 70000;
  check_around (long_text, 70000, &limits, amf3);
}

static void
test_limit_total (gconstpointer data)
{
  gboolean amf3 = GPOINTER_TO_INT (data);
  g_autoptr (GByteArray) bytes = g_byte_array_new ();
  g_autoptr (RtmpAmf) value = keyed (20);
  g_autoptr (RtmpAmf) parsed = NULL;
  RtmpLimits limits = *rtmp_limits_default ();
  RtmpAmfBudget budget = { .limits = &limits };
  RtmpCursor cursor;
  gint step;

  rtmp_amf_set (value, "deep", nested (4));
  rtmp_amf_set_string (value, "text", "some text");
  (amf3 ? rtmp_amf3_build : rtmp_amf0_build) (value, bytes);
  cursor = rtmp_cursor (bytes->data, bytes->len);
  parsed = amf3 ? rtmp_amf3_parse (&cursor, &budget, NULL, NULL)
                : rtmp_amf0_parse (&cursor, &budget, NULL);
  g_assert_cmpuint (budget.total, >, 22 * sizeof (RtmpAmf));
  g_assert_cmpuint (budget.depth, ==, 0);
  for (step = -1; step <= 1; step++) {
    limits.amf_max_total = budget.total + step;
    check_limit (bytes, &limits, step >= 0, amf3);
  }
}

static void
test_limit_references (void)
{
  RtmpLimits limits = *rtmp_limits_default ();
  gint step;

  limits.amf_max_references = 9;
  for (step = -1; step <= 1; step++) {
    g_autoptr (GByteArray) strings = g_byte_array_new (), objects = g_byte_array_new ();
    guint n = 9 + step, i;
    const guint8 open_strings[] = { 9, (n << 1) | 1, 1 };
    /* the array is itself an entry of the object table */
    const guint8 open_objects[] = { 9, ((n - 1) << 1) | 1, 1 };

    g_byte_array_append (strings, open_strings, 3);
    g_byte_array_append (objects, open_objects, 3);
    for (i = 0; i < n; i++) {
      const guint8 string[] = { 6, 3, 'a' + i };
      const guint8 object[] = { 9, 1, 1 };

      g_byte_array_append (strings, string, 3);
      if (i > 0)
        g_byte_array_append (objects, object, 3);
    }
    check_limit (strings, &limits, step <= 0, TRUE);
    check_limit (objects, &limits, step <= 0, TRUE);
  }
}

/* A short message must not make much of one long string by references to it. */
static void
test_reference_amplification (void)
{
  g_autoptr (GByteArray) bytes = g_byte_array_new ();
  g_autofree gchar *text = g_strnfill (60000, 'x');
  g_autoptr (RtmpAmf) string = rtmp_amf_new_string (text);
  g_autoptr (RtmpAmf) value = NULL;
  g_autoptr (GError) error = NULL;
  guint i;

  g_byte_array_append (bytes, (const guint8 *)"\x09\x81\x49\x01", 4);
  rtmp_amf3_build (string, bytes);
  for (i = 0; i < 99; i++)
    g_byte_array_append (bytes, (const guint8 *)"\x06\x00", 2);
  value = parse3 (bytes->data, bytes->len, NULL, &error);
  g_assert_error (error, RTMP_ERROR, RTMP_ERROR_LIMIT);
}

static void
test_flex_collection (void)
{
  /* externalizable, but written as one value: [1] */
  static const guint8 bytes[] = "\x0a\x07\x43"
                                "flex.messaging.io.ArrayCollection"
                                "\x09\x03\x01\x04\x01";
  g_autoptr (RtmpAmf) value = parse3 (bytes, sizeof bytes - 1, NULL, NULL);

  g_assert_nonnull (value);
  g_assert_cmpint (value->type, ==, RTMP_AMF_STRICT_ARRAY);
  g_assert_cmpuint (value->items->len, ==, 1);
}

/* ---- build -> parse ---- */

static gchar *
random_text (GRand *rand)
{
  guint size = g_rand_int_range (rand, 0, 12), i;
  gchar *text = g_malloc0 (size + 1);

  for (i = 0; i < size; i++)
    text[i] = g_rand_int_range (rand, 1, 256);
  return text;
}

static RtmpAmf *random_value (GRand *rand, guint depth, gboolean amf3);

static RtmpAmf *
random_tree (GRand *rand, guint depth, gboolean amf3)
{
  static const RtmpAmfType types[] = { RTMP_AMF_OBJECT, RTMP_AMF_ECMA_ARRAY,
    RTMP_AMF_STRICT_ARRAY };
  RtmpAmf *value = rtmp_amf_new (types[g_rand_int_range (rand, 0, 3)]);
  guint n = g_rand_int_range (rand, 0, 5), i;

  for (i = 0; i < n; i++) {
    RtmpAmf *item = random_value (rand, depth - 1, amf3);
    g_autofree gchar *key = g_strdup_printf ("%u%x", i, g_rand_int_range (rand, 0, 256));

    if (value->properties != NULL)
      rtmp_amf_set (value, key, item);
    else
      rtmp_amf_append (value, item);
  }
  /* AMF3 has one array type: without keys it reads as strict */
  if (amf3 && n == 0 && value->type == RTMP_AMF_ECMA_ARRAY)
    rtmp_amf_set_number (value, "k", 1.5);
  if (value->type == RTMP_AMF_OBJECT && g_rand_boolean (rand))
    value->class_name = g_strdup ("some.Class");
  return value;
}

static RtmpAmf *
random_value (GRand *rand, guint depth, gboolean amf3)
{
  g_autofree gchar *text = random_text (rand);
  RtmpAmf *value;

  switch (g_rand_int_range (rand, 0, depth > 0 ? 9 : 6)) {
    case 0:
      return rtmp_amf_new_number (g_rand_double_range (rand, -1e9, 1e9));
    case 1:
      return rtmp_amf_new_boolean (g_rand_boolean (rand));
    case 2:
      return rtmp_amf_new_string (text);
    case 3:
      return rtmp_amf_new_null ();
    case 4:
      return rtmp_amf_new_undefined ();
    case 5:
      value = rtmp_amf_new (amf3 ? RTMP_AMF_INTEGER : RTMP_AMF_DATE);
      value->number = amf3 ? g_rand_int_range (rand, -0x10000000, 0x10000000) : 1e12;
      return value;
    default:
      return random_tree (rand, depth, amf3);
  }
}

static void
test_round_trip (gconstpointer data)
{
  gboolean amf3 = GPOINTER_TO_INT (data);
  g_autoptr (GRand) rand = g_rand_new_with_seed (20240);
  guint i;

  for (i = 0; i < 2000; i++) {
    g_autoptr (RtmpAmf) value = random_value (rand, 4, amf3);
    g_autoptr (RtmpAmf) parsed = NULL;
    g_autoptr (RtmpAmf) copy = rtmp_amf_copy (value);
    g_autoptr (GByteArray) bytes = g_byte_array_new (), again = g_byte_array_new ();
    g_autoptr (GError) error = NULL;

    (amf3 ? rtmp_amf3_build : rtmp_amf0_build) (copy, bytes);
    parsed = (amf3 ? parse3 : parse0) (bytes->data, bytes->len, NULL, &error);
    g_assert_no_error (error);
    g_assert_true (rtmp_amf_equal (parsed, value));
    (amf3 ? rtmp_amf3_build : rtmp_amf0_build) (parsed, again);
    g_assert_cmpmem (bytes->data, bytes->len, again->data, again->len);
  }
}

/* Every cut of a valid value fails cleanly. */
static void
test_truncated (gconstpointer data)
{
  gboolean amf3 = GPOINTER_TO_INT (data);
  g_autoptr (GRand) rand = g_rand_new_with_seed (77);
  guint i;

  for (i = 0; i < 200; i++) {
    g_autoptr (RtmpAmf) value = random_value (rand, 3, amf3);
    g_autoptr (GByteArray) bytes = g_byte_array_new ();
    gsize size;

    (amf3 ? rtmp_amf3_build : rtmp_amf0_build) (value, bytes);
    for (size = 0; size < bytes->len; size++) {
      g_autofree guint8 *exact = g_memdup2 (bytes->data, size);
      g_autoptr (GError) error = NULL;

      g_assert_null ((amf3 ? parse3 : parse0) (exact, size, NULL, &error));
      g_assert_error (error, RTMP_ERROR, RTMP_ERROR_PROTOCOL);
    }
  }
}

/* AMF3-only types survive as something readable in AMF0. */
static void
test_amf3_types_in_amf0 (void)
{
  g_autoptr (RtmpAmf) object = rtmp_amf_new_object ();
  g_autoptr (RtmpAmf) parsed = NULL;
  g_autoptr (GByteArray) bytes = g_byte_array_new ();
  RtmpAmf *integer = rtmp_amf_new (RTMP_AMF_INTEGER);
  RtmpAmf *vector = rtmp_amf_new (RTMP_AMF_VECTOR);
  RtmpAmf *dictionary = rtmp_amf_new (RTMP_AMF_DICTIONARY);
  RtmpAmf *wrapped = rtmp_amf_new (RTMP_AMF_AVMPLUS);

  integer->number = -5;
  rtmp_amf_append (vector, rtmp_amf_new_number (1));
  rtmp_amf_append (dictionary, rtmp_amf_new_string ("k"));
  rtmp_amf_append (dictionary, rtmp_amf_new_boolean (TRUE));
  rtmp_amf_append (wrapped, rtmp_amf_new_string ("in"));
  rtmp_amf_set (object, "integer", integer);
  rtmp_amf_set (object, "vector", vector);
  rtmp_amf_set (object, "dictionary", dictionary);
  rtmp_amf_set (object, "wrapped", wrapped);
  rtmp_amf0_build (object, bytes);
  parsed = parse0 (bytes->data, bytes->len, NULL, NULL);
  g_assert_nonnull (parsed);
  g_assert_cmpfloat (rtmp_amf_get_number (parsed, "integer", 0), ==, -5);
  g_assert_cmpuint (rtmp_amf_get (parsed, "vector")->items->len, ==, 1);
  g_assert_true (rtmp_amf_get_boolean (rtmp_amf_get (parsed, "dictionary"), "k", FALSE));
  g_assert_cmpstr (rtmp_amf_get_string (parsed, "wrapped"), ==, "in");
}

static void
test_to_string (void)
{
  g_autoptr (RtmpAmf) object = rtmp_amf_new_object ();
  g_autofree gchar *full = NULL;
  RtmpAmf *array = rtmp_amf_new_strict_array ();
  gsize max;

  rtmp_amf_set_string (object, "app", "li\"ve\n\xff");
  rtmp_amf_set_boolean (object, "fpad", FALSE);
  rtmp_amf_append (array, rtmp_amf_new_number (1.5));
  rtmp_amf_append (array, rtmp_amf_new_null ());
  rtmp_amf_set (object, "list", array);
  full = rtmp_amf_to_string (object, 1000);
  g_assert_cmpstr (full, ==, "{app:\"li\\\"ve\\x0a\xef\xbf\xbd\",fpad:false,list:[1.5,null]}");
  for (max = 0; max <= strlen (full) + 1; max++) {
    g_autofree gchar *text = rtmp_amf_to_string (object, max);

    g_assert_cmpuint (strlen (text), <=, max);
    g_assert_true (g_utf8_validate (text, -1, NULL));
    g_assert_true ((max >= strlen (full)) == (strcmp (text, full) == 0));
  }
}

int
main (int argc, char **argv)
{
  const gpointer amf0 = GINT_TO_POINTER (FALSE), amf3 = GINT_TO_POINTER (TRUE);

  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/amf/tree", test_tree);
  g_test_add_func ("/amf/to-int", test_to_int);
  g_test_add_func ("/amf/nul-in-text", test_nul_in_text);
  g_test_add_func ("/amf/lenient-end", test_lenient_end);
  g_test_add_data_func ("/amf0/limits", amf0, test_limits);
  g_test_add_data_func ("/amf3/limits", amf3, test_limits);
  g_test_add_data_func ("/amf0/limit-total", amf0, test_limit_total);
  g_test_add_data_func ("/amf3/limit-total", amf3, test_limit_total);
  g_test_add_func ("/amf3/limit-references", test_limit_references);
  g_test_add_func ("/amf3/reference-amplification", test_reference_amplification);
  g_test_add_func ("/amf3/flex-collection", test_flex_collection);
  g_test_add_data_func ("/amf0/round-trip", amf0, test_round_trip);
  g_test_add_data_func ("/amf3/round-trip", amf3, test_round_trip);
  g_test_add_data_func ("/amf0/truncated", amf0, test_truncated);
  g_test_add_data_func ("/amf3/truncated", amf3, test_truncated);
  g_test_add_func ("/amf/amf3-types-in-amf0", test_amf3_types_in_amf0);
  g_test_add_func ("/amf/to-string", test_to_string);
  return g_test_run ();
}
