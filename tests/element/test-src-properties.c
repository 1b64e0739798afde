/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Properties, URIs, actions, statistics and errors of rtmpserversrc.
 */
#include "rig.h"

#define BRANCHES "s.video ! fakesink async=false  s.audio ! fakesink async=false"

static void
test_defaults (void)
{
  g_autoptr (GstElement) src =
      gst_object_ref_sink (gst_element_factory_make ("rtmpserversrc", NULL));
  g_autofree gchar *uri = NULL;
  g_autofree gchar *host = NULL;
  g_autofree gchar *application = NULL;
  g_autofree gchar *stream = NULL;
  gboolean keep, override, relay, authentication;
  guint timeout, idle, latency, max_clients;
  gint port, current;
  guint64 max_time, max_bytes, threshold;

  g_object_get (src, "uri", &uri, "host", &host, "application", &application, "stream", &stream,
      "port", &port, "current-port", &current, "keep-listening", &keep, "override-publisher",
      &override, "relay", &relay, "authentication", &authentication, "timeout", &timeout,
      "idle-timeout", &idle, "latency", &latency, "max-clients", &max_clients, "max-time",
      &max_time, "max-bytes", &max_bytes, "no-more-pads-threshold", &threshold, NULL);
  g_assert_cmpstr (uri, ==, "rtmp://[::]:1935/live");
  g_assert_cmpstr (host, ==, "::");
  g_assert_cmpstr (application, ==, "live");
  g_assert_null (stream);
  g_assert_cmpint (port, ==, 1935);
  g_assert_cmpint (current, ==, 0);
  g_assert_false (keep);
  g_assert_true (override);
  g_assert_false (relay);
  g_assert_false (authentication);
  g_assert_cmpuint (timeout, ==, 5);
  g_assert_cmpuint (idle, ==, 30);
  g_assert_cmpuint (latency, ==, 200);
  g_assert_cmpuint (max_clients, ==, 0);
  g_assert_cmpuint (max_time, ==, 3 * GST_SECOND);
  g_assert_cmpuint (max_bytes, ==, 32 * 1024 * 1024);
  g_assert_cmpuint (threshold, ==, 2 * GST_SECOND);
  g_assert_true (GST_OBJECT_FLAG_IS_SET (src, GST_ELEMENT_FLAG_SOURCE));
}

typedef struct _Uri
{
  const gchar *uri;
  const gchar *host;
  gint port;
  const gchar *application;
  const gchar *stream; /* NULL: any */
  const gchar *back;   /* NULL: the same */
} Uri;

static const Uri uris[] = {
  { "rtmp://[::]:1935/live", "::", 1935, "live", NULL, NULL },
  { "rtmp://127.0.0.1:19350/live/in", "127.0.0.1", 19350, "live", "in", NULL },
  { "rtmp://example.org/a/b/c", "example.org", 1935, "a/b", "c",
      "rtmp://example.org:1935/a/b/c" },
  { "rtmpserver://0.0.0.0:0/app", "0.0.0.0", 0, "app", NULL, "rtmp://0.0.0.0:0/app" },
};

static void
test_uri (gconstpointer data)
{
  const Uri *c = data;
  g_autoptr (GstElement) src =
      gst_object_ref_sink (gst_element_factory_make ("rtmpserversrc", NULL));
  g_autofree gchar *host = NULL;
  g_autofree gchar *application = NULL;
  g_autofree gchar *stream = NULL;
  g_autofree gchar *back = NULL;
  gint port;

  g_object_set (src, "uri", c->uri, NULL);
  g_object_get (src, "host", &host, "port", &port, "application", &application, "stream",
      &stream, "uri", &back, NULL);
  g_assert_cmpstr (host, ==, c->host);
  g_assert_cmpint (port, ==, c->port);
  g_assert_cmpstr (application, ==, c->application);
  g_assert_cmpstr (stream, ==, c->stream);
  g_assert_cmpstr (back, ==, c->back != NULL ? c->back : c->uri);
}

static void
test_invalid_uri (void)
{
  static const gchar *const bad[] = { "http://localhost/live", "rtmp:/", "rtmp://",
    "rtmp://h:99999/live", "live", "rtmps://localhost/live/x" };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (bad); i++) {
    g_autoptr (Rig) rig = rig_new ("", BRANCHES);

    g_object_set (rig->src, "uri", bad[i], NULL);
    g_assert_cmpint (
        gst_element_set_state (rig->pipeline, GST_STATE_PLAYING), ==, GST_STATE_CHANGE_FAILURE);
    g_test_message ("%s", bad[i]);
    g_assert_cmpint (rig_count (rig, "error: Invalid URI"), ==, 1);
    /* a good one afterwards is enough */
    g_object_set (rig->src, "uri", "rtmp://127.0.0.1:0/live", NULL);
    rig_play (rig);
  }
}

