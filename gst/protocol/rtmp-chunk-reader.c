/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * RtmpChunkReader: one function per state under run(); each takes bytes from a
 * cursor and says whether the machine can go on. Timestamps are rtmp-chunk-time.
 */
#include "rtmp-chunk-reader.h"
#include "rtmp-bytes.h"
#include "rtmp-chunk-time.h"
#include "rtmp-error.h"

#define SMALL_CHUNK 16
#define MAX_HEADER 11
#define NO_CONTINUATION 0x100

typedef enum
{
  STATE_BASIC,
  STATE_HEADER,
  STATE_EXTENDED,        /* the field belongs to a header */
  STATE_EXTENDED_REPEAT, /* a continuation whose peer repeats the field */
  STATE_EXTENDED_PEEK,   /* a continuation whose peer may repeat it */
  STATE_PAYLOAD,
} State;

typedef struct _ChunkStream
{
  guint32 csid;
  guint32 length;
  guint32 msid;
  guint8 type;
  guint8 fmt; /* that began the message */
  RtmpChunkTime time;
  RtmpMessage *message; /* half received, else NULL */
} ChunkStream;

struct _RtmpChunkReader
{
  const RtmpLimits *limits;
  RtmpFmt3Mode fmt3;
  gboolean strict;
  guint32 chunk_size;

  State state;
  guint8 fmt;
  guint8 have; /* bytes in scratch */
  guint8 scratch[MAX_HEADER];
  /* bytes taken for an extended timestamp that turned out to be payload */
  guint8 replay[4];
  guint8 replay_size;

  GArray *streams;      /* of ChunkStream */
  guint current;        /* index of the chunk's stream */
  guint32 chunk_left;   /* payload bytes of the chunk still to come */
  guint16 continuation; /* the byte that goes on with its message, if one can */

  gsize partial;
  guint64 small_chunks;
  guint64 position;
  RtmpMessage *done;
  guint8 done_fmt;
  gboolean done_extended;
  GError *error;
};

RtmpChunkReader *
rtmp_chunk_reader_new (const RtmpLimits *limits)
{
  RtmpChunkReader *reader = g_new0 (RtmpChunkReader, 1);

  reader->limits = limits;
  reader->chunk_size = RTMP_CHUNK_SIZE_DEFAULT;
  reader->streams = g_array_sized_new (FALSE, TRUE, sizeof (ChunkStream), 4);
  return reader;
}

static ChunkStream *
get_stream (const RtmpChunkReader *reader, guint index)
{
  return &g_array_index (reader->streams, ChunkStream, index);
}

void
rtmp_chunk_reader_free (RtmpChunkReader *reader)
{
  guint i;

  for (i = 0; i < reader->streams->len; i++)
    g_clear_pointer (&get_stream (reader, i)->message, rtmp_message_unref);
  g_array_unref (reader->streams);
  g_clear_pointer (&reader->done, rtmp_message_unref);
  g_clear_error (&reader->error);
  g_free (reader);
}

void
rtmp_chunk_reader_set_limits (RtmpChunkReader *reader, const RtmpLimits *limits)
{
  reader->limits = limits;
}

void
rtmp_chunk_reader_set_fmt3 (RtmpChunkReader *reader, RtmpFmt3Mode mode)
{
  reader->fmt3 = mode;
}

void
rtmp_chunk_reader_set_strict (RtmpChunkReader *reader, gboolean strict)
{
  reader->strict = strict;
}

void
rtmp_chunk_reader_set_chunk_size (RtmpChunkReader *reader, guint32 size)
{
  reader->chunk_size = CLAMP (size, 1, G_MAXINT32);
}

guint32
rtmp_chunk_reader_get_chunk_size (const RtmpChunkReader *reader)
{
  return reader->chunk_size;
}

gsize
rtmp_chunk_reader_get_partial (const RtmpChunkReader *reader)
{
  return reader->partial;
}

guint
rtmp_chunk_reader_get_n_streams (const RtmpChunkReader *reader)
{
  return reader->streams->len;
}

guint64
rtmp_chunk_reader_get_small_chunks (const RtmpChunkReader *reader)
{
  return reader->small_chunks;
}

