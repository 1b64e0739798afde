/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Golden cases of the session engine (session-*.md): `input` is one action a
 * line, `log` what must come of it (session-rig.h). Every case runs at every
 * split size of what the peer sends.
 *
 * Peer: handshake; call MSID NAME T VALUES; call3 (type 17); data MSID NAME
 * VALUES; data3 (type 15); audio|video|aggregate MSID TIME HEX; message TYPE MSID
 * TIME HEX; chunk-size N; window N; bandwidth N LIMIT; ack N; event NUMBER DATA;
 * hex BYTES; eof.
 * Shorthands, not in the log: connected; created (stream 1); publishing, playing
 * (live/key on stream 1, request 2).
 * Holder: role NAME (first); hold (answer nothing by itself); accept N; refuse N
 * REASON; notify MSID; play-eof MSID; kick MSID REASON; finish; wait MS.
 */
#include "golden.h"
#include "session-rig.h"

#include <stdlib.h>

typedef struct _Run
{
  SessionRig *rig;
  GByteArray *bytes; /* of the peer, not fed yet */
  RtmpChunkWriter *writer;
  gsize longest;
  gsize split;
} Run;

static void
flush (Run *run)
{
  run->longest = MAX (run->longest, run->bytes->len);
  run->rig->split = run->split;
  session_rig_feed (run->rig, run->bytes->data, run->bytes->len);
  g_byte_array_set_size (run->bytes, 0);
}

/* Peer */

static void
write_message (Run *run, guint8 type, guint32 csid, guint32 msid, guint32 timestamp,
    const guint8 *data, gsize size)
{
  g_autoptr (RtmpMessage) message = rtmp_message_new_copy (type, timestamp, msid, data, size);

  message->csid = csid;
  rtmp_chunk_writer_write (run->writer, message, run->bytes);
}

static void
write_control (Run *run, RtmpMessage *message)
{
  rtmp_chunk_writer_write (run->writer, message, run->bytes);
  rtmp_message_unref (message);
}

static void
append_values (GByteArray *body, const gchar *text)
{
  g_autoptr (GPtrArray) values = test_amf_values (text);

  for (guint i = 0; i < values->len; i++)
    rtmp_amf0_build (g_ptr_array_index (values, i), body);
}

static void
append_name (GByteArray *body, const gchar *name)
{
  g_autofree gchar *quoted = g_strdup_printf ("\"%s\"", name);

  append_values (body, quoted);
}

/* call MSID NAME T VALUES */
static void
do_call (Run *run, const gchar *word, gchar **args)
{
  g_autoptr (GByteArray) body = g_byte_array_new ();
  gboolean amf3 = g_str_equal (word, "call3");
  guint8 selector = 0;

  if (amf3)
    g_byte_array_append (body, &selector, 1);
  append_name (body, args[1]);
  append_values (body, args[2]);
  append_values (body, args[3]);
  write_message (run, amf3 ? RTMP_TYPE_COMMAND_AMF3 : RTMP_TYPE_COMMAND, 3, atoi (args[0]), 0,
      body->data, body->len);
}

/* data MSID NAME VALUES */
static void
do_data (Run *run, const gchar *word, gchar **args)
{
  g_autoptr (GByteArray) body = g_byte_array_new ();
  gboolean amf3 = g_str_equal (word, "data3");
  guint8 selector = 0;

  if (amf3)
    g_byte_array_append (body, &selector, 1);
  append_name (body, args[1]);
  append_values (body, args[2]);
  write_message (run, amf3 ? RTMP_TYPE_DATA_AMF3 : RTMP_TYPE_DATA, 4, atoi (args[0]), 0,
      body->data, body->len);
}

/* video MSID TIME HEX */
static void
do_media (Run *run, const gchar *word, gchar **args)
{
  g_autoptr (GByteArray) body = test_hex (args[2] != NULL ? args[2] : "");
  guint8 type = g_str_equal (word, "audio")   ? RTMP_TYPE_AUDIO
                : g_str_equal (word, "video") ? RTMP_TYPE_VIDEO
                                              : RTMP_TYPE_AGGREGATE;

  write_message (run, type, 4, atoi (args[0]), atoi (args[1]), body->data, body->len);
}

/* message TYPE MSID TIME HEX */
static void
do_message (Run *run, const gchar *word, gchar **args)
{
  g_autoptr (GByteArray) body = test_hex (args[3] != NULL ? args[3] : "");

  write_message (run, atoi (args[0]), 5, atoi (args[1]), atoi (args[2]), body->data, body->len);
}

