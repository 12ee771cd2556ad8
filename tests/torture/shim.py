"""The test's side of the shim: arms it in a running nipd, and reads what it counted."""

import mmap
import os
import pathlib
import struct

import pytest

LIBRARY = pathlib.Path(os.environ.get("NIP_TORTURE_SHIM", "build/dev/tests/torture/torture_shim.so")).absolute()

# Kinds and actions, as in shim/control.h.
WRITE, SYNC, RENAME, RESERVE, TRUNCATE, REMOVE = (1 << bit for bit in range(6))
EVERY_KIND = (1 << 6) - 1
NOTHING, KILL_BEFORE, KILL_WITHIN, KILL_AFTER, FAIL, SHORT = range(6)

FIELDS = ("clock_offset_ns", "kinds", "action", "error", "first", "last", "calls", "hits",
          "memory_first", "memory_last", "allocations", "memory_hits")
PATH_BYTES = 256
NEVER_ENDS = (1 << 64) - 1


class Shim:
    """One page of control, shared with every process that nipd is started as."""

    def __init__(self, nipd):
        if os.environ.get("NIP_SANITIZE"):
            pytest.skip("sanitizers bring an allocator of their own, which the shim cannot stand before")
        assert LIBRARY.exists(), f"{LIBRARY} is not built"
        page = nipd.folder / "torture.control"
        page.write_bytes(bytes(8 * len(FIELDS) + PATH_BYTES))
        with open(page, "r+b") as opened:
            self.page = mmap.mmap(opened.fileno(), 0)
        self["kinds"] = EVERY_KIND
        nipd.environment = {"LD_PRELOAD": str(LIBRARY), "NIP_TORTURE_CONTROL": str(page),
                            "NIP_TORTURE_FOLDER": str(nipd.folder / "data")}

    def __getitem__(self, field):
        return struct.unpack_from("<Q", self.page, 8 * FIELDS.index(field))[0]

    def __setitem__(self, field, value):
        struct.pack_into("<q" if value < 0 else "<Q", self.page, 8 * FIELDS.index(field), value)

    @property
    def path(self):
        """Of the last call that was tampered with."""
        return self.page[8 * len(FIELDS):].split(b"\0")[0].decode()

    def arm(self, action, first, last=None, kinds=EVERY_KIND, error=0):
        """Calls number `first` to `last` (the same) of these kinds, counted from now."""
        self["action"] = NOTHING
        self["kinds"] = kinds
        self["calls"] = self["hits"] = 0
        self["error"] = error
        self["first"], self["last"] = first, last or first
        self["action"] = action

    def arm_from_now_on(self, action, kinds=EVERY_KIND, error=0):
        self.arm(action, 1, NEVER_ENDS, kinds, error)

    def starve(self, first, last=None):
        """Allocations number `first` to `last` (the same) fail, counted from now."""
        self["memory_first"] = 0
        self["allocations"] = self["memory_hits"] = 0
        self["memory_last"] = last or first
        self["memory_first"] = first

    def disarm(self):
        self["action"] = NOTHING
        self["memory_first"] = 0

    def move_clock(self, seconds):
        """The wall clock from now on, against the true one."""
        self["clock_offset_ns"] = int(seconds * 1e9)
