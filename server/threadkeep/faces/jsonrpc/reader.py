"""Reads the wire in a thread of its own and hands decoded messages on, no faster than they are taken."""

import logging
import threading
from collections.abc import Callable

import attrs

from threadkeep.faces.jsonrpc import messages
from threadkeep.faces.jsonrpc.frames import FrameParser, Framing

CHUNK_BYTES = 256 * 1024
MAX_BEHIND_BYTES = 1024 * 1024
"""When more than this was handed over and not yet taken, the thread stops reading."""

logger = logging.getLogger(__name__)


@attrs.frozen(kw_only=True)
class Batch:
    """Messages that were read together."""

    messages: list[messages.Message]
    framing: Framing | None
    """None as long as nothing but white space came."""
    size: int
    """Bytes, to be given back with `Reader.taken`."""
    is_last: bool
    """Nothing follows: the client closed its end."""


class Reader:
    """The thread. `deliver` is called by it, with one batch after another and at the end a last one."""

    def __init__(self, read: Callable[[int], bytes], *, limit: int, deliver: Callable[[Batch], None]) -> None:
        """`read` gives at most so many bytes and b"" at the end, like os.read; `limit` is in bytes."""
        self._read = read
        self._parser = FrameParser(limit=limit)
        self._deliver = deliver
        self._changed = threading.Condition()
        self._behind = 0
        self._thread = threading.Thread(target=self._run, name="threadkeep-reader", daemon=True)

    def start(self) -> None:
        """Begins to read."""
        self._thread.start()

    def taken(self, size: int) -> None:
        """A batch of so many bytes was dealt with; any thread may say so."""
        with self._changed:
            self._behind -= size
            self._changed.notify_all()

    def _run(self) -> None:
        try:
            unreported = 0
            while data := self._next_chunk():
                unreported += len(data)
                found = self._parser.feed(data)
                if found:
                    self._hand_over([messages.read(each) for each in found], size=unreported)
                    unreported = 0
            self._hand_over([messages.read(each) for each in self._parser.end()], size=0, is_last=True)
        except Exception:  # whatever it is, the end of the wire must be told, or the process stays for ever
            logger.exception("Reading from the client failed.")
            self._hand_over([], size=0, is_last=True)

    def _next_chunk(self) -> bytes:
        with self._changed:
            self._changed.wait_for(lambda: self._behind <= MAX_BEHIND_BYTES)
        try:
            return self._read(CHUNK_BYTES)
        except OSError:  # the other end is gone
            return b""

    def _hand_over(self, found: list[messages.Message | None], *, size: int, is_last: bool = False) -> None:
        with self._changed:
            self._behind += size
        read = [message for message in found if message is not None]
        self._deliver(Batch(messages=read, framing=self._parser.framing, size=size, is_last=is_last))
