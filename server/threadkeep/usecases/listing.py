"""Lists of sessions, by cursor or by page. Blocking: run in the lane."""

import attrs

from threadkeep.domain.errors import InvalidValue
from threadkeep.domain.sessions import Session
from threadkeep.domain.text import folded
from threadkeep.domain.views import SessionView
from threadkeep.ports.store import Place, Records, SessionFilter, SessionSort, Store
from threadkeep.usecases import cursors
from threadkeep.usecases.repositories import Repositories, RepositoryChoice


@attrs.frozen(kw_only=True)
class Listed:
    """Sessions in order; `total` where it was asked for or is needed for pages."""

    views: tuple[SessionView, ...] = ()
    next_cursor: str | None = None
    total: int | None = None


@attrs.frozen(kw_only=True)
class Listing:
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
    ) -> Listed:
        """The next `limit` sessions. Raises InvalidCursor, RepositoryNotFound, InvalidValue."""
        after = cursors.session_place(cursor, sort) if cursor is not None else None
        with self.store.reading() as records:
            narrowed = self._narrowed(records, wanted, repository)
            if narrowed is None:
                return Listed(total=0 if with_total else None)
            found = records.sessions(narrowed, sort, limit=limit + 1, after=after)
            page = found[:limit]
            more = len(found) > limit
            return Listed(
                views=self.repositories.views(records, page),
                next_cursor=cursors.session_cursor(sort, _place(page[-1], sort)) if more else None,
                total=records.count_sessions(narrowed) if with_total else None,
            )

    def by_page(
        self,
        wanted: SessionFilter,
        sort: SessionSort,
        *,
        page: int,
        per_page: int,
        repository: RepositoryChoice | None = None,
    ) -> Listed:
        """A 1-based page, always with the total. Raises RepositoryNotFound, InvalidValue."""
        if page < 1:
            raise InvalidValue("page", "starts at 1")
        with self.store.reading() as records:
            narrowed = self._narrowed(records, wanted, repository)
            if narrowed is None:
                return Listed(total=0)
            found = records.sessions(narrowed, sort, limit=per_page, skip=(page - 1) * per_page)
            return Listed(
                views=self.repositories.views(records, found), total=records.count_sessions(narrowed)
            )

    def _narrowed(
        self, records: Records, wanted: SessionFilter, choice: RepositoryChoice | None
    ) -> SessionFilter | None:
        """The filter with its repository's id; None where the repository was never seen."""
        if choice is None:
            return wanted
        repository = self.repositories.known(records, choice)
        return attrs.evolve(wanted, repository_id=repository.id) if repository else None


def _place(session: Session, sort: SessionSort) -> Place:
    values: dict[str, str | int] = {
        "updatedAt": session.updated_at,
        "createdAt": session.created_at,
        "title": folded(session.title),
        "messageCount": session.message_count,
    }
    return Place(value=values[sort.by], id=session.id)
