"""Two stores read and written as one: private sessions in memory, everything else where it is kept."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Literal

import attrs

from threadkeep.adapters.store.memory_filters import SORT_VALUES
from threadkeep.adapters.store.search_split import SplitSearch, SplitVectorChanges
from threadkeep.domain.events import StoredEvent
from threadkeep.domain.messages import Message
from threadkeep.domain.repositories import Alias, Repository
from threadkeep.domain.sessions import Session, SessionKey
from threadkeep.domain.turns import Turn
from threadkeep.domain.usage import Sums, UsageQuery, together
from threadkeep.ports.history_records import Entry
from threadkeep.ports.pending_records import Pending, PendingKind, never
from threadkeep.ports.repository_records import Current, Use
from threadkeep.ports.session_counts import CountedBy
from threadkeep.ports.session_filter import Place, SessionFilter, SessionSort
from threadkeep.ports.store import Changes, Draft, Outcome, Passage, Records


class SplitRecords(SplitSearch):
    """Reads both. What is private is looked for first: it is little, and near."""

    def __init__(self, kept: Records, memory: Records) -> None:
        self._kept = kept
        self._memory = memory

    def session(self, session_id: str) -> Session | None:
        return self._memory.session(session_id) or self._kept.session(session_id)

    def sessions(
        self,
        wanted: SessionFilter,
        sort: SessionSort,
        *,
        limit: int,
        after: Place | None = None,
        skip: int = 0,
    ) -> Sequence[Session]:
        private = self._memory.sessions(wanted, sort, limit=skip + limit, after=after)
        if not private:
            return self._kept.sessions(wanted, sort, limit=limit, after=after, skip=skip)
        value = SORT_VALUES[sort.by]
        both = [*private, *self._kept.sessions(wanted, sort, limit=skip + limit, after=after)]
        both.sort(key=lambda session: (value(session), session.id), reverse=sort.order == "descending")
        return both[skip : skip + limit]

    def count_sessions(self, wanted: SessionFilter) -> int:
        return self._memory.count_sessions(wanted) + self._kept.count_sessions(wanted)

    def count_sessions_by(self, wanted: SessionFilter, by: CountedBy) -> Mapping[str, int]:
        together = Counter(self._memory.count_sessions_by(wanted, by))
        together.update(self._kept.count_sessions_by(wanted, by))
        return together

    def session_ids(self, wanted: SessionFilter, sort: SessionSort) -> Sequence[str]:
        """The private ones first."""
        return [*self._memory.session_ids(wanted, sort), *self._kept.session_ids(wanted, sort)]

    def usage(self, wanted: SessionFilter, asked: UsageQuery) -> Sums:
        every = attrs.evolve(asked, limit=None)  # a row may come further up by what is private
        private = self._memory.usage(wanted, every)
        if not private.count:
            return self._kept.usage(wanted, asked)
        return together((self._kept.usage(wanted, every), private), asked)

    def current_session_id(self, key: SessionKey) -> str | None:
        private = self._memory.current_session_id(key)
        # Once another session was made current, what memory says does not count any more.
        return private if private and self._memory.session(private) else self._kept.current_session_id(key)

    def window_session_id(self, window_id: str, key: SessionKey) -> str | None:
        private = self._memory.window_session_id(window_id, key)
        if private and self._memory.session(private):
            return private
        return self._kept.window_session_id(window_id, key)

    def latest_open_session(self, key: SessionKey) -> Session | None:
        found = (self._memory.latest_open_session(key), self._kept.latest_open_session(key))
        return max(
            (session for session in found if session is not None),
            key=lambda session: (session.last_activity_at, session.id),
            default=None,
        )

    def message(self, message_id: str, *, with_journal: bool = True) -> Message | None:
        private = self._memory.message(message_id, with_journal=with_journal)
        return private or self._kept.message(message_id, with_journal=with_journal)

    def path(self, session: Session, *, limit: int, before_seq: int | None = None) -> Sequence[Message]:
        return self._of(session.id).path(session, limit=limit, before_seq=before_seq)

    def path_after(self, session: Session, *, limit: int, after_seq: int) -> Sequence[Message]:
        return self._of(session.id).path_after(session, limit=limit, after_seq=after_seq)

    def entries(self, session: Session, *, limit: int, before_seq: int | None = None) -> Sequence[Entry]:
        return self._of(session.id).entries(session, limit=limit, before_seq=before_seq)

    def entries_after(self, session: Session, *, limit: int, after_seq: int) -> Sequence[Entry]:
        return self._of(session.id).entries_after(session, limit=limit, after_seq=after_seq)

    def siblings(self, messages: Sequence[Entry]) -> dict[str, tuple[int, int]]:
        return self._of(messages[0].session_id).siblings(messages) if messages else {}

    def ends(self, session: Session) -> Sequence[Message]:
        return self._of(session.id).ends(session)

    def all_messages(self, session_id: str) -> Sequence[Message]:
        return self._of(session_id).all_messages(session_id)

    def messages_that_may(self, session_id: str, hold: Callable[[str], bool]) -> Iterable[Message]:
        return self._of(session_id).messages_that_may(session_id, hold)

    def messages_of_time(self, session_id: str, created_at: str) -> Sequence[Message]:
        return self._of(session_id).messages_of_time(session_id, created_at)

    def newest_below(self, message: Message) -> Message:
        return self._of(message.session_id).newest_below(message)

    def turn(self, turn_id: str) -> Turn | None:
        return self._memory.turn(turn_id) or self._kept.turn(turn_id)

    def running_turns(self) -> Sequence[Turn]:
        return [*self._memory.running_turns(), *self._kept.running_turns()]

    def events(self, session_id: str, *, after_seq: int, limit: int) -> Sequence[StoredEvent]:
        return self._of(session_id).events(session_id, after_seq=after_seq, limit=limit)

    def newest_event(self) -> int:
        return self._kept.newest_event()

    def events_since(self, place: int, *, limit: int) -> Sequence[tuple[int, StoredEvent]]:
        """Of what is kept: nobody else writes to private sessions."""
        return self._kept.events_since(place, limit=limit)

    def journal(self, message_id: str) -> Sequence[tuple[Literal["text", "reasoning"], str]]:
        return self._memory.journal(message_id) or self._kept.journal(message_id)

    def oldest_event_seq(self, session_id: str) -> int | None:
        return self._of(session_id).oldest_event_seq(session_id)

    def drafts(self, session_id: str) -> Sequence[Draft]:
        return self._of(session_id).drafts(session_id)

    def draft(self, session_id: str, window_id: str | None) -> Draft | None:
        return self._of(session_id).draft(session_id, window_id)

    def outcome(self, method: str, key: str) -> Outcome | None:
        return self._memory.outcome(method, key) or self._kept.outcome(method, key)

    def passages(self, query: str, *, repository_id: str, limit: int) -> Sequence[Passage]:
        """Of what is kept: what is private is never found."""
        return self._kept.passages(query, repository_id=repository_id, limit=limit)

    def repository(self, repository_id: str) -> Repository | None:
        return self._kept.repository(repository_id)

    def repositories_of(self, repository_ids: Collection[str]) -> Mapping[str, Repository]:
        return self._kept.repositories_of(repository_ids)

    def repository_by_alias(self, alias: Alias) -> Repository | None:
        return self._kept.repository_by_alias(alias)

    def repositories(self) -> Sequence[Repository]:
        return self._kept.repositories()

    def repositories_begun_with(self, commit: str) -> Sequence[Repository]:
        return self._kept.repositories_begun_with(commit)

    def repository_uses(self) -> Mapping[str, Use]:
        return _together(self._kept.repository_uses(), self._memory.repository_uses())

    def task_uses(self, repository_id: str) -> Mapping[str, Use]:
        return _together(self._kept.task_uses(repository_id), self._memory.task_uses(repository_id))

    def current_sessions(self, repository_id: str) -> Sequence[Current]:
        return self._kept.current_sessions(repository_id)

    def pending(self) -> Sequence[Pending]:
        return [*self._memory.pending(), *self._kept.pending()]

    def is_pending(self, kind: PendingKind, subject: str) -> bool:
        return self._memory.is_pending(kind, subject) or self._kept.is_pending(kind, subject)

    def _of(self, session_id: str) -> Records:
        return self._memory if self._memory.session(session_id) is not None else self._kept


def _together(kept: Mapping[str, Use], private: Mapping[str, Use]) -> Mapping[str, Use]:
    both = dict(kept)
    for name, use in private.items():
        both[name] = both[name] + use if name in both else use
    return both


class SplitChanges(SplitVectorChanges, SplitRecords):
    """Writes each thing where its session is."""

    def __init__(self, kept: Changes, memory: Changes) -> None:
        super().__init__(kept, memory)
        self._to_keep = kept
        self._to_memory = memory
        self._is_private = False
        """Whether this transaction has to do with a private session."""

    def put_session(self, session: Session) -> None:
        self._is_private = self._is_private or session.is_private
        (self._to_memory if session.is_private else self._to_keep).put_session(session)

    def put_message(self, message: Message) -> None:
        self._into(message.session_id).put_message(message)

    def put_turn(self, turn: Turn) -> None:
        self._into(turn.session_id).put_turn(turn)

    def put_event(self, event: StoredEvent) -> None:
        self._into(event.session_id).put_event(event)

    def forget_events(self, session_id: str, *, before_seq: int) -> None:
        self._into(session_id).forget_events(session_id, before_seq=before_seq)

    def put_repository(self, repository: Repository) -> None:
        self._to_keep.put_repository(repository)

    def remove_repository(self, repository_id: str) -> None:
        self._to_keep.remove_repository(repository_id)

    def put_draft(self, draft: Draft) -> None:
        self._into(draft.session_id).put_draft(draft)

    def put_outcome(self, outcome: Outcome) -> None:
        """The answer to a request about a private session holds its words."""
        (self._to_memory if self._is_private else self._to_keep).put_outcome(outcome)

    def make_current(self, session: Session, *, window_id: str | None = None) -> None:
        self._into(session.id).make_current(session, window_id=window_id)
        if not session.is_private:
            self._to_memory.make_current(session, window_id=window_id)

    def begin_making(self, session: Session, *, owner: str) -> None:
        self._is_private = self._is_private or session.is_private
        (self._to_memory if session.is_private else self._to_keep).begin_making(session, owner=owner)

    def drop_making(self, session_id: str, *, owner: str) -> None:
        self._into(session_id).drop_making(session_id, owner=owner)

    def give_up_makings(self, source: str, *, owner: str) -> Sequence[str]:
        private = self._to_memory.give_up_makings(source, owner=owner)
        return [*private, *self._to_keep.give_up_makings(source, owner=owner)]

    def erase_session(self, session_id: str, *, owner: str = "", is_over: Callable[[], bool] = never) -> None:
        self._into(session_id).erase_session(session_id, owner=owner, is_over=is_over)

    def clear_away(self, session_id: str, *, is_over: Callable[[], bool] = never) -> bool:
        return self._to_keep.clear_away(session_id, is_over=is_over)

    def put_pending(self, pending: Pending) -> None:
        self._to_keep.put_pending(pending)

    def claim_pending(self, kind: PendingKind, subject: str, *, owner: str) -> None:
        self._to_keep.claim_pending(kind, subject, owner=owner)

    def remove_pending(self, kind: PendingKind, subject: str) -> None:
        self._to_keep.remove_pending(kind, subject)

    def forget_outcomes(
        self, text: str, *, after: str = "", is_over: Callable[[], bool] = never
    ) -> str | None:
        self._to_memory.forget_outcomes(text)
        return self._to_keep.forget_outcomes(text, after=after, is_over=is_over)

    def append_journal(self, message_id: str, kind: Literal["text", "reasoning"], text: str) -> None:
        is_private = self._memory.message(message_id, with_journal=False) is not None
        (self._to_memory if is_private else self._to_keep).append_journal(message_id, kind, text)

    def _into(self, session_id: str) -> Changes:
        is_private = self._memory.session(session_id) is not None or self._memory.is_pending(
            "making", session_id
        )
        self._is_private = self._is_private or is_private
        return self._to_memory if is_private else self._to_keep
