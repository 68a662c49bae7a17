"""What opening a store makes, refuses, and leaves as it is."""

import errno
import os
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import apsw
import pytest

from tests.support.store import FixedClock, a_message, a_session, put
from tests.support.used_up import no_descriptors
from threadkeep.adapters.store import open_store
from threadkeep.adapters.store.engine.errors import for_system, named
from threadkeep.adapters.store.opening import check_engine, flush_pragmas
from threadkeep.domain.errors import StoreCorrupt, StoreUnavailable
from threadkeep.domain.exhaustion import StoreOutOfMemory, StoreTooManyFiles
from threadkeep.ports.store import Store

posix = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such modes")


def opened(folder: Path) -> Store:
    return open_store(folder, clock=FixedClock())


def filled(folder: Path, messages: int = 200) -> Path:
    """A closed store's file."""
    store = opened(folder)
    put(store, a_session(), *(a_message(f"m{n}", seq=n, text="word " * 50) for n in range(1, messages + 1)))
    store.close()
    return folder / "threadkeep.db"


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


@posix
def test_a_new_store_is_its_users_alone(tmp_path: Path) -> None:
    folder = tmp_path / "some" / "where"
    store = opened(folder)
    put(store, a_session())
    modes = {path.name: mode(path) for path in folder.iterdir() if path.is_file()}
    assert modes == {"threadkeep.db": 0o600, "threadkeep.db-wal": 0o600, "threadkeep.db-shm": 0o600}
    assert (mode(folder), mode(folder / "owners")) == (0o700, 0o700)
    assert {mode(file) for file in (folder / "owners").iterdir()} == {0o600}
    store.close()


@posix
def test_modes_that_were_opened_up_are_closed_again(tmp_path: Path) -> None:
    database = filled(tmp_path / "store")
    database.chmod(0o644)
    store = opened(tmp_path / "store")
    assert mode(database) == 0o600
    store.close()


