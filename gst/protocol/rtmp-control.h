/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Protocol control (types 1, 2, 3, 5, 6) and user control (type 4) messages:
 * parse and build. Source: RTMP 1.0 sections 5.4 and 7.1.7. Pure functions.
 */
#pragma once

#include "rtmp-message.h"

G_BEGIN_DECLS

typedef struct _RtmpControl
{
  RtmpType type;
  guint32 value;       /* size, csid, sequence number, window */
  guint8 limit_type;   /* of Set Peer Bandwidth: 0 hard, 1 soft, 2 dynamic */
  guint16 event;       /* of user control: RtmpControlEvent */
  guint32 event_data;  /* msid or timestamp, 0 if there is none */
  guint32 event_data2; /* buffer length in ms */
} RtmpControl;

/* FALSE: shorter than needed, or not a control type: ignore the message. A tail is ignored. */
gboolean rtmp_control_parse (const RtmpMessage *message, RtmpControl *control);

/* New messages on csid 2, msid 0, timestamp 0; unsealed. */
RtmpMessage *rtmp_control_new (RtmpType type, guint32 value);
RtmpMessage *rtmp_control_new_peer_bandwidth (guint32 size, guint8 limit_type);
RtmpMessage *rtmp_control_new_event (RtmpControlEvent event, guint32 data);
RtmpMessage *rtmp_control_new_buffer_length (guint32 msid, guint32 ms);

G_END_DECLS
