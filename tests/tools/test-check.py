#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The counting of tools/check: nothing that failed or did not run may look passed."""

import importlib.util
import os
import sys

TESTS = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..')
sys.path.insert(0, os.path.join(TESTS, 'common'))

import tap
from tap import case, check, check_equal

spec = importlib.util.spec_from_file_location(
    'run_tests', os.path.join(TESTS, '..', 'tools', 'run-tests.py'))
run_tests = importlib.util.module_from_spec(spec)
spec.loader.exec_module(run_tests)


def counted(result, stdout, returncode=0):
    totals = run_tests.Totals()
    record = {'name': 'project:suite / name', 'result': result, 'stdout': stdout,
              'returncode': returncode}
    run_tests.count(run_tests.BUILDS[0], record, totals)
    return totals.passed, len(totals.failures), len(totals.skips)


@case('cases of TAP are counted one by one')
def cases():
    text = 'TAP version 13\n1..4\nok 1 /a\n# ok 9 a note\nnot ok 2 /b\nok 3 /c # SKIP no ffmpeg\nok 4\n'
    check_equal(counted('FAIL', text), (2, 1, 1), 'passed, failed, skipped')
    check_equal(counted('OK', '1..1\nok 1 - a\n'), (1, 0, 0), 'passed, failed, skipped')


@case('a program that crashes, hangs or does not start is a failure')
def crash():
    check_equal(counted('FAIL', '1..3\nok 1 /a\n', -11), (1, 1, 0), 'crash')
    check_equal(counted('ERROR', '1..3\nok 1 /a\n', 0), (1, 1, 0), 'too few cases')
    check_equal(counted('TIMEOUT', '', None), (0, 1, 0), 'hang')
    check_equal(counted('FAIL', 'no TAP at all', 1), (0, 1, 0), 'no TAP')


@case('a skipped program is a skip, with its reason')
def skipped():
    check_equal(counted('SKIP', '1..0 # SKIP no display\n'), (0, 0, 1), 'all skipped')
    check_equal(counted('SKIP', '', 77), (0, 0, 1), 'exit status 77')


LEAK_REPORT = """
%s leak of %d byte(s) in 1 object(s) allocated from:
    #0 0x7fd4e8eb89cf in __interceptor_malloc asan_malloc_linux.cpp:69
    #1 0x7fd4e9525658 in g_malloc (libglib-2.0.so.0+0x5a658)
%s"""


@case('of leaks only GLib\'s table of quarks is forgiven, and only where all else went well')
def leaks():
    def forgiven(stdout, report):
        return run_tests.only_leaks_quarks({'stdout': stdout, 'stderr': report})
    quarks = LEAK_REPORT % ('Direct', 16384, '')
    check(forgiven('1..2\nok 1 /a\nok 2 /b\n', quarks), 'quarks')
    check(not forgiven('1..2\nok 1 /a\n', quarks), 'a case is missing')
    check(not forgiven('1..2\nok 1 /a\nnot ok 2 /b\n', quarks), 'a case failed')
    check(not forgiven('1..1\nok 1 /a\n', LEAK_REPORT % ('Direct', 24, '')), 'another size')
    check(not forgiven('1..1\nok 1 /a\n', quarks + quarks), 'two leaks')
    check(not forgiven('1..1\nok 1 /a\n', LEAK_REPORT % (
        'Direct', 16384, '    #2 0x55d163398c0c in main x.c:1\n')), 'a stack of ours')


@case('the last line is plain')
def last_line():
    totals = run_tests.Totals()
    totals.passed = 3
    totals.failures.append('x')
    check_equal(totals.line(), '3 passed, 1 failed, 0 skipped', 'line')


if __name__ == '__main__':
    tap.main()
