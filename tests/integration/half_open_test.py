"""Peers that stop halfway: silent, half closed, deaf at the end. Each is let go within its time-out."""

import socket

import pytest

from api import RawConnection
from hostile_clients_test import descriptors
from patience import eventually
from stream import CLOSE, PING, PONG, Closed, Stream


@pytest.fixture
def hasty(daemons):
    """A daemon whose time-outs are short."""
    return daemons(config={"api_gateway": {"timeouts": {"idle": "400ms", "linger": "300ms", "header": "300ms"}}})


def frames_to_the_end(stream):
    """Every frame until the close frame or the end of the connection: [(opcode, payload)]."""
    frames = []
    try:
        while not frames or frames[-1][0] != CLOSE:
            frames.append(stream.receive_frame())
    except Closed:
        pass
    return frames


def let_go(nipd, files):
    eventually(lambda: descriptors(nipd) == files, "the end of the connection")


def test_a_silent_websocket_is_pinged_and_then_told_1001(hasty):
    with Stream(hasty) as mute:
        frames = frames_to_the_end(mute)
    assert [opcode for opcode, _ in frames] == [PING, CLOSE]
    assert frames[-1][1][:2] == (1001).to_bytes(2, "big")


def test_a_websocket_that_is_silent_within_a_frame_or_a_message_is_let_go_too(hasty):
    whole = Stream.frame(None, b'{"type":"note"}')
    for begun in (whole[:1], whole[:-1], Stream.frame(None, b'{"type":', final=False)):
        with Stream(hasty) as stuck:
            stuck.send_bytes(begun)
            assert frames_to_the_end(stuck)[-1][1][:2] == (1001).to_bytes(2, "big")


def test_pongs_alone_keep_a_websocket(hasty):
    with Stream(hasty) as patient:
        for _ in range(4):
            opcode, payload = patient.receive_frame()
            assert opcode == PING
            patient.send_bytes(patient.frame(payload, PONG))
        patient.send({"type": "note"})
        assert patient.receive()["op"] == "accepted"


def test_half_a_handshake_is_answered_408(hasty):
    with RawConnection(hasty) as raw:
        raw.send("GET /v4/stream HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n")
        assert raw.response().status == 408
        assert raw.closed()


def test_a_websocket_that_ends_without_a_close_is_let_go(nipd):
    files = descriptors(nipd)
    with Stream(nipd) as half:
        half.subscribe(filter="true")
        half.socket.shutdown(socket.SHUT_WR)
        assert frames_to_the_end(half) == []
    let_go(nipd, files)


def test_a_peer_that_never_closes_its_side_is_cut_after_the_linger_time(hasty):
    files = descriptors(hasty)
    with Stream(hasty) as polite, Stream(hasty) as rude, RawConnection(hasty) as http:
        polite.send_bytes(polite.frame(b"\x03\xe8", CLOSE))
        rude.send_bytes(rude.frame("x", 3))
        http.send("nonsense\r\n\r\n")
        assert polite.until_closed() == 1000 and rude.until_closed() == 1002
        let_go(hasty, files)


def test_what_was_taken_is_answered_before_1001_at_a_stop(nipd):
    with Stream(nipd) as busy, Stream(nipd) as idle:
        for n in range(200):
            busy.send({"type": "note", "data": n})
        busy.send({"op": "request", "message": {"type": "echo", "data": "last"}, "wait": 5})
        eventually(lambda: b"\nnip_gateway_messages_total 201\n" in nipd.api.get("/metrics").body)
        nipd.process.terminate()
        assert len(busy.accepted(201)) == 201
        assert busy.receive_op("reply")["message"]["data"] == "last"
        assert busy.until_closed() == 1001
        assert idle.until_closed() == 1001
    nipd.stop()


def test_a_deaf_peer_does_not_hold_up_a_stop(nipd):
    with Stream(nipd, receive_bytes=4096) as deaf, Stream(nipd) as speaker:
        deaf.subscribe(filter="true")
        for _ in range(20):
            speaker.send({"op": "publish", "messages": [{"type": "note", "data": "x" * 20000}] * 20, "ack": "memory"})
            speaker.accepted(20)
        nipd.process.terminate()
        assert speaker.until_closed() == 1001
        nipd.stop()


def test_a_peer_that_resets_in_the_middle_of_events_loses_only_itself(nipd):
    files = descriptors(nipd)
    with Stream(nipd) as steady, Stream(nipd) as speaker:
        steady.subscribe(filter="true")
        for n in range(20):
            broken = Stream(nipd)
            broken.subscribe(filter="true")
            speaker.send({"type": "note", "data": n})
            speaker.accepted(1)
            broken.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            broken.socket.close()
        assert [item["message"]["data"] for item in steady.events(20)] == list(range(20))
    let_go(nipd, files)
