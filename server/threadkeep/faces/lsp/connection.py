"""What a handler knows besides the use cases: who is connected, what this process is, and how its long requests report.

They do so by `$/progress` and end at `window/workDoneProgress/cancel`.
"""

import asyncio
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Protocol

from threadkeep.config import Loaded
from threadkeep.faces.lsp.audience import ConnectionAudience
from threadkeep.usecases.progress import Progress
from threadkeep.values import Value, field

QUIET_SECONDS = 0.1
"""At least so long between two reports of one request."""

Token = str | int


class Sender(Protocol):
    """The connection, as far as notifications go."""

    def notify(self, method: str, params: Any) -> None: ...


class WorkInProgress:
    """The long requests of one connection that have a token. Belongs to the event loop."""

    def __init__(self, sender: Sender) -> None:
        self._sender = sender
        self._loop = asyncio.get_running_loop()
        self._working: dict[Token, asyncio.Task[Any]] = {}
        self._going_on: set[asyncio.Task[Any]] = set()

    @contextmanager
    def reporting(self, token: Token | None, *, title: str, unit: str) -> Iterator[Progress]:
        """Within the context the client hears how far the request is, and may cancel it by its token.

        Call it in the task that answers the request. unit: what is counted, in the plural.
        """
        task = asyncio.current_task()
        report = None
        if token is not None and task is not None and token not in self._working:
            self._working[token] = task
            report = _Report(self, token, unit=unit)
            self.send(token, {"kind": "begin", "title": title, "cancellable": True})
        if task is not None:
            self._going_on.add(task)
        try:
            yield Progress(report)
        finally:
            if task is not None:
                self._going_on.discard(task)
            if report is not None:
                del self._working[report.token]
                report.end()

    def cancel(self, params: Mapping[str, Any]) -> None:
        """Takes what the client sends as `window/workDoneProgress/cancel`."""
        token = params.get("token")
        task = self._working.get(token) if isinstance(token, str | int) else None
        if task is not None:
            task.cancel()

    def stop(self) -> None:
        """Cancels them all: the server ends."""
        for task in self._going_on:
            task.cancel()

    def send(self, token: Token, value: Mapping[str, Any]) -> None:
        """Sends a `$/progress`. On the event loop."""
        self._sender.notify("$/progress", {"token": token, "value": dict(value)})

    def send_soon(self, report: "_Report", value: Mapping[str, Any]) -> None:
        """Has a report sent, unless its request is answered by then. Any thread may call it."""
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(report.send, value)


class _Report:
    """Reports one request's progress, not too often."""

    def __init__(self, work: WorkInProgress, token: Token, *, unit: str) -> None:
        self._work = work
        self.token = token
        self._unit = unit
        self._quiet_until = 0.0
        self._is_ended = False

    def __call__(self, done: int, total: int | None) -> None:
        now = time.monotonic()
        if now < self._quiet_until:
            return
        self._quiet_until = now + QUIET_SECONDS
        value: dict[str, Any] = {"kind": "report", "message": f"{done:,} {self._unit}"}
        if total:
            value |= {
                "message": f"{done:,} of {total:,} {self._unit}",
                "percentage": min(100, done * 100 // total),
            }
        self._work.send_soon(self, value)

    def send(self, value: Mapping[str, Any]) -> None:
        """Sends a report, unless the end was sent."""
        if not self._is_ended:
            self._work.send(self.token, value)

    def end(self) -> None:
        """Tells the end; nothing more is reported."""
        self.send({"kind": "end"})
        self._is_ended = True


class Connection(Value):
    """One client's connection to this process."""

    audience: ConnectionAudience
    sender: Sender
    """Takes what is sent beside the audience's events."""
    settings: Callable[[], Loaded]
    """The settings as they are now."""
    log_path: str | None
    """Where the log is written; None if it cannot be."""
    work: WorkInProgress = field(init=False)
    """Its long requests."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "work", WorkInProgress(self.sender))
