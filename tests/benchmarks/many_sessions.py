"""A store of very many sessions of all kinds, filled in bulk: without messages."""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from threadkeep.adapters.runtime import SystemClock
from threadkeep.adapters.store import open_store
from threadkeep.adapters.store.engine.storage import SqliteStorage
from threadkeep.adapters.store.opening import open_storage
from threadkeep.adapters.store.tables.documents import session_document
from threadkeep.adapters.store.tables.schema import SESSIONS
from threadkeep.domain.repositories import Alias, Repository
from threadkeep.domain.sessions import ForkedFrom, LastMessage, Link, Session, SessionKey

TAGS: Final = 50
LINKS: Final = 5_000
TASKS: Final = 1_000
REPOSITORIES: Final = 200

_BEGIN: Final = datetime(2020, 1, 1, tzinfo=UTC)
_SYLLABLES: Final = ("ba", "ce", "di", "fo", "gu", "ka", "le", "mi", "no", "ru", "sa", "te", "vi", "wo", "zu")


def a_session(number: int, chance: random.Random) -> Session:
    """A session that differs from others in everything that lists are filtered and sorted by."""
    created = number * 5
    updated = created + chance.randrange(10_000)
    words = ["".join(chance.choices(_SYLLABLES, k=chance.randint(2, 4))) for _ in range(5)]
    return Session(
        id=f"{0x0190_0000 + (number >> 16):08x}-{number & 0xFFFF:04x}-7000-8000-{chance.getrandbits(48):012x}",
        key=SessionKey(
            repository_id=repository_id(number),
            task=f"feature/task-{chance.randrange(TASKS)}",
            workflow="review" if chance.random() < 0.1 else None,
        ),
        title=" ".join(words).capitalize(),
        status=chance.choices(("active", "paused", "ended"), (60, 10, 30))[0],
        activity=chance.choices(("idle", "failed", "interrupted"), (90, 5, 5))[0],
        archived_at=_at(updated) if chance.random() < 0.1 else None,
        trashed_at=_at(updated) if chance.random() < 0.02 else None,
        agent=chance.choice(("assistant", "reviewer", "planner", "coder")),
        model=chance.choice(("small", "medium", "large", "older", "local")),
        provider=chance.choice(("one", "two", "three")),
        is_favourite=chance.random() < 0.05,
        tags=tuple(f"tag{each}" for each in chance.sample(range(TAGS), chance.choice((0, 0, 1, 2, 3)))),
        links=(Link(kind="issue", value=f"PROJ-{chance.randrange(LINKS)}"),) if chance.random() < 0.4 else (),
        forked_from=ForkedFrom(session_id=f"f{chance.randrange(2_000)}") if chance.random() < 0.1 else None,
        message_count=chance.randrange(200),
        last_message=LastMessage(role="assistant", preview="word " * 30, at=_at(updated)),
        created_at=_at(created),
        updated_at=_at(updated),
        last_activity_at=_at(updated + 3),
    )


def repository_id(number: int) -> str:
    """Shaped like the ids of the product."""
    return f"0180{number % REPOSITORIES:04x}-0000-7000-8000-000000000000"


def fill(folder: Path, count: int) -> None:
    """Makes the store in an empty folder. Indexes are built at the end: that is how bulk is quick."""
    _put_repositories(folder)
    chance = random.Random(7)
    storage = open_storage(folder, busy_timeout_ms=60_000)
    try:
        storage.rows("PRAGMA synchronous = OFF; PRAGMA cache_size = -65536")
        with storage.transaction(durable=False), _without_indexes(storage):
            for number in range(count):
                storage.insert(SESSIONS, None, session_document(a_session(number, chance)))
        storage.rows("PRAGMA wal_checkpoint(TRUNCATE)")
    finally:
        storage.close()


def _put_repositories(folder: Path) -> None:
    store = open_store(folder, clock=SystemClock())
    try:
        with store.writing() as changes:
            for number in range(REPOSITORIES):
                name = f"repository-{number}"
                alias = Alias(kind="name", value=name)
                changes.put_repository(Repository(id=repository_id(number), name=name, aliases=(alias,)))
    finally:
        store.close()


@contextmanager
def _without_indexes(storage: SqliteStorage) -> Iterator[None]:
    indexes = storage.rows(
        "SELECT name, sql FROM sqlite_schema WHERE type = 'index' AND tbl_name = 'sessions' AND sql NOTNULL"
    )
    for name, _ in indexes:
        storage.rows(f"DROP INDEX {name}")
    yield
    for _, sql in indexes:
        storage.rows(sql)


def _at(minutes: int) -> str:
    at = _BEGIN + timedelta(minutes=minutes)
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
