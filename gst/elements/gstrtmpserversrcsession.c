/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A publish session: the server's callbacks on the publisher's loop. Messages
 * become items of the pads' queues; when all tracks are known the exposer is told.
 */
#include "elements/gstrtmpserversrcsession.h"
#include <gst/pbutils/pbutils.h>

GST_DEBUG_CATEGORY_EXTERN (gst_rtmp_server_src_debug);
#define GST_CAT_DEFAULT gst_rtmp_server_src_debug

/* silent pads of a source that waits for its next publisher */
#define IDLE_GAP_US G_USEC_PER_SEC
/* what an event costs in a queue, and a buffer beside its payload: a flood of tiny
 * ones must not cost more than max-bytes says */
#define EVENT_SIZE 1024
#define BUFFER_OVERHEAD 512
/* a new session begins at least this much after the last one's newest buffer */
#define SESSION_DISTANCE_NS GST_MSECOND

/* ---- jobs for the dispatcher ------------------------------------------ */

typedef struct _Job
{
  GstRtmpServerSrc *self;
  GError *error;
} Job;

static void
job_free (gpointer data)
{
  Job *job = data;

  g_clear_error (&job->error);
  gst_object_unref (job->self);
  g_free (job);
}

/* Takes @error. */
static void
post_job (GstRtmpServerSrc *self, GstRtmpServerJob run, GError *error)
{
  Job *job = g_new (Job, 1);

  job->self = gst_object_ref (self);
  job->error = error;
  gst_rtmp_server_dispatcher_post (self->endpoint.dispatcher, run, job, job_free);
}

static void
run_warning (gpointer data)
{
  Job *job = data;
  GstMessage *message =
      gst_message_new_warning (GST_OBJECT (job->self), job->error, "from the publisher");

  GST_WARNING_OBJECT (job->self, "%s", job->error->message);
  gst_element_post_message (GST_ELEMENT (job->self), message);
}

static void
run_notify_stream (gpointer data)
{
  g_object_notify (G_OBJECT (((Job *)data)->self), "current-stream");
}

static void
run_close (gpointer data)
{
  gst_rtmp_server_endpoint_set_accepting (&((Job *)data)->self->endpoint, FALSE);
}

static void
run_unsupported (gpointer data)
{
  gst_rtmp_server_src_end_publisher (
      ((Job *)data)->self, TRUE, "none of the codecs is supported");
}

/* ---- session ----------------------------------------------------------- */

static GstRtmpServerSrcSession *
session_new (RtmpClient *client)
{
  GstRtmpServerSrcSession *session = g_new0 (GstRtmpServerSrcSession, 1);

  session->client = rtmp_client_ref (client);
  session->demux = rtmp_demux_new (rtmp_limits_default ());
  session->items = rtmp_demux_items_new ();
  return session;
}

static void
session_free (GstRtmpServerSrcSession *session)
{
  rtmp_client_unref (session->client);
  rtmp_demux_free (session->demux);
  g_array_unref (session->items);
  g_free (session);
}

void
gst_rtmp_server_src_drop_session (GstRtmpServerSrc *self)
{
  g_clear_pointer (&self->session, session_free);
  g_clear_pointer (&self->current_stream, g_free);
}

/* The session's first message is at the running time at which it came; later only
 * as much as times before zero, which downstream would clip, make necessary. */
static void
fix_base (GstRtmpServerSrc *self, GstRtmpServerSrcSession *session)
{
  gint64 earliest;
  guint i;

  if (session->base_fixed)
    return;
  session->base_fixed = TRUE;
  if (gst_rtmp_server_queue_group_get_earliest (&self->group, &earliest))
    session->base_ns = MAX (session->base_ns, -earliest);
  gst_rtmp_server_queue_group_set_base (&self->group, session->base_ns);
  self->position_ns += session->base_ns;
  for (i = 0; i < self->pads->len; i++)
    ((GstRtmpServerSrcPad *)g_ptr_array_index (self->pads, i))->last_dts_ns += session->base_ns;
}

static void
set_base_after_last_session (GstRtmpServerSrc *self, gint64 now_ns)
{
  GstRtmpServerSrcSession *session = self->session;

  session->base_fixed = TRUE;
  session->base_ns = MAX (now_ns, self->position_ns + (gint64)SESSION_DISTANCE_NS);
}

