/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "server/rtmp-admission.h"

#include <string.h>
#ifdef G_OS_UNIX
#include <unistd.h>
#endif

/* Descriptors left to the rest of the process when no limit is set. */
#define RESERVED_DESCRIPTORS 64

typedef struct _Source
{
  guint8 size;
  guint8 address[16];
  guint n_connections;
  guint n_handshakes;
} Source;

struct _RtmpTicket
{
  Source *source;
  gboolean passed;
};

struct _RtmpAdmission
{
  GHashTable *sources;
  guint n_connections;
};

static guint
source_hash (gconstpointer key)
{
  const Source *source = key;
  guint hash = 5381;

  for (guint i = 0; i < source->size; i++)
    hash = hash * 33 + source->address[i];
  return hash;
}

static gboolean
source_equal (gconstpointer a, gconstpointer b)
{
  const Source *x = a, *y = b;

  return x->size == y->size && memcmp (x->address, y->address, x->size) == 0;
}

RtmpAdmission *
rtmp_admission_new (void)
{
  RtmpAdmission *admission = g_new0 (RtmpAdmission, 1);

  admission->sources = g_hash_table_new_full (source_hash, source_equal, g_free, NULL);
  return admission;
}

void
rtmp_admission_free (RtmpAdmission *admission)
{
  g_hash_table_unref (admission->sources);
  g_free (admission);
}

static guint
max_connections (const RtmpLimits *limits)
{
  glong descriptors = 1024;

  if (limits->max_connections > 0)
    return limits->max_connections;
#ifdef G_OS_UNIX
  descriptors = sysconf (_SC_OPEN_MAX);
  if (descriptors < 0)
    return G_MAXUINT;
#endif
  return (guint)MAX (descriptors - MIN (RESERVED_DESCRIPTORS, descriptors / 4), 1);
}

static Source *
find_source (RtmpAdmission *admission, GInetAddress *address)
{
  Source key = { 0 };
  Source *source;

  if (address) {
    key.size = (guint8)MIN (g_inet_address_get_native_size (address), sizeof (key.address));
    memcpy (key.address, g_inet_address_to_bytes (address), key.size);
  }
  source = g_hash_table_lookup (admission->sources, &key);
  if (!source) {
    source = g_memdup2 (&key, sizeof (key));
    g_hash_table_add (admission->sources, source);
  }
  return source;
}

static const gchar *
over_limit (RtmpAdmission *admission, const Source *source, const RtmpLimits *limits)
{
  if (admission->n_connections >= max_connections (limits))
    return "too many connections";
  if (limits->max_connections_per_address > 0 &&
      source->n_connections >= limits->max_connections_per_address)
    return "too many connections from one address";
  if (limits->max_handshakes_per_address > 0 &&
      source->n_handshakes >= limits->max_handshakes_per_address)
    return "too many unfinished connections from one address";
  return NULL;
}

static void
drop_if_unused (RtmpAdmission *admission, Source *source)
{
  if (source->n_connections == 0)
    g_hash_table_remove (admission->sources, source);
}

RtmpTicket *
rtmp_admission_enter (RtmpAdmission *admission, GInetAddress *address, const RtmpLimits *limits,
    const gchar **reason)
{
  Source *source = find_source (admission, address);
  RtmpTicket *ticket;

  *reason = over_limit (admission, source, limits);
  if (*reason) {
    drop_if_unused (admission, source);
    return NULL;
  }
  admission->n_connections++;
  source->n_connections++;
  source->n_handshakes++;
  ticket = g_new0 (RtmpTicket, 1);
  ticket->source = source;
  return ticket;
}

void
rtmp_admission_pass (RtmpAdmission *admission, RtmpTicket *ticket)
{
  if (ticket->passed)
    return;
  ticket->passed = TRUE;
  ticket->source->n_handshakes--;
}

void
rtmp_admission_leave (RtmpAdmission *admission, RtmpTicket *ticket)
{
  rtmp_admission_pass (admission, ticket);
  ticket->source->n_connections--;
  admission->n_connections--;
  drop_if_unused (admission, ticket->source);
  g_free (ticket);
}

guint
rtmp_admission_get_n (RtmpAdmission *admission)
{
  return admission->n_connections;
}