void
rtmp_chunk_reader_get_info (const RtmpChunkReader *reader, RtmpChunkInfo *info)
{
  info->fmt = reader->done_fmt;
  info->extended = reader->done_extended;
  info->position = reader->position;
}

/* FALSE, as the states return when the machine cannot go on. */
static gboolean G_GNUC_PRINTF (3, 4)
    fail (RtmpChunkReader *reader, RtmpErrorCode code, const gchar *format, ...)
{
  va_list args;

  va_start (args, format);
  reader->error = g_error_new_valist (RTMP_ERROR, code, format, args);
  va_end (args);
  return FALSE;
}

/* TRUE when the scratch holds @size bytes. */
static gboolean
collect (RtmpChunkReader *reader, RtmpCursor *in, guint size)
{
  gsize n = MIN (in->left, (gsize)size - reader->have);

  memcpy (reader->scratch + reader->have, rtmp_cursor_take (in, n), n);
  reader->have += n;
  return reader->have == size;
}

static gboolean
enter (RtmpChunkReader *reader, State state)
{
  reader->state = state;
  reader->have = 0;
  return TRUE;
}

static guint32
max_message_size (const RtmpLimits *limits, guint8 type)
{
  switch (type) {
    case RTMP_TYPE_VIDEO:
    case RTMP_TYPE_AGGREGATE:
      return limits->max_video_size;
    case RTMP_TYPE_AUDIO:
      return limits->max_audio_size;
    case RTMP_TYPE_COMMAND:
    case RTMP_TYPE_COMMAND_AMF3:
      return limits->max_command_size;
    case RTMP_TYPE_SET_CHUNK_SIZE:
    case RTMP_TYPE_ABORT:
    case RTMP_TYPE_ACK:
    case RTMP_TYPE_USER_CONTROL:
    case RTMP_TYPE_WINDOW_ACK_SIZE:
    case RTMP_TYPE_SET_PEER_BANDWIDTH:
      return limits->max_control_size;
    default:
      return limits->max_data_size;
  }
}

static gboolean
apply_chunk_size (RtmpChunkReader *reader, guint32 size)
{
  if (size == 0)
    return fail (reader, RTMP_ERROR_PROTOCOL, "chunk size too small");
  if (size > G_MAXINT32)
    return fail (reader, RTMP_ERROR_PROTOCOL, "chunk size top bit set");
  reader->chunk_size = size;
  return TRUE;
}

static void
abort_message (RtmpChunkReader *reader, guint32 csid)
{
  guint i;

  for (i = 0; i < reader->streams->len; i++) {
    ChunkStream *stream = get_stream (reader, i);

    if (stream->csid == csid && stream->message != NULL) {
      reader->partial -= stream->message->size;
      g_clear_pointer (&stream->message, rtmp_message_unref);
    }
  }
}

static gboolean
finish_message (RtmpChunkReader *reader, ChunkStream *stream)
{
  RtmpMessage *message = g_steal_pointer (&stream->message);

  reader->partial -= message->size;
  reader->done = message;
  reader->done_fmt = stream->fmt;
  reader->done_extended = stream->time.extended;
  enter (reader, STATE_BASIC);

  if (message->type == RTMP_TYPE_SET_CHUNK_SIZE && message->size >= 4)
    return apply_chunk_size (reader, rtmp_get_u32 (message->body));
  if (message->type == RTMP_TYPE_ABORT && message->size >= 4)
    abort_message (reader, rtmp_get_u32 (message->body));
  return TRUE;
}

/* The header of a chunk is complete; its message exists. */
static gboolean
begin_payload (RtmpChunkReader *reader, ChunkStream *stream)
{
  guint32 missing = stream->length - stream->message->size;

  if (missing == 0)
    return finish_message (reader, stream);
  reader->chunk_left = MIN (reader->chunk_size, missing);
  if (stream->message->size > 0 && reader->chunk_left < SMALL_CHUNK)
    reader->small_chunks++;
  reader->continuation =
      stream->csid < 64 && !stream->time.extended ? 0xc0 | stream->csid : NO_CONTINUATION;
  return enter (reader, STATE_PAYLOAD);
}

