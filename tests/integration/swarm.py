"""Thousands of WebSocket clients in one thread: sockets in an epoll set, each a small state machine."""

import errno
import itertools
import os
import resource
import select
import socket
import struct
import time

from patience import DEADLINE_S

HANDSHAKE = (b"GET /v4/stream HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
             b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
             b"Sec-WebSocket-Protocol: nip.v4.json\r\n\r\n")
PUBLISH = b'{"type":"note"}'
CONNECTING, UPGRADING, PUBLISHING, IDLE, LEAVING, GONE = range(6)
IP_BIND_ADDRESS_NO_PORT = 24  # the port is chosen at connect, so that each pair of addresses has all of them
ADDRESSES = 20  # of 127.0.0.0/8: 28,000 ports each, of which those in TIME_WAIT cannot be had again at once


def allow_descriptors(wanted):
    """Raises this process's soft limit as far as it goes; how many clients it allows."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return min(wanted, hard - 500)


def masked(payload, opcode=1):
    """A client's frame with a key of zeros, which masks nothing."""
    return struct.pack("!BB", 0x80 | opcode, 0x80 | len(payload)) + bytes(4) + payload


class Client:
    __slots__ = ("socket", "state", "input", "code")

    def __init__(self):
        self.socket, self.state, self.input, self.code = None, GONE, b"", None


class Swarm:
    """`count` clients. Every call drives all of them until each is where the call says, or fails by a deadline."""

    def __init__(self, count):
        self.clients = [Client() for _ in range(count)]
        self.addresses = itertools.cycle([f"127.0.0.{n}" for n in range(2, 2 + ADDRESSES)])
        self.epoll = select.epoll()
        self.by_descriptor = {}
        self.repeated = 0  # connections that were refused or broke, and were made anew

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for client in self.clients:
            self._drop(client, reset=True)
        self.epoll.close()

    # what tests say

    def connect(self, port, publish=True):
        """Every client handshakes, publishes and is accepted; those that are refused try again. Seconds it took."""
        start, self.port, self.publish = time.monotonic(), port, publish
        for client in self.clients:
            assert client.state == GONE
            self._begin(client)
        self._drive({IDLE})
        return time.monotonic() - start

    def reconnect(self):
        """Every client leaves and comes back at once: some after a close frame, some by FIN, some by RST."""
        start = time.monotonic()
        for number, client in enumerate(self.clients):
            if number % 3 == 0:
                client.socket.send(masked(struct.pack("!H", 1000), 8))
            self._drop(client, reset=number % 3 == 2)
            self._begin(client)
        self._drive({IDLE})
        return time.monotonic() - start

    def leave(self):
        """Every client says 1000 and waits for the answer and the end; the codes that it was answered."""
        for client in self.clients:
            client.socket.send(masked(struct.pack("!H", 1000), 8))
            client.state = LEAVING
        return self.codes()

    def codes(self):
        """Waits until nipd has closed every connection; the set of its close codes."""
        for client in self.clients:
            if client.state == IDLE:
                client.state = LEAVING
        self._drive({GONE})
        return {client.code for client in self.clients}

    # one client

    def _begin(self, client):
        client.socket = socket.socket()
        client.socket.setblocking(False)
        client.socket.setsockopt(socket.SOL_IP, IP_BIND_ADDRESS_NO_PORT, 1)
        client.socket.bind((next(self.addresses), 0))
        client.state, client.input, client.code = CONNECTING, b"", None
        self.by_descriptor[client.socket.fileno()] = client
        self.epoll.register(client.socket.fileno(), select.EPOLLOUT)
        why = client.socket.connect_ex(("127.0.0.1", self.port))
        assert why in (0, errno.EINPROGRESS), os.strerror(why)

    def _drop(self, client, reset=False):
        if client.socket is None:
            return
        if reset:
            client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        del self.by_descriptor[client.socket.fileno()]
        client.socket.close()  # which takes it out of the epoll set
        client.socket, client.state = None, GONE

    def _on_ready(self, client):
        if client.state == CONNECTING:
            if client.socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) != 0:
                return self._again(client)
            client.socket.send(HANDSHAKE)
            client.state = UPGRADING
            return self.epoll.modify(client.socket.fileno(), select.EPOLLIN)
        try:
            piece = client.socket.recv(4096)
        except ConnectionError:
            piece = b""
        if not piece:
            return self._drop(client) if client.state in (LEAVING, IDLE) else self._again(client)
        client.input += piece
        if client.state == UPGRADING and b"\r\n\r\n" in client.input:
            head, _, client.input = client.input.partition(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 101 "), head
            client.state = PUBLISHING if self.publish else IDLE
            if self.publish:
                client.socket.send(masked(PUBLISH))
        if client.state >= PUBLISHING:
            self._take_frames(client)

    def _take_frames(self, client):
        while len(client.input) >= 2 and len(client.input) >= 2 + client.input[1]:
            opcode, size = client.input[0] & 15, client.input[1]
            payload, client.input = client.input[2:2 + size], client.input[2 + size:]
            if opcode == 8:
                client.code = struct.unpack("!H", payload[:2])[0]
                client.socket.shutdown(socket.SHUT_WR)
            elif opcode == 9:
                client.socket.send(masked(payload, 10))
            elif opcode == 1:
                assert client.state == PUBLISHING and b'"op":"accepted"' in payload, payload
                client.state = IDLE

    def _again(self, client):
        self.repeated += 1
        self._drop(client)
        self._begin(client)

    def _drive(self, wanted):
        end = time.monotonic() + 3 * DEADLINE_S
        while any(client.state not in wanted for client in self.clients):
            assert time.monotonic() < end, self._census()
            for descriptor, _ in self.epoll.poll(0.1, 4096):
                client = self.by_descriptor.get(descriptor)
                if client is not None:
                    self._on_ready(client)

    def _census(self):
        states = [client.state for client in self.clients]
        return f"clients by state, CONNECTING to GONE: {[states.count(state) for state in range(6)]}"
