"""What is wrong in a store is found and told, and what a repair makes of it."""

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import apsw
import pytest

from tests.support.store import (
    FixedClock,
    a_holder,
    a_message,
    a_session,
    a_turn,
    an_event,
    at,
    chain,
    put,
)
from threadkeep.adapters.store import open_store
from threadkeep.adapters.store.search.fulltext import BATCH
from threadkeep.adapters.store.upkeep import SqliteUpkeep
from threadkeep.domain.messages import Message, Part, Usage
from threadkeep.domain.repositories import Alias, Repository
from threadkeep.domain.sessions import LastMessage, Link, Session
from threadkeep.domain.tool_calls import OutputItem, ToolCall
from threadkeep.ports.session_filter import SessionFilter, SessionSort
from threadkeep.ports.store import Draft, Store
from threadkeep.ports.upkeep import Checkup
from threadkeep.values import evolve

REPOSITORY = Repository(id="r1", name="app", aliases=(Alias(kind="path", value="/code/app"),))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "store"


@pytest.fixture
def store(folder: Path) -> Iterator[Store]:
    """A healthy store that is in use: a session `s1` with messages `m1` to `m4`."""
    opened = open_store(folder, clock=FixedClock())
    session, messages = talk()
    put(opened, session, *messages, an_event(4))
    with opened.writing() as changes:
        changes.put_repository(REPOSITORY)
        changes.make_current(session)
    yield opened
    opened.close()


def talk() -> tuple[Session, list[Message]]:
    texts = ("Why?", "Because.", "Really?", "Yes.")
    messages = [
        a_message(
            f"m{n}",
            seq=n,
            text=text,
            role="user" if n % 2 else "assistant",
            parent_id=f"m{n - 1}" if n > 1 else None,
        )
        for n, text in enumerate(texts, 1)
    ]
    last = LastMessage(role="assistant", preview="Yes.", at=at(4))
    return a_session(head_id="m4", message_count=4, seq=4, last_message=last, title="Sky"), messages


def doctor(folder: Path) -> SqliteUpkeep:
    return SqliteUpkeep(lambda: folder, clock=FixedClock())


def attr(session: Session, **fields: Any) -> Session:
    return evolve(session, **fields)


def damage(folder: Path, *statements: str) -> None:
    connection = apsw.Connection(str(folder / "threadkeep.db"))
    connection.set_busy_timeout(5000)
    for statement in statements:
        connection.execute(statement)
    connection.close()


def kinds(checkup: Checkup) -> list[str]:
    return [problem.kind for problem in checkup.problems]


def repaired(folder: Path) -> Checkup:
    """Repairs, and sees that the next look finds nothing."""
    checkup = doctor(folder).check(repairs=True)
    assert [problem for problem in checkup.problems if not problem.is_repaired] == []
    assert doctor(folder).check() == Checkup()
    assert checkup.backup is not None
    assert Path(checkup.backup).stat().st_size > 0
    return checkup


def contents(store: Store, session_id: str = "s1") -> list[str]:
    with store.reading() as records:
        session = records.session(session_id)
        assert session is not None
        return [
            message.content or (message.event.kind if message.event else "")
            for message in records.path(session, limit=50)
        ]


def session_of(store: Store, session_id: str = "s1") -> Session:
    with store.reading() as records:
        session = records.session(session_id)
    assert session is not None
    return session


def quarantined(folder: Path) -> str:
    return "\n".join(file.read_text() for file in sorted((folder / "quarantine").iterdir()))


def test_nothing_is_wrong_with_a_store_in_use(store: Store, folder: Path) -> None:
    with store.writing() as changes:
        changes.append_journal("m9", "text", "")
    assert doctor(folder).check() == Checkup()
    assert doctor(folder).check(repairs=True) == Checkup()
    assert not (folder / "backups").exists()


def test_an_empty_store_is_healthy(folder: Path) -> None:
    assert doctor(folder).check(repairs=True).is_healthy


