/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Fuzz target: a publish session's messages. The input is a list of messages:
 * type, what to add to the clock, size, body. Whatever comes, the DTS of a track
 * never goes back, buffers come after caps, and caps are fixed.
 */
#include "fuzz.h"
#include "media/rtmp-demux.h"

#define MAX_TRACKS 32

typedef struct _Seen
{
  const RtmpTrack *track;
  gint64 dts_ns;
  gboolean has_caps;
} Seen;

static Seen *
find_seen (Seen *seen, const RtmpTrack *track)
{
  guint i;

  for (i = 0; i < MAX_TRACKS && seen[i].track != NULL && seen[i].track != track; i++)
    ;
  g_assert_cmpuint (i, <, MAX_TRACKS);
  if (seen[i].track == NULL)
    seen[i] = (Seen){ track, G_MININT64, FALSE };
  return &seen[i];
}

static void
check_buffer (Seen *seen, const RtmpDemuxItem *item)
{
  g_assert_true (seen->has_caps);
  g_assert_cmpint (item->dts_ns, >=, seen->dts_ns);
  g_assert_cmpuint (gst_buffer_get_size (item->buffer), >, 0);
  seen->dts_ns = item->dts_ns;
}

static void
check_items (GArray *items, Seen *seen)
{
  guint i;

  for (i = 0; i < items->len; i++) {
    RtmpDemuxItem *item = &g_array_index (items, RtmpDemuxItem, i);

    switch (item->type) {
      case RTMP_DEMUX_CAPS:
        g_assert_true (gst_caps_is_fixed (item->caps));
        find_seen (seen, item->track)->has_caps = TRUE;
        break;
      case RTMP_DEMUX_BUFFER:
        check_buffer (find_seen (seen, item->track), item);
        break;
      case RTMP_DEMUX_GAP:
        g_assert_cmpint (item->duration_ns, >, 0);
        break;
      case RTMP_DEMUX_METADATA:
        gst_structure_free (
            rtmp_metadata_to_structure (rtmp_metadata_get_object (item->command)));
        break;
      case RTMP_DEMUX_DATA:
        gst_structure_free (rtmp_data_to_structure (item->command, 0));
        break;
      case RTMP_DEMUX_WARNING:
        g_assert_nonnull (item->error);
        break;
    }
  }
  g_array_set_size (items, 0);
}

static gboolean
take_message (RtmpCursor *input, guint32 *clock, RtmpMessage **message)
{
  static const guint8 types[] = { RTMP_TYPE_AUDIO, RTMP_TYPE_VIDEO, RTMP_TYPE_DATA,
    RTMP_TYPE_DATA_AMF3 };
  guint8 head, time, wanted;
  const guint8 *body;
  gsize size;

  if (!rtmp_cursor_u8 (input, &head) || !rtmp_cursor_u8 (input, &time) ||
      !rtmp_cursor_u8 (input, &wanted))
    return FALSE;
  size = MIN (wanted, input->left);
  body = rtmp_cursor_take (input, size);
  /* small steps, and by the upper bits jumps of any size, back too */
  *clock += (guint32)(gint8)time << (head >> 3);
  *message = rtmp_message_new_copy (types[head % 4], *clock, 1, body, size);
  return TRUE;
}

static void
run (RtmpCursor input, const RtmpLimits *limits)
{
  RtmpDemux *demux = rtmp_demux_new (limits);
  GArray *items = rtmp_demux_items_new ();
  Seen seen[MAX_TRACKS] = { { NULL } };
  RtmpMessage *message;
  guint32 clock = 0;

  while (take_message (&input, &clock, &message)) {
    rtmp_message_classify (message, limits);
    rtmp_message_seal (message);
    rtmp_demux_push (demux, message, clock, items);
    check_items (items, seen);
    rtmp_message_unref (message);
  }
  rtmp_demux_is_complete (demux);
  g_array_unref (items);
  rtmp_demux_free (demux);
}

/* The seeds are single bodies: each as audio, video and data. */
static void
run_body (const guint8 *data, gsize size, const RtmpLimits *limits)
{
  static const guint8 types[] = { RTMP_TYPE_AUDIO, RTMP_TYPE_VIDEO, RTMP_TYPE_DATA };
  RtmpDemux *demux = rtmp_demux_new (limits);
  GArray *items = rtmp_demux_items_new ();
  Seen seen[MAX_TRACKS] = { { NULL } };
  guint i;

  for (i = 0; i < 2 * G_N_ELEMENTS (types); i++) {
    RtmpMessage *message = rtmp_message_new_copy (types[i % 3], i * 20, 1, data, size);

    rtmp_message_classify (message, limits);
    rtmp_message_seal (message);
    rtmp_demux_push (demux, message, RTMP_TIMELINE_NOW_UNKNOWN, items);
    check_items (items, seen);
    rtmp_message_unref (message);
  }
  g_array_unref (items);
  rtmp_demux_free (demux);
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  RtmpLimits limits = *rtmp_limits_default ();

  if (!gst_is_initialized ())
    gst_init (NULL, NULL);
  limits.max_tracks = 4;
  run (rtmp_cursor (data, size), &limits);
  run_body (data, size, &limits);
  return 0;
}
