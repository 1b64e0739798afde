/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Counts by message stream, type, codec and track.
 */
#include "rtmp-dump-text.h"

#include <stdio.h>

/* A peer may send any FourCC: no more rows than a person reads. */
#define MAX_ROWS 64

typedef struct _Row
{
  guint32 msid;
  guint32 codec;
  guint8 type;
  guint8 track;
  guint64 messages;
  guint64 bytes;
  guint64 headers;
  guint64 keyframes;
  guint64 backwards;
  guint32 first;
  guint32 last;
} Row;

struct _DumpSummary
{
  GArray *rows; /* of Row */
  guint64 others;
};

DumpSummary *
dump_summary_new (void)
{
  DumpSummary *summary = g_new0 (DumpSummary, 1);

  summary->rows = g_array_new (FALSE, TRUE, sizeof (Row));
  return summary;
}

void
dump_summary_free (DumpSummary *summary)
{
  g_array_unref (summary->rows);
  g_free (summary);
}

static Row *
find_row (DumpSummary *summary, const RtmpMessage *message, guint32 codec, guint8 track)
{
  Row row = { .msid = message->msid,
    .type = message->type,
    .codec = codec,
    .track = track,
    .first = message->timestamp,
    .last = message->timestamp };

  for (guint i = 0; i < summary->rows->len; i++) {
    Row *old = &g_array_index (summary->rows, Row, i);

    if (old->msid == row.msid && old->type == row.type && old->codec == codec &&
        old->track == track)
      return old;
  }
  if (summary->rows->len == MAX_ROWS)
    return NULL;
  g_array_append_val (summary->rows, row);
  return &g_array_index (summary->rows, Row, summary->rows->len - 1);
}

void
dump_summary_add (DumpSummary *summary, const RtmpMessage *message, const RtmpLimits *limits)
{
  RtmpTag tag = { .packet = RTMP_PACKET_FRAMES };
  gsize size;
  const guint8 *data = rtmp_message_peek (message, &size);
  Row *row;

  if (rtmp_message_is_media (message) && size > 0)
    rtmp_tag_parse (message->type, data, size, limits, &tag, NULL);
  row = find_row (summary, message, tag.codec, tag.track_id);
  if (row == NULL) {
    summary->others++;
    return;
  }
  row->messages++;
  row->bytes += message->size;
  row->headers += tag.packet == RTMP_PACKET_HEADER;
  row->keyframes +=
      tag.video && tag.packet == RTMP_PACKET_FRAMES && tag.frame_type == RTMP_FRAME_KEY;
  row->backwards += (gint32)(message->timestamp - row->last) < 0;
  row->last = message->timestamp;
}

static void
print_row (const Row *row)
{
  g_autoptr (GString) text = g_string_new ("# ");

  dump_append_type (text, row->type);
  if (row->codec != RTMP_CODEC_NONE)
    g_string_append_printf (text, " %s", rtmp_codec_name (row->codec));
  if (row->track != 0)
    g_string_append_printf (text, " track %u", row->track);
  g_string_append_printf (text,
      " on stream %u: %" G_GUINT64_FORMAT " messages, %" G_GUINT64_FORMAT " bytes, %u to %u ms",
      row->msid, row->messages, row->bytes, row->first, row->last);
  if (row->headers > 0)
    g_string_append_printf (text, ", %" G_GUINT64_FORMAT " headers", row->headers);
  if (row->keyframes > 0)
    g_string_append_printf (text, ", %" G_GUINT64_FORMAT " keyframes", row->keyframes);
  if (row->backwards > 0)
    g_string_append_printf (text, ", %" G_GUINT64_FORMAT " times backwards", row->backwards);
  printf ("%s\n", text->str);
}

void
dump_summary_print (const DumpSummary *summary)
{
  for (guint i = 0; i < summary->rows->len; i++)
    print_row (&g_array_index (summary->rows, Row, i));
  if (summary->others > 0)
    printf ("# others: %" G_GUINT64_FORMAT " messages\n", summary->others);
}
