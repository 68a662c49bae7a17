"""Makes the protocol's values from what a server sent, tolerant of what a newer server may add."""

from typing import TypeVar

from threadkeep.client.errors import MalformedAnswer
from threadkeep.values.json_codec import JsonReader, Malformed

T = TypeVar("T")

_READER = JsonReader(is_strict=False, nulls="absent")


def read(data: object, cls: type[T]) -> T:
    """The value of `cls` that `data` holds.

    Unknown members are ignored, unknown values of open enums kept as they are, and message parts of
    an unknown type left out: `content` still has their text.

    Raises:
        MalformedAnswer: a member is missing, or is an object where another thing belongs.
    """
    try:
        return _READER.read(data, cls)
    except Malformed as error:
        raise MalformedAnswer(f"not a {cls.__name__}: {error}") from error
