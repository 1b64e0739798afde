/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * RtmpHandshake: both roles against each other and against bytes, at any split.
 */
#include "protocol/rtmp-bytes.h"
#include "protocol/rtmp-error.h"
#include "protocol/rtmp-handshake-digest.h"
#include "protocol/rtmp-handshake.h"

#define PACKET RTMP_HANDSHAKE_PACKET

static const guint8 seed_a[16] = { 1 };
static const guint8 seed_b[16] = { 2 };

/* Moves all output of @from into @to in pieces of @split; @sent gets a copy. */
static void
transfer (RtmpHandshake *from, RtmpHandshake *to, gsize split, GByteArray *sent)
{
  gsize size, at = 0;
  const guint8 *out = rtmp_handshake_take_output (from, &size);

  g_byte_array_append (sent, out, size);
  while (at < size) {
    GError *error = NULL;
    gssize n = rtmp_handshake_input (to, out + at, MIN (split, size - at), &error);

    g_assert_no_error (error);
    g_assert_cmpint (n, ==, MIN (split, size - at));
    at += n;
  }
}

typedef struct _Run
{
  GByteArray *client;
  GByteArray *server;
} Run;

static void
run_clear (Run *run)
{
  g_byte_array_unref (run->client);
  g_byte_array_unref (run->server);
}

static Run
run_pair (RtmpHandshakeRole role, gsize split)
{
  RtmpHandshake *client = rtmp_handshake_new (role, 77, seed_a);
  RtmpHandshake *server = rtmp_handshake_new (RTMP_HANDSHAKE_SERVER, 88, seed_b);
  Run run = { g_byte_array_new (), g_byte_array_new () };

  transfer (client, server, split, run.client);
  g_assert_false (rtmp_handshake_is_done (server));
  transfer (server, client, split, run.server);
  g_assert_true (rtmp_handshake_is_done (client));
  transfer (client, server, split, run.client);
  g_assert_true (rtmp_handshake_is_done (server));
  g_assert_cmpuint (run.client->len, ==, 1 + 2 * PACKET);
  g_assert_cmpuint (run.server->len, ==, 1 + 2 * PACKET);

  rtmp_handshake_free (client);
  rtmp_handshake_free (server);
  return run;
}

static void
test_simple (void)
{
  Run run = run_pair (RTMP_HANDSHAKE_CLIENT_SIMPLE, 100000);
  const guint8 *c1 = run.client->data + 1, *c2 = c1 + PACKET;
  const guint8 *s1 = run.server->data + 1, *s2 = s1 + PACKET;

  g_assert_cmpuint (run.client->data[0], ==, 3);
  g_assert_cmpuint (run.server->data[0], ==, 3);
  g_assert_cmpuint (rtmp_get_u32 (c1), ==, 77);
  g_assert_cmpuint (rtmp_get_u32 (c1 + 4), ==, 0);
  g_assert_cmpuint (rtmp_get_u32 (s1), ==, 88);
  g_assert_cmpuint (rtmp_get_u32 (s1 + 4), ==, 0);
  g_assert_cmpmem (s2, PACKET, c1, PACKET);
  g_assert_cmpmem (c2, PACKET, s1, PACKET);
  g_assert_false (memcmp (c1 + 8, s1 + 8, PACKET - 8) == 0);
  run_clear (&run);
}

static void
assert_signed_2 (gboolean server, const guint8 *digest, const guint8 *packet)
{
  guint8 copy[PACKET];

  memcpy (copy, packet, PACKET);
  memset (copy + PACKET - RTMP_DIGEST_SIZE, 0, RTMP_DIGEST_SIZE);
  rtmp_digest_sign_2 (server, digest, copy);
  g_assert_cmpmem (copy, PACKET, packet, PACKET);
}

static void
test_digest (void)
{
  Run run = run_pair (RTMP_HANDSHAKE_CLIENT_DIGEST, 100000);
  const guint8 *c1 = run.client->data + 1, *c2 = c1 + PACKET;
  const guint8 *s1 = run.server->data + 1, *s2 = s1 + PACKET;
  guint8 digest[RTMP_DIGEST_SIZE];
  RtmpDigestScheme scheme;

  g_assert_true (rtmp_digest_find_1 (FALSE, c1, &scheme, digest));
  g_assert_cmpint (scheme, ==, RTMP_DIGEST_FIRST);
  assert_signed_2 (TRUE, digest, s2);

  g_assert_true (rtmp_digest_find_1 (TRUE, s1, &scheme, digest));
  g_assert_cmpint (scheme, ==, RTMP_DIGEST_FIRST);
  g_assert_cmpuint (s1[4], >=, 3);
  assert_signed_2 (FALSE, digest, c2);
  run_clear (&run);
}

