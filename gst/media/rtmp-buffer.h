/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * RtmpMessage <-> GstBuffer without copying. Any thread.
 */
#pragma once

#include <gst/gst.h>
#include "protocol/rtmp-message.h"

G_BEGIN_DECLS

/* New buffer without timestamps whose read-only memory is @size bytes at @offset
 * of @message's body; holds a reference to @message, which must be sealed and
 * without prefix. NULL if there are not that many bytes. */
GstBuffer *rtmp_buffer_new_from_message (RtmpMessage *message, gsize offset, gsize size);

/* New message of @prefix (copied) and @buffer's bytes as foreign body: no copy
 * while the buffer has one memory. Keeps a reference to @buffer and its map until
 * the message goes. NULL if it cannot be mapped. */
RtmpMessage *rtmp_message_new_from_buffer (
    guint8 type, guint32 timestamp, const guint8 *prefix, gsize prefix_size, GstBuffer *buffer);

G_END_DECLS
