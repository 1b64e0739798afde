/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * AMF3 bytes -> values. Objects by reference stay references: a parsed tree has
 * no cycles and no shared nodes. Recursion is bounded by the depth limit.
 */
#include "rtmp-amf-read.h"
#include "rtmp-amf-marker.h"

typedef struct
{
  RtmpSlice class_name;
  GArray *members; /* of RtmpSlice: keys */
  gboolean dynamic;
  gboolean externalizable;
} Traits;

struct _RtmpAmf3Tables
{
  GArray *strings;   /* of RtmpSlice */
  GPtrArray *traits; /* of Traits */
  guint n_objects;
};

typedef struct
{
  RtmpCursor *cursor;
  RtmpAmfBudget *budget;
  RtmpAmf3Tables *tables;
  GError **error;
} Reader;

static RtmpAmf *read_value (Reader *reader);

static void
traits_free (gpointer data)
{
  Traits *traits = data;

  g_array_unref (traits->members);
  g_free (traits);
}

RtmpAmf3Tables *
rtmp_amf3_tables_new (void)
{
  RtmpAmf3Tables *tables = g_new0 (RtmpAmf3Tables, 1);

  tables->strings = g_array_new (FALSE, FALSE, sizeof (RtmpSlice));
  tables->traits = g_ptr_array_new_with_free_func (traits_free);
  return tables;
}

void
rtmp_amf3_tables_free (RtmpAmf3Tables *tables)
{
  if (tables == NULL)
    return;
  g_array_unref (tables->strings);
  g_ptr_array_unref (tables->traits);
  g_free (tables);
}

static gboolean
fail (Reader *reader, RtmpErrorCode code, const gchar *what)
{
  g_set_error (reader->error, RTMP_ERROR, code, "AMF3: %s", what);
  return FALSE;
}

static gboolean
check_table (Reader *reader, guint used, gsize entry_size)
{
  if (used >= reader->budget->limits->amf_max_references)
    return fail (reader, RTMP_ERROR_LIMIT, "too many references");
  return rtmp_amf_charge (reader->budget, entry_size, reader->error);
}

/* 7 + 7 + 7 + 8 bits. */
static gboolean
read_u29 (Reader *reader, guint32 *out)
{
  guint32 value = 0;
  guint i;

  for (i = 0; i < 4; i++) {
    guint8 byte;

    if (!rtmp_cursor_u8 (reader->cursor, &byte))
      return rtmp_amf_fail_truncated (reader->error);
    if (i == 3) {
      value = (value << 8) | byte;
      break;
    }
    value = (value << 7) | (byte & 0x7f);
    if ((byte & 0x80) == 0)
      break;
  }
  *out = value;
  return TRUE;
}

static gboolean
take_bytes (Reader *reader, gsize size, RtmpSlice *out)
{
  out->data = rtmp_cursor_take (reader->cursor, size);
  out->size = size;
  return out->data != NULL || rtmp_amf_fail_truncated (reader->error);
}

static gboolean
read_string (Reader *reader, RtmpSlice *out)
{
  GArray *strings = reader->tables->strings;
  guint32 header;

  if (!read_u29 (reader, &header))
    return FALSE;
  if ((header & 1) == 0) {
    if (header >> 1 >= strings->len)
      return fail (reader, RTMP_ERROR_PROTOCOL, "bad string reference");
    *out = g_array_index (strings, RtmpSlice, header >> 1);
    return TRUE;
  }
  if (!take_bytes (reader, header >> 1, out))
    return FALSE;
  if (out->size == 0)
    return TRUE;
  if (!check_table (reader, strings->len, sizeof *out))
    return FALSE;
  g_array_append_val (strings, *out);
  return TRUE;
}

static gboolean
read_key (Reader *reader, RtmpSlice *out)
{
  return read_string (reader, out) &&
         rtmp_amf_check_key (reader->budget, out->size, reader->error);
}

/* Header of everything that has a place in the object table. A reference gives
 * the finished value and sets @done; else an empty value of @type is returned,
 * and the rest of the header in @count. */
