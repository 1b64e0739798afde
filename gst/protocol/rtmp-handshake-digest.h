/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The HMAC-SHA256 digests of the handshake's packets: pure functions on
 * 1536-byte packets. Sources: as rtmp-handshake.h.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define RTMP_DIGEST_SIZE 32

typedef enum
{
  RTMP_DIGEST_FIRST,     /* digest block 8..771, key block 772..1535 */
  RTMP_DIGEST_KEY_FIRST, /* key block 8..771, digest block 772..1535 */
} RtmpDigestScheme;

/* Position of the digest, and of the 128-byte Diffie-Hellman key, in @packet. */
guint rtmp_digest_offset (RtmpDigestScheme scheme, const guint8 *packet);
guint rtmp_digest_key_offset (RtmpDigestScheme scheme, const guint8 *packet);

/* Signs packet 1 in place, as client (@server FALSE) or server. */
void rtmp_digest_sign_1 (RtmpDigestScheme scheme, gboolean server, guint8 *packet);

/* Looks for a valid digest of packet 1 in both schemes, key-first first.
 * FALSE if there is none. @digest gets a copy. */
gboolean rtmp_digest_find_1 (gboolean server, const guint8 *packet, RtmpDigestScheme *scheme,
    guint8 digest[RTMP_DIGEST_SIZE]);

/* Signs packet 2 in place (last 32 bytes) as answer to the peer's digest. */
void rtmp_digest_sign_2 (
    gboolean server, const guint8 peer_digest[RTMP_DIGEST_SIZE], guint8 *packet);

/* The temporary key of packet 2. */
void rtmp_digest_key_2 (
    gboolean server, const guint8 peer_digest[RTMP_DIGEST_SIZE], guint8 key[RTMP_DIGEST_SIZE]);

/* 42 bytes of the SWF verification answer (user control 27). */
void rtmp_digest_swf_token (
    const guint8 swf_hash[32], guint32 swf_size, const guint8 s1_last32[32], guint8 token[42]);

G_END_DECLS
