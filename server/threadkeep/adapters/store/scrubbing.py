"""Taking what is left of old text out of the unused places of the database's pages, a few pages at a time; loaded when something was erased.

SQLite leaves deleted text in freed pages, in the gaps of pages from which rows were moved, and behind the ends of
long documents; its own `secure_delete` does not reach all of them, and writing the whole database anew keeps all
others from writing. So the unused bytes are overwritten in the file, in the way of SQLite's documented file format:

- in a transaction that is alone to write, and only in pages of which the log holds no newer state;
- of free pages, only those that nobody reads as they were before, and that a power cut leaves free;
- by SQLite's own file layer, which keeps its locks; the bytes that are in use are written as they were;
- each transaction commits a change of the first page, which holds nobody's text: all connections read their pages
  anew after it, so that none brings back what it remembers of them.
"""

import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from struct import unpack, unpack_from
from typing import Final

import apsw

from threadkeep.adapters.store.engine.errors import translated
from threadkeep.adapters.store.engine.storage import SqliteStorage, file_id
from threadkeep.domain.errors import StoreCorrupt, StoreUnavailable

MOST_PAGES: Final = 1 << 25
"""In a larger file the first byte of a page does not tell what it is."""
_LOG_HEADER: Final = 32
_FRAME_HEADER: Final = 24
_TABLE_LEAF, _TABLE_INTERIOR, _INDEX_LEAF, _INDEX_INTERIOR = 13, 5, 10, 2
_TREE_PAGES: Final = (_TABLE_LEAF, _TABLE_INTERIOR, _INDEX_LEAF, _INDEX_INTERIOR)
_LOCK_PLACE: Final = 1 << 30
"""The page with this byte is never used."""


