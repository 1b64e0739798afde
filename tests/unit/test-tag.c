/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Tag headers: build -> parse round trips, limits, and what classify makes of a
 * message.
 */
#include "protocol/rtmp-error.h"
#include "protocol/rtmp-tag.h"

#define V RTMP_TYPE_VIDEO
#define A RTMP_TYPE_AUDIO

static const guint32 video_codecs[] = { RTMP_CODEC_FLV1, RTMP_CODEC_SCREEN, RTMP_CODEC_VP6,
  RTMP_CODEC_VP6A, RTMP_CODEC_AVC, RTMP_CODEC_HEVC_12, RTMP_FOURCC_AVC, RTMP_FOURCC_HEVC,
  RTMP_FOURCC_VVC, RTMP_FOURCC_AV1, RTMP_FOURCC_VP9, RTMP_FOURCC_VP8 };
static const guint32 audio_codecs[] = { RTMP_CODEC_AAC, RTMP_CODEC_MP3, RTMP_CODEC_PCM_LE,
  RTMP_CODEC_SPEEX, RTMP_CODEC_ALAW, RTMP_FOURCC_OPUS, RTMP_FOURCC_FLAC, RTMP_FOURCC_AAC,
  RTMP_FOURCC_MP3, RTMP_FOURCC_AC3, RTMP_FOURCC_EAC3 };
static const RtmpPacket packets[] = { RTMP_PACKET_FRAMES, RTMP_PACKET_HEADER, RTMP_PACKET_END,
  RTMP_PACKET_METADATA, RTMP_PACKET_TS_HEADER, RTMP_PACKET_MULTICHANNEL, RTMP_PACKET_COMMAND };

static void
random_tag (GRand *rand, RtmpTag *tag)
{
  memset (tag, 0, sizeof *tag);
  tag->video = g_rand_boolean (rand);
  tag->codec = tag->video
                   ? video_codecs[g_rand_int_range (rand, 0, G_N_ELEMENTS (video_codecs))]
                   : audio_codecs[g_rand_int_range (rand, 0, G_N_ELEMENTS (audio_codecs))];
  tag->packet = packets[g_rand_int_range (rand, 0, G_N_ELEMENTS (packets))];
  tag->frame_type = g_rand_int_range (rand, 1, 5);
  tag->command = g_rand_int_range (rand, 0, 2);
  tag->vp6_adjust = g_rand_int_range (rand, 0, 256);
  if (g_rand_boolean (rand))
    tag->composition_ms = g_rand_int_range (rand, -0x800000, 0x800000);
  if (g_rand_boolean (rand))
    tag->nano_offset = g_rand_int_range (rand, 1, 1000000);
  tag->sound_rate = g_rand_int_range (rand, 0, 4);
  tag->sound_bits = g_rand_boolean (rand) ? 8 : 16;
  tag->sound_channels = g_rand_int_range (rand, 1, 3);
}

static gboolean
carries_composition (const RtmpTag *tag)
{
  return tag->video && tag->packet == RTMP_PACKET_FRAMES &&
         (tag->codec == RTMP_CODEC_AVC || tag->codec == RTMP_CODEC_HEVC_12 ||
             tag->codec == RTMP_FOURCC_AVC || tag->codec == RTMP_FOURCC_HEVC ||
             tag->codec == RTMP_FOURCC_VVC);
}

