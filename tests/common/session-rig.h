/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A session under test, between a scripted peer and a scripted holder: what the
 * peer sends is fed at any split size, what the session says (events, messages)
 * becomes lines of a log. Virtual time.
 *
 * Log: "< [csid/msid] ..." is a message that the session sent, "* ..." an event,
 * "! ..." an error.
 */
#pragma once

#include "protocol/rtmp-chunk-reader.h"
#include "protocol/rtmp-chunk-writer.h"
#include "protocol/rtmp-command.h"
#include "protocol/rtmp-control.h"
#include "protocol/rtmp-error.h"
#include "protocol/rtmp-session.h"

G_BEGIN_DECLS

typedef struct _SessionRig
{
  RtmpSession *session;
  RtmpSessionRole role;
  RtmpLimits limits;
  gint64 now_us;
  gsize split;   /* bytes per input call, 0 = all at once */
  gboolean hold; /* requests are not accepted by themselves */
  gboolean mute; /* the peer does not read: output stays where it is */
  GString *log;
  GError *error;
  guint n_media;
  guint64 media_bytes;
  guint32 last_request;

  /* the peer */
  RtmpChunkWriter *writer;
  RtmpChunkReader *reader;
  gsize handshake_left; /* bytes of the session's handshake still to come */
  guint64 out_bytes;
} SessionRig;

/* @limits: copied; NULL = defaults. Time starts at 1000 s. */
SessionRig *session_rig_new (RtmpSessionRole role, const RtmpLimits *limits);
void session_rig_free (SessionRig *rig);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SessionRig, session_rig_free)

/* The peer's handshake, both packets. */
void session_rig_handshake (SessionRig *rig);
/* Raw bytes; FALSE: the session failed (rig->error). */
gboolean session_rig_feed (SessionRig *rig, const guint8 *data, gsize size);
/* Takes @message; as the peer's chunk writer writes it. */
gboolean session_rig_send (SessionRig *rig, RtmpMessage *message);
/* A command with AMF0 values written as text: "null, \"key\", {a:1}". */
gboolean session_rig_command (
    SessionRig *rig, guint32 msid, const gchar *name, gdouble transaction, const gchar *values);
gboolean session_rig_data (
    SessionRig *rig, guint32 msid, const gchar *name, const gchar *values);
gboolean session_rig_media (
    SessionRig *rig, guint8 type, guint32 msid, guint32 timestamp, const gchar *hex);
/* Lets time pass and ticks; FALSE: the session failed. */
gboolean session_rig_wait (SessionRig *rig, gint64 us);
void session_rig_eof (SessionRig *rig);
/* Writes output and events to the log; call after talking to the session directly. */
void session_rig_drain (SessionRig *rig);

/* Compares the log with lines separated by newlines, then empties it. */
#define session_rig_expect(rig, ...)                                                           \
  session_rig_expect_at (rig, __FILE__, __LINE__, __VA_ARGS__, NULL)
void session_rig_expect_at (
    SessionRig *rig, const gchar *file, gint line, ...) G_GNUC_NULL_TERMINATED;
/* The log without acknowledgements: they depend on the split. Full transfer. */
gchar *session_rig_log_without_acks (SessionRig *rig);
/* What must hold at any time. */
void session_rig_check (SessionRig *rig);
/* Drops the log. */
void session_rig_forget (SessionRig *rig);

/* handshake, connect, createStream; then publish or play of live/key on stream 1;
 * log dropped. */
void session_rig_connect (SessionRig *rig);
void session_rig_create (SessionRig *rig);
void session_rig_publish (SessionRig *rig);
void session_rig_play (SessionRig *rig);

/* AMF values from text: numbers, "strings", true, false, null, undefined, {k:v},
 * e{k:v} (ECMA array), [a,b], separated by commas. Aborts on nonsense. */
GPtrArray *test_amf_values (const gchar *text);
GByteArray *test_hex (const gchar *text);

G_END_DECLS
