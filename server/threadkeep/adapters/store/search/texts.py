"""The texts of messages and sessions in SQLite, found by their words or read one after another."""

from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import closing
from heapq import merge
from itertools import chain, islice
from math import log
from typing import Any, Final

from threadkeep.adapters.store.engine.json_text import json_value
from threadkeep.adapters.store.engine.query_compiler import compile_query
from threadkeep.adapters.store.engine.short_json import Cell, cell_of
from threadkeep.adapters.store.engine.storage import SqliteStorage
from threadkeep.adapters.store.engine.table import SqliteTinyDB
from threadkeep.adapters.store.search.fulltext import clause_expression, content_of, expression, indexed_to
from threadkeep.adapters.store.search.labels import FIELDS, PLACES, label
from threadkeep.adapters.store.tables.documents import remembered
from threadkeep.adapters.store.tables.schema import SESSIONS, session_number
from threadkeep.adapters.store.tables.search_schema import BEGINNINGS, LABEL_TEXT, MESSAGE_TEXT, NOTE_TEXT
from threadkeep.adapters.store.tables.session_lists import SessionLists, session_query
from threadkeep.adapters.store.tables.short_documents import SHORT, session_of
from threadkeep.domain.search import Clause, WordQuery
from threadkeep.domain.sessions import Session
from threadkeep.ports.search_records import Position, SearchField, StoredText
from threadkeep.ports.session_filter import SessionFilter, SessionSort
from threadkeep.values import Value, evolve, field

_OF_MESSAGE: Final = f"id = (SELECT id_text({session_of()}) FROM messages WHERE doc_id = ?)"  # noqa: S608 - ours
_DOCUMENT: Final = f"SELECT {cell_of()} FROM messages WHERE doc_id = ?"  # noqa: S608 - constants only
_OF_LABEL: Final = f"doc_id = ? / {PLACES}"


class SessionGate:
    """Lets texts of wanted sessions through."""

    def __init__(self, storage: SqliteStorage, wanted: SessionFilter) -> None:
        self._storage = storage
        self._wanted = wanted
        self._query = session_query(wanted)
        self._condition = compile_query(self._query, SESSIONS.by_path)
        self._documents: dict[int, str | None] = {}
        self._sessions: dict[int, Session] = {}

    def of_message(self, doc_id: int, number: int) -> bool:
        """Whether the message's session is wanted."""
        return self._is_wanted(number, _OF_MESSAGE, doc_id)

    def of_label(self, id_: int, number: int) -> bool:
        """Whether the session that the label belongs to is wanted."""
        return self._is_wanted(number, _OF_LABEL, id_)

    def session(self, number: int) -> Session:
        """A session that was let through."""
        if number not in self._sessions:
            self._sessions[number] = remembered(self._documents[number] or "", Session)
        return self._sessions[number]

    def few(self, most: int) -> list[int] | None:
        """The numbers of all wanted sessions; None if they are more than `most`."""
        lists = SessionLists(self._storage, SqliteTinyDB(self._storage).table(SESSIONS.name))
        found = lists.ids(self._wanted, SessionSort(), limit=most + 1)
        return None if len(found) > most else [session_number(id_) for id_ in found]

    def _is_wanted(self, number: int, which: str, id_: int) -> bool:
        if number not in self._documents:
            self._documents[number] = self._document(which, id_)
        return self._documents[number] is not None

    def _document(self, which: str, id_: int) -> str | None:
        where = self._condition.candidates
        row = self._storage.row(
            f"SELECT doc FROM sessions WHERE {which} AND ({where.text})",  # noqa: S608 - values are bound
            (id_, *where.values),
        )
        if row is None:
            return None
        return row[0] if self._condition.is_exact or self._query(json_value(row[0])) else None


CONTENTS, NOTES, LABELS = range(3)
"""Sources: contents of messages, notes of messages, and what sessions are called."""

TRIED: Final = 1_000
"""Hits of unwanted sessions that are passed over before the wanted ones are looked up."""

FEW: Final = 1_200
"""Wanted sessions that the index is asked for by their numbers."""

NEAR: Final = 512
"""The newest messages, which are looked through first for beginnings of words that are not in the index."""

COUNTED: Final = 2_000
"""Texts with a word that are counted to tell how rare it is."""

_SATURATION: Final = 1.2
_LENGTH_SHARE: Final = 0.75
"""Of BM25, as SQLite's full-text index reckons it."""

_HIGHEST: Final = 2**62
_TEXT_PART: Final = '"type":"text"'
_NUMBERS: Final = {
    MESSAGE_TEXT: "messages AS t ON t.doc_id = f.rowid",
    NOTE_TEXT: "notes AS t ON t.id = f.rowid",
    LABEL_TEXT: "labels AS t ON t.id = f.rowid",
}
_NEAR: Final = f"""
SELECT doc_id, session_number, {cell_of()} FROM messages WHERE doc_id > ? AND doc_id < ? ORDER BY doc_id DESC
"""  # noqa: S608 - constants only


