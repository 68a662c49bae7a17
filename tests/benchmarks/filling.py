"""A store filled in bulk: some sessions are written as the product writes them, the others are their copies."""

import random
import time
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from tests.benchmarks.exchanges import put_exchange
from threadkeep.adapters.store.engine.short_json import json_of
from threadkeep.adapters.store.opening import open_storage
from threadkeep.adapters.store.tables.schema import session_number
from threadkeep.domain.repositories import Alias, Repository
from threadkeep.domain.sessions import Session, SessionKey
from threadkeep.ports.store import Changes, Store
from threadkeep.values import Mutable, evolve, field

MESSAGES_PER_SESSION: Final = 100
TEMPLATES: Final = 8
REPOSITORIES: Final = 200
SESSIONS_PER_TRANSACTION: Final = 200

_BEGIN: Final = datetime(2020, 1, 1, tzinfo=UTC)


def session_id(number: int) -> str:
    """Shaped and sorted like the ids of the product."""
    return f"{_stem(number)}-7000-8000-000000000000"


def session_key(number: int) -> SessionKey:
    """The key of a session; each has its own."""
    return SessionKey(
        repository_id=f"0180{number % REPOSITORIES:04x}-0000-7000-8000-000000000000",
        task=f"feature/task-{number // REPOSITORIES}",
    )


def session_time(number: int) -> str:
    """When a session was created and last changed: a minute after the one before it."""
    at = _BEGIN + timedelta(minutes=number)
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


