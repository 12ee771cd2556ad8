"""The promise: what was acknowledged is delivered, whatever happens to the process."""

import concurrent.futures
import json
import threading
from collections import Counter

from api import RawConnection
from patience import eventually


def hooked(daemons, webhook, **more):
    return daemons(config={"plugins": {"hook": {"use": "http", "config": {"url": webhook.url}}}},
                   rules=[{"id": "hook", "when": "true", "to": ["hook"],
                           "retry": {"attempts": 100, "backoff": "10ms", "max_backoff": "100ms"}}], **more)


def test_everything_acknowledged_before_kill_9_is_delivered_after_it(daemons, webhook):
    gate = threading.Event()
    webhook.answer = lambda body: (200, {}, b"") if gate.is_set() else (503, {}, b"")
    nipd = hooked(daemons, webhook)
    acknowledged = [nipd.send({"id": f"k{n}", "type": "note"})["id"] for n in range(50)]
    assert webhook.ids == []
    nipd.kill9()
    gate.set()
    nipd.start()
    eventually(lambda: set(webhook.ids) == set(acknowledged))


def test_what_was_done_before_a_kill_is_not_delivered_again(daemons, webhook):
    nipd = hooked(daemons, webhook)
    first = [nipd.send({"id": f"d{n}", "type": "note"})["id"] for n in range(20)]
    eventually(lambda: set(webhook.ids) == set(first))
    # Outcomes are written soon, not waited for: the sync of a later message carries them.
    eventually(lambda: all(nipd.api.get(f"/v4/messages/{i}").json["state"] == "done" for i in first))
    nipd.restart()
    last = nipd.send({"id": "last", "type": "note"})["id"]
    eventually(lambda: last in webhook.ids)
    assert Counter(webhook.ids) == Counter(first + [last])


def test_kill_9_in_the_middle_of_traffic_again_and_again(daemons, webhook):
    nipd = hooked(daemons, webhook)
    acknowledged = []
    lock = threading.Lock()
    stop = threading.Event()

    def publish(worker):
        n = 0
        while not stop.is_set():
            body = json.dumps({"id": f"w{worker}-{n}", "type": "note"}).encode()
            try:
                with RawConnection(nipd) as raw:
                    raw.send(b"POST /v4/messages HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
                             b"Content-Length: %d\r\n\r\n" % len(body) + body)
                    if raw.response().status == 202:
                        with lock:
                            acknowledged.append(f"w{worker}-{n}")
                        n += 1
            except (OSError, AssertionError, AttributeError):
                continue  # not acknowledged: the client sends it again under the same id

    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        workers = [pool.submit(publish, worker) for worker in range(4)]
        for _ in range(3):
            goal = len(acknowledged) + 60
            eventually(lambda: len(acknowledged) >= goal, "60 more acknowledged messages")
            nipd.kill9()
            nipd.start()
        goal = len(acknowledged) + 20
        eventually(lambda: len(acknowledged) >= goal)
        stop.set()
        for each in workers:
            each.result()
    eventually(lambda: set(acknowledged) <= set(webhook.ids),
               f"{len(acknowledged)} acknowledged messages at the webhook")


def test_a_message_lives_through_a_restart_with_other_rules(daemons, webhook):
    """A restart resumes the plan that was recorded, not today's rules."""
    gate = threading.Event()
    webhook.answer = lambda body: (200, {}, b"") if gate.is_set() else (503, {}, b"")
    nipd = hooked(daemons, webhook)
    sent = nipd.send({"type": "note"})
    nipd.kill9()
    nipd.write_rules([{"id": "other", "when": "true", "to": ["sink"]}])
    gate.set()
    nipd.start()
    eventually(lambda: webhook.ids == [sent["id"]])


def test_a_torn_tail_is_cut_and_said_and_the_rest_served(daemons, webhook):
    nipd = hooked(daemons, webhook)
    first = nipd.send({"id": "before", "type": "note"})
    eventually(lambda: webhook.ids == ["before"])
    nipd.kill9()
    segment = sorted(path for path in nipd.journal.iterdir() if path.is_file() and path.stat().st_size > 4096)[-1]
    data = bytearray(segment.read_bytes())
    end = len(bytes(data).rstrip(b"\0"))
    data[end - 3] ^= 0xFF
    segment.write_bytes(data)
    nipd.start()
    after = nipd.send({"id": "after", "type": "note"})
    assert after["seq"] > first["seq"]
    eventually(lambda: "after" in webhook.ids)


def test_seqs_never_go_back(daemons, webhook):
    nipd = hooked(daemons, webhook)
    last = 0
    for _ in range(3):
        for _ in range(5):
            seq = nipd.send({"type": "note"})["seq"]
            assert seq > last
            last = seq
        nipd.kill9()
        nipd.start()


def test_a_second_daemon_on_the_same_data_is_refused(nipd):
    from daemon import run_nipd
    ended = run_nipd("--config", nipd.config_path, cwd=nipd.folder)
    assert ended.returncode != 0
    assert str(nipd.pid) in ended.stdout + ended.stderr
    assert nipd.api.get("/health/live").status == 200


def test_sigterm_finishes_what_is_in_flight(daemons, webhook):
    gate = threading.Event()
    entered = threading.Event()

    def slow(body):
        entered.set()
        gate.wait(30)
        return (200, {}, b"")

    webhook.answer = slow
    nipd = hooked(daemons, webhook)
    sent = nipd.send({"type": "note"})
    assert entered.wait(30)
    import signal
    nipd.process.send_signal(signal.SIGTERM)
    eventually(lambda: refuses(nipd), "the listener to close")
    gate.set()
    assert nipd.process.wait(30) == 0, nipd.story()
    nipd._release()
    assert webhook.ids == [sent["id"]]


def refuses(nipd):
    try:
        return nipd.api.get("/health/ready").status == 503
    except OSError:
        return True


def test_sigterm_with_a_backlog_leaves_it_in_the_journal(daemons, webhook):
    webhook.answer = lambda body: (503, {}, b"")
    nipd = hooked(daemons, webhook)
    sent = {nipd.send({"type": "note"})["id"] for _ in range(10)}
    nipd.stop()
    webhook.answer = lambda body: (200, {}, b"")
    nipd.start()
    eventually(lambda: set(webhook.ids) == sent)


def test_sigint_ends_it_well_too(nipd):
    import signal
    nipd.process.send_signal(signal.SIGINT)
    assert nipd.process.wait(30) == 0
    nipd._release()
