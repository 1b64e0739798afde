/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A pipeline with one rtmpserversrc "s" on a free loopback port, and a log of what
 * its pads and the bus say. Tests wait for lines, not for time; what does not come
 * in 20 s fails.
 *
 * Lines: "video pad", "audio pad", "no-more-pads", and per pad "video stream-start",
 * "video caps 176x144", "video segment", "video tag", "video metadata", "video data
 * onTextData", "video buffer 5" (its number; "discont", "delta" follow), "video gap",
 * "video eos"; of the bus "eos", "warning: ...", "error: ...", "GstRtmpServer...".
 */
#pragma once

#include <gst/gst.h>
#include "publisher.h"

G_BEGIN_DECLS

typedef struct _RigBuffer
{
  gboolean video;
  guint32 number;
  GstClockTime pts;
  GstClockTime dts;
} RigBuffer;

typedef struct _Rig
{
  GstElement *pipeline;
  GstElement *src; /* borrowed */
  guint16 port;

  GMutex lock;
  GCond changed;
  GPtrArray *log;  /* gchar * */
  GArray *buffers; /* RigBuffer, in order of each pad */
} Rig;

/* gst_init, the plugin, the leak tracer where it can be had. */
void rig_init (gint *argc, gchar ***argv);
/* g_test_run(), then everything that GStreamer made must be gone. */
gint rig_run (void);

/* @branches: launch syntax of what follows "rtmpserversrc name=s ...". Not started. */
Rig *rig_new (const gchar *properties, const gchar *branches);
void rig_free (Rig *rig);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Rig, rig_free)
/* To PLAYING; `port` is known then. */
void rig_play (Rig *rig);
void rig_stop (Rig *rig);
TestPublisher *rig_publish (Rig *rig, const gchar *key);

/* Waits for the @n-th (from 1) line that begins so. */
void rig_wait (Rig *rig, const gchar *begin, guint n);
guint rig_count (Rig *rig, const gchar *begin);
/* Position of the first line that begins so, -1 = none. */
gint rig_find (Rig *rig, const gchar *begin);
/* All lines of a pad but buffers, gaps and tags: "stream-start, caps 176x144, ...". */
gchar *rig_get_events (Rig *rig, const gchar *pad);
/* Copy; free with g_array_unref. */
GArray *rig_get_buffers (Rig *rig, gboolean video);
/* For tests' own lines. */
void rig_log (Rig *rig, const gchar *format, ...) G_GNUC_PRINTF (2, 3);

G_END_DECLS
