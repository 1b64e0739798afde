/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Data messages brought to one form; onMetaData <-> struct.
 */
#include "protocol/rtmp-command.h"
#include "protocol/rtmp-error.h"
#include "protocol/rtmp-metadata.h"

#define NAME "\x02\x00\x0aonMetaData"
#define SET "\x02\x00\x0d@setDataFrame"
#define CLEAR "\x02\x00\x0f@clearDataFrame"
#define ARRAY "\x08\x00\x00\x00\x00\x00\x01k\x05\x00\x00\x09"

static RtmpMessage *
normalize (guint8 type, const void *bytes, gsize size)
{
  RtmpMessage *message = rtmp_message_new_copy (type, 77, 3, bytes, size);

  message->csid = 9;
  message->arrival_us = 123;
  return rtmp_data_normalize (message, rtmp_limits_default ());
}

#define NORMALIZE(type, bytes) normalize (type, bytes, sizeof (bytes) - 1)

static void
check_message (RtmpMessage *message, guint8 flags, const void *body, gsize size)
{
  gsize have_size;
  const guint8 *have = rtmp_message_peek (message, &have_size);

  g_assert_cmpint (message->type, ==, RTMP_TYPE_DATA);
  g_assert_cmphex (message->flags, ==, flags);
  g_assert_cmpuint (message->timestamp, ==, 77);
  g_assert_cmpuint (message->msid, ==, 3);
  g_assert_cmpuint (message->csid, ==, 9);
  g_assert_cmpint (message->arrival_us, ==, 123);
  g_assert_cmpmem (have, have_size, body, size);
}

static void
test_normalize (void)
{
  g_autoptr (RtmpMessage) plain = NORMALIZE (18, NAME ARRAY);
  g_autoptr (RtmpMessage) set = NORMALIZE (18, SET NAME ARRAY);
  g_autoptr (RtmpMessage) clear = NORMALIZE (18, CLEAR NAME);
  g_autoptr (RtmpMessage) other = NORMALIZE (18, SET "\x02\x00\x01x\x05");
  g_autoptr (RtmpMessage) text = NORMALIZE (18, "\x02\x00\x0aonTextData\x05");
  g_autoptr (RtmpMessage) broken = NORMALIZE (18, "\xff\x01");

  check_message (plain, RTMP_MESSAGE_METADATA, NAME ARRAY, sizeof NAME ARRAY - 1);
  check_message (set, RTMP_MESSAGE_METADATA, NAME ARRAY, sizeof NAME ARRAY - 1);
  check_message (clear, RTMP_MESSAGE_METADATA | RTMP_MESSAGE_EMPTY, NAME, sizeof NAME - 1);
  check_message (other, 0, "\x02\x00\x01x\x05", 5);
  check_message (text, 0, "\x02\x00\x0aonTextData\x05", 14);
  check_message (broken, 0, "\xff\x01", 2);
  g_assert_null (NORMALIZE (18, SET));
  g_assert_null (NORMALIZE (18, CLEAR));
}

static void
test_normalize_amf3 (void)
{
  g_autoptr (RtmpMessage) selector = NORMALIZE (15, "\x00" SET NAME "\x05");
  g_autoptr (RtmpMessage) bare = NORMALIZE (15, NAME "\x05");
  g_autoptr (RtmpMessage) avmplus = NORMALIZE (15, "\x00" NAME "\x11\x01");

  check_message (selector, RTMP_MESSAGE_METADATA, NAME "\x05", sizeof NAME);
  check_message (bare, RTMP_MESSAGE_METADATA, NAME "\x05", sizeof NAME);
  check_message (avmplus, RTMP_MESSAGE_METADATA, NAME "\x05", sizeof NAME);
  g_assert_null (NORMALIZE (15, "\x00\xff"));
}

static RtmpAmf *
new_sample (void)
{
  RtmpAmf *array = rtmp_amf_new_ecma_array ();
  RtmpAmf *nested = rtmp_amf_new_object ();

  rtmp_amf_set_number (array, "duration", 0);
  rtmp_amf_set_number (array, "width", 1280);
  rtmp_amf_set_string (array, "title", "t");
  rtmp_amf_set_number (array, "height", 720);
  rtmp_amf_set_number (array, "framerate", 29.97);
  rtmp_amf_set_number (array, "videocodecid", 7);
  rtmp_amf_set_number (array, "videodatarate", 2500.5);
  rtmp_amf_set_string (array, "audiocodecid", "mp4a");
  rtmp_amf_set_number (array, "audiodatarate", 128);
  rtmp_amf_set_number (array, "audiosamplerate", 48000);
  rtmp_amf_set_number (array, "audiosamplesize", 16);
  rtmp_amf_set_boolean (array, "stereo", TRUE);
  rtmp_amf_set_string (array, "encoder", "obs");
  rtmp_amf_set (array, "videoTrackIdInfoMap", nested);
  return array;
}

