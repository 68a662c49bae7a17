"""The request that counts tokens."""

from threadkeep.client.asking import Asking
from threadkeep.protocol.types.lists import SessionFilter
from threadkeep.protocol.types.organise import SummarizeUsageParams, SummarizeUsageResult, UsageGroup


class UsageRequests(Asking):
    """`usage/summary`. The method may raise `RequestFailed` and `ServerGone`."""

    async def usage(
        self,
        group_by: UsageGroup,
        *,
        wanted: SessionFilter | None = None,
        after: str | None = None,
        before: str | None = None,
        utc_offset_minutes: int = 0,
        limit: int = 100,
    ) -> SummarizeUsageResult:
        """`usage/summary`: without `wanted` over all sessions, archived and trashed ones too."""
        members = {} if wanted is None else {"filter": wanted}
        params = SummarizeUsageParams(
            group_by=group_by,
            after=after,
            before=before,
            utc_offset_minutes=utc_offset_minutes,
            limit=limit,
            **members,
        )
        return await self.ask("usage/summary", params, SummarizeUsageResult)
