/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * RtmpSession: the whole engine of one connection, either role, as a pure state
 * machine: bytes and the time in; events and bytes out. No I/O, no clock, no
 * thread, no log. Sources: RTMP 1.0 section 7, Enhanced RTMP v2, behaviour of
 * FFmpeg, librtmp, OBS, GStreamer, SRS, nginx-rtmp.
 *
 * Owner and thread: its connection, one thread.
 *
 * Input: rtmp_session_input() takes any slice and consumes it up to the first
 * event; pull events until there is none, then go on with the rest. It takes
 * nothing while events wait.
 * Events: rtmp_session_accept(), _input_eof() and _finish() may raise some too:
 * pull after them. The queue is short: one event for most messages; at most two
 * for a command (PLAY_END, then PLAY), the parts of one aggregate, the headers
 * kept for accept (4 * max_tracks + 1), or what 16 waiting commands raise.
 * Requests: CONNECT, PUBLISH and PLAY events carry a request id and are answered
 * later, in any order, with accept or refuse; input meanwhile is legal: commands
 * behind connect wait for its answer (16, more is an error); media behind
 * publish is dropped but for metadata and sequence headers, which come as MEDIA
 * right after accept. The session sets the peer no time limit while an answer is
 * due; the holder refuses with RTMP_REFUSE_TIMEOUT itself.
 * Media: MEDIA events are classified. Type 15 comes as 18, "@setDataFrame" is
 * cut off (METADATA), aggregates are unpacked; empty messages are skipped.
 * "@clearDataFrame" comes as its remaining values with METADATA and EMPTY set:
 * nothing to store or relay. More than max_metadata_per_s METADATA are dropped.
 * Output: bounded by max_session_output; it is never discarded, also after an
 * error: the holder flushes it, then closes.
 * Errors are sticky: RTMP_ERROR with the culprit class. A refusal is no error.
 * Time: `now_us` is any monotonic clock in microseconds.
 */
#pragma once

#include "rtmp-amf.h"
#include "rtmp-limits.h"
#include "rtmp-message.h"
#include "rtmp-name.h"

G_BEGIN_DECLS

typedef struct _RtmpSession RtmpSession;

typedef enum
{
  RTMP_SESSION_SERVER,
  RTMP_SESSION_PUBLISHER, /* client that publishes */
  RTMP_SESSION_PLAYER,    /* client that plays */
} RtmpSessionRole;

typedef enum
{
  RTMP_STATE_HANDSHAKE,
  RTMP_STATE_CONNECTING,
  RTMP_STATE_CONNECTED,
  RTMP_STATE_CLOSING, /* output may be left; input is ignored */
  RTMP_STATE_FAILED,
} RtmpSessionState;

/* What connect said; owned by the session, immutable once CONNECT was raised. */
typedef struct _RtmpConnectInfo
{
  gchar *app; /* raw */
  gchar *tc_url;
  gchar *flash_ver;
  gchar *swf_url;
  gchar *page_url;
  gint object_encoding;
  guint32 caps_ex; /* E-RTMP capsEx bits */
  RtmpAmf *object; /* the whole command object: fourCcList, info maps, ... */
} RtmpConnectInfo;

typedef enum
{
  RTMP_EVENT_CONNECT,      /* server; request; name: the path so far, maybe with its key */
  RTMP_EVENT_PUBLISH,      /* server; request; msid, name */
  RTMP_EVENT_PLAY,         /* server; request; msid, name */
  RTMP_EVENT_PUBLISH_END,  /* server; msid, eof; request if it was not answered yet: void now */
  RTMP_EVENT_PLAY_END,     /* as PUBLISH_END; player client: the server sent StreamEOF */
  RTMP_EVENT_PLAY_CONTROL, /* server; msid; paused, audio, video as they are now */
  RTMP_EVENT_MEDIA,        /* message: audio, video, data; classified, unsealed */
  RTMP_EVENT_READY,        /* client: publish or play was accepted; msid */
  RTMP_EVENT_STATUS,       /* client: another onStatus; code, description, level */
  RTMP_EVENT_REFUSED,      /* client: connect, publish or play refused; code, description */
} RtmpEventType;

typedef struct _RtmpEvent
{
  RtmpEventType type;
  guint32 request;
  guint32 msid;
  RtmpName *name;       /* owned by the event */
  RtmpMessage *message; /* owned by the event; steal by setting NULL */
  gboolean eof;         /* END: the connection ended without a goodbye */
  gboolean paused;
  gboolean audio;
  gboolean video;
  gint64 play_start_ms;  /* -1 live only, -2 live then recorded, else position */
  gint64 play_length_ms; /* -1 all; means nothing for what is live */
  gchar *level;
  gchar *code;
  gchar *description;
  gchar *redirect; /* REFUSED, STATUS: new tcUrl, or NULL */
} RtmpEvent;

