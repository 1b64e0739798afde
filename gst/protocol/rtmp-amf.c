/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The AMF value tree: making, reading, copying, comparing.
 */
#include "rtmp-amf.h"

#include <math.h>

static void
property_clear (gpointer data)
{
  RtmpAmfProperty *property = data;

  g_free (property->key);
  rtmp_amf_free (property->value);
}

static gboolean
has_properties (RtmpAmfType type)
{
  return type == RTMP_AMF_OBJECT || type == RTMP_AMF_ECMA_ARRAY;
}

static gboolean
has_items (RtmpAmfType type)
{
  return type == RTMP_AMF_STRICT_ARRAY || type == RTMP_AMF_VECTOR ||
         type == RTMP_AMF_DICTIONARY || type == RTMP_AMF_AVMPLUS || type == RTMP_AMF_ECMA_ARRAY;
}

RtmpAmf *
rtmp_amf_new (RtmpAmfType type)
{
  RtmpAmf *value = g_new0 (RtmpAmf, 1);

  value->type = type;
  if (has_properties (type)) {
    value->properties = g_array_new (FALSE, FALSE, sizeof (RtmpAmfProperty));
    g_array_set_clear_func (value->properties, property_clear);
  }
  if (has_items (type))
    value->items = g_ptr_array_new_with_free_func ((GDestroyNotify)rtmp_amf_free);
  return value;
}

void
rtmp_amf_free (RtmpAmf *value)
{
  if (value == NULL)
    return;
  if (value->properties != NULL)
    g_array_unref (value->properties);
  if (value->items != NULL)
    g_ptr_array_unref (value->items);
  g_free (value->string);
  g_free (value->class_name);
  g_free (value);
}

RtmpAmf *
rtmp_amf_new_number (gdouble number)
{
  RtmpAmf *value = rtmp_amf_new (RTMP_AMF_NUMBER);

  value->number = number;
  return value;
}

RtmpAmf *
rtmp_amf_new_boolean (gboolean boolean)
{
  RtmpAmf *value = rtmp_amf_new (RTMP_AMF_BOOLEAN);

  value->boolean = boolean != FALSE;
  return value;
}

RtmpAmf *
rtmp_amf_new_string (const gchar *string)
{
  RtmpAmf *value;

  if (string == NULL)
    return rtmp_amf_new_null ();
  value = rtmp_amf_new (RTMP_AMF_STRING);
  value->string = g_strdup (string);
  value->size = strlen (string);
  return value;
}

RtmpAmf *
rtmp_amf_new_null (void)
{
  return rtmp_amf_new (RTMP_AMF_NULL);
}

RtmpAmf *
rtmp_amf_new_undefined (void)
{
  return rtmp_amf_new (RTMP_AMF_UNDEFINED);
}

RtmpAmf *
rtmp_amf_new_object (void)
{
  return rtmp_amf_new (RTMP_AMF_OBJECT);
}

RtmpAmf *
rtmp_amf_new_ecma_array (void)
{
  return rtmp_amf_new (RTMP_AMF_ECMA_ARRAY);
}

RtmpAmf *
rtmp_amf_new_strict_array (void)
{
  return rtmp_amf_new (RTMP_AMF_STRICT_ARRAY);
}

RtmpAmf *
rtmp_amf_copy (const RtmpAmf *value)
{
  RtmpAmf *copy = rtmp_amf_new (value->type);
  guint i;

  copy->marker = value->marker;
  copy->timezone = value->timezone;
  copy->boolean = value->boolean;
  copy->number = value->number;
  copy->size = value->size;
  copy->count = value->count;
  copy->class_name = g_strdup (value->class_name);
  if (value->string != NULL)
    copy->string = g_memdup2 (value->string, value->size + 1);
  for (i = 0; value->properties != NULL && i < value->properties->len; i++) {
    RtmpAmfProperty property = g_array_index (value->properties, RtmpAmfProperty, i);

    property.key = g_strdup (property.key);
    property.value = rtmp_amf_copy (property.value);
    g_array_append_val (copy->properties, property);
  }
  for (i = 0; value->items != NULL && i < value->items->len; i++)
    g_ptr_array_add (copy->items, rtmp_amf_copy (value->items->pdata[i]));
  return copy;
}

static gboolean
equal_properties (const GArray *a, const GArray *b)
{
  guint i;

  if (a == NULL || b == NULL)
    return a == b;
  if (a->len != b->len)
    return FALSE;
  for (i = 0; i < a->len; i++) {
    const RtmpAmfProperty *p = &g_array_index (a, RtmpAmfProperty, i);
    const RtmpAmfProperty *q = &g_array_index (b, RtmpAmfProperty, i);

    if (strcmp (p->key, q->key) != 0 || !rtmp_amf_equal (p->value, q->value))
      return FALSE;
  }
  return TRUE;
}

static gboolean
equal_items (const GPtrArray *a, const GPtrArray *b)
{
  guint i;

  if (a == NULL || b == NULL)
    return a == b;
  if (a->len != b->len)
    return FALSE;
  for (i = 0; i < a->len; i++) {
    if (!rtmp_amf_equal (a->pdata[i], b->pdata[i]))
      return FALSE;
  }
  return TRUE;
}

