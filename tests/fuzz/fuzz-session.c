/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Fuzz target: a whole session of any role. The input is a list of actions of
 * the peer (bytes, messages, commands, control), of the holder (answers, ends)
 * and of the clock; two runs at different split sizes must say the same.
 */
#include "fuzz.h"
#include "session-rig.h"

typedef struct _Run
{
  SessionRig *rig;
  RtmpCursor input;
} Run;

static guint8
next (Run *run)
{
  guint8 byte = 0;

  rtmp_cursor_u8 (&run->input, &byte);
  return byte;
}

static const guint8 *
next_bytes (Run *run, gsize *size)
{
  gsize wanted = next (run);

  if (wanted > 200)
    wanted = (wanted - 200) * 100;
  *size = MIN (wanted, run->input.left);
  return rtmp_cursor_take (&run->input, *size);
}

/* Peer */

static void
do_bytes (Run *run)
{
  gsize size;
  const guint8 *data = next_bytes (run, &size);

  session_rig_feed (run->rig, data, size);
}

static void
do_message (Run *run)
{
  static const guint8 types[] = { 8, 9, 18, 20, 15, 17, 22, 4 };
  guint8 type = next (run);
  guint8 msid = next (run);
  guint32 timestamp = next (run) << 16;
  gsize size;
  const guint8 *data = next_bytes (run, &size);
  RtmpMessage *message = rtmp_message_new_copy (
      type < 128 ? types[type % 8] : type, timestamp, msid % 4, data, size);

  message->csid = 3 + (msid >> 4) % 4;
  session_rig_send (run->rig, message);
}

/* A name from the list; arguments: null, then values by the next bytes. */
static void
append_values (Run *run, GString *values)
{
  static const gchar *const texts[] = { "null", "true", "false", "0", "1", "2", "-1", "0.5",
    "-2000", "\"key\"", "\"a/b?c=d\"", "\"\"", "\"..\"",
    "{app:\"live\",tcUrl:\"rtmp://h/live\"}",
    "{level:\"error\",code:\"NetStream.Publish.BadName\"}",
    "{level:\"status\",code:\"NetStream.Publish.Start\"}",
    "{level:\"status\",code:\"NetStream.Play.Start\",ex:{redirect:\"x\"}}",
    "{streamName:\"key\"}", "e{width:1}", "[1,2]", "nan", "1e308", "undefined",
    "\"onMetaData\"" };

  for (guint n = next (run) % 5; n > 0; n--)
    g_string_append_printf (values, "%s,", texts[next (run) % G_N_ELEMENTS (texts)]);
}

static void
do_command (Run *run)
{
  static const gchar *const names[] = { "connect", "createStream", "publish", "play", "play2",
    "deleteStream", "closeStream", "releaseStream", "FCPublish", "FCUnpublish", "FCSubscribe",
    "pause", "seek", "receiveAudio", "receiveVideo", "getStreamLength", "_checkbw", "_result",
    "_error", "onStatus", "onBWDone", "ping", "close", "what", "" };
  const gchar *name = names[next (run) % G_N_ELEMENTS (names)];
  guint8 transaction = next (run) % 10;
  guint8 msid = next (run) % 4;
  g_autoptr (GString) values = g_string_new (NULL);

  append_values (run, values);
  session_rig_command (run->rig, msid, name, transaction, values->str);
}

static void
do_data (Run *run)
{
  static const gchar *const names[] = { "@setDataFrame", "@clearDataFrame", "onMetaData",
    "onTextData", "onPlayStatus", "|RtmpSampleAccess", "onStatus", "" };
  const gchar *name = names[next (run) % G_N_ELEMENTS (names)];
  guint8 msid = next (run) % 4;
  g_autoptr (GString) values = g_string_new (NULL);

  append_values (run, values);
  session_rig_data (run->rig, msid, name, values->str);
}

static void
do_control (Run *run)
{
  guint8 kind = next (run);
  guint32 value = (guint32)next (run) << (kind >> 3);
  guint8 limit = next (run) % 4;
  RtmpMessage *message;

  if (kind % 8 == 6)
    message = rtmp_control_new_peer_bandwidth (value, limit);
  else if (kind % 8 == 4)
    message = rtmp_control_new_event (value % 40, limit);
  else
    message = rtmp_control_new (1 + kind % 6, value);
  session_rig_send (run->rig, message);
}

static void
do_eof (Run *run)
{
  if (next (run) % 8 == 0)
    session_rig_eof (run->rig);
}

/* Holder */

static void
do_answer (Run *run)
{
  RtmpSession *session = run->rig->session;
  guint8 what = next (run);
  guint32 request = next (run) % 8;

  if (what % 4 == 0)
    rtmp_session_refuse (
        session, request, (what >> 2) % (RTMP_REFUSE_TIMEOUT + 1), NULL, run->rig->now_us);
  else
    rtmp_session_accept (session, request, run->rig->now_us);
}

static void
do_hold (Run *run)
{
  guint8 what = next (run);

  run->rig->hold = what & 1;
  run->rig->mute = what & 2;
  rtmp_session_set_held (run->rig->session, what & 4, run->rig->now_us);
}

static void
do_stream (Run *run)
{
  RtmpSession *session = run->rig->session;
  guint8 what = next (run);
  guint32 msid = next (run) % 4;

  switch (what % 16) {
    case 0:
      rtmp_session_kick (session, msid, RTMP_REFUSE_BAD_NAME, NULL);
      break;
    case 1:
      rtmp_session_finish (session);
      break;
    case 2:
    case 3:
      rtmp_session_play_eof (session, msid);
      break;
    case 4:
      rtmp_session_status (session, msid, "warning", "NetStream.Play.InsufficientBW", NULL);
      break;
    default:
      rtmp_session_play_notify (session, msid);
      break;
  }
}

static void
do_wait (Run *run)
{
  static const gint64 units[] = { 1, 1000, 100000, 1000000 };
  guint8 what = next (run);

  session_rig_wait (run->rig, (what >> 2) * units[what % 4]);
}

static void (*const actions[]) (Run *run) = { do_bytes, do_message, do_command, do_command,
  do_data, do_control, do_answer, do_hold, do_stream, do_wait, do_eof };

static void
begin (Run *run)
{
  guint8 how = next (run);
  RtmpLimits limits = *rtmp_limits_default ();

  if (how & 0x40) {
    limits.max_session_output = 2000;
    limits.max_message_streams = 2;
    limits.max_commands_burst = 10;
    limits.max_command_size = 300;
    limits.max_tracks = 1;
  }
  run->rig = session_rig_new (how % 3, &limits);
  if (how & 0x80)
    return;
  session_rig_handshake (run->rig);
  if (how % 3 == RTMP_SESSION_SERVER && how & 0x20)
    session_rig_command (run->rig, 0, "connect", 1, "{app:\"live\"}");
}

static gchar *
say (const guint8 *data, gsize size, gsize split)
{
  Run run = { .input = rtmp_cursor (data, size) };
  gchar *log;

  begin (&run);
  run.rig->split = split;
  while (run.input.left > 0) {
    actions[next (&run) % G_N_ELEMENTS (actions)](&run);
    session_rig_drain (run.rig);
    session_rig_check (run.rig);
  }
  log = session_rig_log_without_acks (run.rig);
  session_rig_free (run.rig);
  return log;
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  g_autofree gchar *whole = say (data, size, 0);
  g_autofree gchar *split = say (data, size, 1 + fuzz_hash (data, size) % 40);

  g_assert_cmpstr (whole, ==, split);
  return 0;
}
