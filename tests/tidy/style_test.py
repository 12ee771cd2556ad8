"""The habits that a machine can check. Each message says what to do."""

import re

from tree import CODE, ROOT, files, shown, without_comments

LINES_MAX = 400
COLUMNS_MAX = 100
FUNCTION_LINES_MAX = 70
OURS = ("src", "include", "plugins", "tests", "bench", "sdk")
TEXTS = CODE | {".py", ".md", ".yaml", ".cmake", ".txt", ".json"}
PROGRAMS = ("daemon", "cli")  # rooms that may write to the terminal


def fail_with(wrong):
    assert not wrong, "\n" + "\n".join(wrong)


def code():
    return files(*[top for top in OURS if (ROOT / top).is_dir()], suffixes=CODE)


def matches(pattern, paths, clean=lambda text: text):
    """(path, line, text of the match) of each place where the pattern is found."""
    for path in paths:
        text = clean(path.read_text(encoding="utf-8"))
        for match in re.finditer(pattern, text):
            yield path, text.count("\n", 0, match.start()) + 1, match.group(0)


def test_files_are_short():
    fail_with([f"{shown(path)}: {count} lines, at most {LINES_MAX}; split it"
               for path in list(code()) + list(files("scripts", "tests", suffixes={".py", ""}))
               if (count := len(path.read_bytes().splitlines())) > LINES_MAX])


def test_lines_are_short():
    fail_with([f"{shown(path, number)}: {len(line)} columns, at most {COLUMNS_MAX}"
               for path in code()
               for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
               if len(line) > COLUMNS_MAX and "http" not in line])


def functions(text):
    """(line, lines) of every function body, by counting braces."""
    blocks, begin, line, depth = [], 0, 1, 0
    for found in re.finditer(r"[\n(){};]", text):
        char, position = found.group(0), found.start()
        if char == "\n":
            line += 1
        elif char in "()":
            depth += 1 if char == "(" else -1
        elif char == ";" and depth <= 0:
            begin = position + 1
        elif char == "{":
            head = text[begin:position]
            container = re.search(r"\b(namespace|class|struct|union|enum|extern)\b[^()]*$", head) is not None
            inside = all(kind == "container" for kind, _, _ in blocks)
            kind = "container" if container else "function" if inside and ")" in head else "other"
            blocks.append((kind, line, depth))
            begin, depth = position + 1, 0
        elif char == "}" and blocks:
            kind, start, depth = blocks.pop()
            if kind == "function":
                yield start, line - start + 1
            begin = position + 1


def test_functions_are_measured():
    body = "\n".join(["  if (x) { y(); }"] * 80)
    text = f"namespace a {{\nclass b {{\n  void c() {{\n{body}\n  }}\n  int d = 0;\n}};\nint e(int x) {{ return x; }}\n}}\n"
    assert sorted(count for _, count in functions(without_comments(text))) == [1, 82]


def test_functions_are_short():
    fail_with([f"{shown(path, line)}: a function of {count} lines, at most {FUNCTION_LINES_MAX}; split it"
               for path in code()
               for line, count in functions(without_comments(path.read_text(encoding="utf-8")))
               if count > FUNCTION_LINES_MAX])


def test_headers_say_their_purpose_first_and_guard_themselves():
    wrong = []
    for path in code():
        if path.suffix not in {".hpp", ".h"}:
            continue
        text = path.read_text(encoding="utf-8")
        if not re.match(r"(// |/\* ?)\S.{10,}", text):
            wrong.append(f"{shown(path)}:1: the first line says the header's purpose in a comment")
        guarded = "#pragma once" in text or re.search(r"#ifndef (\w+)\s+#define \1\b", text)
        if not guarded:
            wrong.append(f"{shown(path)}:1: no #pragma once")
    fail_with(wrong)


def test_nothing_is_left_for_later():
    pattern = r"\b(TODO|FIXME|XXX|HACK)\b"
    here = [path for path in files(suffixes=TEXTS) if path.name != "style_test.py"]
    fail_with([f"{shown(path, line)}: {word}; do it, or file an issue"
               for path, line, word in matches(pattern, here) if path.name != "CONTRIBUTING.md"])


def test_rooms_do_not_write_to_the_terminal():
    rooms = [path for path in files("src", suffixes=CODE)
             if path.relative_to(ROOT / "src").parts[0] not in PROGRAMS]
    fail_with([f"{shown(path, line)}: {word}; rooms log through base/log.hpp"
               for path, line, word in matches(r"std::(cout|cerr|clog)\b|\b(f?printf|puts)\s*\(|fmt::print\b",
                                               rooms, without_comments)])


def test_tests_do_not_sleep():
    """Plugins in tests/plugins may be slow on purpose: they are what is tested, not the test."""
    tests = [path for path in files("tests", suffixes=CODE | {".py"})
             if path.relative_to(ROOT).parts[:2] != ("tests", "plugins") and path.name != "style_test.py"]
    fail_with([f"{shown(path, line)}: {word}; drive the clock or wait for what can be observed"
               for path, line, word in matches(r"sleep_for|sleep_until|\bu?sleep\s*\(|time\.sleep", tests)])


def test_names_of_files_are_snake_case():
    checked = list(code()) + list(files("tests", "scripts", suffixes={".py"}))
    fail_with([f"{shown(path)}: lower case letters, digits and underscores"
               for path in checked if not re.fullmatch(r"[a-z0-9_]+(\.[a-z0-9_]+)*", path.name)])


def test_no_path_of_somebodys_machine():
    pattern = r"(?<![\w.])/(work|home|root|Users)/\w+"
    here = [path for path in files(suffixes=TEXTS | {""}) if path.name != "style_test.py"]
    fail_with([f"{shown(path, line)}: {word}"
               for path, line, word in matches(pattern, [p for p in here if is_text(p)])])


def is_text(path):
    return b"\0" not in path.read_bytes()[:4096]


def anchors(path):
    """The anchors that a Markdown file's headings make."""
    text = re.sub(r"```.*?```", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
    for heading in re.findall(r"^#+ +(.+)$", text, re.MULTILINE):
        plain = re.sub(r"[^\w\- ]", "", heading.strip().lower().replace("`", ""))
        yield plain.replace(" ", "-")


def test_links_in_documents_resolve():
    wrong = []
    for path in files(suffixes={".md"}):
        text = re.sub(r"```.*?```|`[^`\n]*`", lambda m: "\n" * m.group(0).count("\n"),
                      path.read_text(encoding="utf-8"), flags=re.DOTALL)
        for match in re.finditer(r"\]\(([^)\s]+)\)", text):
            target, _, anchor = match.group(1).partition("#")
            line = text.count("\n", 0, match.start()) + 1
            if re.match(r"[a-z]+:", target):
                continue
            other = (path.parent / target).resolve() if target else path
            if not other.exists():
                wrong.append(f"{shown(path, line)}: {target} does not exist")
            elif anchor and other.suffix == ".md" and anchor not in anchors(other):
                wrong.append(f"{shown(path, line)}: no heading #{anchor} in {other.name}")
    fail_with(wrong)
