/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * rtmp-dump: one recorded direction of an RTMP session, line by line.
 *
 * A line: byte offset at which the message began (where several are interleaved:
 * behind the one that ended before it), [csid/msid], fmt of its first chunk ("+":
 * with extended timestamp), timestamp in ms, type, size, and what it says. Parts of
 * an aggregate follow it, indented. "!" lines are errors; the first one ends the
 * dump, as nothing behind it can be told apart, and makes the exit status 1.
 */
#include "rtmp-dump-text.h"

#include "protocol/rtmp-aggregate.h"
#include "protocol/rtmp-bytes.h"
#include "protocol/rtmp-chunk-reader.h"
#include "protocol/rtmp-handshake-digest.h"
#include "protocol/rtmp-handshake.h"

#include <stdio.h>

#define READ_SIZE 65536
#define PACKET RTMP_HANDSHAKE_PACKET
#define HANDSHAKE (1 + 2 * PACKET)

typedef struct _Dump
{
  RtmpLimits limits;
  RtmpChunkReader *reader;
  DumpSummary *summary;
  FILE *file;
  guint64 start; /* of the chunk stream */
  guint64 from;  /* where the next message begins */
  gboolean json;
  gboolean media; /* a line for each audio and video message */
} Dump;

static gboolean option_no_handshake;
static gboolean option_json;
static gchar *option_media;
static gint option_chunk_size = RTMP_CHUNK_SIZE_DEFAULT;
static gchar **option_files;

static const GOptionEntry entries[] = { { "no-handshake", 'n', 0, G_OPTION_ARG_NONE,
                                            &option_no_handshake,
                                            "The recording begins behind the handshake", NULL },
  { "chunk-size", 'c', 0, G_OPTION_ARG_INT, &option_chunk_size,
      "Chunk size at the beginning (128)", "BYTES" },
  { "media", 'm', 0, G_OPTION_ARG_STRING, &option_media,
      "Audio and video: a line each (all), or only counted (summary)", "all|summary" },
  { "json", 'j', 0, G_OPTION_ARG_NONE, &option_json, "A JSON object a line", NULL },
  { G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &option_files, NULL, "[FILE]" },
  { NULL } };

/* ---- output ---------------------------------------------------------- */

static void
append_json_string (GString *out, const gchar *text)
{
  g_string_append_c (out, '"');
  for (; *text != '\0'; text++) {
    if (*text == '"' || *text == '\\')
      g_string_append_c (out, '\\');
    g_string_append_c (out, *text);
  }
  g_string_append_c (out, '"');
}

static void
print_message_json (const Dump *dump, const RtmpMessage *message, const RtmpChunkInfo *info,
    guint64 offset, const gchar *type, const gchar *body)
{
  g_autoptr (GString) out = g_string_new (NULL);

  g_string_append_printf (out,
      "{\"offset\":%" G_GUINT64_FORMAT ",\"csid\":%u,\"msid\":%u,\"part\":%s,", offset,
      message->csid, message->msid, info == NULL ? "true" : "false");
  if (info != NULL)
    g_string_append_printf (
        out, "\"fmt\":%u,\"extended\":%s,", info->fmt, info->extended ? "true" : "false");
  g_string_append_printf (
      out, "\"time\":%u,\"type\":\"%s\",\"size\":%u,", message->timestamp, type, message->size);
  g_string_append (out, "\"text\":");
  append_json_string (out, body);
  printf ("%s}\n", out->str);
}

/* @info NULL: part of an aggregate. */
static void
print_message (
    const Dump *dump, const RtmpMessage *message, const RtmpChunkInfo *info, guint64 offset)
{
  g_autoptr (GString) type = g_string_new (NULL);
  g_autoptr (GString) body = g_string_new (NULL);

  dump_append_type (type, message->type);
  dump_append_body (body, message, &dump->limits);
  if (dump->json)
    print_message_json (dump, message, info, offset, type->str, body->str);
  else if (info != NULL)
    printf ("%8" G_GUINT64_FORMAT " [%u/%u] fmt%u%s %u %s %u: %s\n", offset, message->csid,
        message->msid, info->fmt, info->extended ? "+" : "", message->timestamp, type->str,
        message->size, body->str);
  else
    printf (
        "           | %u %s %u: %s\n", message->timestamp, type->str, message->size, body->str);
}

