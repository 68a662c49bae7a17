"""The store on SQLite: connections for any thread, transactions, and who is alive."""

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Final

import apsw

from threadkeep.adapters.store.changes import SqliteChanges
from threadkeep.adapters.store.engine.processes import Owners, Wakeups
from threadkeep.adapters.store.engine.storage import BUSY_TIMEOUT_MS, SqliteStorage
from threadkeep.adapters.store.erasing import PAUSE_SECONDS, begin_erasing
from threadkeep.adapters.store.identity import Stamp, stamp
from threadkeep.adapters.store.lifetimes import store_place
from threadkeep.adapters.store.migrations import Schema, stored_version
from threadkeep.adapters.store.opening import DATABASE, OWNERS, opened, store_size
from threadkeep.adapters.store.quiet_work import LogWriting, Traces
from threadkeep.adapters.store.records import SqliteRecords
from threadkeep.adapters.store.rescue import rescue_messages
from threadkeep.adapters.store.tables import blobs, event_rows, short_documents
from threadkeep.adapters.store.tables.pending import hidden_messages
from threadkeep.adapters.store.tables.totals import count_on, is_counting, totals
from threadkeep.adapters.store.taken import Guard
from threadkeep.domain.errors import StoreError, StoreUnavailable
from threadkeep.domain.turns import Holder
from threadkeep.ports.runtime import Clock
from threadkeep.ports.store import Changes, Records, StoreFacts
from threadkeep.values import Value

MAINTENANCE_WAIT_MS = 20
"""How long tidying waits for another process that writes: it can be done later."""
READERS_KEPT = 4
"""Idle connections that are kept for the next reader."""
READER_CACHE_KIB = 1_024
"""Half of SQLite's own: each window has a process with several readers, and the system caches the file too."""


