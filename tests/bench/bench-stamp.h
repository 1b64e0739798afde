/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * BenchStamp: the last 32 bytes of every media body that the benchmark sends:
 * which publisher, which message, when, and a checksum of the body before it.
 *
 * No byte of a stamp is zero, so that it may sit in an H.264 NAL unit without
 * emulation prevention. Pure functions, any thread.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BENCH_STAMP_SIZE 32u

typedef struct _BenchStamp
{
  uint32_t stream; /* publisher's index */
  uint32_t seq;    /* counts from 0, video and audio each on their own */
  uint64_t ns;     /* CLOCK_MONOTONIC of the moment before it was written */
  uint32_t sum;    /* bench_sum_value of the body without the stamp */
} BenchStamp;

void bench_stamp_write (uint8_t out[BENCH_STAMP_SIZE], const BenchStamp *stamp);
/* FALSE: there is no stamp here. */
bool bench_stamp_read (const uint8_t in[BENCH_STAMP_SIZE], BenchStamp *stamp);

/* Depends on value and order of bytes, not on how they are cut. Start at {0}. */
typedef struct _BenchSum
{
  uint32_t a, b;
} BenchSum;

void bench_sum_add (BenchSum *sum, const uint8_t *data, size_t size);
uint32_t bench_sum_value (const BenchSum *sum);

uint64_t bench_now_ns (void);
