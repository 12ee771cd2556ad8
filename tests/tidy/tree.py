"""The files of this repository, as the tidy tests look at them."""

import os
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# Built or made by running, never part of the tree.
OUTSIDE = {".git", "build", "data", "__pycache__", ".cache", ".pytest_cache", "node_modules", "corpus"}
CODE = {".cpp", ".hpp", ".c", ".h"}


def files(*tops, suffixes=None):
    """Paths below the folders `tops` (all, when none), sorted, with one of the suffixes."""
    for top in tops or (".",):
        for folder, folders, names in os.walk(ROOT / top):
            folders[:] = sorted(name for name in folders if name not in OUTSIDE)
            for name in sorted(names):
                path = Path(folder) / name
                if suffixes is None or path.suffix in suffixes:
                    yield path


def shown(path, line=None):
    """`src/base/ids.hpp:12`, as an editor opens it."""
    name = str(path.relative_to(ROOT))
    return name if line is None else f"{name}:{line}"


def without_comments(text):
    """C++ without comments and with empty literals; every line break stays where it is."""
    pattern = re.compile(
        r'//[^\n]*|/\*.*?\*/|R"([^(\s]{0,16})\(.*?\)\1"|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])+\'',
        re.DOTALL)

    def blank(match):
        found = match.group(0)
        if found.startswith("'") and match.start() > 0 and text[match.start() - 1].isalnum():
            return found  # a digit separator: 1'000
        keep = '""' if found[0] in "\"R" else "0" if found[0] == "'" else ""
        return keep + "\n" * found.count("\n")

    return pattern.sub(blank, text)
