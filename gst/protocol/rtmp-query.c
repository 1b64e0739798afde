/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Query strings of names, and percent decoding.
 */
#include "rtmp-name.h"

#include <string.h>

static gboolean
decodes_to_printable (const gchar *text, gchar *out)
{
  gint high, low;

  if (text[0] != '%' || (high = g_ascii_xdigit_value (text[1])) < 0 ||
      (low = g_ascii_xdigit_value (text[2])) < 0)
    return FALSE;
  *out = (gchar)(high << 4 | low);
  return (guchar)*out >= 0x20 && *out != 0x7f;
}

gchar *
rtmp_percent_decode (const gchar *text, const gchar *keep)
{
  GString *decoded = g_string_new (NULL);
  const gchar *p;

  for (p = text; *p != '\0'; p++) {
    gchar byte = *p;

    if (decodes_to_printable (p, &byte) && strchr (keep, byte) == NULL)
      p += 2;
    else
      byte = *p;
    g_string_append_c (decoded, byte);
  }
  if (!g_utf8_validate (decoded->str, decoded->len, NULL))
    g_string_assign (decoded, text);
  return g_string_free (decoded, FALSE);
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
    param.name = rtmp_percent_decode (parts[i], "");
    param.value = rtmp_percent_decode (equals != NULL ? equals + 1 : "", "");
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
