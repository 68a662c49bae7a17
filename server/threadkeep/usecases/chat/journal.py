"""The journal of a running answer: new text goes to disk in small batches, so that a crash loses little."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from typing import Literal, TypeVar

from threadkeep.domain.errors import StoreError
from threadkeep.domain.events import StoreWarned
from threadkeep.domain.messages import WORDS, Message, utf8_length, utf16_length
from threadkeep.ports.runtime import Audience, SerialExecutor
from threadkeep.ports.store import Changes, Store

Kind = Literal["text", "reasoning"]
Chunk = tuple[Kind | int, str]
"""What the answer grew by: a text of its own, or what the call that is its n-th part with a row puts out."""
K = TypeVar("K")
T = TypeVar("T")

FLUSH_SECONDS = 0.075
"""A crash loses at most twice this much of an answer, where a write takes no longer than this."""
FLUSH_CHARACTERS = 2048
RETRY_SECONDS = 1.0

logger = logging.getLogger(__name__)


class Places:
    """Where what comes next stands among the parts of an answer."""

    def __init__(self, message: Message) -> None:
        """message: as the turn begins with it; it has parts already where an answer is carried on."""
        self._length = sum(part.length for part in message.parts)
        self.count = sum(part.length for part in message.parts if part.type not in WORDS)
        """Parts that are no words."""
        last = message.parts[-1] if message.parts else None
        self._last = last.type if last is not None and last.signature is None else None

    def of_words(self, kind: Kind) -> int:
        """The index of a text of that kind that comes now: words of one kind are joined."""
        if self._last != kind:
            self._length += 1
            self._last = kind
        return self._length - 1

    def sign(self) -> None:
        """The reasoning at the end is signed, or a signature comes alone."""
        if self._last != "reasoning":
            self._length += 1
        self._last = None

    def take(self) -> tuple[int, int]:
        """The number among those that are no words, and the index, of a part that comes now."""
        self.count += 1
        self._length += 1
        self._last = None
        return self.count - 1, self._length - 1


class Lost(Exception):
    """The turn belongs to this process no more, and who has it was told."""


class AnswerJournal:
    """Journals one message. Its methods belong to the event loop; the writing happens in the executor."""

    def __init__(
        self,
        message: Message,
        *,
        store: Store,
        executor: SerialExecutor,
        announce: Audience,
        is_ours: Callable[[Changes], bool],
    ) -> None:
        """is_ours: asked within each transaction, in the executor; nothing is written from when it says no."""
        self._message = message
        self._store = store
        self._executor = executor
        self._announce = announce
        self._is_ours = is_ours
        self._waiting: list[Chunk] = []
        self._under_way: list[Chunk] = []
        self._waiting_size = 0
        self._waiting_since = 0.0
        """When the oldest of it came, in the event loop's seconds."""
        self._writing: asyncio.Task[None] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._has_warned = False
        self._is_stopped = False
        self._is_resting = False
        """The store refused: it is tried again after a while, not with every token."""
        self.saved_offsets: dict[Kind, int] = {
            "text": utf16_length(message.content),
            "reasoning": utf16_length(message.reasoning),
        }
        """UTF-16 code units of each text that are on disk."""
        self.saved_outputs: dict[int, int] = {}
        """Bytes of what running calls put out that are on disk."""

    def add(self, kind: Kind | int, text: str) -> None:
        """Takes text to be written within `FLUSH_SECONDS`, sooner when it is much."""
        if not self._waiting:
            self._waiting_since = asyncio.get_running_loop().time()
        self._waiting.append((kind, text))
        self._waiting_size += len(text)
        if self._writing is not None or self._is_resting:
            return
        if self._waiting_size >= FLUSH_CHARACTERS:
            self._flush()
        elif self._timer is None:
            self._flush_in(FLUSH_SECONDS)

    def unsaved(self, n: int) -> str:
        """What the n-th part that is no words has put out and may not be stored yet."""
        return "".join(text for kind, text in (*self._under_way, *self._waiting) if kind == n)

    async def write_with(self, write: Callable[[Changes], T]) -> T:
        """Has something written behind all that was added so far, durably and together with what of it waits.

        Raises what writing raises, and Lost if the turn is not ours any more; what waits is written later then.
        """
        while self._writing is not None:
            await asyncio.shield(self._writing)
        self._cancel_timer()
        chunks = self._taken()

        def store() -> T:
            with self._store.writing() as changes:
                if not self._is_ours(changes):
                    raise Lost
                self._append_all(changes, chunks)
                return write(changes)

        try:
            written = await self._executor(store)
        except BaseException:
            self._put_back(chunks)
            if not self._is_stopped:
                self._is_resting = True
                self._flush_in(RETRY_SECONDS)
            raise
        self._is_resting = False
        self._note_saved(chunks)
        if self._waiting and not self._is_stopped:
            self._flush_in(FLUSH_SECONDS)
        return written

    async def stop(self) -> list[tuple[int, str]]:
        """Writes no more; returns when no write is under way. What waits is the caller's to store: of its own texts it
        has all, and this gives what calls have put out."""
        self._is_stopped = True
        self._cancel_timer()
        if self._writing is not None:
            await self._writing
        waiting, self._waiting = joined(self._waiting), []
        return [(kind, text) for kind, text in waiting if isinstance(kind, int)]

    def _flush_in(self, seconds: float) -> None:
        self._timer = asyncio.get_running_loop().call_later(seconds, self._flush)

    def _flush(self) -> None:
        self._cancel_timer()
        if self._waiting:
            self._writing = asyncio.get_running_loop().create_task(self._write())

    async def _write(self) -> None:
        chunks = self._taken()
        try:
            await self._executor(lambda: self._append(chunks))
        except Exception as error:  # noqa: BLE001 - the journal must not end the answer
            self._writing = None
            # The text stays in memory, was sent on, and is written later in the same order.
            self._put_back(chunks)
            if not self._is_stopped:  # else the whole answer is the caller's to store
                self._is_resting = True
                self._flush_in(RETRY_SECONDS)
            self._warn(error)
            return
        self._is_resting = False
        self._note_saved(chunks)
        self._writing = None
        if self._waiting:
            waited = asyncio.get_running_loop().time() - self._waiting_since
            is_much = self._waiting_size >= FLUSH_CHARACTERS
            self._flush_in(0 if is_much else max(0.0, FLUSH_SECONDS - waited))

    def _warn(self, error: Exception) -> None:
        if self._has_warned:
            return
        self._has_warned = True
        logger.error("a running answer could not be journaled: %s", error)
        told = error.message if isinstance(error, StoreError) else "The store cannot be written, see the log."
        self._announce(StoreWarned(kind="unavailable", message=told))

    def _append(self, chunks: Sequence[Chunk]) -> None:
        with self._store.writing(durable=False) as changes:
            if self._is_ours(changes):
                self._append_all(changes, chunks)

    def _append_all(self, changes: Changes, chunks: Sequence[Chunk]) -> None:
        for kind, text in chunks:
            if isinstance(kind, int):
                changes.append_output(self._message, kind, text)
            else:
                changes.append_journal(self._message.id, kind, text)

    def _taken(self) -> list[Chunk]:
        self._under_way = joined(self._waiting)
        self._waiting, self._waiting_size = [], 0
        return self._under_way

    def _put_back(self, chunks: Sequence[Chunk]) -> None:
        self._waiting = [*chunks, *self._waiting]
        self._waiting_size = sum(len(text) for _, text in self._waiting)
        self._under_way = []

    def _note_saved(self, chunks: Sequence[Chunk]) -> None:
        self._under_way = []
        for kind, text in chunks:
            if isinstance(kind, int):
                self.saved_outputs[kind] = self.saved_outputs.get(kind, 0) + utf8_length(text)
            else:
                self.saved_offsets[kind] += utf16_length(text)

    def _cancel_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


def joined(chunks: Sequence[tuple[K, str]]) -> list[tuple[K, str]]:
    """The same text in as few chunks as its kinds allow."""
    runs: list[tuple[K, list[str]]] = []
    for kind, text in chunks:
        if not runs or runs[-1][0] != kind:
            runs.append((kind, []))
        runs[-1][1].append(text)
    return [(kind, "".join(texts)) for kind, texts in runs]
