"""Finding texts in sessions: by their words, by characters, by a pattern, or by their meaning."""

from collections.abc import Callable, Iterable, Sequence
from itertools import islice
from typing import Final, Literal

from threadkeep.domain.errors import InvalidValue, SessionNotFound
from threadkeep.domain.messages import Message
from threadkeep.domain.search import Finder, PartQuery, Range, Snippet, WordQuery, parse_words, snippet
from threadkeep.domain.sessions import Session
from threadkeep.domain.views import SessionView
from threadkeep.ports.embeddings import Embeddings
from threadkeep.ports.patterns import Patterns
from threadkeep.ports.runtime import SerialExecutor
from threadkeep.ports.search_records import BEGINNING, StoredText, position_after
from threadkeep.ports.session_filter import SessionFilter, SessionSort
from threadkeep.ports.store import Records, Store
from threadkeep.usecases import cursors
from threadkeep.usecases.order import ConsistentReader
from threadkeep.usecases.progress import Progress
from threadkeep.usecases.repositories.repositories import Repositories, RepositoryChoice
from threadkeep.values import Value, evolve, field

SearchMode = Literal["text", "substring", "regex", "semantic"]

RANKED: Final = 2_000
"""Texts that may hold the words so that they are ranked: for more, the newest come first."""

SCANNED_AT_ONCE: Final = 500
"""Texts that are looked at between two looks whether somebody still wants the answer."""

NO_WORDS: Final = (
    "The query holds no words, only signs, and signs stand in no index of words: search with the mode substring, "
    "which finds any characters."
)

LONGEST: Final = 10_000
"""Characters of a query."""


class Search(Value):
    """What is looked for, and where."""

    query: str
    mode: SearchMode = "text"
    best_first: bool = False
    wanted: SessionFilter = field(factory=SessionFilter)
    repository: RepositoryChoice | None = None
    session_id: str | None = None
    limit: int = 20
    cursor: str | None = None

    @property
    def cursor_scope(self) -> cursors.CursorScope:
        """What a cursor of this search must agree with."""
        return (self.mode, self.query, self.session_id)


class Hit(Value):
    """A text in which something was found."""

    view: SessionView
    text: StoredText
    snippet: Snippet


class Found(Value):
    """A page of hits."""

    hits: tuple[Hit, ...] = ()
    next_cursor: str | None = None
    is_ranked: bool = False
    hint: str | None = None
    """Why nothing can be found, and what to do."""


