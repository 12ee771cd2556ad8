"""A real nipd in a folder of its own: start, kill, restart, stop."""

import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import threading

from api import Api
from patience import DEADLINE_S, eventually

BIN = pathlib.Path(os.environ.get("NIP_BIN_DIR", "build/dev/bin"))
TEST_PLUGINS = pathlib.Path(os.environ.get("NIP_TEST_PLUGINS", BIN.parent / "tests" / "plugins"))


def merged(base, over):
    """`base` with the keys of `over` put in, map by map."""
    if not isinstance(base, dict) or not isinstance(over, dict):
        return over
    return {**base, **{key: merged(base.get(key), value) for key, value in over.items()}}


class Nipd:
    """One data folder and, while started, one process on it. The port is the kernel's choice at each start."""

    def __init__(self, folder, config=None, rules=None, shards=2):
        self.folder = pathlib.Path(folder)
        self.plugin_folder = self.folder / "plugins"
        self.rules_folder = self.folder / "rules.d"
        self.journal = self.folder / "data" / "journal"
        self.log_path = self.folder / "nipd.log"
        self.process = None
        self.banner = []
        self.shards = shards
        self.environment = {}  # on top of the test's own, at each start
        self.plugin_folder.mkdir(parents=True, exist_ok=True)
        self.rules_folder.mkdir(exist_ok=True)
        self.configure(config or {})
        self.write_rules(rules or [])

    # what it runs on

    @property
    def config_path(self):
        return self.folder / "nip.yaml"

    def configure(self, config):
        """Writes nip.yaml: the tests' defaults with `config` on top. JSON is YAML."""
        defaults = {
            "environment": "development",
            "api_gateway": {"address": "127.0.0.1:0"},
            "services": {
                "message_router": {"replicas": self.shards, "rules": "rules.d/*.yaml"},
                "plugin_orchestrator": {"directory": str(self.plugin_folder), "watch": True},
                "event_bus": {"path": str(self.journal)},
                "state_management": {"path": str(self.folder / "data" / "state.db")},
                "observability": {"log": {"level": "debug"}},
            },
        }
        self.config_path.write_text(json.dumps(merged(defaults, config), indent=2))

    def write_rules(self, rules, name="rules.yaml"):
        (self.rules_folder / name).write_text(json.dumps({"rules": rules}, indent=2))

    def drop_plugin(self, name, source=None):
        """Puts a .so into the plugin folder as a careful operator does: complete, then renamed."""
        source = pathlib.Path(source or TEST_PLUGINS / f"{name}.so")
        half = self.plugin_folder / f".{name}.so.tmp"
        shutil.copyfile(source, half)
        half.rename(self.plugin_folder / f"{name}.so")

    # its life

    def start(self):
        self.spawn()
        eventually(lambda: self.listening.is_set() or self.process.poll() is not None, "the line \"listening on\"")
        assert self.process.poll() is None, f"nipd ended with {self.process.returncode}\n{self.story()}"
        return self

    def spawn(self):
        """A process that may still fail to start."""
        self.log = open(self.log_path, "ab")
        self.process = subprocess.Popen(
            [BIN / "nipd", "--config", self.config_path], env={**os.environ, **self.environment},
            cwd=self.folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=self.log, text=True,
        )
        self.banner = []
        self.listening = threading.Event()
        self.reader = threading.Thread(target=self._read_banner, args=(self.process.stdout,), daemon=True)
        self.reader.start()

    def _read_banner(self, stream):
        for line in stream:
            self.banner.append(line)
            found = re.search(r"listening on http://([0-9.]+|\[[0-9a-f:]+\]):(\d+)", line)
            if found and not self.listening.is_set():
                self.port = int(found.group(2))
                self.listening.set()

    def stop(self, code=0):
        """SIGTERM, as a service manager does; asserts the exit code."""
        self.process.send_signal(signal.SIGTERM)
        try:
            got = self.process.wait(DEADLINE_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise AssertionError(f"nipd does not end after SIGTERM\n{self.story()}") from None
        self._release()
        assert got == code, f"nipd ended with {got}, expected {code}\n{self.story()}"

    def kill9(self):
        self.process.kill()
        self.process.wait()
        self._release()

    def ended(self, within_s=DEADLINE_S):
        """Waits for the process to end by itself; its exit code, negative for a signal."""
        try:
            code = self.process.wait(within_s)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"nipd did not end in {within_s} s\n{self.story()}") from None
        self._release()
        return code

    def restart(self):
        if self.process is not None:
            self.stop()
        return self.start()

    def _release(self):
        self.reader.join(DEADLINE_S)
        self.process.stdout.close()
        self.log.close()
        self.process = None

    @property
    def pid(self):
        return self.process.pid

    def story(self):
        """Banner and log, for a failure."""
        return "".join(self.banner) + "\n" + self.log_path.read_text(errors="replace")[-8000:]

    # what it answers

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    @property
    def api(self):
        return Api("127.0.0.1", self.port)

    def send(self, envelope, **headers):
        """One message that must be accepted; the acknowledgement."""
        answer = self.api.post("/v4/messages", envelope, headers)
        assert answer.status == 202, answer
        return answer.json


def run_nipd(*arguments, cwd=None):
    """nipd for a moment: exit code and output."""
    return subprocess.run([BIN / "nipd", *map(str, arguments)], cwd=cwd, capture_output=True, text=True,
                          timeout=DEADLINE_S)


def run_nip(nipd, *arguments, stdin=""):
    """The command `nip` against this server."""
    return subprocess.run([BIN / "nip", *map(str, arguments), "--server", nipd.url], input=stdin,
                          capture_output=True, text=True, timeout=DEADLINE_S)
