"""Finds the marked examples of a Markdown file: a comment `<!-- test: ... -->` and the block behind it."""

import re
from dataclasses import dataclass

MARK = re.compile(r"<!--\s*test:\s*(.*?)\s*-->\s*\n```(\w*)[^\n]*\n(.*?)^```\s*$", re.DOTALL | re.MULTILINE)
LOOSE_MARK = re.compile(r"<!--\s*test:")


@dataclass
class Example:
    """One block: what the mark asks for, its words, the block's language and text, and its line."""
    action: str
    argument: str
    language: str
    text: str
    line: int


def examples(text):
    """The examples in order. A mark without a block behind it is a mistake, not a comment."""
    found = []
    for match in MARK.finditer(text):
        action, _, argument = match.group(1).partition(" ")
        found.append(Example(action, argument.strip(), match.group(2), match.group(3),
                             text.count("\n", 0, match.start()) + 1))
    if len(found) != len(LOOSE_MARK.findall(re.sub(r"`[^`\n]*`", "", text))):
        raise ValueError("a <!-- test: --> comment without a fenced block directly behind it")
    return found
