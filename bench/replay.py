#!/usr/bin/env python3
"""How fast a journal is replayed to a target: fills one with messages of 256 bytes, restarts nipd, replays all of it to
the plugin `sink`, as fast as there is room, at the level asked for. One line a run; the journal grows by what a run
sends, but each run replays the same messages.

    bench/replay.py --bin build/release/bin --directory /var/tmp --messages 1000000 --runs 5
"""

import argparse
import http.client
import json
import pathlib
import re
import shutil
import signal
import statistics
import subprocess
import tempfile
import time

DEADLINE_S = 120  # for any one step
BATCH = 1000

CONFIG = """
api_gateway: {{ address: "127.0.0.1:0" }}
services:
  message_router: {{ replicas: 1, rules: "rules.d/*.yaml" }}
  event_bus: {{ ack: {level} }}
  observability: {{ log: {{ level: warning }} }}
"""
RULES = """rules:
  - { id: all, to: sink, when: message.type == "fill" }
"""


class Daemon:
    """nipd in a folder, until stop()."""

    def __init__(self, bin_dir, folder):
        self.process = subprocess.Popen([bin_dir / "nipd", "--config", folder / "nip.yaml"], cwd=folder,
                                        stdout=subprocess.PIPE, text=True)
        self.address = None
        for line in self.process.stdout:
            found = re.search(r"listening on http://(\S+)", line)
            if found:
                self.address = found[1]
            if "started in" in line:
                break
        if self.address is None:
            raise SystemExit("replay: nipd did not say where it listens")

    def ask(self, verb, path, body=None, kind="application/json"):
        connection = http.client.HTTPConnection(self.address, timeout=DEADLINE_S)
        connection.request(verb, path, body, {"Content-Type": kind} if body else {})
        answer = connection.getresponse()
        text = answer.read()
        connection.close()
        if answer.status >= 300:
            raise SystemExit(f"replay: {verb} {path}: {answer.status} {text.decode()}")
        return json.loads(text)

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(DEADLINE_S)


def message(number):
    head = f'{{"type":"fill","id":"m-{number}","source":"bench","data":{{"n":{number},"text":"'
    return head + "x" * (256 - len(head) - 3) + '"}}'


def fill(daemon, count):
    for first in range(0, count, BATCH):
        lines = "\n".join(message(n) for n in range(first, min(first + BATCH, count)))
        daemon.ask("POST", "/v4/messages:batch", lines, "application/x-ndjson")


def replay(daemon, last):
    job = daemon.ask("POST", "/v4/replay", json.dumps({"from": "1", "to": str(last), "target": "sink", "rate": 0}))
    begun = time.monotonic()
    while time.monotonic() < begun + DEADLINE_S:
        said = daemon.ask("GET", f"/v4/replay/{job['id']}")
        if said["state"] not in ("running", "waiting"):
            return said
        time.sleep(0.02)
    raise SystemExit(f"replay: not done within {DEADLINE_S} s")


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--bin", type=pathlib.Path, default=pathlib.Path("build/release/bin"))
    options.add_argument("--directory", default=None, help="where the journal lies; default: the temporary directory")
    options.add_argument("--messages", type=int, default=500_000)
    options.add_argument("--runs", type=int, default=5)
    options.add_argument("--level", default="fsync", choices=["memory", "buffered", "fsync"])
    chosen = options.parse_args()
    folder = pathlib.Path(tempfile.mkdtemp(prefix="nip-replay-", dir=chosen.directory))
    daemon = None
    try:
        (folder / "rules.d").mkdir()
        (folder / "rules.d" / "all.yaml").write_text(RULES)
        (folder / "nip.yaml").write_text(CONFIG.format(level="fsync"))
        daemon = Daemon(chosen.bin.resolve(), folder)
        fill(daemon, chosen.messages)
        daemon.stop()
        (folder / "nip.yaml").write_text(CONFIG.format(level=chosen.level))
        daemon = Daemon(chosen.bin.resolve(), folder)
        rates = []
        for _ in range(chosen.runs):
            said = replay(daemon, chosen.messages)
            if said["state"] != "done" or said["sent"] != chosen.messages:
                raise SystemExit(f"replay: {said}")
            rates.append(said["rate"])
            print(f"{said['sent']} messages, {said['rate']:,.0f} a second, waited {said['waits']} times", flush=True)
        print(f"median {statistics.median(rates):,.0f} a second ({min(rates):,.0f} to {max(rates):,.0f})")
        daemon.stop()
    finally:
        if daemon and daemon.process.poll() is None:
            daemon.process.kill()
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
