"""What an operator meets: start, check, banner, metrics, health, configuration."""

import json
import os
import re
import signal
import subprocess

import pytest

from daemon import BIN, run_nipd
from patience import DEADLINE_S, eventually


def test_the_banner_says_what_an_operator_wants_to_know(nipd):
    text = eventually(lambda: "started in" in "".join(nipd.banner) and "".join(nipd.banner))
    assert re.search(r"4\.\d+\.\d+", text)
    assert str(nipd.journal) in text
    assert re.search(r"fsync takes \d+", text)
    assert "echo 4." in text or re.search(r"echo \d+\.\d+\.\d+", text)
    assert "1 rules" in text and "generation" in text


def listens(pid):
    """True once the process has a listening TCP socket."""
    with open("/proc/net/tcp", encoding="ascii") as table:
        rows = [line.split() for line in table]
    listening = {f"socket:[{row[9]}]" for row in rows if row[3] == "0A"}
    try:
        return any(os.readlink(each.path) in listening for each in os.scandir(f"/proc/{pid}/fd"))
    except FileNotFoundError:
        return False  # a descriptor that was closed meanwhile


def test_a_stop_right_after_the_first_connection_was_possible_drains(daemons):
    nipd = daemons(start=False)
    for _ in range(10):
        with subprocess.Popen([BIN / "nipd", "--config", nipd.config_path], cwd=nipd.folder,
                              stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as starting:
            eventually(lambda: listens(starting.pid), "a listening socket", poll_s=0)
            starting.send_signal(signal.SIGHUP)
            starting.send_signal(signal.SIGTERM)
            said = starting.communicate(timeout=DEADLINE_S)[0]
            assert starting.returncode == 0 and "drained" in said, (starting.returncode, said)


def test_health_live_and_ready(nipd):
    assert nipd.api.get("/health").status == 200
    assert nipd.api.get("/health/live").status == 200
    assert nipd.api.get("/health/ready").status == 200


METRIC_LINE = re.compile(
    r'^[a-zA-Z_:][a-zA-Z0-9_:]*(\{([a-zA-Z_][a-zA-Z0-9_]*="(\\.|[^"\\\n])*",?)*\})? (NaN|[+-]Inf|[0-9.eE+-]+)( \d+)?$')


def test_metrics_are_prometheus_text(nipd):
    for _ in range(3):
        nipd.api.post("/v4/messages", {"type": "echo"}, {"Prefer": "wait=5"})
    answer = nipd.api.get("/metrics")
    assert answer.status == 200
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    families = {}
    for line in answer.body.decode().splitlines():
        if line.startswith("# TYPE "):
            _, _, name, kind = line.split(" ")
            assert name not in families, f"{name} is declared twice"
            families[name] = kind
        elif line and not line.startswith("#"):
            assert METRIC_LINE.match(line), line
            name = re.split(r"[{ ]", line)[0]
            base = re.sub(r"_(bucket|sum|count)$", "", name)
            assert name in families or base in families, line
            assert name.startswith("nip_"), line
    assert len(families) >= 10


def counter(nipd, pattern):
    total = 0.0
    for line in nipd.api.get("/metrics").body.decode().splitlines():
        if re.match(pattern, line):
            total += float(line.rsplit(" ", 1)[1])
    return total


def test_refusals_are_counted_by_reason(nipd):
    before = nipd.api.get("/metrics").body.decode()
    for _ in range(3):
        nipd.api.post("/v4/messages", b"{}")
    after = nipd.api.get("/metrics").body.decode()
    grown = [line for line in set(after.splitlines()) - set(before.splitlines()) if "refused" in line]
    assert grown, "no counter of refusals moved"


def test_stats_are_an_object(nipd):
    nipd.send({"type": "echo"})
    stats = nipd.api.get("/v4/stats")
    assert stats.status == 200 and isinstance(stats.json, dict) and stats.json


def test_the_configuration_in_force_is_shown_without_secrets(daemons, webhook):
    nipd = daemons(config={"plugins": {"hook": {"use": "http", "config": {
        "url": webhook.url, "headers": {"Authorization": "Bearer hush-hush"}}}}}, rules=[])
    answer = nipd.api.get("/v4/config")
    assert answer.status == 200
    assert "event_bus" in answer.body.decode()
    assert "hush-hush" not in answer.body.decode()


def test_check_passes_a_good_configuration(nipd):
    ended = run_nipd("--config", nipd.config_path, "--check", cwd=nipd.folder)
    assert ended.returncode == 0, ended.stdout + ended.stderr


def test_check_shows_an_unknown_key_with_line_caret_and_the_nearest(daemons):
    nipd = daemons(start=False)
    nipd.config_path.write_text('api_gateway:\n  adress: "127.0.0.1:0"\n')
    ended = run_nipd("--config", nipd.config_path, "--check", cwd=nipd.folder)
    text = ended.stdout + ended.stderr
    assert ended.returncode != 0
    assert "nip.yaml:2:3" in text
    assert 'did you mean "address"?' in text
    assert "^" in text


BAD_CONFIGURATIONS = {
    "no YAML": "api_gateway: [",
    "wrong type": "services: { message_router: { replicas: many } }",
    "duplicate key": 'api_gateway: { address: "127.0.0.1:0" }\napi_gateway: { address: "127.0.0.1:0" }',
    "bad address": 'api_gateway: { address: "localhost" }',
    "unset variable": 'api_gateway: { address: "${NIP_TEST_NOT_SET}" }',
    "bad level": "services: { event_bus: { ack: maybe } }",
}


@pytest.mark.parametrize("name", BAD_CONFIGURATIONS)
def test_a_bad_configuration_is_refused_with_its_line(daemons, name):
    nipd = daemons(start=False)
    nipd.config_path.write_text(BAD_CONFIGURATIONS[name])
    for arguments in (["--check"], []):
        ended = run_nipd("--config", nipd.config_path, *arguments, cwd=nipd.folder)
        assert ended.returncode not in (0, -6, -11), ended
        assert re.search(r"nip\.yaml:\d+", ended.stdout + ended.stderr), ended


def test_a_config_that_is_not_there_is_said(tmp_path):
    ended = run_nipd("--config", tmp_path / "none.yaml", "--check")
    assert ended.returncode != 0
    assert "none.yaml" in ended.stdout + ended.stderr


def test_print_config_can_be_read_back(nipd):
    printed = run_nipd("--config", nipd.config_path, "--print-config", cwd=nipd.folder)
    assert printed.returncode == 0, printed.stderr
    again = nipd.folder / "again.yaml"
    again.write_text(printed.stdout)
    assert run_nipd("--config", again, "--check", cwd=nipd.folder).returncode == 0


def test_version(tmp_path):
    ended = run_nipd("--version")
    assert ended.returncode == 0 and re.search(r"4\.\d+\.\d+", ended.stdout)


def test_an_address_in_use_is_said(daemons, nipd):
    other = daemons(start=False, config={"api_gateway": {"address": f"127.0.0.1:{nipd.port}"}})
    ended = run_nipd("--config", other.config_path, cwd=other.folder)
    assert ended.returncode != 0
    assert str(nipd.port) in ended.stdout + ended.stderr


def test_the_sample_configuration_is_checked_without_a_warning():
    import pathlib
    sample = pathlib.Path(__file__).parents[2] / "config" / "nip.yaml"
    if not sample.exists():
        pytest.skip("no sample configuration in this tree")
    ended = run_nipd("--config", sample, "--check")
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "warning" not in (ended.stdout + ended.stderr).lower()


def test_log_lines_can_be_json(daemons):
    nipd = daemons(config={"services": {"observability": {"log": {"format": "json", "level": "debug"}}}})
    nipd.send({"type": "note"})
    eventually(lambda: nipd.log_path.stat().st_size > 0)
    for line in nipd.log_path.read_text().splitlines():
        assert isinstance(json.loads(line), dict), line


def test_traceparent_goes_in_and_out(daemons, webhook):
    parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    nipd = daemons(config={"plugins": {"hook": {"use": "http", "config": {"url": webhook.url}}}},
                   rules=[{"id": "h", "when": "true", "to": ["hook"]}])
    nipd.send({"type": "note"}, traceparent=parent)
    eventually(lambda: webhook.deliveries)
    assert "4bf92f3577b34da6a3ce929d0e0e4736" in json.dumps([webhook.deliveries[0], webhook.headers[0]])


def test_the_index_page_links_on(nipd):
    answer = nipd.api.get("/")
    assert answer.status == 200 and "text/html" in answer.headers["content-type"]
    assert "/openapi.json" in answer.body.decode()
