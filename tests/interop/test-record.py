#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Recording with GStreamer's muxers behind rtmpserversrc, with no queue."""

import threading

from peers import *
import media
import rtmp
import tap
from harness import need_elements, path
from tap import case, check, check_equal

# flvmux and mpegtsmux begin at running time 0 unless told otherwise: behind a live source that
# has run for longer than its latency they take the first track that comes, and the other is late.
MUXERS = {
    'mp4': ('mp4mux name=m', '', ''),
    'mkv': ('matroskamux name=m', '', ''),
    'flv': ('flvmux name=m start-time-selection=first', '', ''),
    'ts': ('mpegtsmux name=m start-time-selection=first', 'h264parse ! ', 'aacparse ! '),
}
COUNT = {'video': 75, 'audio': 131}


def recorder(kind, target, port, options=()):
    muxer, video, audio = MUXERS[kind]
    process = gst_launch(
        'rtmpserversrc name=s host=127.0.0.1 port=%d application=live stream=in '
        's.video ! %s%s ! filesink location=%s s.audio ! %sm.' % (
            port, video, muxer, target, audio), ours=True, options=options)
    process.wait_text('PLAYING')
    return process


def check_recording(kind):
    name = media.make('bframes.mp4')
    target = path('recording.' + kind)
    port = free_port()
    process = recorder(kind, target, port)
    publish(name, url(port)).finish()
    process.finish()
    check('ERROR' not in process.text(), process.tail())
    packets = media.check_playable(target, **COUNT)
    source = media.probe(name)
    check_equal(len(packets['video']), len(source['video']), 'video packets')
    check_equal(len(packets['audio']), len(source['audio']), 'audio packets')
    if kind != 'ts':
        media.check_identical(packets['video'], source['video'], 'video')
        media.check_identical(packets['audio'], source['audio'], 'audio')


def check_interrupted(kind, silent):
    """Ctrl-C under gst-launch-1.0 -e while the publisher sends, or is silent."""
    name = media.make('long.flv', seconds=20)
    target = path('interrupted-%s.%s' % (silent, kind))
    port = free_port()
    process = recorder(kind, target, port, options=['-e'])
    client = rtmp.Client(port)
    check_equal(client.publish('live', 'in'), 'NetStream.Publish.Start', 'status')
    tags = media.flv_tags(name)
    for tag in tags[:100]:
        client.send_tag(tag)
    stop = threading.Event()

    def go_on():
        try:
            for tag in tags[100:]:
                if stop.wait(0.02):
                    return
                client.send_tag(tag)
        except OSError:
            pass
    sender = threading.Thread(target=go_on)
    if not silent:
        sender.start()
    # What was sent has arrived once a ping sent after it is answered.
    client.send(4, b'\0\6\0\0\0\1', csid=2)
    client.receive_until(lambda m: m.kind == 4 and m.body[:2] == b'\0\7')
    process.interrupt()
    process.finish(statuses=(0, 130))
    stop.set()
    if not silent:
        sender.join()
    client.close()
    packets = media.check_playable(target)
    check(packets['video'] and packets['audio'], 'empty recording')


@case('mp4mux, no parser, no queue: EOS when the publisher leaves')
def mp4():
    check_recording('mp4')


@case('matroskamux')
def mkv():
    check_recording('mkv')


@case('flvmux')
def flv():
    check_recording('flv')


@case('mpegtsmux with parsers')
def ts():
    check_recording('ts')


@case('mp4mux, Ctrl-C while the publisher sends')
def mp4_interrupted():
    check_interrupted('mp4', False)


@case('mp4mux, Ctrl-C while the publisher is silent')
def mp4_silent():
    check_interrupted('mp4', True)


@case('matroskamux, Ctrl-C while the publisher is silent')
def mkv_silent():
    check_interrupted('mkv', True)


@case('flvmux, Ctrl-C while the publisher sends')
def flv_interrupted():
    check_interrupted('flv', False)


@case('mpegtsmux, Ctrl-C while the publisher is silent')
def ts_silent():
    check_interrupted('ts', True)


@case('two synchronised sinks')
def synchronised():
    need_elements('avdec_h264', 'avdec_aac')
    name = media.make('bframes.mp4')
    pipeline = Pipeline(
        'rtmpserversrc name=s host=127.0.0.1 port=0 application=live stream=in '
        's.video ! avdec_h264 ! identity name=v ! fakesink sync=true '
        's.audio ! avdec_aac ! identity name=a ! fakesink sync=true',
        log=['v', 'a']).wait_playing()
    publish(name, url(pipeline.port()), realtime=True).finish()
    pipeline.wait_for('eos')
    pipeline.finish()
    check_no_error(pipeline)
    check_equal(len(pipeline.buffers('v')), COUNT['video'], 'decoded frames')
    check(len(pipeline.buffers('a')) >= COUNT['audio'] - 2, 'decoded audio')


if __name__ == '__main__':
    tap.main()
