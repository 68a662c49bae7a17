"""Private sessions in memory, all else in a store; long, since it says of each thing of the port where it goes."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from contextlib import ExitStack, contextmanager
from itertools import chain
from typing import TYPE_CHECKING, Any, Concatenate, Final, Generic, Literal, ParamSpec, TypeVar

from threadkeep.adapters.store.owed import OwedEnds
from threadkeep.adapters.store.tables.documents import folded_title
from threadkeep.domain.search import WordQuery
from threadkeep.domain.sessions import Session, SessionKey
from threadkeep.domain.usage import Sums, UsageQuery, together
from threadkeep.ports.history_records import Entry
from threadkeep.ports.pending_records import PendingKind, never
from threadkeep.ports.repository_records import Use
from threadkeep.ports.search_records import BEGINNING, SOURCES, Position, StoredText, TextScan
from threadkeep.ports.session_counts import CountedBy
from threadkeep.ports.session_filter import CursorKey, SessionFilter, SessionSort, SortField
from threadkeep.ports.store import Changes, Outcome, Records, Store
from threadkeep.values import evolve

if TYPE_CHECKING:
    from threadkeep.adapters.store.memory import MemoryStore

R = TypeVar("R", bound=Records)
P = ParamSpec("P")
T = TypeVar("T")

_ALL: Final = SessionFilter(archived="include", trashed="include")
_SORT_VALUES: Final[Mapping[SortField, Callable[[Session], str | int]]] = {
    "updatedAt": lambda session: session.updated_at,
    "createdAt": lambda session: session.created_at,
    "title": lambda session: folded_title(session.title),
    "messageCount": lambda session: session.message_count,
}
_HALF: Final = SOURCES // 2
_NOTHING: Final = (0,) * _HALF
_READ: Final = (-1,) * _HALF
"""In the place of the memory's part: all of it was read."""


def _asked(
    where: Callable[..., object], method: Callable[Concatenate[Any, P], T]
) -> Callable[Concatenate[Any, P], T]:
    """The method, asked of what `where` gives for its arguments."""

    def ask(self: Any, /, *args: P.args, **kwargs: P.kwargs) -> T:
        return getattr(where(self, *args), method.__name__)(*args, **kwargs)  # type: ignore[no-any-return]  # by name

    return ask


def _kept(both: Any, *_: object) -> object:
    """Nothing of it is private."""
    return both.kept


def _with_its_session(both: Any, value: Any, *_: object) -> object:
    """Where the session is that the value is, names or belongs to."""
    return both.of(_session_id(value))


def _into_its_session(changes: Any, value: Any, *_: object) -> object:
    """The same, to be written."""
    return changes.into(_session_id(value))


def _session_id(value: Any) -> str:
    if isinstance(value, str):
        return value
    return value.id if isinstance(value, Session) else str(value.session_id)


def _wherever(method: Callable[Concatenate[Any, P], T]) -> Callable[Concatenate[Any, P], T]:
    """The first answer of both that is not empty."""

    def ask(self: Any, /, *args: P.args, **kwargs: P.kwargs) -> T:
        for records in self.both():
            found: T = getattr(records, method.__name__)(*args, **kwargs)
            if found:
                break
        return found

    return ask


def _one_by_one(
    method: Callable[Concatenate[Any, P], Sequence[T]],
) -> Callable[Concatenate[Any, P], Sequence[T]]:
    """The answers of both, what is private last."""

    def ask(self: Any, /, *args: P.args, **kwargs: P.kwargs) -> Sequence[T]:
        return [
            each for records in self.both() for each in getattr(records, method.__name__)(*args, **kwargs)
        ]

    return ask


