/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * RtmpPoller on epoll: one descriptor for all sockets of a loop.
 */
#include "server/rtmp-poller-private.h"

#ifdef __linux__

#include <errno.h>
#include <sys/epoll.h>
#include <unistd.h>

/* Sockets told of in one turn; the rest comes in the next. */
#define MAX_EVENTS 256

typedef struct _EpollPoller
{
  RtmpPoller base;
  gint fd;
  gint n_events; /* of the batch under way */
  struct epoll_event events[MAX_EVENTS];
} EpollPoller;

static guint32
to_epoll (guint16 interest)
{
  return (interest & G_IO_IN ? EPOLLIN : 0) | (interest & G_IO_OUT ? EPOLLOUT : 0);
}

static GIOCondition
from_epoll (guint32 events)
{
  return (events & EPOLLIN ? G_IO_IN : 0) | (events & EPOLLOUT ? G_IO_OUT : 0) |
         (events & EPOLLHUP ? G_IO_HUP : 0) | (events & EPOLLERR ? G_IO_ERR : 0);
}

static void
control (EpollPoller *self, gint operation, RtmpWatch *watch)
{
  struct epoll_event event = { .events = to_epoll (watch->interest), .data.ptr = watch };

  if (epoll_ctl (self->fd, operation, watch->fd, &event) != 0)
    g_warning ("epoll_ctl %d on descriptor %d: %s", operation, watch->fd, g_strerror (errno));
}

static void
epoll_add (RtmpPoller *poller, RtmpWatch *watch)
{
  control ((EpollPoller *)poller, EPOLL_CTL_ADD, watch);
}

static void
epoll_change (RtmpPoller *poller, RtmpWatch *watch)
{
  control ((EpollPoller *)poller, EPOLL_CTL_MOD, watch);
}

static void
epoll_remove (RtmpPoller *poller, RtmpWatch *watch)
{
  EpollPoller *self = (EpollPoller *)poller;

  control (self, EPOLL_CTL_DEL, watch);
  for (gint i = 0; i < self->n_events; i++)
    if (self->events[i].data.ptr == watch)
      self->events[i].data.ptr = NULL;
}

static gint
epoll_get_fd (RtmpPoller *poller)
{
  return ((EpollPoller *)poller)->fd;
}

static void
epoll_dispatch (RtmpPoller *poller)
{
  EpollPoller *self = (EpollPoller *)poller;
  gint n = epoll_wait (self->fd, self->events, MAX_EVENTS, 0);

  self->n_events = MAX (n, 0);
  for (gint i = 0; i < self->n_events; i++) {
    RtmpWatch *watch = self->events[i].data.ptr;

    if (watch)
      watch->func (watch, from_epoll (self->events[i].events));
  }
  self->n_events = 0;
}

static void
epoll_free (RtmpPoller *poller)
{
  close (((EpollPoller *)poller)->fd);
  g_free (poller);
}

static const RtmpPollerFuncs epoll_funcs = {
  .name = "epoll",
  .add = epoll_add,
  .change = epoll_change,
  .remove = epoll_remove,
  .get_fd = epoll_get_fd,
  .dispatch = epoll_dispatch,
  .free = epoll_free,
};

RtmpPoller *
rtmp_poller_new_epoll (void)
{
  gint fd = epoll_create1 (EPOLL_CLOEXEC);
  EpollPoller *self;

  if (fd < 0)
    return NULL;
  self = g_new0 (EpollPoller, 1);
  self->base.funcs = &epoll_funcs;
  self->fd = fd;
  return &self->base;
}

#else

RtmpPoller *
rtmp_poller_new_epoll (void)
{
  return NULL;
}

#endif
