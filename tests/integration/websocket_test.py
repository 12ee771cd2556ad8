"""WS /v4/stream: every op of nip.v4.json, and frames that are not quite right."""

import asyncio
import json

import pytest

from stream import BINARY, CLOSE, CONTINUATION, PING, PONG, TEXT, Refused, Stream


@pytest.fixture
def stream(nipd):
    with Stream(nipd) as made:
        yield made


def test_the_subprotocol_is_agreed_on(nipd):
    with Stream(nipd) as stream:
        assert "nip.v4.json" in stream.handshake
    with pytest.raises(Refused) as refused:
        Stream(nipd, protocol="mqtt")
    assert refused.value.status == 400


def test_bare_envelopes_are_published_and_numbered(stream):
    for n in range(10):
        stream.send({"type": "note", "data": n})
    outcomes = stream.accepted(10)
    assert sorted(outcomes) == list(range(1, 11))
    seqs = [outcomes[n]["seq"] for n in range(1, 11)]
    assert seqs == sorted(seqs) and len(set(seqs)) == 10
    assert all(frame["ack"] == "fsync" and frame["generation"] >= 1 for frame in outcomes.values())


def test_the_urls_level_is_for_bare_envelopes(nipd):
    with Stream(nipd, "?ack=memory") as stream:
        stream.send({"type": "note"})
        frame = stream.receive_op("accepted")
        assert frame["ack"] == "memory" and frame["seq"] == 0


def test_a_level_that_does_not_exist_refuses_the_handshake(nipd):
    with pytest.raises(Refused) as refused:
        Stream(nipd, "?ack=perhaps")
    assert refused.value.status == 400


def test_publish_takes_one_message_or_many_with_a_level(stream):
    stream.send({"op": "publish", "message": {"type": "note"}, "ack": "buffered"})
    stream.send({"op": "publish", "messages": [{"type": "note"}] * 3, "ack": "memory"})
    outcomes = stream.accepted(4)
    assert [outcomes[n]["ack"] for n in (1, 2, 3, 4)] == ["buffered", "memory", "memory", "memory"]


def test_a_bad_publish_takes_an_ordinal_and_is_refused(stream):
    stream.send({"type": "note"}).send({"type": 5}).send("{\"type\":\"x\",\"data\":[}").send({"type": "note"})
    outcomes = stream.accepted(4)
    assert [outcomes[n]["op"] for n in (1, 2, 3, 4)] == ["accepted", "refused", "refused", "accepted"]
    assert outcomes[2]["problem"]["status"] == 400
    assert "type" in outcomes[2]["problem"]["detail"]


def test_request_is_accepted_and_then_replied(stream):
    stream.send({"op": "request", "message": {"type": "echo", "data": {"q": 1}}, "wait": 5})
    assert stream.receive_op("accepted")["from"] == 1
    reply = stream.receive_op("reply")
    assert reply["n"] == 1
    assert reply["message"]["data"] == {"q": 1}


def test_many_requests_in_flight_are_matched_by_ordinal(stream):
    for n in range(1, 101):
        stream.send({"op": "request", "message": {"type": "echo", "data": n}, "wait": 5})
    replies = {}
    while len(replies) < 100:
        frame = stream.receive_op("reply")
        replies[frame["n"]] = frame["message"]["data"]
    assert replies == {n: n for n in range(1, 101)}


def test_ping_is_answered(stream):
    stream.send({"op": "ping"})
    assert stream.receive()["op"] == "pong"


def test_an_unknown_op_is_an_error_that_names_the_nearest_and_nothing_ends(stream):
    stream.send({"op": "subscrbe", "topic": "a"})
    frame = stream.receive()
    assert frame["op"] == "error"
    assert "subscribe" in frame["problem"]["detail"]
    stream.send({"type": "note"})
    assert stream.receive()["op"] == "accepted"


