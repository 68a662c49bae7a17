"""A store whose private sessions are kept in memory only: they are gone with their process."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from threadkeep.adapters.store.memory import MemoryStore
from threadkeep.adapters.store.owed import OwedEnds
from threadkeep.adapters.store.private_records import SplitChanges
from threadkeep.domain.turns import Holder
from threadkeep.ports.store import Changes, Records, Store, StoreFacts


class PrivateStore:
    """Private sessions and all that belongs to them stay here; everything else goes to the other store."""

    def __init__(self, kept: Store) -> None:
        self._kept = kept
        self._memory = MemoryStore(owner="private")
        self.owed = OwedEnds()

    @contextmanager
    def reading(self) -> Iterator[Records]:
        with self._kept.reading() as kept, self._memory.reading() as memory:
            yield self.owed.seen(kept, memory)

    @contextmanager
    def writing(self, *, durable: bool = True, erasing: bool = False) -> Iterator[Changes]:
        """Both are written or neither: the memory takes its part when the other has committed. What is owed
        comes first."""
        self.owed.pay_first()
        with (
            self._memory.writing() as memory,
            self._kept.writing(durable=durable, erasing=erasing) as kept,
        ):
            yield SplitChanges(kept, memory)

    def finish_erasing(self) -> None:
        self._kept.finish_erasing()

    @property
    def has_traces(self) -> bool:
        return self._kept.has_traces

    def tidy(self) -> None:
        self._kept.tidy()

    def facts(self) -> StoreFacts:
        """Of what is kept; private sessions are not counted."""
        return self._kept.facts()

    def is_alive(self, holder: Holder) -> bool:
        return self._kept.is_alive(holder)

    @property
    def owner(self) -> str:
        return self._kept.owner

    def mark(self) -> int:
        return self._kept.mark()

    def is_at_rest(self) -> bool:
        return self._kept.is_at_rest()

    @property
    def poked(self) -> int | None:
        return self._kept.poked

    def heard(self) -> None:
        self._kept.heard()

    def warnings(self) -> Sequence[tuple[str, str]]:
        return self._kept.warnings()

    def close(self) -> None:
        self._kept.close()
        self._memory.close()
