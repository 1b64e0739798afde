/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "media/rtmp-metadata.h"
#include "media/rtmp-amf-value.h"
#include <string.h>

#define MAX_DIMENSION 16384
#define MAX_RATE 384000
#define MAX_CHANNELS 64

/* Become fields of their own; everything else goes to `other`. */
static const gchar *const known_names[] = { "duration", "filesize", "width", "height",
  "framerate", "videoframerate", "videocodecid", "audiocodecid", "videodatarate",
  "audiodatarate", "audiosamplerate", "audiosamplesize", "audiochannels", "stereo",
  "AspectRatioX", "AspectRatioY", "encoder", "metadatacreator", "creationdate", "creator",
  "title", "description", "artist", "copyright", "hasAudio", "hasVideo", "hasMetadata",
  "hasKeyframes", "canSeekToEnd", "audiodelay", "server", "major_brand", "minor_version",
  "compatible_brands", NULL };

const RtmpAmf *
rtmp_metadata_get_object (const RtmpCommand *command)
{
  const RtmpAmf *value = rtmp_command_get (command, 0);
  guint next = 0;

  if (strcmp (command->name, "@setDataFrame") == 0) {
    if (value == NULL || g_strcmp0 (rtmp_amf_to_text (value), "onMetaData") != 0)
      return NULL;
    next = 1;
  } else if (strcmp (command->name, "onMetaData") != 0) {
    return NULL;
  }
  value = rtmp_command_get (command, next);
  return value != NULL && rtmp_amf_is_object (value) ? value : NULL;
}

static gint
get_int (const RtmpAmf *object, const gchar *key, gint max)
{
  gdouble number = rtmp_amf_get_number (object, key, 0);

  return number >= 1 && number <= max ? (gint)number : 0;
}

static gdouble
get_framerate (const RtmpAmf *object)
{
  static const gchar *const keys[] = { "framerate", "videoframerate", "fps", "frameRate" };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (keys); i++) {
    gdouble number = rtmp_amf_get_number (object, keys[i], 0);

    if (number >= 1 && number <= 1000)
      return number;
  }
  return 0;
}

/* A codec id is a number or a string; 0 is none for video, and PCM for audio. */
static gboolean
announces_codec (const RtmpAmf *object, const gchar *key, gdouble none)
{
  const RtmpAmf *value = rtmp_amf_get (object, key);
  const gchar *text;

  if (value == NULL)
    return FALSE;
  text = rtmp_amf_to_text (value);
  if (text != NULL)
    return *text != '\0';
  return rtmp_amf_get_number (object, key, none) > none;
}

void
rtmp_metadata_get_hints (const RtmpAmf *object, RtmpMetadataHints *hints)
{
  memset (hints, 0, sizeof *hints);
  if (object == NULL)
    return;
  hints->width = get_int (object, "width", MAX_DIMENSION);
  hints->height = get_int (object, "height", MAX_DIMENSION);
  hints->framerate = get_framerate (object);
  hints->rate = get_int (object, "audiosamplerate", MAX_RATE);
  hints->channels = get_int (object, "audiochannels", MAX_CHANNELS);
  if (hints->channels == 0 && rtmp_amf_get (object, "stereo") != NULL)
    hints->channels = rtmp_amf_get_boolean (object, "stereo", FALSE) ? 2 : 1;
  hints->video = announces_codec (object, "videocodecid", 0) ||
                 rtmp_amf_get_boolean (object, "hasVideo", FALSE);
  hints->audio = announces_codec (object, "audiocodecid", -1) ||
                 rtmp_amf_get_boolean (object, "hasAudio", FALSE);
  hints->announces = hints->video || hints->audio;
}

/* tags */

static void
add_text_tag (GstTagList *tags, const RtmpAmf *object, const gchar *key, const gchar *tag)
{
  const gchar *text = rtmp_amf_get_string (object, key);
  gchar *valid;

  if (text == NULL || *text == '\0')
    return;
  valid = rtmp_text_make_valid (text);
  gst_tag_list_add (tags, GST_TAG_MERGE_KEEP, tag, valid, NULL);
  g_free (valid);
}

static void
add_bitrate_tag (GstTagList *tags, const RtmpAmf *object, const gchar *key)
{
  gdouble kbps = rtmp_amf_get_number (object, key, 0);

  if (kbps > 0 && kbps < G_MAXUINT / 1000)
    gst_tag_list_add (
        tags, GST_TAG_MERGE_KEEP, GST_TAG_NOMINAL_BITRATE, (guint)(kbps * 1000), NULL);
}

GstTagList *
rtmp_metadata_get_tags (const RtmpAmf *object, gboolean video)
{
  GstTagList *tags = gst_tag_list_new_empty ();

  gst_tag_list_set_scope (tags, GST_TAG_SCOPE_STREAM);
  if (object == NULL)
    return tags;
  add_bitrate_tag (tags, object, video ? "videodatarate" : "audiodatarate");
  add_text_tag (tags, object, "encoder", GST_TAG_ENCODER);
  add_text_tag (tags, object, "metadatacreator", GST_TAG_ENCODER);
  add_text_tag (tags, object, "title", GST_TAG_TITLE);
  add_text_tag (tags, object, "artist", GST_TAG_ARTIST);
  add_text_tag (tags, object, "creator", GST_TAG_ARTIST);
  add_text_tag (tags, object, "description", GST_TAG_DESCRIPTION);
  add_text_tag (tags, object, "copyright", GST_TAG_COPYRIGHT);
  return tags;
}

/* structures */

