/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The parts of bench-server: what is measured in the server's own process.
 */
#pragma once

#include <gst/gst.h>

#include "bench-media.h"

/* What arrived at all fakesinks of a pipeline, or what a feed pushed. Atomic:
 * streaming threads add, the main thread reads. */
typedef struct _BenchTally
{
  guint64 bytes;
  guint64 buffers;
  guint64 unstamped;
  guint64 missing; /* by the stamps' numbers, per pad */
  guint64 reordered;
} BenchTally;

void bench_tally_read (BenchTally *tally, BenchTally *copy);

/* Counts what reaches every fakesink in @pipeline; probes live as long as their
 * pads, @tally must outlive @pipeline. */
void bench_tally_watch (BenchTally *tally, GstElement *pipeline);
void bench_tally_add (BenchTally *tally, guint64 bytes);

/* Pushes @media in a loop into the elements "video" and "audio" of a pipeline
 * (identity), stamped, at @speed times real time. One thread each. */
typedef struct _BenchFeed BenchFeed;

/* NULL: no such elements. @media, @tally: kept, outlive the feed. */
BenchFeed *bench_feed_new (
    GstElement *pipeline, BenchMedia *media, gdouble speed, BenchTally *tally);
void bench_feed_start (BenchFeed *feed);
/* Stops and joins the threads; the pipeline is in NULL, so no push waits. */
void bench_feed_free (BenchFeed *feed);

/* Serves keys "bench" or "bench0" ... until SIGTERM; prints its port. The exit status. */
int bench_relay_run (guint n_keys, guint flush_ms);