def test_events_of_a_topic_arrive_in_order(nipd):
    with Stream(nipd) as watcher, Stream(nipd) as sender:
        sub = watcher.subscribe(topic="orders.*")
        for n in range(20):
            sender.send({"type": "note", "data": n, "metadata": {"topic": "orders.eu" if n % 2 else "orders.eu.deep"}})
        items = watcher.events(10)
        assert [item["message"]["data"] for item in items] == list(range(1, 20, 2))
        assert all(item["seq"] > 0 for item in items)
        assert sub == 1


def test_a_filter_chooses(nipd):
    with Stream(nipd) as watcher:
        watcher.subscribe(filter="message.data.amount > 100")
        nipd.send({"type": "order", "data": {"amount": 50}})
        nipd.send({"type": "note"})
        nipd.send({"type": "order", "data": {"amount": 500}})
        assert watcher.events(1)[0]["message"]["data"] == {"amount": 500}


def test_a_bad_filter_is_an_error_with_its_place(stream):
    stream.send({"op": "subscribe", "filter": "message.type ==", "ref": "f1"})
    frame = stream.receive()
    assert frame["op"] == "error" and frame["ref"] == "f1"
    assert "1:" in frame["problem"]["detail"]


def test_unsubscribe_ends_it(nipd):
    with Stream(nipd) as watcher:
        sub = watcher.subscribe(topic="a")
        watcher.send({"op": "unsubscribe", "sub": sub})
        assert watcher.receive()["op"] == "unsubscribed"
        nipd.send({"type": "note", "metadata": {"topic": "a"}})
        watcher.send({"op": "ping"})
        assert watcher.receive()["op"] == "pong"


def test_credit_bounds_what_is_on_its_way(nipd):
    with Stream(nipd) as watcher:
        sub = watcher.subscribe(filter="true", credit=2)
        for n in range(5):
            nipd.send({"type": "note", "data": n})
        assert [item["message"]["data"] for item in watcher.events(2)] == [0, 1]
        watcher.send({"op": "ping"})
        assert watcher.receive()["op"] == "pong"
        watcher.send({"op": "credit", "sub": sub, "n": 3})
        assert [item["message"]["data"] for item in watcher.events(3)] == [2, 3, 4]


def test_an_overflow_is_told_as_a_gap(daemons):
    nipd = daemons(config={"services": {"message_router": {"subscriptions": {"buffer": 10}}}}, shards=1)
    with Stream(nipd) as watcher:
        sub = watcher.subscribe(filter="true", credit=0)
        for n in range(30):
            nipd.send({"type": "note", "data": n}, Prefer="ack=memory")
        watcher.send({"op": "credit", "sub": sub, "n": 100})
        gaps, seen = 0, 0
        while gaps + seen < 30:
            frame = watcher.receive()
            gaps += frame.get("missed", 0)
            seen += len(frame.get("items", []))
        assert gaps > 0 and seen > 0


def test_overflow_cut_ends_the_subscription(daemons):
    nipd = daemons(config={"services": {"message_router": {"subscriptions": {"buffer": 5}}}}, shards=1)
    with Stream(nipd) as watcher:
        watcher.subscribe(filter="true", credit=0, overflow="cut")
        for n in range(10):
            nipd.send({"type": "note"}, Prefer="ack=memory")
        frame = watcher.receive_op("gap")
        assert frame["ended"] is True and frame["missed"] >= 1


def test_fragments_are_put_together(stream):
    text = b'{"type":"note","data":"fragmented"}'
    stream.send_bytes(stream.frame(text[:10], TEXT, final=False))
    stream.send_bytes(stream.frame(b"between", PING))
    stream.send_bytes(stream.frame(text[10:20], CONTINUATION, final=False))
    stream.send_bytes(stream.frame(text[20:], CONTINUATION))
    opcodes = set()
    while TEXT not in opcodes:
        opcode, payload = stream.receive_frame()
        opcodes.add(opcode)
        if opcode == PONG:
            assert payload == b"between"
    assert json.loads(payload)["op"] == "accepted"
    assert PONG in opcodes


