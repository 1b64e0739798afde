/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Fuzz target: the handshake in each role, at once and in slices.
 */
#include "fuzz.h"
#include "protocol/rtmp-error.h"
#include "protocol/rtmp-handshake.h"

#include <string.h>

#define MAX_OUTPUT (1 + 2 * RTMP_HANDSHAKE_PACKET)

typedef struct _Outcome
{
  GByteArray *output;
  gsize consumed;
  gboolean done;
  gboolean failed;
} Outcome;

static void
take_output (RtmpHandshake *handshake, Outcome *outcome)
{
  gsize size;
  const guint8 *out = rtmp_handshake_take_output (handshake, &size);

  g_byte_array_append (outcome->output, out, size);
  g_assert_cmpuint (outcome->output->len, <=, MAX_OUTPUT);
}

static Outcome
run (RtmpHandshakeRole role, const guint8 *data, gsize size, gsize split)
{
  static const guint8 seed[16] = { 5 };
  RtmpHandshake *handshake = rtmp_handshake_new (role, 1, seed);
  Outcome outcome = { g_byte_array_new (), 0, FALSE, FALSE };
  gssize n = 1;

  take_output (handshake, &outcome);
  while (outcome.consumed < size && n > 0) {
    gsize slice = MIN (split, size - outcome.consumed);
    GError *error = NULL;

    n = rtmp_handshake_input (handshake, data + outcome.consumed, slice, &error);
    g_assert_cmpint (n, <=, slice);
    g_assert_true ((n < 0) == (error != NULL));
    if (error != NULL)
      g_assert_error (error, RTMP_ERROR, RTMP_ERROR_PROTOCOL);
    outcome.failed = error != NULL;
    g_clear_error (&error);
    outcome.consumed += MAX (n, 0);
    take_output (handshake, &outcome);
  }
  outcome.done = rtmp_handshake_is_done (handshake);
  rtmp_handshake_free (handshake);
  return outcome;
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  guint32 hash = fuzz_hash (data, size);
  guint role;

  for (role = RTMP_HANDSHAKE_SERVER; role <= RTMP_HANDSHAKE_CLIENT_DIGEST; role++) {
    Outcome whole = run (role, data, size, MAX (size, 1));
    Outcome split = run (role, data, size, 1 + hash % 700);

    g_assert_cmpmem (
        whole.output->data, whole.output->len, split.output->data, split.output->len);
    g_assert_cmpuint (whole.consumed, ==, split.consumed);
    g_assert_cmpint (whole.done, ==, split.done);
    g_assert_cmpint (whole.failed, ==, split.failed);
    g_byte_array_unref (whole.output);
    g_byte_array_unref (split.output);
  }
  return 0;
}