class Scrubber:
    """Cleans every page that was there when it was made; both connections are for this alone."""

    def __init__(self, storage: SqliteStorage, beside: SqliteStorage) -> None:
        """beside: can tell what the log holds while the other one is in its transaction."""
        self._storage = storage
        self._beside = beside
        ((self._size, self._count, vacuums),) = storage.rows(
            "SELECT page_size, page_count, auto_vacuum FROM pragma_page_size, pragma_page_count, pragma_auto_vacuum"
        )
        self.is_possible = not vacuums and self._count < MOST_PAGES
        self._is_clean = bytearray(self._count + 1)
        """By page; what is clean stays so: only text that is still there is written from now on."""
        self._is_clean[0] = 1
        self._mark(1)
        self._mark(_LOCK_PLACE // self._size + 1)
        # a tree that grows copies its first page: it must be clean before anything else
        self._first = [
            page for (page,) in storage.rows("SELECT rootpage FROM sqlite_schema WHERE rootpage > 1")
        ]
        self._next = 1
        self._log_header: bytes | None = None
        """Of the log in which the pages of `_settled` were looked up; another log begins with other bytes."""
        self._settled: frozenset[int] = frozenset()
        """Free in the database itself, so in all that is read or comes back; see `_settle`."""

    @property
    def is_done(self) -> bool:
        """Whether all pages are clean."""
        return self._is_clean.find(0) < 0

    def begin_again(self) -> None:
        """Goes on with the first page that is not clean, of which the log held a newer state."""
        self._next = 1
        self._log_header = None

    def step(self, is_over: Callable[[], bool]) -> bool:
        """Cleans some pages in a transaction of its own; whether it came to the last one.

        Raises StoreCorrupt where a page is not what SQLite writes: what is in use in it cannot be told.
        """
        try:
            return self._step(is_over)
        except (struct.error, IndexError) as error:
            raise StoreCorrupt(
                f"The store {self._storage.path} is damaged: `threadkeep store doctor` tells where."
            ) from error

    def _step(self, is_over: Callable[[], bool]) -> bool:
        with self._storage.transaction(durable=False), translated(self._storage.path):
            version = self._storage.rows("PRAGMA user_version")[0][0]
            self._storage.rows(f"PRAGMA user_version = {int(version)}")
            with _opened(self._storage) as (file, log):
                pages = _Pages(file, log, frames=_frames(self._beside), size=self._size)
                self._forget_behind(int(self._storage.rows("PRAGMA page_count")[0][0]))
                free = set(pages.free())
                self._settle(pages, free)
                while self._first:
                    self._clean(pages, self._first.pop(), free)
                while (page := self._is_clean.find(0, self._next)) > 0:
                    self._next = page + 1
                    self._clean(pages, page, free)
                    if is_over():
                        return False
        return True

    def sync(self) -> None:
        """Makes it survive a power cut."""
        with translated(self._storage.path), _opened(self._storage) as (file, _):
            file.xSync(apsw.SQLITE_SYNC_FULL)

    def _forget_behind(self, count: int) -> None:
        """Of pages that are there no more nothing is left: older programs write the whole database anew, smaller."""
        for page in range(count + 1, self._count + 1):
            self._mark(page)
        self._count = min(self._count, count)

    def _settle(self, pages: "_Pages", free: set[int]) -> None:
        """Sees which pages are free for everybody. Freeing a page does not write it: who began to read before it was
        freed reads it in the database, and so does everybody after a power cut that takes the end of the log. IdempotencyKey
        all of the log is written into the database, nobody does. Who takes such a page then writes it into the log.
        """
        if pages.log_header is None or pages.log_header != self._log_header:
            self._settled, self._log_header = frozenset(), None
            with suppress(apsw.BusyError):  # somebody else writes it into the database
                in_log, written = self._beside.connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_PASSIVE)
                self._settled = frozenset(free) if in_log == written else frozenset()
                self._log_header = pages.log_header

    def _mark(self, page: int) -> None:
        if page < len(self._is_clean):
            self._is_clean[page] = 1

    def _clean(self, pages: "_Pages", page: int, free: set[int]) -> None:
        if page > self._count or pages.is_logged(page):
            return
        held = pages.read(page)
        if page in free:
            if page not in self._settled and page not in pages.trunks:
                return
            kept = pages.trunks.get(page, 0)  # the list of free pages stands in some of them
            pages.write(page, held, [(kept, self._size)])
        elif held[0] in _TREE_PAGES:
            unused, beyond = list(_unused(held)), list(_long(held, pages.usable))
            pages.write(page, held, unused)
            for first, length in beyond:
                self._clean_chain(pages, first, length)
        else:
            return  # it is clean when whoever it belongs to is
        self._mark(page)

    def _clean_chain(self, pages: "_Pages", page: int, length: int) -> None:
        """The pages on which so many further bytes of a document stand."""
        each = pages.usable - 4
        if length > self._size * self._count:
            raise IndexError
        while page and length > 0:
            if pages.is_logged(page):
                return
            if length >= each and page < len(self._is_clean) and self._is_clean[page]:
                page = unpack(">I", pages.read(page, 4))[0]
            else:
                held = pages.read(page)
                if length <= each and held[:4] != bytes(4):
                    raise IndexError  # more follows, or it is another kind of page
                if length < each:
                    pages.write(page, held, [(4 + length, pages.usable)])
                self._mark(page)
                page = unpack_from(">I", held)[0]
            length -= each


class _Pages:
    """The pages as they are now, of which those that are not in the log may be written."""

    def __init__(self, file: apsw.VFSFile, log: apsw.VFSFile | None, *, frames: int, size: int) -> None:
        self._file, self._log, self._size = file, log, size
        self.log_header = bytes(log.xRead(_LOG_HEADER, 0)) if frames and log else None
        self._logged = dict(self._log_index(frames)) if log else {}
        self.trunks: dict[int, int] = {}
        """The pages that list the free ones, and how many of their bytes are in use."""
        self.usable = size - self.read(1)[20]

    def is_logged(self, page: int) -> bool:
        return page in self._logged

    def read(self, page: int, length: int | None = None) -> bytes:
        """The newest state of a page, or its beginning."""
        length = length or self._size
        if self._log is not None and page in self._logged:
            return bytes(self._log.xRead(length, self._logged[page]))
        return bytes(self._file.xRead(length, (page - 1) * self._size))

    def write(self, page: int, held: bytes, unused: list[tuple[int, int]]) -> None:
        """Overwrites what is unused, if anything stands there."""
        if all(held.count(0, start, end) == end - start for start, end in unused):
            return
        cleaned = bytearray(held)
        for start, end in unused:
            cleaned[start:end] = bytes(end - start)
        self._file.xWrite(bytes(cleaned), (page - 1) * self._size)

    def free(self) -> Iterator[int]:
        """All pages that are free."""
        (page,) = unpack_from(">I", self.read(1), 32)
        while page and page not in self.trunks:
            held = self.read(page)
            following, count = unpack_from(">II", held)
            self.trunks[page] = 8 + 4 * count
            yield page
            yield from unpack_from(f">{count}I", held, 8)
            page = following

    def _log_index(self, frames: int) -> Iterator[tuple[int, int]]:
        """Each page in the log, and where the newest state of it begins."""
        assert self._log is not None  # noqa: S101 - for the type checker: who calls has looked
        step = _FRAME_HEADER + self._size
        for place in range(_LOG_HEADER, _LOG_HEADER + frames * step, step):
            yield unpack(">I", self._log.xRead(4, place))[0], place + _FRAME_HEADER


