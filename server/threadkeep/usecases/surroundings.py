"""What use cases that touch a stored session work with."""

import attrs

from threadkeep.ports.prices import Prices
from threadkeep.ports.store import Store
from threadkeep.ports.surroundings import Audience, Clock, Lane
from threadkeep.usecases.looking import looked_at_session
from threadkeep.usecases.repositories import Repositories


@attrs.frozen(kw_only=True)
class Surroundings:
    """The store and what goes with it."""

    store: Store
    clock: Clock
    lane: Lane
    side_lane: Lane
    """For what takes long and touches nothing that the lane orders."""
    repositories: Repositories
    prices: Prices
    announce: Audience

    def looked_at(self, session_id: str) -> Repositories:
        """The repositories as a transaction about a session needs them. Blocking."""
        return looked_at_session(self.repositories, self.store, session_id)
