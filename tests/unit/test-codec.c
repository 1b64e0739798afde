/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The codec table both ways: complete caps out of headers, headers out of caps.
 */
#include "media/rtmp-codec.h"
#include "hex.h"

#define AVCC_HIGH                                                                              \
  "0164000dffe100196764000dacd94141fb011000000300100000030320f142996001000668ebe3cb22c0fdf8f8" \
  "00"
#define AVCC_SHORT_LENGTHS                                                                     \
  "0142c00afde100166742c00ad902c4ec0440000003004000000783c4899201000568cb83cb20"
#define HVCC                                                                                   \
  "0102200000009000000000003ff000fcfdfafa00000f03200001001840010c01ffff0220000003009000000300" \
  "0003003f959809210001003042010102200000030090000003000003003fa005120171c92365959a49395e20dc" \
  "24402410000003001000000301808022000100074401c172b46240"

static GstCaps *
to_caps (RtmpTrackConfig *config, const gchar *header, GError **error)
{
  const RtmpCodec *codec = rtmp_codec_find (config->codec);
  g_autoptr (GBytes) bytes = hex_to_bytes (header);

  g_assert_nonnull (codec);
  config->header = g_bytes_get_data (bytes, &config->header_size);
  config->frame = config->header;
  config->frame_size = config->header_size;
  return codec->to_caps (codec, config, error);
}

static void
assert_caps (RtmpTrackConfig config, const gchar *header, const gchar *expected)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GstCaps) caps = to_caps (&config, header, &error);
  g_autoptr (GstCaps) wanted = gst_caps_from_string (expected);
  g_autofree gchar *text = gst_caps_to_string (caps);

  g_assert_no_error (error);
  if (!gst_caps_is_equal (caps, wanted))
    g_error ("got %s\nwant %s", text, expected);
}

static void
test_h264 (void)
{
  RtmpTrackConfig config = {
    .codec = RTMP_CODEC_AVC, .width = 99, .height = 99, .framerate = 99
  };

  assert_caps (config, AVCC_HIGH,
      "video/x-h264, stream-format=avc, alignment=au, width=320, height=240, "
      "framerate=25/1, pixel-aspect-ratio=1/1, chroma-format=4:2:0, bit-depth-luma=(uint)8, "
      "bit-depth-chroma=(uint)8, interlace-mode=progressive, profile=high, level=(string)1.3, "
      "codec_data=(buffer)" AVCC_HIGH);
}

static void
test_h264_short_lengths (void)
{
  RtmpTrackConfig config = { .codec = RTMP_CODEC_AVC };

  /* our buffers always have 4 byte lengths */
  assert_caps (config, AVCC_SHORT_LENGTHS,
      "video/x-h264, stream-format=avc, alignment=au, width=176, height=144, "
      "framerate=15/1, pixel-aspect-ratio=1/1, chroma-format=4:2:0, bit-depth-luma=(uint)8, "
      "bit-depth-chroma=(uint)8, interlace-mode=progressive, profile=constrained-baseline, "
      "level=(string)1, codec_data=(buffer)"
      "0142c00affe100166742c00ad902c4ec0440000003004000000783c4899201000568cb83cb20");
}

static void
test_h264_hints (void)
{
  RtmpTrackConfig config = {
    .codec = RTMP_CODEC_AVC, .width = 640, .height = 360, .framerate = 29.97
  };

  assert_caps (config, "0164001effe000",
      "video/x-h264, stream-format=avc, alignment=au, width=640, height=360, "
      "framerate=30000/1001, profile=high, level=(string)3, "
      "codec_data=(buffer)0164001effe000");
}

