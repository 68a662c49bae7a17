"""One small function a method: read, call, translate."""

from functools import partial

from threadkeep.faces.lsp.connection import Connection
from threadkeep.faces.lsp.handlers import others, sessions
from threadkeep.faces.lsp.registry import Registry
from threadkeep.usecases.wiring import UseCases


def register_all(on: Registry, cases: UseCases, connection: Connection) -> None:
    """Registers the handler of every request of the methods table: at once those that an editor's start
    needs, and those of each other topic, with all that they import, when the first request comes for one of them.
    """
    sessions.register(on, cases, connection)
    for topic, register in others.REGISTER.items():
        on.endpoint.request_later(others.METHODS[topic], partial(register, on, cases, connection))
