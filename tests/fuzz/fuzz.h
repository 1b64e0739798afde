/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What a fuzz target needs: the entry point that libFuzzer and replay.c call,
 * and numbers that depend on nothing but the input.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

int LLVMFuzzerTestOneInput (const guint8 *data, gsize size);

/* Options and slices of a run follow from its input, so that a file repeats it. */
static inline guint32
fuzz_hash (const guint8 *data, gsize size)
{
  guint32 hash = 2166136261u;
  gsize i;

  for (i = 0; i < size; i++)
    hash = (hash ^ data[i]) * 16777619u;
  return hash;
}

G_END_DECLS