static gboolean
begin_message (RtmpChunkReader *reader, ChunkStream *stream)
{
  guint32 max = max_message_size (reader->limits, stream->type);

  if (stream->length > max)
    return fail (reader, RTMP_ERROR_LIMIT, "message too long: type %u, %u bytes, limit %u",
        stream->type, stream->length, max);
  stream->message = rtmp_message_new_sized (
      stream->type, stream->time.timestamp, stream->msid, stream->length);
  stream->message->csid = stream->csid;
  stream->fmt = reader->fmt;
  return begin_payload (reader, stream);
}

/* A peer that repeats the previous absolute time as fmt 3 right after fmt 0
 * means "no time has passed", not "twice the time". Media of the same message
 * stream that is still near the old time tells. */
static gboolean
neighbour_is_near (const RtmpChunkReader *reader, const ChunkStream *stream)
{
  guint i;

  for (i = 0; i < reader->streams->len; i++) {
    const ChunkStream *other = get_stream (reader, i);

    if (i != reader->current && other->msid == stream->msid &&
        (other->type == RTMP_TYPE_AUDIO || other->type == RTMP_TYPE_VIDEO) &&
        rtmp_chunk_time_is_near (&other->time, stream->time.timestamp))
      return TRUE;
  }
  return FALSE;
}

/* Timestamp field and extended field are known: @value is what they say. */
static gboolean
end_header (RtmpChunkReader *reader, ChunkStream *stream, guint32 value)
{
  RtmpChunkTime *time = &stream->time;

  if (stream->message != NULL) {
    time->field = value; /* what a continuation may repeat; else it means nothing */
    return begin_payload (reader, stream);
  }

  if (reader->fmt == 0)
    rtmp_chunk_time_set (time, value, reader->fmt3 == RTMP_FMT3_REPEAT);
  else if (reader->fmt != 3)
    rtmp_chunk_time_add (time, value);
  else if (rtmp_chunk_time_would_jump (time) && neighbour_is_near (reader, stream))
    rtmp_chunk_time_stay (time);
  else
    rtmp_chunk_time_repeat (time, value);
  return begin_message (reader, stream);
}

static gboolean
begin_fmt3 (RtmpChunkReader *reader, ChunkStream *stream)
{
  const RtmpChunkTime *time = &stream->time;

  if (!time->extended)
    return end_header (reader, stream, time->field);
  /* where a message begins every dialect has the field */
  if (stream->message == NULL)
    return enter (reader, STATE_EXTENDED);
  switch (time->dialect) {
    case RTMP_CHUNK_TIME_OMITS:
      return begin_payload (reader, stream);
    case RTMP_CHUNK_TIME_REPEATS:
      return enter (reader, STATE_EXTENDED_REPEAT);
    default:
      return enter (reader, STATE_EXTENDED_PEEK);
  }
}

static gboolean
find_stream (RtmpChunkReader *reader, guint32 csid)
{
  guint i;

  if (reader->current < reader->streams->len &&
      get_stream (reader, reader->current)->csid == csid)
    return TRUE;
  for (i = 0; i < reader->streams->len; i++) {
    if (get_stream (reader, i)->csid == csid) {
      reader->current = i;
      return TRUE;
    }
  }
  return FALSE;
}

static gboolean
add_stream (RtmpChunkReader *reader, guint32 csid, guint fmt)
{
  guint n = reader->streams->len;

  if (fmt > 1 || (fmt == 1 && reader->strict))
    return fail (reader, RTMP_ERROR_PROTOCOL,
        "fresh chunk stream must start with fmt 0: csid %u, fmt %u", csid, fmt);
  if (n >= reader->limits->max_chunk_streams)
    return fail (reader, RTMP_ERROR_LIMIT, "too many chunk streams: limit %u",
        reader->limits->max_chunk_streams);
  g_array_set_size (reader->streams, n + 1);
  get_stream (reader, n)->csid = csid;
  reader->current = n;
  return TRUE;
}

