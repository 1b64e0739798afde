/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * GstRtmpServerDispatcher: runs an element's jobs (signals, bus messages, pad
 * exposure) one after the other, in order, off the I/O loops and off the
 * streaming threads. A thread is taken from GLib's shared pool only while there
 * is something to do.
 *
 * Owner: its element; post from any thread. Jobs run without any lock of ours.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct _GstRtmpServerDispatcher GstRtmpServerDispatcher;
typedef void (*GstRtmpServerJob) (gpointer data);

GstRtmpServerDispatcher *gst_rtmp_server_dispatcher_new (void);
/* Drops what has not started (its @destroy still runs) and does not wait. */
void gst_rtmp_server_dispatcher_free (GstRtmpServerDispatcher *dispatcher);

/* @destroy (@data) runs after @job or instead of it; may be NULL. */
void gst_rtmp_server_dispatcher_post (GstRtmpServerDispatcher *dispatcher, GstRtmpServerJob job,
    gpointer data, GDestroyNotify destroy);

/* Waits until all that was posted has run; returns at once when called from
 * within a job, and gives up after @timeout_ms: FALSE. */
gboolean gst_rtmp_server_dispatcher_drain (
    GstRtmpServerDispatcher *dispatcher, guint timeout_ms);

G_END_DECLS
