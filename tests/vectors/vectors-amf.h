/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Compares AMF values with what the vectors expect of them.
 */
#pragma once

#include "protocol/rtmp-amf.h"
#include "vectors.h"

G_BEGIN_DECLS

/* Fails the test with the name of what differs. */
void vectors_assert_amf (const RtmpAmf *value, JsonObject *expected);

G_END_DECLS