/* Of an object it only says how AMF3 writes it. */
static gboolean
equal_booleans (const RtmpAmf *a, const RtmpAmf *b)
{
  return a->type == RTMP_AMF_OBJECT || a->boolean == b->boolean;
}

gboolean
rtmp_amf_equal (const RtmpAmf *a, const RtmpAmf *b)
{
  return a->type == b->type && memcmp (&a->number, &b->number, sizeof a->number) == 0 &&
         equal_booleans (a, b) && a->timezone == b->timezone && a->size == b->size &&
         (a->size == 0 || memcmp (a->string, b->string, a->size) == 0) &&
         g_strcmp0 (a->class_name, b->class_name) == 0 &&
         equal_properties (a->properties, b->properties) && equal_items (a->items, b->items);
}

void
rtmp_amf_set (RtmpAmf *object, const gchar *key, RtmpAmf *value)
{
  RtmpAmfProperty property = { NULL, value };
  guint i;

  g_return_if_fail (has_properties (object->type));

  for (i = 0; i < object->properties->len; i++) {
    RtmpAmfProperty *old = &g_array_index (object->properties, RtmpAmfProperty, i);

    if (strcmp (old->key, key) == 0) {
      rtmp_amf_free (old->value);
      old->value = value;
      return;
    }
  }
  object->marker = 0;
  property.key = g_strdup (key);
  g_array_append_val (object->properties, property);
}

void
rtmp_amf_set_number (RtmpAmf *object, const gchar *key, gdouble number)
{
  rtmp_amf_set (object, key, rtmp_amf_new_number (number));
}

void
rtmp_amf_set_boolean (RtmpAmf *object, const gchar *key, gboolean boolean)
{
  rtmp_amf_set (object, key, rtmp_amf_new_boolean (boolean));
}

void
rtmp_amf_set_string (RtmpAmf *object, const gchar *key, const gchar *string)
{
  rtmp_amf_set (object, key, rtmp_amf_new_string (string));
}

void
rtmp_amf_append (RtmpAmf *array, RtmpAmf *value)
{
  g_return_if_fail (has_items (array->type));

  g_ptr_array_add (array->items, value);
}

const RtmpAmf *
rtmp_amf_unwrap (const RtmpAmf *value)
{
  while (value != NULL && value->type == RTMP_AMF_AVMPLUS)
    value = value->items->len > 0 ? value->items->pdata[0] : NULL;
  return value;
}

const RtmpAmf *
rtmp_amf_get (const RtmpAmf *object, const gchar *key)
{
  guint i;

  object = rtmp_amf_unwrap (object);
  if (object == NULL || object->properties == NULL)
    return NULL;
  for (i = 0; i < object->properties->len; i++) {
    const RtmpAmfProperty *property = &g_array_index (object->properties, RtmpAmfProperty, i);

    if (strcmp (property->key, key) == 0)
      return rtmp_amf_unwrap (property->value);
  }
  return NULL;
}

static gboolean
is_number (const RtmpAmf *value)
{
  return value != NULL && (value->type == RTMP_AMF_NUMBER || value->type == RTMP_AMF_INTEGER);
}

const gchar *
rtmp_amf_get_string (const RtmpAmf *object, const gchar *key)
{
  return rtmp_amf_to_text (rtmp_amf_get (object, key));
}

gdouble
rtmp_amf_get_number (const RtmpAmf *object, const gchar *key, gdouble fallback)
{
  const RtmpAmf *value = rtmp_amf_get (object, key);

  return is_number (value) ? value->number : fallback;
}

gboolean
rtmp_amf_get_boolean (const RtmpAmf *object, const gchar *key, gboolean fallback)
{
  const RtmpAmf *value = rtmp_amf_get (object, key);

  return value != NULL && value->type == RTMP_AMF_BOOLEAN ? value->boolean : fallback;
}

gboolean
rtmp_amf_to_int (const RtmpAmf *value, gint64 min, gint64 max, gint64 *out)
{
  gint64 number;

  value = rtmp_amf_unwrap (value);
  /* 2^62 is exact as a double and far outside what any caller asks for; it keeps
   * the cast defined */
  if (!is_number (value) || !isfinite (value->number) ||
      value->number != floor (value->number) || fabs (value->number) > 0x1p62)
    return FALSE;
  number = (gint64)value->number;
  if (number < min || number > max)
    return FALSE;
  *out = number;
  return TRUE;
}

const gchar *
rtmp_amf_to_text (const RtmpAmf *value)
{
  value = rtmp_amf_unwrap (value);
  if (value == NULL || value->type != RTMP_AMF_STRING || value->string == NULL ||
      memchr (value->string, '\0', value->size) != NULL)
    return NULL;
  return value->string;
}

gboolean
rtmp_amf_is_object (const RtmpAmf *value)
{
  value = rtmp_amf_unwrap (value);
  return value != NULL && has_properties (value->type);
}
