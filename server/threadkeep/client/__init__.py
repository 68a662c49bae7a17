"""A typed asyncio client of Threadkeep's protocol.

async with Client.start(workspace=Path.cwd()) as client:
    listed = await client.request(ListSessionsParams(limit=5))
    opened = await client.open_session()
    async with client.turn(opened.session.id, "What did we decide?") as turn:
        async for delta in turn:
            print(delta.text, end="")
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from threadkeep.client.client import Client
    from threadkeep.client.errors import (
        ClientError,
        FellBehind,
        MalformedAnswer,
        ProtocolMismatch,
        RequestFailed,
        ServerGone,
        ServerNotStarted,
    )
    from threadkeep.client.notifications import Notifications, UnknownNotification
    from threadkeep.client.turns import TurnStream

__all__ = [
    "Client",
    "ClientError",
    "FellBehind",
    "MalformedAnswer",
    "Notifications",
    "ProtocolMismatch",
    "RequestFailed",
    "ServerGone",
    "ServerNotStarted",
    "TurnStream",
    "UnknownNotification",
]

_ELSEWHERE: Final = {
    "Client": "client",
    "Notifications": "notifications",
    "TurnStream": "turns",
    "UnknownNotification": "notifications",
}


def __getattr__(name: str) -> Any:
    # a program that asks one thing need not load what follows turns
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_ELSEWHERE.get(name, 'errors')}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
