"""The protocol's JSON: requests are read strictly, and whatever is wrong with one is told at once."""

from typing import Any, TypeVar

from threadkeep.values.reading import JsonReader
from threadkeep.values.writing import JsonWriter

T = TypeVar("T")

_READER = JsonReader()
_WRITER = JsonWriter()


def structure(data: object, cls: type[T]) -> T:
    """The instance of a protocol class that parsed JSON stands for.

    Unknown keys are ignored, save in members that are `CLOSED`, and nothing is coerced. Opaque JSON is kept as it is, uncopied.
    Raises Malformed.
    """
    return _READER.read(data, cls)


def unstructure(value: object) -> Any:
    """The JSON of a protocol instance: members that are None or UNSET are left out, all others stay."""
    return _WRITER.write(value)
