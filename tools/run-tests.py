#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Builds the project in several ways and runs its tests in each.

tools/check installs packages and calls this. The last line printed is
"N passed, N failed, N skipped", where N counts test cases; the exit status is
non-zero if one failed or something did not build.
"""

import argparse
import json
import os
import re
import subprocess
import sys
import time

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))

TAP_LINE = re.compile(r'^(not ok|ok)\b\s*\d*\s*-?\s*(.*)$')
TAP_SKIP = re.compile(r'(.*?)\s*#\s*SKIP\b\s*(.*)', re.IGNORECASE)
TAP_SKIP_ALL = re.compile(r'^1\.\.0\s*(?:#\s*(?:SKIP\S*)?\s*(.*))?$', re.IGNORECASE)


class Build:
    """One way of building: folder, options, and which suites run there."""

    def __init__(self, short, name, folder, options, suites=(), no_suites=(), without=(), env=None,
                 quick=False):
        self.short = short
        self.name = name
        self.folder = folder
        self.options = options
        self.suites = suites
        self.no_suites = no_suites
        self.without = without
        self.env = env or {}
        self.quick = quick


SANITIZER_OPTIONS = {
    # Plugins are scanned in this process: the scanner program has no sanitizer.
    'GST_REGISTRY_FORK': 'no',
    'ASAN_OPTIONS': 'detect_leaks=1:abort_on_error=1:strict_string_checks=1',
    'LSAN_OPTIONS': 'print_suppressions=0:suppressions='
                    + os.path.join(TOP, 'tests', 'common', 'lsan.supp'),
    'UBSAN_OPTIONS': 'print_stacktrace=1:halt_on_error=1',
}

BUILDS = [
    Build('normal', 'normal', 'build-check', ['-Dexamples=true', '-Dfuzz=true', '-Dbench=true'],
          quick=True),
    Build('address', 'address and undefined behaviour sanitizers', 'build-check-asan',
          ['-Dfuzz=true', '-Dexamples=false', '-Db_sanitize=address,undefined',
           '-Db_lundef=false'],
          no_suites=['tools'],
          # What looks at plugins as they are installed, and what measures memory.
          without=['interop-registry', 'interop-crowd', 'readme'],
          env=SANITIZER_OPTIONS),
    Build('thread', 'thread sanitizer', 'build-check-tsan',
          ['-Dexamples=false', '-Db_sanitize=thread', '-Db_lundef=false'], suites=['server']),
]


class Totals:
    def __init__(self):
        self.passed = 0
        self.failures = []
        self.skips = []

    def line(self):
        return '%d passed, %d failed, %d skipped' % (
            self.passed, len(self.failures), len(self.skips))


def say(text):
    print('== ' + text, flush=True)


def run(command, **kwargs):
    return subprocess.run(command, cwd=TOP, stdin=subprocess.DEVNULL, **kwargs)


def configure(build):
    if os.path.exists(os.path.join(TOP, build.folder, 'build.ninja')):
        command = ['meson', 'setup', '--reconfigure', build.folder]
    else:
        command = ['meson', 'setup', '--wrap-mode=nodownload', build.folder]
    command += ['-Dwerror=true', '-Dbuildtype=debugoptimized', '-Dtests=true'] + build.options
    return run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def compile_build(build):
    say('building: %s (%s)' % (build.name, build.folder))
    begin = time.monotonic()
    result = configure(build)
    if result.returncode != 0:
        print(result.stdout)
        return False
    # Of a build for some suites only what these need.
    targets = sorted({name for test in list_tests(build, ()) for name in test['needs']}) \
        if build.suites else []
    result = run(['ninja', '-C', build.folder] + targets, stdout=subprocess.PIPE,
                 stderr=subprocess.STDOUT, text=True)
    if result.returncode != 0:
        print('\n'.join(line for line in result.stdout.splitlines()
                        if not re.match(r'^\[\d+/\d+\]', line)))
        return False
    say('built in %.0f s' % (time.monotonic() - begin))
    return True


def introspect(build, what):
    return json.loads(run(['meson', 'introspect', what, build.folder], stdout=subprocess.PIPE,
                          text=True, check=True).stdout)


def list_tests(build, filters):
    """Name and what it needs built, relative to the build folder, of the tests to run."""
    folder = os.path.join(TOP, build.folder) + os.sep
    files = {target['id']: target['filename'] for target in introspect(build, '--targets')}
    tests = {}
    for test in introspect(build, '--tests'):
        suites = {suite.split(':')[-1] for suite in test['suite']}
        if (not build.suites or suites & set(build.suites)) \
                and not suites & set(build.no_suites) and test['name'] not in build.without \
                and (not filters or any(part in test['name'] for part in filters)):
            needed = test['cmd'] + [name for target in test['depends'] for name in files[target]]
            tests[test['name']] = [name[len(folder):] for name in needed
                                   if name.startswith(folder)]
    return [{'name': name, 'needs': tests[name]} for name in sorted(tests)]


def run_tests(build, names, extra=None):
    """Runs the named tests; returns meson's records, one a test."""
    log = os.path.join(TOP, build.folder, 'meson-logs', 'testlog.json')
    if os.path.exists(log):
        os.unlink(log)
    env = dict(os.environ)
    env.update(build.env)
    env.update(extra or {})
    env.setdefault('MESON_TESTTHREADS', str(max(2, os.cpu_count() or 2)))
    run(['meson', 'test', '-C', build.folder, '--no-rebuild', '--print-errorlogs',
         '--timeout-multiplier', '4'] + names,
        env=env)
    if not os.path.exists(log):
        return []
    with open(log, encoding='utf-8', errors='replace') as stream:
        return [json.loads(line) for line in stream if line.strip()]