static void
on_publish_begin (RtmpMount *mount, RtmpClient *client, gboolean takeover, gpointer user_data)
{
  GstRtmpServerSrc *self = GST_RTMP_SERVER_SRC (((GstRtmpServerEndpoint *)user_data)->element);
  gint64 now_ns = gst_rtmp_server_src_get_running_time (self);
  guint i;

  g_mutex_lock (&self->lock);
  gst_rtmp_server_src_drop_session (self);
  if (!self->ended) {
    self->session = session_new (client);
    self->current_stream = g_strdup (client->name->key);
    if (self->pads->len > 0)
      set_base_after_last_session (self, now_ns);
    /* refused caps are asked for again, and warned of again */
    for (i = 0; i < self->pads->len; i++)
      gst_rtmp_server_src_pad_begin_session (g_ptr_array_index (self->pads, i));
  }
  g_mutex_unlock (&self->lock);
  gst_rtmp_server_queue_group_set_idle (&self->group, 0);
  post_job (self, run_notify_stream, NULL);
}

/* ---- items -> queues --------------------------------------------------- */

static void
push_event (GstRtmpServerSrcPad *pad, GstEvent *event)
{
  GstRtmpServerItem item = { .type = GST_RTMP_SERVER_ITEM_EVENT,
    .object = GST_MINI_OBJECT_CAST (event),
    .size = EVENT_SIZE };

  gst_rtmp_server_queue_push (pad->queue, &item);
}

static GstRtmpServerSrcPad *
get_pad (GstRtmpServerSrc *self, const RtmpTrack *track)
{
  GstRtmpServerSrcPad *pad = gst_rtmp_server_src_find_pad (self, track->video, track->id);

  return pad != NULL ? pad : gst_rtmp_server_src_new_pad (self, track->video, track->id);
}

/* @caps: their codec's name is a tag too; NULL: unknown. */
static GstEvent *
new_tag_event (const RtmpAmf *metadata, gboolean video, GstCaps *caps)
{
  GstTagList *tags = rtmp_metadata_get_tags (metadata, video);

  if (caps != NULL)
    gst_pb_utils_add_codec_description_to_tag_list (
        tags, video ? GST_TAG_VIDEO_CODEC : GST_TAG_AUDIO_CODEC, caps);
  if (!gst_tag_list_is_empty (tags))
    return gst_event_new_tag (tags);
  gst_tag_list_unref (tags);
  return NULL;
}

/* In front of the first buffer of a pad that is not exposed: part of what it has
 * when it is added. */
static void
take_caps (GstRtmpServerSrc *self, const RtmpDemuxItem *item)
{
  GstRtmpServerSrcPad *pad = get_pad (self, item->track);

  if (pad->newest_caps != NULL && gst_caps_is_equal (pad->newest_caps, item->caps))
    return;
  gst_caps_replace (&pad->newest_caps, item->caps);
  if (pad->first_caps == NULL || (!pad->exposed && !pad->has_buffers))
    gst_caps_replace (&pad->first_caps, item->caps);
  else
    push_event (pad, gst_event_new_caps (item->caps));
}

/* A session may begin with messages that are older than its first one, and so than the
 * last session's newest. */
static void
keep_order (GstRtmpServerSrcPad *pad, GstRtmpServerItem *item)
{
  if (pad->has_buffers && item->dts_ns < pad->last_dts_ns) {
    if (item->pts_ns == item->dts_ns)
      item->pts_ns = pad->last_dts_ns;
    item->dts_ns = pad->last_dts_ns;
  }
  pad->last_dts_ns = item->dts_ns;
}

static void
take_buffer (GstRtmpServerSrc *self, GstRtmpServerSrcSession *session, RtmpDemuxItem *item)
{
  GstRtmpServerSrcPad *pad = get_pad (self, item->track);
  GstRtmpServerItem queued = {
    .type = GST_RTMP_SERVER_ITEM_BUFFER,
    .size = gst_buffer_get_size (item->buffer) + BUFFER_OVERHEAD,
    .dts_ns = item->dts_ns + (session->base_fixed ? session->base_ns : 0),
    .pts_ns = item->pts_ns + (session->base_fixed ? session->base_ns : 0),
  };

  queued.object = GST_MINI_OBJECT_CAST (g_steal_pointer (&item->buffer));
  keep_order (pad, &queued);
  self->position_ns = MAX (self->position_ns, queued.dts_ns);
  session->has_media = TRUE;
  pad->has_buffers = TRUE;
  gst_rtmp_server_queue_push (pad->queue, &queued);
}

