/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * onMetaData and other data messages: hints, tags, the custom events' structures
 * there and back.
 */
#include "media/rtmp-metadata.h"

static RtmpCommand *
reparse (RtmpMessage *message)
{
  RtmpCommand *command = rtmp_command_parse (message, rtmp_limits_default (), NULL);

  g_assert_nonnull (command);
  rtmp_message_unref (message);
  return command;
}

static RtmpAmf *
obs_object (void)
{
  RtmpAmf *object = rtmp_amf_new_ecma_array ();

  rtmp_amf_set_number (object, "duration", 0);
  rtmp_amf_set_number (object, "width", 1280);
  rtmp_amf_set_number (object, "height", 720);
  rtmp_amf_set_number (object, "videocodecid", 7);
  rtmp_amf_set_number (object, "videodatarate", 2500);
  rtmp_amf_set_number (object, "framerate", 29.97);
  rtmp_amf_set_number (object, "audiocodecid", 10);
  rtmp_amf_set_number (object, "audiodatarate", 160);
  rtmp_amf_set_number (object, "audiosamplerate", 48000);
  rtmp_amf_set_boolean (object, "stereo", TRUE);
  rtmp_amf_set_boolean (object, "5.1", FALSE);
  rtmp_amf_set_string (object, "encoder", "obs-output");
  return object;
}

static void
test_get_object (void)
{
  g_autoptr (RtmpCommand) plain =
      reparse (rtmp_data_new (1, 0, "onMetaData", obs_object (), NULL));
  g_autoptr (RtmpCommand) set = reparse (rtmp_data_new (
      1, 0, "@setDataFrame", rtmp_amf_new_string ("onMetaData"), obs_object (), NULL));
  g_autoptr (RtmpCommand) cue = reparse (rtmp_data_new (
      1, 0, "@setDataFrame", rtmp_amf_new_string ("onCuePoint"), obs_object (), NULL));
  g_autoptr (RtmpCommand) none = reparse (rtmp_data_new (1, 0, "onMetaData", NULL));
  g_autoptr (RtmpCommand) text =
      reparse (rtmp_data_new (1, 0, "onMetaData", rtmp_amf_new_string ("x"), NULL));

  g_assert_nonnull (rtmp_metadata_get_object (plain));
  g_assert_nonnull (rtmp_metadata_get_object (set));
  g_assert_null (rtmp_metadata_get_object (cue));
  g_assert_null (rtmp_metadata_get_object (none));
  g_assert_null (rtmp_metadata_get_object (text));
}

static void
test_hints (void)
{
  g_autoptr (RtmpAmf) object = obs_object ();
  g_autoptr (RtmpAmf) lies = rtmp_amf_new_object ();
  RtmpMetadataHints hints;

  rtmp_metadata_get_hints (object, &hints);
  g_assert_cmpint (hints.width, ==, 1280);
  g_assert_cmpint (hints.height, ==, 720);
  g_assert_cmpfloat (hints.framerate, ==, 29.97);
  g_assert_cmpint (hints.rate, ==, 48000);
  g_assert_cmpint (hints.channels, ==, 2);
  g_assert_true (hints.announces && hints.video && hints.audio);

  rtmp_amf_set_number (lies, "width", 1e9);
  rtmp_amf_set_number (lies, "height", -1);
  rtmp_amf_set_number (lies, "framerate", 0.0 / 0.0);
  rtmp_amf_set_number (lies, "audiosamplerate", 1e308);
  rtmp_amf_set_string (lies, "videocodecid", "avc1");
  rtmp_metadata_get_hints (lies, &hints);
  g_assert_cmpint (hints.width, ==, 0);
  g_assert_cmpint (hints.height, ==, 0);
  g_assert_cmpfloat (hints.framerate, ==, 0);
  g_assert_cmpint (hints.rate, ==, 0);
  g_assert_true (hints.announces && hints.video);
  g_assert_false (hints.audio);

  rtmp_metadata_get_hints (NULL, &hints);
  g_assert_false (hints.announces);
}

static void
test_tags (void)
{
  g_autoptr (RtmpAmf) object = obs_object ();
  g_autoptr (GstTagList) video = NULL;
  g_autoptr (GstTagList) audio = NULL;
  gchar *encoder = NULL;
  guint bitrate = 0;

  rtmp_amf_set_string (object, "title", "not \xff utf-8");
  video = rtmp_metadata_get_tags (object, TRUE);
  audio = rtmp_metadata_get_tags (object, FALSE);
  g_assert_true (gst_tag_list_get_uint (video, GST_TAG_NOMINAL_BITRATE, &bitrate));
  g_assert_cmpuint (bitrate, ==, 2500000);
  g_assert_true (gst_tag_list_get_uint (audio, GST_TAG_NOMINAL_BITRATE, &bitrate));
  g_assert_cmpuint (bitrate, ==, 160000);
  g_assert_true (gst_tag_list_get_string (video, GST_TAG_ENCODER, &encoder));
  g_assert_cmpstr (encoder, ==, "obs-output");
  g_assert_true (gst_tag_list_get_tag_size (video, GST_TAG_TITLE) == 1);
  g_free (encoder);
}

