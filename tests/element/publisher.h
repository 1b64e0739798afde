/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * TestPublisher: a client that publishes over a real loopback socket, driven by
 * its caller. One thread. Media is made up: one NAL unit or AAC frame whose payload
 * holds a number, so that receivers can tell what arrived.
 */
#pragma once

#include <gio/gio.h>
#include "protocol/rtmp-session.h"

G_BEGIN_DECLS

typedef struct _TestPublisher
{
  GSocketConnection *connection;
  RtmpSession *session;
  guint32 msid;       /* 0: not publishing */
  gchar *status;      /* newest code the server sent: of a refusal or an end */
  gchar *description; /* of it */
  gboolean closed;
} TestPublisher;

/* Returns when the server answered publish, or closed. */
TestPublisher *test_publisher_new (guint16 port, const gchar *application, const gchar *key);
/* NULL: nobody listens. */
TestPublisher *test_publisher_try_new (
    guint16 port, const gchar *application, const gchar *key);
/* Closes without a word if it was not finished. */
void test_publisher_free (TestPublisher *publisher);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (TestPublisher, test_publisher_free)

/* FALSE: the server closed. Blocks while the server does not read. */
gboolean test_publisher_send (
    TestPublisher *publisher, guint8 type, guint32 timestamp, const guint8 *data, gsize size);
gboolean test_publisher_send_hex (
    TestPublisher *publisher, guint8 type, guint32 timestamp, const gchar *hex);
/* Gives up when the socket takes nothing for @stall_ms: FALSE, and the connection
 * may be used no more but to go on with test_publisher_flush(). */
gboolean test_publisher_send_some (TestPublisher *publisher, guint8 type, guint32 timestamp,
    const guint8 *data, gsize size, guint stall_ms);
gboolean test_publisher_flush (TestPublisher *publisher);

/* onMetaData that announces. */
gboolean test_publisher_send_metadata (
    TestPublisher *publisher, gboolean video, gboolean audio, const gchar *encoder);
gboolean test_publisher_send_text (
    TestPublisher *publisher, guint32 timestamp, const gchar *text);
/* H.264 176x144 baseline, or 320x240 high. */
gboolean test_publisher_send_video_header (TestPublisher *publisher, gboolean high);
gboolean test_publisher_send_audio_header (TestPublisher *publisher);
gboolean test_publisher_send_video (TestPublisher *publisher, guint32 timestamp,
    gboolean keyframe, gint composition_ms, guint32 number);
gboolean test_publisher_send_audio (
    TestPublisher *publisher, guint32 timestamp, guint32 number);

/* Metadata, headers, then @seconds of 25 fps video with a keyframe a second and AAC,
 * from wire time @start_ms on. */
gboolean test_publisher_send_both (TestPublisher *publisher, guint32 start_ms, guint seconds);

/* Ends in order and waits for the server to close. */
void test_publisher_finish (TestPublisher *publisher);
/* Waits until the server ended it; `status` says why. */
void test_publisher_wait_closed (TestPublisher *publisher);

G_END_DECLS
