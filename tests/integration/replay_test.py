"""Replay: stored messages as new ones, at a rate, to a target, and what other rules would change."""

import json
import urllib.parse

import pytest

from patience import eventually

ALL_TO_HOOK = [{"id": "hook-rule", "when": "message.type.startsWith('t.')", "to": ["hook"],
                "retry": {"attempts": 1}}]


def hooked(daemons, webhook, rules=ALL_TO_HOOK, **more):
    return daemons(config={"plugins": {"hook": {"use": "http", "config": {"url": webhook.url}}}}, rules=rules, **more)


def send_many(nipd, count, kind="t.a", **fields):
    lines = "\n".join(json.dumps({"type": kind, "data": {"n": n}, **fields}) for n in range(count))
    answer = nipd.api.post("/v4/messages:batch", lines, {"Content-Type": "application/x-ndjson"})
    assert answer.status == 202, answer
    return [item["seq"] for item in answer.json["items"]]


def replay(nipd, **wish):
    answer = nipd.api.post("/v4/replay", wish)
    assert answer.status == 202, answer
    assert answer.headers["location"] == f"/v4/replay/{answer.json['id']}"
    return answer.json["id"]


def job(nipd, name):
    answer = nipd.api.get(f"/v4/replay/{name}")
    assert answer.status == 200, answer
    return answer.json


def ended(nipd, name):
    return eventually(lambda: (seen := job(nipd, name))["state"] not in ("running", "waiting") and seen, "the end of the job")


def sent_by(nipd, name):
    """The messages that a job sent, as they are stored."""
    wanted = urllib.parse.quote(f'has(message.metadata.replay) && message.metadata.replay.job == "{name}"')
    return [item["message"] for item in nipd.api.items(f"/v4/messages?filter={wanted}&limit=1000")]


def test_a_replay_sends_new_messages_that_name_the_old(daemons, webhook):
    nipd = hooked(daemons, webhook)
    first = nipd.send({"id": "once", "type": "t.a", "data": {"n": 1}, "metadata": {"idempotency_key": "k", "hops": 3}})
    eventually(lambda: len(webhook.deliveries) == 1)
    end = ended(nipd, replay(nipd))
    assert (end["state"], end["matched"], end["sent"], end["refused"], end["progress"]) == ("done", 1, 1, 0, 1)
    eventually(lambda: len(webhook.deliveries) == 2, "the second delivery")
    (again,) = sent_by(nipd, end["id"])
    assert again["id"] != "once" and again["data"] == {"n": 1}
    assert again["metadata"]["causation_id"] == "once"
    assert again["metadata"]["replay"] == {"of": first["seq"], "job": end["id"]}
    assert again["metadata"]["hops"] == 4
    assert "idempotency_key" not in again["metadata"]


def test_range_filter_and_limit_choose(daemons, webhook):
    nipd = hooked(daemons, webhook)
    seqs = send_many(nipd, 10)
    end = ended(nipd, replay(nipd, **{"from": seqs[2], "to": str(seqs[8]), "filter": "message.data.n % 2 == 0", "limit": 3}))
    assert [m["data"]["n"] for m in sent_by(nipd, end["id"])] == [2, 4, 6]
    assert end["matched"] == 3


def test_a_target_gets_it_whatever_the_rules_say(daemons, webhook):
    nipd = hooked(daemons, webhook, rules=[])
    seq = nipd.send({"type": "other"})["seq"]
    end = ended(nipd, replay(nipd, **{"from": seq, "target": "hook"}))
    (delivered,) = eventually(lambda: webhook.deliveries)
    assert delivered["type"] == "other"
    (again,) = sent_by(nipd, end["id"])
    state = nipd.api.get(f"/v4/messages/{again['id']}").json
    assert [(d["rule"], d["target"]) for d in state["deliveries"]] == [("nip:replay", "hook")]
    end = ended(nipd, replay(nipd, **{"from": seq, "to": seq, "target": "topic:again.here"}))
    (again,) = sent_by(nipd, end["id"])
    assert nipd.api.get(f"/v4/messages/{again['id']}").json["topics"] == ["again.here"]


def test_it_is_routed_by_the_rules_in_force_now(daemons, webhook):
    nipd = hooked(daemons, webhook, rules=[])
    nipd.send({"type": "t.a"})
    assert nipd.api.put("/v4/rules/late", {"when": "message.type == 't.a'", "to": ["hook"]}).status == 200
    assert ended(nipd, replay(nipd))["sent"] == 1
    eventually(lambda: len(webhook.deliveries) == 1)


def test_the_rate_holds_and_a_cancel_ends_it(daemons, webhook):
    nipd = hooked(daemons, webhook)
    send_many(nipd, 200)
    name = replay(nipd, rate=20)
    eventually(lambda: job(nipd, name)["sent"] >= 5, "some of it sent")
    assert job(nipd, name)["sent"] < 200
    assert nipd.api.delete(f"/v4/replay/{name}").json["state"] == "cancelled"
    end = ended(nipd, name)
    assert end["state"] == "cancelled" and 5 <= end["sent"] < 200
    assert end["rate"] < 60
    assert name in [each["id"] for each in nipd.api.get("/v4/replay").json["items"]]


