"""Retries, dead letters, order and deadlines, seen from outside."""

import collections
import threading

import pytest

from patience import eventually

QUICK = {"attempts": 3, "backoff": "10ms", "max_backoff": "20ms"}


def hooked(daemons, webhook, **rule):
    return daemons(config={"plugins": {"hook": {"use": "http", "config": {"url": webhook.url}}}},
                   rules=[{"id": "hook", "when": "true", "to": ["hook"], "retry": QUICK, **rule}])


def dead_letters(nipd, count):
    eventually(lambda: len(nipd.api.items("/v4/dead-letters")) == count, f"{count} dead letters")
    return nipd.api.items("/v4/dead-letters")


def test_a_transient_failure_is_tried_again(daemons, webhook):
    failures = collections.Counter()

    def twice_then_well(body):
        failures[body["id"]] += 1
        return (503, {}, b"") if failures[body["id"]] <= 2 else (200, {}, b"")

    webhook.answer = twice_then_well
    nipd = hooked(daemons, webhook)
    sent = nipd.send({"type": "note"})
    eventually(lambda: webhook.ids == [sent["id"]])
    assert failures[sent["id"]] == 3
    eventually(lambda: nipd.api.get(f"/v4/messages/{sent['id']}").json["state"] == "done")
    assert nipd.api.items("/v4/dead-letters") == []


def test_exhausted_attempts_make_a_dead_letter_with_the_reason(daemons, webhook):
    webhook.answer = lambda body: (503, {}, b"down for maintenance")
    nipd = hooked(daemons, webhook)
    sent = nipd.send({"type": "note"})
    (letter,) = dead_letters(nipd, 1)
    assert letter["seq"] == sent["seq"] and letter["id"] == sent["id"]
    assert letter["rule"] == "hook" and letter["target"] == "hook"
    assert letter["attempts"] == 3
    assert "503" in letter["error"]
    assert letter["fingerprint"]
    one = nipd.api.get(f"/v4/dead-letters/{sent['seq']}")
    assert one.status == 200 and sent["id"] in one.body.decode()


def test_a_permanent_failure_is_dead_at_once(daemons, webhook):
    webhook.answer = lambda body: (400, {}, b"no")
    nipd = hooked(daemons, webhook)
    nipd.send({"type": "note"})
    (letter,) = dead_letters(nipd, 1)
    assert letter["attempts"] == 1


def test_redrive_delivers_again(daemons, webhook):
    webhook.answer = lambda body: (400, {}, b"")
    nipd = hooked(daemons, webhook)
    sent = [nipd.send({"type": "note", "data": n}) for n in range(3)]
    dead_letters(nipd, 3)
    webhook.answer = lambda body: (200, {}, b"")

    answer = nipd.api.post(f"/v4/dead-letters/{sent[0]['seq']}:redrive")
    assert answer.status in (200, 202), answer
    eventually(lambda: webhook.ids == [sent[0]["id"]])
    dead_letters(nipd, 2)

    assert nipd.api.post("/v4/dead-letters:redrive", {"all": True}).status in (200, 202)
    eventually(lambda: sorted(webhook.ids) == sorted(each["id"] for each in sent))
    dead_letters(nipd, 0)


def test_purge_removes_for_good(daemons, webhook):
    webhook.answer = lambda body: (400, {}, b"")
    nipd = hooked(daemons, webhook)
    nipd.send({"type": "note"})
    (letter,) = dead_letters(nipd, 1)
    assert nipd.api.post("/v4/dead-letters:purge", {"fingerprint": letter["fingerprint"]}).status in (200, 202, 204)
    dead_letters(nipd, 0)
    nipd.restart()
    assert nipd.api.items("/v4/dead-letters") == []


def test_dead_letters_are_there_after_a_crash(daemons, webhook):
    webhook.answer = lambda body: (400, {}, b"")
    nipd = hooked(daemons, webhook)
    sent = nipd.send({"type": "note"})
    dead_letters(nipd, 1)
    nipd.send({"type": "note"})  # its sync carries the outcome before it
    dead_letters(nipd, 2)
    nipd.restart()
    assert sent["id"] in [letter["id"] for letter in dead_letters(nipd, 2)]


def test_a_choice_that_names_nothing_is_400(nipd):
    assert nipd.api.post("/v4/dead-letters:redrive", {}).status == 400
    assert nipd.api.get("/v4/dead-letters/999999").status == 404


def test_order_by_key_is_kept_through_failures(daemons, webhook):
    seen = collections.defaultdict(list)
    tries = collections.Counter()
    lock = threading.Lock()

    def sometimes(body):
        with lock:
            tries[body["id"]] += 1
            if tries[body["id"]] == 1 and body["data"]["n"] % 5 == 0:
                return (503, {}, b"")
            seen[body["data"]["customer"]].append(body["data"]["n"])
            return (200, {}, b"")

    webhook.answer = sometimes
    nipd = hooked(daemons, webhook, order="message.data.customer")
    for n in range(100):
        nipd.send({"type": "order", "data": {"customer": f"c{n % 4}", "n": n}}, Prefer="ack=buffered")
    eventually(lambda: sum(map(len, seen.values())) == 100)
    for customer, numbers in seen.items():
        assert numbers == sorted(numbers), customer


