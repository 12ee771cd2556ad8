"""Subscriptions that read the journal: from the past, durable by name, acknowledged, shared."""
import pytest

from patience import eventually
from stream import Stream


def hear(stream, count):
    """The next `count` events, as (seq, type)."""
    heard = []
    while len(heard) < count:
        frame = stream.receive_op("event")
        heard += [(item["seq"], item["message"]["type"]) for item in frame["items"]]
    return heard


@pytest.fixture
def nipd(daemons):
    return daemons(shards=2, rules=[{"id": "all", "when": "true", "to": ["sink"]}])


def test_a_subscription_from_the_past_goes_on_live_without_a_gap(nipd):
    for n in range(50):
        nipd.send({"type": f"t{n}"})
    with Stream(nipd) as watcher:
        sub = watcher.subscribe(**{"from": "earliest"})
        assert sub == 1
        for n in range(50, 100):
            nipd.send({"type": f"t{n}"})
        heard = hear(watcher, 100)
    assert [kind for _, kind in heard] == [f"t{n}" for n in range(100)]
    assert [seq for seq, _ in heard] == sorted(seq for seq, _ in heard)


def test_it_may_begin_at_a_seq_or_a_time(nipd):
    seqs = [nipd.send({"type": f"t{n}"})["seq"] for n in range(10)]
    with Stream(nipd) as watcher:
        watcher.subscribe(**{"from": seqs[7]})
        assert [kind for _, kind in hear(watcher, 3)] == ["t7", "t8", "t9"]
    found = nipd.api.items("/v4/messages?limit=10")
    with Stream(nipd) as watcher:
        watcher.subscribe(**{"from": {"time": found[8]["accepted_at"]}})
        assert [kind for _, kind in hear(watcher, 1)][0] in ("t8", "t7")


def test_a_durable_one_goes_on_behind_its_cursor_after_kill(nipd):
    with Stream(nipd) as worker:
        sub = worker.subscribe(name="work", **{"from": "earliest"})
        sent = [nipd.send({"type": f"t{n}"})["seq"] for n in range(20)]
        heard = hear(worker, 20)
        worker.send({"op": "ack", "sub": sub, "upto": heard[9][0]})
        worker.send({"op": "ack", "sub": sub, "seqs": [heard[14][0]]})
        eventually(lambda: nipd.api.items("/v4/subscriptions")[0]["unacknowledged"] == 9)
        # The cursor is journaled like an outcome: a message that is synced behind it takes it along.
        eventually(lambda: nipd.send({"type": "other"}) and
                   nipd.api.items("/v4/subscriptions")[0]["done_below_seq"] > sent[9])
    nipd.send({"type": "last"})
    nipd.kill9()
    nipd.start()
    with Stream(nipd) as worker:
        worker.subscribe(name="work")
        again = [kind for _, kind in hear(worker, 9)]
    expected = [f"t{n}" for n in range(10, 20) if n != 14]
    assert again == expected or set(expected) <= set(again), "at least once, and nothing is lost"


def test_members_on_several_connections_share_the_work(nipd):
    with Stream(nipd) as one, Stream(nipd) as two:
        first, second = one.subscribe(name="pool"), two.subscribe(name="pool")
        for n in range(40):
            nipd.send({"type": f"t{n}"})
        eventually(lambda: nipd.api.items("/v4/subscriptions")[0]["unacknowledged"] == 40)
        heard = hear(one, 10) + hear(two, 10)
        assert len(set(heard)) == 20, "nobody is given what another has"
        two.socket.close()
        eventually(lambda: nipd.api.items("/v4/subscriptions")[0]["members"] == 1)
        seen = {seq for seq, _ in heard[:10]}
        while len(seen) < 40:
            seen |= {seq for seq, _ in hear(one, 1)}
        one.send({"op": "ack", "sub": first, "seqs": sorted(seen)})
        eventually(lambda: nipd.api.items("/v4/subscriptions")[0]["unacknowledged"] == 0)
    assert second == 1


def test_a_nack_gives_again_and_an_ack_does_not(nipd):
    with Stream(nipd) as worker:
        sub = worker.subscribe(name="w")
        seq = nipd.send({"type": "once"})["seq"]
        assert hear(worker, 1) == [(seq, "once")]
        worker.send({"op": "nack", "sub": sub, "seq": seq, "delay": "50ms"})
        assert hear(worker, 1) == [(seq, "once")]
        worker.send({"op": "ack", "sub": sub, "seqs": [seq]})
        nipd.send({"type": "next"})
        assert [kind for _, kind in hear(worker, 1)] == ["next"]


def test_slow_readers_of_the_past_miss_nothing(daemons):
    nipd = daemons(shards=1, config={"api_gateway": {"limits": {"output_bytes": 65536}}},
                   rules=[{"id": "all", "when": "true", "to": ["sink"]}])
    text = "x" * 20_000
    for n in range(60):
        nipd.send({"type": f"t{n}", "data": text})
    with Stream(nipd, receive_bytes=4096) as watcher:
        watcher.subscribe(**{"from": "earliest"})
        assert [kind for _, kind in hear(watcher, 60)] == [f"t{n}" for n in range(60)]


def test_wrong_wishes_hear_what_is_wrong(nipd):
    with Stream(nipd) as stream:
        stream.send({"op": "subscribe", "from": "yesterday"})
        assert "from: expected" in stream.receive_op("error")["problem"]["detail"]
        live = stream.subscribe(filter="true")
        stream.send({"op": "ack", "sub": live, "seqs": [1]})
        assert "not durable" in stream.receive_op("error")["problem"]["detail"]
        stream.send({"op": "ack", "sub": live})
        assert "upto" in stream.receive_op("error")["problem"]["detail"]
        stream.subscribe(name="n", filter="true")
        stream.subscribe(name="n", filter="false")
        assert "another name" in stream.receive_op("error")["problem"]["detail"]


def test_an_ended_subscription_is_forgotten(nipd):
    with Stream(nipd) as stream:
        stream.subscribe(name="gone")
        eventually(lambda: nipd.api.items("/v4/subscriptions"))
        assert nipd.api.delete("/v4/subscriptions/gone").status == 200
        assert "ended" in stream.receive_op("error")["problem"]["detail"]
    assert nipd.api.items("/v4/subscriptions") == []
    assert nipd.api.delete("/v4/subscriptions/gone").status == 404
