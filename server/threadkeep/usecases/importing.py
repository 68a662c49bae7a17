"""Sessions on their way in: each is stored as a whole or not at all, and nothing else is touched."""

from collections.abc import Callable
from typing import Final

import attrs

from threadkeep.domain.events import SessionChanged
from threadkeep.domain.foreign import from_foreign
from threadkeep.domain.repositories import Repository
from threadkeep.domain.sessions import Session
from threadkeep.domain.transcripts import MAX_ID_LENGTH, at_rest, problem_of
from threadkeep.domain.transfer import ForeignSession, Transcript, TransferProblem
from threadkeep.domain.turns import Turn
from threadkeep.domain.views import SessionView
from threadkeep.ports.store import Changes, Records
from threadkeep.ports.surroundings import Ids
from threadkeep.usecases import timeline
from threadkeep.usecases.foreign_repositories import ForeignRepositories
from threadkeep.usecases.import_planning import OnConflict, Put, Refuse, Skip, plan, repository_here, untaken
from threadkeep.usecases.import_sources import Item, Source, Sources
from threadkeep.usecases.order import SessionOrder
from threadkeep.usecases.progress import Progress
from threadkeep.usecases.repositories import RepositoryChoice
from threadkeep.usecases.running import Surroundings

MAX_IDS: Final = 1_000
MAX_PROBLEMS: Final = 100
REPLACED_GAP: Final = 2
"""So far a replaced session's seq moves on, that whoever has seen the old one reads it anew."""


@attrs.frozen(kw_only=True)
class Wish:
    """How a client wants it done."""

    mode: OnConflict = "skip"
    repository: RepositoryChoice | None = None
    """Of sessions that do not tell their own."""
    dry_run: bool = False


@attrs.define(kw_only=True)
class Imported:
    """What came of it."""

    source: str
    imported: int = 0
    skipped: int = 0
    session_ids: list[str] = attrs.field(factory=list)
    """At most MAX_IDS."""
    problems: list[TransferProblem] = attrs.field(factory=list)
    """At most MAX_PROBLEMS; the last one tells how many more there are."""
    problem_count: int = 0

    def note(self, problem: TransferProblem) -> None:
        """Adds a problem, as long as there is room."""
        self.problem_count += 1
        if self.problem_count <= MAX_PROBLEMS:
            self.problems.append(problem)
        else:
            more = self.problem_count - MAX_PROBLEMS + 1
            self.problems[-1] = TransferProblem(message=f"There are {more:,} more problems.")


