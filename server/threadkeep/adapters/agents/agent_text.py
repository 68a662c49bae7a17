"""Makes an agent of the text of its file, or tells in which line it is wrong."""

import codecs
import re
from typing import Any

import attrs

from threadkeep.adapters.agents.front_matter import Document, FrontMatterError, Value, parse
from threadkeep.config.shapes import Shape, model_id, number
from threadkeep.domain.agents import REPOSITORY_PREFIX, Agent, AgentSource, BrokenAgent

KEYS = ("name", "description", "model", "temperature")
NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")
NAME_RULE = "1 to 64 of a-z, 0-9 and -, not beginning with -"


@attrs.frozen(kw_only=True)
class Reading:
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


def _number(given: Value) -> float:
    if not re.fullmatch(r"[+-]?([0-9]+(\.[0-9]+)?|\.[0-9]+)", given.text):
        raise FrontMatterError(given.line, "temperature must be a number from 0 to 2.")
    return float(given.text)


def _accepted(key: str, given: Value, shape: Shape, value: str | float) -> Any:
    """The value, if the settings would take it too."""
    try:
        return shape.accept(value)
    except ValueError as error:
        raise FrontMatterError(given.line, f"{key} {error}.") from None
