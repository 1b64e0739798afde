#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""docs/interop.md names tests that exist, and every row says something."""

import json
import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'common'))

import source
import tap
from tap import case, check, check_equal

PAGE = 'docs/interop.md'
TABLES = {'Habits': 52, 'Peers': 55}


def tables():
    """{heading: rows}, each row its five cells."""
    found = {}
    heading = None
    for line in source.read(PAGE).split('\n'):
        if line.startswith('## '):
            heading = line[3:]
        elif heading in TABLES and re.match(r'\| \d+ \|', line):
            cells = [cell.strip() for cell in line.strip('|').split(' | ')]
            found.setdefault(heading, []).append([cell.strip('| ') for cell in cells])
    return found


def names(row):
    return re.findall(r'`((?:\\.|[^`])+)`', row[-1])


class Tests:
    """Every test there is, as far as the sources tell."""

    def __init__(self):
        self.golden = {}
        for path in source.tracked_files():
            found = re.match(r'tests/golden/(?:session-)?(\w+)\.md$', path)
            if found:
                self.golden[found.group(1)] = set(
                    re.findall(r'^## (\S+)$', source.read(path), re.M))
        vectors = json.loads(source.read('tests/data/vectors.json'))['vectors']
        self.vectors = {'%s/%s' % (one['category'], one['name']) for one in vectors}
        self.c = {path: set(re.findall(r'"([^"\n]*)"', source.read(path)))
                  for path in source.c_files('tests/', suffixes=('.c',))}
        self.python = {os.path.basename(path): source.read(path)
                       for path in source.tracked_files()
                       if re.match(r'tests/interop/test-.*\.py$', path)}

    def has_golden(self, name):
        found = re.match(r'/golden/(?:session/(\w+)|(chunk))/(\S+)$', name)
        return bool(found) and found.group(3) in self.golden.get(
            found.group(1) or found.group(2), ())

    def has_c(self, name):
        """The whole path, or what a table or macro puts together from two strings."""
        folder, last = name.rsplit('/', 1)
        return any(name in strings or (folder + '/' in strings and last in strings)
                   for strings in self.c.values())

    def has_python(self, name):
        file, title = name.split(': ', 1)
        return any("@case(%s%s%s)" % (quote, title, quote) in self.python.get(file, '')
                   for quote in '\'"')

    def has(self, name):
        if name.startswith('/golden/'):
            return self.has_golden(name)
        if name.startswith('/vectors/'):
            return name[len('/vectors/'):] in self.vectors
        if name.startswith('/captures/short/'):
            return os.path.exists(os.path.join(
                source.TOP, 'tests/captures', name[len('/captures/short/'):]))
        if name.startswith('/'):
            return self.has_c(name)
        return '.py: ' in name and self.has_python(name)


@case('the check sees what does not exist')
def planted():
    tests = Tests()
    for name in ('/golden/chunk/none', '/golden/session/publish/none', '/golden/none/x',
                 '/vectors/chunk/none', '/captures/short/none.bin', '/session/none/at-all',
                 'test-play.py: none', 'none.py: none', 'nonsense'):
        check(not tests.has(name), name)


@case('every test that is named exists')
def exist():
    tests = Tests()
    missing = ['%s %s: %s' % (heading, row[0], name) for heading, rows in tables().items()
               for row in rows for name in names(row) if not tests.has(name)]
    check(not missing, '\n'.join(missing))


@case('every row is there once, and is shown by a test or said to be missing')
def rows():
    for heading, count in TABLES.items():
        found = tables().get(heading, [])
        check_equal([int(row[0]) for row in found], list(range(1, count + 1)), heading)
        for row in found:
            check_equal(len(row), 5, '%s %s: cells' % (heading, row[0]))
            check(row[3] in ('yes', 'part', 'no'), '%s %s: %s' % (heading, row[0], row[3]))
            check(names(row) or row[3] == 'no', '%s %s: no test' % (heading, row[0]))
        tap.note('%s: %s' % (heading, ', '.join('%d %s' % (
            sum(row[3] == word for row in found), word) for word in ('yes', 'part', 'no'))))


if __name__ == '__main__':
    tap.main()
