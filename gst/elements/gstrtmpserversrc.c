/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "elements/gstrtmpserversrc.h"
#include "elements/gstrtmpserver.h"

GST_DEBUG_CATEGORY_STATIC (gst_rtmp_server_src_debug);
#define GST_CAT_DEFAULT gst_rtmp_server_src_debug

static void gst_rtmp_server_src_uri_init (gpointer iface, gpointer data);

G_DEFINE_TYPE_WITH_CODE (GstRtmpServerSrc, gst_rtmp_server_src, GST_TYPE_ELEMENT,
    G_IMPLEMENT_INTERFACE (GST_TYPE_URI_HANDLER, gst_rtmp_server_src_uri_init))
GST_ELEMENT_REGISTER_DEFINE (
    rtmpserversrc, "rtmpserversrc", GST_RANK_NONE, GST_TYPE_RTMP_SERVER_SRC)

static void
gst_rtmp_server_src_set_property (
    GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
  GstRtmpServerSrc *self = GST_RTMP_SERVER_SRC (object);

  if (!gst_rtmp_server_endpoint_set_property (&self->endpoint, id, value))
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
}

static void
gst_rtmp_server_src_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  GstRtmpServerSrc *self = GST_RTMP_SERVER_SRC (object);

  if (!gst_rtmp_server_endpoint_get_property (&self->endpoint, id, value))
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
}

static void
gst_rtmp_server_src_finalize (GObject *object)
{
  gst_rtmp_server_endpoint_clear (&GST_RTMP_SERVER_SRC (object)->endpoint);
  G_OBJECT_CLASS (gst_rtmp_server_src_parent_class)->finalize (object);
}

static void
gst_rtmp_server_src_class_init (GstRtmpServerSrcClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GstElementClass *element_class = GST_ELEMENT_CLASS (klass);

  GST_DEBUG_CATEGORY_INIT (gst_rtmp_server_src_debug, "rtmpserversrc", 0, "RTMP server source");
  object_class->set_property = gst_rtmp_server_src_set_property;
  object_class->get_property = gst_rtmp_server_src_get_property;
  object_class->finalize = gst_rtmp_server_src_finalize;
  gst_rtmp_server_endpoint_class_init (object_class, RTMP_MOUNT_SOURCE);
  gst_element_class_set_static_metadata (element_class, "RTMP server source", "Source/Network",
      "Takes an RTMP publisher and outputs its tracks", "The gst-rtmp-server authors");
}

static void
gst_rtmp_server_src_init (GstRtmpServerSrc *self)
{
  gst_rtmp_server_endpoint_init (&self->endpoint, GST_ELEMENT (self), RTMP_MOUNT_SOURCE);
  GST_OBJECT_FLAG_SET (self, GST_ELEMENT_FLAG_SOURCE);
}

/* GstURIHandler */

static GstURIType
uri_get_type (GType type)
{
  return GST_URI_SRC;
}

static gchar *
uri_get_uri (GstURIHandler *handler)
{
  return gst_rtmp_server_endpoint_get_uri (&GST_RTMP_SERVER_SRC (handler)->endpoint);
}

static gboolean
uri_set_uri (GstURIHandler *handler, const gchar *uri, GError **error)
{
  return gst_rtmp_server_endpoint_set_uri (
      &GST_RTMP_SERVER_SRC (handler)->endpoint, uri, error);
}

static void
gst_rtmp_server_src_uri_init (gpointer iface, gpointer data)
{
  GstURIHandlerInterface *handler = iface;

  handler->get_type = uri_get_type;
  handler->get_protocols = gst_rtmp_server_endpoint_get_protocols;
  handler->get_uri = uri_get_uri;
  handler->set_uri = uri_set_uri;
}
