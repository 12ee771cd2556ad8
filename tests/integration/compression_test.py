"""Compressed input: gzip bodies over HTTP, permessage-deflate over WebSocket; bombs and damage."""

import asyncio
import gzip
import json
import re
import zlib

import pytest
import websockets

from api import RawConnection
from patience import DEADLINE_S
from stream import CONTINUATION, TEXT, Stream

GZIP = {"Content-Encoding": "gzip"}
DEFLATE = {"api_gateway": {"websocket": {"compression": True}}}
RSV1 = 4


def metric(nipd, name):
    found = re.search(rf"^{name} (\d+)$", nipd.api.get("/metrics").body.decode(), re.MULTILINE)
    assert found, f"no metric {name}"
    return int(found.group(1))


def deflated(text):
    """The payload of one compressed message: RFC 7692, 7.2.1."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = packer.compress(text.encode()) + packer.flush(zlib.Z_SYNC_FLUSH)
    assert packed.endswith(b"\0\0\xff\xff")
    return packed[:-4]


# bodies


def test_a_compressed_message_arrives_as_it_was(nipd):
    message = {"type": "echo.order", "data": {"text": "".join(f"grüße {n}, " for n in range(2000))}}
    body = gzip.compress(json.dumps(message).encode())
    for coding in ("gzip", "GZIP", "x-gzip"):
        answer = nipd.api.post("/v4/messages", body, {"Content-Encoding": coding, "Prefer": "wait=5"})
        assert answer.status == 200, answer
        assert answer.json["data"] == message["data"]


def test_a_compressed_body_may_come_chunked_and_slowly(nipd):
    body = gzip.compress(b'{"type":"note"}')
    with RawConnection(nipd) as raw:
        raw.send("POST /v4/messages HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
                 "Content-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n")
        for byte in body:
            raw.send(b"1\r\n" + bytes([byte]) + b"\r\n")
        raw.send("0\r\n\r\n")
        assert raw.response().status == 202


def test_a_compressed_batch_of_lines(nipd):
    lines = [json.dumps({"type": "note", "data": n}).encode() + b"\n" for n in range(1000)]
    headers = {"Content-Type": "application/x-ndjson", **GZIP}
    answer = nipd.api.post("/v4/messages:batch", gzip.compress(b"".join(lines)), headers)
    assert answer.status == 202, answer
    assert answer.json["accepted"] == 1000
    # Files that were packed one by one are one body when they stand one behind the other.
    members = b"".join(gzip.compress(line) for line in lines[:10])
    assert nipd.api.post("/v4/messages:batch", members, headers).json["accepted"] == 10


def test_compressed_cloudevents(nipd):
    event = {"specversion": "1.0", "id": "ce-1", "source": "/shop", "type": "echo.order", "data": {"n": 1}}
    structured = nipd.api.post("/v4/messages", gzip.compress(json.dumps(event).encode()),
                               {"Content-Type": "application/cloudevents+json", "Prefer": "wait=5", **GZIP})
    assert structured.status == 200 and structured.json["data"] == {"n": 1}
    binary = nipd.api.post("/v4/messages", gzip.compress(b'{"n":2}'),
                           {"ce-specversion": "1.0", "ce-id": "ce-2", "ce-source": "/shop", "ce-type": "echo.order",
                            "Content-Type": "application/json", "Prefer": "wait=5", **GZIP})
    assert binary.status == 200 and binary.json["data"] == {"n": 2}
    batch = nipd.api.post("/v4/messages:batch", gzip.compress(json.dumps([{**event, "id": "ce-3"}]).encode()),
                          {"Content-Type": "application/cloudevents-batch+json", **GZIP})
    assert [item["id"] for item in batch.json["items"]] == ["ce-3"]


def test_another_coding_is_415_and_says_what_is_taken(nipd):
    for coding in ("br", "deflate", "zstd", "gzip, gzip", "gzip, br"):
        answer = nipd.api.post("/v4/messages", b"\x1f\x8b", {"Content-Encoding": coding})
        assert answer.status == 415, coding
        assert answer.headers["accept-encoding"] == "gzip"
        assert "gzip" in answer.problem["detail"]


def test_a_bomb_is_413_and_says_which_bound(nipd):
    small = gzip.compress(b" " * 200_000)
    answer = nipd.api.post("/v4/messages", small, GZIP)
    assert answer.status == 413
    assert "compression_ratio" in answer.problem["detail"] and f"{len(small)} bytes" in answer.problem["detail"]
    large = gzip.compress(b" " * (64 << 20))
    answer = nipd.api.post("/v4/messages", large, GZIP)
    assert answer.status == 413
    assert "body_bytes" in answer.problem["detail"]
    assert metric(nipd, "nip_gateway_inflate_refused_total") == 2
    assert metric(nipd, "nip_gateway_messages_total") == 0


def test_the_bounds_are_the_operators(daemons):
    nipd = daemons(config={"api_gateway": {"limits": {"compression_ratio": 10_000, "body_bytes": "4Ki"}}})
    padded = json.dumps({"type": "note"}).encode()
    assert nipd.api.post("/v4/messages", gzip.compress(padded + b" " * (4096 - len(padded))), GZIP).status == 202
    assert nipd.api.post("/v4/messages", gzip.compress(padded + b" " * (4097 - len(padded))), GZIP).status == 413


def test_no_truncation_is_accepted(nipd):
    body = gzip.compress(b'{"type":"note","data":{"amount":12}}')
    with RawConnection(nipd) as raw:
        for size in range(len(body)):
            raw.send(b"POST /v4/messages HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
                     b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % size + body[:size])
            answer = raw.response()
            assert answer.status == 400, size
            assert answer.problem["type"].endswith(":parse")
        raw.send(b"POST /v4/messages HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
                 b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
        assert raw.response().status == 202


def test_wrong_bytes_are_400_or_do_not_matter(nipd):
    """A flipped byte of the header's time changes nothing; any other is found."""
    body = gzip.compress(b'{"type":"echo","data":{"amount":12}}', mtime=0)
    accepted = []
    for at in range(len(body)):
        bad = body[:at] + bytes([body[at] ^ 0xFF]) + body[at + 1:]
        answer = nipd.api.post("/v4/messages", bad, {"Prefer": "wait=5", **GZIP})
        assert answer.status in (200, 400), (at, answer)
        if answer.status == 200:
            assert answer.json["data"] == {"amount": 12}
            accepted.append(at)
    assert accepted == list(range(4, 10))  # MTIME, XFL and OS


