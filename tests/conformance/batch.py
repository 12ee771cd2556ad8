"""`nip eval --batch` as a function, and values in the JSON form of the specification made comparable."""

import json
import os
import re
import subprocess

BATCH_SECONDS_MAX = 300


def evaluate(requests):
    """One answer for each request: {"value": ...}, {"type": ...} or {"error": ...}."""
    program = os.path.join(os.environ.get("NIP_BIN_DIR", "build/dev/bin"), "nip")
    lines = "".join(json.dumps(request) + "\n" for request in requests)
    run = subprocess.run([program, "eval", "--batch"], input=lines, capture_output=True, text=True,
                         timeout=BATCH_SECONDS_MAX)
    assert run.returncode == 0, f"nip eval --batch ended with {run.returncode}:\n{run.stderr}"
    answers = [json.loads(line) for line in run.stdout.splitlines()]
    assert len(answers) == len(requests), f"{len(answers)} answers to {len(requests)} lines"
    return answers


def plain_fraction(text):
    """1.500s is 1.5s, and ...:30.000Z is ...:30Z."""
    return re.sub(r"\.(\d*?)0+(?=[sZ]$)", lambda m: "." + m.group(1) if m.group(1) else "", text)


def canonical(value):
    """Equal values have equal forms: order of entries, widths of fractions and kinds of NaN are gone."""
    (form, held), = value.items()
    if form == "doubleValue":
        return form, repr(float(held))  # -0.0 is not 0.0 here, and NaN is NaN
    if form in ("int64Value", "uint64Value"):
        return form, int(held)
    if form == "listValue":
        return form, tuple(canonical(item) for item in held.get("values", []))
    if form == "mapValue":
        entries = [(canonical(entry["key"]), canonical(entry["value"])) for entry in held.get("entries", [])]
        return form, tuple(sorted(entries, key=repr))
    if form == "objectValue":
        return form, held["@type"], plain_fraction(held["value"])
    if form == "optionalValue":
        return form, canonical(held["value"]) if held else None
    if form == "nullValue":
        return form, None
    return form, held
