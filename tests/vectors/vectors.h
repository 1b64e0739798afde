/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Test vectors: tests/data/vectors.json and its like. One g_test per vector, so
 * that each one can fail and be run alone (-p /vectors/chunk/fmt0/basic).
 */
#pragma once

#include <json-glib/json-glib.h>

G_BEGIN_DECLS

/* The "vectors" array of a file in tests/data; lives as long as the process.
 * Aborts with a message if the file is missing or has none. */
JsonArray *vectors_load (const gchar *file);

/* The file as text, to be freed. */
gchar *vectors_read (const gchar *file);

typedef void (*VectorFunc) (JsonObject *vector);

/* A vector we do not satisfy, and why; shown as skipped. */
typedef struct _VectorGap
{
  const gchar *name;
  const gchar *reason;
} VectorGap;

/* Adds one test "/vectors/<category>/<name>" for each vector of vectors.json in
 * @category; returns how many. @gaps: ends with a NULL name; may be NULL. A gap
 * that names no vector is a failing test. */
guint vectors_add (const gchar *category, VectorFunc func, const VectorGap *gaps);

/* Members; the getters of strings and objects give NULL for null and absent. */
const gchar *vectors_string (JsonObject *object, const gchar *member);
JsonObject *vectors_object (JsonObject *object, const gchar *member);
JsonArray *vectors_array (JsonObject *object, const gchar *member);
gint64 vectors_int (JsonObject *object, const gchar *member, gint64 fallback);
gboolean vectors_boolean (JsonObject *object, const gchar *member, gboolean fallback);
/* Decoded hex string, to be freed; NULL for null and absent. */
GBytes *vectors_bytes (JsonObject *object, const gchar *member);

/* Hex digits, white space allowed; aborts on anything else. */
GBytes *vectors_from_hex (const gchar *hex);
gchar *vectors_to_hex (gconstpointer data, gsize size);

/* g_assert_cmpmem with both sides as hex. */
void vectors_assert_bytes (gconstpointer data, gsize size, GBytes *expected);

G_END_DECLS
