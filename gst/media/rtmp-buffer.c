/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "media/rtmp-buffer.h"

GstBuffer *
rtmp_buffer_new_from_message (RtmpMessage *message, gsize offset, gsize size)
{
  gsize body_size;
  const guint8 *body = rtmp_message_peek (message, &body_size);

  if (body == NULL || offset > body_size || size > body_size - offset)
    return NULL;
  return gst_buffer_new_wrapped_full (GST_MEMORY_FLAG_READONLY, (gpointer)body, body_size,
      offset, size, rtmp_message_ref (message), (GDestroyNotify)rtmp_message_unref);
}

typedef struct _Mapped
{
  GstBuffer *buffer;
  GstMapInfo map;
} Mapped;

static void
mapped_free (gpointer data)
{
  Mapped *mapped = data;

  gst_buffer_unmap (mapped->buffer, &mapped->map);
  gst_buffer_unref (mapped->buffer);
  g_free (mapped);
}

RtmpMessage *
rtmp_message_new_from_buffer (
    guint8 type, guint32 timestamp, const guint8 *prefix, gsize prefix_size, GstBuffer *buffer)
{
  Mapped *mapped = g_new (Mapped, 1);

  if (!gst_buffer_map (buffer, &mapped->map, GST_MAP_READ)) {
    g_free (mapped);
    return NULL;
  }
  mapped->buffer = gst_buffer_ref (buffer);
  return rtmp_message_new_foreign (type, timestamp, prefix, prefix_size, mapped->map.data,
      mapped->map.size, mapped_free, mapped);
}
