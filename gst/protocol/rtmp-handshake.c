/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * RtmpHandshake: one function per state; each runs when its packet is complete.
 */
#include "rtmp-handshake.h"
#include "rtmp-bytes.h"
#include "rtmp-error.h"
#include "rtmp-handshake-digest.h"

#define PACKET RTMP_HANDSHAKE_PACKET
#define VERSION 3
#define VERSION_OFFSET 4
#define FILLER_OFFSET 8

/* Of Flash Media Server 4.5 and of an old Flash Player: 3 or more in the first
 * byte says that the packet is signed. */
#define SERVER_VERSION 0x04050001u
#define CLIENT_VERSION 0x80000702u

typedef enum
{
  STATE_VERSION,
  STATE_PACKET_1,
  STATE_PACKET_2,
  STATE_DONE,
} State;

struct _RtmpHandshake
{
  RtmpHandshakeRole role;
  guint32 epoch_ms;
  guint64 random;

  State state;
  gsize have; /* bytes of the state's packet */
  guint8 in[PACKET];

  gsize out_size;
  guint8 out[1 + PACKET + PACKET];

  GError *error;
};

/* splitmix64. The filler needs no secrecy, only to differ between connections. */
static guint64
next_random (RtmpHandshake *handshake)
{
  guint64 z = handshake->random += G_GUINT64_CONSTANT (0x9e3779b97f4a7c15);

  z = (z ^ (z >> 30)) * G_GUINT64_CONSTANT (0xbf58476d1ce4e5b9);
  z = (z ^ (z >> 27)) * G_GUINT64_CONSTANT (0x94d049bb133111eb);
  return z ^ (z >> 31);
}

/* Room for a packet at the end of the output. */
static guint8 *
add_packet (RtmpHandshake *handshake)
{
  guint8 *packet = handshake->out + handshake->out_size;

  handshake->out_size += PACKET;
  return packet;
}

static guint8 *
add_random_packet (RtmpHandshake *handshake, guint32 time, guint32 version)
{
  guint8 *packet = add_packet (handshake);
  gsize i;

  rtmp_put_u32 (packet, time);
  rtmp_put_u32 (packet + VERSION_OFFSET, version);
  for (i = FILLER_OFFSET; i < PACKET; i += sizeof (guint64)) {
    guint64 filler = next_random (handshake);

    memcpy (packet + i, &filler, sizeof filler);
  }
  return packet;
}

static void
add_version (RtmpHandshake *handshake)
{
  handshake->out[handshake->out_size++] = VERSION;
}

static void
add_echo (RtmpHandshake *handshake)
{
  memcpy (add_packet (handshake), handshake->in, PACKET);
}

static void
start_client (RtmpHandshake *handshake)
{
  gboolean digest = handshake->role == RTMP_HANDSHAKE_CLIENT_DIGEST;
  guint8 *packet;

  add_version (handshake);
  packet = add_random_packet (handshake, handshake->epoch_ms, digest ? CLIENT_VERSION : 0);
  if (digest)
    rtmp_digest_sign_1 (RTMP_DIGEST_FIRST, FALSE, packet);
}

RtmpHandshake *
rtmp_handshake_new (RtmpHandshakeRole role, guint32 epoch_ms, const guint8 seed[16])
{
  RtmpHandshake *handshake = g_new0 (RtmpHandshake, 1);
  guint64 parts[2];

  memcpy (parts, seed, sizeof parts);
  handshake->role = role;
  handshake->epoch_ms = epoch_ms;
  handshake->random = parts[0];
  handshake->random ^= next_random (handshake) ^ parts[1];
  if (role != RTMP_HANDSHAKE_SERVER)
    start_client (handshake);
  return handshake;
}

void
rtmp_handshake_free (RtmpHandshake *handshake)
{
  g_clear_error (&handshake->error);
  g_free (handshake);
}

/* What usually stands behind a first byte that is not the version. */
static const gchar *
guess_protocol (guint8 byte)
{
  switch (byte) {
    case 0x16:
      return "; this is TLS";
    case 'G':
    case 'P':
    case 'H':
    case 'O':
    case 'D':
    case 'C':
      return "; this looks like HTTP";
    case 6:
    case 8:
    case 9:
      return "; this is RTMPE";
    default:
      return "";
  }
}

