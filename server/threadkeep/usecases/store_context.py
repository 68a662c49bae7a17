"""What use cases that touch a stored session work with."""

import asyncio
from collections.abc import Callable
from contextlib import suppress

from threadkeep.domain.errors import ThreadkeepError
from threadkeep.domain.events import SessionChanged
from threadkeep.domain.messages import Message, Usage
from threadkeep.domain.turns import Turn
from threadkeep.ports.prices import Prices
from threadkeep.ports.runtime import Audience, Clock, SerialExecutor
from threadkeep.ports.store import Owed, Store
from threadkeep.usecases.repositories.prefetch import prefetched_for_session
from threadkeep.usecases.repositories.repositories import Repositories
from threadkeep.usecases.timeline import found
from threadkeep.values import Value, evolve, field

PRICE_SECONDS = 2.0
"""An answer's end does not wait longer for its price."""


class NothingOwed:
    """For a store that nobody tells of its debts: each turn tries again by itself."""

    def __init__(self) -> None:
        self._owed: dict[str, Callable[[], object]] = {}

    def owe(self, turn_id: str, pay: Callable[[], object]) -> None:
        self._owed[turn_id] = pay

    def report(self, turn: Turn, message: Message) -> None:
        """Only who waits is told."""

    def forget(self, turn_id: str) -> None:
        self._owed.pop(turn_id, None)

    def pay(self) -> None:
        for pay in tuple(self._owed.values()):
            pay()


class StoreContext(Value):
    """The store and what goes with it."""

    store: Store
    clock: Clock
    executor: SerialExecutor
    side_executor: SerialExecutor
    """For what takes long and touches nothing that the executor orders."""
    repositories: Repositories
    prices: Prices
    announce: Audience
    owed: Owed = field(factory=NothingOwed)
    """Where an end goes that the store refuses."""

    def announce_session(self, session_id: str) -> None:
        """Announces a session as it is read now. Blocking."""
        with suppress(ThreadkeepError), self.store.reading() as records:
            session = found(records, session_id)
            self.announce(SessionChanged(view=self.repositories.view(records, session)))

    def prefetched(self, session_id: str) -> Repositories:
        """The repositories as a transaction about a session needs them. Blocking."""
        return prefetched_for_session(self.repositories, self.store, session_id)

    async def priced(self, turn: Turn, usage: Usage | None) -> Usage | None:
        """The usage with what it cost, if that is known soon."""
        if usage is None or usage.cost is not None:
            return usage
        try:
            # Beside the executor: the price lists take a while to load the first time.
            async with asyncio.timeout(PRICE_SECONDS):
                cost = await self.side_executor(lambda: self.prices.cost(turn.provider, turn.model, usage))
        except TimeoutError:
            return usage
        return usage if cost is None else evolve(usage, cost=cost)
