/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Caps of AAC out of its AudioSpecificConfig and of MP3 out of its frame header,
 * and back. Sources: ISO/IEC 14496-3 1.6.2.1 and 4.4.1, ISO/IEC 11172-3 2.4.1.3,
 * 13818-3.
 */
#include "media/rtmp-codec-private.h"
#include "protocol/rtmp-codec-config.h"
#include <gst/base/gstbitreader.h>
#include <gst/pbutils/codec-utils.h>

#define SYNC_EXTENSION 0x2b7

/* legacy tag rates by index; 48000 and others cannot be said */
static const gint tag_rates[] = { 5512, 11025, 22050, 44100 };

static gint
to_tag_rate (gint rate)
{
  guint i;

  for (i = 0; i < G_N_ELEMENTS (tag_rates); i++) {
    if (rate <= tag_rates[i])
      return i;
  }
  return G_N_ELEMENTS (tag_rates) - 1;
}

/* AAC */

static guint
get_bits (GstBitReader *reader, guint n, gboolean *ok)
{
  guint32 value = 0;

  if (!gst_bit_reader_get_bits_uint32 (reader, &value, n))
    *ok = FALSE;
  return *ok ? value : 0;
}

static guint
get_object_type (GstBitReader *reader, gboolean *ok)
{
  guint type = get_bits (reader, 5, ok);

  return type == 31 ? 32 + get_bits (reader, 6, ok) : type;
}

static void
skip_frequency (GstBitReader *reader, gboolean *ok)
{
  if (get_bits (reader, 4, ok) == 15)
    get_bits (reader, 24, ok);
}

/* Channels of a program config element; 0 if it is cut off. */
static gint
count_program_channels (GstBitReader *reader, gboolean *ok)
{
  guint n_elements, n_lfe, i;
  gint channels = 0;

  get_bits (reader, 4 + 2 + 4, ok); /* tag, object type, frequency index */
  n_elements = get_bits (reader, 4, ok);
  n_elements += get_bits (reader, 4, ok);
  n_elements += get_bits (reader, 4, ok);
  n_lfe = get_bits (reader, 2, ok);
  get_bits (reader, 3 + 4, ok);
  if (get_bits (reader, 1, ok)) /* mono mixdown */
    get_bits (reader, 4, ok);
  if (get_bits (reader, 1, ok)) /* stereo mixdown */
    get_bits (reader, 4, ok);
  if (get_bits (reader, 1, ok)) /* matrix mixdown */
    get_bits (reader, 3, ok);
  for (i = 0; i < n_elements; i++) {
    channels += get_bits (reader, 1, ok) ? 2 : 1;
    get_bits (reader, 4, ok);
  }
  return *ok ? channels + (gint)n_lfe : 0;
}

typedef struct _AacConfig
{
  gint rate;
  gint channels;
  gsize size; /* without what some encoders append after it */
} AacConfig;

/* Object types that GASpecificConfig follows. */
static gboolean
is_general_audio (guint type)
{
  return (type >= 1 && type <= 4) || type == 6 || type == 7;
}

/* Size up to which the record means something. Where we cannot tell, all of it. */
static gsize
measure_aac (
    GstBitReader *reader, guint type, guint channel_config, gsize size, AacConfig *config)
{
  gboolean ok = TRUE;
  guint32 next = 0;

  if (!is_general_audio (type))
    return size;
  get_bits (reader, 1, &ok);
  if (get_bits (reader, 1, &ok)) /* dependsOnCoreCoder */
    get_bits (reader, 14, &ok);
  get_bits (reader, 1, &ok);
  if (channel_config == 0) {
    config->channels = count_program_channels (reader, &ok);
    return size;
  }
  if (!ok || type == 6)
    return size;
  if (gst_bit_reader_get_remaining (reader) >= 11 &&
      gst_bit_reader_peek_bits_uint32 (reader, &next, 11) && next == SYNC_EXTENSION)
    return size;
  return (gst_bit_reader_get_pos (reader) + 7) / 8;
}

static gboolean
parse_aac (const RtmpTrackConfig *track, AacConfig *config)
{
  GstBitReader reader;
  gboolean ok = TRUE;
  guint type, channel_config;

  gst_bit_reader_init (&reader, track->header, track->header_size);
  type = get_object_type (&reader, &ok);
  skip_frequency (&reader, &ok);
  channel_config = get_bits (&reader, 4, &ok);
  if (type == 5 || type == 29) {
    skip_frequency (&reader, &ok);
    type = get_object_type (&reader, &ok);
  }
  if (!ok || type == 0)
    return FALSE;
  config->rate = gst_codec_utils_aac_get_sample_rate (track->header, track->header_size);
  config->channels = channel_config == 0 ? 0
                                         : (gint)gst_codec_utils_aac_get_channels (
                                               track->header, track->header_size);
  config->size = measure_aac (&reader, type, channel_config, track->header_size, config);
  if (config->channels == 0)
    config->channels = track->channels;
  return config->rate > 0;
}

