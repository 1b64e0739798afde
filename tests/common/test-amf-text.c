/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * AMF values and bytes from the text in test cases.
 */
#include "session-rig.h"

#include <stdlib.h>

static RtmpAmf *read_value (const gchar **text);

static void
skip_space (const gchar **text)
{
  while (g_ascii_isspace (**text) || **text == ',')
    (*text)++;
}

static gboolean
read_word (const gchar **text, const gchar *word)
{
  if (!g_str_has_prefix (*text, word))
    return FALSE;
  *text += strlen (word);
  return TRUE;
}

static gchar *
read_string (const gchar **text)
{
  const gchar *begin = *text + 1;
  const gchar *end = strchr (begin, '"');

  g_assert_nonnull (end);
  *text = end + 1;
  return g_strndup (begin, end - begin);
}

static RtmpAmf *
read_members (const gchar **text, RtmpAmf *object)
{
  (*text)++;
  for (skip_space (text); **text != '}'; skip_space (text)) {
    const gchar *colon = strchr (*text, ':');
    g_autofree gchar *key = NULL;

    g_assert_nonnull (colon);
    key = g_strndup (*text, colon - *text);
    *text = colon + 1;
    rtmp_amf_set (object, key, read_value (text));
  }
  (*text)++;
  return object;
}

static RtmpAmf *
read_items (const gchar **text)
{
  RtmpAmf *array = rtmp_amf_new_strict_array ();

  (*text)++;
  for (skip_space (text); **text != ']'; skip_space (text))
    rtmp_amf_append (array, read_value (text));
  (*text)++;
  return array;
}

static RtmpAmf *
read_number (const gchar **text)
{
  gchar *end;
  gdouble number = g_ascii_strtod (*text, &end);

  if (end == *text)
    g_error ("not a value: %s", *text);
  *text = end;
  return rtmp_amf_new_number (number);
}

static RtmpAmf *
read_value (const gchar **text)
{
  skip_space (text);
  if (**text == '"') {
    g_autofree gchar *string = read_string (text);

    return rtmp_amf_new_string (string);
  }
  if (**text == '{')
    return read_members (text, rtmp_amf_new_object ());
  if (**text == '[')
    return read_items (text);
  if (read_word (text, "true"))
    return rtmp_amf_new_boolean (TRUE);
  if (read_word (text, "false"))
    return rtmp_amf_new_boolean (FALSE);
  if (read_word (text, "null"))
    return rtmp_amf_new_null ();
  if (read_word (text, "undefined"))
    return rtmp_amf_new_undefined ();
  if ((*text)[0] == 'e' && (*text)[1] == '{') {
    (*text)++;
    return read_members (text, rtmp_amf_new_ecma_array ());
  }
  return read_number (text);
}

GPtrArray *
test_amf_values (const gchar *text)
{
  GPtrArray *values = g_ptr_array_new_with_free_func ((GDestroyNotify)rtmp_amf_free);

  if (text == NULL)
    return values;
  for (skip_space (&text); *text != '\0'; skip_space (&text))
    g_ptr_array_add (values, read_value (&text));
  return values;
}

GByteArray *
test_hex (const gchar *text)
{
  GByteArray *bytes = g_byte_array_new ();

  for (; *text != '\0'; text++) {
    gint high = g_ascii_xdigit_value (text[0]);
    gint low = high >= 0 ? g_ascii_xdigit_value (text[1]) : -1;

    if (low >= 0) {
      guint8 byte = high << 4 | low;
      g_byte_array_append (bytes, &byte, 1);
      text++;
    } else if (!g_ascii_isspace (*text)) {
      g_error ("not hex: %s", text);
    }
  }
  return bytes;
}
