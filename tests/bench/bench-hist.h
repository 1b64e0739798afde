/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * BenchHist: histogram of durations, 1 us .. 1.2 h, exact to 1.6 %.
 */
#pragma once

#include <stdint.h>
#include <stdio.h>

#define BENCH_HIST_BUCKETS (64 * 27)

typedef struct _BenchHist
{
  uint64_t count;
  uint64_t max_us;
  uint32_t buckets[BENCH_HIST_BUCKETS];
} BenchHist;

void bench_hist_add (BenchHist *hist, uint64_t us);
/* @share 0..1; 0 when empty. Never above the greatest value added. */
double bench_hist_get_ms (const BenchHist *hist, double share);
/* "name":{"count":..,"p50_ms":..,"p99_ms":..,"max_ms":..} */
void bench_hist_print (const BenchHist *hist, const char *name, FILE *file);
