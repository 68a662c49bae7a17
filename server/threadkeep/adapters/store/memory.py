"""The store in memory, apart from the one of a folder since it has no files: nothing to share, watch or rescue."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final, Literal

import apsw

from threadkeep.adapters.store.changes import SqliteChanges
from threadkeep.adapters.store.engine.errors import translated
from threadkeep.adapters.store.engine.storage import SqliteStorage
from threadkeep.adapters.store.migrations import Schema, add_missing
from threadkeep.adapters.store.opening import check_engine
from threadkeep.adapters.store.search.fulltext import add_functions
from threadkeep.adapters.store.tables.schema import LAYOUTS
from threadkeep.adapters.store.tables.totals import totals
from threadkeep.domain.errors import StoreUnavailable
from threadkeep.domain.turns import Holder
from threadkeep.ports.store import Changes, Records, StoreFacts

PLACE: Final = ":memory:"
"""SQLite's name for a database without a file."""


class MemoryStore:
    """A store that is gone with its process, and never in a file. Any thread may use it.

    A database in memory has no log from which others could read what was there before a write. So one connection
    serves all, one after another: who reads waits for who writes, and who writes for who reads. One thread that does
    both at once is refused.
    """

    def __init__(self, *, owner: str = "memory") -> None:
        check_engine(apsw.sqlite_lib_version())
        self._owner = owner
        self._storage = SqliteStorage(PLACE, layouts=LAYOUTS)
        # else what does not fit SQLite's cache while it sorts goes to a file
        self._storage.rows("PRAGMA temp_store = memory")
        with translated(Path(PLACE)):
            add_functions(self._storage.connection)
        list(Schema().migrate(self._storage, backup=lambda _: Path(PLACE)))  # of nothing, there is no backup
        add_missing(self._storage)
        self._changes = SqliteChanges(self._storage)
        self._lock = threading.RLock()
        self._used_for: Literal["reading", "writing"] | None = None
        self._commits = 0
        self._is_closed = False

    @contextmanager
    def reading(self) -> Iterator[Records]:
        """What is committed. Raises RuntimeError inside a transaction of the same thread."""
        with self._using("reading"):
            yield self._changes

    @contextmanager
    def writing(self, *, durable: bool = True, erasing: bool = False) -> Iterator[Changes]:
        """A transaction; raises RuntimeError inside another one, or a reading, of the same thread."""
        del durable, erasing  # memory survives neither, and there are no files
        with self._using("writing"):
            with self._storage.transaction(durable=False):
                yield self._changes
            self._commits += 1

    def finish_erasing(self) -> None:
        """Memory keeps no traces."""

    @property
    def has_traces(self) -> bool:
        return False

    def run_maintenance(self) -> None:
        """What tidying makes faster is too little here to be slow."""

    def facts(self) -> StoreFacts:
        with self._using("reading"):
            counts = totals(self._storage)
        return StoreFacts(
            path=PLACE,
            schema_version=Schema().version,
            engine=f"SQLite {apsw.sqlite_lib_version()}",
            sessions=counts["sessions"],
            messages=counts["messages"],
            repositories=counts["repositories"],
            size=0,
        )

    def is_alive(self, holder: Holder) -> bool:
        return holder.owner == self._owner

    @property
    def owner(self) -> str:
        return self._owner

    def data_version(self) -> int:
        """Counts every write: all processes of a test share it."""
        return self._commits

    def is_at_rest(self) -> bool:
        """It is as cheap to look."""
        return False

    @property
    def wakeup_fd(self) -> int | None:
        return None

    def drain(self) -> None:
        """There is nothing to hear."""

    def warnings(self) -> Sequence[tuple[str, str]]:
        return ()

    def close(self) -> None:
        """Waits for who uses it, and forgets everything."""
        with self._lock:
            self._is_closed = True
            self._storage.close()

    @contextmanager
    def _using(self, what: Literal["reading", "writing"]) -> Iterator[None]:
        with self._lock:
            if self._is_closed:
                raise StoreUnavailable("The store is closed.")
            before = self._used_for
            if before is not None and (before, what) != ("reading", "reading"):
                raise RuntimeError("A transaction or a reading is open in this thread: use it.")
            self._used_for = what
            try:
                yield
            finally:
                self._used_for = before