static void
test_h265 (void)
{
  RtmpTrackConfig config = { .codec = RTMP_CODEC_HEVC_12 };

  assert_caps (config, HVCC,
      "video/x-h265, stream-format=hvc1, alignment=au, width=642, height=362, "
      "framerate=24/1, pixel-aspect-ratio=2/1, chroma-format=4:2:0, bit-depth-luma=(uint)10, "
      "bit-depth-chroma=(uint)10, interlace-mode=progressive, colorimetry=1:6:14:7, "
      "profile=main-10, tier=main, level=(string)2.1, codec_data=(buffer)" HVCC);
}

static void
test_aac (void)
{
  static const struct
  {
    const gchar *header, *rest;
  } cases[] = {
    { "1210", "rate=44100, channels=2, base-profile=lc, profile=lc, level=(string)2, "
              "codec_data=(buffer)1210" },
    { "1190", "rate=48000, channels=2, base-profile=lc, profile=lc, level=(string)2, "
              "codec_data=(buffer)1190" },
    { "1588", "rate=8000, channels=1, base-profile=lc, profile=lc, level=(string)1, "
              "codec_data=(buffer)1588" },
    /* FFmpeg's tail stays, garbage goes */
    { "121056e500", "rate=44100, channels=2, base-profile=lc, profile=lc, level=(string)2, "
                    "codec_data=(buffer)121056e500" },
    { "1210deadbeef", "rate=44100, channels=2, base-profile=lc, profile=lc, level=(string)2, "
                      "codec_data=(buffer)1210" },
    { "11b8", "rate=48000, channels=8, base-profile=lc, profile=lc, level=(string)6, "
              "codec_data=(buffer)11b8" },
    { "11b0", "rate=48000, channels=6, base-profile=lc, profile=lc, level=(string)4, "
              "codec_data=(buffer)11b0" },
  };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (cases); i++) {
    RtmpTrackConfig config = { .codec = RTMP_CODEC_AAC };
    g_autofree gchar *expected = g_strdup_printf (
        "audio/mpeg, mpegversion=4, stream-format=raw, framed=true, %s", cases[i].rest);

    assert_caps (config, cases[i].header, expected);
  }
}

/* rate and channels, whatever profile the installed library names them */
static void
test_aac_numbers (void)
{
  static const struct
  {
    const gchar *header;
    gint rate, channels;
  } cases[] = {
    { "2b920800", 44100, 2 }, /* HE-AAC 22050 -> 44100, explicit */
    { "138812f8", 22050, 1 },
    { "17802ee000", 24000, 0 },     /* explicit 24 bit rate, PCE cut off */
    { "118004c4000020", 48000, 2 }, /* PCE with one front pair */
  };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (cases); i++) {
    RtmpTrackConfig config = { .codec = RTMP_CODEC_AAC };
    g_autoptr (GstCaps) caps = to_caps (&config, cases[i].header, NULL);
    gint channels = 0, rate = 0;

    g_assert_nonnull (caps);
    gst_structure_get_int (gst_caps_get_structure (caps, 0), "rate", &rate);
    gst_structure_get_int (gst_caps_get_structure (caps, 0), "channels", &channels);
    g_test_message ("%s", cases[i].header);
    g_assert_cmpint (rate, ==, cases[i].rate);
    g_assert_cmpint (channels, ==, cases[i].channels);
  }
}

static void
test_mp3 (void)
{
  RtmpTrackConfig config = { .codec = RTMP_CODEC_MP3, .sound_rate = 3, .sound_channels = 2 };

  /* what the tag says is wrong on purpose: the frame wins */
  assert_caps (config, "fffb94c40000",
      "audio/mpeg, mpegversion=1, mpegaudioversion=1, layer=3, rate=48000, channels=1, "
      "parsed=true");
  assert_caps (config, "fff340040000",
      "audio/mpeg, mpegversion=1, mpegaudioversion=2, layer=3, rate=22050, channels=2, "
      "parsed=true");
  config.codec = RTMP_CODEC_MP3_8K;
  assert_caps (config, "ffe318c40000",
      "audio/mpeg, mpegversion=1, mpegaudioversion=3, layer=3, rate=8000, channels=1, "
      "parsed=true");
}

