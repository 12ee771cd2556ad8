"""Tests of the specification that are not run, each with its reason. An entry that skips nothing fails the run."""

import json
import re

MESSAGES = "needs protobuf message types, which this language does not have"
NEEDS_PROTOBUF = [
    (r"TestAllTypes\b", f"{MESSAGES}: TestAllTypes"),
    (r"\bTestRequired\b", f"{MESSAGES}: TestRequired"),
    (r"\b(google\.protobuf\.(Any|Struct|Value|ListValue|NullValue|Empty|FieldMask)\b|Value *\{)",
     f"{MESSAGES}: well-known ones"),
    (r"\b(Bool|Bytes|Double|Float|Int32|Int64|String|UInt32|UInt64)Value\b", f"{MESSAGES}: wrappers"),
    (r"\bGlobalEnum\b", "needs protobuf enums"),
]

# Single tests: file/section/name.
SINGLE = {
}


def text_of(test):
    """Everything that the test says, but its description and the namespace it stands in."""
    rest = {key: held for key, held in test.items() if key not in ("expr", "description", "name", "container")}
    return f"{test['expr']}\n{json.dumps(rest)}"


def skip_of(name, test):
    """(entry, reason) when the test is not run."""
    if name in SINGLE:
        return name, SINGLE[name]
    text = text_of(test)
    for pattern, reason in NEEDS_PROTOBUF:
        if re.search(pattern, text):
            return pattern, reason
    return None
