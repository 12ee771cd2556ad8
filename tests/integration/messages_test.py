"""POST /v4/messages: what a client sees of acceptance."""

import json
import re

import pytest

UUID = re.compile(r"^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$")


def test_a_message_is_accepted_with_id_seq_level_and_generation(nipd):
    answer = nipd.api.post("/v4/messages", {"type": "note", "data": {"n": 1}})
    assert answer.status == 202
    assert UUID.match(answer.json["id"])
    assert answer.json["seq"] >= 1
    assert answer.json["ack"] == "fsync"
    assert answer.json["generation"] >= 1
    assert "duplicate" not in answer.json
    assert answer.headers["location"] == f"/v4/messages/{answer.json['id']}"


@pytest.mark.parametrize("level", ["memory", "buffered", "fsync"])
def test_the_level_that_was_asked_for_is_reached_and_said(nipd, level):
    answer = nipd.api.post("/v4/messages", {"type": "note"}, {"Prefer": f"ack={level}"})
    assert answer.status == 202
    assert answer.json["ack"] == level
    assert f"ack={level}" in answer.headers["preference-applied"]


def test_seqs_rise_by_one_for_each_kept_message(nipd):
    seqs = [nipd.send({"type": "note"})["seq"] for _ in range(5)]
    assert seqs == list(range(seqs[0], seqs[0] + 5))


def test_a_message_at_level_memory_takes_no_seq(nipd):
    first = nipd.send({"type": "note"})["seq"]
    assert nipd.send({"type": "note"}, Prefer="ack=memory")["seq"] == 0
    assert nipd.send({"type": "note"})["seq"] == first + 1


def test_replicated_without_a_cluster_is_refused_not_lowered(nipd):
    answer = nipd.api.post("/v4/messages", {"type": "note"}, {"Prefer": "ack=replicated"})
    assert answer.status >= 400
    assert "replicated" in answer.problem["detail"]


def test_a_repeated_idempotency_key_gets_the_first_answer(nipd):
    headers = {"Idempotency-Key": "order-4711"}
    first = nipd.api.post("/v4/messages", {"type": "note", "data": 1}, headers).json
    again = nipd.api.post("/v4/messages", {"type": "note", "data": 1}, headers)
    assert again.status == 202
    assert again.json["seq"] == first["seq"]
    assert again.json["id"] == first["id"]
    assert again.json["duplicate"] is True


def test_a_repeated_id_is_accepted_once(nipd):
    first = nipd.send({"id": "my-own-id", "type": "note"})
    again = nipd.send({"id": "my-own-id", "type": "note"})
    assert first["id"] == again["id"] == "my-own-id"
    assert again["seq"] == first["seq"] and again["duplicate"] is True


def test_a_repeat_is_known_after_a_restart(nipd):
    first = nipd.send({"id": "kept", "type": "note"})
    nipd.kill9()
    nipd.start()
    again = nipd.send({"id": "kept", "type": "note"})
    assert again["seq"] == first["seq"] and again["duplicate"] is True


def test_a_rules_ack_is_a_floor_that_no_client_goes_below(daemons):
    nipd = daemons(rules=[{"id": "safe", "when": "message.type == 'payment'", "to": ["sink"], "ack": "fsync"}])
    assert nipd.send({"type": "payment"}, Prefer="ack=memory")["ack"] == "fsync"
    assert nipd.send({"type": "chatter"}, Prefer="ack=memory")["ack"] == "memory"


def test_the_v3_envelope_is_upgraded(nipd):
    answer = nipd.api.post("/v4/messages", {"id": "old-1", "type": "note", "data": {"x": 1}})
    assert answer.status == 202 and answer.json["id"] == "old-1"


