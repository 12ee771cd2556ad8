"""The wall clock jumps, the process stands still: nothing expires early, nothing has a second effect."""

import signal

from chance import count, dice
from patience import eventually, pause
from producers import HttpProducer, StreamProducer
from shim import Shim
from stream import Stream

HOUR_S = 3600
YEAR_S = 365 * 24 * HOUR_S
JUMPS_S = (HOUR_S, -HOUR_S, 10 * YEAR_S, -10 * YEAR_S, 0)
DEADLINE = "1m"  # of every message: far behind the end of the test, near for a clock that jumps
STOPS_S = 2
LONG_STOP_S = 30


def guarded(name, kind, nipd, folder):
    """A producer whose messages have a deadline."""
    one = kind(nipd, name, "fsync", folder)
    plain = one.envelope
    one.envelope = lambda message: {**plain(message), "metadata": {"deadline": DEADLINE}}
    one.start()
    return one


def finish(nipd, producers):
    """Every message acknowledged has had one effect, and none was given up."""
    for each in producers:
        each.finish(60)
    ids = {message for each in producers for message, _, _ in each.oracle.entries()}
    eventually(lambda: not nipd.sinks.missing(ids), "every acknowledged message at both sinks")
    assert nipd.api.items("/v4/dead-letters") == []
    nipd.stop()
    assert set(nipd.sinks.effected().values()) == {1}
    return ids


def more(producers, count_, what):
    goal = sum(each.oracle.counted for each in producers) + count_
    eventually(lambda: sum(each.oracle.counted for each in producers) >= goal, what)


def test_jumps_of_the_wall_clock(tortured, tmp_path, record_property):
    nipd = tortured()
    page = Shim(nipd)
    nipd.start()
    producers = [guarded("http", HttpProducer, nipd, tmp_path), guarded("ws", StreamProducer, nipd, tmp_path)]
    rounds, thrown = count(2, 100), dice("jumps")
    for _ in range(rounds):
        for jump in thrown.sample(JUMPS_S, len(JUMPS_S)):
            # What waits in front of the closed gate lives through the jump.
            nipd.sinks.gate.close()
            page.move_clock(jump)
            more(producers, 10, f"acceptance after a jump to {jump} s")
            nipd.sinks.gate.open()
    ids = finish(nipd, producers)
    assert set(nipd.sinks.came().values()) == {1}, "a jump repeated a delivery"
    record_property("result", f"{rounds * len(JUMPS_S)} jumps, {len(ids)} messages, each delivered once")


def test_a_jump_while_it_is_down(tortured):
    """The journal's times are from another year: backoff and the window of repeats bear it."""
    nipd = tortured()
    page = Shim(nipd)
    nipd.sinks.gate.close()
    for jump in JUMPS_S:
        page.move_clock(jump)
        nipd.start()
        nipd.send({"id": f"jump{jump}", "type": "torture"})
        nipd.kill9()
    nipd.sinks.gate.open()
    nipd.start()
    eventually(lambda: not nipd.sinks.missing({f"jump{jump}" for jump in JUMPS_S}), "what was kept")
    assert nipd.api.items("/v4/dead-letters") == []
    nipd.stop()
    assert set(nipd.sinks.effected().values()) == {1}


def test_stopped_and_continued(tortured, tmp_path, record_property):
    """SIGSTOP under load: connections stay, deadlines that are not over hold, the end is clean."""
    nipd = tortured()
    nipd.start()
    producers = [guarded("http", HttpProducer, nipd, tmp_path), guarded("ws", StreamProducer, nipd, tmp_path)]
    listener = Stream(nipd)
    stop_s, rounds = count(STOPS_S, LONG_STOP_S), 1
    more(producers, 20, "acceptance before the stop")
    nipd.process.send_signal(signal.SIGSTOP)
    pause(stop_s)  # the standstill is what is tested; nothing can be observed during it
    nipd.process.send_signal(signal.SIGCONT)
    more(producers, 20, "acceptance after the stop")
    listener.send({"op": "ping", "ref": 1})
    assert listener.receive_op("pong")["ref"] == 1
    listener.socket.close()
    ids = finish(nipd, producers)
    assert set(nipd.sinks.came().values()) == {1}, "the standstill repeated a delivery"
    record_property("result", f"{rounds} stop of {stop_s} s, {len(ids)} messages, each delivered once")
