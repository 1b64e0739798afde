/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Category "handshake" of vectors.json.
 */
#include "vectors.h"
#include "protocol/rtmp-bytes.h"
#include "protocol/rtmp-handshake-digest.h"
#include "protocol/rtmp-handshake.h"

#define PACKET RTMP_HANDSHAKE_PACKET

/* none */
static const VectorGap gaps[] = { { NULL, NULL } };

static const guint8 seed[16] = { 1, 2, 3 };

static RtmpDigestScheme
get_scheme (JsonObject *vector)
{
  const gchar *name = vectors_string (vector, "scheme");

  if (g_str_equal (name, "digest-first"))
    return RTMP_DIGEST_FIRST;
  g_assert_cmpstr (name, ==, "key-first");
  return RTMP_DIGEST_KEY_FIRST;
}

static void
copy_bytes (JsonObject *object, const gchar *member, guint8 *out, gsize size)
{
  GBytes *bytes = vectors_bytes (object, member);

  g_assert_cmpuint (g_bytes_get_size (bytes), ==, size);
  memcpy (out, g_bytes_get_data (bytes, NULL), size);
  g_bytes_unref (bytes);
}

static void
assert_member (gconstpointer data, gsize size, JsonObject *expected, const gchar *member)
{
  GBytes *bytes = vectors_bytes (expected, member);

  vectors_assert_bytes (data, size, bytes);
  g_bytes_unref (bytes);
}

static void
run_offset (JsonObject *vector, JsonObject *expected)
{
  guint8 packet[PACKET] = { 0 };
  guint at = vectors_int (vector, "offset_bytes_at", 0);

  copy_bytes (vector, "offset_bytes_hex", packet + at, 4);
  if (g_str_equal (vectors_string (vector, "kind"), "digest_offset"))
    g_assert_cmpuint (rtmp_digest_offset (get_scheme (vector), packet), ==,
        vectors_int (expected, "digest_offset", -1));
  else
    g_assert_cmpuint (rtmp_digest_key_offset (get_scheme (vector), packet), ==,
        vectors_int (expected, "key_offset", -1));
}

/* Ours must be the same bytes when we sign what was signed. */
static void
check_signing (
    RtmpDigestScheme scheme, gboolean server, const guint8 *packet, guint digest_offset)
{
  guint8 copy[PACKET];

  memcpy (copy, packet, PACKET);
  memset (copy + digest_offset, 0, RTMP_DIGEST_SIZE);
  rtmp_digest_sign_1 (scheme, server, copy);
  g_assert_cmpmem (copy, PACKET, packet, PACKET);
}

static void
run_packet_1 (JsonObject *vector, JsonObject *expected, gboolean server)
{
  guint8 packet[PACKET], digest[RTMP_DIGEST_SIZE];
  RtmpDigestScheme scheme;
  gint offset = vectors_int (expected, "digest_offset", -1);

  copy_bytes (vector, "input_hex", packet, PACKET);
  if (offset < 0) {
    g_assert_false (rtmp_digest_find_1 (server, packet, &scheme, digest));
    return;
  }
  g_assert_true (rtmp_digest_find_1 (server, packet, &scheme, digest));
  g_assert_cmpint (scheme, ==, get_scheme (vector));
  g_assert_cmpint (rtmp_digest_offset (scheme, packet), ==, offset);
  assert_member (digest, sizeof digest, expected, "digest_hex");
  check_signing (scheme, server, packet, offset);
}

/* S0S1S2 of our server for the C1 of a vector. */
static void
answer_c1 (const guint8 *c1, guint8 answer[1 + 2 * PACKET])
{
  static const guint8 c0[] = { 3 };
  RtmpHandshake *handshake = rtmp_handshake_new (RTMP_HANDSHAKE_SERVER, 1000, seed);
  const guint8 *out;
  gsize size;

  g_assert_cmpint (rtmp_handshake_input (handshake, c0, 1, NULL), ==, 1);
  g_assert_cmpint (rtmp_handshake_input (handshake, c1, PACKET, NULL), ==, PACKET);
  out = rtmp_handshake_take_output (handshake, &size);
  g_assert_cmpuint (size, ==, 1 + 2 * PACKET);
  memcpy (answer, out, size);
  rtmp_handshake_free (handshake);
}

