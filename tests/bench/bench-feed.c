/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * BenchFeed: plays the encoders. One thread for each medium pushes one buffer of
 * one memory for each access unit or audio frame into the element of that name.
 */
#include "bench-server.h"

typedef struct
{
  BenchFeed *feed;
  guint8 type; /* 8 audio, 9 video */
  GstPad *pad; /* ours, linked to the element's sink pad */
  GThread *thread;
} Track;

struct _BenchFeed
{
  BenchMedia *media;
  BenchTally *tally;
  gdouble speed;
  gint64 start_us;
  Track tracks[2];
  gint stopped;
};

/* Bytes of the FLV tag body before the codec's own. */
static guint
prefix_of (const BenchMessage *message)
{
  return message->type == 9 ? 5 : 2;
}

static GstCaps *
make_caps (BenchMedia *media, guint8 type)
{
  GstCaps *caps = type == 9
                      ? gst_caps_from_string ("video/x-h264, stream-format=avc, alignment=au, "
                                              "width=1280, height=720, framerate=30/1")
                      : gst_caps_from_string ("audio/mpeg, mpegversion=4, stream-format=raw, "
                                              "rate=48000, channels=2");

  for (guint i = 0; i < media->n_headers; i++) {
    const BenchMessage *header = &media->headers[i];
    guint prefix = prefix_of (header);
    GstBuffer *data;

    if (header->type != type)
      continue;
    data = gst_buffer_new_memdup (header->wire + prefix, header->length - prefix);
    gst_caps_set_simple (caps, "codec_data", GST_TYPE_BUFFER, data, NULL);
    gst_buffer_unref (data);
  }
  return caps;
}

static gboolean
track_init (Track *track, BenchFeed *feed, GstElement *pipeline, guint8 type)
{
  GstElement *element = gst_bin_get_by_name (GST_BIN (pipeline), type == 9 ? "video" : "audio");
  GstPad *peer;
  gboolean ok;

  track->feed = feed;
  track->type = type;
  if (!element)
    return FALSE;
  peer = gst_element_get_static_pad (element, "sink");
  track->pad = gst_pad_new ("src", GST_PAD_SRC);
  gst_pad_set_active (track->pad, TRUE);
  ok = peer && gst_pad_link (track->pad, peer) == GST_PAD_LINK_OK;
  gst_clear_object (&peer);
  gst_object_unref (element);
  return ok;
}

BenchFeed *
bench_feed_new (GstElement *pipeline, BenchMedia *media, gdouble speed, BenchTally *tally)
{
  BenchFeed *feed = g_new0 (BenchFeed, 1);

  feed->media = media;
  feed->speed = speed;
  feed->tally = tally;
  if (!track_init (&feed->tracks[0], feed, pipeline, 9) ||
      !track_init (&feed->tracks[1], feed, pipeline, 8)) {
    bench_feed_free (feed);
    return NULL;
  }
  return feed;
}

static GstBuffer *
make_buffer (const BenchMessage *message, guint64 timestamp_ms, guint32 seq)
{
  guint prefix = prefix_of (message);
  gsize size = message->length - prefix;
  GstBuffer *buffer = gst_buffer_new_allocate (NULL, size, NULL);
  BenchStamp stamp = { 0, seq, bench_now_ns (), message->sum };
  guint8 bytes[BENCH_STAMP_SIZE];
  gint32 composition = 0;

  if (message->type == 9)
    composition = (gint32)((guint32)message->wire[2] << 24 | message->wire[3] << 16 |
                           message->wire[4] << 8) /
                  256;
  bench_stamp_write (bytes, &stamp);
  gst_buffer_fill (buffer, 0, message->wire + prefix, size - sizeof bytes);
  gst_buffer_fill (buffer, size - sizeof bytes, bytes, sizeof bytes);
  GST_BUFFER_DTS (buffer) = timestamp_ms * GST_MSECOND;
  GST_BUFFER_PTS (buffer) = (timestamp_ms + composition) * GST_MSECOND;
  if (message->type == 9 && !message->keyframe)
    GST_BUFFER_FLAG_SET (buffer, GST_BUFFER_FLAG_DELTA_UNIT);
  return buffer;
}

static void
push_start (Track *track)
{
  GstCaps *caps = make_caps (track->feed->media, track->type);
  GstSegment segment;

  gst_segment_init (&segment, GST_FORMAT_TIME);
  gst_pad_push_event (
      track->pad, gst_event_new_stream_start (track->type == 9 ? "video" : "audio"));
  gst_pad_push_event (track->pad, gst_event_new_caps (caps));
  gst_pad_push_event (track->pad, gst_event_new_segment (&segment));
  gst_caps_unref (caps);
}

static void
wait_until (gint64 due_us)
{
  gint64 left_us = due_us - g_get_monotonic_time ();

  if (left_us > 0)
    g_usleep (left_us);
}

static gpointer
run (gpointer user_data)
{
  Track *track = user_data;
  BenchFeed *feed = track->feed;
  const BenchMedia *media = feed->media;
  guint32 seq = 0;

  push_start (track);
  for (guint64 i = 0; !g_atomic_int_get (&feed->stopped); i++) {
    const BenchMessage *message = &media->messages[i % media->n_messages];
    guint64 ms = message->timestamp_ms + i / media->n_messages * media->duration_ms;

    if (message->type != track->type)
      continue;
    if (feed->speed > 0)
      wait_until (feed->start_us + ms * 1000 / feed->speed);
    bench_tally_add (feed->tally, message->length);
    /* one second from zero: no composition offset makes a time negative */
    if (gst_pad_push (track->pad, make_buffer (message, ms + 1000, seq++)) != GST_FLOW_OK)
      break;
  }
  return NULL;
}

void
bench_feed_start (BenchFeed *feed)
{
  feed->start_us = g_get_monotonic_time ();
  for (guint i = 0; i < G_N_ELEMENTS (feed->tracks); i++)
    feed->tracks[i].thread = g_thread_new ("feed", run, &feed->tracks[i]);
}

void
bench_feed_free (BenchFeed *feed)
{
  g_atomic_int_set (&feed->stopped, 1);
  for (guint i = 0; i < G_N_ELEMENTS (feed->tracks); i++) {
    if (feed->tracks[i].thread)
      g_thread_join (feed->tracks[i].thread);
    gst_clear_object (&feed->tracks[i].pad);
  }
  g_free (feed);
}
