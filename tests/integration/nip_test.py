"""The command `nip` against a real server."""

import json
import subprocess

from daemon import BIN, run_nip
from patience import DEADLINE_S, eventually


def ok(ended):
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout


def test_send_and_explain(nipd):
    sent = json.loads(ok(run_nip(nipd, "send", "--type", "echo", "--data", '{"n": 1}', "--json")))
    assert sent["ack"] == "fsync"
    assert "echo" in ok(run_nip(nipd, "explain", sent["id"]))


def test_send_with_wait_prints_the_reply(nipd):
    reply = json.loads(ok(run_nip(nipd, "send", '{"type":"echo","data":{"n":7}}', "--wait", "5", "--json")))
    assert reply["data"] == {"n": 7}


def test_send_many_from_stdin_and_from_a_file(nipd, tmp_path):
    lines = "".join(f'{{"id":"s{n}","type":"note"}}\n' for n in range(1200))
    assert "1,200 accepted, 0 refused" in ok(run_nip(nipd, "send", stdin=lines))
    (tmp_path / "lines.ndjson").write_text(lines)
    assert "1,200 of them duplicates" in ok(run_nip(nipd, "send", "--file", tmp_path / "lines.ndjson"))


def test_send_names_the_lines_that_were_refused(nipd):
    ended = run_nip(nipd, "send", "-", stdin='{"type":"a"}\n{"type":5}\n{"type":"c"}\n')
    assert ended.returncode == 1
    assert "line 2" in ended.stderr
    assert "2 accepted, 1 refused" in ended.stdout


def test_watch_prints_a_line_a_message(nipd):
    watching = subprocess.Popen(
        [BIN / "nip", "watch", "--filter", "message.type == 'seen'", "--count", "3", "--json", "--server", nipd.url],
        stdout=subprocess.PIPE, text=True)
    try:
        def one_more():
            nipd.send({"type": "seen"})
            nipd.send({"type": "unseen"})
            return watching.poll() is not None

        eventually(one_more)
        out, _ = watching.communicate(timeout=DEADLINE_S)
    finally:
        watching.kill()
    assert watching.returncode == 0
    messages = [json.loads(line)["message"] for line in out.splitlines()]
    assert [message["type"] for message in messages] == ["seen"] * 3


def test_watch_says_what_is_wrong_with_a_filter(nipd):
    ended = run_nip(nipd, "watch", "--filter", "message.type ==")
    assert ended.returncode == 1
    assert "1:" in ended.stderr


def test_rules(nipd):
    assert "echo" in ok(run_nip(nipd, "rules", "list"))
    ok(run_nip(nipd, "rules", "put", "orders", '{"when":"message.type == \'order\'","to":["sink"]}'))
    assert json.loads(ok(run_nip(nipd, "rules", "get", "orders", "--json")))["to"] == ["sink"]
    assert "orders" in ok(run_nip(nipd, "rules", "test", '{"type":"order"}'))
    bad = run_nip(nipd, "rules", "put", "bad", '{"when":"message.type ==","to":["sink"]}')
    assert bad.returncode == 1 and "1:" in bad.stderr
    ok(run_nip(nipd, "rules", "delete", "orders"))
    assert run_nip(nipd, "rules", "get", "orders").returncode == 1


def test_plugins(nipd):
    assert "echo" in ok(run_nip(nipd, "plugins", "list"))
    assert json.loads(ok(run_nip(nipd, "plugins", "get", "echo", "--json")))["name"] == "echo"
    ok(run_nip(nipd, "plugins", "health", "echo"))
    ok(run_nip(nipd, "plugins", "config", "echo"))
    ok(run_nip(nipd, "plugins", "disable", "echo"))
    ok(run_nip(nipd, "plugins", "enable", "echo"))
    ok(run_nip(nipd, "plugins", "reload", "echo"))


def test_dlq(daemons, webhook):
    webhook.answer = lambda body: (400, {}, b"")
    nipd = daemons(config={"plugins": {"hook": {"use": "http", "config": {"url": webhook.url}}}},
                   rules=[{"id": "hook", "when": "true", "to": ["hook"]}])
    assert "no dead letters" in ok(run_nip(nipd, "dlq", "list"))
    sent = nipd.send({"type": "note"})
    eventually(lambda: "hook" in ok(run_nip(nipd, "dlq", "list")))
    assert sent["id"] in ok(run_nip(nipd, "dlq", "get", sent["seq"]))
    webhook.answer = lambda body: (200, {}, b"")
    assert "1 dead letters sent again" in ok(run_nip(nipd, "dlq", "redrive", sent["seq"]))
    eventually(lambda: webhook.ids == [sent["id"]])


def test_stats_top_and_doctor(nipd):
    ok(run_nip(nipd, "stats"))
    assert "echo" in ok(run_nip(nipd, "top", "--count", "1", "--interval", "0.1"))
    found = json.loads(run_nip(nipd, "doctor", "--json").stdout)
    checks = {each["check"]: each for each in found}
    assert checks["server"]["verdict"] == checks["ready"]["verdict"] == "ok"
    assert checks["journal"]["verdict"] == "ok"
    assert "fdatasync" in checks["sync"]["found"]


def test_bench_over_http_ws_and_request(nipd):
    for arguments in (["http", "-c", "4"], ["ws", "-c", "2", "-w", "32", "--ack", "memory"],
                      ["request", "-c", "2", "-w", "8", "--type", "echo", "--ack", "memory"],
                      ["ws", "-c", "2", "--rate", "500"]):
        report = json.loads(ok(run_nip(nipd, "bench", *arguments, "-d", "0.4", "--warmup", "0.1", "--json")))
        assert report["completed"] > 0 and report["refused"] == 0, arguments
        latency = report["latency_us"]
        assert 0 < latency["p50"] <= latency["p99"] <= latency["p99.9"] <= latency["max"]


def test_a_server_that_is_away_is_exit_code_3(nipd):
    url = nipd.url
    nipd.stop()

    class Away:
        pass

    away = Away()
    away.url = url
    for arguments in (["send", "--type", "x"], ["rules", "list"], ["watch"], ["bench", "-d", "0.1"], ["doctor"]):
        ended = run_nip(away, *arguments)
        assert ended.returncode == 3, (arguments, ended)
        assert "nipd --config" in ended.stderr + ended.stdout
