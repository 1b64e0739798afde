/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Fuzz target: FLV framing, at once and in slices: the same tags.
 */
#include "fuzz.h"
#include "protocol/rtmp-error.h"
#include "protocol/rtmp-flv-reader.h"

#include <string.h>

static void
put_message (GByteArray *log, const RtmpMessage *message)
{
  gsize size;
  const guint8 *body = rtmp_message_peek (message, &size);

  g_byte_array_append (log, &message->type, 1);
  g_byte_array_append (log, (const guint8 *)&message->timestamp, 4);
  g_byte_array_append (log, body, size);
  g_byte_array_append (log, (const guint8 *)"\n", 1);
}

/* All tags, then the error if there is one. */
static GByteArray *
run (const guint8 *data, gsize size, gsize split)
{
  g_autoptr (RtmpFlvReader) reader = rtmp_flv_reader_new (rtmp_limits_default ());
  GByteArray *log = g_byte_array_new ();
  gsize offset = 0;

  while (offset < size) {
    gsize slice = MIN (split, size - offset);
    g_autoptr (GError) error = NULL;
    gssize used = rtmp_flv_reader_push (reader, data + offset, slice, &error);
    g_autoptr (RtmpMessage) message = NULL;

    if (used < 0) {
      g_assert_true (error->domain == RTMP_ERROR);
      g_byte_array_append (log, (const guint8 *)error->message, strlen (error->message));
      return log;
    }
    g_assert_cmpint (used, >, 0);
    g_assert_cmpint (used, <=, slice);
    offset += used;
    message = rtmp_flv_reader_pull (reader);
    if (message != NULL)
      put_message (log, message);
  }
  return log;
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  g_autoptr (GByteArray) whole = run (data, size, MAX (size, 1));
  g_autoptr (GByteArray) split = run (data, size, 1 + fuzz_hash (data, size) % 50);

  g_assert_cmpmem (whole->data, whole->len, split->data, split->len);
  return 0;
}
