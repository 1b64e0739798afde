/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What cannot be used is refused, with words, and the pipeline and the next
 * publisher go on: codecs, pads that are not linked, clients.
 */
#include "rig.h"

#define BRANCHES "s.video ! fakesink async=false  s.audio ! fakesink async=false"
#define REFUSED "warning: What is linked to pad "
#define NOT_LINKED "warning: Pad "

/* Links @pad by hand: a launch line would not link what does not fit. */
static void
link_by_hand (Rig *rig, GstElement *first)
{
  gst_bin_add (GST_BIN (rig->pipeline), first);
  gst_element_sync_state_with_parent (first);
}

typedef struct _Refuser
{
  GstElement *sink;
  gint accept; /* atomic */
} Refuser;

static gboolean
refuser_query (GstPad *pad, GstObject *parent, GstQuery *query)
{
  Refuser *refuser = g_object_get_data (G_OBJECT (pad), "refuser");

  if (GST_QUERY_TYPE (query) != GST_QUERY_ACCEPT_CAPS)
    return gst_pad_query_default (pad, parent, query);
  gst_query_set_accept_caps_result (query, g_atomic_int_get (&refuser->accept));
  return TRUE;
}

static void
on_pad_added (GstElement *src, GstPad *pad, gpointer user_data)
{
  Refuser *refuser = user_data;
  g_autoptr (GstPad) sink = gst_element_get_static_pad (refuser->sink, "sink");

  if (GST_PAD_NAME (pad)[0] == 'v')
    g_assert_cmpint (gst_pad_link (pad, sink), ==, GST_PAD_LINK_OK);
}

/* Takes any pad, refuses the caps of video. */
static Rig *
new_rig_with_refuser (Refuser *refuser, const gchar *properties, const gchar *branches)
{
  Rig *rig = rig_new (properties, branches);
  g_autoptr (GstPad) sink = NULL;

  refuser->sink = gst_element_factory_make ("fakesink", NULL);
  g_object_set (refuser->sink, "async", FALSE, NULL);
  sink = gst_element_get_static_pad (refuser->sink, "sink");
  g_object_set_data (G_OBJECT (sink), "refuser", refuser);
  gst_pad_set_query_function (sink, refuser_query);
  link_by_hand (rig, refuser->sink);
  g_signal_connect (rig->src, "pad-added", G_CALLBACK (on_pad_added), refuser);
  return rig;
}

static void
test_one_track_is_refused (void)
{
  Refuser refuser = { NULL, FALSE };
  g_autoptr (Rig) rig = new_rig_with_refuser (&refuser, "", "s.audio ! fakesink async=false");
  g_autoptr (TestPublisher) publisher = NULL;

  rig_play (rig);
  publisher = rig_publish (rig, "in");
  test_publisher_send_both (publisher, 0, 1);
  rig_wait (rig, "audio buffer 49", 1);
  rig_wait (rig, REFUSED "video", 1);
  g_assert_cmpint (rig_count (rig, "warning"), ==, 1);
  g_assert_cmpint (rig_count (rig, "video buffer"), ==, 0);
  test_publisher_finish (publisher);
  rig_wait (rig, "audio eos", 1);
  rig_wait (rig, "video eos", 1);
}

static void
test_all_refused_ends_the_publisher (void)
{
  Refuser refuser = { NULL, FALSE };
  g_autoptr (Rig) rig = new_rig_with_refuser (&refuser, "", "");
  g_autoptr (TestPublisher) publisher = NULL;
  g_autoptr (TestPublisher) next = NULL;

  rig_play (rig);
  publisher = rig_publish (rig, "in");
  test_publisher_send_metadata (publisher, TRUE, FALSE, "x");
  test_publisher_send_video_header (publisher, FALSE);
  test_publisher_send_video (publisher, 0, TRUE, 0, 1);
  test_publisher_wait_closed (publisher);
  g_assert_true (g_str_has_prefix (publisher->status, "NetStream.Publish"));
  g_assert_cmpint (rig_count (rig, REFUSED "video"), ==, 1);
  g_assert_cmpint (rig_count (rig, "error"), ==, 0);
  g_assert_cmpint (rig_count (rig, "video eos"), ==, 0);

  g_atomic_int_set (&refuser.accept, TRUE);
  next = rig_publish (rig, "in");
  g_assert_cmpint (next->msid, >, 0);
  test_publisher_send_metadata (next, TRUE, FALSE, "x");
  test_publisher_send_video_header (next, FALSE);
  test_publisher_send_video (next, 0, TRUE, 0, 2);
  rig_wait (rig, "video buffer 2", 1);
  g_assert_cmpint (rig_count (rig, REFUSED), ==, 1);
}

