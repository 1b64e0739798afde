/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Plugin file `rtmpserver`. The elements live in libgstrtmpserver-1.0, so that a
 * process has one server table and one set of GTypes whatever loads them.
 */
#include "config.h"
#include "elements/gstrtmpserver.h"

static gboolean
plugin_init (GstPlugin *plugin)
{
  return gst_element_register_rtmpserversrc (plugin) &&
         gst_element_register_rtmpserversink (plugin);
}

GST_PLUGIN_DEFINE (GST_VERSION_MAJOR, GST_VERSION_MINOR, rtmpserver,
    "RTMP server elements: take publishers and serve players", plugin_init, VERSION,
    GST_LICENSE, GST_PACKAGE_NAME, GST_PACKAGE_ORIGIN)
