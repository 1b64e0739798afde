# SPDX-License-Identifier: LGPL-2.1-or-later
"""Test media, lists of packets, and their comparison."""

import hashlib
import json
import os
import re
import subprocess

from harness import FOLDER, GUARD, Process, ffmpeg, need_program, path
from tap import Failure, Skip, check

VIDEO = ['-f', 'lavfi', '-i', 'testsrc2=size=320x240:rate=25:duration=%g']
AUDIO = ['-f', 'lavfi', '-i', 'sine=frequency=440:sample_rate=44100:duration=%g']
H264 = ['-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p', '-g', '25',
        '-x264-params', 'bframes=2:b-adapt=0:scenecut=0', '-b:v', '400k']
HEVC = ['-c:v', 'libx265', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p', '-g', '25',
        '-x265-params', 'log-level=none', '-tag:v', 'hvc1']
AAC = ['-c:a', 'aac', '-b:a', '64k', '-ac', '2']
MP3 = ['-c:a', 'libmp3lame', '-b:a', '64k', '-ac', '2']


def make(name, seconds=3, video=H264, audio=AAC, extra=()):
    """A file of FOLDER, made once: its name says what is in it."""
    target = path(name)
    if os.path.exists(target):
        return target
    command = []
    if video:
        command += [word.replace('%g', '%g' % seconds) for word in VIDEO]
    if audio:
        command += [word.replace('%g', '%g' % seconds) for word in AUDIO]
    command += (video or []) + (audio or []) + list(extra) + ['-y', target]
    process = ffmpeg(*command)
    if process.wait(4 * GUARD) != 0:
        text = process.text()
        if 'Unknown encoder' in text:
            raise Skip('ffmpeg lacks an encoder: ' + text.splitlines()[-1])
        raise Failure('no test media:\n' + process.tail())
    return target


class Packet:
    """Times in seconds, as floats; None where there is none."""

    def __init__(self, pts, dts, size, sha256, key):
        self.pts = pts
        self.dts = dts if dts is not None else pts
        self.size = size
        self.sha256 = sha256
        self.key = key

    def __repr__(self):
        return '%s pts %s dts %s size %d %s' % (
            'K' if self.key else '-', self.pts, self.dts, self.size, (self.sha256 or '')[:8])


def number(text):
    return None if text in (None, 'N/A') else float(text)


def parse_probe(text):
    """ffprobe's list: {'video': [Packet], 'audio': [Packet]}; a cut one counts as far as it goes."""
    packets = {'video': [], 'audio': []}
    for section in re.findall(r'^\[PACKET\]\n(.*?)^\[/PACKET\]', text, re.DOTALL | re.MULTILINE):
        section = re.sub(r'^\[SIDE_DATA\].*?^\[/SIDE_DATA\]', '', section,
                         flags=re.DOTALL | re.MULTILINE)
        entry = dict(line.split('=', 1) for line in section.splitlines() if '=' in line)
        if entry['codec_type'] in packets:
            packets[entry['codec_type']].append(Packet(
                number(entry.get('pts_time')), number(entry.get('dts_time')), int(entry['size']),
                entry['data_hash'].split(':')[1], 'K' in entry['flags']))
    return packets


PROBE = ['ffprobe', '-hide_banner', '-loglevel', 'error', '-of', 'default',
         '-show_packets', '-show_data_hash', 'sha256']


def start_probe(url, *options):
    """A player that runs beside the test; read it with parse_probe (p.text ('out'))."""
    need_program('ffprobe')
    return Process(PROBE + list(options) + [url])


def probe(url, *options):
    process = start_probe(url, *options)
    process.finish()
    return parse_probe(process.text('out'))


def streams(url):
    """Codec names by kind."""
    need_program('ffprobe')
    result = subprocess.run(
        ['ffprobe', '-hide_banner', '-loglevel', 'error', '-of', 'json', '-show_streams', url],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True, timeout=GUARD, check=False)
    found = json.loads(result.stdout or '{}').get('streams', [])
    return {entry['codec_type']: entry['codec_name'] for entry in found}


def decode(url):
    """Decodes all of it; fails where a decoder stumbles."""
    Process(['ffmpeg', '-hide_banner', '-nostdin', '-nostats', '-loglevel', 'warning', '-xerror',
             '-err_detect', 'explode', '-i', url, '-fps_mode', 'passthrough', '-f', 'null',
             '-']).finish()


def from_buffers(buffers):
    """Packets out of the buffers that a Pipeline logged; times are running times."""
    def seconds(value):
        return None if value is None else value / 1e9
    return [Packet(seconds(b['pts']), seconds(b['dts']), b['size'], b.get('sha256'), bool(b['key']))
            for b in buffers]


def flv_tags(name):
    """(type, timestamp in ms, body) of each tag of an FLV file."""
    with open(name, 'rb') as stream:
        data = stream.read()
    tags = []
    at = 13
    while at + 11 <= len(data):
        size = int.from_bytes(data[at + 1:at + 4], 'big')
        time = int.from_bytes(data[at + 4:at + 7], 'big') | data[at + 7] << 24
        if at + 11 + size > len(data):
            break
        tags.append((data[at], time, data[at + 11:at + 11 + size]))
        at += 11 + size + 4
    return tags


