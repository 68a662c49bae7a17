"""Locks where a file cannot be locked for sharing, nor removed while it is open, as on Windows."""

import importlib.util
import os
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest

from threadkeep.adapters.store.engine import file_locks
from threadkeep.adapters.store.engine.file_locks import LockedFiles
from threadkeep.adapters.store.engine.processes import Owners


class ByteLocks:
    """Locks as Windows has them: exclusive only, known by the file, given back when it is closed."""

    def __init__(self) -> None:
        self._held: dict[tuple[int, int], int] = {}
        self.refusals = 0

    def __call__(self, descriptor: int, /) -> None:
        status = os.fstat(descriptor)
        place = (status.st_dev, status.st_ino)
        holder = self._held.get(place)
        if self.refusals or (holder is not None and holder != descriptor and _is_open(holder, place)):
            self.refusals = max(0, self.refusals - 1)
            raise PermissionError("locked")
        self._held[place] = descriptor


def _is_open(descriptor: int, place: tuple[int, int]) -> bool:
    try:
        status = os.fstat(descriptor)
    except OSError:
        return False
    return (status.st_dev, status.st_ino) == place


@pytest.fixture
def locks() -> ByteLocks:
    return ByteLocks()


@pytest.fixture
def files(locks: ByteLocks) -> LockedFiles:
    return LockedFiles(exclusive=locks, shared=None, removes_open_files=False)


def test_a_lock_is_held_until_it_is_given_back(files: LockedFiles, tmp_path: Path) -> None:
    file = tmp_path / "x.lock"
    lock = files.take(file)
    assert lock is not None
    assert files.is_held(file)
    assert files.take(file) is None
    files.release(lock)
    assert not files.is_held(file)


def test_nobody_holds_a_file_that_is_not_there(files: LockedFiles, tmp_path: Path) -> None:
    assert not files.is_held(tmp_path / "none.lock")
    files.remove_unless_held(tmp_path / "none.lock")


def test_somebody_who_only_looks_is_not_taken_for_the_owner(
    files: LockedFiles, locks: ByteLocks, tmp_path: Path
) -> None:
    file = tmp_path / "x.lock"
    file.touch()
    locks.refusals = 2
    assert not files.is_held(file)


def test_only_free_files_are_removed(files: LockedFiles, tmp_path: Path) -> None:
    held, free = tmp_path / "held.lock", tmp_path / "free.lock"
    lock = files.take(held)
    assert lock is not None
    free.touch()
    for file in (held, free):
        files.remove_unless_held(file)
    assert [file.name for file in tmp_path.iterdir()] == ["held.lock"]
    files.release(lock)


def test_owners_live_and_die_by_such_locks(files: LockedFiles, tmp_path: Path) -> None:
    one, other = Owners(tmp_path, locks=files), Owners(tmp_path, locks=files)
    assert one.is_alive(other.own)
    other.close()
    assert not one.is_alive(other.own)
    (tmp_path / f"{'0' * 32}.lock").touch()
    third = Owners(tmp_path, locks=files)
    assert {file.stem for file in tmp_path.iterdir()} == {one.own, third.own}
    third.close()
    one.close()


@pytest.fixture
def windows_module(locks: ByteLocks, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The module as Windows loads it: without `fcntl`, with a `msvcrt` that locks bytes from where a file stands."""

    def locking(descriptor: int, mode: int, count: int) -> None:
        assert (mode, count) == (2, 1)
        assert os.lseek(descriptor, 0, os.SEEK_CUR) == 0
        locks(descriptor)

    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setitem(sys.modules, "fcntl", None)
    monkeypatch.setitem(sys.modules, "msvcrt", SimpleNamespace(locking=locking, LK_NBLCK=2))
    spec = importlib.util.spec_from_file_location("file_locks_of_windows", file_locks.__file__)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_windows_locks_the_first_byte_of_a_file(windows_module: ModuleType, tmp_path: Path) -> None:
    platform_locks = windows_module.platform_locks()
    file = tmp_path / "x.lock"
    file.write_text("somebody left a word")
    lock = platform_locks.take(file)
    os.lseek(lock, 0, os.SEEK_END)
    assert platform_locks.is_held(file)
    assert platform_locks.take(file) is None
    platform_locks.release(lock)
    assert not platform_locks.is_held(file)
    platform_locks.remove_unless_held(file)
    assert not file.exists()


def test_a_file_that_windows_is_about_to_remove_is_not_taken(
    files: LockedFiles, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "x.lock"

    def stat(_: Path) -> os.stat_result:
        raise PermissionError(13, "Access is denied")

    with monkeypatch.context() as patched:
        patched.setattr(Path, "stat", stat)
        assert files.take(file) is None
    lock = files.take(file)
    assert lock is not None
    files.release(lock)
