/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "elements/gstrtmpservermessagebuffer.h"

static GQuark
message_quark (void)
{
  return g_quark_from_static_string ("gst-rtmp-server-message");
}

GstBuffer *
gst_rtmp_server_message_buffer_new (RtmpMessage *message)
{
  GstBuffer *buffer = gst_buffer_new ();

  gst_mini_object_set_qdata (
      GST_MINI_OBJECT (buffer), message_quark (), message, (GDestroyNotify)rtmp_message_unref);
  return buffer;
}

RtmpMessage *
gst_rtmp_server_message_buffer_peek (GstBuffer *buffer)
{
  return gst_mini_object_get_qdata (GST_MINI_OBJECT (buffer), message_quark ());
}