static void
run_c1 (JsonObject *vector, JsonObject *expected)
{
  guint8 c1[PACKET], answer[1 + 2 * PACKET], digest[RTMP_DIGEST_SIZE];
  const guint8 *s1 = answer + 1, *s2 = s1 + PACKET;
  const gchar *sha256 = vectors_string (expected, "s2_sha256");
  RtmpDigestScheme scheme;

  run_packet_1 (vector, expected, FALSE);
  copy_bytes (vector, "input_hex", c1, PACKET);
  answer_c1 (c1, answer);
  g_assert_cmpuint (answer[0], ==, 3);

  if (vectors_string (expected, "digest_hex") != NULL) {
    g_assert_true (rtmp_digest_find_1 (TRUE, s1, &scheme, digest));
    g_assert_cmpint (scheme, ==, get_scheme (vector));
  } else {
    g_assert_cmpuint (rtmp_get_u32 (s1 + 4), ==, 0);
    g_assert_cmpmem (s2, PACKET, c1, PACKET);
  }
  if (sha256 != NULL) {
    gchar *have = g_compute_checksum_for_data (G_CHECKSUM_SHA256, s2, PACKET);

    g_assert_cmpstr (have, ==, sha256);
    g_free (have);
  }
}

static void
run_packet_2 (JsonObject *vector, JsonObject *expected, gboolean server)
{
  guint8 packet[PACKET], signed_again[PACKET];
  guint8 peer_digest[RTMP_DIGEST_SIZE], key[RTMP_DIGEST_SIZE];

  copy_bytes (vector, "input_hex", packet, PACKET);
  copy_bytes (
      vector, server ? "c1_digest_hex" : "s1_digest_hex", peer_digest, sizeof peer_digest);

  rtmp_digest_key_2 (server, peer_digest, key);
  assert_member (key, sizeof key, expected, "temp_key_hex");

  memcpy (signed_again, packet, PACKET);
  memset (signed_again + PACKET - RTMP_DIGEST_SIZE, 0, RTMP_DIGEST_SIZE);
  rtmp_digest_sign_2 (server, peer_digest, signed_again);
  assert_member (
      signed_again + PACKET - RTMP_DIGEST_SIZE, RTMP_DIGEST_SIZE, expected, "digest_hex");
  g_assert_cmpmem (signed_again, PACKET, packet, PACKET);
}

static void
run_swf (JsonObject *vector, JsonObject *expected)
{
  guint8 hash[32], s1_end[32], token[42];

  copy_bytes (vector, "swf_hash_hex", hash, sizeof hash);
  copy_bytes (vector, "s1_last32_hex", s1_end, sizeof s1_end);
  rtmp_digest_swf_token (hash, vectors_int (vector, "swf_size", 0), s1_end, token);
  assert_member (token, sizeof token, expected, "token_hex");
}

static void
run_vector (JsonObject *vector)
{
  const gchar *kind = vectors_string (vector, "kind");
  JsonObject *expected = vectors_object (vector, "expected");

  if (g_str_has_suffix (kind, "_offset"))
    run_offset (vector, expected);
  else if (g_str_equal (kind, "c1"))
    run_c1 (vector, expected);
  else if (g_str_equal (kind, "s1"))
    run_packet_1 (vector, expected, TRUE);
  else if (g_str_equal (kind, "s2") || g_str_equal (kind, "c2"))
    run_packet_2 (vector, expected, kind[0] == 's');
  else if (g_str_equal (kind, "swf_verify"))
    run_swf (vector, expected);
  else
    g_assert_not_reached ();
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_assert_cmpuint (vectors_add ("handshake", run_vector, gaps), ==, 27);
  return g_test_run ();
}
