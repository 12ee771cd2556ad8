"""Two sinks behind every message: one that writes down every delivery, one that is idempotent."""

import fcntl
from collections import Counter

from daemon import merged


class Gate:
    """While it is closed the sink that writes down everything takes nothing. Open at first."""

    def __init__(self, path):
        self.path = path
        self.held = None

    def close(self):
        self.held = open(self.path, "w")
        fcntl.flock(self.held, fcntl.LOCK_EX)

    def open(self):
        self.held.close()
        self.held = None


class Sinks:
    """`all` has a line for each delivery that came; `effects` one for each delivery id."""

    def __init__(self, nipd, config):
        self.all = nipd.folder / "all.txt"
        self.effects = nipd.folder / "effects.txt"
        self.gate = Gate(nipd.folder / "gate")
        nipd.drop_plugin("recorder")
        nipd.configure(merged({
            "services": {"observability": {"log": {"level": "info"}}},
            "plugins": {
                "recorder": {"enabled": False},
                "all": {"use": "recorder", "config": {"path": str(self.all), "gate": str(self.gate.path)}},
                "effects": {"use": "recorder", "config": {"path": str(self.effects), "once": True}},
            }}, config))
        nipd.write_rules([{"id": "everything", "when": "true", "to": ["all", "effects"],
                           "retry": {"attempts": 1000, "backoff": "10ms", "max_backoff": "100ms"}}])

    @staticmethod
    def lines(path):
        """(delivery id, message id) of every whole line."""
        if not path.exists():
            return []
        text = path.read_text()
        return [tuple(line.split(" ")) for line in text[:text.rfind("\n") + 1].splitlines()]

    def came(self):
        """How often each message id came."""
        return Counter(message for _, message in self.lines(self.all))

    def effected(self):
        """How many effects each message id had."""
        return Counter(message for _, message in self.lines(self.effects))

    def reused_deliveries(self):
        """Delivery ids that stood for more than one message."""
        first, reused = {}, set()
        for delivery, message in self.lines(self.all) + self.lines(self.effects):
            if first.setdefault(delivery, message) != message:
                reused.add((delivery, first[delivery], message))
        return reused

    def missing(self, ids):
        """Those of `ids` that either sink has not seen."""
        return set(ids) - (set(self.came()) & set(self.effected()))
