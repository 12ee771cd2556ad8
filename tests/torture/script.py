"""A short life of nipd that touches every kind of file it has, the same each time, and what must hold after it."""

import http.client

from patience import DEADLINE_S, eventually

MESSAGES = 14
BATCH = 6
FAT_BYTES = 48 * 1024  # with small segments: each takes one of its own
CONFIG = {"services": {"event_bus": {"segment_bytes": "64Ki"}}}
GONE = (OSError, http.client.HTTPException, AssertionError)


class Script:
    """What was sent, what was acknowledged, and what was answered otherwise."""

    def __init__(self, nipd):
        self.nipd = nipd
        self.acknowledged = []
        self.sent = []
        self.refusals = []
        self.rule_kept = False
        self.disk_failed = lambda: False
        self.late = []  # acknowledged although the disk had failed before they were sent

    def run(self, once_listening=lambda: None):
        """Starts nipd and does everything, as far as nipd lives. True when it lived through all of it."""
        nipd = self.nipd
        nipd.spawn()
        eventually(lambda: nipd.listening.is_set() or nipd.process.poll() is not None, "listening, or an end")
        if not nipd.listening.is_set():
            return False
        once_listening()
        try:
            for n in range(MESSAGES):
                self.send(self.envelope(f"m{n}", FAT_BYTES if n % 5 == 4 else 10))
            self.send_batch([self.envelope(f"b{n}", 10) for n in range(BATCH)])
            kept = nipd.api.put("/v4/rules/extra", {"when": "message.type == 'extra'", "to": ["sink"]})
            self.rule_kept = kept.status in (200, 201)
            if not self.rule_kept:
                self.refusals.append(kept)
            self.send(self.envelope("last", 10))
        except GONE:
            return False
        return True

    @staticmethod
    def envelope(message, data_bytes):
        return {"id": message, "type": "torture", "data": "x" * data_bytes}

    def send(self, envelope):
        self.sent.append(envelope)
        failed = self.disk_failed()
        answer = self.nipd.api.post("/v4/messages", envelope)
        if answer.status == 202:
            self.acknowledged.append(envelope["id"])
            self.late += [envelope["id"]] if failed else []
        else:
            self.refusals.append(answer)
        return answer

    def send_batch(self, envelopes):
        self.sent += envelopes
        answer = self.nipd.api.post("/v4/messages:batch", envelopes)
        if answer.status not in (202, 207):
            return self.refusals.append(answer)
        for envelope, item in zip(envelopes, answer.json["items"]):
            if "problem" not in item:
                self.acknowledged.append(envelope["id"])

    def verify(self, at):
        """Starts nipd again, whole; sends again what nobody answered; everything has exactly one effect."""
        nipd = self.nipd
        nipd.start()
        for envelope in self.sent:
            answer = nipd.api.post("/v4/messages", envelope)
            assert answer.status == 202, (at, answer)
            if envelope["id"] in self.acknowledged:
                assert answer.json.get("duplicate") is True, (at, f"{envelope['id']} was lost", answer)
        ids = {envelope["id"] for envelope in self.sent}
        eventually(lambda: not nipd.sinks.missing(ids), f"{at}: every message at both sinks", DEADLINE_S)
        if self.rule_kept:
            assert nipd.api.get("/v4/rules/extra").status == 200, (at, "the rule was lost")
        nipd.stop()
        assert set(nipd.sinks.effected().values()) <= {1}, (at, nipd.sinks.effected())
        assert nipd.sinks.reused_deliveries() == set(), at
