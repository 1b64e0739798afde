#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Real publishers into rtmpserversrc: what arrives is what was sent."""

from peers import *
import media
import rtmp
import tap
from harness import need_elements
from tap import case, check, check_equal


def check_publisher(pipeline, publisher, expected, kinds=('video', 'audio'), statuses=(0,)):
    publisher.finish(statuses)
    if isinstance(expected, str):
        expected = media.flv_packets(expected)
    pipeline.wait_for('eos')
    check_no_error(pipeline)
    media.compare(received(pipeline), expected, kinds)
    pipeline.stop()


@case('ffmpeg -re -c copy: bit-identical, PTS and DTS of B-frames right')
def ffmpeg_realtime():
    name = media.make('bframes.mp4')
    pipeline = source('application=live stream=in')
    check_publisher(pipeline, publish(name, url(pipeline.port()), realtime=True),
                    media.probe(name))
    caps = pipeline.gst_events('v', 'caps')[0]['text']
    for part in ('stream-format=(string)avc', 'alignment=(string)au', 'codec_data', 'width=(int)320',
                 'height=(int)240', 'framerate'):
        check(part in caps, 'no %s in %s' % (part, caps))
    caps = pipeline.gst_events('a', 'caps')[0]['text']
    for part in ('mpegversion=(int)4', 'stream-format=(string)raw', 'codec_data',
                 'rate=(int)44100', 'channels=(int)2'):
        check(part in caps, 'no %s in %s' % (part, caps))
    check_equal([len(pipeline.gst_events(at, 'caps')) for at in 'va'], [1, 1], 'caps events')


@case('ffmpeg at full speed')
def ffmpeg_fast():
    name = media.make('bframes.mp4')
    pipeline = source('application=live stream=in')
    check_publisher(pipeline, publish(name, url(pipeline.port())), media.probe(name))


@case('negative and positive composition offsets')
def negative_offsets():
    name = media.make('bframes.flv')
    tags = []
    for kind, time, body in media.flv_tags(name):
        if kind == 9 and body[1] == 1:
            offset = int.from_bytes(body[2:5], 'big') - 80
            body = body[:2] + (offset & 0xffffff).to_bytes(3, 'big') + body[5:]
        tags.append((kind, time, body))
    media.write_flv(media.path('negative.flv'), tags)
    expected = media.flv_packets(media.path('negative.flv'))
    check(any(p.pts < p.dts for p in expected['video']), 'no negative offset in the test media')
    check(any(p.pts > p.dts for p in expected['video']), 'no positive offset in the test media')
    pipeline = source('application=live stream=in')
    client = rtmp.Client(pipeline.port())
    check_equal(client.publish('live', 'in'), 'NetStream.Publish.Start', 'status')
    for tag in tags:
        client.send_tag(tag)
    client.send(20, rtmp.amf('deleteStream', 5, None, client.stream))
    pipeline.wait_for('eos')
    client.close()
    media.compare(received(pipeline), expected)
    pipeline.stop()


@case('rtmp2sink')
def rtmp2sink():
    need_elements('rtmp2sink', 'flvmux', 'flvdemux')
    name = media.make('bframes.flv')
    pipeline = source('application=live stream=in')
    check_publisher(pipeline, *flv_publisher(name, 'rtmp2sink', url(pipeline.port())))


@case("librtmp's rtmpsink")
def librtmp():
    need_elements('rtmpsink', 'flvmux', 'flvdemux')
    name = media.make('bframes.flv')
    pipeline = source('application=live stream=in')
    check_publisher(pipeline, *flv_publisher(name, 'rtmpsink', url(pipeline.port())))


@case('stream key with ?token=...')
def token():
    name = media.make('bframes.mp4')
    pipeline = source('application=live stream=in', refuse=['nobody'])
    publisher = publish(name, url(pipeline.port(), 'live/in?token=a%20b&x=1'))
    event = pipeline.wait_for('connecting')
    check_equal((event['application'], event['stream']), ('live', 'in'), 'name')
    check_publisher(pipeline, publisher, media.probe(name))


@case('application with slashes, from ffmpeg')
def slashes():
    name = media.make('bframes.mp4')
    pipeline = source('application=a/b/c stream=in')
    check_publisher(pipeline, publish(name, url(pipeline.port(), 'a/b/c/in')), media.probe(name))


@case('application with slashes, from rtmp2sink')
def slashes_rtmp2():
    need_elements('rtmp2sink', 'flvmux', 'flvdemux')
    name = media.make('bframes.flv')
    pipeline = source('application=a/b/c stream=in')
    check_publisher(pipeline, *flv_publisher(
        name, 'rtmp2sink', url(pipeline.port(), 'a/b/c/in')))


@case('any key, and current-stream says which')
def any_key():
    name = media.make('bframes.mp4')
    pipeline = source('application=live')
    publisher = publish(name, url(pipeline.port(), 'live/whatever'), realtime=True)
    wait_publisher(pipeline)
    check('whatever' in pipeline.get('s', 'current-stream'), 'current-stream')
    check_publisher(pipeline, publisher, media.probe(name))


@case('audio only')
def audio_only():
    name = media.make('audio.mp4', video=None)
    pipeline = source('application=live stream=in', video=False)
    check_publisher(pipeline, publish(name, url(pipeline.port())), media.probe(name), ['audio'])


@case('video only')
def video_only():
    name = media.make('video.mp4', audio=None)
    pipeline = source('application=live stream=in', audio=False)
    check_publisher(pipeline, publish(name, url(pipeline.port())), media.probe(name), ['video'])


@case('MP3')
def mp3():
    name = media.make('mp3.flv', audio=media.MP3)
    pipeline = source('application=live stream=in')
    check_publisher(pipeline, publish(name, url(pipeline.port())), media.flv_packets(name))
    caps = pipeline.gst_events('a', 'caps')[0]['text']
    check('mpegversion=(int)1' in caps and 'layer=(int)3' in caps, caps)


if __name__ == '__main__':
    tap.main()
