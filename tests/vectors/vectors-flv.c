/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Vectors of media payloads, AudioSpecificConfig and FLV files.
 */
#include "protocol/rtmp-codec-config.h"
#include "protocol/rtmp-error.h"
#include "protocol/rtmp-flv-reader.h"
#include "protocol/rtmp-tag.h"
#include "vectors-amf.h"

#include <string.h>

static const gchar *const video_packets[] = { "SequenceStart", "CodedFrames", "SequenceEnd",
  "CodedFramesX", "Metadata", "MPEG2TSSequenceStart" };
static const gchar *const audio_packets[] = { "SequenceStart", "CodedFrames", "SequenceEnd",
  NULL, "MultichannelConfig" };
static const gchar *const multitracks[] = { "OneTrack", "ManyTracks", "ManyTracksManyCodecs" };
static const gchar *const channel_orders[] = { "Unspecified", "Native", "Custom" };

typedef struct
{
  const guint8 *data;
  gsize size;
  RtmpTag tag;
} Payload;

static gboolean
has (JsonObject *object, const gchar *member)
{
  return json_object_has_member (object, member);
}

/* ---- errors ---- */

static gboolean
walks_to_the_end (const Payload *payload)
{
  g_autoptr (GError) error = NULL;
  RtmpTagTrack track;
  gsize position = 0;

  while (rtmp_tag_next_track (
      &payload->tag, payload->data, payload->size, &position, &track, &error)) {
    RtmpMultichannel layout;

    if (payload->tag.packet == RTMP_PACKET_MULTICHANNEL &&
        !rtmp_multichannel_parse (payload->data + track.offset, track.size, &layout))
      return FALSE;
  }
  return error == NULL;
}

/* What is reserved parses: it is to be dropped, not to end a session. */
static void
check_error (Payload *payload, guint8 type, const gchar *expected)
{
  gboolean ok = rtmp_tag_parse (
      type, payload->data, payload->size, rtmp_limits_default (), &payload->tag, NULL);

  if (strcmp (expected, "reserved packet type") == 0)
    g_assert_true (ok && payload->tag.packet == RTMP_PACKET_RESERVED);
  else
    g_assert_false (ok && walks_to_the_end (payload));
}

/* ---- legacy ---- */

static void
check_legacy_video (const Payload *payload, JsonObject *expected)
{
  const RtmpTag *tag = &payload->tag;

  g_assert_cmpuint (tag->frame_type, ==, vectors_int (expected, "frameType", -1));
  g_assert_cmpuint (
      tag->codec, ==, RTMP_CODEC_LEGACY_VIDEO (vectors_int (expected, "codecId", -1)));
  if (has (expected, "vp6Adjust"))
    g_assert_cmpuint (tag->vp6_adjust, ==, vectors_int (expected, "vp6Adjust", -1));
}

static void
check_legacy_audio (const Payload *payload, JsonObject *expected)
{
  const RtmpTag *tag = &payload->tag;

  g_assert_cmpuint (
      tag->codec, ==, RTMP_CODEC_LEGACY_AUDIO (vectors_int (expected, "soundFormat", -1)));
  g_assert_cmpuint (tag->sound_rate, ==, vectors_int (expected, "soundRate", -1));
  g_assert_cmpuint (tag->sound_bits, ==, vectors_int (expected, "soundSizeBits", -1));
  g_assert_cmpuint (tag->sound_channels, ==, vectors_int (expected, "channels", -1));
}

static void
check_legacy (const Payload *payload, JsonObject *expected)
{
  g_autoptr (GBytes) body = vectors_bytes (expected, "body_hex");

  if (payload->tag.video)
    check_legacy_video (payload, expected);
  else
    check_legacy_audio (payload, expected);
  if (has (expected, "packetType"))
    g_assert_cmpuint (payload->tag.packet_type, ==, vectors_int (expected, "packetType", -1));
  if (has (expected, "compositionTime"))
    g_assert_cmpint (
        payload->tag.composition_ms, ==, vectors_int (expected, "compositionTime", -1));
  if (body != NULL)
    vectors_assert_bytes (payload->data + payload->tag.header_size,
        payload->size - payload->tag.header_size, body);
}

/* ---- enhanced ---- */