class SqliteStore:
    """The store of one folder. Opening it raises StoreUnavailable, StoreCorrupt or StoreNewer."""

    def __init__(
        self,
        folder: Path,
        *,
        clock: Clock,
        schema: Schema | None = None,
        busy_timeout_ms: int = BUSY_TIMEOUT_MS,
    ) -> None:
        self._folder = folder
        self._schema = schema or Schema()
        self._busy_timeout_ms = busy_timeout_ms
        open_writer = partial(
            opened, folder, schema=self._schema, clock=clock, busy_timeout_ms=busy_timeout_ms
        )
        writer, self._warnings = open_writer()
        self._warnings += rescue_messages(folder)
        try:
            self._guard = Guard(
                writer,
                clock=clock,
                warn=self._warn,
                tell=lambda: self._wakeups.wake(),  # noqa: PLW0108 - there are none yet
                opened=open_writer,
            )
            self._owners = Owners(folder / OWNERS, version=self._schema.version)
        except BaseException:
            writer.close()
            raise
        self._wakeups = Wakeups(folder / OWNERS, self._owners.own)
        self._traces = Traces(folder, connect=self._connect, warn=self._warn)
        self._write_log = LogWriting(self._connect)
        self._is_rewriting = False
        self._openings = 0
        self._is_counting = False
        self._is_moving = False
        self._is_filled = True
        self._use(writer)
        self._write_lock = threading.Lock()
        self._writing_thread: int | None = None
        self._readers: list[_Reader] = []
        self._is_closed = False
        self._stamp: Stamp | None = None

    @contextmanager
    def reading(self) -> Iterator[Records]:
        """A snapshot of what is committed; inside `writing()` too. It waits for no writer."""
        reader = self._taken_reader()
        try:
            with reader.storage.snapshot():
                yield reader.records
        finally:
            self._give_back(reader)

    @contextmanager
    def writing(self, *, durable: bool = True, erasing: bool = False) -> Iterator[Changes]:
        """A transaction; raises RuntimeError inside another one of the same thread."""
        if self._writing_thread == threading.get_ident():
            raise RuntimeError("A transaction is open in this thread: use it.")
        self._wait_for_writers()
        try:
            self._check_there()
            self._writing_thread = threading.get_ident()
            try:
                with self._writer.transaction(durable=durable):
                    self._check_version()
                    if erasing:
                        begin_erasing(self._writer)
                    yield self._changes
                    if not self._is_whole(reads=False):
                        self._guard.check()
            except StoreError:
                self._guard.notice()
                raise
            self._check_whole()  # what the store was given, or an error of it, counts only while the files are there
            self._traces.exist |= erasing
        finally:
            self._writing_thread = None
            self._write_lock.release()
        if durable:
            self._wakeups.wake()

    def finish_erasing(self) -> None:
        """Overwrites what is left of what was erased, wherever it is, in short steps.

        As long as somebody reads what was there before, its traces stay in the log: then `warnings()` says
        so, and the next call, closing or opening takes them away. Out of reach are backups and copies, those
        in the store's own folder too, the blocks that the file system has freed, and its snapshots.
        """
        while self._traces.exist and self._has_unused():
            with self.writing(durable=False, erasing=True):
                blobs.remove_unused(self._writer)
            time.sleep(PAUSE_SECONDS)
        self._traces.finish(self._alone)

    def _has_unused(self) -> bool:
        with self._alone():
            return blobs.has_unused(self._writer)

    @property
    def has_traces(self) -> bool:
        return self._traces.exist

    def run_maintenance(self) -> None:
        is_old = self._version < self._schema.version
        if not self._write_lock.acquire(blocking=False):
            return
        try:
            self._check_there()
            with suppress(StoreUnavailable), self._writer.busy_timeout(MAINTENANCE_WAIT_MS):
                if is_old:
                    self._is_moving = False
                    self._is_moving = self._schema.move_on(
                        self._writer, is_older_alive=self._owners.is_older_alive
                    )
                    self._check_version()  # another process may have been faster
                if self._is_counting:
                    with self._writer.transaction(durable=False):
                        self._check_version()
                        is_counting = count_on(self._writer)
                    self._is_counting = is_counting
                if not self._is_filled:
                    with self._writer.transaction(durable=False):
                        self._check_version()
                        is_filled = not _fill(self._writer)
                    self._is_filled = is_filled
                if blobs.has_unused(self._writer):
                    with self._writer.transaction(durable=False):
                        self._check_version()
                        blobs.remove_unused(self._writer)
        finally:
            self._write_lock.release()

    def facts(self) -> StoreFacts:
        """`size` includes backups and what was put aside."""
        reader = self._taken_reader()
        try:
            with reader.storage.snapshot():
                counts = totals(reader.storage)
                counts["messages"] -= hidden_messages(reader.storage)
        finally:
            self._give_back(reader)
        return StoreFacts(
            path=str(self._folder / DATABASE),
            schema_version=self._version,
            engine=f"SQLite {apsw.sqlite_lib_version()}",
            **counts,
            size=store_size(self._folder),
            place=store_place(self._folder),
        )

    def is_alive(self, holder: Holder) -> bool:
        return self._owners.is_alive(holder.owner)

    @property
    def owner(self) -> str:
        return self._owners.own

    def data_version(self) -> int:
        with self._write_lock:
            self._check_there()
            self._wakeups.keep()
            # before the look: what is written meanwhile makes a difference afterwards
            self._stamp = stamp(self._folder / DATABASE)
            # of the connection that writes: its own commits do not count
            ((mark,),) = self._writer.rows("PRAGMA data_version")
        return (self._openings << 32) + int(mark)

    def is_at_rest(self) -> bool:
        return (
            not self._is_closed
            and self._guard.is_there()
            and not self._is_counting
            and not self._is_moving
            and self._is_filled
            and self._stamp is not None
            and self._stamp == stamp(self._folder / DATABASE)
        )

    @property
    def wakeup_fd(self) -> int | None:
        return self._wakeups.descriptor

    def drain(self) -> None:
        self._wakeups.drain()

    def warnings(self) -> Sequence[tuple[str, str]]:
        found, self._warnings = self._warnings, []
        return found

    def close(self) -> None:
        """Waits for a write that is under way; what is read now may be read to its end."""
        with self._write_lock:
            if self._is_closed:
                return
            self._is_closed = True
            is_taken = self._guard.end()
            readers, self._readers = self._readers, []
            for reader in readers:
                reader.storage.close(is_abandoned=is_taken)
            if not is_taken:
                self._traces.finish_if_few()
            self._writer.close(is_abandoned=is_taken)
            self._guard.close()
            self._wakeups.close()
            self._owners.close()

    def _wait_for_writers(self) -> None:
        while not self._write_lock.acquire(timeout=self._busy_timeout_ms / 1000):
            if not self._is_rewriting:  # which takes its time, and comes to an end
                raise StoreUnavailable(
                    "Another write of this process takes too long: try again.", reason="busy"
                )

    def _check_there(self) -> None:
        """Raises StoreUnavailable while the files are taken away; outside of a transaction, with the write lock."""
        self._check_open()
        if self._guard.taken is not None and not self._guard.is_back():
            self._open_again()
        self._check_whole()
        if self._owners.keep():
            self._warn(
                "lockRestored", f"The lock of this process in {self._folder / OWNERS} was removed; {_KEPT}"
            )

    def _check_whole(self) -> None:
        """Raises StoreUnavailable if the files are taken away, and has everything written out."""
        if not self._is_whole():
            self._guard.notice()

    def _is_whole(self, *, reads: bool = True) -> bool:
        return self._guard.taken is None and self._guard.identity.difference(reads=reads) is None

    def _open_again(self) -> None:
        readers, self._readers = self._readers, []
        try:
            writer = self._guard.opened_again([reader.storage for reader in readers])
        except BaseException:
            self._readers += [reader for reader in readers if reader.storage.is_open]
            raise
        self._openings += 1
        self._use(writer)
        self._owners.keep()

    def _use(self, writer: SqliteStorage) -> None:
        self._writer = writer
        writer.on_huge_log = self._write_log
        self._traces.look(writer)
        self._version = stored_version(writer)
        self._is_filled = _is_filled(writer)
        self._is_counting = is_counting(writer)
        self._changes: SqliteChanges = SqliteChanges(
            writer, keeps_unknown=self._version > self._schema.version
        )

    def _warn(self, kind: str, message: str) -> None:
        self._warnings.append((kind, message))

    def _check_open(self) -> None:
        if self._is_closed:
            raise StoreUnavailable("The store is closed.")

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """One step of what takes long; writers of this process wait for its end."""
        self._wait_for_writers()
        try:
            self._check_open()
            self._is_rewriting = True
            yield
        finally:
            self._is_rewriting = False
            self._write_lock.release()

    def _connect(self) -> SqliteStorage:
        return self._guard.further(busy_timeout_ms=self._busy_timeout_ms)

    def _check_version(self) -> None:
        ((version,),) = self._writer.rows("PRAGMA user_version")
        if version != self._version:  # a newer program has been here since
            self._schema.check(self._writer)
            self._version = version
            self._is_filled = _is_filled(self._writer)
            self._changes = SqliteChanges(self._writer, keeps_unknown=version > self._schema.version)

    def _taken_reader(self) -> "_Reader":
        self._check_open()
        try:
            return self._readers.pop()
        except IndexError:
            storage = self._connect()
            storage.rows(f"PRAGMA cache_size = {-READER_CACHE_KIB}")
            return _Reader(storage=storage, records=SqliteRecords(storage))

    def _give_back(self, reader: "_Reader") -> None:
        is_of_before = reader.storage.file != self._writer.file
        if self._is_closed or len(self._readers) >= READERS_KEPT or is_of_before:
            reader.storage.close(is_abandoned=is_of_before or self._guard.taken is not None)
        else:
            self._readers.append(reader)


def _is_filled(storage: SqliteStorage) -> bool:
    return event_rows.is_filled(storage) and short_documents.is_filled(storage)


def _fill(storage: SqliteStorage) -> bool:
    """Makes some rows short, inside a transaction; whether there may be more."""
    return event_rows.fill(storage) or short_documents.fill(storage)


_KEPT: Final = "it was made again, and nothing was lost."


class _Reader(Value):
    storage: SqliteStorage
    records: SqliteRecords
