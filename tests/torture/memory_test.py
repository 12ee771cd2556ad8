"""Allocations that fail: a refusal or an end with a reason, and afterwards nothing acknowledged is missing."""

import pytest

from chance import points
from script import CONFIG, Script
from shim import Shim

EXIT_STARTING, EXIT_OUT_OF_MEMORY = 1, 4
# libstdc++ 12 ends the process without an exception when reading a folder finds no memory. Only a start reads any.
ABORTED, UNTOLD = -6, "terminate called without an active exception"
# Of a start, those of nipd itself: what comes before, its libraries ask for while they are loaded.
LOADING = 1000
STARTING, STARTING_STEP = 6000, 997
SERVING, SERVING_STEP = 6000, 599  # as many as the script makes


@pytest.mark.parametrize("phase", ["starting", "serving"])
def test_a_failed_allocation_is_a_refusal_or_a_told_end(tortured, tmp_path, record_property, phase):
    ends = {"lived": 0, "told": 0, "by the C++ library": 0}
    starting = phase == "starting"
    for point in points(STARTING, STARTING_STEP) if starting else points(SERVING, SERVING_STEP):
        nipd = tortured(CONFIG, folder=tmp_path / f"nipd-{point}")
        page = Shim(nipd)
        script = Script(nipd)
        if starting:
            page.starve(LOADING + point)
            lived = script.run()
        else:
            lived = script.run(once_listening=lambda page=page, point=point: page.starve(point))
        page.disarm()
        at = f"{phase}, allocation {point}"
        if lived:
            ends["lived"] += 1
            nipd.stop()
        else:
            code = nipd.ended()
            if starting and code == ABORTED and UNTOLD in nipd.story():
                ends["by the C++ library"] += 1
            else:
                ends["told"] += 1
                assert code in (EXIT_STARTING, EXIT_OUT_OF_MEMORY), (at, code, nipd.story())
                assert "memory" in nipd.story(), (at, nipd.story())
        script.verify(at)
    record_property("result", ", ".join(f"{n} {how}" for how, n in ends.items()) + "; 0 lost")
    assert ends["told"] > 0
