"""Clients that are slow, broken or many: they are cut, nothing else is disturbed, nothing grows."""

import os
import random

import pytest

from api import RawConnection
from patience import eventually
from stream import Closed, Refused, Stream


def rss_bytes(nipd):
    with open(f"/proc/{nipd.pid}/status", encoding="ascii") as status:
        for line in status:
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) * 1024
    raise AssertionError("no VmRSS")


def descriptors(nipd):
    return len(os.listdir(f"/proc/{nipd.pid}/fd"))


def gone(raw):
    """True once the peer has given up on the connection."""
    try:
        while raw.socket.recv(1 << 16):
            pass
        return True
    except ConnectionError:
        return True


def test_a_client_that_reads_nothing_is_cut_after_the_write_timeout(daemons):
    nipd = daemons(config={"api_gateway": {"timeouts": {"write": "300ms"}}})
    before = descriptors(nipd)
    with Stream(nipd, receive_bytes=4096) as deaf, Stream(nipd) as speaker:
        deaf.subscribe(filter="true")
        # More than the kernel's buffers and the daemon's own bound hold, so that something waits to be sent.
        for _ in range(40):
            speaker.send({"op": "publish", "messages": [{"type": "note", "data": "x" * 20000}] * 20, "ack": "memory"})
            speaker.accepted(20)
        eventually(lambda: descriptors(nipd) <= before + 1, "the deaf connection's end")
        speaker.send({"type": "note"})
        assert speaker.receive()["op"] == "accepted"


def test_an_idle_connection_is_closed(daemons):
    nipd = daemons(config={"api_gateway": {"timeouts": {"idle": "300ms"}}})
    with RawConnection(nipd) as raw:
        raw.send("GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n")
        assert raw.response().status == 200
        assert raw.closed()


def test_a_websocket_that_does_not_answer_pings_is_closed(daemons):
    nipd = daemons(config={"api_gateway": {"timeouts": {"idle": "400ms"}}})
    with Stream(nipd) as mute:
        pings = 0
        with pytest.raises((Closed, ConnectionError)):
            while True:
                opcode, _ = mute.receive_frame()
                pings += opcode == 9
                if opcode == 8:
                    raise Closed(0, "")
        assert pings >= 1


def test_garbage_of_every_kind_leaves_no_trace(nipd):
    dice = random.Random(17)
    whole = (b"POST /v4/messages HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
             b"Content-Length: 15\r\n\r\n{\"type\":\"note\"}")

    def attack(count):
        for _ in range(count):
            data = bytearray(whole)
            for _ in range(dice.randint(1, 6)):
                data[dice.randrange(len(data))] = dice.randrange(256)
            with RawConnection(nipd) as raw:
                raw.send(bytes(data[: dice.randint(1, len(data))]))

    attack(300)  # first, so that buffers and pools have their size
    eventually(lambda: descriptors(nipd) < 100)
    calm, files = rss_bytes(nipd), descriptors(nipd)
    attack(1500)
    eventually(lambda: descriptors(nipd) <= files + 2, "the end of every connection")
    assert nipd.send({"type": "note"})["seq"] > 0
    if not os.environ.get("NIP_SANITIZE"):
        assert rss_bytes(nipd) < calm + (8 << 20)


def test_connections_that_break_off_mid_message_lose_only_themselves(nipd):
    with Stream(nipd) as steady:
        for n in range(100):
            broken = Stream(nipd)
            broken.send({"op": "request", "message": {"type": "echo", "data": n}, "wait": 5})
            broken.send_bytes(broken.frame('{"type":"note","data":"half')[:-5])
            broken.socket.close()
        steady.send({"op": "request", "message": {"type": "echo", "data": "still here"}, "wait": 5})
        assert steady.receive_op("reply")["message"]["data"] == "still here"
    assert nipd.api.get("/health/ready").status == 200


def test_an_upgrade_that_is_none_is_refused(nipd):
    for request, status in (
        ("GET /v4/stream HTTP/1.1\r\nHost: x\r\n\r\n", (400, 426)),
        ("GET /v4/stream HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
         "Sec-WebSocket-Version: 8\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n", (400, 426)),
        ("GET /v4/stream HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
         "Sec-WebSocket-Version: 13\r\n\r\n", (400,)),
    ):
        with RawConnection(nipd) as raw:
            raw.send(request)
            assert raw.response().status in status, request
    with pytest.raises(Refused):
        Stream(nipd, protocol="chat")
