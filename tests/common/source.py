# SPDX-License-Identifier: LGPL-2.1-or-later
"""The source tree as the tests of tests/tools see it."""

import os
import re
import subprocess

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

C_TOKENS = re.compile(
    r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.DOTALL)


def read(path):
    with open(os.path.join(TOP, path), encoding='utf-8') as stream:
        return stream.read()


def tracked_files():
    """What git has; where there is no git, everything that is no build folder."""
    try:
        out = subprocess.run(
            ['git', '-c', 'safe.directory=*', 'ls-files'], cwd=TOP, stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL, text=True, check=True).stdout
        names = out.splitlines()
    except (OSError, subprocess.CalledProcessError):
        names = []
        for folder, folders, files in os.walk(TOP):
            folders[:] = [name for name in folders
                          if not name.startswith(('build', '.git', '__pycache__'))]
            names += [os.path.relpath(os.path.join(folder, name), TOP) for name in files]
    return sorted(name for name in set(names) if os.path.isfile(os.path.join(TOP, name)))


def c_files(*folders, suffixes=('.c', '.h')):
    return [name for name in tracked_files()
            if name.endswith(suffixes) and name.startswith(folders)]


def blank(match):
    """Keeps the lines of what is taken out, so that numbers stay right."""
    text = match.group(0)
    if text.startswith('"'):
        return '""'
    if text.startswith("'"):
        return "' '"
    return '\n' * text.count('\n')


def strip_c(text, keep_includes=True):
    """C without comments and without the contents of strings."""
    includes = {}
    if keep_includes:
        for number, line in enumerate(text.split('\n')):
            if re.match(r'\s*#\s*include', line):
                includes[number] = re.sub(r'/\*.*', '', line).rstrip()
    lines = C_TOKENS.sub(blank, text).split('\n')
    for number, line in includes.items():
        lines[number] = line
    return '\n'.join(lines)
