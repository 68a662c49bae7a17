"""The server as a child process: started without a shell, its last words kept, ended within bounds."""

import asyncio
import contextlib
import os
import subprocess
from collections import deque
from collections.abc import Sequence
from typing import Any, Protocol

from threadkeep.client.errors import ServerNotStarted

STDERR_LINES = 50
STDERR_LINE_BYTES = 2_000
END_SECONDS = 5.0


class Writer(Protocol):
    """What the client needs of `asyncio.StreamWriter`."""

    def write(self, data: bytes, /) -> None: ...

    def close(self) -> None: ...

    def is_closing(self) -> bool: ...


class Process(Protocol):
    """What the client needs of `asyncio.subprocess.Process`."""

    @property
    def pid(self) -> int: ...

    @property
    def returncode(self) -> int | None: ...

    @property
    def stdin(self) -> Writer | None: ...

    @property
    def stdout(self) -> asyncio.StreamReader | None: ...

    @property
    def stderr(self) -> asyncio.StreamReader | None: ...

    async def wait(self) -> int: ...

    def terminate(self) -> None: ...

    def kill(self) -> None: ...


class ServerProcess:
    """A running server; `start` makes one."""

    def __init__(self, process: Process) -> None:
        self._process = process
        self._lines: deque[bytes] = deque(maxlen=STDERR_LINES)
        self._collecting = asyncio.create_task(self._collect_stderr())

    @classmethod
    async def start(cls, command: Sequence[str]) -> "ServerProcess":
        """Starts `command` with all three streams piped.

        Raises:
            ServerNotStarted: there is no such program, or it may not be run.
        """
        try:
            return cls(await _started(command))
        except (OSError, ValueError) as error:
            raise ServerNotStarted(command, str(error)) from error

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    @property
    def reader(self) -> asyncio.StreamReader:
        """What the server writes."""
        assert self._process.stdout is not None  # noqa: S101 - it was asked for
        return self._process.stdout

    @property
    def writer(self) -> Writer:
        """What the server reads."""
        assert self._process.stdin is not None  # noqa: S101 - it was asked for
        return self._process.stdin

    @property
    def stderr_tail(self) -> str:
        """The last lines of its standard error."""
        return b"".join(self._lines).decode("utf-8", "replace")

    async def end(self, *, seconds: float = END_SECONDS) -> int | None:
        """Waits for its end; after `seconds` terminates it, and kills it after as long again.

        Returns:
            The exit code; negative for a signal, as `subprocess` has it.
        """
        self.writer.close()
        for harder in (self._process.terminate, self._process.kill):
            if await self._ends_within(seconds):
                break
            with contextlib.suppress(ProcessLookupError):
                harder()
        await self._ends_within(seconds)
        await self._last_words()
        return self._process.returncode

    async def _ends_within(self, seconds: float) -> bool:
        try:
            await asyncio.wait_for(self._process.wait(), seconds)
        except TimeoutError:
            # a grandchild may hold a pipe open, which some Pythons take for a process that lives
            return self._process.returncode is not None
        return True

    async def _last_words(self) -> None:
        # a grandchild may keep the pipe open, so the wait is short
        await asyncio.wait({self._collecting}, timeout=1)
        if not self._collecting.done():
            self._collecting.cancel()
            await asyncio.wait({self._collecting})

    async def _collect_stderr(self) -> None:
        assert self._process.stderr is not None  # noqa: S101 - it was asked for
        unfinished = b""
        while chunk := await self._process.stderr.read(65_536):
            *lines, unfinished = (unfinished + chunk).split(b"\n")
            self._lines.extend(line[:STDERR_LINE_BYTES] + b"\n" for line in lines)
            unfinished = unfinished[:STDERR_LINE_BYTES]
        if unfinished:
            self._lines.append(unfinished)


async def _started(command: Sequence[str]) -> Process:
    """The process, started by the event loop where that can start any. Raises OSError, ValueError."""
    try:
        return await asyncio.create_subprocess_exec(
            *command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            **_out_of_reach_of_the_terminal(),
        )
    except NotImplementedError:
        from threadkeep.client.threaded_process import ThreadedProcess

        return ThreadedProcess.start(command, **_out_of_reach_of_the_terminal())


def _out_of_reach_of_the_terminal() -> dict[str, Any]:
    # Ctrl-C goes to every process of the terminal's foreground group: the client decides what it
    # means for the server, which else would die under a running answer.
    if os.name == "nt":
        return {"creationflags": getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)}
    return {"start_new_session": True}
