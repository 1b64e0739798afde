/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "media/rtmp-amf-value.h"

gchar *
rtmp_text_make_valid (const gchar *text)
{
  return g_utf8_make_valid (text != NULL ? text : "", -1);
}

/* Elements of a GstValueArray must be of one type, AMF values are not: each is
 * wrapped in a structure. null is a structure without value. */
static void
append_wrapped (GValue *array, GstStructure *wrapper, const RtmpAmf *amf)
{
  GValue item = G_VALUE_INIT, value = G_VALUE_INIT;

  if (amf->type != RTMP_AMF_NULL && amf->type != RTMP_AMF_UNDEFINED) {
    rtmp_amf_to_value (amf, &value);
    gst_structure_take_value (wrapper, "value", &value);
  }
  g_value_init (&item, GST_TYPE_STRUCTURE);
  g_value_take_boxed (&item, wrapper);
  gst_value_array_append_and_take_value (array, &item);
}

void
rtmp_amf_append_pair (GValue *pairs, const gchar *name, const RtmpAmf *amf)
{
  gchar *valid = rtmp_text_make_valid (name);

  append_wrapped (pairs, gst_structure_new ("pair", "name", G_TYPE_STRING, valid, NULL), amf);
  g_free (valid);
}

void
rtmp_amf_append_item (GValue *items, const RtmpAmf *amf)
{
  append_wrapped (items, gst_structure_new_empty ("item"), amf);
}

static void
object_to_value (const RtmpAmf *amf, GValue *value)
{
  guint i;

  g_value_init (value, GST_TYPE_ARRAY);
  for (i = 0; amf->properties != NULL && i < amf->properties->len; i++) {
    const RtmpAmfProperty *property = &g_array_index (amf->properties, RtmpAmfProperty, i);

    rtmp_amf_append_pair (value, property->key, property->value);
  }
}

static void
array_to_value (const RtmpAmf *amf, GValue *value)
{
  guint i;

  g_value_init (value, GST_TYPE_ARRAY);
  for (i = 0; amf->items != NULL && i < amf->items->len; i++) {
    rtmp_amf_append_item (value, g_ptr_array_index (amf->items, i));
  }
}

void
rtmp_amf_to_value (const RtmpAmf *amf, GValue *value)
{
  switch (amf->type) {
    case RTMP_AMF_NUMBER:
    case RTMP_AMF_INTEGER:
    case RTMP_AMF_DATE:
      g_value_init (value, G_TYPE_DOUBLE);
      g_value_set_double (value, amf->number);
      break;
    case RTMP_AMF_BOOLEAN:
      g_value_init (value, G_TYPE_BOOLEAN);
      g_value_set_boolean (value, amf->boolean);
      break;
    case RTMP_AMF_OBJECT:
    case RTMP_AMF_ECMA_ARRAY:
      object_to_value (amf, value);
      break;
    case RTMP_AMF_STRICT_ARRAY:
    case RTMP_AMF_VECTOR:
    case RTMP_AMF_DICTIONARY:
    case RTMP_AMF_AVMPLUS:
      array_to_value (amf, value);
      break;
    case RTMP_AMF_STRING:
    case RTMP_AMF_XML:
      g_value_init (value, G_TYPE_STRING);
      g_value_take_string (value, rtmp_text_make_valid (amf->string));
      break;
    default: /* null, undefined, bytes, references */
      g_value_init (value, G_TYPE_STRING);
      g_value_set_static_string (value, "");
      break;
  }
}

/* NULL if element @i of @array is not what append_wrapped() makes. */
static const GstStructure *
peek_wrapper (const GValue *array, guint i, const gchar *name)
{
  const GValue *value = gst_value_array_get_value (array, i);
  const GstStructure *wrapper =
      GST_VALUE_HOLDS_STRUCTURE (value) ? gst_value_get_structure (value) : NULL;

  return wrapper != NULL && gst_structure_has_name (wrapper, name) ? wrapper : NULL;
}

static RtmpAmf *from_value (const GValue *value, guint depth);

static RtmpAmf *
from_wrapper (const GstStructure *wrapper, guint depth)
{
  const GValue *value = gst_structure_get_value (wrapper, "value");

  return value != NULL ? from_value (value, depth) : rtmp_amf_new_null ();
}

static void
set_pairs (RtmpAmf *object, const GValue *pairs, guint depth)
{
  guint i, n = gst_value_array_get_size (pairs);

  for (i = 0; i < n; i++) {
    const GstStructure *pair = peek_wrapper (pairs, i, "pair");
    const gchar *name = pair != NULL ? gst_structure_get_string (pair, "name") : NULL;

    if (name != NULL)
      rtmp_amf_set (object, name, from_wrapper (pair, depth));
  }
}

void
rtmp_amf_set_pairs (RtmpAmf *object, const GValue *pairs)
{
  set_pairs (object, pairs, RTMP_AMF_VALUE_MAX_DEPTH);
}

/* Arrays of other values than wrappers may come from an application. */
static RtmpAmf *
from_array (const GValue *value, guint depth)
{
  guint i, n = gst_value_array_get_size (value);
  RtmpAmf *amf;

  if (depth == 0)
    return rtmp_amf_new_null ();
  if (n > 0 && peek_wrapper (value, 0, "pair") != NULL) {
    amf = rtmp_amf_new_object ();
    set_pairs (amf, value, depth - 1);
    return amf;
  }
  amf = rtmp_amf_new_strict_array ();
  for (i = 0; i < n; i++) {
    const GstStructure *item = peek_wrapper (value, i, "item");

    rtmp_amf_append (amf, item != NULL
                              ? from_wrapper (item, depth - 1)
                              : from_value (gst_value_array_get_value (value, i), depth - 1));
  }
  return amf;
}

static RtmpAmf *
from_value (const GValue *value, guint depth)
{
  GValue number = G_VALUE_INIT;
  RtmpAmf *amf;
  gchar *text;

  if (GST_VALUE_HOLDS_ARRAY (value))
    return from_array (value, depth);
  if (G_VALUE_HOLDS_BOOLEAN (value))
    return rtmp_amf_new_boolean (g_value_get_boolean (value));
  if (G_VALUE_HOLDS_STRING (value))
    return rtmp_amf_new_string (g_value_get_string (value));
  g_value_init (&number, G_TYPE_DOUBLE);
  if (g_value_type_transformable (G_VALUE_TYPE (value), G_TYPE_DOUBLE) &&
      g_value_transform (value, &number))
    return rtmp_amf_new_number (g_value_get_double (&number));
  text = gst_value_serialize (value);
  amf = text != NULL ? rtmp_amf_new_string (text) : rtmp_amf_new_null ();
  g_free (text);
  return amf;
}

RtmpAmf *
rtmp_amf_from_value (const GValue *value)
{
  return from_value (value, RTMP_AMF_VALUE_MAX_DEPTH);
}
