"""Fixtures of the integration tests."""

import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))

from daemon import Nipd  # noqa: E402
from webhook import Webhook  # noqa: E402

ECHO = {"id": "echo", "when": "message.type.startsWith('echo')", "to": ["echo"]}


@pytest.fixture
def daemons(tmp_path):
    """A maker of daemons, each in a folder of its own; all are stopped at the end and must end well."""
    made = []

    def make(config=None, rules=None, start=True, **more):
        folder = tmp_path / f"nipd-{len(made)}"
        folder.mkdir()
        one = Nipd(folder, config, [ECHO] if rules is None else rules, **more)
        made.append(one)
        return one.start() if start else one

    yield make
    failures = []
    for one in made:
        if one.process is None:
            continue
        try:
            one.stop()
        except AssertionError as wrong:
            failures.append(str(wrong))
    assert not failures, "\n".join(failures)


@pytest.fixture
def nipd(daemons):
    """A started daemon with one rule: types echo* go to the plugin echo, which replies with what came."""
    return daemons()


@pytest.fixture
def webhook():
    made = Webhook()
    yield made
    made.close()


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item):
    """A failed test shows the daemons' banners and logs."""
    outcome = yield
    report = outcome.get_result()
    if report.when != "call" or not report.failed:
        return
    folder = item.funcargs.get("tmp_path")
    for log in sorted(folder.glob("nipd-*/nipd.log")) if folder else []:
        report.sections.append((str(log.relative_to(folder)), log.read_text(errors="replace")[-6000:]))