static void
test_metadata_there_and_back (void)
{
  g_autoptr (RtmpAmf) object = obs_object ();
  g_autoptr (RtmpAmf) exact = NULL;
  g_autoptr (RtmpAmf) rebuilt = NULL;
  g_autoptr (GstStructure) structure = NULL;
  g_autofree gchar *before = rtmp_amf_to_string (object, 1000);
  g_autofree gchar *after = NULL;
  gdouble width = 0;

  structure = rtmp_metadata_to_structure (object);
  g_assert_true (gst_structure_get_double (structure, "width", &width));
  g_assert_cmpfloat (width, ==, 1280);
  g_assert_cmpstr (gst_structure_get_string (structure, "encoder"), ==, "obs-output");
  g_assert_false (gst_structure_has_field (structure, "5.1"));
  g_assert_true (gst_structure_has_field_typed (structure, "other", GST_TYPE_ARRAY));

  exact = rtmp_metadata_from_structure (structure, rtmp_limits_default ());
  after = rtmp_amf_to_string (exact, 1000);
  g_assert_cmpstr (after, ==, before);

  gst_structure_remove_field (structure, "amf");
  rebuilt = rtmp_metadata_from_structure (structure, rtmp_limits_default ());
  g_assert_cmpfloat (rtmp_amf_get_number (rebuilt, "framerate", 0), ==, 29.97);
  g_assert_true (rtmp_amf_get_boolean (rebuilt, "stereo", FALSE));
  g_assert_nonnull (rtmp_amf_get (rebuilt, "5.1"));
  g_assert_null (rtmp_amf_get (rebuilt, "other"));
}

static void
test_invented_names_are_no_quarks (void)
{
  g_autoptr (RtmpAmf) object = rtmp_amf_new_object ();
  g_autoptr (GstStructure) structure = NULL;

  rtmp_amf_set_number (object, "x-invented-by-a-peer", 1);
  structure = rtmp_metadata_to_structure (object);
  g_assert_cmpint (g_quark_try_string ("x-invented-by-a-peer"), ==, 0);
}

static void
test_data_there_and_back (void)
{
  RtmpAmf *object = rtmp_amf_new_object ();
  RtmpAmf *list = rtmp_amf_new_strict_array ();
  g_autoptr (RtmpCommand) command = NULL;
  g_autoptr (RtmpCommand) exact = NULL;
  g_autoptr (RtmpCommand) rebuilt = NULL;
  g_autoptr (GstStructure) structure = NULL;
  g_autofree gchar *before = NULL;
  g_autofree gchar *after = NULL;

  rtmp_amf_append (list, rtmp_amf_new_number (1));
  rtmp_amf_append (list, rtmp_amf_new_boolean (TRUE));
  rtmp_amf_set_string (object, "text", "caption");
  rtmp_amf_set (object, "list", list);
  command =
      reparse (rtmp_data_new (1, 0, "onTextData", object, rtmp_amf_new_string ("more"), NULL));
  before = rtmp_amf_to_string (rtmp_command_get (command, 0), 1000);
  structure = rtmp_data_to_structure (command, 5 * GST_SECOND);
  g_assert_cmpstr (gst_structure_get_string (structure, "name"), ==, "onTextData");

  exact = reparse (rtmp_data_message_from_structure (structure, 5000));
  g_assert_cmpstr (exact->name, ==, "onTextData");
  g_assert_cmpint (exact->args->len, ==, 2);

  gst_structure_remove_field (structure, "amf");
  rebuilt = reparse (rtmp_data_message_from_structure (structure, 5000));
  after = rtmp_amf_to_string (rtmp_command_get (rebuilt, 0), 1000);
  g_assert_cmpstr (after, ==, before);
  g_assert_cmpstr (rtmp_amf_to_text (rtmp_command_get (rebuilt, 1)), ==, "more");
}

static void
test_other_structures (void)
{
  g_autoptr (GstStructure) other = gst_structure_new_empty ("GstOther");
  g_autoptr (GstStructure) nameless = gst_structure_new_empty (RTMP_DATA_STRUCTURE);

  g_assert_null (rtmp_metadata_from_structure (other, rtmp_limits_default ()));
  g_assert_null (rtmp_data_message_from_structure (other, 0));
  g_assert_null (rtmp_data_message_from_structure (nameless, 0));
}

gint
main (gint argc, gchar **argv)
{
  g_test_init (&argc, &argv, NULL);
  gst_init (&argc, &argv);
  g_test_add_func ("/metadata/get-object", test_get_object);
  g_test_add_func ("/metadata/hints", test_hints);
  g_test_add_func ("/metadata/tags", test_tags);
  g_test_add_func ("/metadata/there-and-back", test_metadata_there_and_back);
  g_test_add_func ("/metadata/invented-names", test_invented_names_are_no_quarks);
  g_test_add_func ("/metadata/data-there-and-back", test_data_there_and_back);
  g_test_add_func ("/metadata/other-structures", test_other_structures);
  return g_test_run ();
}
