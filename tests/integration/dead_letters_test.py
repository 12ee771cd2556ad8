"""The dead-letter workbench: found again after a crash, filtered, grouped, changed, sent elsewhere, bounded."""

import json
import os
import stat
import subprocess
import urllib.parse

import pytest

from daemon import BIN, run_nip
from patience import DEADLINE_S, eventually

RULES = [{"id": "hook-rule", "when": "message.type.startsWith('t.')", "to": ["hook"],
          "retry": {"attempts": 2, "backoff": "1ms", "max_backoff": "2ms"}}]


@pytest.fixture
def broken(daemons, webhook):
    """A daemon whose one plugin fails on data that is not {"good": true}."""
    webhook.answer = lambda body: (200, {}, b"") if (body.get("data") or {}).get("good") else (503, {}, b"")
    nipd = daemons(config={"plugins": {"hook": {"use": "http", "config": {"url": webhook.url}}}}, rules=RULES)
    nipd.webhook = webhook
    return nipd


def letters(nipd, query=""):
    return nipd.api.items("/v4/dead-letters" + query)


def dead(nipd, count, query=""):
    eventually(lambda: len(letters(nipd, query)) == count, f"{count} dead letters")
    return letters(nipd, query)


def message(nipd, name):
    return nipd.api.get(f"/v4/messages/{name}").json


def act(nipd, verb, body, status):
    answer = nipd.api.post(f"/v4/dead-letters{verb}", body)
    assert answer.status == status, answer
    return answer.json


def test_after_a_crash_and_a_restart_the_list_says_the_same(broken):
    sent = [broken.send({"type": f"t.{n}", "data": {"n": n}, "metadata": {"hops": 17 if n == 2 else 0}}) for n in range(3)]
    before = dead(broken, 3)
    assert [letter["attempts"] for letter in before] == [2, 2, 0]
    assert [letter["reason"] for letter in before] == ["exhausted", "exhausted", "loop"]
    whole = broken.api.get(f"/v4/dead-letters/{sent[0]['seq']}").json
    assert whole["message"]["data"] == {"n": 0}
    # Outcomes reach the disk a little later than the list.
    attempts = eventually(lambda: len(made := broken.api.get(f"/v4/dead-letters/{sent[0]['seq']}")
                                      .json["deliveries"][0]["attempts_made"]) == 2 and made)
    assert [each["attempt"] for each in attempts] == [1, 2] and all("503" in each["error"] for each in attempts)
    eventually(lambda: len(broken.api.get(f"/v4/dead-letters/{sent[1]['seq']}").json["deliveries"][0]["attempts_made"]) == 2)
    groups = broken.api.get("/v4/dead-letters/groups").json
    broken.kill9()
    broken.start()
    assert dead(broken, 3) == before
    assert broken.api.get("/v4/dead-letters/groups").json == groups
    broken.restart()
    assert dead(broken, 3) == before
    assert broken.api.get(f"/v4/dead-letters/{sent[0]['seq']}").json["deliveries"][0]["attempts_made"] == attempts


def test_filters_and_pages(broken):
    sent = [broken.send({"type": f"t.{'odd' if n % 2 else 'even'}", "data": {"n": n}}) for n in range(6)]
    first = dead(broken, 6)[0]
    quoted = urllib.parse.quote("message.data.n >= 4")
    for query, count in (("?type=t.odd", 3), ("?rule=hook-rule", 6), ("?rule=x", 0), ("?target=hook&limit=2", 6),
                         ("?reason=exhausted", 6), ("?reason=loop", 0), (f"?filter={quoted}&limit=1", 2),
                         (f"?fingerprint={first['fingerprint']}", 6), (f"?from={sent[4]['seq']}", 2),
                         ("?from=2030-01-01T00:00:00Z", 0), (f"?type=t.even&to={sent[2]['seq']}", 2)):
        assert len(letters(broken, query)) == count, query
    assert broken.api.get("/v4/dead-letters?from=soon").problem["status"] == 400
    assert broken.api.get("/v4/dead-letters?filter=1%2B").problem["status"] == 400