def test_a_look_changes_nothing(store: Store, folder: Path) -> None:
    damage(folder, "UPDATE sessions SET status = 'ended'")
    first, second = doctor(folder).check(), doctor(folder).check()
    assert first == second
    assert (first.is_healthy, first.backup) == (False, None)


def test_what_a_session_counts_is_counted_anew(store: Store, folder: Path) -> None:
    put(store, a_session(head_id="m4", message_count=40, seq=4, title="Sky"))
    assert kinds(doctor(folder).check()) == ["counters"]
    repaired(folder)
    session = session_of(store)
    assert (session.message_count, session.last_message) == (4, talk()[0].last_message)


def test_a_preview_that_no_message_has_is_taken_from_the_newest(store: Store, folder: Path) -> None:
    told = LastMessage(role="assistant", preview="No.", at=at(4))
    put(store, a_session(head_id="m4", message_count=4, seq=4, last_message=told))
    repaired(folder)
    assert session_of(store).last_message == talk()[0].last_message


def test_a_session_has_used_what_its_turns_tell(store: Store, folder: Path) -> None:
    used = Usage(input_tokens=5, output_tokens=7)
    put(store, a_turn("t1", status="completed", usage=used), a_turn("t2", status="failed", usage=used))
    assert kinds(doctor(folder).check()) == ["counters"]
    repaired(folder)
    assert session_of(store).usage == Usage(input_tokens=10, output_tokens=14)


def test_a_repair_is_heard_by_every_window(store: Store, folder: Path) -> None:
    with store.reading() as records:
        before = records.newest_event()
    put(store, a_session(head_id="m4", message_count=40, seq=4))
    mark = store.data_version()
    repaired(folder)
    assert store.data_version() != mark
    with store.reading() as records:
        heard = [event for _, event in records.events_since(before, limit=10)]
    assert [(event.kind, event.session_id, event.seq) for event in heard] == [("sessionChanged", "s1", 5)]
    assert heard[0].origin != store.owner
    assert session_of(store).seq == 5


def test_a_message_that_cannot_be_read_is_kept_readable_beside(store: Store, folder: Path) -> None:
    damage(folder, """UPDATE messages SET doc = '{"id":"m2","text":"Because of {' WHERE id = 'm2'""")
    checkup = doctor(folder).check()
    assert kinds(checkup) == ["brokenDocuments"]
    assert "messages m2" in checkup.problems[0].message
    repaired(folder)
    assert contents(store) == ["Why?", "damaged", "Really?", "Yes."]
    assert "Because of {" in quarantined(folder)
    assert session_of(store).message_count == 3


@pytest.mark.parametrize(
    "doc",
    ["", "null", "[]", "7", '{"id":"m2"}', "x'00ff'", '{"id":"m2","session_id":5}'],
)
def test_whatever_stands_there_is_found(store: Store, folder: Path, doc: str) -> None:
    value = doc if doc.startswith("x'") else f"'{doc}'"
    damage(folder, f"UPDATE messages SET doc = {value} WHERE id = 'm2'")
    assert kinds(doctor(folder).check()) == ["brokenDocuments"]
    repaired(folder)
    assert len(contents(store)) == 4


def test_a_part_of_the_wrong_type_is_found(store: Store, folder: Path) -> None:
    damage(folder, "UPDATE messages SET doc = json_set(doc, '$.parts', 5) WHERE id = 'm2'")
    assert kinds(doctor(folder).check()) == ["brokenDocuments"]
    repaired(folder)


def test_a_session_that_cannot_be_read_is_made_anew_around_its_messages(store: Store, folder: Path) -> None:
    damage(folder, "UPDATE sessions SET doc = '{' || substr(doc, 20)")
    repaired(folder)
    assert contents(store) == ["Why?", "Because.", "Really?", "Yes."]
    session = session_of(store)
    assert (session.key, session.message_count) == (a_session().key, 4)
    assert session.title.casefold() == "sky"
    assert "quarantine" in (session.note or "") or ".txt" in (session.note or "")
    assert '"Sky"' in quarantined(folder)


