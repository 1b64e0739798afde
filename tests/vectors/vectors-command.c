/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Vectors of command and data messages: the values in order, and built again.
 */
#include "protocol/rtmp-command.h"
#include "vectors-amf.h"

static void
check_values (const RtmpCommand *command, gboolean is_data, JsonArray *values)
{
  guint first = is_data ? 1 : 2, i;

  g_assert_cmpstr (
      command->name, ==, vectors_string (json_array_get_object_element (values, 0), "v"));
  if (!is_data)
    g_assert_cmpfloat (command->transaction, ==,
        json_object_get_double_member (json_array_get_object_element (values, 1), "v"));
  g_assert_cmpuint (command->args->len, ==, json_array_get_length (values) - first);
  for (i = 0; i < command->args->len; i++)
    vectors_assert_amf (
        rtmp_command_get (command, i), json_array_get_object_element (values, first + i));
}

static void
check_built (const RtmpCommand *command, gboolean is_data, const guint8 *data, gsize size)
{
  const RtmpAmf *args[3] = { NULL };
  g_autoptr (RtmpMessage) built = NULL;
  g_autoptr (GBytes) expected = g_bytes_new (data, size);
  RtmpAmf *copies[3] = { NULL };
  const guint8 *body;
  gsize body_size;
  guint i;

  for (i = 0; i < G_N_ELEMENTS (args); i++) {
    args[i] = rtmp_command_get (command, i);
    copies[i] = args[i] != NULL ? rtmp_amf_copy (args[i]) : NULL;
  }
  built = is_data ? rtmp_data_new (1, 0, command->name, copies[0], copies[1], copies[2], NULL)
                  : rtmp_command_new (3, 1, command->name, command->transaction, copies[0],
                        copies[1], copies[2], NULL);
  body = rtmp_message_peek (built, &body_size);
  vectors_assert_bytes (body, body_size, expected);
}

static void
run (JsonObject *vector)
{
  g_autoptr (GBytes) input = vectors_bytes (vector, "input_hex");
  guint8 type = vectors_int (vector, "message_type", 0);
  gsize size;
  const guint8 *data = g_bytes_get_data (input, &size);
  g_autoptr (RtmpMessage) message =
      rtmp_message_new_copy (type, 0, vectors_int (vector, "msid", 0), data, size);
  g_autoptr (GError) error = NULL;
  g_autoptr (RtmpCommand) command =
      rtmp_command_parse (message, rtmp_limits_default (), &error);
  gboolean is_data = type == RTMP_TYPE_DATA;

  g_assert_no_error (error);
  check_values (
      command, is_data, vectors_array (vectors_object (vector, "expected"), "values"));
  if (type == RTMP_TYPE_COMMAND_AMF3) {
    data++;
    size--;
  }
  check_built (command, is_data, data, size);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_assert_cmpuint (vectors_add ("command", run, NULL), ==, 14);
  return g_test_run ();
}
