/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A transport that records another one.
 */
#include "server/rtmp-record.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

/* Owner and thread: the writer; `left` the loop's. */
typedef struct _File
{
  gchar *path;
  gint fd; /* -1: not open yet, or ended */
  gboolean ended;
  guint64 left;
} File;

typedef struct _Job
{
  File *file;
  GBytes *bytes; /* NULL: the end */
} Job;

typedef struct _Recorder
{
  RtmpTransport transport;
  RtmpTransport *inner;
  File *in;
  File *out;
} Recorder;

static GMutex lock; /* of `pool`; innermost */
static GThreadPool *pool;
static gint waiting; /* bytes in jobs, atomic */

/* ---- writer thread --------------------------------------------------- */

static void
file_write (File *file, GBytes *bytes)
{
  gsize size, done = 0;
  const guint8 *data = g_bytes_get_data (bytes, &size);

  if (file->fd < 0 && !file->ended)
    file->fd = open (file->path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
  while (file->fd >= 0 && done < size) {
    gssize n = write (file->fd, data + done, size - done);

    if (n > 0) {
      done += (gsize)n;
    } else if (n == 0 || errno != EINTR) {
      close (file->fd);
      file->fd = -1;
    }
  }
  file->ended = file->fd < 0;
}

static void
file_free (File *file)
{
  if (file->fd >= 0)
    close (file->fd);
  g_free (file->path);
  g_free (file);
}

static void
run_job (gpointer data, gpointer user_data)
{
  Job *job = data;

  if (job->bytes == NULL) {
    file_free (job->file);
  } else {
    file_write (job->file, job->bytes);
    g_atomic_int_add (&waiting, -(gint)g_bytes_get_size (job->bytes));
    g_bytes_unref (job->bytes);
  }
  g_free (job);
}

/* ---- loop's side ----------------------------------------------------- */

/* Takes @bytes. */
static void
post (File *file, GBytes *bytes)
{
  Job *job = g_new (Job, 1);

  job->file = file;
  job->bytes = bytes;
  g_mutex_lock (&lock);
  if (pool == NULL)
    pool = g_thread_pool_new (run_job, NULL, 1, FALSE, NULL);
  g_thread_pool_push (pool, job, NULL);
  g_mutex_unlock (&lock);
}

void
rtmp_record_finish (void)
{
  GThreadPool *old;

  g_mutex_lock (&lock);
  old = pool;
  pool = NULL;
  g_mutex_unlock (&lock);
  if (old != NULL)
    g_thread_pool_free (old, FALSE, TRUE);
}

static void
record (File *file, const guint8 *data, gsize size)
{
  gsize n = MIN (size, file->left);

  if (n == 0)
    return;
  file->left -= n;
  if (g_atomic_int_add (&waiting, (gint)n) + (gint64)n > RTMP_RECORD_MAX_WAITING) {
    g_atomic_int_add (&waiting, -(gint)n);
    file->left = 0; /* a gap would make the rest unreadable */
  } else {
    post (file, g_bytes_new (data, n));
  }
}

static Recorder *
get_recorder (RtmpTransport *transport)
{
  return (Recorder *)transport;
}

static void
on_ready (gpointer user_data, GIOCondition ready)
{
  Recorder *self = user_data;

  self->transport.ready (self->transport.user_data, ready);
}

static void
recorder_attach (RtmpTransport *transport, RtmpLoop *loop)
{
  Recorder *self = get_recorder (transport);

  self->inner->ready = on_ready;
  self->inner->user_data = self;
  self->inner->funcs->attach (self->inner, loop);
}

static void
recorder_set_interest (RtmpTransport *transport, GIOCondition interest)
{
  Recorder *self = get_recorder (transport);

  self->inner->funcs->set_interest (self->inner, interest);
}

static RtmpIo
recorder_read (RtmpTransport *transport, guint8 *data, gsize size, gsize *done, GError **error)
{
  Recorder *self = get_recorder (transport);
  RtmpIo io = self->inner->funcs->read (self->inner, data, size, done, error);

  if (io == RTMP_IO_DONE)
    record (self->in, data, *done);
  return io;
}

static RtmpIo
recorder_write (RtmpTransport *transport, const RtmpSlice *slices, guint n_slices, gsize *done,
    GError **error)
{
  Recorder *self = get_recorder (transport);
  RtmpIo io = self->inner->funcs->write (self->inner, slices, n_slices, done, error);
  gsize left = io == RTMP_IO_DONE ? *done : 0;

  for (guint i = 0; i < n_slices && left > 0; i++) {
    gsize n = MIN (left, slices[i].size);

    record (self->out, slices[i].data, n);
    left -= n;
  }
  return io;
}

static void
recorder_shutdown (RtmpTransport *transport)
{
  Recorder *self = get_recorder (transport);

  self->inner->funcs->shutdown (self->inner);
}

static void
recorder_free (RtmpTransport *transport)
{
  Recorder *self = get_recorder (transport);

  self->inner->funcs->free (self->inner);
  post (self->in, NULL);
  post (self->out, NULL);
  g_free (self);
}

static const RtmpTransportFuncs recorder_funcs = {
  .attach = recorder_attach,
  .set_interest = recorder_set_interest,
  .read = recorder_read,
  .write = recorder_write,
  .shutdown = recorder_shutdown,
  .free = recorder_free,
};

static File *
file_new (const gchar *folder, guint64 id, const gchar *direction)
{
  File *file = g_new0 (File, 1);

  file->path = g_strdup_printf ("%s/%" G_GUINT64_FORMAT "-%s.bin", folder, id, direction);
  file->fd = -1;
  file->left = RTMP_RECORD_MAX_FILE;
  return file;
}

RtmpTransport *
rtmp_record_wrap (RtmpTransport *transport, guint64 id)
{
  const gchar *folder = g_getenv ("GST_RTMP_SERVER_RECORD");
  Recorder *self;

  if (folder == NULL || folder[0] == '\0')
    return transport;
  self = g_new0 (Recorder, 1);
  self->transport.funcs = &recorder_funcs;
  self->transport.tls = transport->tls;
  self->inner = transport;
  self->in = file_new (folder, id, "in");
  self->out = file_new (folder, id, "out");
  return &self->transport;
}