BAD_ENVELOPES = {
    "empty body": (b"", "empty"),
    "no JSON": (b"{type: 1}", ""),
    "cut off": (b'{"type":"x","data":{"a":', ""),
    "an array": (b"[]", "object"),
    "without type": (b"{}", "type"),
    "empty type": (b'{"type":""}', "type"),
    "type is a number": (b'{"type":5}', "type"),
    "unknown key": (b'{"type":"x","sourc":"y"}', "source"),
    "duplicate key": (b'{"type":"x","type":"y"}', "type"),
    "bad timestamp": (b'{"type":"x","timestamp":"yesterday"}', "timestamp"),
    "metadata is a list": (b'{"type":"x","metadata":[]}', "metadata"),
    "unknown priority": (b'{"type":"x","metadata":{"priority":"urgent"}}', "priority"),
    "malformed data": (b'{"type":"x","data":[1,2,}', ""),
    "bytes behind the end": (b'{"type":"x"} {"type":"y"}', ""),
    "invalid UTF-8": (b'{"type":"x\xff"}', "UTF-8"),
    "lone surrogate": (rb'{"type":"\ud800"}', ""),
    "too deep": (b'{"type":"x","data":' + b"[" * 100 + b"]" * 100 + b"}", "64 levels"),
}


@pytest.mark.parametrize("name", BAD_ENVELOPES)
def test_a_bad_envelope_is_refused_with_the_place(nipd, name):
    body, word = BAD_ENVELOPES[name]
    answer = nipd.api.post("/v4/messages", body)
    assert answer.status == 400, answer
    assert word.lower() in answer.problem["detail"].lower()
    # Nothing else is disturbed.
    assert nipd.api.post("/v4/messages", {"type": "note"}).status == 202


def test_an_envelope_that_names_another_tenant_is_forbidden(nipd):
    answer = nipd.api.post("/v4/messages", {"type": "note", "metadata": {"tenant": "somebody-else"}})
    assert answer.status == 403
    assert "tenant" in answer.problem["detail"]


def test_unrouted_messages_are_kept_by_default(nipd):
    assert nipd.send({"type": "nobody-wants-this"})["seq"] > 0


def test_mandatory_makes_an_unrouted_message_422(nipd):
    answer = nipd.api.post("/v4/messages", {"type": "nobody", "metadata": {"mandatory": True}})
    assert answer.status == 422
    assert "rule" in answer.problem["detail"]
    assert nipd.api.post("/v4/messages", {"type": "echo", "metadata": {"mandatory": True}}).status == 202


def test_unrouted_refuse_makes_every_unrouted_message_422(daemons):
    nipd = daemons(config={"services": {"message_router": {"unrouted": "refuse"}}})
    assert nipd.api.post("/v4/messages", {"type": "nobody"}).status == 422
    assert nipd.api.post("/v4/messages", {"type": "echo"}).status == 202


def test_a_message_can_be_looked_up_and_explained(nipd):
    sent = nipd.send({"type": "echo", "data": {"n": 1}})
    state = nipd.api.get(f"/v4/messages/{sent['id']}")
    assert state.status == 200
    assert state.json["id"] == sent["id"]
    explained = nipd.api.get(f"/v4/messages/{sent['id']}/explain")
    assert explained.status == 200
    text = json.dumps(explained.json)
    assert '"echo"' in text and "generation" in text


def test_an_unknown_message_is_404(nipd):
    answer = nipd.api.get("/v4/messages/00000000-0000-7000-8000-000000000000")
    assert answer.status == 404
    assert answer.problem["type"]


def test_numbers_and_text_of_data_come_back_as_they_went(nipd):
    data = '{"big":18446744073709551615,"pi":3.14159265358979323846,"text":"\\u00e4\\n\u20ac","e":1E40,"z":-0.0}'
    answer = nipd.api.post("/v4/messages", '{"type":"echo","data":' + data + "}", {"Prefer": "wait=5"})
    assert answer.status == 200, answer
    assert data in answer.body.decode()


def test_a_number_that_no_reader_could_keep_is_refused_not_rounded(nipd):
    answer = nipd.api.post("/v4/messages", b'{"type":"echo","data":123456789012345678901234567890}')
    assert answer.status == 400
    assert "64 bits" in answer.problem["detail"]
