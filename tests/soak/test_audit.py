"""The audit finds what is wrong, each kind of it; the oracle knows what it should."""

import random
from pathlib import Path

import apsw
import pytest

from tests.soak.audit import CHECKS, most_events, problems
from tests.soak.frames import Frames, Owed, owed
from tests.soak.remembered import Known, Shown, Text, differences
from tests.support.store import FixedClock, a_turn, an_event, chain, put
from threadkeep.adapters.store import open_store
from threadkeep.faces.jsonrpc.frames import Frame
from threadkeep.faces.jsonrpc.messages import Notification, Refused, Request, Response, read
from threadkeep.values import evolve

SPOILT = {
    "messages whose parent is not stored": "UPDATE messages SET parent_ref = 77 WHERE id = 'm2'",
    "messages of no session": "UPDATE messages SET seq = 99 WHERE id = 'm3'",
    "sessions whose count of messages is wrong": "UPDATE sessions SET message_count = 7",
    "sessions whose seq is not that of their newest event": "DELETE FROM events WHERE seq = 3",
    "sessions with a gap in their events": "DELETE FROM events WHERE seq = 2",
    "events that point at nothing": "UPDATE events SET message_id = 'gone' WHERE seq = 1",
    "sessions whose history ends with nothing": "UPDATE sessions SET doc = json_set(doc, '$.head_id', 'x')",
    "turns that run in no session, or sessions that run no turn": (
        "UPDATE sessions SET doc = json_set(doc, '$.running_turn_id', 'x')"
    ),
    "turns without their message": "UPDATE turns SET doc = json_set(doc, '$.message_id', 'x')",
    "messages that nobody writes any more": (
        "UPDATE messages SET doc = json_set(doc, '$.status', 'streaming') WHERE id = 'm2'"
    ),
    "journals of finished answers": "INSERT INTO journal(message_id, kind, text) VALUES ('m2', 'text', '\"x\"')",
    "pointers to a current session that is not there": "INSERT INTO current_sessions VALUES ('p', 'gone')",
    "names of repositories that are not there": "INSERT INTO aliases VALUES ('p', 'gone')",
    "sessions that are seen though they are not whole": (
        "INSERT INTO pending(subject, kind, owner, at) VALUES ('s1', 'making', 'o', '2026')"
    ),
}


@pytest.fixture
def store(tmp_path: Path) -> Path:
    opened = open_store(tmp_path, clock=FixedClock())
    session, messages = chain(3)
    turn = evolve(a_turn(), status="completed", ended_at="2026-03-01T12:00:00.000Z")
    put(opened, session, *messages, turn, *(an_event(seq) for seq in (1, 2, 3)))
    opened.close()
    return tmp_path


def spoil(store: Path, sql: str) -> None:
    connection = apsw.Connection(str(store / "threadkeep.db"))
    connection.execute(sql)
    connection.close()


def test_a_sound_store_has_no_problems(store: Path) -> None:
    assert problems(store) == []
    assert most_events(store) == 3


def test_each_check_is_tried() -> None:
    assert SPOILT.keys() == CHECKS.keys()


@pytest.mark.parametrize("what", CHECKS)
def test_what_is_wrong_is_found(store: Path, what: str) -> None:
    spoil(store, SPOILT[what])
    assert f"1 {what}" in problems(store)


def test_a_damaged_file_is_found(store: Path) -> None:
    file = store / "threadkeep.db"
    data = bytearray(file.read_bytes())
    page = 4096
    data[page * 3 : page * 4] = bytes(page)
    file.write_bytes(data)
    try:
        found = problems(store)
    except apsw.Error:
        return
    assert found


KNOWN = Known(title="T", task="t", texts=(Text(words="Q1", answer="A1"), Text(words="Q2")))


def seen(**fields: object) -> Shown:
    session = {"id": "s", "title": "T", "status": "active", "agent": "assistant"}
    messages = [
        {"id": "1", "role": "user", "content": "Q1 [[plan]]", "status": "complete"},
        {"id": "2", "role": "assistant", "content": "A1", "parentId": "1", "status": "complete"},
    ]
    shown = Shown(session=session, opened={"session": {"id": "s"}}, messages=messages, queued=["Q2"])
    return evolve(shown, **fields)  # type: ignore[arg-type]  # the fields of Shown


def test_a_session_as_it_must_be_has_no_differences() -> None:
    assert differences(KNOWN, seen()) == []


@pytest.mark.parametrize(
    "shown",
    [
        None,
        seen(queued=[]),
        seen(queued=["Q2", "Q2"]),
        seen(queued=["Q3"]),
        seen(messages=[]),
        seen(messages=seen().messages[:1]),
        seen(messages=[seen().messages[0], {**seen().messages[1], "content": "A"}]),
        seen(session={**seen().session, "status": "paused"}),
        seen(session={**seen().session, "archivedAt": "2026"}),
        seen(opened={}),
        seen(opened={**seen().opened, "draft": {"text": "x"}}),
    ],
)
def test_what_is_lost_doubled_or_halved_is_found(shown: Shown | None) -> None:
    assert differences(KNOWN, shown)


def test_frames_are_owed_what_the_server_reads_in_them() -> None:
    frames = Frames(random.Random(5))
    kinds: set[str] = set()
    for _ in range(3_000):
        body = frames.body()
        due, message = owed(body), read(Frame(body))
        kinds.add(type(message).__name__)
        if due is None:
            assert message is None or isinstance(message, Notification | Response), body
        elif due.is_certain:
            assert isinstance(message, Request | Refused), body
            assert Owed(id=message.id) == due, body
        else:
            assert isinstance(message, Refused), body
    assert {"Request", "Refused", "Notification", "Response"} <= kinds


def test_the_same_seed_gives_the_same_frames() -> None:
    one, other = Frames(random.Random(7)), Frames(random.Random(7))
    assert [one.body() for _ in range(200)] == [other.body() for _ in range(200)]
