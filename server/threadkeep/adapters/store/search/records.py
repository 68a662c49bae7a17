"""The part of the records that searches, on SQLite."""

from collections.abc import Callable, Sequence

from threadkeep.adapters.store.engine.layouts import is_plain_text
from threadkeep.adapters.store.engine.storage import SqliteStorage
from threadkeep.adapters.store.search import vectors as vector_rows
from threadkeep.adapters.store.search.scan import scanned
from threadkeep.adapters.store.search.texts import SearchTexts
from threadkeep.domain.search import WordQuery
from threadkeep.ports.search_records import BEGINNING, Position, StoredText, TextScan
from threadkeep.ports.session_filter import SessionFilter
from threadkeep.ports.vector_records import Unembedded


class SqliteSearch:
    """What one connection finds."""

    _storage: SqliteStorage

    def found_texts(
        self,
        query: WordQuery,
        wanted: SessionFilter,
        *,
        limit: int,
        after: Position = BEGINNING,
        session_id: str | None = None,
    ) -> Sequence[StoredText]:
        if session_id is not None and not is_plain_text(session_id):
            return []
        return self._texts(wanted, session_id).found(query, limit=limit, after=after)

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
        if session_id is not None and not is_plain_text(session_id):
            return []
        return self._texts(wanted, session_id).ranked(query, limit=limit, skip=skip, most=most)

    def scanned_texts(
        self,
        wanted: SessionFilter,
        *,
        limit: int,
        after: Position = BEGINNING,
        session_id: str | None = None,
        holding: str = "",
    ) -> TextScan:
        texts = self._texts(wanted, session_id)
        return scanned(texts, limit=limit, after=after, holding=holding, of_session=session_id)

    def unembedded(self, model: str, *, limit: int) -> Unembedded | None:
        return vector_rows.unembedded(self._storage, model, limit=limit)

    def nearest_texts(
        self,
        model: str,
        vector: bytes,
        wanted: SessionFilter,
        *,
        limit: int,
        skip: int = 0,
        session_id: str | None = None,
        check: Callable[[], None] = lambda: None,
    ) -> Sequence[StoredText]:
        if session_id is not None and not is_plain_text(session_id):
            return []
        texts = self._texts(wanted, session_id)
        return vector_rows.nearest(texts, model, vector, limit=limit, skip=skip, check=check)

    def _texts(self, wanted: SessionFilter, session_id: str | None) -> SearchTexts:
        return SearchTexts(storage=self._storage, wanted=wanted, session_id=session_id)


class SqliteVectorChanges(SqliteSearch):
    """What the one connection that writes keeps of vectors."""

    def put_vectors(self, model: str, batch: Unembedded, vectors: Sequence[bytes | None]) -> None:
        vector_rows.put_vectors(self._storage, model, batch, vectors)

    def claim_vectors(self, owner: str, *, is_alive: Callable[[str], bool]) -> bool:
        return vector_rows.claim(self._storage, owner, is_alive=is_alive)

    def forget_vectors(self, *, but: str) -> None:
        vector_rows.forget_other_models(self._storage, but)
