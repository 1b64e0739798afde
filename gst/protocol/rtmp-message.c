/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * RtmpMessage: allocation, bodies and the wire form that all players share.
 */
#include "rtmp-message.h"
#include "rtmp-bytes.h"

#define FIRST_BLOCK 4096u
#define EXTENDED 0xffffffu
#define MSID_OFFSET 8

/* Two cache lines: a message is touched once per player and flush. */
G_STATIC_ASSERT (sizeof (RtmpMessage) <= 128);

static guint8 *
own_room (RtmpMessage *message)
{
  return (guint8 *)(message + 1);
}

static RtmpMessage *
message_alloc (guint8 type, guint32 timestamp, guint32 msid, gsize room)
{
  RtmpMessage *message = g_malloc (sizeof *message + room);

  memset (message, 0, G_STRUCT_OFFSET (RtmpMessage, prefix));
  g_atomic_ref_count_init (&message->ref_count);
  message->type = type;
  message->timestamp = timestamp;
  message->msid = msid;
  message->allocated = room;
  message->body = own_room (message);
  return message;
}

guint32
rtmp_message_default_csid (guint8 type)
{
  switch (type) {
    case RTMP_TYPE_AUDIO:
      return RTMP_CSID_AUDIO;
    case RTMP_TYPE_VIDEO:
    case RTMP_TYPE_AGGREGATE:
      return RTMP_CSID_VIDEO;
    case RTMP_TYPE_DATA:
    case RTMP_TYPE_DATA_AMF3:
      return RTMP_CSID_DATA;
    case RTMP_TYPE_SET_CHUNK_SIZE:
    case RTMP_TYPE_ABORT:
    case RTMP_TYPE_ACK:
    case RTMP_TYPE_USER_CONTROL:
    case RTMP_TYPE_WINDOW_ACK_SIZE:
    case RTMP_TYPE_SET_PEER_BANDWIDTH:
      return RTMP_CSID_CONTROL;
    default:
      return RTMP_CSID_COMMAND;
  }
}

RtmpMessage *
rtmp_message_new (guint8 type, guint32 timestamp, guint32 msid)
{
  return message_alloc (type, timestamp, msid, 0);
}

RtmpMessage *
rtmp_message_new_sized (guint8 type, guint32 timestamp, guint32 msid, gsize expected)
{
  return message_alloc (type, timestamp, msid, expected <= FIRST_BLOCK ? expected : 0);
}

RtmpMessage *
rtmp_message_new_copy (
    guint8 type, guint32 timestamp, guint32 msid, gconstpointer data, gsize size)
{
  RtmpMessage *message;

  g_return_val_if_fail (size <= RTMP_MESSAGE_MAX_SIZE, NULL);

  message = message_alloc (type, timestamp, msid, size);
  if (size > 0)
    memcpy (message->body, data, size);
  message->size = size;
  return message;
}

static void
release_nothing (gpointer owner)
{
}

RtmpMessage *
rtmp_message_new_foreign (guint8 type, guint32 timestamp, const guint8 *prefix,
    gsize prefix_size, const guint8 *data, gsize size, GDestroyNotify release, gpointer owner)
{
  RtmpMessage *message;

  g_return_val_if_fail (prefix_size <= RTMP_MESSAGE_MAX_PREFIX, NULL);
  g_return_val_if_fail (size <= RTMP_MESSAGE_MAX_SIZE - prefix_size, NULL);

  message = message_alloc (type, timestamp, 1, 0);
  if (prefix_size > 0)
    memcpy (message->prefix, prefix, prefix_size);
  message->prefix_size = prefix_size;
  message->body = (guint8 *)data;
  message->size = prefix_size + size;
  message->release = release != NULL ? release : release_nothing;
  message->owner = owner;
  return message;
}

RtmpMessage *
rtmp_message_ref (RtmpMessage *message)
{
  g_atomic_ref_count_inc (&message->ref_count);
  return message;
}

void
rtmp_message_unref (RtmpMessage *message)
{
  if (!g_atomic_ref_count_dec (&message->ref_count))
    return;
  if (message->release != NULL)
    message->release (message->owner);
  else if (message->body != own_room (message))
    g_free (message->body);
  g_free (message);
}

static void
grow (RtmpMessage *message, gsize needed, gsize expected)
{
  gsize room = MAX (message->allocated, FIRST_BLOCK);

  while (room < needed)
    room *= 2;
  if (expected >= needed)
    room = MIN (room, expected);

  if (message->body == own_room (message)) {
    guint8 *body = g_malloc (room);

    memcpy (body, message->body, message->size);
    message->body = body;
  } else {
    message->body = g_realloc (message->body, room);
  }
  message->allocated = room;
}

guint8 *
rtmp_message_extend (RtmpMessage *message, gsize size, gsize expected)
{
  guint8 *end;

  g_return_val_if_fail (message->release == NULL, NULL);
  g_return_val_if_fail (!(message->flags & RTMP_MESSAGE_SEALED), NULL);
  g_return_val_if_fail (size <= RTMP_MESSAGE_MAX_SIZE - message->size, NULL);

  if (size > message->allocated - message->size)
    grow (message, message->size + size, expected);
  end = message->body + message->size;
  message->size += size;
  return end;
}

void
rtmp_message_append (RtmpMessage *message, const guint8 *data, gsize size, gsize expected)
{
  guint8 *end = rtmp_message_extend (message, size, expected);

  if (end != NULL && size > 0)
    memcpy (end, data, size);
}

