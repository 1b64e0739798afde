/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Downstream that does not keep up, or stops: the publisher is held by TCP, memory
 * stays bounded, nothing is lost; a pad that waits for the other never stops both.
 */
#include "rig.h"

/* how long a held connection may take nothing before we believe it */
#define STALL_MS 700
#define FRAME_SIZE 20000

typedef struct _Gate
{
  GstPad *pad; /* atomic: set by the exposer, after `probe` */
  gulong probe;
} Gate;

static GstPadProbeReturn
stay (GstPad *pad, GstPadProbeInfo *info, gpointer user_data)
{
  return GST_PAD_PROBE_OK;
}

static void
close_gate (GstElement *src, GstPad *pad, gpointer user_data)
{
  Gate *gate = user_data;

  if (GST_PAD_NAME (pad)[0] != 'v')
    return;
  gate->probe = gst_pad_add_probe (
      pad, GST_PAD_PROBE_TYPE_BLOCK | GST_PAD_PROBE_TYPE_BUFFER, stay, NULL, NULL);
  g_atomic_pointer_set (&gate->pad, pad);
}

static void
open_gate (Gate *gate)
{
  GstPad *pad = g_atomic_pointer_get (&gate->pad);

  g_assert_nonnull (pad);
  gst_pad_remove_probe (pad, gate->probe);
}

/* Sends frames of FRAME_SIZE until the connection is held; returns how many went. */
static guint
send_until_held (TestPublisher *publisher, guint max)
{
  g_autofree guint8 *data = g_malloc0 (FRAME_SIZE);
  guint8 head[] = { 0x17, 1, 0, 0, 0, 0, 0, FRAME_SIZE >> 8, (FRAME_SIZE & 0xff) - 9, 0x65, 0 };
  guint i;

  G_STATIC_ASSERT ((FRAME_SIZE & 0xff) >= 9);
  memcpy (data, head, sizeof head);
  for (i = 0; i < max; i++) {
    data[11] = 0;
    data[12] = 0;
    data[13] = i >> 8;
    data[14] = i & 0xff;
    if (!test_publisher_send_some (
            publisher, RTMP_TYPE_VIDEO, i * 40, data, FRAME_SIZE, STALL_MS))
      break;
  }
  return i;
}

static void
start_video (TestPublisher *publisher)
{
  test_publisher_send_metadata (publisher, TRUE, FALSE, "x");
  test_publisher_send_video_header (publisher, FALSE);
}

static void
hold_and_release (const gchar *properties, guint limit_frames)
{
  g_autoptr (Rig) rig = rig_new (properties, "s.video ! fakesink async=false");
  g_autoptr (TestPublisher) publisher = NULL;
  Gate gate = { NULL };
  guint sent;

  g_signal_connect (rig->src, "pad-added", G_CALLBACK (close_gate), &gate);
  rig_play (rig);
  publisher = rig_publish (rig, "in");
  start_video (publisher);
  sent = send_until_held (publisher, 3000);
  g_test_message ("held after %u frames", sent);
  g_assert_cmpuint (sent, <, 3000);
  g_assert_cmpuint (sent, >=, limit_frames);
  open_gate (&gate);
  /* all that was sent comes, and the connection goes on */
  g_assert_true (test_publisher_flush (publisher));
  test_publisher_send_video (publisher, (sent + 1) * 40, TRUE, 0, 99999);
  rig_wait (rig, "video buffer 99999", 1);
  g_assert_cmpuint (rig_count (rig, "video buffer"), ==, sent + 2);
}

static void
test_hold_by_time (void)
{
  hold_and_release ("max-time=2000000000 max-bytes=0", 50);
}

static void
test_hold_by_bytes (void)
{
  hold_and_release ("max-time=0 max-bytes=2000000", 2000000 / FRAME_SIZE);
}