def test_a_repository_that_cannot_be_read_keeps_its_folders(store: Store, folder: Path) -> None:
    damage(folder, "UPDATE repositories SET doc = 'x'")
    repaired(folder)
    with store.reading() as records:
        found = records.repository_by_alias(REPOSITORY.aliases[0])
    assert found is not None
    assert (found.id, found.name, found.aliases) == ("r1", "app", REPOSITORY.aliases)


def test_drafts_outcomes_and_turns_that_cannot_be_read_are_kept_beside(store: Store, folder: Path) -> None:
    damage(
        folder,
        "INSERT INTO drafts(place, doc) VALUES ('[\"s1\",null]', 'and the')",
        "INSERT INTO outcomes(place, at, doc) VALUES ('p', '2026', 'half of')",
        "INSERT INTO turns(id, is_running, doc) VALUES ('t1', 1, 'a turn')",
        "INSERT INTO journal(message_id, kind, text) VALUES ('m4', 'text', 'no json')",
    )
    assert doctor(folder).check().problems[0].count == 4
    repaired(folder)
    for text in ("and the", "half of", "a turn", "no json"):
        assert text in quarantined(folder)


def test_columns_that_say_something_else_are_written_anew(store: Store, folder: Path) -> None:
    damage(folder, "UPDATE sessions SET status = 'ended', is_open = 0, task = 'other'")
    assert kinds(doctor(folder).check()) == ["columns"]
    repaired(folder)
    with store.reading() as records:
        assert records.latest_open_session(a_session().key) is not None


def test_a_message_that_lost_its_parent_follows_what_was_said_before_it(store: Store, folder: Path) -> None:
    damage(folder, "DELETE FROM messages WHERE id = 'm2'")
    found = doctor(folder).check()
    assert set(kinds(found)) >= {"tree", "counters"}
    repaired(folder)
    assert contents(store) == ["Why?", "Really?", "Yes."]


def test_a_long_history_with_branches_is_built_anew(store: Store, folder: Path) -> None:
    _, messages = chain(40, session_id="long")
    renamed = [
        evolve(
            message,
            id=f"l{message.seq}",
            parent_id=f"l{message.seq - 1}" if message.seq > 1 else None,
            parts=a_message(text="x").parts,
        )
        for message in messages
    ]
    renamed += [
        a_message(f"b{n}", seq=40 + n, session_id="long", parent_id=f"l{n}", text="b") for n in range(1, 9)
    ]
    put(store, a_session("long", head_id="l40", message_count=48, seq=48), *renamed)
    repaired(folder)  # the last message is not told
    before = contents(store, "long")
    damage(folder, "UPDATE messages SET parent_ref = 1, jump_ref = NULL, depth = 3 WHERE id != 'm1'")
    assert kinds(doctor(folder).check()) == ["tree"]
    repaired(folder)
    assert contents(store, "long") == before


def test_messages_of_a_session_that_is_gone_get_one_again(store: Store, folder: Path) -> None:
    damage(folder, "DELETE FROM sessions")
    assert "orphanMessages" in kinds(doctor(folder).check())
    repaired(folder)
    assert contents(store) == ["Why?", "Because.", "Really?", "Yes."]
    assert session_of(store).message_count == 4


def test_a_session_of_a_repository_that_is_gone_gets_one_again(store: Store, folder: Path) -> None:
    damage(folder, "DELETE FROM repositories", "DELETE FROM aliases")
    assert kinds(doctor(folder).check()) == ["repositories"]
    repaired(folder)
    with store.reading() as records:
        assert records.repository("r1") is not None


def test_a_head_that_is_gone_is_the_newest_message(store: Store, folder: Path) -> None:
    put(store, attr(talk()[0], head_id="m9"))
    assert kinds(doctor(folder).check()) == ["sessions"]
    repaired(folder)
    assert session_of(store).head_id == "m4"


