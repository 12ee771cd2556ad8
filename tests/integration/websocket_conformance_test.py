"""RFC 6455 as a table: each row is what a client sends, and the answers or the close code that must follow.

A row that lives ends with an op `ping`, whose pong shows that nothing else was said and the connection works.
Texts are published at level memory, so an envelope is answered by `accepted`, any other text by `refused`.
"""

import itertools
import json
import struct

import pytest

from daemon import Nipd
from stream import BINARY, CLOSE, CONTINUATION, PING, PONG, TEXT, Closed, Stream

LIMIT = 1 << 17  # api_gateway.limits.ws_message_bytes of the daemon below
ENVELOPE = b'{"type":"note"}'
NAMES = {TEXT: "text", BINARY: "binary", CONTINUATION: "continuation", PING: "ping", PONG: "pong", CLOSE: "close"}
PREFIX, SUFFIX = b'{"type":"note","data":"', b'"}'

CASES = {}  # name: (bytes to send, answers before the end, close code or None when the connection lives)


def frame(payload=b"", opcode=TEXT, **more):
    return Stream.frame(None, payload, opcode, **more)


def masked_by(key, payload, opcode=TEXT):
    masked = bytes(byte ^ mask for byte, mask in zip(payload, itertools.cycle(key)))
    return struct.pack("!BB", 0x80 | opcode, 0x80 | len(payload)) + key + masked


def head(first, form, length):
    """A frame's header that says its length in the form asked for (126 or 127), canonical or not."""
    return struct.pack("!BBH" if form == 126 else "!BBQ", first, 0x80 | form, length) + b"\0\0\0\0"


def of_size(size, fill="a"):
    """An envelope of exactly so many bytes."""
    return PREFIX + fill.encode() * (size - len(PREFIX) - len(SUFFIX)) + SUFFIX


def fragments(*parts, opcode=TEXT):
    """One message in these parts."""
    last = len(parts) - 1
    return b"".join(frame(part, CONTINUATION if i else opcode, final=i == last) for i, part in enumerate(parts))


def pieces(data, size):
    return [data[at:at + size] for at in range(0, len(data), size)]


def lives(name, sent, *answers):
    assert name not in CASES, name
    CASES[name] = (sent, list(answers), None)


def closes(name, sent, code, *answers):
    assert name not in CASES, name
    CASES[name] = (sent, list(answers), code)


def close(code=None, reason=b"", **more):
    return frame((b"" if code is None else struct.pack("!H", code)) + reason, CLOSE, **more)


def framing():
    for size in (24, 25, 125, 126, 127, 128, 255, 256, 65535, 65536, 65537, LIMIT - 1):
        size = max(size, len(PREFIX) + len(SUFFIX))
        if f"length {size}" not in CASES:
            lives(f"length {size}", frame(of_size(size)), "accepted")
    lives("length 0", frame(b""), "refused")
    lives("length 1", frame(b"x"), "refused")
    lives("a hundred frames in one segment", frame(ENVELOPE) * 100, *["accepted"] * 100)
    for text in (b"Hello", b"null", b"[]", b"17", b'"note"', b"{}", b'{"type":', b"\0", "κόσμε".encode()):
        lives(f"text {text!r} is no envelope", frame(text), "refused")
    lives("an unknown op", frame(b'{"op":"publsh"}'), "error")
    for key in (b"\0\0\0\0", b"\xff\xff\xff\xff", b"\1\2\3\4", b"\x80\0\0\0", b"\0\0\0\x80"):
        lives(f"mask {key.hex()}", masked_by(key, ENVELOPE), "accepted")
        lives(f"mask {key.hex()} of a ping", masked_by(key, b"12345", PING), ("pong", b"12345"))
    for opcode, name in NAMES.items():
        closes(f"unmasked {name}", frame(b"\x03\xe8" if opcode == CLOSE else b"x", opcode, masked=False), 1002)
    closes("unmasked inside a message", frame(b"{", final=False) + frame(b"}", CONTINUATION, masked=False), 1002)
    closes("a length below 126 in 16 bits", head(0x81, 126, 125) + bytes(125), 1002)
    closes("a length of 0 in 16 bits", head(0x81, 126, 0), 1002)
    closes("a length below 65536 in 64 bits", head(0x81, 127, 65535) + bytes(65535), 1002)
    closes("a length of 5 in 64 bits", head(0x81, 127, 5) + bytes(5), 1002)
    closes("a binary message", frame(ENVELOPE, BINARY), 1003)
    closes("an empty binary message", frame(b"", BINARY), 1003)
    closes("a binary message in fragments", fragments(b"\xff", b"\xfe", opcode=BINARY), 1003)


