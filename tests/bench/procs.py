# SPDX-License-Identifier: LGPL-2.1-or-later
"""The benchmark's processes: pinned to a core, read line by line as JSON, always
ended. Servers under test all look the same: name, port, pids, start, stop."""

import json
import os
import queue
import resource
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time

NGINX_MODULE = '/usr/lib/nginx/modules/ngx_rtmp_module.so'
SERVER_CORE = 0
LOAD_CORE = 1


class Failed(Exception):
    """A measurement could not be made; the text says why."""


class Missing(Failed):
    """A program or element is not installed or not built."""


def pin(core):
    """For preexec_fn: nothing where there are fewer cores."""
    def run():
        if core in os.sched_getaffinity(0) and len(os.sched_getaffinity(0)) > 1:
            os.sched_setaffinity(0, {core})
    return run


def raise_descriptor_limit():
    """The most this user may have; children inherit it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    for wanted in (65536, hard):
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, max(wanted, hard)))
            return wanted
        except (ValueError, OSError):
            continue
    return soft


def free_port():
    with socket.socket() as sock:
        sock.bind(('127.0.0.1', 0))
        return sock.getsockname()[1]


def wait_for_port(port, process, timeout=10):
    end = time.monotonic() + timeout
    while time.monotonic() < end:
        if process.poll() is not None:
            raise Failed('the server ended with status %s' % process.returncode)
        try:
            socket.create_connection(('127.0.0.1', port), 1).close()
            return
        except OSError:
            time.sleep(0.02)
    raise Failed('no server on port %d' % port)


class Proc:
    """A pinned child that prints JSON lines."""

    def __init__(self, command, core, env=None):
        self.command = command
        self.errors = tempfile.TemporaryFile()
        try:
            self.process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=self.errors,
                preexec_fn=pin(core), env=env)
        except OSError as error:
            raise Missing(str(error)) from error
        self.lines = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        for line in self.process.stdout:
            try:
                self.lines.put(json.loads(line))
            except ValueError:
                pass
        self.lines.put(None)

    @property
    def pid(self):
        return self.process.pid

    def error_text(self):
        self.errors.seek(0)
        lines = self.errors.read().decode('utf-8', 'replace').strip().splitlines()
        return lines[-1] if lines else ''

    def next(self, timeout):
        """The next JSON line."""
        try:
            line = self.lines.get(timeout=timeout)
        except queue.Empty:
            self.kill()
            raise Failed('%s: nothing for %d s' % (
                os.path.basename(self.command[0]), timeout)) from None
        if line is None:
            self.process.wait()
            kind = Missing if self.process.returncode == 77 else Failed
            raise kind(self.error_text() or '%s: ended with status %d and no result' % (
                os.path.basename(self.command[0]), self.process.returncode))
        return line

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()

    def stop(self, timeout=10):
        """Asks it to end; its last line if there is one, as a dict."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            self.kill()
        last = {}
        while True:
            try:
                line = self.lines.get(timeout=2)
            except queue.Empty:
                break
            if line is None:
                break
            last = line
        self.errors.close()
        return last


class Tools:
    """Where the programs and the media are."""

    def __init__(self, build, folder):
        self.folder = folder
        self.bench = os.path.join(build, 'tests', 'bench')
        self.plugins = os.path.join(build, 'gst', 'elements')
        self.media = os.path.join(folder, 'media.flv')

    def program(self, name):
        return os.path.join(self.bench, name)

    def load(self, mode, port, *options):
        return Proc([self.program('rtmp-load'), mode, '--port', str(port)]
                    + [str(option) for option in options], LOAD_CORE)

    def publish(self, port, *options):
        """A publisher that runs until it is stopped."""
        proc = self.load('publish', port, '--media', self.media, '--seconds', 0, '--warm', 0,
                         *options)
        ready = proc.next(30)
        if ready['failed'] or not ready['active']:
            proc.stop()
            raise Failed('the publisher was refused: ' + ready['first_error'])
        return proc

    def run_load(self, mode, port, *options, timeout=120):
        """Runs to the end; the report."""
        proc = self.load(mode, port, *options)
        try:
            proc.next(timeout)
            return proc.next(timeout)
        finally:
            proc.stop()

    def env(self):
        env = dict(os.environ)
        env['GST_PLUGIN_PATH'] = self.plugins
        env['GST_REGISTRY'] = os.path.join(self.folder, 'registry.bin')
        return env

    def pipeline(self, description, *options):
        """Ours or GStreamer's elements in a process of their own, running."""
        proc = Proc([self.program('bench-server'), 'pipeline', description]
                    + [str(option) for option in options], SERVER_CORE, self.env())
        proc.next(30)
        return proc

    def make_media(self, seconds, gop):
        """720p30 H.264 at a constant 2.37 Mbit/s with AAC of 128 kbit/s, a keyframe each
        @gop pictures."""
        self.gop_s = gop / 30
        if os.path.exists(self.media):
            return
        if not shutil.which('ffmpeg'):
            raise Missing('ffmpeg is not installed')
        part = self.media + '.part'
        subprocess.run(
            ['ffmpeg', '-nostdin', '-loglevel', 'error', '-y',
             '-f', 'lavfi', '-i', 'testsrc2=size=1280x720:rate=30,noise=alls=12:allf=t',
             '-f', 'lavfi', '-i', 'sine=frequency=440:sample_rate=48000',
             '-t', str(seconds), '-pix_fmt', 'yuv420p', '-c:v', 'libx264',
             '-preset', 'veryfast', '-g', str(gop), '-keyint_min', str(gop), '-sc_threshold', '0',
             '-b:v', '2372k', '-minrate', '2372k', '-maxrate', '2372k', '-bufsize', '1200k',
             '-x264-params', 'nal-hrd=cbr', '-c:a', 'aac', '-b:a', '128k', '-ac', '2',
             '-f', 'flv', part], check=True)
        os.rename(part, self.media)


