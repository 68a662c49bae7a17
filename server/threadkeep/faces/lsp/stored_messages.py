"""Messages that go from the store to the wire as they are, without a value of them in between."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from threadkeep.domain.messages import Message
from threadkeep.faces.jsonrpc.json_text import Encoded, encode, encoded
from threadkeep.faces.lsp import wire
from threadkeep.ports.history_records import Entry, StoredMessage
from threadkeep.protocol.converter import unstructure
from threadkeep.values.forms import Filled, Form, TextPattern

LARGE: Final = 64 * 1024
"""Characters of a text that is encoded once, though it stands in a message twice."""

Siblings = Mapping[str, tuple[int, int]]


def with_messages(result: object, entries: Sequence[Entry], siblings: Siblings) -> Encoded:
    """The JSON of a result, with these as its `messages`."""
    members = {**unstructure(result), "messages": [_message(entry, siblings) for entry in entries]}
    return encoded(members)


def _message(entry: Entry, siblings: Siblings) -> dict[str, Any] | Encoded:
    if isinstance(entry, Message):
        members: dict[str, Any] = unstructure(wire.message(entry, siblings))
        return members
    stored = entry.stored
    if isinstance(stored, Filled) and entry.id not in siblings:
        return Encoded([stored.form.made(_on_the_wire).filled(stored.values).encode()])
    return stored_message(entry, siblings)


def _on_the_wire(form: Form) -> TextPattern:
    """How all messages of that form are written, but for those with siblings."""
    message = stored_message(StoredMessage(form.tree), {})
    return TextPattern(encode(message).decode(), count=form.count)


def stored_message(kept: StoredMessage, siblings: Siblings) -> dict[str, Any]:
    """What `wire.message` gives of the same message, as JSON; a large text is encoded already."""
    stored = kept.members
    get = stored.get
    content, parts = _said(get("parts", ()))
    usage, place = get("usage"), siblings.get(stored["id"])
    # the members of protocol.types.messages.Message in the order of its converter: those that may be absent last
    always = {
        "id": stored["id"],
        "sessionId": stored["session_id"],
        "seq": stored["seq"],
        "role": stored["role"],
        "content": content,
        "parts": parts,
        "status": get("status", "complete"),
        "isFavourite": get("is_favourite", False),
        "metadata": get("metadata") or {},
        "createdAt": stored["created_at"],
    }
    maybe = {
        "turnId": get("turn_id"),
        "parentId": get("parent_id"),
        "stopReason": get("stop_reason"),
        "agent": get("agent"),
        "model": get("model"),
        "provider": get("provider"),
        "usage": None if usage is None else _usage(usage),
        "note": get("note"),
        "siblings": None if place is None else {"index": place[0], "count": place[1]},
        "completedAt": get("completed_at"),
    }
    return always | {name: member for name, member in maybe.items() if member is not None}


def _usage(stored: Mapping[str, Any]) -> dict[str, Any]:
    get = stored.get
    tokens = {
        "inputTokens": get("input_tokens", 0),
        "outputTokens": get("output_tokens", 0),
        "cachedTokens": get("cached_tokens", 0),
        "reasoningTokens": get("reasoning_tokens", 0),
    }
    cost = get("cost")
    return tokens if cost is None else {**tokens, "cost": cost}


def _said(parts: Sequence[Mapping[str, Any]]) -> tuple[str | Encoded, list[dict[str, Any]]]:
    """The content, and the parts; a large text that is all of the content is encoded once for both."""
    texts = [part["text"] for part in parts if part["type"] == "text"]
    content: str | Encoded = "".join(texts)
    if len(texts) != 1 or len(content) <= LARGE:
        return content, [{"type": part["type"], "text": part["text"]} for part in parts]
    content = Encoded([encode(content)])
    return content, [
        {"type": part["type"], "text": content if part["type"] == "text" else part["text"]} for part in parts
    ]
