/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Data messages: one form for all that encoders send.
 */
#include "rtmp-command.h"
#include "rtmp-metadata.h"
#include "rtmp-tag.h"

#define SET_DATA_FRAME "@setDataFrame"
#define CLEAR_DATA_FRAME "@clearDataFrame"

static void
copy_origin (RtmpMessage *message, const RtmpMessage *origin)
{
  message->csid = origin->csid;
  message->arrival_us = origin->arrival_us;
}

/* Type 15 -> 18: selector byte gone, values as AMF0. NULL: not readable. */
static RtmpMessage *
data_from_amf3 (const RtmpMessage *message, const RtmpLimits *limits)
{
  g_autoptr (RtmpCommand) data = rtmp_command_parse (message, limits, NULL);
  g_autoptr (GByteArray) body = g_byte_array_new ();
  g_autoptr (RtmpAmf) name = NULL;
  RtmpMessage *converted;
  guint i;

  if (data == NULL)
    return NULL;
  name = rtmp_amf_new_string (data->name);
  rtmp_amf0_build (name, body);
  for (i = 0; i < data->args->len; i++)
    rtmp_amf0_build (rtmp_command_get (data, i), body);
  converted = rtmp_message_new_copy (
      RTMP_TYPE_DATA, message->timestamp, message->msid, body->data, body->len);
  copy_origin (converted, message);
  return converted;
}

/* Bytes of a leading AMF0 string equal to @name, 0 if it is something else. */
static gsize
skip_string (const RtmpMessage *message, const gchar *name)
{
  gsize length = strlen (name), size;
  const guint8 *body = rtmp_message_peek (message, &size);

  if (body == NULL || size < 3 + length || body[0] != 2 || rtmp_get_u16 (body + 1) != length ||
      memcmp (body + 3, name, length) != 0)
    return 0;
  return 3 + length;
}

static RtmpMessage *
cut_front (const RtmpMessage *message, gsize skip)
{
  gsize size;
  const guint8 *body = rtmp_message_peek (message, &size);
  RtmpMessage *cut;

  if (size <= skip)
    return NULL;
  cut = rtmp_message_new_copy (
      message->type, message->timestamp, message->msid, body + skip, size - skip);
  copy_origin (cut, message);
  return cut;
}

/* Takes @message. */
static RtmpMessage *
without_prefix (RtmpMessage *message)
{
  g_autoptr (RtmpMessage) owned = message;
  gsize skip = skip_string (message, SET_DATA_FRAME);
  gboolean clear = FALSE;
  RtmpMessage *cut;

  if (skip == 0) {
    skip = skip_string (message, CLEAR_DATA_FRAME);
    clear = skip > 0;
  }
  if (skip == 0)
    return g_steal_pointer (&owned);
  cut = cut_front (message, skip);
  if (cut != NULL && clear)
    cut->flags |= RTMP_MESSAGE_EMPTY;
  return cut;
}

RtmpMessage *
rtmp_data_normalize (RtmpMessage *message, const RtmpLimits *limits)
{
  RtmpMessage *data = message;

  if (message->type == RTMP_TYPE_DATA_AMF3) {
    data = data_from_amf3 (message, limits);
    rtmp_message_unref (message);
  }
  if (data != NULL)
    data = without_prefix (data);
  if (data != NULL)
    rtmp_message_classify (data, limits);
  return data;
}
