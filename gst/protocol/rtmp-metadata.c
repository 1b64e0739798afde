/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * onMetaData <-> struct.
 */
#include "rtmp-metadata.h"
#include "rtmp-command.h"
#include "rtmp-error.h"

#include <math.h>

#define ON_METADATA "onMetaData"
#define SIZE_MAX_CREDIBLE 16384
#define FRAMERATE_MAX_CREDIBLE 1000
#define SAMPLE_RATE_MAX_CREDIBLE 768000
#define CHANNELS_MAX_CREDIBLE 64
#define LEGACY_ID_MAX 15
/* the smallest number whose four bytes are printable */
#define FOURCC_MIN 0x20202020

RtmpMetadata *
rtmp_metadata_new (void)
{
  RtmpMetadata *metadata = g_new0 (RtmpMetadata, 1);

  metadata->fields = rtmp_amf_new_ecma_array ();
  return metadata;
}

void
rtmp_metadata_free (RtmpMetadata *metadata)
{
  if (metadata == NULL)
    return;
  rtmp_amf_free (metadata->fields);
  g_free (metadata->encoder);
  g_free (metadata);
}

/* ---- read ---- */

static gdouble
read_number (const RtmpAmf *object, const gchar *key, gdouble max)
{
  gdouble number = rtmp_amf_get_number (object, key, 0);

  return number > 0 && number <= max ? number : 0;
}

static gdouble
read_framerate (const RtmpAmf *object)
{
  static const gchar *const keys[] = { "framerate", "videoframerate", "fps", "frameRate" };
  gdouble framerate = 0;
  guint i;

  for (i = 0; framerate == 0 && i < G_N_ELEMENTS (keys); i++)
    framerate = read_number (object, keys[i], FRAMERATE_MAX_CREDIBLE);
  return framerate;
}

static guint32
codec_of_number (gint64 number, gboolean video)
{
  if (number >= FOURCC_MIN)
    return number;
  if (number > LEGACY_ID_MAX || (video && number == 0))
    return RTMP_CODEC_NONE;
  return video ? RTMP_CODEC_LEGACY_VIDEO (number) : RTMP_CODEC_LEGACY_AUDIO (number);
}

guint32
rtmp_metadata_read_codec (const RtmpAmf *value, gboolean video)
{
  const gchar *text = rtmp_amf_to_text (value);
  guint64 number;
  gint64 integer;

  if (rtmp_amf_to_int (value, 0, G_MAXUINT32, &integer))
    return codec_of_number (integer, video);
  if (text == NULL)
    return RTMP_CODEC_NONE;
  if (g_ascii_string_to_unsigned (text, 10, 0, G_MAXUINT32, &number, NULL))
    return codec_of_number (number, video);
  return strlen (text) == 4 ? codec_of_number (rtmp_get_u32 ((const guint8 *)text), video)
                            : RTMP_CODEC_NONE;
}

static guint
read_channels (const RtmpAmf *object)
{
  guint channels = read_number (object, "audiochannels", CHANNELS_MAX_CREDIBLE);

  if (channels > 0 || rtmp_amf_get (object, "stereo") == NULL)
    return channels;
  return rtmp_amf_get_boolean (object, "stereo", FALSE) ? 2 : 1;
}

/* AMF0 form: an array that came as AMF3 or as an object has another type. */
static RtmpAmf *
copy_fields (const RtmpAmf *object)
{
  RtmpAmf *fields = rtmp_amf_new_ecma_array ();
  guint i;

  for (i = 0; i < object->properties->len; i++) {
    const RtmpAmfProperty *from = &g_array_index (object->properties, RtmpAmfProperty, i);
    RtmpAmfProperty property = { g_strdup (from->key), rtmp_amf_copy (from->value) };

    /* not rtmp_amf_set: it looks through all of them each time */
    g_array_append_val (fields->properties, property);
  }
  return fields;
}

RtmpMetadata *
rtmp_metadata_new_from_amf (const RtmpAmf *object)
{
  RtmpMetadata *metadata = rtmp_metadata_new ();

  object = rtmp_amf_unwrap (object);
  if (!rtmp_amf_is_object (object))
    return metadata;
  metadata->width = read_number (object, "width", SIZE_MAX_CREDIBLE);
  metadata->height = read_number (object, "height", SIZE_MAX_CREDIBLE);
  metadata->framerate = read_framerate (object);
  metadata->video_codec =
      rtmp_metadata_read_codec (rtmp_amf_get (object, "videocodecid"), TRUE);
  metadata->audio_codec =
      rtmp_metadata_read_codec (rtmp_amf_get (object, "audiocodecid"), FALSE);
  metadata->video_kbps = read_number (object, "videodatarate", G_MAXUINT32);
  metadata->audio_kbps = read_number (object, "audiodatarate", G_MAXUINT32);
  metadata->sample_rate = read_number (object, "audiosamplerate", SAMPLE_RATE_MAX_CREDIBLE);
  metadata->sample_size = read_number (object, "audiosamplesize", 64);
  metadata->channels = read_channels (object);
  metadata->encoder = g_strdup (rtmp_amf_get_string (object, "encoder"));
  rtmp_amf_free (metadata->fields);
  metadata->fields = copy_fields (object);
  return metadata;
}

RtmpMetadata *
rtmp_metadata_parse (const RtmpMessage *message, const RtmpLimits *limits, GError **error)
{
  g_autoptr (RtmpCommand) command = rtmp_command_parse (message, limits, error);

  if (command == NULL)
    return NULL;
  if (strcmp (command->name, ON_METADATA) != 0) {
    g_set_error_literal (error, RTMP_ERROR, RTMP_ERROR_PROTOCOL, "not " ON_METADATA);
    return NULL;
  }
  return rtmp_metadata_new_from_amf (rtmp_command_get (command, 0));
}

/* ---- build ---- */

static void
set_number (RtmpAmf *array, const gchar *key, gdouble number)
{
  if (number > 0)
    rtmp_amf_set_number (array, key, number);
}

static void
set_codec (RtmpAmf *array, const gchar *key, guint32 codec)
{
  if (codec != RTMP_CODEC_NONE)
    rtmp_amf_set_number (array, key, RTMP_CODEC_IS_LEGACY (codec) ? codec & 0xff : codec);
}

RtmpAmf *
rtmp_metadata_to_amf (const RtmpMetadata *metadata)
{
  RtmpAmf *array = rtmp_amf_copy (metadata->fields);

  set_number (array, "width", metadata->width);
  set_number (array, "height", metadata->height);
  set_number (array, "framerate", metadata->framerate);
  set_codec (array, "videocodecid", metadata->video_codec);
  set_number (array, "videodatarate", metadata->video_kbps);
  set_codec (array, "audiocodecid", metadata->audio_codec);
  set_number (array, "audiodatarate", metadata->audio_kbps);
  set_number (array, "audiosamplerate", metadata->sample_rate);
  set_number (array, "audiosamplesize", metadata->sample_size);
  set_number (array, "audiochannels", metadata->channels);
  if (metadata->channels > 0)
    rtmp_amf_set_boolean (array, "stereo", metadata->channels == 2);
  if (metadata->encoder != NULL)
    rtmp_amf_set_string (array, "encoder", metadata->encoder);
  return array;
}

RtmpMessage *
rtmp_metadata_build (const RtmpMetadata *metadata, guint32 msid, guint32 timestamp)
{
  RtmpMessage *message =
      rtmp_data_new (msid, timestamp, ON_METADATA, rtmp_metadata_to_amf (metadata), NULL);

  message->flags |= RTMP_MESSAGE_METADATA;
  return message;
}
