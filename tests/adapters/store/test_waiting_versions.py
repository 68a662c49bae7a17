"""A version that older programs cannot use waits until none of them has the store open."""

from pathlib import Path

import pytest

from tests.adapters.store.test_migrations import NOW, opened, title
from tests.support.store import FixedClock, a_session, put
from threadkeep.adapters.store.engine.processes import Owners, owner_id, version_of
from threadkeep.adapters.store.migrations import MIGRATIONS, Migration, Schema
from threadkeep.adapters.store.opening import opened as opened_file
from threadkeep.domain.errors import StoreNewer
from threadkeep.values import evolve

BREAKING = Migration(
    version=NOW + 1,
    oldest_reader=NOW + 1,
    statements=("CREATE TABLE added(x); INSERT INTO added VALUES ('way')",),
    waits=True,
)
AFTER = Migration(version=NOW + 2, oldest_reader=NOW + 1, statements=("INSERT INTO added VALUES ('after')",))


def version(folder: Path, *further: Migration) -> int:
    """Of the store after a program that knows these has opened it and tidied."""
    store = opened(folder, *further)
    store.run_maintenance()
    found = store.facts().schema_version
    store.close()
    return found


@pytest.mark.parametrize("told", [1, 2, 4_095])
def test_an_id_tells_the_version_of_its_program(told: int) -> None:
    assert version_of(owner_id(told)) == told


def test_an_id_of_a_program_that_did_not_tell_means_the_first_version() -> None:
    assert version_of("0123456789ab4f00a123456789abcdef") == 1
    assert version_of("../../x") == 1


def test_who_is_dead_is_not_older_than_anything(tmp_path: Path) -> None:
    new, old = Owners(tmp_path, version=2), Owners(tmp_path, version=1)
    assert (new.is_older_alive(2), new.is_older_alive(1)) == (True, False)
    old.close()
    assert not new.is_older_alive(2)
    (tmp_path / f"{old.own}.lock").touch()  # as who is killed leaves it
    assert not new.is_older_alive(2)
    new.close()


def test_a_breaking_version_waits_for_the_end_of_older_programs(tmp_path: Path) -> None:
    older = opened(tmp_path)
    put(older, a_session())
    assert version(tmp_path, BREAKING, AFTER) == NOW
    put(older, a_session(title="still written"))
    newer = opened(tmp_path, BREAKING, AFTER)
    put(newer, a_session(title="by both"))
    assert title(older) == "by both"
    older.close()
    newer.run_maintenance()
    assert newer.facts().schema_version == NOW + 1
    put(newer, a_session(title="after it"))
    newer.close()
    assert version(tmp_path, BREAKING, AFTER) == NOW + 2  # does not wait itself: with the next opening


def test_a_breaking_version_leaves_no_copy_and_says_nothing(tmp_path: Path) -> None:
    opened(tmp_path).close()
    store = opened(tmp_path, BREAKING)
    store.run_maintenance()
    assert list(store.warnings()) == []
    assert not (tmp_path / "backups").exists()
    store.close()


def test_an_older_program_that_comes_later_is_refused(tmp_path: Path) -> None:
    opened(tmp_path).close()
    assert version(tmp_path, BREAKING) == NOW + 1
    with pytest.raises(StoreNewer, match="update Threadkeep"):
        opened(tmp_path)


def test_an_older_program_that_opened_the_store_just_before_is_refused_when_it_writes(tmp_path: Path) -> None:
    older = opened(tmp_path)
    put(older, a_session())
    (tmp_path / "owners" / f"{older.owner}.lock").unlink()  # it has not made its lock yet
    assert version(tmp_path, BREAKING) == NOW + 1
    with pytest.raises(StoreNewer):
        put(older, a_session(title="lost"))
    older.close()


def test_windows_that_know_the_version_go_on_while_one_of_them_brings_it(tmp_path: Path) -> None:
    opened(tmp_path).close()
    one, other = opened(tmp_path, BREAKING), opened(tmp_path, BREAKING)
    put(one, a_session())
    one.run_maintenance()
    put(other, a_session(title="by the other"))
    assert (title(one), other.facts().schema_version) == ("by the other", NOW + 1)
    one.close()
    other.close()


def test_a_breaking_version_that_fails_is_tried_again(tmp_path: Path) -> None:
    opened(tmp_path).close()
    failing = Migration(
        version=NOW + 1,
        oldest_reader=NOW + 1,
        statements=("CREATE TABLE added(x)", "SELECT * FROM nothing"),
        waits=True,
    )
    assert version(tmp_path, failing) == NOW
    assert version(tmp_path, BREAKING) == NOW + 1


def test_what_takes_long_is_made_before_part_by_part_and_once(tmp_path: Path) -> None:
    opened(tmp_path).close()
    long = evolve(BREAKING, before={"one": "CREATE TABLE one(x)", "two": "CREATE INDEX two ON sessions(doc)"})
    assert [version(tmp_path, long) for _ in range(3)] == [NOW, NOW, NOW + 1]
    store = opened(tmp_path, long)
    store.run_maintenance()
    assert store.facts().schema_version == NOW + 1
    store.close()


def test_an_empty_store_is_made_as_the_newest_version_has_it(tmp_path: Path) -> None:
    made = Migration(
        version=NOW + 1,
        oldest_reader=NOW + 1,
        statements=("SELECT * FROM nothing",),
        creation=("CREATE TABLE meta(name TEXT PRIMARY KEY, value) WITHOUT ROWID; CREATE TABLE made(x)",),
        waits=True,
    )
    storage, _ = opened_file(
        tmp_path, schema=Schema(migrations=(*MIGRATIONS, made)), clock=FixedClock(), busy_timeout_ms=100
    )
    assert storage.has_table("made")
    assert not storage.has_table("sessions")
    storage.close()


def test_a_store_that_is_opened_is_not_changed_by_what_waits_nor_by_what_comes_after(tmp_path: Path) -> None:
    opened(tmp_path).close()
    store = opened(tmp_path, BREAKING, AFTER)
    assert store.facts().schema_version == NOW
    store.close()
