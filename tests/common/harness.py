# SPDX-License-Identifier: LGPL-2.1-or-later
"""Processes of the tests: our pipelines, and the real clients against them.

Nothing here is timed: waits end when what they wait for happens, and GUARD is
only there so that a test that hangs fails instead.
"""

import atexit
import json
import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import tempfile
import threading

from tap import Failure, Skip, note

GUARD = float(os.environ.get('RTMP_TEST_GUARD', '60'))
BUILD = os.environ.get('RTMP_BUILD', '')
PLUGINS = os.environ.get('RTMP_PLUGINS', os.path.join(BUILD, 'gst', 'elements'))
RUNNER = os.path.join(BUILD, 'tests', 'common', 'pipeline-runner')


def sanitizer_library():
    """What a program without a sanitizer must preload for plugins with one; or ''."""
    if not os.path.exists(RUNNER):
        return ''
    out = subprocess.run(['ldd', RUNNER], stdout=subprocess.PIPE, text=True, check=False).stdout
    found = re.search(r'libasan\S* => (\S+)', out)
    return found.group(1) if found else ''


PRELOAD = sanitizer_library()
FOLDER = tempfile.mkdtemp(prefix='rtmp-test-')
STARTED = []


def clean_up():
    for process in STARTED:
        process.kill()
    if os.environ.get('RTMP_TEST_KEEP'):
        note('kept ' + FOLDER)
    else:
        shutil.rmtree(FOLDER, ignore_errors=True)


atexit.register(clean_up)


def path(name):
    return os.path.join(FOLDER, name)


def free_port():
    with socket.socket() as probe:
        probe.bind(('127.0.0.1', 0))
        return probe.getsockname()[1]


def gst_env(ours, **extra):
    """The environment of a GStreamer program, with our plugins or without them.

    The registries live in the build folder: scanning all plugins takes seconds.
    """
    env = dict(os.environ)
    for name in ('GST_PLUGIN_PATH', 'GST_PLUGIN_PATH_1_0', 'GST_DEBUG', 'G_SLICE'):
        env.pop(name, None)
    if 'RTMP_TEST_DEBUG' in os.environ:
        env['GST_DEBUG'] = os.environ['RTMP_TEST_DEBUG']
    env['GST_DEBUG_NO_COLOR'] = '1'
    if PRELOAD:
        # Encoders and plugins of others leak; GST_TRACERS=leaks watches ours.
        env['ASAN_OPTIONS'] = 'detect_leaks=0:abort_on_error=1'
    if ours:
        env['GST_PLUGIN_PATH'] = PLUGINS
    env['GST_REGISTRY'] = os.path.join(
        BUILD, 'tests', 'registry-%s.bin' % ('ours' if ours else 'plain'))
    env.update(extra)
    return env


def need_program(name):
    if not shutil.which(name):
        raise Skip('%s is not installed' % name)


ELEMENTS = {}


def need_elements(*names):
    """Skips when GStreamer, without our plugins, lacks one of these elements."""
    for name in names:
        if name not in ELEMENTS:
            ELEMENTS[name] = subprocess.run(
                ['gst-inspect-1.0', '--exists', name], env=gst_env(False),
                stdin=subprocess.DEVNULL).returncode == 0
        if not ELEMENTS[name]:
            raise Skip('GStreamer has no element %s here' % name)


