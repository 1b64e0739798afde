/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * RtmpStream: what is on under one (application, key): an immutable header
 * snapshot (metadata, sequence header per track), and one RtmpFeed per loop that
 * has players. Reference-counted; its mount holds one.
 *
 * Threads: publish from one thread at a time (the publisher's loop, or a sink's
 * streaming thread); never blocks on a peer; one post per loop that has none
 * under way, not one per message.
 */
#pragma once

#include <glib.h>
#include "protocol/rtmp-message.h"

G_BEGIN_DECLS

/* Longest time for which what players get may be gathered. */
#define RTMP_STREAM_MAX_FLUSH_INTERVAL_MS 1000

typedef struct _RtmpStream RtmpStream;

RtmpStream *rtmp_stream_ref (RtmpStream *stream);
void rtmp_stream_unref (RtmpStream *stream);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (RtmpStream, rtmp_stream_unref)

/* Players get what gathered in so many ms in one write: less work, later; at most
 * RTMP_STREAM_MAX_FLUSH_INTERVAL_MS. 0 (default) = video at once, small audio with
 * the next video. Any thread. */
void rtmp_stream_set_flush_interval (RtmpStream *stream, guint interval_ms);

/* @message: media or data, classified (rtmp_message_classify); it is sealed
 * here and a reference is taken. Headers and metadata replace the snapshot's. */
void rtmp_stream_publish (RtmpStream *stream, RtmpMessage *message);

/* A stream is "on" from its first publish after begin until end. Players that
 * waited get PublishNotify; end sends what is queued, then UnpublishNotify and
 * StreamEOF, and forgets the snapshot. begin after end starts anew. */
void rtmp_stream_begin (RtmpStream *stream);
void rtmp_stream_end (RtmpStream *stream);

/* Playing or waiting; a push counts too. */
guint rtmp_stream_get_n_players (RtmpStream *stream);

G_END_DECLS
