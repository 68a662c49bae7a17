"""Sessions that come in, stored some at a time: each as a whole or not at all."""

from collections.abc import Container, Sequence
from typing import Final

import attrs

from threadkeep.domain.events import SessionChanged
from threadkeep.domain.repositories import Repository
from threadkeep.domain.sessions import Session
from threadkeep.domain.transfer import Transcript
from threadkeep.domain.turns import Turn
from threadkeep.ports.store import Changes, Records
from threadkeep.ports.surroundings import Ids
from threadkeep.usecases import timeline
from threadkeep.usecases.import_merging import Merge, OnConflict
from threadkeep.usecases.import_planning import Planned, Put, Refuse, plan, repository_here, untaken
from threadkeep.usecases.import_retelling import Retelling
from threadkeep.usecases.recovery import settle
from threadkeep.usecases.surroundings import Surroundings

MOST_SESSIONS: Final = 32
MOST_MESSAGES: Final = 256
MOST_CHARACTERS: Final = 500_000
"""Of one transaction: others who write wait for it, so that it must last no longer than a blink."""
EVENTS_READ: Final = 1_000
"""More than a purge leaves."""
REPLACED_GAP: Final = 2
"""So far the seq of a session moves on that is brought back after a purge, that whoever has seen the old one
reads it anew."""


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
        self._characters += sum(len(part.text) for message in transcript.messages for part in message.parts)

    @property
    def is_full(self) -> bool:
        """Whether it is to be stored now."""
        return (
            len(self.transcripts) >= MOST_SESSIONS
            or self._messages >= MOST_MESSAGES
            or self._characters >= MOST_CHARACTERS
        )


@attrs.frozen(kw_only=True)
class Storing:
    """Stores batches. Blocking."""

    around: Surroundings
    ids: Ids
    retelling: Retelling

    def look(self, transcripts: Sequence[Transcript], mode: OnConflict, taken: set[str]) -> list[Planned]:
        """What would become of each, after others with messages of these ids; takes theirs in."""
        looked: list[Planned] = []
        with self.around.store.reading() as records:
            for transcript in transcripts:
                looked.append(planned := self._planned(records, transcript, mode, taken))
                if isinstance(planned, Put):
                    taken.update(message.id for message in planned.transcript.messages)
                elif isinstance(planned, Merge):
                    taken.update(message.id for message in planned.merged.added)
        return looked

    def store(self, transcripts: Sequence[Transcript], mode: OnConflict) -> list[Planned]:
        """What became of each. Raises StoreUnavailable, StoreCorrupt."""
        with self.around.store.reading() as records:
            known = [self._known(records, transcript, mode) for transcript in transcripts]
        new = [transcript for transcript, each in zip(transcripts, known, strict=True) if each is None]
        stored = iter(self._stored(new, mode))
        done = [next(stored) if each is None else each for each in known]
        return [
            self._merged(transcript, planned, mode) if isinstance(planned, Merge) else planned
            for transcript, planned in zip(transcripts, done, strict=True)
        ]

    def settle(self, session_id: str) -> None:
        """Makes what was stored survive a power cut, and tells other processes."""
        with self.around.store.writing() as changes:
            session = changes.session(session_id)
            if session is not None:
                changes.put_session(session)

    def _known(self, records: Records, transcript: Transcript, mode: OnConflict) -> Planned | None:
        """What becomes of it where a session of its id is here; None where it is new."""
        if records.session(transcript.session.id) is None:
            return None
        planned = self._planned(records, transcript, mode)
        return None if isinstance(planned, Put) else planned

    def _merged(self, transcript: Transcript, planned: Merge, mode: OnConflict) -> Planned:
        """Stores what a session that is here takes in. It is read and compared before the transaction, which
        others wait for; where it changed meanwhile, once more within it."""
        if not planned.is_change:
            return planned
        with self.around.store.writing(durable=False) as changes:
            here = changes.session(planned.here.id)
            if here is not None:
                here = settle(self.around.store, changes, here, at=self.around.clock.now())
            if here != planned.here:
                again = self._planned(changes, transcript, mode)
                if not isinstance(again, Merge):
                    return self._refused_meanwhile(again)
                planned = again
            if not planned.is_change:
                return planned
            session = self._merge(changes, planned)
            (view,) = self.around.repositories.views(changes, [session])
        self.around.announce(SessionChanged(view=view))
        return planned

    def _refused_meanwhile(self, planned: Planned) -> Planned:
        """Of a session that was merged a moment ago: one that was purged since is not brought back unasked."""
        gone = "it was deleted here at this moment; to bring it back, import it again"
        return Refuse(reason=gone) if isinstance(planned, Put) else planned

    def _merge(self, changes: Changes, planned: Merge) -> Session:
        here, found = planned.here, planned.merged
        altered = [after for _, after in (*found.finished, *planned.marked)]
        for message in (*altered, *found.added):
            changes.put_message(message)
        # Without an event for each message: whoever has seen the session before reads it anew.
        is_gap = bool(altered or found.added)
        session = attrs.evolve(
            planned.session,
            message_count=here.message_count + sum(message.is_counted for message in found.added),
            revision=here.revision + 1,
            seq=here.seq + len(found.added) + 1 + is_gap,
        )
        timeline.put_changed(changes, session, origin=self.around.store.owner)
        if is_gap:
            changes.forget_events(session.id, before_seq=session.seq)
        return session

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
        with self.around.store.writing(durable=False) as changes:
            made: list[Planned] = []
            sessions: list[Session] = []
            for transcript in transcripts:
                planned = self._planned(changes, transcript, mode)
                made.append(planned)
                if isinstance(planned, Put):
                    sessions.append(self._put(changes, planned, homes))
            views = self.around.repositories.views(changes, sessions)
        for view in views:
            self.around.announce(SessionChanged(view=view))
        return made

    def _planned(
        self, records: Records, transcript: Transcript, mode: OnConflict, taken: Container[str] = ()
    ) -> Planned:
        at = self.around.clock.now()
        return plan(
            records,
            transcript,
            mode,
            new_id=self.ids.new,
            at=at,
            is_alive=self._is_alive,
            retold=self.retelling.words_of,
            taken=taken,
        )

    def _put(self, changes: Changes, planned: Put, homes: dict[Repository, Repository]) -> Session:
        session = _at_home(changes, planned.transcript, homes)
        session = _after_purge(changes, session)
        timeline.put_changed(changes, session, origin=self.around.store.owner)
        for message in planned.transcript.messages:
            changes.put_message(message)
        return session

    def _is_alive(self, turn: Turn) -> bool:
        return turn.holder is not None and self.around.store.is_alive(turn.holder)


def _at_home(changes: Changes, transcript: Transcript, homes: dict[Repository, Repository]) -> Session:
    """The session under its repository as it is known here, which is made if it is new.

    homes: what was found in this transaction.
    """
    home = homes.get(transcript.repository) or repository_here(changes, transcript.repository)
    if home is None:
        home = untaken(changes, transcript.repository)
        changes.put_repository(home)
    homes[transcript.repository] = home
    key = attrs.evolve(transcript.session.key, repository_id=home.id)
    return attrs.evolve(transcript.session, key=key)


def _after_purge(changes: Changes, session: Session) -> Session:
    """The session behind the last event of one with its id that was purged here, which goes."""
    oldest = changes.oldest_event_seq(session.id)
    if oldest is None:
        return session
    left = changes.events(session.id, after_seq=oldest - 1, limit=EVENTS_READ)
    changes.erase_session(session.id)
    return attrs.evolve(session, seq=max(session.seq, *(event.seq for event in left)) + REPLACED_GAP)