def limits():
    lives("as long as the limit", frame(of_size(LIMIT)), "accepted")
    lives("as long as the limit, in fragments", fragments(*pieces(of_size(LIMIT), 10000)), "accepted")
    closes("one byte over the limit", frame(of_size(LIMIT + 1)), 1009)
    closes("one byte over the limit, in two fragments", fragments(*pieces(of_size(LIMIT + 1), LIMIT)), 1009)
    closes("one byte over the limit, in many fragments", fragments(*pieces(of_size(LIMIT + 1), 1000)), 1009)
    closes("a header over the limit and nothing behind it", head(0x81, 127, LIMIT + 1), 1009)
    closes("a header of 2^62 bytes", head(0x81, 127, 1 << 62), 1009)
    closes("a header of 2^63-1 bytes in a continuation",
           frame(b"{", final=False) + head(0x80, 127, (1 << 63) - 1), 1009)


def control():
    for size in (0, 1, 2, 7, 8, 63, 64, 124, 125):
        payload = bytes(range(131, 131 + size)) if size < 125 else b"\xff" * 125
        lives(f"ping of {size} bytes", frame(payload, PING), ("pong", payload))
        lives(f"unasked pong of {size} bytes", frame(payload, PONG))
    sizes = [b"p" * size for size in range(126)]
    lives("pings of every size", b"".join(frame(p, PING) for p in sizes), *[("pong", p) for p in sizes])
    lives("ping, envelope, ping", frame(b"1", PING) + frame(ENVELOPE) + frame(b"2", PING),
          ("pong", b"1"), ("pong", b"2"), "accepted")
    for opcode in (PING, PONG, CLOSE):
        name = NAMES[opcode]
        payload = b"\x03\xe8" if opcode == CLOSE else b""
        closes(f"{name} of 126 bytes", frame(payload.ljust(126, b"x"), opcode), 1002)
        closes(f"{name} of 65536 bytes", frame(payload.ljust(65536, b"x"), opcode), 1002)
        closes(f"{name} that is not final", frame(payload, opcode, final=False), 1002)
        closes(f"{name} with its length in 16 bits", head(0x80 | opcode, 126, 5) + b"\3\xe8abc", 1002)
        closes(f"{name} in two fragments", frame(payload, opcode, final=False) + frame(b"", CONTINUATION), 1002)


def reserved():
    for bits in range(1, 8):
        for opcode, name in NAMES.items():
            start = frame(b"{", final=False) if opcode == CONTINUATION else b""
            payload = b"\x03\xe8" if opcode == CLOSE else b"x"
            closes(f"reserved bits {bits:03b} of {name}", start + frame(payload, opcode, reserved=bits), 1002)
    for opcode in (3, 4, 5, 6, 7, 11, 12, 13, 14, 15):
        closes(f"opcode {opcode}, empty", frame(b"", opcode), 1002)
        closes(f"opcode {opcode}, 200 bytes", frame(bytes(200), opcode), 1002)
        closes(f"opcode {opcode} not final", frame(b"x", opcode, final=False), 1002)
        closes(f"opcode {opcode} inside a message", frame(b"{", final=False) + frame(b"x", opcode), 1002)