static void
check_built (const RtmpTag *tag, guint8 track_id, gboolean multitrack, const guint8 *bytes,
    gsize header_size)
{
  gsize size = header_size + 4, position = 0;
  gboolean command = tag->packet == RTMP_PACKET_COMMAND;
  gboolean legacy = RTMP_CODEC_IS_LEGACY (tag->codec);
  g_autoptr (GError) error = NULL;
  RtmpTagTrack track;
  RtmpTag parsed;

  g_assert_true (rtmp_tag_parse (
      tag->video ? V : A, bytes, size, rtmp_limits_default (), &parsed, &error));
  g_assert_no_error (error);
  g_assert_cmpint (parsed.enhanced, ==, !legacy);
  g_assert_cmpint (parsed.packet, ==, tag->packet);
  g_assert_cmpuint (parsed.header_size, ==, header_size);
  if (command) {
    g_assert_cmpuint (parsed.command, ==, tag->command);
    g_assert_false (rtmp_tag_next_track (&parsed, bytes, size, &position, &track, NULL));
    return;
  }
  g_assert_cmpuint (parsed.codec, ==, tag->codec);
  if (tag->video)
    g_assert_cmpuint (parsed.frame_type, ==, tag->frame_type);
  g_assert_cmpuint (parsed.nano_offset, ==, legacy ? 0 : tag->nano_offset);
  g_assert_cmpint (parsed.multitrack, ==,
      !legacy && (multitrack || track_id != 0) ? RTMP_MULTITRACK_ONE : RTMP_MULTITRACK_NONE);
  g_assert_true (rtmp_tag_next_track (&parsed, bytes, size, &position, &track, &error));
  g_assert_cmpuint (track.id, ==, legacy ? 0 : track_id);
  g_assert_cmpuint (track.offset, ==, header_size);
  g_assert_cmpuint (track.size, ==, 4);
  g_assert_cmpuint (track.codec, ==, tag->codec);
  g_assert_cmpint (
      track.composition_ms, ==, carries_composition (tag) ? tag->composition_ms : 0);
  g_assert_cmpint (parsed.composition_ms, ==, track.composition_ms);
  g_assert_false (rtmp_tag_next_track (&parsed, bytes, size, &position, &track, &error));
  g_assert_no_error (error);
  if (legacy && !tag->video && tag->codec != RTMP_CODEC_AAC) {
    g_assert_cmpuint (parsed.sound_rate, ==, tag->sound_rate);
    g_assert_cmpuint (parsed.sound_bits, ==, tag->sound_bits);
    g_assert_cmpuint (parsed.sound_channels, ==, tag->sound_channels);
  }
}

static void
test_round_trip (void)
{
  g_autoptr (GRand) rand = g_rand_new_with_seed (99);
  guint i, n_built = 0;

  for (i = 0; i < 20000; i++) {
    guint8 bytes[RTMP_MESSAGE_MAX_PREFIX + 4] = { 0 };
    guint8 track_id = g_rand_boolean (rand) ? g_rand_int_range (rand, 0, 256) : 0;
    gboolean multitrack = g_rand_boolean (rand);
    RtmpTag tag;
    gsize header_size;

    random_tag (rand, &tag);
    header_size = rtmp_tag_build (&tag, track_id, multitrack, bytes);
    g_assert_cmpuint (header_size, <=, RTMP_MESSAGE_MAX_PREFIX);
    if (header_size == 0)
      continue;
    n_built++;
    memset (bytes + header_size, 0xee, 4);
    check_built (&tag, track_id, multitrack, bytes, header_size);
  }
  g_assert_cmpuint (n_built, >, 8000);
}

static void
test_build_bytes (void)
{
  static const RtmpTag avc = { .video = TRUE,
    .codec = RTMP_CODEC_AVC,
    .frame_type = RTMP_FRAME_INTER,
    .composition_ms = -33 };
  static const RtmpTag aac = { .codec = RTMP_CODEC_AAC, .packet = RTMP_PACKET_HEADER };
  static const RtmpTag hevc = {
    .video = TRUE, .codec = RTMP_FOURCC_HEVC, .frame_type = RTMP_FRAME_INTER, .nano_offset = 1
  };
  static const RtmpTag flv1_header = {
    .video = TRUE, .codec = RTMP_CODEC_FLV1, .packet = RTMP_PACKET_HEADER
  };
  guint8 out[RTMP_MESSAGE_MAX_PREFIX];
  gsize size;

  size = rtmp_tag_build (&avc, 0, FALSE, out);
  g_assert_cmpmem (out, size, "\x27\x01\xff\xff\xdf", 5);
  size = rtmp_tag_build (&aac, 0, FALSE, out);
  g_assert_cmpmem (out, size, "\xaf\x00", 2);
  size = rtmp_tag_build (&hevc, 1, FALSE, out);
  g_assert_cmpmem (out, size, "\xa7\x02\x00\x00\x01\x06\x03hvc1\x01", 12);
  g_assert_cmpuint (rtmp_tag_build (&flv1_header, 0, FALSE, out), ==, 0);
}

