#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Refusals, garbage, and the errors that a user meets."""

import os
import socket
import struct

from peers import *
import media
import rtmp
import tap
from harness import need_elements
from tap import case, check, check_equal


@case('client-connecting refuses by key: NetStream.Publish.Denied, the pipeline goes on')
def refused():
    name = media.make('bframes.mp4')
    pipeline = source('application=live', refuse=['bad'])
    port = pipeline.port()
    client = rtmp.Client(port)
    check_equal(client.publish('live', 'bad'), 'NetStream.Publish.Denied', 'status')
    check_equal(client.status.get('level'), 'error', 'level')
    client.close()
    publisher = publish(name, url(port, 'live/bad'))
    check(publisher.wait() != 0, 'ffmpeg did not notice the refusal')
    check(not pipeline.buffers('v'), 'buffers of a refused publisher')
    publish(name, url(port, 'live/good')).finish()
    pipeline.wait_for('eos')
    check_no_error(pipeline)
    media.compare(received(pipeline), media.probe(name))
    pipeline.stop()


@case('authentication=true without a handler: nobody in')
def authentication():
    pipeline = source('application=live authentication=true')
    client = rtmp.Client(pipeline.port())
    check_equal(client.publish('live', 'in'), 'NetStream.Publish.Denied', 'status')
    client.close()
    pipeline.stop()


@case('a key that nobody claims: BadName to publish, StreamNotFound to play')
def unclaimed():
    pipeline = source('application=live stream=in')
    client = rtmp.Client(pipeline.port())
    check_equal(client.publish('live', 'other'), 'NetStream.Publish.BadName', 'publish')
    client.close()
    client = rtmp.Client(pipeline.port()).play('live', 'other')
    status = client.wait_command('onStatus')[3]
    while status['code'] in ('NetStream.Play.Reset', 'NetStream.Play.Start'):
        status = client.wait_command('onStatus')[3]
    check_equal(status['code'], 'NetStream.Play.StreamNotFound', 'play')
    client.close()
    pipeline.stop()


def garbage(index, port):
    """One bad connection, of seven sorts; returns it still open, or None."""
    peer = socket.create_connection(('127.0.0.1', port))
    sort = index % 7
    if sort == 0:
        pass
    elif sort == 1:
        peer.sendall(b'GET / HTTP/1.1\r\nHost: x\r\n\r\n')
    elif sort == 2:
        peer.sendall(b'\x03' + os.urandom(700))
    elif sort == 3:
        peer.sendall(os.urandom(4000))
    elif sort == 4:
        peer.sendall(b'\x03' + os.urandom(1536 * 2) + os.urandom(3000))
    elif sort == 5:
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
        peer.sendall(b'\x03')
    else:
        peer.sendall(b'\x03' + bytes(1536 * 2) + b'\x02\0\0\0\xff\xff\xff\x14\0\0\0\0' + bytes(500))
    if index % 2:
        peer.close()
        return None
    return peer


@case('500 connections of garbage do nothing to a running stream')
def abuse():
    name = media.make('bframes.mp4')
    pipeline = source('application=live stream=in')
    port = pipeline.port()
    publisher = publish(name, url(port), realtime=True)
    wait_publisher(pipeline)
    peers = [garbage(index, port) for index in range(500)]
    publisher.finish()
    pipeline.wait_for('eos')
    check_no_error(pipeline)
    media.compare(received(pipeline), media.probe(name))
    for peer in peers:
        if peer:
            peer.close()
    pipeline.stop()


def error_of(text):
    pipeline = Pipeline(text)
    error = pipeline.wait_for('error')
    pipeline.finish(statuses=None)
    return '%s\n%s' % (error['text'], error.get('debug') or '')


@case('a port in use: an error that names it')
def port_in_use():
    with socket.socket() as other:
        other.bind(('127.0.0.1', 0))
        other.listen()
        port = other.getsockname()[1]
        for pipeline in ('rtmpserversrc host=127.0.0.1 port=%d ! fakesink',
                         'videotestsrc ! x264enc ! rtmpsink host=127.0.0.1 port=%d'):
            text = error_of(pipeline % port)
            check(str(port) in text, 'no port in: ' + text)
            check('in use' in text.lower(), 'no reason in: ' + text)


