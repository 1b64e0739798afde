/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * {t: type, v: value} of the vectors against RtmpAmf.
 */
#include "vectors-amf.h"

#include <math.h>
#include <string.h>

typedef struct
{
  const gchar *name;
  RtmpAmfType type;
  void (*check) (const RtmpAmf *value, JsonObject *expected);
} Kind;

static void
check_nothing (const RtmpAmf *value, JsonObject *expected)
{
}

static gdouble
number_of (JsonNode *node)
{
  const gchar *text =
      json_node_get_value_type (node) == G_TYPE_STRING ? json_node_get_string (node) : NULL;

  if (text == NULL)
    return json_node_get_double (node);
  if (strcmp (text, "nan") == 0)
    return NAN;
  g_assert_true (strcmp (text, "inf") == 0 || strcmp (text, "-inf") == 0);
  return text[0] == '-' ? -INFINITY : INFINITY;
}

static void
assert_number (gdouble have, JsonNode *expected)
{
  gdouble want = number_of (expected);

  if (isnan (want))
    g_assert_true (isnan (have));
  else
    g_assert_cmpfloat (have, ==, want);
}

static void
check_number (const RtmpAmf *value, JsonObject *expected)
{
  assert_number (value->number, json_object_get_member (expected, "v"));
}

static void
check_date (const RtmpAmf *value, JsonObject *expected)
{
  check_number (value, expected);
  g_assert_cmpint (value->timezone, ==, vectors_int (expected, "tz", 0));
}

static void
check_boolean (const RtmpAmf *value, JsonObject *expected)
{
  g_assert_cmpint (value->boolean, ==, vectors_boolean (expected, "v", FALSE));
}

static void
check_string (const RtmpAmf *value, JsonObject *expected)
{
  const gchar *text = vectors_string (expected, "v");

  g_assert_cmpmem (value->string, value->size, text, strlen (text));
}

static void
check_bytes (const RtmpAmf *value, JsonObject *expected)
{
  g_autoptr (GBytes) bytes = vectors_bytes (expected, "v");

  vectors_assert_bytes (value->string, value->size, bytes);
}

static void
check_items (const RtmpAmf *value, JsonArray *expected)
{
  guint i;

  g_assert_cmpuint (value->items->len, ==, json_array_get_length (expected));
  for (i = 0; i < value->items->len; i++)
    vectors_assert_amf (value->items->pdata[i], json_array_get_object_element (expected, i));
}

static void
check_array (const RtmpAmf *value, JsonObject *expected)
{
  check_items (value, vectors_array (expected, "v"));
}

static void
check_properties (const RtmpAmf *value, JsonArray *expected)
{
  guint i;

  g_assert_cmpuint (value->properties->len, ==, json_array_get_length (expected));
  for (i = 0; i < value->properties->len; i++) {
    const RtmpAmfProperty *property = &g_array_index (value->properties, RtmpAmfProperty, i);
    JsonArray *pair = json_array_get_array_element (expected, i);

    g_assert_cmpstr (property->key, ==, json_array_get_string_element (pair, 0));
    vectors_assert_amf (property->value, json_array_get_object_element (pair, 1));
  }
}

static void
check_sealed (const RtmpAmf *value, JsonArray *names, JsonArray *values)
{
  guint i;

  g_assert_cmpuint (value->count, ==, json_array_get_length (names));
  g_assert_cmpuint (value->properties->len, ==, value->count);
  for (i = 0; i < value->count; i++) {
    const RtmpAmfProperty *property = &g_array_index (value->properties, RtmpAmfProperty, i);

    g_assert_cmpstr (property->key, ==, json_array_get_string_element (names, i));
    vectors_assert_amf (property->value, json_array_get_object_element (values, i));
  }
}

static void
check_object (const RtmpAmf *value, JsonObject *expected)
{
  JsonArray *sealed = vectors_array (expected, "sealed");

  g_assert_cmpstr (value->class_name, ==, vectors_string (expected, "class"));
  if (json_object_has_member (expected, "dynamic"))
    g_assert_cmpint (value->boolean, ==, vectors_boolean (expected, "dynamic", FALSE));
  if (sealed != NULL)
    check_sealed (value, sealed, vectors_array (expected, "values"));
  else
    check_properties (value, vectors_array (expected, "v"));
}

static void
check_ecma_array (const RtmpAmf *value, JsonObject *expected)
{
  g_assert_cmpuint (value->count, ==, vectors_int (expected, "count", -1));
  check_properties (value, vectors_array (expected, "v"));
}

static void
check_avmplus (const RtmpAmf *value, JsonObject *expected)
{
  g_assert_cmpuint (value->items->len, ==, 1);
  vectors_assert_amf (value->items->pdata[0], vectors_object (expected, "v"));
}

