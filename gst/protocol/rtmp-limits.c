/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rtmp-limits.h"

#define KIB(n) ((n)*1024u)
#define MIB(n) ((n)*1024u * 1024u)

static const RtmpLimits defaults = {
  .max_video_size = MIB (4),
  .max_audio_size = KIB (512),
  .max_data_size = KIB (256),
  .max_command_size = KIB (64),
  .max_control_size = 64,
  .max_partial_bytes = MIB (8),
  .max_chunk_streams = 64,
  .max_message_streams = 8,
  .max_preconnect_bytes = KIB (256),
  .max_small_chunks_per_s = 20000,
  .max_aggregate_messages = 1024,

  .amf_max_depth = 32,
  .amf_max_values = 4096,
  .amf_max_properties = 1024,
  .amf_max_key_size = 256,
  .amf_max_string_size = KIB (64),
  .amf_max_total = MIB (1),
  .amf_max_references = 1024,

  .max_name_size = 256,
  .max_query_size = 1024,

  .max_auth_challenges = 1024,
  .auth_challenge_ms = 60000,
  .max_auth_value_size = 256,

  .max_commands_per_s = 50,
  .max_commands_burst = 100,
  .max_controls_per_s = 100,
  .max_pings_per_s = 10,
  .max_peer_bandwidth_replies = 8,
  .min_ack_window = KIB (32),
  .max_ack_window = MIB (16),
  .max_session_output = KIB (256),

  .handshake_timeout_ms = 5000,
  .connect_timeout_ms = 5000,
  .request_timeout_ms = 30000,
  .answer_timeout_ms = 5000,
  .idle_timeout_ms = 30000,
  .ping_interval_ms = 0,
  .write_stall_ms = 20000,
  .partial_timeout_ms = 30000,

  .max_tracks = 16,
  .max_config_size = KIB (64),
  .max_modex = 8,
  .max_metadata_size = KIB (64),
  .max_metadata_per_s = 4,
  .max_header_changes_per_s = 4,

  .max_connections = 0,
  .max_connections_per_address = 0,
  .max_handshakes_per_address = 64,
  .max_held_plays = 1000,
  .max_streams = 1024,
  .max_queued_posts = 65536,

  .feed_max_messages = 8192,
  .feed_max_bytes = MIB (32),
  .feed_max_ms = 12000,
  .player_soft_ms = 3000,
  .player_hard_ms = 10000,
  .player_soft_bytes = MIB (16),
  .player_hard_bytes = MIB (32),
  .player_grace_ms = 10000,

  .read_budget = KIB (256),
  .write_budget = KIB (1024),
};

const RtmpLimits *
rtmp_limits_default (void)
{
  return &defaults;
}