static void
take_gap (GstRtmpServerSrc *self, GstRtmpServerSrcSession *session, const RtmpDemuxItem *item)
{
  GstRtmpServerItem queued = {
    .type = GST_RTMP_SERVER_ITEM_GAP,
    .dts_ns = item->dts_ns + (session->base_fixed ? session->base_ns : 0),
    .duration_ns = item->duration_ns,
  };

  gst_rtmp_server_queue_push (get_pad (self, item->track)->queue, &queued);
}

/* The next publisher often says the same again. */
static gboolean
is_same_metadata (GstRtmpServerSrc *self, const GstStructure *structure)
{
  GBytes *old = NULL, *new = NULL;
  gboolean same;

  if (self->metadata == NULL)
    return FALSE;
  gst_structure_get (gst_event_get_structure (self->metadata), "amf", G_TYPE_BYTES, &old, NULL);
  gst_structure_get (structure, "amf", G_TYPE_BYTES, &new, NULL);
  same = g_bytes_equal (old, new);
  g_bytes_unref (old);
  g_bytes_unref (new);
  return same;
}

/* All pads get it; who needs it once tells by its being the same. */
static void
take_metadata (GstRtmpServerSrc *self, const RtmpDemuxItem *item)
{
  const RtmpAmf *object = rtmp_metadata_get_object (item->command);
  GstStructure *structure = rtmp_metadata_to_structure (object);
  guint i;

  if (is_same_metadata (self, structure)) {
    gst_structure_free (structure);
    return;
  }
  gst_clear_event (&self->metadata);
  gst_clear_event (&self->tags[0]);
  gst_clear_event (&self->tags[1]);
  self->metadata = gst_event_new_custom (GST_EVENT_CUSTOM_DOWNSTREAM_STICKY, structure);
  self->tags[0] = new_tag_event (object, FALSE, NULL);
  self->tags[1] = new_tag_event (object, TRUE, NULL);
  for (i = 0; i < self->pads->len; i++) {
    GstRtmpServerSrcPad *pad = g_ptr_array_index (self->pads, i);
    GstEvent *tags = new_tag_event (object, pad->video, pad->newest_caps);

    if (tags != NULL)
      push_event (pad, tags);
    push_event (pad, gst_event_ref (self->metadata));
  }
}

/* One pad gets it, the first. */
static void
take_data (GstRtmpServerSrc *self, GstRtmpServerSrcSession *session, const RtmpDemuxItem *item)
{
  GstRtmpServerItem queued = {
    .type = GST_RTMP_SERVER_ITEM_DATA,
    .dts_ns = item->dts_ns + (session->base_fixed ? session->base_ns : 0),
    .size = EVENT_SIZE + item->data_size,
  };

  if (self->pads->len == 0)
    return;
  queued.object = GST_MINI_OBJECT_CAST (gst_event_new_custom (
      GST_EVENT_CUSTOM_DOWNSTREAM, rtmp_data_to_structure (item->command, 0)));
  gst_rtmp_server_queue_push (
      ((GstRtmpServerSrcPad *)g_ptr_array_index (self->pads, 0))->queue, &queued);
}

static void
take_item (GstRtmpServerSrc *self, GstRtmpServerSrcSession *session, RtmpDemuxItem *item)
{
  switch (item->type) {
    case RTMP_DEMUX_CAPS:
      take_caps (self, item);
      break;
    case RTMP_DEMUX_BUFFER:
      take_buffer (self, session, item);
      break;
    case RTMP_DEMUX_GAP:
      take_gap (self, session, item);
      break;
    case RTMP_DEMUX_METADATA:
      take_metadata (self, item);
      break;
    case RTMP_DEMUX_DATA:
      take_data (self, session, item);
      break;
    case RTMP_DEMUX_WARNING:
      post_job (self, run_warning, g_steal_pointer (&item->error));
      break;
  }
}

