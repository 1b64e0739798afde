/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * ChunkSender: everything by chance, and a model of what it means.
 */
#include "chunk-sender.h"

#include "chunk-log.h"
#include "protocol/rtmp-bytes.h"

#define N_STREAMS 6
#define EXTENDED 0xffffffu

typedef struct _Stream
{
  guint32 csid;
  gboolean long_form; /* csids that fit two bytes, in three */
  gboolean repeats;   /* the extended field in continuations */
  gboolean used;
  guint32 timestamp;
  guint32 delta;
  gboolean delta_usable; /* for fmt 3 */
  gboolean extended;
  guint32 field;
  guint32 msid;
  guint8 type;
  GByteArray *body; /* of the message being sent, else NULL */
  guint32 length;
  gsize sent;
} Stream;

/* Where a field was left out. */
typedef struct _Omission
{
  guint offset;
  guint32 field;
} Omission;

struct _ChunkSender
{
  GRand *rand;
  guint32 chunk_size;
  Stream streams[N_STREAMS];
  GArray *omissions; /* of Omission */
};

static gboolean
chance (ChunkSender *sender, gint one_in)
{
  return g_rand_int_range (sender->rand, 0, one_in) == 0;
}

static guint32
pick (ChunkSender *sender, const guint32 *values, guint n)
{
  return values[g_rand_int_range (sender->rand, 0, n)];
}

ChunkSender *
chunk_sender_new (GRand *rand)
{
  static const guint32 csids[] = { 3, 4, 63, 64, 319, 320, 65599, 5, 100, 1000 };
  ChunkSender *sender = g_new0 (ChunkSender, 1);
  guint first = g_rand_int_range (rand, 0, G_N_ELEMENTS (csids)), i;

  sender->rand = rand;
  sender->chunk_size = 128;
  sender->omissions = g_array_new (FALSE, FALSE, sizeof (Omission));
  for (i = 0; i < N_STREAMS; i++) {
    sender->streams[i].csid = csids[(first + i) % G_N_ELEMENTS (csids)];
    sender->streams[i].long_form = chance (sender, 2);
    sender->streams[i].repeats = chance (sender, 2);
  }
  return sender;
}

void
chunk_sender_free (ChunkSender *sender)
{
  guint i;

  for (i = 0; i < N_STREAMS; i++)
    g_clear_pointer (&sender->streams[i].body, g_byte_array_unref);
  g_array_unref (sender->omissions);
  g_free (sender);
}

gboolean
chunk_sender_is_ambiguous (const ChunkSender *sender, const GByteArray *bytes)
{
  guint i;

  for (i = 0; i < sender->omissions->len; i++) {
    const Omission *omission = &g_array_index (sender->omissions, Omission, i);

    if (omission->offset + 4 <= bytes->len &&
        rtmp_get_u32 (bytes->data + omission->offset) == omission->field)
      return TRUE;
  }
  return FALSE;
}

guint32
chunk_sender_get_chunk_size (const ChunkSender *sender)
{
  return sender->chunk_size;
}

static void
put (GByteArray *bytes, guint32 value, guint size)
{
  for (; size > 0; size--) {
    guint8 byte = size > 4 ? 0 : value >> (8 * (size - 1));

    g_byte_array_append (bytes, &byte, 1);
  }
}

static void
put_basic (GByteArray *bytes, guint fmt, const Stream *stream)
{
  guint32 rest = stream->csid - 64;

  if (stream->csid < 64) {
    put (bytes, fmt << 6 | stream->csid, 1);
  } else if (stream->csid < 320 && !stream->long_form) {
    put (bytes, fmt << 6, 1);
    put (bytes, rest, 1);
  } else {
    put (bytes, fmt << 6 | 1, 1);
    put (bytes, rest & 0xff, 1);
    put (bytes, rest >> 8, 1);
  }
}

