"""What our two lossless formats have in common: the header, and a session's JSON read back."""

import re
from typing import Any, Final, TypeVar

from threadkeep.adapters.formats.strict import NotAsExpected, from_json
from threadkeep.domain.errors import ImportInvalid
from threadkeep.domain.messages import Message
from threadkeep.domain.repositories import Repository
from threadkeep.domain.sessions import Session
from threadkeep.domain.transfer import Transcript
from threadkeep.values.json_codec import MAX_INTEGER

T = TypeVar("T")

FORMAT: Final = "threadkeep"
VERSION: Final = 1
HEADER: Final[dict[str, Any]] = {"format": FORMAT, "version": VERSION}

MAX_SESSION_BYTES: Final = 256 * 1024 * 1024
"""A session's JSON that is read at once, in either format."""

_HEADER_WORDS: Final = re.compile(rb'"format"\s*:\s*"threadkeep"')


def names_our_format(head: bytes) -> bool:
    """Whether the beginning of a source says that it is ours."""
    return _HEADER_WORDS.search(head) is not None


def check_header(header: Any) -> None:
    """Raises ImportInvalid unless these are the members of a source that this version can read."""
    found = header if isinstance(header, dict) else {}
    version = found.get("version")
    if found.get("format") != FORMAT or not isinstance(version, int) or isinstance(version, bool):
        raise ImportInvalid(
            'This is no export of Threadkeep: it does not begin with "format" and "version".'
            " Give another file, or say whose history it is."
        )
    if not 1 <= version <= MAX_INTEGER:
        raise ImportInvalid("The version of this export is none that there can be.")
    if version > VERSION:
        raise ImportInvalid("A newer Threadkeep wrote this export: update this one, then import it.")


def session_of(data: Any) -> Session:
    """A session's own JSON. Raises NotAsExpected."""
    return _member(data, "session", Session)


def repository_of(data: Any) -> Repository:
    """The JSON of a session's repository. Raises NotAsExpected."""
    return _member(data, "repository", Repository)


def message_of(data: Any) -> Message:
    """A message's JSON. Raises NotAsExpected."""
    return from_json(data, Message)


def transcript_of(data: Any) -> Transcript:
    """A whole session's JSON. Raises NotAsExpected."""
    session, repository, messages = session_of(data), repository_of(data), data.get("messages")
    if not isinstance(messages, list):
        raise NotAsExpected("expected an array", where="messages")
    read: list[Message] = []
    try:
        for each in messages:
            read.append(message_of(each))  # noqa: PERF401 - how many were read tells which one failed
    except NotAsExpected as error:
        raise error.inside(f"messages[{len(read)}]") from None
    return Transcript(session=session, repository=repository, messages=tuple(read))


def _member(data: Any, name: str, kind: type[T]) -> T:
    if not isinstance(data, dict) or name not in data:
        raise NotAsExpected("is missing", where=name)
    try:
        return from_json(data[name], kind)
    except NotAsExpected as error:
        raise error.inside(name) from None
