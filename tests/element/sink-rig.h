/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * SinkRig: a pipeline { appsrc video, appsrc audio -> rtmpserversink "s" } on a free
 * loopback port, sync=false. Frames are tiny and end with a number, as words.h
 * shows them. What the bus says is kept; tests wait for it, not for time.
 */
#pragma once

#include <gst/gst.h>
#include "player.h"

G_BEGIN_DECLS

#define SINK_RIG_VIDEO_CAPS                                                                    \
  "video/x-h264, stream-format=(string)avc, alignment=(string)au, width=(int)320, "            \
  "height=(int)240, framerate=(fraction)25/1, "                                                \
  "codec_data=(buffer)0142c01effe100086742c01ed90141fb01000468cb83cb"
#define SINK_RIG_AUDIO_CAPS                                                                    \
  "audio/mpeg, mpegversion=(int)4, stream-format=(string)raw, rate=(int)44100, "               \
  "channels=(int)2, codec_data=(buffer)1210"

typedef struct _SinkRig
{
  GstElement *pipeline;
  GstElement *sink;  /* borrowed */
  GstElement *video; /* appsrc, borrowed */
  GstElement *audio; /* NULL without */
  guint16 port;      /* 0 before sink_rig_play, or if it does not listen */
  gint n_asked;      /* atomic: GstForceKeyUnit events at the video appsrc */
} SinkRig;

/* @properties: of rtmpserversink, besides host, port and sync. Not started. */
SinkRig *sink_rig_new (const gchar *properties, gboolean audio);
/* @properties: all of them. */
SinkRig *sink_rig_new_bare (const gchar *properties, gboolean audio);
void sink_rig_free (SinkRig *rig);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SinkRig, sink_rig_free)

/* To PLAYING; returns at once, as it has no data yet. */
void sink_rig_play (SinkRig *rig);
GstStateChangeReturn sink_rig_set_state (SinkRig *rig, GstState state);
TestPlayer *sink_rig_join (SinkRig *rig);

/* @number 0 is a keyframe. */
void sink_rig_push_video (SinkRig *rig, guint ms, guint8 number);
void sink_rig_push_audio (SinkRig *rig, guint ms, guint8 number);
/* Metadata and headers first, then from a keyframe: n frames 40 ms apart from @ms on. */
void sink_rig_push_gop (SinkRig *rig, guint ms, guint n);
void sink_rig_end (SinkRig *rig);

/* Full transfer; has to come. */
GstMessage *sink_rig_wait_message (SinkRig *rig, GstMessageType type);
/* Message and debug text of the error or warning that has to come. */
gchar *sink_rig_wait_text (SinkRig *rig, GstMessageType type);
/* Waits for the element message @name; @field of it, as it prints. */
gchar *sink_rig_wait_element (SinkRig *rig, const gchar *name, const gchar *field);
void sink_rig_assert_quiet (SinkRig *rig);

G_END_DECLS
