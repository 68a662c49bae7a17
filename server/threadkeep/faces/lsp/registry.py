"""Registers handlers under their methods' names; the methods table is not imported for it.

That table names every class of the protocol, and an editor's start needs few of them. What it says of each method
is generated into `protocol/names.py`; a test holds the handlers equal to it.
"""

import hashlib
import json
from collections.abc import Awaitable, Callable, Collection
from contextlib import AbstractAsyncContextManager
from typing import Any, Protocol, TypeVar

from threadkeep.domain.errors import InvalidValue
from threadkeep.protocol.converter import unstructure
from threadkeep.protocol.limits import MAX_PAGE
from threadkeep.protocol.names import CANCELLABLE, READS, UNORDERED
from threadkeep.usecases.order import IdempotencyKey, Replayed, SessionOrder
from threadkeep.values import Value, evolve

Handler = TypeVar("Handler", bound=Callable[[Any], Awaitable[Any]])


class Requests(Protocol):
    """The endpoint, as far as registering goes."""

    def request(
        self, name: str, *, params: type, cancellable: bool = False
    ) -> Callable[[Callable[[Any], Awaitable[Any]]], object]: ...

    def request_later(self, methods: Collection[str], register: Callable[[], None]) -> None: ...


FOLLOWED = frozenset({"session/create", "session/fork"})
"""Requests whose session is heard from then on, also by who repeats them after a reconnect."""


class Registry(Value, kw_only=False):
    """Calls register a handler under a method's name."""

    endpoint: Requests
    order: SessionOrder
    follow: Callable[[str], None]
    """Takes the id of a session that the connection is to hear from now on."""

    def __call__(self, name: str) -> Callable[[Handler], Handler]:
        """The decorator for a request's handler; a request that took effect earlier gets its stored result.

        The handler of a method that only reads does so by `application.reads`.
        """

        def register(handler: Handler) -> Handler:
            async def answer(params: Any) -> Any:
                try:
                    return await handler(params)
                except Replayed as before:
                    if name in FOLLOWED:
                        self.follow(before.result["session"]["id"])
                    return before.result

            params = _params_of(handler)
            if name in UNORDERED:
                self._register(name, answer, params, None)
            elif name in READS:
                self._register(name, handler, params, self.order.reading)
            else:
                self._register(name, answer, params, self.order.changing)
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


def idempotency_key(method: str, params: Any, encode: Callable[[Any], object]) -> IdempotencyKey | None:
    """What makes a repeat of this request be recognised; None without an idempotency key.

    encode: makes the protocol's result of what the use case returns.
    """
    key = params.idempotency_key
    if key is None:
        return None
    if not key.strip():
        raise InvalidValue("idempotencyKey", "must not be blank")
    plain = unstructure(evolve(params, idempotency_key=None))
    plain.pop("workDoneToken", None)  # another one each time
    canonical = json.dumps(plain, sort_keys=True, separators=(",", ":"))
    return IdempotencyKey(
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
