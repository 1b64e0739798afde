/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * BenchStamp: see the header. Numbers are written 7 bits a byte with bit 7 set.
 */
#include "bench-stamp.h"

#include <string.h>
#include <time.h>

static const uint8_t magic[4] = { 'b', 'S', 't', '1' };

static uint8_t *
put (uint8_t *out, uint64_t value, unsigned int n_bytes)
{
  for (unsigned int i = 0; i < n_bytes; i++) {
    out[i] = 0x80 | (value & 0x7f);
    value >>= 7;
  }
  return out + n_bytes;
}

static const uint8_t *
get (const uint8_t *in, uint64_t *value, unsigned int n_bytes)
{
  *value = 0;
  for (unsigned int i = n_bytes; i > 0; i--)
    *value = *value << 7 | (in[i - 1] & 0x7f);
  return in + n_bytes;
}

void
bench_stamp_write (uint8_t out[BENCH_STAMP_SIZE], const BenchStamp *stamp)
{
  uint8_t *end = out + BENCH_STAMP_SIZE;

  memcpy (out, magic, sizeof magic);
  out = put (out + sizeof magic, stamp->stream, 5);
  out = put (out, stamp->seq, 5);
  out = put (out, stamp->ns, 10);
  out = put (out, stamp->sum, 5);
  memset (out, 0xff, end - out);
  /* rbsp_trailing_bits of the filler NAL unit it ends in video */
  end[-1] = 0x80;
}

bool
bench_stamp_read (const uint8_t in[BENCH_STAMP_SIZE], BenchStamp *stamp)
{
  uint64_t stream, seq, ns, sum;

  if (memcmp (in, magic, sizeof magic) != 0)
    return false;
  in = get (in + sizeof magic, &stream, 5);
  in = get (in, &seq, 5);
  in = get (in, &ns, 10);
  get (in, &sum, 5);
  stamp->stream = stream;
  stamp->seq = seq;
  stamp->ns = ns;
  stamp->sum = sum;
  return true;
}

void
bench_sum_add (BenchSum *sum, const uint8_t *data, size_t size)
{
  uint32_t a = sum->a, b = sum->b;

  for (size_t i = 0; i < size; i++) {
    a += data[i] + 1u;
    b += a;
  }
  sum->a = a;
  sum->b = b;
}

uint32_t
bench_sum_value (const BenchSum *sum)
{
  return sum->b ^ (sum->a << 16 | sum->a >> 16);
}

uint64_t
bench_now_ns (void)
{
  struct timespec ts;

  clock_gettime (CLOCK_MONOTONIC, &ts);
  return (uint64_t)ts.tv_sec * 1000000000u + ts.tv_nsec;
}
