"""Rules over REST, beside rules in files."""

import pytest

from patience import eventually


def rule(**more):
    return {"when": "message.type == 'order'", "to": ["echo"], **more}


def reply_of(nipd, envelope):
    answer = nipd.api.post("/v4/messages", envelope, {"Prefer": "wait=5"})
    return answer


def test_a_rule_is_added_used_replaced_and_removed(nipd):
    assert reply_of(nipd, {"type": "order"}).status == 202  # nobody
    put = nipd.api.put("/v4/rules/orders", rule())
    assert put.status in (200, 201), put
    assert reply_of(nipd, {"type": "order"}).status == 200

    assert nipd.api.get("/v4/rules/orders").json["to"] == ["echo"]
    nipd.api.put("/v4/rules/orders", rule(when="message.type == 'other'"))
    assert reply_of(nipd, {"type": "order"}).status == 202
    assert reply_of(nipd, {"type": "other"}).status == 200

    assert nipd.api.delete("/v4/rules/orders").status in (200, 204)
    assert nipd.api.get("/v4/rules/orders").status == 404
    assert reply_of(nipd, {"type": "other"}).status == 202


def test_every_change_is_a_new_generation(nipd):
    before = nipd.send({"type": "note"})["generation"]
    nipd.api.put("/v4/rules/orders", rule())
    assert nipd.send({"type": "note"})["generation"] > before


def test_rules_made_by_rest_are_there_after_a_restart(nipd):
    nipd.api.put("/v4/rules/orders", rule())
    nipd.restart()
    assert reply_of(nipd, {"type": "order"}).status == 200
    nipd.kill9()
    nipd.start()
    assert nipd.api.get("/v4/rules/orders").status == 200


def test_a_rule_with_the_id_of_one_in_a_file_is_409(nipd):
    answer = nipd.api.put("/v4/rules/echo", rule())
    assert answer.status == 409
    assert "rules.yaml" in answer.problem["detail"]
    assert nipd.api.delete("/v4/rules/echo").status == 409


BAD_RULES = {
    "syntax": (rule(when="message.type == 'x' &&"), "1:"),
    "type": (rule(when="message.type == 3"), "1:"),
    "unknown name": (rule(when="mesage.type == 'x'"), "message"),
    "no bool": (rule(when="message.type + 'x'"), "bool"),
    "unknown plugin": (rule(to=["ecko"]), "echo"),
    "unknown key": ({**rule(), "prioritty": 3}, "priority"),
    "no target": ({"when": "true"}, "to"),
    "bad duration": (rule(timeout="soon"), "timeout"),
    "bad strategy": (rule(strategy="random"), "strategy"),
}


@pytest.mark.parametrize("name", BAD_RULES)
def test_a_bad_rule_is_400_with_the_place_and_the_old_set_stays(nipd, name):
    document, word = BAD_RULES[name]
    before = nipd.send({"type": "note"})["generation"]
    answer = nipd.api.put("/v4/rules/bad", document)
    assert answer.status == 400, answer
    assert word in answer.problem["detail"]
    assert nipd.api.get("/v4/rules/bad").status == 404
    assert reply_of(nipd, {"type": "echo"}).status == 200
    assert nipd.send({"type": "note"})["generation"] == before


def test_an_expression_that_is_wrong_is_shown_with_a_caret(nipd):
    detail = nipd.api.put("/v4/rules/bad", rule(when="message.type = 'x'")).problem["detail"]
    assert "message.type = 'x'" in detail and "^" in detail


def test_the_list_is_paged_and_names_where_a_rule_is_from(nipd):
    for n in range(25):
        nipd.api.put(f"/v4/rules/r{n:02}", rule())
    page = nipd.api.get("/v4/rules?limit=10").json
    assert len(page["items"]) == 10 and page["next"]
    every = nipd.api.items("/v4/rules?limit=10")
    assert {item["id"] for item in every} == {"echo"} | {f"r{n:02}" for n in range(25)}
    assert len(every) == 26


def test_a_message_can_be_tried_without_effect(nipd):
    before = nipd.send({"type": "note"})["seq"]
    answer = nipd.api.post("/v4/rules:test", {"message": {"type": "echo.x"}})
    assert answer.status == 200, answer
    assert "echo" in answer.body.decode()
    candidate = {"id": "draft", "when": "message.data.n > 5", "to": ["sink"]}
    tried = nipd.api.post("/v4/rules:test", {"message": {"type": "a", "data": {"n": 6}}, "rules": [candidate]})
    assert tried.status == 200 and "draft" in tried.body.decode()
    assert nipd.api.get("/v4/rules/draft").status == 404
    assert nipd.send({"type": "note"})["seq"] == before + 1


def test_one_bad_rule_in_a_file_among_many_is_named_by_file_and_line(daemons):
    rules = [{"id": f"r{n}", "when": f"message.type == 't{n}'", "to": ["echo"]} for n in range(1000)]
    rules[500]["when"] = "message.type == "
    nipd = daemons(rules=rules, start=False)
    from daemon import run_nipd
    ended = run_nipd("--config", nipd.config_path, "--check", cwd=nipd.folder)
    assert ended.returncode != 0
    text = ended.stdout + ended.stderr
    assert "r500" in text and "rules.yaml:" in text


def test_messages_in_flight_while_rules_change_are_all_answered(nipd):
    import concurrent.futures

    def change(n):
        return nipd.api.put("/v4/rules/moving", rule(when=f"message.type == 'm{n}'")).status

    def ask(n):
        return reply_of(nipd, {"type": "echo", "data": n}).json["data"]

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        changes = [pool.submit(change, n) for n in range(20)]
        asked = [pool.submit(ask, n) for n in range(200)]
        assert [each.result() for each in asked] == list(range(200))
        assert {each.result() for each in changes} <= {200, 201}


def test_two_rules_for_the_same_plugin_deliver_once(daemons, webhook):
    nipd = daemons(config={"plugins": {"hook": {"use": "http", "config": {"url": webhook.url}}}},
                   rules=[{"id": "a", "when": "true", "to": ["hook"], "priority": 5},
                          {"id": "b", "when": "message.type == 'x'", "to": ["hook"]},
                          {"id": "end", "when": "message.type == 'end'", "to": ["hook"]}])
    nipd.send({"id": "one", "type": "x"})
    nipd.send({"id": "two", "type": "end"})
    eventually(lambda: "two" in webhook.ids and "one" in webhook.ids)
    eventually(lambda: all(nipd.api.get(f"/v4/messages/{i}").json["state"] == "done" for i in ("one", "two")))
    assert sorted(webhook.ids) == ["one", "two"]


def test_stop_ends_the_matching(daemons):
    nipd = daemons(rules=[{"id": "first", "when": "true", "to": ["sink"], "priority": 10, "stop": True},
                          {"id": "second", "when": "true", "to": ["echo"]}])
    sent = nipd.send({"type": "x"})
    (delivery,) = nipd.api.get(f"/v4/messages/{sent['id']}").json["deliveries"]
    assert delivery["rule"] == "first"
