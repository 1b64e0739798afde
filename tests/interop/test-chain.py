#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Sources and sinks of one process on one port."""

from peers import *
import media
import tap
from harness import need_elements
from tap import case, check, check_equal


@case('publish live/in, transcode, play live/out: one process, one port')
def transcode():
    need_elements('avdec_h264', 'avdec_aac', 'x264enc', 'avenc_aac')
    name = media.make('bframes.mp4')
    pipeline = Pipeline('''
        rtmpserversrc name=in host=127.0.0.1 port=0 application=live stream=in
        rtmpsink name=out host=127.0.0.1 port=0 application=live stream=out wait-for-connection=true
        in.video ! queue ! avdec_h264 ! videoconvert ! videoscale ! video/x-raw,width=160,height=120 !
            x264enc tune=zerolatency speed-preset=ultrafast key-int-max=25 ! identity name=v ! out.
        in.audio ! queue ! avdec_aac ! audioconvert ! audioresample ! avenc_aac ! identity name=a ! out.
        ''', log=['v', 'a'], same_port=True).wait_playing()
    port = pipeline.port('in')
    check_equal(pipeline.port('out'), port, 'port')
    player = media.start_probe(url(port, 'live/out'))
    publish(name, url(port), realtime=True).finish()
    player.finish()
    pipeline.wait_for('eos')
    pipeline.finish()
    check_no_error(pipeline)
    found = media.parse_probe(player.text('out'))
    check_equal(len(found['video']), 75, 'video packets')
    media.compare(found, received(pipeline))


@case('four sources and four sinks on one port')
def four():
    names = [media.make('four%d.mp4' % i, seconds=2 + i) for i in range(4)]
    text = ''
    for i in range(4):
        text += '''rtmpserversrc name=in{0} host=127.0.0.1 port=0 application=live stream=in{0}
            rtmpsink name=out{0} host=127.0.0.1 port=0 application=live stream=out{0}
                wait-for-connection=true
            in{0}.video ! queue ! out{0}.video in{0}.audio ! queue ! out{0}.audio '''.format(i)
    pipeline = Pipeline(text, same_port=True).wait_playing()
    port = pipeline.port()
    players = [media.start_probe(url(port, 'live/out%d' % i)) for i in range(4)]
    publishers = [publish(name, url(port, 'live/in%d' % i)) for i, name in enumerate(names)]
    for publisher in publishers:
        publisher.finish()
    for name, player in zip(names, players):
        player.finish()
        media.compare(media.parse_probe(player.text('out')), media.probe(name))
    pipeline.wait_for('eos')
    pipeline.finish()
    check_no_error(pipeline)


CAMERA = """
    videotestsrc num-buffers=75 ! video/x-raw,width=320,height=240,framerate=25/1 !
        x264enc bframes=2 speed-preset=ultrafast key-int-max=25 ! identity name=v ! o.
    audiotestsrc num-buffers=130 samplesperbuffer=1024 ! audio/x-raw,rate=44100,channels=2 !
        avenc_aac ! identity name=a ! o."""


def push_to_us(text):
    """Returns the ended pusher and what arrived."""
    need_elements('x264enc', 'avenc_aac')
    pipeline = source('application=live stream=in')
    pusher = Pipeline(text % url(pipeline.port()) + CAMERA, log=['v', 'a'])
    pusher.finish()
    pipeline.wait_for('eos')
    pipeline.stop()
    check_no_error(pipeline)
    return pusher, received(pipeline)


@case('rtmpsink location=... pushes to a server')
def push():
    pusher, found = push_to_us('rtmpsink name=o location=%s')
    check_equal(pusher.find('warning'), [], 'warnings')
    media.compare(found, received(pusher))


@case("flvmux ! rtmpsink location=\"... live=1 timeout=5\", as written for librtmp's")
def push_like_librtmp():
    """Compared with what flvmux sent, as it has its own idea of times."""
    sent = path('pushed.flv')
    pusher, found = push_to_us(
        'flvmux name=o streamable=true ! tee name=t t. ! queue ! filesink location=' + sent
        + ' t. ! queue ! rtmpsink location="%s live=1 timeout=5"')
    check_equal(len(pusher.find('warning')), 1, 'warnings: %r' % pusher.find('warning'))
    media.compare(found, media.flv_packets(sent))


if __name__ == '__main__':
    tap.main()