class RoutingStore:
    """Private sessions and all that belongs to them stay here; everything else goes to the other store."""

    def __init__(self, kept: Store) -> None:
        self.kept = kept
        self._open = kept
        self._memory: MemoryStore | None = None
        self._private_ids: frozenset[str] = frozenset()
        """Those of the sessions in memory, of which some may be hidden."""
        self.owed = OwedEnds()

    def use(self, opened: Store) -> None:
        """What is not private is read and written there from now on: the store that the other one has opened."""
        self._open = opened

    @contextmanager
    def reading(self) -> Iterator[Records]:
        """What is in memory is one snapshot from the first look at it on, and whoever writes there waits for its end."""
        with ExitStack() as stack, self._open.reading() as kept:
            memory = self._memory
            if memory is None:
                yield self.owed.seen(kept) if self.owed.reported else kept
            else:
                both = _Both(kept, lambda: stack.enter_context(memory.reading()), self._private_ids)
                yield self.owed.seen(both) if self.owed.reported else both

    @contextmanager
    def writing(self, *, durable: bool = True, erasing: bool = False) -> Iterator[Changes]:
        """Both are written or neither: the memory takes its part when the other has committed. What is owed
        comes first."""
        if self.owed.unpaid:
            self.owed.pay_first()
        with ExitStack() as stack:
            with self._open.writing(durable=durable, erasing=erasing) as kept:
                changes = _BothChanges(
                    kept,
                    lambda: stack.enter_context(self._opened().writing()),
                    self._private_ids,
                    is_there=self._memory is not None,
                )
                yield changes
                ids = changes.private_ids()
            self._private_ids = ids

    finish_erasing = _asked(_kept, Store.finish_erasing)
    run_maintenance = _asked(_kept, Store.run_maintenance)
    facts = _asked(_kept, Store.facts)
    is_alive = _asked(_kept, Store.is_alive)
    data_version = _asked(_kept, Store.data_version)
    is_at_rest = _asked(_kept, Store.is_at_rest)
    drain = _asked(_kept, Store.drain)
    warnings = _asked(_kept, Store.warnings)

    @property
    def has_traces(self) -> bool:
        return self.kept.has_traces

    @property
    def owner(self) -> str:
        return self._open.owner

    @property
    def wakeup_fd(self) -> int | None:
        return self.kept.wakeup_fd

    def close(self) -> None:
        self.kept.close()
        if self._memory is not None:
            self._memory.close()

    def _opened(self) -> "MemoryStore":
        if self._memory is None:  # only who writes asks, one at a time
            from threadkeep.adapters.store.memory import MemoryStore  # most windows never need it

            self._memory = MemoryStore(owner="private")
        return self._memory


