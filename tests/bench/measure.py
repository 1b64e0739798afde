# SPDX-License-Identifier: LGPL-2.1-or-later
"""One function a measurement: starts what it needs, ends it, returns numbers.

Keys of the returned dicts: cpu (seconds of the server for each GB of payload), us
(microseconds of the server for each message), p50, p99 (ms, video), audio_p99,
kib (memory for each connection), rate, load (share of its core that the generator
used), bad (what was wrong: missing messages, refused or lost connections)."""

import contextlib

from procs import Failed

GB = 1e9


@contextlib.contextmanager
def running(server):
    server.start()
    try:
        yield server
    finally:
        server.stop()


def pid_options(server):
    options = []
    for pid in server.pids:
        options += ['--server-pid', pid]
    return options


def cpu_of(report):
    """Seconds of the server. The scheduler's count is finer than /proc/PID/stat's clock
    ticks; it loses threads that ended, so it counts only where both agree."""
    server = report['server']
    ticks = server['user_s'] + server['system_s']
    return server['run_s'] if abs(server['run_s'] - ticks) <= 0.05 + 0.05 * ticks else ticks


def common(report, cpu=None):
    window = report['window']
    cpu = cpu_of(report) if cpu is None else cpu
    out = {'load': report['generator_cpu_s'] / report['seconds'] if report['seconds'] else 0}
    if window['payload_bytes']:
        out['cpu'] = cpu / window['payload_bytes'] * GB
    if window['messages']:
        out['us'] = cpu / window['messages'] * 1e6
    return out


def problems(report):
    total = report['total']
    found = []
    for key in ('missing', 'reordered', 'corrupt', 'unstamped'):
        if total[key]:
            found.append('%d %s' % (total[key], key))
    if report.get('stalled'):
        found.append('%d stalled' % report['stalled'])
    for key in ('failed', 'closed'):
        if report[key]:
            found.append('%d %s (%s)' % (report[key], key, report['first_error']))
    return ', '.join(found)


def memory(report):
    """KiB for each connection: what the resident set grew by."""
    server = report['server']
    grown = server['pss_kib'] - server['pss_before_kib']
    if not server['pss_kib']:
        grown = server['rss_kib'] - server['rss_before_kib']
    return grown / max(1, report['active'])


def player_numbers(report):
    out = common(report)
    out.update({
        'kib': memory(report), 'bad': problems(report),
        'checked': report['total']['checked'], 'messages': report['window']['messages'],
    })
    for name, key, share in (('p50', 'video', 'p50_ms'), ('p99', 'video', 'p99_ms'),
                             ('audio_p50', 'audio', 'p50_ms'),
                             ('audio_p99', 'audio', 'p99_ms'),
                             ('answer', 'connect_to_answer', 'p50_ms'),
                             ('keyframe', 'connect_to_keyframe', 'p50_ms')):
        if report[key]['count']:
            out[name] = report[key][share]
    if not report['video']['count']:
        out['bad'] = out['bad'] or 'no video arrived'
    return out


