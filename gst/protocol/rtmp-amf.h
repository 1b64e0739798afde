/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * RtmpAmf: one AMF value, a tree. Source: Adobe AMF0 and AMF3 documents.
 *
 * Owner and thread: sole owner (the parent, or who made it), one thread; parsed
 * trees never share nodes: a reference in the input becomes RTMP_AMF_REFERENCE
 * with its index, so no cycles. Object properties keep their order.
 */
#pragma once

#include "rtmp-bytes.h"
#include "rtmp-limits.h"

G_BEGIN_DECLS

typedef enum
{
  RTMP_AMF_NUMBER,
  RTMP_AMF_BOOLEAN,
  RTMP_AMF_STRING, /* long strings too */
  RTMP_AMF_OBJECT, /* typed objects too: class_name set */
  RTMP_AMF_ECMA_ARRAY,
  RTMP_AMF_STRICT_ARRAY,
  RTMP_AMF_NULL,
  RTMP_AMF_UNDEFINED,
  RTMP_AMF_UNSUPPORTED,
  RTMP_AMF_REFERENCE,
  RTMP_AMF_DATE,
  RTMP_AMF_XML,
  RTMP_AMF_BYTES,      /* AMF3 byte array */
  RTMP_AMF_INTEGER,    /* AMF3 29-bit integer; number-like for readers */
  RTMP_AMF_VECTOR,     /* AMF3 vectors: items; marker says of what */
  RTMP_AMF_DICTIONARY, /* AMF3: items = key, value, key, value ... */
  RTMP_AMF_AVMPLUS,    /* AMF0 marker 11 around one AMF3 value: items[0] */
} RtmpAmfType;

typedef struct _RtmpAmf RtmpAmf;

typedef struct _RtmpAmfProperty
{
  gchar *key;
  RtmpAmf *value;
} RtmpAmfProperty;

struct _RtmpAmf
{
  RtmpAmfType type;
  /* wire marker as parsed, so that building gives the same bytes: long strings,
   * the two AMF3 XML forms, vector types (needed there), what a reference points
   * at. 0: made here, or changed since */
  guint8 marker;
  gint16 timezone; /* of an AMF0 date, minutes */
  gboolean
      boolean; /* boolean; fixed of a vector; weak of a dictionary; dynamic of an AMF3 object */
  gdouble number; /* number, integer, date (ms), reference (index) */
  gchar *string;  /* string, XML, bytes; NUL-terminated after `size` bytes */
  gsize size;     /* of string; may contain NUL */
  /* ECMA array: announced count as parsed, a mere hint; AMF3 object: how many of
   * the properties, the first ones, are members of its class */
  guint32 count;
  gchar *class_name;  /* typed and AMF3 sealed objects, object vectors; else NULL */
  GArray *properties; /* of RtmpAmfProperty: object, ECMA array, AMF3 associative part */
  GPtrArray *items;   /* of RtmpAmf: strict array, vector, dictionary, avmplus */
};

void rtmp_amf_free (RtmpAmf *value);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (RtmpAmf, rtmp_amf_free)

RtmpAmf *rtmp_amf_new_number (gdouble number);
RtmpAmf *rtmp_amf_new_boolean (gboolean boolean);
/* @string NULL makes a null. */
RtmpAmf *rtmp_amf_new_string (const gchar *string);
RtmpAmf *rtmp_amf_new_null (void);
RtmpAmf *rtmp_amf_new_undefined (void);
RtmpAmf *rtmp_amf_new_object (void);
RtmpAmf *rtmp_amf_new_ecma_array (void);
RtmpAmf *rtmp_amf_new_strict_array (void);
/* An empty value of any type. */
RtmpAmf *rtmp_amf_new (RtmpAmfType type);
RtmpAmf *rtmp_amf_copy (const RtmpAmf *value);
/* Same type and content; doubles by their bits; markers and counts do not matter. */
gboolean rtmp_amf_equal (const RtmpAmf *a, const RtmpAmf *b);

