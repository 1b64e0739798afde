/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Parameter sets made by x264 and x265; expected values are those of h264parse
 * and h265parse. Then every truncation and single-bit error of each.
 */
#include "media/rtmp-nal.h"
#include "media/rtmp-sps.h"
#include "hex.h"

typedef struct _Case
{
  const gchar *name;
  gboolean h265;
  const gchar *hex;
  RtmpSps expected;
} Case;

#define PICTURE(w, h) .width = w, .height = h, .par_n = 1, .par_d = 1
#define DEPTH(format, bits) .chroma_format = format, .luma_bits = bits, .chroma_bits = bits
#define COLOR(p, t, m, full)                                                                   \
  .has_color = TRUE, .primaries = p, .transfer = t, .matrix = m, .full_range = full

static const Case cases[] = {
  { "high 320x240", FALSE, "6764000dacd94141fb011000000300100000030320f1429960",
      { PICTURE (320, 240), .fps_n = 50, .fps_d = 2, DEPTH (1, 8) } },
  { "interlaced 1080, cropped, SAR 4:3, bt709", FALSE,
      "67640028acd94078044fde1cd404040500000303e90000ea601f162d96",
      { .width = 1920,
          .height = 1080,
          .par_n = 4,
          .par_d = 3,
          .fps_n = 60000,
          .fps_d = 2002,
          DEPTH (1, 8),
          .interlaced = TRUE,
          COLOR (1, 1, 1, FALSE) } },
  { "high 4:2:2 10 bit, scaling matrix, bt2020 full", FALSE,
      "677a001eb6cd940a42fe227c05b848804a000003000200000300781e2c5b2c",
      { PICTURE (642, 362), .fps_n = 60, .fps_d = 2, DEPTH (2, 10), COLOR (9, 16, 9, TRUE) } },
  { "high 4:4:4", FALSE, "67f4000b919b28408d8088000003000800000301e078a14cb0",
      { PICTURE (128, 128), .fps_n = 60, .fps_d = 2, DEPTH (3, 8) } },
  { "baseline", FALSE, "6742c00ad902c4ec0440000003004000000783c48992",
      { PICTURE (176, 144), .fps_n = 30, .fps_d = 2, DEPTH (1, 8) } },
  { "fixed rate", FALSE, "67640014acd941419f9f016a0c0c0d4a000003000200000300651e28532c",
      { PICTURE (320, 180), .fps_n = 50, .fps_d = 2, .fixed_rate = TRUE, DEPTH (1, 8),
          COLOR (6, 6, 6, FALSE) } },
  { "main 720", TRUE,
      "420101016000000300900000030000030078a00280802d165959a4932bc05a0200000300020000030064"
      "10",
      { PICTURE (1280, 720), .fps_n = 50, .fps_d = 1, DEPTH (1, 8) } },
  { "main 10, cropped, SAR 2:1, bt2020 full", TRUE,
      "42010102200000030090000003000003003fa005120171c92365959a49395e20dc24402410000003001000"
      "00030180"
      "80",
      { .width = 642,
          .height = 362,
          .par_n = 2,
          .par_d = 1,
          .fps_n = 24,
          .fps_d = 1,
          DEPTH (1, 10),
          COLOR (9, 16, 9, TRUE) } },
};

static gboolean
parse (gboolean h265, const guint8 *data, gsize size, RtmpSps *sps)
{
  return h265 ? rtmp_sps_parse_h265 (data, size, sps) : rtmp_sps_parse_h264 (data, size, sps);
}

static void
assert_equal (const RtmpSps *a, const RtmpSps *b)
{
  g_assert_cmpint (a->width, ==, b->width);
  g_assert_cmpint (a->height, ==, b->height);
  g_assert_cmpint (a->par_n, ==, b->par_n);
  g_assert_cmpint (a->par_d, ==, b->par_d);
  g_assert_cmpint (a->fps_n, ==, b->fps_n);
  g_assert_cmpint (a->fps_d, ==, b->fps_d);
  g_assert_cmpint (a->fixed_rate, ==, b->fixed_rate);
  g_assert_cmpint (a->interlaced, ==, b->interlaced);
  g_assert_cmpint (a->chroma_format, ==, b->chroma_format);
  g_assert_cmpint (a->luma_bits, ==, b->luma_bits);
  g_assert_cmpint (a->chroma_bits, ==, b->chroma_bits);
  g_assert_cmpint (a->has_color, ==, b->has_color);
  g_assert_cmpint (a->primaries, ==, b->primaries);
  g_assert_cmpint (a->transfer, ==, b->transfer);
  g_assert_cmpint (a->matrix, ==, b->matrix);
  g_assert_cmpint (a->full_range, ==, b->full_range);
}

