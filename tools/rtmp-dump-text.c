/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The body of a message in words.
 */
#include "rtmp-dump-text.h"

#include "protocol/rtmp-command.h"
#include "protocol/rtmp-control.h"

#define MAX_VALUE 4096
#define MAX_HEX 32

static const gchar *const type_names[] = {
  [RTMP_TYPE_SET_CHUNK_SIZE] = "SetChunkSize",
  [RTMP_TYPE_ABORT] = "Abort",
  [RTMP_TYPE_ACK] = "Ack",
  [RTMP_TYPE_USER_CONTROL] = "UserControl",
  [RTMP_TYPE_WINDOW_ACK_SIZE] = "WindowAckSize",
  [RTMP_TYPE_SET_PEER_BANDWIDTH] = "SetPeerBandwidth",
  [RTMP_TYPE_AUDIO] = "audio",
  [RTMP_TYPE_VIDEO] = "video",
  [RTMP_TYPE_DATA_AMF3] = "data3",
  [RTMP_TYPE_SHARED_OBJECT_AMF3] = "shared-object3",
  [RTMP_TYPE_COMMAND_AMF3] = "command3",
  [RTMP_TYPE_DATA] = "data",
  [RTMP_TYPE_SHARED_OBJECT] = "shared-object",
  [RTMP_TYPE_COMMAND] = "command",
  [RTMP_TYPE_AGGREGATE] = "aggregate",
};

void
dump_append_type (GString *text, guint8 type)
{
  if (type < G_N_ELEMENTS (type_names) && type_names[type] != NULL)
    g_string_append (text, type_names[type]);
  else
    g_string_append_printf (text, "type-%u", type);
}

/* What a peer chose to send must not draw on a terminal. */
static void
append_clean (GString *text, const gchar *raw)
{
  g_autofree gchar *valid = g_utf8_make_valid (raw, -1);

  for (const gchar *p = valid; *p != '\0'; p = g_utf8_next_char (p)) {
    gunichar c = g_utf8_get_char (p);

    if (g_unichar_iscntrl (c))
      g_string_append_printf (text, "\\x%02x", c);
    else
      g_string_append_unichar (text, c);
  }
}

static void
append_hex (GString *text, const guint8 *data, gsize size)
{
  for (gsize i = 0; i < MIN (size, MAX_HEX); i++)
    g_string_append_printf (text, "%02x", data[i]);
  if (size > MAX_HEX)
    g_string_append (text, "...");
}

/* Control */

static const struct
{
  guint16 event;
  const gchar *name;
} events[] = {
  { RTMP_CONTROL_STREAM_BEGIN, "StreamBegin" },
  { RTMP_CONTROL_STREAM_EOF, "StreamEOF" },
  { RTMP_CONTROL_STREAM_DRY, "StreamDry" },
  { RTMP_CONTROL_SET_BUFFER_LENGTH, "SetBufferLength" },
  { RTMP_CONTROL_STREAM_IS_RECORDED, "StreamIsRecorded" },
  { RTMP_CONTROL_PING_REQUEST, "PingRequest" },
  { RTMP_CONTROL_PING_RESPONSE, "PingResponse" },
  { RTMP_CONTROL_SWF_VERIFY_REQUEST, "SwfVerifyRequest" },
  { RTMP_CONTROL_SWF_VERIFY_RESPONSE, "SwfVerifyResponse" },
  { RTMP_CONTROL_BUFFER_EMPTY, "BufferEmpty" },
  { RTMP_CONTROL_BUFFER_READY, "BufferReady" },
};

static void
append_event (GString *text, const RtmpControl *control)
{
  guint i = 0;

  while (i < G_N_ELEMENTS (events) && events[i].event != control->event)
    i++;
  if (i < G_N_ELEMENTS (events))
    g_string_append (text, events[i].name);
  else
    g_string_append_printf (text, "event-%u", control->event);
  g_string_append_printf (text, " %u", control->event_data);
  if (control->event == RTMP_CONTROL_SET_BUFFER_LENGTH)
    g_string_append_printf (text, " %u ms", control->event_data2);
}

static void
append_control (GString *text, const RtmpControl *control)
{
  static const gchar *const limits[] = { "hard", "soft", "dynamic" };

  if (control->type == RTMP_TYPE_USER_CONTROL) {
    append_event (text, control);
    return;
  }
  g_string_append_printf (text, "%u", control->value);
  if (control->type == RTMP_TYPE_SET_PEER_BANDWIDTH)
    g_string_append_printf (text, " %s",
        control->limit_type < G_N_ELEMENTS (limits) ? limits[control->limit_type] : "?");
}

/* Commands and data */

