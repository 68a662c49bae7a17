"""What the memory store holds at one moment, and how it is read."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import Literal

import attrs

from threadkeep.adapters.store.facets import counted
from threadkeep.adapters.store.layouts import plain_text
from threadkeep.adapters.store.memory_filters import SORT_VALUES, fits
from threadkeep.adapters.store.memory_vectors import MemoryVectors, Vector
from threadkeep.adapters.store.usage_memory import usage_of
from threadkeep.adapters.store.words import terms, word_set
from threadkeep.domain.events import StoredEvent
from threadkeep.domain.messages import Message
from threadkeep.domain.repositories import Alias, Repository, begun_with
from threadkeep.domain.sessions import Session, SessionKey
from threadkeep.domain.turns import Turn
from threadkeep.domain.usage import Sums, UsageQuery
from threadkeep.ports.history_records import Entry
from threadkeep.ports.pending_records import Pending, PendingKind
from threadkeep.ports.repository_records import Current, Use
from threadkeep.ports.session_counts import CountedBy
from threadkeep.ports.session_filter import Place, SessionFilter, SessionSort
from threadkeep.ports.store import Draft, Outcome, Passage

JournalEntry = tuple[Literal["text", "reasoning"], str]


@attrs.frozen(kw_only=True)
class Contents:
    """Everything that is stored. A change makes new mappings, so whoever reads an old one is undisturbed."""

    sessions: Mapping[str, Session] = attrs.field(factory=dict)
    messages: Mapping[str, Message] = attrs.field(factory=dict)
    by_session: Mapping[str, tuple[str, ...]] = attrs.field(factory=dict)
    """The ids of each session's messages."""
    journals: Mapping[str, tuple[JournalEntry, ...]] = attrs.field(factory=dict)
    turns: Mapping[str, Turn] = attrs.field(factory=dict)
    events: Mapping[str, tuple[StoredEvent, ...]] = attrs.field(factory=dict)
    repositories: Mapping[str, Repository] = attrs.field(factory=dict)
    aliases: Mapping[Alias, str] = attrs.field(factory=dict)
    feed: tuple[tuple[int, StoredEvent], ...] = ()
    """The newest events of all sessions with their places."""
    drafts: Mapping[tuple[str, str | None], Draft] = attrs.field(factory=dict)
    outcomes: Mapping[tuple[str, str], Outcome] = attrs.field(factory=dict)
    current: Mapping[tuple[SessionKey, str | None], str] = attrs.field(factory=dict)
    makings: Mapping[str, Pending] = attrs.field(factory=dict)
    """Sessions that are not whole yet, by their id."""
    others: Mapping[tuple[str, str], Pending] = attrs.field(factory=dict)
    """What else is under way, by kind and subject."""
    vectors: Mapping[tuple[str, str], Vector] = attrs.field(factory=dict)
    """By model and message."""
    vectors_kept_by: str | None = None


