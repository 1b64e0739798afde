/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Errors of the protocol layer. The code is the culprit class: who has to
 * change something for it to go away.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define RTMP_ERROR (rtmp_error_quark ())
GQuark rtmp_error_quark (void);

typedef enum
{
  RTMP_ERROR_PROTOCOL,    /* the peer broke the protocol */
  RTMP_ERROR_LIMIT,       /* the peer exceeded a limit of RtmpLimits */
  RTMP_ERROR_TIMEOUT,     /* the peer took too long */
  RTMP_ERROR_UNSUPPORTED, /* legal, but not something we do */
  RTMP_ERROR_REFUSED,     /* the peer refused us (client role) */
  RTMP_ERROR_CLOSED,      /* the peer ended the session */
  RTMP_ERROR_LOCAL,       /* our own side: configuration, resources */
} RtmpErrorCode;

G_END_DECLS