/* It accepts, and then its event function says no. */
static gboolean
no_caps (GstPad *pad, GstObject *parent, GstEvent *event)
{
  if (GST_EVENT_TYPE (event) != GST_EVENT_CAPS)
    return gst_pad_event_default (pad, parent, event);
  gst_event_unref (event);
  return FALSE;
}

static void
test_not_negotiated (void)
{
  Refuser refuser = { NULL, TRUE };
  g_autoptr (Rig) rig = new_rig_with_refuser (&refuser, "", "s.audio ! fakesink async=false");
  g_autoptr (GstPad) sink = gst_element_get_static_pad (refuser.sink, "sink");
  g_autoptr (TestPublisher) publisher = NULL;

  gst_pad_set_event_function (sink, no_caps);
  rig_play (rig);
  publisher = rig_publish (rig, "in");
  test_publisher_send_both (publisher, 0, 2);
  rig_wait (rig, "audio buffer 99", 1);
  rig_wait (rig, REFUSED "video", 1);
  g_assert_cmpint (rig_count (rig, "warning"), ==, 1);
  g_assert_cmpint (rig_count (rig, "error"), ==, 0);
}

static void
test_not_linked (void)
{
  g_autoptr (Rig) rig = rig_new ("", "s.audio ! fakesink async=false");
  g_autoptr (TestPublisher) publisher = NULL;

  rig_play (rig);
  publisher = rig_publish (rig, "in");
  test_publisher_send_both (publisher, 0, 2);
  rig_wait (rig, "audio buffer 99", 1);
  rig_wait (rig, NOT_LINKED "video is not linked", 1);
  g_assert_cmpint (rig_count (rig, "warning"), ==, 1);
  test_publisher_finish (publisher);
  rig_wait (rig, "eos", 1);
}

/* Linked while data flows: begins at a keyframe. */
static void
test_linked_later (void)
{
  g_autoptr (Rig) rig = rig_new ("", "s.audio ! fakesink async=false");
  g_autoptr (TestPublisher) publisher = NULL;
  g_autoptr (GstPad) pad = NULL;
  g_autoptr (GstPad) peer = NULL;
  GstElement *sink = gst_element_factory_make ("fakesink", NULL);
  guint i;

  g_object_set (sink, "async", FALSE, NULL);
  rig_play (rig);
  publisher = rig_publish (rig, "in");
  test_publisher_send_both (publisher, 0, 1);
  rig_wait (rig, "audio buffer 49", 1);
  rig_wait (rig, NOT_LINKED "video is not linked", 1);
  link_by_hand (rig, sink);
  peer = gst_element_get_static_pad (sink, "sink");
  pad = gst_element_get_static_pad (rig->src, "video");
  g_assert_cmpint (gst_pad_link (pad, peer), ==, GST_PAD_LINK_OK);
  for (i = 0; i < 10; i++)
    test_publisher_send_video (publisher, 1000 + i * 40, i == 5, 0, 100 + i);
  rig_wait (rig, "video buffer 109", 1);
  g_assert_cmpint (rig_count (rig, "video buffer 105 discont"), ==, 1);
  g_assert_cmpint (rig_count (rig, "video buffer 104"), ==, 0);
}