typedef enum
{
  RTMP_REFUSE_BAD_NAME,    /* publish: in use, or nobody wants it */
  RTMP_REFUSE_NOT_FOUND,   /* play: unclaimed key */
  RTMP_REFUSE_DENIED,      /* the application said no */
  RTMP_REFUSE_LIMIT,       /* too many clients */
  RTMP_REFUSE_UNSUPPORTED, /* codecs */
  RTMP_REFUSE_INVALID_APP, /* connect: unknown application */
  RTMP_REFUSE_TIMEOUT,     /* the application did not answer */
} RtmpRefusal;

typedef struct _RtmpSessionConfig
{
  RtmpSessionRole role;
  const RtmpLimits *limits; /* outlives the session */
  gint64 now_us;
  guint32 epoch_ms; /* our time in the handshake */
  guint8 seed[16];  /* random */
  /* client roles; copied */
  const gchar *application;
  const gchar *tc_url;
  const gchar *stream;
  const gchar *flash_ver; /* NULL: a default that servers like */
  gboolean digest;        /* sign the handshake */
} RtmpSessionConfig;

RtmpSession *rtmp_session_new (const RtmpSessionConfig *config);
void rtmp_session_free (RtmpSession *session);

/* Consumed bytes: all, or up to the end of what raised an event; -1 on error. */
gssize rtmp_session_input (
    RtmpSession *session, const guint8 *data, gsize size, gint64 now_us, GError **error);
/* The peer ended its direction. Raises the END events that are due. */
void rtmp_session_input_eof (RtmpSession *session);
/* Next event into @event (overwritten; clear it); FALSE if there is none. */
gboolean rtmp_session_pull (RtmpSession *session, RtmpEvent *event);
void rtmp_event_clear (RtmpEvent *event);

/* Bytes to send: borrowed until the next call on the session; then say how
 * many were written. */
const guint8 *rtmp_session_peek_output (RtmpSession *session, gsize *size);
void rtmp_session_consume_output (RtmpSession *session, gsize size);

/* When tick is due (now_us scale), G_MAXINT64 = never. tick pings silent peers
 * and raises timeouts as RTMP_ERROR_TIMEOUT: FALSE. */
gint64 rtmp_session_get_deadline (const RtmpSession *session);
gboolean rtmp_session_tick (RtmpSession *session, gint64 now_us, GError **error);

/* Publishers that send no byte for so long are timed out; 0 = never. Default:
 * RtmpLimits.idle_timeout_ms. For mounts that have their own. */
void rtmp_session_set_idle_timeout (RtmpSession *session, guint timeout_ms);

/* The holder stops reading from the peer, or goes on: a peer that is not read is
 * not late, and not pinged. */
void rtmp_session_set_held (RtmpSession *session, gboolean held, gint64 now_us);

RtmpSessionState rtmp_session_get_state (const RtmpSession *session);
const RtmpConnectInfo *rtmp_session_get_connect_info (const RtmpSession *session);
/* Round trip of the last answered ping, µs; -1 unknown. */
gint64 rtmp_session_get_rtt_us (const RtmpSession *session);
guint32 rtmp_session_get_in_chunk_size (const RtmpSession *session);

/* Server. Answers; an unknown or answered id is ignored (FALSE). Accepting a
 * play writes, in this order: StreamBegin, Play.Reset, Play.Start, SampleAccess;
 * media may follow at once. Refusing a connect closes after flushing; refusing
 * a publish too; refusing a play leaves the connection open. */
gboolean rtmp_session_accept (RtmpSession *session, guint32 request, gint64 now_us);
gboolean rtmp_session_refuse (RtmpSession *session, guint32 request, RtmpRefusal reason,
    const gchar *description, gint64 now_us);
/* A held play gets its publisher: PublishNotify. */
void rtmp_session_play_notify (RtmpSession *session, guint32 msid);
/* The stream is really over: UnpublishNotify, onPlayStatus with Play.Complete, StreamEOF. */
void rtmp_session_play_eof (RtmpSession *session, guint32 msid);
/* onStatus on @msid with any code, e.g. NetStream.Play.InsufficientBW. */
void rtmp_session_status (RtmpSession *session, guint32 msid, const gchar *level,
    const gchar *code, const gchar *description);
/* We end a publisher (takeover, codec refused, shutdown): error status, then CLOSING. */
void rtmp_session_kick (
    RtmpSession *session, guint32 msid, RtmpRefusal reason, const gchar *description);

/* Client: end in order: FCUnpublish + deleteStream, or deleteStream; then CLOSING. */
void rtmp_session_finish (RtmpSession *session);

/* Any message through the session's own output (data messages of a publisher
 * client, tests). Media of players goes around the session, as wire slices. */
void rtmp_session_send (RtmpSession *session, const RtmpMessage *message);

G_END_DECLS