class _Both(Generic[R]):
    """Reads both, each thing where its session is."""

    def __init__(
        self, kept: R, enter: Callable[[], R], private_ids: AbstractSet[str], *, is_there: bool = True
    ) -> None:
        """enter: begins to read or write what is in memory. is_there: whether anything ever was."""
        self.kept = kept
        self._enter = enter
        self._ids = private_ids
        self._is_there = is_there
        self._entered: R | None = None

    @property
    def memory(self) -> R:
        if self._entered is None:
            self._entered = self._enter()
            self._is_there = True
        return self._entered

    def both(self) -> Iterator[R]:
        """What is kept first: where that is enough, nobody is waited for."""
        yield self.kept
        if self._is_there:
            yield self.memory

    def of(self, session_id: str) -> R:
        """Where the session is."""
        return self.memory if session_id in self._ids else self.kept

    session = _asked(_with_its_session, Records.session)
    path = _asked(_with_its_session, Records.path)
    path_after = _asked(_with_its_session, Records.path_after)
    entries = _asked(_with_its_session, Records.entries)
    entries_after = _asked(_with_its_session, Records.entries_after)
    ends = _asked(_with_its_session, Records.ends)
    whole = _asked(_with_its_session, Records.whole)
    parts = _asked(_with_its_session, Records.parts)
    open_parts = _asked(_with_its_session, Records.open_parts)
    outputs = _asked(_with_its_session, Records.outputs)
    part_of_event = _asked(_with_its_session, Records.part_of_event)
    blob = _asked(_with_its_session, Records.blob)
    approval = _asked(_with_its_session, Records.approval)
    approvals = _asked(_with_its_session, Records.approvals)
    approval_of_event = _asked(_with_its_session, Records.approval_of_event)
    all_messages = _asked(_with_its_session, Records.all_messages)
    messages_that_may = _asked(_with_its_session, Records.messages_that_may)
    messages_of_time = _asked(_with_its_session, Records.messages_of_time)
    newest_below = _asked(_with_its_session, Records.newest_below)
    events = _asked(_with_its_session, Records.events)
    oldest_event_seq = _asked(_with_its_session, Records.oldest_event_seq)
    drafts = _asked(_with_its_session, Records.drafts)
    draft = _asked(_with_its_session, Records.draft)

    message = _wherever(Records.message)
    turn = _wherever(Records.turn)
    journal = _wherever(Records.journal)
    outcome = _wherever(Records.outcome)
    is_pending = _wherever(Records.is_pending)

    session_ids = _one_by_one(Records.session_ids)
    running_turns = _one_by_one(Records.running_turns)
    pending = _one_by_one(Records.pending)

    repository = _asked(_kept, Records.repository)
    repositories_of = _asked(_kept, Records.repositories_of)
    repository_by_alias = _asked(_kept, Records.repository_by_alias)
    repositories = _asked(_kept, Records.repositories)
    repositories_begun_with = _asked(_kept, Records.repositories_begun_with)
    current_sessions = _asked(_kept, Records.current_sessions)
    # nobody else writes to private sessions
    newest_event = _asked(_kept, Records.newest_event)
    events_since = _asked(_kept, Records.events_since)
    # what is private is no passage for others, and is sent to nobody for its meaning
    passages = _asked(_kept, Records.passages)
    unembedded = _asked(_kept, Records.unembedded)
    nearest_texts = _asked(_kept, Records.nearest_texts)

    def siblings(self, messages: Sequence[Entry]) -> dict[str, tuple[int, int]]:
        return self.of(messages[0].session_id).siblings(messages) if messages else {}

    def sessions(
        self,
        wanted: SessionFilter,
        sort: SessionSort,
        *,
        limit: int,
        after: CursorKey | None = None,
        skip: int = 0,
    ) -> Sequence[Session]:
        if not self._ids:
            return self.kept.sessions(wanted, sort, limit=limit, after=after, skip=skip)
        value = _SORT_VALUES[sort.by]
        found = [records.sessions(wanted, sort, limit=skip + limit, after=after) for records in self.both()]
        both = sorted(
            chain(*found),
            key=lambda session: (value(session), session.id),
            reverse=sort.order == "descending",
        )
        return both[skip : skip + limit]

    def count_sessions(self, wanted: SessionFilter) -> int:
        return sum(records.count_sessions(wanted) for records in self.both())

    def count_sessions_by(self, wanted: SessionFilter, by: CountedBy) -> Mapping[str, int]:
        return _added(records.count_sessions_by(wanted, by) for records in self.both())

    def usage(self, wanted: SessionFilter, asked: UsageQuery) -> Sums:
        every = evolve(asked, limit=None)  # a row may come further up by what is private
        private = self.memory.usage(wanted, every) if self._ids else None
        if private is None or not private.count:
            return self.kept.usage(wanted, asked)
        return together((self.kept.usage(wanted, every), private), asked)

    # Once another session was made current, what memory says does not count any more.

    def current_session_id(self, key: SessionKey) -> str | None:
        private = self.memory.current_session_id(key) if self._ids else None
        return private if private in self._ids else self.kept.current_session_id(key)

    def window_session_id(self, window_id: str, key: SessionKey) -> str | None:
        private = self.memory.window_session_id(window_id, key) if self._ids else None
        return private if private in self._ids else self.kept.window_session_id(window_id, key)

    def latest_open_session(self, key: SessionKey) -> Session | None:
        return max(
            filter(None, [records.latest_open_session(key) for records in self.both()]),
            key=lambda session: (session.last_activity_at, session.id),
            default=None,
        )

    def repository_uses(self) -> Mapping[str, Use]:
        return _added(records.repository_uses() for records in self.both())

    def task_uses(self, repository_id: str) -> Mapping[str, Use]:
        return _added(records.task_uses(repository_id) for records in self.both())

    def found_texts(
        self,
        query: WordQuery,
        wanted: SessionFilter,
        *,
        limit: int,
        after: Position = BEGINNING,
        session_id: str | None = None,
    ) -> Sequence[StoredText]:
        """The sources of the memory come behind those of what is kept."""
        found = self.kept.found_texts(
            query, wanted, limit=limit, after=_of_kept(after), session_id=session_id
        )
        if not self._ids:
            return found
        private = self.memory.found_texts(
            query, wanted, limit=limit, after=_of_private(after), session_id=session_id
        )
        both = sorted((*map(_behind, private), *found), key=lambda text: text.at, reverse=True)
        return both[:limit]

    def ranked_texts(
        self,
        query: WordQuery,
        wanted: SessionFilter,
        *,
        limit: int,
        skip: int = 0,
        most: int,
        session_id: str | None = None,
    ) -> Sequence[StoredText] | None:
        both: list[StoredText] = []
        for records in self.both():
            found = records.ranked_texts(query, wanted, limit=skip + limit, most=most, session_id=session_id)
            if found is None:
                return None
            both += found
        both.sort(key=lambda text: text.score or 0.0, reverse=True)
        return both[skip : skip + limit]

    def scanned_texts(
        self,
        wanted: SessionFilter,
        *,
        limit: int,
        after: Position = BEGINNING,
        session_id: str | None = None,
        holding: str = "",
    ) -> TextScan:
        """What is private first: it is little, and of now."""
        if self._ids and after[_HALF:] != _READ:
            scan = self.memory.scanned_texts(
                wanted, limit=limit, after=_of_private(after), session_id=session_id, holding=holding
            )
            following = _NOTHING + (scan.after[:_HALF] if scan.after else _READ)
            return TextScan(texts=tuple(map(_behind, scan.texts)), after=following, done=0.0)
        scan = self.kept.scanned_texts(
            wanted, limit=limit, after=_of_kept(after), session_id=session_id, holding=holding
        )
        return evolve(scan, after=scan.after[:_HALF] + _READ if scan.after else None)