def test_groups_have_counts_times_and_an_example(broken):
    for n in range(3):
        broken.send({"type": "t.a", "data": {"n": n}})
    broken.send({"type": "t.a", "metadata": {"hops": 17}})
    seen = dead(broken, 4)
    large, small = broken.api.get("/v4/dead-letters/groups").json["items"]
    assert (large["count"], small["count"], small["reason"]) == (3, 1, "loop")
    times = sorted(each["at"] for each in seen if each["fingerprint"] == large["fingerprint"])
    assert (large["first_at"], large["last_at"]) == (times[0], times[-1])
    assert large["newest"]["at"] == times[-1] and "503" in large["newest"]["error"]


def test_a_changed_message_goes_as_a_new_one_and_the_letter_is_done(broken):
    sent = broken.send({"id": "bad", "type": "t.a", "data": {"n": 1, "drop": 2}})
    dead(broken, 1)
    answer = act(broken, f"/{sent['seq']}:redrive", {"message": {"data": {"good": True, "drop": None}}}, 202)
    assert answer["redriven"] == 1
    (became,) = answer["items"]
    eventually(lambda: became["redriven_as"] in broken.webhook.ids)
    again = message(broken, became["redriven_as"])["message"]
    assert again["data"] == {"n": 1, "good": True}
    assert again["metadata"]["causation_id"] == "bad"
    assert again["metadata"]["redrive"] == {"of": sent["seq"], "count": 1}
    dead(broken, 0)
    eventually(lambda: message(broken, "bad")["state"] == "redriven")
    broken.restart()
    assert letters(broken) == []
    old = message(broken, "bad")
    assert old["state"] == "redriven"
    assert old["deliveries"][0]["redriven_as"] == became["redriven_as"]


@pytest.mark.parametrize("change", [{"message": {"id": "x"}}, {"message": {"metadata": {"priority": "very"}}},
                                    {"message": 1}, {"redirect": "hok"}, {"what": 1}])
def test_a_change_that_makes_no_sense_leaves_the_letter(broken, change):
    sent = broken.send({"type": "t.a"})
    dead(broken, 1)
    answer = broken.api.post(f"/v4/dead-letters/{sent['seq']}:redrive", change)
    assert answer.status == 400 or answer.json["skipped_count"] == 1, answer
    assert len(letters(broken)) == 1


def test_to_another_target(broken):
    sent = broken.send({"type": "t.a", "data": {"n": 1}})
    dead(broken, 1)
    (became,) = act(broken, f"/{sent['seq']}:redrive", {"redirect": "topic:second.try"}, 202)["items"]
    assert message(broken, became["redriven_as"])["topics"] == ["second.try"]
    dead(broken, 0)


def test_the_count_of_redrives_is_durable_and_bounds_them(daemons, webhook):
    webhook.answer = lambda body: (503, {}, b"")
    nipd = daemons(config={"plugins": {"hook": {"use": "http", "config": {"url": webhook.url}}},
                           "services": {"message_router": {"redrives": 2}}}, rules=RULES)
    sent = nipd.send({"type": "t.a"})

    def redriven(count):
        return eventually(lambda: (found := letters(nipd)) and found[0]["redrives"] == count and found[0])

    redriven(0)
    act(nipd, f"/{sent['seq']}:redrive", None, 202)
    redriven(1)
    eventually(lambda: len(nipd.api.get(f"/v4/dead-letters/{sent['seq']}").json["deliveries"][0]["attempts_made"]) == 5)
    nipd.kill9()
    nipd.start()
    redriven(1)
    # As a changed copy it goes on counting.
    (became,) = act(nipd, f"/{sent['seq']}:redrive", {"message": {"data": 2}}, 202)["items"]
    redriven(2)
    dry = act(nipd, ":redrive", {"all": True, "dry_run": True}, 202)
    assert (dry["would_redrive"], dry["skipped_count"]) == (0, 1)
    refused = act(nipd, ":redrive", {"all": True}, 202)
    assert refused["redriven"] == 0 and "redriven 2 times" in refused["skipped"][0]["why"]
    assert act(nipd, f"/{became['new_seq']}:redrive", {"force": True}, 202)["redriven"] == 1
    redriven(3)


