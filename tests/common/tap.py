# SPDX-License-Identifier: LGPL-2.1-or-later
"""Test cases in Python, reported in TAP.

    @case('what must be true')
    def something():
        check(1 + 1 == 2, 'arithmetic')

    if __name__ == '__main__':
        tap.main()

A case passes when it returns, is skipped when it raises Skip with a reason, and
fails when it raises anything else. Names given on the command line select cases.
"""

import sys
import time
import traceback

CASES = []


class Skip(Exception):
    """The case cannot run here; the text says why."""


class Failure(AssertionError):
    """The case found something wrong; the text says what."""


def case(name):
    def register(function):
        CASES.append((name, function))
        return function
    return register


def check(condition, text):
    if not condition:
        raise Failure(text)


def check_equal(found, expected, what):
    if found != expected:
        raise Failure('%s: found %r, expected %r' % (what, found, expected))


def note(text):
    for line in str(text).splitlines():
        print('# ' + line, flush=True)


def run_case(number, name, function):
    begin = time.monotonic()
    try:
        function()
    except Skip as reason:
        print('ok %d - %s # SKIP %s' % (number, name, reason), flush=True)
        return True
    except Failure as failure:
        note(failure)
        note('at ' + traceback.format_exc().splitlines()[-3].strip())
    except Exception:
        note(traceback.format_exc())
    else:
        note('%.1f s' % (time.monotonic() - begin))
        print('ok %d - %s' % (number, name), flush=True)
        return True
    print('not ok %d - %s' % (number, name), flush=True)
    return False


def main():
    words = sys.argv[1:]
    selected = [(name, function) for name, function in CASES
                if not words or any(word in name for word in words)]
    print('TAP version 13')
    print('1..%d' % len(selected), flush=True)
    results = [run_case(index + 1, name, function)
               for index, (name, function) in enumerate(selected)]
    sys.exit(0 if all(results) else 1)
