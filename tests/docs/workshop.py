"""A folder in which the examples of one document are run, with the programs of this build at hand."""

import os
import re
import select
import shutil
import signal
import subprocess
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(os.environ.get("NIP_BIN_DIR", ROOT / "build" / "dev" / "bin"))
START_S = 60
STEP_S = 120
PUBLISHED = "127.0.0.1:8080"  # what documents write; replaced by the port that nipd got


class Workshop:
    """Holds the folder and, once started, a nipd of its own. close() ends it."""

    def __init__(self, folder):
        self.folder = folder
        self.daemon = None
        self.address = PUBLISHED

    def environment(self):
        return {**os.environ, "PATH": f"{BIN}:{os.environ['PATH']}", "NIP_SERVER": f"http://{self.address}",
                "NIP_INCLUDE": str(ROOT / "include"), "NIP_ROOT": str(ROOT)}

    def local(self, text):
        return text.replace(PUBLISHED, self.address).replace("localhost:8080", self.address)

    def write(self, name, text):
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def sh(self, text):
        """Output of the lines, run as they stand; a failing line fails the test. A leading `$ ` is dropped."""
        script = "set -e\n" + re.sub(r"^\$ ", "", self.local(text), flags=re.MULTILINE)
        run = subprocess.run(["bash", "-c", script], cwd=self.folder, env=self.environment(), text=True,
                             stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=STEP_S)
        assert run.returncode == 0, f"exit code {run.returncode}:\n{run.stdout}"
        return run.stdout

    def check(self, config):
        """nipd --check over a configuration in the folder."""
        run = subprocess.run([BIN / "nipd", "--config", config, "--check"], cwd=self.folder, text=True,
                             env=self.environment(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=STEP_S)
        assert run.returncode == 0, run.stdout

    def compile_plugin(self, name, source):
        self.write(f"{name}.cpp", source)
        (self.folder / "plugins").mkdir(exist_ok=True)
        run = subprocess.run([os.environ.get("CXX", "c++"), "-std=c++20", "-Wall", "-Werror", "-fPIC", "-shared",
                              f"-I{ROOT / 'include'}", f"{name}.cpp", "-o", f"plugins/{name}.so"],
                             cwd=self.folder, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=STEP_S)
        assert run.returncode == 0, run.stdout

    def sh_until(self, text):
        """The same, again and again until every line succeeds: for what nipd does in a moment of its own."""
        end = time.monotonic() + START_S
        while True:
            try:
                return self.sh(text)
            except AssertionError:
                if time.monotonic() > end:
                    raise
                select.select([], [], [], 0.05)

    def start_samples(self):
        """Makes the folder look like the repository (config/, include/) and starts nipd as `make run` does."""
        shutil.copytree(ROOT / "config", self.folder / "config", ignore=shutil.ignore_patterns("plugins", "data"))
        (self.folder / "include").symlink_to(ROOT / "include")
        self.launch("config/nip.yaml", {"NIP_ADDRESS": "127.0.0.1:0"})

    def start(self):
        """Starts nipd over nip.yaml of the folder (made when there is none) on a free port."""
        config = self.folder / "nip.yaml"
        text = config.read_text() if config.exists() else ""
        if "address:" in text:
            config.write_text(re.sub(r'address: *"?[^\s,}"]+"?', 'address: "127.0.0.1:0"', text))
        else:
            config.write_text(f'api_gateway: {{ address: "127.0.0.1:0" }}\n{text}')
        self.launch("nip.yaml", {})

    def launch(self, config, more):
        """Starts nipd and waits until its banner names the address."""
        self.daemon = subprocess.Popen([BIN / "nipd", "--config", config], cwd=self.folder, text=True,
                                       env={**self.environment(), **more},
                                       stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        said = ""
        # Read from the descriptor: lines that a buffered reader already holds do not wake select().
        while select.select([self.daemon.stdout], [], [], START_S)[0]:
            piece = os.read(self.daemon.stdout.fileno(), 65536).decode(errors="replace")
            said += piece
            if found := re.search(r"listening on http://([\w.:\[\]]+)\n", said):
                self.address = found.group(1)
                return
            if not piece:
                break
        raise AssertionError(f"nipd did not start:\n{said}")

    def close(self):
        if self.daemon is None:
            return
        self.daemon.send_signal(signal.SIGTERM)
        said, _ = self.daemon.communicate(timeout=STEP_S)
        assert self.daemon.returncode == 0, f"nipd ended with {self.daemon.returncode}:\n{said}"
