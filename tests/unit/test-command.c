/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Command and data messages: what is kept of broken ones, both encodings.
 */
#include "protocol/rtmp-command.h"
#include "protocol/rtmp-error.h"

#define NAME "\x02\x00\x04play"
#define ID_5 "\x00\x40\x14\x00\x00\x00\x00\x00\x00"

static RtmpCommand *
parse (guint8 type, const void *bytes, gsize size, GError **error)
{
  g_autoptr (RtmpMessage) message = rtmp_message_new_copy (type, 0, 1, bytes, size);

  return rtmp_command_parse (message, rtmp_limits_default (), error);
}

#define PARSE(type, bytes, error) parse (type, bytes, sizeof (bytes) - 1, error)

static void
test_build_and_parse (void)
{
  g_autoptr (RtmpMessage) message = rtmp_command_new (RTMP_CSID_STATUS, 3, "onStatus", 0,
      rtmp_amf_new_null (), rtmp_status_new ("status", "A.B", "text", "key"), NULL);
  g_autoptr (RtmpCommand) command = rtmp_command_parse (message, rtmp_limits_default (), NULL);
  const RtmpAmf *info;

  g_assert_cmpint (message->type, ==, RTMP_TYPE_COMMAND);
  g_assert_cmpuint (message->csid, ==, RTMP_CSID_STATUS);
  g_assert_cmpuint (message->msid, ==, 3);
  g_assert_cmpstr (command->name, ==, "onStatus");
  g_assert_cmpfloat (command->transaction, ==, 0);
  g_assert_cmpuint (command->args->len, ==, 2);
  g_assert_cmpint (rtmp_command_get (command, 0)->type, ==, RTMP_AMF_NULL);
  info = rtmp_command_get (command, 1);
  g_assert_cmpstr (rtmp_amf_get_string (info, "code"), ==, "A.B");
  g_assert_cmpstr (g_array_index (info->properties, RtmpAmfProperty, 0).key, ==, "level");
  g_assert_null (rtmp_command_get (command, 2));
}

static void
test_data (void)
{
  g_autoptr (RtmpMessage) message =
      rtmp_data_new (1, 77, "onTextData", rtmp_amf_new_string ("x"), NULL);
  g_autoptr (RtmpCommand) command = rtmp_command_parse (message, rtmp_limits_default (), NULL);

  g_assert_cmpint (message->type, ==, RTMP_TYPE_DATA);
  g_assert_cmpuint (message->timestamp, ==, 77);
  g_assert_cmpstr (command->name, ==, "onTextData");
  g_assert_cmpstr (rtmp_amf_to_text (rtmp_command_get (command, 0)), ==, "x");
}

static void
test_selector (void)
{
  static const struct
  {
    guint8 type;
    const gchar *bytes;
    gsize size;
  } cases[] = {
    { 17, "\x00" NAME ID_5 "\x05", 18 },
    { 17, NAME ID_5 "\x05", 17 },
    { 17, "\x03" NAME ID_5 "\x05", 18 },
    { 17, "\x03\x06\x09play\x04\x05\x01", 10 },
    { 17, "\x00\x02\x00\x04play\x11\x04\x05\x11\x01", 13 },
    { 15, "\x00" NAME "\x05", 9 },
    { 15, NAME "\x05", 8 },
  };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (GError) error = NULL;
    g_autoptr (RtmpCommand) command =
        parse (cases[i].type, cases[i].bytes, cases[i].size, &error);

    g_assert_no_error (error);
    g_assert_cmpstr (command->name, ==, "play");
    g_assert_cmpfloat (command->transaction, ==, cases[i].type == 17 ? 5 : 0);
    g_assert_cmpuint (command->args->len, ==, 1);
    g_assert_cmpint (rtmp_command_get (command, 0)->type, ==, RTMP_AMF_NULL);
  }
}

/* Strings by reference reach back over the values of an AMF3 body. */
static void
test_amf3_body_shares_strings (void)
{
  g_autoptr (RtmpCommand) command =
      PARSE (17, "\x03\x06\x09play\x04\x05\x01\x06\x07key\x06\x02\x06\x00", NULL);

  g_assert_cmpuint (command->args->len, ==, 4);
  g_assert_cmpstr (rtmp_amf_to_text (rtmp_command_get (command, 2)), ==, "key");
  g_assert_cmpstr (rtmp_amf_to_text (rtmp_command_get (command, 3)), ==, "play");
}

static void
test_keeps_what_was_decoded (void)
{
  g_autoptr (RtmpCommand) garbage = PARSE (20, NAME ID_5 "\x05\x01\x01\xff\x05", NULL);
  g_autoptr (RtmpCommand) cut = PARSE (20, NAME ID_5 "\x05\x02\x00\x09xy", NULL);
  g_autoptr (RtmpCommand) no_args = PARSE (20, NAME ID_5, NULL);

  g_assert_cmpuint (garbage->args->len, ==, 2);
  g_assert_cmpuint (cut->args->len, ==, 1);
  g_assert_cmpuint (no_args->args->len, ==, 0);
}

