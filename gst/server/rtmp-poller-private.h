/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What a kind of RtmpPoller implements.
 */
#pragma once

#include "server/rtmp-poller.h"

G_BEGIN_DECLS

typedef struct _RtmpPollerFuncs
{
  const gchar *name;
  void (*add) (RtmpPoller *poller, RtmpWatch *watch);
  void (*change) (RtmpPoller *poller, RtmpWatch *watch);
  void (*remove) (RtmpPoller *poller, RtmpWatch *watch);
  gint (*get_fd) (RtmpPoller *poller);
  void (*dispatch) (RtmpPoller *poller);
  void (*free) (RtmpPoller *poller);
} RtmpPollerFuncs;

struct _RtmpPoller
{
  const RtmpPollerFuncs *funcs;
};

/* NULL where there is none. */
RtmpPoller *rtmp_poller_new_epoll (void);
RtmpPoller *rtmp_poller_new_source (
    GMainContext *context, void (*before) (gpointer data), gpointer data);

G_END_DECLS
