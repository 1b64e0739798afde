/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "media/rtmp-demux.h"

/* FFmpeg drops such times too */
#define MAX_COMPOSITION_MS (15 * 60 * 1000)
/* gaps end this much before the newest message: late data is still to come */
#define GAP_MARGIN_MS (RTMP_DEMUX_MAX_LAG_MS / 2)

/* Events counted per second of stream time. */
typedef struct _Flood
{
  gint64 since_ms;
  guint n;
} Flood;

struct _RtmpDemux
{
  const RtmpLimits *limits;
  RtmpTimeline timeline;
  GPtrArray *tracks; /* of RtmpTrack */
  RtmpMetadataHints hints;
  GBytes *metadata; /* AMF0 bytes of the newest */
  Flood metadata_flood;
  Flood caps_flood;
  gint64 position_ms;
  gboolean reported_tag;
  gboolean reported_tracks;
};

void
rtmp_demux_item_clear (RtmpDemuxItem *item)
{
  gst_clear_caps (&item->caps);
  gst_clear_buffer (&item->buffer);
  g_clear_pointer (&item->command, rtmp_command_free);
  g_clear_error (&item->error);
}

GArray *
rtmp_demux_items_new (void)
{
  GArray *items = g_array_new (FALSE, TRUE, sizeof (RtmpDemuxItem));

  g_array_set_clear_func (items, (GDestroyNotify)rtmp_demux_item_clear);
  return items;
}

RtmpDemux *
rtmp_demux_new (const RtmpLimits *limits)
{
  RtmpDemux *demux = g_new0 (RtmpDemux, 1);

  demux->limits = limits;
  demux->tracks = g_ptr_array_new_with_free_func ((GDestroyNotify)rtmp_track_free);
  rtmp_timeline_init (&demux->timeline);
  return demux;
}

void
rtmp_demux_free (RtmpDemux *demux)
{
  g_ptr_array_unref (demux->tracks);
  g_clear_pointer (&demux->metadata, g_bytes_unref);
  g_free (demux);
}

static RtmpDemuxItem *
add_item (GArray *items, RtmpDemuxItemType type, const RtmpTrack *track)
{
  RtmpDemuxItem item = { .type = type, .track = track };

  g_array_append_val (items, item);
  return &g_array_index (items, RtmpDemuxItem, items->len - 1);
}

/* Takes @error; nothing if it is NULL. */
static void
add_warning (GArray *items, const RtmpTrack *track, GError *error)
{
  if (error != NULL)
    add_item (items, RTMP_DEMUX_WARNING, track)->error = error;
}

static gint64
map_time (RtmpDemux *demux, guint32 timestamp, gint64 now_ms)
{
  gboolean discont;
  gint64 dts_ms = rtmp_timeline_map (&demux->timeline, timestamp, now_ms, &discont);
  guint i;

  for (i = 0; discont && i < demux->tracks->len; i++)
    rtmp_track_set_discont (g_ptr_array_index (demux->tracks, i));
  demux->position_ms = MAX (demux->position_ms, dts_ms);
  return dts_ms;
}

/* tracks */

static RtmpTrack *
find_track (RtmpDemux *demux, gboolean video, guint8 id, GArray *items)
{
  RtmpTrack *track;
  guint i, n = 0;

  for (i = 0; i < demux->tracks->len; i++) {
    track = g_ptr_array_index (demux->tracks, i);
    if (track->video == video && track->id == id)
      return track;
    n += track->video == video;
  }
  if (n >= demux->limits->max_tracks) {
    if (!demux->reported_tracks)
      add_warning (items, NULL,
          g_error_new (GST_STREAM_ERROR, GST_STREAM_ERROR_DEMUX,
              "More than %u %s tracks, the rest is ignored", n, video ? "video" : "audio"));
    demux->reported_tracks = TRUE;
    return NULL;
  }
  track = rtmp_track_new (video, id);
  g_ptr_array_add (demux->tracks, track);
  return track;
}

/* TRUE: there were @max already in this second. Else the caller counts one. */
static gboolean
is_flooded (Flood *flood, gint64 now_ms, guint max)
{
  if (now_ms - flood->since_ms >= 1000) {
    flood->since_ms = now_ms;
    flood->n = 0;
  }
  return flood->n >= max;
}

