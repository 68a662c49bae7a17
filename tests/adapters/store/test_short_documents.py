"""Messages and turns stand in the store in two forms, which read alike; the old one is made short in a quiet time."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import apsw
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.store import FixedClock, a_message, a_session, a_turn, at, older_schema, put, values_of
from threadkeep.adapters.store.doctor.pages import write_anew
from threadkeep.adapters.store.engine.json_text import json_text
from threadkeep.adapters.store.engine.short_json import LONGEST, cell_of, id_text, json_of, short_id
from threadkeep.adapters.store.engine.storage import SqliteStorage
from threadkeep.adapters.store.migrations import Schema
from threadkeep.adapters.store.opening import open_storage
from threadkeep.adapters.store.store import SqliteStore
from threadkeep.adapters.store.tables import short_documents
from threadkeep.adapters.store.tables.documents import message_document, parsed, turn_document
from threadkeep.adapters.store.tables.schema import LAYOUTS, MESSAGES, TURNS
from threadkeep.adapters.store.tables.short_documents import SHORT, SHORT_DOCUMENTS, is_of, session_of
from threadkeep.adapters.store.upkeep import SqliteUpkeep
from threadkeep.domain.errors import StoreCorrupt, StoreNewer, StoreUnavailable
from threadkeep.domain.messages import Message, Part, Usage, text_part
from threadkeep.domain.search import parse_words
from threadkeep.domain.sessions import Session
from threadkeep.domain.turns import Turn
from threadkeep.ports.session_filter import SessionFilter
from threadkeep.ports.upkeep import Checkup
from threadkeep.values import evolve


def an_id(number: int) -> str:
    """One of ours."""
    return f"01900000-0000-7000-8000-{number:012x}"


OURS = st.integers(0, 5).map(an_id)
TIMES = st.sampled_from([at(0), at(1), at(2), at(3), "2026-02-30T00:00:00.000Z", "yesterday"])
TEXTS = st.text(max_size=30) | st.sampled_from(
    [
        '","model":"',
        '"}],"completed_at":',
        "\x00\x01\x1f",
        "\\",
        '"',
        an_id(1),
        f'see "{an_id(1)}',
        at(1),
        "%s",
    ]
)
PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**20), 10**20) | st.floats(allow_nan=False) | TEXTS | OURS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)
PART = st.fixed_dictionaries(
    {"type": st.sampled_from(["text", "reasoning", "toolCall"]), "text": TEXTS}, optional={"of_later": PLAIN}
)
AMOUNTS = st.integers(0, 10**17)
DOCUMENTS = st.fixed_dictionaries(
    {
        "id": OURS,
        "session_id": OURS,
        "seq": st.integers(1, 10**6),
        "role": st.sampled_from(["user", "assistant"]),
        "created_at": TIMES,
    },
    optional={
        "parts": st.lists(PART, max_size=3) | st.lists(PART, min_size=1, max_size=1),
        "turn_id": OURS,
        "parent_id": OURS,
        "agent": TEXTS,
        "model": TEXTS,
        "provider": TEXTS,
        "usage": st.fixed_dictionaries(
            {"input_tokens": AMOUNTS},
            optional={"output_tokens": AMOUNTS, "cached_tokens": AMOUNTS, "cost": st.floats(0, 9)},
        ),
        "completed_at": TIMES,
        "of_later": PLAIN,
    },
).map(lambda document: {name: document[name] for name in ("id", "session_id")} | document)


def whole_cell(document: dict[str, Any]) -> bytes | None:
    short = SHORT.cell(json_text(document))
    key = short_id(document["id"])
    return None if short is None else bytes(key) + short  # type: ignore[arg-type]  # the ids are ours


@given(DOCUMENTS)
def test_the_short_form_is_the_same_json(document: dict[str, Any]) -> None:
    text = json_text(document)
    cell = whole_cell(document)
    if cell is None:
        assert document["id"] == document["session_id"]
        return
    assert SHORT.text(cell) == text
    assert SHORT.document(cell) == json.loads(text)
    assert parsed(cell, Message) == parsed(text, Message)


@given(st.text(max_size=40) | TEXTS)
def test_what_people_say_stands_in_the_short_form_as_it_is(said: str) -> None:
    document = message_document(a_message(an_id(1), session_id=an_id(0), text=said + "."))
    cell = whole_cell(document)
    assert cell is not None
    assert json.dumps(said, ensure_ascii=False)[1:-1] in SHORT.words(cell)


@pytest.mark.parametrize("text", [an_id(7), at(1), '"' + an_id(7)])
def test_a_text_that_looks_like_an_id_or_a_time_stays_a_text(text: str) -> None:
    cell = whole_cell(message_document(a_message(an_id(1), session_id=an_id(0), text=text)))
    assert cell is not None
    assert text.strip('"') in SHORT.words(cell)


def test_a_message_takes_little_beside_its_words_and_a_turn_takes_little() -> None:
    said = "a" * 300
    question = a_message(an_id(1), session_id=an_id(0), text=said, parent_id=an_id(2), completed_at=at(1))
    usage = Usage(input_tokens=1200, output_tokens=120)
    made = {"agent": "assistant", "model": "test", "provider": "work", "usage": usage}
    answer = evolve(question, role="assistant", turn_id=an_id(3), completed_at=at(2), **made)  # type: ignore[arg-type]
    turn = a_turn(
        an_id(3), session_id=an_id(0), message_id=an_id(1), user_message_id=an_id(2), status="completed",
        ended_at=at(2), **made,
    )  # fmt: skip
    lengths = [len(SHORT.cell(json_text(each)) or b"") for each in map(message_document, (question, answer))]
    assert [length - len(said) for length in lengths] == [44, 95]
    assert len(SHORT.cell(json_text(turn_document(turn))) or b"") == 92


@pytest.mark.parametrize(
    "document",
    [
        {"id": "m1", "session_id": an_id(0), "seq": 1},
        {"id": an_id(1), "session_id": "s1", "seq": 1},
        {"id": an_id(1).upper().replace("0", "A"), "session_id": an_id(0)},
        {"seq": 1, "id": an_id(1), "session_id": an_id(0)},
        {"id": an_id(1), "session_id": an_id(0), "text": "a" * LONGEST},
        {"id": an_id(1), "session_id": an_id(0), "status": "streaming"},
    ],
)
def test_what_has_another_shape_or_changes_soon_stays_json(document: dict[str, Any]) -> None:
    assert SHORT.cell(json_text(document)) is None


@pytest.mark.parametrize("at_", range(52))
def test_a_cell_that_is_cut_off_or_damaged_is_told(at_: int) -> None:
    cell = whole_cell(message_document(a_message(an_id(1), session_id=an_id(0), text="hello")))
    assert cell is not None
    with pytest.raises(StoreCorrupt):
        parsed(cell[:at_], Message)
    for damaged in (cell[:16] + b"\x02" + cell[17:], cell[:-3] + b"\x1f" + cell[-3:], cell + b"\x05"):
        with pytest.raises(StoreCorrupt):
            parsed(damaged, Message)


# --- in a store ---


def exchange(number: int, session_id: str, *, ids: Sequence[str]) -> tuple[Message, Message, Turn]:
    """A question, its answer and the turn."""
    asked = a_message(
        ids[0], seq=number * 3 + 1, session_id=session_id, text=f"question {number} of the whale",
        parent_id=ids[3] or None, completed_at=at(1),
    )  # fmt: skip
    usage = Usage(input_tokens=number, output_tokens=7)
    answer = a_message(
        ids[1], seq=number * 3 + 2, session_id=session_id, role="assistant", parent_id=ids[0], turn_id=ids[2],
        parts=(Part(type="reasoning", text="hm", signature="x"), text_part('Big, "鲸鱼".')),
        agent="assistant", model="m", provider="p", usage=usage, completed_at=at(2),
    )  # fmt: skip
    turn = a_turn(
        ids[2], session_id=session_id, message_id=ids[1], user_message_id=ids[0], status="completed",
        usage=usage, ended_at=at(2),
    )  # fmt: skip
    return asked, answer, turn


def filled(store: SqliteStore, session_id: str, *, first: int, count: int, foreign: bool = False) -> Session:
    """The session with so many more exchanges, of which every third has ids that a client chose."""
    with store.reading() as records:
        session = records.session(session_id) or a_session(session_id)
    for number in range(first, first + count):
        ids = [an_id(1_000 + number * 4 + each) for each in range(3)]
        if foreign and number % 3 == 0:
            ids = [f"chosen-{number}-{each}" for each in range(3)]
        asked, answer, turn = exchange(number, session_id, ids=[*ids, session.head_id or ""])
        session = evolve(session, head_id=answer.id, seq=answer.seq, message_count=session.message_count + 2)
        put(store, session, asked, answer, turn)
    return session


def seen(store: SqliteStore, session: Session) -> dict[str, Any]:
    """What reading tells."""
    with store.reading() as records:
        path = tuple(records.path(session, limit=10_000))
        entries = records.entries(session, limit=10_000)
        words = parse_words("whale"), SessionFilter(), session.id
        found = records.found_texts(*words[:2], session_id=words[2], limit=99)
        return {
            "path": path,
            "entries": values_of(entries),
            "siblings": records.siblings(entries),
            "one by one": tuple(records.message(each.id) for each in path),
            "turns": tuple(records.turn(each.turn_id) for each in path if each.turn_id),
            "pages": tuple(records.path(session, limit=3, before_seq=path[-1].seq)),
            "after": tuple(records.path_after(session, limit=3, after_seq=path[0].seq)),
            "all": tuple(records.all_messages(session.id)),
            "ends": tuple(records.ends(session)),
            "of time": tuple(records.messages_of_time(session.id, at(1))),
            "found": found,
        }


def forms(store: SqliteStore, table: str = "messages") -> list[str]:
    rows = store._writer.rows(f"SELECT typeof(id) || ' ' || typeof(doc) FROM {table} ORDER BY doc_id")
    return [form for (form,) in rows]


@pytest.fixture
def older(tmp_path: Path) -> Iterator[SqliteStore]:
    """A store as the version before has it."""
    store = SqliteStore(tmp_path, clock=FixedClock(), schema=older_schema(4))
    yield store
    store.close()


def opened(folder: Path) -> SqliteStore:
    return SqliteStore(folder, clock=FixedClock())


def healthy(folder: Path) -> bool:
    checkup = SqliteUpkeep(lambda: folder, clock=FixedClock()).check()
    # of what the test puts without what belongs to it
    kinds = {problem.kind for problem in checkup.problems} - {"counters", "usage", "repositories"}
    assert not kinds
    return True


def test_both_forms_read_alike_while_they_are_made_short_and_afterwards(
    older: SqliteStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(short_documents, "FILLED_AT_ONCE", 4)
    filled(older, an_id(0), first=0, count=6, foreign=True)
    branch = a_message(an_id(9_000), seq=3, session_id=an_id(0), text="other", parent_id="chosen-0-1")
    put(older, branch)
    older.close()
    store = opened(tmp_path)
    assert set(forms(store)) == {"text text"}
    for _ in range(2):
        store.run_maintenance()
    session = filled(store, an_id(0), first=6, count=2)
    before = seen(store, session)
    assert set(forms(store)) == {"text text", "blob blob"}
    assert len(before["siblings"]) == 1
    steps = 0
    while not store._is_filled:
        store.close()  # cut off
        store = opened(tmp_path)
        store.run_maintenance()
        steps += 1
        assert seen(store, session) == before
        assert healthy(tmp_path)
    assert steps >= 5
    short = forms(store)
    assert short.count("text text") == 4, "those that a client named stay as they are"
    assert short.count("blob blob") == len(short) - 4
    assert forms(store, "turns").count("text text") == 2
    changed = store._writer.connection.total_changes()
    store.run_maintenance()
    assert store._writer.connection.total_changes() == changed
    store.close()


def test_a_store_gets_the_short_form_when_the_last_older_program_has_gone(
    older: SqliteStore, tmp_path: Path
) -> None:
    filled(older, an_id(0), first=0, count=1)
    newer = opened(tmp_path)
    newer.run_maintenance()
    session = filled(newer, an_id(0), first=1, count=1)
    assert set(forms(newer)) == {"text text"}
    assert seen(older, session) == seen(newer, session), "the older program goes on beside it"
    older.close()
    for _ in range(3):
        newer.run_maintenance()
    session = filled(newer, an_id(0), first=2, count=1)
    assert set(forms(newer)) == set(forms(newer, "turns")) == {"blob blob"}
    assert len(seen(newer, session)["path"]) == 6
    assert newer._is_filled, "the store can come to rest"
    newer.close()
    with pytest.raises(StoreNewer, match="update Threadkeep"):
        SqliteStore(tmp_path, clock=FixedClock(), schema=older_schema(4))


def test_a_fresh_store_has_the_short_form_at_once(tmp_path: Path) -> None:
    store = opened(tmp_path)
    filled(store, an_id(0), first=0, count=1)
    assert set(forms(store)) == set(forms(store, "turns")) == {"blob blob"}
    assert store._is_filled, "there is nothing to do"
    store.close()


def test_a_message_is_json_while_it_is_written_and_what_is_put_again_becomes_short(
    older: SqliteStore, tmp_path: Path
) -> None:
    asked, answer, turn = exchange(0, an_id(0), ids=[an_id(1), an_id(2), an_id(3), ""])
    put(older, a_session(an_id(0)), asked)
    older.close()
    store = opened(tmp_path)
    store._schema.move_on(store._writer, is_older_alive=lambda _: False)
    begun = evolve(answer, status="streaming", parts=(), usage=None, completed_at=None)
    put(store, evolve(asked, note="n"), begun, evolve(turn, status="running", ended_at=None, usage=None))
    assert forms(store) == ["blob blob", "blob text"]
    assert forms(store, "turns") == ["blob text"]
    with store.writing() as changes:
        changes.append_journal(answer.id, "text", "Big")
    with store.reading() as records:
        assert [found.id for found in records.running_turns()] == [turn.id]
        found = records.message(answer.id)
        assert found is not None
        assert found.content == "Big"
    put(store, answer, turn)
    assert forms(store) == ["blob blob", "blob blob"]
    assert forms(store, "turns") == ["blob blob"]
    with store.reading() as records:
        assert (records.message(answer.id), records.turn(turn.id)) == (answer, turn)
        assert list(records.running_turns()) == []
    assert store._writer.rows("SELECT count(*) FROM journal") == [(0,)]
    with pytest.raises(StoreUnavailable, match="does not hold"), store.writing() as changes:
        changes.append_journal(an_id(77), "text", "lost")
    store.close()


def test_a_message_is_found_by_the_letters_of_its_id_alone(tmp_path: Path) -> None:
    store = opened(tmp_path)
    id_ = "abcdef00-0000-7000-8000-00000000abcd"
    put(store, a_session(an_id(0)), a_message(id_, session_id=an_id(0), text="hello"))
    with store.reading() as records:
        assert records.message(id_) is not None
        assert records.message(id_.upper()) is None
        assert records.message(id_.replace("-", "")) is None
    store.close()


def test_a_session_is_erased_in_either_form(older: SqliteStore, tmp_path: Path) -> None:
    filled(older, an_id(0), first=0, count=3, foreign=True)
    older.close()
    store = opened(tmp_path)
    store._schema.move_on(store._writer, is_older_alive=lambda _: False)
    filled(store, an_id(0), first=3, count=2)
    other = filled(store, an_id(500), first=100, count=1)
    with store.writing(erasing=True) as changes:
        changes.erase_session(an_id(0))
    store.finish_erasing()
    assert len(forms(store)) == 2
    assert len(forms(store, "turns")) == 1
    assert len(seen(store, other)["path"]) == 2
    store.close()
    everything = b"".join(file.read_bytes() for file in tmp_path.glob("threadkeep.db*"))
    assert b"question 1 of" not in everything
    assert bytes(short_id(an_id(1_000 + 4))) not in everything  # type: ignore[arg-type]  # one of ours
    assert b"question 100 of" in everything


def test_a_store_of_the_version_before_is_written_anew_without_a_loss(
    older: SqliteStore, tmp_path: Path
) -> None:
    session = filled(older, an_id(0), first=0, count=3, foreign=True)
    before = seen(older, session)
    older.close()
    storage = open_storage(tmp_path, busy_timeout_ms=1_000)
    assert str(write_anew(storage, schema=Schema())) == "none"
    storage.close()
    store = opened(tmp_path)
    assert seen(store, session) == before
    for _ in range(3):
        store.run_maintenance()
    assert forms(store).count("blob blob") == 4
    assert seen(store, session) == before
    store.close()


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE messages SET doc = x'0110' WHERE seq = 2",
        "UPDATE messages SET doc = substr(doc, 1, length(doc) - 20) WHERE seq = 2",
        "UPDATE messages SET doc = CAST(x'ff' || doc AS BLOB) WHERE seq = 2",
        "UPDATE messages SET id = zeroblob(5) WHERE seq = 2",
    ],
)
def test_the_doctor_finds_a_damaged_short_document_and_lets_the_rest_be_read(
    tmp_path: Path, damage: str
) -> None:
    store = opened(tmp_path)
    session = filled(store, an_id(0), first=0, count=2)
    store.close()
    connection = apsw.Connection(str(tmp_path / "threadkeep.db"))
    connection.execute(damage)
    connection.close()
    upkeep = SqliteUpkeep(lambda: tmp_path, clock=FixedClock())
    assert "brokenDocuments" in [problem.kind for problem in upkeep.check().problems]
    assert upkeep.check(repairs=True).backup is not None
    assert upkeep.check() == Checkup()
    store = opened(tmp_path)
    with store.reading() as records:
        found = records.all_messages(session.id)
    assert [each.role for each in found] == ["user", "event", "user", "assistant"]
    store.close()


def test_a_damaged_row_of_the_old_form_is_left_as_it_is_while_others_are_made_short(
    older: SqliteStore, tmp_path: Path
) -> None:
    filled(older, an_id(0), first=0, count=3)
    older._writer.rows("UPDATE messages SET doc = CAST(x'7bff' AS TEXT) WHERE seq = 2")
    older._writer.rows("UPDATE messages SET doc = '{\"id\":' WHERE seq = 4")
    older.close()
    store = opened(tmp_path)
    for _ in range(3):
        store.run_maintenance()
    assert store._is_filled
    assert [form.split()[1] for form in forms(store)] == ["blob", "text", "text", "blob", "blob", "blob"]
    store.close()


def test_sql_sees_sessions_and_members_in_both_forms() -> None:
    storage = SqliteStorage(":memory:", layouts=LAYOUTS)
    storage.rows(MESSAGES.creation())
    storage.insert(MESSAGES, None, message_document(a_message(an_id(1), session_id=an_id(0), text="a")))
    storage.rows(short_documents.SHORTENING[0])
    storage.insert(MESSAGES, None, message_document(a_message(an_id(2), session_id=an_id(0), text="b")))
    storage.insert(MESSAGES, None, message_document(a_message("m3", session_id="s1", text="c")))
    rows = storage.rows(
        f"SELECT typeof(doc), {session_of()}, json_extract({json_of()}, '$.parts[0].text'), {cell_of()} FROM messages"
    )
    assert [form for form, *_ in rows] == ["text", "blob", "text"]
    assert [id_text(session) for _, session, *_ in rows] == [an_id(0), an_id(0), "s1"]
    assert [text for _, _, text, _ in rows] == ["a", "b", "c"]
    assert [parsed(cell, Message).id for *_, cell in rows] == [an_id(1), an_id(2), "m3"]
    of = f"SELECT count(*) FROM messages WHERE {is_of('?1')}"
    assert [storage.rows(of, (each,)) for each in (an_id(0), "s1", "s")] == [[(2,)], [(1,)], [(0,)]]
    storage.close()


def test_a_program_of_this_version_fills_a_table_that_it_does_not_know_yet() -> None:
    storage = SqliteStorage(":memory:", layouts=LAYOUTS)
    assert short_documents.is_filled(storage), "an older program may have the store open"
    assert not short_documents.fill(storage)
    storage.rows(MESSAGES.creation() + ";" + TURNS.creation() + ";" + short_documents.SHORTENING[0])
    assert not short_documents.is_filled(storage)
    while short_documents.fill(storage):
        pass
    assert storage.rows(f"SELECT * FROM {SHORT_DOCUMENTS}") == [("messages", None), ("turns", None)]
    storage.close()


def test_a_word_is_found_in_what_waits_to_be_indexed(tmp_path: Path) -> None:
    store = opened(tmp_path)
    filled(store, an_id(0), first=0, count=2)
    with store.reading() as records:
        for word, count in (("whale", 2), ("鲸鱼", 2), (an_id(1_000), 0)):
            found = records.found_texts(parse_words(word), SessionFilter(), limit=9)
            assert len(found) == count
    store.close()
