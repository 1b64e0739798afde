#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Measures our server and others on the same media, in turn, and prints one table.

    run.py --build build-bench [--quick|--tiny|--full] [--only WORD ...]
           [--output FOLDER] [--folder FOLDER]

The server runs on one core, the load generator on another. Each row is repeated
and its median counts. With --output, FOLDER gets performance.md, its plots and
performance.json. tools/bench builds what is needed and calls this."""

import argparse
import json
import os
import shutil
import statistics
import sys
import tempfile
import time

import report
import rows
from procs import Failed, Missing, Tools, raise_descriptor_limit

HERE = os.path.dirname(os.path.abspath(__file__))


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.split('\n', maxsplit=1)[0])
    parser.add_argument('--build', default=os.path.join(HERE, '..', '..', 'build-bench'),
                        help='build folder with the programs')
    size = parser.add_mutually_exclusive_group()
    size.add_argument('--quick', dest='plan', action='store_const', const='quick',
                      help='a minute: does everything work?')
    size.add_argument('--tiny', dest='plan', action='store_const', const='tiny',
                      help='seconds: what the tests run')
    size.add_argument('--full', dest='plan', action='store_const', const='full',
                      help='longer windows, more repetitions')
    parser.set_defaults(plan='normal')
    parser.add_argument('--only', nargs='+', metavar='WORD', default=[],
                        help='only rows whose key contains a word; key/variant also works')
    parser.add_argument('--list', action='store_true', help='print the rows and leave')
    parser.add_argument('--runs', type=int, help='repetitions of every row')
    parser.add_argument('--output', help='folder for performance.md and plots')
    parser.add_argument('--folder', help='for media and logs; kept')
    return parser.parse_args()


def wanted(only, row, variant):
    name = '%s/%s' % (row.key, variant)
    return not only or any(word in name for word in only)


def is_fixed(variant):
    """What hardly varies is measured once."""
    return variant.startswith('limit-') or variant == 'feed'


class Benchmark:
    def __init__(self, tools, all_rows, only, runs):
        self.tools = tools
        self.rows = all_rows
        self.jobs = [(row, variant)
                     for run in range(runs or max(row.runs for row in all_rows))
                     for row in all_rows if runs or run < row.runs
                     for variant in row.variants
                     if wanted(only, row, variant) and (run == 0 or not is_fixed(variant))]
        self.found = {}  # (row key, variant) -> list of dicts
        self.missing = {}  # (row key, variant) -> why
        self.begin = time.monotonic()

    def progress(self, number, row, variant, text):
        print('[%3d/%d %4.0f s] %s, %s: %s' % (
            number, len(self.jobs), time.monotonic() - self.begin, row.title, variant, text),
            flush=True)

    def run_one(self, number, row, variant):
        key = (row.key, variant)
        if key in self.missing:
            return
        try:
            numbers = row.variants[variant](self.tools)
        except Missing as error:
            self.missing[key] = str(error)
            self.progress(number, row, variant, 'not available: %s' % error)
            return
        except Failed as error:
            numbers = {'bad': str(error)}
        self.found.setdefault(key, []).append(numbers)
        self.progress(number, row, variant, self.describe(row, numbers))

    @staticmethod
    def describe(row, numbers):
        parts = [rows.METRICS[metric][1] % numbers[metric] + ' ' + rows.METRICS[metric][0]
                 for metric in row.metrics if metric in numbers]
        if numbers.get('bad'):
            parts.append('PROBLEM: ' + numbers['bad'])
        if numbers.get('load', 0) > 0.9:
            parts.append('the generator was the limit')
        return ', '.join(parts)

    def run(self):
        for number, (row, variant) in enumerate(self.jobs, 1):
            self.run_one(number, row, variant)

    def medians(self):
        """row key -> variant -> metric -> median; 'bad' and 'note' are joined."""
        results = {}
        for (key, variant), runs in self.found.items():
            cell = results.setdefault(key, {}).setdefault(variant, {})
            for metric in sorted({metric for numbers in runs for metric in numbers}):
                values = [numbers[metric] for numbers in runs if metric in numbers]
                if metric in ('bad', 'note'):
                    cell[metric] = '; '.join(sorted({text for text in values if text}))
                else:
                    cell[metric] = statistics.median(values)
            cell['runs'] = len(runs)
        rows.subtract_feed(results)
        return results


def cap_players(plan, descriptors):
    """Leaves out what the descriptor limit does not allow, and says so."""
    most = descriptors - 200
    sizes = list(plan.players) + [n for steps in plan.ladders or () for n in steps]
    if max(sizes) <= most:
        return
    print('The limit of open files is %d and cannot be raised (ulimit -Hn, '
          '/etc/security/limits.conf): nothing over %d players is measured.' % (
              descriptors, most), flush=True)
    plan.players = tuple(n for n in plan.players if n <= most)
    if plan.ladders:
        plan.ladders = tuple(tuple(n for n in steps if n <= most) for steps in plan.ladders)


def busy_share(seconds=1.0):
    """How busy the machine is before anything was started."""
    def read():
        with open('/proc/stat', encoding='ascii') as stream:
            fields = [int(field) for field in stream.readline().split()[1:9]]
        return sum(fields), fields[3] + fields[4]
    before = read()
    time.sleep(seconds)
    after = read()
    return 1 - (after[1] - before[1]) / max(1, after[0] - before[0])


def main():
    args = parse_arguments()
    plan = rows.PLANS[args.plan]
    cap_players(plan, raise_descriptor_limit())
    all_rows = rows.make_rows(plan)
    if args.list:
        for row in all_rows:
            print('%s: %s (%s)' % (row.key, row.title, ', '.join(row.variants)))
        return 0
    folder = args.folder or tempfile.mkdtemp(prefix='rtmp-bench-')
    os.makedirs(folder, exist_ok=True)
    try:
        tools = Tools(os.path.abspath(args.build), folder)
        busy = busy_share(0.2 if args.plan == 'tiny' else 1)
        if busy > 0.1:
            print('The machine is %.0f %% busy already: these numbers are noise.' % (
                100 * busy), flush=True)
        print('making the media', flush=True)
        tools.make_media(plan.media_s, plan.gop)
        bench = Benchmark(tools, all_rows, args.only, args.runs)
        bench.run()
        result = {'plan': args.plan, 'busy': busy, 'machine': report.machine(),
                  'seconds': time.monotonic() - bench.begin, 'results': bench.medians(),
                  'missing': {'/'.join(key): why for key, why in bench.missing.items()}}
        text = report.table(all_rows, result)
        print('\n' + text)
        if args.output:
            report.write(args.output, all_rows, result, text)
            print('written: %s' % os.path.join(args.output, 'performance.md'))
        return 0 if bench.found else 1
    finally:
        if not args.folder:
            shutil.rmtree(folder, ignore_errors=True)


if __name__ == '__main__':
    sys.exit(main())