static guint32
random_timestamp (ChunkSender *sender)
{
  static const guint32 edges[] = { 0, 1, 1000, EXTENDED - 1, EXTENDED, EXTENDED + 1, 0x7fffffff,
    0x80000000, 0xfffffff0, 0xffffffff };

  return chance (sender, 3) ? g_rand_int (sender->rand) : pick (sender, edges, 10);
}

/* Any step whose meaning is beyond doubt; the readers' guess that a large
 * extended delta is an absolute time is for other tests. */
static guint32
random_delta (ChunkSender *sender, const Stream *stream)
{
  static const guint32 small[] = { 0, 1, 20, 33, 40, EXTENDED - 1 };
  static const guint32 extended[] = { EXTENDED, EXTENDED + 1, 0x40000000 };

  if (stream->delta_usable && stream->delta < EXTENDED && chance (sender, 3))
    return stream->delta;
  if (chance (sender, 6))
    return -(guint32)g_rand_int_range (sender->rand, 1, 5000);
  if (stream->timestamp < EXTENDED && chance (sender, 6))
    return pick (sender, extended, 3);
  return pick (sender, small, 6);
}

static guint32
random_length (ChunkSender *sender)
{
  static const guint32 edges[] = { 0, 1, 3, 4, 5, 127, 128, 129, 256, 300 };

  if (chance (sender, 12))
    return g_rand_int_range (sender->rand, 4000, 9000);
  return chance (sender, 3) ? (guint32)g_rand_int_range (sender->rand, 0, 600)
                            : pick (sender, edges, 10);
}

static void
fill_body (ChunkSender *sender, Stream *stream)
{
  /* payload that begins like the field, chunk after chunk */
  gboolean tempting = stream->extended && chance (sender, 2);
  gsize i;

  stream->body = g_byte_array_new ();
  g_byte_array_set_size (stream->body, stream->length);
  for (i = 0; i < stream->length; i++)
    stream->body->data[i] =
        tempting ? stream->field >> 24 : (guint8)(g_rand_int (sender->rand) >> 24);
  stream->sent = 0;
}

static void
put_times (GByteArray *bytes, Stream *stream, guint fmt, guint32 value)
{
  if (fmt != 3) {
    stream->extended = value >= EXTENDED;
    stream->field = value;
    put (bytes, MIN (value, EXTENDED), 3);
  }
}

static guint
choose_fmt (ChunkSender *sender, Stream *stream)
{
  guint best = 0;

  if (!stream->used || chance (sender, 4))
    return 0;
  best = g_rand_int_range (sender->rand, 1, 4);
  /* a fmt 3 after extended fmt 0 is read as the time again, by design */
  if (best == 3 && !stream->delta_usable)
    best = 2;
  return best;
}

static void
begin_message (ChunkSender *sender, Stream *stream, GByteArray *bytes)
{
  static const guint32 types[] = { 8, 9, 18, 20, 15, 0, 77 };
  guint fmt = choose_fmt (sender, stream);
  guint32 value = 0;

  if (fmt == 0) {
    value = random_timestamp (sender);
    stream->timestamp = value;
    stream->msid = chance (sender, 2) ? 1 : g_rand_int (sender->rand);
  } else {
    value = fmt == 3 ? stream->delta : random_delta (sender, stream);
    stream->timestamp += value;
    stream->delta = value;
  }
  stream->delta_usable = fmt != 0;
  if (fmt <= 1) {
    stream->length = random_length (sender);
    stream->type = pick (sender, types, G_N_ELEMENTS (types));
  }

  put_basic (bytes, fmt, stream);
  put_times (bytes, stream, fmt, value);
  if (fmt <= 1) {
    put (bytes, stream->length, 3);
    put (bytes, stream->type, 1);
  }
  if (fmt == 0)
    put (bytes, GUINT32_SWAP_LE_BE (stream->msid), 4);
  if (stream->extended)
    put (bytes, stream->field, 4);
  stream->used = TRUE;
  fill_body (sender, stream);
}