static RtmpAmf *
begin_object (Reader *reader, RtmpAmfType type, guint8 marker, guint32 *count, gboolean *done)
{
  guint32 header;
  RtmpAmf *value;

  if (!read_u29 (reader, &header))
    return NULL;
  *done = (header & 1) == 0;
  *count = header >> 1;
  if (*done && *count >= reader->tables->n_objects) {
    fail (reader, RTMP_ERROR_PROTOCOL, "bad object reference");
    return NULL;
  }
  if (!*done && !check_table (reader, reader->tables->n_objects, 0))
    return NULL;
  value =
      rtmp_amf_charge_value (reader->budget, *done ? RTMP_AMF_REFERENCE : type, reader->error);
  if (value == NULL)
    return NULL;
  value->marker = marker;
  if (*done)
    value->number = *count;
  else
    reader->tables->n_objects++;
  return value;
}

/* Each element takes at least @element_size bytes. */
static gboolean
check_count (Reader *reader, guint32 count, gsize element_size)
{
  if (count > reader->cursor->left / element_size)
    return fail (reader, RTMP_ERROR_PROTOCOL, "count exceeds input");
  return TRUE;
}

static gboolean
read_items (Reader *reader, RtmpAmf *value, guint32 count)
{
  while (count > 0 &&
         rtmp_amf_charge_item (reader->budget, value, read_value (reader), reader->error))
    count--;
  return count == 0;
}

/* Keys and values up to an empty key. */
static gboolean
read_properties (Reader *reader, RtmpAmf *value)
{
  RtmpSlice key;

  for (;;) {
    if (!read_key (reader, &key))
      return FALSE;
    if (key.size == 0)
      return TRUE;
    if (!rtmp_amf_charge_property (
            reader->budget, value, key, read_value (reader), reader->error))
      return FALSE;
  }
}

static gboolean
read_array_body (Reader *reader, RtmpAmf *value, guint32 count)
{
  g_autoptr (RtmpAmf) associative = rtmp_amf_new (RTMP_AMF_ECMA_ARRAY);

  if (!check_count (reader, count, 1) || !read_properties (reader, associative))
    return FALSE;
  if (associative->properties->len > 0) {
    value->type = RTMP_AMF_ECMA_ARRAY;
    value->properties = g_array_ref (associative->properties);
  }
  return read_items (reader, value, count);
}

static gboolean
read_string_body (Reader *reader, RtmpAmf *value, guint32 size)
{
  RtmpSlice bytes;

  return take_bytes (reader, size, &bytes) &&
         rtmp_amf_charge_string (reader->budget, value, bytes, reader->error);
}

static gboolean
read_date_body (Reader *reader, RtmpAmf *value, guint32 count)
{
  return rtmp_cursor_double (reader->cursor, &value->number) ||
         rtmp_amf_fail_truncated (reader->error);
}

static Traits *
read_new_traits (Reader *reader, guint32 header)
{
  guint32 n_members = header >> 4, i;
  g_autoptr (GArray) members = g_array_new (FALSE, FALSE, sizeof (RtmpSlice));
  RtmpSlice class_name;
  Traits *traits;

  if (!check_table (reader, reader->tables->traits->len, sizeof *traits) ||
      !read_key (reader, &class_name) || !check_count (reader, n_members, 1))
    return NULL;
  for (i = 0; i < n_members; i++) {
    RtmpSlice name;

    if (!read_key (reader, &name) ||
        !rtmp_amf_charge (reader->budget, sizeof name, reader->error))
      return NULL;
    g_array_append_val (members, name);
  }
  traits = g_new0 (Traits, 1);
  traits->class_name = class_name;
  traits->members = g_steal_pointer (&members);
  traits->externalizable = (header & 4) != 0;
  traits->dynamic = (header & 8) != 0;
  g_ptr_array_add (reader->tables->traits, traits);
  return traits;
}

/* @header: of the object, without its lowest bit pair read yet. */
static Traits *
read_traits (Reader *reader, guint32 header)
{
  GPtrArray *known = reader->tables->traits;

  if ((header & 2) != 0)
    return read_new_traits (reader, header);
  if (header >> 2 >= known->len) {
    fail (reader, RTMP_ERROR_PROTOCOL, "bad traits reference");
    return NULL;
  }
  return known->pdata[header >> 2];
}

