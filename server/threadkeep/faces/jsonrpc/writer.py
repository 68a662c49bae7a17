"""Writes messages from a thread of its own, so that a client that does not read stops nobody."""

import itertools
import logging
import threading
import time
from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Any, Protocol

from threadkeep.faces.jsonrpc.frames import Framing, framed
from threadkeep.faces.jsonrpc.json_text import Body, encode, joined
from threadkeep.values import Mutable, field

MEMORY_TRIES, MEMORY_SECONDS = 50, 0.1
"""How often, and after how many seconds, a message is framed again for which there was no memory."""
BATCH_BYTES = 64 * 1024
"""About so much is written at once: what waits longer can still be joined."""

logger = logging.getLogger(__name__)


class Outlet(Protocol):
    """Takes encoded messages for the client and never blocks; `Writer` is one."""

    def send(self, body: Body, *, topic: Hashable = None, replaces: Hashable = None) -> None:
        """Queues an encoded message."""
        ...

    def send_piece(self, method: str, params: Mapping[str, Any], *, key: Hashable, topic: Hashable) -> None:
        """Queues a notification with a piece of a growing text."""
        ...

    def flush(self, timeout: float) -> bool:
        """Waits until everything was written."""
        ...


class _Waiting(Mutable, kw_only=False, eq=False):
    body: Body = b""
    method: str = ""
    piece: dict[str, Any] | None = None
    piece_key: Hashable = None
    topic: Hashable = None
    texts: list[str] = field(factory=list)
    key: Hashable = None

    def size(self) -> int:
        return len(self.body) + sum(map(len, self.texts))


class Writer:
    """A queue and the thread that empties it; `send` and its like never block and may be called by any thread.

    Messages leave in the order they were sent, with two exceptions for those that still wait: pieces of the
    same text join, unless another message of their topic stands between them; and a message that names a
    `replaces` key drops the waiting one of that key. So a client that does not read costs the text of its
    answers, and not a message a token.
    """

    def __init__(self, write: Callable[[memoryview], int], *, on_broken: Callable[[], None]) -> None:
        """`write` tells how much it took, however long that lasts, or raises OSError, like os.write; `on_broken` is
        called once, by the thread."""
        self.framing: Framing = "headers"
        self._write = write
        self._on_broken = on_broken
        self._changed = threading.Condition()
        self._numbers = itertools.count()
        self._waiting: dict[int, _Waiting] = {}
        self._open: dict[Hashable, _Waiting] = {}
        self._replaceable: dict[Hashable, int] = {}
        self._backlog = 0
        self._writing = False
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="threadkeep-writer", daemon=True)

    def start(self) -> None:
        """Begins to write."""
        self._thread.start()

    @property
    def backlog(self) -> int:
        """Bytes that wait, about."""
        return self._backlog

    def send(self, body: Body, *, topic: Hashable = None, replaces: Hashable = None) -> None:
        """Queues an encoded message; `topic` is what it is about, None stands for anything."""
        with self._changed:
            if self._closed:
                return
            for key in [key for key, open_ in self._open.items() if topic is None or open_.topic == topic]:
                del self._open[key]
            self._drop_replaced(replaces)
            self._add(_Waiting(body=body, key=replaces))

    def send_piece(self, method: str, params: Mapping[str, Any], *, key: Hashable, topic: Hashable) -> None:
        """Queues a notification, to be encoded when it leaves: those of one key that still wait become one.

        params: has the piece as `text`, and where it begins as `offset`.
        """
        with self._changed:
            if self._closed:
                return
            before = self._open.get(key)
            if before is None:
                waiting = _Waiting(
                    method=method, piece=dict(params), piece_key=key, topic=topic, texts=[params["text"]]
                )
                self._open[key] = waiting
                self._add(waiting)
            elif before.piece is not None:
                before.piece = {**params, "offset": before.piece["offset"]}
                before.texts.append(params["text"])
                self._backlog += len(params["text"])

    def flush(self, timeout: float) -> bool:
        """Waits, at most so many seconds, until everything sent so far is written; tells whether it is."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._waiting and not self._writing, timeout)

    def flush_and_close(self, timeout: float) -> bool:
        """Takes no more messages and waits, at most so many seconds, for the last; tells whether it left."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        self._thread.join(timeout)
        return not self._thread.is_alive()

    def _add(self, waiting: _Waiting) -> None:
        number = next(self._numbers)
        self._waiting[number] = waiting
        if waiting.key is not None:
            self._replaceable[waiting.key] = number
        self._backlog += waiting.size()
        self._changed.notify_all()

    def _drop_replaced(self, key: Hashable) -> None:
        number = self._replaceable.pop(key, None)
        if number is not None:
            self._backlog -= self._waiting.pop(number).size()

    def _run(self) -> None:
        try:
            while self._write_next():
                pass
        except (OSError, MemoryError):
            self._break()

    def _write_next(self) -> bool:
        """Writes what waits, and keeps nothing of it; False at the end.

        Raises OSError, or MemoryError if there is none for a while: a client that waits for ever is worse off
        than one whose server has ended."""
        batch = self._next_batch()
        if not batch:
            return False
        for waited in range(MEMORY_TRIES + 1):
            try:
                pieces = list(joined(piece for waiting in batch for piece in self._frame(waiting)))
                break
            except MemoryError:
                if waited == MEMORY_TRIES:
                    raise
                time.sleep(MEMORY_SECONDS)
        for piece in pieces:
            with memoryview(piece) as left:
                done = 0
                while done < len(piece):
                    done += self._write(left[done:])
        return True

    def _next_batch(self) -> list[_Waiting]:
        with self._changed:
            self._writing = False
            self._changed.notify_all()
            self._changed.wait_for(lambda: self._waiting or self._closed)
            batch: list[_Waiting] = []
            size = 0
            while self._waiting and size < BATCH_BYTES:
                number = next(iter(self._waiting))
                batch.append(self._take(number))
                size += batch[-1].size()
            self._backlog -= size
            self._writing = bool(batch)
            return batch

    def _take(self, number: int) -> _Waiting:
        waiting = self._waiting.pop(number)
        if waiting.piece is not None and self._open.get(waiting.piece_key) is waiting:
            del self._open[waiting.piece_key]
        if waiting.key is not None:
            del self._replaceable[waiting.key]
        return waiting

    def _frame(self, waiting: _Waiting) -> Sequence[bytes]:
        body = waiting.body
        if waiting.piece is not None:
            params = {**waiting.piece, "text": "".join(waiting.texts)}
            try:
                body = encode({"jsonrpc": "2.0", "method": waiting.method, "params": params})
            except (TypeError, ValueError):
                logger.exception("A %s cannot be sent.", waiting.method)
                return ()
        return framed(body, self.framing)

    def _break(self) -> None:
        with self._changed:
            self._closed = True
            self._writing = False
            self._waiting.clear()
            self._open.clear()
            self._replaceable.clear()
            self._backlog = 0
            self._changed.notify_all()
        self._on_broken()
