"""A store that an earlier version of the schema wrote opens, and holds what it held."""

import gzip
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.adapters.store.stores.make import ENDED, FOLDER, REPOSITORY, SESSION, messages
from tests.support.store import KEY, FixedClock, an_outcome, at
from threadkeep.adapters.store import open_store
from threadkeep.adapters.store.migrations import Schema
from threadkeep.adapters.store.upkeep import SqliteUpkeep
from threadkeep.ports.store import Draft, Store
from threadkeep.ports.upkeep import Checkup

FILES = sorted(FOLDER.glob("v*.db.gz"))


@pytest.fixture(params=FILES, ids=lambda file: file.name)
def folder(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    (tmp_path / "threadkeep.db").write_bytes(gzip.decompress(request.param.read_bytes()))
    return tmp_path


@pytest.fixture
def store(folder: Path) -> Iterator[Store]:
    opened = open_store(folder, clock=FixedClock())
    yield opened
    opened.close()


def test_every_version_has_its_file() -> None:
    assert [file.name for file in FILES] == [f"v{n}.db.gz" for n in range(1, Schema().version + 1)]


def test_what_it_held_is_read(store: Store) -> None:
    with store.reading() as records:
        assert records.session("s1") == SESSION
        assert records.session("s2") == ENDED
        assert records.repository("r1") == REPOSITORY
        assert records.repository_by_alias(REPOSITORY.aliases[1]) == REPOSITORY
        whole = records.path(SESSION, limit=10)
        assert list(whole[:-1]) == messages()[:-1]
        assert whole[-1].content == "Der Wal ist"
        assert [turn.id for turn in records.running_turns()] == ["t2"]
        turn = records.turn("t1")
        assert turn is not None
        assert turn.usage == SESSION.usage
        assert [event.seq for event in records.events("s1", after_seq=0, limit=5)] == [7]
        draft = Draft(session_id="s1", window_id="w", text="and", scroll="3", at=at(6))
        assert records.draft("s1", "w") == draft
        assert records.outcome("chat/send", "k") == an_outcome("k", at(6))
        assert (records.current_session_id(KEY), records.window_session_id("w", KEY)) == ("s1", "s1")
        assert [hit.message_id for hit in records.passages("whale", repository_id="r1", limit=5)] == ["m1"]


def test_it_is_healthy_and_can_be_written(store: Store, folder: Path) -> None:
    assert SqliteUpkeep(lambda: folder, clock=FixedClock()).check() == Checkup()
    with store.writing() as changes:
        changes.put_session(ENDED)