def test_turns_that_run_nowhere_are_interrupted(store: Store, folder: Path) -> None:
    put(
        store,
        a_turn("t1", session_id="gone"),
        a_turn("t2", message_id="m4", holder=a_holder("x")),
        attr(talk()[0], running_turn_id="t9", activity="running"),
    )
    assert kinds(doctor(folder).check()) == ["turns", "sessions"]
    repaired(folder)
    with store.reading() as records:
        assert records.running_turns() == []
    assert (session_of(store).running_turn_id, session_of(store).activity) == (None, "interrupted")


def test_a_running_answer_is_left_alone(store: Store, folder: Path) -> None:
    put(
        store,
        a_message("m5", seq=5, role="assistant", status="streaming", parent_id="m4", turn_id="t1"),
        a_turn("t1", message_id="m5", holder=a_holder("x")),
        attr(talk()[0], running_turn_id="t1", activity="running", message_count=5, seq=5, head_id="m5"),
    )
    with store.writing() as changes:
        changes.append_journal("m5", "text", "So far")
    assert doctor(folder).check(repairs=True) == Checkup()


def test_words_that_belong_to_nothing_are_kept_beside(store: Store, folder: Path) -> None:
    with store.writing() as changes:
        changes.put_draft(Draft(session_id="gone", window_id=None, text="unsent", scroll=None, at=at(1)))
        changes.make_current(a_session("gone"), window_id="w")
    journal = "INSERT INTO journal(message_id, kind, text) VALUES ('m9', 'text', "
    damage(folder, f"{journal}'\"I was going to \"')", f"{journal}'\"say\"')")
    assert doctor(folder).check().problems[0].count == 3
    repaired(folder)
    assert "I was going to say" in quarantined(folder)
    assert "unsent" in quarantined(folder)


def test_the_search_index_is_built_anew(store: Store, folder: Path) -> None:
    session, _ = chain(BATCH, session_id="s2")
    many = [
        a_message(f"w{n}", seq=n, session_id="s2", text="whale", parent_id=f"w{n - 1}" if n > 1 else None)
        for n in range(1, BATCH + 1)
    ]
    last = LastMessage(role="user", preview="whale", at=at(BATCH))
    put(store, attr(session, head_id=f"w{BATCH}", last_message=last), *many)
    assert doctor(folder).check() == Checkup()
    damage(folder, "DELETE FROM message_text_docsize WHERE id > 10")
    assert kinds(doctor(folder).check()) == ["searchIndex"]
    repaired(folder)
    with store.reading() as records:
        assert len(records.passages("whale", repository_id="r1", limit=5)) == 5


def test_an_index_that_lost_rows_is_built_anew(store: Store, folder: Path) -> None:
    damage(
        folder,
        "PRAGMA writable_schema = ON",
        "UPDATE sqlite_schema SET sql = sql || ' WHERE 0' WHERE name = 'messages_id'",
    )
    damage(
        folder,
        "PRAGMA writable_schema = ON",
        "INSERT INTO messages(id, seq, session_number, depth, doc) "
        "SELECT 'm5', 5, session_number, 0, json_set(json_remove(doc, '$.parent_id'), '$.id', 'm5', '$.seq', 5) "
        "FROM messages WHERE seq = 1",
        "UPDATE sqlite_schema SET sql = replace(sql, ' WHERE 0', '') WHERE name = 'messages_id'",
    )
    assert kinds(doctor(folder).check()) == ["damagedIndexes"]
    repaired(folder)
    with store.reading() as records:
        assert records.message("m5") is not None


def test_quarantined_text_is_never_overwritten(store: Store, folder: Path) -> None:
    for text in ("first", "second"):
        damage(folder, f"UPDATE messages SET doc = '{text}' WHERE id = 'm2'")
        repaired(folder)
    assert {"first", "second"} <= set(quarantined(folder).splitlines())