def test_many_at_a_rate_are_a_job(broken):
    for n in range(20):
        broken.send({"type": "t.a", "data": {"n": n}})
    dead(broken, 20)
    broken.webhook.answer = lambda body: (200, {}, b"")
    dry = act(broken, ":redrive", {"type": "t.a", "dry_run": True}, 202)
    assert (dry["would_redrive"], dry["targets"]) == (20, {"hook": 20})
    assert len(letters(broken)) == 20
    answer = broken.api.post("/v4/dead-letters:redrive", {"type": "t.a", "rate": 100})
    assert answer.status == 202 and answer.headers["location"] == f"/v4/replay/{answer.json['id']}"
    end = eventually(lambda: (job := broken.api.get(answer.headers["location"]).json)["state"] == "done" and job)
    assert (end["kind"], end["sent"], end["refused"]) == ("redrive", 20, 0)
    assert eventually(lambda: len(broken.webhook.deliveries) == 20)
    assert letters(broken) == []


def test_purge_by_filter_after_a_dry_run(broken):
    for n in range(4):
        broken.send({"type": f"t.{n % 2}", "data": {"n": n}})
    dead(broken, 4)
    assert act(broken, ":purge", {"type": "t.1", "dry_run": True}, 200)["would_purge"] == 2
    assert len(letters(broken)) == 4
    assert act(broken, ":purge", {"type": "t.1"}, 200)["purged"] == 2
    assert [letter["type"] for letter in letters(broken)] == ["t.0", "t.0"]
    metrics = broken.api.get("/metrics").body.decode()
    assert 'nip_dead_letter_actions_total{action="purged"} 2' in metrics


def test_the_command_line(broken, tmp_path):
    sent = [broken.send({"type": "t.a", "data": {"n": n}}) for n in range(3)]
    dead(broken, 3)
    assert str(sent[1]["seq"]) in run_nip(broken, "dlq", "list", "--filter", "message.data.n == 1").stdout
    assert "3" in run_nip(broken, "dlq", "groups").stdout
    assert '"n": 0' in run_nip(broken, "dlq", "show", sent[0]["seq"]).stdout
    assert "3 dead letters would be sent again" in run_nip(broken, "dlq", "redrive", "--all", "--dry-run").stdout
    patched = run_nip(broken, "dlq", "edit", sent[0]["seq"], "--patch", '{"data": {"good": true}}')
    assert patched.returncode == 0 and patched.stdout.startswith("sent as seq "), patched
    editor = tmp_path / "editor"
    editor.write_text("#!/bin/sh\nsed -i 's/\"n\": 1/\"good\": true/' \"$1\"\n")
    editor.chmod(editor.stat().st_mode | stat.S_IXUSR)
    edited = subprocess.run([BIN / "nip", "dlq", "edit", str(sent[1]["seq"]), "--server", broken.url],
                            env={**os.environ, "EDITOR": str(editor), "VISUAL": ""}, capture_output=True, text=True,
                            timeout=DEADLINE_S)
    assert edited.returncode == 0, edited
    eventually(lambda: len(broken.webhook.deliveries) == 2)
    assert [d["data"] for d in broken.webhook.deliveries][1] == {"good": True}
    assert "1 dead letters removed" in run_nip(broken, "dlq", "purge", "--type", "t.a").stdout
    assert run_nip(broken, "dlq", "redrive").returncode == 2
    assert json.loads(run_nip(broken, "dlq", "list", "--json").stdout) == []