static gboolean
parse_code (guint8 type, const GByteArray *bytes, const RtmpLimits *limits, gint code)
{
  g_autofree guint8 *exact = g_memdup2 (bytes->data, bytes->len);
  g_autoptr (GError) error = NULL;
  RtmpTag tag;

  if (rtmp_tag_parse (type, exact, bytes->len, limits, &tag, &error))
    return code < 0;
  g_assert_nonnull (error);
  return g_error_matches (error, RTMP_ERROR, code);
}

static void
test_limit_modex (void)
{
  RtmpLimits limits = *rtmp_limits_default ();
  gint step;

  limits.max_modex = 5;
  for (step = -1; step <= 1; step++) {
    g_autoptr (GByteArray) bytes = g_byte_array_new ();
    guint n = 5 + step, i;

    g_byte_array_append (bytes, (const guint8 *)"\x97", 1);
    for (i = 0; i < n; i++)
      g_byte_array_append (
          bytes, (const guint8 *)(i + 1 < n ? "\x00\xaa\x17" : "\x00\xaa\x11"), 3);
    g_byte_array_append (bytes, (const guint8 *)"av01xx", 6);
    g_assert_true (parse_code (V, bytes, &limits, step <= 0 ? -1 : RTMP_ERROR_LIMIT));
  }
}

static void
test_limit_tracks (void)
{
  RtmpLimits limits = *rtmp_limits_default ();
  gint step;

  limits.max_tracks = 6;
  for (step = -1; step <= 1; step++) {
    g_autoptr (GByteArray) bytes = g_byte_array_new ();
    guint i;

    g_byte_array_append (bytes,
        (const guint8 *)"\x96\x11"
                        "av01",
        6);
    for (i = 0; i < (guint)(6 + step); i++)
      g_byte_array_append (bytes, (const guint8 *)"\x01\x00\x00\x01z", 5);
    g_assert_true (parse_code (V, bytes, &limits, step <= 0 ? -1 : RTMP_ERROR_LIMIT));
  }
}

/* A FourCC must not be taken for one of our numbers of legacy ids. */
static void
test_posing_fourcc (void)
{
  g_autoptr (GByteArray) bytes = g_byte_array_new ();

  g_byte_array_append (bytes, (const guint8 *)"\x91\x00\x00\x01\x07xxxx", 9);
  g_assert_true (parse_code (V, bytes, rtmp_limits_default (), RTMP_ERROR_PROTOCOL));
}

typedef struct
{
  guint8 type;
  const gchar *bytes;
  gsize size;
  guint8 flags;
  guint8 track;
  guint32 codec;
} ClassifyCase;

#define CASE(type, bytes, flags, track, codec)                                                 \
  {                                                                                            \
    type, bytes, sizeof (bytes) - 1, flags, track, codec                                       \
  }
#define KEY RTMP_MESSAGE_KEYFRAME
#define HEADER RTMP_MESSAGE_HEADER
#define EMPTY RTMP_MESSAGE_EMPTY
#define EX RTMP_MESSAGE_ENHANCED
#define SIDE RTMP_MESSAGE_SIDE_INFO
#define META RTMP_MESSAGE_METADATA

