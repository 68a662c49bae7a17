"""Vectors of messages in memory: which are missing, and which are nearest."""

import math
import struct
from collections.abc import Callable, Iterator, Sequence
from itertools import islice

import attrs

from threadkeep.adapters.store.search_memory import CONTENTS, MemorySearch
from threadkeep.domain.messages import Message
from threadkeep.ports.search_records import BEGINNING, StoredText
from threadkeep.ports.session_filter import SessionFilter
from threadkeep.ports.vector_records import EMBEDDED_LENGTH, Unembedded


@attrs.frozen(kw_only=True)
class Vector:
    """What a message was given; it counts while the message's text is the same."""

    of_text: int
    """The hash of the text."""
    values: bytes | None


class MemoryVectors(MemorySearch):
    """The part of the records that knows vectors."""

    def unembedded(self, model: str, *, limit: int) -> Unembedded | None:
        found = list(islice(self._without_vector(model), limit))
        if not found:
            return None
        return Unembedded(
            ids=tuple(place for place, _ in found),
            texts=tuple(_text(message) for _, message in found),
            span=(0, 0),
        )

    def nearest_texts(
        self,
        model: str,
        vector: bytes,
        wanted: SessionFilter,
        *,
        limit: int,
        skip: int = 0,
        session_id: str | None = None,
        check: Callable[[], None] = lambda: None,
    ) -> Sequence[StoredText]:
        check()
        found = []
        for text in self._wanted_texts(wanted, session_id, BEGINNING):
            own = self._contents.vectors.get((model, text.message_id or ""))
            if text.place[0] != CONTENTS or own is None or own.of_text != hash(_cut(text.text)):
                continue
            if own.values is not None and len(own.values) == len(vector):
                found.append(attrs.evolve(text, score=_product(own.values, vector)))
        found.sort(key=lambda text: text.score or 0.0, reverse=True)
        return found[skip : skip + limit]

    def _without_vector(self, model: str) -> Iterator[tuple[int, Message]]:
        """With their places, the newest first."""
        messages = tuple(self._contents.messages.values())
        for place in range(len(messages), 0, -1):
            message = messages[place - 1]
            own = self._contents.vectors.get((model, message.id))
            if own is None or own.of_text != hash(_text(message)):
                yield place, message


class MemoryVectorChanges(MemoryVectors):
    """Writes vectors."""

    def put_vectors(self, model: str, batch: Unembedded, vectors: Sequence[bytes | None]) -> None:
        messages = tuple(self._contents.messages.values())
        kept = dict(self._contents.vectors)
        for place, text, values in zip(batch.ids, batch.texts, vectors, strict=True):
            if place <= len(messages) and _text(messages[place - 1]) == text:
                kept[model, messages[place - 1].id] = Vector(of_text=hash(text), values=values)
        self._contents = attrs.evolve(self._contents, vectors=kept)

    def claim_vectors(self, owner: str, *, is_alive: Callable[[str], bool]) -> bool:
        keeper = self._contents.vectors_kept_by
        if keeper not in {None, owner} and is_alive(keeper or ""):
            return False
        self._contents = attrs.evolve(self._contents, vectors_kept_by=owner)
        return True

    def forget_vectors(self, *, but: str) -> None:
        kept = {key: vector for key, vector in self._contents.vectors.items() if key[0] == but}
        self._contents = attrs.evolve(self._contents, vectors=kept)


def _text(message: Message) -> str:
    return "" if message.role == "event" else _cut(message.content)


def _cut(text: str) -> str:
    return text[:EMBEDDED_LENGTH].strip()


def _product(one: bytes, other: bytes) -> float:
    form = f"<{len(one) // 2}e"
    return math.fsum(a * b for a, b in zip(struct.unpack(form, one), struct.unpack(form, other), strict=True))
