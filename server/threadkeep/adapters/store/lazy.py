"""A store that is opened when it is first used, and tried again as long as it cannot be."""

import threading
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager

from threadkeep.domain.turns import Holder
from threadkeep.ports.store import Changes, Records, Store, StoreFacts


class LazyStore:
    """The store that `open_store` gives. Every method raises what opening raises until it succeeds."""

    def __init__(self, open_store: Callable[[], Store]) -> None:
        self._open_store = open_store
        self._lock = threading.Lock()
        self._store: Store | None = None

    def reading(self) -> AbstractContextManager[Records]:
        return self._opened().reading()

    def writing(self, *, durable: bool = True, erasing: bool = False) -> AbstractContextManager[Changes]:
        return self._opened().writing(durable=durable, erasing=erasing)

    def finish_erasing(self) -> None:
        self._opened().finish_erasing()

    def tidy(self) -> None:
        if self._store is not None:
            self._store.tidy()

    def facts(self) -> StoreFacts:
        return self._opened().facts()

    def is_alive(self, holder: Holder) -> bool:
        return self._opened().is_alive(holder)

    @property
    def owner(self) -> str:
        return self._opened().owner

    def mark(self) -> int:
        return self._opened().mark()

    def is_at_rest(self) -> bool:
        """As the store's; False as long as it was not opened."""
        return self._store is not None and self._store.is_at_rest()

    @property
    def poked(self) -> int | None:
        """As the store's; None as long as it was not opened."""
        return self._store.poked if self._store is not None else None

    def heard(self) -> None:
        if self._store is not None:
            self._store.heard()

    def warnings(self) -> Sequence[tuple[str, str]]:
        """As the store's; empty as long as it was not opened."""
        return self._store.warnings() if self._store is not None else ()

    def close(self) -> None:
        """Closes the store if it was opened; it stays closed."""
        with self._lock:
            if self._store is not None:
                self._store.close()

    def _opened(self) -> Store:
        if self._store is None:
            with self._lock:
                if self._store is None:
                    self._store = self._open_store()
        return self._store
