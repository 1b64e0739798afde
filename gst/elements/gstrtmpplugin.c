/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Plugin file `rtmp`: registers `rtmpsink`, an rtmpserversink under its short
 * name, and keeps librtmp's `rtmpsrc`. The registry takes the first file of a
 * base name that it finds and ignores the others, so this one shadows the
 * libgstrtmp.so of gst-plugins-bad: what that file registers besides rtmpsink has
 * to come from here.
 */
#include <gmodule.h>
#include <glib/gstdio.h>

#include "config.h"
#include "elements/gstrtmpserver.h"

#define FILE_NAME "libgstrtmp." G_MODULE_SUFFIX

typedef GstPluginDesc *(*GetDesc) (void);

/* The description of @path if it is another project's plugin `rtmp`. GModule and
 * not gst_plugin_load_file, which deadlocks inside of a plugin_init. */
static const GstPluginDesc *
open_shadowed (const gchar *path)
{
  GModule *module = g_module_open (path, G_MODULE_BIND_LAZY | G_MODULE_BIND_LOCAL);
  gpointer get_desc = NULL;
  const GstPluginDesc *desc;

  if (module == NULL)
    return NULL;
  if (!g_module_symbol (module, "gst_plugin_rtmp_get_desc", &get_desc) || get_desc == NULL) {
    g_module_close (module);
    return NULL;
  }
  /* its types and functions are used from now on; also ours, opened twice */
  g_module_make_resident (module);
  desc = ((GetDesc)get_desc) ();
  return g_strcmp0 (desc->source, PACKAGE) != 0 ? desc : NULL;
}

static const GstPluginDesc *
find_in_paths (const gchar *paths)
{
  g_auto (GStrv) list = g_strsplit (paths, G_SEARCHPATH_SEPARATOR_S, -1);
  const GstPluginDesc *desc = NULL;

  for (gchar **path = list; desc == NULL && *path != NULL; path++) {
    g_autofree gchar *file = g_build_filename (*path, FILE_NAME, NULL);

    if (**path != '\0' && g_file_test (file, G_FILE_TEST_IS_REGULAR))
      desc = open_shadowed (file);
  }
  return desc;
}

static const gchar *
get_env (const gchar *name, const gchar *versioned_name)
{
  const gchar *value = g_getenv (versioned_name);

  return value != NULL ? value : g_getenv (name);
}

/* In the order in which the registry scans. */
static const GstPluginDesc *
find_shadowed (void)
{
  const gchar *paths = get_env ("GST_PLUGIN_PATH", "GST_PLUGIN_PATH_1_0");
  const GstPluginDesc *desc = paths != NULL ? find_in_paths (paths) : NULL;
  g_autofree gchar *home = NULL;

  if (desc != NULL)
    return desc;
  paths = get_env ("GST_PLUGIN_SYSTEM_PATH", "GST_PLUGIN_SYSTEM_PATH_1_0");
  if (paths != NULL)
    return find_in_paths (paths);
  home = g_build_filename (g_get_user_data_dir (), "gstreamer-1.0", "plugins", NULL);
  desc = find_in_paths (home);
  return desc != NULL ? desc : find_in_paths (GST_PLUGINS_DIR);
}

/* Full transfer; NULL: @plugin has registered none. */
static GstPluginFeature *
get_sink (GstPlugin *plugin)
{
  GstPluginFeature *sink = gst_registry_lookup_feature (gst_registry_get (), "rtmpsink");
  g_autoptr (GstPlugin) owner = sink != NULL ? gst_plugin_feature_get_plugin (sink) : NULL;

  if (owner != plugin)
    g_clear_pointer (&sink, gst_object_unref);
  return sink;
}

/* Its rtmpsink has to go before ours is registered: over it, only the GType would
 * change, not rank, templates and URI protocols. Not so when our own comes from the
 * registry's cache: then the GType is all that is missing, and gst_parse_launch
 * (1.22) goes on to use that very object without holding a reference. */
static void
keep_shadowed (GstPlugin *plugin)
{
  const GstPluginDesc *desc = find_shadowed ();
  g_autoptr (GstPluginFeature) cached = get_sink (plugin);
  g_autoptr (GstPluginFeature) sink = NULL;

  if (desc == NULL || !desc->plugin_init (plugin) || cached != NULL)
    return;
  sink = get_sink (plugin);
  if (sink != NULL)
    gst_registry_remove_feature (gst_registry_get (), sink);
}

static gboolean
plugin_init (GstPlugin *plugin)
{
  /* gst-plugins-bad comes, goes or is updated: this file is to be scanned again */
  gst_plugin_add_dependency_simple (plugin,
      "GST_PLUGIN_PATH:GST_PLUGIN_PATH_1_0:GST_PLUGIN_SYSTEM_PATH:GST_PLUGIN_SYSTEM_PATH_1_0",
      GST_PLUGINS_DIR, FILE_NAME, GST_PLUGIN_DEPENDENCY_FLAG_NONE);
  keep_shadowed (plugin);
  return gst_element_register_rtmpsink (plugin);
}

GST_PLUGIN_DEFINE (GST_VERSION_MAJOR, GST_VERSION_MINOR, rtmp,
    "rtmpsink that serves players and pushes; librtmp's rtmpsrc where it is installed",
    plugin_init, VERSION, GST_LICENSE, GST_PACKAGE_NAME, GST_PACKAGE_ORIGIN)
