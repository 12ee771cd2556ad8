"""The npm packages of package-lock.json, installed once into a folder of the build and shared by all tests."""

import fcntl
import hashlib
import os
import shutil
import subprocess
from pathlib import Path

HERE = Path(__file__).resolve().parent
PINNED = ("package.json", "package-lock.json")  # the lock holds a checksum of every package
INSTALL_SECONDS_MAX = 300
NODE_SECONDS_MAX = 3600


def folder():
    """Where they are installed; another run that installs them is waited for."""
    build = os.environ.get("NIP_CONFORMANCE_DIR") or HERE.parents[1] / "build" / "conformance"
    target = Path(build)
    target.mkdir(parents=True, exist_ok=True)
    wanted = hashlib.sha256(b"".join((HERE / name).read_bytes() for name in PINNED)).hexdigest()
    stamp = target / "installed"
    with open(target / "lock", "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not stamp.exists() or stamp.read_text(encoding="utf-8") != wanted:
            install(target)
            stamp.write_text(wanted, encoding="utf-8")
    return target


def install(target):
    assert shutil.which("npm"), "npm is missing; scripts/setup test installs it"
    for name in PINNED:
        shutil.copy(HERE / name, target / name)
    run = subprocess.run(["npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts", "--prefer-offline"],
                         cwd=target, capture_output=True, text=True, timeout=INSTALL_SECONDS_MAX)
    assert run.returncode == 0, f"npm ci failed in {target}; is the package registry reachable?\n{run.stderr}"


def run_node(script, *arguments):
    """What a script of this folder prints, with the packages at hand."""
    packages = folder()
    for source in HERE.glob("*.mjs"):  # modules are looked up from where the script stands
        bring(source, packages / source.name)
    run = subprocess.run(["node", packages / script, *map(str, arguments)], capture_output=True, text=True,
                         timeout=NODE_SECONDS_MAX)
    assert run.returncode == 0, f"node {script} failed:\n{run.stderr}"
    return run.stdout


def bring(source, target):
    """Other runs may read the target at the same time, so it changes at once and only when it has to."""
    if target.exists() and target.read_bytes() == source.read_bytes():
        return
    fresh = target.with_name(f"{target.name}.{os.getpid()}")
    shutil.copy(source, fresh)
    fresh.replace(target)
