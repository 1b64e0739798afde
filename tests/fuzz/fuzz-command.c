/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Fuzz target: command and data messages, their common form, metadata.
 */
#include "fuzz.h"
#include "protocol/rtmp-command.h"
#include "protocol/rtmp-error.h"
#include "protocol/rtmp-metadata.h"

static void
check_command (const RtmpCommand *command, guint8 type)
{
  guint i;

  g_assert_nonnull (command->name);
  g_assert_cmpfloat (command->transaction, >=, 0);
  g_assert_cmpfloat (command->transaction, <=, G_MAXUINT32);
  for (i = 0; i < command->args->len; i++) {
    const RtmpAmf *value = rtmp_command_get (command, i);
    gint64 number;

    g_assert_cmpint (value->type, !=, RTMP_AMF_AVMPLUS);
    rtmp_amf_get_string (value, "app");
    rtmp_amf_to_text (value);
    rtmp_amf_to_int (value, 0, G_MAXUINT32, &number);
  }
  g_assert_null (rtmp_command_get (command, i));
}

static void
check_metadata (const RtmpMessage *message)
{
  g_autoptr (RtmpMetadata) metadata =
      rtmp_metadata_parse (message, rtmp_limits_default (), NULL);
  g_autoptr (RtmpMessage) built = NULL;

  if (metadata == NULL)
    return;
  g_assert_cmpuint (metadata->width, <=, 16384);
  built = rtmp_metadata_build (metadata, 1, 0);
  g_assert_cmpuint (built->size, >, 0);
}

static void
check_data (const guint8 *data, gsize size, guint8 type)
{
  RtmpMessage *message = rtmp_message_new_copy (type, 5, 1, data, size);
  g_autoptr (RtmpMessage) normal = rtmp_data_normalize (message, rtmp_limits_default ());

  if (normal == NULL)
    return;
  g_assert_cmpint (normal->type, ==, RTMP_TYPE_DATA);
  g_assert_cmpuint (normal->timestamp, ==, 5);
  check_metadata (normal);
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  static const guint8 types[] = { RTMP_TYPE_COMMAND, RTMP_TYPE_COMMAND_AMF3, RTMP_TYPE_DATA,
    RTMP_TYPE_DATA_AMF3 };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (types); i++) {
    g_autoptr (RtmpMessage) message = rtmp_message_new_copy (types[i], 0, 1, data, size);
    g_autoptr (GError) error = NULL;
    g_autoptr (RtmpCommand) command =
        rtmp_command_parse (message, rtmp_limits_default (), &error);

    g_assert_true ((command == NULL) == (error != NULL));
    if (command != NULL)
      check_command (command, types[i]);
  }
  check_data (data, size, RTMP_TYPE_DATA);
  check_data (data, size, RTMP_TYPE_DATA_AMF3);
  return 0;
}