static void
do_control (Run *run, const gchar *word, gchar **args)
{
  guint32 value = strtoul (args[0], NULL, 10);

  if (g_str_equal (word, "chunk-size"))
    rtmp_chunk_writer_set_chunk_size (run->writer, value, run->bytes);
  else if (g_str_equal (word, "window"))
    write_control (run, rtmp_control_new (RTMP_TYPE_WINDOW_ACK_SIZE, value));
  else if (g_str_equal (word, "ack"))
    write_control (run, rtmp_control_new (RTMP_TYPE_ACK, value));
  else if (g_str_equal (word, "bandwidth"))
    write_control (run, rtmp_control_new_peer_bandwidth (value, atoi (args[1])));
  else
    write_control (run, rtmp_control_new_event (value, strtoul (args[1], NULL, 10)));
}

static void
do_hex (Run *run, const gchar *word, gchar **args)
{
  g_autofree gchar *text = g_strjoinv (" ", args);
  g_autoptr (GByteArray) bytes = test_hex (text);

  g_byte_array_append (run->bytes, bytes->data, bytes->len);
}

/* Holder */

static RtmpRefusal
read_reason (const gchar *text)
{
  static const gchar *const names[] = { "bad-name", "not-found", "denied", "limit",
    "unsupported", "invalid-app", "timeout" };

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    if (g_str_equal (names[i], text))
      return i;
  g_error ("no such reason: %s", text);
}

static void
do_handshake (Run *run, const gchar *word, gchar **args)
{
  run->rig->split = 0;
  session_rig_handshake (run->rig);
}

static void
do_setup (Run *run, const gchar *word, gchar **args)
{
  run->rig->split = 0;
  if (g_str_equal (word, "connected"))
    session_rig_connect (run->rig);
  else if (g_str_equal (word, "created"))
    session_rig_create (run->rig);
  else if (g_str_equal (word, "publishing"))
    session_rig_publish (run->rig);
  else
    session_rig_play (run->rig);
}

static void
do_hold (Run *run, const gchar *word, gchar **args)
{
  run->rig->hold = TRUE;
}

static void
do_answer (Run *run, const gchar *word, gchar **args)
{
  SessionRig *rig = run->rig;
  guint32 request = atoi (args[0]);
  gboolean ok = g_str_equal (word, "accept")
                    ? rtmp_session_accept (rig->session, request, rig->now_us)
                    : rtmp_session_refuse (
                          rig->session, request, read_reason (args[1]), NULL, rig->now_us);

  if (!ok)
    g_string_append_printf (rig->log, "too late: %s %u\n", word, request);
}

static void
do_stream (Run *run, const gchar *word, gchar **args)
{
  RtmpSession *session = run->rig->session;

  if (g_str_equal (word, "notify"))
    rtmp_session_play_notify (session, atoi (args[0]));
  else if (g_str_equal (word, "play-eof"))
    rtmp_session_play_eof (session, atoi (args[0]));
  else
    rtmp_session_kick (session, atoi (args[0]), read_reason (args[1]), NULL);
}

static void
do_end (Run *run, const gchar *word, gchar **args)
{
  if (g_str_equal (word, "eof"))
    rtmp_session_input_eof (run->rig->session);
  else
    rtmp_session_finish (run->rig->session);
}

static void
do_wait (Run *run, const gchar *word, gchar **args)
{
  session_rig_wait (run->rig, atoi (args[0]) * G_GINT64_CONSTANT (1000));
}

static const struct
{
  const gchar *word;
  guint n_args; /* the last one takes the rest of the line */
  gboolean peer;
  void (*func) (Run *run, const gchar *word, gchar **args);
} actions[] = {
  { "call", 4, TRUE, do_call },
  { "call3", 4, TRUE, do_call },
  { "data", 3, TRUE, do_data },
  { "data3", 3, TRUE, do_data },
  { "audio", 3, TRUE, do_media },
  { "video", 3, TRUE, do_media },
  { "aggregate", 3, TRUE, do_media },
  { "message", 4, TRUE, do_message },
  { "chunk-size", 1, TRUE, do_control },
  { "window", 1, TRUE, do_control },
  { "ack", 1, TRUE, do_control },
  { "bandwidth", 2, TRUE, do_control },
  { "event", 2, TRUE, do_control },
  { "hex", 1, TRUE, do_hex },
  { "handshake", 0, FALSE, do_handshake },
  { "connected", 0, FALSE, do_setup },
  { "created", 0, FALSE, do_setup },
  { "publishing", 0, FALSE, do_setup },
  { "playing", 0, FALSE, do_setup },
  { "hold", 0, FALSE, do_hold },
  { "accept", 1, FALSE, do_answer },
  { "refuse", 2, FALSE, do_answer },
  { "notify", 1, FALSE, do_stream },
  { "play-eof", 1, FALSE, do_stream },
  { "kick", 2, FALSE, do_stream },
  { "eof", 0, FALSE, do_end },
  { "finish", 0, FALSE, do_end },
  { "wait", 1, FALSE, do_wait },
};

