/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Configuration records and the three forms that frames come in.
 */
#include "media/rtmp-nal.h"
#include "hex.h"
#include <string.h>

#define SPS "6742c00ad902c4ec0440000003004000000783c48992"
#define AVCC "0142c00affe10016" SPS "01000568cb83cb20"

static void
test_avcc (void)
{
  g_autoptr (GBytes) bytes = hex_to_bytes (AVCC);
  RtmpNalRecord record;
  gsize size, i;
  const guint8 *data = g_bytes_get_data (bytes, &size);

  g_assert_true (rtmp_nal_parse_avcc (data, size, &record));
  g_assert_cmpint (record.length_size, ==, 4);
  g_assert_cmpint (record.sps_size, ==, 22);
  g_assert_cmpint (record.sps[0], ==, 0x67);
  for (i = 0; i < 6 + 2 + 22; i++) {
    g_autofree guint8 *cut = g_memdup2 (data, i);
    g_assert_false (rtmp_nal_parse_avcc (cut, i, &record));
  }
}

static void
test_avcc_variants (void)
{
  static const struct
  {
    const gchar *hex;
    gboolean ok;
    guint length_size;
  } cases[] = {
    { "0142c00affe000", TRUE, 4 }, /* parameter sets in-band */
    { "0142c00afde000", TRUE, 2 }, { "0142c00afce000", TRUE, 1 },
    { "0142c00afee000", FALSE, 0 },               /* length size 3 */
    { "0042c00affe000", FALSE, 0 },               /* version 0 */
    { "0142c00affff000467010203ffff", FALSE, 0 }, /* lies about the second */
  };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (GBytes) bytes = hex_to_bytes (cases[i].hex);
    RtmpNalRecord record;

    g_assert_cmpint (cases[i].ok, ==,
        rtmp_nal_parse_avcc (
            g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes), &record));
    if (cases[i].ok)
      g_assert_cmpint (record.length_size, ==, cases[i].length_size);
  }
}

static void
test_hvcc_lies (void)
{
  /* 255 arrays of 65535 NAL units, and one that points past the end */
  g_autoptr (GBytes) many =
      hex_to_bytes ("01016000000090000000000078f000fcfdf8f800000fff21ffff00000000");
  g_autoptr (GBytes) past =
      hex_to_bytes ("01016000000090000000000078f000fcfdf8f800000f0121000100ff42");
  RtmpNalRecord record;

  g_assert_false (
      rtmp_nal_parse_hvcc (g_bytes_get_data (many, NULL), g_bytes_get_size (many), &record));
  g_assert_false (
      rtmp_nal_parse_hvcc (g_bytes_get_data (past, NULL), g_bytes_get_size (past), &record));
}

typedef struct _FrameCase
{
  const gchar *name;
  RtmpNalKind kind;
  guint length_size;
  const gchar *hex;
  RtmpNalForm form;
  gboolean keyframe;
  gboolean picture;
  const gchar *length4; /* NULL: broken */
} FrameCase;

static const FrameCase frame_cases[] = {
  { "as it should be", RTMP_NAL_H264, 4, "0000000365888000000002419a", RTMP_NAL_FRAME_OK, TRUE,
      TRUE, "0000000365888000000002419a" },
  { "inter", RTMP_NAL_H264, 4, "00000002419a", RTMP_NAL_FRAME_OK, FALSE, TRUE, "00000002419a" },
  { "only SEI", RTMP_NAL_H264, 4, "000000020605", RTMP_NAL_FRAME_OK, FALSE, FALSE,
      "000000020605" },
  { "length 0", RTMP_NAL_H264, 4, "0000000000000002419a", RTMP_NAL_FRAME_OK, FALSE, TRUE,
      "00000002419a" },
  { "length past the end", RTMP_NAL_H264, 4, "00000009419a", RTMP_NAL_FRAME_BROKEN, FALSE, TRUE,
      NULL },
  { "length 2^32-1", RTMP_NAL_H264, 4, "ffffffff419a", RTMP_NAL_FRAME_BROKEN, FALSE, TRUE,
      NULL },
  { "2 byte lengths as announced", RTMP_NAL_H264, 2,
      "0003658880"
      "0002419a",
      RTMP_NAL_FRAME_OK, TRUE, TRUE, "0000000365888000000002419a" },
  { "2 byte lengths, 4 announced", RTMP_NAL_H264, 4,
      "0003658880"
      "0002419a",
      RTMP_NAL_FRAME_SHORT, TRUE, TRUE, "0000000365888000000002419a" },
  { "1 byte lengths", RTMP_NAL_H264, 1,
      "03658880"
      "02419a",
      RTMP_NAL_FRAME_OK, TRUE, TRUE, "0000000365888000000002419a" },
  { "Annex B, 4 byte codes", RTMP_NAL_H264, 4,
      "0000000109f0"
      "00000001658880",
      RTMP_NAL_FRAME_ANNEX_B, TRUE, TRUE, "0000000209f000000003658880" },
  { "Annex B, 3 byte codes", RTMP_NAL_H264, 4,
      "00000109f0"
      "000001419a00",
      RTMP_NAL_FRAME_ANNEX_B, FALSE, TRUE, "0000000209f000000003419a00" },
  { "Annex B, empty units", RTMP_NAL_H264, 4, "00000001000000010000000165",
      RTMP_NAL_FRAME_ANNEX_B, TRUE, TRUE, "0000000165" },
  { "H.265 IRAP", RTMP_NAL_H265, 4, "000000032601af", RTMP_NAL_FRAME_OK, TRUE, TRUE,
      "000000032601af" },
  { "H.265 trailing", RTMP_NAL_H265, 4, "000000030201d0", RTMP_NAL_FRAME_OK, FALSE, TRUE,
      "000000030201d0" },
  { "H.265 parameter set", RTMP_NAL_H265, 4, "00000003420101", RTMP_NAL_FRAME_OK, FALSE, FALSE,
      "00000003420101" },
};

static void
test_frame (gconstpointer user_data)
{
  const FrameCase *c = user_data;
  g_autoptr (GBytes) bytes = hex_to_bytes (c->hex);
  g_autofree guint8 *out = NULL;
  gsize size, out_size = 0;
  const guint8 *data = g_bytes_get_data (bytes, &size);
  RtmpNalFrame frame;

  rtmp_nal_inspect (c->kind, c->length_size, data, size, &frame);
  g_assert_cmpint (frame.form, ==, c->form);
  g_assert_cmpint (frame.keyframe, ==, c->keyframe);
  g_assert_cmpint (frame.picture, ==, c->picture);
  out = rtmp_nal_to_length4 (frame.form, c->length_size, data, size, &out_size);
  if (c->length4 == NULL) {
    g_assert_null (out);
  } else {
    g_autoptr (GBytes) expected = hex_to_bytes (c->length4);

    g_assert_cmpmem (
        out, out_size, g_bytes_get_data (expected, NULL), g_bytes_get_size (expected));
  }
}

gint
main (gint argc, gchar **argv)
{
  guint i;

  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/nal/avcc", test_avcc);
  g_test_add_func ("/nal/avcc-variants", test_avcc_variants);
  g_test_add_func ("/nal/hvcc-lies", test_hvcc_lies);
  for (i = 0; i < G_N_ELEMENTS (frame_cases); i++) {
    g_autofree gchar *path = g_strdup_printf ("/nal/frame/%s", frame_cases[i].name);

    g_test_add_data_func (path, &frame_cases[i], test_frame);
  }
  return g_test_run ();
}
