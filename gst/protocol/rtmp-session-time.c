/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Time in a session: phase limits, silence, pings, and rates. All deadlines are
 * computed from a few stamps when asked for; nothing is armed or cancelled.
 */
#include "rtmp-session-private.h"

#define NEVER G_MAXINT64
#define PER_COMMAND G_GINT64_CONSTANT (1000000)

void
rtmp_session_init_time (RtmpSession *session, gint64 now_us)
{
  session->now_us = now_us;
  session->phase_us = now_us;
  session->last_input_us = now_us;
  session->ping_us = now_us;
  session->rtt_us = -1;
  session->idle_timeout_ms = session->limits->idle_timeout_ms;
  session->command_us = now_us;
  session->command_credit = session->limits->max_commands_burst * PER_COMMAND;
}

void
rtmp_session_start_phase (RtmpSession *session)
{
  session->phase_us = session->now_us;
}

void
rtmp_session_set_idle_timeout (RtmpSession *session, guint timeout_ms)
{
  session->idle_timeout_ms = timeout_ms;
}

void
rtmp_session_set_held (RtmpSession *session, gboolean held, gint64 now_us)
{
  session->now_us = now_us;
  if (session->held && !held) {
    session->last_input_us = now_us;
    session->ping_us = now_us;
  }
  session->held = held;
}

gboolean
rtmp_rate_take (RtmpRate *rate, guint64 n, guint64 max, gint64 now_us)
{
  if (now_us - rate->since_us >= G_USEC_PER_SEC) {
    rate->since_us = now_us;
    rate->count = 0;
  }
  rate->count += n;
  return rate->count <= max;
}

/* A bucket that starts full: a burst, then a steady rate. */
gboolean
rtmp_session_take_command (RtmpSession *session)
{
  const RtmpLimits *limits = session->limits;
  gint64 full = limits->max_commands_burst * PER_COMMAND;
  gint64 elapsed = CLAMP (session->now_us - session->command_us, 0, 1000 * G_USEC_PER_SEC);

  session->command_us = session->now_us;
  session->command_credit =
      MIN (full, session->command_credit + elapsed * limits->max_commands_per_s);
  if (session->command_credit < PER_COMMAND)
    return FALSE;
  session->command_credit -= PER_COMMAND;
  return TRUE;
}

static gint64
after_ms (gint64 since_us, guint ms)
{
  return ms == 0 ? NEVER : since_us + (gint64)ms * 1000;
}

static gboolean
is_streaming (const RtmpSession *session, RtmpNetStreamState state)
{
  for (guint i = 0; i < session->streams->len; i++) {
    RtmpNetStream *stream = g_ptr_array_index (session->streams, i);

    if (stream->state == state)
      return TRUE;
  }
  return FALSE;
}

static gint64
handshake_deadline (const RtmpSession *session)
{
  if (session->state != RTMP_STATE_HANDSHAKE)
    return NEVER;
  return after_ms (session->phase_us, session->limits->handshake_timeout_ms);
}

/* While our own side owes the answer to connect, the peer is not late. */
static gint64
connect_deadline (const RtmpSession *session)
{
  if (session->state != RTMP_STATE_CONNECTING || session->connect_request != 0)
    return NEVER;
  return after_ms (session->phase_us, session->limits->connect_timeout_ms);
}

static gint64
request_deadline (const RtmpSession *session)
{
  gboolean ready;

  if (session->state != RTMP_STATE_CONNECTED)
    return NEVER;
  ready = session->dialogue != NULL ? session->dialogue->phase == RTMP_DIALOGUE_READY
                                    : rtmp_session_count_busy (session) > 0;
  return ready ? NEVER : after_ms (session->phase_us, session->limits->request_timeout_ms);
}

static gint64
silence_deadline (const RtmpSession *session)
{
  if (session->role != RTMP_SESSION_SERVER || session->held ||
      !is_streaming (session, RTMP_NET_STREAM_PUBLISHING))
    return NEVER;
  return after_ms (session->last_input_us, session->idle_timeout_ms);
}

static gint64
partial_deadline (const RtmpSession *session)
{
  if (session->held || rtmp_chunk_reader_get_partial (session->reader) == 0)
    return NEVER;
  return after_ms (session->last_input_us, session->limits->partial_timeout_ms);
}

static const struct
{
  gint64 (*deadline) (const RtmpSession *session);
  const gchar *words;
} rules[] = {
  { handshake_deadline, "the handshake took too long" },
  { connect_deadline, "connect took too long" },
  { request_deadline, "connected, but neither published nor played" },
  { silence_deadline, "the publisher fell silent" },
  { partial_deadline, "a message stayed incomplete" },
};

/* Publishers and players are pinged at a steady pace: it wakes silent ones and
 * measures the round trip of all. */
static gint64
ping_deadline (const RtmpSession *session)
{
  guint interval_ms = session->limits->ping_interval_ms;

  if (session->role != RTMP_SESSION_SERVER || session->held ||
      !(is_streaming (session, RTMP_NET_STREAM_PUBLISHING) ||
          is_streaming (session, RTMP_NET_STREAM_PLAYING)))
    return NEVER;
  if (interval_ms == 0)
    interval_ms = session->idle_timeout_ms / 2;
  return after_ms (session->ping_us, interval_ms);
}

gint64
rtmp_session_get_deadline (const RtmpSession *session)
{
  gint64 deadline;

  if (!rtmp_session_is_open (session))
    return NEVER;
  deadline = ping_deadline (session);
  for (guint i = 0; i < G_N_ELEMENTS (rules); i++)
    deadline = MIN (deadline, rules[i].deadline (session));
  return deadline;
}

gboolean
rtmp_session_tick (RtmpSession *session, gint64 now_us, GError **error)
{
  session->now_us = now_us;
  for (guint i = 0; rtmp_session_is_open (session) && i < G_N_ELEMENTS (rules); i++)
    if (now_us >= rules[i].deadline (session))
      rtmp_session_fail_new (session, RTMP_ERROR_TIMEOUT, "%s", rules[i].words);
  if (rtmp_session_is_open (session) && now_us >= ping_deadline (session))
    rtmp_session_write_ping (session);
  if (session->error == NULL)
    return TRUE;
  g_propagate_error (error, g_error_copy (session->error));
  return FALSE;
}
