"""`nip journal` on the folder of a real nipd: looked at, backed up under load, put back and served."""

import json
import subprocess
import threading

from daemon import BIN
from patience import DEADLINE_S, eventually

KEEP = [{"id": "hook", "when": "true", "to": ["hook"],
         "retry": {"attempts": 1000, "backoff": "10ms", "max_backoff": "100ms"}}]


def journal(*arguments):
    """`nip journal`; what came, with its JSON read."""
    done = subprocess.run([BIN / "nip", "--json", "journal", *map(str, arguments)], capture_output=True, text=True,
                          timeout=DEADLINE_S)
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    done.json = lines[0] if len(lines) == 1 else lines
    return done


def hooked(daemons, webhook, **more):
    return daemons(config={"plugins": {"hook": {"use": "http", "config": {"url": webhook.url}}}}, rules=KEEP, **more)


class Load:
    """Messages one behind the other from a thread; `acknowledged` are their ids."""

    def __init__(self, nipd):
        self.nipd = nipd
        self.acknowledged = []
        self.stopping = threading.Event()
        self.thread = threading.Thread(target=self._run)
        self.thread.start()

    def _run(self):
        n = 0
        while not self.stopping.is_set():
            batch = [{"id": f"m-{n + k}", "type": "note", "data": "x" * 2000} for k in range(50)]
            answer = self.nipd.api.post("/v4/messages:batch", batch)
            if answer.status in (200, 202, 207):
                self.acknowledged += [each["id"] for each in batch]
            n += len(batch)

    def stop(self):
        self.stopping.set()
        self.thread.join(DEADLINE_S)


def test_backup_of_a_loaded_nipd_is_restored_and_served_with_all_that_was_acknowledged(daemons, webhook):
    webhook.answer = lambda body: (503, {}, b"")
    nipd = hooked(daemons, webhook)
    load = Load(nipd)
    try:
        eventually(lambda: len(load.acknowledged) >= 1500)
        before = list(load.acknowledged)
        saved = nipd.folder / "saved"
        done = journal("backup", nipd.journal, saved)
        assert done.returncode == 0, done.stderr
        assert done.json["messages"] >= len(before)
        assert done.json["damaged"] == []
        goal = len(load.acknowledged) + 100
        eventually(lambda: len(load.acknowledged) >= goal)
    finally:
        load.stop()
    assert journal("verify", saved).json["sound"]
    nipd.kill9()

    other = hooked(daemons, webhook, start=False)
    done = journal("restore", saved, other.journal)
    assert done.returncode == 0, done.stderr
    webhook.answer = lambda body: (200, {}, b"")
    other.start()
    eventually(lambda: set(before) <= set(webhook.ids), "everything acknowledged before the backup to be delivered")
    assert other.send({"id": "after", "type": "note"})["seq"] >= done.json["next_seq"]


def test_inspect_and_verify_read_a_running_nipd_and_say_who_has_it(daemons, webhook):
    nipd = hooked(daemons, webhook)
    sent = [nipd.send({"id": f"i-{n}", "type": "note"})["id"] for n in range(5)]
    eventually(lambda: set(webhook.ids) == set(sent))
    seen = journal("inspect", nipd.journal).json
    assert seen["held_by"] == f"process {nipd.pid}"
    assert seen["messages"] == 5
    assert seen["segments"][0]["seqs"] == [1, 5]
    assert seen["damaged"] == []
    records = journal("inspect", nipd.journal, "--records", 1000).json
    shown = [json.loads(each["envelope"])["id"] for each in records if each["kind"] == "message"]
    assert shown == sent
    assert len(journal("inspect", nipd.journal, "--records", 3, "--segment", 1).json) == 3
    assert journal("inspect", nipd.journal, "--segment", 77).returncode == 1
    checked = journal("verify", nipd.journal)
    assert checked.returncode == 0
    assert checked.json["held_by"] == f"process {nipd.pid}"
    for verb in (["repair"], ["repair", "--dry-run"]):
        refused = journal(*verb, nipd.journal)
        assert refused.returncode == 1
        assert f"process {nipd.pid}" in refused.stderr
    assert nipd.api.get("/health/ready").status == 200


