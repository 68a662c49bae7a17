"""Asking a model beside the conversation."""

import asyncio
from contextlib import aclosing

from threadkeep.ports.models import Model, ModelRequest, TextDelta

SIDE_SECONDS = 60.0


async def said_beside(model: Model, request: ModelRequest, *, most: int) -> str:
    """What the model says, at most so many characters. Raises ProviderError, TimeoutError."""
    said: list[str] = []
    length = 0
    async with asyncio.timeout(SIDE_SECONDS), aclosing(model.stream(request)) as events:
        async for event in events:
            if isinstance(event, TextDelta):
                said.append(event.text)
                length += len(event.text)
                if length >= most:
                    break
    return "".join(said)[:most]
