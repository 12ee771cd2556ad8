"""Every relative link of every Markdown file leads to a file, and to a heading where it names one."""

import re
import unicodedata

from tree import ROOT, files, shown

LINK = re.compile(r"!?\[[^\]\n]*\]\(([^)\s]+)\)")
FENCE = re.compile(r"^(```|~~~).*?^\1[^\n]*$", re.DOTALL | re.MULTILINE)


def anchors(text):
    """The anchors that a Markdown renderer makes of the headings."""
    found = set()
    for heading in re.findall(r"^#{1,6} +(.*)$", FENCE.sub("", text), re.MULTILINE):
        plain = "".join(c for c in heading.lower() if c in " -_" or unicodedata.category(c)[0] in "LN")
        found.add(plain.strip().replace(" ", "-"))
    return found


def broken_links(path):
    for number, line in enumerate(blanked(path.read_text(encoding="utf-8")).splitlines(), 1):
        for link in LINK.findall(line):
            if re.match(r"[a-z]+:", link):
                continue
            name, _, anchor = link.partition("#")
            goal = (path.parent / name).resolve() if name else path
            if not goal.exists():
                yield f"{shown(path, number)}: {link}: there is no such file"
            elif anchor and goal.suffix == ".md" and anchor not in anchors(goal.read_text(encoding="utf-8")):
                yield f"{shown(path, number)}: {link}: {goal.name} has no such heading"


def blanked(text):
    """The text without fenced blocks and code spans; line breaks stay."""
    text = FENCE.sub(lambda block: "\n" * block.group(0).count("\n"), text)
    return re.sub(r"`[^`\n]*`", "", text)


def test_links_lead_somewhere():
    broken = [each for path in files(suffixes={".md"}) for each in broken_links(path)]
    assert not broken, "\n".join(broken)


def test_every_page_is_in_the_index():
    index = (ROOT / "docs" / "README.md").read_text(encoding="utf-8")
    linked = {(ROOT / "docs" / link.partition("#")[0]).resolve() for link in LINK.findall(index)}
    missing = [shown(path) for path in files("docs", suffixes={".md"}) if path.name != "README.md" and path not in linked]
    assert not missing, f"docs/README.md does not name {missing}"
