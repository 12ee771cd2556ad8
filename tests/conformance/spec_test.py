"""Every conformance test of the CEL specification that needs no protobuf message, through `nip eval --batch`.

Prints passed, failed and skipped by file and fails when a file passes fewer than recorded.json says. A file that
passes more is recorded with `NIP_RECORD=1`.
"""

import json
import os
from collections import Counter
from pathlib import Path

import pytest

import skips
from batch import canonical, evaluate
from packages import run_node

RECORDED = Path(__file__).resolve().parent / "recorded.json"
# Core files hold all that are run; of extensions at least this part.
CORE = {"basic", "comparisons", "conversions", "fields", "fp_math", "integer_math", "lists", "logic", "macros",
        "namespace", "parse", "plumbing", "string", "timestamps"}
EXTENSION_PART_MIN = 0.95


def question(test):
    """The test without its answer."""
    asked = {key: held for key, held in test.items() if key not in ("value", "typedResult", "evalError")}
    return {**asked, "typed_result": True} if "typedResult" in test else asked


def wrong(test, answer):
    """What is wrong with the answer; nothing when it is right."""
    if "evalError" in test:
        return None if "error" in answer else f"an error was expected, not {answer}"
    if "error" in answer:
        return answer["error"]
    typed = test.get("typedResult", {})
    if "deducedType" in typed and answer["type"] != type_text(typed["deducedType"]):
        return f"type {answer['type']}, expected {type_text(typed['deducedType'])}"
    if test.get("checkOnly"):
        return None
    expected = typed.get("result") or test.get("value") or {"boolValue": True}
    if canonical(answer["value"]) != canonical(expected):
        return f"{json.dumps(answer['value'])}, expected {json.dumps(expected)}"
    return None


def type_text(form):
    """A type of the specification's JSON form as the language writes it."""
    (kind, held), = form.items()
    names = {"INT64": "int", "UINT64": "uint", "DOUBLE": "double", "BOOL": "bool", "STRING": "string",
             "BYTES": "bytes", "TIMESTAMP": "timestamp", "DURATION": "duration"}
    if kind in ("primitive", "wellKnown"):
        return names[held]
    if kind in ("dyn", "null"):
        return kind
    if kind == "listType":
        return f"list({type_text(held['elemType'])})"
    if kind == "mapType":
        return f"map({type_text(held['keyType'])}, {type_text(held['valueType'])})"
    assert kind == "abstractType", f"a type that no test had before: {form}"
    return f"{held['name']}({', '.join(type_text(part) for part in held['parameterTypes'])})"


@pytest.fixture(scope="module")
def outcome():
    """Counts by file, the failures as text, and the skips that were used."""
    tests = [json.loads(line) for line in run_node("suite.mjs").splitlines()]
    counts = {each["file"]: Counter(passed=0, failed=0, skipped=0) for each in tests}
    used, chosen = Counter(), []
    for each in tests:
        skip = skips.skip_of(each["name"], each["test"])
        if skip:
            used[skip] += 1
            counts[each["file"]]["skipped"] += 1
        else:
            chosen.append(each)
    failures = []
    for each, answer in zip(chosen, evaluate([question(each["test"]) for each in chosen])):
        fault = wrong(each["test"], answer)
        counts[each["file"]]["failed" if fault else "passed"] += 1
        if fault:
            failures.append(f"{each['name']}: {each['test']['expr']!r}\n    {fault}")
    show(counts, used, failures)
    if os.environ.get("NIP_RECORD"):
        record = {file: dict(count) for file, count in sorted(counts.items())}
        RECORDED.write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
    return counts, used, failures


def show(counts, used, failures):
    print(f"\n{'file':16}{'passed':>8}{'failed':>8}{'skipped':>8}")
    for file, count in sorted(counts.items()):
        print(f"{file:16}{count['passed']:8}{count['failed']:8}{count['skipped']:8}")
    for (_, reason), number in used.items():
        print(f"skipped {number}: {reason}")
    for failure in failures:
        print("failed", failure)


def test_no_file_passes_less_than_recorded(outcome):
    counts, _, failures = outcome
    recorded = json.loads(RECORDED.read_text(encoding="utf-8"))
    less = [f"{file}: {counts[file]['passed']} passed, {before['passed']} are recorded"
            for file, before in recorded.items() if counts[file]["passed"] < before["passed"]]
    assert not less, "\n".join(less + failures)
    assert recorded.keys() == counts.keys()


def test_core_passes_whole_and_extensions_nearly(outcome):
    counts, _, failures = outcome
    assert CORE <= counts.keys()
    for file, count in counts.items():
        run = count["passed"] + count["failed"]
        part = 1.0 if file in CORE else EXTENSION_PART_MIN
        assert count["passed"] >= part * run, f"{file}: {count['passed']} of {run}\n" + "\n".join(failures)


def test_every_skip_skips_something(outcome):
    _, used, _ = outcome
    entries = {pattern for pattern, _ in skips.NEEDS_PROTOBUF} | skips.SINGLE.keys()
    assert entries == {entry for entry, _ in used}