# WebSocket


async def talk(nipd, messages, **options):
    """Sends all and reads until each is answered; the extensions agreed on, and the outcomes."""
    url = f"ws://127.0.0.1:{nipd.port}/v4/stream"
    async with websockets.connect(url, subprotocols=["nip.v4.json"], open_timeout=DEADLINE_S, **options) as stream:
        extensions = stream.response_headers.get("Sec-WebSocket-Extensions")
        for message in messages:
            await stream.send(message)
        frames = []
        answered = 0
        while answered < len(messages):
            frame = json.loads(await asyncio.wait_for(stream.recv(), DEADLINE_S))
            frames.append(frame)
            answered += frame["to"] - frame["from"] + 1 if frame["op"] == "accepted" else 1
        return extensions, frames


def test_a_client_that_compresses_is_understood(daemons):
    nipd = daemons(config=DEFLATE)
    # Of many sizes, and some in fragments: an iterable is one message, a fragment each.
    words = [f"grüße {n}, " for n in range(6000)]
    messages = [json.dumps({"type": "note", "data": "".join(words[:n])}) for n in range(0, 6000, 37)]
    messages += [[whole[:7], whole[7:50], whole[50:]] for whole in messages[-20:]]
    extensions, frames = asyncio.run(talk(nipd, messages, compression="deflate"))
    assert "permessage-deflate" in extensions
    assert "client_no_context_takeover" in extensions and "server_no_context_takeover" in extensions
    assert all(frame["op"] == "accepted" for frame in frames), frames
    assert metric(nipd, "nip_gateway_inflated_total") == len(messages)


def test_replies_and_events_reach_a_client_that_compresses(daemons):
    nipd = daemons(config=DEFLATE)

    async def run():
        url = f"ws://127.0.0.1:{nipd.port}/v4/stream"
        async with websockets.connect(url, subprotocols=["nip.v4.json"], compression="deflate") as stream:
            await stream.send(json.dumps({"op": "request", "message": {"type": "echo", "data": "x" * 500}}))
            while (frame := json.loads(await asyncio.wait_for(stream.recv(), DEADLINE_S)))["op"] != "reply":
                pass
            return frame

    assert asyncio.run(run())["message"]["data"] == "x" * 500


def test_it_is_off_unless_switched_on(nipd):
    extensions, _ = asyncio.run(talk(nipd, ['{"type":"note"}'], compression="deflate"))
    assert extensions is None
    with Stream(nipd) as stream:
        stream.send_bytes(stream.frame(deflated('{"type":"note"}'), TEXT, reserved=RSV1))
        assert stream.until_closed() == 1002


def test_who_does_not_offer_it_may_not_use_it(daemons):
    nipd = daemons(config=DEFLATE)
    with Stream(nipd) as stream:
        assert "Sec-WebSocket-Extensions" not in stream.handshake
        stream.send_bytes(stream.frame(deflated('{"type":"note"}'), TEXT, reserved=RSV1))
        assert stream.until_closed() == 1002
    assert metric(nipd, "nip_gateway_messages_total") == 0


async def closed_by(nipd, message):
    url = f"ws://127.0.0.1:{nipd.port}/v4/stream"
    async with websockets.connect(url, subprotocols=["nip.v4.json"], compression="deflate") as stream:
        try:
            await stream.send(message)
        except websockets.ConnectionClosed:
            pass
        await asyncio.wait_for(stream.wait_closed(), DEADLINE_S)
        return stream.close_code


def test_a_bomb_closes_1009(daemons):
    nipd = daemons(config=DEFLATE)
    assert asyncio.run(closed_by(nipd, " " * (16 << 20))) == 1009
    assert asyncio.run(closed_by(nipd, (" " * (1 << 20) for _ in range(16)))) == 1009
    assert metric(nipd, "nip_gateway_inflate_refused_total") == 2
    assert nipd.api.get("/health/live").status == 200


@pytest.mark.parametrize("fragments", [False, True])
def test_no_truncation_is_taken_for_the_message(daemons, fragments):
    nipd = daemons(config=DEFLATE)
    packed = deflated('{"type":"note","data":"aaaaaaaaaaaaaaaaaaaaaaaa"}')
    for size in range(len(packed)):
        with Stream(nipd, extensions="permessage-deflate") as stream:
            assert "permessage-deflate" in stream.handshake
            cut = packed[:size]
            if fragments:
                stream.send_bytes(stream.frame(cut[:size // 2], TEXT, final=False, reserved=RSV1))
                stream.send_bytes(stream.frame(cut[size // 2:], CONTINUATION))
            else:
                stream.send_bytes(stream.frame(cut, TEXT, reserved=RSV1))
            assert stream.until_closed() == 1007, size
    assert metric(nipd, "nip_gateway_messages_total") == 0
