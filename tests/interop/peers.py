# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the tests of this folder share: the pipelines that they talk to."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'common'))

import media
from harness import Pipeline, ffmpeg, free_port, gst_launch, path
from tap import check

SINK = 'fakesink sync=false async=false'


def url(port, name='live/in'):
    return 'rtmp://127.0.0.1:%d/%s' % (port, name)


def source(properties='', video=True, audio=True, **options):
    """rtmpserversrc with its tracks logged as "v" and "a".

    It stays after EOS: clients that say goodbye want somebody to say it to.
    """
    options.setdefault('keep', True)
    text = 'rtmpserversrc name=s host=127.0.0.1 port=0 ' + properties
    text += ' s.video ! identity name=v ! ' + SINK if video else ''
    text += ' s.audio ! identity name=a ! ' + SINK if audio else ''
    log = (['v'] if video else []) + (['a'] if audio else [])
    return Pipeline(text, log=log, **options).wait_playing()


def publish(name, target, realtime=False):
    options = ['-re'] if realtime else []
    return ffmpeg(*options, '-i', name, '-c', 'copy', '-f', 'flv', target)


def received(pipeline):
    return {'video': media.from_buffers(pipeline.buffers('v')),
            'audio': media.from_buffers(pipeline.buffers('a'))}


def check_no_error(pipeline):
    check(not pipeline.errors(), 'errors on the bus: %r' % pipeline.errors())


def wait_received(pipeline, at, count):
    """Waits until that many buffers went by."""
    pipeline.wait_until(lambda: len(pipeline.find('buffer', at=at)) >= count,
                        '%d buffers at %s' % (count, at))


def wait_publisher(pipeline, count=1):
    wait_received(pipeline, 'v', count)


def flv_publisher(name, element, target):
    """GStreamer, without our plugins, publishing an FLV file's packets with @element.

    Returns the process and the file that holds what it sent: flvmux has its own
    idea of times.
    """
    sent = path('sent-by-%s.flv' % element)
    return gst_launch(
        'flvmux name=m streamable=true ! tee name=t ! queue ! %s location=%s '
        't. ! queue ! filesink location=%s filesrc location=%s ! flvdemux name=d '
        'd.video ! queue ! m.video d.audio ! queue ! m.audio'
        % (element, target, sent, name)), sent


__all__ = [name for name in globals() if not name.startswith('_')]
