"""Asking a model beside the conversation."""

import asyncio
from contextlib import aclosing

import attrs

from threadkeep.domain.messages import Usage
from threadkeep.domain.sessions import Session
from threadkeep.ports.models import Model, ModelRequest, Stop, TextDelta, UsageReport

SIDE_SECONDS = 30.0

NO_ANSWER = frozenset({"error", "contentFilter", "refusal"})
"""Stop reasons after which what came is no title and no summary."""


@attrs.frozen(kw_only=True)
class SideAnswer:
    """What a model said beside the conversation, and the tokens that it took."""

    text: str
    usage: Usage | None = None

    def counted_in(self, session: Session) -> Usage:
        """The session's usage with this."""
        return session.usage + self.usage if self.usage else session.usage


async def answer_side_request(model: Model, request: ModelRequest, *, most: int) -> SideAnswer:
    """What the model says, at most so many characters. Raises ProviderError, TimeoutError."""
    said: list[str] = []
    usage: Usage | None = None
    length = 0
    async with asyncio.timeout(SIDE_SECONDS), aclosing(model.stream(request)) as events:
        async for event in events:
            if isinstance(event, UsageReport):
                usage = event.usage
            elif isinstance(event, Stop) and event.reason in NO_ANSWER:
                said.clear()
            elif isinstance(event, TextDelta):
                said.append(event.text)
                length += len(event.text)
                if length >= most:
                    break
    return SideAnswer(text="".join(said)[:most], usage=usage)
