/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * BenchTally: pad probes on fakesinks that count buffers and follow their stamps.
 */
#include "bench-server.h"

typedef struct
{
  BenchTally *tally;
  guint32 next;
  gboolean have_next;
} Watch;

static void
add (guint64 *counter, guint64 n)
{
  __atomic_fetch_add (counter, n, __ATOMIC_RELAXED);
}

void
bench_tally_read (BenchTally *tally, BenchTally *copy)
{
  copy->bytes = __atomic_load_n (&tally->bytes, __ATOMIC_RELAXED);
  copy->buffers = __atomic_load_n (&tally->buffers, __ATOMIC_RELAXED);
  copy->unstamped = __atomic_load_n (&tally->unstamped, __ATOMIC_RELAXED);
  copy->missing = __atomic_load_n (&tally->missing, __ATOMIC_RELAXED);
  copy->reordered = __atomic_load_n (&tally->reordered, __ATOMIC_RELAXED);
}

void
bench_tally_add (BenchTally *tally, guint64 bytes)
{
  add (&tally->bytes, bytes);
  add (&tally->buffers, 1);
}

static GstPadProbeReturn
on_buffer (GstPad *pad, GstPadProbeInfo *info, gpointer user_data)
{
  Watch *watch = user_data;
  GstBuffer *buffer = GST_PAD_PROBE_INFO_BUFFER (info);
  gsize size = gst_buffer_get_size (buffer);
  guint8 bytes[BENCH_STAMP_SIZE];
  BenchStamp stamp;

  bench_tally_add (watch->tally, size);
  if (size < sizeof bytes ||
      gst_buffer_extract (buffer, size - sizeof bytes, bytes, sizeof bytes) != sizeof bytes ||
      !bench_stamp_read (bytes, &stamp)) {
    add (&watch->tally->unstamped, 1);
    return GST_PAD_PROBE_OK;
  }
  if (watch->have_next && (gint32)(stamp.seq - watch->next) > 0)
    add (&watch->tally->missing, stamp.seq - watch->next);
  else if (watch->have_next && stamp.seq != watch->next)
    add (&watch->tally->reordered, 1);
  watch->have_next = TRUE;
  watch->next = stamp.seq + 1;
  return GST_PAD_PROBE_OK;
}

static void
watch_sink (BenchTally *tally, GstElement *sink)
{
  GstPad *pad = gst_element_get_static_pad (sink, "sink");
  Watch *watch = g_new0 (Watch, 1);

  watch->tally = tally;
  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER, on_buffer, watch, g_free);
  gst_object_unref (pad);
}

void
bench_tally_watch (BenchTally *tally, GstElement *pipeline)
{
  GstIterator *sinks =
      gst_bin_iterate_all_by_element_factory_name (GST_BIN (pipeline), "fakesink");
  GValue item = G_VALUE_INIT;

  while (gst_iterator_next (sinks, &item) == GST_ITERATOR_OK) {
    watch_sink (tally, g_value_get_object (&item));
    g_value_reset (&item);
  }
  g_value_unset (&item);
  gst_iterator_free (sinks);
}
