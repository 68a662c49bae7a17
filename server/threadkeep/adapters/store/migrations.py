"""The versions of the store's schema, and the way from each to the next.

A way is one transaction, in which nobody else writes: it makes tables and columns, and never goes through rows. What
has to be filled is filled afterwards, in steps that may be cut off anywhere (`pending`); what is replaced goes in a
version after that. Whatever is only added needs no version: see `ADDITIONS`.

A version that programs of an older one cannot use waits until none of them has the store open. Until then a program
that knows it works on the store as it is.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import takewhile
from pathlib import Path
from typing import Final

from threadkeep.adapters.store.engine.storage import SqliteStorage
from threadkeep.adapters.store.tables import short_documents
from threadkeep.adapters.store.tables.list_schema import INDEXES
from threadkeep.adapters.store.tables.lists_of_version_1 import replace_lists
from threadkeep.adapters.store.tables.part_schema import PART_TABLES
from threadkeep.adapters.store.tables.schema import ADDITIONS, CREATION, SHORTENING
from threadkeep.domain.errors import StoreNewer, StoreUnavailable
from threadkeep.values import Value, field

APPLICATION_ID: Final = 0x54686B70
"""What SQLite's header says of the file's format: ours."""


class Migration(Value):
    """The way to one version."""

    version: int
    oldest_reader: int
    """The oldest version whose programs may still use a store of this one."""
    statements: Sequence[str] = ()
    change: Callable[[SqliteStorage], None] | None = None
    """What SQL alone cannot do."""
    creation: Sequence[str] = ()
    """What makes the whole of this version in an empty file; without it, all ways are gone from the last that has."""
    before: Mapping[str, str] = field(factory=dict)
    """Indexes and tables by name, each with the statement that makes it in a transaction of its own, before a way that
    waits: what takes long is done first, in parts that hold up nobody for long, and of which older programs do not
    look at any."""
    waits: bool = False
    """Is not taken when the store is opened, but when no living process is older than `oldest_reader`; see
    `Schema.move_on`. Nothing is copied before. The versions after it wait with it."""


MIGRATIONS: Final = (
    Migration(version=2, oldest_reader=2, change=replace_lists, before=INDEXES, waits=True),
    # makes nothing but a place to note how far it is: rows are made short afterwards, see event_rows
    Migration(version=3, oldest_reader=3, statements=SHORTENING, waits=True),
    # parts of messages that are no words have tables of their own, and older programs would drop them
    Migration(version=4, oldest_reader=4, statements=PART_TABLES, waits=True),
    # the same for messages and turns, see short_documents
    Migration(
        version=5,
        oldest_reader=5,
        statements=short_documents.SHORTENING,
        creation=CREATION,
        waits=True,
    ),
)

WAIT_MS: Final = 120_000
"""How long another process that brings the store to a new version is waited for."""


class Schema(Value):
    """All versions that a program knows; it writes the last one."""

    migrations: tuple[Migration, ...] = MIGRATIONS

    @property
    def version(self) -> int:
        """The version that this program writes."""
        return self.migrations[-1].version

    def check(self, storage: SqliteStorage) -> int:
        """The version of the stored schema, 0 for an empty file.

        Raises StoreNewer if only a newer program may use it, StoreUnavailable if it is none of ours.
        """
        version = stored_version(storage)
        if version > self.version:
            row = storage.row("SELECT value FROM meta WHERE name = 'oldest_reader'")
            oldest_reader = row[0] if row else version
            if oldest_reader > self.version:
                raise StoreNewer(
                    f"The store {storage.path} was written by a newer Threadkeep (its version {version}, here "
                    f"{self.version}): update Threadkeep, or choose another folder with --store."
                )
        return version

    def migrate(self, storage: SqliteStorage, *, backup: Callable[[int], Path]) -> Iterator[tuple[str, str]]:
        """Brings the store to the newest version that does not wait; yields what a person should know.

        backup: copies the store of a version before it is changed, and returns the place of the copy.
        """
        if not self.due(self.check(storage)):
            return
        with storage.busy_timeout(WAIT_MS):
            with storage.transaction():
                before = self.check(storage)  # another process may have been faster
            due = self.due(before)
            if not due:
                return
            copy = backup(before) if before else None
            try:
                with storage.transaction():
                    is_ours = self.check(storage) == before
                    for migration in due if is_ours else ():
                        _apply(storage, migration, is_new=not before)
            except BaseException:
                _forget(copy)
                raise
        if not is_ours:
            _forget(copy)
        elif copy:
            yield (
                "migrated",
                f"The store was brought from version {before} to {due[-1].version}; a copy of it as it was is at {copy}.",
            )

    def move_on(self, storage: SqliteStorage, *, is_older_alive: Callable[[int], bool]) -> bool:
        """Takes a step to the next version that waits, if none is alive that could not use it; outside of a
        transaction. Whether it did, and may have more to do.

        An older program that opens the store just now is refused when it writes: it finds another version than
        before. Raises what writing does.
        """
        waiting = self._after(stored_version(storage))
        if not waiting or is_older_alive(waiting[0].oldest_reader):
            return False
        with storage.transaction():
            is_free = self._after(stored_version(storage)) == waiting and not is_older_alive(
                waiting[0].oldest_reader
            )
            if is_free:
                _take_a_step(storage, waiting[0])
        return is_free

    def _after(self, version: int) -> tuple[Migration, ...]:
        return tuple(each for each in self.migrations if each.version > version)

    def due(self, version: int) -> tuple[Migration, ...]:
        """What is to be done to a store of that version when it is opened."""
        after = self._after(version)
        if version:
            return tuple(takewhile(lambda each: not each.waits, after))
        made = [at for at, each in enumerate(after) if each.creation]
        return after[made[-1] :] if made else after


def add_missing(storage: SqliteStorage, additions: Mapping[str, str] = ADDITIONS) -> None:
    """Makes the tables that came after the first version where they are not there yet."""
    if all(map(storage.has_table, additions)) or not storage.has_table("messages"):
        return
    with storage.transaction():
        for name, statements in additions.items():
            if not storage.has_table(name):  # else another process was faster
                storage.rows(statements)


def stored_version(storage: SqliteStorage) -> int:
    """The version in the file's header. Raises StoreUnavailable if another program made the file."""
    application, version, tables = storage.rows(
        "SELECT application_id, user_version, (SELECT count(*) FROM sqlite_schema) "
        "FROM pragma_application_id, pragma_user_version"
    )[0]
    if application != APPLICATION_ID and (application or version or tables):
        raise StoreUnavailable(
            f"{storage.path} is another program's database: choose another folder with --store."
        )
    return int(version)


def _forget(copy: Path | None) -> None:
    if copy is not None:
        with suppress(OSError):
            copy.unlink()


def _take_a_step(storage: SqliteStorage, migration: Migration) -> None:
    for name, statement in migration.before.items():
        if not storage.rows("SELECT 1 FROM sqlite_schema WHERE name = ?", (name,)):
            storage.rows(statement)
            return
    _apply(storage, migration, is_new=False)


def _apply(storage: SqliteStorage, migration: Migration, *, is_new: bool) -> None:
    is_made = is_new and bool(migration.creation)
    for statement in migration.creation if is_made else migration.statements:
        storage.rows(statement)
    if migration.change and not is_made:
        migration.change(storage)
    storage.rows("REPLACE INTO meta(name, value) VALUES ('oldest_reader', ?)", (migration.oldest_reader,))
    storage.rows(f"PRAGMA application_id = {APPLICATION_ID}")
    storage.rows(f"PRAGMA user_version = {migration.version}")
