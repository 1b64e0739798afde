#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What a reader of the tree should never meet: sources without a licence line,
paths and hosts of somebody's machine, unfinished marks, a crooked format."""

import os
import re
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'common'))

import source
import tap
from tap import Skip, case, check

TEXT = ('.c', '.h', '.py', '.md', '.sh', '.build', '.txt', '.wrap', '.yml')
# Hosts that may be named: documentation, specifications, examples, loopback.
HOSTS = re.compile(
    r'^(localhost|127\.\d+\.\d+\.\d+|0\.0\.0\.0|\[?::1?\]?|.*\.?example(\.(com|net|org))?|.*\.test|'
    r'host|h|server|HOST|gstreamer\.freedesktop\.org|gitlab\.freedesktop\.org|'
    r'gitlab\.gnome\.org|docs\.gtk\.org|www\.gnu\.org|github\.com|veovera\.org|rtmp\.veriskope\.com|'
    r'a|b|c|x|y|remote|192\.0\.2\.\d+|198\.51\.100\.\d+|203\.0\.113\.\d+|'
    r'10\.0\.0\.\d+|192\.168\.\d+\.\d+|\$?\{?\w+\}?|%[sdu].*|<.*|)$')
URL = re.compile(r'\b(?:https?|git|ssh)://(\[[^\]]*\]|[^\s/:\'"`)>,;]*)')
MACHINE_PATH = re.compile(r'(?<![\w.$}])/(?:work|root|home|Users|mnt)/\w')
UNFINISHED = re.compile(r'\b(TODO|FIXME|XXX|HACK)\b')


def text_files():
    own = os.path.relpath(os.path.abspath(__file__), source.TOP)
    for path in source.tracked_files():
        name = os.path.basename(path)
        if path == own or path.startswith('tests/data/'):
            continue
        if path.endswith(TEXT) or path.startswith(('tools/', '.ci/')) or name == 'meson.build':
            yield path, source.read(path)


def problems(path, text, pattern, what):
    return ['%s:%d: %s: %s' % (path, number, what, found.group(0))
            for number, line in enumerate(text.split('\n'), 1)
            for found in pattern.finditer(line)]


@case('every source file starts with its licence')
def licence():
    missing = [path for path, text in text_files()
               if path.endswith(('.c', '.h', '.py'))
               and 'SPDX-License-Identifier: LGPL-2.1-or-later' not in
               '\n'.join(text.split('\n')[:2])]
    check(not missing, '\n'.join(missing))


@case('no path of a machine, no strange host')
def machine():
    found = []
    for path, text in text_files():
        found += problems(path, text, MACHINE_PATH, 'path of a machine')
        found += ['%s: host %s' % (path, host) for host in URL.findall(text)
                  if not HOSTS.match(host)]
    check(not found, '\n'.join(found))


@case('no unfinished mark, no blank at the end of a line, no tab')
def unfinished():
    found = []
    for path, text in text_files():
        found += problems(path, text, UNFINISHED, 'unfinished')
        found += problems(path, text, re.compile(r'[ \t]+$'), 'blank at the end')
        if path.endswith(('.c', '.h', '.py', '.build')):
            found += problems(path, text, re.compile(r'\t'), 'tab')
        if text and not text.endswith('\n'):
            found.append('%s: no newline at the end' % path)
    check(not found, '\n'.join(found[:40]))


@case('indentation is what .clang-format says')
def indentation():
    if not shutil.which('clang-format'):
        raise Skip('clang-format is not installed')
    files = source.c_files('gst/', 'ext/', 'tests/', suffixes=('.c', '.h'))
    result = subprocess.run(['clang-format', '--dry-run', '--Werror'] + files, cwd=source.TOP,
                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    crooked = sorted({line.split(':')[0] for line in result.stdout.splitlines()
                      if 'clang-format-violations' in line})
    check(result.returncode == 0, 'clang-format -i ' + ' '.join(crooked))


if __name__ == '__main__':
    tap.main()
