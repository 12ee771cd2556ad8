"""all, first, best, weighted and chain over real plugins."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest

from patience import eventually
from webhook import Webhook


@pytest.fixture
def hooks():
    made = [Webhook() for _ in range(3)]
    yield made
    for each in made:
        each.close()


def start(daemons, hooks, strategy, to=None, **more):
    plugins = {f"hook-{n}": {"use": "http", "config": {"url": hook.url}} for n, hook in enumerate(hooks)}
    rule = {"id": "r", "when": "true", "to": to or list(plugins), "strategy": strategy,
            "retry": {"attempts": 8, "backoff": "10ms", "max_backoff": "50ms"}, **more}
    return daemons(config={"plugins": plugins}, rules=[rule])


def send_and_settle(nipd, hooks, count, wanted):
    for n in range(count):
        nipd.send({"id": f"m{n}", "type": "note", "data": {"key": n % 7}})
    eventually(lambda: sum(len(hook.ids) for hook in hooks) >= wanted, f"{wanted} deliveries")
    eventually(lambda: all(nipd.api.get(f"/v4/messages/m{n}").json["state"] == "done" for n in range(count)))
    return [len(hook.ids) for hook in hooks]


def test_all_delivers_to_every_target(daemons, hooks):
    nipd = start(daemons, hooks, "all")
    assert send_and_settle(nipd, hooks, 10, 30) == [10, 10, 10]


def test_first_takes_the_first_in_order(daemons, hooks):
    nipd = start(daemons, hooks, "first")
    assert send_and_settle(nipd, hooks, 10, 10) == [10, 0, 0]


def test_first_goes_on_to_the_next_when_one_fails(daemons, hooks):
    hooks[0].answer = lambda body: (503, {}, b"")
    nipd = start(daemons, hooks, "first")
    counts = send_and_settle(nipd, hooks, 5, 5)
    assert counts[0] == 0 and sum(counts) == 5


def test_best_delivers_once_and_avoids_the_failing_one(daemons, hooks):
    hooks[1].answer = lambda body: (503, {}, b"")
    nipd = start(daemons, hooks, "best")
    counts = send_and_settle(nipd, hooks, 40, 40)
    assert sum(counts) == 40 and counts[1] == 0


def test_weighted_shares_by_weight(daemons, hooks):
    nipd = start(daemons, hooks, "weighted",
                 to=[{"plugin": "hook-0", "weight": 8}, {"plugin": "hook-1", "weight": 2}, {"plugin": "hook-2", "weight": 0}])
    counts = send_and_settle(nipd, hooks, 200, 200)
    assert sum(counts) == 200
    assert counts[2] == 0
    assert 130 <= counts[0] <= 185, counts


def test_chain_gives_each_steps_output_to_the_next(daemons, hooks):
    nipd = daemons(
        config={"plugins": {
            "step": {"use": "transform", "config": {"set": {"data.seen": "message.data.n + 1"}}},
            "hook": {"use": "http", "config": {"url": hooks[0].url}}}},
        rules=[{"id": "c", "when": "message.type == 'note'", "to": ["step", "hook"], "strategy": "chain"}])
    nipd.send({"type": "note", "data": {"n": 1}})
    eventually(lambda: hooks[0].deliveries)
    assert hooks[0].deliveries[0]["data"]["seen"] == 2


def test_topic_targets_publish_to_subscribers(daemons):
    from stream import Stream
    nipd = daemons(rules=[{"id": "big", "when": "message.data.amount > 10", "to": ["topic:orders.big"]}])
    with Stream(nipd) as watcher:
        watcher.subscribe(topic="orders.big")
        nipd.send({"type": "order", "data": {"amount": 5}})
        nipd.send({"type": "order", "data": {"amount": 50}})
        assert watcher.events(1)[0]["message"]["data"]["amount"] == 50


def test_a_mix_of_keys_reaches_every_message_once(daemons, hooks):
    nipd = start(daemons, hooks, "best")
    send_and_settle(nipd, hooks, 100, 100)
    counted = Counter(i for hook in hooks for i in hook.ids)
    assert counted == Counter({f"m{n}": 1 for n in range(100)})


def test_one_key_is_delivered_by_seq_whichever_shard_took_it(daemons, webhook):
    nipd = daemons(config={"plugins": {"hook": {"use": "http", "config": {"url": webhook.url}}}}, shards=3,
                   rules=[{"id": "r", "when": "message.type == 'note'", "to": ["hook"], "order": "message.data.key"}])
    numbered = {}

    def publish(who):
        api = nipd.api
        for n in range(20):
            name = f"{who}-{n}"
            answer = api.post("/v4/messages", {"id": name, "type": "note", "data": {"key": "the one"}})
            numbered[name] = answer.json["seq"]

    with ThreadPoolExecutor(9) as pool:
        list(pool.map(publish, range(9)))
    eventually(lambda: len(webhook.deliveries) == len(numbered))
    assert webhook.ids == sorted(numbered, key=numbered.get)


def test_ordered_deliveries_are_explained_wherever_their_key_lives(daemons):
    # Keys are spread over three shards, so most deliveries run on another one than accepted them.
    rules = [{"id": "good", "when": "message.type == 'good'", "to": ["echo"], "order": "message.data.key"},
             {"id": "bad", "when": "message.type == 'bad'", "to": ["hook"], "order": "message.data.key",
              "retry": {"attempts": 2, "backoff": "1ms", "max_backoff": "2ms"}}]
    hook = Webhook()
    hook.answer = lambda body: (503, {}, b"")
    try:
        nipd = daemons(config={"plugins": {"hook": {"use": "http", "config": {"url": hook.url}}}}, rules=rules, shards=3)
        for n in range(24):
            for kind in ("good", "bad"):
                nipd.send({"id": f"{kind}{n}", "type": kind, "data": {"key": n}})
        for n in range(24):
            for kind, ended, plugin, attempts in (("good", "done", "echo", 1), ("bad", "dead", "hook", 2)):
                path = f"/v4/messages/{kind}{n}"
                eventually(lambda: nipd.api.get(path).json["state"] == ended)
                (delivery,) = nipd.api.get(f"{path}/explain").json["deliveries"]
                assert (delivery["target"], delivery["attempts"]) == (plugin, attempts)
                assert [each["plugin"] for each in delivery["attempts_made"]] == [plugin] * attempts
                assert delivery["candidates"][0]["chosen"] is True
                assert ("503" in delivery.get("error", "")) == (kind == "bad")
    finally:
        hook.close()