static void
test_refused (void)
{
  static const struct
  {
    const gchar *bytes;
    gsize size;
    gint code;
  } cases[] = {
    { "", 0, RTMP_ERROR_PROTOCOL },
    { NAME, 7, RTMP_ERROR_PROTOCOL },
    { "\x02\x00\x04pla", 6, RTMP_ERROR_PROTOCOL },
    { "\x05" ID_5, 10, RTMP_ERROR_PROTOCOL },
    { "\x02\x00\x04p\0ay" ID_5, 16, RTMP_ERROR_PROTOCOL },
    { "\x12", 1, RTMP_ERROR_UNSUPPORTED },
  };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (GError) error = NULL;

    g_assert_null (parse (20, cases[i].bytes, cases[i].size, &error));
    g_assert_error (error, RTMP_ERROR, cases[i].code);
  }
}

static void
test_transaction (void)
{
  static const struct
  {
    const gchar *bytes;
    gdouble expected;
  } cases[] = {
    { "\x00\x41\xef\xff\xff\xff\xe0\x00\x00", 4294967295.0 },
    { "\x00\x41\xf0\x00\x00\x00\x00\x00\x00", 0 }, /* 2^32 */
    { "\x00\xbf\xf0\x00\x00\x00\x00\x00\x00", 0 }, /* -1 */
    { "\x00\x3f\xe0\x00\x00\x00\x00\x00\x00", 0 }, /* 0.5 */
    { "\x00\x7f\xf8\x00\x00\x00\x00\x00\x00", 0 }, /* NaN */
    { "\x00\x7f\xf0\x00\x00\x00\x00\x00\x00", 0 }, /* infinite */
    { "\x02\x00\x06string", 0 },
  };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (cases); i++) {
    guint8 bytes[16] = NAME;
    g_autoptr (RtmpCommand) command = NULL;

    memcpy (bytes + 7, cases[i].bytes, 9);
    command = parse (20, bytes, sizeof bytes, NULL);
    g_assert_nonnull (command);
    g_assert_cmpfloat (command->transaction, ==, cases[i].expected);
  }
}

/* A limit is no reason to go on with half of a message. */
static void
test_limit (void)
{
  RtmpLimits limits = *rtmp_limits_default ();
  gint step;

  for (step = -1; step <= 1; step++) {
    g_autoptr (RtmpMessage) message =
        rtmp_command_new (3, 0, "name", 1, rtmp_amf_new_null (), rtmp_amf_new_null (), NULL);
    g_autoptr (GError) error = NULL;
    g_autoptr (RtmpCommand) command = NULL;

    limits.amf_max_values = 4 + step;
    command = rtmp_command_parse (message, &limits, &error);
    if (step >= 0)
      g_assert_no_error (error);
    else
      g_assert_error (error, RTMP_ERROR, RTMP_ERROR_LIMIT);
    g_assert_true ((command != NULL) == (step >= 0));
  }
}

/* Data messages may miss the end of their array, commands may not. */
static void
test_missing_end (void)
{
  g_autoptr (RtmpCommand) data = PARSE (18, NAME "\x08\x00\x00\x00\x01\x00\x01k\x05", NULL);
  g_autoptr (RtmpCommand) command =
      PARSE (20, NAME ID_5 "\x08\x00\x00\x00\x01\x00\x01k\x05", NULL);

  g_assert_cmpuint (data->args->len, ==, 1);
  g_assert_cmpuint (command->args->len, ==, 0);
}

static void
test_prefixed_body (void)
{
  static const guint8 rest[] = ID_5 "\x05";
  g_autoptr (RtmpMessage) message = rtmp_message_new_foreign (
      20, 0, (const guint8 *)NAME, 7, rest, sizeof rest - 1, NULL, NULL);
  g_autoptr (RtmpCommand) command = rtmp_command_parse (message, rtmp_limits_default (), NULL);

  g_assert_cmpstr (command->name, ==, "play");
  g_assert_cmpuint (command->args->len, ==, 1);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/command/build-and-parse", test_build_and_parse);
  g_test_add_func ("/command/data", test_data);
  g_test_add_func ("/command/selector", test_selector);
  g_test_add_func ("/command/amf3-body-shares-strings", test_amf3_body_shares_strings);
  g_test_add_func ("/command/keeps-what-was-decoded", test_keeps_what_was_decoded);
  g_test_add_func ("/command/refused", test_refused);
  g_test_add_func ("/command/transaction", test_transaction);
  g_test_add_func ("/command/limit", test_limit);
  g_test_add_func ("/command/missing-end", test_missing_end);
  g_test_add_func ("/command/prefixed-body", test_prefixed_body);
  return g_test_run ();
}