static void
append_command (GString *text, const RtmpMessage *message, const RtmpLimits *limits)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (RtmpCommand) command = rtmp_command_parse (message, limits, &error);

  if (command == NULL) {
    g_string_append_printf (text, "unreadable (%s)", error->message);
    return;
  }
  append_clean (text, command->name);
  if (message->type == RTMP_TYPE_COMMAND || message->type == RTMP_TYPE_COMMAND_AMF3)
    g_string_append_printf (text, " %g", command->transaction);
  for (guint i = 0; i < command->args->len; i++) {
    g_autofree gchar *value = rtmp_amf_to_string (rtmp_command_get (command, i), MAX_VALUE);

    g_string_append_c (text, ' ');
    append_clean (text, value);
  }
}

/* Media */

const gchar *
dump_packet_name (RtmpPacket packet)
{
  static const gchar *const names[] = {
    [RTMP_PACKET_FRAMES] = "frames",
    [RTMP_PACKET_HEADER] = "header",
    [RTMP_PACKET_END] = "end",
    [RTMP_PACKET_METADATA] = "metadata",
    [RTMP_PACKET_TS_HEADER] = "ts-header",
    [RTMP_PACKET_MULTICHANNEL] = "multichannel",
    [RTMP_PACKET_COMMAND] = "command",
    [RTMP_PACKET_RESERVED] = "reserved",
  };

  return names[packet];
}

static void
append_frame (GString *text, const RtmpTag *tag)
{
  static const gchar *const names[] = { "frame-0", "key", "inter", "disposable",
    "generated-key", "command", "frame-6", "frame-7" };

  g_string_append_printf (text, " %s", names[tag->frame_type & 7]);
  if (tag->packet == RTMP_PACKET_FRAMES)
    g_string_append_printf (text, " %+d", tag->composition_ms);
}

static void
append_sound (GString *text, const RtmpTag *tag)
{
  static const guint rates[] = { 5512, 11025, 22050, 44100 };

  g_string_append_printf (text, " %u Hz %u bit %s", rates[tag->sound_rate & 3], tag->sound_bits,
      tag->sound_channels == 2 ? "stereo" : "mono");
}

static void
append_codec (GString *text, guint32 codec)
{
  static const gchar unknown[] = "unknown FourCC";
  const gchar *name = rtmp_codec_name (codec);

  g_string_append (text, name);
  if (g_str_equal (name, unknown))
    g_string_append_printf (text, " %08x", codec);
}

static void
append_tracks (GString *text, const RtmpTag *tag, const guint8 *data, gsize size)
{
  g_autoptr (GError) error = NULL;
  RtmpTagTrack track;
  gsize position = 0;

  if (tag->multitrack == RTMP_MULTITRACK_NONE)
    return;
  g_string_append (text, " multitrack");
  while (rtmp_tag_next_track (tag, data, size, &position, &track, &error)) {
    g_string_append_printf (text, " (track %u ", track.id);
    append_codec (text, track.codec);
    g_string_append_printf (
        text, " %+d, %" G_GSIZE_FORMAT " bytes)", track.composition_ms, track.size);
  }
  if (error != NULL)
    g_string_append_printf (text, " (%s)", error->message);
}

static void
append_media (GString *text, const RtmpMessage *message, const RtmpLimits *limits)
{
  g_autoptr (GError) error = NULL;
  gsize size;
  const guint8 *data = rtmp_message_peek (message, &size);
  RtmpTag tag;

  if (!rtmp_tag_parse (message->type, data, size, limits, &tag, &error)) {
    g_string_append_printf (text, "unreadable (%s): ", error->message);
    append_hex (text, data, size);
    return;
  }
  append_codec (text, tag.codec);
  g_string_append_printf (text, " %s", dump_packet_name (tag.packet));
  if (tag.video)
    append_frame (text, &tag);
  else if (!tag.enhanced)
    append_sound (text, &tag);
  if (tag.enhanced)
    g_string_append (text, " enhanced");
  if (tag.n_modex > 0)
    g_string_append_printf (text, " modex %u (+%u ns)", tag.n_modex, tag.nano_offset);
  append_tracks (text, &tag, data, size);
}

void
dump_append_body (GString *text, const RtmpMessage *message, const RtmpLimits *limits)
{
  RtmpControl control;

  if (message->size == 0) {
    g_string_append (text, "empty");
  } else if (rtmp_control_parse (message, &control)) {
    append_control (text, &control);
  } else if (rtmp_message_is_media (message)) {
    append_media (text, message, limits);
  } else if (message->type == RTMP_TYPE_COMMAND || message->type == RTMP_TYPE_COMMAND_AMF3 ||
             message->type == RTMP_TYPE_DATA || message->type == RTMP_TYPE_DATA_AMF3) {
    append_command (text, message, limits);
  } else {
    gsize size;
    const guint8 *data = rtmp_message_peek (message, &size);

    append_hex (text, data, size);
  }
}
