/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * AMF0 bytes -> values: one function per marker. Recursion is bounded by the
 * depth limit.
 */
#include "rtmp-amf-read.h"
#include "rtmp-amf-marker.h"

typedef gboolean (*BodyParser) (
    RtmpCursor *cursor, RtmpAmfBudget *budget, RtmpAmf *value, GError **error);

static gboolean
parse_nothing (RtmpCursor *cursor, RtmpAmfBudget *budget, RtmpAmf *value, GError **error)
{
  return TRUE;
}

static gboolean
parse_number (RtmpCursor *cursor, RtmpAmfBudget *budget, RtmpAmf *value, GError **error)
{
  return rtmp_cursor_double (cursor, &value->number) || rtmp_amf_fail_truncated (error);
}

static gboolean
parse_boolean (RtmpCursor *cursor, RtmpAmfBudget *budget, RtmpAmf *value, GError **error)
{
  guint8 byte;

  if (!rtmp_cursor_u8 (cursor, &byte))
    return rtmp_amf_fail_truncated (error);
  value->boolean = byte != 0;
  return TRUE;
}

static gboolean
take_short_string (RtmpCursor *cursor, RtmpSlice *out, GError **error)
{
  guint16 size;

  if (!rtmp_cursor_u16 (cursor, &size))
    return rtmp_amf_fail_truncated (error);
  out->data = rtmp_cursor_take (cursor, size);
  out->size = size;
  return out->data != NULL || rtmp_amf_fail_truncated (error);
}

static gboolean
parse_string (RtmpCursor *cursor, RtmpAmfBudget *budget, RtmpAmf *value, GError **error)
{
  RtmpSlice bytes;

  return take_short_string (cursor, &bytes, error) &&
         rtmp_amf_charge_string (budget, value, bytes, error);
}

static gboolean
parse_long_string (RtmpCursor *cursor, RtmpAmfBudget *budget, RtmpAmf *value, GError **error)
{
  guint32 size;
  RtmpSlice bytes;

  if (!rtmp_cursor_u32 (cursor, &size))
    return rtmp_amf_fail_truncated (error);
  bytes.data = rtmp_cursor_take (cursor, size);
  bytes.size = size;
  if (bytes.data == NULL)
    return rtmp_amf_fail_truncated (error);
  return rtmp_amf_charge_string (budget, value, bytes, error);
}

static gboolean
parse_reference (RtmpCursor *cursor, RtmpAmfBudget *budget, RtmpAmf *value, GError **error)
{
  guint16 index;

  if (!rtmp_cursor_u16 (cursor, &index))
    return rtmp_amf_fail_truncated (error);
  value->number = index;
  return TRUE;
}

static gboolean
parse_date (RtmpCursor *cursor, RtmpAmfBudget *budget, RtmpAmf *value, GError **error)
{
  guint16 zone;

  if (!rtmp_cursor_double (cursor, &value->number) || !rtmp_cursor_u16 (cursor, &zone))
    return rtmp_amf_fail_truncated (error);
  value->timezone = (gint16)zone;
  return TRUE;
}

/* The end of the message in place of an end mark: also a mark cut short. */
static gboolean
at_lenient_end (RtmpCursor *cursor, const RtmpAmfBudget *budget, const RtmpAmf *object)
{
  if (!budget->lenient_end || object->type != RTMP_AMF_ECMA_ARRAY || cursor->left > 2)
    return FALSE;
  rtmp_cursor_take (cursor, cursor->left);
  return TRUE;
}

static gboolean
parse_properties (RtmpCursor *cursor, RtmpAmfBudget *budget, RtmpAmf *object, GError **error)
{
  for (;;) {
    RtmpSlice key;

    if (at_lenient_end (cursor, budget, object))
      return TRUE;
    if (!take_short_string (cursor, &key, error))
      return FALSE;
    if (key.size == 0 && cursor->left > 0 && cursor->data[0] == AMF0_OBJECT_END) {
      rtmp_cursor_take (cursor, 1);
      return TRUE;
    }
    if (!rtmp_amf_check_key (budget, key.size, error) ||
        !rtmp_amf_charge_property (
            budget, object, key, rtmp_amf0_parse (cursor, budget, error), error))
      return FALSE;
  }
}

static gboolean
parse_object (RtmpCursor *cursor, RtmpAmfBudget *budget, RtmpAmf *value, GError **error)
{
  gboolean ok;

  if (!rtmp_amf_enter (budget, error))
    return FALSE;
  ok = parse_properties (cursor, budget, value, error);
  rtmp_amf_leave (budget);
  return ok;
}

