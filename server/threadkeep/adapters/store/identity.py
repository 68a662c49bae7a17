"""Whether the files that a connection has open are still those at the store's path: looked at, never opened."""

import errno
import os
import time
from array import array
from pathlib import Path
from typing import Final

import apsw

from threadkeep.adapters.store.engine.storage import FileId, SqliteStorage, file_id
from threadkeep.adapters.store.migrations import APPLICATION_ID
from threadkeep.domain.errors import StoreUnavailable
from threadkeep.values import Value

_GONE: Final = {errno.ENOENT, errno.ENOTDIR, errno.ELOOP, getattr(errno, "ESTALE", errno.ENOENT)}
"""What tells that nothing of ours is there. Other refusals to look, of rights for one, tell nothing."""
_SUFFIXES: Final = ("", "-wal", "-shm")
_HEADER_BYTES: Final = 100
_MAGIC: Final = b"SQLite format 3\x00"
_PAGES: Final = slice(28, 32)
"""The count of the file's pages; see "The Database Header" of SQLite's file format."""
_APPLICATION: Final = slice(68, 72)
CLOCK_STEP_NS = 100_000_000
"""The times of two writes that lie farther apart differ: more than the step of any file system that holds locks, but
for FAT, whose steps are two seconds."""
_COARSEST_CLOCK_NS: Final = 3_000_000_000
"""Some file systems count the times of their files in steps of two seconds."""
_WRITING_SECONDS: Final = 0.001


class Difference(Value):
    """What became of the files."""

    told: str
    """As a sentence without its full stop."""
    is_log_stale: bool = False
    """Whether the log at the path is ours and belongs to another database than the one that lies there now."""


