"""Requests that read sessions, histories and events a page at a time."""

from threadkeep.domain.errors import InvalidValue
from threadkeep.domain.messages import Message
from threadkeep.faces.jsonrpc.json_text import Encoded
from threadkeep.faces.lsp import wire
from threadkeep.faces.lsp.audience import notice
from threadkeep.faces.lsp.connection import Connection
from threadkeep.faces.lsp.registry import Registry, page_size
from threadkeep.faces.lsp.stored_messages import with_messages
from threadkeep.faces.lsp.wire import resolved_filter
from threadkeep.protocol.converter import unstructure
from threadkeep.protocol.limits import MAX_PER_PAGE
from threadkeep.protocol.types import lists
from threadkeep.protocol.types.common import Pagination
from threadkeep.usecases.application import Application
from threadkeep.usecases.sessions.history import Gap, PastEvent
from threadkeep.usecases.sessions.listing import Listed


def register(on: Registry, application: Application, _connection: Connection) -> None:
    """Registers the handlers."""

    @on("session/list")
    async def list_sessions(params: lists.ListSessionsParams) -> lists.ListSessionsResult:
        if params.page is not None and params.cursor is not None:
            raise InvalidValue("page", "cannot be given together with cursor")
        if params.page is not None:
            return await _page(application, params, params.page)
        return await _from_cursor(application, params)

    @on("session/history")
    async def history(params: lists.SessionHistoryParams) -> Encoded:
        limit = page_size(params.limit)
        page = await application.reads(
            lambda: application.history.page(
                params.session_id,
                limit=limit,
                before=params.before,
                after=params.after,
                around=params.around,
            )
        )
        application.following.shown(page.messages)
        result = lists.SessionHistoryResult(
            messages=(), before_cursor=page.before_cursor, after_cursor=page.after_cursor
        )
        return with_messages(result, application.running.up_to_date(page.messages), page.siblings)

    @on("session/events")
    async def events(params: lists.SessionEventsParams) -> lists.SessionEventsResult:
        limit = page_size(params.limit)
        gap = await application.reads(
            lambda: application.history.events(params.session_id, after_seq=params.after_seq, limit=limit)
        )
        return _gap(application, gap)


async def _from_cursor(
    application: Application, params: lists.ListSessionsParams
) -> lists.ListSessionsResult:
    wanted, sort = await resolved_filter(application, params.filter), wire.session_sort(params.sort)
    limit = page_size(params.limit)
    listed = await application.reads(
        lambda: application.listing.by_cursor(
            wanted,
            sort,
            limit=limit,
            cursor=params.cursor,
            repository=wire.repository_choice(params.filter.repository),
            with_total=params.with_total,
            facets=params.facets,
        )
    )
    return lists.ListSessionsResult(
        sessions=tuple(wire.session(view) for view in listed.views),
        next_cursor=listed.next_cursor,
        total=listed.total,
        facets=_facets(listed),
    )


async def _page(
    application: Application, params: lists.ListSessionsParams, page: int
) -> lists.ListSessionsResult:
    wanted, sort = await resolved_filter(application, params.filter), wire.session_sort(params.sort)
    per_page = page_size(params.per_page, most=MAX_PER_PAGE, field="perPage")
    listed = await application.reads(
        lambda: application.listing.by_page(
            wanted,
            sort,
            page=page,
            per_page=per_page,
            repository=wire.repository_choice(params.filter.repository),
            facets=params.facets,
        )
    )
    total = listed.total or 0
    pages = -(-total // per_page)
    return lists.ListSessionsResult(
        sessions=tuple(wire.session(view) for view in listed.views),
        pagination=Pagination(
            page=page,
            per_page=per_page,
            total_items=total,
            total_pages=pages,
            has_next=page < pages,
            has_previous=page > 1,
        ),
        total=total if params.with_total else None,
        facets=_facets(listed),
    )


def _facets(listed: Listed) -> tuple[lists.Facet, ...] | None:
    """None where none were asked for."""
    return (
        tuple(
            lists.Facet(
                by=facet.by,
                counts=tuple(
                    lists.FacetCount(value=each.value, label=each.label, count=each.count)
                    for each in facet.counts
                ),
            )
            for facet in listed.facets
        )
        or None
    )


def _gap(application: Application, gap: Gap) -> lists.SessionEventsResult:
    running: Message | None = None
    if gap.running is not None:
        application.following.shown([gap.running])
        (running,) = application.running.up_to_date([gap.running])
    return lists.SessionEventsResult(
        events=tuple(_past(event) for event in gap.events),
        seq=gap.seq,
        running=(
            lists.RunningAnswer(
                message_id=running.id, content=running.content, reasoning=running.reasoning or None
            )
            if running
            else None
        ),
        reset=gap.reset,
    )


def _past(past: PastEvent) -> lists.SessionEvent:
    message = notice(past.event)
    return lists.SessionEvent(
        seq=past.stored.seq, at=past.stored.at, method=message.method, params=unstructure(message.params)
    )
