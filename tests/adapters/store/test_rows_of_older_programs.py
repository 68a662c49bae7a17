"""Older programs, which beside this one use the store, know nothing of rows that are kept free: they take them."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.store import FixedClock, a_message, a_session, put
from threadkeep.adapters.store.changes import SqliteChanges
from threadkeep.adapters.store.opening import open_storage
from threadkeep.adapters.store.store import SqliteStore
from threadkeep.domain.messages import Message, Usage
from threadkeep.domain.usage import UsageQuery
from threadkeep.ports.session_filter import SessionFilter, SessionSort


class OlderChanges(SqliteChanges):
    """Takes the next row, as it was done before."""

    def _take_row(self, session_id: str, mixed: list[int]) -> int | None:
        return None


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    opened = SqliteStore(tmp_path, clock=FixedClock())
    put(opened, a_session("first"), an_answer("a1", "first", 1))
    yield opened
    opened.close()


def an_answer(id_: str, session_id: str, tokens: int, *, seq: int = 1) -> Message:
    return a_message(id_, session_id=session_id, seq=seq, role="assistant", usage=Usage(input_tokens=tokens))


def put_by_an_older_program(folder: Path) -> None:
    storage = open_storage(folder, busy_timeout_ms=1_000)
    with storage.transaction():
        changes = OlderChanges(storage)
        changes.put_session(a_session("older"))
        changes.put_message(an_answer("o1", "older", 7))
    storage.close()


def used(store: SqliteStore) -> dict[str | None, int]:
    with store.reading() as records:
        stored = {session.id for session in records.sessions(SessionFilter(), SessionSort(), limit=9)}
        rows = records.usage(SessionFilter(), UsageQuery(by="session")).rows
    assert stored == {name for name, _ in rows}
    return {name: tally.amount.input_tokens for name, tally in rows}


@pytest.mark.parametrize("is_finished", [True, False], ids=["finished", "given up"])
def test_what_is_made_and_what_took_its_row_are_both_there_and_counted(
    store: SqliteStore, tmp_path: Path, is_finished: bool
) -> None:
    made = a_session("made")
    with store.writing() as changes:
        changes.begin_making(made, owner=store.owner)
        changes.put_message(an_answer("n1", "made", 3))
    put_by_an_older_program(tmp_path)
    with store.writing() as changes:
        changes.put_message(an_answer("n2", "made", 30, seq=2))
        if is_finished:
            changes.put_session(made)
        else:
            changes.drop_making("made", owner=store.owner)
            changes.clear_away("made")
    assert used(store) == {"first": 1, "older": 7, **({"made": 33} if is_finished else {})}


def test_what_took_the_row_of_an_erased_session_stays_counted(store: SqliteStore, tmp_path: Path) -> None:
    put(store, a_session("erased"), *(an_answer(f"e{n}", "erased", 5, seq=n) for n in range(1, 50)))
    with store.writing(erasing=True) as changes:
        changes.erase_session("erased", owner=store.owner, is_over=lambda: True)
    put_by_an_older_program(tmp_path)
    with store.writing(erasing=True) as changes:
        changes.clear_away("erased")
    assert used(store) == {"first": 1, "older": 7}
