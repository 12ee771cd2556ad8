"""Request and reply over HTTP."""

import pytest

from patience import eventually


def test_a_reply_comes_as_the_answer(nipd):
    answer = nipd.api.post("/v4/messages", {"type": "echo", "correlation_id": "c-1", "data": {"hello": "world"}},
                           {"Prefer": "wait=5"})
    assert answer.status == 200
    assert answer.json["data"] == {"hello": "world"}
    assert "wait=5" in answer.headers["preference-applied"]


def test_a_reply_carries_the_requests_correlation_id(nipd):
    answer = nipd.api.post("/v4/messages", {"type": "echo", "correlation_id": "c-1"}, {"Prefer": "wait=5"})
    assert answer.json["correlation_id"] == "c-1"


def test_nobody_replies_is_202_done(daemons, webhook):
    nipd = daemons(config={"plugins": {"hook": {"use": "http", "config": {"url": webhook.url}}}},
                   rules=[{"id": "hook", "when": "true", "to": ["hook"]}])
    answer = nipd.api.post("/v4/messages", {"type": "note"}, {"Prefer": "wait=5"})
    assert answer.status == 202
    assert answer.json["state"] == "done"


def test_a_late_reply_is_202_with_location_and_shows_there_later(daemons, webhook):
    release = []
    webhook.answer = lambda body: eventually(lambda: release) and (200, {}, b"")
    nipd = daemons(config={"plugins": {"hook": {"use": "http", "config": {"url": webhook.url}}}},
                   rules=[{"id": "hook", "when": "true", "to": ["hook"]}])
    answer = nipd.api.post("/v4/messages", {"type": "note"}, {"Prefer": "wait=0.1"})
    assert answer.status == 202, answer
    assert answer.json["seq"] > 0
    assert answer.headers["location"] == f"/v4/messages/{answer.json['id']}"
    release.append(True)
    eventually(lambda: nipd.api.get(answer.headers["location"]).json.get("state") == "done")


def test_a_request_that_every_plugin_fails_is_502_with_the_reason(daemons, webhook):
    webhook.answer = lambda body: (400, {}, b"no such customer")
    nipd = daemons(config={"plugins": {"hook": {"use": "http", "config": {"url": webhook.url}}}},
                   rules=[{"id": "hook", "when": "true", "to": ["hook"]}])
    answer = nipd.api.post("/v4/messages", {"type": "note"}, {"Prefer": "wait=5"})
    assert answer.status == 502, answer
    assert "400" in answer.problem["detail"]


@pytest.mark.parametrize("wait", ["soon", "-1"])
def test_a_wait_that_is_no_number_of_seconds_is_400(nipd, wait):
    answer = nipd.api.post("/v4/messages", {"type": "echo"}, {"Prefer": f"wait={wait}"})
    assert answer.status == 400
    assert "wait" in answer.problem["detail"]


def test_replies_are_right_under_load(nipd):
    import concurrent.futures

    def ask(n):
        return nipd.api.post("/v4/messages", {"type": "echo", "data": n}, {"Prefer": "wait=10, ack=memory"}).json["data"]

    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        assert list(pool.map(ask, range(400))) == list(range(400))