@case('an invalid uri: an error that quotes it')
def invalid_uri():
    for bad in ('http://127.0.0.1/live', 'rtmp://127.0.0.1:99999/live', 'nonsense'):
        pipeline = Pipeline('rtmpserversrc uri=%s ! fakesink' % bad)
        pipeline.wait_until(lambda: bad in pipeline.text() or any(
            bad in (e['text'] or '') + (e.get('debug') or '')
            for e in pipeline.find('error')), 'an error that quotes ' + bad)
        check(pipeline.wait() != 0, '%s was accepted' % bad)


@case('caps that RTMP cannot carry: an error that names them and what is accepted')
def unsupported_caps():
    name = media.make('bframes.mp4')
    for sink, accepted in (('rtmpsink', 'video/x-flv'), ('s.video rtmpsink name=s', 'video/x-h264')):
        text = error_of('filesrc location=%s ! typefind ! %s host=127.0.0.1 port=0' % (name, sink))
        check('video/quicktime' in text, 'the caps are not named: ' + text)
        check(accepted in text, 'what is accepted is not named: ' + text)


def send_all(client, tags):
    for tag in tags:
        client.send_tag(tag)
    client.send(20, rtmp.amf('deleteStream', 5, None, client.stream))
    client.close()


@case('a codec that the linked branch cannot take: one warning, the rest and the next go on')
def wrong_codec():
    name = media.make('bframes.flv')
    expected = media.flv_packets(name)
    header = media.hevc_header(media.make('hevc.mp4', video=media.HEVC, audio=None))
    tags = media.flv_tags(name)
    other = [(9, time, header if body[1] == 0 else bytes([body[0] & 0xf0 | 12]) + body[1:])
             if kind == 9 else (kind, time, body) for kind, time, body in tags]
    pipeline = Pipeline(
        'rtmpserversrc name=s host=127.0.0.1 port=0 application=live stream=in keep-listening=true '
        's.video ! video/x-h264 ! identity name=v ! ' + SINK + ' s.audio ! identity name=a ! ' + SINK,
        log=['v', 'a']).wait_playing()
    for turn, sent in enumerate((tags, other, tags), 1):
        client = rtmp.Client(pipeline.port())
        check_equal(client.publish('live', 'in'), 'NetStream.Publish.Start', 'status')
        send_all(client, sent)
        wait_received(pipeline, 'a', turn * len(expected['audio']))
    wait_received(pipeline, 'v', 2 * len(expected['video']))
    check_no_error(pipeline)
    found = received(pipeline)
    check_equal([p.sha256 for p in found['audio']],
                [p.sha256 for p in expected['audio']] * 3, 'audio')
    check_equal([p.sha256 for p in found['video']],
                [p.sha256 for p in expected['video']] * 2, 'video')
    warnings = pipeline.find('warning')
    check_equal(len(warnings), 1, 'warnings: %r' % warnings)
    check('x-h265' in warnings[0]['text'] + warnings[0]['debug'], 'the codec is not named: %r' % warnings)
    pipeline.stop()


@case('a pad that is not linked: one warning a publisher, the rest goes on')
def not_linked():
    name = media.make('bframes.mp4')
    pipeline = source('application=live stream=in keep-listening=true', video=False)
    audio = [p.sha256 for p in media.probe(name)['audio']]
    for turn in (1, 2):
        publish(name, url(pipeline.port())).finish()
        wait_received(pipeline, 'a', turn * len(audio))
    check_no_error(pipeline)
    check_equal([p.sha256 for p in media.from_buffers(pipeline.buffers('a'))], audio * 2, 'audio')
    check(1 <= len(pipeline.find('warning')) <= 2, 'warnings: %r' % pipeline.find('warning'))
    pipeline.stop()


if __name__ == '__main__':
    tap.main()
