/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Messages of a publish session -> items: order, times, changes, damage.
 */
#include "media/rtmp-demux.h"
#include "hex.h"

#define AVC_HEADER                                                                             \
  "1700000000"                                                                                 \
  "0142c00affe100166742c00ad902c4ec0440000003004000000783c4899201000568cb83cb20"
#define AVC_HEADER_2                                                                           \
  "1700000000"                                                                                 \
  "0164000dffe100196764000dacd94141fb011000000300100000030320f142996001000668ebe3cb22c0fdf8f8" \
  "00"
#define AVC_KEY "170100000000000003658880"
#define AVC_INTER "270100000000000002419a"
#define AVC_INTER_PLUS_66 "270100004200000002419a"
#define AVC_INTER_MINUS_33 "2701ffffdf00000002419a"
#define AAC_HEADER "af001210"
#define AAC_FRAME "af0121100460"
#define MP3_48K "2ffffb94c40000"

typedef struct _Fixture
{
  RtmpLimits limits;
  RtmpDemux *demux;
  GArray *items;
} Fixture;

static void
set_up (Fixture *f, gconstpointer data)
{
  f->limits = *rtmp_limits_default ();
  f->demux = rtmp_demux_new (&f->limits);
  f->items = rtmp_demux_items_new ();
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  g_array_unref (f->items);
  rtmp_demux_free (f->demux);
}

static void
push_message (Fixture *f, RtmpMessage *message)
{
  rtmp_message_classify (message, &f->limits);
  rtmp_message_seal (message);
  rtmp_demux_push (f->demux, message, RTMP_TIMELINE_NOW_UNKNOWN, f->items);
  rtmp_message_unref (message);
}

static void
push (Fixture *f, guint8 type, guint32 timestamp, const gchar *hex)
{
  g_autoptr (GBytes) bytes = hex_to_bytes (hex);

  push_message (f, rtmp_message_new_copy (type, timestamp, 1, g_bytes_get_data (bytes, NULL),
                       g_bytes_get_size (bytes)));
}

static void
push_metadata (Fixture *f, gboolean video, gboolean audio, gdouble width)
{
  RtmpAmf *object = rtmp_amf_new_ecma_array ();

  if (video)
    rtmp_amf_set_number (object, "videocodecid", 7);
  if (audio)
    rtmp_amf_set_number (object, "audiocodecid", 10);
  rtmp_amf_set_number (object, "width", width);
  push_message (f, rtmp_data_new (1, 0, "onMetaData", object, NULL));
}

#define video(f, timestamp, hex) push (f, RTMP_TYPE_VIDEO, timestamp, hex)
#define audio(f, timestamp, hex) push (f, RTMP_TYPE_AUDIO, timestamp, hex)

/* Takes the items as one line: "V caps, V 0/66 key, A gap 0+600, ..." */
static gchar *
take_log (Fixture *f)
{
  GString *log = g_string_new (NULL);
  guint i;

  for (i = 0; i < f->items->len; i++) {
    RtmpDemuxItem *item = &g_array_index (f->items, RtmpDemuxItem, i);
    gint64 dts = item->dts_ns / (gint64)GST_MSECOND;

    if (i > 0)
      g_string_append (log, ", ");
    if (item->track != NULL)
      g_string_append (log, item->track->video ? "V " : "A ");
    switch (item->type) {
      case RTMP_DEMUX_CAPS:
        g_string_append (log, "caps");
        break;
      case RTMP_DEMUX_BUFFER:
        g_string_append_printf (
            log, "%d/%d", (gint)dts, (gint)(item->pts_ns / (gint64)GST_MSECOND));
        if (GST_BUFFER_FLAG_IS_SET (item->buffer, GST_BUFFER_FLAG_DISCONT))
          g_string_append (log, " discont");
        if (item->track->video &&
            !GST_BUFFER_FLAG_IS_SET (item->buffer, GST_BUFFER_FLAG_DELTA_UNIT))
          g_string_append (log, " key");
        break;
      case RTMP_DEMUX_GAP:
        g_string_append_printf (
            log, "gap %d+%d", (gint)dts, (gint)(item->duration_ns / (gint64)GST_MSECOND));
        break;
      case RTMP_DEMUX_METADATA:
        g_string_append (log, "metadata");
        break;
      case RTMP_DEMUX_DATA:
        g_string_append_printf (log, "%s %d", item->command->name, (gint)dts);
        break;
      case RTMP_DEMUX_WARNING:
        g_string_append (log, "warning");
        break;
    }
  }
  g_array_set_size (f->items, 0);
  return g_string_free (log, FALSE);
}