static gboolean
parse_typed_object (RtmpCursor *cursor, RtmpAmfBudget *budget, RtmpAmf *value, GError **error)
{
  RtmpSlice name;

  if (!take_short_string (cursor, &name, error) ||
      !rtmp_amf_check_key (budget, name.size, error) ||
      !rtmp_amf_charge (budget, name.size + 1, error))
    return FALSE;
  value->class_name = g_strndup ((const gchar *)name.data, name.size);
  return parse_object (cursor, budget, value, error);
}

static gboolean
parse_ecma_array (RtmpCursor *cursor, RtmpAmfBudget *budget, RtmpAmf *value, GError **error)
{
  if (!rtmp_cursor_u32 (cursor, &value->count))
    return rtmp_amf_fail_truncated (error);
  return parse_object (cursor, budget, value, error);
}

static gboolean
parse_strict_array (RtmpCursor *cursor, RtmpAmfBudget *budget, RtmpAmf *value, GError **error)
{
  guint32 count;

  if (!rtmp_cursor_u32 (cursor, &count))
    return rtmp_amf_fail_truncated (error);
  if (count > cursor->left) {
    g_set_error_literal (
        error, RTMP_ERROR, RTMP_ERROR_PROTOCOL, "AMF: strict array count exceeds input");
    return FALSE;
  }
  if (!rtmp_amf_enter (budget, error))
    return FALSE;
  while (count > 0 &&
         rtmp_amf_charge_item (budget, value, rtmp_amf0_parse (cursor, budget, error), error))
    count--;
  rtmp_amf_leave (budget);
  return count == 0;
}

static gboolean
parse_avmplus (RtmpCursor *cursor, RtmpAmfBudget *budget, RtmpAmf *value, GError **error)
{
  return rtmp_amf_charge_item (
      budget, value, rtmp_amf3_parse (cursor, budget, NULL, error), error);
}

static const struct
{
  BodyParser parse;
  RtmpAmfType type;
} bodies[] = {
  [AMF0_NUMBER] = { parse_number, RTMP_AMF_NUMBER },
  [AMF0_BOOLEAN] = { parse_boolean, RTMP_AMF_BOOLEAN },
  [AMF0_STRING] = { parse_string, RTMP_AMF_STRING },
  [AMF0_OBJECT] = { parse_object, RTMP_AMF_OBJECT },
  [AMF0_NULL] = { parse_nothing, RTMP_AMF_NULL },
  [AMF0_UNDEFINED] = { parse_nothing, RTMP_AMF_UNDEFINED },
  [AMF0_REFERENCE] = { parse_reference, RTMP_AMF_REFERENCE },
  [AMF0_ECMA_ARRAY] = { parse_ecma_array, RTMP_AMF_ECMA_ARRAY },
  [AMF0_STRICT_ARRAY] = { parse_strict_array, RTMP_AMF_STRICT_ARRAY },
  [AMF0_DATE] = { parse_date, RTMP_AMF_DATE },
  [AMF0_LONG_STRING] = { parse_long_string, RTMP_AMF_STRING },
  [AMF0_UNSUPPORTED] = { parse_nothing, RTMP_AMF_UNSUPPORTED },
  [AMF0_XML] = { parse_long_string, RTMP_AMF_XML },
  [AMF0_TYPED_OBJECT] = { parse_typed_object, RTMP_AMF_OBJECT },
  [AMF0_AVMPLUS] = { parse_avmplus, RTMP_AMF_AVMPLUS },
};

RtmpAmf *
rtmp_amf0_parse (RtmpCursor *cursor, RtmpAmfBudget *budget, GError **error)
{
  g_autoptr (RtmpAmf) value = NULL;
  guint8 marker;

  if (!rtmp_cursor_u8 (cursor, &marker)) {
    rtmp_amf_fail_truncated (error);
    return NULL;
  }
  if (marker >= G_N_ELEMENTS (bodies) || bodies[marker].parse == NULL) {
    g_set_error (
        error, RTMP_ERROR, RTMP_ERROR_UNSUPPORTED, "AMF0: unknown marker 0x%02x", marker);
    return NULL;
  }
  value = rtmp_amf_charge_value (budget, bodies[marker].type, error);
  if (value == NULL)
    return NULL;
  value->marker = marker;
  if (!bodies[marker].parse (cursor, budget, value, error))
    return NULL;
  return g_steal_pointer (&value);
}
