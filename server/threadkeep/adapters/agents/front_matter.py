"""Reads the front matter of a Markdown file: `key: value` lines between two lines `---`."""

import re
from collections.abc import Collection, Mapping
from itertools import dropwhile

import attrs

from threadkeep.config.suggestions import did_you_mean

FENCE = "---"
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
"""What no line of text holds; a tab is none of these."""
DOUBLE = re.compile(r'"((?:[^"\\]|\\.)*+)"(.*)')
SINGLE = re.compile(r"'((?:[^']|'')*+)'(.*)")
INDICATORS = "[]{}&*!%@`|>,"
"""Mean more than themselves at the begin of a YAML value, so other readers would read something else."""
SHOWN = 40
"""The most characters of a wrong key or value that a person is shown."""


class FrontMatterError(ValueError):
    """The text cannot be used: the line, from 1, None for the whole text, and a sentence for people."""

    def __init__(self, line: int | None, problem: str) -> None:
        super().__init__(problem)
        self.line = line
        self.problem = problem


@attrs.frozen(kw_only=True)
class Value:
    """What a key was given, without quotes, and the line of it from 1."""

    text: str
    line: int


@attrs.frozen(kw_only=True)
class Document:
    """The values by key, and the text below them without blank lines around."""

    values: Mapping[str, Value]
    body: str
    closing_line: int


def parse(text: str, *, known: Collection[str]) -> Document:
    """The parts of the text. Line ends may be of any system.

    Only these keys may stand there, each once. Raises FrontMatterError, and nothing else.
    """
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    for number, line in enumerate(lines, 1):
        if found := CONTROL.search(line):
            raise FrontMatterError(number, f"holds a control character (U+{ord(found[0]):04X}).")
    if lines[0].rstrip() != FENCE:
        raise FrontMatterError(1, f"the file must begin with a line {FENCE}.")
    closing = next((at for at, line in enumerate(lines) if at and line.rstrip() == FENCE), None)
    if closing is None:
        raise FrontMatterError(1, f"no second line {FENCE} closes what begins here.")
    values: dict[str, Value] = {}
    for number, line in enumerate(lines[1:closing], 2):
        if line.strip() and not line.lstrip().startswith("#"):
            key, value = _entry(line, number, known)
            if key in values:
                raise FrontMatterError(number, f"{key} is given twice, first in line {values[key].line}.")
            values[key] = value
    below = dropwhile(lambda line: not line.strip(), lines[closing + 1 :])
    return Document(values=values, body="\n".join(below).rstrip(), closing_line=closing + 1)


def _entry(line: str, number: int, known: Collection[str]) -> tuple[str, Value]:
    key, colon, rest = line.partition(":")
    key = key.rstrip()
    if line[0].isspace():
        raise FrontMatterError(number, "is indented: write each value on one line, from its first column.")
    if not colon or not key or len(key.split()) > 1:
        raise FrontMatterError(number, f'must be "key: value"; the prompt goes below the second {FENCE}.')
    if key not in known:
        suggestion = did_you_mean(key[:SHOWN], known=known)
        raise FrontMatterError(number, f"{key[:SHOWN]} is unknown. {suggestion}")
    if rest and not rest[0].isspace():
        raise FrontMatterError(number, f"{key} needs a space behind its colon.")
    return key, Value(text=_scalar(key, rest.strip(), number), line=number)


def _scalar(key: str, given: str, number: int) -> str:
    if not given or given[0] == "#":
        raise FrontMatterError(number, f"{key} has no value: give it one, or leave the line out.")
    if given[0] in "\"'":
        return _quoted(key, given, number)
    if given[0] in "|>":
        raise FrontMatterError(number, f"{key} must stand on one line, without {given[0]}.")
    if given[0] in INDICATORS or re.match(r"[-?:](\s|$)", given):
        raise FrontMatterError(number, f"{key} begins with {given[0]}: put it in quotes.")
    return re.split(r"\s#", given, maxsplit=1)[0].rstrip()


def _quoted(key: str, given: str, number: int) -> str:
    is_double = given[0] == '"'
    found = (DOUBLE if is_double else SINGLE).fullmatch(given)
    if found is None:
        raise FrontMatterError(number, f"{key} has no closing {given[0]}.")
    text, behind = found.groups()
    if behind and not re.match(r"\s+#", behind):
        raise FrontMatterError(number, f"{key} goes on behind its closing {given[0]}.")
    if not is_double:
        return str(text).replace("''", "'")
    for escape in re.finditer(r"\\(.)", text):
        if escape[1] not in '"\\':
            raise FrontMatterError(
                number, f'{key} holds {escape[0]}: only \\" and \\\\ can stand in double quotes.'
            )
    return re.sub(r"\\(.)", r"\1", text)
