/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * BenchHist: 64 buckets for each power of two.
 */
#include "bench-hist.h"

static unsigned int
bucket_of (uint64_t us)
{
  unsigned int shift = 0, bucket;

  if (us >= 64)
    shift = 63 - __builtin_clzll (us) - 6;
  bucket = shift * 64 + (us >> shift);
  return bucket < BENCH_HIST_BUCKETS ? bucket : BENCH_HIST_BUCKETS - 1;
}

static uint64_t
upper_edge (unsigned int bucket)
{
  unsigned int shift = bucket < 128 ? 0 : bucket / 64 - 1;

  return ((uint64_t)(bucket - shift * 64) + 1) << shift;
}

void
bench_hist_add (BenchHist *hist, uint64_t us)
{
  hist->buckets[bucket_of (us)]++;
  hist->count++;
  if (us > hist->max_us)
    hist->max_us = us;
}

double
bench_hist_get_ms (const BenchHist *hist, double share)
{
  uint64_t seen = 0, wanted = (uint64_t)(share * hist->count + 0.5), us;

  if (hist->count == 0)
    return 0;
  if (wanted < 1)
    wanted = 1;
  for (unsigned int i = 0; i < BENCH_HIST_BUCKETS; i++) {
    seen += hist->buckets[i];
    if (seen >= wanted) {
      us = upper_edge (i);
      return (us < hist->max_us ? us : hist->max_us) / 1000.0;
    }
  }
  return hist->max_us / 1000.0;
}

void
bench_hist_print (const BenchHist *hist, const char *name, FILE *file)
{
  fprintf (file, "\"%s\":{\"count\":%llu,\"p50_ms\":%.3f,\"p99_ms\":%.3f,\"max_ms\":%.3f}",
      name, (unsigned long long)hist->count, bench_hist_get_ms (hist, 0.5),
      bench_hist_get_ms (hist, 0.99), hist->max_us / 1000.0);
}
