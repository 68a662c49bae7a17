"""Sessions on their way in: each is stored as a whole or not at all, and nothing else is touched."""

from collections.abc import Callable, Sequence
from typing import Final

from threadkeep.domain.foreign import from_foreign
from threadkeep.domain.imported_labels import within_limits
from threadkeep.domain.repositories import Repository
from threadkeep.domain.transcripts import MAX_ID_LENGTH, at_rest, problem_of
from threadkeep.domain.transfer import ForeignSession, Transcript, TransferProblem
from threadkeep.usecases.order import SessionOrder
from threadkeep.usecases.progress import Progress
from threadkeep.usecases.repositories.foreign_repositories import ForeignRepositories
from threadkeep.usecases.repositories.repositories import RepositoryChoice
from threadkeep.usecases.transfer.import_merging import Merge, OnConflict
from threadkeep.usecases.transfer.import_planning import Planned, Put, Refuse, Skip
from threadkeep.usecases.transfer.import_sources import Item, Source, Sources
from threadkeep.usecases.transfer.import_storing import Batch, Storing
from threadkeep.values import Mutable, Value, field

MAX_IDS: Final = 1_000
MAX_PROBLEMS: Final = 100


class Wish(Value):
    """How a client wants it done."""

    mode: OnConflict = "skip"
    repository: RepositoryChoice | None = None
    """Of sessions that do not tell their own."""
    dry_run: bool = False


class Imported(Mutable):
    """What came of it."""

    source: str
    imported: int = 0
    updated: int = 0
    """Of the imported ones: those that were here, and took something in."""
    skipped: int = 0
    unchanged: int = 0
    """Of the skipped ones: those of which all is here."""
    session_ids: list[str] = field(factory=list)
    """At most MAX_IDS."""
    problems: list[TransferProblem] = field(factory=list)
    """At most MAX_PROBLEMS; the last one tells how many more there are."""
    problem_count: int = 0
    """All that there are."""
    notes: list[str] = field(factory=list)
    """What happened to sessions that were here, for people; at most MAX_PROBLEMS."""

    def add_note(self, session_id: str, told: str) -> None:
        """Adds a note, as long as there is room."""
        if len(self.notes) < MAX_PROBLEMS:
            self.notes.append(f"The session {session_id[:MAX_ID_LENGTH]!r} {told}.")

    def note(self, problem: TransferProblem) -> None:
        """Adds a problem, as long as there is room."""
        self.problem_count += 1
        if self.problem_count <= MAX_PROBLEMS:
            self.problems.append(problem)
        else:
            more = self.problem_count - MAX_PROBLEMS + 1
            self.problems[-1] = TransferProblem(message=f"There are {more:,} more problems.")


class Importing(Value):
    """Stores sessions from files, in an executor of its own."""

    storing: Storing
    order: SessionOrder
    sources: Sources
    repositories: ForeignRepositories

    async def run(self, source: Source, wish: Wish, *, progress: Progress) -> Imported:
        """Imports after every request that came before. What is stored when it is cancelled stays.

        Raises InvalidValue, ImportInvalid, RepositoryNotFound, StoreUnavailable, StoreCorrupt.
        """
        async with self.order.reading(None):
            pass  # what came before has taken effect now
        return await progress.run(self.sources.tools.executor, lambda: self._run(source, wish, progress))

    def _run(self, source: Source, wish: Wish, progress: Progress) -> Imported:
        repository_of = self.repositories.finder(wish.repository)
        with self.sources.open(source, progress) as opened:
            run = _Run(
                wish=wish,
                result=Imported(source=opened.name),
                repository_of=repository_of,
                check=progress.check,
            )
            try:
                for done, item in enumerate(opened.items):
                    progress.reach(done)
                    self._take(item, run)
            finally:
                self._finish(run)
        return run.result

    def _take(self, item: Item, run: "_Run") -> None:
        """Deals with one thing that was found; sessions wait until there are some to be stored together."""
        if isinstance(item, ForeignSession):
            item = from_foreign(item, run.repository_of(item))
        problem = item if isinstance(item, TransferProblem) else run.problem_of(item)
        if problem is not None:
            self._finish_batch(run)  # problems are told in the order of the source
            run.result.note(problem)
        elif isinstance(item, Transcript):
            run.take(item)
            if run.batch.is_full:
                self._finish_batch(run)

    def _finish(self, run: "_Run") -> None:
        """Stores what was read before the end, which may have come early, and makes it last."""
        try:
            self._finish_batch(run)
        finally:
            if run.stored_last is not None:
                self.storing.make_durable(run.stored_last)

    def _finish_batch(self, run: "_Run") -> None:
        waiting, run.batch = run.batch.transcripts, Batch()
        if not waiting:
            return
        if run.wish.dry_run:
            done = self.storing.look(waiting, run.wish.mode, run.taken)
        else:
            done = self.storing.store(waiting, run.wish.mode, check=run.check)
        for transcript, planned in zip(waiting, done, strict=True):
            run.count(transcript.session.id, planned)


