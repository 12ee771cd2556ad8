"""A room includes only rooms on floors below it (docs/adr/0002-rooms-and-floors.md). There are no exceptions."""

import re

from tree import CODE, ROOT, files, shown

FLOORS = {
    "base": 0,
    "message": 1, "cel": 1, "observability": 1,
    "bus": 2, "state": 2,
    "security": 3, "router": 3, "plugin": 3,
    "delivery": 4,
    "broker": 5,
    "gateway": 6,
    "config": 7,
    "daemon": 8, "cli": 8,
}
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', re.MULTILINE)


def includes(path):
    text = path.read_text(encoding="utf-8")
    for match in INCLUDE.finditer(text):
        yield text.count("\n", 0, match.start()) + 1, match.group(1), match.group(2)


def test_every_folder_of_src_is_a_room_with_a_floor():
    rooms = {path.name for path in (ROOT / "src").iterdir() if path.is_dir()}
    assert rooms <= FLOORS.keys(), f"no floor is known for: {sorted(rooms - FLOORS.keys())}"


def test_rooms_include_only_lower_floors():
    wrong = []
    for path in files("src", suffixes=CODE):
        room = path.relative_to(ROOT / "src").parts[0]
        for line, bracket, name in includes(path):
            if bracket == "<" or (ROOT / "include" / name).is_file():
                continue
            other = name.split("/")[0]
            if not (ROOT / "src" / name).is_file():
                wrong.append(f'{shown(path, line)}: "{name}" is not written from src/ (outsiders go in <>)')
            elif other != room and FLOORS[other] >= FLOORS[room]:
                wrong.append(f"{shown(path, line)}: {room} (floor {FLOORS[room]}) includes {other}"
                             f" (floor {FLOORS[other]})")
    assert not wrong, "\n" + "\n".join(wrong)


def test_public_headers_include_nothing_of_the_rooms():
    wrong = []
    for path in files("include", suffixes=CODE):
        for line, bracket, name in includes(path):
            of_nip = name.startswith("nip/") and (ROOT / "include" / name).is_file()
            if not of_nip and (bracket == '"' or name.split("/")[0] in FLOORS):
                wrong.append(f"{shown(path, line)}: includes {name}; outsiders have only <nip/...>")
    assert not wrong, "\n" + "\n".join(wrong)


def test_only_config_knows_yaml():
    wrong = [f"{shown(path, line)}: includes {name}"
             for path in files("src", suffixes=CODE) if path.relative_to(ROOT / "src").parts[0] != "config"
             for line, _, name in includes(path) if name.startswith("yaml-cpp/")]
    assert not wrong, "\n" + "\n".join(wrong)
