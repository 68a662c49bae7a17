"""Sessions that come in, stored some at a time: each as a whole or not at all."""

from collections.abc import Callable, Container, Sequence
from typing import Final

from threadkeep.domain.events import SessionChanged
from threadkeep.domain.repositories import Repository
from threadkeep.domain.sessions import Session
from threadkeep.domain.transfer import Transcript
from threadkeep.domain.turns import Turn
from threadkeep.ports.pending_records import CLEARED
from threadkeep.ports.runtime import Ids
from threadkeep.ports.store import Records
from threadkeep.ports.transfer import TransferTools
from threadkeep.usecases.chat.turn_end import interrupt_orphan
from threadkeep.usecases.long_work import LongWork
from threadkeep.usecases.store_context import StoreContext
from threadkeep.usecases.transfer.import_merging import Merge, OnConflict
from threadkeep.usecases.transfer.import_planning import Planned, Put, Refuse, plan
from threadkeep.usecases.transfer.import_retelling import MarkdownRoundTrip
from threadkeep.usecases.transfer.import_steps import Growing, Making, Overtaken, put_session, size_of
from threadkeep.values import Value

MOST_SESSIONS: Final = 32
MOST_MESSAGES: Final = 256
MOST_CHARACTERS: Final = 500_000
"""Of one transaction: others who write wait for it, so that it must last no longer than a blink."""
MOST_TRIES: Final = 20
"""Of planning what becomes of a session in which somebody works at the same time."""


class Batch:
    """Sessions that are stored together."""

    def __init__(self) -> None:
        self.transcripts: list[Transcript] = []
        self._messages = 0
        self._characters = 0

    def add(self, transcript: Transcript) -> None:
        """One more."""
        self.transcripts.append(transcript)
        self._messages += len(transcript.messages)
        self._characters += size_of(transcript.messages)

    @property
    def is_full(self) -> bool:
        """Whether it is to be stored now."""
        return (
            len(self.transcripts) >= MOST_SESSIONS
            or self._messages >= MOST_MESSAGES
            or self._characters >= MOST_CHARACTERS
        )