def test_a_full_queue_makes_it_wait_and_loses_nothing(daemons, webhook):
    nipd = daemons(
        config={"plugins": {"slow": {}},
                "services": {"plugin_orchestrator": {"delivery": {"queue_messages": 4, "backlog": 1}}}},
        rules=[], start=False, shards=1)
    nipd.drop_plugin("slow")
    nipd.start()
    send_many(nipd, 300)
    name = replay(nipd, target="slow", rate=0)
    end = ended(nipd, name)
    assert (end["state"], end["sent"], end["refused"]) == ("done", 300, 0)
    assert end["waits"] > 0
    assert sorted(m["data"]["n"] for m in sent_by(nipd, name)) == list(range(300))


def test_after_kill_9_what_was_sent_is_there_and_a_second_replay_goes_on(daemons, webhook):
    nipd = hooked(daemons, webhook)
    seqs = send_many(nipd, 100)
    name = replay(nipd, rate=100)
    eventually(lambda: job(nipd, name)["sent"] >= 10)
    told = job(nipd, name)["sent"]
    nipd.kill9()
    nipd.start()
    assert nipd.api.get(f"/v4/replay/{name}").status == 404
    sent = [m["metadata"]["replay"]["of"] for m in sent_by(nipd, name)]
    assert len(sent) == len(set(sent)) >= told
    rest = ended(nipd, replay(nipd, **{"from": max(sent) + 1, "to": seqs[-1]}))
    again = [m["metadata"]["replay"]["of"] for m in sent_by(nipd, rest["id"])]
    assert sorted(sent + again) == seqs


def test_what_was_replayed_too_often_is_a_loop(daemons, webhook):
    nipd = hooked(daemons, webhook)
    nipd.send({"type": "t.a", "metadata": {"hops": 16}})
    end = ended(nipd, replay(nipd))
    assert end["sent"] == 1
    (letter,) = eventually(lambda: nipd.api.items("/v4/dead-letters"))
    assert letter["reason"] == "loop"


def test_a_dry_run_says_what_other_rules_would_change_and_sends_nothing(daemons, webhook):
    nipd = hooked(daemons, webhook, rules=ALL_TO_HOOK + [{"id": "b", "when": "message.type == 'u.b'", "to": ["topic:u"]}])
    send_many(nipd, 3)
    nipd.send({"type": "u.b"})
    nipd.send({"type": "nobody"})
    eventually(lambda: len(webhook.deliveries) == 3)
    wanted = [{"id": "hook-rule", "when": "message.type == 't.a' && message.data.n > 0", "to": ["hook"]},
              {"id": "c", "when": "message.type == 'u.b'", "to": ["topic:v"]},
              {"id": "n", "when": "message.type == 'nobody'", "to": ["hook"]}]
    answer = nipd.api.post("/v4/replay", {"dry_run": True, "rules": wanted})
    assert answer.status == 200, answer
    diff = answer.json
    assert diff["changed"] == {"lost": 1, "moved": 1, "gained": 1, "other_rule": 0}
    assert (diff["looked_at"], diff["unchanged"], diff["truncated"]) == (5, 2, False)
    lost = next(item for item in diff["items"] if item["change"] == "lost")
    assert lost["before"] == [{"rule": "hook-rule", "targets": ["hook"]}] and lost["after"] == []
    moved = next(item for item in diff["items"] if item["change"] == "moved")
    assert moved["before"] == [{"targets": ["topic:u"]}] and moved["after"] == [{"targets": ["topic:v"]}]
    assert nipd.api.post("/v4/replay", {"dry_run": True}).json["changed_messages"] == 0
    one = nipd.api.post("/v4/replay", {"dry_run": True, "limit": 1, "rule": {"id": "n", "when": "true", "to": ["hook"]}}).json
    assert (one["looked_at"], one["changed"]["gained"]) == (1, 1)
    assert len(webhook.deliveries) == 3
    assert nipd.api.get("/v4/stats").json["journal"]["messages"] == 5


BAD = {
    "unknown key": {"form": 1},
    "bad bound": {"from": "yesterday"},
    "bad filter": {"filter": "message.data."},
    "no such plugin": {"target": "hok"},
    "bad topic": {"target": "topic:a b"},
    "rate": {"rate": -1},
    "rules without dry run": {"rules": []},
    "target in a dry run": {"dry_run": True, "target": "hook"},
    "bad rule": {"dry_run": True, "rules": [{"id": "x", "when": "1 +", "to": ["hook"]}]},
    "no object": [],
}


@pytest.mark.parametrize("name", BAD)
def test_a_replay_that_makes_no_sense_is_refused(daemons, webhook, name):
    nipd = hooked(daemons, webhook)
    assert nipd.api.post("/v4/replay", BAD[name]).problem["status"] == 400
    assert nipd.api.get("/v4/replay").json["items"] == []


def test_only_so_many_run_at_a_time(daemons, webhook):
    nipd = hooked(daemons, webhook)
    send_many(nipd, 5)
    names = [replay(nipd, rate=0.01) for _ in range(8)]
    answer = nipd.api.post("/v4/replay", {})
    assert answer.status == 429 and answer.problem
    nipd.api.delete(f"/v4/replay/{names[0]}")
    ended(nipd, names[0])
    replay(nipd)
