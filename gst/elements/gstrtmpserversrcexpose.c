/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Pads of the source: made with their track, added together by the exposer, and
 * only then their tasks start (a muxer that runs takes no new pad).
 */
#include "elements/gstrtmpserversrc.h"
#include <gst/pbutils/pbutils.h>

GST_DEBUG_CATEGORY_EXTERN (gst_rtmp_server_src_debug);
#define GST_CAT_DEFAULT gst_rtmp_server_src_debug

GstRtmpServerSrcPad *
gst_rtmp_server_src_find_pad (GstRtmpServerSrc *self, gboolean video, guint8 track_id)
{
  guint i;

  for (i = 0; i < self->pads->len; i++) {
    GstRtmpServerSrcPad *pad = g_ptr_array_index (self->pads, i);

    if (pad->video == video && pad->track_id == track_id)
      return pad;
  }
  return NULL;
}

GstRtmpServerSrcPad *
gst_rtmp_server_src_new_pad (GstRtmpServerSrc *self, gboolean video, guint8 track_id)
{
  GstPadTemplate *templ = gst_element_class_get_pad_template (
      GST_ELEMENT_GET_CLASS (self), video ? "video" : "audio");
  GstRtmpServerSrcPad *pad = gst_rtmp_server_src_pad_new (
      templ, &self->group, video, track_id, &gst_rtmp_server_src_pad_funcs);

  if (self->metadata != NULL)
    pad->first_metadata = gst_event_ref (self->metadata);
  if (self->tags[video] != NULL)
    pad->first_tags = gst_event_ref (self->tags[video]);
  g_ptr_array_add (self->pads, gst_object_ref_sink (pad));
  return pad;
}

/* What one run of the exposer adds. */
typedef struct _Batch
{
  GPtrArray *pads;
  guint group_id;
  gboolean first;
} Batch;

static gboolean
is_running (GstRtmpServerSrc *self)
{
  gboolean running;

  g_mutex_lock (&self->lock);
  running = self->running;
  g_mutex_unlock (&self->lock);
  return running;
}

static gboolean
take_batch (GstRtmpServerSrc *self, Batch *batch)
{
  guint i;

  batch->pads = g_ptr_array_new_with_free_func (gst_object_unref);
  g_mutex_lock (&self->lock);
  self->expose_posted = FALSE;
  for (i = 0; self->running && i < self->pads->len; i++) {
    GstRtmpServerSrcPad *pad = g_ptr_array_index (self->pads, i);

    if (pad->exposed)
      continue;
    pad->exposed = TRUE;
    gst_flow_combiner_add_pad (self->flows, GST_PAD (pad));
    g_ptr_array_add (batch->pads, gst_object_ref (pad));
  }
  batch->first = !self->no_more_pads;
  self->no_more_pads = TRUE;
  /* pads that are there together have one group, also those of later sessions */
  if (self->group_id == GST_GROUP_ID_INVALID)
    self->group_id = gst_util_group_id_next ();
  batch->group_id = self->group_id;
  g_mutex_unlock (&self->lock);
  return batch->pads->len > 0;
}

static void
store_codec_tag (GstRtmpServerSrcPad *pad, GstTagList *tags, GstCaps *caps)
{
  gst_pb_utils_add_codec_description_to_tag_list (
      tags, pad->video ? GST_TAG_VIDEO_CODEC : GST_TAG_AUDIO_CODEC, caps);
}

/* Tags of the codec and of metadata as one event. */
static GstEvent *
new_tag_event (GstRtmpServerSrcPad *pad, GstCaps *caps)
{
  GstTagList *tags = gst_tag_list_new_empty ();
  GstTagList *known = NULL;

  gst_tag_list_set_scope (tags, GST_TAG_SCOPE_STREAM);
  if (pad->first_tags != NULL) {
    gst_event_parse_tag (pad->first_tags, &known);
    gst_tag_list_insert (tags, known, GST_TAG_MERGE_KEEP);
  }
  if (caps != NULL)
    store_codec_tag (pad, tags, caps);
  if (gst_tag_list_is_empty (tags)) {
    gst_tag_list_unref (tags);
    return NULL;
  }
  return gst_event_new_tag (tags);
}

/* Takes @event, which may be NULL. */
static void
store_event (GstRtmpServerSrcPad *pad, GstEvent *event)
{
  if (event == NULL)
    return;
  gst_pad_store_sticky_event (GST_PAD (pad), event);
  gst_event_unref (event);
}

static void
add_pad (GstRtmpServerSrc *self, GstRtmpServerSrcPad *pad, guint group_id)
{
  GstCaps *caps;

  g_mutex_lock (&self->lock);
  caps = pad->first_caps != NULL ? gst_caps_ref (pad->first_caps) : NULL;
  g_mutex_unlock (&self->lock);
  gst_pad_set_active (GST_PAD (pad), TRUE);
  gst_rtmp_server_src_pad_store_sticky (pad, GST_ELEMENT (self), group_id, caps);
  store_event (pad, new_tag_event (pad, caps));
  store_event (pad, g_steal_pointer (&pad->first_metadata));
  GST_INFO_OBJECT (self, "new pad %s: %" GST_PTR_FORMAT, GST_PAD_NAME (pad), caps);
  gst_element_add_pad (GST_ELEMENT (self), GST_PAD (pad));
  gst_clear_caps (&caps);
}

/* The application may stop us from pad-added or no-more-pads. */
static void
expose (GstRtmpServerSrc *self, const Batch *batch)
{
  guint i;

  for (i = 0; i < batch->pads->len && is_running (self); i++)
    add_pad (self, g_ptr_array_index (batch->pads, i), batch->group_id);
  if (batch->first && is_running (self))
    gst_element_no_more_pads (GST_ELEMENT (self));
  for (i = 0; i < batch->pads->len && is_running (self); i++)
    gst_rtmp_server_src_pad_start (g_ptr_array_index (batch->pads, i));
}

static void
run_expose (gpointer data)
{
  GstRtmpServerSrc *self = data;
  Batch batch;

  if (take_batch (self, &batch))
    expose (self, &batch);
  g_ptr_array_unref (batch.pads);
}

void
gst_rtmp_server_src_post_expose (GstRtmpServerSrc *self)
{
  self->expose_posted = TRUE;
  gst_rtmp_server_dispatcher_post (
      self->exposer, run_expose, gst_object_ref (self), gst_object_unref);
}

void
gst_rtmp_server_src_remove_pads (GstRtmpServerSrc *self)
{
  GPtrArray *pads;
  guint i;

  g_mutex_lock (&self->lock);
  pads = self->pads;
  self->pads = g_ptr_array_new_with_free_func (gst_object_unref);
  for (i = 0; i < pads->len; i++) {
    GstRtmpServerSrcPad *pad = g_ptr_array_index (pads, i);

    if (pad->exposed)
      gst_flow_combiner_remove_pad (self->flows, GST_PAD (pad));
  }
  g_mutex_unlock (&self->lock);
  for (i = 0; i < pads->len; i++) {
    GstPad *pad = g_ptr_array_index (pads, i);

    gst_pad_set_active (pad, FALSE);
    if (GST_OBJECT_PARENT (pad) == GST_OBJECT (self))
      gst_element_remove_pad (GST_ELEMENT (self), pad);
  }
  g_ptr_array_unref (pads);
}
