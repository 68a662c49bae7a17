"""What happens without being asked for: looking at what other processes did, and at the branches of open folders; apart, since no request begins it."""

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress

from threadkeep.domain.errors import StoreError
from threadkeep.domain.events import StoreWarned
from threadkeep.domain.exhaustion import StoreReadOnly
from threadkeep.faces.jsonrpc.parent_watch import until_beat
from threadkeep.ports.runtime import Audience
from threadkeep.usecases.application import Application

REST_SECONDS = 5.0
"""An idle server wakes so often where the system tells of changes, in case that it did not."""
TICK_SECONDS = 1.0
"""The same where it does not, or where something has just happened, or an answer elsewhere may lose its process."""
FOLLOW_SECONDS = 0.05
"""How often an answer of another process is looked at, or whether one of ours is to end."""
SPREAD_SECONDS = 0.06
"""Whoever is told that something was written waits up to so long: else all processes on a store look in the same
moment, and each several times at what is written in one go."""
SETTLING_SECONDS = 3.0
"""A server that has just begun does not rest: others do not know of it yet, and it does not watch folders yet."""
EARLY_SECONDS = 0.005
"""A timer may go off so much too early."""
DEAF_SECONDS = 0.2
"""So long after a word about a folder no other one is heard: some folders change all the time."""

logger = logging.getLogger(__name__)


class Tick:
    """Belongs to the event loop; only a look that may find something goes to the executor."""

    def __init__(self, application: Application, audience: Audience) -> None:
        self._application = application
        self._audience = audience
        self._woken = asyncio.Event()
        self._readers: set[int] = set()
        self._deaf: asyncio.TimerHandle | None = None
        self._is_stopped = False
        self._has_warned = False
        self._has_news = False
        self._has_branch_news = False
        self._rests = False
        self._is_settled = False

    async def run(self, after: Awaitable[None]) -> None:
        """Goes on until it is cancelled; looks first when `after` is done."""
        with suppress(Exception):  # the next look tells it
            await after
        loop = asyncio.get_running_loop()
        self._application.following.on_shown = self._woken.set
        settles_at = loop.time() + SETTLING_SECONDS
        whole_at = loop.time()
        while True:
            self._woken.clear()
            self._is_settled = loop.time() >= settles_at
            is_whole = loop.time() >= whole_at - EARLY_SECONDS or self._has_branch_news
            if is_whole:
                whole_at = loop.time() + until_beat(TICK_SECONDS)
            self._rests = is_whole and self._is_at_rest()
            trouble = None if self._rests else await self._look(is_whole=is_whole)
            warnings = self._application.store.warnings()
            for kind, message in warnings:
                self._audience(StoreWarned(kind=kind, message=message))
            if trouble is not None:
                self._warn_of(trouble, already=[message for _, message in warnings])
            self._listen(self._application.store.wakeup_fd, self._hear_store)
            self._listen(self._application.branch_watch.news.descriptor, self._hear_branches)
            self._application.root_commits.begin()
            self._application.embedding.begin(has_news=not self._rests)
            self._application.long.begin()
            with suppress(TimeoutError):
                async with asyncio.timeout(self._pause):
                    await self._woken.wait()
                    await asyncio.sleep(random.uniform(0, SPREAD_SECONDS))  # noqa: S311 - no secret

    def stop(self) -> None:
        """Hears no more; `run` is to be cancelled."""
        self._is_stopped = True
        if self._deaf is not None:
            self._deaf.cancel()
        for descriptor in self._readers:
            asyncio.get_running_loop().remove_reader(descriptor)
        self._readers.clear()
        self._application.branch_watch.news.close()

    @property
    def _pause(self) -> float:
        application = self._application
        is_heard = application.store.wakeup_fd in self._readers
        if application.following.is_tailing:
            # what goes into the journal is not told: it is too often, for all who do not follow
            return FOLLOW_SECONDS
        if application.running and not is_heard:
            return FOLLOW_SECONDS
        is_notified = is_heard and application.branch_watch.is_reported
        return REST_SECONDS if self._rests and is_notified else until_beat(TICK_SECONDS)

    def _is_at_rest(self) -> bool:
        """Whether a look would find nothing, as far as that can be told without going to the executor."""
        application = self._application
        return (
            self._is_settled
            and not self._has_news
            and not application.running
            and not application.following.is_tailing
            and not application.following.is_guarding
            and not application.long.is_guarding
            and application.store.is_at_rest()
            and application.branch_watch.is_same()
        )

    async def _look(self, *, is_whole: bool) -> Exception | None:
        """What kept it from looking."""
        if is_whole:
            self._has_news = self._has_branch_news = False
        try:
            await self._application.executor(
                self._look_around if is_whole else self._application.following.look
            )
            self._has_warned = self._has_warned and not is_whole  # only the whole look sees to everything
        except Exception as error:  # noqa: BLE001 - the next look may go well, and must be made
            return error
        return None

    def _look_around(self) -> None:
        """All that a tick sees to, in the executor. What can be told without it is asked by `_is_at_rest`."""
        following = self._application.following
        following.reap_dead_owners()
        following.look()
        self._application.branch_watch.check(attends=self._is_settled)
        self._application.store.run_maintenance()
        self._application.long.look()

    def _warn_of(self, error: Exception, *, already: Sequence[str]) -> None:
        """Once, until it is over: it comes back every second. already: the warnings that a person has just had."""
        if not self._has_warned:
            self._has_warned = True
            logger.warning("the store or a folder could not be looked at", exc_info=error)
            is_known = isinstance(error, StoreReadOnly) or str(error) in already
            if isinstance(error, StoreError) and not is_known:
                self._audience(StoreWarned(kind="unavailable", message=error.message))

    def _listen(self, descriptor: int | None, hear: Callable[[], None]) -> None:
        """Wakes when there is something to read, where the platform can tell."""
        if descriptor is None or descriptor in self._readers or self._is_stopped:
            return
        with suppress(NotImplementedError):
            asyncio.get_running_loop().add_reader(descriptor, hear)
            self._readers.add(descriptor)

    def _hear_store(self) -> None:
        self._application.store.drain()
        self._has_news = True
        self._woken.set()

    def _hear_branches(self) -> None:
        news = self._application.branch_watch.news
        if news.drain():
            self._has_news = self._has_branch_news = True
            self._woken.set()
        descriptor = news.descriptor
        if descriptor is not None:
            loop = asyncio.get_running_loop()
            loop.remove_reader(descriptor)
            self._deaf = loop.call_later(DEAF_SECONDS, self._hear_again, descriptor)

    def _hear_again(self, descriptor: int) -> None:
        self._deaf = None
        if not self._is_stopped:
            asyncio.get_running_loop().add_reader(descriptor, self._hear_branches)
