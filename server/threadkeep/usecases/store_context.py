"""What use cases that touch a stored session work with."""

from collections.abc import Callable
from contextlib import suppress

from threadkeep.domain.errors import ThreadkeepError
from threadkeep.domain.events import SessionChanged
from threadkeep.domain.messages import Message
from threadkeep.domain.turns import Turn
from threadkeep.ports.prices import Prices
from threadkeep.ports.runtime import Audience, Clock, SerialExecutor
from threadkeep.ports.store import Owed, Store
from threadkeep.usecases.repositories.repositories import Repositories
from threadkeep.usecases.timeline import found
from threadkeep.values import Value, field


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
