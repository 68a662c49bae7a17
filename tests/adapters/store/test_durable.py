"""What is acknowledged is on the disk itself, not only in the system's cache: counted by a file system of our own."""

import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import apsw
import pytest

from tests.support.fake_models import FakeModel
from tests.support.surroundings import FakeClock
from tests.support.world import World
from threadkeep.adapters.store.engine import storage
from threadkeep.adapters.store.engine.storage import SqliteStorage
from threadkeep.adapters.store.opening import DATABASE
from threadkeep.adapters.store.store import SqliteStore
from threadkeep.ports.models import TextDelta
from threadkeep.ports.store import Outcome
from threadkeep.usecases.chat.turn_start import Outgoing

FULL, NORMAL = 2, 1
LOG = f"{DATABASE}-wal"
AT = "2026-01-02T03:04:05.000Z"
NAMES = (f"counting{number}" for number in itertools.count())


class CountedFile(apsw.VFSFile):
    """A file of the system's, whose syncs are counted by the end of its name."""

    def __init__(self, below: str, name: Any, flags: list[int], syncs: list[str]) -> None:
        super().__init__(below, name, flags)
        self._name = name.filename() if isinstance(name, apsw.URIFilename) else str(name)
        self._syncs = syncs

    def xSync(self, flags: int) -> None:  # noqa: N802 - the name that SQLite gives it
        self._syncs.append(self._name.rpartition("/")[2])
        super().xSync(flags)


class CountingVfs(apsw.VFS):
    """The system's files, and which of them were synced, in order."""

    def __init__(self) -> None:
        self.name = next(NAMES)
        self.syncs: list[str] = []
        self._below = apsw.vfs_names()[0]
        super().__init__(self.name, self._below)

    def xOpen(self, name: Any, flags: list[int]) -> CountedFile:  # noqa: N802 - as above
        return CountedFile(self._below, name, flags, self.syncs)

    def taken(self) -> list[str]:
        """Those since the last call."""
        taken = self.syncs.copy()
        self.syncs.clear()
        return taken


@pytest.fixture
def vfs(monkeypatch: pytest.MonkeyPatch) -> Iterator[CountingVfs]:
    """All connections that storages make go through it."""
    counting = CountingVfs()
    make = SqliteStorage.__init__

    def through(self: SqliteStorage, path: str | Path, **options: Any) -> None:
        connect = lambda file: apsw.Connection(file, vfs=counting.name)  # noqa: E731 - as the default is
        make(self, path, **{"connect": connect} | options)

    monkeypatch.setattr(storage.SqliteStorage, "__init__", through)
    yield counting
    counting.unregister()


@pytest.fixture
def store(vfs: CountingVfs, tmp_path: Path) -> Iterator[SqliteStore]:
    made = SqliteStore(tmp_path / "store", clock=FakeClock())
    vfs.taken()
    yield made
    made.close()


def synchronous(store: SqliteStore) -> Any:
    return store._writer.connection.execute("PRAGMA synchronous").fetchall()[0][0]


def test_a_write_is_synced_in_full_unless_it_may_be_lost_at_a_power_cut(
    store: SqliteStore, vfs: CountingVfs
) -> None:
    for number, durable in enumerate((True, False, True)):
        with store.writing(durable=durable) as changes:
            assert synchronous(store) == (FULL if durable else NORMAL)
            changes.put_outcome(Outcome(method="m", key=str(number), fingerprint="", result={}, at=AT))
        assert vfs.taken() == ([LOG] if durable else [])


async def test_a_message_is_synced_when_it_is_acknowledged_and_when_it_has_its_answer(
    store: SqliteStore, vfs: CountingVfs
) -> None:
    world = World(FakeModel(TextDelta(text="Half"), FakeModel.HOLD), store=store)
    session = world.new_session()
    assert LOG in vfs.taken()
    begun = await world.chat.send(Outgoing(session_id=session.id, text="Hi"))
    assert vfs.taken() == [LOG]
    await world.streamed()
    assert vfs.taken() == []
    await world.chat.cancel(session.id, begun.turn.id)
    assert vfs.taken() == [LOG]
