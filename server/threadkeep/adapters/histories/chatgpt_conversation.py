"""A conversation of ChatGPT's export as a session: its mapping is a tree of nodes; apart, since it knows no file."""

from collections import Counter
from typing import Any

from threadkeep.adapters.histories import values
from threadkeep.adapters.histories.building import (
    Draft,
    call_text,
    first_at,
    in_order,
    json_text,
    last_at,
    nearest,
    placeholder,
    session_metadata,
    title_of,
)
from threadkeep.domain.messages import Role
from threadkeep.domain.transfer import ForeignSession

_ROLES: dict[str, Role] = {"user": "user", "assistant": "assistant", "tool": "tool", "system": "system"}
_TEXT_KEYS = (
    "text",
    "result",
    "content",
    "summary",
    "user_profile",
    "user_instructions",
    "model_set_context",
)
"""Where the kinds of content keep their text."""


def session(conversation: dict[str, Any]) -> ForeignSession | None:
    """The session; None for a conversation in which nothing was said."""
    left_out: Counter[str] = Counter()
    nodes = {key: values.mapping(node) for key, node in values.mapping(conversation.get("mapping")).items()}
    parents = {values.text(key): values.named(node.get("parent")) for key, node in nodes.items()}
    drafts = [
        _draft(values.text(key), parents[values.text(key)], values.mapping(node.get("message")), left_out)
        for key, node in nodes.items()
    ]
    # Children stand in the order of their time, whatever the order in the file.
    drafts.sort(key=lambda draft: draft.at or "")
    messages = in_order([draft.made() for draft in drafts])
    created_at = values.moment(conversation.get("create_time")) or first_at(messages)
    origin_id = values.named(conversation.get("conversation_id")) or values.named(conversation.get("id"))
    if not messages or created_at is None:
        return None
    head = values.named(conversation.get("current_node"))
    return ForeignSession(
        origin="chatgpt",
        origin_id=origin_id or messages[0].origin_id,
        title=title_of(conversation.get("title")),
        created_at=created_at,
        updated_at=max(
            created_at, values.moment(conversation.get("update_time")) or last_at(messages) or created_at
        ),
        head_origin_id=nearest(head, messages, parents),
        messages=messages,
        metadata=session_metadata(
            left_out,
            gizmo=values.named(conversation.get("gizmo_id")),
            archived="yes" if conversation.get("is_archived") is True else None,
        ),
    )


def _draft(key: str, parent: str | None, message: dict[str, Any], left_out: Counter[str]) -> Draft:
    author, told = values.mapping(message.get("author")), values.mapping(message.get("metadata"))
    role = _ROLES.get(values.text(author.get("role")), "system")
    hidden = told.get("is_visually_hidden_from_conversation") is True
    draft = Draft(
        origin_id=key,
        parent=parent,
        # Custom instructions and the like are told in a person's name.
        role="system" if hidden and role == "user" else role,
        at=values.moment(message.get("create_time")),
    )
    if role == "assistant" and (model := values.named(told.get("model_slug"))):
        draft.model, draft.provider = model, "openai"
    tool = values.named(author.get("name")) if role == "tool" else None
    draft.metadata = {"tool": tool} if tool else {}
    if message:
        _add(draft, values.mapping(message.get("content")), values.named(message.get("recipient")))
        if draft.is_empty:
            left_out["empty"] += 1
    return draft


def _add(draft: Draft, content: dict[str, Any], recipient: str | None) -> None:
    kind = values.text(content.get("content_type"))
    if kind == "thoughts":
        for thought in values.sequence(content.get("thoughts")):
            said = values.mapping(thought)
            heading, text = values.text(said.get("summary")), values.text(said.get("content"))
            draft.think("\n".join(line for line in (heading, text) if line))
        return
    if kind == "reasoning_recap":
        draft.think(values.text(content.get("content")))
        return
    spoken = "\n\n".join(text for text in _texts(content) if text.strip())
    if not spoken and _holds_something(content):
        spoken = placeholder(kind or "unknown content")
    if draft.role == "assistant" and recipient not in (None, "all") and spoken:
        spoken = call_text(recipient, spoken)
    elif kind == "code" and spoken:
        spoken = call_text(values.named(content.get("language")) or "code", spoken)
    draft.say(spoken)


def _texts(content: dict[str, Any]) -> list[str]:
    texts = []
    if values.text(content.get("content_type")) == "tether_quote":
        source = values.named(content.get("url")) or values.named(content.get("domain"))
        texts += [" ".join(each for each in (values.named(content.get("title")), source) if each)]
    for part in values.sequence(content.get("parts")):
        if isinstance(part, str):
            texts.append(values.text(part))
        elif isinstance(part, dict):
            texts.append(_part(part))
        elif part is not None:
            texts.append(json_text(part))
    for key in _TEXT_KEYS:
        value = content.get(key)
        texts.append(values.text(value) if isinstance(value, str) else "")
    return texts


def _part(part: dict[str, Any]) -> str:
    if isinstance(part.get("text"), str):
        return values.text(part["text"])
    kind = values.named(part.get("content_type")) or "unknown"
    return placeholder(kind, values.named(part.get("name")) or values.named(part.get("asset_pointer")))


def _holds_something(content: dict[str, Any]) -> bool:
    known = {"content_type", "parts", "language", "response_format_name", "assets", "tether_id", *_TEXT_KEYS}
    return any(value for key, value in content.items() if key not in known)
