"""A whole session without what looks like a secret."""

import functools
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, Literal, Protocol, get_args, get_origin, get_type_hints

from threadkeep.domain.attachments import fingerprint
from threadkeep.domain.messages import Attachment, Failure, Message, Part, TimelineEvent
from threadkeep.domain.repositories import Alias
from threadkeep.domain.secret_traces import Traces, traces_of
from threadkeep.domain.secrets import REDACTED, names_a_secret, redacted
from threadkeep.domain.sessions import Session, SessionKey, last_message
from threadkeep.domain.tool_calls import Blob, MediaFile
from threadkeep.domain.transfer import Transcript
from threadkeep.values import evolve, fields, is_value_class

_KEPT: Final[Mapping[type, frozenset[str]]] = {
    Alias: frozenset({"kind"}),
    Attachment: frozenset({"hash"}),
    Blob: frozenset({"sha256", "data"}),
    Failure: frozenset({"kind"}),
    MediaFile: frozenset({"sha256", "data"}),
    Part: frozenset({"signature"}),
    TimelineEvent: frozenset({"kind"}),
}
"""Names that only the product gives, and what follows from the words. Ids and times are kept everywhere."""
_NAMES: Final[Mapping[type, frozenset[str]]] = {
    Message: frozenset({"agent", "model", "provider"}),
    Session: frozenset({"agent", "model", "provider"}),
    SessionKey: frozenset({"task", "workflow"}),
}
"""Names by which a session goes on: only what is a secret by itself is taken out of them."""


def without_any_secrets(transcript: Transcript) -> Transcript:
    """The transcript without what looks like a secret, in whatever a person or a model wrote.

    What is a secret at one place is taken out at all others too: the secret itself, long pieces of it, and
    its words where they stand alone or in a row. Ids and times stay as they are, and so do the names by which
    the session goes on, such as its agent's, but for what is a secret by itself.
    """
    heard = _Heard()
    _mapped(transcript, heard)
    for message in transcript.messages:
        heard.text(message.content)
        heard.text(message.reasoning)
    cleaned = _Cleaned(traces_of(heard.texts, known=heard.secrets))
    clean: Transcript = _mapped(transcript, cleaned)
    pairs = zip(transcript.messages, clean.messages, strict=True)
    messages = tuple(_settled(before, after, cleaned) for before, after in pairs)
    session = _summed_up(clean.session, messages)
    return evolve(clean, session=session, messages=messages)


def traces_in(session: Session, messages: Iterable[Message]) -> Traces:
    """What gives the secrets of a session away, wherever they stand: `Traces.taken_out` takes them out.

    A message is held no longer than it is looked at: a session may have many.
    """
    heard = _Heard()
    return traces_of(_texts_of(session, messages, heard), known=heard.secrets)


def _texts_of(session: Session, messages: Iterable[Message], heard: "_Heard") -> Iterator[str]:
    _mapped(session, heard)
    yield from heard.texts
    for message in messages:
        heard.texts.clear()
        _mapped(message, heard)
        yield from {*heard.texts, message.content, message.reasoning}


class _Visitor(Protocol):
    def text(self, text: str) -> str: ...

    def name(self, text: str) -> str:
        """Of a member of `_NAMES`."""
        ...

    def secret(self, text: str) -> str:
        """Of a member whose name says that it is one."""
        ...


class _Heard:
    """Remembers every text, and changes none."""

    def __init__(self) -> None:
        self.texts: set[str] = set()
        self.secrets: set[str] = set()

    def text(self, text: str) -> str:
        self.texts.add(text)
        return text

    def name(self, text: str) -> str:
        return self.text(text)

    def secret(self, text: str) -> str:
        self.secrets.add(text)
        return text


class _Cleaned:
    """Takes the secrets out of every text."""

    def __init__(self, traces: Traces) -> None:
        self._traces = traces

    def text(self, text: str) -> str:
        return self._traces.taken_out(text)

    def name(self, text: str) -> str:
        return redacted(text)

    def secret(self, text: str) -> str:
        return REDACTED if text.strip() else text


def _mapped(value: Any, visitor: _Visitor) -> Any:
    """The value with every text in it as the visitor has it."""
    if isinstance(value, str):
        return visitor.text(value)
    if isinstance(value, Mapping):
        return _mapped_members(value, visitor)
    if isinstance(value, tuple | list):
        return type(value)(_mapped(inner, visitor) for inner in value)
    if is_value_class(type(value)):
        kind: Any = type(value)
        old = {name: getattr(value, name) for name in _told(kind)}
        names = _NAMES.get(kind, frozenset())
        new = {
            name: visitor.name(inner) if name in names and inner is not None else _mapped(inner, visitor)
            for name, inner in old.items()
        }
        return value if new == old else evolve(value, **new)
    return value


def _mapped_members(value: Mapping[str, Any], visitor: _Visitor) -> dict[str, Any]:
    members: dict[str, Any] = {}
    for name, inner in value.items():
        told, number = visitor.text(name), 1
        while told in members:  # two names may be alike without what was secret in them
            number += 1
            told = f"{visitor.text(name)} {number}"
        is_secret = isinstance(inner, str) and names_a_secret(name)
        members[told] = visitor.secret(inner) if is_secret else _mapped(inner, visitor)
    return members


@functools.cache
def _told(kind: type) -> tuple[str, ...]:
    """The fields of a class that may hold words of a person or a model."""
    hints = get_type_hints(kind)
    return tuple(
        field.name
        for field in fields(kind)
        if not _is_named_by_the_product(field.name, hints[field.name])
        and field.name not in _KEPT.get(kind, frozenset())
    )


def _is_named_by_the_product(name: str, hint: Any) -> bool:
    is_place = name in {"id", "at"} or name.endswith(("_id", "_at"))
    is_choice = any(get_origin(each) is Literal for each in (hint, *get_args(hint)))
    return is_choice or (is_place and name != "language_id")


def _settled(before: Message, after: Message, cleaned: _Cleaned) -> Message:
    """The message with what follows from its words, and without a secret that two of its parts share."""
    parts = [_settled_part(*pair) for pair in zip(before.parts, after.parts, strict=True)]
    kinds: tuple[tuple[Literal["text", "reasoning"], str], ...] = (
        ("text", before.content),
        ("reasoning", before.reasoning),
    )
    for kind, joined in kinds:
        places = [place for place, part in enumerate(parts) if part.type == kind]
        whole = cleaned.text(joined) if len(places) > 1 else None
        if whole is not None and whole != "".join(parts[place].text for place in places):
            for place in places:
                parts[place] = Part(type=kind, text=whole if place == places[0] else "")
    return evolve(after, parts=tuple(parts))


def _settled_part(before: Part, after: Part) -> Part:
    """The part without a signature of other words, and with the fingerprint of its own."""
    if after.text == before.text:
        return after
    kept = after.attachment
    if kept is not None:
        kept = evolve(kept, hash=fingerprint(after.text))
    return evolve(after, signature=None, attachment=kept)


def _summed_up(session: Session, messages: tuple[Message, ...]) -> Session:
    """The session with the short form of its newest message as it is now: an old one may end within a secret."""
    last = session.last_message
    same = [each for each in messages if last and (each.role, each.created_at) == (last.role, last.at)]
    return evolve(
        session,
        tags=tuple(dict.fromkeys(session.tags)),
        last_message=last_message(same[-1]) if same else last,
    )
