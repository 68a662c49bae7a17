"""The request that finds texts."""

from threadkeep.client.asking import Asking
from threadkeep.protocol.types.lists import SessionFilter
from threadkeep.protocol.types.search import (
    ProgressToken,
    SearchMode,
    SearchSessionsParams,
    SearchSessionsResult,
)


class SearchRequests(Asking):
    """`session/search`. The method may raise `RequestFailed` and `ServerGone`."""

    async def search(
        self,
        query: str,
        *,
        filter: SessionFilter | None = None,  # noqa: A002 - the protocol's name
        session_id: str | None = None,
        mode: SearchMode = "text",
        best_first: bool = False,
        limit: int = 20,
        cursor: str | None = None,
        work_done_token: ProgressToken | None = None,
    ) -> SearchSessionsResult:
        """`session/search`: cancelling the caller ends it, also where it reads every message."""
        params = SearchSessionsParams(
            query=query,
            filter=filter or SessionFilter(),
            session_id=session_id,
            mode=mode,
            sort="rank" if best_first else "newest",
            limit=limit,
            cursor=cursor,
            work_done_token=work_done_token,
        )
        return await self.ask("session/search", params, SearchSessionsResult)
