"""Who hears what on this connection: events become notifications, in order, and not too many."""

import asyncio
from collections.abc import Mapping
from typing import Any, Protocol

from threadkeep.domain.events import Event, SessionChanged, SessionRemoved, TextStreamed
from threadkeep.faces.lsp import wire
from threadkeep.faces.lsp.notices import notice

QUIET_SECONDS = 0.1
"""At least so long between two `session/changed` of one session."""


class Sender(Protocol):
    """The connection, as far as notifications go."""

    def notify(self, method: str, params: Any) -> None: ...

    def notify_delta(self, params: Mapping[str, Any]) -> None: ...


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
            self._tell(event)
        elif not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._tell, event)

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

    def _tell(self, event: Event) -> None:
        if isinstance(event, TextStreamed):
            if event.session_id in self._followed:
                self._sender.notify_delta(wire.delta(event))
        elif isinstance(event, SessionChanged):
            self._tell_changed(event)
        else:
            if isinstance(event, SessionRemoved):
                self._held_back.pop(event.session_id, None)
                self._followed.discard(event.session_id)
            told = notice(event)
            if told.session_id is None or told.session_id in self._followed:
                self._sender.notify(told.method, told.params)

    def _tell_changed(self, event: SessionChanged) -> None:
        session = event.view.session
        if session.id in self._quiet:
            held = self._held_back.get(session.id)
            # The lane and the event loop both announce: the later state wins, not the later call.
            if held is None or held.view.session.seq <= session.seq:
                self._held_back[session.id] = event
            return
        told = notice(event)
        self._sender.notify(told.method, told.params)
        self._quiet[session.id] = self._loop.call_later(QUIET_SECONDS, self._end_quiet, session.id)

    def _end_quiet(self, session_id: str) -> None:
        del self._quiet[session_id]
        event = self._held_back.pop(session_id, None)
        if event is not None:
            self._tell_changed(event)
