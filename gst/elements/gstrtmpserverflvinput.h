/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * GstRtmpServerFlvInput: FLV in buffers of any split -> messages. Their timestamps
 * are the tags', moved by a constant when a file starts again, never going back.
 * Owner: its base sink. Thread: the streaming thread.
 */
#pragma once

#include <gst/gst.h>
#include "elements/gstrtmpserverwireclock.h"
#include "protocol/rtmp-message.h"

G_BEGIN_DECLS

typedef struct _GstRtmpServerFlvInput GstRtmpServerFlvInput;
/* @message: borrowed, classified, not sealed. */
typedef void (*GstRtmpServerFlvFunc) (RtmpMessage *message, gpointer user_data);

GstRtmpServerFlvInput *gst_rtmp_server_flv_input_new (
    GstRtmpServerFlvFunc func, gpointer user_data);
void gst_rtmp_server_flv_input_free (GstRtmpServerFlvInput *input);

/* The headers that caps carry, for a stream that was joined in the middle: read
 * before the next buffer, unless that begins with a file header of its own. @value:
 * array of buffers, or NULL. */
void gst_rtmp_server_flv_input_set_headers (GstRtmpServerFlvInput *input, const GValue *value);
/* FALSE with RTMP_ERROR: not FLV, or a tag above the limits. */
gboolean gst_rtmp_server_flv_input_push (
    GstRtmpServerFlvInput *input, GstBuffer *buffer, GError **error);
/* A data message at this place of the stream; its timestamp is set here. */
void gst_rtmp_server_flv_input_insert (GstRtmpServerFlvInput *input, RtmpMessage *message);
/* What is half there is dropped; the next tag may have any timestamp. */
void gst_rtmp_server_flv_input_flush (GstRtmpServerFlvInput *input);
/* A new stream, from zero. */
void gst_rtmp_server_flv_input_reset (GstRtmpServerFlvInput *input);

G_END_DECLS
