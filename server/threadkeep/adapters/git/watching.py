"""Tells that another branch may be checked out: by inotify where there is one, else by the times of a few files."""

import os
import struct
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from threadkeep.domain.repositories import Checkout
from threadkeep.values import Value

_ROOTS: Final = (".git", ".jj", ".hg")
TELLING: Final = frozenset(
    {"HEAD", "BISECT_START", "rebase-merge", "rebase-apply", "branch", "bookmarks.current", *_ROOTS}
)
"""What appears, goes or is replaced in a directory of git or Mercurial, or in a folder that is no repository, with a
branch."""

_EVENT: Final = struct.Struct("iIII")
"""wd, mask, cookie, length of the name."""
_READ_AT_ONCE: Final = 65_536
_CLOSE_WRITE, _MOVED_FROM, _MOVED_TO, _CREATE, _DELETE = 0x8, 0x40, 0x80, 0x100, 0x200
_DELETE_SELF, _MOVE_SELF, _ONLYDIR = 0x400, 0x800, 0x0100_0000
_UNMOUNT, _OVERFLOW, _IGNORED = 0x2000, 0x4000, 0x8000
_IN_GIT: Final = _CLOSE_WRITE | _MOVED_FROM | _MOVED_TO | _CREATE | _DELETE
_LOST: Final = _DELETE_SELF | _MOVE_SELF | _UNMOUNT | _OVERFLOW | _IGNORED
"""The folder itself is gone, or some events are: whatever was to be told has to be looked for."""

Look = tuple[tuple[int, int, int] | None, ...]


class Inotify:
    """Linux's own way to tell of changes in folders, through the C library. Raises OSError where it cannot be had."""

    def __init__(self) -> None:
        if sys.platform != "linux":
            raise OSError("There is no inotify.")
        import ctypes  # not before a window is at rest

        self._library: Any = ctypes.CDLL(None, use_errno=True)
        self._errno: Callable[[], int] = ctypes.get_errno
        self.descriptor = self._made(self._library.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC))

    def watch(self, folder: str, mask: int) -> int:
        """The number of the watch."""
        flags = mask | _DELETE_SELF | _MOVE_SELF | _ONLYDIR
        return self._made(self._library.inotify_add_watch(self.descriptor, os.fsencode(folder), flags))

    def forget(self, number: int) -> None:
        """Watches it no more; one that is gone already is no error."""
        self._library.inotify_rm_watch(self.descriptor, number)

    def events(self) -> list[tuple[int, str]]:
        """The mask and the name of each event since the last call."""
        found: list[tuple[int, str]] = []
        with suppress(BlockingIOError):
            while data := os.read(self.descriptor, _READ_AT_ONCE):
                at = 0
                while at < len(data):
                    _, mask, _, length = _EVENT.unpack_from(data, at)
                    at += _EVENT.size + length
                    name = data[at - length : at].rstrip(b"\0")
                    found.append((mask, os.fsdecode(name)))
        return found

    def close(self) -> None:
        """Ends all watches."""
        os.close(self.descriptor)

    def _made(self, result: int) -> int:
        if result < 0:
            number = self._errno()
            raise OSError(number, os.strerror(number))
        return result


class BranchNews:
    """See the port. `attend` and `look_again` are blocking; the others belong to the event loop."""

    def __init__(self, *, is_silent: Callable[[Path], bool], make: Callable[[], Inotify] = Inotify) -> None:
        """is_silent: whether a folder's file system may change without a word to this computer."""
        self._is_silent = is_silent
        self._make = make
        self._inotify: Inotify | None = None
        self._watches: dict[str, int] = {}
        self._places: tuple[_Place, ...] | None = None
        self._seen: Look | None = None
        self._is_silent_somewhere = True
        self._has_lost = False
        self.is_reported = False

    @property
    def descriptor(self) -> int | None:
        return self._inotify.descriptor if self._inotify is not None else None

    def attend(self, checkouts: Sequence[Checkout]) -> bool:
        places = tuple({place.folder: place for place in map(_place, checkouts)}.values())
        if self._has_lost:
            self._has_lost = False
            self._watches.clear()  # to watch a folder twice makes no second watch
        if places == self._places and self.is_reported and len(self._watches) == len(places):
            return False
        has_changed, self._places = places != self._places, places
        self._is_silent_somewhere = any(self._is_silent(Path(place.folder)) for place in places)
        told = (place for place in places if not self._is_silent(Path(place.folder)))
        self.is_reported = self._watch({place.folder: place.mask for place in told})
        self.look_again()
        return has_changed or self.is_reported

    def look_again(self) -> None:
        self._seen = None if self._is_silent_somewhere else self._look()

    def is_same(self) -> bool:
        return self._seen is not None and self._seen == self._look()

    def drain(self) -> bool:
        if self._inotify is None:
            return False
        has_news = False
        for mask, name in self._inotify.events():
            self._has_lost |= bool(mask & _LOST)
            has_news |= bool(mask & _LOST) or name in TELLING
        return has_news

    def close(self) -> None:
        if self._inotify is not None:
            self._inotify.close()
            self._inotify, self._watches, self.is_reported = None, {}, False

    def _watch(self, wanted: dict[str, int]) -> bool:
        """Whether all of it is watched by a system that tells."""
        try:
            if self._inotify is None:
                self._inotify = self._make()
            for path in self._watches.keys() - wanted.keys():
                self._inotify.forget(self._watches.pop(path))
            for path in wanted.keys() - self._watches.keys():
                self._watches[path] = self._inotify.watch(path, wanted[path])
        except OSError:  # no inotify here, no watches left, or the folder is gone
            return False
        return not self._is_silent_somewhere

    def _look(self) -> Look:
        return tuple(_seen(path) for place in self._places or () for path in place.files)


class _Place(Value):
    folder: str
    """To be watched; `mask` says for what."""
    mask: int
    files: tuple[str, ...]
    """Their times tell."""


def _place(checkout: Checkout) -> _Place:
    root = Path(checkout.root)
    if checkout.head_file is not None:
        head = Path(checkout.head_file)
        told_by = (head.parent, head, root / ".git")
        return _Place(folder=str(head.parent), mask=_IN_GIT, files=tuple(map(str, told_by)))
    # it, or a folder around it, may become a repository
    files = tuple(str(around / name) for around in (root, *root.parents) for name in _ROOTS)
    return _Place(folder=str(root), mask=_CREATE | _MOVED_TO, files=files)


def _seen(path: str) -> tuple[int, int, int] | None:
    try:
        found = os.stat(path)  # noqa: PTH116 - every look makes some
    except (OSError, ValueError):
        return None
    return found.st_ino, found.st_mtime_ns, found.st_size
