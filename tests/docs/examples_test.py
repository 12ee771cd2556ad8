"""Runs the marked examples of every document, in order, each document in a folder of its own."""

import json
import re

import pytest

from document import examples
from workshop import BIN, ROOT, Workshop

SKIPPED = {".git", "build", "data", "node_modules", "testdata"}


def documents():
    for path in sorted(ROOT.rglob("*.md")):
        parts = path.relative_to(ROOT).parts
        if SKIPPED.isdisjoint(parts) and "<!-- test:" in path.read_text(encoding="utf-8"):
            yield path


def perform(workshop, example, last_output):
    """Does what the mark says; the output of an `sh` step, else the one before."""
    if example.action == "run":
        return workshop.sh_until(example.text) if example.argument == "until" else workshop.sh(example.text)
    if example.action == "start":  # the block shows how a reader starts it; the port differs here
        workshop.start_samples() if example.argument == "samples" else workshop.start()
    elif example.action == "output":
        assert_output(example.text, workshop.local(last_output))
    elif example.action == "file":
        workshop.write(example.argument, example.text)
    elif example.action == "config":
        workshop.write(example.argument or "nip.yaml", example.text)
        workshop.check(example.argument or "nip.yaml")
    elif example.action == "rules":
        workshop.write("rules.d/example.yaml", example.text)
        if not (workshop.folder / "nip.yaml").exists():
            workshop.write("nip.yaml", "")
        workshop.check("nip.yaml")
    elif example.action == "plugin":
        workshop.compile_plugin(example.argument, example.text)
    elif example.action == "json":
        json.loads(example.text)
    else:
        raise AssertionError(f"unknown mark \"test: {example.action}\"; CONTRIBUTING.md lists them")
    return last_output


def assert_output(expected, seen):
    """Every line of the block is in the output, in that order; `…` stands for anything."""
    position = 0
    for line in filter(None, map(str.strip, expected.splitlines())):
        pattern = ".*".join(re.escape(part) for part in re.split(r"…|\.\.\.", line))
        found = re.compile(pattern).search(seen, position)
        assert found, f"expected the line\n  {line}\nin\n{seen}"
        position = found.end()


@pytest.mark.parametrize("path", documents(), ids=lambda path: str(path.relative_to(ROOT)))
def test_examples_of(path, tmp_path):
    workshop = Workshop(tmp_path)
    output = ""
    try:
        for example in examples(path.read_text(encoding="utf-8")):
            try:
                output = perform(workshop, example, output)
            except AssertionError as failed:
                raise AssertionError(f"{path.relative_to(ROOT)}:{example.line}: {failed}") from None
    finally:
        workshop.close()


def test_programs_are_built():
    assert (BIN / "nipd").exists(), f"no nipd in {BIN}; the examples need it"


def test_the_first_plugin_is_the_same_everywhere():
    sources = {next(each.text for each in examples((ROOT / page).read_text(encoding="utf-8"))
                    if each.argument == "greeter.cpp") for page in ("README.md", "docs/start.md")}
    assert len(sources) == 1, "README.md and docs/start.md show different first plugins"


def test_marks_are_read():
    found = examples("text\n<!-- test: file a/b.yaml -->\n```yaml\nx: 1\n```\n<!-- test: run -->\n```sh\ntrue\n```\n")
    assert [(each.action, each.argument, each.text, each.line) for each in found] == [
        ("file", "a/b.yaml", "x: 1\n", 2), ("run", "", "true\n", 6)]
    with pytest.raises(ValueError):
        examples("<!-- test: run -->\n\nno block\n")
