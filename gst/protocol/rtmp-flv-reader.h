/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * RtmpFlvReader: an FLV file or stream in any slices -> messages, one per tag.
 * Source: FLV 10.1 Annex E. An FLV header may come first, later again (a muxer
 * that starts anew), or not at all; back pointers are not trusted.
 *
 * Owner and thread: one. Memory: one body, that grows with the bytes that arrived,
 * at most the limit of its kind.
 */
#pragma once

#include "rtmp-limits.h"
#include "rtmp-message.h"

G_BEGIN_DECLS

typedef struct _RtmpFlvReader RtmpFlvReader;

/* @limits: copied pointer, must outlive the reader. */
RtmpFlvReader *rtmp_flv_reader_new (const RtmpLimits *limits);
void rtmp_flv_reader_free (RtmpFlvReader *reader);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (RtmpFlvReader, rtmp_flv_reader_free)

/* Takes any slice; returns the bytes consumed: up to the end of the first tag that
 * completes, else all. -1 on error (RTMP_ERROR_PROTOCOL: no FLV, or _LIMIT: a tag
 * larger than max_audio_size, max_video_size or max_data_size; sticky: later calls
 * return the same error). */
gssize rtmp_flv_reader_push (
    RtmpFlvReader *reader, const guint8 *data, gsize size, GError **error);

/* The message of the tag that completed (type 8, 9, 15 or 18; others and encrypted
 * ones are skipped), full transfer, unsealed, msid 1; else NULL. May be empty. */
RtmpMessage *rtmp_flv_reader_pull (RtmpFlvReader *reader);

/* Flags of the newest FLV header (4 audio, 1 video), 0 before there was one. */
guint8 rtmp_flv_reader_get_flags (const RtmpFlvReader *reader);

/* Forgets a half-read tag and an error: after a discontinuity the next byte starts
 * a header or a tag. */
void rtmp_flv_reader_reset (RtmpFlvReader *reader);

G_END_DECLS