/* Only where the encoder says that no frame lasts longer or shorter. */
static void
test_frame_duration (void)
{
  const RtmpCodec *codec = rtmp_codec_find (RTMP_CODEC_AVC);
  g_autoptr (GBytes) fixed = hex_to_bytes (
      "01640014ffe1001e67640014acd941419f9f016a0c0c0d4a000003000200000300651e28532c0100"
      "0568ebecb22c");
  g_autoptr (GBytes) open = hex_to_bytes (AVCC_HIGH);
  RtmpTrackConfig config = { .codec = RTMP_CODEC_AVC };

  config.header = g_bytes_get_data (fixed, &config.header_size);
  g_assert_cmpuint (codec->frame_duration (&config), ==, 40 * GST_MSECOND);
  config.header = g_bytes_get_data (open, &config.header_size);
  g_assert_cmpuint (codec->frame_duration (&config), ==, GST_CLOCK_TIME_NONE);
}

static void
test_broken (void)
{
  static const struct
  {
    guint32 codec;
    const gchar *header;
  } cases[] = {
    { RTMP_CODEC_AVC, "" },
    { RTMP_CODEC_AVC, "0164" },
    { RTMP_CODEC_AVC, "0164000dffe1001967" },
    { RTMP_CODEC_AVC, HVCC },
    { RTMP_CODEC_HEVC_12, AVCC_HIGH },
    { RTMP_CODEC_HEVC_12, "" },
    { RTMP_CODEC_AAC, "" },
    { RTMP_CODEC_AAC, "12" },
    { RTMP_CODEC_AAC, "0010" },
    { RTMP_CODEC_AAC, "16900000" },
    { RTMP_CODEC_MP3, "" },
    { RTMP_CODEC_MP3, "fffb9c" },
    { RTMP_CODEC_MP3, "fffb9cc4" },
    { RTMP_CODEC_MP3, "00000000" },
  };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (cases); i++) {
    RtmpTrackConfig config = { .codec = cases[i].codec };
    g_autoptr (GError) error = NULL;

    g_test_message ("%x %s", cases[i].codec, cases[i].header);
    g_assert_null (to_caps (&config, cases[i].header, &error));
    g_assert_error (error, GST_STREAM_ERROR, GST_STREAM_ERROR_DECODE);
  }
}

static void
assert_header (const gchar *caps_text, guint32 codec, const gchar *header, RtmpTag expected)
{
  g_autoptr (GstCaps) caps = gst_caps_from_string (caps_text);
  const RtmpCodec *row = rtmp_codec_find_by_caps (caps, TRUE);
  g_autoptr (GBytes) wanted = hex_to_bytes (header);
  g_autoptr (GBytes) got = NULL;
  g_autoptr (GError) error = NULL;
  RtmpTag tag = { 0 };

  g_assert_nonnull (row);
  g_assert_cmphex (row->codec, ==, codec);
  tag.codec = row->codec;
  got = row->to_header (row, caps, &tag, &error);
  g_assert_no_error (error);
  g_assert_true (g_bytes_equal (got, wanted));
  g_assert_cmpint (tag.sound_rate, ==, expected.sound_rate);
  g_assert_cmpint (tag.sound_bits, ==, expected.sound_bits);
  g_assert_cmpint (tag.sound_channels, ==, expected.sound_channels);
  g_assert_cmphex (tag.codec, ==, expected.codec);
}

