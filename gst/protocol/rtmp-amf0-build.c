/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Values -> AMF0 bytes.
 */
#include "rtmp-amf.h"
#include "rtmp-amf-marker.h"

#define SHORT_STRING_MAX 0xffffu

static void
put_u8 (GByteArray *out, guint8 byte)
{
  g_byte_array_append (out, &byte, 1);
}

static void
put_u16 (GByteArray *out, guint16 number)
{
  guint8 bytes[2];

  rtmp_put_u16 (bytes, number);
  g_byte_array_append (out, bytes, sizeof bytes);
}

static void
put_u32 (GByteArray *out, guint32 number)
{
  guint8 bytes[4];

  rtmp_put_u32 (bytes, number);
  g_byte_array_append (out, bytes, sizeof bytes);
}

static void
put_double (GByteArray *out, gdouble number)
{
  guint8 bytes[8];

  rtmp_put_double (bytes, number);
  g_byte_array_append (out, bytes, sizeof bytes);
}

/* Keys and class names have no long form: the rest is cut. */
static void
put_key (GByteArray *out, const gchar *key)
{
  gsize size = MIN (strlen (key), SHORT_STRING_MAX);

  put_u16 (out, size);
  g_byte_array_append (out, (const guint8 *)key, size);
}

static void
put_long (GByteArray *out, guint8 marker, const RtmpAmf *value)
{
  put_u8 (out, marker);
  put_u32 (out, value->size);
  g_byte_array_append (out, (const guint8 *)value->string, value->size);
}

static void
build_string (const RtmpAmf *value, GByteArray *out)
{
  if (value->marker == AMF0_LONG_STRING || value->size > SHORT_STRING_MAX) {
    put_long (out, AMF0_LONG_STRING, value);
    return;
  }
  put_u8 (out, AMF0_STRING);
  put_u16 (out, value->size);
  g_byte_array_append (out, (const guint8 *)value->string, value->size);
}

static void
build_properties (const RtmpAmf *value, GByteArray *out)
{
  guint i;

  for (i = 0; i < value->properties->len; i++) {
    const RtmpAmfProperty *property = &g_array_index (value->properties, RtmpAmfProperty, i);

    put_key (out, property->key);
    rtmp_amf0_build (property->value, out);
  }
}

static void
build_end (GByteArray *out)
{
  put_u16 (out, 0);
  put_u8 (out, AMF0_OBJECT_END);
}

static void
build_object (const RtmpAmf *value, GByteArray *out)
{
  put_u8 (out, value->class_name != NULL ? AMF0_TYPED_OBJECT : AMF0_OBJECT);
  if (value->class_name != NULL)
    put_key (out, value->class_name);
  build_properties (value, out);
  build_end (out);
}

/* The dense part of an AMF3 array gets its indexes as keys. */
static void
build_ecma_array (const RtmpAmf *value, GByteArray *out)
{
  guint i;

  put_u8 (out, AMF0_ECMA_ARRAY);
  put_u32 (out, value->marker == AMF0_ECMA_ARRAY ? value->count
                                                 : value->properties->len + value->items->len);
  build_properties (value, out);
  for (i = 0; i < value->items->len; i++) {
    gchar key[16];

    g_snprintf (key, sizeof key, "%u", i);
    put_key (out, key);
    rtmp_amf0_build (value->items->pdata[i], out);
  }
  build_end (out);
}

static void
build_strict_array (const RtmpAmf *value, GByteArray *out)
{
  guint i;

  put_u8 (out, AMF0_STRICT_ARRAY);
  put_u32 (out, value->items->len);
  for (i = 0; i < value->items->len; i++)
    rtmp_amf0_build (value->items->pdata[i], out);
}

/* AMF0 keys are strings: entries with other keys are left out. */
static void
build_dictionary (const RtmpAmf *value, GByteArray *out)
{
  guint i;

  put_u8 (out, AMF0_OBJECT);
  for (i = 0; i + 1 < value->items->len; i += 2) {
    const gchar *key = rtmp_amf_to_text (value->items->pdata[i]);

    if (key == NULL || *key == '\0')
      continue;
    put_key (out, key);
    rtmp_amf0_build (value->items->pdata[i + 1], out);
  }
  build_end (out);
}

static void
build_avmplus (const RtmpAmf *value, GByteArray *out)
{
  if (value->items->len == 0) {
    put_u8 (out, AMF0_NULL);
    return;
  }
  put_u8 (out, AMF0_AVMPLUS);
  rtmp_amf3_build (value->items->pdata[0], out);
}

static void
build_number (const RtmpAmf *value, GByteArray *out)
{
  put_u8 (out, AMF0_NUMBER);
  put_double (out, value->number);
}

static void
build_date (const RtmpAmf *value, GByteArray *out)
{
  put_u8 (out, AMF0_DATE);
  put_double (out, value->number);
  put_u16 (out, (guint16)value->timezone);
}

static void
build_boolean (const RtmpAmf *value, GByteArray *out)
{
  put_u8 (out, AMF0_BOOLEAN);
  put_u8 (out, value->boolean ? 1 : 0);
}

/* An index into AMF3's table means nothing here. */
static void
build_reference (const RtmpAmf *value, GByteArray *out)
{
  if (value->marker != AMF0_REFERENCE) {
    put_u8 (out, AMF0_NULL);
    return;
  }
  put_u8 (out, AMF0_REFERENCE);
  put_u16 (out, (guint16)value->number);
}

void
rtmp_amf0_build (const RtmpAmf *value, GByteArray *out)
{
  switch (value->type) {
    case RTMP_AMF_NUMBER:
    case RTMP_AMF_INTEGER:
      build_number (value, out);
      break;
    case RTMP_AMF_BOOLEAN:
      build_boolean (value, out);
      break;
    case RTMP_AMF_STRING:
    case RTMP_AMF_BYTES:
      build_string (value, out);
      break;
    case RTMP_AMF_OBJECT:
      build_object (value, out);
      break;
    case RTMP_AMF_ECMA_ARRAY:
      build_ecma_array (value, out);
      break;
    case RTMP_AMF_STRICT_ARRAY:
    case RTMP_AMF_VECTOR:
      build_strict_array (value, out);
      break;
    case RTMP_AMF_NULL:
      put_u8 (out, AMF0_NULL);
      break;
    case RTMP_AMF_UNDEFINED:
      put_u8 (out, AMF0_UNDEFINED);
      break;
    case RTMP_AMF_UNSUPPORTED:
      put_u8 (out, AMF0_UNSUPPORTED);
      break;
    case RTMP_AMF_REFERENCE:
      build_reference (value, out);
      break;
    case RTMP_AMF_DATE:
      build_date (value, out);
      break;
    case RTMP_AMF_XML:
      put_long (out, AMF0_XML, value);
      break;
    case RTMP_AMF_DICTIONARY:
      build_dictionary (value, out);
      break;
    case RTMP_AMF_AVMPLUS:
      build_avmplus (value, out);
      break;
  }
}