/* Moves all other tracks that are too far behind @dts_ms up with a gap. */
static void
fill_gaps (RtmpDemux *demux, const RtmpTrack *leader, gint64 dts_ms, GArray *items)
{
  guint i;

  for (i = 0; i < demux->tracks->len; i++) {
    RtmpTrack *track = g_ptr_array_index (demux->tracks, i);
    RtmpDemuxItem *gap;

    if (track == leader || track->caps == NULL || !track->started ||
        dts_ms - track->last_dts_ms <= RTMP_DEMUX_MAX_LAG_MS)
      continue;
    gap = add_item (items, RTMP_DEMUX_GAP, track);
    gap->dts_ns = track->last_dts_ms * GST_MSECOND;
    gap->duration_ns = (dts_ms - GAP_MARGIN_MS - track->last_dts_ms) * GST_MSECOND;
    track->last_dts_ms = dts_ms - GAP_MARGIN_MS;
  }
}

static void
add_caps (RtmpDemux *demux, RtmpTrack *track, gint64 dts_ms, GArray *items)
{
  RtmpDemuxItem *item = add_item (items, RTMP_DEMUX_CAPS, track);

  item->caps = gst_caps_ref (track->caps);
  demux->caps_flood.n++;
  if (!track->started) {
    track->started = TRUE;
    track->last_dts_ms = dts_ms;
  }
}

/* Each change of caps costs a renegotiation downstream; what comes more often is an
 * attack and is not followed. */
static gboolean
is_caps_flood (RtmpDemux *demux)
{
  return is_flooded (
      &demux->caps_flood, demux->position_ms, demux->limits->max_header_changes_per_s * 2);
}

static void
take_header (RtmpDemux *demux, RtmpTrack *track, const RtmpTrackPacket *packet, gint64 dts_ms,
    GArray *items)
{
  GError *error = NULL;

  if (packet->size > demux->limits->max_config_size || is_caps_flood (demux))
    return;
  if (rtmp_track_take_header (track, packet, &demux->hints, &error) == RTMP_TRACK_CAPS)
    add_caps (demux, track, dts_ms, items);
  add_warning (items, track, error);
}

static void
take_frame (RtmpDemux *demux, RtmpTrack *track, const RtmpTrackPacket *packet, gint64 dts_ms,
    gint32 composition_ms, GArray *items)
{
  GstBuffer *buffer = NULL;
  GError *error = NULL;
  RtmpDemuxItem *item;

  if (!is_caps_flood (demux) &&
      rtmp_track_check_frame (track, packet, &demux->hints, &error) == RTMP_TRACK_CAPS)
    add_caps (demux, track, dts_ms, items);
  add_warning (items, track, g_steal_pointer (&error));
  if (rtmp_track_take_frame (track, packet, &buffer, &error) != RTMP_TRACK_BUFFER)
    return;
  add_warning (items, track, error);
  if (ABS (composition_ms) > MAX_COMPOSITION_MS)
    composition_ms = 0;
  item = add_item (items, RTMP_DEMUX_BUFFER, track);
  item->buffer = buffer;
  if (track->has_frames)
    track->last_dts_ms = MAX (track->last_dts_ms, dts_ms);
  else
    track->last_dts_ms = dts_ms;
  track->has_frames = TRUE;
  /* without reordering PTS must not go back either */
  if (!track->codec->has_composition)
    dts_ms = track->last_dts_ms;
  item->pts_ns = (dts_ms + composition_ms) * GST_MSECOND + packet->tag->nano_offset;
  item->dts_ns = track->last_dts_ms * GST_MSECOND;
  fill_gaps (demux, track, track->last_dts_ms, items);
}

static void
take_packet (RtmpDemux *demux, RtmpMessage *message, const RtmpTag *tag,
    const RtmpTagTrack *part, gint64 dts_ms, GArray *items)
{
  RtmpTrackPacket packet = { message, tag, part->codec, part->offset, part->size };
  RtmpTrack *track = find_track (demux, tag->video, part->id, items);

  if (track == NULL)
    return;
  if (tag->packet == RTMP_PACKET_HEADER)
    take_header (demux, track, &packet, dts_ms, items);
  else if (tag->packet == RTMP_PACKET_FRAMES)
    take_frame (demux, track, &packet, dts_ms, part->composition_ms, items);
}

