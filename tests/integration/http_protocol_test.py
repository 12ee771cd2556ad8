"""HTTP/1.1 as clients and attackers speak it."""

import json

import pytest

from api import RawConnection
from patience import eventually


def post(body, *headers):
    if isinstance(body, str):
        body = body.encode()
    lines = ["POST /v4/messages HTTP/1.1", "Host: localhost", "Content-Type: application/json",
             f"Content-Length: {len(body)}", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def test_an_unknown_path_is_404_and_names_the_nearest(nipd):
    answer = nipd.api.get("/v4/mesages")
    assert answer.status == 404
    assert "/v4/messages" in answer.problem["detail"]


def test_a_wrong_method_is_405_with_allow(nipd):
    answer = nipd.api.request("DELETE", "/v4/messages")
    assert answer.status == 405
    assert "POST" in answer.headers["allow"] and "GET" in answer.headers["allow"]
    answer.problem


def test_a_wrong_content_type_is_415(nipd):
    answer = nipd.api.post("/v4/messages", b"<a/>", {"Content-Type": "text/xml"})
    assert answer.status == 415
    assert "application/json" in answer.problem["detail"]


def test_a_body_over_the_limit_is_413_before_it_is_read(nipd):
    with RawConnection(nipd) as raw:
        raw.send("POST /v4/messages HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
                 "Content-Length: 2000000\r\n\r\n")
        answer = raw.response()
        assert answer.status == 413
        assert "1048576" in answer.body.decode()


def test_a_chunked_body_over_the_limit_is_413(nipd):
    chunk = b"10000\r\n" + b"x" * 0x10000 + b"\r\n"
    with RawConnection(nipd) as raw:
        raw.send("POST /v4/messages HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
                 "Transfer-Encoding: chunked\r\n\r\n")
        try:
            for _ in range(20):
                raw.send(chunk)
        except OSError:
            pass  # cut off in the middle: as it should be
        assert raw.response().status == 413


def test_a_chunked_body_is_accepted(nipd):
    body = b'{"type":"note","data":"chunked"}'
    pieces = b"".join(b"%x\r\n%s\r\n" % (len(body[i:i + 5]), body[i:i + 5]) for i in range(0, len(body), 5))
    with RawConnection(nipd) as raw:
        raw.send(b"POST /v4/messages HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
                 b"Transfer-Encoding: chunked\r\n\r\n" + pieces + b"0\r\n\r\n")
        assert raw.response().status == 202


def test_pipelined_requests_are_answered_in_order(nipd):
    with RawConnection(nipd) as raw:
        raw.send(b"".join(post(f'{{"id":"p{n}","type":"note"}}') for n in range(100)))
        ids = [raw.response().json["id"] for n in range(100)]
        assert ids == [f"p{n}" for n in range(100)]


def test_pipelined_answers_keep_their_order_when_a_later_one_is_faster(nipd):
    slow = post('{"id":"slow","type":"note"}')
    fast = post('{"id":"fast","type":"note"}', "Prefer: ack=memory")
    with RawConnection(nipd) as raw:
        raw.send((slow + fast) * 1)
        assert [raw.response().json["id"] for _ in range(2)] == ["slow", "fast"]


def test_requests_split_anywhere_are_the_same_requests(nipd):
    whole = post('{"id":"split","type":"note"}')
    for cut in range(1, len(whole), 7):
        with RawConnection(nipd) as raw:
            raw.send(whole[:cut]).send(whole[cut:])
            assert raw.response().status == 202, cut


def test_connection_close_is_kept(nipd):
    with RawConnection(nipd) as raw:
        raw.send(post('{"type":"note"}', "Connection: close"))
        assert raw.response().status == 202
        assert raw.closed()


def test_expect_100_continue_is_answered(nipd):
    body = b'{"type":"note"}'
    with RawConnection(nipd) as raw:
        raw.send(f"POST /v4/messages HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
                 f"Content-Length: {len(body)}\r\nExpect: 100-continue\r\n\r\n")
        assert raw.response(head_only=True).status == 100
        raw.send(body)
        assert raw.response().status == 202


def test_head_is_get_without_its_body(nipd):
    with RawConnection(nipd) as raw:
        raw.send("HEAD /health HTTP/1.1\r\nHost: x\r\n\r\n")
        assert raw.response(head_only=True).status == 200
        raw.send("GET /health HTTP/1.1\r\nHost: x\r\n\r\n")
        assert raw.response().status == 200


SMUGGLING = {
    "length and chunks": "POST /v4/messages HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
    "two lengths": "POST /v4/messages HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n",
    "signed length": "POST /v4/messages HTTP/1.1\r\nHost: x\r\nContent-Length: +5\r\n\r\n",
    "space before the colon": "GET /health HTTP/1.1\r\nHost : x\r\n\r\n",
    "folded header": "GET /health HTTP/1.1\r\nHost: x\r\nA: b\r\n c\r\n\r\n",
    "no host": "GET /health HTTP/1.1\r\n\r\n",
    "two hosts": "GET /health HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
    "unknown coding": "POST /v4/messages HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: cow\r\n\r\n",
    "control byte in a header": "GET /health HTTP/1.1\r\nHost: x\r\nA: b\x01c\r\n\r\n",
    "not HTTP": "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
}


@pytest.mark.parametrize("name", SMUGGLING)
def test_an_ambiguous_request_is_refused_and_the_connection_closed(nipd, name):
    with RawConnection(nipd) as raw:
        raw.send(SMUGGLING[name].encode("latin-1"))
        answer = raw.response()
        assert answer.status in (400, 501), answer
        assert raw.closed()
    assert nipd.api.get("/health/live").status == 200


def test_a_header_that_is_too_large_is_431(nipd):
    with RawConnection(nipd) as raw:
        raw.send("GET /health HTTP/1.1\r\nHost: x\r\nX-Long: " + "a" * 20000 + "\r\n\r\n")
        assert raw.response().status == 431


def test_a_target_that_is_too_long_is_414(nipd):
    with RawConnection(nipd) as raw:
        raw.send("GET /" + "a" * 9000 + " HTTP/1.1\r\nHost: x\r\n\r\n")
        assert raw.response().status == 414


def test_a_half_closed_client_still_gets_its_answer(nipd):
    import socket
    with RawConnection(nipd) as raw:
        raw.send(post('{"type":"note"}'))
        raw.socket.shutdown(socket.SHUT_WR)
        assert raw.response().status == 202


def test_a_client_that_never_finishes_its_request_is_cut(daemons):
    nipd = daemons(config={"api_gateway": {"timeouts": {"header": "200ms", "body": "200ms"}}})
    with RawConnection(nipd) as raw:
        raw.send("POST /v4/messages HTTP/1.1\r\nHost: x\r\n")
        assert raw.response().status == 408
        assert raw.closed()
    with RawConnection(nipd) as raw:
        raw.send("POST /v4/messages HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
                 "Content-Length: 100\r\n\r\n{\"type\":")
        assert raw.response().status == 408


def test_request_ids_are_taken_or_made(nipd):
    given = nipd.api.get("/health", {"X-Request-Id": "abc-123"})
    assert given.headers["x-request-id"] == "abc-123"
    assert nipd.api.get("/health").headers["x-request-id"]


def test_openapi_names_every_public_route(nipd):
    document = nipd.api.get("/openapi.json").json
    assert document["openapi"].startswith("3.1")
    for path in ("/v4/messages", "/v4/messages:batch", "/v4/messages/{id}", "/v4/messages/{id}/explain", "/v4/rules",
                 "/v4/rules/{id}", "/v4/rules:test", "/v4/plugins", "/v4/plugins/{name}", "/v4/dead-letters",
                 "/v4/stats", "/health", "/metrics"):
        assert path in document["paths"], path


def test_connections_over_the_limit_are_503_and_others_live_on(daemons):
    nipd = daemons(config={"api_gateway": {"limits": {"connections": 20}}}, shards=1)
    held = [RawConnection(nipd) for _ in range(20)]
    for raw in held:
        raw.send("GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n")
        assert raw.response().status == 200
    with RawConnection(nipd) as one_more:
        one_more.send("GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n")
        try:
            assert one_more.response().status == 503
        except (AssertionError, ConnectionResetError):
            assert one_more.closed()
    held[0].send("GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n")
    assert held[0].response().status == 200
    for raw in held:
        raw.socket.close()
    eventually(lambda: nipd.api.get("/health/live").status == 200)


def test_many_connections_at_once(nipd):
    open_ones = [RawConnection(nipd) for _ in range(300)]
    for n, raw in enumerate(open_ones):
        raw.send(post(json.dumps({"id": f"c{n}", "type": "note"})))
    assert [raw.response().json["id"] for raw in open_ones] == [f"c{n}" for n in range(300)]
    for raw in open_ones:
        raw.socket.close()
