"""Long work that is pending in the store: one's own is brought to its end, and what dead processes left is finished."""

import asyncio
import logging
from collections.abc import Callable, Container, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Final

from threadkeep.domain.errors import StoreUnavailable
from threadkeep.domain.turns import Holder
from threadkeep.ports.pending_records import Pending, PendingKind
from threadkeep.ports.runtime import SerialExecutor
from threadkeep.usecases.order import SessionOrder
from threadkeep.usecases.steps import IsOver, Step, Steps
from threadkeep.usecases.store_context import StoreContext
from threadkeep.values import evolve

FIRST_PAUSE: Final = 2.0
LONGEST_PAUSE: Final = 600.0
"""Seconds after a failure, doubled up to the longest."""

ERASING: Final = ("erasing", "emptying")
"""Kinds of work that leave traces; who does it takes them away at the end."""

logger = logging.getLogger(__name__)


class LongWork:
    """Everything but `look` and `drop` belongs to the event loop."""

    def __init__(
        self,
        *,
        context: StoreContext,
        order: SessionOrder,
        upkeep_executor: SerialExecutor,
        holder: Callable[[], Holder],
        step_of: Callable[[Pending], Step | None],
    ) -> None:
        """upkeep_executor: where traces are taken away. step_of: what does a step of such work, None where the store
        can do it alone."""
        self._store = context.store
        self.order = order
        self.steps = Steps(store=context.store, executor=context.executor)
        self._upkeep_executor = upkeep_executor
        self._holder = holder
        self._step_of = step_of
        self._busy: set[tuple[PendingKind, str]] = set()
        self.is_guarding = False
        """Whether work was pending at the last look: the process that does it may die."""
        self._erasers = 0
        """Who of this process takes traces away now."""
        self._has_work = False
        self._working: asyncio.Task[None] | None = None
        self._not_before, self._pause = 0.0, FIRST_PAUSE

    @contextmanager
    def busy(self, kind: PendingKind, subject: str) -> Iterator[None]:
        """Inside, this is being done by whoever says so, and by nobody else of this process."""
        self._busy.add((kind, subject))
        try:
            yield
        finally:
            self._busy.discard((kind, subject))

    async def clear(self, session_id: str, *, kind: PendingKind = "erasing") -> None:
        """Deletes what is left of a session that nobody sees any more. Raises StoreUnavailable, StoreCorrupt;
        somebody goes on with it then."""
        with self.busy(kind, session_id):
            if kind == "erasing":
                await self.forget_outcomes(session_id)
            await self.steps.run(lambda is_over: self._cleared(kind, session_id, is_over))

    def clear_here(self, session_id: str, *, kind: PendingKind) -> None:
        """As `clear`, in a thread of the caller's own. Blocking."""
        with self.busy(kind, session_id):
            if kind == "erasing":
                self.steps.run_here(self._forgetting(session_id))
            self.steps.run_here(lambda is_over: self._cleared(kind, session_id, is_over))

    async def forget_outcomes(self, text: str) -> None:
        """Drops the answers that are kept for requests that come again, where they hold the text."""
        await self.steps.run(self._forgetting(text))

    async def finish(self, pending: Pending) -> None:
        """Brings a piece of work to its end, whoever began it."""
        step = self._step_of(pending)
        if step is not None:
            with self.busy(pending.kind, pending.subject):
                await self.steps.run(step)
        elif pending.kind == "making":  # half a session is none
            await self.steps.executor(lambda: self.drop(pending.subject))
            await self.clear(pending.subject, kind="dropping")
        else:
            await self.clear(pending.subject, kind=pending.kind)

    async def finish_erasing(self) -> None:
        """Leaves no trace of what was erased. Call it before anybody is told that it is done."""
        self._erasers += 1
        try:
            await self._upkeep_executor(self._store.finish_erasing)
        finally:
            self._erasers -= 1

    def drop(self, session_id: str) -> None:
        """Gives up a session in the making; what there is of it goes in a quiet moment. Blocking."""
        with self._store.writing(durable=False) as changes:
            changes.drop_making(session_id, owner=self._store.owner)
        self._has_work = True

    def look(self) -> None:
        """Sees whether anything was left behind. Blocking: run in the executor."""
        with self._store.reading() as records:
            pending = records.pending()
        self.is_guarding = bool(pending)
        is_being_erased = any(each.kind in ERASING and not self.is_due(each) for each in pending)
        self._has_work = any(map(self.is_due, pending)) or (
            self._store.has_traces and not is_being_erased and not self._erasers
        )

    def begin(self) -> None:
        """Begins with what the last look found; cheap."""
        loop = asyncio.get_running_loop()
        if self._has_work and loop.time() >= self._not_before and (not self._working or self._working.done()):
            self._working = loop.create_task(self._work())

    async def stop(self) -> None:
        """Ends the work; somebody goes on with it later."""
        if self._working is not None:
            self._working.cancel()
            await asyncio.gather(self._working, return_exceptions=True)

    async def _work(self) -> None:
        refused: dict[Pending, Exception] = {}
        try:
            while (found := await self.steps.executor(partial(self._next, refused))) is not None:
                try:
                    await self.finish(found)
                except Exception as error:  # noqa: BLE001 - it keeps nothing else from being done
                    refused[found] = error
            if self._store.has_traces:
                await self.finish_erasing()
            if self._store.has_traces:
                raise StoreUnavailable("Somebody still reads what was erased.")
            for reason in refused.values():
                raise reason
            self._pause = FIRST_PAUSE
        except Exception as error:  # noqa: BLE001 - the next try may go well, and must be made
            logger.warning("What another process left unfinished could not be finished: %s", error)
            self._not_before = asyncio.get_running_loop().time() + self._pause
            self._pause = min(self._pause * 2, LONGEST_PAUSE)

    def _next(self, refused: Container[Pending]) -> Pending | None:
        """Something to be done, which is ours from now on. refused: what was tried in vain."""
        with self._store.writing(durable=False) as changes:
            due = next(
                (
                    each
                    for each in changes.pending()
                    if self.is_due(each) and self._as_ours(each) not in refused
                ),
                None,
            )
            if due is not None:
                due = self._as_ours(due)
                changes.claim_pending(due.kind, due.subject, owner=due.owner)
        self._has_work = due is not None
        return due

    def _as_ours(self, pending: Pending) -> Pending:
        return evolve(pending, owner=self._store.owner)

    def is_due(self, pending: Pending) -> bool:
        """Whether nobody does it: who began it is dead, or is this process and does something else by now."""
        if (pending.kind, pending.subject) in self._busy:
            return False
        holder = evolve(self._holder(), owner=pending.owner)
        return pending.owner == self._store.owner or not self._store.is_alive(holder)

    def _forgetting(self, text: str) -> Step:
        place: str | None = ""

        def forget(is_over: IsOver) -> bool | None:
            nonlocal place
            with self._store.writing(durable=False, erasing=True) as changes:
                place = changes.forget_outcomes(text, after=place or "", is_over=is_over)
            return place is None or None

        return forget

    def _cleared(self, kind: PendingKind, session_id: str, is_over: IsOver) -> bool | None:
        with self._store.writing(durable=False, erasing=kind == "erasing") as changes:
            if not changes.is_pending(kind, session_id):
                return True  # it was little, or another process was as fast
            return changes.clear_away(session_id, is_over=is_over) or None
