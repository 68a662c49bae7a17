"""Learning, beside everything else, which commit each repository began with."""

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from threadkeep.domain.errors import StoreError
from threadkeep.domain.folders import FolderAway
from threadkeep.domain.repositories import Checkout, Repository, RootCommit
from threadkeep.ports.checkouts import Checkouts
from threadkeep.ports.runtime import Clock, SerialExecutor
from threadkeep.ports.store import Store
from threadkeep.usecases.repositories.prefetch import CheckoutSnapshot
from threadkeep.usecases.repositories.repositories import match

DAYS_FRESH = 7
"""Then it is looked for again: well before git throws away what no branch holds any more."""
MAX_TRIES = 3
"""For one checkout in the life of the process."""
END_SECONDS = 0.5
"""How long the end waits: a process that answers one question is over before a tick comes, and the folder
may be renamed before the next one."""

logger = logging.getLogger(__name__)


class RootCommits:
    """Asks for first commits, one after another, and stores them as evidence of a common directory.

    All methods but `note` belong to the event loop.
    """

    def __init__(
        self,
        *,
        store: Store,
        executor: SerialExecutor,
        clock: Clock,
        checkouts: Checkouts,
        learned: Callable[[Repository, str], None] = lambda _repository, _commit: None,
    ) -> None:
        """learned: told in the executor of each repository and the commit that it is now known to have begun with."""
        self._learned = learned
        self._store = store
        self._executor = executor
        self._clock = clock
        self._checkouts = checkouts
        self._tries: dict[tuple[str, str], int] = {}
        self._too_slow: set[str] = set()
        self._wanted: dict[str, Checkout] = {}
        self._asking: dict[str, asyncio.Task[str | None]] = {}
        self._learning: asyncio.Task[None] | None = None

    def note(self, repository: Repository, checkout: Checkout) -> None:
        """Remembers to learn how a repository began, unless that was done lately. Any thread may call it."""
        place = checkout.common_dir
        if place is None or place in self._too_slow or self._is_fresh(repository.beginnings_at(place)):
            return
        tries = self._tries.get((repository.id, place), 0)
        if tries < MAX_TRIES:
            self._tries[repository.id, place] = tries + 1
            self._wanted[place] = checkout

    def begin(self) -> None:
        """Starts to learn what was noted, unless that goes on already."""
        if self._wanted and (self._learning is None or self._learning.done()):
            self._learning = asyncio.get_running_loop().create_task(self._learn())

    async def stop(self) -> None:
        """Learns what was noted, if that is quick, and ends what goes on."""
        self.begin()
        if self._learning is not None:
            await asyncio.wait({self._learning}, timeout=END_SECONDS)
        tasks = [*self._asking.values(), *((self._learning,) if self._learning else ())]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def first_commit(self, checkout: Checkout) -> str | None:
        """The first commit, which is also stored if the repository is known. Raises TimeoutError once."""
        place = checkout.common_dir
        if place is None or place in self._too_slow:
            return None
        asking = self._asking.get(place)
        if asking is None:
            asking = asyncio.get_running_loop().create_task(self._ask(checkout, place))
            self._asking[place] = asking
            asking.add_done_callback(lambda _: self._asking.pop(place, None))
        return await asyncio.shield(asking)

    async def _learn(self) -> None:
        while self._wanted:
            _, checkout = self._wanted.popitem()
            try:
                await self.first_commit(checkout)
            except (TimeoutError, StoreError, FolderAway) as error:
                logger.info("how a repository began could not be learned: %r", error)

    async def _ask(self, checkout: Checkout, place: str) -> str | None:
        try:
            commit = await self._checkouts.first_commit(checkout)
        except TimeoutError:
            self._too_slow.add(place)
            raise
        if commit is not None:
            beginning = RootCommit(common_dir=place, commit=commit, at=self._clock.now())
            await self._executor(lambda: self._store_beginning(checkout, beginning))
        return commit

    def _store_beginning(self, checkout: Checkout, beginning: RootCommit) -> None:
        # Another repository may have taken the place while `git` ran.
        checkouts = CheckoutSnapshot(self._checkouts)
        if checkouts.holds(checkout, beginning.commit) is not True:
            return
        with self._store.reading() as records:
            match(records, checkout, checkouts)
        with self._store.writing(durable=False) as changes:
            found = match(changes, checkout, checkouts).candidates[:1]
            # One that is known to have begun otherwise keeps what is known: it was replaced.
            if not found or found[0].matched_by != "commonDir":
                return
            repository = found[0].repository.began_with(beginning)
            changes.put_repository(repository)
        if not found[0].repository.beginnings_at(beginning.common_dir):
            self._learned(repository, beginning.commit)

    def _is_fresh(self, known: tuple[RootCommit, ...]) -> bool:
        if not known:
            return False
        now, then = (datetime.fromisoformat(at) for at in (self._clock.now(), known[0].at))
        return now - then < timedelta(days=DAYS_FRESH)
