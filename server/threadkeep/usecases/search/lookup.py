"""What an agent may look up of earlier sessions: within its scope, none that is private, no secret."""

from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import TypeVar

from threadkeep.domain.errors import InvalidValue, MessageNotFound, SessionNotFound
from threadkeep.domain.messages import Message
from threadkeep.domain.repositories import Repository
from threadkeep.domain.search import parse_words
from threadkeep.domain.secret_traces import Traces
from threadkeep.domain.secrets import may_hold_secret
from threadkeep.domain.sessions import Session
from threadkeep.domain.transcript_secrets import traces_in
from threadkeep.ports.session_filter import SessionFilter, SessionSort
from threadkeep.ports.store import Records, Store
from threadkeep.usecases.order import ConsistentReader
from threadkeep.usecases.progress import Progress
from threadkeep.usecases.repositories.repositories import Repositories, RepositoryChoice
from threadkeep.usecases.search.searching import Hit, Search, Searching
from threadkeep.usecases.sessions.listing import Listing
from threadkeep.values import Mutable, Value, evolve, field

T = TypeVar("T")

PASSAGE_BEFORE = 240
"""Characters of a passage before the first of the words."""
PASSAGE_LENGTH = 900
SEARCHED_ITSELF = "offline"
"""A provider whose answers only repeat what a search found."""
SHORTEST_ID = 4
"""Characters of the beginning of an id by which a session is found."""
TRACES_KEPT = 256
"""Sessions whose secrets are remembered while the sessions stay as they are."""


class Asked(Value):
    """What sessions are wanted; None for all of the scope. `since` is RFC 3339 UTC."""

    repository: str | None = None
    """A name or an id."""
    task: str | None = None
    agent: str | None = None
    since: str | None = None
    limit: int = 10
    cursor: str | None = None


class SeenSession(Value):
    """A session as it may be shown."""

    session: Session
    title: str
    repository: str
    """Its name."""


class Passage(Value):
    """The text around a finding."""

    seen: SeenSession
    field: str
    message_id: str | None
    role: str | None
    text: str
    is_begun: bool
    """Text comes before it."""
    is_cut: bool
    """Text follows."""
    at: str


class Passages(Value):
    """A page of what was found."""

    passages: tuple[Passage, ...] = ()
    next_cursor: str | None = None
    holds_all: bool = True
    """Whether each holds all the words; else they hold some of them."""


class SeenMessage(Value):
    """A message without its secrets."""

    message: Message
    text: str
    reasoning_length: int


class SeenHistory(Value):
    """A stretch of a session, oldest first."""

    seen: SeenSession
    messages: tuple[SeenMessage, ...]
    before: str | None = None
    """The message before the first one."""
    after: str | None = None
    """The message after the last one."""


class SeenSessions(Value):
    """A page of sessions, the newest first, each with what was last said in it."""

    sessions: tuple[tuple[SeenSession, str], ...] = ()
    next_cursor: str | None = None