/* ---- when to expose ---------------------------------------------------- */

static gboolean
has_unexposed_pads (GstRtmpServerSrc *self)
{
  guint i;

  for (i = 0; i < self->pads->len; i++) {
    if (!((GstRtmpServerSrcPad *)g_ptr_array_index (self->pads, i))->exposed)
      return TRUE;
  }
  return FALSE;
}

/* The first frame's composition time may be negative: the base depends on it. */
static gboolean
lacks_first_frame (GstRtmpServerSrc *self)
{
  guint i;

  for (i = 0; i < self->pads->len; i++) {
    GstRtmpServerSrcPad *pad = g_ptr_array_index (self->pads, i);

    if (!pad->exposed && pad->video && !pad->has_buffers)
      return TRUE;
  }
  return FALSE;
}

/* By the clock of the wire or ours, whichever is further: a publisher may send
 * faster than real time. */
static gboolean
is_threshold_over (GstRtmpServerSrc *self, GstRtmpServerSrcSession *session, gint64 arrival_us)
{
  guint64 waited_ns = MAX (0, arrival_us - session->first_us) * 1000;
  guint64 position_ns = MAX (0, rtmp_demux_get_position_ms (session->demux)) * GST_MSECOND;

  return session->first_us != 0 && MAX (waited_ns, position_ns) >= self->no_more_pads_threshold;
}

static void
check_expose (GstRtmpServerSrc *self, GstRtmpServerSrcSession *session, gint64 arrival_us)
{
  gboolean complete;

  if (self->expose_posted)
    return;
  complete = rtmp_demux_is_complete (session->demux);
  if (!has_unexposed_pads (self)) {
    if (complete && !session->has_media && !session->refused &&
        !rtmp_demux_has_caps (session->demux)) {
      session->refused = TRUE;
      post_job (self, run_unsupported, NULL);
    }
    return;
  }
  complete &= !lacks_first_frame (self);
  /* after the first time there is nothing to wait for: a late track */
  if (complete || self->no_more_pads || is_threshold_over (self, session, arrival_us) ||
      gst_rtmp_server_queue_group_is_full (&self->group)) {
    fix_base (self, session);
    gst_rtmp_server_src_post_expose (self);
  }
}

/* ---- messages ---------------------------------------------------------- */

/* The present on the session's own scale, in ms. */
static gint64
get_session_now (GstRtmpServerSrcSession *session, gint64 now_ns)
{
  return (now_ns - session->base_ns) / (gint64)GST_MSECOND;
}

static void
begin_media (GstRtmpServerSrcSession *session, const RtmpMessage *message, gint64 now_ns)
{
  if (session->first_us != 0 || !rtmp_message_is_media (message))
    return;
  session->first_us = message->arrival_us != 0 ? message->arrival_us : 1;
  if (!session->base_fixed)
    session->base_ns = MAX (0, now_ns);
}

static gboolean
on_publish_message (RtmpMount *mount, RtmpMessage *message, gpointer user_data)
{
  GstRtmpServerSrc *self = GST_RTMP_SERVER_SRC (((GstRtmpServerEndpoint *)user_data)->element);
  gint64 now_ns = gst_rtmp_server_src_get_running_time (self);
  GstRtmpServerSrcSession *session;
  guint i;

  g_mutex_lock (&self->lock);
  session = self->session;
  if (session != NULL && !self->ended) {
    begin_media (session, message, now_ns);
    rtmp_demux_push (
        session->demux, message, get_session_now (session, now_ns), session->items);
    for (i = 0; i < session->items->len; i++)
      take_item (self, session, &g_array_index (session->items, RtmpDemuxItem, i));
    g_array_set_size (session->items, 0);
    check_expose (self, session, message->arrival_us);
  }
  g_mutex_unlock (&self->lock);
  return !gst_rtmp_server_queue_group_must_hold (&self->group);
}

/* ---- end ---------------------------------------------------------------- */

/* With the lock held. */
static void
push_eos (GstRtmpServerSrc *self)
{
  guint i;

  self->ended = TRUE;
  for (i = 0; i < self->pads->len; i++) {
    GstRtmpServerSrcPad *pad = g_ptr_array_index (self->pads, i);

    push_event (pad, gst_event_new_eos ());
    gst_rtmp_server_queue_set_draining (pad->queue);
  }
}