class Nginx:
    """nginx with the RTMP module, one worker, configuration of its own."""

    name = 'nginx'
    conf = '''
load_module %(module)s;
daemon off;
worker_processes 1;
pid nginx.pid;
error_log error.log crit;
events { worker_connections %(connections)d; }
rtmp {
  access_log off;
  server {
    listen 127.0.0.1:%(port)d;
    application live { live on; }
  }
}
'''

    def __init__(self, tools, keys=1):
        self.tools = tools

    def start(self):
        program = shutil.which('nginx') or '/usr/sbin/nginx'
        if not os.path.exists(program) or not os.path.exists(NGINX_MODULE):
            raise Missing('nginx with libnginx-mod-rtmp is not installed')
        self.folder = tempfile.mkdtemp(prefix='nginx-', dir=self.tools.folder)
        os.chmod(self.folder, 0o755)
        self.port = free_port()
        conf = os.path.join(self.folder, 'nginx.conf')
        limit = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
        with open(conf, 'w', encoding='utf-8') as stream:
            stream.write(self.conf % {'module': NGINX_MODULE, 'port': self.port,
                                      'connections': limit - 100})
        self.proc = Proc([program, '-p', self.folder + '/', '-c', conf,
                          '-e', os.path.join(self.folder, 'error.log')], SERVER_CORE)
        wait_for_port(self.port, self.proc.process)
        self.pids = self._workers()

    def _workers(self):
        path = '/proc/%d/task/%d/children' % (self.proc.pid, self.proc.pid)
        end = time.monotonic() + 5
        while time.monotonic() < end:
            # the port is open before the worker is there
            with open(path, encoding='ascii') as stream:
                pids = [int(pid) for pid in stream.read().split()]
            if pids:
                return pids
            time.sleep(0.02)
        raise Failed('nginx has no worker')

    def stop(self):
        self.proc.stop()


class Relay:
    """Our server core: mounts that take a publisher and relay to players; no pads."""

    name = 'ours'

    def __init__(self, tools, keys=1, flush_ms=0):
        self.tools = tools
        self.keys = keys
        self.flush_ms = flush_ms

    def start(self):
        command = [self.tools.program('bench-server'), 'relay', '--keys', str(self.keys)]
        if self.flush_ms:
            command += ['--flush-ms', str(self.flush_ms)]
        self.proc = Proc(command, SERVER_CORE, self.tools.env())
        ready = self.proc.next(30)
        self.port = ready['port']
        self.pids = [self.proc.pid]

    def stop(self):
        self.proc.stop()


class Pads:
    """Our source elements, each into fakesinks, in one process."""

    name = 'pads'

    def __init__(self, tools, keys=1):
        self.tools = tools
        self.keys = keys

    def start(self):
        self.port = free_port()
        parts = []
        for i in range(self.keys):
            stream = 'bench%d' % i if self.keys > 1 else 'bench'
            parts.append(
                'rtmpserversrc name=s%d host=127.0.0.1 port=%d stream=%s '
                's%d.video ! fakesink sync=false async=false '
                's%d.audio ! fakesink sync=false async=false' % (i, self.port, stream, i, i))
        self.proc = self.tools.pipeline(' '.join(parts))
        self.pids = [self.proc.pid]
        self.report = {}

    def stop(self):
        self.report = self.proc.stop()


class Limit:
    """What the kernel alone costs."""

    def __init__(self, tools, count, batch):
        self.name = 'limit-' + batch
        self.tools = tools
        self.count = count
        self.batch = batch
        self.fault = ()  # options for tests

    def start(self):
        self.proc = Proc([self.tools.program('kernel-limit'), '--media', self.tools.media,
                          '--count', str(self.count), '--batch', self.batch, *self.fault],
                         SERVER_CORE)
        self.port = self.proc.next(30)['port']
        self.pids = [self.proc.pid]

    def stop(self):
        self.proc.stop()