def test_json_of_the_result_tells_all(store: Store, folder: Path) -> None:
    damage(folder, "UPDATE messages SET doc = 'x' WHERE id = 'm2'")
    problem = doctor(folder).check().problems[0]
    assert json.dumps(problem.message)
    assert (problem.count, problem.is_repaired) == (1, False)


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM session_tags",
        'INSERT INTO session_links(session, link) VALUES (1, \'["issue","8"]\')',
        "INSERT INTO session_tags(session, tag) VALUES (77, '[\"gone\"]')",
    ],
)
def test_lists_show_sessions_where_they_belong_again(store: Store, folder: Path, statement: str) -> None:
    session = attr(session_of(store), tags=("a", "b"), links=(Link(kind="issue", value="7"),))
    put(store, session)
    damage(folder, statement)
    assert kinds(doctor(folder).check()) == ["lists"]
    assert kinds(repaired(folder)) == ["lists"]
    with store.reading() as records:
        for wanted in (SessionFilter(tags=frozenset({"a", "b"})), SessionFilter(link=("issue", "7"))):
            assert [found.id for found in records.sessions(wanted, SessionSort(), limit=9)] == ["s1"]
        assert records.count_sessions_by(SessionFilter(), "tag") == {"a": 1, "b": 1}


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE repository_counts SET archived = archived + 1",
        "DELETE FROM repository_counts",
        "INSERT INTO repository_counts(repository_id, sessions, archived, trashed) VALUES ('gone', 3, 0, 0)",
    ],
)
def test_sessions_of_repositories_are_counted_anew(store: Store, folder: Path, statement: str) -> None:
    with store.reading() as records:
        before = records.repository_uses()
    damage(folder, statement)
    assert kinds(doctor(folder).check()) == ["totals"]
    assert kinds(repaired(folder)) == ["totals"]
    with store.reading() as records:
        assert records.repository_uses() == before


def test_a_tagged_session_that_is_being_talked_in_is_listed_rightly(store: Store, folder: Path) -> None:
    tagged = session_of(store)
    for n in range(3):
        put(store, evolve(tagged, tags=("a",), message_count=tagged.message_count, updated_at=at(n)))
    assert "lists" not in kinds(doctor(folder).check())


def test_totals_that_are_not_what_is_there_are_counted_anew(store: Store, folder: Path) -> None:
    before = store.facts()
    damage(folder, "UPDATE totals SET missing = missing + 3 WHERE name = 'messages'")
    assert store.facts().messages == before.messages - 3
    assert kinds(doctor(folder).check()) == ["totals"]
    repaired(folder)
    assert store.facts() == evolve(before, size=store.facts().size)


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO parts(message_row, n, seq, size, is_open, doc) VALUES (999, 0, 1, 2, 0, '{}')",
        "INSERT INTO blob_uses VALUES (999, 0, (SELECT min(id) FROM blobs), 0)",
        "UPDATE blob_uses SET blob = 999",
        "INSERT INTO blobs(id, sha256, size) VALUES (77, NULL, 5)",
        "INSERT INTO blob_pieces VALUES (999, 0, x'00')",
    ],
)
def test_parts_and_contents_that_belong_to_nothing_are_taken_away(
    store: Store, folder: Path, statement: str
) -> None:
    call = ToolCall(id="c1", state="completed", output=(OutputItem(type="text", text="x" * 100_000),))
    answer = a_message("m5", seq=5, role="assistant", parent_id="m4", parts=(_called(call),))
    put(store, answer, attr(talk()[0], head_id="m5", message_count=5, seq=5))
    assert "parts" not in kinds(doctor(folder).check())
    damage(folder, statement)
    assert "parts" in kinds(doctor(folder).check())
    repaired(folder)
    store.run_maintenance()
    with store.reading() as records:
        assert records.all_messages("s1")[-1] == answer
        digest = hashlib.sha256(b"x" * 100_000).hexdigest()
        assert records.blob("s1", digest, offset=0, limit=5) == (b"xxxxx", 100_000)


def _called(call: ToolCall) -> Part:
    return Part(type="toolCall", text="", call=call)
