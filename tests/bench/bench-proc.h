/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What /proc tells of processes: CPU, memory; and raising the descriptor limit.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define BENCH_MAX_PIDS 8

typedef struct _BenchPids
{
  int pids[BENCH_MAX_PIDS];
  unsigned int n;
} BenchPids;

/* Sums over the processes. */
typedef struct _BenchUsage
{
  double user_s, system_s; /* /proc/PID/stat, in clock ticks */
  double run_s;            /* their sum to the nanosecond; threads that ended are lost */
  uint64_t rss_kib;
  uint64_t pss_kib; /* 0 where smaps_rollup cannot be read */
  uint64_t threads;
} BenchUsage;

void bench_usage_read (const BenchPids *pids, BenchUsage *usage);
/* CPU time of this process in microseconds. */
uint64_t bench_own_cpu_us (void);
/* FALSE: a message on stderr says what to do. */
bool bench_need_descriptors (uint64_t n);
