"""A raw client for stdio servers: sends any bytes, receives messages, knows nothing of the product."""

import contextlib
import json
import os
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self

Json = dict[str, Any]
Framing = Literal["headers", "lines"]


class RawClient:
    """Starts a command and speaks to it; every wait has a time limit in seconds.

    Messages that are received while another is waited for are kept, in their order.
    """

    def __init__(
        self,
        command: Sequence[str],
        *,
        framing: Framing = "headers",
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        timeout: float = 45.0,
        is_reading: bool = True,
    ) -> None:
        self.framing: Framing = framing
        self.timeout = timeout
        self.received: list[Json] = []
        """Everything that came, in order, taken or not."""
        self._pending: list[Json] = []
        self._arrived: queue.Queue[Json | None] = queue.Queue()
        self._ids = iter(range(1, 1_000_000_000))
        self._stderr: list[bytes] = []
        self._may_read = threading.Event()
        if is_reading:
            self._may_read.set()
        self.process = subprocess.Popen(
            list(command),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**os.environ, **(env or {})},
            cwd=cwd,
            bufsize=0,
        )
        self._threads = [
            threading.Thread(target=self._read_stdout, daemon=True),
            threading.Thread(target=self._read_stderr, daemon=True),
        ]
        for thread in self._threads:
            thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # Sending

    def send_bytes(self, data: bytes) -> None:
        """Sends bytes as they are."""
        assert self.process.stdin is not None
        self.process.stdin.write(data)

    def send(self, *messages: Any) -> None:
        """Sends messages, framed, in one write."""
        self.send_bytes(b"".join(frame(message, framing=self.framing) for message in messages))

    def request(self, method: str, params: Any = None, *, id_: Any = None) -> Any:
        """Sends a request and waits for nothing; the id it has."""
        id_ = next(self._ids) if id_ is None else id_
        self.send(request(id_, method, params))
        return id_

    def notify(self, method: str, params: Any = None) -> None:
        """Sends a notification."""
        self.send(notification(method, params))

    # Receiving

    def call(self, method: str, params: Any = None) -> Json:
        """Sends a request and waits for its response: the whole message, with `result` or `error`."""
        return self.response(self.request(method, params))

    def result(self, method: str, params: Any = None) -> Any:
        """Sends a request and waits for its result; an error fails the test."""
        response = self.call(method, params)
        assert "error" not in response, response
        return response["result"]

    def error(self, method: str, params: Any = None) -> Json:
        """Sends a request and waits for its error; a result fails the test."""
        response = self.call(method, params)
        assert "error" in response, response
        return dict(response["error"])

    def response(self, id_: Any) -> Json:
        """Waits for the response with this id."""
        return self.wait_for(lambda message: "method" not in message and message.get("id") == id_)

    def notification(self, method: str) -> Json:
        """Waits for the next notification of this method; its params."""
        return dict(self.wait_for(lambda message: message.get("method") == method)["params"])

    def wait_for(self, is_it: Callable[[Json], bool]) -> Json:
        """Takes the first message that fits, already here or still to come. Raises TimeoutError or EOFError."""
        for index, message in enumerate(self._pending):
            if is_it(message):
                return self._pending.pop(index)
        deadline = time.monotonic() + self.timeout
        while True:
            message = self._next(deadline)
            if is_it(message):
                return message
            self._pending.append(message)

    def next_message(self) -> Json:
        """Takes the next message, whatever it is. Raises TimeoutError or EOFError."""
        if self._pending:
            return self._pending.pop(0)
        return self._next(time.monotonic() + self.timeout)

    def rest(self) -> list[Json]:
        """Takes everything until the server closes its end."""
        messages = []
        with contextlib.suppress(EOFError):
            while True:
                messages.append(self.next_message())
        return messages

    # The process

    def initialize(self, **params: Any) -> Any:
        """The handshake, up to `initialized`; the result of `initialize`."""
        result = self.result("initialize", {"processId": None, "capabilities": {}, "rootUri": None, **params})
        self.notify("initialized", {})
        return result

    def shut_down(self) -> int:
        """The proper end; the exit code."""
        self.result("shutdown")
        self.notify("exit")
        return self.wait()

    def close_input(self) -> None:
        """The end of the input, as when an editor goes."""
        assert self.process.stdin is not None
        with contextlib.suppress(OSError):
            self.process.stdin.close()

    def close_output(self) -> None:
        """For a client made with `is_reading=False`: it never will read, as when it has crashed."""
        assert self.process.stdout is not None
        self.process.stdout.close()

    def begin_reading(self) -> None:
        """For a client made with `is_reading=False`: takes what the server has written from now on."""
        self._may_read.set()

    def wait(self) -> int:
        """Waits for the process to end; its exit code."""
        return self.process.wait(self.timeout)

    @property
    def stderr(self) -> str:
        """What came on stderr so far; all of it once the process has ended."""
        if self.process.poll() is not None:
            self._threads[1].join(self.timeout)
        return b"".join(self._stderr).decode(errors="replace")

    def close(self) -> None:
        """Ends the process, by force if need be, and frees everything."""
        self.close_input()
        self.begin_reading()
        try:
            self.process.wait(3.0)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(self.timeout)
        for thread in self._threads:
            thread.join(self.timeout)
        for stream in (self.process.stdout, self.process.stderr):
            if stream is not None:
                stream.close()

    def _next(self, deadline: float) -> Json:
        try:
            message = self._arrived.get(timeout=max(0.0, deadline - time.monotonic()))
        except queue.Empty:
            raise TimeoutError(f"nothing came; stderr: {self.stderr}") from None
        if message is None:
            self._arrived.put(None)
            raise EOFError(f"the server closed its end; stderr: {self.stderr}")
        self.received.append(message)
        return message

    def _read_stdout(self) -> None:
        self._may_read.wait()
        with contextlib.suppress(ValueError, OSError):
            for message in self._messages():
                self._arrived.put(message)
        self._arrived.put(None)

    def _read_stderr(self) -> None:
        assert self.process.stderr is not None
        with contextlib.suppress(ValueError, OSError):
            while chunk := self.process.stderr.read(65536):
                self._stderr.append(chunk)

    def _messages(self) -> Iterator[Json]:
        assert self.process.stdout is not None
        with open(self.process.stdout.fileno(), "rb", closefd=False) as stream:
            while line := stream.readline():
                if self.framing == "lines":
                    yield json.loads(line)
                    continue
                name, _, value = line.decode("ascii").partition(":")
                assert name == "Content-Length", f"stray bytes on the wire: {line!r}"
                assert stream.readline() == b"\r\n"
                yield json.loads(stream.read(int(value)))


def request(id_: Any, method: str, params: Any = None) -> Json:
    """A request; without params if they are None."""
    return {"jsonrpc": "2.0", "id": id_, "method": method} | ({} if params is None else {"params": params})


def notification(method: str, params: Any = None) -> Json:
    """A notification; without params if they are None."""
    return {"jsonrpc": "2.0", "method": method} | ({} if params is None else {"params": params})


def frame(message: Any, *, framing: Framing = "headers") -> bytes:
    """A message as bytes; bytes are taken as a body that is ready."""
    body = message if isinstance(message, bytes) else json.dumps(message).encode()
    if framing == "lines":
        return body + b"\n"
    return b"Content-Length: %d\r\n\r\n%b" % (len(body), body)


def python(*arguments: str) -> list[str]:
    """A command that runs this Python, without the current folder on its path."""
    return [sys.executable, "-P", *arguments]
