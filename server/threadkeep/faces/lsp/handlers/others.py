"""The handlers that an editor's start does not need."""

from threadkeep.faces.lsp.connection import Connection
from threadkeep.faces.lsp.handlers import (
    agents,
    branches,
    chat,
    lists,
    organise,
    repositories,
    search,
    server,
    states,
    transfer,
    upkeep,
    usage,
)
from threadkeep.faces.lsp.registry import Registry
from threadkeep.usecases.wiring import UseCases


def register_others(on: Registry, cases: UseCases, connection: Connection) -> None:
    """Registers every handler but those of `sessions`."""
    states.register(on, cases)
    lists.register(on, cases)
    search.register(on, cases, connection)
    organise.register(on, cases)
    chat.register(on, cases, connection)
    branches.register(on, cases, connection)
    agents.register(on, cases)
    repositories.register(on, cases)
    server.register(on, cases, connection)
    upkeep.register(on, cases)
    usage.register(on, cases)
    transfer.register(on, cases, connection)
