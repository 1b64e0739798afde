#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Runs what the documentation tells people to copy.

Every ```sh block of README.md and docs/, and every gst-launch-1.0 line in the
elements' documentation comments, is run as it stands but for the port: what it
listens for is published to it, what it serves is played, what it records is
opened. Tables of properties are compared with the elements. A block that this
test does not understand fails.
"""

import os
import re
import shlex
import subprocess
import sys

TESTS = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..')
sys.path.insert(0, os.path.join(TESTS, 'interop'))

from peers import *
import media
import source as tree
import tap
from harness import BUILD, FOLDER, Process, gst_env, need_program, path
from tap import check, check_equal

# the elements' pages repeat the launch lines of their sources
PAGES = ['README.md'] + sorted(name for name in tree.tracked_files()
                               if re.match(r'docs/(?!rtmpserver)[^/]+\.md$', name))
OUR_ELEMENTS = r'\b(rtmpserversrc|rtmpserversink|rtmpsink)\b(?!\.|:|\w)'
DEMO = os.path.join(BUILD, 'tests', 'examples', 'demo')


def blocks(text, language):
    return re.findall(r'^```%s\n(.*?)^```' % language, text, re.DOTALL | re.MULTILINE)


def commands(block):
    """The commands of a block, continued lines joined, comments dropped."""
    joined = re.sub(r'\\\n\s*', ' ', block)
    lines = [line.strip() for line in joined.splitlines()]
    return [line for line in lines if line and not line.startswith('#')]


def launch_lines(text):
    """gst-launch-1.0 lines of |[ ... ]| blocks in documentation comments."""
    found = []
    for block in re.findall(r'\|\[(?:<!--.*?-->)?\n(.*?)\]\|', text, re.DOTALL):
        lines = re.sub(r'^[ \t]*\*[ \t]?', '', block, flags=re.MULTILINE)
        # A line that goes on needs no backslash there.
        words = ' '.join(commands(lines))
        found += ['gst-launch-1.0 ' + rest.strip()
                  for rest in words.split('gst-launch-1.0 ')[1:]]
    return found


def with_port(line, port):
    """The same for @port instead of 1935, and for machines without screen and speakers."""
    line = re.sub(r'\bauto(video|audio)sink\b', 'fakesink sync=true', line)
    line = re.sub(r'(rtmp|rtmpserver)://(\[?[\w.:]+?\]?)(?::\d+)?/', r'\1://\2:%d/' % port, line)
    line = re.sub(r'port=1935', 'port=%d' % port, line)
    for match in reversed(list(re.finditer(OUR_ELEMENTS, line))):
        rest = line[match.end():].split('!')[0].split(' rtmp')[0]
        if not re.search(r'\b(port|uri|location)=', rest):
            line = line[:match.end()] + ' port=%d' % port + line[match.end():]
    return line


def uses(line):
    """Names to publish to, names to play, files to open, servers to offer."""
    found = {'publish': [], 'play': [], 'files': [], 'push': []}
    for match in re.finditer(OUR_ELEMENTS, line):
        rest = line[match.end():].split('!')[0].split(' rtmp')[0]
        settings = dict(re.findall(r'\b(application|stream|uri|location)="?([^\s"]+)', rest))
        if 'uri' in settings:
            parts = re.sub(r'^\w+://[^/]*/', '', settings['uri']).split('/')
            settings['application'] = '/'.join(parts[:-1] or parts)
            settings['stream'] = parts[-1] if len(parts) > 1 else None
        application = settings.get('application', 'live')
        if match.group(1) == 'rtmpserversrc':
            name = '%s/%s' % (application, settings.get('stream') or 'any')
            found['publish'].append(name)
            if re.search(r'relay=(true|1)', rest):
                found['play'].append(name)
        elif 'location' in settings:
            found['push'].append(re.sub(r'^\w+://[^/]*/', '', settings['location']))
        else:
            found['play'].append('%s/%s' % (application, settings.get('stream') or 'stream'))
    found['files'] = re.findall(r'\bfilesink location=(\S+)', line)
    return found


def check_played(player, what):
    """Somebody who watches for two seconds of media sees pictures or hears sound."""
    player.finish()
    packets = media.parse_probe(player.text('out'))
    check(packets['video'] or packets['audio'], '%s: nothing to see' % what)


def start_player(port, name):
    return media.start_probe(url(port, name), '-read_intervals', '%+2')


def run_launch(line):
    port = free_port()
    what = uses(line)
    film = media.make('film.mp4', seconds=8)
    receivers = []
    for name in what['push']:
        application, _, key = name.rpartition('/')
        receivers.append(Pipeline(
            'rtmpserversrc name=s host=127.0.0.1 port=%d application=%s stream=%s s.video ! identity '
            'name=v ! %s s.audio ! identity name=a ! %s' % (port, application, key, SINK, SINK),
            log=['v', 'a']).wait_playing())
    command = shlex.split(with_port(line, port))
    if command[0] == 'gst-launch-1.0':
        command.insert(1, '-e')
    process = Process(command, env=gst_env(True))
    process.wait_text('PLAYING')
    publishers = [publish(film, url(port, name), realtime=True) for name in what['publish']]
    players = [start_player(port, name) for name in what['play']]
    for name, player in zip(what['play'], players):
        check_played(player, name)
    for receiver in receivers:
        receiver.wait_until(lambda: receiver.find('buffer', at='v') or
                            receiver.find('buffer', at='a'), 'media at the server')
    if what['files'] or not players:
        for publisher in publishers:
            publisher.finish()
    process.interrupt()
    # -2: it was about to end by itself.
    process.finish(statuses=(0, 130, -2))
    for publisher in publishers:
        publisher.finish(statuses=None)
    check('ERROR' not in process.text(), process.tail())
    for name in what['files']:
        media.check_playable(os.path.join(FOLDER, name))
    for receiver in receivers:
        receiver.stop()


def run_client(line):
    """ffmpeg, ffplay or ffprobe against the demonstration."""
    port = free_port()
    media.make('film.mp4', seconds=8)
    demo = Process([DEMO, '--port', str(port)], env=gst_env(True))
    demo.wait_text('Ctrl-C')
    command = shlex.split(with_port(line, port))
    if command[0] == 'ffmpeg':
        Process(command + ['-nostdin']).finish()
    else:
        # ffprobe in place of ffplay, which needs a display. At live/out somebody publishes.
        publisher = publish(path('film.mp4'), url(port), realtime=True) \
            if line.endswith('/live/out') else None
        check_played(media.start_probe(command[-1], '-read_intervals', '%+2'), line)
        if publisher:
            publisher.kill()
    demo.interrupt()
    demo.finish()


def run_devenv(line):
    words = shlex.split(line.replace('-C build', '-C ' + shlex.quote(BUILD)))
    if words[-1] == BUILD:
        words += ['gst-inspect-1.0', 'rtmpserversrc']
    Process(words).finish()


ELSEWHERE = [
    # tools/check runs this test and builds like this; tools/demo has its own test.
    r'tools/(check|demo)\b', r'meson setup build$', r'ninja -C build$', r'git clone ',
    r'cd [\w-]+$',
]


def run_command(line):
    tap.note(line)
    os.chdir(FOLDER)
    if line.startswith('gst-launch-1.0') and re.search(OUR_ELEMENTS, line):
        run_launch(line)
    elif line.startswith('build/tests/examples/authorize'):
        run_authorize()
    elif line.startswith(('ffmpeg', 'ffplay', 'ffprobe')):
        run_client(line)
    elif line.startswith('meson devenv'):
        run_devenv(line)
    elif not any(re.match(pattern, line) for pattern in ELSEWHERE):
        raise tap.Failure('no way to test this line')


def run_authorize():
    """The example lets in whoever knows the token."""
    port = free_port()
    film = media.make('film.mp4', seconds=8)
    example = Process([os.path.join(BUILD, 'tests', 'examples', 'authorize'), str(port)],
                      env=gst_env(True))
    example.wait_text('Listening')
    stranger = publish(film, url(port, 'live/in?token=guess'))
    check(stranger.wait() != 0, 'a stranger was let in')
    publish(film, url(port, 'live/in?token=secret')).finish()
    example.finish()


def property_rows(text, heading):
    """Names in the first column of the table under a heading."""
    match = re.search(r'^#+ %s\n(.*?)(?=^#|\Z)' % re.escape(heading), text,
                      re.DOTALL | re.MULTILINE)
    if not match:
        return None
    names = []
    for line in match.group(1).splitlines():
        cells = line.split('|')
        if len(cells) > 2 and not re.match(r'^\s*(-+|property)\s*$', cells[1]):
            names += re.findall(r'`([\w-]+)`', cells[1])
    return names


def own_properties(element):
    out = subprocess.run(['gst-inspect-1.0', element], env=gst_env(True), text=True,
                         stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, check=True).stdout
    part = out.split('Element Properties:')[1].split('Element Signals:')[0]
    return set(re.findall(r'^  ([\w-]+) *: ', part, re.MULTILINE))


def check_properties():
    text = tree.read('README.md')
    both = property_rows(text, 'Both')
    for element, heading, inherited in (
            ('rtmpserversrc', 'Source', {'name', 'parent'}),
            ('rtmpserversink', 'Sink', {'name', 'parent', 'async-handling', 'message-forward'})):
        rows = set(both + property_rows(text, heading))
        there = own_properties(element) - inherited
        check_equal(sorted(rows - there), [], 'in the table but not in ' + element)
        check_equal(sorted(there - rows), [], 'in %s but not in the table' % element)


def check_quoted_code():
    """C in the README is quoted from an example that is compiled."""
    example = tree.read('tests/examples/authorize.c')
    for block in blocks(tree.read('README.md'), 'c'):
        check(block.strip() in example, 'not in tests/examples/authorize.c:\n' + block)


def check_demo():
    """tools/demo: the test picture at once, and what is published, transcoded."""
    port = free_port()
    film = media.make('film.mp4', seconds=8)
    demo = Process([os.path.join(tree.TOP, 'tools', 'demo'), '--port', str(port)])
    demo.wait_text('Ctrl-C', guard=600)
    check_played(start_player(port, 'live/test'), 'live/test')
    for _ in range(2):
        publisher = publish(film, url(port), realtime=True)
        player = start_player(port, 'live/out')
        check_played(player, 'live/out')
        publisher.kill()
    busy = Process([os.path.join(tree.TOP, 'tools', 'demo'), '--port', str(port)])
    check(busy.wait() != 0, 'a second demo on one port started')
    check(str(port) in busy.text() and 'in use' in busy.text().lower(), busy.tail())
    demo.interrupt()
    demo.finish()
    short = Process([os.path.join(tree.TOP, 'tools', 'demo'), '--seconds', '1',
                     '--port', str(port)])
    short.finish(guard=120)
    check('error' not in demo.text() and 'CRITICAL' not in demo.text(), demo.tail())


def register():
    for page in PAGES:
        for block in blocks(tree.read(page), 'sh'):
            for line in commands(block):
                tap.CASES.append(('%s: %s' % (page, line[:90].replace('#', '')),
                                  lambda line=line: run_command(line)))
    for name in tree.c_files('gst/elements/', suffixes=('.c',)):
        for line in launch_lines(tree.read(name)):
            tap.CASES.append(('%s: %s' % (os.path.basename(name), line[:90]),
                              lambda line=line: run_command(line)))
    tap.CASES.append(('the tables of properties are what the elements have', check_properties))
    tap.CASES.append(('C code is quoted from an example', check_quoted_code))
    tap.CASES.append(('tools/demo does what it says', check_demo))


if __name__ == '__main__':
    need_program('ffmpeg')
    register()
    tap.main()
