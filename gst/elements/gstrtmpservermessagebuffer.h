/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * How the mux hands messages to the base sink: an empty GstBuffer that carries an
 * RtmpMessage, with the times at which it is to be sent. Any thread.
 */
#pragma once

#include <gst/gst.h>
#include "protocol/rtmp-message.h"

G_BEGIN_DECLS

/* Only between our own two elements. */
#define GST_RTMP_SERVER_MESSAGE_CAPS "application/x-rtmp-server-message"

/* Takes @message. */
GstBuffer *gst_rtmp_server_message_buffer_new (RtmpMessage *message);
/* Borrowed; NULL if @buffer carries none. */
RtmpMessage *gst_rtmp_server_message_buffer_peek (GstBuffer *buffer);

G_END_DECLS