/* What a short session left unexposed is shown now. With the lock held. */
static void
expose_rest (GstRtmpServerSrc *self)
{
  if (self->session != NULL)
    fix_base (self, self->session);
  if (has_unexposed_pads (self) && !self->expose_posted)
    gst_rtmp_server_src_post_expose (self);
}

/* A session that brought nothing is no end of the stream: a probe, a refused
 * codec. With the lock held. */
static gboolean
is_end_of_stream (GstRtmpServerSrc *self, gboolean taken_over)
{
  return !self->ended && !taken_over && !self->keep_listening && self->session->has_media &&
         !self->session->refused;
}

static void
on_publish_end (RtmpMount *mount, RtmpClient *client, gboolean orderly, const gchar *reason,
    gpointer user_data)
{
  GstRtmpServerSrc *self = GST_RTMP_SERVER_SRC (((GstRtmpServerEndpoint *)user_data)->element);
  gboolean taken_over = rtmp_mount_is_taken_over (mount);
  gboolean close = FALSE;

  GST_INFO_OBJECT (self, "publisher %" G_GUINT64_FORMAT " is gone: %s", client->id, reason);
  g_mutex_lock (&self->lock);
  if (self->session != NULL && self->session->client->id == client->id) {
    close = is_end_of_stream (self, taken_over);
    if (self->session->has_media)
      expose_rest (self);
    if (close)
      push_eos (self);
    gst_rtmp_server_src_drop_session (self);
  }
  g_mutex_unlock (&self->lock);
  if (close)
    post_job (self, run_close, NULL);
  else
    gst_rtmp_server_queue_group_set_idle (&self->group, IDLE_GAP_US);
  post_job (self, run_notify_stream, NULL);
}

void
gst_rtmp_server_src_finish (GstRtmpServerSrc *self, const gchar *reason)
{
  g_mutex_lock (&self->lock);
  if (self->running && !self->ended) {
    /* with no pad nobody would learn of it */
    if (self->pads->len == 0) {
      gst_rtmp_server_src_new_pad (self, TRUE, 0);
      gst_rtmp_server_src_new_pad (self, FALSE, 0);
    }
    expose_rest (self);
    push_eos (self);
  }
  g_mutex_unlock (&self->lock);
  gst_rtmp_server_endpoint_set_accepting (&self->endpoint, FALSE);
  gst_rtmp_server_src_end_publisher (self, FALSE, reason);
}

void
gst_rtmp_server_src_end_publisher (
    GstRtmpServerSrc *self, gboolean refused, const gchar *reason)
{
  guint64 id = 0;

  g_mutex_lock (&self->lock);
  if (self->session != NULL) {
    id = self->session->client->id;
    self->session->refused |= refused;
  }
  g_mutex_unlock (&self->lock);
  if (id != 0)
    gst_rtmp_server_endpoint_disconnect (&self->endpoint, id, reason);
}

/* After EOS the claim refuses publishers by itself; this is for those who were
 * on their way. */
static void
on_request (RtmpMount *mount, RtmpRequest *request, gpointer user_data)
{
  GstRtmpServerSrc *self = GST_RTMP_SERVER_SRC (((GstRtmpServerEndpoint *)user_data)->element);
  gboolean ended;

  g_mutex_lock (&self->lock);
  ended = self->ended;
  g_mutex_unlock (&self->lock);
  if (ended && rtmp_request_get_client (request)->role == RTMP_CLIENT_PUBLISHER)
    rtmp_request_refuse (request, RTMP_REFUSE_BAD_NAME, "the stream has ended");
  else
    gst_rtmp_server_endpoint_on_request (mount, request, user_data);
}

const RtmpMountFuncs gst_rtmp_server_src_mount_funcs = {
  .request = on_request,
  .client_added = gst_rtmp_server_endpoint_on_client_added,
  .client_removed = gst_rtmp_server_endpoint_on_client_removed,
  .client_rejected = gst_rtmp_server_endpoint_on_client_rejected,
  .players_changed = gst_rtmp_server_endpoint_on_players_changed,
  .publish_begin = on_publish_begin,
  .publish_message = on_publish_message,
  .publish_end = on_publish_end,
};
