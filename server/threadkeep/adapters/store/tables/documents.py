"""Values of the domain as documents, and back.

A document has the domain's own names. What a newer version added is ignored when it is read, and what is
absent takes its default, so that versions one apart can share a store.
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final, TypeVar

from threadkeep.adapters.store.engine import large_blocks
from threadkeep.adapters.store.engine.json_text import ADVICE
from threadkeep.adapters.store.engine.layouts import plain_text
from threadkeep.adapters.store.engine.short_json import Cell
from threadkeep.adapters.store.tables.short_documents import SHORT
from threadkeep.domain.approvals import Approval, ApprovalOption, PermissionRule
from threadkeep.domain.errors import StoreCorrupt
from threadkeep.domain.messages import (
    Attachment,
    Failure,
    Message,
    Part,
    TimelineEvent,
    Usage,
    WantedAttachment,
)
from threadkeep.domain.repositories import Repository
from threadkeep.domain.sessions import Session
from threadkeep.domain.text import folded
from threadkeep.domain.tool_calls import (
    Blob,
    Location,
    MediaFile,
    OutputItem,
    PlanEntry,
    ProviderBlock,
    ToolCall,
)
from threadkeep.domain.turns import Turn, Waiting
from threadkeep.ports.history_records import StoredMessage
from threadkeep.ports.store import Draft, Outcome
from threadkeep.values import Field, fields
from threadkeep.values.forms import Form
from threadkeep.values.json_codec import JsonReader, JsonWriter, Malformed

T = TypeVar("T")
Document = dict[str, Any]

REMEMBERED: Final = 256
"""Documents whose values are kept in memory."""

REMEMBERED_LENGTH: Final = 4_096
"""Characters of a document that is kept at most."""


def session_document(session: Session) -> Document:
    """The session, with what lists of sessions are filtered and sorted by; most defaults are left out."""
    document: Document = _WRITER.write(session)
    document["title_folded"] = folded_title(session.title)
    document["is_archived"] = session.archived_at is not None
    document["is_trashed"] = session.trashed_at is not None
    document["is_listed"] = session.archived_at is None and session.trashed_at is None
    document["is_open"] = session.is_open
    return document


def message_document(message: Message) -> Document:
    """The message, without fields that have their default: there are many messages."""
    return _WRITER.write(message)  # type: ignore[no-any-return]  # a class becomes a dict


def part_document(part: Part) -> Document:
    """A part that has a row of its own."""
    return _WRITER.write(part)  # type: ignore[no-any-return]  # a class becomes a dict


def approval_document(approval: Approval) -> Document:
    """The approval."""
    return _WRITER.write(approval)  # type: ignore[no-any-return]  # a class becomes a dict


def turn_document(turn: Turn) -> Document:
    """The turn, and whether it runs."""
    document: Document = _WRITER.write(turn)
    document["is_running"] = not turn.is_final
    return document


def repository_document(repository: Repository) -> Document:
    """The repository."""
    return _WRITER.write(repository)  # type: ignore[no-any-return]  # a class becomes a dict


def draft_document(draft: Draft) -> Document:
    """The draft."""
    return _WRITER.write(draft)  # type: ignore[no-any-return]  # a class becomes a dict


def outcome_document(outcome: Outcome) -> Document:
    """The outcome."""
    return _WRITER.write(outcome)  # type: ignore[no-any-return]  # a class becomes a dict


def value_of(document: Mapping[str, Any], kind: type[T]) -> T:
    """The domain's value that the document stands for. Raises StoreCorrupt if it stands for none."""
    try:
        return _READER.read(document, kind)
    except Malformed as error:
        found: object = document  # whatever stood there
        named = repr(found.get("id")) if isinstance(found, Mapping) else "without an id"
        raise StoreCorrupt(
            f"The {kind.__name__.lower()} {named} in the store is damaged ({error}): {ADVICE}"
        ) from error


def parsed(cell: Cell, kind: type[T]) -> T:
    """The domain's value of a document's JSON, or of its short form."""
    return value_of(SHORT.document(cell), kind)


def remembered(cell: Cell, kind: type[T]) -> T:
    """As `parsed`, for what is read again and again: each question takes its conversation along, and each
    list of sessions most of those of the one before. A document that changed has another text."""
    if len(cell) > REMEMBERED_LENGTH:
        return parsed(cell, kind)
    return _parsed_once(cell, kind)  # type: ignore[arg-type, no-any-return]  # mypy takes no type[T] for hashable


def stored_message(cell: Cell) -> Message | StoredMessage:
    """The message of a cell, to be shown: a value only where something of it has to be looked at.

    Raises StoreCorrupt if it is none.
    """
    if len(cell) > large_blocks.LARGE:
        large_blocks.keep_apart()
    filled = SHORT.filled(cell) if isinstance(cell, bytes) else None
    if filled is not None and filled.form.made(_is_shown):
        return StoredMessage(filled, size=2 * len(cell))
    document = SHORT.document(cell)
    if _is_shown_as_stored(document):
        return StoredMessage(document, size=2 * len(cell))
    return value_of(document, Message)


def _is_shown(form: Form) -> bool:
    return _is_shown_as_stored(form.tree)


def _is_shown_as_stored(document: Any) -> bool:
    try:
        is_whole = document.keys() >= _ALWAYS and document.keys().isdisjoint(_LOOKED_AT_OF_MESSAGES)
        is_written = document.get("status") == "streaming"
        return is_whole and not is_written and all(map(_is_said, document.get("parts", ())))
    except (AttributeError, KeyError, TypeError):  # whoever makes a value of it tells what is wrong
        return False


def _is_said(part: Mapping[str, Any]) -> bool:
    return part["type"] in {"text", "reasoning"} and part["text"].__class__ is str


def with_unknown_keys(document: Document, stored: Mapping[str, Any], kind: type) -> Document:
    """The document with the keys of the stored one that only a newer version knows."""
    known = {field.name for field in fields(kind)}
    return {key: value for key, value in stored.items() if key not in known} | document


@lru_cache(maxsize=REMEMBERED)
def _parsed_once(cell: Cell, kind: type[T]) -> T:
    return parsed(cell, kind)


@lru_cache(maxsize=256)  # every message puts its session again
def folded_title(title: str) -> str:
    """A title, or a part of one, as titles are sorted and searched."""
    return plain_text(folded(title))


_LOOKED_AT = ("title", "status", "activity", "is_favourite", "is_private", "message_count")
"""Fields of a session that queries and SQL look at: they must be there."""

_ALWAYS = frozenset(("id", "session_id", "seq", "role", "created_at"))
"""Fields of a message without a default."""
_LOOKED_AT_OF_MESSAGES = ("event", "error")
"""Fields of a message that are not shown as they are stored."""

_SPARE = {
    Approval,
    ApprovalOption,
    Attachment,
    Blob,
    Draft,
    Failure,
    Location,
    MediaFile,
    Message,
    OutputItem,
    Part,
    PermissionRule,
    PlanEntry,
    ProviderBlock,
    Repository,
    Session,
    TimelineEvent,
    ToolCall,
    Turn,
    Usage,
    Waiting,
    WantedAttachment,
}
"""Classes of which nothing is written that is the default."""

_READER: Final = JsonReader(is_strict=False, nulls="checked", key_of=str)
"""What is stored was checked when it came in: it is passed on as it is, and so are values of newer versions."""


def _omits(cls: type, field: Field) -> bool:
    return cls in _SPARE and (cls is not Session or field.name not in _LOOKED_AT)


_WRITER: Final = JsonWriter(omits=_omits, key_of=str)