static void
continue_message (ChunkSender *sender, Stream *stream, GByteArray *bytes)
{
  put_basic (bytes, 3, stream);
  if (stream->extended && (stream->repeats || stream->field == 0)) {
    put (bytes, stream->field, 4);
  } else if (stream->extended) {
    Omission omission = { bytes->len, stream->field };

    g_array_append_val (sender->omissions, omission);
  }
}

static void
end_message (Stream *stream, GString *log)
{
  RtmpMessage *message = rtmp_message_new_copy (
      stream->type, stream->timestamp, stream->msid, stream->body->data, stream->body->len);

  message->csid = stream->csid;
  chunk_log_message (log, message);
  rtmp_message_unref (message);
  g_clear_pointer (&stream->body, g_byte_array_unref);
}

static void
put_payload (ChunkSender *sender, Stream *stream, GByteArray *bytes, GString *log)
{
  gsize size = MIN (sender->chunk_size, stream->length - stream->sent);

  g_byte_array_append (bytes, stream->body->data + stream->sent, size);
  stream->sent += size;
  if (stream->sent == stream->length)
    end_message (stream, log);
}

static void
put_control (guint type, guint32 value, GByteArray *bytes, GString *log)
{
  put (bytes, 2, 1);
  put (bytes, 0, 3);
  put (bytes, 4, 3);
  put (bytes, type, 1);
  put (bytes, 0, 4);
  put (bytes, value, 4);
  g_string_append_printf (log, "csid 2 type %u msid 0 time 0 size 4: %08x\n", type, value);
}

static void
change_chunk_size (ChunkSender *sender, GByteArray *bytes, GString *log)
{
  static const guint32 sizes[] = { 1, 1, 2, 3, 4, 5, 64, 128, 129, 4096, 0x7fffffff };
  guint32 size = pick (sender, sizes, G_N_ELEMENTS (sizes));

  put (bytes, 2, 1);
  put (bytes, 0, 3);
  put (bytes, 4, 3);
  put (bytes, 1, 1);
  put (bytes, 0, 4);
  /* this very message may be cut: it is the old size that counts */
  if (sender->chunk_size < 4) {
    guint32 left = 4;

    while (left > 0) {
      guint n = MIN (sender->chunk_size, left);

      put (bytes, size >> (8 * (left - n)), n);
      left -= n;
      if (left > 0)
        put (bytes, 0xc2, 1);
    }
  } else {
    put (bytes, size, 4);
  }
  g_string_append_printf (log, "csid 2 type 1 msid 0 time 0 size 4: %08x\n", size);
  sender->chunk_size = size;
}

static void
abort_one (ChunkSender *sender, Stream *stream, GByteArray *bytes, GString *log)
{
  if (sender->chunk_size < 4)
    return;
  put_control (RTMP_TYPE_ABORT, stream->csid, bytes, log);
  g_clear_pointer (&stream->body, g_byte_array_unref);
}

void
chunk_sender_step (ChunkSender *sender, GByteArray *bytes, GString *log)
{
  Stream *stream = &sender->streams[g_rand_int_range (sender->rand, 0, N_STREAMS)];

  if (chance (sender, 12)) {
    change_chunk_size (sender, bytes, log);
  } else if (chance (sender, 40)) {
    abort_one (sender, stream, bytes, log);
  } else if (stream->body == NULL) {
    begin_message (sender, stream, bytes);
    put_payload (sender, stream, bytes, log);
  } else {
    continue_message (sender, stream, bytes);
    put_payload (sender, stream, bytes, log);
  }
}

void
chunk_sender_finish (ChunkSender *sender, GByteArray *bytes, GString *log)
{
  guint i;

  for (i = 0; i < N_STREAMS; i++) {
    while (sender->streams[i].body != NULL) {
      continue_message (sender, &sender->streams[i], bytes);
      put_payload (sender, &sender->streams[i], bytes, log);
    }
  }
  put (bytes, 2, 1);
  put (bytes, 0, 6);
  put (bytes, RTMP_TYPE_ACK, 1);
  put (bytes, 0, 4);
  g_string_append (log, "csid 2 type 3 msid 0 time 0 size 0\n");
}
