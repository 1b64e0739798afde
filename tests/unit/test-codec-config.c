/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Decoder configuration records: what real encoders write, and lying counts.
 */
#include "protocol/rtmp-codec-config.h"
#include "protocol/rtmp-error.h"

#include <string.h>

static const guint8 avcc[] = { 1, 0x64, 0, 0x28, 0xff, 0xe1, 0, 3, 0x67, 0x64, 0x28, 1, 0, 2,
  0x68, 0xeb };
static const guint8 hvcc[] = { 1, 0x21, 0x60, 0, 0, 0, 0x90, 0, 0, 0, 0, 0, 0x5d, 0xf0, 0, 0xfc,
  0xfd, 0xfa, 0xfa, 0, 0, 0x0f, 3, 0xa0, 0, 1, 0, 2, 0x40, 1, 0xa1, 0, 1, 0, 3, 0x42, 1, 1,
  0xa2, 0, 2, 0, 1, 0x44, 0, 1, 0x45 };

/* On a heap copy of the exact size, so that sanitizers see every byte too far. */
static gboolean
parse_avc (const guint8 *data, gsize size, RtmpAvcConfig *config, guint8 **exact)
{
  g_autoptr (GError) error = NULL;
  gboolean ok;

  *exact = g_memdup2 (data, size);
  ok = rtmp_avc_config_parse (*exact, size, config, &error);
  if (ok)
    g_assert_no_error (error);
  else
    g_assert_error (error, RTMP_ERROR, RTMP_ERROR_PROTOCOL);
  return ok;
}

static gboolean
parse_hevc (const guint8 *data, gsize size, RtmpHevcConfig *config, guint8 **exact)
{
  g_autoptr (GError) error = NULL;
  gboolean ok;

  *exact = g_memdup2 (data, size);
  ok = rtmp_hevc_config_parse (*exact, size, config, &error);
  if (ok)
    g_assert_no_error (error);
  else
    g_assert_error (error, RTMP_ERROR, RTMP_ERROR_PROTOCOL);
  return ok;
}

static void
test_avc (void)
{
  g_autofree guint8 *exact = NULL;
  RtmpAvcConfig config;

  g_assert_true (parse_avc (avcc, sizeof avcc, &config, &exact));
  g_assert_cmpuint (config.profile, ==, 0x64);
  g_assert_cmpuint (config.level, ==, 0x28);
  g_assert_cmpuint (config.length_size, ==, 4);
  g_assert_cmpuint (config.n_sps, ==, 1);
  g_assert_cmpuint (config.n_pps, ==, 1);
  g_assert_cmpmem (config.sps.data, config.sps.size, "\x67\x64\x28", 3);
  g_assert_cmpmem (config.pps.data, config.pps.size, "\x68\xeb", 2);
}

static void
test_avc_cut (void)
{
  gsize size;

  for (size = 0; size < sizeof avcc; size++) {
    g_autofree guint8 *exact = NULL;
    RtmpAvcConfig config;

    /* up to the end of the SPS is enough: some records have no PPS */
    g_assert_true (parse_avc (avcc, size, &config, &exact) == (size == 11));
  }
}

static void
test_avc_strange (void)
{
  guint8 bytes[sizeof avcc];
  RtmpAvcConfig config;
  guint i;

  for (i = 0; i < 256; i++) {
    g_autofree guint8 *exact = NULL;

    memcpy (bytes, avcc, sizeof avcc);
    bytes[5] = i;
    /* counts that lie run past the end */
    g_assert_true (parse_avc (bytes, sizeof bytes, &config, &exact) ==
                   ((i & 0x1f) == 0 || (i & 0x1f) == 1));
  }
  for (i = 0; i < 4; i++) {
    g_autofree guint8 *exact = NULL;

    memcpy (bytes, avcc, sizeof avcc);
    bytes[4] = 0xfc | i;
    g_assert_true (parse_avc (bytes, sizeof bytes, &config, &exact) == (i != 2));
    g_assert_cmpuint (config.length_size, ==, i + 1);
  }
}

static void
test_avc_without_sets (void)
{
  static const guint8 bytes[] = { 1, 0x42, 0, 0x1e, 0xff, 0xe0, 0 };
  g_autofree guint8 *exact = NULL;
  RtmpAvcConfig config;

  g_assert_true (parse_avc (bytes, sizeof bytes, &config, &exact));
  g_assert_null (config.sps.data);
}

static void
test_hevc (void)
{
  guint8 version0[sizeof hvcc];
  g_autofree guint8 *exact = NULL, *exact0 = NULL, *exact2 = NULL;
  RtmpHevcConfig config;

  g_assert_true (parse_hevc (hvcc, sizeof hvcc, &config, &exact));
  g_assert_cmpuint (config.profile, ==, 1);
  g_assert_true (config.high_tier);
  g_assert_cmphex (config.compatibility, ==, 0x60000000);
  g_assert_cmpuint (config.level, ==, 0x5d);
  g_assert_cmpuint (config.chroma, ==, 1);
  g_assert_cmpuint (config.luma_depth, ==, 10);
  g_assert_cmpuint (config.chroma_depth, ==, 10);
  g_assert_cmpuint (config.length_size, ==, 4);
  g_assert_cmpmem (config.vps.data, config.vps.size, "\x40\x01", 2);
  g_assert_cmpmem (config.sps.data, config.sps.size, "\x42\x01\x01", 3);
  g_assert_cmpmem (config.pps.data, config.pps.size, "\x44", 1);
  g_assert_cmpuint (config.n_pps, ==, 2);
  memcpy (version0, hvcc, sizeof hvcc);
  version0[0] = 0;
  g_assert_true (parse_hevc (version0, sizeof version0, &config, &exact0));
  version0[0] = 2;
  g_assert_false (parse_hevc (version0, sizeof version0, &config, &exact2));
}