static void
print_note (const Dump *dump, guint64 offset, const gchar *kind, const gchar *text)
{
  if (dump->json) {
    g_autoptr (GString) out = g_string_new (NULL);

    g_string_append_printf (out, "{\"offset\":%" G_GUINT64_FORMAT ",\"%s\":", offset,
        g_str_equal (kind, "!") ? "error" : kind);
    append_json_string (out, text);
    printf ("%s}\n", out->str);
  } else {
    printf ("%8" G_GUINT64_FORMAT " %s %s\n", offset, kind, text);
  }
}

/* ---- handshake ------------------------------------------------------- */

static const gchar *
find_digest (const guint8 *packet)
{
  RtmpDigestScheme scheme;
  guint8 digest[RTMP_DIGEST_SIZE];

  if (rtmp_digest_find_1 (FALSE, packet, &scheme, digest))
    return scheme == RTMP_DIGEST_FIRST ? "signed by a client" : "signed by a client, key first";
  if (rtmp_digest_find_1 (TRUE, packet, &scheme, digest))
    return scheme == RTMP_DIGEST_FIRST ? "signed by a server" : "signed by a server, key first";
  return "not signed";
}

/* FALSE: the file is too short, or this is something else. */
static gboolean
dump_handshake (Dump *dump)
{
  guint8 bytes[HANDSHAKE];
  gsize size = fread (bytes, 1, sizeof bytes, dump->file);
  const guint8 *first = bytes + 1, *second = first + PACKET;
  g_autofree gchar *text = NULL;

  if (size > 0 && bytes[0] != 3) {
    print_note (dump, 0, "!", "this is no RTMP version 3 (--no-handshake?)");
    return FALSE;
  }
  if (size < sizeof bytes) {
    print_note (dump, size, "!", "the recording ends within the handshake");
    return FALSE;
  }
  print_note (dump, 0, "handshake", "version 3");
  text = g_strdup_printf ("packet 1: time %u, version %u.%u.%u.%u, %s", rtmp_get_u32 (first),
      first[4], first[5], first[6], first[7], find_digest (first));
  print_note (dump, 1, "handshake", text);
  g_free (text);
  text = g_strdup_printf (
      "packet 2: time %u, read at %u", rtmp_get_u32 (second), rtmp_get_u32 (second + 4));
  print_note (dump, 1 + PACKET, "handshake", text);
  dump->start = dump->from = HANDSHAKE;
  return TRUE;
}

/* ---- chunks ---------------------------------------------------------- */

static void
dump_parts (Dump *dump, const RtmpMessage *aggregate, guint64 offset)
{
  g_autoptr (GPtrArray) parts =
      g_ptr_array_new_with_free_func ((GDestroyNotify)rtmp_message_unref);
  g_autoptr (GError) error = NULL;

  rtmp_aggregate_unpack (aggregate, &dump->limits, parts, &error);
  for (guint i = 0; i < parts->len; i++) {
    const RtmpMessage *part = g_ptr_array_index (parts, i);

    dump_summary_add (dump->summary, part, &dump->limits);
    if (dump->media || !rtmp_message_is_media (part))
      print_message (dump, part, NULL, offset);
  }
  /* the session ends here; the chunk stream does not */
  if (error != NULL)
    print_note (dump, offset, "note", error->message);
}

static void
dump_message (Dump *dump, const RtmpMessage *message, const RtmpChunkInfo *info)
{
  guint64 offset = dump->from;

  dump->from = dump->start + info->position;
  dump_summary_add (dump->summary, message, &dump->limits);
  if (dump->media || !rtmp_message_is_media (message))
    print_message (dump, message, info, offset);
  if (message->type == RTMP_TYPE_AGGREGATE)
    dump_parts (dump, message, offset);
}

/* One message at most comes out of a push, and more of what was kept back. */
static void
pull_all (Dump *dump)
{
  RtmpChunkInfo info;
  RtmpMessage *message;

  for (;;) {
    rtmp_chunk_reader_get_info (dump->reader, &info);
    message = rtmp_chunk_reader_pull (dump->reader);
    if (message == NULL)
      return;
    dump_message (dump, message, &info);
    rtmp_message_unref (message);
  }
}

