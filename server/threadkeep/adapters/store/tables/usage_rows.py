"""The side table of what answers took, kept while they are written: a row for what one session asked of one agent and model in one quarter of an hour."""

# ruff: noqa: S608 - names of ours; values are bound

from collections.abc import Iterator
from typing import Final

from threadkeep.adapters.store.engine.json_text import place
from threadkeep.adapters.store.engine.storage import SqliteStorage
from threadkeep.domain.messages import Message
from threadkeep.domain.usage import AMOUNTS, Amount, amount_of, is_copy, model_key, slot_of
from threadkeep.values import Value, members

USAGE: Final = "session_usage"
_KEY: Final = ("slot", "session", "agent", "model")

# By time first: what is new lies together, and so does what a month took.
USAGE_TABLES: Final = (
    (
        f"CREATE TABLE {USAGE}(slot INTEGER NOT NULL, session INTEGER NOT NULL, agent TEXT NOT NULL, "
        f"model TEXT NOT NULL, {', '.join(f'{name} INTEGER NOT NULL' for name in AMOUNTS)}, "
        f"PRIMARY KEY({', '.join(_KEY)})) WITHOUT ROWID;"
    ),
    f"CREATE INDEX {USAGE}_of_session ON {USAGE}(session);",
)

_ADD: Final = (
    f"INSERT INTO {USAGE}({', '.join((*_KEY, *AMOUNTS))}) VALUES ({', '.join('?' * (len(_KEY) + len(AMOUNTS)))}) "
    f"ON CONFLICT DO UPDATE SET {', '.join(f'{name} = {name} + excluded.{name}' for name in AMOUNTS)}"
)
_DROP_EMPTY: Final = (
    f"DELETE FROM {USAGE} WHERE slot = ? AND session = ? AND agent = ? AND model = ? AND answers = 0"
)
_FORGET: Final = (
    f"DELETE FROM {USAGE} WHERE ({', '.join(_KEY)}) IN "
    f"(SELECT {', '.join(_KEY)} FROM {USAGE} WHERE session = ? LIMIT ?)"
)
_SESSION: Final = """
SELECT doc_id, forked_from NOTNULL, created_at FROM sessions WHERE id = ?1
UNION ALL SELECT row, source NOTNULL, at FROM pending WHERE subject = ?1 AND kind = 'making'
"""


class UsageRow(Value, kw_only=False):
    """Where an answer counts; agent and model are JSON, for they may hold what SQLite cannot."""

    slot: int
    session: int
    """Its row number."""
    agent: str
    model: str


def count_answer(storage: SqliteStorage, message: Message, *, before: Message | None) -> None:
    """Brings the table up to date with a message that is stored, in the place of another state of it."""
    rows: dict[UsageRow, Amount] = {}
    for row, amount in _changes(storage, message, before):
        rows[row] = rows.get(row, Amount()) + amount
    for row, amount in rows.items():
        if amount != Amount():
            add(storage, row, amount)


def add(storage: SqliteStorage, row: UsageRow, amount: Amount) -> None:
    """Adds to a row, which is made if it is new, and goes when nothing is left in it."""
    key = tuple(members(row).values())
    storage.rows(_ADD, (*key, *members(amount).values()))
    if amount.answers < 0:
        storage.rows(_DROP_EMPTY, key)


def forget_some_usage(storage: SqliteStorage, session: int, *, most: int) -> bool:
    """Takes so many rows of a session, which is known by its row number, out of the table; whether there were any."""
    storage.rows(_FORGET, (session, most))
    return storage.connection.changes() > 0


def row_of(message: Message, session: int) -> UsageRow:
    """The row in which an answer counts."""
    return UsageRow(
        slot_of(message.created_at),
        session,
        place(message.agent or ""),
        place(model_key(message.provider, message.model)),
    )


def _changes(
    storage: SqliteStorage, message: Message, before: Message | None
) -> Iterator[tuple[UsageRow, Amount]]:
    answers = [(message, amount)] if (amount := amount_of(message, None)) else []
    answers += [(before, -amount)] if before and (amount := amount_of(before, None)) else []
    session = storage.row(_SESSION, (message.session_id,)) if answers else None
    if session is None:
        return
    number, is_fork, created_at = session
    for each, amount in answers:
        if not (is_fork and is_copy(each, str(created_at))):
            yield row_of(each, number), amount
