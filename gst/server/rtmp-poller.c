/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "server/rtmp-poller-private.h"

RtmpPoller *
rtmp_poller_new (
    RtmpPollerKind kind, GMainContext *context, void (*before) (gpointer data), gpointer data)
{
  RtmpPoller *poller = NULL;

  if (kind == RTMP_POLLER_BEST)
    poller = rtmp_poller_new_epoll ();
  if (!poller)
    poller = rtmp_poller_new_source (context, before, data);
  return poller;
}

void
rtmp_poller_free (RtmpPoller *poller)
{
  poller->funcs->free (poller);
}

void
rtmp_poller_add (RtmpPoller *poller, RtmpWatch *watch, GSocket *socket, GIOCondition interest)
{
  g_return_if_fail (!watch->added);
  watch->socket = socket;
  watch->fd = g_socket_get_fd (socket);
  watch->interest = interest;
  watch->added = TRUE;
  poller->funcs->add (poller, watch);
}

void
rtmp_poller_change (RtmpPoller *poller, RtmpWatch *watch, GIOCondition interest)
{
  if (!watch->added || watch->interest == interest)
    return;
  watch->interest = interest;
  poller->funcs->change (poller, watch);
}

void
rtmp_poller_remove (RtmpPoller *poller, RtmpWatch *watch)
{
  if (!watch->added)
    return;
  poller->funcs->remove (poller, watch);
  watch->added = FALSE;
  watch->socket = NULL;
}

gint
rtmp_poller_get_fd (RtmpPoller *poller)
{
  return poller->funcs->get_fd (poller);
}

void
rtmp_poller_dispatch (RtmpPoller *poller)
{
  poller->funcs->dispatch (poller);
}

const gchar *
rtmp_poller_get_name (RtmpPoller *poller)
{
  return poller->funcs->name;
}
