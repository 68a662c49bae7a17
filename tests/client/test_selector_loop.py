"""The client on an event loop that can start no process and read no pipe, as Windows' selector loop."""

import asyncio
import sys
import threading
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from tests.support.fake_server import FAKE_SERVER
from threadkeep.client import Client, RequestFailed, ServerGone, ServerNotStarted
from threadkeep.protocol.types.lifecycle import CreateSessionParams


class WindowsSelectorLoop(asyncio.SelectorEventLoop):
    """Refuses what that one refuses, in its words: none."""

    async def subprocess_exec(self, *arguments: Any, **options: Any) -> Any:
        raise NotImplementedError

    async def connect_read_pipe(self, *arguments: Any, **options: Any) -> Any:
        raise NotImplementedError

    async def connect_write_pipe(self, *arguments: Any, **options: Any) -> Any:
        raise NotImplementedError


def run(story: Callable[[], Coroutine[Any, Any, None]]) -> None:
    with asyncio.Runner(loop_factory=WindowsSelectorLoop) as runner:
        runner.run(asyncio.wait_for(story(), 60))


def threads() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("threadkeep-server")]


def test_the_stand_in_starts_no_process() -> None:
    async def story() -> None:
        with pytest.raises(NotImplementedError):
            await asyncio.create_subprocess_exec(sys.executable, "-c", "")

    run(story)


def test_a_turn_is_followed_to_its_end_and_the_server_ends() -> None:
    async def story() -> None:
        async with Client.start(FAKE_SERVER) as client:
            session = (await client.request(CreateSessionParams())).session
            async with client.turn(session.id, "hello") as turn:
                text = "".join([delta.text async for delta in turn])
            assert text == "You said 'hello'"
            assert client._process.pid > 0
        assert client._process._process.returncode == 0

    run(story)


def test_very_much_text_comes_whole_and_in_order() -> None:
    async def story() -> None:
        async with Client.start(FAKE_SERVER) as client:
            session = (await client.request(CreateSessionParams())).session
            async with client.turn(session.id, "flood") as turn:
                text = "".join([delta.text async for delta in turn])
            assert text == turn.message.content
            assert len(text) > 1000
            large = "x" * 3_000_000  # more than a pipe holds
            async with client.turn(session.id, large) as turn:
                await turn.finish()
            assert turn.message.content == f"You said {large!r}"

    run(story)


def test_a_server_that_dies_is_told_with_its_last_words() -> None:
    async def story() -> None:
        async with Client.start(FAKE_SERVER) as client:
            with pytest.raises(ServerGone, match="the disk is on fire") as gone:
                await client.call("test/die")
            assert gone.value.exit_code == 7
            with pytest.raises(ServerGone):
                await client.call("test/die")

    run(story)


def test_a_server_that_does_not_leave_is_ended() -> None:
    async def story() -> None:
        code = "import time, sys; print('x', file=sys.stderr, flush=True); time.sleep(600)"
        with pytest.raises(ServerNotStarted, match="no answer to initialize"):
            async with Client.start([sys.executable, "-c", code], start_seconds=0.2):
                pass

    run(story)


def test_a_program_that_is_not_there_is_told() -> None:
    async def story() -> None:
        with pytest.raises(ServerNotStarted, match="no-such-program"):
            async with Client.start(["no-such-program"]):
                pass

    run(story)
    assert threads() == []


def test_errors_are_errors() -> None:
    async def story() -> None:
        async with Client.start(FAKE_SERVER) as client:
            with pytest.raises(RequestFailed):
                await client.call("no/such")

    run(story)
