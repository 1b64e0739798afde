/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * RtmpCommand: a command (types 20, 17) or data (18, 15) message as values.
 * Source: RTMP 1.0 section 7.1, 7.2. Owner: one, one thread.
 */
#pragma once

#include "rtmp-amf.h"
#include "rtmp-message.h"

G_BEGIN_DECLS

typedef struct _RtmpCommand
{
  gchar *name;         /* command or data handler name */
  gdouble transaction; /* 0 for data messages */
  GPtrArray *args;     /* of RtmpAmf; commands: args[0] is the command object */
} RtmpCommand;

/* NULL with RTMP_ERROR_PROTOCOL, _UNSUPPORTED or _LIMIT. A type 17/15 message may
 * or may not have its selector byte; arguments have no avmplus wrapper any more.
 * Values from the first on that cannot be decoded are dropped, what came before is
 * kept, as long as name and transaction were there; passing a limit is an error. A
 * transaction that is no 32-bit number reads as 0. */
RtmpCommand *rtmp_command_parse (
    const RtmpMessage *message, const RtmpLimits *limits, GError **error);
void rtmp_command_free (RtmpCommand *command);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (RtmpCommand, rtmp_command_free)

/* Argument @index (0 = command object) or NULL; borrowed. */
const RtmpAmf *rtmp_command_get (const RtmpCommand *command, guint index);

/* New type 20 message, unsealed: name, transaction, then the values up to a NULL
 * (each taken). */
RtmpMessage *rtmp_command_new (guint32 csid, guint32 msid, const gchar *name,
    gdouble transaction, ...) G_GNUC_NULL_TERMINATED;
/* New type 18 message: name, then the values up to a NULL (each taken). */
RtmpMessage *rtmp_data_new (
    guint32 msid, guint32 timestamp, const gchar *name, ...) G_GNUC_NULL_TERMINATED;
/* onStatus info object. @details may be NULL. */
RtmpAmf *rtmp_status_new (
    const gchar *level, const gchar *code, const gchar *description, const gchar *details);

G_END_DECLS
