"""Merging a repository into another one: its sessions move some at a time, each as a whole. Blocking."""

from collections.abc import Collection, Sequence
from typing import Final

from threadkeep.domain.events import SessionChanged
from threadkeep.domain.sessions import Session, SessionKey
from threadkeep.ports.pending_records import Pending
from threadkeep.ports.repository_records import Current
from threadkeep.ports.session_filter import SessionFilter, SessionSort
from threadkeep.ports.store import Changes
from threadkeep.usecases import timeline
from threadkeep.usecases.repositories.answering import is_empty
from threadkeep.usecases.repositories.repositories import by_id
from threadkeep.usecases.steps import IsOver
from threadkeep.usecases.store_context import StoreContext
from threadkeep.values import Mutable, evolve

AT_ONCE: Final = 32
"""Sessions that are read in one go, and then moved one by one."""


class Merging(Mutable):
    """Empties one repository into another one, which has its names and folders by then, and removes it."""

    context: StoreContext
    into: str
    other: str
    moved: int = 0
    """Sessions, so far."""
    _current: list[Current] | None = None
    """What is yet to be kept of what is current, once all sessions have moved."""
    _had: set[SessionKey] | None = None
    """The keys for which the repository had a current session itself."""

    def begin(self, changes: Changes) -> None:
        """Notes what is to be done: it will be, whatever happens."""
        owner = self.context.store.owner
        changes.put_pending(Pending(kind="merging", subject=self.other, owner=owner, source=self.into))

    def step(self, is_over: IsOver) -> bool | None:
        """Does some of it in a transaction of its own, and tells; True when all is done."""
        with self.context.store.writing(durable=False) as changes:
            if not changes.is_pending("merging", self.other):
                return True  # another process was as fast
            self._follow(changes)
            moved, is_done = self._move(changes, is_over)
            is_done = is_done and self._keep_current(changes, is_over)
            if is_done:
                changes.remove_repository(self.other)
                changes.remove_pending("merging", self.other)
        with self.context.store.reading() as records:
            views = self.context.repositories.views(records, moved)
        self.moved += len(moved)
        for view in views:
            self.context.announce(SessionChanged(view=view))
        return is_done or None

    def _follow(self, changes: Changes) -> None:
        """Where the repository was merged into another one itself meanwhile, all goes there."""
        into = by_id(changes, self.into).id
        if into != self.into:
            self.into, self._had = into, None

    def _move(self, changes: Changes, is_over: IsOver) -> tuple[Sequence[Session], bool]:
        """The sessions as they are now, and whether they were all that there are."""
        at, origin = self.context.clock.now(), self.context.store.owner
        moved: list[Session] = []
        wanted = all_sessions(self.other)
        while found := changes.sessions(wanted, SessionSort(), limit=AT_ONCE):
            self._current = None
            for session in found:
                if moved and is_over():
                    return moved, False
                moved.append(
                    timeline.put_moved(changes, session, repository_id=self.into, origin=origin, at=at)
                )
        return moved, True

    def _keep_current(self, changes: Changes, is_over: IsOver) -> bool:
        """What was current stays so, where nothing else is; whether that is seen to."""
        if self._current is None:
            self._current = list(changes.current_sessions(self.other))
        if self._had is None:
            there = changes.current_sessions(self.into)
            self._had = {each.key for each in there if each.window_id is None}
        while self._current:
            _keep(changes, self._current.pop(), self.into, self._had)
            if is_over():
                return False
        return True


def all_sessions(repository_id: str) -> SessionFilter:
    """What asks for every session of a repository."""
    return SessionFilter(repository_id=repository_id, archived="include", trashed="include")


def _keep(changes: Changes, current: Current, repository_id: str, had: Collection[SessionKey]) -> None:
    session = changes.session(current.session_id)
    if session is None or session.key != evolve(current.key, repository_id=repository_id):
        return  # it had moved to another key before
    if current.window_id is None:
        there = changes.current_session_id(session.key)
    else:
        there = changes.window_session_id(current.window_id, session.key)
    if current.window_id is not None and session.key in had and is_empty(changes, session.id):
        return  # a window that was just opened in a moved folder sees what was kept for it
    if there is None:
        changes.make_current(session, window_id=current.window_id)
