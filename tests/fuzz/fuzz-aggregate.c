/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Fuzz target: the body of an aggregate, contiguous and behind a prefix.
 */
#include "fuzz.h"
#include "protocol/rtmp-aggregate.h"
#include "protocol/rtmp-error.h"

static GPtrArray *
unpack (RtmpMessage *aggregate, const RtmpLimits *limits, gboolean *ok)
{
  GPtrArray *out = g_ptr_array_new_with_free_func ((GDestroyNotify)rtmp_message_unref);
  GError *error = NULL;

  *ok = rtmp_aggregate_unpack (aggregate, limits, out, &error);
  g_assert_true (*ok == (error == NULL));
  if (error != NULL)
    g_assert_true (error->domain == RTMP_ERROR);
  g_clear_error (&error);
  rtmp_message_unref (aggregate);
  return out;
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  RtmpLimits limits = *rtmp_limits_default ();
  gsize prefix = MIN (size, RTMP_MESSAGE_MAX_PREFIX), total = 0;
  GPtrArray *whole, *split;
  gboolean whole_ok, split_ok;
  guint i;

  limits.max_aggregate_messages = 1 + fuzz_hash (data, size) % 64;
  whole = unpack (
      rtmp_message_new_copy (RTMP_TYPE_AGGREGATE, 7, 1, data, size), &limits, &whole_ok);
  split = unpack (rtmp_message_new_foreign (RTMP_TYPE_AGGREGATE, 7, data, prefix, data + prefix,
                      size - prefix, NULL, NULL),
      &limits, &split_ok);

  g_assert_cmpint (whole_ok, ==, split_ok);
  g_assert_cmpuint (whole->len, ==, split->len);
  g_assert_cmpuint (whole->len, <=, limits.max_aggregate_messages);
  for (i = 0; i < whole->len; i++) {
    const RtmpMessage *a = g_ptr_array_index (whole, i), *b = g_ptr_array_index (split, i);

    g_assert_cmpuint (a->type, ==, b->type);
    g_assert_cmpuint (a->timestamp, ==, b->timestamp);
    g_assert_cmpmem (a->body, a->size, b->body, b->size);
    g_assert_cmpuint (a->type, !=, RTMP_TYPE_AGGREGATE);
    total += a->size;
  }
  g_assert_cmpuint (total, <=, size);
  g_ptr_array_unref (whole);
  g_ptr_array_unref (split);
  return 0;
}
