"""Makes the protocol's values from what a server sent, tolerant of what a newer server may add."""

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, Final, TypeVar

import attrs
import cattrs
from cattrs.gen import make_dict_structure_fn, override

from threadkeep.client.errors import MalformedAnswer
from threadkeep.protocol.hints import is_literal, wire_name
from threadkeep.protocol.types.common import JsonObject
from threadkeep.protocol.types.messages import AttachmentPart, Message, Part, ReasoningPart, TextPart

T = TypeVar("T")

_PARTS: Final[dict[str, type[Part]]] = {
    "text": TextPart,
    "reasoning": ReasoningPart,
    "attachment": AttachmentPart,
}


def read(data: object, cls: type[T]) -> T:
    """The value of `cls` that `data` holds.

    Unknown members are ignored, unknown values of open enums kept as they are, and message parts of
    an unknown type left out: `content` still has their text.

    Raises:
        MalformedAnswer: a member is missing, or is an object where another thing belongs.
    """
    try:
        return _converter().structure(data, cls)
    except Exception as error:  # whatever the data provokes means one thing here
        raise MalformedAnswer(f"not a {cls.__name__}: {error!r}") from error


@cache
def _converter() -> cattrs.Converter:
    converter = cattrs.Converter(detailed_validation=False)
    for scalar in (str, int, float, bool):
        converter.register_structure_hook(scalar, _as_it_came)
    converter.register_structure_hook_func(is_literal, _as_it_came)
    converter.register_structure_hook_func(lambda hint: bool(hint == JsonObject), _as_it_came)
    converter.register_structure_hook(Part, _part_reader(converter))
    converter.register_structure_hook_factory(attrs.has, lambda cls: _reader(converter, cls))
    converter.register_structure_hook(Message, _message_reader(converter))
    return converter


def _as_it_came(value: Any, _: object) -> Any:
    return value


def _reader(converter: cattrs.Converter, cls: type) -> Callable[[Any, Any], Any]:
    names: dict[str, Any] = {
        field.name: override(rename=wire_name(field.name)) for field in attrs.fields(cls)
    }
    read_members: Any = make_dict_structure_fn(cls, converter, **names)

    def reader(data: Any, kind: Any) -> Any:
        if not isinstance(data, Mapping):
            raise TypeError(f"an object was expected, not {type(data).__name__}")
        return read_members({key: value for key, value in data.items() if value is not None}, kind)

    return reader


def _part_reader(converter: cattrs.Converter) -> Callable[[Any, Any], Part]:
    return lambda data, _: converter.structure(data, _PARTS[data["type"]])


def _message_reader(converter: cattrs.Converter) -> Callable[[Any, Any], Message]:
    read_members = _reader(converter, Message)

    def reader(data: Any, kind: Any) -> Message:
        known = [part for part in data.get("parts") or () if part.get("type") in _PARTS]
        message: Message = read_members({**data, "parts": known}, kind)
        return message

    return reader