static void
test_back (void)
{
  assert_header ("video/x-h264, stream-format=avc, alignment=au, codec_data=(buffer)" AVCC_HIGH,
      RTMP_CODEC_AVC, AVCC_HIGH, (RtmpTag){ .codec = RTMP_CODEC_AVC });
  assert_header ("video/x-h265, stream-format=hvc1, alignment=au, codec_data=(buffer)" HVCC,
      RTMP_CODEC_HEVC_12, HVCC, (RtmpTag){ .codec = RTMP_CODEC_HEVC_12 });
  assert_header ("audio/mpeg, mpegversion=4, stream-format=raw, framed=true, rate=8000, "
                 "channels=1, codec_data=(buffer)1588",
      RTMP_CODEC_AAC, "1588",
      (RtmpTag){
          .codec = RTMP_CODEC_AAC, .sound_rate = 3, .sound_bits = 16, .sound_channels = 2 });
  assert_header ("audio/mpeg, mpegversion=1, layer=3, rate=22050, channels=1, parsed=true",
      RTMP_CODEC_MP3, "",
      (RtmpTag){
          .codec = RTMP_CODEC_MP3, .sound_rate = 2, .sound_bits = 16, .sound_channels = 1 });
  assert_header ("audio/mpeg, mpegversion=1, layer=3, rate=48000, channels=2, parsed=true",
      RTMP_CODEC_MP3, "",
      (RtmpTag){
          .codec = RTMP_CODEC_MP3, .sound_rate = 3, .sound_bits = 16, .sound_channels = 2 });
  assert_header ("audio/mpeg, mpegversion=1, layer=3, rate=8000, channels=1, parsed=true",
      RTMP_CODEC_MP3, "",
      (RtmpTag){
          .codec = RTMP_CODEC_MP3_8K, .sound_rate = 1, .sound_bits = 16, .sound_channels = 1 });
}

static void
test_back_fails (void)
{
  g_autoptr (GstCaps) no_codec_data =
      gst_caps_from_string ("video/x-h264, stream-format=avc, alignment=au");
  g_autoptr (GstCaps) byte_stream =
      gst_caps_from_string ("video/x-h264, stream-format=byte-stream, alignment=au");
  const RtmpCodec *row = rtmp_codec_find_by_caps (no_codec_data, TRUE);
  g_autoptr (GError) error = NULL;
  g_autofree gchar *accepted = rtmp_codec_describe_accepted (TRUE);
  RtmpTag tag = { 0 };

  g_assert_null (row->to_header (row, no_codec_data, &tag, &error));
  g_assert_error (error, GST_STREAM_ERROR, GST_STREAM_ERROR_FORMAT);
  g_assert_nonnull (strstr (error->message, "h264parse"));
  g_assert_null (rtmp_codec_find_by_caps (byte_stream, TRUE));
  g_assert_nonnull (strstr (accepted, "H.264 (video/x-h264"));
  g_assert_nonnull (strstr (accepted, "H.265 (video/x-h265"));
}

static void
test_templates (void)
{
  gint video;

  for (video = 0; video < 2; video++) {
    g_autoptr (GstCaps) sink = rtmp_codec_get_sink_caps (video);
    g_autoptr (GstCaps) src = rtmp_codec_get_src_caps (video);

    g_assert_cmpint (gst_caps_get_size (sink), >=, 2);
    g_assert_true (gst_caps_is_subset (src, sink));
  }
}

gint
main (gint argc, gchar **argv)
{
  g_test_init (&argc, &argv, NULL);
  gst_init (&argc, &argv);
  g_test_add_func ("/codec/h264", test_h264);
  g_test_add_func ("/codec/h264-short-lengths", test_h264_short_lengths);
  g_test_add_func ("/codec/h264-hints", test_h264_hints);
  g_test_add_func ("/codec/h265", test_h265);
  g_test_add_func ("/codec/aac", test_aac);
  g_test_add_func ("/codec/aac-numbers", test_aac_numbers);
  g_test_add_func ("/codec/mp3", test_mp3);
  g_test_add_func ("/codec/frame-duration", test_frame_duration);
  g_test_add_func ("/codec/broken", test_broken);
  g_test_add_func ("/codec/back", test_back);
  g_test_add_func ("/codec/back-fails", test_back_fails);
  g_test_add_func ("/codec/templates", test_templates);
  return g_test_run ();
}
