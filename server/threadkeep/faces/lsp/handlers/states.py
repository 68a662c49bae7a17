"""Requests that move a session between its states."""

from threadkeep.domain.sessions import SessionStatus
from threadkeep.faces.lsp.connection import Connection
from threadkeep.faces.lsp.handlers.sessions import session_result
from threadkeep.faces.lsp.registry import Registry, idempotency_key
from threadkeep.protocol.types.lifecycle import ChangeStateParams, SessionResult
from threadkeep.usecases.application import Application

_MOVES: dict[str, SessionStatus] = {
    "session/pause": "paused",
    "session/resume": "active",
    "session/end": "ended",
}


def register(on: Registry, application: Application, _connection: Connection) -> None:
    """Registers the handlers."""
    for method, status in _MOVES.items():
        _register_move(on, application, method, status)
    _register_archiving(on, application, "session/archive", archived=True)
    _register_archiving(on, application, "session/unarchive", archived=False)


def _register_move(on: Registry, application: Application, method: str, status: SessionStatus) -> None:
    @on(method)
    async def move(params: ChangeStateParams) -> SessionResult:
        view = await application.lifecycle.move(
            params.session_id,
            status,
            reason=params.reason,
            expected_revision=params.expected_revision,
            once=idempotency_key(method, params, session_result),
        )
        return session_result(view)


def _register_archiving(on: Registry, application: Application, method: str, *, archived: bool) -> None:
    @on(method)
    async def set_archived(params: ChangeStateParams) -> SessionResult:
        key = idempotency_key(method, params, session_result)
        view = await application.executor(
            lambda: application.sessions.set_archived(
                params.session_id, archived=archived, expected_revision=params.expected_revision, once=key
            )
        )
        return session_result(view)
