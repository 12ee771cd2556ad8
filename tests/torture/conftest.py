"""Fixtures of the torture: real daemons whose messages go to sinks that write down what came."""

import pathlib
import sys

import pytest

HERE = pathlib.Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent / "integration")]

from chance import LONG, SEED  # noqa: E402
from daemon import Nipd  # noqa: E402
from sinks import Sinks  # noqa: E402


@pytest.fixture
def tortured(tmp_path):
    """A maker of daemons with recording sinks, not started; what is left of them ends with the test."""
    made = []

    def make(config=None, folder=None, **more):
        folder = pathlib.Path(folder or tmp_path / f"nipd-{len(made)}")
        folder.mkdir(exist_ok=True)
        one = Nipd(folder, **more)
        one.sinks = Sinks(one, config or {})
        made.append(one)
        return one

    yield make
    for one in made:
        if one.process is not None:
            one.kill9()


def pytest_terminal_summary(terminalreporter):
    form = "long" if LONG else "short"
    terminalreporter.write_line(f"{form} form, NIP_SEED={SEED}")
    for report in terminalreporter.getreports("passed"):
        for name, text in report.user_properties:
            terminalreporter.write_line(f"{report.nodeid.split('::')[-1]}: {name}: {text}")


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item):
    """A failed test shows the ends of the daemons' logs."""
    outcome = yield
    report = outcome.get_result()
    if report.when != "call" or not report.failed:
        return
    report.sections.append(("seed", f"NIP_SEED={SEED}"))
    for log in sorted(item.funcargs["tmp_path"].glob("nipd-*/nipd.log")) if "tmp_path" in item.funcargs else []:
        report.sections.append((str(log.parent.name), log.read_text(errors="replace")[-4000:]))
