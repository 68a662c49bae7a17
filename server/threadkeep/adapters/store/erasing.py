"""Erasing for good: what is overwritten goes from the pages and the log of the store's files too."""

# ruff: noqa: S608 - the names spliced into SQL are our own

import time
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack, closing
from typing import TYPE_CHECKING, Any, Final, TypeVar

from threadkeep.adapters.store.engine.storage import SqliteStorage
from threadkeep.adapters.store.search.fulltext import add_text, remove_text
from threadkeep.adapters.store.tables.search_schema import TEXT_INDEXES

if TYPE_CHECKING:
    from threadkeep.adapters.store.scrubbing import Scrubber

WAIT_SECONDS: Final = 2.0
"""How long those are waited for who still read what was there before."""
LOOK_MS: Final = 5
"""So long at a time: meanwhile nobody else writes."""
STEP_SECONDS: Final = 0.02
"""What a step may take, in which nobody else writes."""
PAUSE_SECONDS: Final = 0.005
"""Between two steps, for who wants to write: a lock is not handed on in the order of waiting."""
PAGES_AT_FIRST: Final = 50
"""Of an index, in a step: some milliseconds."""
LEAST_PAGES: Final = 8
MOST_PAGES: Final = 400
NOBODY: Final = -1
"""No message has this id."""
PASSES: Final = 20
"""So often pages are looked for again that others were writing."""

T = TypeVar("T")

Alone = Callable[[], AbstractContextManager[None]]
"""In such a block, no other thread of this process writes, however long it takes."""


def begin_erasing(storage: SqliteStorage) -> None:
    """Marks, inside the transaction that erases, that traces are left, for whoever has to finish it.

    Each mark differs, so that nobody takes away that of a later erasing.
    """
    storage.rows("REPLACE INTO meta(name, value) VALUES ('erasing', random())")


def has_traces(storage: SqliteStorage) -> bool:
    """Whether an erasing was not finished."""
    return _value(storage, "erasing") is not None


def finish_erasing(connect: Callable[[], SqliteStorage], *, alone: Alone) -> bool:
    """Removes the traces of everything erased; False if somebody still reads what was there before.

    The search indexes are written anew, then what is unused in the file's pages is overwritten, and the log is
    emptied: all in steps of some milliseconds, between which others write. It takes some seconds for each GB. Room
    that became free in the file is used again; the file stays as large as it is.

    connect: makes connections for this alone. Raises StoreError.
    """
    with closing(connect()) as storage:
        mark = _value(storage, "erasing")
        if mark is None:
            return True
        is_rewritten = _value(storage, "rewritten") == mark
        if not is_rewritten:
            for index in TEXT_INDEXES:
                _rewrite_index(storage, index, alone)
    # Connections that remember nothing, for what they remember may be a page as it was before.
    if not is_rewritten:
        if not _scrub(connect, alone):
            return False
        with closing(connect()) as storage, alone():
            storage.rows("REPLACE INTO meta(name, value) VALUES ('rewritten', ?)", (mark,))
    with closing(connect()) as storage:
        storage.rows("PRAGMA wal_checkpoint(PASSIVE)")
        if not _is_log_emptied(storage, alone):
            return False
        with alone():
            storage.rows("DELETE FROM meta WHERE name IN ('erasing', 'rewritten') AND value = ?", (mark,))
    return True


def _rewrite_index(storage: SqliteStorage, index: str, alone: Alone) -> None:
    def step(do: Callable[..., T], *further: Any) -> T:
        time.sleep(PAUSE_SECONDS)
        with alone():
            return do(storage, index, *further)

    # Pieces of one age are written as one that may still be marked; the second time they differ in age. Others
    # may have written meanwhile, so that a piece is left: then once more.
    pages, rounds, left = PAGES_AT_FIRST, 0, True
    while rounds < 2 or left:
        rounds, left = rounds + 1, False
        pieces = step(_begin_rewriting, pages)
        while True:
            began = time.monotonic()
            if not step(_merge, pages):
                break
            took = time.monotonic() - began - PAUSE_SECONDS
            pages = _fitting(pages, took, wanted=STEP_SECONDS)
        left = step(_is_left, pieces)


def _fitting(pages: int, took: float, *, wanted: float) -> int:
    """How many pages take the wanted time, in seconds, if so many took another."""
    return max(LEAST_PAGES, min(MOST_PAGES, round(pages * min(2.0, wanted / max(took, 1e-4)))))


def _begin_rewriting(storage: SqliteStorage, index: str, pages: int) -> frozenset[int]:
    """Puts all pieces of the index together, to be written as one; their numbers.

    What was deleted is only marked so in a newer piece. The index's own `secure-delete` would keep words that
    tell its pages apart.
    """
    with storage.transaction():
        # An index of a single piece would not be written at all; and two are enough to go on with.
        add_text(storage, index, NOBODY, "x", 0)
        remove_text(storage, index, NOBODY, "x", 0)
        storage.rows(f"INSERT INTO {index}({index}, rank) VALUES ('usermerge', 2)")
    pieces = _pieces(storage, index)
    _merge(storage, index, -pages)
    return pieces


def _is_left(storage: SqliteStorage, index: str, pieces: frozenset[int]) -> bool:
    """Whether any of the pieces is still there, which is rare: others may have written meanwhile."""
    return bool(pieces & _pieces(storage, index))


def _merge(storage: SqliteStorage, index: str, pages: int) -> bool:
    """Writes some more pages; whether there were any."""
    before = storage.connection.total_changes()
    storage.rows(f"INSERT INTO {index}({index}, rank) VALUES ('merge', ?)", (pages,))
    return storage.connection.total_changes() - before > 1  # one is the command itself


def _pieces(storage: SqliteStorage, index: str) -> frozenset[int]:
    return frozenset(int(number) for (number,) in storage.rows(f"SELECT DISTINCT segid FROM {index}_idx"))


def _scrub(connect: Callable[[], SqliteStorage], alone: Alone) -> bool:
    from threadkeep.adapters.store.scrubbing import Scrubber  # a start has nothing to erase

    with ExitStack() as opened:
        storage, beside = (opened.enter_context(closing(connect())) for _ in range(2))
        scrubber = Scrubber(storage, beside)
        for _ in range(PASSES):
            # what stands in the log cannot be cleaned in the file
            if not scrubber.is_possible or not _is_log_emptied(beside, alone):
                return False
            _pass_over(scrubber, alone)
            if scrubber.is_done:
                scrubber.sync()
                return True
            scrubber.begin_again()
    return False


def _pass_over(scrubber: "Scrubber", alone: Alone) -> None:
    is_at_end = False
    while not is_at_end:
        with alone():
            until = time.monotonic() + STEP_SECONDS
            is_at_end = scrubber.step(lambda: time.monotonic() >= until)  # noqa: B023 - called in this turn
        time.sleep(PAUSE_SECONDS)


def _is_log_emptied(storage: SqliteStorage, alone: Alone) -> bool:
    until = time.monotonic() + WAIT_SECONDS
    while True:
        # most of it without anybody's waiting
        storage.rows("PRAGMA wal_checkpoint(PASSIVE)")
        with alone(), storage.busy_timeout(LOOK_MS):
            ((is_busy, *_),) = storage.rows("PRAGMA wal_checkpoint(TRUNCATE)")
        if not is_busy or time.monotonic() > until:
            return not is_busy
        time.sleep(PAUSE_SECONDS)


def _value(storage: SqliteStorage, name: str) -> int | None:
    row = storage.row("SELECT value FROM meta WHERE name = ?", (name,))
    return int(row[0]) if row else None
