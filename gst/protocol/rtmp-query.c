/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Query strings of names, and percent decoding.
 */
#include "rtmp-name.h"

#include <string.h>

/* The byte that "%XX" at @text says, or -1. */
static gint
escaped_byte (const gchar *text)
{
  gint high, low;

  if (text[0] != '%' || (high = g_ascii_xdigit_value (text[1])) < 0 ||
      (low = g_ascii_xdigit_value (text[2])) < 0)
    return -1;
  return high << 4 | low;
}

static gboolean
is_printable (gint byte)
{
  return byte >= 0x20 && byte < 0x7f;
}

static guint
utf8_size (gint lead)
{
  if (lead < 0xc2)
    return 0;
  return lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
}

/* The character that escapes at @text say one byte each; its size, or 0. */
static guint
escaped_character (const gchar *text, gchar out[4])
{
  guint size = utf8_size (escaped_byte (text)), i;

  for (i = 0; i < size; i++) {
    gint byte = escaped_byte (text + 3 * i);

    if (byte < 0x80)
      return 0;
    out[i] = (gchar)byte;
  }
  return size > 0 && g_utf8_validate (out, size, NULL) ? size : 0;
}

/* Appends what is at @text, decoded; returns how much of it that was. */
static gsize
decode_one (const gchar *text, gboolean ascii, GString *out)
{
  gint byte = escaped_byte (text);
  gchar character[4];
  guint size;

  if (ascii && is_printable (byte)) {
    g_string_append_c (out, (gchar)byte);
    return 3;
  }
  size = escaped_character (text, character);
  if (size > 0) {
    g_string_append_len (out, character, size);
    return 3 * size;
  }
  g_string_append_c (out, *text);
  return 1;
}

gchar *
rtmp_percent_decode (const gchar *text)
{
  GString *out = g_string_new (NULL);

  while (*text != '\0')
    text += decode_one (text, TRUE, out);
  return g_string_free (out, FALSE);
}

/* Printable ASCII but '%' and '?', and what that makes a new escape of. */
static GString *
decode_ascii_fully (const gchar *text)
{
  GString *out = g_string_new (NULL);

  for (; *text != '\0'; text++) {
    gint byte;

    g_string_append_c (out, *text);
    while (out->len >= 3 && is_printable (byte = escaped_byte (out->str + out->len - 3)) &&
           byte != '%' && byte != '?') {
      g_string_truncate (out, out->len - 3);
      g_string_append_c (out, (gchar)byte);
    }
  }
  return out;
}

gchar *
rtmp_percent_decode_path (const gchar *text)
{
  GString *ascii = decode_ascii_fully (text);
  GString *out = g_string_new (NULL);
  const gchar *p = ascii->str;

  while (*p != '\0')
    p += decode_one (p, FALSE, out);
  g_string_free (ascii, TRUE);
  return g_string_free (out, FALSE);
}

static void
param_clear (gpointer data)
{
  RtmpParam *param = data;

  g_free (param->name);
  g_free (param->value);
}

static gboolean
has_param (const GArray *params, const gchar *name)
{
  guint i;

  for (i = 0; i < params->len; i++) {
    if (strcmp (g_array_index (params, RtmpParam, i).name, name) == 0)
      return TRUE;
  }
  return FALSE;
}

GArray *
rtmp_query_parse (const gchar *query)
{
  GArray *params = g_array_new (FALSE, FALSE, sizeof (RtmpParam));
  g_auto (GStrv) parts = g_strsplit (query, "&", -1);
  guint i;

  g_array_set_clear_func (params, param_clear);
  for (i = 0; parts[i] != NULL; i++) {
    gchar *equals = strchr (parts[i], '=');
    RtmpParam param;

    if (equals != NULL)
      *equals = '\0';
    param.name = rtmp_percent_decode (parts[i]);
    param.value = rtmp_percent_decode (equals != NULL ? equals + 1 : "");
    if (*param.name == '\0' || has_param (params, param.name))
      param_clear (&param);
    else
      g_array_append_val (params, param);
  }
  return params;
}

gchar *
rtmp_query_get (const gchar *query, const gchar *name)
{
  g_autoptr (GArray) params = rtmp_query_parse (query);
  guint i;

  for (i = 0; i < params->len; i++) {
    RtmpParam *param = &g_array_index (params, RtmpParam, i);

    if (strcmp (param->name, name) == 0)
      return g_steal_pointer (&param->value);
  }
  return NULL;
}
