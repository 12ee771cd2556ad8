"""Plugins as an operator handles them: drop in, replace, switch, configure, break."""

import os
import shutil
import subprocess

import pytest

from daemon import BIN, TEST_PLUGINS
from patience import eventually

SOURCE = """
#include <nip/plugin.hpp>
class {name} : public nip::plugin {{
 public:
  void handle(const nip::message&, nip::result& out) override {{ out.reply("answer", R"({{"version":"{version}"}})"); }}
}};
NIP_PLUGIN({name}, "{name}", "{version}", "A plugin made by a test")
"""


@pytest.fixture(scope="session")
def built(tmp_path_factory):
    """A compiler of one-file plugins."""
    folder = tmp_path_factory.mktemp("built")
    include = os.environ.get("NIP_INCLUDE_DIR", "include")
    sanitize = os.environ.get("NIP_SANITIZE")

    def build(name, version):
        out = folder / f"{name}-{version}.so"
        if not out.exists():
            source = folder / f"{name}-{version}.cpp"
            source.write_text(SOURCE.format(name=name, version=version))
            flags = [f"-fsanitize={sanitize}"] if sanitize else []
            subprocess.run(["c++", "-std=c++20", "-O0", "-fPIC", "-shared", *flags, "-I", include, "-o", out, source],
                           check=True, capture_output=True, text=True)
        return out

    return build


def answer_of(nipd, type="ask"):
    answer = nipd.api.post("/v4/messages", {"type": type}, {"Prefer": "wait=5"})
    return answer.json["data"]["version"] if answer.status == 200 else None


def plugin(nipd, name):
    answer = nipd.api.get(f"/v4/plugins/{name}")
    return answer.json if answer.status == 200 else None


def test_the_plugins_of_the_build_are_listed(nipd):
    names = {item["name"] for item in nipd.api.items("/v4/plugins")}
    assert {"echo", "sink", "transform", "http", "file"} <= names
    assert plugin(nipd, "echo")["version"]
    assert nipd.api.get("/v4/plugins/nobody").status == 404


def test_a_plugin_dropped_into_the_folder_is_live(nipd, built):
    nipd.drop_plugin("fresh", built("fresh", "1.0.0"))
    eventually(lambda: plugin(nipd, "fresh"))
    assert nipd.api.put("/v4/rules/ask", {"when": "message.type == 'ask'", "to": ["fresh"]}).status in (200, 201)
    assert answer_of(nipd) == "1.0.0"


def test_a_replaced_plugin_takes_over_without_losing_a_message(nipd, built):
    nipd.drop_plugin("fresh", built("fresh", "1.0.0"))
    eventually(lambda: plugin(nipd, "fresh"))
    nipd.api.put("/v4/rules/ask", {"when": "message.type == 'ask'", "to": ["fresh"]})
    assert answer_of(nipd) == "1.0.0"
    nipd.drop_plugin("fresh", built("fresh", "1.1.0"))
    seen = set()

    def moved():
        version = answer_of(nipd)
        assert version in ("1.0.0", "1.1.0"), version
        seen.add(version)
        return version == "1.1.0"

    eventually(moved)
    assert plugin(nipd, "fresh")["version"] == "1.1.0"
    assert nipd.api.items("/v4/dead-letters") == []


def test_disabled_it_takes_nothing_and_enabled_it_goes_on(daemons):
    nipd = daemons(rules=[{"id": "e", "when": "true", "to": ["echo"],
                           "retry": {"attempts": 1000, "backoff": "20ms", "max_backoff": "50ms"}}])
    answer = nipd.api.post("/v4/messages", {"type": "a"}, {"Prefer": "wait=5"})
    assert answer.status == 200
    assert nipd.api.post("/v4/plugins/echo:disable").status in (200, 202, 204)
    eventually(lambda: plugin(nipd, "echo")["enabled"] is False)
    held = nipd.api.post("/v4/messages", {"type": "b"}, {"Prefer": "wait=0"})
    assert held.status != 200
    assert nipd.api.post("/v4/plugins/echo:enable").status in (200, 202, 204)
    eventually(lambda: nipd.api.post("/v4/messages", {"type": "c"}, {"Prefer": "wait=5"}).status == 200)


def test_reload_loads_the_file_again(nipd):
    before = plugin(nipd, "echo")
    assert nipd.api.post("/v4/plugins/echo:reload").status in (200, 202, 204)
    eventually(lambda: plugin(nipd, "echo").get("reloads", 0) > before.get("reloads", 0))
    assert nipd.api.post("/v4/messages", {"type": "echo"}, {"Prefer": "wait=5"}).status == 200


def test_config_is_checked_against_the_schema(daemons, webhook):
    nipd = daemons(config={"plugins": {"hook": {"use": "http", "config": {"url": webhook.url}}}},
                   rules=[{"id": "h", "when": "true", "to": ["hook"]}])
    assert nipd.api.get("/v4/plugins/hook/config").json["url"] == webhook.url
    bad = nipd.api.put("/v4/plugins/hook/config", {"url": 5})
    assert bad.status == 400
    assert "url" in bad.problem["detail"]
    assert nipd.api.get("/v4/plugins/hook/config").json["url"] == webhook.url
    moved = webhook.url + "/moved"
    assert nipd.api.put("/v4/plugins/hook/config", {"url": moved}).status in (200, 202, 204)
    assert nipd.api.get("/v4/plugins/hook/config").json["url"] == moved
    sent = nipd.send({"type": "x"})
    eventually(lambda: sent["id"] in webhook.ids)