static void
take_media (RtmpDemux *demux, RtmpMessage *message, gint64 now_ms, GArray *items)
{
  GError *error = NULL;
  RtmpTagTrack part;
  RtmpTag tag;
  gsize size, position = 0;
  const guint8 *body = rtmp_message_peek (message, &size);
  gint64 dts_ms;

  if (body == NULL || size == 0)
    return;
  if (rtmp_tag_parse (message->type, body, size, demux->limits, &tag, &error)) {
    dts_ms = tag.packet == RTMP_PACKET_FRAMES && size > tag.header_size
                 ? map_time (demux, message->timestamp, now_ms)
                 : rtmp_timeline_place (&demux->timeline, message->timestamp);
    while (rtmp_tag_next_track (&tag, body, size, &position, &part, &error))
      take_packet (demux, message, &tag, &part, dts_ms, items);
  }
  if (error != NULL && !demux->reported_tag)
    add_warning (items, NULL, g_error_copy (error));
  demux->reported_tag |= error != NULL;
  g_clear_error (&error);
}

/* data */

/* TRUE if @object is not what was there already. */
static gboolean
remember_metadata (RtmpDemux *demux, const RtmpAmf *object)
{
  GByteArray *out = g_byte_array_new ();
  GBytes *bytes;

  rtmp_amf0_build (object, out);
  bytes = g_byte_array_free_to_bytes (out);
  if (demux->metadata != NULL && g_bytes_equal (demux->metadata, bytes)) {
    g_bytes_unref (bytes);
    return FALSE;
  }
  g_clear_pointer (&demux->metadata, g_bytes_unref);
  demux->metadata = bytes;
  return TRUE;
}

static void
take_data (RtmpDemux *demux, RtmpMessage *message, GArray *items)
{
  g_autoptr (RtmpCommand) command = NULL;
  const RtmpAmf *object;
  RtmpDemuxItem *item;
  gint64 dts_ms;

  if (message->size == 0 || message->size > demux->limits->max_metadata_size)
    return;
  command = rtmp_command_parse (message, demux->limits, NULL);
  if (command == NULL)
    return;
  dts_ms = rtmp_timeline_place (&demux->timeline, message->timestamp);
  object = rtmp_metadata_get_object (command);
  if (object != NULL && (is_flooded (&demux->metadata_flood, demux->position_ms,
                             demux->limits->max_metadata_per_s) ||
                            !remember_metadata (demux, object)))
    return;
  if (object != NULL) {
    rtmp_metadata_get_hints (object, &demux->hints);
    demux->metadata_flood.n++;
  }
  item = add_item (items, object != NULL ? RTMP_DEMUX_METADATA : RTMP_DEMUX_DATA, NULL);
  item->dts_ns = dts_ms * GST_MSECOND;
  item->command = g_steal_pointer (&command);
  item->data_size = message->size;
}

void
rtmp_demux_push (RtmpDemux *demux, RtmpMessage *message, gint64 now_ms, GArray *items)
{
  switch (message->type) {
    case RTMP_TYPE_AUDIO:
    case RTMP_TYPE_VIDEO:
      take_media (demux, message, now_ms, items);
      break;
    case RTMP_TYPE_DATA:
    case RTMP_TYPE_DATA_AMF3:
      take_data (demux, message, items);
      break;
    default:
      break;
  }
}

/* Caps are known, or it was reported that they never will be. */
static gboolean
is_settled (const RtmpTrack *track)
{
  return track->caps != NULL || track->reported;
}

static gboolean
has_settled_track (const RtmpDemux *demux, gboolean video)
{
  guint i;

  for (i = 0; i < demux->tracks->len; i++) {
    const RtmpTrack *track = g_ptr_array_index (demux->tracks, i);

    if (track->video == video && is_settled (track))
      return TRUE;
  }
  return FALSE;
}

gboolean
rtmp_demux_is_complete (const RtmpDemux *demux)
{
  gboolean video = !demux->hints.announces || demux->hints.video;
  gboolean audio = !demux->hints.announces || demux->hints.audio;
  guint i;

  for (i = 0; i < demux->tracks->len; i++) {
    if (!is_settled (g_ptr_array_index (demux->tracks, i)))
      return FALSE;
  }
  return (!video || has_settled_track (demux, TRUE)) &&
         (!audio || has_settled_track (demux, FALSE));
}

gboolean
rtmp_demux_has_caps (const RtmpDemux *demux)
{
  guint i;

  for (i = 0; i < demux->tracks->len; i++) {
    if (((const RtmpTrack *)g_ptr_array_index (demux->tracks, i))->caps != NULL)
      return TRUE;
  }
  return FALSE;
}

gint64
rtmp_demux_get_position_ms (const RtmpDemux *demux)
{
  return demux->position_ms;
}