static void
test_splits (void)
{
  static const RtmpHandshakeRole roles[] = { RTMP_HANDSHAKE_CLIENT_SIMPLE,
    RTMP_HANDSHAKE_CLIENT_DIGEST };
  static const gsize splits[] = { 1, 2, 3, 7, 1535, 1536, 1537, 3072, 3073 };
  guint i, j;

  for (i = 0; i < G_N_ELEMENTS (roles); i++) {
    Run whole = run_pair (roles[i], 100000);

    for (j = 0; j < G_N_ELEMENTS (splits); j++) {
      Run run = run_pair (roles[i], splits[j]);

      g_assert_cmpmem (
          run.client->data, run.client->len, whole.client->data, whole.client->len);
      g_assert_cmpmem (
          run.server->data, run.server->len, whole.server->data, whole.server->len);
      run_clear (&run);
    }
    run_clear (&whole);
  }
}

/* Chunk data behind C2 in the same segment belongs to the session. */
static void
test_leaves_rest (void)
{
  RtmpHandshake *server = rtmp_handshake_new (RTMP_HANDSHAKE_SERVER, 0, seed_b);
  guint8 bytes[1 + 2 * PACKET + 10] = { 3 };
  GError *error = NULL;

  g_assert_cmpint (
      rtmp_handshake_input (server, bytes, sizeof bytes, &error), ==, 1 + 2 * PACKET);
  g_assert_no_error (error);
  g_assert_true (rtmp_handshake_is_done (server));
  g_assert_cmpint (rtmp_handshake_input (server, bytes, 10, &error), ==, 0);
  rtmp_handshake_free (server);
}

/* A peer whose packet 1 is signed key-first gets its answer key-first; and a
 * client that signs copes with a server that answers in the other scheme. */
static void
test_key_first (void)
{
  RtmpHandshake *server = rtmp_handshake_new (RTMP_HANDSHAKE_SERVER, 0, seed_b);
  guint8 c0c1[1 + PACKET], digest[RTMP_DIGEST_SIZE];
  RtmpDigestScheme scheme;
  const guint8 *out;
  gsize size;

  memset (c0c1, 9, sizeof c0c1);
  c0c1[0] = 3;
  rtmp_digest_sign_1 (RTMP_DIGEST_KEY_FIRST, FALSE, c0c1 + 1);
  g_assert_cmpint (rtmp_handshake_input (server, c0c1, sizeof c0c1, NULL), ==, sizeof c0c1);
  out = rtmp_handshake_take_output (server, &size);
  g_assert_true (rtmp_digest_find_1 (TRUE, out + 1, &scheme, digest));
  g_assert_cmpint (scheme, ==, RTMP_DIGEST_KEY_FIRST);
  rtmp_handshake_free (server);
}

/* Version 0 asks for the simple form, whatever the filler holds. */
static void
test_signed_without_version (void)
{
  RtmpHandshake *server = rtmp_handshake_new (RTMP_HANDSHAKE_SERVER, 0, seed_b);
  guint8 c0c1[1 + PACKET] = { 3 };
  const guint8 *out;
  gsize size;

  rtmp_digest_sign_1 (RTMP_DIGEST_FIRST, FALSE, c0c1 + 1);
  g_assert_cmpint (rtmp_handshake_input (server, c0c1, sizeof c0c1, NULL), ==, sizeof c0c1);
  out = rtmp_handshake_take_output (server, &size);
  g_assert_cmpuint (rtmp_get_u32 (out + 1 + 4), ==, 0);
  g_assert_cmpmem (out + 1 + PACKET, PACKET, c0c1 + 1, PACKET);
  rtmp_handshake_free (server);
}

static void
answer_client (RtmpHandshakeRole role, const guint8 *s1, guint8 c2[PACKET])
{
  static const guint8 s0[] = { 3 };
  RtmpHandshake *client = rtmp_handshake_new (role, 0, seed_a);
  const guint8 *out;
  gsize size;

  rtmp_handshake_take_output (client, &size);
  g_assert_cmpuint (size, ==, 1 + PACKET);
  g_assert_cmpint (rtmp_handshake_input (client, s0, 1, NULL), ==, 1);
  g_assert_cmpint (rtmp_handshake_input (client, s1, PACKET, NULL), ==, PACKET);
  out = rtmp_handshake_take_output (client, &size);
  g_assert_cmpuint (size, ==, PACKET);
  memcpy (c2, out, size);
  rtmp_handshake_free (client);
}

static void
test_client_answers (void)
{
  guint8 s1[PACKET], c2[PACKET], digest[RTMP_DIGEST_SIZE];
  RtmpDigestScheme scheme;

  memset (s1, 5, sizeof s1);
  answer_client (RTMP_HANDSHAKE_CLIENT_SIMPLE, s1, c2);
  g_assert_cmpmem (c2, PACKET, s1, PACKET);
  /* no digest found: the echo */
  answer_client (RTMP_HANDSHAKE_CLIENT_DIGEST, s1, c2);
  g_assert_cmpmem (c2, PACKET, s1, PACKET);

  rtmp_digest_sign_1 (RTMP_DIGEST_KEY_FIRST, TRUE, s1);
  g_assert_true (rtmp_digest_find_1 (TRUE, s1, &scheme, digest));
  answer_client (RTMP_HANDSHAKE_CLIENT_DIGEST, s1, c2);
  assert_signed_2 (FALSE, digest, c2);
  answer_client (RTMP_HANDSHAKE_CLIENT_SIMPLE, s1, c2);
  g_assert_cmpmem (c2, PACKET, s1, PACKET);
}

