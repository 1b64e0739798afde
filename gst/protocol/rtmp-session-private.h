/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Inside of RtmpSession, for the rtmp-session-*.c files only. Each function
 * belongs to the file named above it.
 */
#pragma once

#include "rtmp-chunk-reader.h"
#include "rtmp-chunk-writer.h"
#include "rtmp-command.h"
#include "rtmp-control.h"
#include "rtmp-cut-clock.h"
#include "rtmp-error.h"
#include "rtmp-handshake.h"
#include "rtmp-session.h"

G_BEGIN_DECLS

/* Commands that may wait for the answer to connect. */
#define RTMP_SESSION_MAX_WAITING 16

/* A message stream of the connection, by its id. */
typedef enum
{
  RTMP_NET_STREAM_IDLE,
  RTMP_NET_STREAM_PUBLISH_ASKED,
  RTMP_NET_STREAM_PUBLISHING,
  RTMP_NET_STREAM_PLAY_ASKED,
  RTMP_NET_STREAM_PLAYING,
} RtmpNetStreamState;

typedef struct _RtmpNetStream
{
  guint32 msid;
  RtmpNetStreamState state;
  guint32 request; /* open request, or 0 */
  gchar *name;     /* as the peer sent it; NULL while idle */
  gboolean reset;
  gboolean paused;
  gboolean audio;
  gboolean video;
  GPtrArray *early; /* headers that came before the answer to publish; or NULL */
  gsize early_bytes;
  RtmpCutClock clock; /* of its publisher */
} RtmpNetStream;

/* Events in one second, counted in fixed windows. */
typedef struct _RtmpRate
{
  gint64 since_us;
  guint64 count;
} RtmpRate;

typedef enum
{
  RTMP_DIALOGUE_CONNECT, /* _result of connect is due */
  RTMP_DIALOGUE_CREATE,  /* _result of createStream is due */
  RTMP_DIALOGUE_START,   /* onStatus for publish or play is due */
  RTMP_DIALOGUE_READY,
} RtmpDialoguePhase;

/* The client's side of the conversation. */
typedef struct _RtmpDialogue
{
  RtmpDialoguePhase phase;
  gchar *application;
  gchar *tc_url;
  gchar *stream;
  gchar *flash_ver;
  gdouble transaction; /* the last one used */
  gdouble waiting_for; /* the one whose answer ends the phase */
} RtmpDialogue;

struct _RtmpSession
{
  RtmpSessionRole role;
  RtmpSessionState state;
  const RtmpLimits *limits;
  RtmpLimits guarded; /* for peers that have not asked to publish */
  GError *error;
  gint64 now_us; /* of the call under way */

  RtmpHandshake *handshake; /* NULL once done */
  RtmpChunkReader *reader;
  RtmpChunkWriter *writer;
  GByteArray *output; /* NULL while there is nothing to send */
  gsize output_sent;

  /* The queue: one event in place, the rare others behind it. */
  RtmpEvent event;
  gboolean has_event;
  GQueue events;

  GPtrArray *streams; /* of RtmpNetStream */
  guint32 last_request;

  /* server */
  RtmpConnectInfo info;
  guint32 connect_request;
  gdouble connect_transaction;
  GPtrArray *waiting; /* RtmpMessage commands behind connect; or NULL */

  /* client */
  RtmpDialogue *dialogue;

  /* acknowledgement and bandwidth */
  guint64 in_bytes;
  guint64 in_acked;
  guint32 in_window;
  guint32 out_acked;   /* what the peer said it got */
  guint32 window_sent; /* last Window Ack Size we sent, 0 = none */
  guint8 bandwidth_type;
  gboolean has_bandwidth;
  guint bandwidth_replies;
  guint64 preconnect_bytes;

  /* time */
  gint64 phase_us; /* start of the current phase, or of being idle */
  gint64 last_input_us;
  gint64 ping_us;     /* when the last ping was sent, or playing began */
  guint32 ping_value; /* what it carried */
  gboolean ping_waiting;
  gint64 rtt_us;
  guint idle_timeout_ms;
  gboolean held;

  /* rates */
  gint64 command_credit; /* millionths of a command */
  gint64 command_us;
  RtmpRate controls;
  RtmpRate pings;
  RtmpRate metadata;
  RtmpRate small_chunks;
  guint64 small_chunks_seen;
};

/* rtmp-session.c */
gboolean rtmp_session_is_open (const RtmpSession *session);
/* Takes @error; the first one sticks. */
void rtmp_session_fail (RtmpSession *session, GError *error);
void rtmp_session_fail_new (RtmpSession *session, RtmpErrorCode code, const gchar *format, ...)
    G_GNUC_PRINTF (3, 4);
/* Takes @message and writes it, if the session is still open. */
void rtmp_session_write (RtmpSession *session, RtmpMessage *message);
void rtmp_session_write_chunk_size (RtmpSession *session);
/* Takes what is in @event. */
void rtmp_session_raise (RtmpSession *session, RtmpEvent *event);
void rtmp_session_dispatch_command (RtmpSession *session, const RtmpMessage *message);
/* Full limits from now on: the peer may send media. */
void rtmp_session_unguard (RtmpSession *session);

/* rtmp-session-streams.c */
RtmpNetStream *rtmp_session_find_stream (RtmpSession *session, guint32 msid);
RtmpNetStream *rtmp_session_find_request (RtmpSession *session, guint32 request);
RtmpNetStream *rtmp_session_find_name (RtmpSession *session, const gchar *name);
/* The stream of a publish or play on @msid, made if need be (0 means 1); NULL:
 * there are too many. */
