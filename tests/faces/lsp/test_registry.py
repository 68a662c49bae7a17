"""What is registered is what the methods table promises."""

from collections.abc import Awaitable, Callable, Collection, Mapping
from typing import Any

from tests.support.world import World
from threadkeep.config import Loaded
from threadkeep.faces.lsp.audience import ConnectionAudience
from threadkeep.faces.lsp.connection import Connection
from threadkeep.faces.lsp.handlers import register_all
from threadkeep.faces.lsp.registry import Registry
from threadkeep.protocol.methods import REQUESTS
from threadkeep.values import fields


class Table:
    """An endpoint that only notes what is registered."""

    def __init__(self) -> None:
        self.methods: dict[str, tuple[type, bool]] = {}
        self.later: list[tuple[Collection[str], Callable[[], None]]] = []

    def request(
        self, name: str, *, params: type, cancellable: bool = False
    ) -> Callable[[Callable[[Any], Awaitable[Any]]], object]:
        self.methods[name] = (params, cancellable)
        return lambda handler: handler

    def request_later(self, methods: Collection[str], register: Callable[[], None]) -> None:
        self.later.append((methods, register))


class Nobody:
    """A client that hears nothing."""

    def notify(self, method: str, params: Any) -> None: ...

    def notify_delta(self, params: Mapping[str, Any]) -> None: ...


def no_settings() -> Loaded:
    raise AssertionError("registering reads no settings")


async def test_every_method_of_the_table_is_registered_as_it_says() -> None:
    table, nobody = Table(), Nobody()
    connection = Connection(
        audience=ConnectionAudience(nobody), sender=nobody, settings=no_settings, log_path=None
    )
    application = World().cases
    register_all(Registry(table, application.order, lambda _: None), application, connection)
    at_once = set(table.methods)
    for methods, register in table.later:
        before = set(table.methods)
        register()
        assert table.methods.keys() - before == set(methods)
    assert table.methods.keys() == REQUESTS.keys()
    for name, method in REQUESTS.items():
        params, cancellable = table.methods[name]
        assert cancellable == method.cancellable, name
        # handlers of several methods read what these have in common, which is all of it
        assert issubclass(method.params, params), name
        assert fields(params) == fields(method.params), name
    assert {"session/open", "session/current", "session/create", "draft/set"} <= at_once
    assert "chat/send" not in at_once
