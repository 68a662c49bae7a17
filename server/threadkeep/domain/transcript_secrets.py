"""A whole session without what looks like a secret."""

from collections.abc import Mapping
from typing import Any

import attrs

from threadkeep.domain.messages import Message
from threadkeep.domain.secrets import redacted, without_secrets
from threadkeep.domain.transfer import Transcript


def without_any_secrets(transcript: Transcript) -> Transcript:
    """The transcript with what looks like a secret taken out of everything that a person or a model wrote."""
    session = transcript.session
    last = session.last_message
    session = attrs.evolve(
        session,
        title=redacted(session.title),
        note=_redacted(session.note),
        tags=tuple(redacted(tag) for tag in session.tags),
        links=tuple(
            attrs.evolve(link, value=redacted(link.value), url=_redacted(link.url)) for link in session.links
        ),
        context_summary=_redacted(session.context_summary),
        last_message=attrs.evolve(last, preview=redacted(last.preview)) if last else None,
        metadata=_redacted_json(session.metadata),
    )
    messages = tuple(_message_without_secrets(message) for message in transcript.messages)
    return attrs.evolve(transcript, session=session, messages=messages)


def _message_without_secrets(message: Message) -> Message:
    error = message.error
    if error is not None:
        error = attrs.evolve(error, message=redacted(error.message), data=_redacted_json(error.data))
    event = message.event
    if event is not None:
        event = attrs.evolve(event, reason=_redacted(event.reason))
    return attrs.evolve(
        message,
        parts=without_secrets(message.parts),
        note=_redacted(message.note),
        metadata=_redacted_json(message.metadata),
        error=error,
        event=event,
    )


def _redacted(text: str | None) -> str | None:
    return None if text is None else redacted(text)


def _redacted_json(value: Any) -> Any:
    if isinstance(value, str):
        return redacted(value)
    if isinstance(value, Mapping):
        return {redacted(key): _redacted_json(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_redacted_json(inner) for inner in value]
    return value
