"""kill -9 again and again under mixed load: nothing acknowledged at fsync is lost, nothing has two effects."""

from collections import defaultdict

from chance import LONG, count, dice
from patience import DEADLINE_S, eventually
from producers import HttpProducer, StreamProducer, Subscriber

# Name, kind, level, and how many messages each sends at once.
PRODUCERS = (("http-a", HttpProducer, "fsync", 1), ("http-b", HttpProducer, "fsync", 1),
             ("http-c", HttpProducer, "fsync", 1), ("http-d", HttpProducer, "buffered", 1),
             ("ws-a", StreamProducer, "fsync", 1), ("ws-b", StreamProducer, "fsync", 4),
             ("ws-c", StreamProducer, "fsync", 16), ("ws-d", StreamProducer, "buffered", 8))
MOST_A_ROUND = 16  # acknowledgements between two kills
SUBSCRIBERS = 8 if LONG else 2
# Small segments, so that kills fall on their making too.
CONFIG = {"services": {"event_bus": {"segment_bytes": "256Ki"}}}


def test_kill_9_in_a_loop(tortured, tmp_path, record_property):
    nipd = tortured(CONFIG)
    nipd.start()
    producers = [kind(nipd, name, level, tmp_path, burst) for name, kind, level, burst in PRODUCERS]
    subscribers = [Subscriber(nipd, f"subscriber-{n}") for n in range(SUBSCRIBERS)]
    for each in producers + subscribers:
        each.start()

    rounds, thrown = count(50, 1000), dice("kill")
    for _ in range(rounds):
        counted(producers, thrown.randrange(MOST_A_ROUND))
        nipd.kill9()
        nipd.start()
    counted(producers, MOST_A_ROUND)
    for each in producers + subscribers:
        each.finish(DEADLINE_S)

    entries = [entry for each in producers for entry in each.oracle.entries()]
    promised = {message for message, _, level in entries if level == "fsync"}
    eventually(lambda: not nipd.sinks.missing(promised), "every message acknowledged at fsync at both sinks")
    # What is still on its way, a repeat above all, must come before the effects are counted.
    nipd.stop()
    effects = nipd.sinks.effected()
    came = nipd.sinks.came()
    record_property("result", (
        f"{rounds} kills, {len(promised)} acknowledged at fsync, 0 lost; "
        f"{sum(each.repeats for each in producers)} sends repeated, "
        f"{sum(came.values()) - len(came)} deliveries repeated; of the "
        f"{len(entries) - len(promised)} at buffered {len({m for m, _, _ in entries} - set(effects))} are gone"))
    assert {message: n for message, n in effects.items() if n > 1 and message in promised} == {}
    assert nipd.sinks.reused_deliveries() == set()
    assert reused_seqs(entries, subscribers) == {}
    assert renumbered(entries, promised) == {}


def counted(producers, more):
    """Waits for so many more acknowledgements."""
    goal = sum(each.oracle.counted for each in producers) + more
    eventually(lambda: sum(each.oracle.counted for each in producers) >= goal, f"{goal} acknowledgements",
               poll_s=0.001)


def reused_seqs(entries, subscribers):
    """Numbers that were told of more than one message."""
    told = defaultdict(set)
    for message, seq, _ in entries:
        told[seq].add(message)
    for each in subscribers:
        for message, seq in each.seen:
            told[seq].add(message)
    return {seq: messages for seq, messages in told.items() if len(messages) > 1}


def renumbered(entries, promised):
    """Messages at fsync that were told more than one number: they were accepted more than once."""
    told = defaultdict(set)
    for message, seq, _ in entries:
        told[message].add(seq)
    return {message: seqs for message, seqs in told.items() if message in promised and len(seqs) > 1}
