#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Measures how long files and functions are, and enforces the two limits.

Files: at most 700 lines. Functions: median about 15, 95 % at most 50, none over
100 (class_init, get_property and set_property excepted). The first two numbers
are reported, the limits of 700 and 100 fail.
"""

import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'common'))

import source
import tap
from tap import case, check, check_equal

FILE_LIMIT = 700
FUNCTION_LIMIT = 100
EXEMPT = re.compile(r'(_class_init|^class_init|_get_property|^get_property|_set_property|'
                    r'^set_property)$')
NAME = re.compile(r'^(?:[\w\s*]*[\s*])?(\w+) \(')


def functions(text):
    """(name, first line, lines) of each function: from its name to its brace."""
    lines = source.strip_c(text).split('\n')
    found = []
    name = None
    for number, line in enumerate(lines, 1):
        if line.startswith('{') and name:
            continue
        if line.startswith('}'):
            if name:
                found.append((name[0], name[1], number - name[1] + 1))
            name = None
            continue
        match = NAME.match(line)
        if match and not line.startswith((' ', '\t', '#')) and not line.rstrip().endswith(';'):
            name = (match.group(1), number)
        elif line.rstrip().endswith(';') and line[:1] not in (' ', '\t') and name:
            name = None
    return found


def measure(folders):
    rows = []
    for path in source.c_files(*folders, suffixes=('.c',)):
        rows += [(length, name, '%s:%d' % (path, first))
                 for name, first, length in functions(source.read(path))]
    return sorted(rows)


def report(title, rows):
    lengths = [row[0] for row in rows]
    if not lengths:
        tap.note('%s: no function yet' % title)
        return
    tap.note('%s: %d functions, median %d, 95 %% %d, longest %d lines' % (
        title, len(lengths), lengths[len(lengths) // 2], lengths[len(lengths) * 95 // 100],
        lengths[-1]))
    for length, name, place in rows[:-6:-1]:
        tap.note('  %4d  %s  %s' % (length, name, place))


SAMPLE = '''
static const int table[] = {
  1,
};

/* a comment (with a brace) {
 */
static gboolean
short_one (int a,
    int b)
{
  if (a) {
    return b;
  }
}

void forward (int a);

int
long_one (void)
{
%s}
''' % ('  call ();\n' * 120)


@case('the measure is right on a known text')
def known():
    check_equal([(name, length) for name, _, length in functions(SAMPLE)],
                [('short_one', 7), ('long_one', 123)], 'functions')


@case('no function is over %d lines' % FUNCTION_LIMIT)
def function_lengths():
    rows = measure(['gst/', 'ext/'])
    report('gst and ext', rows)
    for layer in ('protocol', 'media', 'server', 'elements'):
        report(layer, measure(['gst/%s/' % layer]))
    check(rows, 'no function found')
    long = ['%s: %s has %d lines' % (place, name, length) for length, name, place in rows
            if length > FUNCTION_LIMIT and not EXEMPT.search(name)]
    check(not long, '\n'.join(long))


@case('no file is over %d lines' % FILE_LIMIT)
def file_lengths():
    sizes = sorted((source.read(path).count('\n'), path)
                   for path in source.c_files('gst/', 'ext/'))
    tap.note('%d files, median %d, longest: %s' % (
        len(sizes), sizes[len(sizes) // 2][0],
        ', '.join('%s %d' % (path, size) for size, path in sizes[:-4:-1])))
    check(all(size <= FILE_LIMIT for size, _ in sizes),
          '\n'.join('%s: %d lines' % (path, size) for size, path in sizes if size > FILE_LIMIT))


if __name__ == '__main__':
    tap.main()
