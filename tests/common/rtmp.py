# SPDX-License-Identifier: LGPL-2.1-or-later
"""A small RTMP client for what real clients do not do on demand: stall, fall
silent, stop halfway, or show each message as it came.

It only reads headers as our server writes them, with all four types.
"""

import os
import socket
import struct

from harness import GUARD
from tap import Failure

CHUNK_SIZE = 4096


def amf(*values):
    out = b''
    for value in values:
        if value is None:
            out += b'\x05'
        elif isinstance(value, bool):
            out += b'\x01' + bytes([value])
        elif isinstance(value, (int, float)):
            out += b'\x00' + struct.pack('>d', value)
        elif isinstance(value, str):
            text = value.encode()
            out += b'\x02' + struct.pack('>H', len(text)) + text
        else:
            out += b'\x03'
            for key, item in value.items():
                out += struct.pack('>H', len(key)) + key.encode() + amf(item)
            out += b'\0\0\x09'
    return out


def parse_object(data, at):
    found = {}
    while data[at:at + 3] != b'\0\0\x09':
        size = struct.unpack_from('>H', data, at)[0]
        key = data[at + 2:at + 2 + size].decode()
        found[key], at = parse_value(data, at + 2 + size)
    return found, at + 3


def parse_value(data, at):
    kind, at = data[at], at + 1
    if kind == 0:
        return struct.unpack_from('>d', data, at)[0], at + 8
    if kind == 1:
        return bool(data[at]), at + 1
    if kind == 2:
        size = struct.unpack_from('>H', data, at)[0]
        return data[at + 2:at + 2 + size].decode(), at + 2 + size
    if kind == 3:
        return parse_object(data, at)
    if kind == 8:
        return parse_object(data, at + 4)
    if kind in (5, 6):
        return None, at
    if kind == 10:
        count, values = struct.unpack_from('>I', data, at)[0], []
        at += 4
        for _ in range(count):
            value, at = parse_value(data, at)
            values.append(value)
        return values, at
    raise Failure('AMF0 marker %d' % kind)


def parse_amf(data):
    values, at = [], 0
    while at < len(data):
        value, at = parse_value(data, at)
        values.append(value)
    return values


class Message:
    def __init__(self, kind, time, stream, body):
        self.kind = kind
        self.time = time
        self.stream = stream
        self.body = body

    def is_header(self):
        """A sequence header of H.264 or AAC."""
        if self.kind == 9:
            return self.body[:1] != b'' and self.body[0] & 15 in (7, 12) and self.body[1] == 0
        return self.kind == 8 and self.body[:1] != b'' and self.body[0] >> 4 == 10 \
            and self.body[1] == 0

    def is_keyframe(self):
        return self.kind == 9 and self.body[0] >> 4 == 1 and not self.is_header()


class Closed(Failure):
    """The server closed the connection."""


class Client:
    def __init__(self, port, receive_buffer=None):
        self.socket = socket.socket()
        if receive_buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.settimeout(GUARD)
        self.socket.connect(('127.0.0.1', port))
        self.in_chunk_size = 128
        self.last = {}
        self.partial = {}
        self.out_chunk_size = 128
        self.status = None

    def close(self):
        self.socket.close()

    def read(self, size):
        data = b''
        while len(data) < size:
            piece = self.socket.recv(size - len(data))
            if not piece:
                raise Closed('closed by the server')
            data += piece
        return data

    def handshake(self):
        mine = b'\x03' + bytes(8) + os.urandom(1528)
        self.socket.sendall(mine)
        theirs = self.read(1 + 1536 + 1536)
        self.socket.sendall(theirs[1:1537])

    def send(self, kind, body, stream=0, time=0, csid=3):
        out = bytes([csid]) + (time & 0xffffff).to_bytes(3, 'big') + len(body).to_bytes(3, 'big') \
            + bytes([kind]) + struct.pack('<I', stream)
        size = self.out_chunk_size
        for at in range(0, max(len(body), 1), size):
            out += (b'' if at == 0 else bytes([0xc0 | csid])) + body[at:at + size]
        self.socket.sendall(out)

    def read_header(self):
        first = self.read(1)[0]
        kind, csid = first >> 6, first & 63
        if csid == 0:
            csid = 64 + self.read(1)[0]
        elif csid == 1:
            csid = 64 + struct.unpack('<H', self.read(2))[0]
        time, size, message, stream, absolute = self.last.get(csid, (0, 0, 0, 0, True))
        fresh = csid not in self.partial
        if kind < 3:
            field = int.from_bytes(self.read(3), 'big')
            if kind < 2:
                size = int.from_bytes(self.read(3), 'big')
                message = self.read(1)[0]
            if kind == 0:
                stream = struct.unpack('<I', self.read(4))[0]
            if field == 0xffffff:
                field = struct.unpack('>I', self.read(4))[0]
            time = field if kind == 0 else time + field
        self.last[csid] = (time, size, message, stream, absolute)
        if fresh:
            self.partial[csid] = b''
        return csid

    def receive(self):
        """The next message; applies chunk sizes, answers pings."""
        while True:
            csid = self.read_header()
            time, size, kind, stream, _ = self.last[csid]
            got = self.partial[csid]
            got += self.read(min(self.in_chunk_size, size - len(got)))
            self.partial[csid] = got
            if len(got) < size:
                continue
            del self.partial[csid]
            if kind == 1:
                self.in_chunk_size = struct.unpack('>I', got)[0]
            if kind == 4 and got[:2] == b'\0\6':
                self.send(4, b'\0\7' + got[2:])
            return Message(kind, time, stream, got)

    def wait_command(self, *names):
        while True:
            message = self.receive()
            if message.kind == 20:
                values = parse_amf(message.body)
                if values[0] in names:
                    return values

    def connect(self, application):
        self.handshake()
        self.send(1, struct.pack('>I', CHUNK_SIZE), csid=2)
        self.out_chunk_size = CHUNK_SIZE
        self.send(20, amf('connect', 1, {
            'app': application, 'flashVer': 'test', 'tcUrl': 'rtmp://127.0.0.1/' + application}))
        self.wait_command('_result')
        self.send(20, amf('createStream', 2, None))
        self.stream = int(self.wait_command('_result')[3])
        return self

    def publish(self, application, key):
        """Returns the status code that answers."""
        self.connect(application)
        self.send(20, amf('publish', 3, None, key, 'live'), stream=self.stream)
        self.status = self.wait_command('onStatus')[3]
        return self.status['code']

    def play(self, application, key):
        """Asks; what comes is read with receive()."""
        self.connect(application)
        self.send(20, amf('play', 4, None, key, -2000), stream=self.stream)
        return self

    def send_tag(self, tag, shift=0):
        kind, time, body = tag
        self.send(kind, body, stream=self.stream, time=time + shift,
                  csid={8: 4, 9: 6}.get(kind, 5))

    def receive_until(self, test, limit=100000):
        """All messages up to and including the first that passes."""
        messages = []
        while len(messages) < limit:
            messages.append(self.receive())
            if test(messages[-1]):
                return messages
        raise Failure('did not come within %d messages' % limit)
