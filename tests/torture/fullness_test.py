"""A disk that is full, and then is not, over and over: refusals, reading, and nothing lost."""

import errno
import os
import subprocess

import pytest

import shim
from api import Api
from chance import count
from patience import eventually
from shim import Shim

BACK_WITHIN_S = 1
SENDS_MAX = 400  # of 20 KiB into segments of 64 KiB: the disk is full long before
SEGMENTS = {"services": {"event_bus": {"segment_bytes": "64Ki"}}}
SMALL_DISK_BYTES = 8 << 20


def fill(nipd, cycle, acknowledged):
    """Sends until it is refused; the refusal."""
    for n in range(SENDS_MAX):
        message = f"c{cycle}-{n}"
        answer = nipd.api.post("/v4/messages", {"id": message, "type": "torture", "data": "x" * 20_000})
        if answer.status != 202:
            return answer
        acknowledged.append(message)
    raise AssertionError(f"{SENDS_MAX} messages were accepted by a full disk")


def refused_and_readable(nipd, answer, acknowledged):
    assert answer.status == 507, answer
    assert answer.problem["type"] == "urn:nip:problem:storage-full", answer
    assert nipd.api.get("/health/live").status == 200
    if acknowledged:
        assert nipd.api.get(f"/v4/messages/{acknowledged[-1]}").status == 200


def accepts_again(nipd, cycle, acknowledged):
    message = f"c{cycle}-back"

    def sent():
        return nipd.api.post("/v4/messages", {"id": message, "type": "torture"}).status == 202

    eventually(sent, "acceptance after space was freed", BACK_WITHIN_S)
    acknowledged.append(message)


def nothing_lost(nipd, acknowledged):
    eventually(lambda: not nipd.sinks.missing(acknowledged), "every acknowledged message at both sinks")
    nipd.restart()
    for message in acknowledged[-5:]:
        assert nipd.api.get(f"/v4/messages/{message}").json["state"] == "done"
    nipd.stop()
    assert set(nipd.sinks.effected().values()) == {1}


def test_full_by_the_shim(tortured, record_property):
    nipd = tortured(SEGMENTS)
    page = Shim(nipd)
    nipd.start()
    acknowledged, cycles = [], count(20, 1000)
    for cycle in range(cycles):
        page.arm_from_now_on(shim.FAIL, kinds=shim.RESERVE, error=errno.ENOSPC)
        refused_and_readable(nipd, fill(nipd, cycle, acknowledged), acknowledged)
        page.disarm()
        accepts_again(nipd, cycle, acknowledged)
    nothing_lost(nipd, acknowledged)
    record_property("result", f"{cycles} times full, {len(acknowledged)} acknowledged, 0 lost")


@pytest.fixture
def small_disk(tmp_path):
    """A file system of its own with little room."""
    folder = tmp_path / "small"
    folder.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={SMALL_DISK_BYTES}", "none", folder],
                             capture_output=True, text=True)
    if mounted.returncode != 0:
        pytest.skip(f"no right to mount a small disk: {mounted.stderr.strip()}")
    yield folder
    subprocess.run(["umount", "-l", folder], check=True)


def test_full_disk(tortured, small_disk, record_property):
    """The ballast takes what the journal leaves, down to the last block."""
    nipd = tortured({"services": {"event_bus": {**SEGMENTS["services"]["event_bus"], "path": str(small_disk / "journal")},
                                  "state_management": {"path": str(small_disk / "state.db")}}})
    nipd.start()
    ballast = small_disk / "ballast"
    acknowledged, cycles = [], count(5, 20)  # what a cycle leaves in the journal stays there
    for cycle in range(cycles):
        take_the_rest(ballast, small_disk)
        refused_and_readable(nipd, fill(nipd, cycle, acknowledged), acknowledged)
        ballast.unlink()
        accepts_again(nipd, cycle, acknowledged)
    nothing_lost(nipd, acknowledged)
    record_property("result", f"{cycles} times full, {len(acknowledged)} acknowledged, 0 lost")


def take_the_rest(ballast, disk):
    block = bytes(os.statvfs(disk).f_bsize)
    taken = os.open(ballast, os.O_WRONLY | os.O_CREAT)
    try:
        while os.write(taken, block):
            pass
    except OSError as full:
        assert full.errno == errno.ENOSPC
    finally:
        os.close(taken)


def test_a_start_on_a_full_disk_says_why(tortured, small_disk):
    ballast = small_disk / "ballast"
    take_the_rest(ballast, small_disk)
    nipd = tortured({"services": {"event_bus": {"path": str(small_disk / "journal")}}})
    nipd.spawn()
    assert nipd.ended() == 1
    assert "No space left on device" in nipd.story()
    ballast.unlink()
    nipd.start()
    assert Api("127.0.0.1", nipd.port).post("/v4/messages", {"type": "torture"}).status == 202
    nipd.stop()