/* An error of the pipeline is the pipeline's: said, and the publisher is ended. */
static void
test_downstream_error (void)
{
  g_autoptr (Rig) rig = rig_new ("keep-listening=true",
      "s.video ! identity error-after=10 ! fakesink async=false  "
      "s.audio ! fakesink async=false");
  g_autoptr (TestPublisher) publisher = NULL;
  g_autoptr (TestPublisher) next = NULL;

  rig_play (rig);
  publisher = rig_publish (rig, "in");
  test_publisher_send_both (publisher, 0, 2);
  test_publisher_wait_closed (publisher);
  rig_wait (rig, "audio eos", 1);
  g_assert_cmpint (rig_count (rig, "error"), >=, 1);
  g_assert_cmpint (rig_count (rig, "error"), <=, 2);
  next = rig_publish (rig, "in");
  g_assert_cmpint (next->msid, ==, 0);
}

/* Everybody downstream has enough. */
static void
test_downstream_eos (void)
{
  g_autoptr (Rig) rig = rig_new ("", "s.video ! identity eos-after=10 ! fakesink async=false");
  g_autoptr (TestPublisher) publisher = NULL;
  guint i;

  rig_play (rig);
  publisher = rig_publish (rig, "in");
  test_publisher_send_metadata (publisher, TRUE, FALSE, "x");
  test_publisher_send_video_header (publisher, FALSE);
  for (i = 0; i < 20; i++)
    test_publisher_send_video (publisher, i * 40, i == 0, 0, i);
  rig_wait (rig, "eos", 1);
  test_publisher_wait_closed (publisher);
  g_assert_cmpint (rig_count (rig, "error"), ==, 0);
}

/* Players play past the pipeline: pads that nobody linked are no trouble. */
static void
test_relay_without_links (void)
{
  g_autoptr (Rig) rig = rig_new ("relay=true", "");
  g_autoptr (TestPublisher) publisher = NULL;

  rig_play (rig);
  publisher = rig_publish (rig, "in");
  test_publisher_send_both (publisher, 0, 1);
  rig_wait (rig, "audio buffer 49", 1);
  g_assert_cmpint (rig_count (rig, "warning"), ==, 0);
}

/* clients */

static gboolean
only_secret (GstElement *src, GSocketAddress *address, const gchar *application,
    const gchar *stream, const GstStructure *info, gpointer user_data)
{
  GstStructure *parameters = NULL;

  g_assert_true (G_IS_INET_SOCKET_ADDRESS (address));
  g_assert_cmpstr (application, ==, "live");
  g_assert_cmpstr (gst_structure_get_string (info, "role"), ==, "publisher");
  rig_log (user_data, "asked %s ?%s", stream, gst_structure_get_string (info, "query"));
  gst_structure_get (info, "parameters", GST_TYPE_STRUCTURE, &parameters, NULL);
  rig_log (user_data, "parameters %d, token %s", gst_structure_n_fields (parameters),
      gst_structure_get_string (parameters, "token"));
  gst_structure_free (parameters);
  return g_strcmp0 (stream, "secret") == 0;
}

static gboolean
always (GstElement *src, GSocketAddress *address, const gchar *application, const gchar *stream,
    const GstStructure *info, gpointer user_data)
{
  rig_log (user_data, "always");
  return TRUE;
}

static void
test_client_connecting (void)
{
  g_autoptr (Rig) rig = rig_new ("", BRANCHES);
  g_autoptr (TestPublisher) bad = NULL;
  g_autoptr (TestPublisher) good = NULL;

  g_signal_connect (rig->src, "client-connecting", G_CALLBACK (only_secret), rig);
  g_signal_connect (rig->src, "client-connecting", G_CALLBACK (always), rig);
  rig_play (rig);
  bad = rig_publish (rig, "guess");
  g_assert_cmpint (bad->msid, ==, 0);
  g_assert_cmpstr (bad->status, ==, "NetStream.Publish.Denied");
  /* the first FALSE wins: the second was not asked */
  g_assert_cmpint (rig_count (rig, "always"), ==, 0);
  rig_wait (rig, "GstRtmpServerClientRejected", 1);

  good = rig_publish (rig, "secret?token=a%20b&x!=1&token=2&y=");
  g_assert_cmpint (good->msid, >, 0);
  g_assert_cmpint (rig_count (rig, "asked secret ?token=a%20b&x!=1&token=2&y="), ==, 1);
  g_assert_cmpint (rig_count (rig, "parameters 2, token a b"), ==, 1);
  g_assert_cmpint (rig_count (rig, "always"), ==, 1);
  test_publisher_send_both (good, 0, 1);
  rig_wait (rig, "video buffer 24", 1);
  g_assert_cmpint (rig_count (rig, "error"), ==, 0);
}

