/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Command and data messages: bytes <-> values.
 */
#include "rtmp-command.h"
#include "rtmp-error.h"

/* The values of one message, in either encoding. */
typedef struct
{
  RtmpCursor cursor;
  RtmpAmfBudget budget;
  RtmpAmf3Tables *tables; /* NULL: AMF0 */
} Values;

static RtmpAmf *
next_value (Values *values, GError **error)
{
  if (values->tables != NULL)
    return rtmp_amf3_parse (&values->cursor, &values->budget, values->tables, error);
  return rtmp_amf0_parse (&values->cursor, &values->budget, error);
}

/* Types 17 and 15 start with a byte that tells the encoding: 0 for AMF0, 3 for
 * AMF3. Some clients leave it out; a name cannot start with either byte. */
static void
skip_selector (Values *values)
{
  const guint8 *data = values->cursor.data;

  if (values->cursor.left < 2 || (data[0] != 0 && data[0] != 3))
    return;
  if (data[0] == 3 && data[1] == 6)
    values->tables = rtmp_amf3_tables_new ();
  rtmp_cursor_take (&values->cursor, 1);
}

static gboolean
has_selector (guint8 type)
{
  return type == RTMP_TYPE_COMMAND_AMF3 || type == RTMP_TYPE_DATA_AMF3;
}

static gboolean
is_data (guint8 type)
{
  return type == RTMP_TYPE_DATA || type == RTMP_TYPE_DATA_AMF3;
}

static gboolean
parse_name (RtmpCommand *command, Values *values, GError **error)
{
  g_autoptr (RtmpAmf) value = next_value (values, error);

  if (value == NULL)
    return FALSE;
  command->name = g_strdup (rtmp_amf_to_text (value));
  if (command->name != NULL)
    return TRUE;
  g_set_error_literal (
      error, RTMP_ERROR, RTMP_ERROR_PROTOCOL, "message does not start with a name");
  return FALSE;
}

/* What cannot be an id counts as 0: no answer is wanted. */
static gboolean
parse_transaction (RtmpCommand *command, Values *values, GError **error)
{
  g_autoptr (RtmpAmf) value = next_value (values, error);
  gint64 number = 0;

  if (value == NULL)
    return FALSE;
  if (rtmp_amf_to_int (value, 0, G_MAXUINT32, &number))
    command->transaction = number;
  return TRUE;
}

/* An avmplus wrapper is of no interest to who reads arguments. */
static RtmpAmf *
unwrapped (RtmpAmf *value)
{
  RtmpAmf *inner;

  if (value->type != RTMP_AMF_AVMPLUS || value->items->len == 0)
    return value;
  inner = g_ptr_array_steal_index (value->items, 0);
  rtmp_amf_free (value);
  return inner;
}

/* What cannot be decoded ends the list; a limit that was passed is an error. */
static gboolean
parse_args (RtmpCommand *command, Values *values, GError **error)
{
  g_autoptr (GError) stop = NULL;

  while (values->cursor.left > 0) {
    RtmpAmf *value = next_value (values, &stop);

    if (value == NULL)
      break;
    g_ptr_array_add (command->args, unwrapped (value));
  }
  if (!g_error_matches (stop, RTMP_ERROR, RTMP_ERROR_LIMIT))
    return TRUE;
  g_propagate_error (error, g_steal_pointer (&stop));
  return FALSE;
}

static RtmpCommand *
parse_body (
    guint8 type, const guint8 *data, gsize size, const RtmpLimits *limits, GError **error)
{
  g_autoptr (RtmpCommand) command = g_new0 (RtmpCommand, 1);
  Values values = { .cursor = rtmp_cursor (data, size), .budget.limits = limits };
  gboolean ok;

  values.budget.lenient_end = is_data (type);
  command->args = g_ptr_array_new_with_free_func ((GDestroyNotify)rtmp_amf_free);
  if (has_selector (type))
    skip_selector (&values);
  ok = parse_name (command, &values, error) &&
       (is_data (type) || parse_transaction (command, &values, error)) &&
       parse_args (command, &values, error);
  rtmp_amf3_tables_free (values.tables);
  return ok ? g_steal_pointer (&command) : NULL;
}

RtmpCommand *
rtmp_command_parse (const RtmpMessage *message, const RtmpLimits *limits, GError **error)
{
  gsize size;
  const guint8 *data = rtmp_message_peek (message, &size);
  g_autofree guint8 *copy = NULL;

  if (data == NULL && message->size > 0) {
    size = message->size;
    data = copy = g_malloc (size);
    rtmp_message_copy_out (message, 0, copy, size);
  }
  return parse_body (message->type, data, data != NULL ? size : 0, limits, error);
}

void
rtmp_command_free (RtmpCommand *command)
{
  if (command == NULL)
    return;
  g_free (command->name);
  g_clear_pointer (&command->args, g_ptr_array_unref);
  g_free (command);
}

const RtmpAmf *
rtmp_command_get (const RtmpCommand *command, guint index)
{
  return index < command->args->len ? command->args->pdata[index] : NULL;
}

static void
build_text (const gchar *text, GByteArray *out)
{
  g_autoptr (RtmpAmf) value = rtmp_amf_new_string (text);

  rtmp_amf0_build (value, out);
}

static void
build_number (gdouble number, GByteArray *out)
{
  g_autoptr (RtmpAmf) value = rtmp_amf_new_number (number);

  rtmp_amf0_build (value, out);
}

static void
build_rest (va_list values, GByteArray *out)
{
  RtmpAmf *value;

  while ((value = va_arg (values, RtmpAmf *)) != NULL) {
    rtmp_amf0_build (value, out);
    rtmp_amf_free (value);
  }
}

RtmpMessage *
rtmp_command_new (guint32 csid, guint32 msid, const gchar *name, gdouble transaction, ...)
{
  g_autoptr (GByteArray) body = g_byte_array_new ();
  RtmpMessage *message;
  va_list values;

  build_text (name, body);
  build_number (transaction, body);
  va_start (values, transaction);
  build_rest (values, body);
  va_end (values);
  message = rtmp_message_new_copy (RTMP_TYPE_COMMAND, 0, msid, body->data, body->len);
  message->csid = csid;
  return message;
}

RtmpMessage *
rtmp_data_new (guint32 msid, guint32 timestamp, const gchar *name, ...)
{
  g_autoptr (GByteArray) body = g_byte_array_new ();
  RtmpMessage *message;
  va_list values;

  build_text (name, body);
  va_start (values, name);
  build_rest (values, body);
  va_end (values);
  message = rtmp_message_new_copy (RTMP_TYPE_DATA, timestamp, msid, body->data, body->len);
  message->csid = RTMP_CSID_DATA;
  return message;
}

RtmpAmf *
rtmp_status_new (
    const gchar *level, const gchar *code, const gchar *description, const gchar *details)
{
  RtmpAmf *info = rtmp_amf_new_object ();

  /* some encoders need this order */
  rtmp_amf_set_string (info, "level", level);
  rtmp_amf_set_string (info, "code", code);
  rtmp_amf_set_string (info, "description", description);
  if (details != NULL)
    rtmp_amf_set_string (info, "details", details);
  return info;
}