class Process:
    """A child process whose output is collected."""

    def __init__(self, command, env=None, name=None, stdin=subprocess.DEVNULL):
        self.command = [str(word) for word in command]
        self.name = name or os.path.basename(self.command[0])
        self.output = []
        self.changed = threading.Condition()
        self.closed = 0
        self.process = subprocess.Popen(
            self.command, env=env, stdin=stdin, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True, errors='replace', bufsize=1)
        self.readers = [threading.Thread(target=self.read, args=(stream, kind), daemon=True)
                        for stream, kind in ((self.process.stdout, 'out'),
                                             (self.process.stderr, 'err'))]
        for reader in self.readers:
            reader.start()
        STARTED.append(self)

    def read(self, stream, kind):
        for line in stream:
            with self.changed:
                self.take(kind, line.rstrip('\n'))
                self.changed.notify_all()
        with self.changed:
            self.closed += 1
            self.changed.notify_all()

    def take(self, kind, line):
        self.output.append((kind, line))

    def text(self, kind=None):
        with self.changed:
            return '\n'.join(line for where, line in self.output if kind in (None, where))

    def wait_until(self, test, what, guard=GUARD):
        """Waits until test() gives something; the process's end is also the end of waiting."""
        with self.changed:
            found = self.changed.wait_for(lambda: test() or self.closed == 2, guard)
            result = test()
            if result:
                return result
        raise Failure('%s: %s before %s\n%s' % (
            self.name, 'ended' if found else 'hung', what, self.tail()))

    def wait_text(self, part, guard=GUARD):
        return self.wait_until(
            lambda: any(part in line for _, line in self.output), 'saying "%s"' % part, guard)

    def tail(self, lines=25):
        with self.changed:
            return '\n'.join(line for _, line in self.output[-lines:])

    def interrupt(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()

    def wait(self, guard=GUARD):
        """The exit status, once the process has ended by itself."""
        try:
            status = self.process.wait(guard)
        except subprocess.TimeoutExpired:
            tail = self.tail()
            self.kill()
            raise Failure('%s did not end\n%s' % (self.name, tail)) from None
        for reader in self.readers:
            reader.join(guard)
        return status

    def finish(self, statuses=(0,), guard=GUARD):
        status = self.wait(guard)
        if statuses is not None and status not in statuses:
            raise Failure('%s: exit status %d\n%s\n%s' % (
                self.name, status, ' '.join(self.command), self.tail()))
        return self


class Pipeline(Process):
    """A pipeline of ours (or, with ours=False, of a plain GStreamer) in pipeline-runner."""

    def __init__(self, description, log=(), refuse=(), keep=False, same_port=False,
                 hashes=True, ours=True, env=None):
        command = [RUNNER]
        for name in log:
            command += ['--log', name]
        for key in refuse:
            command += ['--refuse', key]
        command += ['--keep'] if keep else []
        command += ['--same-port'] if same_port else []
        command += [] if hashes else ['--no-hash']
        self.events = []
        super().__init__(command + ['--', ' '.join(description.split())],
                         env=gst_env(ours, **(env or {})), name='pipeline',
                         stdin=subprocess.PIPE)

    def take(self, kind, line):
        if kind == 'out' and line.startswith('{'):
            event = json.loads(line)
            self.events.append(event)
            if event['t'] == 'buffer':
                return
        self.output.append((kind, line))

    def find(self, kind, **fields):
        return [event for event in self.events if event['t'] == kind
                and all(event.get(key) == value for key, value in fields.items())]

    def wait_for(self, kind, count=1, guard=GUARD, test=None, **fields):
        """The count-th event of that kind and with those fields."""
        def there():
            found = [event for event in self.find(kind, **fields) if not test or test(event)]
            return found[count - 1] if len(found) >= count else None
        return self.wait_until(there, '%s %r' % (kind, fields), guard)

    def port(self, element=None):
        fields = {'element': element} if element else {}
        return self.wait_for('port', **fields)['port']

    def wait_playing(self):
        self.wait_for('state', state='PLAYING')
        return self

    def buffers(self, at):
        with self.changed:
            return self.find('buffer', at=at)

    def gst_events(self, at, name):
        with self.changed:
            return self.find('event', at=at, event=name)

    def command_line(self, text):
        try:
            self.process.stdin.write(text + '\n')
            self.process.stdin.flush()
        except BrokenPipeError:
            raise Failure('pipeline ended\n' + self.tail()) from None

    def get(self, element, name):
        with self.changed:
            count = len(self.find('property', element=element, name=name))
        self.command_line('get %s %s' % (element, name))
        return self.wait_for('property', count=count + 1, element=element, name=name)['value']

    def errors(self):
        with self.changed:
            return self.find('error')

    def stop(self):
        """NULL, and a clean end."""
        if self.process.poll() is None:
            try:
                self.process.stdin.write('stop\n')
                self.process.stdin.close()
            except BrokenPipeError:
                pass
        return self.finish()


def gst_launch(description, ours=False, options=()):
    return Process(['gst-launch-1.0'] + list(options) + shlex.split(description),
                   env=launch_env(ours))


def launch_env(ours):
    """For programs of GStreamer's own."""
    return gst_env(ours, **({'LD_PRELOAD': PRELOAD} if ours and PRELOAD else {}))


def ffmpeg(*arguments):
    need_program('ffmpeg')
    return Process(['ffmpeg', '-hide_banner', '-nostdin', '-nostats', '-loglevel', 'info']
                   + list(arguments))