GstCaps *
rtmp_codec_aac_to_caps (const RtmpCodec *codec, const RtmpTrackConfig *config, GError **error)
{
  AacConfig aac;
  GstBuffer *codec_data;
  GstCaps *caps;

  if (config->header_size < 2 || !parse_aac (config, &aac)) {
    rtmp_codec_fail (codec, error, "broken AudioSpecificConfig");
    return NULL;
  }
  codec_data = gst_buffer_new_memdup (config->header, aac.size);
  caps = gst_caps_new_simple ("audio/mpeg", "mpegversion", G_TYPE_INT, 4, "stream-format",
      G_TYPE_STRING, "raw", "framed", G_TYPE_BOOLEAN, TRUE, "rate", G_TYPE_INT, aac.rate,
      "codec_data", GST_TYPE_BUFFER, codec_data, NULL);
  gst_buffer_unref (codec_data);
  if (aac.channels > 0)
    gst_caps_set_simple (caps, "channels", G_TYPE_INT, aac.channels, NULL);
  gst_codec_utils_aac_caps_set_level_and_profile (caps, config->header, aac.size);
  return caps;
}

GBytes *
rtmp_codec_aac_to_header (
    const RtmpCodec *codec, const GstCaps *caps, RtmpTag *tag, GError **error)
{
  tag->sound_rate = 3; /* always so for AAC, whatever it is */
  tag->sound_bits = 16;
  tag->sound_channels = 2;
  return rtmp_codec_get_codec_data (codec, caps, 2, "add aacparse in front", error);
}

GstClockTime
rtmp_codec_aac_frame_duration (const RtmpTrackConfig *config)
{
  RtmpAacConfig aac;

  if (!rtmp_aac_config_parse (config->header, config->header_size, &aac, NULL) ||
      aac.frame_samples == 0)
    return GST_CLOCK_TIME_NONE;
  return gst_util_uint64_scale_round (aac.frame_samples, GST_SECOND, aac.rate);
}

/* MP3 */

typedef struct _MpegAudio
{
  gint version; /* 1 = MPEG-1, 2 = MPEG-2, 3 = MPEG-2.5 */
  gint layer;
  gint rate;
  gint channels;
} MpegAudio;

static gboolean
parse_mpeg_audio (const guint8 *data, gsize size, MpegAudio *audio)
{
  static const gint rates[] = { 44100, 48000, 32000 };
  static const gint8 versions[] = { 3, 0, 2, 1 };
  static const gint8 layers[] = { 0, 3, 2, 1 };
  guint rate_index;

  if (size < 4 || data[0] != 0xff || (data[1] & 0xe0) != 0xe0)
    return FALSE;
  audio->version = versions[(data[1] >> 3) & 3];
  audio->layer = layers[(data[1] >> 1) & 3];
  rate_index = (data[2] >> 2) & 3;
  if (audio->version == 0 || audio->layer == 0 || rate_index == 3 || (data[2] >> 4) == 15)
    return FALSE;
  audio->rate = rates[rate_index] >> (audio->version - 1);
  audio->channels = (data[3] >> 6) == 3 ? 1 : 2;
  return TRUE;
}

GstCaps *
rtmp_codec_mp3_to_caps (const RtmpCodec *codec, const RtmpTrackConfig *config, GError **error)
{
  MpegAudio audio;

  if (!parse_mpeg_audio (config->frame, config->frame_size, &audio)) {
    rtmp_codec_fail (codec, error, "no MPEG audio frame header");
    return NULL;
  }
  return gst_caps_new_simple ("audio/mpeg", "mpegversion", G_TYPE_INT, 1, "mpegaudioversion",
      G_TYPE_INT, audio.version, "layer", G_TYPE_INT, audio.layer, "rate", G_TYPE_INT,
      audio.rate, "channels", G_TYPE_INT, audio.channels, "parsed", G_TYPE_BOOLEAN, TRUE, NULL);
}

GBytes *
rtmp_codec_mp3_to_header (
    const RtmpCodec *codec, const GstCaps *caps, RtmpTag *tag, GError **error)
{
  const GstStructure *structure = gst_caps_get_structure (caps, 0);
  gint rate = 44100, channels = 2;

  gst_structure_get_int (structure, "rate", &rate);
  gst_structure_get_int (structure, "channels", &channels);
  if (codec->codec == RTMP_CODEC_MP3 && rate == 8000)
    tag->codec = RTMP_CODEC_MP3_8K;
  tag->sound_rate = to_tag_rate (rate);
  tag->sound_bits = 16;
  tag->sound_channels = channels == 1 ? 1 : 2;
  return g_bytes_new_static (NULL, 0);
}
