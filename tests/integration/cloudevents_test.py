"""CloudEvents 1.0 over HTTP: structured and binary in."""

import json

EVENT = {"specversion": "1.0", "id": "ce-1", "source": "/shop/eu", "type": "echo.order", "subject": "order/17",
         "time": "2026-01-02T03:04:05Z", "datacontenttype": "application/json", "data": {"amount": 12.5},
         "partner": "acme"}


def echoed(nipd, body, headers):
    """What a plugin saw of the event: the echo replies with it."""
    answer = nipd.api.post("/v4/messages", body, {**headers, "Prefer": "wait=5"})
    assert answer.status == 200, answer
    return answer.json


def test_a_structured_event_becomes_a_message(nipd):
    reply = echoed(nipd, json.dumps(EVENT), {"Content-Type": "application/cloudevents+json"})
    assert reply["type"] == "echo.order"
    assert reply["data"] == {"amount": 12.5}


def test_a_binary_event_becomes_a_message(nipd):
    headers = {"ce-specversion": "1.0", "ce-id": "ce-2", "ce-source": "/shop/%C3%A4", "ce-type": "echo.order",
               "Content-Type": "application/json"}
    reply = echoed(nipd, b'{"amount":1}', headers)
    assert reply["data"] == {"amount": 1}


def test_id_and_attributes_are_kept(nipd):
    nipd.api.post("/v4/messages", json.dumps(EVENT), {"Content-Type": "application/cloudevents+json"})
    state = nipd.api.get("/v4/messages/ce-1")
    assert state.status == 200
    text = json.dumps(state.json)
    assert "/shop/eu" in text and "order/17" in text and "acme" in text


def test_an_event_without_a_required_attribute_is_400_and_names_it(nipd):
    for missing in ("specversion", "id", "source", "type"):
        event = {key: value for key, value in EVENT.items() if key != missing}
        answer = nipd.api.post("/v4/messages", json.dumps(event), {"Content-Type": "application/cloudevents+json"})
        assert answer.status == 400, missing
        assert missing in answer.problem["detail"]


def test_another_specversion_is_refused(nipd):
    answer = nipd.api.post("/v4/messages", json.dumps({**EVENT, "specversion": "0.3"}),
                           {"Content-Type": "application/cloudevents+json"})
    assert answer.status == 400
    assert "1.0" in answer.problem["detail"]
