#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Real players of rtmpsink: what they get is what entered it, to the last packet."""

from peers import *
import media
import rtmp
import tap
from harness import Process, need_elements, need_program, path
from tap import case, check, check_equal

VIDEO = ('videotestsrc num-buffers=100 ! video/x-raw,width=320,height=240,framerate=25/1 ! '
         'x264enc bframes=2 speed-preset=ultrafast key-int-max=25 bitrate=400 %s ! ')
AUDIO = ('audiotestsrc num-buffers=172 samplesperbuffer=1024 ! audio/x-raw,rate=44100,channels=2 ! '
         'avenc_aac bitrate=64000 ! ')
SERVE = 'host=127.0.0.1 port=0 application=live stream=out wait-for-connection=true '

BOTH = ('rtmpsink name=s ' + SERVE + VIDEO % '' + 'identity name=v ! s. '
        + AUDIO + 'identity name=a ! s.')
TRACKS = {'video': 'v', 'audio': 'a'}


def serve(text=BOTH, log=('v', 'a')):
    return Pipeline(text, log=log).wait_playing()


def sent(pipeline, kinds=('video', 'audio')):
    return {kind: media.from_buffers(pipeline.buffers(TRACKS[kind])) for kind in kinds}


def finish_player(pipeline, player, statuses=(0,)):
    pipeline.wait_for('eos')
    pipeline.finish()
    player.finish(statuses)
    check_no_error(pipeline)


def is_media(message, time=0):
    return message.kind in (8, 9) and not message.is_header() and message.time >= time


def is_end(message):
    return message.kind == 4 and message.body[:2] == b'\0\1'


def check_probe(text, kinds=('video', 'audio'), log=('v', 'a'), dts=True):
    """ffprobe as the player, there from the beginning: everything, bit by bit."""
    need_elements('x264enc', 'avenc_aac')
    pipeline = serve(text, log)
    player = media.start_probe(url(pipeline.port(), 'live/out'))
    finish_player(pipeline, player)
    media.compare(media.parse_probe(player.text('out')), sent(pipeline, kinds), kinds, dts=dts)


def check_file_player(make_player, statuses=(0,)):
    """A player that writes FLV to a file."""
    need_elements('x264enc', 'avenc_aac')
    pipeline = serve()
    target = path('played.flv')
    finish_player(pipeline, make_player(url(pipeline.port(), 'live/out'), target), statuses)
    media.compare(media.flv_packets(target), sent(pipeline))


@case('x264enc ! rtmpsink')
def video_alone():
    check_probe('rtmpsink name=s ' + SERVE + VIDEO % '' + 'identity name=v ! s.',
                ['video'], ['v'])


@case('avenc_aac ! rtmpsink')
def audio_alone():
    check_probe('rtmpsink name=s ' + SERVE + AUDIO + 'identity name=a ! s.', ['audio'], ['a'])


@case('x264enc ! s.  avenc_aac ! s.')
def both():
    check_probe(BOTH)


@case('h264parse ! rtmpsink')
def parsed():
    check_probe('rtmpsink name=s ' + SERVE + VIDEO % 'byte-stream=true'
                + 'video/x-h264,stream-format=byte-stream ! h264parse ! identity name=v ! s.',
                ['video'], ['v'])


@case('flvmux ! rtmpsink')
def muxed():
    """Compared with what flvmux sent, as it has its own idea of times."""
    need_elements('x264enc', 'avenc_aac', 'flvmux')
    target = path('muxed.flv')
    pipeline = serve(
        VIDEO % '' + 'm. ' + AUDIO + 'm. flvmux name=m streamable=true ! tee name=t '
        't. ! queue ! filesink location=%s t. ! queue ! rtmpsink name=s ' % target + SERVE, [])
    player = media.start_probe(url(pipeline.port(), 'live/out'))
    finish_player(pipeline, player)
    media.compare(media.parse_probe(player.text('out')), media.flv_packets(target))


@case('lamemp3enc ! rtmpsink')
def mp3():
    need_elements('lamemp3enc')
    check_probe('rtmpsink name=s ' + SERVE + AUDIO.split('avenc_aac')[0]
                + 'lamemp3enc ! mpegaudioparse ! identity name=a ! s.', ['audio'], ['a'])


@case('rtmp2src')
def rtmp2src():
    need_elements('rtmp2src')
    check_file_player(lambda place, target: gst_launch(
        'rtmp2src location=%s ! filesink location=%s' % (place, target)))


