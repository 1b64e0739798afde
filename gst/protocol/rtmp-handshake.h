/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * RtmpHandshake: the handshake of either role as a byte machine. Source: RTMP
 * 1.0 section 5.2; the digest form as Flash-era servers do it.
 *
 * Owner and thread: its session, one thread. Memory: fixed, about 6 KiB, freed
 * when the session enters the chunk stream.
 *
 * Server: C1 with a valid digest is answered in the same scheme, anything else
 * with the simple echo (S1 version 0); C2 is read, never verified. C0 other
 * than 3 is an error before C1 is read. Client: simple, or digest-first on
 * request; S2 is not verified.
 */
#pragma once

#include "rtmp-types.h"

G_BEGIN_DECLS

#define RTMP_HANDSHAKE_PACKET 1536

typedef struct _RtmpHandshake RtmpHandshake;

typedef enum
{
  RTMP_HANDSHAKE_SERVER,
  RTMP_HANDSHAKE_CLIENT_SIMPLE,
  RTMP_HANDSHAKE_CLIENT_DIGEST,
} RtmpHandshakeRole;

/* @epoch_ms: our time field; @seed: 16 random bytes, expanded into the filler. */
RtmpHandshake *rtmp_handshake_new (
    RtmpHandshakeRole role, guint32 epoch_ms, const guint8 seed[16]);
void rtmp_handshake_free (RtmpHandshake *handshake);

/* Takes any slice. Returns how many bytes were consumed: all of them until the
 * handshake is done, then only up to its end. On error (RTMP_ERROR_PROTOCOL,
 * says what the first byte looks like: TLS, HTTP) -1; the error is sticky. */
gssize rtmp_handshake_input (
    RtmpHandshake *handshake, const guint8 *data, gsize size, GError **error);

/* Bytes to send, borrowed until the next call; moves them out. */
const guint8 *rtmp_handshake_take_output (RtmpHandshake *handshake, gsize *size);

/* TRUE when the peer's packet 2 was read; output may still be waiting. */
gboolean rtmp_handshake_is_done (const RtmpHandshake *handshake);

G_END_DECLS