static void
test_uri_handler (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GstElement) src =
      gst_element_make_from_uri (GST_URI_SRC, "rtmpserver://127.0.0.1:0/live/in", NULL, &error);
  g_autoptr (GError) bad = NULL;

  g_assert_no_error (error);
  gst_object_ref_sink (src);
  g_assert_cmpstr (G_OBJECT_TYPE_NAME (src), ==, "GstRtmpServerSrc");
  g_assert_false (gst_uri_handler_set_uri (GST_URI_HANDLER (src), "rtmpserver://", &bad));
  g_assert_error (bad, GST_URI_ERROR, GST_URI_ERROR_BAD_URI);
}

static void
test_port_in_use (void)
{
  g_autoptr (GSocketListener) listener = g_socket_listener_new ();
  g_autoptr (GSocketAddress) any = g_inet_socket_address_new_from_string ("127.0.0.1", 0);
  g_autoptr (GSocketAddress) taken = NULL;
  g_autoptr (Rig) rig = rig_new ("", BRANCHES);
  gint port;

  g_assert_true (g_socket_listener_add_address (
      listener, any, G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_TCP, NULL, &taken, NULL));
  port = g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (taken));
  g_object_set (rig->src, "port", port, NULL);
  g_assert_cmpint (
      gst_element_set_state (rig->pipeline, GST_STATE_READY), ==, GST_STATE_CHANGE_FAILURE);
  g_assert_cmpint (rig_count (rig, "error: Port"), ==, 1);
}

/* Both share the port; the names differ, or the second is refused. */
static void
test_shared_port (void)
{
  g_autoptr (Rig) a = rig_new ("stream=a", BRANCHES);
  g_autoptr (Rig) b = rig_new ("stream=b", BRANCHES);
  g_autoptr (TestPublisher) to_a = NULL;
  g_autoptr (TestPublisher) to_b = NULL;

  rig_play (a);
  g_object_set (b->src, "port", a->port, NULL);
  rig_play (b);
  g_assert_cmpint (b->port, ==, a->port);
  to_a = rig_publish (a, "a");
  to_b = rig_publish (a, "b");
  test_publisher_send_both (to_a, 0, 1);
  test_publisher_send_both (to_b, 0, 2);
  rig_wait (a, "video buffer 24", 1);
  rig_wait (b, "video buffer 49", 1);
  g_assert_cmpint (rig_count (a, "video buffer 25"), ==, 0);
}

static void
on_notify (GObject *object, GParamSpec *spec, gpointer user_data)
{
  GValue value = G_VALUE_INIT;
  g_autofree gchar *text = NULL;

  g_object_get_property (object, spec->name, &value);
  text = g_strdup_value_contents (&value);
  rig_log (user_data, "%s %s", spec->name, text);
  g_value_unset (&value);
}

static void
test_notifications (void)
{
  g_autoptr (Rig) rig = rig_new ("", BRANCHES);
  g_autoptr (TestPublisher) publisher = NULL;
  g_autofree gchar *current = NULL;
  g_autofree gchar *stream = NULL;

  g_signal_connect (rig->src, "notify::current-stream", G_CALLBACK (on_notify), rig);
  g_signal_connect (rig->src, "notify::current-port", G_CALLBACK (on_notify), rig);
  g_signal_connect (rig->src, "notify::num-clients", G_CALLBACK (on_notify), rig);
  rig_play (rig);
  g_assert_cmpint (rig_count (rig, "current-port"), ==, 1);
  publisher = rig_publish (rig, "key?token=x");
  rig_wait (rig, "current-stream \"key\"", 1);
  rig_wait (rig, "num-clients 1", 1);
  g_object_get (rig->src, "current-stream", &current, "stream", &stream, NULL);
  g_assert_cmpstr (current, ==, "key");
  g_assert_null (stream);
  test_publisher_finish (publisher);
  rig_wait (rig, "current-stream NULL", 1);
  rig_wait (rig, "num-clients 0", 1);
  rig_stop (rig);
  rig_wait (rig, "current-port 0", 1);
}

static void
on_added (GstElement *src, guint64 id, GSocketAddress *address, const GstStructure *info,
    gpointer user_data)
{
  *(guint64 *)user_data = id;
}

static void
on_removed (GstElement *src, guint64 id, GSocketAddress *address, const gchar *reason,
    const GstStructure *stats, gpointer user_data)
{
  guint64 bytes = 0;

  g_assert_true (gst_structure_get_uint64 (stats, "in-bytes-total", &bytes));
  rig_log (user_data, "removed %d: %s", bytes > 1000, reason);
}