class SearchTexts(Value):
    """Reads texts on one connection for one request."""

    storage: SqliteStorage
    wanted: SessionFilter
    session_id: str | None
    _gate: SessionGate = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_gate", SessionGate(self.storage, self.wanted))

    def found(self, query: WordQuery, *, limit: int, after: Position) -> list[StoredText]:
        """As the port says."""
        if not query.clauses:
            return []
        below = [place or _HIGHEST for place in after]
        indexed = indexed_to(self.storage)
        looked_through_to = indexed if all(map(_is_indexed, query.clauses)) else max(0, indexed - NEAR)
        # one after the other: the index is not asked for what the newest messages give
        contents = chain(
            self._looked_through(query, looked_through_to, below[CONTENTS]),
            self._indexed(MESSAGE_TEXT, query, min(below[CONTENTS], looked_through_to + 1)),
        )
        notes = self._indexed(NOTE_TEXT, query, below[NOTES])
        labels = self._indexed(LABEL_TEXT, query, below[LABELS])
        merged = merge(contents, notes, labels, key=lambda text: text.at, reverse=True)
        return list(islice(merged, limit))

    def ranked(self, query: WordQuery, *, limit: int, skip: int, most: int) -> list[StoredText] | None:
        """As the port says; what waits to be indexed is ranked as if it were as long as others."""
        if not query.clauses:
            return []
        if query.is_wide:
            return None
        waiting = list(self._looked_through(query, indexed_to(self.storage), _HIGHEST))
        left = most - len(waiting)
        for index in _NUMBERS:
            left -= self._count(index, self._match(query), at_most=left + 1)
            if left < 0:
                return None
        sources: list[Iterator[StoredText]] = [iter(self._scored(query, waiting))]
        sources += [self._ranked(index, query) for index in _NUMBERS]
        merged = merge(*sources, key=lambda text: text.score or 0.0, reverse=True)
        return list(islice(merged, skip, skip + limit))

    # --- what they are made of ---

    def _looked_through(self, query: WordQuery, above: int, below: int) -> Generator[StoredText, None, None]:
        """Messages of these ids, read one by one: those that wait to be indexed are among them."""
        number = None if self.session_id is None else session_number(self.session_id)
        for doc_id, of_session, cell in self.storage.stream(_NEAR, (above, below)):
            if number is not None and of_session != number:
                continue
            if not _may_hold(cell, query):
                continue
            document = SHORT.document(cell)
            if query.holds(content_of(document)) and self._gate.of_message(doc_id, of_session):
                yield self.message_text(doc_id, of_session, document, "content")

    def _indexed(self, index: str, query: WordQuery, below: int) -> Generator[StoredText, None, None]:
        """Hits of the index, the newest first. Where many belong to other sessions, and few sessions are
        wanted, the rest is asked for by their numbers."""
        is_sure = query.is_wide or not any(clause.is_wide for clause in query.clauses)
        tried, numbers = 0, None
        match = self._match(query)
        while True:
            with closing(self._hits(index, match, below)) as hits:
                for id_, number in hits:
                    below = id_
                    if self._is_wanted(index, id_, number):
                        text = self._text(index, id_, number)
                        if is_sure or query.holds(text.text):
                            yield text
                    elif self.session_id is None and numbers is None:
                        tried += 1
                        if tried == TRIED:
                            break
                else:
                    return
            numbers = self._gate.few(FEW)
            if numbers == []:
                return
            match = self._match(query, numbers or ())

    def _hits(self, index: str, match: str, below: int) -> Generator[tuple[Any, ...], None, None]:
        number = "t.session_number" if index == MESSAGE_TEXT else "t.session"
        yield from self.storage.stream(
            f"SELECT f.rowid, {number} FROM {index} AS f CROSS JOIN {_NUMBERS[index]} "  # noqa: S608 - our names
            f"WHERE {index} MATCH ? AND f.rowid < ? ORDER BY f.rowid DESC",
            (match, below),
        )

    def _ranked(self, index: str, query: WordQuery) -> Iterator[StoredText]:
        number = "t.session_number" if index == MESSAGE_TEXT else "t.session"
        rows = self.storage.rows(
            f"SELECT f.id, {number}, f.score FROM (SELECT rowid AS id, rank AS score FROM {index} "  # noqa: S608 - our names
            f"WHERE {index} MATCH ? AND rank MATCH 'bm25(1.0, 0.0)') AS f "
            f"CROSS JOIN {_NUMBERS[index].replace('f.rowid', 'f.id')} ORDER BY f.score, f.id DESC",
            (self._match(query),),
        )
        for id_, of_session, score in rows:
            if self._is_wanted(index, id_, of_session):
                text = self._text(index, id_, of_session)
                if query.holds(text.text):  # the index was not asked for what is wide
                    yield evolve(text, score=-score)

    def _scored(self, query: WordQuery, waiting: Sequence[StoredText]) -> list[StoredText]:
        if not waiting:
            return []
        total = indexed_to(self.storage) + len(waiting)
        holders = [
            COUNTED
            if clause.is_wide
            else self._count(MESSAGE_TEXT, f"text : ({clause_expression(clause)})", at_most=COUNTED)
            for clause in query.clauses
        ]
        scored = [evolve(text, score=bm25(query.counts(text.text), holders, total=total)) for text in waiting]
        return sorted(scored, key=lambda text: text.score or 0.0, reverse=True)

    def _count(self, index: str, match: str, *, at_most: int) -> int:
        row = self.storage.row(
            f"SELECT count(*) FROM (SELECT 1 FROM {index} WHERE {index} MATCH ? LIMIT ?)",  # noqa: S608 - our names
            (match, max(at_most, 0)),
        )
        return int(row[0]) if row else 0

    def _match(self, query: WordQuery, numbers: Sequence[int] = ()) -> str:
        if self.session_id is not None:
            numbers = (session_number(self.session_id),)
        of_them = " OR ".join(f'"{number}"' for number in numbers)
        return f"text : ({expression(query)})" + (f" AND session : ({of_them})" if of_them else "")

    def _is_wanted(self, index: str, id_: int, number: int) -> bool:
        if index == LABEL_TEXT:
            return self._gate.of_label(id_, number)
        return self._gate.of_message(id_, number)

    def _text(self, index: str, id_: int, number: int) -> StoredText:
        if index == LABEL_TEXT:
            return self.label_text(id_, number)
        document = self.document(id_)
        return self.message_text(id_, number, document, "note" if index == NOTE_TEXT else "content")

    def document(self, doc_id: int) -> Mapping[str, Any]:
        """Of the message with that id in the table; empty without it."""
        row = self.storage.row(_DOCUMENT, (doc_id,))
        return SHORT.document(row[0]) if row else {}

    def message_text(
        self, doc_id: int, number: int, document: Mapping[str, Any], field: SearchField
    ) -> StoredText:
        """The content or the note of a message whose session was let through."""
        is_note = field == "note"
        return StoredText(
            session=self._gate.session(number),
            field=field,
            text=document.get("note") or "" if is_note else content_of(document),
            message_id=document["id"],
            seq=document["seq"],
            at=document["created_at"],
            place=(NOTES if is_note else CONTENTS, doc_id),
        )

    def label_text(self, id_: int, number: int) -> StoredText:
        """What a session that was let through is called."""
        session = self._gate.session(number)
        field = FIELDS[id_ % PLACES]
        return StoredText(
            session=session,
            field=field,
            text=label(session, field),
            at=session.created_at,
            place=(LABELS, id_),
        )

    @property
    def is_of_message(self) -> Callable[[int, int], bool]:
        """Whether the session of a message (doc_id, session number) is wanted."""
        return self._gate.of_message

    @property
    def is_of_label(self) -> Callable[[int, int], bool]:
        """Whether the session of a label (id, session number) is wanted."""
        return self._gate.of_label


def _is_indexed(clause: Clause) -> bool:
    return not clause.is_prefix or len(clause.words[-1]) in BEGINNINGS


def _may_hold(cell: Cell, query: WordQuery) -> bool:
    words = SHORT.words(cell)
    # what is not plain, or escaped, is folded first, and a word may begin in one part and end in the next; in a short
    # cell the beginning of a first part is not spelled out
    parts = words.count(_TEXT_PART) + isinstance(cell, bytes)
    return not words.isascii() or "\\u" in words or parts > 1 or query.may_be_in(words)


def bm25(counts: Sequence[int], holders: Sequence[int], *, total: int, length: float = 1.0) -> float:
    """How well a text fits a query by its words; more is better.

    counts: how often each clause of the query stands in the text. holders: in how many texts each stands at
    all, of `total`. length: of the text, as a multiple of the average.
    """
    norm = _SATURATION * (1 - _LENGTH_SHARE + _LENGTH_SHARE * length)
    return sum(
        _rarity(holding, total) * count * (_SATURATION + 1) / (count + norm)
        for count, holding in zip(counts, holders, strict=True)
    )


def _rarity(holding: int, total: int) -> float:
    return max(log(max(total - holding + 0.5, 0.5) / (holding + 0.5)), 1e-6)
