"""Cuts out of a text the few lines where most of the wanted words stand."""

import re
from collections.abc import Mapping, Sequence

import attrs

from threadkeep.domain.text import folded

PART_OF_A_WORD = 0.6
"""What a hit inside a longer word is worth beside a whole word."""

IN_AN_IMPORT = 0.4
IN_A_DEFINITION = 1.5
"""What a hit is worth in a line that only names a thing, or that says what it is."""

IMPORT = re.compile(r"\s*(?:from|import|#\s*include|use|using|require|package)\b")
DEFINITION = re.compile(
    r"#{1,6} |\s*(?:(?:export|public|private|protected|static|abstract|async|pub|local|default)\s+)*"
    r"(?:class|def|fn|func|function|interface|struct|trait|enum|type|module|protocol)\b"
)


@attrs.frozen(kw_only=True)
class Snippet:
    """Some lines of a text."""

    line: int
    """The number of the first line, from 1."""
    text: str
    hits: Mapping[str, float]
    """The parts that stand in these lines, and what the best hit of each is worth."""


def best_snippet(text: str, parts: Sequence[str], *, lines: int = 4, width: int = 160) -> Snippet | None:
    """The lines that hold most of the (folded) parts, each cut to the width; None if the text holds none."""
    simple = text.lower() if text.isascii() else folded(text)
    present = sorted((part for part in parts if part in simple), key=len, reverse=True)
    if not present:
        return None
    find = re.compile("|".join(map(re.escape, present)))
    rows, hits = simple.split("\n"), {}
    for number, row in enumerate(rows):
        found = _worth(find, row)
        if found:
            hits[number] = found
    if not hits:
        return None  # a part that reaches over a line end is no hit
    start = max(hits, key=lambda at: (sum(_together(hits, at, lines).values()), -at))
    shown = [_cut(row, find, width) for row in text.split("\n")[start : start + lines]]
    return Snippet(line=start + 1, text="\n".join(shown).rstrip(), hits=_together(hits, start, lines))


def _worth(find: re.Pattern[str], row: str) -> dict[str, float]:
    found: dict[str, float] = {}
    place = IN_AN_IMPORT if IMPORT.match(row) else IN_A_DEFINITION if DEFINITION.match(row) else 1.0
    for hit in find.finditer(row):
        before, after = row[hit.start() - 1 : hit.start()], row[hit.end() : hit.end() + 1]
        worth = place * (PART_OF_A_WORD if before.isalnum() or after.isalnum() else 1.0)
        found[hit[0]] = max(worth, found.get(hit[0], 0))
    return found


def _together(hits: Mapping[int, Mapping[str, float]], start: int, lines: int) -> dict[str, float]:
    together: dict[str, float] = {}
    for number in range(start, start + lines):
        for part, worth in hits.get(number, {}).items():
            together[part] = max(worth, together.get(part, 0))
    return together


def _cut(row: str, find: re.Pattern[str], width: int) -> str:
    row = row.rstrip().expandtabs(4)
    if len(row) <= width:
        return row
    # Folding may shift places a little: near enough for choosing what to show.
    found = find.search(folded(row))
    start = max(0, min(found.start() - width // 3, len(row) - width)) if found else 0
    piece = row[start : start + width].strip()
    return f"{'…' if start else ''}{piece}{'…' if start + width < len(row) else ''}"
