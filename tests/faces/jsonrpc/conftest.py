"""The misbehaving server, started."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.support.wire import RawClient, python

SERVER = Path(__file__).parents[2] / "support" / "wire_server.py"

Start = Callable[..., RawClient]


@pytest.fixture
def start() -> Iterator[Start]:
    """Starts a server of its own for a test: `start(through=…, framing=…, env=…, cwd=…)`."""
    clients: list[RawClient] = []

    def start_one(*, through: Sequence[str] = (), **options: Any) -> RawClient:
        """through: the command of a program that runs the command behind it."""
        clients.append(RawClient([*through, *python(str(SERVER))], **options))
        return clients[-1]

    yield start_one
    for client in clients:
        client.close()


@pytest.fixture(scope="module")
def shared() -> Iterator[RawClient]:
    """One server, initialised, for all tests of a module that leave it as it was."""
    with RawClient(python(str(SERVER))) as client:
        client.initialize(clientInfo={"name": "tests"}, initializationOptions={"a": 1})
        yield client