static void
check_modex (const Payload *payload, JsonArray *expected)
{
  guint n = expected != NULL ? json_array_get_length (expected) : 0, i;
  gsize position = 0;
  gint64 nano = 0;
  RtmpTagModex modex;

  for (i = 0; i < n; i++) {
    JsonObject *block = json_array_get_object_element (expected, i);
    g_autoptr (GBytes) data = vectors_bytes (block, "data_hex");

    g_assert_true (rtmp_tag_next_modex (payload->data, payload->size, &position, &modex));
    g_assert_cmpuint (modex.type, ==, vectors_int (block, "type", -1));
    vectors_assert_bytes (modex.data, modex.size, data);
    nano = vectors_int (block, "timestampOffsetNano", nano);
  }
  g_assert_false (rtmp_tag_next_modex (payload->data, payload->size, &position, &modex));
  g_assert_cmpuint (payload->tag.n_modex, ==, n);
  g_assert_cmpuint (payload->tag.nano_offset, ==, nano);
}

static void
check_multichannel (const guint8 *data, gsize size, JsonObject *expected)
{
  JsonArray *mapping = vectors_array (expected, "mapping");
  RtmpMultichannel layout;
  guint i;

  g_assert_true (rtmp_multichannel_parse (data, size, &layout));
  g_assert_cmpstr (channel_orders[layout.order], ==, vectors_string (expected, "channelOrder"));
  g_assert_cmpuint (layout.count, ==, vectors_int (expected, "channelCount", -1));
  g_assert_cmpuint (layout.mask, ==, vectors_int (expected, "channelFlags", 0));
  for (i = 0; mapping != NULL && i < json_array_get_length (mapping); i++)
    g_assert_cmpuint (layout.mapping[i], ==, json_array_get_int_element (mapping, i));
}

static void
check_metadata (const guint8 *data, gsize size, JsonArray *expected)
{
  RtmpCursor cursor = rtmp_cursor (data, size);
  RtmpAmfBudget budget = { .limits = rtmp_limits_default () };
  guint i;

  for (i = 0; i < json_array_get_length (expected); i++) {
    g_autoptr (RtmpAmf) value = rtmp_amf0_parse (&cursor, &budget, NULL);

    g_assert_nonnull (value);
    vectors_assert_amf (value, json_array_get_object_element (expected, i));
  }
}

static void
check_track (const Payload *payload, const RtmpTagTrack *track, JsonObject *expected)
{
  const gchar *fourcc = vectors_string (expected, "fourCc");
  const guint8 *data = payload->data + track->offset;
  g_autoptr (GBytes) body = vectors_bytes (expected, "body_hex");

  g_assert_cmphex (track->codec, ==, RTMP_FOURCC (fourcc[0], fourcc[1], fourcc[2], fourcc[3]));
  g_assert_cmpuint (track->id, ==, vectors_int (expected, "trackId", 0));
  g_assert_cmpint (track->composition_ms, ==, vectors_int (expected, "compositionTime", 0));
  vectors_assert_bytes (data, track->size, body);
  if (has (expected, "channelOrder"))
    check_multichannel (data, track->size, expected);
  if (has (expected, "metadata"))
    check_metadata (data, track->size, vectors_array (expected, "metadata"));
}

static void
check_tracks (const Payload *payload, JsonArray *expected)
{
  guint n = expected != NULL ? json_array_get_length (expected) : 0, i;
  g_autoptr (GError) error = NULL;
  RtmpTagTrack track;
  gsize position = 0;

  for (i = 0; i < n; i++) {
    g_assert_true (rtmp_tag_next_track (
        &payload->tag, payload->data, payload->size, &position, &track, &error));
    check_track (payload, &track, json_array_get_object_element (expected, i));
  }
  g_assert_false (rtmp_tag_next_track (
      &payload->tag, payload->data, payload->size, &position, &track, &error));
  g_assert_no_error (error);
}

static void
check_enhanced (const Payload *payload, JsonObject *expected)
{
  const RtmpTag *tag = &payload->tag;

  if (tag->video)
    g_assert_cmpuint (tag->frame_type, ==, vectors_int (expected, "frameType", -1));
  g_assert_cmpstr ((tag->video ? video_packets : audio_packets)[tag->packet_type], ==,
      vectors_string (expected, "packetType"));
  g_assert_cmpstr (
      tag->multitrack == RTMP_MULTITRACK_NONE ? NULL : multitracks[tag->multitrack], ==,
      vectors_string (expected, "multitrack"));
  check_modex (payload, vectors_array (expected, "modEx"));
  check_tracks (payload, vectors_array (expected, "tracks"));
}