static gboolean
class_is (const Traits *traits, const gchar *name)
{
  return traits->class_name.size == strlen (name) &&
         memcmp (traits->class_name.data, name, traits->class_name.size) == 0;
}

/* Two Flex classes write themselves as one plain value, and are read as that. */
static gboolean
read_externalizable (Reader *reader, const Traits *traits, RtmpAmf *value)
{
  RtmpAmf *body, old = *value;

  if (!class_is (traits, "flex.messaging.io.ArrayCollection") &&
      !class_is (traits, "flex.messaging.io.ObjectProxy"))
    return fail (reader, RTMP_ERROR_UNSUPPORTED, "externalizable object not supported");
  body = read_value (reader);
  if (body == NULL)
    return FALSE;
  *value = *body;
  *body = old;
  rtmp_amf_free (body);
  return TRUE;
}

static gboolean
read_members (Reader *reader, const Traits *traits, RtmpAmf *value)
{
  guint i;

  for (i = 0; i < traits->members->len; i++) {
    RtmpSlice key = g_array_index (traits->members, RtmpSlice, i);

    if (!rtmp_amf_charge_property (
            reader->budget, value, key, read_value (reader), reader->error))
      return FALSE;
  }
  value->count = traits->members->len;
  return TRUE;
}

static gboolean
read_object_body (Reader *reader, RtmpAmf *value, guint32 count)
{
  Traits *traits = read_traits (reader, count << 1);

  if (traits == NULL)
    return FALSE;
  if (traits->externalizable)
    return read_externalizable (reader, traits, value);
  if (traits->class_name.size > 0) {
    if (!rtmp_amf_charge (reader->budget, traits->class_name.size + 1, reader->error))
      return FALSE;
    value->class_name =
        g_strndup ((const gchar *)traits->class_name.data, traits->class_name.size);
  }
  value->boolean = traits->dynamic;
  return read_members (reader, traits, value) &&
         (!traits->dynamic || read_properties (reader, value));
}

static gboolean
read_flag (Reader *reader, gboolean *out)
{
  guint8 byte;

  if (!rtmp_cursor_u8 (reader->cursor, &byte))
    return rtmp_amf_fail_truncated (reader->error);
  *out = byte != 0;
  return TRUE;
}

/* One element of a vector of numbers. */
static RtmpAmf *
read_element (Reader *reader, guint8 marker)
{
  gboolean is_double = marker == AMF3_VECTOR_DOUBLE;
  RtmpAmf *item = rtmp_amf_charge_value (
      reader->budget, is_double ? RTMP_AMF_NUMBER : RTMP_AMF_INTEGER, reader->error);
  guint32 word = 0;

  if (item == NULL)
    return NULL;
  if (is_double)
    rtmp_cursor_double (reader->cursor, &item->number);
  else if (rtmp_cursor_u32 (reader->cursor, &word))
    item->number = marker == AMF3_VECTOR_INT ? (gdouble)(gint32)word : (gdouble)word;
  return item;
}

static gboolean
read_number_vector_body (Reader *reader, RtmpAmf *value, guint32 count)
{
  if (!read_flag (reader, &value->boolean) ||
      !check_count (reader, count, value->marker == AMF3_VECTOR_DOUBLE ? 8 : 4))
    return FALSE;
  while (count > 0 && rtmp_amf_charge_item (reader->budget, value,
                          read_element (reader, value->marker), reader->error))
    count--;
  return count == 0;
}

static gboolean
read_object_vector_body (Reader *reader, RtmpAmf *value, guint32 count)
{
  RtmpSlice name;

  if (!read_flag (reader, &value->boolean) || !read_key (reader, &name) ||
      !rtmp_amf_charge (reader->budget, name.size + 1, reader->error))
    return FALSE;
  value->class_name = g_strndup ((const gchar *)name.data, name.size);
  return check_count (reader, count, 1) && read_items (reader, value, count);
}

static gboolean
read_dictionary_body (Reader *reader, RtmpAmf *value, guint32 count)
{
  return read_flag (reader, &value->boolean) && check_count (reader, count, 2) &&
         read_items (reader, value, count * 2);
}