class _Run(Mutable):
    """One import, while it goes on."""

    wish: Wish
    result: Imported
    repository_of: Callable[[ForeignSession], Repository]
    check: Callable[[], None]
    """Raises Cancelled if the import is to end."""
    batch: Batch = field(factory=Batch)
    """What waits to be stored."""
    stored_last: str | None = None
    seen: set[str] = field(factory=set)
    """The ids of the sessions that the source held so far."""
    taken: set[str] = field(factory=set)
    """The ids of the messages that a dry run would have stored so far."""
    cut: dict[str, Sequence[str]] = field(factory=dict)
    """What of a session that waits does not come in, by its id."""

    def problem_of(self, transcript: Transcript) -> TransferProblem | None:
        """Why a session of the source cannot be stored."""
        session_id = transcript.session.id
        reason = problem_of(transcript)
        if reason is None and session_id in self.seen:
            reason = "it is in the source twice, and the first one counts"
        return None if reason is None else _refused(session_id, reason)

    def take(self, transcript: Transcript) -> None:
        """Lets a session wait."""
        session_id = transcript.session.id
        self.seen.add(session_id)
        kept, cut = within_limits(at_rest(transcript))
        if cut:
            self.cut[session_id] = cut
        self.batch.add(kept)

    def count(self, session_id: str, planned: Planned) -> None:
        """Counts what became of a session that waited, and notes what a person must know of it."""
        cut = self.cut.pop(session_id, ())
        if isinstance(planned, Refuse):
            self.result.note(_refused(session_id, planned.reason))
            return
        if isinstance(planned, Skip):
            self._count_skipped(is_unchanged=planned.is_unchanged)
            if planned.reason is not None:
                self.result.note(_refused(session_id, planned.reason))
            return
        for told in planned.notes:
            self.result.add_note(session_id, told)
        is_new = isinstance(planned, Put)
        if isinstance(planned, Merge):
            for problem in planned.problems:
                told = f"The session {session_id[:MAX_ID_LENGTH]!r} {problem}."
                self.result.note(TransferProblem(message=told))
            if not planned.is_change and not planned.counts_as_import:
                self._count_skipped(is_unchanged=True)
                return
            self.result.updated += planned.is_change
        self.result.imported += 1
        for each in cut if is_new else ():
            told = f"The session {session_id[:MAX_ID_LENGTH]!r} does not come in as it is: {each}."
            self.result.note(TransferProblem(message=told))
        if not self.wish.dry_run:
            self.stored_last = planned.session.id
            if len(self.result.session_ids) < MAX_IDS:
                self.result.session_ids.append(self.stored_last)

    def _count_skipped(self, *, is_unchanged: bool) -> None:
        self.result.skipped += 1
        self.result.unchanged += is_unchanged


def _refused(session_id: str, reason: str) -> TransferProblem:
    return TransferProblem(message=f"The session {session_id[:MAX_ID_LENGTH]!r} is not imported: {reason}.")
