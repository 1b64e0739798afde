/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rtmp-error.h"

/* It would take the name for a difference. */
/* clang-format off */
G_DEFINE_QUARK (rtmp-error-quark, rtmp_error)
/* clang-format on */