class MemoryRecords(MemoryVectors):
    """Reads one state of the contents, whatever is written meanwhile."""

    def __init__(self, contents: Contents) -> None:
        self._contents = contents

    def session(self, session_id: str) -> Session | None:
        return self._contents.sessions.get(session_id)

    def sessions(
        self,
        wanted: SessionFilter,
        sort: SessionSort,
        *,
        limit: int,
        after: Place | None = None,
        skip: int = 0,
    ) -> Sequence[Session]:
        value = SORT_VALUES[sort.by]
        is_descending = sort.order == "descending"
        found = [session for session in self._contents.sessions.values() if fits(session, wanted)]
        found.sort(key=lambda session: (value(session), session.id), reverse=is_descending)
        if after is not None:
            at = plain_text(after.value) if isinstance(after.value, str) else after.value
            place = (at, after.id)
            found = [
                session
                for session in found
                if (session_place := (value(session), session.id)) != place
                and (session_place < place) == is_descending
            ]
        return found[skip : skip + limit]

    def count_sessions(self, wanted: SessionFilter) -> int:
        return sum(fits(session, wanted) for session in self._contents.sessions.values())

    def count_sessions_by(self, wanted: SessionFilter, by: CountedBy) -> Mapping[str, int]:
        return counted((each for each in self._contents.sessions.values() if fits(each, wanted)), by)

    def session_ids(self, wanted: SessionFilter, sort: SessionSort) -> Sequence[str]:
        return [session.id for session in self.sessions(wanted, sort, limit=len(self._contents.sessions))]

    def usage(self, wanted: SessionFilter, asked: UsageQuery) -> Sums:
        found = self.sessions(wanted, SessionSort(), limit=len(self._contents.sessions))
        return usage_of(((session, self._of_session(session.id)) for session in found), asked)

    def current_session_id(self, key: SessionKey) -> str | None:
        return self._contents.current.get((key, None))

    def window_session_id(self, window_id: str, key: SessionKey) -> str | None:
        return self._contents.current.get((key, window_id))

    def latest_open_session(self, key: SessionKey) -> Session | None:
        sessions = self._contents.sessions.values()
        candidates = (session for session in sessions if session.key == key and session.is_open)
        return max(candidates, key=lambda session: (session.last_activity_at, session.id), default=None)

    def message(self, message_id: str, *, with_journal: bool = True) -> Message | None:
        message = self._contents.messages.get(message_id)
        if message is not None and message.session_id in self._contents.makings:
            return None
        return self._with_journal(message) if message and with_journal else message

    def path(self, session: Session, *, limit: int, before_seq: int | None = None) -> Sequence[Message]:
        visible = [
            message
            for message in self._path_upwards(session)
            if before_seq is None or message.seq < before_seq
        ]
        return [self._with_journal(message) for message in reversed(visible[:limit])]

    def path_after(self, session: Session, *, limit: int, after_seq: int) -> Sequence[Message]:
        visible = [message for message in self._path_upwards(session) if message.seq > after_seq]
        return [self._with_journal(message) for message in visible[::-1][:limit]]

    def entries(self, session: Session, *, limit: int, before_seq: int | None = None) -> Sequence[Entry]:
        return self.path(session, limit=limit, before_seq=before_seq)

    def entries_after(self, session: Session, *, limit: int, after_seq: int) -> Sequence[Entry]:
        return self.path_after(session, limit=limit, after_seq=after_seq)

    def siblings(self, messages: Sequence[Entry]) -> dict[str, tuple[int, int]]:
        found = {}
        for message in messages:
            family = [
                other.id for other in self._of_session(message.session_id) if _are_siblings(message, other)
            ]
            if len(family) > 1 and message.id in family:
                found[message.id] = (family.index(message.id), len(family))
        return found

    def ends(self, session: Session) -> Sequence[Message]:
        messages = list(self._of_session(session.id))
        followed = {message.parent_id for message in messages}
        return [self._with_journal(message) for message in reversed(messages) if message.id not in followed]

    def all_messages(self, session_id: str) -> Sequence[Message]:
        return [self._with_journal(message) for message in self._of_session(session_id)]

    def messages_that_may(self, session_id: str, hold: Callable[[str], bool]) -> Sequence[Message]:
        found = self.all_messages(session_id)
        return [message for message in found if message.status == "streaming" or hold(str(message))]

    def messages_of_time(self, session_id: str, created_at: str) -> Sequence[Message]:
        return [each for each in self.all_messages(session_id) if each.created_at == created_at]

    def newest_below(self, message: Message) -> Message:
        below = {message.id: message}
        for id_ in self._contents.by_session.get(message.session_id, ()):  # parents come before children
            other = self._contents.messages[id_]
            if other.id == message.id or other.parent_id in below:
                below[id_] = other
        return self._with_journal(max(below.values(), key=lambda other: other.seq))

    def turn(self, turn_id: str) -> Turn | None:
        return self._contents.turns.get(turn_id)

    def running_turns(self) -> Sequence[Turn]:
        return [turn for turn in self._contents.turns.values() if not turn.is_final]

    def events(self, session_id: str, *, after_seq: int, limit: int) -> Sequence[StoredEvent]:
        kept = self._contents.events.get(session_id, ())
        return [event for event in kept if event.seq > after_seq][:limit]

    def newest_event(self) -> int:
        return self._contents.feed[-1][0] if self._contents.feed else 0

    def events_since(self, place: int, *, limit: int) -> Sequence[tuple[int, StoredEvent]]:
        return [entry for entry in self._contents.feed if entry[0] > place][:limit]

    def journal(self, message_id: str) -> Sequence[JournalEntry]:
        return self._contents.journals.get(message_id, ())

    def oldest_event_seq(self, session_id: str) -> int | None:
        kept = self._contents.events.get(session_id)
        return kept[0].seq if kept else None

    def drafts(self, session_id: str) -> Sequence[Draft]:
        return [draft for draft in self._contents.drafts.values() if draft.session_id == session_id]

    def draft(self, session_id: str, window_id: str | None) -> Draft | None:
        return self._contents.drafts.get((session_id, window_id))

    def repository(self, repository_id: str) -> Repository | None:
        return self._contents.repositories.get(repository_id)

    def repositories_of(self, repository_ids: Collection[str]) -> Mapping[str, Repository]:
        known = self._contents.repositories
        return {id_: known[id_] for id_ in repository_ids if id_ in known}

    def repository_by_alias(self, alias: Alias) -> Repository | None:
        repository_id = self._contents.aliases.get(alias)
        return None if repository_id is None else self.repository(repository_id)

    def repositories(self) -> Sequence[Repository]:
        return sorted(self._contents.repositories.values(), key=lambda repository: repository.id)

    def repositories_begun_with(self, commit: str) -> Sequence[Repository]:
        return begun_with(self._contents.repositories.values(), commit)

    def repository_uses(self) -> Mapping[str, Use]:
        return _uses((session.key.repository_id, session) for session in self._contents.sessions.values())

    def task_uses(self, repository_id: str) -> Mapping[str, Use]:
        sessions = self._contents.sessions.values()
        return _uses((each.key.task, each) for each in sessions if each.key.repository_id == repository_id)

    def current_sessions(self, repository_id: str) -> Sequence[Current]:
        return [
            Current(key=key, session_id=session_id, window_id=window_id)
            for (key, window_id), session_id in self._contents.current.items()
            if key.repository_id == repository_id
        ]

    def pending(self) -> Sequence[Pending]:
        return [*self._contents.makings.values(), *self._contents.others.values()]

    def is_pending(self, kind: PendingKind, subject: str) -> bool:
        if kind == "making":
            return subject in self._contents.makings
        return (kind, subject) in self._contents.others

    def outcome(self, method: str, key: str) -> Outcome | None:
        return self._contents.outcomes.get((method, key))

    def passages(self, query: str, *, repository_id: str, limit: int) -> Sequence[Passage]:
        words = frozenset(terms(query))
        found = []
        for message in self._contents.messages.values():
            session = self._contents.sessions.get(message.session_id)
            if (
                session is None
                or session.key.repository_id != repository_id
                or not _is_findable(message, session)
            ):
                continue
            hits = len(words & word_set(message.content))
            if hits:
                found.append((hits, message.created_at, message.id, _passage(message, session)))
        found.sort(key=lambda hit: hit[:3], reverse=True)
        return [passage for *_, passage in found[:limit]]

    def _with_journal(self, message: Message) -> Message:
        if message.status == "streaming":
            for kind, text in self.journal(message.id):
                message = message.grown(kind, text)
        return message

    def _of_session(self, session_id: str) -> Iterator[Message]:
        ids = self._contents.by_session.get(session_id, ())
        return iter(sorted((self._contents.messages[id_] for id_ in ids), key=lambda message: message.seq))

    def _path_upwards(self, session: Session) -> Iterator[Message]:
        message_id = session.head_id
        while message_id is not None:
            message = self._contents.messages.get(message_id)
            if message is None or message.session_id != session.id:
                return
            yield message
            message_id = message.parent_id


def _uses(sessions: Iterable[tuple[str, Session]]) -> dict[str, Use]:
    by_key: dict[str, list[Session]] = {}
    for key, session in sessions:
        by_key.setdefault(key, []).append(session)
    return {key: _use(found) for key, found in by_key.items()}


def _use(sessions: Sequence[Session]) -> Use:
    kept = [session for session in sessions if session.trashed_at is None]
    archived = sum(session.archived_at is not None for session in kept)
    return Use(
        sessions=len(kept) - archived,
        archived=archived,
        trashed=len(sessions) - len(kept),
        last_activity_at=max(session.last_activity_at for session in sessions),
    )


def _are_siblings(message: Entry, other: Entry) -> bool:
    return (
        message.parent_id == other.parent_id
        and message.is_counted
        and other.is_counted
        and (message.role == "assistant") == (other.role == "assistant")
    )


def _is_findable(message: Message, session: Session) -> bool:
    return message.role != "event" and session.trashed_at is None and not session.is_private


def _passage(message: Message, session: Session) -> Passage:
    return Passage(
        session_id=session.id,
        session_title=session.title,
        message_id=message.id,
        role=message.role,
        text=message.content,
        at=message.created_at,
    )
