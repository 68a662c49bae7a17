"""Who hears what on this connection: events become notifications, in order, and not too many."""

import asyncio
from collections.abc import Hashable, Mapping
from typing import Any, Protocol

from threadkeep.domain.events import (
    ApprovalClosed,
    ApprovalRequested,
    Event,
    MessageAdded,
    OutputStreamed,
    PartChanged,
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
from threadkeep.values import Value

QUIET_SECONDS = 0.1
"""At least so long between two `session/changed` of one session."""


class Notice(Value):
    """A notification. Those of a session are for its followers, the others for everybody."""

    method: str
    params: object
    """A value of the protocol, or for a delta its JSON."""
    session_id: str | None = None
    """Whose followers hear it; None: everybody does."""
    topic: str | None = None
    """The session it tells of, behind whose earlier words it stays: `session_id`, unless given."""

    def __post_init__(self) -> None:
        if self.topic is None:
            object.__setattr__(self, "topic", self.session_id)


def notice(event: Event) -> Notice:  # noqa: PLR0911 - one return a kind of event
    """The notification that tells an event."""
    match event:
        case TextStreamed(session_id=session_id):
            return Notice(method="chat/delta", params=wire.delta(event), session_id=session_id)
        case OutputStreamed() | PartChanged() | ApprovalRequested() | ApprovalClosed():
            from threadkeep.faces.lsp.wire_parts import of_parts  # most answers have none

            method, params, session_id = of_parts(event)
            return Notice(method=method, params=params, session_id=session_id)
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


class Sender(Protocol):
    """The connection, as far as notifications go."""

    def notify(
        self, method: str, params: Any, *, topic: Hashable = None, replaces: Hashable = None
    ) -> None: ...

    def notify_piece(
        self, method: str, params: Mapping[str, Any], *, key: Hashable, topic: Hashable
    ) -> None: ...


class ConnectionAudience:
    """Passes events on to one connection. Any thread may call it; it works on the event loop."""

    def __init__(self, sender: Sender) -> None:
        self._sender = sender
        self._loop = asyncio.get_running_loop()
        self._followed: set[str] = set()
        self._quiet: dict[str, asyncio.TimerHandle] = {}
        self._held_back: dict[str, SessionChanged] = {}

    def __call__(self, event: Event) -> None:
        try:
            on_loop = asyncio.get_running_loop() is self._loop
        except RuntimeError:
            on_loop = False
        if on_loop:
            self._pass_on(event)
        elif not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._pass_on, event)

    def follow(self, session_id: str) -> None:
        """From now on this connection hears what is said in the session."""
        self._followed.add(session_id)

    @property
    def followed(self) -> frozenset[str]:
        """The sessions that this connection hears. Any thread may ask."""
        return frozenset(self._followed)

    def leave(self, session_id: str) -> None:
        """It hears no more of it."""
        self._followed.discard(session_id)

    def _pass_on(self, event: Event) -> None:
        if isinstance(event, TextStreamed):
            if event.session_id in self._followed:
                text = (event.session_id, event.message_id, event.index)
                self._sender.notify_piece("chat/delta", wire.delta(event), key=text, topic=event.session_id)
        elif isinstance(event, OutputStreamed):
            if event.session_id in self._followed:
                from threadkeep.faces.lsp.wire_parts import output  # most answers have none

                piece = (event.session_id, event.message_id, event.index)
                self._sender.notify_piece("chat/delta", output(event), key=piece, topic=event.session_id)
        elif isinstance(event, SessionChanged):
            self._pass_on_changed(event)
        else:
            if isinstance(event, SessionRemoved):
                self._held_back.pop(event.session_id, None)
                self._followed.discard(event.session_id)
            message = notice(event)
            if message.session_id is None or message.session_id in self._followed:
                self._sender.notify(message.method, message.params, topic=message.topic)

    def _pass_on_changed(self, event: SessionChanged) -> None:
        session = event.view.session
        if session.id in self._quiet:
            held = self._held_back.get(session.id)
            # The executor and the event loop both announce: the later state wins, not the later call.
            if held is None or held.view.session.seq <= session.seq:
                self._held_back[session.id] = event
            return
        message = notice(event)
        self._sender.notify(
            message.method, message.params, topic=message.topic, replaces=(message.method, message.topic)
        )
        self._quiet[session.id] = self._loop.call_later(QUIET_SECONDS, self._end_quiet, session.id)

    def _end_quiet(self, session_id: str) -> None:
        del self._quiet[session_id]
        event = self._held_back.pop(session_id, None)
        if event is not None:
            self._pass_on_changed(event)
