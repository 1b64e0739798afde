/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * HMAC-SHA256 digests of the handshake.
 */
#include "rtmp-handshake-digest.h"
#include "rtmp-bytes.h"

#define PACKET_SIZE 1536
#define SIGNED_2 (PACKET_SIZE - RTMP_DIGEST_SIZE)

#define PLAYER_NAME_SIZE 30
#define SERVER_NAME_SIZE 36
#define SUFFIX_SIZE 32

/* A name, with which packet 1 is signed, and the suffix that all share. */
static const guint8 player_key[PLAYER_NAME_SIZE + SUFFIX_SIZE] =
    "Genuine Adobe Flash Player 001"
    "\xf0\xee\xc2\x4a\x80\x68\xbe\xe8\x2e\x00\xd0\xd1\x02\x9e\x7e\x57"
    "\x6e\xec\x5d\x2d\x29\x80\x6f\xab\x93\xb8\xe6\x36\xcf\xeb\x31\xae";
static const guint8 server_key[SERVER_NAME_SIZE + SUFFIX_SIZE] =
    "Genuine Adobe Flash Media Server 001"
    "\xf0\xee\xc2\x4a\x80\x68\xbe\xe8\x2e\x00\xd0\xd1\x02\x9e\x7e\x57"
    "\x6e\xec\x5d\x2d\x29\x80\x6f\xab\x93\xb8\xe6\x36\xcf\xeb\x31\xae";

static guint
sum_of_four (const guint8 *p)
{
  return p[0] + p[1] + p[2] + p[3];
}

guint
rtmp_digest_offset (RtmpDigestScheme scheme, const guint8 *packet)
{
  if (scheme == RTMP_DIGEST_FIRST)
    return sum_of_four (packet + 8) % 728 + 12;
  return sum_of_four (packet + 772) % 728 + 776;
}

guint
rtmp_digest_key_offset (RtmpDigestScheme scheme, const guint8 *packet)
{
  if (scheme == RTMP_DIGEST_FIRST)
    return sum_of_four (packet + 1532) % 632 + 772;
  return sum_of_four (packet + 768) % 632 + 8;
}

/* Of @data without the @gap bytes at @gap_at. */
static void
hmac (const guint8 *key, gsize key_size, const guint8 *data, gsize size, gsize gap_at,
    gsize gap, guint8 digest[RTMP_DIGEST_SIZE])
{
  GHmac *state = g_hmac_new (G_CHECKSUM_SHA256, key, key_size);
  gsize digest_size = RTMP_DIGEST_SIZE;

  g_hmac_update (state, data, gap_at);
  g_hmac_update (state, data + gap_at + gap, size - gap_at - gap);
  g_hmac_get_digest (state, digest, &digest_size);
  g_hmac_unref (state);
}

static void
digest_1 (gboolean server, const guint8 *packet, guint at, guint8 digest[RTMP_DIGEST_SIZE])
{
  hmac (server ? server_key : player_key, server ? SERVER_NAME_SIZE : PLAYER_NAME_SIZE, packet,
      PACKET_SIZE, at, RTMP_DIGEST_SIZE, digest);
}

void
rtmp_digest_sign_1 (RtmpDigestScheme scheme, gboolean server, guint8 *packet)
{
  guint at = rtmp_digest_offset (scheme, packet);
  guint8 digest[RTMP_DIGEST_SIZE];

  digest_1 (server, packet, at, digest);
  memcpy (packet + at, digest, sizeof digest);
}

gboolean
rtmp_digest_find_1 (gboolean server, const guint8 *packet, RtmpDigestScheme *scheme,
    guint8 digest[RTMP_DIGEST_SIZE])
{
  static const RtmpDigestScheme schemes[] = { RTMP_DIGEST_KEY_FIRST, RTMP_DIGEST_FIRST };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (schemes); i++) {
    guint at = rtmp_digest_offset (schemes[i], packet);

    digest_1 (server, packet, at, digest);
    if (memcmp (packet + at, digest, RTMP_DIGEST_SIZE) == 0) {
      *scheme = schemes[i];
      return TRUE;
    }
  }
  return FALSE;
}

void
rtmp_digest_key_2 (
    gboolean server, const guint8 peer_digest[RTMP_DIGEST_SIZE], guint8 key[RTMP_DIGEST_SIZE])
{
  hmac (server ? server_key : player_key, server ? sizeof server_key : sizeof player_key,
      peer_digest, RTMP_DIGEST_SIZE, 0, 0, key);
}

void
rtmp_digest_sign_2 (gboolean server, const guint8 peer_digest[RTMP_DIGEST_SIZE], guint8 *packet)
{
  guint8 key[RTMP_DIGEST_SIZE];

  rtmp_digest_key_2 (server, peer_digest, key);
  hmac (key, sizeof key, packet, SIGNED_2, 0, 0, packet + SIGNED_2);
}

void
rtmp_digest_swf_token (
    const guint8 swf_hash[32], guint32 swf_size, const guint8 s1_last32[32], guint8 token[42])
{
  token[0] = 1;
  token[1] = 1;
  rtmp_put_u32 (token + 2, swf_size);
  rtmp_put_u32 (token + 6, swf_size);
  hmac (s1_last32, 32, swf_hash, 32, 0, 0, token + 10);
}
