"""A typed asyncio client of Threadkeep's protocol.

async with Client.start(workspace=Path.cwd()) as client:
    opened = await client.open_session()
    async with client.turn(opened.session.id, "What did we decide?") as turn:
        async for delta in turn:
            print(delta.text, end="")
"""

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
