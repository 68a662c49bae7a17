"""Registers handlers under their methods' names; the methods table is not imported for it.

That table names every class of the protocol, and an editor's start needs few of them. A test holds what is said
here and at the handlers equal to the table.
"""

import hashlib
import json
from collections.abc import Awaitable, Callable, Collection
from contextlib import AbstractAsyncContextManager
from typing import Any, Protocol, TypeVar

import attrs

from threadkeep.domain.errors import InvalidValue
from threadkeep.protocol.converter import unstructure
from threadkeep.protocol.limits import MAX_PAGE
from threadkeep.usecases.once import AnsweredBefore, Once
from threadkeep.usecases.order import SessionOrder

Handler = TypeVar("Handler", bound=Callable[[Any], Awaitable[Any]])


class Requests(Protocol):
    """The endpoint, as far as registering goes."""

    def request(
        self, name: str, *, params: type, cancellable: bool = False
    ) -> Callable[[Callable[[Any], Awaitable[Any]]], object]: ...

    def request_later(self, methods: Collection[str], register: Callable[[], None]) -> None: ...


UNORDERED = frozenset(
    {
        "chat/cancel",
        "chat/takeOver",
        "chat/wait",
        "message/erase",
        "repository/relocate",
        "session/export",
        "session/fork",
        "session/import",
        "session/purge",
        "session/search",
        "store/backup",
        "store/cleanup",
        "store/doctor",
    }
)
"""Requests that take long, for whose answer no other waits. What erases has its place in the order until
its effect is stored, a fork until it stands what it copies, and a merging until the folder leads there."""

CANCELLABLE = frozenset({"chat/wait", "session/fork", "session/search", "session/export", "session/import"})
"""Requests that `$/cancelRequest` ends early."""

FOLLOWED = frozenset({"session/create", "session/fork"})
"""Requests whose session is heard from then on, also by who repeats them after a reconnect."""


@attrs.frozen
class Registry:
    """Calls register a handler under a method's name."""

    endpoint: Requests
    order: SessionOrder
    follow: Callable[[str], None]
    """Takes the id of a session that the connection is to hear from now on."""

    def __call__(self, name: str) -> Callable[[Handler], Handler]:
        """The decorator for the handler of a request that may change something; one that took effect
        earlier gets its stored result."""

        def register(handler: Handler) -> Handler:
            async def answer(params: Any) -> Any:
                try:
                    return await handler(params)
                except AnsweredBefore as before:
                    if name in FOLLOWED:
                        self.follow(before.result["session"]["id"])
                    return before.result

            self._register(
                name, answer, _params_of(handler), None if name in UNORDERED else self.order.changing
            )
            return handler

        return register

    def reading(self, name: str) -> Callable[[Handler], Handler]:
        """The decorator for the handler of a request that changes nothing that is stored: it waits only
        for those before it whose effect it has to show. Such a handler reads by `cases.reads`."""

        def register(handler: Handler) -> Handler:
            self._register(name, handler, _params_of(handler), self.order.reading)
            return handler

        return register

    def _register(
        self,
        name: str,
        handler: Callable[[Any], Awaitable[Any]],
        params_class: type,
        place: Callable[[str | None], AbstractAsyncContextManager[None]] | None,
    ) -> None:
        async def answer(params: Any) -> Any:
            if place is None:
                return await handler(params)
            async with place(getattr(params, "session_id", None)):
                return await handler(params)

        self.endpoint.request(name, params=params_class, cancellable=name in CANCELLABLE)(answer)


def _params_of(handler: Callable[[Any], Awaitable[Any]]) -> type:
    """The class that a handler names for its only parameter."""
    annotated: dict[str, type] = handler.__annotations__
    return next(iter(annotated.values()))


def once(method: str, params: Any, encode: Callable[[Any], object]) -> Once | None:
    """What makes a repeat of this request be recognised; None without an idempotency key.

    encode: makes the protocol's result of what the use case returns.
    """
    key = params.idempotency_key
    if key is None:
        return None
    if not key.strip():
        raise InvalidValue("idempotencyKey", "must not be blank")
    plain = unstructure(attrs.evolve(params, idempotency_key=None))
    plain.pop("workDoneToken", None)  # another one each time
    canonical = json.dumps(plain, sort_keys=True, separators=(",", ":"))
    return Once(
        method=method,
        key=key,
        fingerprint=hashlib.sha256(canonical.encode()).hexdigest(),
        encode=lambda result: unstructure(encode(result)),
    )


def page_size(limit: int, *, most: int = MAX_PAGE, field: str = "limit") -> int:
    """A wanted page size, clamped to the most there is. Raises InvalidValue below 1."""
    if limit < 1:
        raise InvalidValue(field, "must be at least 1")
    return min(limit, most)