static gboolean
dump_bytes (Dump *dump, const guint8 *data, gsize size)
{
  g_autoptr (GError) error = NULL;
  gsize done = 0;

  while (done < size && error == NULL) {
    gssize n = rtmp_chunk_reader_push (dump->reader, data + done, size - done, &error);

    pull_all (dump);
    done += MAX (n, 0);
  }
  if (error == NULL && rtmp_chunk_reader_push (dump->reader, NULL, 0, &error) == 0)
    return TRUE;
  if (error != NULL) {
    RtmpChunkInfo info;

    rtmp_chunk_reader_get_info (dump->reader, &info);
    print_note (dump, dump->start + info.position, "!", error->message);
  }
  return FALSE;
}

static gboolean
dump_chunks (Dump *dump)
{
  g_autofree guint8 *buffer = g_malloc (READ_SIZE);
  gsize partial, n;
  guint64 size = dump->start;

  while ((n = fread (buffer, 1, READ_SIZE, dump->file)) > 0) {
    size += n;
    if (!dump_bytes (dump, buffer, n))
      return FALSE;
  }
  partial = rtmp_chunk_reader_get_partial (dump->reader);
  if (partial > 0 || dump->from < size) {
    g_autofree gchar *text = g_strdup_printf (
        "the recording ends in mid message: %" G_GSIZE_FORMAT " bytes of bodies are incomplete",
        partial);

    print_note (dump, size, "note", text);
  }
  return TRUE;
}

/* ---- program --------------------------------------------------------- */

/* As wide as the format allows: a dump shows what a session would refuse. */
static void
init_limits (RtmpLimits *limits)
{
  *limits = *rtmp_limits_default ();
  limits->max_video_size = limits->max_audio_size = RTMP_MESSAGE_MAX_SIZE;
  limits->max_data_size = limits->max_command_size = RTMP_MESSAGE_MAX_SIZE;
  limits->max_control_size = RTMP_MESSAGE_MAX_SIZE;
  limits->max_partial_bytes = G_MAXINT32;
  limits->max_chunk_streams = 65600;
  limits->max_aggregate_messages = G_MAXINT32;
  limits->amf_max_string_size = RTMP_MESSAGE_MAX_SIZE;
  limits->amf_max_total = G_MAXINT32;
}

static gboolean
dump_file (Dump *dump)
{
  gboolean ok;

  init_limits (&dump->limits);
  dump->reader = rtmp_chunk_reader_new (&dump->limits);
  dump->summary = dump_summary_new ();
  rtmp_chunk_reader_set_chunk_size (dump->reader, option_chunk_size);
  ok = (option_no_handshake || dump_handshake (dump)) && dump_chunks (dump);
  if (!dump->media && !dump->json)
    dump_summary_print (dump->summary);
  dump_summary_free (dump->summary);
  rtmp_chunk_reader_free (dump->reader);
  return ok;
}

static gboolean
parse_options (int *argc, char ***argv)
{
  g_autoptr (GOptionContext) context = g_option_context_new ("- what an RTMP peer sent");
  g_autoptr (GError) error = NULL;

  g_option_context_set_summary (context,
      "Prints one direction of a recorded RTMP session, from a file or standard input.");
  g_option_context_add_main_entries (context, entries, NULL);
  if (!g_option_context_parse (context, argc, argv, &error)) {
    g_printerr ("%s\n", error->message);
    return FALSE;
  }
  if (option_media != NULL && !g_str_equal (option_media, "all") &&
      !g_str_equal (option_media, "summary")) {
    g_printerr ("--media is all or summary, not %s\n", option_media);
    return FALSE;
  }
  if (option_chunk_size < 1) {
    g_printerr ("--chunk-size is at least 1\n");
    return FALSE;
  }
  if (option_files != NULL && option_files[1] != NULL) {
    g_printerr ("one file at a time\n");
    return FALSE;
  }
  return TRUE;
}

int
main (int argc, char **argv)
{
  Dump dump = { .file = stdin };
  const gchar *path;
  gboolean ok;

  if (!parse_options (&argc, &argv))
    return 2;
  path = option_files != NULL ? option_files[0] : "-";
  if (!g_str_equal (path, "-"))
    dump.file = fopen (path, "rb");
  if (dump.file == NULL) {
    g_printerr ("%s cannot be read\n", path);
    return 2;
  }
  dump.json = option_json;
  dump.media = g_strcmp0 (option_media, "summary") != 0;
  ok = dump_file (&dump);
  if (dump.file != stdin)
    fclose (dump.file);
  g_strfreev (option_files);
  g_free (option_media);
  return ok ? 0 : 1;
}
