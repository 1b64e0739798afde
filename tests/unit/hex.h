/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Bytes written as hex digits, for test data.
 */
#pragma once

#include <glib.h>

static inline GBytes *
hex_to_bytes (const gchar *hex)
{
  GByteArray *out = g_byte_array_new ();

  for (; hex[0] != '\0' && hex[1] != '\0'; hex += 2) {
    guint8 byte = g_ascii_xdigit_value (hex[0]) << 4 | g_ascii_xdigit_value (hex[1]);

    g_byte_array_append (out, &byte, 1);
  }
  return g_byte_array_free_to_bytes (out);
}