static void
build_wire_headers (RtmpMessage *message)
{
  gboolean extended = message->timestamp >= EXTENDED;
  guint8 *header = message->header;

  header[0] = message->csid;
  rtmp_put_u24 (header + 1, extended ? EXTENDED : message->timestamp);
  rtmp_put_u24 (header + 4, message->size);
  header[7] = message->type;
  rtmp_put_u32_le (header + MSID_OFFSET, message->msid);
  message->header_size = 12;

  message->next_header[0] = 0xc0 | message->csid;
  message->next_size = 1;

  if (extended) {
    rtmp_put_u32 (header + 12, message->timestamp);
    rtmp_put_u32 (message->next_header + 1, message->timestamp);
    message->header_size += 4;
    message->next_size += 4;
  }
}

void
rtmp_message_seal (RtmpMessage *message)
{
  if (message->flags & RTMP_MESSAGE_SEALED)
    return;
  message->csid = rtmp_message_default_csid (message->type);
  message->msid = 1;
  build_wire_headers (message);
  message->flags |= RTMP_MESSAGE_SEALED;
}

static void
release_message (gpointer owner)
{
  rtmp_message_unref (owner);
}

RtmpMessage *
rtmp_message_retimed (RtmpMessage *message, guint32 timestamp)
{
  /* the owner of the memory, so that retiming again makes no chain */
  RtmpMessage *root = message->release == release_message ? message->owner : message;
  RtmpMessage *copy = rtmp_message_new_foreign (message->type, timestamp, message->prefix,
      message->prefix_size, message->body, message->size - message->prefix_size,
      release_message, rtmp_message_ref (root));

  copy->flags = message->flags & ~RTMP_MESSAGE_SEALED;
  copy->track = message->track;
  copy->codec = message->codec;
  copy->arrival_us = message->arrival_us;
  rtmp_message_seal (copy);
  return copy;
}

guint
rtmp_message_get_body (const RtmpMessage *message, RtmpSlice out[2])
{
  guint n = 0;

  if (message->prefix_size > 0)
    out[n++] = (RtmpSlice){ message->prefix, message->prefix_size };
  if (message->size > message->prefix_size)
    out[n++] = (RtmpSlice){ message->body, message->size - message->prefix_size };
  return n;
}

const guint8 *
rtmp_message_peek (const RtmpMessage *message, gsize *size)
{
  static const guint8 nothing[1];

  if (message->prefix_size > 0)
    return NULL;
  *size = message->size;
  return message->size > 0 ? message->body : nothing;
}

/* The longest contiguous piece of the body at @offset, at most @size bytes. */
static RtmpSlice
body_piece (const RtmpMessage *message, gsize offset, gsize size)
{
  RtmpSlice piece;

  if (offset < message->prefix_size) {
    piece.data = message->prefix + offset;
    piece.size = MIN (size, message->prefix_size - offset);
  } else {
    piece.data = message->body + (offset - message->prefix_size);
    piece.size = MIN (size, message->size - offset);
  }
  return piece;
}

gsize
rtmp_message_copy_out (const RtmpMessage *message, gsize offset, guint8 *dest, gsize size)
{
  gsize done = 0;

  while (done < size && offset + done < message->size) {
    RtmpSlice piece = body_piece (message, offset + done, size - done);

    memcpy (dest + done, piece.data, piece.size);
    done += piece.size;
  }
  return done;
}

gboolean
rtmp_message_is_media (const RtmpMessage *message)
{
  return message->type == RTMP_TYPE_AUDIO || message->type == RTMP_TYPE_VIDEO;
}

gsize
rtmp_message_wire_size (const RtmpMessage *message)
{
  gsize continuations = message->size > 0 ? (message->size - 1) / RTMP_CHUNK_SIZE_OUT : 0;

  return message->header_size + message->size + continuations * message->next_size;
}

static const guint8 *
header_for_msid (const RtmpMessage *message, guint32 msid, RtmpWireScratch *scratch)
{
  if (msid == message->msid)
    return message->header;
  memcpy (scratch->header, message->header, message->header_size);
  rtmp_put_u32_le (scratch->header + MSID_OFFSET, msid);
  return scratch->header;
}

/* The chunks' payloads and the headers between them, from @offset (counted
 * behind the first header) on. */
static guint
body_slices (const RtmpMessage *message, gsize offset, RtmpSlice *out, guint max)
{
  gsize unit = (gsize)RTMP_CHUNK_SIZE_OUT + message->next_size;
  gsize chunk = offset / unit, within = offset % unit;
  gsize start = chunk * RTMP_CHUNK_SIZE_OUT;
  guint n = 0;

  while (n < max && start < message->size) {
    gsize size = MIN (RTMP_CHUNK_SIZE_OUT, message->size - start);

    if (within < size) {
      out[n] = body_piece (message, start + within, size - within);
      within += out[n++].size;
    } else if (start + size < message->size) {
      gsize skip = within - size;

      out[n++] = (RtmpSlice){ message->next_header + skip, message->next_size - skip };
      start += size;
      within = 0;
    } else {
      break;
    }
  }
  return n;
}

guint
rtmp_message_wire_slices (const RtmpMessage *message, guint32 msid, gsize offset,
    RtmpSlice *out, guint max, RtmpWireScratch *scratch, gsize *bytes)
{
  guint n = 0, i;

  *bytes = 0;
  if (max > 0 && offset < message->header_size) {
    out[0].data = header_for_msid (message, msid, scratch) + offset;
    out[0].size = message->header_size - offset;
    offset = message->header_size;
    n = 1;
  }
  n += body_slices (message, offset - MIN (offset, message->header_size), out + n, max - n);
  for (i = 0; i < n; i++)
    *bytes += out[i].size;
  return n;
}