static void
check_payload (const guint8 *data, gsize size, guint8 type, JsonObject *expected)
{
  Payload payload = { .data = data, .size = size };
  g_autoptr (GError) error = NULL;

  if (vectors_string (expected, "error") != NULL) {
    check_error (&payload, type, vectors_string (expected, "error"));
    return;
  }
  if (vectors_boolean (expected, "empty", FALSE)) {
    g_assert_false (
        rtmp_tag_parse (type, data, size, rtmp_limits_default (), &payload.tag, &error));
    g_assert_error (error, RTMP_ERROR, RTMP_ERROR_PROTOCOL);
    return;
  }
  g_assert_true (
      rtmp_tag_parse (type, data, size, rtmp_limits_default (), &payload.tag, &error));
  g_assert_cmpint (payload.tag.enhanced, ==, vectors_boolean (expected, "ex", FALSE));
  if (has (expected, "command")) {
    g_assert_cmpint (payload.tag.packet, ==, RTMP_PACKET_COMMAND);
    g_assert_cmpuint (payload.tag.command, ==, vectors_int (expected, "command", -1));
  }
  if (payload.tag.enhanced)
    check_enhanced (&payload, expected);
  else
    check_legacy (&payload, expected);
}

/* ---- others ---- */

static void
check_aac_config (const guint8 *data, gsize size, JsonObject *expected)
{
  RtmpAacConfig config;
  g_autoptr (GError) error = NULL;

  rtmp_aac_config_parse (data, size, &config, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (config.object_type, ==, vectors_int (expected, "objectType", -1));
  g_assert_cmpuint (config.rate, ==, vectors_int (expected, "sampleRate", -1));
  g_assert_cmpuint (config.channel_config, ==, vectors_int (expected, "channelConfig", -1));
  g_assert_cmpint (config.sbr, ==, vectors_boolean (expected, "sbr", FALSE));
  g_assert_cmpint (config.ps, ==, vectors_boolean (expected, "ps", FALSE));
  g_assert_cmpuint (
      config.extension_rate, ==, vectors_int (expected, "extensionSampleRate", 0));
}

static void
check_flv_file (const guint8 *data, gsize size, JsonObject *expected)
{
  g_autoptr (RtmpFlvReader) reader = rtmp_flv_reader_new (rtmp_limits_default ());
  JsonArray *tags = vectors_array (expected, "tags");
  g_autoptr (GError) error = NULL;
  guint n = 0;

  while (size > 0) {
    gssize used = rtmp_flv_reader_push (reader, data, size, &error);
    g_autoptr (RtmpMessage) message = rtmp_flv_reader_pull (reader);

    g_assert_no_error (error);
    data += used;
    size -= used;
    if (message != NULL) {
      JsonObject *tag = json_array_get_object_element (tags, n++);

      g_assert_cmpuint (message->type, ==, vectors_int (tag, "type", -1));
      g_assert_cmpuint (message->timestamp, ==, vectors_int (tag, "timestamp", -1));
      g_assert_cmpuint (message->size, ==, vectors_int (tag, "size", -1));
    }
  }
  g_assert_cmpuint (n, ==, json_array_get_length (tags));
  g_assert_cmpuint (
      rtmp_flv_reader_get_flags (reader), ==, vectors_int (expected, "flags", -1));
}

static void
run (JsonObject *vector)
{
  const gchar *kind = vectors_string (vector, "kind");
  JsonObject *expected = vectors_object (vector, "expected");
  g_autoptr (GBytes) input = vectors_bytes (vector, "input_hex");
  gsize size;
  const guint8 *data = g_bytes_get_data (input, &size);
  g_autofree guint8 *exact = g_memdup2 (data, size);

  if (strcmp (kind, "video_payload") == 0)
    check_payload (exact, size, RTMP_TYPE_VIDEO, expected);
  else if (strcmp (kind, "audio_payload") == 0)
    check_payload (exact, size, RTMP_TYPE_AUDIO, expected);
  else if (strcmp (kind, "audio_specific_config") == 0)
    check_aac_config (exact, size, expected);
  else if (strcmp (kind, "flv_file") == 0)
    check_flv_file (exact, size, expected);
  else
    g_error ("no such kind: %s", kind);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_assert_cmpuint (vectors_add ("flv", run, NULL), ==, 93);
  return g_test_run ();
}
