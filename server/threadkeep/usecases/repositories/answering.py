"""What a person answers to a hint: the sessions of a renamed branch come along, or they are something else."""

from threadkeep.domain.errors import InvalidValue, RepositoryNotFound
from threadkeep.domain.events import SessionChanged
from threadkeep.domain.repositories import Repository, alike, renamed
from threadkeep.domain.sessions import Session, SessionKey
from threadkeep.domain.views import RepositoryView, SessionView
from threadkeep.ports.repository_records import Current
from threadkeep.ports.session_filter import SessionFilter, SessionSort
from threadkeep.ports.store import Changes
from threadkeep.usecases import timeline
from threadkeep.usecases.long_work import LongWork
from threadkeep.usecases.order import IdempotencyKey, record, replay
from threadkeep.usecases.repositories.prefetch import prefetched
from threadkeep.usecases.repositories.repositories import RepositoryChoice, Where, by_id
from threadkeep.usecases.steps import IsOver
from threadkeep.usecases.store_context import StoreContext
from threadkeep.values import Value

SESSIONS_AT_ONCE = 32
"""Moved in one transaction at most: others may write in between."""


class RelocatedTask(Value):
    """A task whose sessions are under another one now."""

    repository: RepositoryView
    task: str
    """Where they are now."""
    moved: int
    current_session_id: str | None = None
    """The current one there, without a workflow."""


class Answering(Value):
    """Does what a person says to a hint."""

    context: StoreContext
    long: LongWork

    async def relocate_task(
        self, choice: RepositoryChoice | None, task: str, to: str, *, once: IdempotencyKey | None = None
    ) -> RelocatedTask:
        """Moves all sessions of a task, those put away too. One that is cut off can be asked for again.

        Raises RepositoryNotFound, InvalidValue, IdempotencyConflict.
        """
        for field, value in (("task", task), ("to", to)):
            if not value.strip():
                raise InvalidValue(field, "must not be blank")
        if task == to:
            raise InvalidValue("to", "must be another task")
        repository = await self.context.executor(lambda: self._meant(choice, once))
        moved = 0

        def step(is_over: IsOver) -> bool | None:
            nonlocal moved
            some = self._move_some(repository.id, task, to, is_over)
            moved += some
            return None if some else True

        await self.long.steps.run(step)
        return await self.context.executor(lambda: self._moved(repository.id, task, to, moved, once))

    def dismiss(
        self,
        choice: RepositoryChoice | None,
        *,
        other: str | None = None,
        task: str | None = None,
        to: str | None = None,
        once: IdempotencyKey | None = None,
    ) -> None:
        """Remembers that another repository is another one, or that a task does not go on as `to`, by default
        the open folder's. Blocking: run in the executor. Raises RepositoryNotFound, InvalidValue."""
        if (other is None) == (task is None):
            raise InvalidValue("other", "cannot be given together with task, and one of them must be")
        repositories = self.context.repositories
        choice = repositories.choice(choice)
        looked = prefetched(repositories, self.context.store, Where(repository=choice))
        with self.context.store.writing() as changes:
            replay(changes, once)
            repository = looked.lookup(changes, choice)
            if repository is None:
                raise RepositoryNotFound(choice.uri or choice.name or "")
            if other is not None:
                self._refuse_repository(changes, repository, by_id(changes, other))
            elif task is not None:
                if to is None:
                    to = looked.key(changes, Where(repository=choice)).task
                changes.put_repository(repository.refusing(renamed(task, to)))
            record(changes, once, None, at=self.context.clock.now())

    def _refuse_repository(self, changes: Changes, repository: Repository, other: Repository) -> None:
        if other.id == repository.id:
            raise InvalidValue("other", "is the same repository")
        changes.put_repository(repository.refusing(alike(other.id)))
        changes.put_repository(other.refusing(alike(repository.id)))

    def _meant(self, choice: RepositoryChoice | None, once: IdempotencyKey | None) -> Repository:
        choice = self.context.repositories.choice(choice)
        with self.context.store.reading() as records:
            replay(records, once)
            repository = self.context.repositories.lookup(records, choice)
        if repository is None:
            raise RepositoryNotFound(choice.uri or choice.name or "")
        return repository

    def _move_some(self, repository_id: str, task: str, to: str, is_over: IsOver) -> int:
        at, origin = self.context.clock.now(), self.context.store.owner
        with self.context.store.writing() as changes:
            repository = by_id(changes, repository_id)
            found = changes.sessions(_sessions(repository.id, task), SessionSort(), limit=SESSIONS_AT_ONCE)
            moved: list[Session] = []
            for each in found:
                if moved and is_over():
                    break
                moved.append(timeline.put_retasked(changes, each, task=to, origin=origin, at=at))
            for current in changes.current_sessions(repository.id) if moved else ():
                if current.key.task == task:
                    _keep_current(changes, current, moved)
        view = self.context.repositories.located(repository)
        for session in moved:
            self.context.announce(SessionChanged(view=SessionView(session=session, repository=view)))
        return len(moved)

    def _moved(
        self, repository_id: str, task: str, to: str, moved: int, once: IdempotencyKey | None
    ) -> RelocatedTask:
        with self.context.store.reading() as records:
            current = records.current_session_id(SessionKey(repository_id=repository_id, task=to))
            repository = by_id(records, repository_id)
        view = self.context.repositories.located(repository)
        relocated = RelocatedTask(repository=view, task=to, moved=moved, current_session_id=current)
        with self.context.store.writing() as changes:
            # else a branch that is called so later would be taken for this one
            changes.put_repository(by_id(changes, repository_id).refusing(renamed(task, to)))
            record(changes, once, relocated, at=self.context.clock.now())
        return relocated


def _sessions(repository_id: str, task: str) -> SessionFilter:
    return SessionFilter(repository_id=repository_id, task=task, archived="include", trashed="include")


def _keep_current(changes: Changes, current: Current, moved: list[Session]) -> None:
    """What was current stays so; a session that was begun meanwhile and holds nothing gives way."""
    session = next((each for each in moved if each.id == current.session_id), None)
    if session is None or not session.is_open:
        return
    if current.window_id is None:
        there = changes.current_session_id(session.key)
    else:
        there = changes.window_session_id(current.window_id, session.key)
    if there is None or is_empty(changes, there):
        changes.make_current(session, window_id=current.window_id)


def is_empty(changes: Changes, session_id: str) -> bool:
    """Whether nothing was said or typed in the session."""
    session = changes.session(session_id)
    return session is None or (session.message_count == 0 and not changes.drafts(session_id))
