#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Which rtmpsink and rtmpsrc GStreamer finds: with our folder on
GST_PLUGIN_PATH and without, with librtmp's plugin and without, with a fresh
registry and a cached one."""

import os
import subprocess

from peers import *
import tap
from harness import PLUGINS, gst_env, need_elements, path
from tap import Skip, case, check, check_equal


def inspect(name, env):
    """gst-inspect-1.0's text, or '' if there is no such element."""
    result = subprocess.run(['gst-inspect-1.0', name], env=env, stdin=subprocess.DEVNULL,
                            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    return result.stdout if result.returncode == 0 else ''


def features(env):
    out = subprocess.run(['gst-inspect-1.0'], env=env, stdin=subprocess.DEVNULL,
                         stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True).stdout
    return sorted(line.strip() for line in out.splitlines()
                  if ':' in line and not line.startswith('Total'))


def is_ours(text):
    return 'GstRtmpServer' in text and 'rtmpserversink' in text.lower().replace(' ', '')


def system_folder():
    return subprocess.run(['pkg-config', '--variable=pluginsdir', 'gstreamer-1.0'],
                          stdout=subprocess.PIPE, text=True, check=True).stdout.strip()


def folder_without_librtmp():
    """A system plugin folder that lacks librtmp's plugin, made of links."""
    folder = path('system')
    if not os.path.exists(folder):
        os.mkdir(folder)
        for name in os.listdir(system_folder()):
            if name != 'libgstrtmp.so':
                os.symlink(os.path.join(system_folder(), name), os.path.join(folder, name))
    return folder


def check_with_us(env, librtmp):
    """Twice with one registry file: fresh, then cached."""
    for turn in ('fresh', 'cached'):
        sink = inspect('rtmpsink', env)
        check(is_ours(sink), '%s: rtmpsink is not ours:\n%s' % (turn, sink[:600]))
        check('location' in sink and 'On request' in sink, '%s: template or property' % turn)
        check('Rank                     none' in sink, '%s: rank: %s' % (turn, sink[:300]))
        check(inspect('rtmpserversink', env), '%s: no rtmpserversink' % turn)
        check(inspect('rtmpserversrc', env), '%s: no rtmpserversrc' % turn)
        source = inspect('rtmpsrc', env)
        check_equal(bool(source), librtmp, turn + ': rtmpsrc')
        if librtmp:
            check('GstRTMPSrc' in source, '%s: rtmpsrc is not librtmp\'s' % turn)


@case("our folder and librtmp's plugin: rtmpsink is ours, rtmpsrc is librtmp's")
def with_librtmp():
    need_elements('rtmpsrc')
    check_with_us(gst_env(True, GST_REGISTRY=path('with.bin')), True)


@case("our folder, no librtmp plugin: rtmpsink is ours, nothing else changes")
def without_librtmp():
    check_with_us(gst_env(True, GST_REGISTRY=path('without.bin'),
                          GST_PLUGIN_SYSTEM_PATH_1_0=folder_without_librtmp()), False)


@case('one registry file: ours, then our folder unset, then set again')
def unset():
    need_elements('rtmpsink')
    registry = path('shared.bin')
    plain = features(gst_env(False, GST_REGISTRY=path('plain.bin')))
    for _ in range(2):
        check(is_ours(inspect('rtmpsink', gst_env(True, GST_REGISTRY=registry))), 'not ours')
        env = gst_env(False, GST_REGISTRY=registry)
        check_equal(features(env), plain, 'features once our folder is unset')
        check('GstRTMPSink' in inspect('rtmpsink', env), "rtmpsink is not librtmp's again")


@case('our folder takes nothing away from the other plugins')
def nothing_missing():
    plain = features(gst_env(False, GST_REGISTRY=path('plain.bin')))
    ours = features(gst_env(True, GST_REGISTRY=path('with.bin')))
    missing = [line for line in plain if line not in ours and 'rtmpsink' not in line]
    check(not missing, 'missing: %r' % missing)
    check_equal(len([line for line in ours if ' rtmpsink:' in line]), 1, 'rtmpsinks')


@case('both plugin files are in one folder, and neither fails to load')
def files():
    for name in ('libgstrtmpserver.so', 'libgstrtmp.so'):
        check(os.path.exists(os.path.join(PLUGINS, name)), 'no ' + name)
    env = gst_env(True, GST_REGISTRY=path('with.bin'))
    out = subprocess.run(['gst-inspect-1.0', '-b'], env=env, stdin=subprocess.DEVNULL,
                         stdout=subprocess.PIPE, text=True).stdout
    check('rtmp' not in out, 'blacklisted: ' + out)


if __name__ == '__main__':
    tap.main()
