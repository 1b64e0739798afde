/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * MuxRig: a GstRtmpServerMux between GstHarnesses. What goes in are tiny frames that
 * end with a number; what comes out is described in words (words.h).
 */
#pragma once

#include <gst/check/gstharness.h>
#include "elements/gstrtmpservermux.h"
#include "words.h"

G_BEGIN_DECLS

/* 320x240 baseline; only its bytes matter here */
#define AVC_CAPS(level)                                                                        \
  "video/x-h264, stream-format=(string)avc, alignment=(string)au, width=(int)320, "            \
  "height=(int)240, framerate=(fraction)25/1, codec_data=(buffer)0142c0" level                 \
  "ffe100086742c01ed90141fb01000468cb83cb"
#define AAC_CAPS                                                                               \
  "audio/mpeg, mpegversion=(int)4, stream-format=(string)raw, rate=(int)44100, "               \
  "channels=(int)2, codec_data=(buffer)1210"
#define MP3_CAPS                                                                               \
  "audio/mpeg, mpegversion=(int)1, layer=(int)3, rate=(int)44100, channels=(int)2"

#define MS(ms) ((ms)*GST_MSECOND)

typedef struct _MuxRig
{
  GstElement *mux;
  GstHarness *out;
  GstHarness *video; /* NULL before mux_rig_add_track */
  GstHarness *audio;
  GstBus *bus;
} MuxRig;

/* For g_test_add: with both tracks, not live; or without any. */
void mux_rig_set_up (MuxRig *rig, gconstpointer data);
void mux_rig_set_up_empty (MuxRig *rig, gconstpointer data);
void mux_rig_tear_down (MuxRig *rig, gconstpointer data);
GstHarness *mux_rig_add_track (MuxRig *rig, const gchar *pad, const gchar *caps, gboolean live);

GstBuffer *mux_rig_new_frame (gboolean video, gboolean delta, guint8 number);
void mux_rig_push (GstHarness *h, GstBuffer *buffer, GstClockTime dts, GstClockTime pts);
/* @number 0 is a keyframe */
void mux_rig_push_video (MuxRig *rig, gint dts_ms, gint pts_ms, guint8 number);
void mux_rig_push_audio (MuxRig *rig, gint ms, guint8 number);

/* Full transfer; waits. */
RtmpMessage *mux_rig_pull_message (MuxRig *rig);
/* Waits for that many messages. */
void mux_rig_assert_out (MuxRig *rig, const gchar *expected);
void mux_rig_assert_no_error (MuxRig *rig);
/* Message and debug text of the error or warning that has to come. */
gchar *mux_rig_wait_error (MuxRig *rig, GstMessageType type);
void mux_rig_assert_contains (const gchar *text, const gchar *part);

G_END_DECLS