def fragmentation():
    for size in (1, 2, 3, 7, 14):
        lives(f"fragments of {size} bytes", fragments(*pieces(ENVELOPE, size)), "accepted")
    lives("an empty fragment first", fragments(b"", ENVELOPE), "accepted")
    lives("an empty fragment last", fragments(ENVELOPE, b""), "accepted")
    lives("empty fragments between", fragments(ENVELOPE[:4], b"", b"", ENVELOPE[4:]), "accepted")
    lives("nothing but empty fragments", fragments(b"", b"", b""), "refused")
    lives("two messages in fragments", fragments(*pieces(ENVELOPE, 4)) * 2, "accepted", "accepted")
    lives("whole, in fragments, whole", frame(ENVELOPE) + fragments(*pieces(ENVELOPE, 4)) + frame(ENVELOPE),
          *["accepted"] * 3)
    lives("an operation in fragments", fragments(b'{"op":', b'"ping"}'), "pong")
    start, end = frame(ENVELOPE[:5], final=False), frame(ENVELOPE[5:], CONTINUATION)
    lives("a ping between", start + frame(b"now", PING) + end, ("pong", b"now"), "accepted")
    lives("a pong between", start + frame(b"now", PONG) + end, "accepted")
    lives("ten pings between", start + frame(b"now", PING) * 10 + end, *[("pong", b"now")] * 10, "accepted")
    closes("a close between", start + close(1000) + end, 1000)
    closes("a continuation first", frame(ENVELOPE, CONTINUATION), 1002)
    closes("a continuation first, not final", frame(ENVELOPE, CONTINUATION, final=False), 1002)
    closes("an empty continuation first", frame(b"", CONTINUATION), 1002)
    closes("a continuation behind a whole message", fragments(b'{"op":', b'"ping"}') + frame(b"", CONTINUATION), 1002,
           "pong")
    closes("a continuation behind a ping", frame(b"", PING) + frame(b"x", CONTINUATION), 1002, ("pong", b""))
    for opcode, final in itertools.product((TEXT, BINARY), (True, False)):
        closes(f"{NAMES[opcode]} inside a message, final {final}", start + frame(ENVELOPE, opcode, final=final), 1002)


VALID = {
    "two bytes": "\u0080\u07ff", "three bytes": "\u0800\uffff", "next to the surrogates": "\ud7ff\ue000",
    "four bytes": "\U00010000\U0010ffff", "replacement": "\ufffd", "no characters": "\ufffe\U0001fffe\ufdd0",
    "byte order mark": "\ufeff", "Greek": "κόσμε", "joined emoji": "👩‍👩‍👧", "of every length": "aé€😀b",
}
INVALID = {
    "lone 80": "80", "lone bf": "bf", "two continuations": "80bf", "continuation behind a letter": "c3a9a9",
    "c0": "c0af", "c1": "c1bf", "f5": "f5808080", "f8, five bytes": "f888808080", "fc, six bytes": "fc8480808080",
    "fe": "fe", "ff": "ff", "NUL in two bytes": "c080", "NUL in three bytes": "e08080", "NUL in four bytes": "f0808080",
    "U+07FF in three bytes": "e09fbf", "U+FFFF in four bytes": "f08fbfbf", "U+D800": "eda080", "U+DBFF": "edafbf",
    "U+DC00": "edb080", "U+DFFF": "edbfbf", "a surrogate pair": "eda080edb080", "U+110000": "f4908080",
    "U+1FFFFF": "f7bfbfbf", "one byte of two": "c3", "two bytes of three": "e282", "three bytes of four": "f09f98",
    "a start in a sequence": "e282c3a9",
}