static void
expect (Fixture *f, const gchar *expected)
{
  g_autofree gchar *log = take_log (f);

  g_assert_cmpstr (log, ==, expected);
}

static void
test_order (Fixture *f, gconstpointer data)
{
  push_metadata (f, TRUE, TRUE, 100);
  video (f, 0, AVC_HEADER);
  audio (f, 0, AAC_HEADER);
  video (f, 5000, AVC_KEY);
  audio (f, 5000, AAC_FRAME);
  video (f, 5040, AVC_INTER_PLUS_66);
  video (f, 5080, AVC_INTER_MINUS_33);
  audio (f, 5023, AAC_FRAME);
  expect (f, "metadata, V caps, A caps, V 0/0 discont key, A 0/0 discont, V 40/106, V 80/47, "
             "A 23/23");
}

/* A muxer gives the last sample of a track no time of its own without it. */
static void
test_aac_duration (Fixture *f, gconstpointer data)
{
  RtmpDemuxItem *item;

  audio (f, 0, AAC_HEADER);
  audio (f, 0, AAC_FRAME);
  item = &g_array_index (f->items, RtmpDemuxItem, f->items->len - 1);
  g_assert_cmpuint (GST_BUFFER_DURATION (item->buffer), ==, 23219955);
}

static void
test_payload (Fixture *f, gconstpointer data)
{
  g_autoptr (GBytes) frame = hex_to_bytes ("00000003658880");
  RtmpDemuxItem *item;

  video (f, 0, AVC_HEADER);
  video (f, 0, AVC_KEY);
  g_assert_cmpint (f->items->len, ==, 2);
  item = &g_array_index (f->items, RtmpDemuxItem, 1);
  g_assert_cmpint (gst_buffer_get_size (item->buffer), ==, g_bytes_get_size (frame));
  g_assert_cmpint (gst_buffer_memcmp (item->buffer, 0, g_bytes_get_data (frame, NULL),
                       g_bytes_get_size (frame)),
      ==, 0);
  g_assert_true (GST_MEMORY_IS_READONLY (gst_buffer_peek_memory (item->buffer, 0)));
}

static void
test_header_changes (Fixture *f, gconstpointer data)
{
  video (f, 0, AVC_HEADER);
  video (f, 0, AVC_KEY);
  video (f, 40, AVC_HEADER);
  video (f, 40, AVC_KEY);
  video (f, 80, AVC_HEADER_2);
  video (f, 80, AVC_KEY);
  expect (f, "V caps, V 0/0 discont key, V 40/40 key, V caps, V 80/80 key");
}

/* A flood of changes costs no more than twice the limit a second. */
static void
test_header_flood (Fixture *f, gconstpointer data)
{
  guint i, n = 0;

  for (i = 0; i < 900; i++) {
    video (f, i, i & 1 ? AVC_HEADER : AVC_HEADER_2);
    video (f, i, AVC_KEY);
  }
  for (i = 0; i < f->items->len; i++)
    n += g_array_index (f->items, RtmpDemuxItem, i).type == RTMP_DEMUX_CAPS;
  g_assert_cmpint (n, ==, f->limits.max_header_changes_per_s * 2);
}

static void
test_before_header (Fixture *f, gconstpointer data)
{
  video (f, 0, AVC_KEY);
  audio (f, 0, AAC_FRAME);
  video (f, 40, AVC_HEADER);
  video (f, 40, AVC_KEY);
  expect (f, "V caps, V 40/40 discont key");
}

/* The header never comes: said once, and the track counts as settled. A header that
 * comes after all is taken. */
static void
test_header_never_comes (Fixture *f, gconstpointer data)
{
  guint i;

  video (f, 0, AVC_HEADER);
  for (i = 0; i < 49; i++)
    audio (f, i * 20, AAC_FRAME);
  expect (f, "V caps");
  g_assert_false (rtmp_demux_is_complete (f->demux));
  audio (f, 980, AAC_FRAME);
  audio (f, 1000, AAC_FRAME);
  expect (f, "A warning");
  g_assert_true (rtmp_demux_is_complete (f->demux));
  audio (f, 1000, AAC_HEADER);
  audio (f, 1020, AAC_FRAME);
  expect (f, "A caps, A 1020/1020 discont, V gap 0+520");
}