def check_rtmpsrc(ours):
    """librtmp's source connects again when a stream ends. That fails, as the port is closed; or
    it writes to a socket that is, and SIGPIPE ends the process with what it has not written."""
    need_elements('rtmpsrc')
    check_file_player(lambda place, target: gst_launch(
        'rtmpsrc location="%s live=1" ! filesink buffer-mode=unbuffered location=%s' % (place, target), ours),
                      statuses=None)


@case("librtmp's rtmpsrc")
def rtmpsrc():
    check_rtmpsrc(False)


@case("librtmp's rtmpsrc beside our rtmpsink")
def rtmpsrc_ours():
    check_rtmpsrc(True)


@case('rtmpdump')
def rtmpdump():
    need_program('rtmpdump')
    check_file_player(lambda place, target: Process(
        ['rtmpdump', '--live', '-r', place, '-o', target]))


@case('ffmpeg -c copy')
def ffmpeg_copy():
    need_program('ffmpeg')
    check_file_player(lambda place, target: ffmpeg('-i', place, '-c', 'copy', '-y', target))


@case('HEVC by codec id 12: sink to source')
def hevc():
    need_elements('h265parse', 'qtdemux')
    name = media.make('hevc.mp4', video=media.HEVC, audio=None)
    tap.note(name)
    sink = serve('filesrc location=%s ! qtdemux ! h265parse ! identity name=v ! rtmpsink name=s '
                 % name + SERVE, ['v'])
    player = rtmp.Client(sink.port()).play('live', 'out')
    first = player.receive_until(lambda m: m.kind == 9)[-1]
    check_equal(first.body[0] & 15, 12, 'codec id')
    pipeline = source('application=live stream=in', audio=False)
    client = rtmp.Client(pipeline.port())
    check_equal(client.publish('live', 'in'), 'NetStream.Publish.Start', 'status')
    client.send_tag((first.kind, first.time, first.body))
    while True:
        message = player.receive()
        if is_end(message):
            break
        if message.kind == 9:
            client.send_tag((message.kind, message.time, message.body))
    client.send(20, rtmp.amf('deleteStream', 5, None, client.stream))
    pipeline.wait_for('eos')
    pipeline.stop()
    sink.finish()
    check('video/x-h265' in pipeline.gst_events('v', 'caps')[0]['text'], 'caps')
    media.compare(received(pipeline), media.probe(name), ['video'], dts=False)


@case('a late joiner starts at the newest keyframe, with metadata and headers first')
def late():
    need_elements('x264enc', 'avenc_aac')
    pipeline = serve()
    early = rtmp.Client(pipeline.port()).play('live', 'out')
    early.receive_until(lambda m: is_media(m, 2400))
    client = rtmp.Client(pipeline.port()).play('live', 'out')
    messages = [m for m in client.receive_until(rtmp.Message.is_keyframe)
                if m.kind in (8, 9, 18)]
    kinds = ['metadata' if m.kind == 18 and rtmp.parse_amf(m.body)[0] == 'onMetaData' else
             ('header ' if m.is_header() else 'frame ') + {8: 'audio', 9: 'video', 18: 'data'}[m.kind]
             for m in messages]
    kinds = [kind for kind in kinds if kind != 'frame data']
    check(kinds[0] == 'metadata', 'begins with %r' % kinds)
    check_equal(messages[0].time, 0, 'time of onMetaData (FFmpeg: text stream at any other)')
    check(set(kinds[1:3]) == {'header video', 'header audio'}, 'then %r' % kinds)
    check('frame video' == kinds[-1] and 'frame video' not in kinds[:-1], 'then %r' % kinds)
    check(messages[-1].time >= 2000, 'starts at %d ms, there is a keyframe at 2000' %
          messages[-1].time)
    client.receive_until(is_end)
    early.receive_until(is_end)
    pipeline.finish()


@case('a late ffprobe gets a run of the packets, from a keyframe to the last')
def late_probe():
    need_elements('x264enc', 'avenc_aac')
    pipeline = serve()
    early = rtmp.Client(pipeline.port()).play('live', 'out')
    early.receive_until(lambda m: is_media(m, 1500))
    player = media.start_probe(url(pipeline.port(), 'live/out'))
    early.receive_until(is_end)
    finish_player(pipeline, player)
    found, expected = media.parse_probe(player.text('out')), sent(pipeline)
    check(found['video'][0].key, 'first video packet is no keyframe')
    check(len(found['video']) < len(expected['video']), 'it was not late')
    media.compare(found, expected, whole=False)
    for kind in expected:
        check_equal(found[kind][-1].sha256, expected[kind][-1].sha256, 'last ' + kind)


if __name__ == '__main__':
    tap.main()
