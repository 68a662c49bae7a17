"""Ranges of a text as LSP counts them: lines end with LF, CR LF or CR; columns are UTF-16 code units."""

import re

from threadkeep.domain.messages import Range, utf16_length
from threadkeep.values import evolve

_LINE_END = re.compile("\r\n|\r|\n")
"""`str.splitlines` would also cut at form feeds and at Unicode's separators, which editors do not."""


def clamped(text: str, place: Range) -> Range | None:
    """The part of the range that the text has; None if it begins behind the last line."""
    first = _line(text, place.start_line)
    if first is None:
        return None
    last = _line(text, place.end_line)
    if last is None:
        ends = [found.end() for found in _LINE_END.finditer(text)]
        last = (ends[-1] if ends else 0, len(text))
        place = evolve(place, end_line=len(ends), end_character=2 * len(text))
    return evolve(
        place,
        start_character=min(place.start_character, utf16_length(text[slice(*first)])),
        end_character=min(place.end_character, utf16_length(text[slice(*last)])),
    )


def cut(text: str, place: Range) -> str:
    """What stands in the range, as far as the text goes."""
    start, end = _bounds(text, place)
    return text[start:end]


def replaced(text: str, place: Range, by: str) -> str:
    """The text with something else in place of the range. Columns are cut at the ends of lines.

    Raises ValueError for a range that the text does not have: it ends before it begins, or a line is not there.
    The beginning of the line behind the last is the end of the text, and from 0:0 on any end means all.
    """
    first, last = (place.start_line, place.start_character), (place.end_line, place.end_character)
    if last < first:
        raise ValueError("ends before it begins")
    if not _has(text, *first) or (first != (0, 0) and not _has(text, *last)):
        raise ValueError("a line that is not there")
    start, end = _bounds(text, place)
    return text[:start] + by + text[end:]


def _has(text: str, line: int, character: int) -> bool:
    if line == 0 or _line(text, line) is not None:
        return True
    return character == 0 and _line(text, line - 1) is not None


def _bounds(text: str, place: Range) -> tuple[int, int]:
    first = _line(text, place.start_line)
    last = first if place.end_line == place.start_line else _line(text, place.end_line)
    start, end = _index(text, first, place.start_character), _index(text, last, place.end_character)
    return start, max(start, end)


def _index(text: str, line: tuple[int, int] | None, character: int) -> int:
    """The index of a position; one behind the end of its line, or of the text, is that end."""
    if line is None:
        return len(text)
    content = text[slice(*line)]
    if content.isascii():
        return line[0] + min(character, len(content))
    before = content.encode("utf-16-le", "replace")[: 2 * character]
    return line[0] + len(before.decode("utf-16-le", "ignore"))  # half a character is none


def _line(text: str, number: int) -> tuple[int, int] | None:
    """Where the content of a line begins and ends; None behind the last. Every keystroke asks for it."""
    most = min(number, len(text) + 1)  # no text has more lines; a larger number might be too large for split
    is_plain = text.count("\r") == text.count("\r\n")
    rest = text
    if most:
        pieces = text.split("\n", most) if is_plain else _LINE_END.split(text, most)
        if len(pieces) <= most:
            return None
        rest = pieces[-1]
    start = len(text) - len(rest)
    content = rest.partition("\n")[0].removesuffix("\r") if is_plain else _LINE_END.split(rest, 1)[0]
    return start, start + len(content)
