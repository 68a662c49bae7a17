"""Requests that move a session between its states."""

from threadkeep.domain.sessions import SessionStatus
from threadkeep.faces.lsp.handlers.sessions import session_result
from threadkeep.faces.lsp.product import Product
from threadkeep.faces.lsp.registry import Registry, once
from threadkeep.protocol.types.lifecycle import ChangeStateParams, SessionResult

_MOVES: dict[str, SessionStatus] = {
    "session/pause": "paused",
    "session/resume": "active",
    "session/end": "ended",
}


def register(on: Registry, product: Product) -> None:
    """Registers the handlers."""
    for method, status in _MOVES.items():
        _register_move(on, product, method, status)
    _register_archiving(on, product, "session/archive", archived=True)
    _register_archiving(on, product, "session/unarchive", archived=False)


def _register_move(on: Registry, product: Product, method: str, status: SessionStatus) -> None:
    @on(method)
    async def move(params: ChangeStateParams) -> SessionResult:
        view = await product.lifecycle.move(
            params.session_id,
            status,
            reason=params.reason,
            expected_revision=params.expected_revision,
            once=once(method, params, session_result),
        )
        return session_result(view)


def _register_archiving(on: Registry, product: Product, method: str, *, archived: bool) -> None:
    @on(method)
    async def set_archived(params: ChangeStateParams) -> SessionResult:
        key = once(method, params, session_result)
        view = await product.lane(
            lambda: product.sessions.set_archived(
                params.session_id, archived=archived, expected_revision=params.expected_revision, once=key
            )
        )
        return session_result(view)
