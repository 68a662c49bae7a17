"""A child process for event loops that can start none, loaded only there: threads read, write and wait for it.

Such is Windows' selector loop, which some libraries ask for (`WindowsSelectorEventLoopPolicy`).
"""

import asyncio
import contextlib
import queue
import subprocess
import threading
from collections.abc import Callable, Sequence
from functools import partial
from typing import IO, Any

READ_AT_ONCE = 65_536


class ThreadedProcess:
    """A running process, as far as it is like `asyncio.subprocess.Process`; `start` makes one."""

    def __init__(self, process: "subprocess.Popen[bytes]", loop: asyncio.AbstractEventLoop) -> None:
        self._process = process
        self._loop = loop
        self._exited = asyncio.Event()
        self.stdin = PipeWriter(_given(process.stdin))
        self.stdout = self._reading(_given(process.stdout))
        self.stderr = self._reading(_given(process.stderr))
        self._start(self._wait)

    @classmethod
    def start(cls, command: Sequence[str], **options: Any) -> "ThreadedProcess":
        """Starts `command` with all three streams piped; options as of `subprocess.Popen`. Raises OSError, ValueError."""
        process: subprocess.Popen[bytes] = subprocess.Popen(  # noqa: S603 - no shell
            list(command),
            bufsize=0,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            **options,
        )
        return cls(process, asyncio.get_running_loop())

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    @property
    def returncode(self) -> int | None:
        """The exit code of a process that has ended."""
        return self._process.returncode

    def terminate(self) -> None:
        """Asks the process to end."""
        self._process.terminate()

    def kill(self) -> None:
        """Ends the process."""
        self._process.kill()

    async def wait(self) -> int:
        """Waits for the end; the exit code."""
        await self._exited.wait()
        return self._process.returncode

    def _reading(self, pipe: IO[bytes]) -> asyncio.StreamReader:
        reader = asyncio.StreamReader(loop=self._loop)
        self._start(lambda: self._pump(pipe, reader))
        return reader

    def _pump(self, pipe: IO[bytes], reader: asyncio.StreamReader) -> None:
        with pipe, contextlib.suppress(OSError):
            while data := pipe.read(READ_AT_ONCE):
                self._tell(partial(reader.feed_data, data))
        self._tell(reader.feed_eof)

    def _wait(self) -> None:
        self._process.wait()
        self._tell(self._exited.set)

    def _tell(self, callback: Callable[[], object]) -> None:
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody is left to tell
            self._loop.call_soon_threadsafe(callback)

    @staticmethod
    def _start(work: Callable[[], None]) -> None:
        threading.Thread(target=work, name="threadkeep-server-process", daemon=True).start()


class PipeWriter:
    """Writes to a pipe from a thread, in order; never blocks who writes."""

    def __init__(self, pipe: IO[bytes]) -> None:
        self._pipe = pipe
        self._waiting: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._is_closing = False
        threading.Thread(target=self._run, name="threadkeep-server-input", daemon=True).start()

    def write(self, data: bytes) -> None:
        """Sends bytes; to a process that is gone they go nowhere."""
        self._waiting.put(data)

    def close(self) -> None:
        """Ends the input when everything was written."""
        self._is_closing = True
        self._waiting.put(None)

    def is_closing(self) -> bool:
        """Whether nothing more is to be written."""
        return self._is_closing

    def _run(self) -> None:
        with contextlib.suppress(OSError), self._pipe:
            while (data := self._waiting.get()) is not None:
                rest = memoryview(data)
                while rest:
                    rest = rest[self._pipe.write(rest) :]
        self._is_closing = True


def _given(pipe: IO[bytes] | None) -> IO[bytes]:
    assert pipe is not None  # noqa: S101 - it was asked for
    return pipe
