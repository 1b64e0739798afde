#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Fifty players at once, one of which stops reading."""

import hashlib
import os
import threading

from peers import *
import media
import rtmp
import tap
from harness import GUARD
from tap import case, check, check_equal

PLAYERS = 50
FRAMES = 300
FRAME_SIZE = 40000
AHEAD = 25


class Crowd:
    """The players that read: each in a thread, each checking that it misses nothing."""

    def __init__(self):
        self.changed = threading.Condition()
        self.frames = {}
        self.failures = []

    def start(self, port, index):
        client = rtmp.Client(port).play('live', 'out')
        client.wait_command('onStatus')
        self.frames[index] = []
        thread = threading.Thread(target=self.follow, args=(client, index), daemon=True)
        thread.start()
        return thread

    def follow(self, client, index):
        try:
            while True:
                message = client.receive()
                if message.kind == 4 and message.body[:2] == b'\0\1':
                    break
                if message.kind == 9 and not message.is_header():
                    with self.changed:
                        self.frames[index].append(hashlib.sha256(message.body[5:]).hexdigest())
                        self.changed.notify_all()
        except Exception as problem:
            with self.changed:
                self.failures.append('player %d: %s' % (index, problem))
                self.changed.notify_all()
        client.close()

    def wait_frames(self, count):
        with self.changed:
            ok = self.changed.wait_for(
                lambda: self.failures or all(len(f) >= count for f in self.frames.values()),
                GUARD)
            check(ok, 'players hang at %r' % sorted(len(f) for f in self.frames.values()))
            check(not self.failures, '\n'.join(self.failures))


def resident_kib(pid):
    with open('/proc/%d/status' % pid, encoding='ascii') as status:
        for line in status:
            if line.startswith('VmRSS:'):
                return int(line.split()[1])
    return 0


@case('50 players, one stops reading: no gap for the others, bounded memory')
def crowd():
    # The metadata, which says that there is no audio to wait for, and the sequence header.
    headers = media.flv_tags(media.make('video.flv', audio=None))[:2]
    pipeline = Pipeline(
        'rtmpserversrc name=in host=127.0.0.1 port=0 application=live stream=in '
        'rtmpsink name=out host=127.0.0.1 port=0 application=live stream=out sync=false '
        'in.video ! out.video', same_port=True).wait_playing()
    port = pipeline.port('in')
    stalled = rtmp.Client(port, receive_buffer=4096).play('live', 'out')
    stalled.wait_command('onStatus')
    group = Crowd()
    threads = [group.start(port, index) for index in range(PLAYERS - 1)]
    publisher = rtmp.Client(port)
    check_equal(publisher.publish('live', 'in'), 'NetStream.Publish.Start', 'status')
    for header in headers:
        publisher.send_tag(header)
    sent, memory = [], []
    for index in range(FRAMES):
        data = (FRAME_SIZE - 4).to_bytes(4, 'big') + b'\x65' + os.urandom(FRAME_SIZE - 5)
        sent.append(hashlib.sha256(data).hexdigest())
        kind = b'\x17' if index % 25 == 0 else b'\x27'
        publisher.send_tag((9, index * 40, kind + b'\1\0\0\0' + data))
        # The readers are never more than a second of media behind.
        group.wait_frames(max(0, index - AHEAD))
        if index % 100 == 99:
            memory.append(resident_kib(pipeline.process.pid))
    group.wait_frames(FRAMES)
    removed = [m['text'] for m in pipeline.find('message') if 'removed' in m['text']]
    publisher.send(20, rtmp.amf('deleteStream', 5, None, publisher.stream))
    publisher.close()
    for thread in threads:
        thread.join(GUARD)
    check(not group.failures, '\n'.join(group.failures))
    for index, frames in group.frames.items():
        check(frames == sent, 'player %d: %d frames of %d, or others' % (
            index, len(frames), len(sent)))
    pipeline.wait_for('eos')
    pipeline.finish()
    check_no_error(pipeline)
    tap.note('memory at each third: %r KiB; removed: %r' % (memory, removed))
    check(memory[-1] - memory[0] < 16 * 1024, 'memory grows: %r KiB' % memory)
    behind = stalled_frames(stalled)
    check(removed or len(behind) < len(sent), 'the stalled player was neither resynchronised '
          'nor removed')
    check_stalled(behind, sent)


def stalled_frames(client):
    """What the stalled player still gets when it reads again."""
    frames = []
    try:
        while True:
            message = client.receive()
            if message.kind == 4 and message.body[:2] == b'\0\1':
                break
            if message.kind == 9 and not message.is_header():
                frames.append((message.is_keyframe(),
                               hashlib.sha256(message.body[5:]).hexdigest()))
    except (rtmp.Closed, OSError):
        pass
    client.close()
    return frames


def check_stalled(frames, sent):
    """Where something is missing it goes on with a keyframe."""
    expected = 0
    for key, sha256 in frames:
        check(sha256 in sent, 'a frame that nobody sent')
        position = sent.index(sha256)
        check(position == expected or (position > expected and key),
              'goes on at frame %d, which is no keyframe, after %d' % (position, expected - 1))
        expected = position + 1


if __name__ == '__main__':
    tap.main()
