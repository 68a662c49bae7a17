"""Events stand in the store in two forms, which read alike; the old one is made short in a quiet time."""

import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.store import FixedClock, a_session, older_schema, put
from threadkeep.adapters.store.doctor.pages import write_anew
from threadkeep.adapters.store.engine.storage import SqliteStorage
from threadkeep.adapters.store.migrations import Schema
from threadkeep.adapters.store.opening import open_storage
from threadkeep.adapters.store.store import SqliteStore
from threadkeep.adapters.store.tables import event_rows
from threadkeep.adapters.store.tables.schema import SHORT_FORM, SHORTENING
from threadkeep.domain.events import EventKind, StoredEvent
from threadkeep.values import evolve

IDS = st.uuids().map(str) | st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=40)
TIMES = (
    st.datetimes().map(lambda at: at.isoformat(timespec="milliseconds") + "Z")
    | st.sampled_from(["2026-02-30T00:00:00.000Z", "2026-01-01T00:00:00Z", "2026-01-01T00:00:60.000Z", ""])
    | st.text("0123456789-T:.Z", max_size=24)
)
EVENTS = st.builds(
    StoredEvent,
    session_id=IDS,
    seq=st.integers(1, 10**9),
    at=TIMES,
    kind=st.sampled_from(get_args(EventKind)),
    message_id=st.none() | IDS,
    turn_id=st.none() | IDS,
    origin=st.uuids().map(lambda id_: id_.hex) | IDS,
)


OLDER_TABLES = older_schema(2).migrations[-1].creation


def an_event(session_id: str, seq: int, **more: object) -> StoredEvent:
    given_ = {"at": "2026-01-01T00:00:00.000Z", "kind": "messageAdded", "origin": "o"} | more
    return StoredEvent(session_id=session_id, seq=seq, **given_)  # type: ignore[arg-type]  # as the caller has it


def is_short(storage: SqliteStorage) -> list[bool]:
    return [kind == "blob" for (kind,) in storage.rows("SELECT typeof(session_id) FROM events ORDER BY id")]


@pytest.fixture
def storage() -> Iterator[SqliteStorage]:
    """A store as the version before has it; `shorten` lets it have the short form."""
    opened = SqliteStorage(":memory:")
    for statement in OLDER_TABLES:
        opened.rows(statement)
    yield opened
    opened.close()


def shorten(storage: SqliteStorage) -> None:
    if not storage.has_table(SHORT_FORM):
        for statement in SHORTENING:
            storage.rows(statement)


@given(st.lists(EVENTS, max_size=6), st.lists(EVENTS, max_size=6))
def test_both_forms_read_alike_and_filling_changes_nothing(
    before: list[StoredEvent], after: list[StoredEvent]
) -> None:
    storage = SqliteStorage(":memory:")
    for statement in OLDER_TABLES:
        storage.rows(statement)
    for event in before:
        event_rows.put_event(storage, event)
    shorten(storage)
    for event in after:
        event_rows.put_event(storage, event)
    every = [*before, *after]
    for is_filled in (False, True):
        assert [event for _, event in event_rows.events_since(storage, 0, limit=99)] == every
        for session_id in {event.session_id for event in every}:
            own = sorted((e for e in every if e.session_id == session_id), key=lambda event: event.seq)
            found = event_rows.events_of(storage, session_id, after_seq=0, limit=99)
            assert sorted(map(repr, found)) == sorted(map(repr, own))
            assert event_rows.oldest_seq(storage, session_id) == own[0].seq
            assert event_rows.newest_seq(storage, session_id) == own[-1].seq
            for event in own:
                assert event_rows.has_kind(storage, session_id, event.kind)
                if event.message_id is not None:
                    assert event_rows.newest_kind(storage, session_id, event.message_id) is not None
        if not is_filled:
            assert not event_rows.fill(storage)
    storage.close()


def test_every_kind_has_a_number_of_its_own() -> None:
    assert event_rows._KINDS.keys() == set(get_args(EventKind))
    assert len(set(event_rows._KINDS.values())) == len(event_rows._KINDS)


def test_what_is_ours_takes_a_third_of_the_room(storage: SqliteStorage) -> None:
    ids = [str(uuid.uuid4()) for _ in range(3)]
    event = an_event(ids[0], 1, message_id=ids[1], turn_id=ids[2], origin=uuid.uuid4().hex)
    length = (
        "SELECT length(CAST(session_id AS BLOB)) + length(CAST(at AS BLOB)) + length(CAST(kind AS BLOB)) "
        "+ length(CAST(message_id AS BLOB)) + length(CAST(turn_id AS BLOB)) + length(CAST(origin AS BLOB)) FROM events"
    )
    event_rows.put_event(storage, event)
    assert storage.rows(length) == [(3 * 36 + 24 + 12 + 32,)]
    shorten(storage)
    event_rows.fill(storage)
    assert storage.rows(length) == [(4 * 16 + 6 + 1,)]