static void
test_values (gconstpointer data)
{
  const Case *c = data;
  g_autoptr (GBytes) bytes = hex_to_bytes (c->hex);
  gsize size;
  const guint8 *nal = g_bytes_get_data (bytes, &size);
  RtmpSps sps;

  g_assert_true (parse (c->h265, nal, size, &sps));
  assert_equal (&sps, &c->expected);
}

static void
assert_sane (const RtmpSps *sps)
{
  g_assert_cmpint (sps->width, >=, 1);
  g_assert_cmpint (sps->width, <=, RTMP_SPS_MAX_DIMENSION);
  g_assert_cmpint (sps->height, >=, 1);
  g_assert_cmpint (sps->height, <=, RTMP_SPS_MAX_DIMENSION);
  g_assert_cmpint (sps->par_n, >, 0);
  g_assert_cmpint (sps->par_d, >, 0);
  g_assert_cmpint (sps->fps_d, >, 0);
  g_assert_cmpint (sps->fps_n, >=, 0);
  g_assert_cmpint (sps->chroma_format, >=, 0);
  g_assert_cmpint (sps->chroma_format, <=, 3);
}

static void
test_damage (gconstpointer data)
{
  const Case *c = data;
  g_autoptr (GBytes) bytes = hex_to_bytes (c->hex);
  gsize size, i;
  const guint8 *nal = g_bytes_get_data (bytes, &size);
  RtmpSps sps;

  for (i = 0; i < size; i++) {
    g_autofree guint8 *cut = g_memdup2 (nal, i);

    if (parse (c->h265, cut, i, &sps))
      assert_sane (&sps);
  }
  for (i = 0; i < size * 8; i++) {
    g_autofree guint8 *bad = g_memdup2 (nal, size);

    bad[i / 8] ^= 1 << (i % 8);
    if (parse (c->h265, bad, size, &sps))
      assert_sane (&sps);
  }
}

/* Width 16384 and 16400 by a hand-made baseline SPS. */
static gboolean
parse_width_in_macroblocks (guint n, RtmpSps *sps)
{
  guint8 data[32] = { 0x67, 66, 0, 30 };
  guint bit = 32, zeros, value, i;
  guint ues[] = { 0, 0, 2, 1 };

#define BIT(b) (data[bit / 8] |= (b) << (7 - bit % 8), bit++)
#define UE(v)                                                                                  \
  do {                                                                                         \
    value = (v) + 1;                                                                           \
    zeros = 31 - __builtin_clz (value);                                                        \
    bit += zeros;                                                                              \
    for (gint k = zeros; k >= 0; k--)                                                          \
      BIT ((value >> k) & 1);                                                                  \
  } while (0)
  for (i = 0; i < G_N_ELEMENTS (ues); i++)
    UE (ues[i]);
  BIT (0);
  UE (n - 1);
  UE (0);
  BIT (1);
  BIT (1);
  BIT (0);
  BIT (0);
  return rtmp_sps_parse_h264 (data, sizeof data, sps);
}

static void
test_size_limit (void)
{
  RtmpSps sps;

  g_assert_true (parse_width_in_macroblocks (1023, &sps));
  g_assert_cmpint (sps.width, ==, 16368);
  g_assert_cmpint (sps.height, ==, 16);
  g_assert_true (parse_width_in_macroblocks (1024, &sps));
  g_assert_cmpint (sps.width, ==, RTMP_SPS_MAX_DIMENSION);
  g_assert_false (parse_width_in_macroblocks (1025, &sps));
}

static void
test_not_an_sps (void)
{
  static const guint8 pps[] = { 0x68, 0xeb, 0xe3, 0xcb, 0x22, 0xc0 };
  RtmpSps sps;

  g_assert_false (rtmp_sps_parse_h264 (pps, sizeof pps, &sps));
  g_assert_false (rtmp_sps_parse_h265 (pps, sizeof pps, &sps));
  g_assert_false (rtmp_sps_parse_h264 (NULL, 0, &sps));
  g_assert_false (rtmp_sps_parse_h265 (NULL, 0, &sps));
}

gint
main (gint argc, gchar **argv)
{
  guint i;

  g_test_init (&argc, &argv, NULL);
  for (i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree gchar *values = g_strdup_printf ("/sps/values/%s", cases[i].name);
    g_autofree gchar *damage = g_strdup_printf ("/sps/damage/%s", cases[i].name);

    g_test_add_data_func (values, &cases[i], test_values);
    g_test_add_data_func (damage, &cases[i], test_damage);
  }
  g_test_add_func ("/sps/size-limit", test_size_limit);
  g_test_add_func ("/sps/not-an-sps", test_not_an_sps);
  return g_test_run ();
}