/* Take @value; a key that exists is replaced in its place. */
void rtmp_amf_set (RtmpAmf *object, const gchar *key, RtmpAmf *value);
void rtmp_amf_set_number (RtmpAmf *object, const gchar *key, gdouble number);
void rtmp_amf_set_boolean (RtmpAmf *object, const gchar *key, gboolean boolean);
void rtmp_amf_set_string (RtmpAmf *object, const gchar *key, const gchar *string);
void rtmp_amf_append (RtmpAmf *array, RtmpAmf *value);

/* Borrowed; NULL if @object is NULL, not an object or array, or has no @key.
 * The first of equal keys. An avmplus wrapper is looked through. */
const RtmpAmf *rtmp_amf_get (const RtmpAmf *object, const gchar *key);
/* Value of @key, or the default if absent or of another type. */
const gchar *rtmp_amf_get_string (const RtmpAmf *object, const gchar *key);
gdouble rtmp_amf_get_number (const RtmpAmf *object, const gchar *key, gdouble fallback);
gboolean rtmp_amf_get_boolean (const RtmpAmf *object, const gchar *key, gboolean fallback);

/* A number as integer: TRUE only if finite, integral and within [min, max]. */
gboolean rtmp_amf_to_int (const RtmpAmf *value, gint64 min, gint64 max, gint64 *out);
/* The text of a string value without NUL in it; else NULL. */
const gchar *rtmp_amf_to_text (const RtmpAmf *value);
gboolean rtmp_amf_is_object (const RtmpAmf *value); /* object or ECMA array */
/* What is inside an avmplus wrapper, else @value itself. */
const RtmpAmf *rtmp_amf_unwrap (const RtmpAmf *value);

/* What the values of one message have used so far; start with all zero but
 * `limits`. Shared by all values of the message. */
typedef struct _RtmpAmfBudget
{
  const RtmpLimits *limits;
  guint values;
  gsize total; /* memory of the tree and of reference tables */
  guint depth; /* containers open around the next value */
  /* accept the end of the message in place of an ECMA array's end marker (data
   * messages of FFmpeg-era files) */
  gboolean lenient_end;
} RtmpAmfBudget;

/* One value, full transfer; NULL with RTMP_ERROR_PROTOCOL, _LIMIT or
 * _UNSUPPORTED (movie clip, record set, unknown markers, externalizable classes).
 * On error the cursor is where decoding stopped. A key ends at a NUL in it. */
RtmpAmf *rtmp_amf0_parse (RtmpCursor *cursor, RtmpAmfBudget *budget, GError **error);

/* Reference tables of AMF3 values that belong together; they borrow the bytes
 * that were parsed. Strings and traits by reference become copies, objects by
 * reference RTMP_AMF_REFERENCE. */
typedef struct _RtmpAmf3Tables RtmpAmf3Tables;
RtmpAmf3Tables *rtmp_amf3_tables_new (void);
void rtmp_amf3_tables_free (RtmpAmf3Tables *tables);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (RtmpAmf3Tables, rtmp_amf3_tables_free)
/* One value; @tables NULL: fresh ones. Errors as rtmp_amf0_parse. */
RtmpAmf *rtmp_amf3_parse (
    RtmpCursor *cursor, RtmpAmfBudget *budget, RtmpAmf3Tables *tables, GError **error);

/* Appends the AMF0 form. AMF3-only types are written as their nearest AMF0 type;
 * an avmplus wrapper as marker 11 and the AMF3 form. */
void rtmp_amf0_build (const RtmpAmf *value, GByteArray *out);
/* Appends the AMF3 form, without references. AMF0-only types are written as their
 * nearest AMF3 type. */
void rtmp_amf3_build (const RtmpAmf *value, GByteArray *out);

/* One line for logs and dumps: {app:"live",fpad:false}, at most @max bytes. */
gchar *rtmp_amf_to_string (const RtmpAmf *value, gsize max);

G_END_DECLS