/* While nothing plays nothing is lost either. */
static void
test_hold_while_paused (void)
{
  g_autoptr (Rig) rig =
      rig_new ("max-time=0 max-bytes=2000000", "s.video ! fakesink async=false");
  g_autoptr (TestPublisher) publisher = NULL;
  guint sent;

  rig_play (rig);
  g_assert_cmpint (
      gst_element_set_state (rig->pipeline, GST_STATE_PAUSED), !=, GST_STATE_CHANGE_FAILURE);
  publisher = rig_publish (rig, "in");
  start_video (publisher);
  sent = send_until_held (publisher, 3000);
  g_assert_cmpuint (sent, <, 3000);
  g_assert_cmpuint (rig_count (rig, "video buffer"), ==, 0);
  gst_element_set_state (rig->pipeline, GST_STATE_PLAYING);
  g_assert_true (test_publisher_flush (publisher));
  test_publisher_send_video (publisher, (sent + 1) * 40, TRUE, 0, 99999);
  rig_wait (rig, "video buffer 99999", 1);
  g_assert_cmpuint (rig_count (rig, "video buffer"), ==, sent + 2);
}

/* The muxer waits for audio, which the publisher sends behind the video: more than
 * the maximum, less than the hard one. */
static void
test_muxer_that_waits (void)
{
  g_autoptr (Rig) rig = rig_new (
      "max-time=1000000000", "s.video ! mp4mux name=m ! fakesink async=false  s.audio ! m.");
  g_autoptr (TestPublisher) publisher = NULL;
  guint round, i;

  rig_play (rig);
  publisher = rig_publish (rig, "in");
  test_publisher_send_metadata (publisher, TRUE, TRUE, "x");
  test_publisher_send_video_header (publisher, FALSE);
  test_publisher_send_audio_header (publisher);
  for (round = 0; round < 6; round++) {
    for (i = round * 35; i < (round + 1) * 35; i++)
      g_assert_true (test_publisher_send_video (publisher, i * 40, i % 25 == 0, 0, i));
    for (i = round * 70; i < (round + 1) * 70; i++)
      g_assert_true (test_publisher_send_audio (publisher, i * 20, i));
    /* two rounds at once would be over the hard maximum */
    rig_wait (rig, "video buffer", (round + 1) * 35 - 5);
  }
  test_publisher_finish (publisher);
  rig_wait (rig, "eos", 1);
  g_assert_cmpuint (rig_count (rig, "video buffer"), ==, 6 * 35);
  g_assert_cmpuint (rig_count (rig, "audio buffer"), ==, 6 * 70);
  g_assert_cmpuint (rig_count (rig, "error"), ==, 0);
}

/* The publisher goes away while it is held. */
static void
test_end_while_held (void)
{
  g_autoptr (Rig) rig = rig_new ("max-time=1000000000", "s.video ! fakesink async=false");
  TestPublisher *publisher;
  Gate gate = { NULL };

  g_signal_connect (rig->src, "pad-added", G_CALLBACK (close_gate), &gate);
  rig_play (rig);
  publisher = rig_publish (rig, "in");
  start_video (publisher);
  send_until_held (publisher, 3000);
  test_publisher_free (publisher);
  open_gate (&gate);
  rig_wait (rig, "eos", 1);
}

static void
test_stop_while_held (void)
{
  g_autoptr (Rig) rig = rig_new ("max-time=1000000000", "s.video ! fakesink async=false");
  g_autoptr (TestPublisher) publisher = NULL;
  Gate gate = { NULL };

  g_signal_connect (rig->src, "pad-added", G_CALLBACK (close_gate), &gate);
  rig_play (rig);
  publisher = rig_publish (rig, "in");
  start_video (publisher);
  send_until_held (publisher, 3000);
  rig_stop (rig);
}

gint
main (gint argc, gchar **argv)
{
  rig_init (&argc, &argv);
  g_test_add_func ("/src/hold/time", test_hold_by_time);
  g_test_add_func ("/src/hold/bytes", test_hold_by_bytes);
  g_test_add_func ("/src/hold/paused", test_hold_while_paused);
  g_test_add_func ("/src/hold/muxer-that-waits", test_muxer_that_waits);
  g_test_add_func ("/src/hold/end-while-held", test_end_while_held);
  g_test_add_func ("/src/hold/stop-while-held", test_stop_while_held);
  return rig_run ();
}
