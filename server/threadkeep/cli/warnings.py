"""Tells what the store warns of, while a command runs."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from threadkeep.cli.failures import AlreadyReported
from threadkeep.cli.formats import one_line
from threadkeep.cli.terminal import Terminal
from threadkeep.client import Client, ClientError, RequestFailed
from threadkeep.protocol.types.server import StoreWarning


@asynccontextmanager
async def showing_warnings(client: Client, terminal: Terminal) -> AsyncIterator[None]:
    """Writes the store's warnings to standard error while the context is entered.

    Raises:
        AlreadyReported: in place of a RequestFailed that says what a warning has said.
    """
    told: set[str] = set()
    events = client.notifications()

    async def show() -> None:
        # a server that died is reported by the request that needed it
        with suppress(ClientError):
            async for event in events:
                if isinstance(event, StoreWarning):
                    terminal.note(f"threadkeep: {one_line(event.message)}")
                    told.add(event.message)

    telling = asyncio.create_task(show())
    try:
        yield
    except RequestFailed as error:
        if error.message in told:
            raise AlreadyReported(error.message) from error
        raise
    finally:
        telling.cancel()
