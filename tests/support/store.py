"""Builders and clocks for tests of the store."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from threadkeep.adapters.store import open_store
from threadkeep.adapters.store.memory import MemoryStore
from threadkeep.adapters.store.migrations import MIGRATIONS, Schema
from threadkeep.adapters.store.routing import RoutingStore
from threadkeep.adapters.store.tables.documents import value_of
from threadkeep.adapters.store.tables.part_schema import PART_TABLES
from threadkeep.adapters.store.tables.schema import CREATION, SHORT_FORM
from threadkeep.adapters.store.tables.short_documents import SHORT_DOCUMENTS
from threadkeep.domain.events import StoredEvent
from threadkeep.domain.messages import Attachment, Message, Part, Range, text_part
from threadkeep.domain.sessions import Session, SessionKey
from threadkeep.domain.turns import Holder, Turn
from threadkeep.ports.history_records import Entry
from threadkeep.ports.store import Outcome, Store
from threadkeep.values import evolve

STORES: Final = ("memory", "sqlite", "private")
KEY: Final = SessionKey(repository_id="r1", task="main")


class FixedClock:
    """Always the same time."""

    def now(self) -> str:
        return "2026-03-01T12:00:00.000Z"


@contextmanager
def opened_store(kind: str, folder: Path) -> Iterator[Store]:
    """A new store of that kind."""
    store: Store = MemoryStore() if kind == "memory" else open_store(folder / "store", clock=FixedClock())
    if kind == "private":
        store = RoutingStore(store)
    try:
        yield store
    finally:
        store.close()


def at(second: int) -> str:
    """A time; later seconds are later times."""
    minutes, seconds = divmod(second, 60)
    hours, minutes = divmod(minutes, 60)
    return f"2026-03-01T{hours:02d}:{minutes:02d}:{seconds:02d}.000Z"


def a_session(session_id: str = "s1", **fields: Any) -> Session:
    """A session of the usual key."""
    given: dict[str, Any] = {
        "key": KEY,
        "agent": "assistant",
        "created_at": at(0),
        "updated_at": at(0),
        "last_activity_at": at(0),
    }
    return Session(id=session_id, **given | fields)


def a_message(message_id: str = "m1", *, seq: int = 1, text: str = "", **fields: Any) -> Message:
    """A user's message of the usual session."""
    given: dict[str, Any] = {"session_id": "s1", "role": "user", "created_at": at(seq)}
    if text:
        given["parts"] = (text_part(text),)
    return Message(id=message_id, seq=seq, **given | fields)


def values_of(entries: Iterable[Entry]) -> tuple[Message, ...]:
    """What is shown of a history, all of it as values."""
    return tuple(
        entry if isinstance(entry, Message) else value_of(dict(entry.members), Message) for entry in entries
    )


def an_event(seq: int, session_id: str = "s1", **fields: Any) -> StoredEvent:
    """An event of a session."""
    return StoredEvent(session_id=session_id, seq=seq, at=at(0), kind="sessionChanged", origin="o", **fields)


def a_turn(turn_id: str = "t1", **fields: Any) -> Turn:
    """A running turn."""
    given = {
        "session_id": "s1",
        "status": "running",
        "message_id": "m2",
        "agent": "assistant",
        "model": "m",
        "provider": "p",
        "started_at": at(0),
    }
    return Turn(id=turn_id, **given | fields)


def an_attachment(text: str = "def f(): ...", *, range_: Range | None, **fields: Any) -> Part:
    """A snapshot of a piece of a file."""
    given = {"kind": "range", "uri": "file:///x.py", "language_id": "python", "hash": "0" * 64}
    return Part(type="attachment", text=text, attachment=Attachment(range=range_, **given | fields))


def a_holder(owner: str) -> Holder:
    """Whoever runs a turn."""
    return Holder(owner=owner, pid=1, host="h", since=at(0))


def an_outcome(key: str, when: str, **fields: Any) -> Outcome:
    """What came of a request with that idempotency key."""
    return evolve(
        Outcome(method="chat/send", key=key, fingerprint="f", result={"turnId": "t1"}, at=when), **fields
    )


def older_schema(version: int) -> Schema:
    """Of the programs of a version before: 2 has no short events, 3 no parts, 4 no short messages and turns."""
    later = [SHORT_DOCUMENTS] + ([SHORT_FORM] if version < 3 else [])
    tables = [each for each in CREATION if not any(f" {name}(" in each for name in later)]
    tables = [each for each in tables if version > 3 or each not in PART_TABLES]
    at_ = next(at_ for at_, each in enumerate(MIGRATIONS) if each.version == version)
    return Schema(migrations=(*MIGRATIONS[:at_], evolve(MIGRATIONS[at_], creation=tables)))


def put(store: Store, *values: Session | Message | Turn | StoredEvent) -> None:
    """Stores the values in one transaction."""
    with store.writing() as changes:
        for value in values:
            match value:
                case Session():
                    changes.put_session(value)
                case Message():
                    changes.put_message(value)
                case Turn():
                    changes.put_turn(value)
                case StoredEvent():
                    changes.put_event(value)


def chain(count: int, *, session_id: str = "s1") -> tuple[Session, list[Message]]:
    """A session and its messages `m1`, `m2`, …, each the next one's parent."""
    messages = [
        a_message(f"m{n}", seq=n, session_id=session_id, parent_id=f"m{n - 1}" if n > 1 else None)
        for n in range(1, count + 1)
    ]
    return a_session(session_id, head_id=f"m{count}", message_count=count, seq=count), messages
