/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Fuzz target: the input is what a peer sends behind the handshake, to a server
 * session that waits for connect, that is connected, that publishes and that
 * plays, and to both kinds of client.
 */
#include "fuzz.h"
#include "session-rig.h"

typedef void (*SetupFunc) (SessionRig *rig);

static void
start_client (SessionRig *rig)
{
  session_rig_handshake (rig);
  session_rig_command (rig, 0, "_result", 1, "null,{code:\"NetConnection.Connect.Success\"}");
  session_rig_command (rig, 0, "_result", rig->role == RTMP_SESSION_PLAYER ? 2 : 4, "null,1");
  session_rig_command (rig, 1, "onStatus", 0,
      rig->role == RTMP_SESSION_PLAYER ? "null,{code:\"NetStream.Play.Start\"}"
                                       : "null,{code:\"NetStream.Publish.Start\"}");
}

static gchar *
say (RtmpSessionRole role, SetupFunc setup, const guint8 *data, gsize size, gsize split)
{
  g_autoptr (SessionRig) rig = session_rig_new (role, NULL);

  setup (rig);
  session_rig_forget (rig);
  rig->split = split;
  session_rig_feed (rig, data, size);
  session_rig_check (rig);
  session_rig_eof (rig);
  return session_rig_log_without_acks (rig);
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  static const struct
  {
    RtmpSessionRole role;
    SetupFunc setup;
  } cases[] = {
    { RTMP_SESSION_SERVER, session_rig_handshake },
    { RTMP_SESSION_SERVER, session_rig_connect },
    { RTMP_SESSION_SERVER, session_rig_publish },
    { RTMP_SESSION_SERVER, session_rig_play },
    { RTMP_SESSION_PUBLISHER, session_rig_handshake },
    { RTMP_SESSION_PLAYER, start_client },
    { RTMP_SESSION_PUBLISHER, start_client },
  };
  gsize split = 1 + fuzz_hash (data, size) % 40;

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree gchar *whole = say (cases[i].role, cases[i].setup, data, size, 0);
    g_autofree gchar *parts = say (cases[i].role, cases[i].setup, data, size, split);

    g_assert_cmpstr (whole, ==, parts);
  }
  return 0;
}
