/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Values -> one readable line. Stops when the line is full, whatever the tree.
 */
#include "rtmp-amf.h"

typedef struct
{
  GString *text;
  gsize max;
} Line;

static void print_value (Line *line, const RtmpAmf *value);

static gboolean
is_full (const Line *line)
{
  return line->text->len > line->max;
}

static void
print_char (Line *line, guchar c)
{
  if (c == '"' || c == '\\')
    g_string_append_printf (line->text, "\\%c", c);
  else if (c < 0x20 || c == 0x7f)
    g_string_append_printf (line->text, "\\x%02x", c);
  else
    g_string_append_c (line->text, c);
}

static void
print_string (Line *line, const gchar *bytes, gsize size)
{
  gsize i;

  g_string_append_c (line->text, '"');
  for (i = 0; i < size && !is_full (line); i++)
    print_char (line, bytes[i]);
  g_string_append_c (line->text, '"');
}

static void
print_key (Line *line, const gchar *key)
{
  for (; *key != '\0' && !is_full (line); key++)
    print_char (line, *key);
  g_string_append_c (line->text, ':');
}

static void
print_number (Line *line, gdouble number)
{
  gchar text[G_ASCII_DTOSTR_BUF_SIZE];

  g_ascii_formatd (text, sizeof text, "%.15g", number);
  if (g_ascii_strtod (text, NULL) != number)
    g_ascii_dtostr (text, sizeof text, number);
  g_string_append (line->text, text);
}

static void
print_tree (Line *line, const RtmpAmf *value, gchar open, gchar close)
{
  const gchar *separator = "";
  guint i;

  g_string_append_c (line->text, open);
  for (i = 0; value->properties != NULL && i < value->properties->len; i++) {
    const RtmpAmfProperty *property = &g_array_index (value->properties, RtmpAmfProperty, i);

    if (is_full (line))
      break;
    g_string_append (line->text, separator);
    separator = ",";
    print_key (line, property->key);
    print_value (line, property->value);
  }
  for (i = 0; value->items != NULL && i < value->items->len && !is_full (line); i++) {
    g_string_append (line->text, separator);
    separator = ",";
    print_value (line, value->items->pdata[i]);
  }
  g_string_append_c (line->text, close);
}

static void
print_named (Line *line, const gchar *name, const RtmpAmf *value)
{
  g_string_append (line->text, name);
  g_string_append_c (line->text, '(');
  if (value->string != NULL)
    g_string_append_printf (line->text, "%" G_GSIZE_FORMAT " bytes", value->size);
  else
    print_number (line, value->number);
  g_string_append_c (line->text, ')');
}

static void
print_value (Line *line, const RtmpAmf *value)
{
  switch (value->type) {
    case RTMP_AMF_NUMBER:
    case RTMP_AMF_INTEGER:
      print_number (line, value->number);
      break;
    case RTMP_AMF_BOOLEAN:
      g_string_append (line->text, value->boolean ? "true" : "false");
      break;
    case RTMP_AMF_STRING:
      print_string (line, value->string, value->size);
      break;
    case RTMP_AMF_OBJECT:
    case RTMP_AMF_ECMA_ARRAY:
      if (value->class_name != NULL)
        print_key (line, value->class_name);
      print_tree (line, value, '{', '}');
      break;
    case RTMP_AMF_STRICT_ARRAY:
    case RTMP_AMF_VECTOR:
    case RTMP_AMF_DICTIONARY:
      print_tree (line, value, '[', ']');
      break;
    case RTMP_AMF_AVMPLUS:
      print_tree (line, value, '<', '>');
      break;
    case RTMP_AMF_NULL:
      g_string_append (line->text, "null");
      break;
    case RTMP_AMF_UNDEFINED:
      g_string_append (line->text, "undefined");
      break;
    case RTMP_AMF_UNSUPPORTED:
      g_string_append (line->text, "unsupported");
      break;
    case RTMP_AMF_REFERENCE:
      print_named (line, "reference", value);
      break;
    case RTMP_AMF_DATE:
      print_named (line, "date", value);
      break;
    case RTMP_AMF_XML:
      print_named (line, "xml", value);
      break;
    case RTMP_AMF_BYTES:
      print_named (line, "bytes", value);
      break;
  }
}

gchar *
rtmp_amf_to_string (const RtmpAmf *value, gsize max)
{
  Line line = { g_string_new (NULL), max };
  gchar *text;
  gsize end;

  print_value (&line, value);
  text = g_utf8_make_valid (line.text->str, line.text->len);
  g_string_free (line.text, TRUE);
  if (strlen (text) <= max)
    return text;
  for (end = max > 3 ? max - 3 : 0; end > 0 && (text[end] & 0xc0) == 0x80; end--)
    ;
  text[end] = '\0';
  if (max > 3)
    strcpy (text + end, "...");
  return text;
}
