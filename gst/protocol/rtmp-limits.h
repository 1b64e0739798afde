/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Every maximum in the project: what one peer may cost us, in one struct.
 * Values are defaults; tests set them low and check at -1, 0 and +1.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Sizes are bytes, _ms milliseconds. A value equal to the maximum is allowed. */
typedef struct _RtmpLimits
{
  /* message length announced in a chunk header, by kind */
  guint32 max_video_size;
  guint32 max_audio_size;
  guint32 max_data_size;
  guint32 max_command_size;
  guint32 max_control_size;
  /* sum of all half-received bodies of one connection */
  guint32 max_partial_bytes;
  guint max_chunk_streams;
  guint max_message_streams;
  /* bytes taken before connect was accepted */
  guint32 max_preconnect_bytes;
  /* chunks of less than 16 payload bytes that continue a message, per second */
  guint max_small_chunks_per_s;
  /* messages in one aggregate */
  guint max_aggregate_messages;

  guint amf_max_depth;
  guint amf_max_values;
  guint amf_max_properties;
  guint amf_max_key_size;
  guint32 amf_max_string_size;
  /* sum of the decoded tree's own memory */
  guint32 amf_max_total;
  /* entries of each AMF3 reference table */
  guint amf_max_references;

  guint max_name_size;
  guint max_query_size;

  /* authentication as server: open challenges, how long each counts, longest value */
  guint max_auth_challenges;
  guint auth_challenge_ms;
  guint max_auth_value_size;

  guint max_commands_per_s;
  guint max_commands_burst;
  guint max_controls_per_s;
  guint max_pings_per_s;
  guint max_peer_bandwidth_replies;
  guint32 min_ack_window;
  guint32 max_ack_window;
  /* answers of the session that the peer does not read */
  guint32 max_session_output;

  guint handshake_timeout_ms;
  guint connect_timeout_ms;
  guint request_timeout_ms; /* connected, neither publish nor play */
  guint answer_timeout_ms;  /* our own application's answer to a request */
  guint idle_timeout_ms;    /* publisher that sends no byte */
  guint ping_interval_ms;   /* silence after which we ping; 0 = half of idle */
  guint write_stall_ms;
  guint partial_timeout_ms; /* a message that stays incomplete */

  guint max_tracks; /* per medium */
  guint32 max_config_size;
  guint max_modex;
  guint32 max_metadata_size; /* stored for late joiners */
  guint max_metadata_per_s;
  guint max_header_changes_per_s;

  /* server */
  guint max_connections; /* 0 = as descriptors allow */
  guint max_connections_per_address;
  guint max_handshakes_per_address;
  guint max_held_plays;   /* players waiting on a key with nothing on it, per key */
  guint max_streams;      /* distinct (application, key) per server */
  guint max_queued_posts; /* messages of one stream that wait for one loop to come round */

  /* feed: what one (loop, stream) ring keeps */
  guint feed_max_messages;
  guint32 feed_max_bytes;
  guint feed_max_ms;
  /* player: drop to the newest keyframe over soft, disconnect over hard */
  guint player_soft_ms;
  guint player_hard_ms;
  guint32 player_soft_bytes;
  guint32 player_hard_bytes;
  guint player_grace_ms;

  /* one turn of one peer */
  guint32 read_budget;
  guint32 write_budget;
} RtmpLimits;

/* The defaults of docs/architecture.md "Limits"; static storage. */
const RtmpLimits *rtmp_limits_default (void);

G_END_DECLS
