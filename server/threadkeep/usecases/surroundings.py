"""What use cases that touch a stored session work with."""

import asyncio
from contextlib import suppress

from threadkeep.domain.errors import ThreadkeepError
from threadkeep.domain.events import SessionChanged
from threadkeep.domain.messages import Usage
from threadkeep.domain.turns import Turn
from threadkeep.ports.prices import Prices
from threadkeep.ports.store import Owed, Store
from threadkeep.ports.surroundings import Audience, Clock, Lane
from threadkeep.usecases.looking import looked_at_session
from threadkeep.usecases.recovery import NothingOwed
from threadkeep.usecases.repositories import Repositories
from threadkeep.usecases.timeline import found
from threadkeep.values import Value, evolve, field

PRICE_SECONDS = 2.0
"""An answer's end does not wait longer for its price."""


class Surroundings(Value):
    """The store and what goes with it."""

    store: Store
    clock: Clock
    lane: Lane
    side_lane: Lane
    """For what takes long and touches nothing that the lane orders."""
    repositories: Repositories
    prices: Prices
    announce: Audience
    owed: Owed = field(factory=NothingOwed)
    """Where an end goes that the store refuses."""

    def tell_session(self, session_id: str) -> None:
        """Announces a session as it is read now. Blocking."""
        with suppress(ThreadkeepError), self.store.reading() as records:
            session = found(records, session_id)
            self.announce(SessionChanged(view=self.repositories.view(records, session)))

    def looked_at(self, session_id: str) -> Repositories:
        """The repositories as a transaction about a session needs them. Blocking."""
        return looked_at_session(self.repositories, self.store, session_id)

    async def priced(self, turn: Turn, usage: Usage | None) -> Usage | None:
        """The usage with what it cost, if that is known soon."""
        if usage is None or usage.cost is not None:
            return usage
        try:
            # Beside the lane: the price lists take a while to load the first time.
            async with asyncio.timeout(PRICE_SECONDS):
                cost = await self.side_lane(lambda: self.prices.cost(turn.provider, turn.model, usage))
        except TimeoutError:
            return usage
        return usage if cost is None else evolve(usage, cost=cost)