static const struct
{
  gboolean (*read_body) (Reader *reader, RtmpAmf *value, guint32 count);
  RtmpAmfType type;
} bodies[] = {
  [AMF3_XML_DOCUMENT] = { read_string_body, RTMP_AMF_XML },
  [AMF3_DATE] = { read_date_body, RTMP_AMF_DATE },
  [AMF3_ARRAY] = { read_array_body, RTMP_AMF_STRICT_ARRAY },
  [AMF3_OBJECT] = { read_object_body, RTMP_AMF_OBJECT },
  [AMF3_XML] = { read_string_body, RTMP_AMF_XML },
  [AMF3_BYTE_ARRAY] = { read_string_body, RTMP_AMF_BYTES },
  [AMF3_VECTOR_INT] = { read_number_vector_body, RTMP_AMF_VECTOR },
  [AMF3_VECTOR_UINT] = { read_number_vector_body, RTMP_AMF_VECTOR },
  [AMF3_VECTOR_DOUBLE] = { read_number_vector_body, RTMP_AMF_VECTOR },
  [AMF3_VECTOR_OBJECT] = { read_object_vector_body, RTMP_AMF_VECTOR },
  [AMF3_DICTIONARY] = { read_dictionary_body, RTMP_AMF_DICTIONARY },
};

static RtmpAmf *
read_complex (Reader *reader, guint8 marker)
{
  g_autoptr (RtmpAmf) value = NULL;
  guint32 count;
  gboolean done, ok;

  if (marker >= G_N_ELEMENTS (bodies) || bodies[marker].read_body == NULL) {
    g_set_error (reader->error, RTMP_ERROR, RTMP_ERROR_UNSUPPORTED,
        "AMF3: unknown marker 0x%02x", marker);
    return NULL;
  }
  value = begin_object (reader, bodies[marker].type, marker, &count, &done);
  if (value == NULL || done)
    return g_steal_pointer (&value);
  if (!rtmp_amf_enter (reader->budget, reader->error))
    return NULL;
  ok = bodies[marker].read_body (reader, value, count);
  rtmp_amf_leave (reader->budget);
  return ok ? g_steal_pointer (&value) : NULL;
}

static gboolean
read_simple_body (Reader *reader, RtmpAmf *value)
{
  RtmpSlice bytes;
  guint32 integer;

  switch (value->marker) {
    case AMF3_INTEGER:
      if (!read_u29 (reader, &integer))
        return FALSE;
      value->number = (gint32)(integer ^ 0x10000000) - 0x10000000;
      return TRUE;
    case AMF3_DOUBLE:
      return rtmp_cursor_double (reader->cursor, &value->number) ||
             rtmp_amf_fail_truncated (reader->error);
    case AMF3_STRING:
      return read_string (reader, &bytes) &&
             rtmp_amf_charge_string (reader->budget, value, bytes, reader->error);
    default:
      value->boolean = value->marker == AMF3_TRUE;
      return TRUE;
  }
}

static RtmpAmf *
read_value (Reader *reader)
{
  static const RtmpAmfType simple[] = { RTMP_AMF_UNDEFINED, RTMP_AMF_NULL, RTMP_AMF_BOOLEAN,
    RTMP_AMF_BOOLEAN, RTMP_AMF_INTEGER, RTMP_AMF_NUMBER, RTMP_AMF_STRING };
  g_autoptr (RtmpAmf) value = NULL;
  guint8 marker;

  if (!rtmp_cursor_u8 (reader->cursor, &marker)) {
    rtmp_amf_fail_truncated (reader->error);
    return NULL;
  }
  if (marker >= G_N_ELEMENTS (simple))
    return read_complex (reader, marker);
  value = rtmp_amf_charge_value (reader->budget, simple[marker], reader->error);
  if (value == NULL)
    return NULL;
  value->marker = marker;
  return read_simple_body (reader, value) ? g_steal_pointer (&value) : NULL;
}

RtmpAmf *
rtmp_amf3_parse (
    RtmpCursor *cursor, RtmpAmfBudget *budget, RtmpAmf3Tables *tables, GError **error)
{
  Reader reader = { cursor, budget, tables, error };
  RtmpAmf *value;

  if (tables == NULL)
    reader.tables = rtmp_amf3_tables_new ();
  value = read_value (&reader);
  if (tables == NULL)
    rtmp_amf3_tables_free (reader.tables);
  return value;
}
