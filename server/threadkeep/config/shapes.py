"""What values a setting can have: checked without coercion, described for people and as JSON Schema."""

import math
from collections.abc import Callable, Mapping
from typing import Any

from threadkeep.values import Value, evolve


class Shape(Value):
    """A kind of value. `accept` and `parse` raise ValueError with the rest of the sentence "NAME …"."""

    label: str
    """For people, e.g. `whole number, 1 to 200`."""
    schema: Mapping[str, Any]
    """JSON Schema 2020-12."""
    accept: Callable[[Any], Any]
    """The value as it is kept, from what TOML or JSON gave."""
    parse: Callable[[str], Any] = str
    """What TOML would have given, from the text of a variable or a flag."""
    is_path: bool = False
    """Whether `~` and relative paths have to be resolved."""


def text(label: str = "text") -> Shape:
    """Any text but none."""
    return Shape(label=label, schema={"type": "string", "minLength": 1}, accept=_text)


def prose() -> Shape:
    """Any text, or none."""
    return Shape(label="text", schema={"type": "string"}, accept=_string)


def path() -> Shape:
    """A path, absolute, relative or from `~` on."""

    def accept(value: Any) -> str:
        if any("\0" < char < " " for char in _text(value)):  # NUL has words of its own
            raise ValueError(
                "holds a control character: in TOML, write paths with backslashes between single quotes, "
                "like 'C:\\temp'"
            )
        return _text(value)

    return evolve(text("path"), accept=accept, is_path=True)


def model_id() -> Shape:
    """`provider:model`."""

    def accept(value: Any) -> str:
        provider, colon, name = _text(value).partition(":")
        if not (provider and colon and name):
            raise ValueError('must be "provider:model", with a colon between them')
        return f"{provider}:{name}"

    return Shape(
        label="`provider:model`", schema={"type": "string", "pattern": "^[^:]+:(.|\\n)+$"}, accept=accept
    )


def choice(*options: str) -> Shape:
    """One of a few words."""

    def accept(value: Any) -> str:
        if not isinstance(value, str) or value not in options:
            raise ValueError(f"must be one of {', '.join(options)}")
        return value

    label = " \\| ".join(f"`{option}`" for option in options)
    return Shape(label=label, schema={"type": "string", "enum": list(options)}, accept=accept)


def choice_or_other(*known: str) -> Shape:
    """One of a few words, or of those that only an installed package knows."""
    label = " \\| ".join((*(f"`{each}`" for each in known), "another"))
    return Shape(
        label=label, schema={"type": "string", "minLength": 1, "examples": list(known)}, accept=_text
    )


def whole(minimum: int, maximum: int) -> Shape:
    """A whole number within bounds, both included."""

    def accept(value: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int):
            raise ValueError(f"must be a whole number, not {_kind(value)}")
        if not minimum <= value <= maximum:
            raise ValueError(f"must be from {minimum} to {maximum}")
        return value

    def parse(given: str) -> int:
        try:
            return int(given)
        except ValueError:
            raise ValueError("must be a whole number") from None

    schema = {"type": "integer", "minimum": minimum, "maximum": maximum}
    label = f"whole number, {minimum} to {maximum}"
    return Shape(label=label, schema=schema, accept=accept, parse=parse)


def number(minimum: float, maximum: float) -> Shape:
    """A finite number within bounds, both included."""

    def accept(value: Any) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise ValueError(f"must be a number, not {_kind(value)}")
        if math.isnan(value) or not minimum <= value <= maximum:
            raise ValueError(f"must be from {minimum:g} to {maximum:g}")
        return value

    schema = {"type": "number", "minimum": minimum, "maximum": maximum}
    return Shape(label=f"number, {minimum:g} to {maximum:g}", schema=schema, accept=accept)


def boolean() -> Shape:
    """True or false."""

    def accept(value: Any) -> bool:
        if not isinstance(value, bool):
            raise ValueError(f"must be true or false, not {_kind(value)}")
        return value

    def parse(given: str) -> bool:
        if given not in {"true", "false"}:
            raise ValueError(f"must be true or false, not {given!r}")
        return given == "true"

    return Shape(label="`true` \\| `false`", schema={"type": "boolean"}, accept=accept, parse=parse)


def texts(*, at_least: int = 0) -> Shape:
    """A list of texts."""

    def accept(value: Any) -> tuple[str, ...]:
        if not isinstance(value, list | tuple):
            raise ValueError(f"must be a list of texts, not {_kind(value)}")
        if len(value) < at_least:
            raise ValueError("must not be an empty list")
        return tuple(_text(item) for item in value)

    schema = {"type": "array", "items": {"type": "string", "minLength": 1}, "minItems": at_least}
    return Shape(label="list of texts", schema=schema, accept=accept)


def _text(value: Any) -> str:
    if not _string(value).strip():
        raise ValueError("must not be empty")
    return _string(value)


def _string(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError(f"must be text, not {_kind(value)}")
    return value


def _kind(value: Any) -> str:
    """The value's type in words; never the value, which may be a key in the wrong place."""
    if isinstance(value, bool):
        return "true or false"
    words = {str: "text", int: "a number", float: "a number", list: "a list", tuple: "a list"}
    return words.get(type(value), "a table" if isinstance(value, Mapping) else "that")
