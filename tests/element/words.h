/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Messages in one word each, for logs that tests compare:
 *
 *   m0 vh0 ah0    metadata, headers of video and audio, timestamp 0
 *   v40+80#7!     video at 40 ms, composition offset 80, last byte 7, a keyframe
 *   a23#3, d40    audio; data message
 */
#pragma once

#include "protocol/rtmp-message.h"

G_BEGIN_DECLS

void words_add (GString *log, RtmpMessage *message);
guint8 words_last_byte (RtmpMessage *message);

G_END_DECLS
