/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Budget of one message while its AMF values are decoded.
 */
#include "rtmp-amf-read.h"

static gboolean
fail_limit (GError **error, const gchar *what)
{
  g_set_error (error, RTMP_ERROR, RTMP_ERROR_LIMIT, "AMF: %s", what);
  return FALSE;
}

gboolean
rtmp_amf_fail_truncated (GError **error)
{
  g_set_error_literal (error, RTMP_ERROR, RTMP_ERROR_PROTOCOL, "AMF: truncated");
  return FALSE;
}

gboolean
rtmp_amf_charge (RtmpAmfBudget *budget, gsize size, GError **error)
{
  if (size > budget->limits->amf_max_total - MIN (budget->total, budget->limits->amf_max_total))
    return fail_limit (error, "too much memory");
  budget->total += size;
  return TRUE;
}

RtmpAmf *
rtmp_amf_charge_value (RtmpAmfBudget *budget, RtmpAmfType type, GError **error)
{
  if (budget->values >= budget->limits->amf_max_values) {
    fail_limit (error, "too many values");
    return NULL;
  }
  budget->values++;
  return rtmp_amf_charge (budget, sizeof (RtmpAmf), error) ? rtmp_amf_new (type) : NULL;
}

gboolean
rtmp_amf_enter (RtmpAmfBudget *budget, GError **error)
{
  if (budget->depth >= budget->limits->amf_max_depth)
    return fail_limit (error, "nesting too deep");
  budget->depth++;
  return TRUE;
}

void
rtmp_amf_leave (RtmpAmfBudget *budget)
{
  budget->depth--;
}

gboolean
rtmp_amf_charge_string (RtmpAmfBudget *budget, RtmpAmf *value, RtmpSlice bytes, GError **error)
{
  if (bytes.size > budget->limits->amf_max_string_size)
    return fail_limit (error, "string too long");
  if (!rtmp_amf_charge (budget, bytes.size + 1, error))
    return FALSE;
  value->string = g_malloc (bytes.size + 1);
  if (bytes.size > 0)
    memcpy (value->string, bytes.data, bytes.size);
  value->string[bytes.size] = '\0';
  value->size = bytes.size;
  return TRUE;
}

gboolean
rtmp_amf_check_key (RtmpAmfBudget *budget, gsize size, GError **error)
{
  return size <= budget->limits->amf_max_key_size || fail_limit (error, "key too long");
}

gboolean
rtmp_amf_charge_property (
    RtmpAmfBudget *budget, RtmpAmf *object, RtmpSlice key, RtmpAmf *item, GError **error)
{
  RtmpAmfProperty property;

  if (item == NULL)
    return FALSE;
  if (object->properties->len >= budget->limits->amf_max_properties) {
    rtmp_amf_free (item);
    return fail_limit (error, "too many properties");
  }
  if (!rtmp_amf_charge (budget, sizeof property + key.size + 1, error)) {
    rtmp_amf_free (item);
    return FALSE;
  }
  property.key = g_strndup (key.size > 0 ? (const gchar *)key.data : "", key.size);
  property.value = item;
  g_array_append_val (object->properties, property);
  return TRUE;
}

gboolean
rtmp_amf_charge_item (RtmpAmfBudget *budget, RtmpAmf *array, RtmpAmf *item, GError **error)
{
  if (item == NULL)
    return FALSE;
  if (!rtmp_amf_charge (budget, sizeof (gpointer), error)) {
    rtmp_amf_free (item);
    return FALSE;
  }
  g_ptr_array_add (array->items, item);
  return TRUE;
}
