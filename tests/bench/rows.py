# SPDX-License-Identifier: LGPL-2.1-or-later
"""The rows of the table: what is measured, with whom it is compared, what is wanted."""

import measure
from procs import Limit, Nginx, Pads, Relay, free_port


class Plan:
    """How much of it: sizes, seconds of each window, repetitions, and the media."""

    def __init__(self, players, publishers, seconds, main_runs, ladders, speed=20, media_s=10,
                 gop=60):
        self.players = players
        self.publishers = publishers
        self.seconds = seconds
        self.main_runs = main_runs
        self.ladders = ladders  # players tried in turn: ours, nginx
        self.speed = speed
        self.media_s = media_s
        self.gop = gop  # pictures


PLANS = {
    'normal': Plan((10, 100, 1000, 5000), (1, 10, 100, 400), 3.5, 3,
                   ((6000, 7500, 9000), (2000, 2500, 3000))),
    'full': Plan((10, 100, 1000, 5000), (1, 10, 100, 400), 10, 5,
                 ((6000, 7500, 9000, 12000), (1500, 2000, 2500, 3000, 4000))),
    'quick': Plan((5, 50), (1, 10), 1, 1, None, gop=15),
    'tiny': Plan((3,), (2,), 0.3, 1, None, speed=4, media_s=2, gop=6),
}


def several(number, word):
    return '%d %s%s' % (number, word, '' if number == 1 else 's')


class Goal:
    """A bound for a number of ours, or for its ratio to the reference's."""

    def __init__(self, metric, most=None, least=None, ratio=False):
        self.metric = metric
        self.most = most
        self.least = least
        self.ratio = ratio

    def text(self):
        sign, bound = ('<=', self.most) if self.most is not None else ('>=', self.least)
        return '%s %g%s' % (sign, bound, 'x' if self.ratio else '')

    def is_met(self, value, reference):
        """None: cannot be said."""
        if value is None or (self.ratio and not reference):
            return None
        if self.ratio:
            value /= reference
        return value <= self.most if self.most is not None else value >= self.least


class Row:
    """@variants: name -> function of tools. @reference: the variant that ratios are to."""

    def __init__(self, key, title, variants, metrics, goals=(), runs=1, reference='nginx',
                 players=0):
        self.key = key
        self.title = title
        self.variants = variants
        self.metrics = metrics
        self.goals = {goal.metric: goal for goal in goals}
        self.runs = runs
        self.reference = reference
        self.players = players


# metric: label, format
METRICS = {
    'cpu': ('CPU s/GB', '%.3f'),
    'us': ('CPU us/message', '%.2f'),
    'p50': ('video latency p50 ms', '%.2f'),
    'p99': ('video latency p99 ms', '%.2f'),
    'audio_p50': ('audio latency p50 ms', '%.2f'),
    'audio_p99': ('audio latency p99 ms', '%.2f'),
    'kib': ('memory KiB each', '%.1f'),
    'keyframe': ('connect to keyframe p50 ms', '%.1f'),
    'answer': ('connect to play answer p50 ms', '%.2f'),
    'rate': ('connections/s', '%.0f'),
    'connection_us': ('CPU us/connection', '%.0f'),
    'gbps': ('GB/s', '%.2f'),
    'most': ('players without a gap', '%.0f'),
}

FLUSH_MS = 350