def play(tools, server, count, seconds, *options, warm=None):
    # few at a time where the time to the first keyframe is looked at
    ramp = 4 if count <= 100 else 128
    return tools.run_load(
        'play', server.port, '--count', count, '--ramp', ramp, '--seconds', seconds, '--warm',
        tools.gop_s + 0.2 if warm is None else warm, '--sum-every', max(1, count // 16),
        *pid_options(server), *options)


def fanout(tools, server, players, seconds, parse_every=1):
    """One publisher to N players."""
    with running(server):
        publisher = tools.publish(server.port)
        try:
            return player_numbers(play(tools, server, players, seconds,
                                       '--parse-every', parse_every))
        finally:
            publisher.stop()


def limit(tools, server, players, seconds):
    with running(server):
        return player_numbers(play(tools, server, players, seconds, '--raw', warm=0.5))


def ingest(tools, server, publishers, seconds):
    """N publishers in real time, nobody watching."""
    with running(server):
        options = ['--indexed'] if publishers > 1 else []
        report = tools.run_load(
            'publish', server.port, '--media', tools.media, '--count', publishers, '--seconds',
            seconds, '--warm', min(1, seconds), *options, *pid_options(server))
    out = common(report)
    out.update({'kib': memory(report), 'bad': problems(report)})
    return with_pads(server, out)


def with_pads(server, out):
    """Adds what our elements' sinks found, if there are any."""
    report = getattr(server, 'report', None)
    if report is not None:
        sinks = report.get('sinks', {})
        for key in ('missing', 'reordered', 'unstamped'):
            if sinks.get(key):
                out['bad'] = '%s, %d %s at the pads' % (out['bad'], sinks[key], key)
        if not sinks.get('messages'):
            out['bad'] = 'nothing arrived at the pads'
    return out


def fast(tools, server, seconds):
    """One publisher as fast as it can, nobody watching."""
    with running(server):
        report = tools.run_load(
            'publish', server.port, '--media', tools.media, '--speed', 0, '--seconds', seconds,
            '--warm', 0.2, *pid_options(server))
    out = common(report)
    out['gbps'] = report['window']['payload_bytes'] / report['seconds'] / GB
    out['bad'] = problems(report)
    return with_pads(server, out)


def connections(tools, server, seconds, goal):
    """Connections to play in a second, 32 at a time, with a stream on."""
    with running(server):
        publisher = tools.publish(server.port)
        try:
            report = tools.run_load(
                'connect', server.port, '--count', 32, '--goal', goal, '--seconds', seconds,
                '--warm', 0.5, *pid_options(server))
        finally:
            publisher.stop()
    done = report['window']['connections']
    out = {'rate': done / report['seconds'], 'answer': report['connect_to_answer']['p50_ms'],
           'keyframe': report['connect_to_keyframe']['p50_ms'], 'bad': problems(report),
           'load': report['generator_cpu_s'] / report['seconds']}
    if done:
        out['connection_us'] = cpu_of(report) / done * 1e6
    return out


FEED = 'identity name=video ! %s identity name=audio ! %s '
SINK = 'fakesink sync=false async=false '


def own_numbers(report):
    """CPU of a pipeline's process for each GB that it was fed or that arrived."""
    counted = report['fed'] if report['fed']['payload_bytes'] else report['sinks']
    if not counted['payload_bytes']:
        raise Failed('nothing went through the pipeline')
    return {'gbps': counted['payload_bytes'] / report['seconds'] / GB,
            'cpu': report['cpu_s'] / counted['payload_bytes'] * GB,
            'us': report['cpu_s'] / counted['messages'] * 1e6,
            'bad': ', '.join('%d %s' % (report['sinks'][key], key)
                             for key in ('missing', 'reordered') if report['sinks'][key])}


def measured(tools, description, seconds, *options):
    proc = tools.pipeline(description, '--warm', min(1, seconds), '--seconds', seconds, *options)
    try:
        return own_numbers(proc.next(seconds + 30))
    finally:
        proc.stop()


def feed_only(tools, seconds, speed):
    """What making the buffers costs: taken off the sinks' numbers."""
    return measured(tools, FEED % (SINK, SINK), seconds, '--media', tools.media,
                    '--speed', speed)


def sink(tools, description, port, key, seconds, speed):
    """Encoded buffers to the first socket; a player checks them."""
    proc = tools.pipeline(description, '--media', tools.media, '--speed', speed, '--warm',
                          min(1.5, 1 + seconds), '--seconds', seconds)
    try:
        player = tools.run_load('play', port, '--key', key, '--warm', 0.3, '--seconds',
                                seconds, '--sum-every', 1)
        out = own_numbers(proc.next(seconds + 30))
    finally:
        proc.stop()
    out['bad'] = problems(player)
    if not player['video']['count']:
        out['bad'] = 'no video arrived'
    return out


def sink_to_nginx(tools, nginx, seconds, speed):
    with running(nginx):
        description = FEED % ('m.video', 'm.audio') + (
            'flvmux name=m streamable=true ! rtmp2sink sync=false async=false '
            'location=rtmp://127.0.0.1:%d/live/bench' % nginx.port)
        return sink(tools, description, nginx.port, 'bench', seconds, speed)


def sink_ours(tools, port, seconds, speed):
    description = FEED % ('s.video', 's.audio') + (
        'rtmpserversink name=s sync=false async=false host=127.0.0.1 port=%d stream=bench'
        % port)
    return sink(tools, description, port, 'bench', seconds, speed)


def source_from_nginx(tools, nginx, seconds, speed):
    """@speed 0: as fast as it goes; nginx drops what its player does not take, so the
    cost is for what arrives."""
    with running(nginx):
        publisher = tools.publish(nginx.port, '--speed', speed)
        try:
            out = measured(
                tools, 'rtmp2src location=rtmp://127.0.0.1:%d/live/bench ! flvdemux name=d '
                'd.video ! %s d.audio ! %s' % (nginx.port, SINK, SINK), seconds)
        finally:
            publisher.stop()
    if speed == 0:
        out['bad'] = ''
    return out


def source_ours(tools, pads, seconds, speed):
    with running(pads):
        report = tools.run_load(
            'publish', pads.port, '--media', tools.media, '--speed', speed, '--seconds',
            seconds, '--warm', min(1, seconds), *pid_options(pads))
    out = common(report)
    out['bad'] = problems(report)
    return with_pads(pads, out)


def passthrough(tools, port, seconds):
    """Through a source and a sink of one pipeline to one player."""
    description = (
        'rtmpserversrc name=i host=127.0.0.1 port=%d stream=in latency=0 '
        'rtmpserversink name=o host=127.0.0.1 port=%d stream=out sync=false async=false '
        'i.video ! o.video i.audio ! o.audio' % (port, port))
    proc = tools.pipeline(description)
    try:
        publisher = tools.publish(port, '--key', 'in')
        try:
            return player_numbers(tools.run_load(
                'play', port, '--key', 'out', '--seconds', seconds, '--sum-every', 1, '--warm',
                tools.gop_s + 0.2,
                '--server-pid', proc.pid))
        finally:
            publisher.stop()
    finally:
        proc.stop()