def test_a_flipped_byte_is_found_with_its_place_and_repair_keeps_a_copy(daemons, webhook):
    nipd = hooked(daemons, webhook)
    for n in range(20):
        nipd.send({"id": f"f-{n}", "type": "note", "data": "x" * 500})
    nipd.stop()
    segment = nipd.journal / "000000000001.segment"
    data = bytearray(segment.read_bytes())
    place = data.index(b'"f-7"')
    data[place] ^= 0x20
    segment.write_bytes(data)
    found = journal("verify", nipd.journal)
    assert found.returncode == 1
    [damage] = found.json["damaged"]
    assert damage["file"] == str(segment)
    assert damage["offset"] <= place < damage["offset"] + damage["bytes"]
    assert "checksum" in damage["reason"]

    shown = journal("repair", nipd.journal, "--dry-run")
    assert shown.returncode == 0 and not shown.json["done"]
    assert not (nipd.journal / "quarantine").exists()
    assert journal("repair", nipd.journal).json["done"]
    [kept] = (nipd.journal / "quarantine").iterdir()
    assert kept.read_bytes() == bytes(data[damage["offset"]:damage["offset"] + damage["bytes"]])
    assert segment.read_bytes() == bytes(data)
    nipd.start()
    assert nipd.api.get("/v4/messages/f-8").status == 200


def test_nothing_is_written_over(daemons, webhook):
    nipd = hooked(daemons, webhook)
    nipd.send({"type": "note"})
    saved = nipd.folder / "saved"
    assert journal("backup", nipd.journal, saved).returncode == 0
    again = journal("backup", nipd.journal, saved)
    assert again.returncode == 1 and "not empty" in again.stderr
    onto = journal("restore", saved, nipd.journal)
    assert onto.returncode == 1 and "not empty" in onto.stderr
    assert nipd.api.get("/health/ready").status == 200


def test_a_restore_that_failed_leaves_nothing_that_nipd_would_serve(daemons, webhook):
    nipd = hooked(daemons, webhook)
    nipd.send({"id": "one", "type": "note"})
    saved = nipd.folder / "saved"
    assert journal("backup", nipd.journal, saved).returncode == 0
    segment = saved / "000000000001.segment"
    data = bytearray(segment.read_bytes())
    data[data.index(b'"one"')] ^= 0x20
    segment.write_bytes(data)
    assert any("manifest" in each["reason"] for each in journal("verify", saved).json["damaged"])
    other = hooked(daemons, webhook, start=False)
    refused = journal("restore", saved, other.journal)
    assert refused.returncode == 1
    assert "000000000001.segment" in refused.stderr
    ended = subprocess.run([BIN / "nipd", "--config", other.config_path], cwd=other.folder, capture_output=True,
                           text=True, timeout=DEADLINE_S)
    assert ended.returncode != 0
    assert "did not finish" in ended.stdout + ended.stderr


def test_changes_stand_in_the_audit_trail_over_restarts(daemons):
    nipd = daemons()
    assert nipd.api.put("/v4/rules/mine", {"when": "true", "to": ["echo"]}).status == 200
    assert nipd.api.put("/v4/rules/bad", {"when": "(", "to": ["echo"]}).status == 400
    nipd.stop()
    nipd.start()
    assert nipd.api.delete("/v4/rules/mine").status == 204
    entries = nipd.api.get("/v4/audit").json["items"]
    assert [(each["what"], each["object"], each["seq"]) for each in entries] == [
        ("rule.delete", "mine", 3), ("rule.put", "bad", 2), ("rule.put", "mine", 1)]
    assert entries[1]["outcome"].startswith("parse: ") and entries[0]["outcome"] == "done"
    shown = subprocess.run([BIN / "nip", "audit", "--limit", "1", "--server", nipd.url], capture_output=True, text=True,
                           timeout=DEADLINE_S).stdout
    assert "rule.delete" in shown and "rule.put" not in shown
    nipd.stop()
    checked = journal("verify", nipd.journal)
    assert checked.json["audit_entries"] == 3 and checked.json["audit_broken"] is None
