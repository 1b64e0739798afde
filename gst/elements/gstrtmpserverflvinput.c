/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "elements/gstrtmpserverflvinput.h"
#include "protocol/rtmp-flv-reader.h"
#include "protocol/rtmp-metadata.h"
#include "protocol/rtmp-tag.h"

struct _GstRtmpServerFlvInput
{
  GstRtmpServerFlvFunc func;
  gpointer user_data;

  RtmpFlvReader *reader;
  GPtrArray *headers; /* of GstBuffer: of caps, not read yet */
  GstRtmpServerWireClock clock;
  GstRtmpServerWireTrack audio;
  GstRtmpServerWireTrack video;
  gboolean started;
  guint32 last_timestamp;
  gint64 time_ms; /* last_timestamp, unwrapped */
};

GstRtmpServerFlvInput *
gst_rtmp_server_flv_input_new (GstRtmpServerFlvFunc func, gpointer user_data)
{
  GstRtmpServerFlvInput *input = g_new0 (GstRtmpServerFlvInput, 1);

  input->func = func;
  input->user_data = user_data;
  input->reader = rtmp_flv_reader_new (rtmp_limits_default ());
  input->headers = g_ptr_array_new_with_free_func ((GDestroyNotify)gst_buffer_unref);
  return input;
}

void
gst_rtmp_server_flv_input_free (GstRtmpServerFlvInput *input)
{
  rtmp_flv_reader_free (input->reader);
  g_ptr_array_unref (input->headers);
  g_free (input);
}

void
gst_rtmp_server_flv_input_flush (GstRtmpServerFlvInput *input)
{
  rtmp_flv_reader_reset (input->reader);
  gst_rtmp_server_wire_track_discont (&input->audio);
  gst_rtmp_server_wire_track_discont (&input->video);
}

void
gst_rtmp_server_flv_input_reset (GstRtmpServerFlvInput *input)
{
  gst_rtmp_server_flv_input_flush (input);
  g_ptr_array_set_size (input->headers, 0);
  gst_rtmp_server_wire_clock_init (&input->clock);
  input->audio = (GstRtmpServerWireTrack){ 0 };
  input->video = (GstRtmpServerWireTrack){ 0 };
  input->started = FALSE;
}

void
gst_rtmp_server_flv_input_set_headers (GstRtmpServerFlvInput *input, const GValue *value)
{
  g_ptr_array_set_size (input->headers, 0);
  if (value == NULL || !GST_VALUE_HOLDS_ARRAY (value))
    return;
  for (guint i = 0; i < gst_value_array_get_size (value); i++) {
    const GValue *item = gst_value_array_get_value (value, i);

    if (GST_VALUE_HOLDS_BUFFER (item))
      g_ptr_array_add (input->headers, gst_buffer_ref (gst_value_get_buffer (item)));
  }
}

/* Timestamps of tags are signed, and wrap. */
static gint64
unwrap (GstRtmpServerFlvInput *input, guint32 timestamp)
{
  if (input->started)
    input->time_ms += (gint32)(timestamp - input->last_timestamp);
  else
    input->time_ms = (gint32)timestamp;
  input->started = TRUE;
  input->last_timestamp = timestamp;
  return input->time_ms;
}

static void
give_media (GstRtmpServerFlvInput *input, RtmpMessage *message)
{
  GstRtmpServerWireTrack *track =
      message->type == RTMP_TYPE_VIDEO ? &input->video : &input->audio;

  message->timestamp = (guint32)gst_rtmp_server_wire_clock_map (
      &input->clock, track, unwrap (input, message->timestamp));
  rtmp_message_classify (message, rtmp_limits_default ());
  input->func (message, input->user_data);
}

/* Metadata of a running stream often says 0: what counts is its place. */
static void
give_data (GstRtmpServerFlvInput *input, RtmpMessage *message)
{
  message->timestamp = (guint32)input->clock.last_ms;
  input->func (message, input->user_data);
}

static void
take_message (GstRtmpServerFlvInput *input, RtmpMessage *message)
{
  if (message->size > 0 && rtmp_message_is_media (message))
    give_media (input, message);
  else if (message->size > 0)
    message = rtmp_data_normalize (message, rtmp_limits_default ());
  if (message != NULL && !rtmp_message_is_media (message) &&
      !(message->flags & RTMP_MESSAGE_EMPTY) && message->size > 0)
    give_data (input, message);
  g_clear_pointer (&message, rtmp_message_unref);
}

static gboolean
push_bytes (GstRtmpServerFlvInput *input, const guint8 *data, gsize size, GError **error)
{
  gsize position = 0;

  while (position < size) {
    gssize used = rtmp_flv_reader_push (input->reader, data + position, size - position, error);
    RtmpMessage *message;

    if (used < 0)
      return FALSE;
    position += (gsize)used;
    message = rtmp_flv_reader_pull (input->reader);
    if (message != NULL)
      take_message (input, message);
  }
  return TRUE;
}

static gboolean
push_buffer (GstRtmpServerFlvInput *input, GstBuffer *buffer, GError **error)
{
  GstMapInfo map;
  gboolean ok;

  if (!gst_buffer_map (buffer, &map, GST_MAP_READ)) {
    g_set_error (error, GST_STREAM_ERROR, GST_STREAM_ERROR_FAILED, "buffer is not readable");
    return FALSE;
  }
  ok = push_bytes (input, map.data, map.size, error);
  gst_buffer_unmap (buffer, &map);
  return ok;
}

/* No tag begins with this byte. */
static gboolean
begins_file (GstBuffer *buffer)
{
  guint8 byte;

  return gst_buffer_extract (buffer, 0, &byte, 1) == 1 && byte == 'F';
}

gboolean
gst_rtmp_server_flv_input_push (GstRtmpServerFlvInput *input, GstBuffer *buffer, GError **error)
{
  gboolean ok = TRUE;

  if (input->headers->len > 0 && !begins_file (buffer))
    for (guint i = 0; ok && i < input->headers->len; i++)
      ok = push_buffer (input, g_ptr_array_index (input->headers, i), error);
  g_ptr_array_set_size (input->headers, 0);
  return ok && push_buffer (input, buffer, error);
}

void
gst_rtmp_server_flv_input_insert (GstRtmpServerFlvInput *input, RtmpMessage *message)
{
  rtmp_message_classify (message, rtmp_limits_default ());
  give_data (input, message);
}