static void
run_line (Run *run, const gchar *line)
{
  g_auto (GStrv) words = g_strsplit (line, " ", 2);

  for (guint i = 0; i < G_N_ELEMENTS (actions); i++) {
    g_auto (GStrv) args = NULL;

    if (!g_str_equal (actions[i].word, words[0]))
      continue;
    if (!actions[i].peer)
      flush (run);
    args = g_strsplit (words[1] != NULL ? words[1] : "", " ", MAX (actions[i].n_args, 1));
    actions[i].func (run, words[0], args);
    if (!actions[i].peer)
      session_rig_drain (run->rig);
    return;
  }
  g_error ("no such action: %s", line);
}

static RtmpSessionRole
read_role (const gchar *text)
{
  if (g_str_equal (text, "role publisher"))
    return RTMP_SESSION_PUBLISHER;
  if (g_str_equal (text, "role player"))
    return RTMP_SESSION_PLAYER;
  return RTMP_SESSION_SERVER;
}

/* The log at one split size; @longest: the longest run of the peer's bytes. */
static gchar *
run_case (const gchar *input, gsize split, gsize *longest)
{
  g_auto (GStrv) lines = g_strsplit (input, "\n", -1);
  RtmpSessionRole role = read_role (lines[0]);
  Run run = { .split = split };
  gchar *log;

  run.rig = session_rig_new (role, NULL);
  run.bytes = g_byte_array_new ();
  run.writer = rtmp_chunk_writer_new (TRUE);
  for (guint i = role == RTMP_SESSION_SERVER ? 0 : 1; lines[i] != NULL; i++)
    if (lines[i][0] != '\0')
      run_line (&run, lines[i]);
  flush (&run);
  session_rig_drain (run.rig);
  if (rtmp_session_get_state (run.rig->session) == RTMP_STATE_CLOSING)
    g_string_append (run.rig->log, "closing\n");
  log = g_strdup (run.rig->log->str);
  *longest = run.longest;
  session_rig_free (run.rig);
  g_byte_array_unref (run.bytes);
  rtmp_chunk_writer_free (run.writer);
  return log;
}

static void
test_case (gconstpointer data)
{
  const GoldenCase *golden = data;
  gsize longest = 0;

  for (gsize split = 0; split <= longest; split++) {
    gsize ignored;
    g_autofree gchar *log = run_case (golden->input, split, split == 0 ? &longest : &ignored);

    if (g_str_equal (log, golden->log))
      continue;
    g_printerr ("# %s: split %" G_GSIZE_FORMAT "\n# expected:\n%s# found:\n%s", golden->name,
        split, golden->log, log);
    g_test_fail ();
    return;
  }
}

static void
add_file (GPtrArray *files, const gchar *name)
{
  g_autofree gchar *file = g_strdup_printf ("session-%s.md", name);
  GPtrArray *cases = golden_load (file);

  g_assert_cmpuint (cases->len, >, 0);
  for (guint i = 0; i < cases->len; i++) {
    const GoldenCase *golden = g_ptr_array_index (cases, i);
    g_autofree gchar *path = g_strdup_printf ("/golden/session/%s/%s", name, golden->name);

    g_test_add_data_func (path, golden, test_case);
  }
  g_ptr_array_add (files, cases);
}

int
main (int argc, char **argv)
{
  static const gchar *const names[] = { "publish", "play", "data", "refuse", "commands",
    "control", "client", "peers" };
  g_autoptr (GPtrArray) files =
      g_ptr_array_new_with_free_func ((GDestroyNotify)g_ptr_array_unref);

  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    add_file (files, names[i]);
  return g_test_run ();
}
