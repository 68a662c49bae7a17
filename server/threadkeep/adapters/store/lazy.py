"""A store that is opened when it is first used, and tried again as long as it cannot be."""

import threading
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, suppress

from threadkeep.domain.errors import StoreError, StoreUnavailable
from threadkeep.domain.exhaustion import StoreReadOnly, is_of_the_disk
from threadkeep.domain.turns import Holder
from threadkeep.ports.store import Changes, Records, Store, StoreFacts

LOOK_SECONDS = 1.0
"""How often who only reads tries whether the store can be written again."""


class LazyStore:
    """The store that `open_store` gives. Every method raises what opening raises until it succeeds.

    Where the disk keeps the store from being written, what only reads is given by the one that
    `open_read_only` makes of that error; a warning tells it, and another one when writing works again.
    """

    def __init__(
        self,
        open_store: Callable[[], Store],
        open_read_only: Callable[[StoreUnavailable], Store] | None = None,
        *,
        told: Callable[[], Sequence[tuple[str, str]]] = tuple,
        when_open: Callable[[Store], None] = lambda _: None,
    ) -> None:
        """told: warnings about where the store lies, as it is before it is opened; they are given once it is.
        when_open: takes the store: from then on it can be read and written without this one in between."""
        self._open_store = open_store
        self._open_read_only = open_read_only
        self._told = told
        self._lock = threading.Lock()
        self._store: Store | None = None
        self._read_only: Store | None = None
        self._looked_at = float("-inf")
        self._warnings: list[tuple[str, str]] = []
        self._when_open = when_open

    def reading(self) -> AbstractContextManager[Records]:
        return self._readable().reading()

    def writing(self, *, durable: bool = True, erasing: bool = False) -> AbstractContextManager[Changes]:
        return self._writable().writing(durable=durable, erasing=erasing)

    def finish_erasing(self) -> None:
        self._writable().finish_erasing()

    @property
    def has_traces(self) -> bool:
        """As the store's; False as long as it was not opened."""
        return self._store is not None and self._store.has_traces

    def run_maintenance(self) -> None:
        if self._store is None and self._read_only is not None:
            with suppress(StoreError):
                self._opened()
        if self._store is not None:
            self._store.run_maintenance()

    def facts(self) -> StoreFacts:
        return self._readable().facts()

    def is_alive(self, holder: Holder) -> bool:
        return self._readable().is_alive(holder)

    @property
    def owner(self) -> str:
        return self._readable().owner

    def data_version(self) -> int:
        return self._readable().data_version()

    def is_at_rest(self) -> bool:
        """As the store's; False as long as it was not opened."""
        return self._store is not None and self._store.is_at_rest()

    @property
    def wakeup_fd(self) -> int | None:
        """As the store's; None as long as it was not opened."""
        return self._store.wakeup_fd if self._store is not None else None

    def drain(self) -> None:
        if self._store is not None:
            self._store.drain()

    def warnings(self) -> Sequence[tuple[str, str]]:
        """As the store's; empty as long as it was not opened."""
        found, self._warnings = self._warnings, []
        return [*found, *(self._store.warnings() if self._store is not None else ())]

    def close(self) -> None:
        """Closes the store if it was opened; it stays closed."""
        with self._lock:
            for store in (self._store, self._read_only):
                if store is not None:
                    store.close()

    def _opened(self) -> Store:
        if self._store is None:
            with self._lock:
                if self._store is None:
                    told = self._told()
                    self._store = self._open_store()
                    self._warnings += told
                    self._when_open(self._store)
                    if self._read_only is not None:
                        self._warnings.append(("writable", "The store can be written again."))
        return self._store

    def _writable(self) -> Store:
        try:
            return self._opened()
        except StoreUnavailable as error:
            if self._read_only is None:
                raise
            raise StoreReadOnly(error.message, reason=error.data.get("reason", "other")) from error

    def _readable(self) -> Store:
        """The store, or what can be read of it. What was opened to be read stays open for who reads it now."""
        read_only = self._read_only
        if self._store is None and read_only is not None:
            if time.monotonic() - self._looked_at < LOOK_SECONDS:
                return read_only
            self._looked_at = time.monotonic()
        try:
            return self._opened()
        except StoreUnavailable as error:
            if read_only is not None:
                return read_only
            if self._open_read_only is None or not is_of_the_disk(error):
                raise
            return self._opened_read_only(error)

    def _opened_read_only(self, why: StoreUnavailable) -> Store:
        with self._lock:
            if self._read_only is None and self._open_read_only is not None:
                self._read_only = self._open_read_only(why)
                self._looked_at = time.monotonic()
                self._warnings.append(("readOnly", read_only_words(why)))
        assert self._read_only is not None  # noqa: S101 - only asked for where it can be opened
        return self._read_only


def read_only_words(why: StoreUnavailable) -> str:
    """What a person is told where only reading is left."""
    return f"{why.message} Until then what is stored can be read, and nothing new is stored."