def test_frames_split_at_every_byte_are_the_same_frames(nipd):
    frame = Stream.frame(None, b'{"type":"note"}')
    for cut in range(1, len(frame)):
        with Stream(nipd) as stream:
            stream.send_bytes(frame[:cut])
            stream.send_bytes(frame[cut:])
            assert stream.receive()["op"] == "accepted", cut


CLOSED_WITH = {
    "binary": (lambda s: s.frame(b'{"type":"note"}', BINARY), 1003),
    "not masked": (lambda s: s.frame('{"type":"note"}', masked=False), 1002),
    "reserved bit": (lambda s: s.frame('{"type":"note"}', reserved=4), 1002),
    "unknown opcode": (lambda s: s.frame("x", 3), 1002),
    "invalid UTF-8": (lambda s: s.frame(b'{"type":"\xff\xfe"}'), 1007),
    "too large": (lambda s: s.frame('{"type":"note","data":"' + "x" * (1 << 20) + '"}'), 1009),
    "continuation of nothing": (lambda s: s.frame("x", CONTINUATION), 1002),
    "long control frame": (lambda s: s.frame("x" * 126, PING), 1002),
}


@pytest.mark.parametrize("name", CLOSED_WITH)
def test_a_frame_against_the_protocol_closes_with_its_code(nipd, name):
    make, code = CLOSED_WITH[name]
    with Stream(nipd) as stream:
        try:
            stream.send_bytes(make(stream))
        except OSError:
            pass
        assert stream.until_closed() == code
    assert nipd.api.get("/health/live").status == 200


def test_fragments_past_the_limit_close_1009(nipd):
    with Stream(nipd) as stream:
        try:
            stream.send_bytes(stream.frame('{"type":"note","data":"', TEXT, final=False))
            for _ in range(40):
                stream.send_bytes(stream.frame("x" * 65536, CONTINUATION, final=False))
        except OSError:
            pass
        assert stream.until_closed() in (1009, 1006)


def test_a_polite_close_is_answered(stream):
    stream.send_bytes(stream.frame(b"\x03\xe8bye", CLOSE))
    assert stream.until_closed() == 1000


def test_a_message_before_the_close_is_still_answered(stream):
    stream.send({"type": "note"})
    assert stream.receive()["op"] == "accepted"
    stream.send_bytes(stream.frame(b"\x03\xe8", CLOSE))
    assert stream.until_closed() == 1000


def test_a_client_library_can_talk_to_it(nipd):
    import websockets

    async def talk():
        url = f"ws://127.0.0.1:{nipd.port}/v4/stream"
        async with websockets.connect(url, subprotocols=["nip.v4.json"]) as stream:
            await stream.send(json.dumps({"op": "request", "message": {"type": "echo", "data": 7}, "wait": 5}))
            while True:
                frame = json.loads(await stream.recv())
                if frame["op"] == "reply":
                    return frame

    assert asyncio.run(talk())["message"]["data"] == 7


def test_a_slow_reader_does_not_grow_the_daemon_or_stop_others(nipd):
    with Stream(nipd, receive_bytes=4096) as slow, Stream(nipd) as fast:
        slow.subscribe(filter="true")
        payload = "x" * 20000
        total = 600
        for start in range(0, total, 50):
            batch = [{"type": "note", "data": payload}] * 50
            fast.send({"op": "publish", "messages": batch, "ack": "memory"})
            fast.accepted(50)
        # 12 MB were published; what waits for the slow one is bounded, and it hears of what it missed.
        gaps, seen = 0, 0
        while gaps + seen < total:
            frame = slow.receive()
            gaps += frame.get("missed", 0)
            seen += len(frame.get("items", []))
        assert gaps > 0
        assert gaps + seen == total
