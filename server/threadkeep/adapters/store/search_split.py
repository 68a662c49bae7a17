"""The part of the records that searches, over two stores: what is kept, and what is private."""

from collections.abc import Callable, Sequence
from typing import Final

import attrs

from threadkeep.domain.search import WordQuery
from threadkeep.ports.search_records import BEGINNING, SOURCES, Position, StoredText, TextScan
from threadkeep.ports.session_filter import SessionFilter
from threadkeep.ports.store import Changes, Records
from threadkeep.ports.vector_records import Unembedded

_HALF: Final = SOURCES // 2
_NOTHING: Final = (0,) * _HALF
_READ: Final = (-1,) * _HALF
"""In the place of the memory's part: all of it was read."""


class SplitSearch:
    """Finds in both; the sources of the memory come behind those of what is kept."""

    _kept: Records
    _memory: Records

    def found_texts(
        self,
        query: WordQuery,
        wanted: SessionFilter,
        *,
        limit: int,
        after: Position = BEGINNING,
        session_id: str | None = None,
    ) -> Sequence[StoredText]:
        private = self._memory.found_texts(
            query, wanted, limit=limit, after=_private(after), session_id=session_id
        )
        kept = self._kept.found_texts(query, wanted, limit=limit, after=_kept(after), session_id=session_id)
        both = sorted((*map(_behind, private), *kept), key=lambda text: text.at, reverse=True)
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
        for records in (self._memory, self._kept):
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
        if after[_HALF:] != _READ:
            scan = self._memory.scanned_texts(
                wanted, limit=limit, after=_private(after), session_id=session_id, holding=holding
            )
            following = _NOTHING + (scan.after[:_HALF] if scan.after else _READ)
            return TextScan(texts=tuple(map(_behind, scan.texts)), after=following, done=0.0)
        scan = self._kept.scanned_texts(
            wanted, limit=limit, after=_kept(after), session_id=session_id, holding=holding
        )
        return attrs.evolve(scan, after=scan.after[:_HALF] + _READ if scan.after else None)

    def unembedded(self, model: str, *, limit: int) -> Unembedded | None:
        """Of what is kept: what is private is sent to nobody for this."""
        return self._kept.unembedded(model, limit=limit)

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
        return self._kept.nearest_texts(
            model, vector, wanted, limit=limit, skip=skip, session_id=session_id, check=check
        )


class SplitVectorChanges(SplitSearch):
    """Keeps vectors with what is kept."""

    _to_keep: Changes

    def put_vectors(self, model: str, batch: Unembedded, vectors: Sequence[bytes | None]) -> None:
        self._to_keep.put_vectors(model, batch, vectors)

    def claim_vectors(self, owner: str, *, is_alive: Callable[[str], bool]) -> bool:
        return self._to_keep.claim_vectors(owner, is_alive=is_alive)

    def forget_vectors(self, *, but: str) -> None:
        self._to_keep.forget_vectors(but=but)


def _kept(after: Position) -> Position:
    return after[:_HALF] + _NOTHING


def _private(after: Position) -> Position:
    return after[_HALF:] + _NOTHING


def _behind(text: StoredText) -> StoredText:
    source, place = text.place
    return attrs.evolve(text, place=(source + _HALF, place))