def mapped(nipd):
    """The files in the memory of the process."""
    with open(f"/proc/{nipd.process.pid}/maps") as maps:
        return maps.read()


def test_the_libraries_of_the_http_plugin_come_with_its_first_message(daemons, webhook):
    nipd = daemons(config={"plugins": {"hook": {"use": "http", "config": {"url": webhook.url, "secret": "s3cret"}}}},
                   rules=[{"id": "out", "when": "message.type == 'out'", "to": ["hook"]}])
    assert plugin(nipd, "hook") and plugin(nipd, "http")
    assert "libcurl" not in mapped(nipd)
    assert nipd.api.post("/v4/messages", {"type": "out"}).status == 202
    eventually(lambda: webhook.ids)
    assert "libcurl" in mapped(nipd)


def test_health_is_what_the_plugin_says(nipd):
    nipd.api.post("/v4/messages", {"type": "echo"}, {"Prefer": "wait=5"})
    answer = nipd.api.get("/v4/plugins/echo/health")
    assert answer.status == 200
    assert "healthy" in answer.body.decode()


def test_junk_in_the_folder_is_reported_and_harmless(daemons, built):
    nipd = daemons(start=False)
    (nipd.plugin_folder / "text.so").write_text("this is no library")
    (nipd.plugin_folder / "README.md").write_text("# nothing")
    whole = built("fresh", "1.0.0").read_bytes()
    (nipd.plugin_folder / "torn.so").write_bytes(whole[: len(whole) // 2])
    shutil.copyfile(built("fresh", "1.0.0"), nipd.plugin_folder / "fresh.so")
    nipd.start()
    assert plugin(nipd, "fresh")
    assert nipd.api.post("/v4/messages", {"type": "echo"}, {"Prefer": "wait=5"}).status == 200
    story = nipd.story()
    assert "text.so" in story and "torn.so" in story


def test_a_plugin_of_another_abi_is_refused_with_both_versions(daemons):
    nipd = daemons(start=False)
    nipd.drop_plugin("wrong_major")
    nipd.start()
    assert "wrong_major" in nipd.story()
    assert nipd.api.get("/health/ready").status == 200


@pytest.mark.parametrize("name", ["throws", "garbage_status"])
def test_a_misbehaving_plugin_makes_dead_letters_that_name_it(daemons, name):
    if not (TEST_PLUGINS / f"{name}.so").exists():
        pytest.skip(f"the build has no plugin {name}")
    nipd = daemons(start=False, rules=[{"id": "r", "when": "message.type == 'poison'", "to": [name],
                                        "retry": {"attempts": 2, "backoff": "5ms", "max_backoff": "10ms"}}])
    nipd.drop_plugin(name)
    nipd.start()
    nipd.send({"type": "poison"})
    (letter,) = eventually(lambda: nipd.api.items("/v4/dead-letters"))
    assert letter["target"] == name and letter["error"]
    assert nipd.api.get("/health/live").status == 200


def test_a_plugin_that_never_completes_ends_by_the_timeout(daemons):
    if not (TEST_PLUGINS / "never_completes.so").exists():
        pytest.skip("the build has no plugin never_completes")
    nipd = daemons(start=False, config={"services": {"plugin_orchestrator": {"delivery": {"attempt_timeout": "100ms"}}}},
                   rules=[{"id": "r", "when": "message.type == 'x'", "to": ["never_completes"],
                           "retry": {"attempts": 2, "backoff": "5ms", "max_backoff": "10ms"}}])
    nipd.drop_plugin("never_completes")
    nipd.start()
    nipd.send({"type": "x"})
    (letter,) = eventually(lambda: nipd.api.items("/v4/dead-letters"))
    assert letter["attempts"] == 2


def test_a_slow_pool_plugin_does_not_hold_up_others(daemons):
    nipd = daemons(start=False, shards=1, config={"plugins": {"slow": {"config": {"delay_ms": 300}}}},
                   rules=[{"id": "s", "when": "message.type == 'slow'", "to": ["slow"]},
                          {"id": "e", "when": "message.type == 'echo'", "to": ["echo"]}])
    nipd.drop_plugin("slow")
    nipd.start()
    import time
    for _ in range(5):
        nipd.send({"type": "slow"})
    began = time.monotonic()
    for _ in range(10):
        assert nipd.api.post("/v4/messages", {"type": "echo"}, {"Prefer": "wait=5"}).status == 200
    assert time.monotonic() - began < 1.4  # five slow ones one after the other take 1.5 s


def test_an_unknown_plugin_in_the_config_is_a_warning_with_the_nearest(daemons):
    from daemon import run_nipd
    nipd = daemons(start=False, config={"plugins": {"ecko": {}}})
    ended = run_nipd("--config", nipd.config_path, "--check", cwd=nipd.folder)
    assert ended.returncode == 0
    assert "warning" in ended.stdout and 'did you mean "echo"?' in ended.stdout


def test_the_file_plugin_writes_ndjson(daemons, tmp_path):
    import json
    target = tmp_path / "out"
    nipd = daemons(config={"plugins": {"archive": {"use": "file", "config": {"directory": str(target), "path": "messages.ndjson"}}}},
                   rules=[{"id": "a", "when": "true", "to": ["archive"]}])
    sent = [nipd.send({"type": "note", "data": n})["id"] for n in range(10)]

    def lines():
        text = (target / "messages.ndjson").read_text() if (target / "messages.ndjson").exists() else ""
        return [json.loads(line)["id"] for line in text.splitlines()]

    eventually(lambda: sorted(lines()) == sorted(sent))


def test_the_binary_finds_its_plugins_beside_it():
    assert (BIN / "plugins" / "echo.so").exists()
