"""The texts of messages and sessions in memory, found by their words or read one after another."""

from collections.abc import Iterator, Sequence
from heapq import merge
from itertools import islice
from typing import TYPE_CHECKING

import attrs

from threadkeep.adapters.store.ranking import bm25
from threadkeep.adapters.store.search_labels import FIELDS, PLACES, label
from threadkeep.adapters.store.words import word_set
from threadkeep.domain.messages import Message
from threadkeep.domain.search import WordQuery
from threadkeep.domain.sessions import Session
from threadkeep.ports.search_records import BEGINNING, Position, SearchField, StoredText, TextScan
from threadkeep.ports.session_filter import SessionFilter, SessionSort

if TYPE_CHECKING:
    from threadkeep.adapters.store.memory_records import Contents

CONTENTS, NOTES, LABELS = range(3)


class MemorySearch:
    """The searching part of the records."""

    _contents: "Contents"

    def sessions(self, wanted: SessionFilter, sort: SessionSort, *, limit: int) -> Sequence[Session]:
        """As the port says."""
        raise NotImplementedError

    def found_texts(
        self,
        query: WordQuery,
        wanted: SessionFilter,
        *,
        limit: int,
        after: Position = BEGINNING,
        session_id: str | None = None,
    ) -> Sequence[StoredText]:
        texts = self._wanted_texts(wanted, session_id, after)
        return list(islice((text for text in texts if query.holds(text.text)), limit))

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
        if not query.clauses:
            return []
        if query.is_wide:
            return None
        everywhere = SessionFilter(archived="include", trashed="include")
        all_texts = list(self._wanted_texts(everywhere, session_id, BEGINNING))
        if sum(query.holds(text.text) for text in all_texts) > most:
            return None
        found = [text for text in self._wanted_texts(wanted, session_id, BEGINNING) if query.holds(text.text)]
        scored = [attrs.evolve(text, score=_score(text, query, all_texts)) for text in found]
        scored.sort(key=lambda text: text.score or 0.0, reverse=True)  # equals stay in their order
        return scored[skip : skip + limit]

    def scanned_texts(
        self,
        wanted: SessionFilter,
        *,
        limit: int,
        after: Position = BEGINNING,
        session_id: str | None = None,
        holding: str = "",
    ) -> TextScan:
        del holding  # all is near: nothing is gained by leaving some out
        position = list(after)
        found = list(islice(self._wanted_texts(wanted, session_id, after), limit))
        for text in found:
            source, place = text.place
            position[source] = place
        is_end = len(found) < limit
        return TextScan(
            texts=tuple(found), after=None if is_end else tuple(position), done=1.0 if is_end else 0.5
        )

    def _wanted_texts(
        self, wanted: SessionFilter, session_id: str | None, after: Position
    ) -> Iterator[StoredText]:
        """The newest first."""
        chosen = {
            each.id for each in self.sessions(wanted, SessionSort(), limit=len(self._contents.sessions))
        }
        if session_id is not None:
            chosen &= {session_id}
        sources = (
            self._message_texts("content", CONTENTS),
            self._message_texts("note", NOTES),
            self._session_texts(),
        )
        for text in merge(*sources, key=lambda text: text.at, reverse=True):
            source, place = text.place
            if text.text and text.session.id in chosen and not 0 < after[source] <= place:
                yield text

    def _message_texts(self, field: SearchField, source: int) -> Iterator[StoredText]:
        messages = tuple(self._contents.messages.values())
        for place in range(len(messages), 0, -1):
            message = messages[place - 1]
            session = self._contents.sessions.get(message.session_id)
            if session is not None:
                yield StoredText(
                    session=session,
                    field=field,
                    text=_content(message) if field == "content" else message.note or "",
                    message_id=message.id,
                    seq=message.seq,
                    at=message.created_at,
                    place=(source, place),
                )

    def _session_texts(self) -> Iterator[StoredText]:
        sessions = tuple(self._contents.sessions.values())
        for number in range(len(sessions), 0, -1):
            session = sessions[number - 1]
            for at in reversed(range(len(FIELDS))):
                yield StoredText(
                    session=session,
                    field=FIELDS[at],
                    text=label(session, FIELDS[at]),
                    at=session.created_at,
                    place=(LABELS, number * PLACES + at),
                )


def _content(message: Message) -> str:
    return "" if message.role == "event" else message.content


def _score(text: StoredText, query: WordQuery, all_texts: Sequence[StoredText]) -> float:
    alike = [other for other in all_texts if other.place[0] == text.place[0]]
    counted = [query.counts(other.text) for other in alike]
    holders = [sum(count > 0 for count in counts) for counts in zip(*counted, strict=True)]
    average = sum(len(word_set(other.text)) for other in alike) / len(alike)
    length = len(word_set(text.text)) / average if average else 1.0
    return bm25(query.counts(text.text), holders, total=len(alike), length=length)
