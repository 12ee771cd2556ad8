"""Where the oracle differs from the specification, or the specification leaves room: each with its reason.

An entry excuses a difference only when its pattern is found in the expression and its test agrees.
"""

import json
import re


def refused_for(*reasons):
    """The oracle yields a value where there is one of these errors here."""
    def test(_request, expected, answer):
        return "value" in expected and any(reason in answer.get("error", "") for reason in reasons)
    return test


def refused_at(symbol, reason):
    """The same, and the error's caret stands under the symbol."""
    def test(request, expected, answer):
        place = re.search(r"line \d+: 1:(\d+): " + reason, answer.get("error", ""))
        return "value" in expected and place and request["expr"][int(place.group(1)) - 1] == symbol
    return test


def same_without_fractions(_request, expected, answer):
    """Only the zeros differ at the end of a second's fraction, somewhere in text."""
    def plain(held):
        return re.sub(r"(\.\d*?)0+(?=[sZ])", r"\1", json.dumps(held.get("value"), ensure_ascii=False))
    return "value" in answer and plain(expected) == plain(answer)


def oracle_refuses(reason):
    """The oracle has this error where there is a value here."""
    def test(_request, expected, answer):
        return reason in expected.get("error", "") and "value" in answer
    return test


def of_large_ints(request, expected, answer):
    """Both yield a value, and an int is there that no double can hold."""
    both = "value" in expected and "value" in answer
    return both and re.search(r"9007199254740993|9223372036854775807|18446744073709551615", json.dumps(request))


def any_way(_request, _expected, _answer):
    return True


DIVERGENCES = [
    ("text that is no number", r"\b(double|int|uint)\(", refused_for(""),
     "the oracle reads double('abc') as NaN and int('') as 0; the specification wants an error"),
    ("text that is no duration", r"\bduration\(", refused_for(""),
     "the oracle reads duration('') and other text without a unit as 0s; the specification wants an error"),
    ("a timestamp of a number", r"\btimestamp\((?!\")", any_way,
     "the oracle counts milliseconds; the specification says timestamp(int) counts seconds"),
    ("has() of what has no fields", r"\bhas\(", refused_for(""),
     "the oracle answers false; the specification has has() on maps and messages, and its operand's errors stay"),
    ("a boolean as the place in a list", r"\[", refused_at("[", "no such overload"),
     "the oracle takes true for 1; the specification indexes lists by numbers"),
    ("twice negated", r"-\(+-|!\(+!", refused_for("overflow", "no such overload"),
     "the oracle leaves both signs away, whatever they stand before; the specification has types, and ints that overflow"),
    ("ints beyond 2^53 beside doubles", r"[=<>]| in ", of_large_ints,
     "the oracle compares them exactly; here they are compared as doubles, as others do"),
    ("the width of fractions", r"\bstring\(|format|join", same_without_fractions,
     "the oracle writes 0.5s as 0.500s; the specification leaves the number of digits open"),
    ("the least int modulo -1", r"%", refused_at("%", "overflow"),
     "the oracle says 0; others have an overflow, as of the quotient, and the specification leaves room"),
    ("large uints divided", r"/", oracle_refuses(""),
     "the oracle takes the quotient for an int; uints go to 2^64 - 1"),
    ("the day in a zone", r"\.get(Date|DayOf\w+)\(\"", any_way,
     "the oracle is a day ahead when a zone is named: 1970-01-01 in UTC has the date 2"),
    ("the text of negative zero", r"\bstring\(.*(\d\.\d|\d[eE]-?\d|\bl?d\b|\bdouble\()", any_way,
     "the oracle writes -0.0 as 0; the specification says that text reads back as the same number"),
    ("what is no key, in a map", r" in ", oracle_refuses("@in"),
     "the oracle has no overload for a list in a map; the specification leaves open whether that is false"),
    ("a double as a key", r"\{", refused_for("key in a map"),
     "the oracle takes -0.0 for 0; the specification has no double keys"),
]


def excuse(request, expected, answer):
    """The name of the entry that explains the difference; nothing when none does."""
    for name, pattern, agrees, _ in DIVERGENCES:
        if re.search(pattern, request["expr"]) and agrees(request, expected, answer):
            return name
    return None
