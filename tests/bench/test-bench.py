#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The benchmark runs, with tiny numbers: so it cannot rot. Nothing is timed."""

import json
import os
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, '..', 'common'))

import procs
import tap
from procs import Limit, Missing, Tools
from tap import Skip, case, check, check_equal, note

BUILD = sys.argv.pop(1) if len(sys.argv) > 1 else 'build'


def with_media(function):
    """@function (tools) with a folder that has the media."""
    with tempfile.TemporaryDirectory(prefix='rtmp-bench-') as folder:
        tools = Tools(os.path.abspath(BUILD), folder)
        try:
            tools.make_media(2, 6)
        except Missing as reason:
            raise Skip(str(reason)) from reason
        function(tools)


def play_limit(tools, *fault):
    """What three players report of a sender with or without a fault."""
    server = Limit(tools, 3, 'message')
    server.fault = fault
    server.start()
    try:
        return tools.run_load('play', server.port, '--raw', '--count', 3, '--warm', 0,
                              '--seconds', 2.5, '--sum-every', 1)['total']
    finally:
        server.stop()


@case('an intact stream is found intact')
def intact():
    def run(tools):
        total = play_limit(tools)
        check(total['messages'] > 100, 'only %d messages arrived' % total['messages'])
        for key in ('gaps', 'missing', 'reordered', 'corrupt', 'unstamped'):
            check_equal(total[key], 0, key)
        check(total['checked'] > 100, 'bodies were checked')
    with_media(run)


@case('missing messages are found')
def dropped():
    def run(tools):
        total = play_limit(tools, '--fault', 'drop')
        check(total['gaps'] > 0, 'no gap was found')
        check_equal(total['missing'], total['gaps'], 'messages missing, one in each gap')
        check_equal(total['corrupt'], 0, 'corrupt')
    with_media(run)


@case('spoiled messages are found')
def spoiled():
    def run(tools):
        total = play_limit(tools, '--fault', 'flip')
        check(total['corrupt'] > 0, 'no spoiled message was found')
        check_equal(total['gaps'], 0, 'gaps')
    with_media(run)


def run_all(folder):
    done = subprocess.run(
        [sys.executable, os.path.join(HERE, 'run.py'), '--build', BUILD, '--tiny', '--output',
         folder], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    note(done.stdout)
    check_equal(done.returncode, 0, 'status of run.py')
    with open(os.path.join(folder, 'performance.json'), encoding='utf-8') as stream:
        return json.load(stream)


def check_cells(found):
    for key, cells in found['results'].items():
        for variant, cell in cells.items():
            check(not cell.get('bad'), '%s, %s: %s' % (key, variant, cell.get('bad')))


@case('every row of the table is measured, nothing is lost on the way')
def table():
    with tempfile.TemporaryDirectory(prefix='rtmp-bench-') as folder:
        found = run_all(folder)
        check_cells(found)
        for name, why in found['missing'].items():
            note('not available: %s: %s' % (name, why))
        if any('not installed' in why for why in found['missing'].values()):
            raise Skip('; '.join(sorted(set(found['missing'].values()))))
        page = os.path.join(folder, 'performance.md')
        with open(page, encoding='utf-8') as stream:
            check('| what |' in stream.read(), 'the page has its table')


if __name__ == '__main__':
    procs.raise_descriptor_limit()
    tap.main()