@pytest.mark.parametrize("is_filled", [False, True])
def test_events_of_both_forms_are_forgotten(storage: SqliteStorage, is_filled: bool) -> None:
    session_id, other = str(uuid.uuid4()), str(uuid.uuid4())
    for seq in (1, 2):
        event_rows.put_event(storage, an_event(session_id, seq))
    shorten(storage)
    for seq in (3, 4):
        event_rows.put_event(storage, an_event(session_id, seq))
    event_rows.put_event(storage, an_event(other, 1))
    if is_filled:
        event_rows.fill(storage)
    assert is_short(storage) == [is_filled, is_filled, True, True, True]

    def seqs() -> list[int]:
        return [event.seq for event in event_rows.events_of(storage, session_id, after_seq=0, limit=9)]

    event_rows.forget_earlier(storage, session_id, before_seq=2)
    assert seqs() == [2, 3, 4]
    event_rows.keep_newest(storage, session_id, 2)
    assert seqs() == [3, 4]
    event_rows.erase_events(storage, session_id)
    assert seqs() == []
    event_rows.erase_events(storage, other)
    assert [event.session_id for _, event in event_rows.events_since(storage, 0, limit=9)] == [""]


def test_filling_goes_on_where_it_was_cut_off(
    storage: SqliteStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    events = [an_event(str(uuid.uuid4()), seq) for seq in range(1, event_rows.FILLED_AT_ONCE * 2 + 1)]
    for event in events:
        event_rows.put_event(storage, event)
    assert not event_rows.fill(storage), "an older program may have the store open"
    assert not any(is_short(storage))
    shorten(storage)
    assert event_rows.fill(storage)
    assert sum(is_short(storage)) == event_rows.FILLED_AT_ONCE
    while event_rows.fill(storage):
        pass
    assert all(is_short(storage))
    assert [event for _, event in event_rows.events_since(storage, 0, limit=9_999)] == events
    changes = storage.connection.total_changes()
    assert not event_rows.fill(storage)
    assert storage.connection.total_changes() == changes


def test_a_store_gets_the_short_form_when_the_last_older_program_has_gone(tmp_path: Path) -> None:
    older = SqliteStore(tmp_path, clock=FixedClock(), schema=older_schema(2))
    session = a_session(str(uuid.uuid4()))
    put(older, session)
    with older.writing() as changes:
        changes.put_event(an_event(session.id, 1))
    newer = SqliteStore(tmp_path, clock=FixedClock())

    def forms() -> list[bool]:
        return is_short(newer._writer)

    newer.run_maintenance()
    with newer.writing() as changes:
        changes.put_event(an_event(session.id, 2))
    assert forms() == [False, False]
    with older.reading() as records:
        assert [event.seq for event in records.events(session.id, after_seq=0, limit=9)] == [1, 2]
    older.close()
    for _ in range(3):
        newer.run_maintenance()
    with newer.writing() as changes:
        changes.put_event(an_event(session.id, 3))
    assert forms() == [True, True, True]
    with newer.reading() as records:
        assert [event.seq for event in records.events(session.id, after_seq=0, limit=9)] == [1, 2, 3]
    newer.run_maintenance()
    assert newer._is_filled, "the store can come to rest"
    newer.close()


def test_a_fresh_store_has_the_short_form_at_once(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path, clock=FixedClock())
    with store.writing() as changes:
        changes.put_event(an_event(str(uuid.uuid4()), 1))
    assert is_short(store._writer) == [True]
    assert store._is_filled, "there is nothing to do"
    store.close()


def test_a_store_of_the_version_before_is_written_anew_without_a_loss(tmp_path: Path) -> None:
    older = SqliteStore(tmp_path, clock=FixedClock(), schema=older_schema(2))
    session = a_session(str(uuid.uuid4()))
    event = an_event(session.id, 1)
    put(older, session)
    with older.writing() as changes:
        changes.put_event(event)
    older.close()
    storage = open_storage(tmp_path, busy_timeout_ms=1_000)
    assert str(write_anew(storage, schema=Schema())) == "none"
    storage.close()
    store = SqliteStore(tmp_path, clock=FixedClock())
    store.run_maintenance()
    assert is_short(store._writer) == [True]
    with store.reading() as records:
        assert list(records.events(session.id, after_seq=0, limit=9)) == [event]
    store.close()


def test_an_unknown_kind_of_a_newer_version_is_read(storage: SqliteStorage) -> None:
    shorten(storage)
    event_rows.put_event(storage, evolve(an_event("s", 1), kind="starred"))  # type: ignore[arg-type]  # later
    storage.rows(
        "INSERT INTO events SELECT 2, session_number, session_id, 2, at, x'7f', NULL, NULL, origin FROM events"
    )
    assert [event.kind for event in event_rows.events_of(storage, "s", after_seq=0, limit=9)] == [
        "starred",
        "7f",
    ]
