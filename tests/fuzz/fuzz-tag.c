/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Fuzz target: media headers of both kinds, their tracks, classification, and the
 * decoder configurations that may follow.
 */
#include "fuzz.h"
#include "protocol/rtmp-codec-config.h"
#include "protocol/rtmp-tag.h"

static void
check_slice (RtmpSlice slice, const guint8 *data, gsize size)
{
  if (slice.data == NULL)
    return;
  g_assert_true (slice.data >= data);
  g_assert_cmpuint (slice.data - data + slice.size, <=, size);
}

static void
check_config (const guint8 *data, gsize size)
{
  RtmpAacConfig aac;
  RtmpAvcConfig avc;
  RtmpHevcConfig hevc;
  RtmpMultichannel layout;

  rtmp_multichannel_parse (data, size, &layout);
  if (rtmp_aac_config_parse (data, size, &aac, NULL))
    g_assert_cmpuint (aac.rate, >, 0);
  if (rtmp_avc_config_parse (data, size, &avc, NULL)) {
    check_slice (avc.sps, data, size);
    check_slice (avc.pps, data, size);
  }
  if (rtmp_hevc_config_parse (data, size, &hevc, NULL)) {
    check_slice (hevc.vps, data, size);
    check_slice (hevc.sps, data, size);
    check_slice (hevc.pps, data, size);
  }
}

static void
check_tracks (const RtmpTag *tag, const guint8 *data, gsize size)
{
  gsize position = 0;
  GError *error = NULL;
  RtmpTagTrack track;
  guint n = 0;

  while (rtmp_tag_next_track (tag, data, size, &position, &track, &error)) {
    g_assert_cmpuint (track.offset, <=, size);
    g_assert_cmpuint (track.size, <=, size - track.offset);
    g_assert_cmpuint (tag->header_size, <=, size);
    if (n++ == 0) {
      g_assert_cmpuint (track.offset, ==, tag->header_size);
      g_assert_cmpint (track.composition_ms, ==, tag->composition_ms);
    }
    check_config (data + track.offset, track.size);
  }
  /* parse has been there */
  g_assert_no_error (error);
  g_assert_cmpuint (n, <=, rtmp_limits_default ()->max_tracks);
}

static void
check_modex (const RtmpTag *tag, const guint8 *data, gsize size)
{
  RtmpTagModex modex;
  gsize position = 0;
  guint n = 0;

  while (n < tag->n_modex && rtmp_tag_next_modex (data, size, &position, &modex))
    n++;
  g_assert_cmpuint (n, ==, tag->n_modex);
  g_assert_cmpuint (tag->nano_offset, <=, 999999);
}

/* The header we would write for the same packet says the same. */
static void
check_rebuilt (const RtmpTag *tag)
{
  guint8 out[RTMP_MESSAGE_MAX_PREFIX];
  gsize size = rtmp_tag_build (tag, tag->track_id, FALSE, out);
  RtmpTag again;

  g_assert_cmpuint (size, <=, sizeof out);
  if (size == 0)
    return;
  g_assert_true (rtmp_tag_parse (tag->video ? RTMP_TYPE_VIDEO : RTMP_TYPE_AUDIO, out, size,
      rtmp_limits_default (), &again, NULL));
  g_assert_cmpint (again.packet, ==, tag->packet);
  if (tag->packet == RTMP_PACKET_COMMAND)
    return;
  g_assert_cmpuint (again.codec, ==, tag->codec);
  g_assert_cmpuint (again.header_size, ==, size);
  g_assert_cmpuint (again.nano_offset, ==, tag->nano_offset);
}

static void
check_classified (const guint8 *data, gsize size, guint8 type)
{
  g_autoptr (RtmpMessage) own = rtmp_message_new_copy (type, 0, 1, data, size);
  gsize prefix = MIN (size, fuzz_hash (data, size) % RTMP_MESSAGE_MAX_PREFIX);
  g_autoptr (RtmpMessage) foreign = rtmp_message_new_foreign (
      type, 0, data, prefix, data + prefix, size - prefix, NULL, NULL);

  rtmp_message_classify (own, rtmp_limits_default ());
  rtmp_message_classify (foreign, rtmp_limits_default ());
  g_assert_false ((own->flags & RTMP_MESSAGE_KEYFRAME) && type == RTMP_TYPE_AUDIO);
  g_assert_nonnull (rtmp_codec_name (own->codec));
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  static const guint8 types[] = { RTMP_TYPE_AUDIO, RTMP_TYPE_VIDEO };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (types); i++) {
    RtmpTag tag;

    check_classified (data, size, types[i]);
    if (!rtmp_tag_parse (types[i], data, size, rtmp_limits_default (), &tag, NULL))
      continue;
    check_tracks (&tag, data, size);
    check_modex (&tag, data, size);
    if (tag.multitrack == RTMP_MULTITRACK_NONE || tag.multitrack == RTMP_MULTITRACK_ONE)
      check_rebuilt (&tag);
  }
  check_config (data, size);
  return 0;
}
