/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Protocol control and user control of a session: acknowledgements, windows,
 * peer bandwidth, pings. Source: RTMP 1.0 sections 5.4 and 7.1.7.
 */
#include "rtmp-session-private.h"

static guint32
clamp_window (const RtmpSession *session, guint32 window)
{
  return CLAMP (window, session->limits->min_ack_window, session->limits->max_ack_window);
}

void
rtmp_session_write_window (RtmpSession *session, guint32 window)
{
  session->window_sent = window;
  rtmp_session_write (session, rtmp_control_new (RTMP_TYPE_WINDOW_ACK_SIZE, window));
}

/* Twice a window, as SRS does: senders that count strictly (FMLE) stop when a
 * whole window is open. The number is the running count modulo 2^32. */
void
rtmp_session_acknowledge (RtmpSession *session)
{
  if (session->in_bytes - session->in_acked < session->in_window / 2)
    return;
  session->in_acked = session->in_bytes;
  rtmp_session_write (
      session, rtmp_control_new (RTMP_TYPE_ACK, (guint32)(session->in_bytes & 0xffffffffu)));
}

/* Set Peer Bandwidth: hard sets the limit, soft only lowers it, dynamic is hard
 * after a hard one (or as the first), else nothing. Answered when it changes our
 * window; a peer that keeps changing its mind gets no more answers. */
static void
on_peer_bandwidth (RtmpSession *session, const RtmpControl *control)
{
  guint32 window = clamp_window (session, control->value);
  gboolean first = !session->has_bandwidth;

  if (control->limit_type == 1 && !first)
    window = MIN (window, session->window_sent);
  else if (control->limit_type == 2 && !first && session->bandwidth_type != 0)
    return;
  if (control->limit_type != 2 || first)
    session->bandwidth_type = control->limit_type == 2 ? 0 : control->limit_type;
  session->has_bandwidth = TRUE;
  if (window == session->window_sent ||
      session->bandwidth_replies >= session->limits->max_peer_bandwidth_replies)
    return;
  session->bandwidth_replies++;
  rtmp_session_write_window (session, window);
}

void
rtmp_session_write_ping (RtmpSession *session)
{
  session->ping_us = session->now_us;
  session->ping_value = (guint32)((session->now_us / 1000) & 0xffffffffu);
  session->ping_waiting = TRUE;
  rtmp_session_write (
      session, rtmp_control_new_event (RTMP_CONTROL_PING_REQUEST, session->ping_value));
}

static void
on_ping_request (RtmpSession *session, guint32 value)
{
  if (rtmp_rate_take (&session->pings, 1, session->limits->max_pings_per_s, session->now_us))
    rtmp_session_write (session, rtmp_control_new_event (RTMP_CONTROL_PING_RESPONSE, value));
}

static void
on_ping_response (RtmpSession *session, guint32 value)
{
  if (!session->ping_waiting || value != session->ping_value)
    return;
  session->ping_waiting = FALSE;
  session->rtt_us = session->now_us - session->ping_us;
}

static void
on_user_control (RtmpSession *session, const RtmpControl *control)
{
  switch (control->event) {
    case RTMP_CONTROL_PING_REQUEST:
      on_ping_request (session, control->event_data);
      break;
    case RTMP_CONTROL_PING_RESPONSE:
      on_ping_response (session, control->event_data);
      break;
    case RTMP_CONTROL_STREAM_EOF:
      if (session->role == RTMP_SESSION_PLAYER)
        rtmp_session_client_stream_eof (session, control->event_data);
      break;
    default:
      break;
  }
}

/* Acknowledgements are not counted: their number grows with what we send. */
static gboolean
take_control (RtmpSession *session, const RtmpControl *control)
{
  if (control->type == RTMP_TYPE_ACK ||
      rtmp_rate_take (
          &session->controls, 1, session->limits->max_controls_per_s, session->now_us))
    return TRUE;
  rtmp_session_fail_new (session, RTMP_ERROR_LIMIT, "more than %u control messages a second",
      session->limits->max_controls_per_s);
  return FALSE;
}

void
rtmp_session_on_control (RtmpSession *session, const RtmpMessage *message)
{
  RtmpControl control;

  if (!rtmp_control_parse (message, &control) || !take_control (session, &control))
    return;
  switch (control.type) {
    case RTMP_TYPE_ACK:
      session->out_acked = control.value;
      break;
    case RTMP_TYPE_WINDOW_ACK_SIZE:
      session->in_window = clamp_window (session, control.value);
      break;
    case RTMP_TYPE_SET_PEER_BANDWIDTH:
      on_peer_bandwidth (session, &control);
      break;
    case RTMP_TYPE_USER_CONTROL:
      on_user_control (session, &control);
      break;
    default:
      break;
  }
}
