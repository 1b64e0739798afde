/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The elements of libgstrtmpserver-1.0, for the plugin files that register them.
 */
#pragma once

#include "elements/gstrtmpserver-export.h"

G_BEGIN_DECLS

GST_RTMP_SERVER_API gboolean gst_element_register_rtmpserversrc (GstPlugin *plugin);
GST_RTMP_SERVER_API gboolean gst_element_register_rtmpserversink (GstPlugin *plugin);
GST_RTMP_SERVER_API gboolean gst_element_register_rtmpsink (GstPlugin *plugin);

G_END_DECLS
