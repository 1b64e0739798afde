/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * element-page FACTORY SOURCE: the Markdown page of an element, out of the SECTION
 * comment of its source and of what the element itself says: pads, properties,
 * signals. Option `doc` builds the pages; a test compares those in docs/ with it.
 */
#include <gst/gst.h>
#include <string.h>

static gint
fail (const gchar *what)
{
  g_printerr ("element-page: %s\n", what);
  return 1;
}

/* gtk-doc's code blocks and references as Markdown's. */
static gchar *
to_markdown (const gchar *comment)
{
  static const gchar *const rules[][2] = {
    { "(?m)^ \\* ?", "" },
    { "(?m)^@.*\\n", "" },
    { "(?m)^\\|\\[$", "```sh" },
    { "(?m)^\\]\\| ?", "```\n\n" },
    { "#\\w+:([a-z-]+)", "`\\1`" },
    { "\\s+\\z", "" },
  };
  gchar *text = g_strdup (comment);

  for (guint i = 0; i < G_N_ELEMENTS (rules); i++) {
    g_autoptr (GRegex) regex = g_regex_new (rules[i][0], 0, 0, NULL);
    gchar *next = g_regex_replace (regex, text, -1, 0, rules[i][1], 0, NULL);

    g_free (text);
    text = next;
  }
  return text;
}

static gboolean
print_section (const gchar *path)
{
  g_autofree gchar *source = NULL;
  g_autofree gchar *text = NULL;
  gchar *start, *end;

  if (!g_file_get_contents (path, &source, NULL, NULL))
    return FALSE;
  start = strstr (source, " * SECTION:element-");
  end = start ? strstr (start, "\n */") : NULL;
  if (end == NULL)
    return FALSE;
  *end = '\0';
  text = to_markdown (strchr (start, '\n') + 1);
  g_print ("%s\n", g_strstrip (text));
  return TRUE;
}

static gint
compare_names (gconstpointer a, gconstpointer b)
{
  const GstStaticPadTemplate *const first = a, *const second = b;

  return strcmp (first->name_template, second->name_template);
}

static void
print_pads (GstElementFactory *factory)
{
  static const gchar *const presence[] = { "always", "sometimes", "on request" };

  g_autoptr (GList) templates = NULL;

  /* the registry's order changes when it is read from its cache */
  templates = g_list_copy ((GList *)gst_element_factory_get_static_pad_templates (factory));
  templates = g_list_sort (templates, compare_names);
  g_print ("\n## Pads\n\n| pad | direction | there | caps |\n|---|---|---|---|\n");
  for (const GList *item = templates; item; item = item->next) {
    GstStaticPadTemplate *template = item->data;
    g_autoptr (GstCaps) caps = gst_static_pad_template_get_caps (template);

    for (guint i = 0; i < gst_caps_get_size (caps); i++) {
      g_autofree gchar *text = gst_structure_to_string (gst_caps_get_structure (caps, i));

      g_strdelimit (text, ";", '\0');
      g_print ("| %s | %s | %s | `%s` |\n", i ? "" : template->name_template,
          i                                    ? ""
          : template->direction == GST_PAD_SRC ? "source"
                                               : "sink",
          i ? "" : presence[template->presence], text);
    }
  }
}

/* Numbers and words; what depends on the machine or the run is left out. */
static gchar *
describe_default (const GParamSpec *spec)
{
  const GValue *value = g_param_spec_get_default_value ((GParamSpec *)spec);

  if (!(spec->flags & G_PARAM_WRITABLE))
    return g_strdup ("read-only");
  if (G_IS_PARAM_SPEC_STRING (spec))
    return g_strdup (g_value_get_string (value) ? g_value_get_string (value) : "NULL");
  if (G_IS_PARAM_SPEC_ENUM (spec)) {
    GEnumClass *class = G_PARAM_SPEC_ENUM (spec)->enum_class;

    return g_strdup (g_enum_get_value (class, g_value_get_enum (value))->value_nick);
  }
  if (G_IS_PARAM_SPEC_BOXED (spec) || G_IS_PARAM_SPEC_OBJECT (spec))
    return g_strdup ("");
  return gst_value_serialize (value);
}

static gboolean
is_ours (GType type)
{
  return g_str_has_prefix (g_type_name (type), "GstRtmpServer");
}

static void
print_properties (GstElement *element)
{
  g_autofree GParamSpec **specs = NULL;
  guint n;

  specs = g_object_class_list_properties (G_OBJECT_GET_CLASS (element), &n);
  g_print ("\n## Properties\n\n| property | type | default | what |\n|---|---|---|---|\n");
  for (guint i = 0; i < n; i++) {
    g_autofree gchar *fallback = describe_default (specs[i]);

    if (is_ours (specs[i]->owner_type))
      g_print ("| `%s` | %s | %s | %s |\n", specs[i]->name, g_type_name (specs[i]->value_type),
          fallback, g_param_spec_get_blurb (specs[i]));
  }
}

static void
print_signals (GType type)
{
  g_autofree guint *ids = NULL;
  guint n = 0;

  ids = g_signal_list_ids (type, &n);
  g_print ("\n## Signals\n\n");
  for (guint i = 0; i < n; i++) {
    GSignalQuery query;

    g_signal_query (ids[i], &query);
    g_print ("* `%s` (", query.signal_name);
    for (guint k = 0; k < query.n_params; k++)
      g_print ("%s%s", k ? ", " : "", g_type_name (query.param_types[k]));
    g_print (") -> %s%s\n", g_type_name (query.return_type),
        query.signal_flags & G_SIGNAL_ACTION ? ", an action" : "");
  }
}

int
main (int argc, char **argv)
{
  g_autoptr (GstElementFactory) factory = NULL;
  g_autoptr (GstElement) element = NULL;

  gst_init (NULL, NULL);
  if (argc != 3)
    return fail ("usage: element-page FACTORY SOURCE");
  factory = gst_element_factory_find (argv[1]);
  element = factory ? gst_object_ref_sink (gst_element_factory_create (factory, NULL)) : NULL;
  if (element == NULL)
    return fail ("no such element; is GST_PLUGIN_PATH set?");

  g_print ("# %s\n\n%s.\n\n", argv[1],
      gst_element_factory_get_metadata (factory, GST_ELEMENT_METADATA_DESCRIPTION));
  if (!print_section (argv[2]))
    return fail ("no SECTION comment in the source");
  print_pads (factory);
  print_properties (element);
  print_signals (G_OBJECT_TYPE (element));
  return 0;
}
