"""One small function a method: read, call, translate."""

from threadkeep.faces.lsp.connection import Connection
from threadkeep.faces.lsp.handlers import sessions
from threadkeep.faces.lsp.registry import Registry
from threadkeep.usecases.wiring import UseCases


def register_all(on: Registry, cases: UseCases, connection: Connection) -> None:
    """Registers the handler of every request of the methods table: at once those that an editor's start
    needs, and the others, with all that they import, when the first request comes for one of them.
    """
    sessions.register(on, cases, connection)

    def register_the_others() -> None:
        from threadkeep.faces.lsp.handlers.others import register_others

        register_others(on, cases, connection)

    on.endpoint.request_later(register_the_others)
