"""POST /v4/messages:batch: three formats, one outcome an entry."""

import json

NDJSON = {"Content-Type": "application/x-ndjson"}
EVENTS = {"Content-Type": "application/cloudevents-batch+json"}


def outcomes(answer):
    assert answer.status in (200, 202, 207), answer
    return answer.json["items"]


def test_an_array_is_accepted_entry_by_entry(nipd):
    items = outcomes(nipd.api.post("/v4/messages:batch", [{"type": "note", "data": n} for n in range(50)]))
    assert len(items) == 50
    assert all(item["ack"] == "fsync" for item in items)
    assert len({item["id"] for item in items}) == 50
    assert [item["seq"] for item in items] == sorted(item["seq"] for item in items)


def test_ndjson_takes_lines_with_either_ending_and_a_last_one_without(nipd):
    items = outcomes(nipd.api.post("/v4/messages:batch", b'{"type":"a"}\n{"type":"b"}\r\n{"type":"c"}', NDJSON))
    assert len(items) == 3 and not any("problem" in item for item in items)


def test_cloudevents_batch(nipd):
    events = [{"specversion": "1.0", "id": f"e{n}", "source": "/shop", "type": "order.created", "data": {"n": n}}
              for n in range(3)]
    items = outcomes(nipd.api.post("/v4/messages:batch", json.dumps(events), EVENTS))
    assert [item["id"] for item in items] == ["e0", "e1", "e2"]


def test_one_bad_entry_disturbs_no_other(nipd):
    answer = nipd.api.post("/v4/messages:batch", b'{"type":"a"}\n{"type":5}\n{"type":"c"}\n', NDJSON)
    items = outcomes(answer)
    assert answer.status == 207
    assert (answer.json["accepted"], answer.json["refused"]) == (2, 1)
    assert items[1]["problem"]["status"] == 400
    assert "type" in items[1]["problem"]["detail"]
    assert items[2]["seq"] > items[0]["seq"]


def test_a_repeated_id_inside_a_batch_is_a_duplicate(nipd):
    items = outcomes(nipd.api.post("/v4/messages:batch", [{"id": "same", "type": "a"}, {"id": "same", "type": "a"}]))
    assert items[0]["seq"] == items[1]["seq"]
    assert items[1].get("duplicate") is True


def test_the_level_counts_for_every_entry(nipd):
    items = outcomes(nipd.api.post("/v4/messages:batch", [{"type": "a"}, {"type": "b"}], {"Prefer": "ack=memory"}))
    assert [item["ack"] for item in items] == ["memory", "memory"]


def test_an_empty_batch_and_a_body_that_is_no_batch_are_400(nipd):
    assert nipd.api.post("/v4/messages:batch", b"[]").status == 400
    assert nipd.api.post("/v4/messages:batch", b'{"type":"a"}').status == 400
    assert nipd.api.post("/v4/messages:batch", b'[{"type":"a"}').status == 400


def test_another_content_type_is_415_and_says_which_are_taken(nipd):
    answer = nipd.api.post("/v4/messages:batch", b"type: a", {"Content-Type": "application/yaml"})
    assert answer.status == 415
    assert "ndjson" in answer.problem["detail"]


def test_a_large_batch_is_delivered_whole(nipd):
    lines = "".join(f'{{"id":"bulk-{n}","type":"note"}}\n' for n in range(5000))
    items = outcomes(nipd.api.post("/v4/messages:batch", lines, NDJSON))
    assert len(items) == 5000
    assert not any("problem" in item for item in items)