def utf8():
    for name, text in VALID.items():
        whole, size = PREFIX + text.encode() + SUFFIX, len(text.encode())
        lives(f"UTF-8: {name}", frame(whole), "accepted")
        cuts = range(len(PREFIX), len(PREFIX) + size + 1)
        lives(f"UTF-8: {name}, cut at every byte", b"".join(fragments(whole[:cut], whole[cut:]) for cut in cuts),
              *["accepted"] * len(cuts))
        lives(f"UTF-8: {name}, in single bytes and pings",
              b"".join(part + (frame(b"", PING) if i % 2 else b"") for i, part in enumerate(
                  frame(bytes([byte]), CONTINUATION if i else TEXT, final=False) for i, byte in enumerate(whole)))
              + frame(b"", CONTINUATION), *[("pong", b"")] * (len(whole) // 2), "accepted")
    for name, code in INVALID.items():
        bad = bytes.fromhex(code)
        closes(f"not UTF-8: {name}", frame(PREFIX + bad + SUFFIX), 1007)
        closes(f"not UTF-8: {name}, at the end", frame(b"text " + bad), 1007)
        for cut in range(len(bad) + 1):
            closes(f"not UTF-8: {name}, cut at {cut}", fragments(PREFIX + bad[:cut], bad[cut:] + SUFFIX), 1007)
        closes(f"not UTF-8: {name}, in fragments without an end", frame(PREFIX, final=False)
               + frame(bad + b"x", CONTINUATION, final=False), 1007)
    closes("not UTF-8: a sequence that ends with the message", fragments(b"\xe2\x82", b""), 1007)
    lives("a ping need not be UTF-8", frame(b"\xff\xfe", PING), ("pong", b"\xff\xfe"))


def closing():
    closes("close without a code", close(), 1000)
    for code in (1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 3000, 3999, 4000, 4999):
        closes(f"close {code}", close(code), code)
    for code in (0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 9999, 65535):
        closes(f"close {code} is not allowed", close(code), 1002)
    closes("close of one byte", frame(b"\x03", CLOSE), 1002)
    for name, reason in {"a letter": b"x", "123 bytes": b"x" * 123, "in Greek": "κόσμε".encode()}.items():
        closes(f"close with a reason: {name}", close(1000, reason), 1000)
    for name, code in INVALID.items():
        closes(f"close with a reason that is not UTF-8: {name}", close(1000, b"so " + bytes.fromhex(code)), 1002)
    closes("close with a reason of 124 bytes", close(1000, b"x" * 124), 1002)
    closes("a message behind the close is not read", close(1000) + frame(ENVELOPE), 1000)
    closes("a ping behind the close is not answered", close(1000) + frame(b"x", PING), 1000)
    closes("a second close", close(1000) + close(1001), 1000)
    closes("nonsense behind the close", close(4000) + b"\xff" * 1000, 4000)
    closes("pings before the close", frame(b"1", PING) + frame(b"2", PING) + close(1000), 1000,
           ("pong", b"1"), ("pong", b"2"))


for section in (framing, limits, control, reserved, fragmentation, utf8, closing):
    section()


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    config = {"api_gateway": {"limits": {"ws_message_bytes": LIMIT}}}
    nipd = Nipd(tmp_path_factory.mktemp("conformance") / "nipd", config, []).start()
    yield nipd
    assert nipd.api.get("/health/live").status == 200
    nipd.stop()


def heard(stream):
    """The next thing that the server said, as the rows write it: a list, for a run is as many answers."""
    opcode, payload = stream.receive_frame()
    if opcode == PONG:
        return [("pong", payload)]
    if opcode == CLOSE:
        code = struct.unpack("!H", payload[:2])[0] if payload else 1005
        raise Closed(code, payload[2:].decode())
    assert opcode == TEXT, f"opcode {opcode}"
    said = json.loads(payload)
    return [said["op"]] * (said["to"] - said["from"] + 1 if said["op"] == "accepted" else 1)


def assert_ended(stream):
    """Nothing may follow a close frame."""
    stream.socket.shutdown(1)
    assert stream.input == b"" and stream.socket.recv(1) == b"", "something was sent behind the close"


@pytest.mark.parametrize("name", CASES)
def test_rfc_6455(shared, name):
    sent, expected, code = CASES[name]
    said = []
    with Stream(shared, "?ack=memory") as stream:
        stream.send_bytes(sent)
        try:
            while code is not None or len(said) < len(expected):
                said += heard(stream)
            stream.send({"op": "ping", "ref": "end"})
            assert stream.receive() == {"op": "pong", "ref": "end"}
        except Closed as end:
            assert (said, end.code) == (expected, code), end.reason
            assert_ended(stream)
        else:
            assert said == expected


BROKEN_OFF = {"1002": frame(b"x", 3), "1003": frame(b"", BINARY), "1007": frame(b"\xff"), "1000": close(1000)}


@pytest.mark.parametrize("code", BROKEN_OFF)
def test_nothing_is_said_behind_a_close_frame(shared, code):
    """Messages before it in the same segment are answered before the close, or not at all."""
    with Stream(shared, "?ack=memory") as stream:
        stream.send_bytes(frame(ENVELOPE) * 3 + frame(b"no envelope") + BROKEN_OFF[code])
        with pytest.raises(Closed) as end:
            while True:
                heard(stream)
        assert end.value.code == int(code)
        assert_ended(stream)


def test_the_table_is_as_large_as_it_says():
    assert len(CASES) >= 150