static void
test_bad_version (void)
{
  static const struct
  {
    guint8 byte;
    const gchar *hint;
  } cases[] = { { 0x16, "TLS" }, { 'G', "HTTP" }, { 'P', "HTTP" }, { 6, "RTMPE" },
    { 0, "0x00" }, { 2, "0x02" }, { 4, "0x04" }, { 0xff, "0xff" } };
  guint i, role;

  for (role = RTMP_HANDSHAKE_SERVER; role <= RTMP_HANDSHAKE_CLIENT_DIGEST; role++) {
    for (i = 0; i < G_N_ELEMENTS (cases); i++) {
      RtmpHandshake *handshake = rtmp_handshake_new (role, 0, seed_a);
      guint8 bytes[2] = { cases[i].byte, 3 };
      GError *error = NULL;
      gsize size;

      rtmp_handshake_take_output (handshake, &size);
      g_assert_cmpint (rtmp_handshake_input (handshake, bytes, 2, &error), ==, -1);
      g_assert_error (error, RTMP_ERROR, RTMP_ERROR_PROTOCOL);
      g_assert_nonnull (strstr (error->message, cases[i].hint));
      g_clear_error (&error);
      /* sticky, and nothing was answered */
      g_assert_cmpint (rtmp_handshake_input (handshake, bytes + 1, 1, &error), ==, -1);
      g_assert_error (error, RTMP_ERROR, RTMP_ERROR_PROTOCOL);
      g_clear_error (&error);
      g_assert_false (rtmp_handshake_is_done (handshake));
      rtmp_handshake_take_output (handshake, &size);
      g_assert_cmpuint (size, ==, 0);
      rtmp_handshake_free (handshake);
    }
  }
}

/* The server answers when C1 is complete, not a byte earlier, and needs all of C2. */
static void
test_exact_ends (void)
{
  RtmpHandshake *server = rtmp_handshake_new (RTMP_HANDSHAKE_SERVER, 0, seed_a);
  guint8 bytes[1 + 2 * PACKET] = { 3 };
  gsize size;

  g_assert_cmpint (rtmp_handshake_input (server, bytes, PACKET, NULL), ==, PACKET);
  rtmp_handshake_take_output (server, &size);
  g_assert_cmpuint (size, ==, 0);
  g_assert_cmpint (rtmp_handshake_input (server, bytes + PACKET, 1, NULL), ==, 1);
  rtmp_handshake_take_output (server, &size);
  g_assert_cmpuint (size, ==, 1 + 2 * PACKET);
  g_assert_cmpint (
      rtmp_handshake_input (server, bytes + PACKET + 1, PACKET - 1, NULL), ==, PACKET - 1);
  g_assert_false (rtmp_handshake_is_done (server));
  g_assert_cmpint (rtmp_handshake_input (server, bytes, 1, NULL), ==, 1);
  g_assert_true (rtmp_handshake_is_done (server));
  rtmp_handshake_free (server);
}

static void
test_seeds_differ (void)
{
  RtmpHandshake *a = rtmp_handshake_new (RTMP_HANDSHAKE_CLIENT_SIMPLE, 0, seed_a);
  RtmpHandshake *b = rtmp_handshake_new (RTMP_HANDSHAKE_CLIENT_SIMPLE, 0, seed_b);
  gsize size;
  const guint8 *out_a = rtmp_handshake_take_output (a, &size);
  const guint8 *out_b = rtmp_handshake_take_output (b, &size);

  g_assert_false (memcmp (out_a + 9, out_b + 9, PACKET - 8) == 0);
  g_assert_false (memcmp (out_a + 9, out_a + 9 + 64, 64) == 0);
  rtmp_handshake_free (a);
  rtmp_handshake_free (b);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/handshake/simple", test_simple);
  g_test_add_func ("/handshake/digest", test_digest);
  g_test_add_func ("/handshake/splits", test_splits);
  g_test_add_func ("/handshake/leaves-rest", test_leaves_rest);
  g_test_add_func ("/handshake/key-first", test_key_first);
  g_test_add_func ("/handshake/signed-without-version", test_signed_without_version);
  g_test_add_func ("/handshake/client-answers", test_client_answers);
  g_test_add_func ("/handshake/bad-version", test_bad_version);
  g_test_add_func ("/handshake/exact-ends", test_exact_ends);
  g_test_add_func ("/handshake/seeds-differ", test_seeds_differ);
  return g_test_run ();
}