class Filling(Mutable):
    """Fills a store step by step. Nothing else writes messages while it copies."""

    folder: Path
    store: Store
    sessions: int = 0
    """Numbered from 0; the bare ones are not counted."""
    bare_sessions: int = 20
    """Without messages, there from the beginning: a list of 20 is full in the smallest store too."""
    seconds: float = field(default=0.0, init=False)
    """What filling took so far."""

    @property
    def messages(self) -> int:
        return self.sessions * MESSAGES_PER_SESSION

    def begin(self) -> None:
        """Stores the repositories and the bare sessions."""
        with self.store.writing() as changes:
            for number in range(REPOSITORIES):
                name = f"repository-{number}"
                alias = Alias(kind="name", value=name)
                repository_id = session_key(number).repository_id
                changes.put_repository(Repository(id=repository_id, name=name, aliases=(alias,)))
            for number in range(self.bare_sessions):
                changes.put_session(_session(1_000_000 + number))

    def grow_to(self, messages: int) -> None:
        """Adds sessions until there are so many messages."""
        began = time.perf_counter()
        wanted = messages // MESSAGES_PER_SESSION
        while self.sessions < min(wanted, TEMPLATES):
            self._write(self.sessions)
            self.sessions += 1
        if self.sessions < wanted:
            self._copy_until(wanted)
        self.seconds += time.perf_counter() - began

    def _write(self, number: int) -> None:
        chance = random.Random(number)
        with self.store.writing() as changes:
            session = _session(number)
            _put_current(changes, session)
            ids = (
                f"{_stem(number)}-7{place:03x}-8000-{chance.getrandbits(48):012x}" for place in range(1, 4096)
            )
            for _ in range(MESSAGES_PER_SESSION // 2):
                session = put_exchange(changes, session, ids, chance, origin=self.store.owner)

    def _copy_until(self, wanted: int) -> None:
        copying = Copying(folder=self.folder)
        try:
            while self.sessions < wanted:
                numbers = range(self.sessions, min(wanted, self.sessions + SESSIONS_PER_TRANSACTION))
                with self.store.writing() as changes:
                    for number in numbers:
                        _put_current(changes, _copied(changes, number))
                copying.copy(numbers)
                self.sessions = numbers.stop
        finally:
            copying.close()
        check_copy(self.store, wanted - 1)


class Copying:
    """Copies the messages, turns and events of sessions under other ids, all columns and indexes included."""

    def __init__(self, *, folder: Path) -> None:
        self._storage = open_storage(folder, busy_timeout_ms=60_000)
        self._storage.rows("PRAGMA synchronous = OFF; PRAGMA cache_size = -65536")
        self._columns = {
            table: [str(row[1]) for row in self._storage.rows(f"PRAGMA table_info({table})")]
            for table in ("messages", "turns", "events")
        }

    def copy(self, numbers: Iterable[int]) -> None:
        """Copies to the sessions of these numbers, which are stored, what the template of each has."""
        self._storage.rows("BEGIN IMMEDIATE")
        for number in numbers:
            first = self._copy_documents("messages", number)
            self._storage.rows(
                "INSERT INTO message_text(rowid, text, session) "
                f"SELECT doc_id, json_extract({json_of()}, '$.parts[0].text'), session_number "
                "FROM messages WHERE doc_id >= ?",
                (first,),
            )
            self._copy_documents("turns", number)
            self._copy_events(number)
        self._storage.rows("REPLACE INTO meta(name, value) SELECT 'indexed_to', max(doc_id) FROM messages")
        self._storage.rows("COMMIT")
        self._storage.rows("PRAGMA wal_checkpoint(TRUNCATE)")

    def close(self) -> None:
        self._storage.close()

    def _copy_documents(self, table: str, number: int) -> int:
        """The doc_id of the first copy."""
        old = bytes.fromhex(_stem(number % TEMPLATES).replace("-", ""))
        row = self._storage.row(
            f"SELECT min(doc_id), max(doc_id), (SELECT max(doc_id) FROM {table}) FROM {table} "
            "WHERE id BETWEEN ? AND ?",
            (old, old + bytes([255])),
        )
        assert row is not None
        first, last, end = row
        where = "doc_id BETWEEN :first AND :last ORDER BY doc_id"
        self._copy_rows(table, where, number, further=end + 1 - first, first=first, last=last)
        return int(end + 1)

    def _copy_events(self, number: int) -> None:
        template = session_number(session_id(number % TEMPLATES))
        self._copy_rows("events", "session_number = :template ORDER BY seq", number, template=template)

    def _copy_rows(self, table: str, where: str, number: int, **values: int) -> None:
        # a column is copied as its name tells; the one by which events are counted is left out
        columns = [name for name in self._columns[table] if (table, name) != ("events", "id")]
        copied = ", ".join(_copied_column(name) for name in columns)
        texts = {"old": _stem(number % TEMPLATES), "new": _stem(number)}
        texts |= {f"{name}_digits": stem.replace("-", "").upper() for name, stem in texts.items()}
        self._storage.connection.execute(
            f"INSERT INTO {table}({', '.join(columns)}) SELECT {copied} FROM {table} WHERE {where}",
            {**texts, **values, "number": session_number(session_id(number))},
        )


def check_copy(store: Store, number: int) -> None:
    """Raises AssertionError unless a copied session reads as one that was written."""
    with store.reading() as records:
        session = records.session(session_id(number))
        assert session is not None
        messages = records.path(session, limit=MESSAGES_PER_SESSION * 2)
        assert [message.session_id for message in messages] == [session.id] * MESSAGES_PER_SESSION
        assert len(records.path(session, limit=7, before_seq=messages[50].seq)) == 7
        assert len(records.events(session.id, after_seq=0, limit=1_000)) == session.seq
        turn = records.turn(messages[-1].turn_id or "")
        assert turn is not None
        assert turn.message_id == session.head_id
        word = messages[-1].content.split()[0]
        assert records.passages(word, repository_id=session.key.repository_id, limit=1)


def _copied_column(name: str) -> str:
    if name == "doc_id" or name.endswith("_ref"):
        return f"{name} + :further"
    if name == "session_number":
        return ":number"
    if name not in {"doc", "id"} and not name.endswith("_id"):
        return name
    short = f"unhex(replace(hex({name}), :old_digits, :new_digits))"
    return f"CASE typeof({name}) WHEN 'blob' THEN {short} ELSE replace({name}, :old, :new) END"


def _stem(number: int) -> str:
    high, low = divmod(number, 1 << 16)
    return f"{0x0190_0000 + high:08x}-{low:04x}"


def _session(number: int) -> Session:
    at = session_time(number)
    return Session(
        id=session_id(number),
        key=session_key(number),
        title=f"Session {number}",
        agent="assistant",
        created_at=at,
        updated_at=at,
        last_activity_at=at,
    )


def _copied(changes: Changes, number: int) -> Session:
    template = changes.session(session_id(number % TEMPLATES))
    assert template is not None
    assert template.head_id is not None
    own = _session(number)
    return evolve(
        template,
        id=own.id,
        key=own.key,
        title=own.title,
        head_id=template.head_id.replace(_stem(number % TEMPLATES), _stem(number)),
        created_at=own.created_at,
        updated_at=own.updated_at,
        last_activity_at=own.last_activity_at,
    )


def _put_current(changes: Changes, session: Session) -> None:
    changes.put_session(session)
    changes.make_current(session)