RtmpNetStream *rtmp_session_use_stream (RtmpSession *session, guint32 msid);
/* The lowest free id; NULL: there are too many. */
RtmpNetStream *rtmp_session_create_stream (RtmpSession *session);
void rtmp_session_delete_stream (RtmpSession *session, RtmpNetStream *stream);
/* Raises the END event that is due, and makes the stream idle. */
void rtmp_session_end_stream (RtmpSession *session, RtmpNetStream *stream, gboolean eof);
/* Idle again, without an event. */
void rtmp_session_reset_stream (RtmpSession *session, RtmpNetStream *stream);
gboolean rtmp_net_stream_is_publish (const RtmpNetStream *stream);
gboolean rtmp_net_stream_is_play (const RtmpNetStream *stream);
/* The number of streams that publish or play, asked included. */
guint rtmp_session_count_busy (const RtmpSession *session);
void rtmp_net_stream_free (RtmpNetStream *stream);

/* rtmp-session-control.c */
void rtmp_session_on_control (RtmpSession *session, const RtmpMessage *message);
/* Sends the acknowledgement that is due, at most one. */
void rtmp_session_acknowledge (RtmpSession *session);
void rtmp_session_write_window (RtmpSession *session, guint32 window);
void rtmp_session_write_ping (RtmpSession *session);

/* rtmp-session-media.c */
/* Takes @message: types 8, 9, 15, 18, 22. */
void rtmp_session_on_media (RtmpSession *session, RtmpMessage *message);
/* Raises what came before publish was accepted. */
void rtmp_session_release_early (RtmpSession *session, RtmpNetStream *stream);

/* rtmp-session-server.c */
void rtmp_session_server_command (
    RtmpSession *session, RtmpCommand *command, const RtmpMessage *message);

/* rtmp-session-netstream.c: publish, play and their kin */
void rtmp_session_refuse_stream (
    RtmpSession *session, RtmpNetStream *stream, RtmpRefusal reason, const gchar *description);
void rtmp_session_on_publish (RtmpSession *session, RtmpCommand *command, guint32 msid);
void rtmp_session_on_play (RtmpSession *session, RtmpCommand *command, guint32 msid);
void rtmp_session_on_play2 (RtmpSession *session, RtmpCommand *command, guint32 msid);
void rtmp_session_on_pause (RtmpSession *session, RtmpCommand *command, guint32 msid);
void rtmp_session_on_seek (RtmpSession *session, RtmpCommand *command, guint32 msid);
void rtmp_session_on_receive (RtmpSession *session, RtmpCommand *command, guint32 msid);
void rtmp_session_on_delete_stream (RtmpSession *session, RtmpCommand *command, guint32 msid);
void rtmp_session_on_close_stream (RtmpSession *session, RtmpCommand *command, guint32 msid);
void rtmp_session_on_fc_unpublish (RtmpSession *session, RtmpCommand *command, guint32 msid);

/* rtmp-session-client.c */
void rtmp_session_client_start (RtmpSession *session, const RtmpSessionConfig *config);
void rtmp_session_client_connect (RtmpSession *session);
void rtmp_session_client_command (RtmpSession *session, RtmpCommand *command);
/* Stream EOF of the player client. */
void rtmp_session_client_stream_eof (RtmpSession *session, guint32 msid);
/* A data message that is a status (onPlayStatus). FALSE: it is not. */
gboolean rtmp_session_client_data (RtmpSession *session, const RtmpMessage *message);
void rtmp_session_client_eof (RtmpSession *session);
void rtmp_session_client_free (RtmpSession *session);

/* rtmp-session-status.c */
/* _result with the given value (taken; NULL = undefined); nothing for transaction 0. */
void rtmp_session_write_result (RtmpSession *session, gdouble transaction, RtmpAmf *value);
/* _error with an info object; nothing for transaction 0. */
void rtmp_session_write_error (
    RtmpSession *session, gdouble transaction, const gchar *code, const gchar *description);
void rtmp_session_write_connect_result (RtmpSession *session);
void rtmp_session_write_status (RtmpSession *session, guint32 msid, const gchar *level,
    const gchar *code, const gchar *description, const gchar *details);
/* onFCPublish, onFCUnpublish; nothing for transaction 0. */
void rtmp_session_write_fc (RtmpSession *session, gdouble transaction, const gchar *name,
    const gchar *code, const gchar *stream);
void rtmp_session_write_sample_access (RtmpSession *session, guint32 msid);
const gchar *rtmp_refusal_connect_code (RtmpRefusal reason);
const gchar *rtmp_refusal_publish_code (RtmpRefusal reason);
const gchar *rtmp_refusal_play_code (RtmpRefusal reason);
const gchar *rtmp_refusal_description (RtmpRefusal reason);

/* rtmp-session-time.c */
void rtmp_session_init_time (RtmpSession *session, gint64 now_us);
/* A new phase, or the session became idle: its time limit starts now. */
void rtmp_session_start_phase (RtmpSession *session);
/* TRUE: one more within the second is allowed. */
gboolean rtmp_rate_take (RtmpRate *rate, guint64 n, guint64 max, gint64 now_us);
gboolean rtmp_session_take_command (RtmpSession *session);

G_END_DECLS