def test_name(record):
    return record['name'].split(' / ')[-1]


LEAK = re.compile(r'^(\w+) leak of (\d+) byte\(s\) in (\d+) object\(s\).*\n((?:    #.*\n)*)',
                  re.MULTILINE)


def only_leaks_quarks(record):
    """Whether all went well but for GLib's first table of quarks.

    A constructor of GLib allocates it, 2048 pointers, and when it has grown it is never freed.
    """
    leaks = LEAK.findall(record.get('stderr') or '')
    plan = re.search(r'^1\.\.(\d+)', record['stdout'], re.MULTILINE)
    lines = re.findall(r'^ok ', record['stdout'], re.MULTILINE)
    return (len(leaks) == 1 and leaks[0][:3] == ('Direct', '16384', '1')
            and leaks[0][3].count('#') == 2 and ' in g_malloc ' in leaks[0][3]
            and plan is not None and int(plan.group(1)) == len(lines))


def look_again_at_leaks(build, records):
    """Runs programs that leak once more, with the whole stack of each allocation.

    Only those match the suppressions, as GLib has no frame pointers; but they make
    a program ten times slower.
    """
    leaking, forgiven = [], []
    for record in records:
        if 'LeakSanitizer' not in (record.get('stderr') or ''):
            continue
        if only_leaks_quarks(record):
            record['result'] = 'OK'
            forgiven.append(test_name(record))
        else:
            leaking.append(test_name(record))
    if forgiven:
        say('leak only what GLib never frees, which is no error: ' + ', '.join(forgiven))
    if not leaking:
        return records
    say('leaks in %s: looking again with whole stacks' % ', '.join(leaking))
    options = build.env['ASAN_OPTIONS'] + ':fast_unwind_on_malloc=0'
    again = run_tests(build, leaking, {'ASAN_OPTIONS': options})
    return [record for record in records if test_name(record) not in leaking] + again