def fanout_row(plan, players):
    seconds, main = plan.seconds, players == max(p for p in plan.players if p <= 1000)
    parse_every = max(1, players // 1000)
    goals = []
    if players == 1000:
        goals = [Goal('cpu', most=0.40, ratio=True), Goal('p99', most=1, ratio=True),
                 Goal('kib', most=9)]
    elif players == 5000:
        goals = [Goal('p99', most=150)]
    elif players == 100:
        goals = [Goal('keyframe', most=2)]
    variants = {
        'ours': lambda tools: measure.fanout(tools, Relay(tools), players, seconds, parse_every),
        'nginx': lambda tools: measure.fanout(tools, Nginx(tools), players, seconds, parse_every),
    }
    for batch in ('message', 'frame', str(FLUSH_MS)):
        variants['limit-' + batch] = lambda tools, batch=batch: measure.limit(
            tools, Limit(tools, players, batch), players, min(max(seconds, 0.8), 2.5))
    return Row('fanout-%d' % players, '1 publisher, %d players' % players, variants,
               ['cpu', 'p50', 'p99', 'audio_p99', 'kib', 'keyframe'], goals,
               plan.main_runs if main else 1, players=players)


def flush_row(plan):
    players = max(p for p in plan.players if p <= 1000)
    # long enough for some of what is sent to fall into it
    seconds = max(plan.seconds, 3 * FLUSH_MS / 1000)
    return Row('flush', '1 publisher, %d players, sent every %d ms' % (players, FLUSH_MS), {
        'ours': lambda tools: measure.fanout(
            tools, Relay(tools, flush_ms=FLUSH_MS), players, seconds),
    }, ['cpu', 'p50', 'p99'], [Goal('cpu', most=0.14, ratio=True)] if players == 1000 else (),
        reference='fanout-%d/nginx' % players)


def climb(tools, make_server, steps, seconds):
    """The last of the rising numbers of players that see no gap."""
    best = {'most': 0, 'bad': ''}
    for players in steps:
        found = measure.fanout(tools, make_server(), players, seconds, max(1, players // 500))
        if found['bad']:
            best['note'] = '%d players: %s' % (players, found['bad'])
            break
        best['most'] = players
        best['p99'] = found['p99']
        best['load'] = found['load']
    return best


def ladder_row(plan):
    return Row('most', 'most players on one core', {
        'ours': lambda tools: climb(tools, lambda: Relay(tools), plan.ladders[0], plan.seconds),
        'nginx': lambda tools: climb(tools, lambda: Nginx(tools), plan.ladders[1], plan.seconds),
    }, ['most', 'p99'], [Goal('most', least=3, ratio=True)])


def ingest_row(plan, publishers):
    seconds = plan.seconds
    main = publishers == 100
    goals, pads_goals = (), ()
    if main:
        goals = [Goal('cpu', most=0.6, ratio=True)]
        pads_goals = [Goal('cpu', most=1.3, ratio=True), Goal('kib', most=64)]
    relay = Row('ingest-%d' % publishers, '%s, nobody watching' % several(publishers, 'publisher'), {
        'ours': lambda tools: measure.ingest(
            tools, Relay(tools, publishers), publishers, seconds),
        'nginx': lambda tools: measure.ingest(tools, Nginx(tools), publishers, seconds),
    }, ['cpu', 'us', 'kib'], goals, plan.main_runs if main else 1)
    pads = Row('pads-%d' % publishers,
               '%s into `rtmpserversrc ! fakesink`' % several(publishers, 'publisher'), {
                   'ours': lambda tools: measure.ingest(
                       tools, Pads(tools, publishers), publishers, seconds),
               }, ['cpu', 'us', 'kib'], pads_goals, plan.main_runs if main else 1,
               reference='ingest-%d/nginx' % publishers)
    return [relay, pads]


def fast_rows(plan):
    seconds = min(1.5, plan.seconds)
    core = Row('fast', '1 publisher at full speed, nobody watching', {
        'ours': lambda tools: measure.fast(tools, Relay(tools), seconds),
        'nginx': lambda tools: measure.fast(tools, Nginx(tools), seconds),
    }, ['cpu', 'us', 'gbps'], runs=plan.main_runs)
    pads = Row('fast-pads', '1 publisher at full speed into pads: `rtmpserversrc` / `rtmp2src ! flvdemux`', {
        'ours': lambda tools: measure.fast(tools, Pads(tools), seconds),
        'gstreamer': lambda tools: measure.source_from_nginx(tools, Nginx(tools), seconds, 0),
    }, ['cpu', 'us', 'gbps'], [Goal('cpu', most=0.25, ratio=True)], plan.main_runs,
        reference='gstreamer')
    return [core, pads]


def pipeline_rows(plan):
    seconds, speed = plan.seconds, plan.speed
    source = Row('source', 'into pads at %g times real time: `rtmpserversrc` / '
                 '`rtmp2src ! flvdemux`' % speed, {
                     'ours': lambda tools: measure.source_ours(
                         tools, Pads(tools), seconds, speed),
                     'gstreamer': lambda tools: measure.source_from_nginx(
                         tools, Nginx(tools), seconds, speed),
                 }, ['cpu', 'us'], runs=plan.main_runs, reference='gstreamer')
    sink = Row('sink', 'out of pads at %g times real time: `rtmpserversink` / '
               '`flvmux ! rtmp2sink`' % speed, {
                   'feed': lambda tools: measure.feed_only(tools, seconds, speed),
                   'ours': lambda tools: measure.sink_ours(tools, free_port(), seconds, speed),
                   'gstreamer': lambda tools: measure.sink_to_nginx(
                       tools, Nginx(tools), seconds, speed),
               }, ['cpu', 'us'], [Goal('cpu', most=0.3, ratio=True)], plan.main_runs,
               reference='gstreamer')
    through = Row('through', 'latency: publisher, `rtmpserversrc ! rtmpserversink`, player', {
        'ours': lambda tools: measure.passthrough(tools, free_port(), seconds),
        'nginx': lambda tools: measure.fanout(tools, Nginx(tools), 1, seconds),
    }, ['p50', 'p99', 'audio_p50', 'audio_p99'],
        [Goal('p50', most=1), Goal('p99', most=5), Goal('audio_p99', most=25)])
    return [source, sink, through]


def connection_row(plan):
    seconds = plan.seconds
    return Row('connections', 'connections to play, 32 at a time', {
        'ours': lambda tools: measure.connections(tools, Relay(tools), seconds, 'answer'),
        'nginx': lambda tools: measure.connections(tools, Nginx(tools), seconds, 'answer'),
    }, ['rate', 'answer', 'connection_us'], [Goal('rate', least=2500)], plan.main_runs)


def make_rows(plan):
    rows = [fanout_row(plan, players) for players in plan.players]
    rows.append(flush_row(plan))
    if plan.ladders:
        rows.append(ladder_row(plan))
    for publishers in plan.publishers:
        rows += ingest_row(plan, publishers)
    rows += fast_rows(plan) + pipeline_rows(plan)
    rows.append(connection_row(plan))
    return rows


def subtract_feed(results):
    """The sinks' CPU without that of making the buffers."""
    cells = results.get('sink', {})
    feed = cells.get('feed', {})
    for name in ('ours', 'gstreamer'):
        for metric in ('cpu', 'us'):
            if cells.get(name, {}).get(metric) and feed.get(metric):
                cells[name][metric] = max(0.0, cells[name][metric] - feed[metric])
