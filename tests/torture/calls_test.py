"""The end, or an error, at chosen calls that change files: every one of them in the long form."""

import errno
import re

import pytest

import shim
from chance import count, points
from patience import eventually
from script import CONFIG, Script
from shim import Shim

POINTS = 150  # of the calls of one run of the script, which makes about as many
STEP = 7
ENDS = (shim.KILL_BEFORE, shim.KILL_WITHIN, shim.KILL_AFTER)
EXIT_WITHIN_S = 1  # of the error
REASON = re.compile("Input/output error|disk I/O error")  # as the C library says it, and as SQLite does
EXIT_STARTING, EXIT_FAILED = 1, 3


def lives(tortured, tmp_path, chosen):
    """For each point a nipd of its own with a shim, and the script to run on it."""
    for point in chosen:
        nipd = tortured(CONFIG, folder=tmp_path / f"nipd-{point}")
        yield point, nipd, Shim(nipd), Script(nipd)


def test_the_script_makes_the_calls_that_are_tortured(tortured):
    nipd = tortured(CONFIG)
    shim_ = Shim(nipd)
    script = Script(nipd)
    assert script.run()
    nipd.stop()
    assert shim_["calls"] > POINTS // 2
    script.verify("untouched")


def test_killed_at_a_call(tortured, tmp_path, record_property):
    """Before it, in the middle of it, behind it in turn."""
    killed = 0
    for point, nipd, page, script in lives(tortured, tmp_path, points(POINTS, STEP)):
        page.arm(ENDS[point % len(ENDS)], point)
        lived = script.run()
        page.disarm()
        if lived:
            nipd.process.terminate()
        end = nipd.ended()
        # What nipd does by itself in the background may be the call, after the script has lived.
        assert end == -9 or (lived and end == 0), nipd.story()
        killed += end == -9
        script.verify(f"point {point}, at {page.path}")
    record_property("result", f"{killed} ends, 0 lost, 0 double effects")
    assert killed > 0


@pytest.mark.parametrize("kind,name", [(shim.WRITE, "write"), (shim.SYNC, "sync")])
def test_an_input_output_error_is_the_end_of_acknowledging(tortured, tmp_path, record_property, kind, name):
    hits = {"journal": 0, "making": 0, "state": 0, "start": 0}
    for point, nipd, page, script in lives(tortured, tmp_path, points(POINTS // 2, 2 * STEP)):
        page.arm(shim.FAIL, point, kinds=kind, error=errno.EIO)
        script.disk_failed = lambda page=page: page["hits"] > 0
        lived = script.run()
        where = page.path
        at = f"{name} {point}, {where or 'nowhere'}"
        if page["hits"] == 0:
            # What is written last, at the end, may be the one.
            nipd.process.terminate()
            assert nipd.ended() == (EXIT_FAILED if page.path.endswith(".segment") else 0), (at, page.path)
        elif not nipd.listening.is_set():
            hits["start"] += 1
            assert nipd.ended(EXIT_WITHIN_S) in (EXIT_STARTING, EXIT_FAILED), at
            assert REASON.search(nipd.story()), (at, nipd.story())
        elif where.endswith(".segment"):
            hits["journal"] += 1
            assert nipd.ended(EXIT_WITHIN_S) == EXIT_FAILED, at
            assert script.late == [], at
            assert "the journal failed" in nipd.story() and REASON.search(nipd.story()), (at, nipd.story())
        elif "/state.db" in where:
            hits["state"] += 1
            assert lived and nipd.process.poll() is None, (at, nipd.story())
            nipd.stop()
        else:
            # A segment that is made ahead of its use: needed only when the one in use is full.
            hits["making"] += 1
            if lived:
                nipd.stop()
            else:
                assert nipd.ended(EXIT_WITHIN_S) == EXIT_FAILED, (at, nipd.story())
                assert REASON.search(nipd.story()), (at, nipd.story())
        page.disarm()
        script.verify(at)
    record_property("result", ", ".join(f"{n} at {where}" for where, n in hits.items()))
    assert sum(hits.values()) > 0


def test_short_writes_are_finished(tortured, tmp_path):
    """The kernel may take less than it was given, at any time."""
    for _ in range(count(1, 20)):
        nipd = tortured(CONFIG, folder=tmp_path / "nipd-short")
        page = Shim(nipd)
        page.arm_from_now_on(shim.SHORT, kinds=shim.WRITE)
        script = Script(nipd)
        assert script.run(), nipd.story()
        eventually(lambda: page["hits"] > 0, "short writes")
        nipd.stop()
        page.disarm()
        script.verify("short writes")
