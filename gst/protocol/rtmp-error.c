/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rtmp-error.h"

G_DEFINE_QUARK (rtmp - error - quark, rtmp_error)