static gboolean
on_version (RtmpHandshake *handshake)
{
  guint8 version = handshake->in[0];

  if (version != VERSION) {
    g_set_error (&handshake->error, RTMP_ERROR, RTMP_ERROR_PROTOCOL,
        "handshake version is 0x%02x, not 3%s", version, guess_protocol (version));
    return FALSE;
  }
  handshake->state = STATE_PACKET_1;
  return TRUE;
}

static void
answer_as_server (RtmpHandshake *handshake)
{
  const guint8 *c1 = handshake->in;
  guint8 digest[RTMP_DIGEST_SIZE];
  RtmpDigestScheme scheme;

  add_version (handshake);
  if (rtmp_get_u32 (c1 + VERSION_OFFSET) != 0 &&
      rtmp_digest_find_1 (FALSE, c1, &scheme, digest)) {
    rtmp_digest_sign_1 (
        scheme, TRUE, add_random_packet (handshake, handshake->epoch_ms, SERVER_VERSION));
    rtmp_digest_sign_2 (TRUE, digest, add_random_packet (handshake, rtmp_get_u32 (c1), 0));
  } else {
    /* FFmpeg's player checks digests if the version is not 0 */
    add_random_packet (handshake, handshake->epoch_ms, 0);
    add_echo (handshake);
  }
}

static void
answer_as_client (RtmpHandshake *handshake)
{
  const guint8 *s1 = handshake->in;
  guint8 digest[RTMP_DIGEST_SIZE];
  RtmpDigestScheme scheme;

  /* nginx-rtmp signs digest-first whatever it got: look for either */
  if (handshake->role == RTMP_HANDSHAKE_CLIENT_DIGEST &&
      rtmp_digest_find_1 (TRUE, s1, &scheme, digest))
    rtmp_digest_sign_2 (FALSE, digest, add_random_packet (handshake, rtmp_get_u32 (s1), 0));
  else
    add_echo (handshake);
}

static gboolean
on_packet_1 (RtmpHandshake *handshake)
{
  if (handshake->role == RTMP_HANDSHAKE_SERVER)
    answer_as_server (handshake);
  else
    answer_as_client (handshake);
  handshake->state = STATE_PACKET_2;
  return TRUE;
}

/* Its content is never looked at: encoders send zeros, noise and old times. */
static gboolean
on_packet_2 (RtmpHandshake *handshake)
{
  handshake->state = STATE_DONE;
  return TRUE;
}

static gboolean
on_packet (RtmpHandshake *handshake)
{
  static gboolean (*const states[]) (RtmpHandshake *) = {
    [STATE_VERSION] = on_version,
    [STATE_PACKET_1] = on_packet_1,
    [STATE_PACKET_2] = on_packet_2,
  };

  handshake->have = 0;
  return states[handshake->state](handshake);
}

gssize
rtmp_handshake_input (RtmpHandshake *handshake, const guint8 *data, gsize size, GError **error)
{
  RtmpCursor in = rtmp_cursor (data, size);

  while (handshake->error == NULL && handshake->state != STATE_DONE && in.left > 0) {
    gsize needed = handshake->state == STATE_VERSION ? 1 : PACKET;
    gsize n = MIN (in.left, needed - handshake->have);

    memcpy (handshake->in + handshake->have, rtmp_cursor_take (&in, n), n);
    handshake->have += n;
    if (handshake->have == needed && !on_packet (handshake))
      break;
  }

  if (handshake->error != NULL) {
    g_propagate_error (error, g_error_copy (handshake->error));
    return -1;
  }
  return size - in.left;
}

const guint8 *
rtmp_handshake_take_output (RtmpHandshake *handshake, gsize *size)
{
  *size = handshake->out_size;
  handshake->out_size = 0;
  return handshake->out;
}

gboolean
rtmp_handshake_is_done (const RtmpHandshake *handshake)
{
  return handshake->state == STATE_DONE;
}
