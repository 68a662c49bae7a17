"""Events as the notifications that carry them."""

import attrs

from threadkeep.domain.events import (
    Event,
    MessageAdded,
    RepositoryHinted,
    SessionChanged,
    SessionRemoved,
    StoreWarned,
    TaskChanged,
    TextStreamed,
    TurnCompleted,
    TurnRetrying,
    TurnStarted,
)
from threadkeep.domain.text import without_steering
from threadkeep.faces.lsp import wire
from threadkeep.protocol.types import messages, repositories, sessions


@attrs.frozen(kw_only=True)
class Notice:
    """A notification. Those of a session are for its followers, the others for everybody."""

    method: str
    params: object
    """An attrs value of the protocol, or for a delta its JSON."""
    session_id: str | None = None
    """Whose followers hear it; None: everybody does."""
    topic: str | None = attrs.field(default=attrs.Factory(lambda self: self.session_id, takes_self=True))
    """The session it tells of, behind whose earlier words it stays."""


def notice(event: Event) -> Notice:  # noqa: PLR0911 - one return a kind of event
    """The notification that tells an event."""
    match event:
        case TextStreamed(session_id=session_id):
            return Notice(method="chat/delta", params=wire.delta(event), session_id=session_id)
        case MessageAdded(message=message):
            added = messages.MessageNotice(session_id=message.session_id, message=wire.message(message))
            return Notice(method="chat/message", params=added, session_id=message.session_id)
        case TurnStarted(turn=turn):
            started = messages.TurnStarted(session_id=turn.session_id, turn=wire.turn(turn))
            return Notice(method="chat/turnStarted", params=started, session_id=turn.session_id)
        case TurnRetrying():
            again = messages.TurnRetrying(
                session_id=event.session_id,
                turn_id=event.turn_id,
                attempt=event.attempt,
                kind=event.kind,
                retry_after_ms=event.retry_after_ms,
            )
            return Notice(method="chat/turnRetrying", params=again, session_id=event.session_id)
        case TurnCompleted(turn=turn, message=message):
            completed = messages.TurnCompleted(
                session_id=turn.session_id, turn=wire.turn(turn), message=wire.message(message)
            )
            return Notice(method="chat/turnCompleted", params=completed, session_id=turn.session_id)
        case SessionChanged(view=view):
            changed = sessions.SessionChanged(session=wire.session(view))
            return Notice(method="session/changed", params=changed, topic=view.session.id)
        case SessionRemoved(session_id=session_id):
            from threadkeep.protocol.types import organise  # an editor's start needs none of its classes

            removed = organise.SessionRemoved(session_id=session_id)
            return Notice(method="session/removed", params=removed, topic=session_id)
        case TaskChanged(repository=repository, task=task):
            moved = repositories.TaskChanged(repository=wire.repository(repository), task=task)
            return Notice(method="task/changed", params=moved)
        case RepositoryHinted(hint=hint):
            from threadkeep.faces.lsp.hints import hinted  # seldom needed

            return Notice(method="repository/hint", params=hinted(hint))
        case StoreWarned(kind=kind, message=text):
            from threadkeep.protocol.types import server  # an editor's start needs none of its classes

            warning = server.StoreWarning(kind=kind, message=without_steering(text))
            return Notice(method="store/warning", params=warning)
