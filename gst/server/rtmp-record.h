/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Recording of sessions for debugging: with GST_RTMP_SERVER_RECORD=folder every
 * connection's bytes go to folder/<id>-in.bin and <id>-out.bin, as rtmp-dump
 * reads them. A transport around the transport, so nobody else knows.
 *
 * Files are written by a thread of their own: a slow disk delays no peer. At most
 * RTMP_RECORD_MAX_FILE bytes a file and RTMP_RECORD_MAX_WAITING waiting in the
 * process; a file that goes over either ends there. Errors of the file system end
 * a file silently.
 */
#pragma once

#include "server/rtmp-transport.h"

G_BEGIN_DECLS

#define RTMP_RECORD_MAX_FILE (64 * 1024 * 1024)
#define RTMP_RECORD_MAX_WAITING (16 * 1024 * 1024)

/* Takes @transport, before it is attached; returns it, or what records it. */
RtmpTransport *rtmp_record_wrap (RtmpTransport *transport, guint64 id);

/* Waits until everything is in the files. Any thread but those of loops. */
void rtmp_record_finish (void);

G_END_DECLS
