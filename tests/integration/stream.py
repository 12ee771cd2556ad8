"""A WebSocket client that sends any frame it is told to, right or wrong."""

import base64
import json
import os
import socket
import struct

from patience import DEADLINE_S

TEXT, BINARY, CONTINUATION, CLOSE, PING, PONG = 1, 2, 0, 8, 9, 10


class Closed(Exception):
    def __init__(self, code, reason):
        super().__init__(f"{code} {reason}")
        self.code, self.reason = code, reason


class Refused(Exception):
    def __init__(self, status, text):
        super().__init__(text)
        self.status = status


class Stream:
    def __init__(self, nipd, query="", protocol="nip.v4.json", receive_bytes=None, extensions=""):
        self.socket = socket.socket()
        if receive_bytes:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_bytes)
        self.socket.settimeout(DEADLINE_S)
        # A frame that waits for the acknowledgement of the one before would only make tests slow.
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.connect(("127.0.0.1", nipd.port))
        self.input = b""
        offered = f"Sec-WebSocket-Protocol: {protocol}\r\n" if protocol else ""
        offered += f"Sec-WebSocket-Extensions: {extensions}\r\n" if extensions else ""
        self.socket.sendall((
            f"GET /v4/stream{query} HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {base64.b64encode(os.urandom(16)).decode()}\r\n"
            f"{offered}\r\n").encode())
        while b"\r\n\r\n" not in self.input:
            self._more()
        head, _, self.input = self.input.partition(b"\r\n\r\n")
        self.handshake = head.decode()
        if " 101 " not in self.handshake.split("\r\n")[0]:
            raise Refused(int(self.handshake.split(" ")[1]), self.handshake + self.input.decode(errors="replace"))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def _more(self):
        piece = self.socket.recv(1 << 16)
        if not piece:
            raise Closed(1006, "the connection is gone")
        self.input += piece

    def _take(self, count):
        while len(self.input) < count:
            self._more()
        taken, self.input = self.input[:count], self.input[count:]
        return taken

    # frames

    def frame(self, payload, opcode=TEXT, final=True, masked=True, reserved=0):
        if isinstance(payload, str):
            payload = payload.encode()
        head = struct.pack("!B", (0x80 if final else 0) | reserved << 4 | opcode)
        bit = 0x80 if masked else 0
        if len(payload) < 126:
            head += struct.pack("!B", bit | len(payload))
        elif len(payload) < 65536:
            head += struct.pack("!BH", bit | 126, len(payload))
        else:
            head += struct.pack("!BQ", bit | 127, len(payload))
        if not masked:
            return head + payload
        mask = os.urandom(4)
        whole = mask * (len(payload) // 4 + 1)
        return head + mask + (int.from_bytes(payload, "big") ^ int.from_bytes(whole[:len(payload)], "big")).to_bytes(
            len(payload), "big")

    def send_bytes(self, data):
        self.socket.sendall(data)
        return self

    def send(self, value):
        """One text frame: JSON of `value`, or the string itself."""
        return self.send_bytes(self.frame(value if isinstance(value, str) else json.dumps(value)))

    def receive_frame(self):
        first, second = self._take(2)
        length = second & 0x7F
        if length == 126:
            (length,) = struct.unpack("!H", self._take(2))
        elif length == 127:
            (length,) = struct.unpack("!Q", self._take(8))
        assert not second & 0x80, "a server does not mask"
        return first & 0x0F, self._take(length)

    def receive(self):
        """The next JSON frame; pings are answered on the way. Raises Closed at the end."""
        while True:
            opcode, payload = self.receive_frame()
            if opcode == PING:
                self.send_bytes(self.frame(payload, PONG))
            elif opcode == CLOSE:
                code = struct.unpack("!H", payload[:2])[0] if len(payload) >= 2 else 1005
                raise Closed(code, payload[2:].decode())
            elif opcode == TEXT:
                return json.loads(payload)

    def receive_op(self, op):
        """The next frame with this op, others left out."""
        while True:
            frame = self.receive()
            if frame.get("op") == op:
                return frame

    def until_closed(self):
        """Reads to the end; the close code."""
        try:
            while True:
                self.receive()
        except Closed as end:
            return end.code
        except ConnectionResetError:
            return 1006

    # what tests say most

    def accepted(self, count):
        """Outcomes of the next `count` messages by ordinal: {n: frame}."""
        outcomes = {}
        while len(outcomes) < count:
            frame = self.receive()
            if frame["op"] == "accepted":
                for n in range(frame["from"], frame["to"] + 1):
                    outcomes[n] = {**frame, "seq": frame["seq"] + n - frame["from"] if frame["seq"] else 0}
            elif frame["op"] == "refused":
                outcomes[frame["n"]] = frame
        return outcomes

    def subscribe(self, **wish):
        self.send({"op": "subscribe", **wish})
        frame = self.receive()
        assert frame["op"] == "subscribed", frame
        return frame["sub"]

    def events(self, count):
        """The next `count` items of event frames."""
        items = []
        while len(items) < count:
            items += self.receive_op("event")["items"]
        return items
