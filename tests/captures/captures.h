/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Where the recordings of real clients are: the short ones beside this file, and
 * whole ones with a manifest.json in the folder RTMP_CAPTURES or in
 * ../shared/captures beside the checkout.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct _Capture
{
  gchar *path;
  guint n_media;
  gboolean truncated;
  gchar *key; /* of publish or play */
} Capture;

/* Adds test @prefix/<file> for each short recording; data: its path. */
void captures_add_short (const gchar *prefix, GTestDataFunc func);
/* The same for whole ones; data: a Capture. Without any, a test that is skipped.
 * Returns a folder for captures_remove_folder, or NULL. */
gchar *captures_add_whole (const gchar *prefix, GTestDataFunc func);
/* Takes @folder. */
void captures_remove_folder (gchar *folder);

G_END_DECLS