static void
test_hevc_cut (void)
{
  gsize size;

  for (size = 0; size < sizeof hvcc; size++) {
    g_autofree guint8 *exact = NULL;
    RtmpHevcConfig config;

    g_assert_false (parse_hevc (hvcc, size, &config, &exact));
  }
}

static void
test_hevc_lying_counts (void)
{
  guint8 bytes[sizeof hvcc];
  g_autofree guint8 *arrays = NULL, *units = NULL;
  RtmpHevcConfig config;

  memcpy (bytes, hvcc, sizeof hvcc);
  bytes[22] = 255;
  g_assert_false (parse_hevc (bytes, sizeof bytes, &config, &arrays));
  memcpy (bytes, hvcc, sizeof hvcc);
  bytes[24] = bytes[25] = 0xff;
  g_assert_false (parse_hevc (bytes, sizeof bytes, &config, &units));
}

typedef struct
{
  const gchar *bytes;
  gsize size;
  guint8 object_type;
  guint32 rate;
  guint8 channels;
  gboolean sbr, ps;
  guint32 extension_rate;
} AacCase;

static const AacCase aac_cases[] = {
  { "\x12\x10\x56\xe5\x00", 5, 2, 44100, 2, FALSE, FALSE, 0 },           /* FFmpeg's tail */
  { "\x12\x10\xde\xad\xbe\xef", 6, 2, 44100, 2, FALSE, FALSE, 0 },       /* garbage behind */
  { "\x13\x90\x56\xe5\xa0", 5, 2, 22050, 2, TRUE, FALSE, 44100 },        /* HE-AAC, implicit */
  { "\x13\x88\x56\xe5\xa5\x48\x80", 7, 2, 22050, 1, TRUE, TRUE, 44100 }, /* HE-AAC v2 */
  { "\x13\x90\x56\xe5", 4, 2, 22050, 2, FALSE, FALSE, 0 },               /* extension cut */
  { "\x11\xb8", 2, 2, 48000, 8, FALSE, FALSE, 0 },                       /* 7.1 */
  { "\x11\x80", 2, 2, 48000, 0, FALSE, FALSE, 0 },                       /* channels in-band */
  { "\xf8\x86\x40", 3, 36, 48000, 2, FALSE, FALSE, 0 },                  /* escaped type */
};

static void
test_aac (void)
{
  guint i;

  for (i = 0; i < G_N_ELEMENTS (aac_cases); i++) {
    const AacCase *c = &aac_cases[i];
    RtmpAacConfig config;

    g_test_message ("case %u", i);
    g_assert_true (rtmp_aac_config_parse ((const guint8 *)c->bytes, c->size, &config, NULL));
    g_assert_cmpuint (config.object_type, ==, c->object_type);
    g_assert_cmpuint (config.rate, ==, c->rate);
    g_assert_cmpuint (config.channels, ==, c->channels);
    g_assert_cmpint (config.sbr, ==, c->sbr);
    g_assert_cmpint (config.ps, ==, c->ps);
    g_assert_cmpuint (config.extension_rate, ==, c->extension_rate);
    g_assert_cmpuint (config.frame_samples, ==, c->object_type == 2 ? 1024 : 0);
  }
}

static void
test_aac_refused (void)
{
  static const struct
  {
    const gchar *bytes;
    gsize size;
  } cases[] = {
    { "", 0 }, { "\x12", 1 }, { "\x16\x90", 2 }, /* reserved rate */
    { "\x17\x80\x00\x00\x10", 5 },               /* rate 0 */
    { "\x17\x80\x5d\xc0", 4 },                   /* rate cut */
    { "\x2b\x96\x88", 3 },                       /* reserved extension rate */
    { "\x2b", 1 }, { "\x03\x90", 2 },            /* null object */
  };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (GError) error = NULL;
    RtmpAacConfig config;

    g_test_message ("case %u", i);
    g_assert_false (
        rtmp_aac_config_parse ((const guint8 *)cases[i].bytes, cases[i].size, &config, &error));
    g_assert_error (error, RTMP_ERROR, RTMP_ERROR_PROTOCOL);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/codec-config/avc", test_avc);
  g_test_add_func ("/codec-config/avc-cut", test_avc_cut);
  g_test_add_func ("/codec-config/avc-strange", test_avc_strange);
  g_test_add_func ("/codec-config/avc-without-sets", test_avc_without_sets);
  g_test_add_func ("/codec-config/hevc", test_hevc);
  g_test_add_func ("/codec-config/hevc-cut", test_hevc_cut);
  g_test_add_func ("/codec-config/hevc-lying-counts", test_hevc_lying_counts);
  g_test_add_func ("/codec-config/aac", test_aac);
  g_test_add_func ("/codec-config/aac-refused", test_aac_refused);
  return g_test_run ();
}