def scan_plugins(build):
    """Fills the registries that tests use: scanning runs what leaks in everybody's plugins."""
    program = os.path.join(TOP, build.folder, 'tests', 'common', 'pipeline-runner')
    for registry in ('element/registry.bin', 'registry-ours.bin'):
        env = dict(os.environ, **build.env)
        env.update({'ASAN_OPTIONS': 'detect_leaks=0',
                    'GST_PLUGIN_PATH': os.path.join(TOP, build.folder, 'gst', 'elements'),
                    'GST_REGISTRY': os.path.join(TOP, build.folder, 'tests', registry)})
        run([program, 'fakesrc', 'num-buffers=1', '!', 'fakesink'], env=env,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def count_tap(where, text, totals):
    """Counts the cases of one program's TAP output; returns how many failed."""
    failed = 0
    for line in text.splitlines():
        skip_all = TAP_SKIP_ALL.match(line)
        if skip_all:
            totals.skips.append('%s: %s' % (where, skip_all.group(1) or 'no reason given'))
            continue
        match = TAP_LINE.match(line)
        if not match:
            continue
        verdict, name = match.groups()
        skip = TAP_SKIP.match(name)
        if skip:
            totals.skips.append('%s: %s: %s' % (where, skip.group(1), skip.group(2)))
        elif verdict == 'ok':
            totals.passed += 1
        else:
            failed += 1
            totals.failures.append('%s: %s' % (where, name))
    return failed


def count(build, record, totals):
    where = '%s [%s]' % (test_name(record), build.short)
    output = record.get('stdout') or ''
    is_tap = any(re.match(r'^1\.\.\d', line) for line in output.splitlines()) \
        or TAP_LINE.search(output)
    failed = count_tap(where, output, totals) if is_tap else 0
    result = record['result']
    if result in ('OK', 'EXPECTEDFAIL'):
        if not is_tap:
            totals.passed += 1
    elif result == 'SKIP':
        if not is_tap:
            totals.skips.append('%s: no reason given' % where)
    elif failed == 0:
        totals.failures.append('%s: %s (exit status %s)' % (
            where, result.lower(), record.get('returncode')))


def check(build, filters, totals):
    if not compile_build(build):
        totals.failures.append('build [%s]: does not compile' % build.short)
        return
    names = [test['name'] for test in list_tests(build, filters)]
    if not names:
        say('no test to run here')
        return
    say('running %d test programs: %s' % (len(names), build.name))
    begin = time.monotonic()
    if build.env:
        scan_plugins(build)
    records = look_again_at_leaks(build, run_tests(build, names))
    for record in records:
        count(build, record, totals)
    ran = {test_name(record) for record in records}
    for name in names:
        if name not in ran:
            totals.failures.append('%s: did not run' % name)
    say('ran in %.0f s' % (time.monotonic() - begin))


def parse_arguments():
    parser = argparse.ArgumentParser(
        prog='tools/check', description='Builds with -Werror and runs every test.')
    parser.add_argument('--quick', action='store_true',
                        help='the normal build only, without real clients and the README')
    parser.add_argument('--only', metavar='BUILD', choices=[build.short for build in BUILDS],
                        help='one build: ' + ', '.join(build.short for build in BUILDS))
    parser.add_argument('--no-install', action='store_true',
                        help='do not look for missing packages')
    parser.add_argument('filters', nargs='*', metavar='NAME',
                        help='run only the tests whose name contains one of these')
    return parser.parse_args()


def main():
    arguments = parse_arguments()
    begin = time.monotonic()
    totals = Totals()
    for build in BUILDS:
        if arguments.only not in (None, build.short):
            continue
        if arguments.quick:
            if not build.quick:
                continue
            build.no_suites = list(build.no_suites) + ['interop']
        check(build, arguments.filters, totals)
    print()
    for skip in totals.skips:
        print('skipped: ' + skip)
    for failure in totals.failures:
        print('FAILED: ' + failure)
    print('took %.0f s' % (time.monotonic() - begin))
    if totals.passed == 0 and not totals.failures:
        print('FAILED: no test ran')
        totals.failures.append('no test ran')
    print(totals.line(), flush=True)
    return 1 if totals.failures else 0


if __name__ == '__main__':
    sys.exit(main())