static void
test_authentication (void)
{
  g_autoptr (Rig) rig = rig_new ("authentication=true", BRANCHES);
  g_autoptr (TestPublisher) before = NULL;
  g_autoptr (TestPublisher) after = NULL;

  rig_play (rig);
  before = rig_publish (rig, "in");
  g_assert_cmpstr (before->status, ==, "NetStream.Publish.Denied");
  g_signal_connect (rig->src, "client-connecting", G_CALLBACK (always), rig);
  after = rig_publish (rig, "in");
  g_assert_cmpint (after->msid, >, 0);
}

static gboolean
never_answers (GstElement *src, GSocketAddress *address, const gchar *application,
    const gchar *stream, const GstStructure *info, gpointer user_data)
{
  GMutex *gate = user_data;

  g_mutex_lock (gate);
  g_mutex_unlock (gate);
  return TRUE;
}

/* A handler that hangs: the client is refused at the deadline, data flows on. */
static void
test_handler_that_hangs (void)
{
  g_autoptr (Rig) rig = rig_new ("keep-listening=true", BRANCHES);
  g_autoptr (TestPublisher) first = NULL;
  g_autoptr (TestPublisher) second = NULL;
  GMutex gate;

  g_mutex_init (&gate);
  rig_play (rig);
  first = rig_publish (rig, "in");
  g_signal_connect (rig->src, "client-connecting", G_CALLBACK (never_answers), &gate);
  g_mutex_lock (&gate);
  second = rig_publish (rig, "in");
  g_assert_cmpint (second->msid, ==, 0);
  g_assert_true (g_str_has_prefix (second->status, "NetStream.Publish"));
  test_publisher_send_both (first, 0, 1);
  rig_wait (rig, "video buffer 24", 1);
  g_mutex_unlock (&gate);
  rig_stop (rig);
  g_mutex_clear (&gate);
}

static void
test_max_clients (void)
{
  g_autoptr (Rig) rig = rig_new ("max-clients=1 override-publisher=false", BRANCHES);
  g_autoptr (TestPublisher) first = NULL;
  g_autoptr (TestPublisher) second = NULL;

  rig_play (rig);
  first = rig_publish (rig, "a");
  second = rig_publish (rig, "b");
  g_assert_cmpint (first->msid, >, 0);
  g_assert_cmpint (second->msid, ==, 0);
}

gint
main (gint argc, gchar **argv)
{
  rig_init (&argc, &argv);
  g_test_add_func ("/src/refuse/one-track", test_one_track_is_refused);
  g_test_add_func ("/src/refuse/all", test_all_refused_ends_the_publisher);
  g_test_add_func ("/src/refuse/not-negotiated", test_not_negotiated);
  g_test_add_func ("/src/refuse/not-linked", test_not_linked);
  g_test_add_func ("/src/refuse/linked-later", test_linked_later);
  g_test_add_func ("/src/refuse/downstream-error", test_downstream_error);
  g_test_add_func ("/src/refuse/downstream-eos", test_downstream_eos);
  g_test_add_func ("/src/refuse/relay-without-links", test_relay_without_links);
  g_test_add_func ("/src/refuse/client-connecting", test_client_connecting);
  g_test_add_func ("/src/refuse/authentication", test_authentication);
  g_test_add_func ("/src/refuse/handler-that-hangs", test_handler_that_hangs);
  g_test_add_func ("/src/refuse/max-clients", test_max_clients);
  return rig_run ();
}