static const ClassifyCase classify_cases[] = {
  CASE (V, "\x17\x00\0\0\0\x01\x64", HEADER, 0, RTMP_CODEC_AVC),
  CASE (V, "\x17\x00\0\0\0", EMPTY, 0, RTMP_CODEC_AVC),
  CASE (V, "\x17\x01\0\0\0\0\0\0\x02\x41\x9a", KEY, 0, RTMP_CODEC_AVC),
  CASE (V, "\x27\x01\0\0\0\0\0\0\x02\x41\x9a", 0, 0, RTMP_CODEC_AVC),
  CASE (V, "\x17\x02\0\0\0", EMPTY, 0, RTMP_CODEC_AVC),
  CASE (V, "\x17\x07\0\0\0xx", EMPTY, 0, RTMP_CODEC_AVC),
  CASE (V, "\x17\x01\0", EMPTY, 0, 0),
  CASE (V, "\x57\x00", EMPTY, 0, RTMP_CODEC_AVC),
  CASE (V, "\x22xx", 0, 0, RTMP_CODEC_FLV1),
  CASE (V, "\x12xx", KEY, 0, RTMP_CODEC_FLV1),
  /* key frames flagged as inter: delimiter, SEI, then IDR */
  CASE (V, "\x27\x01\0\0\0\0\0\0\x02\x65\x88", KEY, 0, RTMP_CODEC_AVC),
  CASE (V, "\x27\x01\0\0\0\0\0\0\x02\x09\xf0\0\0\0\x01\x06\0\0\0\x02\x65\x88", KEY, 0,
      RTMP_CODEC_AVC),
  CASE (V, "\x27\x01\0\0\0\0\0\0\x02\x09\xf0\0\0\0\x02\x41\x88\0\0\0\x02\x65\x88", 0, 0,
      RTMP_CODEC_AVC),
  CASE (V, "\x27\x01\0\0\0\xff\xff\xff\xff\x09\xf0", 0, 0, RTMP_CODEC_AVC),
  CASE (V, "\x27\x01\0\0\0\0\0\0\x00\0\0\0\x01\x65", KEY, 0, RTMP_CODEC_AVC),
  CASE (V, "\x2c\x01\0\0\0\0\0\0\x02\x26\x01", KEY, 0, RTMP_CODEC_HEVC_12),
  CASE (V, "\x2c\x01\0\0\0\0\0\0\x02\x02\x01", 0, 0, RTMP_CODEC_HEVC_12),
  CASE (V, "\x2c\x01\0\0\0\0\0\0\x02\x1e\x01", 0, 0, RTMP_CODEC_HEVC_12),
  CASE (V, "\x2c\x01\0\0\0\0\0\0\x02\x20\x01", KEY, 0, RTMP_CODEC_HEVC_12),
  CASE (V, "\x2c\x01\0\0\0\0\0\0\x02\x2a\x01", KEY, 0, RTMP_CODEC_HEVC_12),
  CASE (V, "\x2c\x01\0\0\0\0\0\0\x02\x2c\x01", 0, 0, RTMP_CODEC_HEVC_12),
  CASE (V, "\xa3hvc1\0\0\0\x02\x26\x01", KEY | EX, 0, RTMP_FOURCC_HEVC),
  CASE (V, "\xa1hvc1\0\0\0\0\0\0\x02\x02\x01", EX, 0, RTMP_FOURCC_HEVC),
  CASE (V, "\x90\x61v01xx", HEADER | EX, 0, RTMP_FOURCC_AV1),
  CASE (V, "\x90\x61v01", EMPTY | EX, 0, RTMP_FOURCC_AV1),
  CASE (V, "\x95\x61v01xx", HEADER | EX, 0, RTMP_FOURCC_AV1),
  CASE (V, "\x84hvc1xx", SIDE | EX, 0, RTMP_FOURCC_HEVC),
  CASE (V, "\xd1\x01", EMPTY | EX, 0, 0),
  CASE (V, "\x99hvc1x", EMPTY | EX, 0, 0),
  CASE (V, "\x96\x01\x61v01\x02xx", KEY | EX, 2, RTMP_FOURCC_AV1),
  CASE (V, "\x96\x11\x61v01\x02\0\0\x01x\x03\0\0\x01y", KEY | EX, 0, RTMP_FOURCC_AV1),
  CASE (A, "\xaf\x00\x12\x10", HEADER, 0, RTMP_CODEC_AAC),
  CASE (A, "\xaf\x00", EMPTY, 0, RTMP_CODEC_AAC),
  CASE (A, "\xaf\x01\x21", 0, 0, RTMP_CODEC_AAC),
  CASE (A, "\xaf\x01", EMPTY, 0, RTMP_CODEC_AAC),
  CASE (A, "\xaf", EMPTY, 0, 0),
  CASE (A, "\x2f\xff", 0, 0, RTMP_CODEC_MP3),
  CASE (A, "\x90Opus", HEADER | EX, 0, RTMP_FOURCC_OPUS),
  CASE (A, "\x90mp4a", EMPTY | EX, 0, RTMP_FOURCC_AAC),
  CASE (A, "\x94Opus\0\2", SIDE | EX, 0, RTMP_FOURCC_OPUS),
  CASE (A, "\x95\x01mp4a\x01xx", EX, 1, RTMP_FOURCC_AAC),
  CASE (RTMP_TYPE_DATA, "\x02\x00\x0aonMetaData\x08", META, 0, 0),
  CASE (RTMP_TYPE_DATA, "\x02\x00\x0aonMetaDat", 0, 0, 0),
  CASE (RTMP_TYPE_DATA, "\x02\x00\x0aonTextData", 0, 0, 0),
  CASE (RTMP_TYPE_DATA_AMF3, "\x00\x02\x00\x0aonMetaData\x08", META, 0, 0),
  CASE (RTMP_TYPE_COMMAND, "\x02\x00\x0aonMetaData\x08", 0, 0, 0),
  CASE (V, "", EMPTY, 0, 0),
};