static gboolean
begin_chunk (RtmpChunkReader *reader, guint fmt, guint32 csid)
{
  ChunkStream *stream;

  if (!find_stream (reader, csid) && !add_stream (reader, csid, fmt))
    return FALSE;
  stream = get_stream (reader, reader->current);
  reader->fmt = fmt;
  if (fmt == 3)
    return begin_fmt3 (reader, stream);
  if (fmt == 0 && stream->message != NULL)
    return fail (reader, RTMP_ERROR_PROTOCOL, "fmt 0 in mid message: csid %u", csid);
  return enter (reader, STATE_HEADER);
}

static gboolean
on_basic (RtmpChunkReader *reader, RtmpCursor *in)
{
  const guint8 *scratch = reader->scratch;
  guint low;
  guint32 csid;

  if (!collect (reader, in, MAX (reader->have, 1)))
    return FALSE;
  low = scratch[0] & 0x3f;
  if (low < 2 && !collect (reader, in, 2 + low))
    return FALSE;
  if (low == 0)
    csid = 64 + scratch[1];
  else if (low == 1)
    csid = 64 + scratch[1] + 256 * scratch[2];
  else
    csid = low;
  return begin_chunk (reader, scratch[0] >> 6, csid);
}

static gboolean
take_length_and_type (RtmpChunkReader *reader, ChunkStream *stream)
{
  guint32 length = rtmp_get_u24 (reader->scratch + 3);
  guint8 type = reader->scratch[6];

  if (stream->message != NULL && length != stream->length)
    return fail (reader, RTMP_ERROR_PROTOCOL,
        "message length changed in mid message: csid %u, %u to %u", stream->csid,
        stream->length, length);
  if (stream->message != NULL && type != stream->type)
    return fail (reader, RTMP_ERROR_PROTOCOL,
        "message type changed in mid message: csid %u, %u to %u", stream->csid, stream->type,
        type);
  stream->length = length;
  stream->type = type;
  return TRUE;
}

static gboolean
on_header (RtmpChunkReader *reader, RtmpCursor *in)
{
  static const guint8 sizes[] = { 11, 7, 3 };
  ChunkStream *stream = get_stream (reader, reader->current);
  guint32 field;

  if (!collect (reader, in, sizes[reader->fmt]))
    return FALSE;
  if (reader->fmt <= 1 && !take_length_and_type (reader, stream))
    return FALSE;
  if (reader->fmt == 0)
    stream->msid = rtmp_get_u32_le (reader->scratch + 7);

  field = rtmp_get_u24 (reader->scratch);
  stream->time.extended = field == RTMP_CHUNK_TIME_EXTENDED;
  if (stream->time.extended)
    return enter (reader, STATE_EXTENDED);
  return end_header (reader, stream, field);
}

static gboolean
on_extended (RtmpChunkReader *reader, RtmpCursor *in)
{
  ChunkStream *stream = get_stream (reader, reader->current);
  guint32 value;

  if (!collect (reader, in, 4))
    return FALSE;
  value = rtmp_get_u32 (reader->scratch);
  return end_header (reader, stream, value);
}

static gboolean
on_extended_repeat (RtmpChunkReader *reader, RtmpCursor *in)
{
  if (!collect (reader, in, 4))
    return FALSE;
  return begin_payload (reader, get_stream (reader, reader->current));
}

/* The field's bytes are compared as they come. What was taken from earlier slices
 * and turns out to be payload, or even the header behind it, is read again. */
static gboolean
on_extended_peek (RtmpChunkReader *reader, RtmpCursor *in)
{
  ChunkStream *stream = get_stream (reader, reader->current);
  guint8 field[4];
  gsize n = MIN (in->left, 4u - reader->have);

  rtmp_put_u32 (field, stream->time.field);
  /* 0 says nothing: payload is full of zeros, so believe the specification */
  if (stream->time.field != 0 && memcmp (field + reader->have, in->data, n) != 0) {
    gboolean again = reader->have > 0;

    rtmp_chunk_time_observe (&stream->time, RTMP_CHUNK_TIME_OMITS);
    if (again) {
      collect (reader, in, 4);
      memcpy (reader->replay, reader->scratch, reader->have);
      reader->replay_size = reader->have;
    }
    return begin_payload (reader, stream) && !again;
  }
  if (!collect (reader, in, 4))
    return FALSE;
  if (stream->time.field != 0)
    rtmp_chunk_time_observe (&stream->time, RTMP_CHUNK_TIME_REPEATS);
  return begin_payload (reader, stream);
}

