"""The handlers that an editor's start does not need; a topic's are imported when one of its methods is asked for."""

from collections.abc import Callable, Mapping

from threadkeep.faces.lsp.connection import Connection
from threadkeep.faces.lsp.registry import Registry
from threadkeep.usecases.wiring import UseCases

METHODS: Mapping[str, tuple[str, ...]] = {
    "states": ("session/pause", "session/resume", "session/end", "session/archive", "session/unarchive"),
    "lists": ("session/list", "session/history", "session/events"),
    "search": ("session/search",),
    "organise": ("session/delete", "session/restore", "session/purge", "session/bulkUpdate", "store/cleanup"),
    "chat": (
        "chat/send",
        "chat/wait",
        "chat/cancel",
        "chat/takeOver",
        "chat/continue",
        "chat/retry",
        "chat/edit",
        "chat/queue",
    ),
    "branches": (
        "chat/rewind",
        "chat/branches",
        "chat/selectBranch",
        "message/update",
        "message/erase",
        "session/fork",
        "session/clear",
    ),
    "agents": ("agent/list", "session/switchAgent"),
    "repositories": (
        "repository/resolve",
        "repository/list",
        "repository/relocate",
        "repository/dismiss",
        "task/list",
        "task/relocate",
    ),
    "server": (
        "model/list",
        "provider/list",
        "provider/setKey",
        "provider/test",
        "store/info",
        "server/status",
        "server/schema",
    ),
    "upkeep": ("store/doctor", "store/backup"),
    "usage": ("usage/summary",),
    "transfer": ("session/export", "session/import"),
}
"""Those of each topic; a test holds them equal to what its handlers register."""


def _states(on: Registry, cases: UseCases, _connection: Connection) -> None:
    from threadkeep.faces.lsp.handlers import states

    states.register(on, cases)


def _lists(on: Registry, cases: UseCases, _connection: Connection) -> None:
    from threadkeep.faces.lsp.handlers import lists

    lists.register(on, cases)


def _search(on: Registry, cases: UseCases, connection: Connection) -> None:
    from threadkeep.faces.lsp.handlers import search

    search.register(on, cases, connection)


def _organise(on: Registry, cases: UseCases, _connection: Connection) -> None:
    from threadkeep.faces.lsp.handlers import organise

    organise.register(on, cases)


def _chat(on: Registry, cases: UseCases, connection: Connection) -> None:
    from threadkeep.faces.lsp.handlers import chat

    chat.register(on, cases, connection)


def _branches(on: Registry, cases: UseCases, connection: Connection) -> None:
    from threadkeep.faces.lsp.handlers import branches

    branches.register(on, cases, connection)


def _agents(on: Registry, cases: UseCases, _connection: Connection) -> None:
    from threadkeep.faces.lsp.handlers import agents

    agents.register(on, cases)


def _repositories(on: Registry, cases: UseCases, _connection: Connection) -> None:
    from threadkeep.faces.lsp.handlers import repositories

    repositories.register(on, cases)


def _server(on: Registry, cases: UseCases, connection: Connection) -> None:
    from threadkeep.faces.lsp.handlers import server

    server.register(on, cases, connection)


def _upkeep(on: Registry, cases: UseCases, _connection: Connection) -> None:
    from threadkeep.faces.lsp.handlers import upkeep

    upkeep.register(on, cases)


def _usage(on: Registry, cases: UseCases, _connection: Connection) -> None:
    from threadkeep.faces.lsp.handlers import usage

    usage.register(on, cases)


def _transfer(on: Registry, cases: UseCases, connection: Connection) -> None:
    from threadkeep.faces.lsp.handlers import transfer

    transfer.register(on, cases, connection)


REGISTER: Mapping[str, Callable[[Registry, UseCases, Connection], None]] = {
    "states": _states,
    "lists": _lists,
    "search": _search,
    "organise": _organise,
    "chat": _chat,
    "branches": _branches,
    "agents": _agents,
    "repositories": _repositories,
    "server": _server,
    "upkeep": _upkeep,
    "usage": _usage,
    "transfer": _transfer,
}
"""Registers the handlers of a topic."""
