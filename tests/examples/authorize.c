/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Lets in only publishers that know a token: rtmp://host/live/key?token=secret.
 * Ends when such a publisher has left.
 */
#include <gio/gio.h>
#include <gst/gst.h>

static gboolean
client_connecting (GstElement *source, GSocketAddress *address, const gchar *application,
    const gchar *stream, const GstStructure *info, gpointer user_data)
{
  const gchar *query = gst_structure_get_string (info, "query");

  return g_strcmp0 (query, "token=secret") == 0;
}

int
main (int argc, char **argv)
{
  GstElement *pipeline, *source;
  GstMessage *message;
  GstBus *bus;

  gst_init (&argc, &argv);
  pipeline = gst_parse_launch ("rtmpserversrc name=source application=live "
                               "source.video ! fakesink source.audio ! fakesink",
      NULL);
  source = gst_bin_get_by_name (GST_BIN (pipeline), "source");
  if (argc > 1)
    gst_util_set_object_arg (G_OBJECT (source), "port", argv[1]);
  g_signal_connect (source, "client-connecting", G_CALLBACK (client_connecting), NULL);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  g_print ("Listening.\n");

  bus = gst_element_get_bus (pipeline);
  message = gst_bus_timed_pop_filtered (
      bus, GST_CLOCK_TIME_NONE, GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
  gst_message_unref (message);
  gst_element_set_state (pipeline, GST_STATE_NULL);
  gst_object_unref (bus);
  gst_object_unref (source);
  gst_object_unref (pipeline);
  return 0;
}
