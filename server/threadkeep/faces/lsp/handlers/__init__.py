"""One small function a method: read, call, translate."""

from functools import partial
from importlib import import_module

from threadkeep.faces.lsp.connection import Connection
from threadkeep.faces.lsp.handlers import sessions
from threadkeep.faces.lsp.registry import Registry
from threadkeep.protocol.names import TOPICS
from threadkeep.usecases.application import Application


def register_all(on: Registry, application: Application, connection: Connection) -> None:
    """Registers the handler of every request of the methods table: at once those that an editor's start
    needs, and those of each other topic, with all that they import, when the first request comes for one of them.
    """
    sessions.register(on, application, connection)
    for topic, methods in TOPICS.items():
        if topic != "sessions":
            on.endpoint.request_later(methods, partial(_register, topic, on, application, connection))


def _register(topic: str, on: Registry, application: Application, connection: Connection) -> None:
    import_module(f"{__name__}.{topic}").register(on, application, connection)