class Searching(Value):
    """Searches the store; what an index answers beside other reading, all else in an executor of its own."""

    store: Store
    repositories: Repositories
    reads: ConsistentReader
    search_executor: SerialExecutor
    pattern_executor: SerialExecutor
    patterns: Callable[[], Patterns]
    embeddings: Embeddings

    async def search(self, search: Search, *, progress: Progress) -> Found:
        """A page of what is found.

        Raises InvalidValue for a query that cannot be used, InvalidCursor, SessionNotFound,
        RepositoryNotFound, ExtraMissing.
        """
        if search.mode == "text":
            return await self.search_words(search)
        _check(search)
        if search.mode == "semantic":
            return await self._by_meaning(search, progress)
        if search.mode == "regex":
            return await progress.run(self.pattern_executor, lambda: self._by_pattern(search, progress))
        return await progress.run(self.search_executor, lambda: self._by_part(search, progress))

    async def search_words(self, search: Search) -> Found:
        """The same in the mode `text`, which takes so little that nobody has to hear how far it is."""
        _check(search)
        return await self.reads(lambda: self._by_words(search))

    async def _by_meaning(self, search: Search, progress: Progress) -> Found:
        embedder = self.embeddings.current()
        if embedder is None:
            self.embeddings.check_installed()
            raise InvalidValue(
                "mode",
                "semantic needs the setting semantic.model or semantic.folder: name a model there",
                told="Finding by meaning needs a model: name one of a provider in the setting semantic.model, "
                "or the folder of one in semantic.folder.",
            )
        (vector,) = await embedder.embed([search.query])
        name = embedder.name
        return await progress.run(
            self.search_executor, lambda: self._nearest(search, name, vector, check=progress.check)
        )

    def _nearest(self, search: Search, model: str, vector: bytes, *, check: Callable[[], None]) -> Found:
        skip = (
            cursors.ranked_position(search.cursor, search.cursor_scope) if search.cursor is not None else 0
        ) or 0
        with self.store.reading() as records:
            wanted = self._narrowed(records, search)
            if wanted is None:
                return Found()
            texts = records.nearest_texts(
                model,
                vector,
                wanted,
                limit=search.limit + 1,
                skip=skip,
                session_id=search.session_id,
                check=check,
            )
            page = texts[: search.limit]
            cursor = None
            if len(texts) > search.limit and skip + len(page) <= RANKED:
                cursor = cursors.ranked_cursor(search.cursor_scope, skip + len(page))
            # what a text means stands in no place of it
            hits = tuple(self._hit(records, text, snippet(text.text, ())) for text in page)
            return Found(hits=hits, next_cursor=cursor, is_ranked=True)

    def _by_words(self, search: Search) -> Found:
        with self.store.reading() as records:
            wanted = self._narrowed(records, search)
            if wanted is None:
                return Found()
            query = parse_words(search.query)
            if not query.clauses:
                return Found(hint=NO_WORDS)
            growing = self._growing(records, search, wanted, query)[: search.limit]
            limit = search.limit - len(growing)
            if search.best_first:
                found = self._ranked(records, search, wanted, growing)
                if found is not None:
                    return found
            after = (
                BEGINNING
                if search.cursor is None
                else cursors.newest_position(search.cursor, search.cursor_scope)
            )
            texts = records.found_texts(
                query, wanted, limit=limit + 1, after=after, session_id=search.session_id
            )
            page = texts[:limit]
            cursor = None
            if len(texts) > limit:
                cursor = cursors.newest_cursor(search.cursor_scope, position_after(after, page))
            return Found(hits=self._hits(records, _once(growing, page), query), next_cursor=cursor)

    def _growing(
        self, records: Records, search: Search, wanted: SessionFilter, query: WordQuery
    ) -> tuple[StoredText, ...]:
        """The answers that are being written and hold the words: no index has their text yet. On the first
        page, as the newest that there are."""
        if search.cursor is not None:
            return ()
        found = []
        for turn in records.running_turns():
            if turn.status == "queued" or search.session_id not in (None, turn.session_id):
                continue
            message = records.message(turn.message_id)
            if message is None or message.status != "streaming" or not query.ranges(message.content):
                continue
            of_it = evolve(wanted, id_prefix=turn.session_id)
            fitting = records.sessions(of_it, SessionSort(), limit=1)
            found += [_text_of(session, message) for session in fitting]
        return tuple(reversed(found))

    def _ranked(
        self, records: Records, search: Search, wanted: SessionFilter, growing: Sequence[StoredText]
    ) -> Found | None:
        """None where too many texts hold the words, or the cursor is one of the newest."""
        skip = 0 if search.cursor is None else cursors.ranked_position(search.cursor, search.cursor_scope)
        if skip is None:
            return None
        query, limit = parse_words(search.query), search.limit - len(growing)
        texts = records.ranked_texts(
            query,
            wanted,
            limit=limit + 1,
            skip=skip,
            most=RANKED if skip == 0 else RANKED * 2,  # new texts must not end what was begun
            session_id=search.session_id,
        )
        if texts is None:
            return None
        page = texts[:limit]
        cursor = None
        if len(texts) > limit:
            cursor = cursors.ranked_cursor(search.cursor_scope, skip + len(page))
        return Found(
            hits=self._hits(records, _once(growing, page), query), next_cursor=cursor, is_ranked=True
        )

    def _by_pattern(self, search: Search, progress: Progress) -> Found:
        with self.patterns().read(search.query, check=progress.check) as pattern:
            return self._scanned(search, pattern.ranges, progress)

    def _by_part(self, search: Search, progress: Progress) -> Found:
        part = PartQuery(search.query)

        def find(texts: Sequence[str]) -> Iterable[Sequence[Range]]:
            for text in texts:
                progress.check()
                yield part.ranges(text)

        return self._scanned(search, find, progress, holding=search.query)

    def _scanned(
        self,
        search: Search,
        find: Callable[[Sequence[str]], Iterable[Sequence[Range]]],
        progress: Progress,
        *,
        holding: str = "",
    ) -> Found:
        position = (
            BEGINNING
            if search.cursor is None
            else cursors.newest_position(search.cursor, search.cursor_scope)
        )
        found: list[Hit] = []
        while True:
            # one snapshot for each step, and none while a pattern is tried: a long one would keep what was erased
            # from leaving the files
            with self.store.reading() as records:
                wanted = self._narrowed(records, search)
                if wanted is None:
                    return Found()
                scan = records.scanned_texts(
                    wanted,
                    limit=SCANNED_AT_ONCE,
                    after=position,
                    session_id=search.session_id,
                    holding=holding,
                )
            looked_at = zip(scan.texts, find([text.text for text in scan.texts]), strict=True)
            spotted = ((at, text, ranges) for at, (text, ranges) in enumerate(looked_at, 1) if ranges)
            new = list(islice(spotted, search.limit - len(found)))
            if new:
                with self.store.reading() as records:
                    found += [self._hit(records, text, snippet(text.text, ranges)) for _, text, ranges in new]
                at = new[-1][0]
                if len(found) == search.limit and (at < len(scan.texts) or scan.after is not None):
                    place = position_after(position, scan.texts[:at])
                    return Found(
                        hits=tuple(found), next_cursor=cursors.newest_cursor(search.cursor_scope, place)
                    )
            progress.reach(round(scan.done * 100), 100)
            if scan.after is None:
                return Found(hits=tuple(found))
            position = scan.after

    def _narrowed(self, records: Records, search: Search) -> SessionFilter | None:
        """The filter with its repository's id; None where the repository was never seen."""
        wanted = search.wanted
        if search.session_id is not None:
            if records.session(search.session_id) is None:
                raise SessionNotFound(search.session_id)
            if wanted.archived == "exclude":  # whoever names an archived session means it
                wanted = evolve(wanted, archived="include")
        if search.repository is None:
            return wanted
        repository = self.repositories.lookup(records, search.repository)
        return evolve(wanted, repository_id=repository.id) if repository else None

    def _hits(self, records: Records, texts: Sequence[StoredText], finder: Finder) -> tuple[Hit, ...]:
        views = self.repositories.views(records, [text.session for text in texts])
        return tuple(
            Hit(view=view, text=text, snippet=snippet(text.text, finder.ranges(text.text)))
            for view, text in zip(views, texts, strict=True)
        )

    def _hit(self, records: Records, text: StoredText, found: Snippet) -> Hit:
        return Hit(view=self.repositories.view(records, text.session), text=text, snippet=found)


def _text_of(session: Session, message: Message) -> StoredText:
    return StoredText(
        session=session,
        field="content",
        text=message.content,
        message_id=message.id,
        seq=message.seq,
        at=message.created_at,
    )


def _once(growing: Sequence[StoredText], page: Sequence[StoredText]) -> Sequence[StoredText]:
    """An answer that goes on is in an index with what it had before."""
    ids = {text.message_id for text in growing}
    return (*growing, *(text for text in page if text.message_id not in ids or text.field != "content"))


def _check(search: Search) -> None:
    if not search.query.strip():
        raise InvalidValue("query", "must not be blank")
    if len(search.query) > LONGEST:
        raise InvalidValue("query", f"must have at most {LONGEST:,} characters")
