"""Copies of a store in use are whole, overwrite nothing, and can be brought back."""

import os
import shutil
import sys
from pathlib import Path
from typing import Any

import apsw
import pytest

from tests.support.store import FixedClock, a_message, a_session, at, put
from tests.support.store_process import line, process
from threadkeep.adapters.store import open_store
from threadkeep.adapters.store.backups import backup_file
from threadkeep.adapters.store.migrations import Migration, Schema
from threadkeep.adapters.store.restoring import restore
from threadkeep.adapters.store.upkeep import SqliteUpkeep
from threadkeep.domain.errors import InvalidValue, StoreCorrupt, StoreNewer, StoreUnavailable
from threadkeep.domain.repositories import Repository
from threadkeep.domain.sessions import LastMessage
from threadkeep.ports.store import Store
from threadkeep.ports.upkeep import Checkup


def opened(folder: Path) -> Store:
    return open_store(folder, clock=FixedClock())


def filled(folder: Path, messages: int = 3) -> Path:
    """A closed store with a session and so many messages."""
    store = opened(folder)
    put(store, *contents(messages))
    with store.writing() as changes:
        changes.put_repository(Repository(id="r1", name="app", aliases=()))
    store.close()
    return folder


def contents(messages: int) -> tuple[Any, ...]:
    last = LastMessage(role="user", preview="word", at=at(messages))
    session = a_session(head_id=f"m{messages}", message_count=messages, seq=messages, last_message=last)
    return session, *(
        a_message(f"m{n}", seq=n, text="word", parent_id=f"m{n - 1}" if n > 1 else None)
        for n in range(1, messages + 1)
    )


def upkeep(folder: Path) -> SqliteUpkeep:
    return SqliteUpkeep(lambda: folder, clock=FixedClock())


def count(folder: Path) -> int:
    store = opened(folder)
    try:
        return store.facts().messages
    finally:
        store.close()


def test_a_copy_goes_into_the_stores_own_folder_and_holds_all(tmp_path: Path) -> None:
    folder = filled(tmp_path / "store")
    backup = upkeep(folder).back_up()
    file = Path(backup.path)
    assert file == folder / "backups" / "threadkeep-2026-03-01T12-00-00.000Z.db"
    assert backup.size == file.stat().st_size
    assert [path.name for path in file.parent.iterdir()] == [file.name]
    restore(tmp_path / "other", file, clock=FixedClock())
    assert count(tmp_path / "other") == 3
    assert upkeep(tmp_path / "other").check() == Checkup()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such modes")
def test_copies_are_their_users_alone(tmp_path: Path) -> None:
    folder = filled(tmp_path / "store")
    os.umask(0o022)
    file = Path(upkeep(folder).back_up().path)
    assert (file.stat().st_mode & 0o777, file.parent.stat().st_mode & 0o777) == (0o600, 0o700)


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    folder = filled(tmp_path / "store")
    names = [Path(upkeep(folder).back_up(str(tmp_path)).path).name for _ in range(3)]
    assert names == [f"threadkeep-2026-03-01T12-00-00.000Z{end}.db" for end in ("", "-2", "-3")]
    taken = tmp_path / "mine.db"
    taken.write_text("mine")
    with pytest.raises(InvalidValue, match="there already"):
        upkeep(folder).back_up(str(taken))
    assert taken.read_text() == "mine"


@pytest.mark.parametrize("target", ["relative.db", "", "a\x00b"])
def test_a_path_must_be_absolute(tmp_path: Path, target: str) -> None:
    with pytest.raises(InvalidValue, match="absolute"):
        upkeep(filled(tmp_path / "store")).back_up(target)


def test_a_folder_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    with pytest.raises(InvalidValue, match="no folder"):
        upkeep(filled(tmp_path / "store")).back_up(str(tmp_path / "gone" / "x.db"))
    assert not (tmp_path / "gone").exists()


def test_a_copy_is_of_one_moment_while_another_process_writes(tmp_path: Path) -> None:
    folder = filled(tmp_path / "store", messages=1)
    code = """
    n = 1
    print("ready", flush=True)
    while True:
        with store.writing(durable=False) as changes:
            for _ in range(2):
                n += 1
                changes.put_message(a_message(f"m{n}", seq=n, text="word " * 500, parent_id=f"m{n - 1}"))
    """
    with process(folder, code) as running:
        assert line(running) == "ready"
        files = [Path(upkeep(folder).back_up().path) for _ in range(5)]
        assert running.poll() is None
    counts = []
    for number, file in enumerate(files):
        restore(tmp_path / f"copy{number}", file, clock=FixedClock())
        counts.append(count(tmp_path / f"copy{number}"))
    assert all(found % 2 == 1 for found in counts)  # pairs, and the first one
    assert counts == sorted(counts)


def test_a_store_that_is_damaged_gives_no_backup(tmp_path: Path) -> None:
    folder = filled(tmp_path / "store", messages=400)
    zero_page(folder / "threadkeep.db", page_of(folder, "messages_id"))
    with pytest.raises(StoreCorrupt):
        upkeep(folder).back_up()
    assert list((folder / "backups").iterdir()) == []