def _unused(held: bytes) -> Iterator[tuple[int, int]]:
    """The places of a tree's page where nothing stands."""
    kind, free, cells, start = unpack_from(">BHHH", held)
    first = 8 if kind in {_TABLE_LEAF, _INDEX_LEAF} else 12
    start = start or 65_536
    if start < first + 2 * cells or any(place < start for place in unpack_from(f">{cells}H", held, first)):
        raise IndexError
    yield first + 2 * cells, start
    before = start
    while free:
        following, size = unpack_from(">HH", held, free)
        if free < before or size < 4 or free + size > len(held):
            raise IndexError
        yield free + 4, free + size
        free, before = following, free + size


def _long(held: bytes, usable: int) -> Iterator[tuple[int, int]]:
    """What does not fit into a tree's page: the first page where it goes on, and how many bytes do."""
    kind, _, cells = unpack_from(">BHH", held)
    if kind == _TABLE_INTERIOR:
        return
    is_leaf = kind != _INDEX_INTERIOR
    most = usable - 35 if kind == _TABLE_LEAF else (usable - 12) * 64 // 255 - 23
    least = (usable - 12) * 32 // 255 - 23
    for place in unpack_from(f">{cells}H", held, 8 if is_leaf else 12):
        at = place if is_leaf else place + 4
        if held[at] < 0x80 and held[at] <= most:
            continue
        payload, at = _number(held, at)
        if payload <= most:
            continue
        if kind == _TABLE_LEAF:
            _, at = _number(held, at)
        here = least + (payload - least) % (usable - 4)
        here = here if here <= most else least
        yield unpack_from(">I", held, at + here)[0], payload - here


def _number(held: bytes, at: int) -> tuple[int, int]:
    """A number of one to nine bytes, and the place behind it."""
    value = 0
    for place in range(at, at + 8):
        value = value << 7 | held[place] & 0x7F
        if held[place] < 0x80:
            return value, place + 1
    return value << 8 | held[at + 8], at + 9


def _frames(storage: SqliteStorage) -> int:
    """How many states of pages stand in the log."""
    frames, _ = storage.connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_NOOP)
    if frames < 0:  # it was not told: every page may be in it
        raise StoreUnavailable(f"What the log of {storage.path} holds cannot be told.")
    return frames


@contextmanager
def _opened(storage: SqliteStorage) -> Iterator[tuple[apsw.VFSFile, apsw.VFSFile | None]]:
    """The database and its log, by SQLite's own file layer."""
    file = _open(str(storage.path), apsw.SQLITE_OPEN_MAIN_DB)
    log = None
    try:
        if file_id(storage.path) != storage.file:  # nothing is written into another one
            raise StoreUnavailable(f"Another file than the store lies at {storage.path} now.")
        place = storage.path.with_name(f"{storage.path.name}-wal")
        log = _open(str(place), apsw.SQLITE_OPEN_WAL) if place.exists() else None
        yield file, log
    finally:
        file.xClose()
        if log is not None:
            log.xClose()


def _open(path: str, kind: int) -> apsw.VFSFile:
    return apsw.VFSFile("", path, [kind | apsw.SQLITE_OPEN_READWRITE, 0])
