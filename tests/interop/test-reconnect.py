#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Publishers that die, and come back."""

from peers import *
import media
import tap
from tap import case, check, check_equal


def check_running_time(pipeline):
    """Running time never goes back on a pad."""
    for at in 'va':
        last = None
        for buffer in pipeline.buffers(at):
            running = buffer['pts'] if buffer['dts'] is None else buffer['dts']
            check(running is not None, '%s: no running time: %r' % (at, buffer))
            check(last is None or running >= last,
                  '%s: running time goes back from %s to %s' % (at, last, running))
            last = running


def killed_publisher(pipeline, name, count):
    publisher = publish(name, url(pipeline.port()), realtime=True)
    wait_received(pipeline, 'v', count)
    publisher.kill()


@case('killed publisher, keep-listening=false: EOS, no error')
def killed():
    name = media.make('long.mp4', seconds=20)
    pipeline = source('application=live stream=in keep-listening=false')
    killed_publisher(pipeline, name, 30)
    pipeline.wait_for('eos')
    check_no_error(pipeline)
    check_running_time(pipeline)
    pipeline.stop()
    check(pipeline.gst_events('v', 'eos') and pipeline.gst_events('a', 'eos'), 'EOS on both pads')


@case('killed publisher, keep-listening=false: READY and back takes the next')
def killed_restart():
    name = media.make('long.mp4', seconds=20)
    short = media.make('bframes.mp4')
    pipeline = source('application=live stream=in keep-listening=false', keep=True)
    killed_publisher(pipeline, name, 30)
    pipeline.wait_for('eos')
    late = publish(short, url(pipeline.port()))
    check(late.wait() != 0, 'a publisher after EOS was accepted')
    pipeline.command_line('state 2')
    pipeline.wait_for('state', state='READY', count=2)
    before = len(pipeline.buffers('v'))
    pipeline.command_line('state 4')
    pipeline.command_line('ports')
    pipeline.wait_for('state', state='PLAYING', count=2)
    port = pipeline.wait_for('port', count=2)['port']
    publish(short, url(port)).finish()
    pipeline.wait_for('eos', count=2)
    check_equal(len(pipeline.buffers('v')) - before, 75, 'frames of the second publisher')
    pipeline.stop()


@case('killed three times, keep-listening=true: goes on, running time never back')
def keep_listening():
    name = media.make('long.mp4', seconds=20)
    short = media.make('bframes.mp4')
    pipeline = source('application=live stream=in keep-listening=true')
    for count in (30, 60, 90):
        killed_publisher(pipeline, name, count)
    before = len(pipeline.buffers('v'))
    publish(short, url(pipeline.port())).finish()
    last = media.probe(short)
    pipeline.wait_until(lambda: media.from_buffers(pipeline.find('buffer', at='v'))[-1].sha256
                        == last['video'][-1].sha256, 'the last frame')
    pipeline.wait_until(lambda: media.from_buffers(pipeline.find('buffer', at='a'))[-1].sha256
                        == last['audio'][-1].sha256, 'the last audio')
    check_no_error(pipeline)
    check(not pipeline.gst_events('v', 'eos'), 'EOS with keep-listening')
    check_running_time(pipeline)
    check(len(pipeline.buffers('v')) >= before + 75, 'frames of the last publisher')
    pipeline.command_line('eos')
    pipeline.wait_for('eos')
    pipeline.stop()


@case('a second publisher takes over from one that is still there')
def takeover():
    name = media.make('long.mp4', seconds=20)
    short = media.make('bframes.mp4')
    pipeline = source('application=live stream=in')
    first = publish(name, url(pipeline.port()), realtime=True)
    wait_received(pipeline, 'v', 30)
    publish(short, url(pipeline.port())).finish()
    pipeline.wait_for('eos')
    first.finish(statuses=None)
    check_no_error(pipeline)
    check_running_time(pipeline)
    check_equal(media.from_buffers(pipeline.buffers('v'))[-1].sha256,
                media.probe(short)['video'][-1].sha256, 'last frame')
    pipeline.stop()


if __name__ == '__main__':
    tap.main()