/* Headers that are repeated with time 0 move nothing. */
static void
test_header_without_time (Fixture *f, gconstpointer data)
{
  video (f, 0, AVC_HEADER);
  video (f, 90000, AVC_KEY);
  video (f, 0, AVC_HEADER);
  push_metadata (f, TRUE, FALSE, 1);
  video (f, 90040, AVC_KEY);
  expect (f, "V caps, V 0/0 discont key, metadata, V 40/40 key");
}

static void
test_jump (Fixture *f, gconstpointer data)
{
  video (f, 0, AVC_HEADER);
  audio (f, 0, AAC_HEADER);
  video (f, 1000, AVC_KEY);
  audio (f, 1000, AAC_FRAME);
  video (f, 700000, AVC_KEY);
  audio (f, 1023, AAC_FRAME);
  audio (f, 700010, AAC_FRAME);
  expect (f, "V caps, A caps, V 0/0 discont key, A 0/0 discont, V 0/0 discont key, "
             "A 23/23 discont, A 23/23");
}

/* The DTS of a track never goes back; its PTS is what the publisher said. */
static void
test_backwards (Fixture *f, gconstpointer data)
{
  video (f, 0, AVC_HEADER);
  video (f, 1000, AVC_KEY);
  video (f, 960, AVC_INTER_PLUS_66);
  expect (f, "V caps, V 0/0 discont key, V 0/26");
}

/* What has no composition time has its PTS at its DTS; and a track may begin before
 * the session's first message. */
static void
test_audio_backwards (Fixture *f, gconstpointer data)
{
  video (f, 0, AVC_HEADER);
  audio (f, 0, AAC_HEADER);
  video (f, 1000, AVC_KEY);
  audio (f, 970, AAC_FRAME);
  audio (f, 990, AAC_FRAME);
  audio (f, 980, AAC_FRAME);
  expect (f, "V caps, A caps, V 0/0 discont key, A -30/-30 discont, A -10/-10, A -10/-10");
}

static void
test_gap (Fixture *f, gconstpointer data)
{
  video (f, 0, AVC_HEADER);
  audio (f, 0, AAC_HEADER);
  audio (f, 0, AAC_FRAME);
  video (f, 0, AVC_KEY);
  video (f, 1000, AVC_KEY);
  expect (f, "V caps, A caps, A 0/0 discont, V 0/0 discont key, V 1000/1000 key");
  video (f, 1001, AVC_KEY);
  expect (f, "V 1001/1001 key, A gap 0+501");
  video (f, 1501, AVC_KEY);
  video (f, 1502, AVC_KEY);
  expect (f, "V 1501/1501 key, V 1502/1502 key, A gap 501+501");
  audio (f, 1490, AAC_FRAME);
  expect (f, "A 1490/1490");
}

static void
test_inter_flagged_keyframe (Fixture *f, gconstpointer data)
{
  video (f, 0, AVC_HEADER);
  video (f, 0, "270100000000000003658880");
  video (f, 40, AVC_INTER);
  expect (f, "V caps, V 0/0 discont key, V 40/40");
}

static void
test_annex_b (Fixture *f, gconstpointer data)
{
  video (f, 0, AVC_HEADER);
  video (f, 0, "17010000000000000109f000000001658880");
  video (f, 40, "27010000000000000001419a");
  g_assert_cmpint (f->items->len, ==, 4);
  g_assert_cmpint (gst_buffer_get_size (g_array_index (f->items, RtmpDemuxItem, 2).buffer), ==,
      2 + 3 + 2 * 4);
  expect (f, "V caps, V warning, V 0/0 discont key, V 40/40");
}

static void
test_mp3 (Fixture *f, gconstpointer data)
{
  audio (f, 0, MP3_48K);
  audio (f, 24, MP3_48K);
  audio (f, 48, "2ffff340040000");
  expect (f, "A caps, A 0/0 discont, A 24/24, A caps, A 48/48");
}

static void
test_damage (Fixture *f, gconstpointer data)
{
  static const gchar *const bodies[] = { "", "17", "1701", "17010000", "1700000000",
    "1700000000"
    "ff",
    "af", "af00", "af0012", "90", "9f", "97ff", "2f", "2fff", "f0", "04" };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (bodies); i++) {
    video (f, i, bodies[i]);
    audio (f, i, bodies[i]);
    push (f, RTMP_TYPE_DATA, i, bodies[i]);
  }
  for (i = 0; i < f->items->len; i++)
    g_assert_cmpint (g_array_index (f->items, RtmpDemuxItem, i).type, ==, RTMP_DEMUX_WARNING);
}