static void
test_actions_and_stats (void)
{
  g_autoptr (Rig) rig = rig_new ("keep-listening=true", BRANCHES);
  g_autoptr (TestPublisher) publisher = NULL;
  GstStructure *stats = NULL;
  const GValue *clients;
  guint64 id = 0, total = 0, after = 0;
  gboolean found = FALSE;

  g_signal_connect (rig->src, "client-added", G_CALLBACK (on_added), &id);
  g_signal_connect (rig->src, "client-removed", G_CALLBACK (on_removed), rig);
  rig_play (rig);
  publisher = rig_publish (rig, "in");
  test_publisher_send_both (publisher, 0, 1);
  rig_wait (rig, "video buffer 24", 1);
  rig_wait (rig, "GstRtmpServerClientAdded", 1);

  g_object_get (rig->src, "stats", &stats, NULL);
  clients = gst_structure_get_value (stats, "clients");
  g_assert_cmpint (gst_value_array_get_size (clients), ==, 1);
  g_assert_true (gst_structure_get_uint64 (stats, "in-bytes-total", &total));
  gst_structure_free (stats);

  g_signal_emit_by_name (rig->src, "get-client-stats", id, &stats);
  g_assert_nonnull (stats);
  g_assert_cmpstr (gst_structure_get_string (stats, "stream"), ==, "in");
  gst_structure_free (stats);
  g_signal_emit_by_name (rig->src, "get-client-stats", id + 1000, &stats);
  g_assert_null (stats);

  g_signal_emit_by_name (rig->src, "disconnect-client", id + 1000, &found);
  g_assert_false (found);
  g_signal_emit_by_name (rig->src, "disconnect-client", id, &found);
  g_assert_true (found);
  test_publisher_wait_closed (publisher);
  rig_wait (rig, "removed 1: disconnected by the application", 1);
  rig_wait (rig, "GstRtmpServerClientRemoved", 1);
  /* what a client brought stays counted */
  g_object_get (rig->src, "stats", &stats, NULL);
  g_assert_true (gst_structure_get_uint64 (stats, "in-bytes-total", &after));
  g_assert_cmpuint (after, >=, 1000);
  gst_structure_free (stats);
}

static void
test_idle_timeout (void)
{
  g_autoptr (Rig) rig = rig_new ("idle-timeout=1 keep-listening=true", BRANCHES);
  g_autoptr (TestPublisher) publisher = NULL;

  rig_play (rig);
  publisher = rig_publish (rig, "in");
  g_assert_cmpint (publisher->msid, >, 0);
  rig_wait (rig, "GstRtmpServerClientRemoved", 1);
}

/* Names and key as claimed, others are refused. */
static void
test_names (void)
{
  g_autoptr (Rig) rig = rig_new ("application=a/b stream=key", BRANCHES);
  g_autoptr (TestPublisher) wrong_app = NULL;
  g_autoptr (TestPublisher) wrong_key = NULL;
  g_autoptr (TestPublisher) right = NULL;

  rig_play (rig);
  wrong_app = test_publisher_new (rig->port, "live", "key");
  g_assert_cmpint (wrong_app->msid, ==, 0);
  wrong_key = test_publisher_new (rig->port, "a/b", "other");
  g_assert_cmpstr (wrong_key->status, ==, "NetStream.Publish.BadName");
  right = test_publisher_new (rig->port, "a/b", "key");
  g_assert_cmpint (right->msid, >, 0);
}

gint
main (gint argc, gchar **argv)
{
  guint i;

  rig_init (&argc, &argv);
  g_test_add_func ("/src/properties/defaults", test_defaults);
  for (i = 0; i < G_N_ELEMENTS (uris); i++) {
    g_autofree gchar *path = g_strdup_printf ("/src/properties/uri/%u", i);

    g_test_add_data_func (path, &uris[i], test_uri);
  }
  g_test_add_func ("/src/properties/invalid-uri", test_invalid_uri);
  g_test_add_func ("/src/properties/uri-handler", test_uri_handler);
  g_test_add_func ("/src/properties/port-in-use", test_port_in_use);
  g_test_add_func ("/src/properties/shared-port", test_shared_port);
  g_test_add_func ("/src/properties/notifications", test_notifications);
  g_test_add_func ("/src/properties/actions-and-stats", test_actions_and_stats);
  g_test_add_func ("/src/properties/idle-timeout", test_idle_timeout);
  g_test_add_func ("/src/properties/names", test_names);
  return rig_run ();
}
