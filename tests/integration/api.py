"""HTTP as a test needs it: ordinary requests as values, and raw bytes for the extraordinary."""

import dataclasses
import http.client
import json
import socket

from patience import DEADLINE_S


@dataclasses.dataclass
class Response:
    status: int
    headers: dict  # names in lower case
    body: bytes

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def problem(self):
        """The body, which must be an RFC 9457 document that fits the status."""
        assert self.headers.get("content-type", "").startswith("application/problem+json"), self
        document = self.json
        assert document["status"] == self.status, document
        assert document["title"] and document["detail"] and document["type"], document
        return document


class Api:
    def __init__(self, host, port):
        self.host, self.port = host, port

    def request(self, method, path, body=None, headers=None):
        connection = http.client.HTTPConnection(self.host, self.port, timeout=DEADLINE_S)
        try:
            sent = dict(headers or {})
            if body is not None and not isinstance(body, (bytes, str)):
                body = json.dumps(body)
            if isinstance(body, str):
                body = body.encode()
            if body is not None and not any(name.lower() == "content-type" for name in sent):
                sent["Content-Type"] = "application/json"
            connection.request(method, path, body, sent)
            answer = connection.getresponse()
            return Response(answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read())
        finally:
            connection.close()

    def get(self, path, headers=None):
        return self.request("GET", path, headers=headers)

    def post(self, path, body=None, headers=None):
        return self.request("POST", path, body, headers)

    def put(self, path, body=None, headers=None):
        return self.request("PUT", path, body, headers)

    def delete(self, path):
        return self.request("DELETE", path)

    def items(self, path):
        """Every item of a list, page by page."""
        items, cursor = [], ""
        while True:
            separator = "&" if "?" in path else "?"
            answer = self.get(path + (f"{separator}cursor={cursor}" if cursor else ""))
            assert answer.status == 200, answer
            page = answer.json
            items += page["items"]
            cursor = page.get("next")
            if not cursor:
                return items


class RawConnection:
    """A socket that sends what it is told and reads HTTP responses one by one."""

    def __init__(self, nipd, own_address="127.0.0.1"):
        self.socket = socket.create_connection(("127.0.0.1", nipd.port), timeout=DEADLINE_S,
                                               source_address=(own_address, 0))
        # While nothing listens on a port of the kernel's choice, a socket may be given that very port
        # as its own and then meets itself, by TCP's simultaneous open.
        if self.socket.getsockname() == self.socket.getpeername():
            self.socket.close()
            raise ConnectionRefusedError("nothing listens there: the socket met itself")
        self.input = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, data):
        self.socket.sendall(data if isinstance(data, bytes) else data.encode())
        return self

    def _more(self):
        piece = self.socket.recv(1 << 16)
        self.input += piece
        return bool(piece)

    def response(self, head_only=False):
        while b"\r\n\r\n" not in self.input:
            assert self._more(), f"closed without a whole response: {self.input!r}"
        head, _, rest = self.input.partition(b"\r\n\r\n")
        lines = head.decode().split("\r\n")
        headers = {k.lower(): v for k, v in (line.split(": ", 1) for line in lines[1:])}
        length = 0 if head_only else int(headers.get("content-length", 0))
        while len(rest) < length:
            assert self._more(), "closed inside a body"
            rest = self.input.partition(b"\r\n\r\n")[2]
        self.input = rest[length:]
        return Response(int(lines[0].split(" ")[1]), headers, rest[:length])

    def closed(self):
        """True once the peer has closed and everything was read."""
        try:
            while self._more():
                pass
        except ConnectionResetError:
            pass
        return True
