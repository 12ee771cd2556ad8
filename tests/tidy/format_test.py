"""Every source is as clang-format writes it; `make fmt` does it."""

import shutil
import subprocess

from tree import CODE, ROOT, files

FORMATTER = "clang-format-19"
TOPS = [top for top in ("src", "include", "plugins", "tests", "bench", "sdk") if (ROOT / top).is_dir()]


def test_sources_are_formatted():
    assert shutil.which(FORMATTER), f"{FORMATTER} is missing; scripts/setup test installs it"
    sources = [str(path) for path in files(*TOPS, suffixes=CODE)]
    run = subprocess.run([FORMATTER, "--dry-run", "-Werror", f"--style=file:{ROOT / '.clang-format'}", *sources],
                         capture_output=True, text=True)
    if run.returncode == 0:
        return
    wrong = sorted({line.split(":")[0] for line in run.stderr.splitlines() if ": error:" in line})
    names = [shown_name(name) for name in wrong]
    raise AssertionError("not formatted; run `make fmt`:\n" + "\n".join(names or [run.stderr[:2000]]))


def shown_name(name):
    return name[len(str(ROOT)) + 1:] if name.startswith(str(ROOT)) else name