class Lookup(Mutable):
    """ConsistentReader, and changes nothing. Each answer is one look at the store."""

    store: Store
    repositories: Repositories
    reads: ConsistentReader
    searching: Searching
    folder: str | None
    """The URI of the folder whose repository is the scope; None for all repositories."""
    _traces: OrderedDict[tuple[str, int], Traces] = field(init=False, factory=OrderedDict)

    async def search(self, query: str, asked: Asked) -> Passages:
        """Passages with all the words, the best first while they are rare; without any, those with some.

        Raises InvalidValue, InvalidCursor.
        """
        wanted = await self._look(lambda records: self._wanted(records, asked))
        if wanted is None:
            return Passages()
        search = Search(query=query, best_first=True, wanted=wanted, limit=asked.limit, cursor=asked.cursor)
        found = await self.searching.search(search, progress=Progress())
        passages = await self._look(lambda records: self._passages(records, query, found.hits, asked))
        if passages or found.hits or asked.cursor is not None:
            return Passages(passages=passages, next_cursor=found.next_cursor)
        some = await self._look(lambda records: self._with_some_words(records, query, wanted, asked))
        return Passages(passages=some, holds_all=False)

    async def open(self, id_: str, *, around: str | None = None, limit: int = 20) -> SeenHistory:
        """The newest messages of a session, or those around one. `id_` may be the beginning of an id.

        Raises SessionNotFound, MessageNotFound, InvalidValue.
        """
        return await self._look(lambda records: self._opened(records, id_, around=around, limit=limit))

    async def sessions(self, asked: Asked) -> SeenSessions:
        """The sessions that were changed last. Raises InvalidValue, InvalidCursor."""
        return await self._look(lambda records: self._listed(records, asked))

    async def _look(self, work: Callable[[Records], T]) -> T:
        def look() -> T:
            with self.store.reading() as records:
                return work(records)

        return await self.reads(look)

    def _wanted(self, records: Records, asked: Asked) -> SessionFilter | None:
        """The filter, None where nothing can be found."""
        scope = self._scope(records)
        repository = scope
        if asked.repository is not None:
            repository = self._named(records, asked.repository)
            if self.folder is not None and (repository is None or scope is None or repository.id != scope.id):
                raise InvalidValue(
                    "repository",
                    "only the sessions of the repository of the working directory are shown: leave it out, or "
                    "have the person start this server with --all",
                )
            if repository is None:
                known = sorted({each.name for each in records.repositories()})[:20]
                raise InvalidValue("repository", f"there is none of that name. Known: {', '.join(known)}")
        if self.folder is not None and repository is None:
            return None
        return SessionFilter(
            repository_id=repository.id if repository else None,
            task=asked.task,
            agent=asked.agent,
            updated_after=asked.since,
            archived="include",
        )

    def _scope(self, records: Records) -> Repository | None:
        if self.folder is None:
            return None
        return self.repositories.lookup(records, RepositoryChoice(uri=self.folder))

    def _named(self, records: Records, name: str) -> Repository | None:
        found = [each for each in records.repositories() if name in (each.id, each.name)]
        return found[0] if found else None

    def _passages(
        self, records: Records, query: str, hits: Sequence[Hit], asked: Asked
    ) -> tuple[Passage, ...]:
        told = []
        for hit in hits:
            session = hit.view.session
            if not self._may_see(session) or (asked.since is not None and hit.text.at < asked.since):
                continue
            message = records.message(hit.text.message_id) if hit.text.message_id else None
            if message is not None and message.provider == SEARCHED_ITSELF:
                continue
            passage = self._passage(
                records,
                session,
                query,
                text=hit.text.text,
                field=hit.text.field,
                message=message,
                at=hit.text.at,
            )
            if passage is not None:
                told.append(passage)
        return tuple(told)

    def _with_some_words(
        self, records: Records, query: str, wanted: SessionFilter, asked: Asked
    ) -> tuple[Passage, ...]:
        if wanted.repository_id is None:
            return ()
        told = []
        for found in records.passages(query, repository_id=wanted.repository_id, limit=asked.limit * 2):
            session, message = records.session(found.session_id), records.message(found.message_id)
            if session is None or message is None or not self._may_see(session):
                continue
            if message.provider == SEARCHED_ITSELF:
                continue
            fits = (
                (asked.task in (None, session.key.task))
                and (asked.agent in (None, session.agent))
                and (asked.since is None or found.at >= asked.since)
            )
            passage = fits and self._passage(
                records, session, query, text=found.text, field="content", message=message, at=found.at
            )
            if passage:
                told.append(passage)
        return tuple(told[: asked.limit])

    def _passage(
        self,
        records: Records,
        session: Session,
        query: str,
        *,
        text: str,
        field: str,
        message: Message | None,
        at: str,
    ) -> Passage | None:
        """None where nothing of the words is left without the secrets."""
        text = self._cleaner(records, session).taken_out(text)
        first = _first_word(text, query)
        if first is None:
            return None
        start = max(0, first - PASSAGE_BEFORE)
        if start:
            start = next((at + 1 for at in range(start, first) if text[at].isspace()), start)
        end = min(len(text), start + PASSAGE_LENGTH)
        return Passage(
            seen=self._seen(records, session),
            field=field,
            message_id=message.id if message else None,
            role=message.role if message else None,
            text=text[start:end].strip(),
            is_begun=start > 0,
            is_cut=end < len(text),
            at=at,
        )

    def _opened(self, records: Records, id_: str, *, around: str | None, limit: int) -> SeenHistory:
        session = self._session(records, id_)
        if around is None:
            page = tuple(records.path(session, limit=limit))
        else:
            message = records.message(around)
            if message is None or message.session_id != session.id:
                raise MessageNotFound(around)
            branch = evolve(session, head_id=records.newest_below(message).id)
            older = records.path(branch, limit=(limit - 1) // 2, before_seq=message.seq) if limit > 2 else ()
            newer = records.path_after(branch, limit=limit - 1 - len(older), after_seq=message.seq)
            page, session = (*older, message, *newer), branch
        traces = self._cleaner(records, session)
        before = records.path(session, limit=1, before_seq=page[0].seq) if page else ()
        after = records.path_after(session, limit=1, after_seq=page[-1].seq) if page else ()
        return SeenHistory(
            seen=self._seen(records, session),
            messages=tuple(_clean(message, traces) for message in page),
            before=before[0].id if before else None,
            after=after[0].id if after else None,
        )

    def _listed(self, records: Records, asked: Asked) -> SeenSessions:
        wanted = self._wanted(records, asked)
        if wanted is None:
            return SeenSessions()
        listing = Listing(store=self.store, repositories=self.repositories)
        listed = listing.by_cursor(wanted, SessionSort(), limit=asked.limit, cursor=asked.cursor)
        seen = [view.session for view in listed.views if self._may_see(view.session)]
        return SeenSessions(
            sessions=tuple((self._seen(records, each), self._last_words(records, each)) for each in seen),
            next_cursor=listed.next_cursor,
        )

    def _last_words(self, records: Records, session: Session) -> str:
        if session.last_message is None:
            return ""
        return self._cleaner(records, session).taken_out(session.last_message.preview)

    def _session(self, records: Records, id_: str) -> Session:
        wanted = self._wanted(records, Asked())
        session = records.session(id_)
        if session is None and wanted is not None and len(id_) >= SHORTEST_ID:
            found = records.sessions(evolve(wanted, id_prefix=id_), SessionSort(), limit=2)
            session = found[0] if len(found) == 1 else None
        is_there = session is not None and wanted is not None and self._may_see(session)
        if session is None or not is_there:
            raise SessionNotFound(id_)
        if wanted is not None and wanted.repository_id not in (None, session.key.repository_id):
            raise SessionNotFound(id_)
        return session

    def _may_see(self, session: Session) -> bool:
        return not session.is_private and session.trashed_at is None

    def _seen(self, records: Records, session: Session) -> SeenSession:
        repository = records.repository(session.key.repository_id)
        return SeenSession(
            session=session,
            title=self._cleaner(records, session).taken_out(session.title),
            repository=repository.name if repository else "",
        )

    def _cleaner(self, records: Records, session: Session) -> Traces:
        """What takes the session's secrets out: what is one at one place is one everywhere."""
        place = (session.id, session.seq)
        traces = self._traces.get(place)
        if traces is None:
            traces = traces_in(session, records.messages_that_may(session.id, may_hold_secret))
            if session.running_turn_id is None:  # else it grows without a new seq
                self._traces[place] = traces
                while len(self._traces) > TRACES_KEPT:
                    self._traces.popitem(last=False)
        return traces


def _clean(message: Message, traces: Traces) -> SeenMessage:
    return SeenMessage(
        message=message, text=traces.taken_out(message.content), reasoning_length=len(message.reasoning)
    )


def _first_word(text: str, query: str) -> int | None:
    """Where the first finding stands: of all the words, or of any of them."""
    ranges = parse_words(query).ranges(text)
    if ranges:
        return ranges[0][0]
    places = [found[0][0] for word in query.split() if (found := parse_words(word).ranges(text))]
    return min(places, default=None)