def page_of(folder: Path, name: str) -> int:
    connection = apsw.Connection(str(folder / "threadkeep.db"))
    ((page,),) = connection.execute("SELECT rootpage FROM sqlite_schema WHERE name = ?", (name,))
    connection.close()
    return int(page)


def zero_page(file: Path, page: int) -> None:
    with file.open("r+b") as opened_file:
        opened_file.seek((page - 1) * 4096)
        opened_file.write(bytes(4096))


def test_what_was_there_is_kept_when_a_backup_is_restored(tmp_path: Path) -> None:
    folder = filled(tmp_path / "store")
    backup = Path(upkeep(folder).back_up().path)
    store = opened(folder)
    put(store, a_message("m4", seq=4, parent_id="m3"))
    store.close()
    restored = restore(folder, backup, clock=FixedClock())
    assert count(folder) == 3
    assert restored.replaced is not None
    shutil.copytree(restored.replaced, tmp_path / "back")
    assert count(tmp_path / "back") == 4
    again = restore(folder, backup, clock=FixedClock())
    assert again.replaced is not None
    assert again.replaced != restored.replaced
    assert backup.exists()


def test_a_folder_that_was_copied_can_be_restored(tmp_path: Path) -> None:
    shutil.copytree(filled(tmp_path / "store"), tmp_path / "copy")
    restore(tmp_path / "other", tmp_path / "copy", clock=FixedClock())
    assert count(tmp_path / "other") == 3


def test_a_store_in_use_is_not_replaced(tmp_path: Path) -> None:
    folder = filled(tmp_path / "store")
    backup = Path(upkeep(folder).back_up().path)
    before = (folder / "threadkeep.db").read_bytes()
    with process(folder, 'print("ready", flush=True)\nsys.stdin.read()') as running:
        assert line(running) == "ready"
        with pytest.raises(StoreUnavailable, match="in use"):
            restore(folder, backup, clock=FixedClock())
    assert (folder / "threadkeep.db").read_bytes() == before
    restore(folder, backup, clock=FixedClock())  # whoever was killed holds nothing


def test_whoever_comes_while_it_is_copied_keeps_the_store(tmp_path: Path) -> None:
    folder = filled(tmp_path / "store")
    backup = Path(upkeep(folder).back_up().path)
    came: list[Store] = []
    with pytest.raises(StoreUnavailable, match="in use"):
        restore(folder, backup, clock=FixedClock(), before_swap=lambda: came.append(opened(folder)))
    put(came[0], a_message("m4", seq=4, parent_id="m3"))
    came[0].close()
    assert count(folder) == 4
    assert [path.name for path in folder.glob("*restore*")] == []


@pytest.mark.parametrize("bad", ["gone", "text", "foreign", "damaged", "itself"])
def test_what_is_no_whole_backup_is_refused_and_the_store_stays(tmp_path: Path, bad: str) -> None:
    folder = filled(tmp_path / "store")
    source = tmp_path / "source.db"
    if bad == "text":
        source.write_text("no database " * 1000)
    elif bad == "foreign":
        connection = apsw.Connection(str(source))
        connection.execute("CREATE TABLE meta(name, value)")
        connection.close()
    elif bad == "damaged":
        shutil.copy(filled(tmp_path / "big", 400) / "threadkeep.db", source)
        zero_page(source, page_of(tmp_path / "big", "messages_id"))
    elif bad == "itself":
        source = folder / "threadkeep.db"
    before = (folder / "threadkeep.db").read_bytes()
    with pytest.raises((InvalidValue, StoreCorrupt)):
        restore(folder, source, clock=FixedClock())
    assert (folder / "threadkeep.db").read_bytes() == before
    assert not (folder / "set-aside").exists()


def test_a_backup_of_a_newer_version_is_refused(tmp_path: Path) -> None:
    newer = Schema(migrations=(*Schema().migrations, Migration(version=99, oldest_reader=99)))
    folder = tmp_path / "newer"
    SqliteUpkeep(lambda: folder, clock=FixedClock(), schema=newer).check()
    with pytest.raises(StoreNewer):
        restore(tmp_path / "store", folder, clock=FixedClock())
    assert not (tmp_path / "store" / "threadkeep.db").exists()


@pytest.mark.parametrize("name", ["NUL", "con.db", "copy.db:1", "copy.db."])
def test_a_backup_gets_no_name_that_windows_takes_for_something_else(tmp_path: Path, name: str) -> None:
    with pytest.raises(InvalidValue, match="choose another one"):
        backup_file(tmp_path, str(tmp_path / name), at="now", platform="win32")
    assert (
        backup_file(tmp_path, str(tmp_path / "copy.db"), at="now", platform="win32") == tmp_path / "copy.db"
    )


def test_the_store_itself_is_no_backup_by_whatever_way(tmp_path: Path) -> None:
    folder = tmp_path / "store"
    open_store(folder, clock=FixedClock()).close()
    (tmp_path / "link").symlink_to(folder, target_is_directory=True)
    os.link(folder / "threadkeep.db", tmp_path / "other-name.db")
    for way in (folder, folder / "threadkeep.db", tmp_path / "link", tmp_path / "other-name.db"):
        with pytest.raises(InvalidValue, match="store itself"):
            restore(folder, way, clock=FixedClock())
