"""The request that finds texts."""

from threadkeep.faces.lsp import wire
from threadkeep.faces.lsp.connection import Connection
from threadkeep.faces.lsp.registry import Registry, page_size
from threadkeep.faces.lsp.wire import resolved_filter
from threadkeep.protocol.types import search
from threadkeep.usecases.application import Application
from threadkeep.usecases.search.searching import Found, Hit, Search


def register(on: Registry, application: Application, connection: Connection) -> None:
    """Registers the handler."""

    @on("session/search")
    async def find(params: search.SearchSessionsParams) -> search.SearchSessionsResult:
        wanted = Search(
            query=params.query,
            mode=params.mode,
            best_first=params.sort == "rank",
            wanted=await resolved_filter(application, params.filter),
            repository=wire.repository_choice(params.filter.repository),
            session_id=params.session_id,
            limit=page_size(params.limit),
            cursor=params.cursor,
        )
        async with application.order.reading(None):
            pass  # what was asked for before is found, and nobody waits for what takes long
        if params.mode == "text":
            return _result(await application.searching.search_words(wanted))
        with connection.work.reporting(params.work_done_token, title="Searching", unit="%") as progress:
            return _result(await application.searching.search(wanted, progress=progress))


def _result(found: Found) -> search.SearchSessionsResult:
    return search.SearchSessionsResult(
        hits=tuple(_hit(hit) for hit in found.hits),
        next_cursor=found.next_cursor,
        ranked=found.is_ranked,
        hint=found.hint,
    )


def _hit(hit: Hit) -> search.Hit:
    session = hit.view.session
    return search.Hit(
        session=search.FoundSession(
            id=session.id,
            title=session.title,
            repository=wire.repository(hit.view.repository),
            task=session.key.task,
            status=session.status,
        ),
        message_id=hit.text.message_id,
        field=hit.text.field,
        seq=hit.text.seq,
        snippet=hit.snippet.text,
        snippet_start=hit.snippet.start,
        ranges=tuple(search.TextRange(start=start, end=end) for start, end in hit.snippet.ranges),
        score=hit.text.score,
        at=hit.text.at,
    )
