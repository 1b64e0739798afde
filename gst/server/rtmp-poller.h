/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * RtmpPoller: tells a loop which of its sockets are ready. Two kinds: epoll in
 * one GSource of the loop (cost does not grow with idle sockets), and one GSource
 * a socket where there is no epoll.
 *
 * Owner and thread: one loop. Level-triggered: what is not read is told again.
 */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

typedef struct _RtmpPoller RtmpPoller;
typedef struct _RtmpWatch RtmpWatch;
/* May remove any watch, its own too. @ready may hold G_IO_HUP and G_IO_ERR, that
 * are told whatever the interest. */
typedef void (*RtmpWatchFunc) (RtmpWatch *watch, GIOCondition ready);

/* Embedded in what it belongs to; stays in place while it is added. */
struct _RtmpWatch
{
  RtmpWatchFunc func;
  GSocket *socket; /* borrowed while added */
  GSource *source; /* of the GSource kind */
  gint fd;
  guint16 interest; /* GIOCondition */
  gboolean added;
};

typedef enum
{
  RTMP_POLLER_BEST,
  RTMP_POLLER_SOURCE, /* one GSource a socket, everywhere */
} RtmpPollerKind;

/* @before: called with @data before watches of the GSource kind run, which
 * happens outside of rtmp_poller_dispatch(). */
RtmpPoller *rtmp_poller_new (
    RtmpPollerKind kind, GMainContext *context, void (*before) (gpointer data), gpointer data);
void rtmp_poller_free (RtmpPoller *poller);

void rtmp_poller_add (
    RtmpPoller *poller, RtmpWatch *watch, GSocket *socket, GIOCondition interest);
void rtmp_poller_change (RtmpPoller *poller, RtmpWatch *watch, GIOCondition interest);
void rtmp_poller_remove (RtmpPoller *poller, RtmpWatch *watch);

/* The descriptor to wait on for reading, then dispatch; -1: watches run as
 * sources of the context by themselves. */
gint rtmp_poller_get_fd (RtmpPoller *poller);
void rtmp_poller_dispatch (RtmpPoller *poller);
const gchar *rtmp_poller_get_name (RtmpPoller *poller);

G_END_DECLS
