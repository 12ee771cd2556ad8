"""Targets that keep failing are left out, said to be, and brought back by single messages."""

import itertools

from daemon import run_nip
from patience import eventually

FIRST_FAILS = {"id": "r", "when": "true", "to": ["flaky", "echo"], "strategy": "first",
               "retry": {"attempts": 5, "backoff": "1ms", "max_backoff": "2ms"}}
QUICK = {"failures_in_row": 5, "open_min": "30ms", "open_max": "60ms"}


def start(daemons, plugins, rule, breaker=None, **delivery):
    """Configured with `plugins`; the test plugin "flaky" is there as well."""
    settings = {"breaker": breaker or {}, **delivery}
    nipd = daemons(start=False, rules=[rule], shards=1,
                   config={"plugins": plugins, "services": {"plugin_orchestrator": {"delivery": settings}}})
    nipd.drop_plugin("flaky")
    return nipd.start()


def targets_of(nipd, id):
    """Where its attempts went, once it is done."""
    def look():
        shown = nipd.api.get(f"/v4/messages/{id}/explain").json
        return shown["state"] == "done" and shown["deliveries"][0]
    delivery = eventually(look, f"{id} is done")
    return [each["plugin"] for each in delivery["attempts_made"]], delivery


def health_of(nipd, plugin):
    return nipd.api.get(f"/v4/plugins/{plugin}/health").json


def test_a_failing_plugin_is_left_out_and_everybody_can_see_it(daemons):
    nipd = start(daemons, {"flaky": {"config": {"failures": 1000}}}, FIRST_FAILS)
    assert "open_breakers" not in nipd.api.get("/health").json
    for n in range(5):
        nipd.send({"id": f"m{n}", "type": "note"})
        assert targets_of(nipd, f"m{n}")[0] == ["flaky", "echo"]
    for n in range(5, 15):
        nipd.send({"id": f"m{n}", "type": "note"})
    # It is open for a second at least, and these took no time; the last one may have come later.
    tried, delivery = targets_of(nipd, "m5")
    assert tried == ["echo"]
    flaky = delivery["candidates"][0]
    assert flaky["plugin"] == "flaky" and not flaky["chosen"]
    assert flaky["score"]["available"] is False and flaky["score"]["left_out"] == "breaker"
    breaker = health_of(nipd, "flaky")["breaker"]
    assert breaker["opened"] >= 1 and breaker["state"] in ("open", "half_open")
    assert health_of(nipd, "echo")["breaker"] == {"state": "closed", "opened": 0, "probes": 0, "moved": 0}
    health = eventually(lambda: (lambda h: "open_breakers" in h and h)(nipd.api.get("/health").json))
    assert health["open_breakers"] == ["flaky"] and health["ready"]
    numbers = nipd.api.get("/metrics").body.decode()
    assert 'nip_target_breakers_open{plugin="flaky"} 1' in numbers
    assert 'nip_target_breakers_open{plugin="echo"} 0' in numbers
    assert 'nip_target_breaker_opened_total{plugin="flaky"} ' in numbers
    assert "left out: breaker" in run_nip(nipd, "explain", "m5").stdout


def test_probes_keep_finding_it_broken_and_lose_no_message(daemons):
    nipd = start(daemons, {"flaky": {"config": {"failures": 1000}}}, FIRST_FAILS, breaker=QUICK)
    names = itertools.count()

    def probed_twice():
        for _ in range(10):
            nipd.send({"id": f"p{next(names)}", "type": "note"})
        return health_of(nipd, "flaky")["breaker"]["probes"] >= 2

    eventually(probed_twice, "two probes")
    for n in range(next(names)):
        assert targets_of(nipd, f"p{n}")[0][-1] == "echo"


def test_a_webhook_that_called_itself_unhealthy_gets_messages_again(daemons, webhook):
    webhook.answer = lambda body: (503, {}, b"")
    rule = {**FIRST_FAILS, "to": ["hook", "echo"]}
    nipd = start(daemons, {"hook": {"use": "http", "config": {"url": webhook.url}}}, rule, breaker=QUICK,
                 unhealthy_retry="100ms")
    names = itertools.count()

    def send():
        nipd.send({"id": f"w{next(names)}", "type": "note"})
        return True

    eventually(lambda: send() and health_of(nipd, "hook")["state"] == "unhealthy", "an unhealthy webhook")
    webhook.answer = lambda body: (200, {}, b"")
    eventually(lambda: send() and health_of(nipd, "hook")["state"] == "healthy", "a healthy webhook")
    eventually(lambda: send() and health_of(nipd, "hook")["breaker"]["state"] == "closed", "a closed breaker")
    nipd.send({"id": "last", "type": "note"})
    assert targets_of(nipd, "last")[0] == ["hook"]
