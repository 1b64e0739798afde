/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Values -> AMF3 bytes, everything inline: legal, and no tables to keep.
 */
#include "rtmp-amf.h"
#include "rtmp-amf-marker.h"

#include <math.h>

#define U29_MAX 0x1fffffffu
/* lengths and counts share a U29 with one flag bit */
#define LENGTH_MAX (U29_MAX >> 1)

static void
put_u8 (GByteArray *out, guint8 byte)
{
  g_byte_array_append (out, &byte, 1);
}

static void
put_u29 (GByteArray *out, guint32 number)
{
  if (number >= 0x200000) {
    put_u8 (out, 0x80 | ((number >> 22) & 0x7f));
    put_u8 (out, 0x80 | ((number >> 15) & 0x7f));
    put_u8 (out, 0x80 | ((number >> 8) & 0x7f));
    put_u8 (out, number & 0xff);
    return;
  }
  if (number >= 0x4000)
    put_u8 (out, 0x80 | ((number >> 14) & 0x7f));
  if (number >= 0x80)
    put_u8 (out, 0x80 | ((number >> 7) & 0x7f));
  put_u8 (out, number & 0x7f);
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

static void
put_bytes (GByteArray *out, const gchar *bytes, gsize size)
{
  size = MIN (size, LENGTH_MAX);
  put_u29 (out, (size << 1) | 1);
  g_byte_array_append (out, (const guint8 *)bytes, size);
}

static void
put_text (GByteArray *out, const gchar *text)
{
  put_bytes (out, text != NULL ? text : "", text != NULL ? strlen (text) : 0);
}

static void
build_number (const RtmpAmf *value, GByteArray *out)
{
  gdouble number = value->number;

  if (value->type == RTMP_AMF_INTEGER && number >= -0x10000000 && number <= 0xfffffff &&
      number == floor (number)) {
    put_u8 (out, AMF3_INTEGER);
    put_u29 (out, (guint32)(gint32)number & U29_MAX);
    return;
  }
  put_u8 (out, AMF3_DOUBLE);
  put_double (out, number);
}

static void
build_properties (const GArray *properties, guint from, guint to, GByteArray *out)
{
  guint i;

  for (i = from; i < to; i++) {
    const RtmpAmfProperty *property = &g_array_index (properties, RtmpAmfProperty, i);

    /* an empty key would end the list */
    if (*property->key == '\0')
      continue;
    put_text (out, property->key);
    rtmp_amf3_build (property->value, out);
  }
  put_text (out, "");
}

static void
build_object (const RtmpAmf *value, GByteArray *out)
{
  guint n = value->properties->len;
  guint sealed = value->marker == AMF3_OBJECT ? MIN (value->count, n) : 0;
  gboolean dynamic = value->boolean || sealed < n || sealed == 0;
  guint i;

  put_u8 (out, AMF3_OBJECT);
  put_u29 (out, (sealed << 4) | (dynamic ? 8 : 0) | 3);
  put_text (out, value->class_name);
  for (i = 0; i < sealed; i++)
    put_text (out, g_array_index (value->properties, RtmpAmfProperty, i).key);
  for (i = 0; i < sealed; i++)
    rtmp_amf3_build (g_array_index (value->properties, RtmpAmfProperty, i).value, out);
  if (dynamic)
    build_properties (value->properties, sealed, n, out);
}

static void
build_items (const GPtrArray *items, GByteArray *out)
{
  guint i;

  for (i = 0; i < items->len; i++)
    rtmp_amf3_build (items->pdata[i], out);
}

static void
build_array (const RtmpAmf *value, GByteArray *out)
{
  put_u8 (out, AMF3_ARRAY);
  put_u29 (out, (value->items->len << 1) | 1);
  if (value->properties != NULL)
    build_properties (value->properties, 0, value->properties->len, out);
  else
    put_text (out, "");
  build_items (value->items, out);
}

static void
build_vector (const RtmpAmf *value, GByteArray *out)
{
  guint i;

  put_u8 (out, value->marker);
  put_u29 (out, (value->items->len << 1) | 1);
  put_u8 (out, value->boolean ? 1 : 0);
  if (value->marker == AMF3_VECTOR_OBJECT) {
    put_text (out, value->class_name);
    build_items (value->items, out);
    return;
  }
  for (i = 0; i < value->items->len; i++) {
    gdouble number = ((const RtmpAmf *)value->items->pdata[i])->number;

    if (value->marker == AMF3_VECTOR_DOUBLE)
      put_double (out, number);
    else
      put_u32 (out, isfinite (number) ? (guint32)(gint64)CLAMP (number, -0x1p31, 0x1p32) : 0);
  }
}

static void
build_dictionary (const RtmpAmf *value, GByteArray *out)
{
  put_u8 (out, AMF3_DICTIONARY);
  put_u29 (out, ((value->items->len / 2) << 1) | 1);
  put_u8 (out, value->boolean ? 1 : 0);
  build_items (value->items, out);
}

static void
build_date (const RtmpAmf *value, GByteArray *out)
{
  put_u8 (out, AMF3_DATE);
  put_u29 (out, 1);
  put_double (out, value->number);
}

static void
build_bytes (const RtmpAmf *value, guint8 marker, GByteArray *out)
{
  put_u8 (out, marker);
  put_bytes (out, value->string, value->size);
}

static gboolean
is_vector_marker (guint8 marker)
{
  return marker >= AMF3_VECTOR_INT && marker <= AMF3_VECTOR_OBJECT;
}

void
rtmp_amf3_build (const RtmpAmf *value, GByteArray *out)
{
  switch (value->type) {
    case RTMP_AMF_NUMBER:
    case RTMP_AMF_INTEGER:
      build_number (value, out);
      break;
    case RTMP_AMF_BOOLEAN:
      put_u8 (out, value->boolean ? AMF3_TRUE : AMF3_FALSE);
      break;
    case RTMP_AMF_STRING:
      build_bytes (value, AMF3_STRING, out);
      break;
    case RTMP_AMF_BYTES:
      build_bytes (value, AMF3_BYTE_ARRAY, out);
      break;
    case RTMP_AMF_XML:
      build_bytes (
          value, value->marker == AMF3_XML_DOCUMENT ? AMF3_XML_DOCUMENT : AMF3_XML, out);
      break;
    case RTMP_AMF_OBJECT:
      build_object (value, out);
      break;
    case RTMP_AMF_ECMA_ARRAY:
    case RTMP_AMF_STRICT_ARRAY:
      build_array (value, out);
      break;
    case RTMP_AMF_VECTOR:
      if (is_vector_marker (value->marker))
        build_vector (value, out);
      else
        build_array (value, out);
      break;
    case RTMP_AMF_DICTIONARY:
      build_dictionary (value, out);
      break;
    case RTMP_AMF_DATE:
      build_date (value, out);
      break;
    case RTMP_AMF_AVMPLUS:
      if (value->items->len > 0)
        rtmp_amf3_build (value->items->pdata[0], out);
      else
        put_u8 (out, AMF3_NULL);
      break;
    case RTMP_AMF_NULL:
    case RTMP_AMF_REFERENCE:
      put_u8 (out, AMF3_NULL);
      break;
    case RTMP_AMF_UNDEFINED:
    case RTMP_AMF_UNSUPPORTED:
      put_u8 (out, AMF3_UNDEFINED);
      break;
  }
}
