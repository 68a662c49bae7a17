"""Who hears what on this connection: events become notifications, in order, and not too many."""

import asyncio
from collections.abc import Hashable, Mapping
from typing import Any, Protocol

from threadkeep.domain.events import Event, SessionChanged, SessionRemoved, TextStreamed
from threadkeep.faces.lsp import wire
from threadkeep.faces.lsp.notices import notice

QUIET_SECONDS = 0.1
"""At least so long between two `session/changed` of one session."""


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
                text = (event.session_id, event.message_id, event.kind)
                self._sender.notify_piece("chat/delta", wire.delta(event), key=text, topic=event.session_id)
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
            # The lane and the event loop both announce: the later state wins, not the later call.
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