static void
test_classify (void)
{
  guint i;

  for (i = 0; i < G_N_ELEMENTS (classify_cases); i++) {
    const ClassifyCase *c = &classify_cases[i];
    gsize cut = MIN (c->size, 5);
    g_autoptr (RtmpMessage) own = rtmp_message_new_copy (c->type, 0, 1, c->bytes, c->size);
    g_autoptr (RtmpMessage) prefixed =
        rtmp_message_new_foreign (c->type, 0, (const guint8 *)c->bytes, cut,
            (const guint8 *)c->bytes + cut, c->size - cut, NULL, NULL);
    guint again;

    g_test_message ("case %u", i);
    for (again = 0; again < 2; again++) {
      rtmp_message_classify (own, rtmp_limits_default ());
      g_assert_cmphex (own->flags, ==, c->flags);
      g_assert_cmpuint (own->track, ==, c->track);
      g_assert_cmphex (own->codec, ==, c->codec);
    }
    rtmp_message_classify (prefixed, rtmp_limits_default ());
    g_assert_cmphex (prefixed->flags, ==, c->flags);
    g_assert_cmpuint (prefixed->track, ==, c->track);
  }
}

/* Any cut and any byte changed: no crash, offsets inside. */
static void
test_random (void)
{
  g_autoptr (GRand) rand = g_rand_new_with_seed (1234);
  guint i;

  for (i = 0; i < 50000; i++) {
    const ClassifyCase *c =
        &classify_cases[g_rand_int_range (rand, 0, G_N_ELEMENTS (classify_cases) - 1)];
    gsize size = g_rand_int_range (rand, 0, c->size + 1), position = 0;
    g_autofree guint8 *bytes = g_memdup2 (c->bytes, size);
    RtmpTagTrack track;
    RtmpTag tag;

    if (size > 0)
      bytes[g_rand_int_range (rand, 0, size)] = g_rand_int_range (rand, 0, 256);
    if (!rtmp_tag_parse (c->type, bytes, size, rtmp_limits_default (), &tag, NULL))
      continue;
    g_assert_cmpuint (tag.header_size, <=, size);
    while (rtmp_tag_next_track (&tag, bytes, size, &position, &track, NULL)) {
      g_assert_cmpuint (track.offset, <=, size);
      g_assert_cmpuint (track.size, <=, size - track.offset);
    }
  }
}

static void
test_codec_name (void)
{
  g_assert_cmpstr (rtmp_codec_name (RTMP_CODEC_AVC), ==, "avc");
  g_assert_cmpstr (rtmp_codec_name (RTMP_CODEC_AAC), ==, "aac");
  g_assert_cmpstr (rtmp_codec_name (RTMP_CODEC_LEGACY_VIDEO (9)), ==, "legacy video 9");
  g_assert_cmpstr (rtmp_codec_name (RTMP_CODEC_LEGACY_AUDIO (15)), ==, "legacy audio 15");
  g_assert_cmpstr (rtmp_codec_name (RTMP_FOURCC_FLAC), ==, "fLaC");
  g_assert_cmpstr (rtmp_codec_name (0xffffffff), ==, "unknown FourCC");
  g_assert_cmpstr (rtmp_codec_name (RTMP_CODEC_NONE), ==, "none");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/tag/round-trip", test_round_trip);
  g_test_add_func ("/tag/build-bytes", test_build_bytes);
  g_test_add_func ("/tag/limit-modex", test_limit_modex);
  g_test_add_func ("/tag/limit-tracks", test_limit_tracks);
  g_test_add_func ("/tag/posing-fourcc", test_posing_fourcc);
  g_test_add_func ("/tag/classify", test_classify);
  g_test_add_func ("/tag/random", test_random);
  g_test_add_func ("/tag/codec-name", test_codec_name);
  return g_test_run ();
}