@posix
def test_a_folder_that_holds_other_things_keeps_its_mode(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    (tmp_path / "other").touch()
    opened(tmp_path).close()
    assert mode(tmp_path) == 0o755


def test_what_was_stored_is_there_when_it_is_opened_again(tmp_path: Path) -> None:
    filled(tmp_path)
    store = opened(tmp_path)
    with store.reading() as records:
        assert records.session("s1") == a_session()
    assert store.facts().messages == 200
    store.close()
    assert [file.name for file in tmp_path.iterdir() if file.is_file()] == ["threadkeep.db"]


@pytest.mark.parametrize("version", ["3.40.1", "3.51.2", "3.7.0"])
def test_an_engine_that_can_damage_the_store_is_refused(version: str) -> None:
    with pytest.raises(StoreUnavailable, match=r"3\.51\.3 is needed: update"):
        check_engine(version)


@pytest.mark.parametrize("version", ["3.51.3", "3.54.1", "4.0.0", "3.51.10.1"])
def test_a_sound_engine_is_accepted(version: str) -> None:
    check_engine(version)


def test_a_file_in_the_folders_place_makes_the_store_unavailable(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("kept")
    for folder in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(StoreUnavailable, match="--store"):
            opened(folder)
    assert (tmp_path / "file").read_text() == "kept"


def test_a_folder_in_the_files_place_makes_the_store_unavailable(tmp_path: Path) -> None:
    (tmp_path / "threadkeep.db" / "x").mkdir(parents=True)
    with pytest.raises(StoreUnavailable):
        opened(tmp_path)


def test_a_file_in_the_owners_place_makes_the_store_unavailable(tmp_path: Path) -> None:
    (tmp_path / "owners").touch()
    with pytest.raises(StoreUnavailable, match="lock"):
        opened(tmp_path)


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="needs a file system where root may not write")
def test_a_folder_that_may_not_be_written_makes_the_store_unavailable() -> None:
    with pytest.raises(StoreUnavailable, match="check its path"):
        opened(Path("/proc/threadkeep"))


def test_another_programs_database_is_refused_untouched(tmp_path: Path) -> None:
    database = tmp_path / "threadkeep.db"
    connection = sqlite3.connect(database)
    connection.execute("CREATE TABLE theirs(x)")
    connection.close()
    before = database.read_bytes()
    with pytest.raises(StoreUnavailable, match="another program"):
        opened(tmp_path)
    assert database.read_bytes() == before


DAMAGES = {
    "torn": lambda data: data[: len(data) // 2],
    "torn within a page": lambda data: data[: len(data) // 2 + 100],
    "torn within the first page": lambda data: data[:50],
    "overwritten at its start": lambda data: b"\0" * 4096 + data[4096:],
    "text": lambda _: b"this is no database, but somebody's notes\n" * 100,
    "a broken schema": lambda data: data[:100] + b"\xff" * 3996 + data[4096:],
}


@pytest.mark.parametrize("name", DAMAGES)
def test_a_store_that_cannot_be_read_is_kept_and_copied_once(tmp_path: Path, name: str) -> None:
    database = filled(tmp_path)
    damaged = DAMAGES[name](database.read_bytes())
    database.write_bytes(damaged)
    for _ in range(2):
        with pytest.raises(StoreCorrupt, match=r"move .* away and start again") as raised:
            opened(tmp_path)
        assert database.read_bytes() == damaged
    (copy,) = (tmp_path / "set-aside").iterdir()
    assert str(copy) in raised.value.message
    assert (copy / "threadkeep.db").read_bytes() == damaged

    database.unlink()
    store = opened(tmp_path)
    assert store.facts().sessions == 0
    store.close()


@pytest.mark.parametrize("is_missing", [True, False])
def test_a_log_without_its_database_is_kept(tmp_path: Path, is_missing: bool) -> None:
    database, log = tmp_path / "threadkeep.db", tmp_path / "threadkeep.db-wal"
    if not is_missing:
        database.touch()
    log.write_bytes(b"what was written last")
    with pytest.raises(StoreCorrupt, match="log"):
        opened(tmp_path)
    assert log.read_bytes() == b"what was written last"
    assert database.exists() is not is_missing


def test_damage_that_is_met_later_is_named_and_stops_nothing_else(tmp_path: Path) -> None:
    database = filled(tmp_path, messages=2_000)
    data = bytearray(database.read_bytes())
    data[len(data) // 2 :] = b"\xff" * (len(data) - len(data) // 2)
    database.write_bytes(data)
    store = opened(tmp_path)

    def read_all() -> None:
        with store.reading() as records:
            for n in range(1, 2_001):
                records.message(f"m{n}")

    with pytest.raises(StoreCorrupt, match="backup"):
        read_all()
    store.close()


def test_a_damaged_document_is_named_and_keeps_nothing_else_from_being_written(tmp_path: Path) -> None:
    connection = sqlite3.connect(filled(tmp_path, messages=10))
    connection.execute("UPDATE messages SET doc = json_remove(doc, '$.role') WHERE doc_id = 5")
    connection.commit()
    connection.close()
    store = opened(tmp_path)
    put(store, *(a_message(f"n{n}", seq=n, text="later") for n in range(20, 120)))
    with store.reading() as records:
        assert records.message("n119") is not None
        with pytest.raises(StoreCorrupt, match="'m5'"):
            records.message("m5")
    store.close()


FULL_DISK = """
import resource, signal
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
put(store, a_session())
resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, resource.RLIM_INFINITY))
stored = 0
try:
    for n in range(1, 10_000):
        put(store, a_message(f"m{n}", seq=n, text="word " * 200), an_event(n))
        stored = n
except StoreUnavailable as error:
    print(stored, error.kind, flush=True)
with store.reading() as records:
    print(all(records.message(f"m{n}") for n in range(1, stored + 1)), records.message(f"m{stored + 1}"), flush=True)
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
put(store, a_message("later", seq=stored + 2))
store.close()
print("closed", flush=True)
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="Windows limits no file's size")
def test_a_full_disk_is_named_and_loses_nothing(tmp_path: Path) -> None:
    from tests.support.store_process import line, process

    code = "from threadkeep.domain.errors import StoreUnavailable" + FULL_DISK
    with process(tmp_path, code) as running:
        stored, kind = line(running).split()
        assert (int(stored) > 0, kind) == (True, "storeUnavailable")
        assert [line(running), line(running)] == ["True None", "closed"]
    store = opened(tmp_path)
    assert store.facts().messages == int(stored) + 1
    store.close()


def test_importing_the_package_imports_no_engine() -> None:
    code = "import sys, threadkeep.adapters.store; print({'apsw', 'tinydb', 'cattrs'} & set(sys.modules))"
    found = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert found.stdout == "set()\n"


def test_a_copy_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    database = filled(tmp_path)
    database.write_bytes(b"no database")
    (tmp_path / "set-aside").touch()
    with pytest.raises(StoreCorrupt, match="no copy could be made"):
        opened(tmp_path)
    assert database.read_bytes() == b"no database"


def test_a_flush_on_macos_reaches_the_drive(tmp_path: Path) -> None:
    """SQLite itself says what it was told, on whichever platform this runs."""
    connection = apsw.Connection(str(tmp_path / "any.db"))
    asked = ("fullfsync", "checkpoint_fullfsync")
    for platform, expected in (("linux", 0), ("win32", 0), ("darwin", 1)):
        connection.execute(flush_pragmas(platform)).fetchall()
        found = [connection.execute(f"PRAGMA {name}").fetchall() for name in asked]
        assert found == [[(expected,)]] * 2, platform
    connection.close()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such limit")
def test_a_store_that_cannot_be_opened_for_want_of_descriptors_says_so_at_once(tmp_path: Path) -> None:
    open_store(tmp_path, clock=FixedClock()).close()
    begun = time.monotonic()
    with no_descriptors(), pytest.raises(StoreTooManyFiles, match="ulimit -n"):
        open_store(tmp_path, clock=FixedClock())
    assert time.monotonic() - begun < 4  # it is no lock that is waited for
    open_store(tmp_path, clock=FixedClock()).close()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such limit")
def test_a_reader_that_cannot_be_opened_for_want_of_descriptors_says_so(tmp_path: Path) -> None:
    store = open_store(tmp_path, clock=FixedClock())
    with no_descriptors(), pytest.raises(StoreTooManyFiles, match="ulimit -n"), store.reading():
        pass
    with store.reading() as records:
        assert records.newest_event() == 0
    store.close()


def test_little_memory_is_named(tmp_path: Path) -> None:
    for error in (MemoryError(), apsw.NoMemError("out of memory")):
        found = named(error, tmp_path / "threadkeep.db")
        assert (type(found), found.kind, found.retryable) == (StoreOutOfMemory, "outOfMemory", True)


@pytest.mark.parametrize(
    ("number", "reason", "words"),
    [
        (errno.ENOSPC, "noRoom", "its disk is full"),
        (errno.EDQUOT, "noRoom", "quota"),
        (errno.EROFS, "readOnly", "disk is read-only"),
        (errno.EACCES, "readOnly", "This user may write nothing"),
        (errno.EPERM, "readOnly", "This user may write nothing"),
        (errno.EIO, "other", "check its path"),
    ],
)
def test_what_the_system_refuses_is_named_with_what_to_do(
    tmp_path: Path, number: int, reason: str, words: str
) -> None:
    found = for_system(OSError(number, os.strerror(number)), tmp_path)
    assert found.data.get("reason") == reason
    assert words in found.message
    assert str(tmp_path) in found.message


def test_what_there_is_no_memory_for_is_not_stored_and_the_next_write_is(tmp_path: Path) -> None:
    store = open_store(tmp_path, clock=FixedClock())
    put(store, a_session("s1"))
    before = apsw.hard_heap_limit(apsw.memory_used() + 4_000_000)
    try:
        with pytest.raises(StoreOutOfMemory):
            put(store, a_message("m1", text="x" * 20_000_000))
        put(store, a_message("m2", text="small"))
    finally:
        apsw.hard_heap_limit(before)
    with store.reading() as records:
        assert (records.message("m1"), records.message("m2") is None) == (None, False)
    store.close()
