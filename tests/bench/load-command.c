/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the load generator says and how it reads answers: AMF0 as far as needed.
 */
#include "load-wire.h"

#include <stdlib.h>
#include <string.h>

void
wire_buffer_add (WireBuffer *buffer, const void *data, uint32_t size)
{
  if (buffer->size + size > buffer->allocated) {
    buffer->allocated = (buffer->size + size) * 2;
    buffer->data = realloc (buffer->data, buffer->allocated);
    if (!buffer->data)
      abort ();
  }
  memcpy (buffer->data + buffer->size, data, size);
  buffer->size += size;
}

void
wire_buffer_clear (WireBuffer *buffer)
{
  free (buffer->data);
  memset (buffer, 0, sizeof *buffer);
}

static void
add32 (WireBuffer *buffer, uint32_t value)
{
  uint8_t bytes[4] = { value >> 24, value >> 16, value >> 8, value };

  wire_buffer_add (buffer, bytes, 4);
}

static void
add_name (WireBuffer *buffer, const char *name)
{
  size_t size = strlen (name);
  uint8_t bytes[2] = { size >> 8, size };

  wire_buffer_add (buffer, bytes, 2);
  wire_buffer_add (buffer, name, size);
}

static void
add_string (WireBuffer *buffer, const char *string)
{
  wire_buffer_add (buffer, "\x02", 1);
  add_name (buffer, string);
}

static void
add_number (WireBuffer *buffer, double number)
{
  uint64_t bits;

  memcpy (&bits, &number, 8);
  wire_buffer_add (buffer, "", 1);
  add32 (buffer, bits >> 32);
  add32 (buffer, bits);
}

/* @body as one message on csid 3 (commands) or 2 (control), in chunks. */
static void
add_message (WireBuffer *buffer, uint32_t chunk_size, uint8_t csid, uint8_t type,
    uint32_t stream_id, const WireBuffer *body)
{
  uint8_t header[12] = { csid, 0, 0, 0, body->size >> 16, body->size >> 8, body->size, type,
    stream_id, stream_id >> 8, stream_id >> 16, stream_id >> 24 };
  const uint8_t next = 0xc0 | csid;

  wire_buffer_add (buffer, header, sizeof header);
  for (uint32_t done = 0; done < body->size; done += chunk_size) {
    uint32_t left = body->size - done;

    if (done > 0)
      wire_buffer_add (buffer, &next, 1);
    wire_buffer_add (buffer, body->data + done, left < chunk_size ? left : chunk_size);
  }
}

void
wire_add_control (WireBuffer *buffer, uint8_t type, uint32_t value)
{
  WireBuffer body = { 0 };

  add32 (&body, value);
  add_message (buffer, 128, 2, type, 0, &body);
  wire_buffer_clear (&body);
}

void
wire_add_user_control (WireBuffer *buffer, uint16_t event, uint32_t a, bool two, uint32_t b)
{
  WireBuffer body = { 0 };
  uint8_t bytes[2] = { event >> 8, event };

  wire_buffer_add (&body, bytes, 2);
  add32 (&body, a);
  if (two)
    add32 (&body, b);
  add_message (buffer, 128, 2, 4, 0, &body);
  wire_buffer_clear (&body);
}

void
wire_add_connect (WireBuffer *buffer, uint32_t chunk_size, const char *app, const char *tc_url)
{
  WireBuffer body = { 0 };

  add_string (&body, "connect");
  add_number (&body, 1);
  wire_buffer_add (&body, "\x03", 1);
  add_name (&body, "app");
  add_string (&body, app);
  add_name (&body, "flashVer");
  add_string (&body, "LNX 10,0,32,18");
  add_name (&body, "tcUrl");
  add_string (&body, tc_url);
  wire_buffer_add (&body, "\0\0\x09", 3);
  add_message (buffer, chunk_size, 3, 20, 0, &body);
  wire_buffer_clear (&body);
}

void
wire_add_command (WireBuffer *buffer, uint32_t chunk_size, uint32_t stream_id,
    const char *command, double transaction, const char *argument, const char *second)
{
  WireBuffer body = { 0 };

  add_string (&body, command);
  add_number (&body, transaction);
  wire_buffer_add (&body, "\x05", 1);
  if (argument)
    add_string (&body, argument);
  if (second)
    add_string (&body, second);
  add_message (buffer, chunk_size, 3, 20, stream_id, &body);
  wire_buffer_clear (&body);
}

void
wire_add_delete_stream (WireBuffer *buffer, uint32_t chunk_size, uint32_t stream_id)
{
  WireBuffer body = { 0 };

  add_string (&body, "deleteStream");
  add_number (&body, 0);
  wire_buffer_add (&body, "\x05", 1);
  add_number (&body, stream_id);
  add_message (buffer, chunk_size, 3, 20, 0, &body);
  wire_buffer_clear (&body);
}

static void
copy_string (char *out, size_t out_size, const uint8_t *data, size_t size)
{
  if (size >= out_size)
    size = out_size - 1;
  memcpy (out, data, size);
  out[size] = 0;
}

static bool
get_number (const uint8_t *p, const uint8_t *end, double *number)
{
  uint64_t bits;

  if (end - p < 9 || p[0] != 0)
    return false;
  bits = (uint64_t)wire_get32 (p + 1) << 32 | wire_get32 (p + 5);
  memcpy (number, &bits, 8);
  return true;
}

bool
wire_parse_answer (const WireMessage *message, WireAnswer *answer)
{
  static const uint8_t code[] = { 0, 4, 'c', 'o', 'd', 'e', 2 };
  const uint8_t *p = message->body, *end = p + message->length, *found;
  size_t size;

  memset (answer, 0, sizeof *answer);
  if (message->type == 17 && p < end)
    p++;
  if (end - p < 3 || p[0] != 2)
    return false;
  size = p[1] << 8 | p[2];
  p += 3;
  if ((size_t)(end - p) < size)
    return false;
  copy_string (answer->command, sizeof answer->command, p, size);
  p += size;
  if (!get_number (p, end, &answer->transaction))
    return false;
  p += 9;
  /* createStream: null or undefined, then the id */
  if (end - p >= 10 && (p[0] == 5 || p[0] == 6))
    get_number (p + 1, end, &answer->number);
  found = memmem (p, end - p, code, sizeof code);
  if (found && end - found > (ptrdiff_t)sizeof code + 2) {
    found += sizeof code;
    size = found[0] << 8 | found[1];
    if ((size_t)(end - found) >= size + 2)
      copy_string (answer->code, sizeof answer->code, found + 2, size);
  }
  return true;
}
