"""Power cuts of a real file system: ext4 on a loop device, shut down without a flush under load."""

import fcntl
import os
import struct
import subprocess

import pytest

from chance import count, dice
from patience import eventually
from producers import HttpProducer, StreamProducer

DISK_BYTES = 96 << 20
EXT4_IOC_SHUTDOWN = 0x8004587D
WITHOUT_FLUSH = 2  # not even the file system's own journal
ACKNOWLEDGED_BETWEEN = 40
SEGMENTS = {"services": {"event_bus": {"segment_bytes": "256Ki"}}}


class Disk:
    """A file system that can lose its power."""

    def __init__(self, folder):
        self.image, self.folder = folder / "disk.img", folder / "disk"
        self.folder.mkdir()
        with open(self.image, "wb") as made:
            made.truncate(DISK_BYTES)
        done = subprocess.run(["mkfs.ext4", "-q", "-F", self.image], capture_output=True, text=True)
        if done.returncode != 0:
            pytest.skip(f"mkfs.ext4: {done.stderr.strip()}")
        self.mount()

    def mount(self):
        done = subprocess.run(["mount", "-o", "loop", self.image, self.folder], capture_output=True, text=True)
        if done.returncode != 0:
            pytest.skip(f"no right to mount a loop device: {done.stderr.strip()}")

    def cut(self):
        opened = os.open(self.folder, os.O_RDONLY)
        try:
            fcntl.ioctl(opened, EXT4_IOC_SHUTDOWN, struct.pack("I", WITHOUT_FLUSH))
        finally:
            os.close(opened)

    def umount(self):
        # Whoever looks at mounts may hold it for a moment.
        eventually(lambda: subprocess.run(["umount", self.folder], capture_output=True).returncode == 0, "umount")


@pytest.fixture
def disk(tmp_path):
    if os.geteuid() != 0:
        pytest.skip("only root mounts file systems")
    try:
        made = Disk(tmp_path)
    except FileNotFoundError as missing:
        pytest.skip(f"{missing.filename} is not installed")
    yield made
    subprocess.run(["umount", "-l", made.folder], capture_output=True)


def test_power_cuts_under_load(tortured, disk, tmp_path, record_property):
    nipd = tortured({"services": {"event_bus": {**SEGMENTS["services"]["event_bus"], "path": str(disk.folder / "journal")},
                                  "state_management": {"path": str(disk.folder / "state.db")}}})
    nipd.start()
    producers = [HttpProducer(nipd, "http-a", "fsync", tmp_path), HttpProducer(nipd, "http-b", "fsync", tmp_path),
                 StreamProducer(nipd, "ws-a", "fsync", tmp_path, 8), StreamProducer(nipd, "ws-b", "buffered", tmp_path, 8)]
    for each in producers:
        each.start()
    cuts, thrown = count(5, 200), dice("cuts")
    for _ in range(cuts):
        goal = sum(each.oracle.counted for each in producers) + thrown.randrange(ACKNOWLEDGED_BETWEEN)
        eventually(lambda: sum(each.oracle.counted for each in producers) >= goal, "more acknowledgements")
        disk.cut()
        nipd.kill9()
        disk.umount()
        disk.mount()
        nipd.start()
        assert "quarantine" not in nipd.story(), nipd.story()
    for each in producers:
        each.finish(60)
    entries = [entry for each in producers for entry in each.oracle.entries()]
    promised = {message for message, _, level in entries if level == "fsync"}
    eventually(lambda: not nipd.sinks.missing(promised), "every message acknowledged at fsync at both sinks")
    nipd.stop()
    effects = nipd.sinks.effected()
    assert {message: n for message, n in effects.items() if n > 1 and message in promised} == {}
    assert nipd.sinks.reused_deliveries() == set()
    record_property("result", f"{cuts} cuts, {len(promised)} acknowledged at fsync, 0 lost")
