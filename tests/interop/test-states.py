#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""State changes under load, and what is left after them."""

import threading

from peers import *
import media
import rtmp
import tap
from harness import GUARD
from tap import case, check, check_equal

CYCLES = 50
CHAIN = ('rtmpserversrc name=in host=127.0.0.1 port=%d application=live stream=in keep-listening=true '
         'rtmpsink name=out host=127.0.0.1 port=%d application=live stream=out sync=false '
         'in.video ! identity name=v ! out.video in.audio ! identity name=a ! out.audio')


class Load:
    """Publishers and players that come back for as long as it lasts."""

    def __init__(self, port, tags):
        self.port = port
        self.tags = tags
        self.over = threading.Event()
        self.published = 0
        self.played = 0
        self.threads = [threading.Thread(target=self.repeat, args=(work,), daemon=True)
                        for work in (self.publish, self.play, self.play)]
        for thread in self.threads:
            thread.start()

    def repeat(self, work):
        while not self.over.is_set():
            client = None
            try:
                client = rtmp.Client(self.port)
                work(client)
            except (OSError, tap.Failure, IndexError):
                self.over.wait(0.02)
            finally:
                if client:
                    client.close()

    def publish(self, client):
        client.publish('live', 'in')
        for tag in self.tags:
            client.send_tag(tag)
            if self.over.is_set():
                return
        self.published += 1

    def play(self, client):
        client.play('live', 'out')
        while not self.over.is_set():
            if client.receive().kind == 9:
                self.played += 1

    def end(self):
        self.over.set()
        for thread in self.threads:
            thread.join(GUARD)
            check(not thread.is_alive(), 'a client hangs')


def cycle(env=None):
    tags = media.flv_tags(media.make('bframes.flv'))
    port = free_port()
    pipeline = Pipeline(CHAIN % (port, port), keep=True, env=env).wait_playing()
    load = Load(port, tags)
    for turn in range(2, CYCLES + 2):
        # A third of the cycles waits for media, the others stop in the middle of things.
        if turn % 3 == 0:
            before = load.published
            pipeline.wait_until(lambda: load.published > before or load.played, 'media', 2)
        pipeline.command_line('state 1')
        pipeline.command_line('state 4')
        pipeline.wait_for('state', count=turn, state='PLAYING')
    load.end()
    check(load.published > 0 and load.played > 0, 'no client ever got through: %d, %d' % (
        load.published, load.played))
    tap.note('%d published, %d frames played' % (load.published, load.played))
    check_no_error(pipeline)
    pipeline.stop()
    return pipeline


@case('%d times NULL to PLAYING under load: descriptors and threads balanced' % CYCLES)
def cycles():
    pipeline = cycle()
    before, after = pipeline.find('begin')[0], pipeline.find('end')[0]
    tap.note('%r, %r' % (before, after))
    check(after['descriptors'] <= before['descriptors'] + 4, 'descriptors')
    # GLib keeps the threads of GStreamer's tasks for a while: as many as ran at once.
    threads = after['threads'].split()
    check(len(threads) <= 8, 'threads: %r' % threads)
    check(not [name for name in threads if 'rtmp' in name], 'threads of ours: %r' % threads)


@case('GST_TRACERS=leaks: nothing is left')
def leaks():
    name = media.make('bframes.mp4')
    pipeline = Pipeline(
        CHAIN % (0, 0), same_port=True,
        env={'GST_TRACERS': 'leaks', 'GST_DEBUG': 'GST_TRACER:7'}).wait_playing()
    port = pipeline.port('in')
    player = media.start_probe(url(port, 'live/out'))
    publish(name, url(port), realtime=True).finish()
    pipeline.command_line('eos')
    pipeline.wait_for('eos')
    pipeline.finish()
    player.finish(statuses=None)
    left = [line for line in pipeline.text('err').splitlines() if 'object-alive' in line and '%s' not in line
            and 'object-alive.class' not in line]
    check(not left, 'alive at the end:\n' + '\n'.join(left[:20]))


if __name__ == '__main__':
    tap.main()