class _BothChanges(_Both[Changes]):
    """Writes each thing where its session is."""

    _is_private = False
    """Whether this transaction has to do with a private session."""

    def into(self, session_id: str) -> Changes:
        """Where the session is, to be written."""
        records = self.of(session_id)
        self._is_private = self._is_private or records is not self.kept
        return records

    def private_ids(self) -> frozenset[str]:
        """Of all sessions that are in memory, those that nobody sees yet, or any more, among them."""
        if self._entered is None:
            return frozenset(self._ids)
        pending = [each.subject for each in self._entered.pending()]
        return frozenset((*pending, *self._entered.session_ids(_ALL, SessionSort())))

    put_message = _asked(_into_its_session, Changes.put_message)
    put_part = _asked(_into_its_session, Changes.put_part)
    append_output = _asked(_into_its_session, Changes.append_output)
    put_approval = _asked(_into_its_session, Changes.put_approval)
    put_blob = _asked(_into_its_session, Changes.put_blob)
    put_turn = _asked(_into_its_session, Changes.put_turn)
    put_event = _asked(_into_its_session, Changes.put_event)
    forget_events = _asked(_into_its_session, Changes.forget_events)
    put_draft = _asked(_into_its_session, Changes.put_draft)
    drop_making = _asked(_into_its_session, Changes.drop_making)
    erase_session = _asked(_into_its_session, Changes.erase_session)
    clear_away = _asked(_into_its_session, Changes.clear_away)

    give_up_makings = _one_by_one(Changes.give_up_makings)

    put_repository = _asked(_kept, Changes.put_repository)
    remove_repository = _asked(_kept, Changes.remove_repository)
    put_pending = _asked(_kept, Changes.put_pending)
    put_vectors = _asked(_kept, Changes.put_vectors)
    claim_vectors = _asked(_kept, Changes.claim_vectors)
    forget_vectors = _asked(_kept, Changes.forget_vectors)

    def put_session(self, session: Session) -> None:
        self._placed(session).put_session(session)

    def begin_making(self, session: Session, *, owner: str) -> None:
        self._placed(session).begin_making(session, owner=owner)

    def claim_pending(self, kind: PendingKind, subject: str, *, owner: str) -> None:
        self.of(subject).claim_pending(kind, subject, owner=owner)

    def remove_pending(self, kind: PendingKind, subject: str) -> None:
        self.of(subject).remove_pending(kind, subject)

    def put_outcome(self, outcome: Outcome) -> None:
        """The answer to a request about a private session holds its words."""
        (self.memory if self._is_private else self.kept).put_outcome(outcome)

    def make_current(self, session: Session, *, window_id: str | None = None) -> None:
        self.into(session.id).make_current(session, window_id=window_id)
        if self._ids and session.id not in self._ids:
            self.memory.make_current(session, window_id=window_id)

    def forget_outcomes(
        self, text: str, *, after: str = "", is_over: Callable[[], bool] = never
    ) -> str | None:
        if self._is_there:
            self.memory.forget_outcomes(text)
        return self.kept.forget_outcomes(text, after=after, is_over=is_over)

    def append_journal(self, message_id: str, kind: Literal["text", "reasoning"], text: str) -> None:
        is_private = bool(self._ids) and self.memory.message(message_id, with_journal=False) is not None
        (self.memory if is_private else self.kept).append_journal(message_id, kind, text)

    def _placed(self, session: Session) -> Changes:
        if session.is_private:
            self._ids |= {session.id}
        return self.into(session.id)


def _added(parts: Iterable[Mapping[str, Any]]) -> Mapping[str, Any]:
    added: dict[str, Any] = {}
    for part in parts:
        for name, amount in part.items():
            added[name] = added[name] + amount if name in added else amount
    return added


def _of_kept(after: Position) -> Position:
    return after[:_HALF] + _NOTHING


def _of_private(after: Position) -> Position:
    return after[_HALF:] + _NOTHING


def _behind(text: StoredText) -> StoredText:
    source, place = text.place
    return evolve(text, place=(source + _HALF, place))
