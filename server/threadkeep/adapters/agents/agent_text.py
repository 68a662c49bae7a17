"""Makes an agent of the text of its file, or tells in which line it is wrong; apart, since it knows no file."""

import codecs
import re
from collections.abc import Collection, Mapping
from itertools import dropwhile
from typing import Any

from threadkeep.config.shapes import Shape, model_id, number
from threadkeep.config.suggestions import did_you_mean
from threadkeep.domain.agents import REPOSITORY_PREFIX, Agent, AgentSource, BrokenAgent
from threadkeep.values import Value

FENCE = "---"
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
"""What no line of text holds; a tab is none of these."""
DOUBLE = re.compile(r'"((?:[^"\\]|\\.)*+)"(.*)')
SINGLE = re.compile(r"'((?:[^']|'')*+)'(.*)")
INDICATORS = "[]{}&*!%@`|>,"
"""Mean more than themselves at the begin of a YAML value, so other readers would read something else."""
SHOWN = 40
"""The most characters of a wrong key or value that a person is shown."""

KEYS = ("name", "description", "model", "temperature")
NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")
NAME_RULE = "1 to 64 of a-z, 0-9 and -, not beginning with -"


class FrontMatterError(ValueError):
    """The text cannot be used: the line, from 1, None for the whole text, and a sentence for people."""

    def __init__(self, line: int | None, problem: str) -> None:
        super().__init__(problem)
        self.line = line
        self.problem = problem


class Entry(Value):
    """What a key was given, without quotes, and the line of it from 1."""

    text: str
    line: int


class Document(Value):
    """The values by key, and the text below them without blank lines around."""

    values: Mapping[str, Entry]
    body: str
    closing_line: int


def parse(text: str, *, known: Collection[str]) -> Document:
    """The parts of the text. Line ends may be of any system.

    Only these keys may stand there, each once. Raises FrontMatterError, and nothing else.
    """
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    for row, line in enumerate(lines, 1):
        if found := CONTROL.search(line):
            raise FrontMatterError(row, f"holds a control character (U+{ord(found[0]):04X}).")
    if lines[0].rstrip() != FENCE:
        raise FrontMatterError(1, f"the file must begin with a line {FENCE}.")
    closing = next((at for at, line in enumerate(lines) if at and line.rstrip() == FENCE), None)
    if closing is None:
        raise FrontMatterError(1, f"no second line {FENCE} closes what begins here.")
    values: dict[str, Entry] = {}
    for row, line in enumerate(lines[1:closing], 2):
        if line.strip() and not line.lstrip().startswith("#"):
            key, value = _entry(line, row, known)
            if key in values:
                raise FrontMatterError(row, f"{key} is given twice, first in line {values[key].line}.")
            values[key] = value
    below = dropwhile(lambda line: not line.strip(), lines[closing + 1 :])
    return Document(values=values, body="\n".join(below).rstrip(), closing_line=closing + 1)


def _entry(line: str, number: int, known: Collection[str]) -> tuple[str, Entry]:
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
    return key, Entry(text=_scalar(key, rest.strip(), number), line=number)


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


class Reading(Value):
    """What a file says; `name_line` is where it gives the name, None if its own name is taken."""

    agent: Agent | BrokenAgent
    name_line: int | None = None


def read_agent(data: bytes, *, stem: str, path: str, source: AgentSource) -> Reading:
    """The agent in a file's bytes. `stem` is the file's name without its ending, `path` is for people."""
    name, name_line = stem, None
    try:
        document = parse(_text(data), known=KEYS)
        name, name_line = _name(document, stem)
        description = document.values.get("description")
        agent = Agent(
            name=full_name(name, source),
            description=description.text if description else "",
            prompt=_prompt(document),
            model=_model(document),
            temperature=_temperature(document),
            source=source,
        )
    except FrontMatterError as error:
        return Reading(
            agent=BrokenAgent(
                name=full_name(name, source), source=source, path=path, line=error.line, problem=error.problem
            ),
            name_line=name_line,
        )
    return Reading(agent=agent, name_line=name_line)


def full_name(name: str, source: AgentSource) -> str:
    """The name that people use."""
    return REPOSITORY_PREFIX + name if source == "repository" else name


def _text(data: bytes) -> str:
    data = data.removeprefix(codecs.BOM_UTF8)
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise FrontMatterError(line, "is not UTF-8: save the file as UTF-8.") from None


def _name(document: Document, stem: str) -> tuple[str, int | None]:
    given = document.values.get("name")
    if given is not None and not NAME.fullmatch(given.text):
        raise FrontMatterError(given.line, f"name must be {NAME_RULE}.")
    if given is None and not NAME.fullmatch(stem):
        raise FrontMatterError(
            None, f"the file's name cannot be an agent's: rename it, or give a name ({NAME_RULE})."
        )
    return (given.text, given.line) if given else (stem, None)


def _prompt(document: Document) -> str:
    if not document.body:
        raise FrontMatterError(document.closing_line, "no prompt follows below this line.")
    return document.body


def _model(document: Document) -> str | None:
    given = document.values.get("model")
    return _accepted("model", given, model_id(), given.text) if given else None


def _temperature(document: Document) -> float | None:
    given = document.values.get("temperature")
    return _accepted("temperature", given, number(0, 2), _number(given)) if given else None


def _number(given: Entry) -> float:
    if not re.fullmatch(r"[+-]?([0-9]+(\.[0-9]+)?|\.[0-9]+)", given.text):
        raise FrontMatterError(given.line, "temperature must be a number from 0 to 2.")
    return float(given.text)


def _accepted(key: str, given: Entry, shape: Shape, value: str | float) -> Any:
    """The value, if the settings would take it too."""
    try:
        return shape.accept(value)
    except ValueError as error:
        raise FrontMatterError(given.line, f"{key} {error}.") from None
