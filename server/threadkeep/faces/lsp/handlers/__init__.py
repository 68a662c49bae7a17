"""One small function a method: read, call, translate."""

from threadkeep.faces.lsp.connection import Connection
from threadkeep.faces.lsp.handlers import (
    agents,
    branches,
    chat,
    lists,
    repositories,
    server,
    sessions,
    states,
    upkeep,
)
from threadkeep.faces.lsp.registry import Registry
from threadkeep.usecases.wiring import UseCases


def register_all(on: Registry, cases: UseCases, connection: Connection) -> None:
    """Registers the handler of every request of the methods table."""
    sessions.register(on, cases, connection)
    states.register(on, cases)
    lists.register(on, cases)
    chat.register(on, cases, connection)
    branches.register(on, cases, connection)
    agents.register(on, cases)
    repositories.register(on, cases)
    server.register(on, cases, connection)
    upkeep.register(on, cases)