def write_flv(name, tags):
    with open(name, 'wb') as stream:
        stream.write(b'FLV\x01\x05\x00\x00\x00\x09\x00\x00\x00\x00')
        for kind, time, body in tags:
            stream.write(bytes([kind]) + len(body).to_bytes(3, 'big')
                         + (time & 0xffffff).to_bytes(3, 'big') + bytes([time >> 24 & 255])
                         + b'\0\0\0' + body + (len(body) + 11).to_bytes(4, 'big'))


def hevc_header(name):
    """The video sequence header, by codec id 12, for a file's HEVC track."""
    result = subprocess.run(
        ['ffprobe', '-loglevel', 'error', '-select_streams', 'v', '-show_data', '-show_entries',
         'stream=extradata', '-of', 'default=noprint_wrappers=1', name],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True, check=True)
    digits = re.findall(r'^[0-9a-f]{8}: ((?:[0-9a-f]{2,4} )+)', result.stdout, re.MULTILINE)
    return b'\x1c\0\0\0\0' + bytes.fromhex(''.join(digits).replace(' ', ''))


def flv_packets(name):
    """Packets of an FLV file of H.264 (or HEVC by id 12), AAC and MP3, without headers."""
    packets = {'video': [], 'audio': []}
    for kind, time, body in flv_tags(name):
        if kind == 9 and len(body) > 5 and body[0] & 15 in (7, 12) and body[1] == 1:
            offset = int.from_bytes(body[2:5], 'big')
            offset -= (offset & 0x800000) << 1
            packets['video'].append(Packet(
                (time + offset) / 1000, time / 1000, len(body) - 5,
                hashlib.sha256(body[5:]).hexdigest(), body[0] >> 4 == 1))
        elif kind == 8 and body[:1] and (body[0] >> 4 != 10 or body[1:2] == b'\1'):
            start = 2 if body[0] >> 4 == 10 else 1
            packets['audio'].append(Packet(
                time / 1000, time / 1000, len(body) - start,
                hashlib.sha256(body[start:]).hexdigest(), True))
    return packets


def align(found, expected):
    """Where the found packets begin within the expected ones, by hash."""
    if not found:
        raise Failure('nothing arrived')
    for start, packet in enumerate(expected):
        if packet.sha256 == found[0].sha256:
            rest = [p.sha256 for p in expected[start:start + len(found)]]
            if rest == [p.sha256 for p in found][:len(rest)]:
                return start
    raise Failure('not a run of the packets that were sent: found %d, beginning %r' % (
        len(found), found[:3]))


def first_difference(found, expected):
    for index, (a, b) in enumerate(zip(found, expected)):
        if a.sha256 != b.sha256:
            return 'packet %d differs: found %r, expected %r' % (index, a, b)
    return 'found %d packets, expected %d' % (len(found), len(expected))


def check_identical(found, expected, what):
    if [p.sha256 for p in found] != [p.sha256 for p in expected]:
        raise Failure('%s: %s' % (what, first_difference(found, expected)))


def check_times(found, expected, tolerance=0.0011, dts=True):
    """Same PTS and DTS up to one constant that all tracks share, and 1 ms.

    @found, @expected: lists of (what, packets) with the same lengths.
    """
    offsets = []
    for (what, ours), (_, theirs) in zip(found, expected):
        for index, (a, b) in enumerate(zip(ours, theirs)):
            for name, x, y in [('pts', a.pts, b.pts)] + ([('dts', a.dts, b.dts)] if dts else []):
                check(x is not None, '%s %d has no %s' % (what, index, name))
                offsets.append((x - y, '%s %d %s' % (what, index, name)))
    check(offsets, 'no packet to compare')
    low, high = min(offsets), max(offsets)
    check(high[0] - low[0] <= tolerance, 'offsets differ: %.6f (%s), %.6f (%s)' % (low + high))


def compare(found, expected, kinds=('video', 'audio'), dts=True, whole=True):
    """Same packets, bit by bit, with the same times up to one constant."""
    for kind in kinds:
        if whole:
            check_identical(found[kind], expected[kind], kind)
    if not whole:
        expected = {kind: expected[kind][align(found[kind], expected[kind]):] for kind in kinds}
    check_times([(kind, found[kind]) for kind in kinds],
                [(kind, expected[kind]) for kind in kinds], dts=dts)


def check_playable(name, video=None, audio=None):
    """The file opens, has at least those counts, and decodes clean.

    Without the edit list of MP4: it hides what is before the later track's beginning.
    """
    options = ['-ignore_editlist', '1'] if name.endswith('.mp4') else []
    packets = probe(name, *options)
    for kind, count in (('video', video), ('audio', audio)):
        if count is not None:
            check(len(packets[kind]) >= count, '%s: %d %s packets, expected %d' % (
                os.path.basename(name), len(packets[kind]), kind, count))
    decode(name)
    return packets
