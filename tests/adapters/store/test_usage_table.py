"""The table of what answers took: a doctor who finds it wrong counts anew, and nobody has to count messages."""

from collections.abc import Iterator
from pathlib import Path

import apsw
import pytest

from tests.support.store import FixedClock, a_message, a_session, put
from threadkeep.adapters.store import open_store
from threadkeep.adapters.store.upkeep import SqliteUpkeep
from threadkeep.domain.messages import Message, Usage
from threadkeep.domain.repositories import Alias, Repository
from threadkeep.domain.sessions import LastMessage
from threadkeep.domain.usage import UsageQuery
from threadkeep.ports.session_filter import SessionFilter
from threadkeep.ports.store import Store


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "store"


@pytest.fixture
def store(folder: Path) -> Iterator[Store]:
    """Two sessions, of two answers and of one."""
    opened = open_store(folder, clock=FixedClock())
    with opened.writing() as changes:
        changes.put_repository(Repository(id="r1", name="app", aliases=(Alias(kind="path", value="/app"),)))
    last = LastMessage(role="assistant", preview="So.", at="2026-03-01T00:00:02.000Z")
    put(opened, a_session(head_id="m2", message_count=2, seq=2, last_message=last))
    put(opened, an_answer("m1", 1), an_answer("m2", 2, parent_id="m1"))
    put(opened, a_session("s2", head_id="m3", message_count=1, seq=1), an_answer("m3", 1, session_id="s2"))
    yield opened
    opened.close()


def an_answer(message_id: str, seq: int, **fields: object) -> Message:
    return a_message(
        message_id, seq=seq, text="So.", role="assistant", agent="a", usage=Usage(input_tokens=10), **fields
    )


def tokens(store: Store) -> dict[str, int]:
    with store.reading() as records:
        found = records.usage(SessionFilter(), UsageQuery(by="session"))
    return {key: tally.tokens for key, tally in found.rows}


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE session_usage SET input_tokens = 7 WHERE session = 1",
        "DELETE FROM session_usage WHERE session = 2",
        """
        INSERT INTO session_usage SELECT slot + 1, session, agent, model, answers, input_tokens,
        output_tokens, cached_tokens, reasoning_tokens, priced, nanodollars FROM session_usage
        """,
        "UPDATE session_usage SET session = 99 WHERE session = 2",
    ],
)
def test_the_doctor_counts_anew_what_is_wrong(folder: Path, store: Store, damage: str) -> None:
    upkeep = SqliteUpkeep(lambda: folder, clock=FixedClock())
    assert "usage" not in [problem.kind for problem in upkeep.check().problems]
    connection = apsw.Connection(str(folder / "threadkeep.db"))
    connection.set_busy_timeout(30_000)
    connection.execute(damage)
    connection.close()
    found = upkeep.check()
    assert "usage" in [problem.kind for problem in found.problems]
    repaired = upkeep.check(repairs=True)
    assert {problem.kind: problem.is_repaired for problem in repaired.problems}["usage"]
    assert "usage" not in [problem.kind for problem in upkeep.check().problems]
    assert tokens(store) == {"s1": 20, "s2": 10}


def test_answers_of_a_quarter_of_an_hour_share_a_row(folder: Path, store: Store) -> None:
    connection = apsw.Connection(str(folder / "threadkeep.db"), flags=apsw.SQLITE_OPEN_READONLY)
    rows = connection.execute("SELECT session, answers FROM session_usage ORDER BY 1").fetchall()
    connection.close()
    assert rows == [(1, 2), (2, 1)]
