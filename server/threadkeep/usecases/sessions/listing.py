"""Lists of sessions, by cursor or by page. Blocking: run in the executor."""

from collections.abc import Sequence
from operator import itemgetter
from typing import Final

from threadkeep.domain.errors import InvalidValue
from threadkeep.domain.sessions import Session
from threadkeep.domain.text import folded
from threadkeep.domain.views import SessionView
from threadkeep.ports.session_counts import CountedBy
from threadkeep.ports.session_filter import CursorKey, SessionFilter, SessionSort
from threadkeep.ports.store import Records, Store
from threadkeep.usecases import cursors
from threadkeep.usecases.repositories.repositories import Repositories, RepositoryChoice
from threadkeep.values import Value, evolve

MOST_COUNTS: Final = 100
"""Values that a facet has at most."""


class FacetCount(Value):
    """How many sessions have one value; `label` is for people."""

    value: str
    label: str
    count: int


class Facet(Value):
    """All sessions of a filter, counted by one thing: the most frequent value first; days the newest first."""

    by: CountedBy
    counts: tuple[FacetCount, ...] = ()


class Listed(Value):
    """Sessions in order; `total` where it was asked for or is needed for pages."""

    views: tuple[SessionView, ...] = ()
    next_cursor: str | None = None
    total: int | None = None
    facets: tuple[Facet, ...] = ()


class Listing(Value):
    """Lists sessions of the whole store or of a part of it."""

    store: Store
    repositories: Repositories

    def by_cursor(
        self,
        wanted: SessionFilter,
        sort: SessionSort,
        *,
        limit: int,
        cursor: str | None = None,
        repository: RepositoryChoice | None = None,
        with_total: bool = False,
        facets: Sequence[CountedBy] = (),
    ) -> Listed:
        """The next `limit` sessions. Raises InvalidCursor, RepositoryNotFound, InvalidValue."""
        after = cursors.session_cursor_key(cursor, sort) if cursor is not None else None
        with self.store.reading() as records:
            narrowed = self._narrowed(records, wanted, repository)
            if narrowed is None:
                return Listed(total=0 if with_total else None, facets=_no_facets(facets))
            found = records.sessions(narrowed, sort, limit=limit + 1, after=after)
            page = found[:limit]
            more = len(found) > limit
            return Listed(
                views=self.repositories.views(records, page),
                next_cursor=cursors.session_cursor(sort, _place(page[-1], sort)) if more else None,
                total=records.count_sessions(narrowed) if with_total else None,
                facets=_facets(records, narrowed, facets),
            )

    def by_page(
        self,
        wanted: SessionFilter,
        sort: SessionSort,
        *,
        page: int,
        per_page: int,
        repository: RepositoryChoice | None = None,
        facets: Sequence[CountedBy] = (),
    ) -> Listed:
        """A 1-based page, always with the total. Raises RepositoryNotFound, InvalidValue."""
        if page < 1:
            raise InvalidValue("page", "starts at 1")
        with self.store.reading() as records:
            narrowed = self._narrowed(records, wanted, repository)
            if narrowed is None:
                return Listed(total=0, facets=_no_facets(facets))
            found = records.sessions(narrowed, sort, limit=per_page, skip=(page - 1) * per_page)
            return Listed(
                views=self.repositories.views(records, found),
                total=records.count_sessions(narrowed),
                facets=_facets(records, narrowed, facets),
            )

    def _narrowed(
        self, records: Records, wanted: SessionFilter, choice: RepositoryChoice | None
    ) -> SessionFilter | None:
        """The filter with its repository's id; None where the repository was never seen."""
        if choice is None:
            return wanted
        repository = self.repositories.lookup(records, choice)
        return evolve(wanted, repository_id=repository.id) if repository else None


def _facets(records: Records, wanted: SessionFilter, asked: Sequence[CountedBy]) -> tuple[Facet, ...]:
    return tuple(_facet(records, wanted, by) for by in dict.fromkeys(asked))


def _no_facets(asked: Sequence[CountedBy]) -> tuple[Facet, ...]:
    return tuple(Facet(by=by) for by in dict.fromkeys(asked))


def _facet(records: Records, wanted: SessionFilter, by: CountedBy) -> Facet:
    counted = sorted(records.count_sessions_by(wanted, by).items())
    if by == "day":
        counted.reverse()
    else:
        counted.sort(key=itemgetter(1), reverse=True)  # equal ones stay in the order of their values
    counts = (
        FacetCount(value=value, label=_label(records, by, value), count=count)
        for value, count in counted[:MOST_COUNTS]
    )
    return Facet(by=by, counts=tuple(counts))


def _label(records: Records, by: CountedBy, value: str) -> str:
    repository = records.repository(value) if by == "repository" else None
    return repository.name if repository else value


def _place(session: Session, sort: SessionSort) -> CursorKey:
    values: dict[str, str | int] = {
        "updatedAt": session.updated_at,
        "createdAt": session.created_at,
        "title": folded(session.title),
        "messageCount": session.message_count,
    }
    return CursorKey(value=values[sort.by], id=session.id)
