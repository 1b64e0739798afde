/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Fixed-width fields to and from bytes, and RtmpCursor: a bounded reader for
 * network bytes that can only fail, never overrun. One owner, no allocation.
 */
#pragma once

#include <glib.h>
#include <string.h>

G_BEGIN_DECLS

static inline guint16
rtmp_get_u16 (const guint8 *p)
{
  return (guint16)((p[0] << 8) | p[1]);
}

static inline guint32
rtmp_get_u24 (const guint8 *p)
{
  return ((guint32)p[0] << 16) | ((guint32)p[1] << 8) | p[2];
}

static inline guint32
rtmp_get_u32 (const guint8 *p)
{
  return ((guint32)p[0] << 24) | rtmp_get_u24 (p + 1);
}

static inline guint32
rtmp_get_u32_le (const guint8 *p)
{
  return ((guint32)p[3] << 24) | ((guint32)p[2] << 16) | ((guint32)p[1] << 8) | p[0];
}

/* Two's complement 24 bit. */
static inline gint32
rtmp_get_s24 (const guint8 *p)
{
  return (gint32)(rtmp_get_u24 (p) ^ 0x800000u) - 0x800000;
}

static inline gdouble
rtmp_get_double (const guint8 *p)
{
  guint64 bits = ((guint64)rtmp_get_u32 (p) << 32) | rtmp_get_u32 (p + 4);
  gdouble value;

  memcpy (&value, &bits, sizeof value);
  return value;
}

static inline void
rtmp_put_u16 (guint8 *p, guint16 v)
{
  p[0] = v >> 8;
  p[1] = v & 0xff;
}

static inline void
rtmp_put_u24 (guint8 *p, guint32 v)
{
  p[0] = (v >> 16) & 0xff;
  p[1] = (v >> 8) & 0xff;
  p[2] = v & 0xff;
}

static inline void
rtmp_put_u32 (guint8 *p, guint32 v)
{
  p[0] = v >> 24;
  rtmp_put_u24 (p + 1, v);
}

static inline void
rtmp_put_u32_le (guint8 *p, guint32 v)
{
  p[0] = v & 0xff;
  p[1] = (v >> 8) & 0xff;
  p[2] = (v >> 16) & 0xff;
  p[3] = v >> 24;
}

static inline void
rtmp_put_double (guint8 *p, gdouble value)
{
  guint64 bits;

  memcpy (&bits, &value, sizeof bits);
  rtmp_put_u32 (p, bits >> 32);
  rtmp_put_u32 (p + 4, bits & 0xffffffffu);
}

typedef struct _RtmpCursor
{
  const guint8 *data;
  gsize left;
} RtmpCursor;

static inline RtmpCursor
rtmp_cursor (const guint8 *data, gsize size)
{
  RtmpCursor cursor = { data, size };
  return cursor;
}

/* Borrowed pointer to the next @size bytes, NULL (and no move) if fewer are left. */
static inline const guint8 *
rtmp_cursor_take (RtmpCursor *cursor, gsize size)
{
  const guint8 *p = cursor->data;

  if (cursor->left < size)
    return NULL;
  cursor->data += size;
  cursor->left -= size;
  return p;
}

static inline gboolean
rtmp_cursor_u8 (RtmpCursor *cursor, guint8 *out)
{
  const guint8 *p = rtmp_cursor_take (cursor, 1);

  if (p != NULL)
    *out = *p;
  return p != NULL;
}

static inline gboolean
rtmp_cursor_u16 (RtmpCursor *cursor, guint16 *out)
{
  const guint8 *p = rtmp_cursor_take (cursor, 2);

  if (p != NULL)
    *out = rtmp_get_u16 (p);
  return p != NULL;
}

static inline gboolean
rtmp_cursor_u24 (RtmpCursor *cursor, guint32 *out)
{
  const guint8 *p = rtmp_cursor_take (cursor, 3);

  if (p != NULL)
    *out = rtmp_get_u24 (p);
  return p != NULL;
}

static inline gboolean
rtmp_cursor_u32 (RtmpCursor *cursor, guint32 *out)
{
  const guint8 *p = rtmp_cursor_take (cursor, 4);

  if (p != NULL)
    *out = rtmp_get_u32 (p);
  return p != NULL;
}

static inline gboolean
rtmp_cursor_double (RtmpCursor *cursor, gdouble *out)
{
  const guint8 *p = rtmp_cursor_take (cursor, 8);

  if (p != NULL)
    *out = rtmp_get_double (p);
  return p != NULL;
}

G_END_DECLS
