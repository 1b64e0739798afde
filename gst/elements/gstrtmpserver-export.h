/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What libgstrtmpserver-1.0 shows to the plugin files; everything else is hidden.
 */
#pragma once

#include <gst/gst.h>

#define GST_RTMP_SERVER_API __attribute__ ((visibility ("default")))
