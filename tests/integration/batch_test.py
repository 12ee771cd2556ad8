"""POST /v4/messages:batch: three formats, one outcome an entry."""

import gzip
import json
import socket

from api import RawConnection
from patience import eventually

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
    assert nipd.api.post("/v4/messages:batch", b"[").status == 400


def test_another_content_type_is_415_and_says_which_are_taken(nipd):
    answer = nipd.api.post("/v4/messages:batch", b"type: a", {"Content-Type": "application/yaml"})
    assert answer.status == 415
    assert "ndjson" in answer.problem["detail"]


def test_a_large_batch_is_delivered_whole(nipd):
    lines = "".join(f'{{"id":"bulk-{n}","type":"note"}}\n' for n in range(5000))
    items = outcomes(nipd.api.post("/v4/messages:batch", lines, NDJSON))
    assert len(items) == 5000
    assert not any("problem" in item for item in items)


def test_a_fault_in_the_middle_is_the_outcome_of_its_place(nipd):
    answer = nipd.api.post("/v4/messages:batch", b'[{"type":"a"},{"type":"b"} {"type":"c"}]')
    items = outcomes(answer)
    assert answer.status == 207
    assert (answer.json["accepted"], answer.json["stopped_at"], len(items)) == (2, 2, 3)
    assert "byte 27" in items[2]["problem"]["detail"]


def head(*fields, content_type="application/x-ndjson"):
    return "\r\n".join(["POST /v4/messages:batch HTTP/1.1", "Host: x", f"Content-Type: {content_type}", *fields,
                        "", ""]).encode()


def chunk(text):
    return b"%x\r\n%s\r\n" % (len(text), text)


def test_entries_are_accepted_while_the_body_is_still_coming_and_a_repeat_is_safe(nipd):
    lines = [b'{"id":"early-%d","type":"note"}\n' % n for n in range(3)]
    with RawConnection(nipd) as peer:
        peer.send(head("Transfer-Encoding: chunked") + b"".join(chunk(line) for line in lines))
        eventually(lambda: nipd.api.get("/v4/messages/early-2").status == 200, "the third entry")
        # The peer goes without an end: what was taken stays taken.
    items = outcomes(nipd.api.post("/v4/messages:batch", b"".join(lines) + b'{"id":"late","type":"note"}', NDJSON))
    assert [item.get("duplicate", False) for item in items] == [True, True, True, False]


def test_a_half_closed_sender_hears_what_became_of_its_entries(nipd):
    with RawConnection(nipd) as peer:
        peer.send(head("Content-Length: 1000") + b'{"type":"a"}\n{"type":"b"}\n{"typ')
        peer.socket.shutdown(socket.SHUT_WR)
        answer = peer.response()
    assert answer.status == 207
    assert (answer.json["accepted"], answer.json["stopped_at"]) == (2, 2)


def peak_bytes(nipd):
    """The most resident memory that nipd ever had."""
    with open(f"/proc/{nipd.pid}/status", encoding="ascii") as status:
        return next(int(line.split()[1]) << 10 for line in status if line.startswith("VmHWM:"))


def test_memory_does_not_grow_with_the_batch(daemons):
    nipd = daemons(config={"api_gateway": {"limits": {"compression_ratio": 10_000}}})
    line = b'{"type":5,"data":"' + b"x" * 100_000 + b'"}\n'  # refused, so that the broker remembers none of them
    assert outcomes(nipd.api.post("/v4/messages:batch", line * 10, NDJSON))
    calm = peak_bytes(nipd)
    for body, headers in [(line * 600, NDJSON), (gzip.compress(line * 600), {**NDJSON, "Content-Encoding": "gzip"})]:
        answer = nipd.api.post("/v4/messages:batch", body, headers)
        assert answer.json["refused"] == 600 and "stopped_at" not in answer.json
    assert peak_bytes(nipd) < calm + (8 << 20)  # of bodies of 60 MB
