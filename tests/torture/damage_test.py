"""Bits that flip and files that lose their ends in what was synced long ago: told, set aside, never delivered."""

import json
import shutil

from chance import count, dice
from patience import eventually

MESSAGES = 300
HITS_A_START = 10
SEGMENTS = {"services": {"event_bus": {"segment_bytes": "64Ki"}}}


def written(tortured):
    """A nipd that is stopped, what it serves as {message id: text}, and its closed segments as {path: bytes}."""
    nipd = tortured(SEGMENTS)
    nipd.start()
    bodies = [{"id": f"d{n}", "type": "torture", "data": {"n": n, "text": "y" * (n * 37 % 1500)}} for n in range(MESSAGES)]
    for body in bodies:
        nipd.send(body)
    eventually(lambda: not nipd.sinks.missing(body["id"] for body in bodies))
    nipd.stop()
    nipd.start()
    served = stored(nipd)
    nipd.stop()
    assert len(served) == MESSAGES
    files = {path: path.read_bytes() for path in sorted(nipd.journal.glob("*.segment"))}
    return nipd, served, files


def stored(nipd):
    """Every message that can be read, by its id."""
    return {item["message"]["id"]: json.dumps(item["message"], sort_keys=True)
            for item in nipd.api.items("/v4/messages?limit=1000")}


def restore(nipd, files):
    """The journal as it was, without what lets a start leave out what lies before the last checkpoint."""
    shutil.rmtree(nipd.journal / "quarantine", ignore_errors=True)
    for pattern in ("checkpoint-*", "*.table"):
        for path in nipd.journal.glob(pattern):
            path.unlink()
    for path in nipd.journal.glob("*.segment"):
        if path not in files:
            path.unlink()
    for path, content in files.items():
        path.write_bytes(content)


def set_aside(nipd):
    """(segment file, begin, end) of each range in quarantine/."""
    for copy in (nipd.journal / "quarantine").glob("*.segment.*-*"):
        name, _, span = copy.name.rpartition(".")
        begin, end = span.split("-")
        yield nipd.journal / name, int(begin), int(end)


def closed(files):
    """All but the last with a batch, and those made ahead: what may be a torn tail in them is none."""
    with_batches = [path for path, content in files.items() if b"NPB1" in content]
    return with_batches[:-1]


def check_what_is_served(nipd, served, ranges, files, at):
    """What is served is unchanged; what is not stands in the ranges that were set aside."""
    now = stored(nipd)
    assert {message: text for message, text in now.items() if served.get(message) != text} == {}, at
    hidden = b"".join(files[path][begin:end] for path, begin, end in ranges)
    for message in served.keys() - now.keys():
        assert f'"id": "{message}"'.encode() in hidden, (at, f"{message} is not served and not set aside", ranges)


def check_no_ghost(nipd, served, effects, at):
    """An outcome that was damaged means a repeat under the same delivery id, never anything new."""
    assert set(nipd.sinks.came()) <= set(served), at
    assert nipd.sinks.effected() == effects, at
    assert nipd.sinks.reused_deliveries() == set(), at


def test_bits_that_flip_in_closed_segments(tortured, record_property):
    nipd, served, files = written(tortured)
    effects, thrown, hits = nipd.sinks.effected(), dice("flips"), count(100, 10_000)
    for first in range(0, hits, HITS_A_START):
        flips = []
        for _ in range(min(HITS_A_START, hits - first)):
            path = thrown.choice(closed(files))
            flips.append((path, thrown.randrange(len(files[path])), 1 << thrown.randrange(8)))
        restore(nipd, files)
        for path, offset, bit in flips:
            content = bytearray(path.read_bytes())
            content[offset] ^= bit
            path.write_bytes(content)
        at = [(path.name, offset, bit) for path, offset, bit in flips]
        nipd.start()
        ranges = list(set_aside(nipd))
        for path, offset, bit in flips:
            if sum(flip == (path, offset, bit) for flip in flips) % 2 == 0:
                continue  # flipped back
            assert any(path == hit and begin <= offset < end for hit, begin, end in ranges), (at, offset, ranges)
            assert path.name in nipd.story(), (at, "not reported")
        check_what_is_served(nipd, served, ranges, files, at)
        nipd.kill9()
        check_no_ghost(nipd, served, effects, at)
    record_property("result", f"{hits} bits, each told; nothing changed was served")


def test_closed_segments_that_lose_their_ends(tortured, record_property):
    nipd, served, files = written(tortured)
    effects, thrown, hits = nipd.sinks.effected(), dice("ends"), count(8, 500)
    for _ in range(hits):
        path = thrown.choice(closed(files))
        left = thrown.randrange(len(files[path]))
        restore(nipd, files)
        path.write_bytes(files[path][:left])
        at = f"{path.name} cut to {left} bytes"
        nipd.start()
        assert path.name in nipd.story(), (at, "not reported")
        ranges = [*set_aside(nipd), (path, left, len(files[path]))]
        check_what_is_served(nipd, served, ranges, files, at)
        assert nipd.send({"type": "torture", "id": "after"})["seq"] > MESSAGES, at
        nipd.kill9()
        effects_now = nipd.sinks.effected()
        effects_now.pop("after", None)
        assert effects_now == effects, at
    record_property("result", f"{hits} files, each told; nothing changed was served")