static void
test_unknown_codec_once (Fixture *f, gconstpointer data)
{
  guint i;

  for (i = 0; i < 10; i++)
    video (f, i * 40, "2400112233");
  expect (f, "V warning");
  audio (f, 0, AAC_HEADER);
  g_assert_true (rtmp_demux_is_complete (f->demux));
}

static void
test_complete (Fixture *f, gconstpointer data)
{
  g_assert_false (rtmp_demux_is_complete (f->demux));
  video (f, 0, AVC_HEADER);
  g_assert_false (rtmp_demux_is_complete (f->demux));
  audio (f, 0, AAC_FRAME);
  g_assert_false (rtmp_demux_is_complete (f->demux));
  audio (f, 0, AAC_HEADER);
  g_assert_true (rtmp_demux_is_complete (f->demux));
}

static void
test_complete_by_metadata (Fixture *f, gconstpointer data)
{
  push_metadata (f, TRUE, FALSE, 1);
  g_assert_false (rtmp_demux_is_complete (f->demux));
  video (f, 0, AVC_HEADER);
  g_assert_true (rtmp_demux_is_complete (f->demux));
}

/* Metadata that names a track that never comes does not make it complete, and one
 * that leaves a track out that came does not either before its header. */
static void
test_lying_metadata (Fixture *f, gconstpointer data)
{
  push_metadata (f, TRUE, TRUE, 1);
  video (f, 0, AVC_HEADER);
  g_assert_false (rtmp_demux_is_complete (f->demux));
  push_metadata (f, TRUE, FALSE, 1);
  audio (f, 0, AAC_FRAME);
  g_assert_false (rtmp_demux_is_complete (f->demux));
  audio (f, 0, AAC_HEADER);
  g_assert_true (rtmp_demux_is_complete (f->demux));
}

static void
test_metadata_changes (Fixture *f, gconstpointer data)
{
  guint i;

  push_metadata (f, TRUE, TRUE, 1);
  push_metadata (f, TRUE, TRUE, 1);
  push_metadata (f, TRUE, TRUE, 2);
  expect (f, "metadata, metadata");
  for (i = 0; i < 100; i++)
    push_metadata (f, TRUE, TRUE, 100 + i);
  g_assert_cmpint (f->items->len, ==, f->limits.max_metadata_per_s - 2);
}

static void
test_data (Fixture *f, gconstpointer data)
{
  video (f, 0, AVC_HEADER);
  video (f, 1000, AVC_KEY);
  push_message (f, rtmp_data_new (1, 1040, "onTextData", rtmp_amf_new_string ("x"), NULL));
  expect (f, "V caps, V 0/0 discont key, onTextData 40");
}

static void
test_track_limit (Fixture *f, gconstpointer data)
{
  guint id, n;

  for (n = 0; n < 3; n++) {
    for (id = 0; id < 20; id++) {
      /* enhanced multitrack, one track, AVC sequence start */
      g_autofree gchar *hex = g_strdup_printf ("960061766331%02x", id);

      video (f, 0, hex);
    }
  }
  g_assert_cmpint (f->items->len, <=, f->limits.max_tracks + 1);
}

gint
main (gint argc, gchar **argv)
{
  g_test_init (&argc, &argv, NULL);
  gst_init (&argc, &argv);
#define ADD(name, function)                                                                    \
  g_test_add ("/demux/" name, Fixture, NULL, set_up, function, tear_down)
  ADD ("order", test_order);
  ADD ("payload", test_payload);
  ADD ("aac-duration", test_aac_duration);
  ADD ("header-changes", test_header_changes);
  ADD ("header-flood", test_header_flood);
  ADD ("before-header", test_before_header);
  ADD ("header-never-comes", test_header_never_comes);
  ADD ("header-without-time", test_header_without_time);
  ADD ("jump", test_jump);
  ADD ("backwards", test_backwards);
  ADD ("audio-backwards", test_audio_backwards);
  ADD ("gap", test_gap);
  ADD ("inter-flagged-keyframe", test_inter_flagged_keyframe);
  ADD ("annex-b", test_annex_b);
  ADD ("mp3", test_mp3);
  ADD ("damage", test_damage);
  ADD ("unknown-codec-once", test_unknown_codec_once);
  ADD ("complete", test_complete);
  ADD ("complete-by-metadata", test_complete_by_metadata);
  ADD ("lying-metadata", test_lying_metadata);
  ADD ("metadata-changes", test_metadata_changes);
  ADD ("data", test_data);
  ADD ("track-limit", test_track_limit);
  return g_test_run ();
}
