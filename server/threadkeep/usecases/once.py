"""Idempotency: the same request twice takes effect once and gets the same answer."""

from collections.abc import Callable
from typing import Any

import attrs

from threadkeep.domain.errors import IdempotencyConflict
from threadkeep.ports.store import Changes, Outcome, Records


class AnsweredBefore(Exception):
    """The request took effect earlier; `result` is what it was answered with, plain JSON."""

    def __init__(self, result: Any) -> None:
        super().__init__()
        self.result = result


@attrs.frozen(kw_only=True)
class Once:
    """A request's idempotency key, with all that is needed to recognise and repeat its answer."""

    method: str
    key: str
    fingerprint: str
    """Equal for equal params."""
    encode: Callable[[Any], Any]
    """Turns the use case's result into the JSON that answers the request."""


def recall(records: Records, once: Once | None) -> None:
    """Raises AnsweredBefore if the request took effect earlier, IdempotencyConflict if the key was
    used with other params. Without a key there is nothing to recall."""
    if once is None:
        return
    outcome = records.outcome(once.method, once.key)
    if outcome is None:
        return
    if outcome.fingerprint != once.fingerprint:
        raise IdempotencyConflict(once.key)
    raise AnsweredBefore(outcome.result)


def keep(changes: Changes, once: Once | None, result: object, *, at: str) -> None:
    """Stores the answer in the transaction that stores its effect."""
    if once is None:
        return
    changes.put_outcome(
        Outcome(
            method=once.method,
            key=once.key,
            fingerprint=once.fingerprint,
            result=once.encode(result),
            at=at,
        )
    )
