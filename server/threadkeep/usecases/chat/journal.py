"""The journal of a running answer: new text goes to disk in small batches, so that a crash loses little."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from typing import Literal, TypeVar

from threadkeep.domain.errors import StoreError
from threadkeep.domain.events import StoreWarned
from threadkeep.domain.messages import Message, utf16_length
from threadkeep.ports.runtime import Audience, SerialExecutor
from threadkeep.ports.store import Changes, Store

Kind = Literal["text", "reasoning"]
K = TypeVar("K", bound=str)

FLUSH_SECONDS = 0.075
"""A crash loses at most twice this much of an answer, where a write takes no longer than this."""
FLUSH_CHARACTERS = 2048
RETRY_SECONDS = 1.0

logger = logging.getLogger(__name__)


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
        self._message_id = message.id
        self._store = store
        self._executor = executor
        self._announce = announce
        self._is_ours = is_ours
        self._waiting: list[tuple[Kind, str]] = []
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

    def add(self, kind: Kind, text: str) -> None:
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

    async def stop(self) -> None:
        """Writes no more; returns when no write is under way. What waits is the caller's to store."""
        self._is_stopped = True
        self._waiting = []
        self._cancel_timer()
        if self._writing is not None:
            await self._writing

    def _flush_in(self, seconds: float) -> None:
        self._timer = asyncio.get_running_loop().call_later(seconds, self._flush)

    def _flush(self) -> None:
        self._cancel_timer()
        if self._waiting:
            self._writing = asyncio.get_running_loop().create_task(self._write())

    async def _write(self) -> None:
        chunks = joined(self._waiting)
        self._waiting, self._waiting_size = [], 0
        try:
            await self._executor(lambda: self._append(chunks))
        except Exception as error:  # noqa: BLE001 - the journal must not end the answer
            self._writing = None
            if not self._is_stopped:  # else the whole answer is the caller's to store
                # The text stays in memory, was sent on, and is written later in the same order.
                self._waiting = [*chunks, *self._waiting]
                self._is_resting = True
                self._flush_in(RETRY_SECONDS)
            self._warn(error)
            return
        self._is_resting = False
        for kind, text in chunks:
            self.saved_offsets[kind] += utf16_length(text)
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

    def _append(self, chunks: Sequence[tuple[Kind, str]]) -> None:
        with self._store.writing(durable=False) as changes:
            if not self._is_ours(changes):
                return
            for kind, text in chunks:
                changes.append_journal(self._message_id, kind, text)

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