static void
check_sample (const RtmpMetadata *metadata)
{
  g_assert_cmpuint (metadata->width, ==, 1280);
  g_assert_cmpuint (metadata->height, ==, 720);
  g_assert_cmpfloat (metadata->framerate, ==, 29.97);
  g_assert_cmpuint (metadata->video_codec, ==, RTMP_CODEC_AVC);
  g_assert_cmpfloat (metadata->video_kbps, ==, 2500.5);
  g_assert_cmpuint (metadata->audio_codec, ==, RTMP_FOURCC_AAC);
  g_assert_cmpfloat (metadata->audio_kbps, ==, 128);
  g_assert_cmpuint (metadata->sample_rate, ==, 48000);
  g_assert_cmpuint (metadata->sample_size, ==, 16);
  g_assert_cmpuint (metadata->channels, ==, 2);
  g_assert_cmpstr (metadata->encoder, ==, "obs");
}

static const gchar *
key_at (const RtmpAmf *object, guint index)
{
  return g_array_index (object->properties, RtmpAmfProperty, index).key;
}

static void
test_round_trip (void)
{
  g_autoptr (RtmpAmf) sample = new_sample ();
  g_autoptr (RtmpMetadata) metadata = rtmp_metadata_new_from_amf (sample);
  g_autoptr (RtmpMessage) message = rtmp_metadata_build (metadata, 1, 55);
  g_autoptr (GError) error = NULL;
  g_autoptr (RtmpMetadata) parsed = NULL;
  guint i;

  check_sample (metadata);
  g_assert_cmphex (message->flags, ==, RTMP_MESSAGE_METADATA);
  g_assert_cmpuint (message->timestamp, ==, 55);
  parsed = rtmp_metadata_parse (message, rtmp_limits_default (), &error);
  g_assert_no_error (error);
  check_sample (parsed);
  g_assert_cmpint (parsed->fields->type, ==, RTMP_AMF_ECMA_ARRAY);
  for (i = 0; i < sample->properties->len; i++)
    g_assert_cmpstr (key_at (parsed->fields, i), ==, key_at (sample, i));
  /* audiochannels was only implied */
  g_assert_cmpuint (parsed->fields->properties->len, ==, sample->properties->len + 1);
}

static void
test_build_from_nothing (void)
{
  g_autoptr (RtmpMetadata) metadata = rtmp_metadata_new ();
  g_autoptr (RtmpAmf) empty = rtmp_metadata_to_amf (metadata);
  g_autoptr (RtmpAmf) full = NULL;

  g_assert_cmpuint (empty->properties->len, ==, 0);
  metadata->video_codec = RTMP_FOURCC_HEVC;
  metadata->audio_codec = RTMP_CODEC_PCM_PLATFORM;
  metadata->channels = 1;
  full = rtmp_metadata_to_amf (metadata);
  g_assert_cmpfloat (rtmp_amf_get_number (full, "videocodecid", -1), ==, 1752589105);
  g_assert_cmpfloat (rtmp_amf_get_number (full, "audiocodecid", -1), ==, 0);
  g_assert_false (rtmp_amf_get_boolean (full, "stereo", TRUE));
}

static guint32
codec_of (RtmpAmf *value, gboolean video)
{
  g_autoptr (RtmpAmf) owned = value;

  return rtmp_metadata_read_codec (owned, video);
}