class Identity:
    """The files of one store as they were when a connection had opened them.

    It keeps a descriptor of the database, because every lock that this process has on a file goes when any
    of its descriptors is closed: close it when no connection of this process to the file is open any more.
    Raises StoreUnavailable if they are taken away in the very moment of opening.
    """

    def __init__(self, storage: SqliteStorage) -> None:
        self._storage = storage
        self._database = str(storage.path)
        self._folder = str(storage.path.parent)
        # a folder knows nothing of what becomes of a link's target; Windows notes changes of a folder late
        self._is_elsewhere = os.name == "nt" or storage.path.is_symlink()
        self._folder_looked_at: tuple[int, int, int] | None = None
        self._descriptor = os.open(self._database, os.O_RDONLY | getattr(os, "O_CLOEXEC", 0))
        try:
            known = os.fstat(self._descriptor)
            self.file: FileId = (known.st_dev, known.st_ino)
            self._header = self._read_header()
            companions = [(f"{self._database}{suffix}", suffix) for suffix in _SUFFIXES[1:]]
            found = [(path, suffix, file_id(path)) for path, suffix in companions]
            if any(id_ is None for _, _, id_ in found) or self._has_moved() or self._is_other():
                raise StoreUnavailable(
                    f"The store {self._database} was changed while it was opened: try again."
                )
        except BaseException:
            self.close()
            raise
        self._companions = found

    def difference(self, *, reads: bool = True) -> Difference | None:
        """What became of the files since; None while they are all there. Some microseconds.

        reads: looks into them too, for which no other thread may use the connection meanwhile.
        """
        folder = self._folder_as_it_is()
        if folder is None or folder != self._folder_looked_at:
            difference = self._of_paths()
            if difference is not None:
                return difference
            self._folder_looked_at = folder
        return self._rewritten() if reads else None

    def _folder_as_it_is(self) -> tuple[int, int, int] | None:
        """Differs from an earlier one if any name in the folder stands for another file since: whoever gives or
        takes one changes the folder. None while that was so short ago that the next change could not be told."""
        if self._is_elsewhere:
            return None
        try:
            found = os.stat(self._folder)  # noqa: PTH116 - on every write, where a Path costs as much again
        except OSError:
            return None
        if found.st_ctime_ns > time.time_ns() - _COARSEST_CLOCK_NS:
            return None
        return found.st_dev, found.st_ino, found.st_ctime_ns

    def _of_paths(self) -> Difference | None:
        try:
            found = os.stat(self._database)  # noqa: PTH116 - on every write, where a Path costs as much again
        except OSError as error:
            return self._gone("") if error.errno in _GONE else None
        if (found.st_dev, found.st_ino) != self.file and self._has_moved():
            return Difference(
                told=f"another {self._name} was put in the place of the one that is open",
                is_log_stale=self._is_log_ours(),
            )
        for path, suffix, known in self._companions:
            try:
                found = os.stat(path)  # noqa: PTH116 - as above
            except OSError as error:
                if error.errno in _GONE:
                    return self._gone(suffix)
                continue
            if (found.st_dev, found.st_ino) != known:
                return Difference(told=f"another {self._name}{suffix} was put in the place of the one in use")
        return None

    def is_companion(self, suffix: str, file: FileId | None) -> bool:
        """Whether the file is the log (`-wal`) or its index (`-shm`) that was opened."""
        return any(file == known for _, each, known in self._companions if each == suffix and known)

    def close(self) -> None:
        """Closes the descriptor."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    @property
    def _name(self) -> str:
        return self._storage.path.name

    def _gone(self, suffix: str) -> Difference:
        folder = self._storage.path.parent
        if not folder.is_dir():
            return Difference(told=f"its folder {folder} was deleted or moved away")
        is_stale = suffix == "" and self._is_log_ours()
        return Difference(told=f"{self._name}{suffix} was deleted or moved away", is_log_stale=is_stale)

    def _rewritten(self) -> Difference | None:
        """Whether another program has written over the same file something that is no newer state of it."""
        for _ in range(2):  # it may be read while another process of ours writes it
            header = self._read_header()
            if header == self._header or not self._header or self._follows(self._header, header):
                self._header = header
                return None
            time.sleep(_WRITING_SECONDS)
        return Difference(told=f"another program wrote over {self._name}", is_log_stale=self._is_log_ours())

    def _follows(self, before: bytes, after: bytes) -> bool:
        """Whether the second header can have come from the first one by checkpoints: they make a file smaller
        only after all who have it open were told by the log that it is."""
        if after[:16] != _MAGIC or (before[_APPLICATION] == _OURS != after[_APPLICATION]):
            return False
        pages = int.from_bytes(before[_PAGES])
        if int.from_bytes(after[_PAGES]) >= pages:
            return True
        ((told,),) = self._storage.rows("PRAGMA page_count")
        return int(told) < pages

    def _read_header(self) -> bytes:
        if not hasattr(os, "pread"):  # Windows, where nobody writes over a file that is open like this
            return b""
        return os.pread(self._descriptor, _HEADER_BYTES, 0)

    def _is_log_ours(self) -> bool:
        path, _, known = self._companions[0]
        return known is not None and file_id(path) == known

    def _has_moved(self) -> bool:
        """What SQLite itself says; True where it cannot tell."""
        answer = array("i", [0])
        try:
            is_reported = self._storage.connection.file_control(
                "main", apsw.SQLITE_FCNTL_HAS_MOVED, answer.buffer_info()[0]
            )
        except apsw.Error:
            return True
        return bool(answer[0]) if is_reported else self._is_other()

    def _is_other(self) -> bool:
        return file_id(self._database) != self.file


_OURS: Final = APPLICATION_ID.to_bytes(4)


Stamp = tuple[tuple[int, int, int] | None, ...]


def stamp(database: Path) -> Stamp | None:
    """What changes with every write of any process; None if a write may yet leave it as it is.

    A file system's clock stands still for some milliseconds, in which a second write leaves the same time.
    """
    found: list[tuple[int, int, int] | None] = []
    for file in (database, database.with_name(f"{database.name}-wal")):
        try:
            seen = file.stat()
        except OSError:
            found.append(None)
            continue
        if abs(time.time_ns() - seen.st_mtime_ns) < CLOCK_STEP_NS:
            return None
        found.append((seen.st_ino, seen.st_size, seen.st_mtime_ns))
    return tuple(found)
