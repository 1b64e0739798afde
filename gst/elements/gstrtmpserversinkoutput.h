/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * GstRtmpServerSinkOutput: where a sink's stream goes: to the players of its
 * (application, stream), to the server of `location`, or both; and how it ends:
 * what is queued is sent first, for at most `linger`.
 *
 * Owner: its sink, embedded. open/start/stop/close: state change thread. Properties:
 * any thread, under the endpoint's lock. Callbacks of server/ on loop threads: they
 * set what base sink reads, and post to the endpoint's dispatcher.
 */
#pragma once

#include "elements/gstrtmpserverbasesink.h"
#include "elements/gstrtmpserverendpoint.h"
#include "elements/gstrtmpserversinkpolicy.h"
#include "server/rtmp-push.h"

G_BEGIN_DECLS

typedef struct _GstRtmpServerSinkOutput
{
  GstRtmpServerEndpoint endpoint; /* first: the server's callbacks get its address */
  GstRtmpServerBaseSink *base;    /* borrowed: the sink's child */

  /* properties */
  gchar *location;
  gchar *location_options; /* what followed the URL, as librtmp's sink takes it */
  RtmpUrl *url;            /* of location; NULL with location_error if it is set */
  GError *location_error;
  GstRtmpServerSyncMethod sync_method;
  GstRtmpServerRecoverPolicy recover_policy;
  GstClockTime soft_max_time;
  GstClockTime max_time;
  GstClockTime flush_interval;
  GstClockTime linger;

  /* state change thread */
  gboolean serving; /* from open to close */
  RtmpStream *stream;
  RtmpPush *push;      /* also the streaming thread, when data comes after EOS */
  gboolean push_ended; /* at EOS; likewise */

  gint n_players;      /* atomic: of the mount */
  gint push_connected; /* atomic */

  GMutex lock; /* what follows; leaf lock */
  GCond drained;
  guint n_mount_drains; /* that have not ended */
  gboolean push_drains;
} GstRtmpServerSinkOutput;

void gst_rtmp_server_sink_output_init (
    GstRtmpServerSinkOutput *output, GstElement *element, GstRtmpServerBaseSink *base);
void gst_rtmp_server_sink_output_clear (GstRtmpServerSinkOutput *output);

/* rtmp://host[:port]/application/stream, options may follow after a space; NULL =
 * no push. What is wrong with it is told by open. */
void gst_rtmp_server_sink_output_set_location (
    GstRtmpServerSinkOutput *output, const gchar *location);
/* After a change of soft-max-time, max-time or recover-policy. */
void gst_rtmp_server_sink_output_apply_limits (GstRtmpServerSinkOutput *output);

/* NULL->READY: listens, unless there is only a location. FALSE: an error was posted. */
gboolean gst_rtmp_server_sink_output_open (GstRtmpServerSinkOutput *output);
/* READY->PAUSED: claims the name, starts to push, and gives the base sink its
 * stream. FALSE: an error was posted. */
gboolean gst_rtmp_server_sink_output_start (GstRtmpServerSinkOutput *output);
/* PAUSED->READY, nothing streams any more: drains and ends it all. */
void gst_rtmp_server_sink_output_stop (GstRtmpServerSinkOutput *output);
/* READY->NULL. */
void gst_rtmp_server_sink_output_close (GstRtmpServerSinkOutput *output);

G_END_DECLS
