/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "words.h"
#include "protocol/rtmp-bytes.h"

guint8
words_last_byte (RtmpMessage *message)
{
  guint8 byte = 0;

  rtmp_message_copy_out (message, message->size - 1, &byte, 1);
  return byte;
}

static gchar
get_letter (RtmpMessage *message)
{
  if (message->flags & RTMP_MESSAGE_METADATA)
    return 'm';
  if (message->type == RTMP_TYPE_VIDEO)
    return 'v';
  return message->type == RTMP_TYPE_AUDIO ? 'a' : 'd';
}

void
words_add (GString *log, RtmpMessage *message)
{
  gchar letter = get_letter (message);
  guint8 prefix[5] = { 0 };

  rtmp_message_copy_out (message, 0, prefix, sizeof prefix);
  g_string_append_printf (log, "%s%c%s%u", log->len > 0 ? " " : "", letter,
      message->flags & RTMP_MESSAGE_HEADER ? "h" : "", message->timestamp);
  if (letter == 'd' || letter == 'm' || (message->flags & RTMP_MESSAGE_HEADER))
    return;
  if (letter == 'v')
    g_string_append_printf (log, "%+d", rtmp_get_s24 (prefix + 2));
  g_string_append_printf (log, "#%u", words_last_byte (message));
  if (message->flags & RTMP_MESSAGE_KEYFRAME)
    g_string_append_c (log, '!');
}
