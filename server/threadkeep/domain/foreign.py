"""Another tool's session as one of ours."""

import uuid
from collections.abc import Mapping
from typing import Final

from threadkeep.domain.messages import Message, Usage
from threadkeep.domain.repositories import DEFAULT_TASK, Repository
from threadkeep.domain.sessions import DEFAULT_TITLE, Session, SessionKey, last_message, title_from
from threadkeep.domain.transfer import ForeignMessage, ForeignSession, Transcript

FOREIGN_AGENT: Final = "assistant"

_NAMESPACE: Final = uuid.UUID("5f0a0d0c-8f0e-5c65-9b0e-6f1f5a3d7c11")


def from_foreign(foreign: ForeignSession, repository: Repository) -> Transcript:
    """Another tool's session as one of ours. The same source gives the same ids, so that importing it
    again finds it; an export of ours keeps the id of its session."""
    own = _uuid(_NAMESPACE, f"{foreign.origin}\n{foreign.origin_id}")
    session_id = foreign.own_id or str(own)
    # Ids of messages that an export of ours does not tell must not be those that earlier versions gave them, in
    # a session that had not kept its id.
    space = own if foreign.own_id is None else _uuid(own, session_id)
    ids = {each.origin_id: str(_uuid(space, each.origin_id)) for each in foreign.messages}
    messages = tuple(
        _from_foreign_message(each, session_id=session_id, ids=ids, seq=seq, at=foreign.created_at)
        for seq, each in enumerate(foreign.messages, start=1)
    )
    counted = [message for message in messages if message.is_counted]
    head = foreign.head_origin_id
    session = Session(
        id=session_id,
        key=SessionKey(repository_id=repository.id, task=(foreign.branch or "").strip() or DEFAULT_TASK),
        title=_foreign_title(foreign),
        title_source="generated" if foreign.title else "default",
        agent=FOREIGN_AGENT,
        head_id=(ids.get(head, head) if head is not None else messages[-1].id if messages else None),
        metadata={
            **foreign.metadata,
            "importedFrom": {"tool": foreign.origin, "id": foreign.origin_id},
        },
        message_count=len(counted),
        last_message=last_message(counted[-1]) if counted else None,
        usage=sum((message.usage for message in messages if message.usage), Usage()),
        created_at=foreign.created_at,
        updated_at=foreign.updated_at,
        last_activity_at=foreign.updated_at,
        seq=len(messages) + 1,
    )
    return Transcript(
        session=session,
        repository=repository,
        messages=messages,
        source_kind="history" if foreign.own_id is None else "reading",
    )


def _uuid(namespace: uuid.UUID, name: str) -> uuid.UUID:
    return uuid.uuid5(namespace, name.encode("utf-8", "replace").decode())


def _foreign_title(foreign: ForeignSession) -> str:
    if foreign.title and foreign.title.strip():
        return " ".join(foreign.title.split())
    asked = next((message for message in foreign.messages if message.role == "user"), None)
    text = "".join(part.text for part in asked.parts if part.type == "text") if asked else ""
    return title_from(text) if text else DEFAULT_TITLE


def _from_foreign_message(
    foreign: ForeignMessage, *, session_id: str, ids: Mapping[str, str], seq: int, at: str
) -> Message:
    parent = foreign.parent_origin_id
    return Message(
        id=ids[foreign.origin_id],
        session_id=session_id,
        seq=seq,
        role=foreign.role,
        parts=foreign.parts,
        parent_id=ids.get(parent, parent) if parent is not None else None,
        agent=FOREIGN_AGENT if foreign.role == "assistant" else None,
        model=foreign.model,
        provider=foreign.provider,
        usage=foreign.usage,
        metadata=foreign.metadata,
        created_at=foreign.at or at,
        completed_at=foreign.at or at,
    )
