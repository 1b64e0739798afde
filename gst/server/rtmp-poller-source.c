/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * RtmpPoller of one GSource a socket: for systems without epoll, and what to
 * compare the other kind with.
 */
#include "server/rtmp-poller-private.h"

typedef struct _SourcePoller
{
  RtmpPoller base;
  GMainContext *context;
  void (*before) (gpointer data);
  gpointer data;
} SourcePoller;

/* GSocket's source has a fixed condition, so each change makes a new one; the
 * closure knows the poller and the watch. */
typedef struct _Closure
{
  SourcePoller *poller;
  RtmpWatch *watch;
} Closure;

static gboolean
on_ready (GSocket *socket, GIOCondition ready, gpointer user_data)
{
  Closure *closure = user_data;

  if (closure->poller->before)
    closure->poller->before (closure->poller->data);
  closure->watch->func (closure->watch, ready);
  return G_SOURCE_CONTINUE;
}

static void
source_add (RtmpPoller *poller, RtmpWatch *watch)
{
  SourcePoller *self = (SourcePoller *)poller;
  Closure *closure = g_new (Closure, 1);

  closure->poller = self;
  closure->watch = watch;
  watch->source = g_socket_create_source (watch->socket, watch->interest, NULL);
  g_source_set_callback (watch->source, G_SOURCE_FUNC (on_ready), closure, g_free);
  g_source_attach (watch->source, self->context);
}

static void
source_remove (RtmpPoller *poller, RtmpWatch *watch)
{
  g_source_destroy (watch->source);
  g_clear_pointer (&watch->source, g_source_unref);
}

static void
source_change (RtmpPoller *poller, RtmpWatch *watch)
{
  source_remove (poller, watch);
  source_add (poller, watch);
}

static gint
source_get_fd (RtmpPoller *poller)
{
  return -1;
}

static void
source_dispatch (RtmpPoller *poller)
{
}

static void
source_free (RtmpPoller *poller)
{
  g_main_context_unref (((SourcePoller *)poller)->context);
  g_free (poller);
}

static const RtmpPollerFuncs source_funcs = {
  .name = "source",
  .add = source_add,
  .change = source_change,
  .remove = source_remove,
  .get_fd = source_get_fd,
  .dispatch = source_dispatch,
  .free = source_free,
};

RtmpPoller *
rtmp_poller_new_source (GMainContext *context, void (*before) (gpointer data), gpointer data)
{
  SourcePoller *self = g_new0 (SourcePoller, 1);

  self->base.funcs = &source_funcs;
  self->context = g_main_context_ref (context);
  self->before = before;
  self->data = data;
  return &self->base;
}
