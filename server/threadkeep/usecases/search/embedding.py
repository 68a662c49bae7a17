"""Gives every message a vector for its meaning, in the background, while a setting asks for it."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from functools import partial
from typing import Final

from threadkeep.domain.errors import ContextTooLong, ProviderBadRequest, ThreadkeepError
from threadkeep.domain.turns import Holder
from threadkeep.ports.embeddings import Embedder, Embeddings
from threadkeep.ports.runtime import SerialExecutor
from threadkeep.ports.store import Store
from threadkeep.ports.vector_records import Unembedded
from threadkeep.values import evolve

AT_ONCE: Final = 32
"""Messages of one request."""

IDLE_PAUSE: Final = 1.0
"""Seconds between two looks whether there is something to do."""

SHORTER: Final = 1_000
"""Characters of a text that are sent where the model takes no more."""

FIRST_PAUSE: Final = 60.0
LONGEST_PAUSE: Final = 3_600.0
"""Seconds after a failure, doubled up to the longest."""

logger = logging.getLogger(__name__)


class Embedding:
    """Does the work of one process; where several use the store, one of them does it all."""

    def __init__(
        self, *, store: Store, embeddings: Embeddings, executor: SerialExecutor, holder: Callable[[], Holder]
    ) -> None:
        """executor: for its reading and writing, which nobody waits for."""
        self._store = store
        self._embeddings = embeddings
        self._executor = executor
        self._holder = holder
        self._working: asyncio.Task[None] | None = None
        self._not_before = 0.0
        self._pause = FIRST_PAUSE
        self._may_have_work = True

    def begin(self, *, has_news: bool = True) -> None:
        """Begins, if there may be something to do; cheap, and called every now and then on the event loop.

        has_news: whether something may have been stored since the last call.
        """
        loop = asyncio.get_running_loop()
        self._may_have_work |= has_news
        is_free = self._working is None or self._working.done()
        if self._may_have_work and is_free and loop.time() >= self._not_before:
            self._working = loop.create_task(self._work())

    def wake(self) -> None:
        """The settings have changed: what failed before may go well now."""
        self._not_before, self._pause, self._may_have_work = 0.0, FIRST_PAUSE, True

    async def stop(self) -> None:
        """Ends the work; what is done is kept."""
        if self._working is not None:
            self._working.cancel()
            await asyncio.gather(self._working, return_exceptions=True)

    async def _work(self) -> None:
        try:
            self._may_have_work = False
            embedder = self._embeddings.current()
            if embedder is not None:
                await self._embed_all(embedder)
            self._pause = FIRST_PAUSE
            self._not_before = asyncio.get_running_loop().time() + IDLE_PAUSE
        except ThreadkeepError as error:
            logger.warning("No vectors can be made for the search by meaning: %s", error.message)
            self._wait()
        except Exception:
            logger.exception("Making vectors for the search by meaning failed.")
            self._wait()

    def _wait(self) -> None:
        self._may_have_work = True
        self._not_before = asyncio.get_running_loop().time() + self._pause
        self._pause = min(self._pause * 2, LONGEST_PAUSE)

    async def _embed_all(self, embedder: Embedder) -> None:
        name, has_begun = embedder.name, False
        while (batch := await self._executor(lambda: self._next(name))) is not None:
            if not has_begun and not await self._executor(self._claim):
                self._may_have_work = True  # whoever does it may die
                return
            has_begun = True
            texts = [text for text in batch.texts if text]
            made = iter(await _embedded(embedder, texts) if texts else ())
            vectors = [next(made) if text else None for text in batch.texts]
            await self._executor(partial(self._put, name, batch, vectors))
        if has_begun:
            await self._executor(lambda: self._forget_others(name))

    def _next(self, model: str) -> Unembedded | None:
        with self._store.reading() as records:
            return records.unembedded(model, limit=AT_ONCE)

    def _claim(self) -> bool:
        holder = self._holder()
        with self._store.writing(durable=False) as changes:
            return changes.claim_vectors(
                holder.owner, is_alive=lambda owner: self._store.is_alive(evolve(holder, owner=owner))
            )

    def _put(self, model: str, batch: Unembedded, vectors: Sequence[bytes | None]) -> None:
        with self._store.writing(durable=False) as changes:
            changes.put_vectors(model, batch, vectors)

    def _forget_others(self, model: str) -> None:
        with self._store.writing(durable=False) as changes:
            changes.forget_vectors(but=model)


async def _embedded(embedder: Embedder, texts: Sequence[str]) -> Sequence[bytes]:
    """Where one text of many is refused, each goes alone, and then the beginning of it."""
    try:
        return await embedder.embed(texts)
    except (ContextTooLong, ProviderBadRequest):
        if len(texts) > 1:
            return [vector for text in texts for vector in await _embedded(embedder, [text])]
        if len(texts[0]) <= SHORTER:
            raise
        return await embedder.embed([texts[0][:SHORTER]])
