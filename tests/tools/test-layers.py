#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The layer rule, where the compiler cannot see it.

protocol <- media, protocol <- server, elements joins them. Each static library
has only its own dependencies, so most wrong includes do not compile; this reads
the sources for the rest.
"""

import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'common'))

import source
import tap
from tap import case, check, check_equal

GIO = (r'\b(GSocket\w*|GInet\w*|GIO(?:Stream|Channel)\w*|GInputStream|GOutputStream|'
       r'GPollable\w*|GTls\w*|GMainContext|GMainLoop|GSource|GResolver|g_socket_\w+|'
       r'g_main_context_\w+|g_io_stream_\w+)\b')
SYSTEM = (r'(?<![\w.>])(socket|connect|accept|recv|recvmsg|send|sendmsg|readv|writev|poll|'
          r'epoll_\w+|open|fopen)\s+\(')
CLOCK = (r'\b(g_get_monotonic_time|g_get_real_time|g_date_time_\w+|g_timer_\w+|'
         r'clock_gettime|gettimeofday|g_random_\w+|g_rand_\w+|g_uuid_\w+)\b')
THREAD = r'\b(GThread|GMutex|GRecMutex|GRWLock|GCond|g_thread_\w+|g_mutex_\w+|g_once_\w+)\b'
LOG = (r'\b(g_print|g_printerr|g_message|g_warning|g_critical|g_error|g_debug|g_info|g_log|'
       r'printf|fprintf|puts|perror|GST_(?:LOG|DEBUG|INFO|WARNING|ERROR)\w*)\b')
SLEEP = r'\b(g_usleep|usleep|nanosleep|sleep)\s*\('
GOBJECT = (r'\b(G_DEFINE_(?:ABSTRACT_|FINAL_)?(?:TYPE|BOXED|POINTER|INTERFACE)\w*|'
           r'g_type_register_\w+)\b')
ELEMENTS = (r'\b(GstPad\w*|GstCaps\w*|GstEvent\w*|GstElement\w*|GstBus|GstMessage\w*|GstQuery\w*|'
            r'GstSegment\w*|GstClock\w*|GstBin|GstPipeline|gst_(?:pad|caps|event|element|bus|'
            r'message|query|segment|bin)_\w+)\b')
STATIC_VARIABLE = re.compile(
    r'^static\s+(?!const\b|inline\b)(?:G_GNUC_\w+\s+)?(?:unsigned\s+|struct\s+|enum\s+)?'
    r'\w+[\s*]+(?!const\b)\w+(?:\s*\[[^\]]*\])*\s*(?:=|;)', re.MULTILINE)

LAYERS = {
    'protocol': {
        'includes': r'"rtmp-|"protocol/|<glib\.h>|<(string|stdint|stddef|limits|math)\.h>',
        'forbidden': {
            'GStreamer or GObject': r'\b(Gst[A-Z]\w*|gst_\w+|GObject|g_object_\w+)\b',
            'I/O': GIO, 'system call': SYSTEM, 'clock or random numbers': CLOCK,
            'thread or lock': THREAD, 'log': LOG, 'sleep': SLEEP, 'GType': GOBJECT,
        },
    },
    'media': {
        'includes': r'"rtmp-|"(protocol|media)/|<glib\.h>|<gst/|<(string|stdint|stddef|limits|math)\.h>',
        'forbidden': {
            'GIO': GIO, 'system call': SYSTEM, 'sleep': SLEEP, 'GType': GOBJECT,
            'pad or element': r'\b(GstPad|GstElement|GstBin|GstBus|gst_pad_\w+|gst_element_\w+)\b',
        },
    },
    'server': {
        'includes': r'"rtmp-|"(protocol|server)/|<g(lib|io)|<gst/base/gstadapter\.h>|<gst/gst(buffer|memory)\.h>|'
                    r'<(string|stdint|stddef|limits|math|errno|unistd|fcntl|sched|sys/\w+|netinet/\w+)\.h>',
        'forbidden': {
            'pads, caps, events or elements': ELEMENTS, 'sleep': SLEEP, 'GType': GOBJECT,
        },
    },
    'elements': {
        'includes': r'.',
        'forbidden': {
            'socket': r'\b(g_socket_(?!address|family|connectable)\w+|GSocketConnection|GSocketService|'
                      r'GSocketListener|GSocketClient|GTls(?!Certificate)\w+)\b',
            'system call': SYSTEM, 'sleep': SLEEP,
        },
    },
}


def layer_problems(layer, path, text):
    rules = LAYERS[layer]
    code = source.strip_c(text)
    problems = []
    for number, line in enumerate(code.split('\n'), 1):
        include = re.match(r'\s*#\s*include\s*(\S+)', line)
        if include:
            if '..' in include.group(1) or not re.match(rules['includes'], include.group(1)):
                problems.append('%s:%d: includes %s' % (path, number, include.group(1)))
            continue
        for what, pattern in rules['forbidden'].items():
            found = re.search(pattern, line)
            if found:
                problems.append('%s:%d: %s in %s/: %s' % (
                    path, number, what, layer, found.group(0)))
    if layer == 'protocol':
        problems += ['%s: mutable static: %s' % (path, found.group(0).strip())
                     for found in STATIC_VARIABLE.finditer(code)]
    return problems


def type_problems(path, text):
    """Every GType of the process starts with GstRtmpServer, shims included."""
    names = re.findall(r'\bG_DEFINE_\w*TYPE\w*\s*\(\s*(\w+)', source.strip_c(text))
    names += re.findall(r'g_type_register_static\w*\s*\([^;]*?"(\w+)"', text)
    return ['%s: GType %s' % (path, name) for name in names
            if not name.startswith('GstRtmpServer')]


def tree_problems(layer):
    files = source.c_files('gst/%s/' % layer)
    return files, [problem for path in files
                   for problem in layer_problems(layer, path, source.read(path))]


PLANTED = {
    'protocol': ['#include <gst/gst.h>\n', '#include "server/rtmp-server.h"\n',
                 'gint64 a = g_get_monotonic_time ();\n', 'static guint counter = 0;\n',
                 'GMutex lock;\n', 'g_warning ("no");\n', '#include "../media/x.h"\n',
                 'recv (fd, b, n, 0);\n'],
    'media': ['#include <gio/gio.h>\n', '#include "server/rtmp-stream.h"\n', 'GSocket *s;\n',
              'GstPad *pad;\n'],
    'server': ['GstPad *pad;\n', 'GstCaps *caps;\n', '#include "media/rtmp-codec.h"\n',
               'gst_element_post_message (e, m);\n', 'g_usleep (10);\n',
               '#include <gst/gst.h>\n'],
    'elements': ['g_socket_send (s, b, n, NULL, NULL);\n', 'g_usleep (1);\n'],
}
ALLOWED = {
    'protocol': ['/* GstPad */ "g_warning (x)";\n', 'static const guint table[] = { 1 };\n',
                 '#include "protocol/rtmp-amf.h"\n', 'static inline guint a (void);\n'],
    'media': ['#include <gst/gst.h>\n', 'GstCaps *caps;\n'],
    'server': ['#include <gst/base/gstadapter.h>\n', 'GstAdapter *a; GSocket *s;\n'],
    'elements': ['#include "server/rtmp-server.h"\n', 'GstPad *pad; GSocketAddress *a;\n'],
}


@case('the test sees planted violations, and only those')
def planted():
    for layer, snippets in PLANTED.items():
        for snippet in snippets:
            check(layer_problems(layer, 'x.c', snippet), 'not seen in %s: %s' % (layer, snippet))
    for layer, snippets in ALLOWED.items():
        for snippet in snippets:
            check_equal(layer_problems(layer, 'x.c', snippet), [], layer)
    check(type_problems('x.c', 'G_DEFINE_TYPE (GstRtmpConnection, x, G_TYPE_OBJECT)'), 'GType')
    check(not type_problems('x.c', 'G_DEFINE_TYPE (GstRtmpServerSrc, x, GST_TYPE_ELEMENT)'), 'GType')


def check_layer(layer):
    files, problems = tree_problems(layer)
    tap.note('%d files' % len(files))
    check(not problems, '\n'.join(problems))


@case('protocol/ is pure')
def protocol():
    check_layer('protocol')


@case('media/ knows no I/O and no server')
def media():
    check_layer('media')


@case('server/ knows no pads, caps, events, elements or codecs')
def server():
    check_layer('server')


@case('elements/ touch no socket')
def elements():
    check_layer('elements')


@case('every GType starts with GstRtmpServer')
def types():
    files = source.c_files('gst/', 'ext/')
    problems = [problem for path in files for problem in type_problems(path, source.read(path))]
    check(not problems, '\n'.join(problems))


if __name__ == '__main__':
    tap.main()