/* Whole chunks that lie ready one behind the other, each followed by one more:
 * a frame in chunks of 128 bytes is thousands of them. */
static gsize
count_whole_chunks (const RtmpChunkReader *reader, guint32 missing, const RtmpCursor *in)
{
  gsize size = reader->chunk_size, unit = size + 1;
  gsize max = MIN ((missing - 1) / size, in->left / unit);
  const guint8 *next = in->data + size;
  gsize n = 0;

  for (; n < max && *next == reader->continuation; next += unit)
    n++;
  return n;
}

static gboolean
take_whole_chunks (RtmpChunkReader *reader, ChunkStream *stream, RtmpCursor *in, gsize n)
{
  gsize size = reader->chunk_size, i;
  guint8 *body = rtmp_message_extend (stream->message, n * size, stream->length);
  const guint8 *data = rtmp_cursor_take (in, n * (size + 1));

  for (i = 0; i < n; i++)
    memcpy (body + i * size, data + i * (size + 1), size);
  reader->partial += n * size;
  return begin_payload (reader, stream);
}

static gboolean
on_payload (RtmpChunkReader *reader, RtmpCursor *in)
{
  ChunkStream *stream = get_stream (reader, reader->current);
  gsize allowed = reader->limits->max_partial_bytes -
                  MIN (reader->partial, reader->limits->max_partial_bytes);
  gsize n = MIN (in->left, reader->chunk_left);

  if (reader->chunk_left == reader->chunk_size && in->left > n && n >= SMALL_CHUNK) {
    gsize chunks = count_whole_chunks (reader, stream->length - stream->message->size, in);

    if (chunks > 0 && chunks * n <= allowed)
      return take_whole_chunks (reader, stream, in, chunks);
  }
  if (n > allowed)
    return fail (reader, RTMP_ERROR_LIMIT, "too many bytes of incomplete messages: limit %u",
        reader->limits->max_partial_bytes);

  rtmp_message_append (stream->message, rtmp_cursor_take (in, n), n, stream->length);
  reader->partial += n;
  reader->chunk_left -= n;
  if (stream->message->size == stream->length)
    return finish_message (reader, stream);
  return reader->chunk_left > 0 || enter (reader, STATE_BASIC);
}

static void
run (RtmpChunkReader *reader, RtmpCursor *in)
{
  static gboolean (*const states[]) (RtmpChunkReader *, RtmpCursor *) = {
    [STATE_BASIC] = on_basic,
    [STATE_HEADER] = on_header,
    [STATE_EXTENDED] = on_extended,
    [STATE_EXTENDED_REPEAT] = on_extended_repeat,
    [STATE_EXTENDED_PEEK] = on_extended_peek,
    [STATE_PAYLOAD] = on_payload,
  };

  while (reader->done == NULL && in->left > 0 && states[reader->state](reader, in))
    ;
}

static void
run_replay (RtmpChunkReader *reader)
{
  RtmpCursor in = rtmp_cursor (reader->replay, reader->replay_size);

  run (reader, &in);
  memmove (reader->replay, in.data, in.left);
  reader->replay_size = in.left;
}

static gboolean
can_run (const RtmpChunkReader *reader)
{
  return reader->done == NULL && reader->error == NULL;
}

gssize
rtmp_chunk_reader_push (RtmpChunkReader *reader, const guint8 *data, gsize size, GError **error)
{
  RtmpCursor in = rtmp_cursor (data, size);

  do {
    if (can_run (reader) && reader->replay_size > 0)
      run_replay (reader);
    if (can_run (reader))
      run (reader, &in);
  } while (can_run (reader) && reader->replay_size > 0);
  reader->position += size - in.left;

  if (reader->error != NULL) {
    g_propagate_error (error, g_error_copy (reader->error));
    return -1;
  }
  return size - in.left;
}

RtmpMessage *
rtmp_chunk_reader_pull (RtmpChunkReader *reader)
{
  RtmpMessage *message = g_steal_pointer (&reader->done);

  if (reader->replay_size > 0 && reader->error == NULL)
    run_replay (reader);
  return message;
}
