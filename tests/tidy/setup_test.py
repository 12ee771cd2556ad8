"""scripts/setup on machines that lack things, played by fakes of dpkg-query, apt-get and sudo."""

import os
import subprocess

import pytest

from tree import ROOT

SETUP = ROOT / "scripts" / "setup"


class Machine:
    """A folder of fake commands; what "apt-get install" was asked for is then installed."""

    def __init__(self, folder):
        self.bin = folder / "bin"
        self.bin.mkdir()
        self.installed = folder / "installed"
        self.log = folder / "log"
        self.log.touch()
        self.fake("dpkg-query", f'sed "s/^/installed /" {self.installed}')
        self.lists_are_old = folder / "old"
        self.fake("apt-get", f'''
echo "apt-get $*" >>{self.log}
case "$*" in
  *update*) rm -f {self.lists_are_old}; exit 0 ;;
esac
[ ! -e {self.lists_are_old} ] || exit 100
for word in "$@"; do case "$word" in -*|install) ;; *) echo "$word" >>{self.installed} ;; esac; done''')
        self.fake("id", "echo 0")

    def fake(self, name, script):
        path = self.bin / name
        path.write_text(f"#!/bin/bash\n{script}\n")
        path.chmod(0o755)

    def has(self, *packages):
        self.installed.write_text("".join(f"{name}\n" for name in packages))

    def setup(self, *groups, path=None):
        return subprocess.run([SETUP, *groups], capture_output=True, text=True,
                              env={**os.environ, "PATH": path or f"{self.bin}:{os.environ['PATH']}"})

    def calls(self):
        return self.log.read_text().splitlines()


@pytest.fixture
def machine(tmp_path):
    made = Machine(tmp_path)
    made.has()
    return made


def test_installs_only_what_is_missing_and_says_what(machine):
    machine.setup("build")
    everything = machine.installed.read_text().split()
    machine.has(*[name for name in everything if name not in ("mold", "libre2-dev")])
    run = machine.setup("build")
    assert run.returncode == 0, run.stderr
    assert run.stdout.strip() == "setup: installing libre2-dev mold"
    assert machine.calls()[-1].endswith("libre2-dev mold")


def test_is_silent_and_calls_nothing_when_all_is_there(machine):
    machine.setup("build", "test", "bench", "ci")
    before = machine.calls()
    run = machine.setup("build", "test", "bench", "ci")
    assert (run.returncode, run.stdout, run.stderr) == (0, "", "")
    assert machine.calls() == before


def test_build_group_leaves_test_tools_out(machine):
    assert machine.setup("build").returncode == 0
    installed = machine.installed.read_text().split()
    assert "g++" in installed and "libboost1.81-dev" in installed
    assert "libgtest-dev" not in installed and "clang-19" not in installed


def test_updates_old_lists_once(machine):
    machine.lists_are_old.touch()
    run = machine.setup("ci")
    assert run.returncode == 0, run.stderr
    assert [call.split()[1] for call in machine.calls()] == ["install", "update", "install"]
    assert "updating" in run.stdout


def test_says_what_stays_missing(machine):
    machine.fake("apt-get", "exit 0")
    run = machine.setup("ci")
    assert run.returncode == 1
    assert "still missing: clang-19 libclang-rt-19-dev" in run.stderr


def test_uses_sudo_when_not_root(machine):
    machine.fake("id", "echo 1000")
    machine.fake("sudo", f'echo "sudo $*" >>{machine.log}; exec "$@"')
    assert machine.setup("ci").returncode == 0
    assert machine.calls()[0].startswith("sudo env DEBIAN_FRONTEND=noninteractive apt-get install")


def test_refuses_an_unknown_group(machine):
    run = machine.setup("everything")
    assert run.returncode != 0
    assert 'no group "everything"' in run.stderr


def test_other_systems_are_told_what_is_needed(machine):
    (machine.bin / "dpkg-query").unlink()
    for name in ("bash", "env", "sed", "sort", "comm"):
        target = subprocess.run(["which", name], capture_output=True, text=True).stdout.strip()
        (machine.bin / name).symlink_to(target)
    run = machine.setup("ci", path=str(machine.bin))
    assert run.returncode == 0, run.stderr
    assert "not a Debian system" in run.stdout and "clang-19" in run.stdout
