/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What downstream answers: combined over the pads, so that one that is not linked
 * or cannot take its track costs a warning and no more. Runs in the pads' tasks.
 */
#include "elements/gstrtmpserversrc.h"

GST_DEBUG_CATEGORY_EXTERN (gst_rtmp_server_src_debug);
#define GST_CAT_DEFAULT gst_rtmp_server_src_debug

static void
resume (GstElement *element)
{
  gst_rtmp_server_endpoint_resume (&GST_RTMP_SERVER_SRC (element)->endpoint);
}

/* NOT_NEGOTIATED counts as NOT_LINKED: one pad's trouble. */
static GstFlowReturn
combine (GstRtmpServerSrc *self, GstRtmpServerSrcPad *pad, GstFlowReturn ret)
{
  GstFlowReturn combined;

  if (ret == GST_FLOW_NOT_NEGOTIATED || ret == GST_FLOW_FLUSHING)
    ret = GST_FLOW_NOT_LINKED;
  g_mutex_lock (&self->lock);
  combined = gst_flow_combiner_update_pad_flow (self->flows, GST_PAD (pad), ret);
  g_mutex_unlock (&self->lock);
  return combined;
}

/* No pad flows, and at least one because of its codec. */
static gboolean
is_all_refused (GstRtmpServerSrc *self)
{
  guint i, n_refused = 0, n_flowing = 0;

  g_mutex_lock (&self->lock);
  for (i = 0; i < self->pads->len; i++) {
    GstRtmpServerSrcPad *pad = g_ptr_array_index (self->pads, i);

    if (g_atomic_int_get (&pad->refused))
      n_refused++;
    else if (pad->exposed && gst_pad_is_linked (GST_PAD (pad)))
      n_flowing++;
  }
  g_mutex_unlock (&self->lock);
  return n_refused > 0 && n_flowing == 0;
}

/* The first of a session. */
static gboolean
is_news (GstRtmpServerSrcPad *pad)
{
  return g_atomic_int_compare_and_exchange (&pad->warned, FALSE, TRUE);
}

static void
on_refused (GstElement *element, GstRtmpServerSrcPad *pad, GstCaps *caps)
{
  GstRtmpServerSrc *self = GST_RTMP_SERVER_SRC (element);

  if (is_news (pad))
    GST_ELEMENT_WARNING (self, STREAM, WRONG_TYPE,
        ("What is linked to pad %s cannot take the publisher's track; it is dropped",
            GST_PAD_NAME (pad)),
        ("caps %" GST_PTR_FORMAT, caps));
  if (is_all_refused (self) && !self->relay)
    gst_rtmp_server_src_end_publisher (self, TRUE, "the codecs cannot be used here");
}

/* With relay the pads may be of no interest. FLUSHING is of somebody downstream who
 * is taken out, or of a pipeline that is just being stopped. */
static void
on_not_linked (GstRtmpServerSrc *self, GstRtmpServerSrcPad *pad, GstFlowReturn ret)
{
  gst_rtmp_server_queue_set_linked (pad->queue, FALSE);
  if (ret == GST_FLOW_NOT_LINKED && !self->relay && is_news (pad))
    GST_ELEMENT_WARNING (self, STREAM, FAILED,
        ("Pad %s is not linked; its track is dropped", GST_PAD_NAME (pad)), (NULL));
}

static void
on_not_negotiated (GstRtmpServerSrc *self, GstRtmpServerSrcPad *pad)
{
  GstCaps *caps = gst_pad_get_current_caps (GST_PAD (pad));

  g_atomic_int_set (&pad->refused, TRUE);
  gst_rtmp_server_queue_set_linked (pad->queue, FALSE);
  on_refused (GST_ELEMENT (self), pad, caps);
  gst_clear_caps (&caps);
}

static void
on_downstream_error (GstRtmpServerSrc *self, GstFlowReturn ret)
{
  GST_ELEMENT_FLOW_ERROR (self, ret);
  gst_rtmp_server_src_finish (self, "the pipeline failed");
}

static gboolean
on_flow (GstElement *element, GstRtmpServerSrcPad *pad, GstFlowReturn ret)
{
  GstRtmpServerSrc *self = GST_RTMP_SERVER_SRC (element);
  GstFlowReturn combined;

  if (ret == GST_FLOW_OK && pad->last_flow == GST_FLOW_OK)
    return TRUE;
  if (ret == GST_FLOW_FLUSHING && GST_PAD_IS_FLUSHING (pad))
    return FALSE;
  pad->last_flow = ret;
  combined = combine (self, pad, ret);
  GST_DEBUG_OBJECT (
      pad, "flow %s, all pads %s", gst_flow_get_name (ret), gst_flow_get_name (combined));
  switch (ret) {
    case GST_FLOW_OK:
      gst_rtmp_server_queue_set_linked (pad->queue, TRUE);
      return TRUE;
    case GST_FLOW_NOT_LINKED:
    case GST_FLOW_FLUSHING:
      on_not_linked (self, pad, ret);
      return TRUE;
    case GST_FLOW_NOT_NEGOTIATED:
      on_not_negotiated (self, pad);
      return TRUE;
    case GST_FLOW_EOS:
      pad->done = TRUE;
      gst_rtmp_server_queue_set_linked (pad->queue, FALSE);
      if (combined == GST_FLOW_EOS)
        gst_rtmp_server_src_finish (self, "the pipeline takes no more");
      return TRUE;
    default:
      pad->done = TRUE;
      gst_rtmp_server_queue_set_linked (pad->queue, FALSE);
      on_downstream_error (self, ret);
      return TRUE;
  }
}

const GstRtmpServerSrcPadFuncs gst_rtmp_server_src_pad_funcs = {
  .resume = resume,
  .flow = on_flow,
  .refused = on_refused,
};
