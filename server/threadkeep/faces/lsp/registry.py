"""Registers handlers: what the methods table says of a method is not said again at its handler."""

import hashlib
import json
from collections.abc import Awaitable, Callable
from contextlib import nullcontext
from typing import Any, Protocol, TypeVar

import attrs

from threadkeep.domain.errors import InvalidValue
from threadkeep.protocol.converter import unstructure
from threadkeep.protocol.limits import MAX_PAGE
from threadkeep.protocol.methods import REQUESTS
from threadkeep.usecases.once import AnsweredBefore, Once
from threadkeep.usecases.order import SessionOrder

Handler = TypeVar("Handler", bound=Callable[[Any], Awaitable[Any]])


class Requests(Protocol):
    """The endpoint, as far as registering goes."""

    def request(
        self, name: str, *, params: type, cancellable: bool = False
    ) -> Callable[[Callable[[Any], Awaitable[Any]]], object]: ...


UNORDERED = frozenset({"chat/wait", "chat/cancel"})
"""Requests about a session that must not wait for others: one is answered when a turn ends, one ends it."""

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
        """The decorator for the handler of a request; a request that took effect earlier gets its
        stored result."""
        method = REQUESTS[name]

        def register(handler: Handler) -> Handler:
            async def answer(params: Any) -> Any:
                session_id = None if name in UNORDERED else getattr(params, "session_id", None)
                place = self.order.of(session_id) if session_id is not None else nullcontext()
                async with place:
                    try:
                        return await handler(params)
                    except AnsweredBefore as before:
                        if name in FOLLOWED:
                            self.follow(before.result["session"]["id"])
                        return before.result

            self.endpoint.request(name, params=method.params, cancellable=method.cancellable)(answer)
            return handler

        return register


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