@attrs.frozen(kw_only=True)
class Importing:
    """Stores sessions from files, in a lane of its own."""

    around: Surroundings
    ids: Ids
    order: SessionOrder
    sources: Sources
    repositories: ForeignRepositories

    async def run(self, source: Source, wish: Wish, *, progress: Progress) -> Imported:
        """Imports after every request that came before. What is stored when it is cancelled stays.

        Raises InvalidValue, ImportInvalid, RepositoryNotFound, StoreUnavailable, StoreCorrupt.
        """
        async with self.order.reading(None):
            pass  # what came before has taken effect now
        return await progress.run(self.sources.tools.lane, lambda: self._run(source, wish, progress))

    def _run(self, source: Source, wish: Wish, progress: Progress) -> Imported:
        repository_of = self.repositories.finder(wish.repository)
        opened = self.sources.open(source, progress)
        result = Imported(source=opened.name)
        run = _Run(wish=wish, result=result, repository_of=repository_of)
        last: str | None = None
        try:
            for done, item in enumerate(opened.items):
                progress.reach(done)
                last = self._take(item, run) or last
        finally:
            if last is not None:
                self._settle(last)
        return result

    def _take(self, item: Item, run: "_Run") -> str | None:
        """Deals with one thing that was found; the id of what was stored."""
        if isinstance(item, TransferProblem):
            run.result.note(item)
            return None
        if isinstance(item, ForeignSession):
            item = from_foreign(item, run.repository_of(item))
        session_id = item.session.id
        reason = problem_of(item)
        if reason is None and session_id in run.seen:
            reason = "it is in the source twice, and the first one counts"
        if reason is not None:
            run.refuse(session_id, reason)
            return None
        run.seen.add(session_id)
        transcript = at_rest(item)
        planned = self._looked_at(transcript, run)
        if planned is None:
            planned = self._store(transcript, run)
        return self._counted(planned, session_id, run)

    def _looked_at(self, transcript: Transcript, run: "_Run") -> Put | Skip | Refuse | None:
        """What becomes of it, where that can be told without writing; None where it has to be stored."""
        with self.around.store.reading() as records:
            if not run.wish.dry_run and records.session(transcript.session.id) is None:
                return None
            planned = self._planned(records, transcript, run)
        return None if isinstance(planned, Put) and not run.wish.dry_run else planned

    def _counted(self, planned: Put | Skip | Refuse, session_id: str, run: "_Run") -> str | None:
        if isinstance(planned, Refuse):
            run.refuse(session_id, planned.reason)
            return None
        if isinstance(planned, Skip):
            run.result.skipped += 1
            return None
        run.result.imported += 1
        if run.wish.dry_run:
            return None
        stored = planned.transcript.session.id
        if len(run.result.session_ids) < MAX_IDS:
            run.result.session_ids.append(stored)
        return stored

    def _planned(self, records: Records, transcript: Transcript, run: "_Run") -> Put | Skip | Refuse:
        return plan(records, transcript, run.wish.mode, new_id=self.ids.new, is_alive=self._is_alive)

    def _store(self, transcript: Transcript, run: "_Run") -> Put | Skip | Refuse:
        """Stores the session, unless another one has come in its way meanwhile."""
        try:
            with self.around.store.writing(durable=False) as changes:
                planned = self._planned(changes, transcript, run)
                if not isinstance(planned, Put):
                    return planned
                view = self._put(changes, planned)
        except ValueError as error:
            return Refuse(reason=f"the store does not take it ({error})")
        self.around.announce(SessionChanged(view=view))
        return planned

    def _put(self, changes: Changes, planned: Put) -> SessionView:
        session = self._at_home(changes, planned.transcript)
        old = planned.replaced
        drafts, was_current = [], False
        if old is not None:
            drafts = list(changes.drafts(old.id))
            was_current = old.key == session.key and changes.current_session_id(old.key) == old.id
            changes.erase_session(old.id)
            session = _after(old, session)
        changes.put_session(session)
        for message in planned.transcript.messages:
            changes.put_message(message)
        timeline.put_changed(changes, session, origin=self.around.store.owner)
        for draft in drafts:  # what is typed and not sent is a person's, whatever the session says now
            changes.put_draft(draft)
        if was_current:
            changes.make_current(session)
        return self.around.repositories.view(changes, session)

    def _at_home(self, changes: Changes, transcript: Transcript) -> Session:
        """The session under its repository as it is known here, which is made if it is new."""
        repository = repository_here(changes, transcript.repository)
        if repository is None:
            repository = untaken(changes, transcript.repository)
            changes.put_repository(repository)
        key = attrs.evolve(transcript.session.key, repository_id=repository.id)
        return attrs.evolve(transcript.session, key=key)

    def _settle(self, session_id: str) -> None:
        """Makes what was stored survive a power cut, and tells other processes."""
        with self.around.store.writing() as changes:
            session = changes.session(session_id)
            if session is not None:
                changes.put_session(session)

    def _is_alive(self, turn: Turn) -> bool:
        return turn.holder is not None and self.around.store.is_alive(turn.holder)


@attrs.frozen(kw_only=True)
class _Run:
    """One import, while it goes on."""

    wish: Wish
    result: Imported
    repository_of: Callable[[ForeignSession], Repository]
    seen: set[str] = attrs.field(factory=set)
    """The ids of the sessions that the source held so far."""

    def refuse(self, session_id: str, reason: str) -> None:
        """Notes that a session is not imported."""
        told = f"The session {session_id[:MAX_ID_LENGTH]!r} is not imported: {reason}."
        self.result.note(TransferProblem(message=told))


def _after(old: Session, new: Session) -> Session:
    """The new session as a change of the old one: whoever has seen that reads this one anew."""
    return attrs.evolve(
        new,
        seq=max(old.seq, new.seq) + REPLACED_GAP,
        revision=max(old.revision, new.revision) + 1,
    )
