/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "server/rtmp-admission.h"

#include <string.h>
#ifdef G_OS_UNIX
#include <unistd.h>
#endif

/* Descriptors left to the rest of the process when no limit is set. */
#define RESERVED_DESCRIPTORS 64

struct _RtmpSource
{
  guint8 size;
  guint8 address[16];
  guint n_connections;
  GQueue handshakes; /* of RtmpTicket, oldest first */
  GQueue waiting;    /* of RtmpTicket */
  GList link;        /* in the list of those with somebody waiting */
};

struct _RtmpAdmission
{
  GHashTable *sources;
  GQueue crowded; /* of RtmpSource: somebody waits */
  guint n_connections;
  guint n_waiting;
};

static guint
source_hash (gconstpointer key)
{
  const RtmpSource *source = key;
  guint hash = 5381;

  for (guint i = 0; i < source->size; i++)
    hash = hash * 33 + source->address[i];
  return hash;
}

static gboolean
source_equal (gconstpointer a, gconstpointer b)
{
  const RtmpSource *x = a, *y = b;

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

static RtmpSource *
find_source (RtmpAdmission *admission, GSocketAddress *address)
{
  RtmpSource key = { 0 };
  RtmpSource *source;

  if (G_IS_INET_SOCKET_ADDRESS (address)) {
    GInetAddress *inet = g_inet_socket_address_get_address (G_INET_SOCKET_ADDRESS (address));

    key.size = (guint8)MIN (g_inet_address_get_native_size (inet), sizeof (key.address));
    memcpy (key.address, g_inet_address_to_bytes (inet), key.size);
  }
  source = g_hash_table_lookup (admission->sources, &key);
  if (!source) {
    source = g_memdup2 (&key, sizeof (key));
    source->link.data = source;
    g_hash_table_add (admission->sources, source);
  }
  return source;
}

static gboolean
may_begin (const RtmpSource *source, const RtmpLimits *limits)
{
  return limits->max_handshakes_per_address == 0 ||
         source->handshakes.length < limits->max_handshakes_per_address;
}

static const gchar *
over_limit (RtmpAdmission *admission, const RtmpSource *source, const RtmpLimits *limits)
{
  if (admission->n_connections >= max_connections (limits))
    return "too many connections";
  if (limits->max_connections_per_address > 0 &&
      source->n_connections >= limits->max_connections_per_address)
    return "too many connections from one address";
  return NULL;
}

static void
drop_if_unused (RtmpAdmission *admission, RtmpSource *source)
{
  if (source->n_connections == 0)
    g_hash_table_remove (admission->sources, source);
}

static void
begin (RtmpTicket *ticket, gint64 now_us)
{
  ticket->since_us = now_us;
  g_queue_push_tail_link (&ticket->source->handshakes, &ticket->link);
}

static void
wait (RtmpAdmission *admission, RtmpTicket *ticket)
{
  RtmpSource *source = ticket->source;

  if (source->waiting.length == 0)
    g_queue_push_tail_link (&admission->crowded, &source->link);
  g_queue_push_tail_link (&source->waiting, &ticket->link);
  admission->n_waiting++;
}

static RtmpTicket *
take_first (RtmpAdmission *admission, RtmpSource *source)
{
  RtmpTicket *ticket = g_queue_peek_head (&source->waiting);

  g_queue_unlink (&source->waiting, &ticket->link);
  admission->n_waiting--;
  if (source->waiting.length == 0)
    g_queue_unlink (&admission->crowded, &source->link);
  return ticket;
}

RtmpTicket *
rtmp_admission_enter (RtmpAdmission *admission, GSocketAddress *address,
    const RtmpLimits *limits, gint64 now_us, gboolean *waits, const gchar **reason)
{
  RtmpSource *source = find_source (admission, address);
  RtmpTicket *ticket;

  *reason = over_limit (admission, source, limits);
  if (*reason) {
    drop_if_unused (admission, source);
    return NULL;
  }
  admission->n_connections++;
  source->n_connections++;
  ticket = g_new0 (RtmpTicket, 1);
  ticket->source = source;
  ticket->link.data = ticket;
  *waits = !may_begin (source, limits);
  if (*waits)
    wait (admission, ticket);
  else
    begin (ticket, now_us);
  return ticket;
}

void
rtmp_admission_pass (RtmpAdmission *admission, RtmpTicket *ticket)
{
  if (ticket->passed)
    return;
  ticket->passed = TRUE;
  g_queue_unlink (&ticket->source->handshakes, &ticket->link);
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

RtmpTicket *
rtmp_admission_next (RtmpAdmission *admission, const RtmpLimits *limits, gint64 now_us)
{
  for (GList *l = admission->crowded.head; l; l = l->next) {
    RtmpSource *source = l->data;

    if (may_begin (source, limits)) {
      RtmpTicket *ticket = take_first (admission, source);

      begin (ticket, now_us);
      return ticket;
    }
  }
  return NULL;
}

RtmpTicket *
rtmp_admission_take_waiting (RtmpAdmission *admission)
{
  RtmpTicket *ticket;

  if (admission->crowded.length == 0)
    return NULL;
  ticket = take_first (admission, g_queue_peek_head (&admission->crowded));
  /* as one that begins and leaves */
  begin (ticket, 0);
  return ticket;
}

guint
rtmp_admission_find_stale (
    RtmpAdmission *admission, gint64 now_us, gint64 age_us, RtmpTicket **stale, guint max)
{
  guint n = 0;

  for (GList *l = admission->crowded.head; l; l = l->next) {
    RtmpSource *source = l->data;
    guint wanted = source->waiting.length;

    for (GList *m = source->handshakes.head; m && wanted > 0 && n < max; m = m->next) {
      RtmpTicket *ticket = m->data;

      if (now_us - ticket->since_us < age_us)
        break;
      stale[n++] = ticket;
      wanted--;
    }
  }
  return n;
}

guint
rtmp_admission_get_n (RtmpAdmission *admission)
{
  return admission->n_connections;
}

guint
rtmp_admission_get_n_waiting (RtmpAdmission *admission)
{
  return admission->n_waiting;
}