static GBytes *
build_bytes (const gchar *name, const RtmpAmf *const *values, guint n)
{
  GByteArray *out = g_byte_array_new ();
  guint i;

  if (name != NULL) {
    RtmpAmf *text = rtmp_amf_new_string (name);

    rtmp_amf0_build (text, out);
    rtmp_amf_free (text);
  }
  for (i = 0; i < n; i++)
    rtmp_amf0_build (values[i], out);
  return g_byte_array_free_to_bytes (out);
}

static void
take_bytes_field (GstStructure *structure, GBytes *bytes)
{
  gst_structure_set (structure, "amf", G_TYPE_BYTES, bytes, NULL);
  g_bytes_unref (bytes);
}

GstStructure *
rtmp_metadata_to_structure (const RtmpAmf *object)
{
  GstStructure *structure = gst_structure_new_empty (RTMP_METADATA_STRUCTURE);
  GValue other = G_VALUE_INIT;
  guint i;

  g_value_init (&other, GST_TYPE_ARRAY);
  for (i = 0; i < object->properties->len; i++) {
    const RtmpAmfProperty *property = &g_array_index (object->properties, RtmpAmfProperty, i);
    GValue value = G_VALUE_INIT;

    if (!g_strv_contains (known_names, property->key)) {
      rtmp_amf_append_pair (&other, property->key, property->value);
      continue;
    }
    rtmp_amf_to_value (property->value, &value);
    gst_structure_take_value (structure, property->key, &value);
  }
  if (gst_value_array_get_size (&other) > 0)
    gst_structure_take_value (structure, "other", &other);
  else
    g_value_unset (&other);
  take_bytes_field (structure, build_bytes (NULL, &object, 1));
  return structure;
}

GstStructure *
rtmp_data_to_structure (const RtmpCommand *command, GstClockTime timestamp)
{
  GstStructure *structure = gst_structure_new_empty (RTMP_DATA_STRUCTURE);
  gchar *name = rtmp_text_make_valid (command->name);
  GValue arguments = G_VALUE_INIT;
  guint i;

  g_value_init (&arguments, GST_TYPE_ARRAY);
  for (i = 0; i < command->args->len; i++)
    rtmp_amf_append_item (&arguments, g_ptr_array_index (command->args, i));
  gst_structure_set (
      structure, "name", G_TYPE_STRING, name, "timestamp", G_TYPE_UINT64, timestamp, NULL);
  gst_structure_take_value (structure, "arguments", &arguments);
  take_bytes_field (
      structure, build_bytes (command->name, (const RtmpAmf *const *)command->args->pdata,
                     command->args->len));
  g_free (name);
  return structure;
}

/* Borrowed from @structure; NULL if there is no such field. */
static GBytes *
peek_bytes_field (const GstStructure *structure)
{
  const GValue *value = gst_structure_get_value (structure, "amf");

  return value != NULL && G_VALUE_HOLDS (value, G_TYPE_BYTES) ? g_value_get_boxed (value)
                                                              : NULL;
}

static gboolean
set_field (GQuark id, const GValue *value, gpointer data)
{
  const gchar *name = g_quark_to_string (id);
  RtmpAmf *object = data;

  if (strcmp (name, "amf") == 0)
    return TRUE;
  if (strcmp (name, "other") == 0 && GST_VALUE_HOLDS_ARRAY (value))
    rtmp_amf_set_pairs (object, value);
  else
    rtmp_amf_set (object, name, rtmp_amf_from_value (value));
  return TRUE;
}

RtmpAmf *
rtmp_metadata_from_structure (const GstStructure *structure, const RtmpLimits *limits)
{
  RtmpAmf *object = NULL;
  GBytes *bytes;

  if (!gst_structure_has_name (structure, RTMP_METADATA_STRUCTURE))
    return NULL;
  bytes = peek_bytes_field (structure);
  if (bytes != NULL) {
    RtmpCursor cursor = rtmp_cursor (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes));
    RtmpAmfBudget budget = { .limits = limits };

    object = rtmp_amf0_parse (&cursor, &budget, NULL);
    if (object != NULL && !rtmp_amf_is_object (object))
      g_clear_pointer (&object, rtmp_amf_free);
  }
  if (object == NULL) {
    object = rtmp_amf_new_ecma_array ();
    gst_structure_foreach (structure, set_field, object);
  }
  return object;
}

static GBytes *
build_data_body (const GstStructure *structure)
{
  const GValue *arguments = gst_structure_get_value (structure, "arguments");
  const gchar *name = gst_structure_get_string (structure, "name");
  g_autoptr (RtmpAmf) list = NULL;

  if (name == NULL)
    return NULL;
  if (arguments != NULL && GST_VALUE_HOLDS_ARRAY (arguments))
    list = rtmp_amf_from_value (arguments);
  if (list == NULL || list->items == NULL)
    return build_bytes (name, NULL, 0);
  return build_bytes (name, (const RtmpAmf *const *)list->items->pdata, list->items->len);
}

RtmpMessage *
rtmp_data_message_from_structure (const GstStructure *structure, guint32 timestamp)
{
  RtmpMessage *message;
  GBytes *bytes;

  if (!gst_structure_has_name (structure, RTMP_DATA_STRUCTURE))
    return NULL;
  bytes = peek_bytes_field (structure);
  bytes = bytes != NULL ? g_bytes_ref (bytes) : build_data_body (structure);
  if (bytes == NULL)
    return NULL;
  message = rtmp_message_new_copy (
      RTMP_TYPE_DATA, timestamp, 0, g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes));
  g_bytes_unref (bytes);
  return message;
}
