# SPDX-License-Identifier: LGPL-2.1-or-later
"""The table, the page and its plots. Nothing in them that was not measured."""

import json
import os
import re
import shutil
import subprocess
import time

from rows import METRICS

NAMES = {'ours': 'ours', 'nginx': 'nginx-rtmp', 'gstreamer': 'GStreamer'}


def command_output(*command):
    try:
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              text=True, timeout=10, check=False)
        return done.stdout.strip()
    except (OSError, subprocess.TimeoutExpired):
        return ''


def first_match(pattern, text, default='unknown'):
    found = re.search(pattern, text, re.MULTILINE)
    return found.group(1).strip() if found else default


def machine():
    with open('/proc/cpuinfo', encoding='utf-8', errors='replace') as stream:
        cpu = first_match(r'^model name\s*:\s*(.*)$', stream.read())
    return {
        'cpu': cpu, 'cores': os.cpu_count(), 'kernel': os.uname().release,
        'nginx': first_match(r'nginx/(\S+)', command_output('nginx', '-v')),
        'gstreamer': first_match(r'version ([\d.]+)',
                                 command_output('gst-launch-1.0', '--version')),
        'date': time.strftime('%Y-%m-%d'),
    }


def number(metric, value):
    return '' if value is None else METRICS[metric][1] % value


def reference_of(row, results, metric):
    """(name, value) of what ours is compared with; also in another row (row/variant)."""
    key, variant = row.key, row.reference
    if '/' in variant:
        key, variant = variant.split('/')
    return NAMES.get(variant, variant), results.get(key, {}).get(variant, {}).get(metric)


def limits_of(cells, metric):
    parts = ['%s %s' % (number(metric, cells[name][metric]), name.split('-')[1])
             for name in ('limit-message', 'limit-frame', 'limit-350')
             if metric in ('cpu', 'p50', 'p99') and metric in cells.get(name, {})]
    return ', '.join(part + ' ms' if part.endswith('350') else part for part in parts)


def metric_line(row, results, metric):
    cells = results.get(row.key, {})
    value = cells.get('ours', {}).get(metric)
    name, other = reference_of(row, results, metric)
    if value is None and (other is None or '/' in row.reference):
        return None
    ratio = '%.2fx' % (value / other) if value is not None and other else ''
    goal = row.goals.get(metric)
    verdict = ''
    if goal:
        met = goal.is_met(value, other)
        verdict = {True: 'met', False: 'not met', None: ''}[met]
    return [row.title, METRICS[metric][0], number(metric, value),
            '%s (%s)' % (number(metric, other), name) if other is not None else '', ratio,
            limits_of(cells, metric), goal.text() if goal else '', verdict]


def table(all_rows, result):
    results = result['results']
    head = ['what', 'number', 'ours', 'compared with', 'ratio',
            'kernel limit: a send for each message, frame, 350 ms', 'goal', '']
    lines = [head, ['---'] * len(head)]
    last = None
    for row in all_rows:
        for metric in row.metrics:
            line = metric_line(row, results, metric)
            if line:
                if line[0] == last:
                    line[0] = ''
                else:
                    last = line[0]
                lines.append(line)
    text = '\n'.join('| ' + ' | '.join(line) + ' |' for line in lines)
    return text + '\n' + remarks(all_rows, result)


def remarks(all_rows, result):
    titles = {row.key: row.title for row in all_rows}
    found = []
    for key, cells in result['results'].items():
        for variant, cell in cells.items():
            for text in (cell.get('bad'), cell.get('note')):
                if text:
                    found.append('* %s, %s: %s' % (
                        titles[key], NAMES.get(variant, variant), text))
            if cell.get('load', 0) > 0.9:
                found.append('* %s, %s: the load generator was the limit (%.0f %% of its core)' % (
                    titles[key], NAMES.get(variant, variant), 100 * cell['load']))
    for name, why in result['missing'].items():
        key, variant = name.split('/')
        found.append('* %s, %s: not available (%s)' % (
            titles[key], NAMES.get(variant, variant), why))
    return '\n' + '\n'.join(found) + '\n' if found else ''


PAGE = '''# Performance

Written by `tools/bench` on %(date)s; every number below was printed by that run.

Machine: %(cpu)s, %(cores)d cores, Linux %(kernel)s; nginx %(nginx)s with
libnginx-mod-rtmp, GStreamer %(gstreamer)s. %(busy)s

* Loopback. The server is pinned to core 0, the load generator to core 1.
* Media: H.264 720p30 at 2.37 Mbit/s with a keyframe every 2 s, AAC at 128 kbit/s.
* CPU is user and system time of the server's process (`/proc/PID/stat`) for each GB
  (10^9 bytes) of media payload. Latency runs from the publisher's write to the player's
  read of a message's last byte. Memory is what the process grew by, for each connection.
* Each message carries a number, a time and a checksum of its body; players check that all
  arrive, in order and intact. Medians of the runs; ours and the others take turns.
* The kernel limit is a program that only writes the same bytes to as many sockets.
* The sinks' numbers are without what making the buffers costs.

%(table)s
'''


def write(folder, all_rows, result, text):
    os.makedirs(folder, exist_ok=True)
    busy = 'The machine was %.0f %% busy before the run.' % (100 * result['busy'])
    page = PAGE % dict(result['machine'], table=text, busy=busy)
    for name, title, metric in (('cpu', 'CPU seconds for each GB sent', 'cpu'),
                                ('latency', 'video latency p99, ms', 'p99')):
        if plot(os.path.join(folder, 'performance-%s.svg' % name), title, metric, all_rows,
                result['results']):
            page += '\n![%s](performance-%s.svg)\n' % (title, name)
    with open(os.path.join(folder, 'performance.md'), 'w', encoding='utf-8') as stream:
        stream.write(page)
    with open(os.path.join(folder, 'performance.json'), 'w', encoding='utf-8') as stream:
        json.dump(result, stream, indent=1, sort_keys=True)


CURVES = (('ours', 'ours'), ('nginx', 'nginx-rtmp'),
          ('limit-message', 'kernel limit, a send for each message'),
          ('limit-frame', 'kernel limit, a send for each frame'))


def points_of(variant, metric, all_rows, results):
    return [(row.players, results[row.key][variant][metric]) for row in all_rows
            if row.players and metric in results.get(row.key, {}).get(variant, {})]


def plot(path, title, metric, all_rows, results):
    """FALSE: no gnuplot, or nothing to plot."""
    curves = [(label, points_of(variant, metric, all_rows, results))
              for variant, label in CURVES]
    curves = [(label, points) for label, points in curves if points]
    if not curves or not shutil.which('gnuplot'):
        return False
    script = ['set terminal svg size 800,480 dynamic background rgb "white"',
              'set output "%s"' % path, 'set title "%s"' % title, 'set xlabel "players"',
              'set logscale x', 'set grid', 'set key top right']
    script.append('set logscale y' if metric == 'p99' else 'set yrange [0:*]')
    script.append('plot ' + ', '.join(
        '"-" using 1:2 with linespoints linewidth 2 title "%s"' % label for label, _ in curves))
    for _, points in curves:
        script += ['%d %g' % point for point in points] + ['e']
    subprocess.run(['gnuplot'], input='\n'.join(script) + '\n', text=True,
                   stderr=subprocess.DEVNULL, check=True)
    return True