static void
check_amf3_array (const RtmpAmf *value, JsonObject *expected)
{
  JsonArray *associative = vectors_array (expected, "assoc");

  check_items (value, vectors_array (expected, "dense"));
  if (associative != NULL)
    check_properties (value, associative);
  else
    g_assert_null (value->properties);
}

static void
check_object_reference (const RtmpAmf *value, JsonObject *expected)
{
  g_assert_cmpstr (vectors_string (expected, "of"), ==, "object");
  g_assert_cmphex (value->marker, ==, 0x0a);
  check_number (value, expected);
}

static void
check_number_vector (const RtmpAmf *value, JsonObject *expected)
{
  JsonArray *numbers = vectors_array (expected, "v");
  guint i;

  g_assert_cmpint (value->boolean, ==, vectors_boolean (expected, "fixed", FALSE));
  g_assert_cmpuint (value->items->len, ==, json_array_get_length (numbers));
  for (i = 0; i < value->items->len; i++)
    assert_number (
        ((const RtmpAmf *)value->items->pdata[i])->number, json_array_get_element (numbers, i));
}

static void
check_object_vector (const RtmpAmf *value, JsonObject *expected)
{
  g_assert_cmpint (value->boolean, ==, vectors_boolean (expected, "fixed", FALSE));
  g_assert_cmpstr (value->class_name, ==, vectors_string (expected, "class"));
  check_array (value, expected);
}

static void
check_dictionary (const RtmpAmf *value, JsonObject *expected)
{
  JsonArray *pairs = vectors_array (expected, "v");
  guint i;

  g_assert_cmpint (value->boolean, ==, vectors_boolean (expected, "weak", FALSE));
  g_assert_cmpuint (value->items->len, ==, 2 * json_array_get_length (pairs));
  for (i = 0; i < value->items->len; i++)
    vectors_assert_amf (value->items->pdata[i],
        json_array_get_object_element (json_array_get_array_element (pairs, i / 2), i % 2));
}

static const Kind kinds[] = {
  { "number", RTMP_AMF_NUMBER, check_number },
  { "integer", RTMP_AMF_INTEGER, check_number },
  { "boolean", RTMP_AMF_BOOLEAN, check_boolean },
  { "string", RTMP_AMF_STRING, check_string },
  { "long-string", RTMP_AMF_STRING, check_string },
  { "null", RTMP_AMF_NULL, check_nothing },
  { "undefined", RTMP_AMF_UNDEFINED, check_nothing },
  { "unsupported", RTMP_AMF_UNSUPPORTED, check_nothing },
  { "object", RTMP_AMF_OBJECT, check_object },
  { "typed-object", RTMP_AMF_OBJECT, check_object },
  { "ecma-array", RTMP_AMF_ECMA_ARRAY, check_ecma_array },
  { "strict-array", RTMP_AMF_STRICT_ARRAY, check_array },
  { "date", RTMP_AMF_DATE, check_date },
  { "xml", RTMP_AMF_XML, check_string },
  { "xml-document", RTMP_AMF_XML, check_string },
  { "bytearray", RTMP_AMF_BYTES, check_bytes },
  { "reference", RTMP_AMF_REFERENCE, check_number },
  { "objref", RTMP_AMF_REFERENCE, check_object_reference },
  { "avmplus", RTMP_AMF_AVMPLUS, check_avmplus },
  { "vector-int", RTMP_AMF_VECTOR, check_number_vector },
  { "vector-uint", RTMP_AMF_VECTOR, check_number_vector },
  { "vector-double", RTMP_AMF_VECTOR, check_number_vector },
  { "vector-object", RTMP_AMF_VECTOR, check_object_vector },
  { "dictionary", RTMP_AMF_DICTIONARY, check_dictionary },
};

void
vectors_assert_amf (const RtmpAmf *value, JsonObject *expected)
{
  const gchar *name = vectors_string (expected, "t");
  guint i;

  if (strcmp (name, "array") == 0) {
    g_assert_cmpint (value->type, ==,
        json_object_has_member (expected, "assoc") ? RTMP_AMF_ECMA_ARRAY
                                                   : RTMP_AMF_STRICT_ARRAY);
    check_amf3_array (value, expected);
    return;
  }
  for (i = 0; i < G_N_ELEMENTS (kinds); i++) {
    if (strcmp (kinds[i].name, name) == 0) {
      g_assert_cmpint (value->type, ==, kinds[i].type);
      kinds[i].check (value, expected);
      return;
    }
  }
  g_error ("no such type: %s", name);
}