def test_a_dead_letter_lets_its_key_go_on(daemons, webhook):
    webhook.answer = lambda body: (400, {}, b"") if body["data"] == 0 else (200, {}, b"")
    nipd = hooked(daemons, webhook, order="'all'")
    for n in range(3):
        nipd.send({"type": "order", "data": n})
    eventually(lambda: [body["data"] for body in webhook.deliveries] == [1, 2])
    dead_letters(nipd, 1)


def test_a_message_past_its_deadline_is_expired_not_delivered(daemons, webhook):
    nipd = hooked(daemons, webhook)
    sent = nipd.send({"type": "note", "metadata": {"deadline": "2020-01-01T00:00:00Z"}})
    (letter,) = dead_letters(nipd, 1)
    assert letter["id"] == sent["id"] and letter["reason"] == "expired"
    assert webhook.ids == []


def test_expired_drop_makes_no_dead_letter(daemons, webhook):
    nipd = hooked(daemons, webhook, expired="drop")
    sent = nipd.send({"type": "note", "metadata": {"deadline": "2020-01-01T00:00:00Z"}})
    eventually(lambda: nipd.api.get(f"/v4/messages/{sent['id']}").json["state"] == "expired")
    assert nipd.api.items("/v4/dead-letters") == []


def test_retries_end_at_the_deadline(daemons, webhook):
    webhook.answer = lambda body: (503, {}, b"")
    nipd = hooked(daemons, webhook, timeout="300ms",
                  retry={"attempts": 1000, "backoff": "50ms", "max_backoff": "50ms"})
    nipd.send({"type": "note"})
    (letter,) = dead_letters(nipd, 1)
    assert letter["attempts"] < 50


def test_retry_after_of_a_webhook_is_kept(daemons, webhook):
    import time
    times = []

    def later(body):
        times.append(time.monotonic())
        return (429, {"Retry-After": "1"}, b"") if len(times) == 1 else (200, {}, b"")

    webhook.answer = later
    nipd = hooked(daemons, webhook)
    nipd.send({"type": "note"})
    eventually(lambda: webhook.ids)
    assert times[1] - times[0] >= 0.95


def test_a_flaky_plugin_gets_everything_in_the_end(daemons):
    nipd = daemons(start=False, config={"plugins": {"flaky": {"config": {"failures": 2}}}},
                   rules=[{"id": "f", "when": "true", "to": ["flaky"],
                           "retry": {"attempts": 10, "backoff": "5ms", "max_backoff": "20ms"}}])
    nipd.drop_plugin("flaky")
    nipd.start()
    sent = [nipd.send({"type": "note"})["id"] for _ in range(5)]
    for each in sent:
        eventually(lambda: nipd.api.get(f"/v4/messages/{each}").json["state"] == "done")
    assert nipd.api.items("/v4/dead-letters") == []


def test_a_full_queue_goes_on_on_disk_and_refuses_what_is_in_memory_only(daemons, webhook):
    gate = threading.Event()
    webhook.answer = lambda body: (gate.wait(60), (200, {}, b""))[1]
    nipd = daemons(
        shards=1,
        config={"plugins": {"hook": {"use": "http", "config": {"url": webhook.url}}},
                "services": {"plugin_orchestrator": {"delivery": {"queue_messages": 20}}}},
        rules=[{"id": "hook", "when": "true", "to": ["hook"]}])
    accepted = [nipd.send({"type": "note"})["id"] for _ in range(60)]
    eventually(lambda: nipd.api.get("/v4/plugins/hook").json["parked"] > 0)
    answer = nipd.api.post("/v4/messages", {"type": "note"}, headers={"Prefer": "ack=memory"})
    assert answer.status == 429, answer
    assert int(answer.headers["retry-after"]) >= 0
    gate.set()
    eventually(lambda: sorted(webhook.ids) == sorted(accepted))
    assert nipd.api.get("/v4/plugins/hook").json["parked"] == 0
    assert nipd.api.post("/v4/messages", {"type": "note"}).status == 202


@pytest.mark.parametrize("hops", [16])
def test_a_loop_ends_in_the_dead_letters(daemons, hops):
    nipd = daemons(
        config={"plugins": {"again": {"use": "transform", "config": {"set": {"data.n": "1"}, "publish": True}}}},
        rules=[{"id": "loop", "when": "message.type == 'loop'", "to": ["again"]}])
    nipd.send({"type": "loop", "data": {}})
    letters = eventually(lambda: nipd.api.items("/v4/dead-letters"), "the dead letter of a loop")
    assert "loop" in str(letters[0]["reason"])
    assert len(letters) == 1