class Storing(Value):
    """Stores batches. Blocking."""

    context: StoreContext
    ids: Ids
    tools: TransferTools
    long: LongWork

    def look(self, transcripts: Sequence[Transcript], mode: OnConflict, taken: set[str]) -> list[Planned]:
        """What would become of each, after others with messages of these ids; takes theirs in."""
        looked: list[Planned] = []
        with self.context.store.reading() as records:
            for transcript in transcripts:
                looked.append(planned := self._planned(records, transcript, mode, taken))
                if isinstance(planned, Put):
                    taken.update(message.id for message in planned.transcript.messages)
                elif isinstance(planned, Merge):
                    taken.update(message.id for message in planned.merged.added)
        return looked

    def store(
        self, transcripts: Sequence[Transcript], mode: OnConflict, *, check: Callable[[], None] = lambda: None
    ) -> list[Planned]:
        """What became of each. check: called between the steps of what takes long; what it raises ends that.

        Raises StoreUnavailable, StoreCorrupt.
        """
        self._clear_the_way(transcripts)
        with self.context.store.reading() as records:
            is_new = [
                not _is_much(each) and isinstance(self._planned(records, each, mode), Put)
                for each in transcripts
            ]
        new = [transcript for transcript, little in zip(transcripts, is_new, strict=True) if little]
        stored = iter(self._stored(new, mode))
        return [
            self._finished(transcript, next(stored) if little else None, mode, check)
            for transcript, little in zip(transcripts, is_new, strict=True)
        ]

    def make_durable(self, session_id: str) -> None:
        """Makes what was stored survive a power cut, and tells other processes."""
        with self.context.store.writing() as changes:
            session = changes.session(session_id)
            if session is not None:
                changes.put_session(session)

    def _finished(
        self, transcript: Transcript, done: Planned | None, mode: OnConflict, check: Callable[[], None]
    ) -> Planned:
        """What became of a session that is here already, or large: it is read and compared outside of the
        transactions, which others wait for, and once more where it changed meanwhile."""
        if done is not None and not isinstance(done, Merge):
            return done
        was_here = False
        for _ in range(MOST_TRIES):
            self._end_dead_turn(transcript.session.id)
            with self.context.store.reading() as records:
                planned = self._planned(records, transcript, mode)
            if was_here and mode != "duplicate" and isinstance(planned, Put):
                return Refuse(reason="it was deleted here at this moment; to bring it back, import it again")
            was_here = isinstance(planned, Merge)
            try:
                if isinstance(planned, Put):
                    self._make(planned, check)
                elif isinstance(planned, Merge) and planned.is_change:
                    growing = Growing(context=self.context, planned=planned)
                    self.long.steps.run_here(growing.step, check=check)
            except Overtaken:
                continue
            except ValueError as error:
                return Refuse(reason=f"the store does not take it ({error})")
            return planned
        return Refuse(reason="it changes here all the time: import it again in a moment")

    def _end_dead_turn(self, session_id: str) -> None:
        """Marks an answer interrupted that a dead process was writing: nobody else does it for this process."""
        with self.context.store.reading() as records:
            session = records.session(session_id)
            turn = records.turn(session.running_turn_id) if session and session.running_turn_id else None
        if turn is not None and not self._is_alive(turn):
            with self.context.store.writing() as changes:
                session = changes.session(session_id)
                if session is not None:
                    interrupt_orphan(self.context.store, changes, session, at=self.context.clock.now())

    def _make(self, planned: Put, check: Callable[[], None]) -> None:
        making, session_id = Making(context=self.context, planned=planned), planned.session.id
        with self.long.busy("making", session_id):
            try:
                self.long.steps.run_here(making.step, check=check)
            except BaseException:
                if making.is_begun:
                    self.long.drop(session_id)
                raise

    def _clear_the_way(self, transcripts: Sequence[Transcript]) -> None:
        """Finishes what a dead process left of sessions with these ids, which are hidden until that is done."""
        wanted = {transcript.session.id for transcript in transcripts}
        with self.context.store.reading() as records:
            left = [each for each in records.pending() if each.subject in wanted and self.long.is_due(each)]
        for pending in left:
            if pending.kind == "making":
                self.long.drop(pending.subject)
                self.long.clear_here(pending.subject, kind="dropping")
            elif pending.kind in CLEARED:
                self.long.clear_here(pending.subject, kind=pending.kind)

    def _stored(self, transcripts: Sequence[Transcript], mode: OnConflict) -> list[Planned]:
        if not transcripts:
            return []
        try:
            return self._written(transcripts, mode)
        except ValueError as error:
            if len(transcripts) == 1:
                return [Refuse(reason=f"the store does not take it ({error})")]
        return [planned for transcript in transcripts for planned in self._stored([transcript], mode)]

    def _written(self, transcripts: Sequence[Transcript], mode: OnConflict) -> list[Planned]:
        homes: dict[Repository, Repository] = {}
        with self.context.store.writing(durable=False) as changes:
            made: list[Planned] = []
            sessions: list[Session] = []
            for transcript in transcripts:
                planned = self._planned(changes, transcript, mode)
                made.append(planned)
                if isinstance(planned, Put):
                    session = put_session(changes, planned.transcript, homes, origin=self.context.store.owner)
                    for message in planned.transcript.messages:
                        changes.put_message(message)
                    sessions.append(session)
            views = self.context.repositories.views(changes, sessions)
        for view in views:
            self.context.announce(SessionChanged(view=view))
        return made

    def _planned(
        self, records: Records, transcript: Transcript, mode: OnConflict, taken: Container[str] = ()
    ) -> Planned:
        if any(records.is_pending(kind, transcript.session.id) for kind in ("making", *CLEARED)):
            return Refuse(reason=_UNDER_WAY)
        return plan(
            records,
            transcript,
            mode,
            new_id=self.ids.new,
            at=self.context.clock.now(),
            is_alive=self._is_alive,
            retold=MarkdownRoundTrip(tools=self.tools).telling,
            taken=taken,
        )

    def _is_alive(self, turn: Turn) -> bool:
        return turn.holder is not None and self.context.store.is_alive(turn.holder)


def _is_much(transcript: Transcript) -> bool:
    """Whether it takes more than one transaction."""
    return len(transcript.messages) > MOST_MESSAGES or size_of(transcript.messages) > MOST_CHARACTERS


_UNDER_WAY: Final = (
    "one of its id is being imported or deleted for good at this moment: import it again when that is done"
)