static void
test_codec_forms (void)
{
  g_assert_cmphex (codec_of (rtmp_amf_new_number (7), TRUE), ==, RTMP_CODEC_AVC);
  g_assert_cmphex (codec_of (rtmp_amf_new_number (0), TRUE), ==, RTMP_CODEC_NONE);
  g_assert_cmphex (codec_of (rtmp_amf_new_number (15), TRUE), ==, RTMP_CODEC_LEGACY_VIDEO (15));
  g_assert_cmphex (codec_of (rtmp_amf_new_number (16), TRUE), ==, RTMP_CODEC_NONE);
  g_assert_cmphex (codec_of (rtmp_amf_new_number (0), FALSE), ==, RTMP_CODEC_PCM_PLATFORM);
  g_assert_cmphex (codec_of (rtmp_amf_new_number (10), FALSE), ==, RTMP_CODEC_AAC);
  g_assert_cmphex (codec_of (rtmp_amf_new_number (1752589105), TRUE), ==, RTMP_FOURCC_HEVC);
  g_assert_cmphex (codec_of (rtmp_amf_new_number (7.5), TRUE), ==, RTMP_CODEC_NONE);
  g_assert_cmphex (codec_of (rtmp_amf_new_number (-1), FALSE), ==, RTMP_CODEC_NONE);
  g_assert_cmphex (codec_of (rtmp_amf_new_string ("avc1"), TRUE), ==, RTMP_FOURCC_AVC);
  g_assert_cmphex (codec_of (rtmp_amf_new_string (".mp3"), FALSE), ==, RTMP_FOURCC_MP3);
  g_assert_cmphex (codec_of (rtmp_amf_new_string ("7"), TRUE), ==, RTMP_CODEC_AVC);
  g_assert_cmphex (codec_of (rtmp_amf_new_string ("h264 high"), TRUE), ==, RTMP_CODEC_NONE);
  g_assert_cmphex (codec_of (rtmp_amf_new_string (""), TRUE), ==, RTMP_CODEC_NONE);
  g_assert_cmphex (codec_of (rtmp_amf_new_null (), TRUE), ==, RTMP_CODEC_NONE);
  g_assert_cmphex (rtmp_metadata_read_codec (NULL, TRUE), ==, RTMP_CODEC_NONE);
}

static void
test_incredible (void)
{
  static const struct
  {
    const gchar *key;
    gdouble max;
  } cases[] = { { "width", 16384 }, { "height", 16384 }, { "framerate", 1000 },
    { "audiosamplerate", 768000 }, { "audiochannels", 64 } };
  static const gdouble never[] = { -1, 0, G_MAXDOUBLE, -G_MAXDOUBLE };
  guint i, j;

  for (i = 0; i < G_N_ELEMENTS (cases); i++) {
    gint step;

    for (step = -1; step <= 1; step++) {
      g_autoptr (RtmpAmf) object = rtmp_amf_new_object ();
      g_autoptr (RtmpMetadata) metadata = NULL;
      gdouble sum;

      rtmp_amf_set_number (object, cases[i].key, cases[i].max + step);
      metadata = rtmp_metadata_new_from_amf (object);
      sum = metadata->width + metadata->height + metadata->framerate + metadata->sample_rate +
            metadata->channels;
      g_assert_cmpfloat (sum, ==, step <= 0 ? cases[i].max + step : 0);
    }
    for (j = 0; j < G_N_ELEMENTS (never); j++) {
      g_autoptr (RtmpAmf) object = rtmp_amf_new_object ();
      g_autoptr (RtmpMetadata) metadata = NULL;

      rtmp_amf_set_number (object, cases[i].key, never[j]);
      metadata = rtmp_metadata_new_from_amf (object);
      g_assert_cmpuint (metadata->width, ==, 0);
    }
  }
}

static void
test_other_shapes (void)
{
  g_autoptr (RtmpAmf) text = rtmp_amf_new_string ("x");
  g_autoptr (RtmpMetadata) of_text = rtmp_metadata_new_from_amf (text);
  g_autoptr (RtmpMetadata) of_nothing = rtmp_metadata_new_from_amf (NULL);
  g_autoptr (RtmpMessage) other =
      rtmp_data_new (1, 0, "onTextData", rtmp_amf_new_null (), NULL);
  g_autoptr (GError) error = NULL;

  g_assert_cmpuint (of_text->fields->properties->len, ==, 0);
  g_assert_cmpuint (of_nothing->fields->properties->len, ==, 0);
  g_assert_null (rtmp_metadata_parse (other, rtmp_limits_default (), &error));
  g_assert_error (error, RTMP_ERROR, RTMP_ERROR_PROTOCOL);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/metadata/normalize", test_normalize);
  g_test_add_func ("/metadata/normalize-amf3", test_normalize_amf3);
  g_test_add_func ("/metadata/round-trip", test_round_trip);
  g_test_add_func ("/metadata/build-from-nothing", test_build_from_nothing);
  g_test_add_func ("/metadata/codec-forms", test_codec_forms);
  g_test_add_func ("/metadata/incredible", test_incredible);
  g_test_add_func ("/metadata/other-shapes", test_other_shapes);
  return g_test_run ();
}
