/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "media/rtmp-amf-value.h"

gchar *
rtmp_text_make_valid (const gchar *text)
{
  return g_utf8_make_valid (text != NULL ? text : "", -1);
}

void
rtmp_amf_append_pair (GValue *pairs, const gchar *name, const RtmpAmf *amf)
{
  GValue pair = G_VALUE_INIT, first = G_VALUE_INIT, second = G_VALUE_INIT;

  g_value_init (&pair, GST_TYPE_ARRAY);
  g_value_init (&first, G_TYPE_STRING);
  g_value_take_string (&first, rtmp_text_make_valid (name));
  rtmp_amf_to_value (amf, &second);
  gst_value_array_append_and_take_value (&pair, &first);
  gst_value_array_append_and_take_value (&pair, &second);
  gst_value_array_append_and_take_value (pairs, &pair);
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
    GValue item = G_VALUE_INIT;

    rtmp_amf_to_value (g_ptr_array_index (amf->items, i), &item);
    gst_value_array_append_and_take_value (value, &item);
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

/* (name, value) */
static gboolean
is_pair (const GValue *value)
{
  return GST_VALUE_HOLDS_ARRAY (value) && gst_value_array_get_size (value) == 2 &&
         G_VALUE_HOLDS_STRING (gst_value_array_get_value (value, 0)) &&
         g_value_get_string (gst_value_array_get_value (value, 0)) != NULL;
}

static gboolean
are_pairs (const GValue *value)
{
  guint i, n = gst_value_array_get_size (value);

  for (i = 0; i < n; i++) {
    if (!is_pair (gst_value_array_get_value (value, i)))
      return FALSE;
  }
  return n > 0;
}

static RtmpAmf *from_value (const GValue *value, guint depth);

static void
set_pairs (RtmpAmf *object, const GValue *pairs, guint depth)
{
  guint i, n = gst_value_array_get_size (pairs);

  for (i = 0; i < n; i++) {
    const GValue *pair = gst_value_array_get_value (pairs, i);

    if (is_pair (pair))
      rtmp_amf_set (object, g_value_get_string (gst_value_array_get_value (pair, 0)),
          from_value (gst_value_array_get_value (pair, 1), depth));
  }
}

void
rtmp_amf_set_pairs (RtmpAmf *object, const GValue *pairs)
{
  set_pairs (object, pairs, RTMP_AMF_VALUE_MAX_DEPTH);
}

static RtmpAmf *
from_array (const GValue *value, guint depth)
{
  RtmpAmf *amf;
  guint i, n = gst_value_array_get_size (value);

  if (depth == 0)
    return rtmp_amf_new_null ();
  if (are_pairs (value)) {
    amf = rtmp_amf_new_object ();
    set_pairs (amf, value, depth - 1);
    return amf;
  }
  amf = rtmp_amf_new_strict_array ();
  for (i = 0; i < n; i++)
    rtmp_amf_append (amf, from_value (gst_value_array_get_value (value, i), depth - 1));
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
